/**
 * The `vrrp` process: connects the speaker with raw sockets, rtnetlink and gratuitous ARP. Nothing else runs
 * in it, so that no advertisement waits for anything: scripts are the `notify` process's.
 */
import { join } from 'node:path';
import { DirectorError, errnoName, reasonAndHint } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { type Cancel, type Millis, nextTurn, preciseClock, sleep } from '../base/time.ts';
import { createFile, watchFile } from '../kernel/files.ts';
import { type Neighbours, openNeighbours } from '../kernel/neighbours.ts';
import { type Network, type NetworkEvent, openNetwork } from '../kernel/network.ts';
import { openVrrpSocket } from '../kernel/packets.ts';
import { watchProcesses } from '../kernel/processes.ts';
import { applyProcessSettings } from '../kernel/scheduling.ts';
import type { BfdStates } from '../model/bfd.ts';
import type { VrrpPlan } from '../model/plan.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { VirtualAddress, VrrpConfig, VrrpInstance } from '../model/vrrp.ts';
import { diffAddresses } from '../reconcile/network.ts';
import type { ScriptResult } from '../track/script.ts';
import type { VrrpPorts } from '../vrrp/ports.ts';
import type { AdvertPort, AdvertSocket } from '../vrrp/ports-adverts.ts';
import { VrrpSpeaker } from '../vrrp/speaker.ts';
import { Gate } from './gate.ts';
import {
  openUplink,
  type ProcessDuties,
  type Question,
  type RunOutcome,
  type Uplink,
} from './ipc.ts';
import { LeaseDesk } from './lease-desk.ts';
import { KnownLinks } from './links.ts';
import { SpentFile } from './spent-file.ts';

/** Changes of links come in bursts; the kernel is asked once for all of them. */
const READ_AFTER_MS: Millis = 20;

const clock = preciseClock;

class VrrpProcess implements ProcessDuties<VrrpConfig> {
  private readonly log: Log;
  private readonly uplink: Uplink;
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly leases: LeaseDesk;
  private readonly gate: Gate;
  private readonly speaker: VrrpSpeaker;
  private readonly spent: SpentFile;
  private readonly neighbours = new Map<string, { identity: string; port: Neighbours }>();
  private sessions: BfdStates = {};
  private started = false;
  private cancelRead: Cancel | null = null;
  /** In the next turn the states are told. */
  private statesAreTold = false;

  constructor(uplink: Uplink, runDir: string) {
    const { log } = uplink;
    this.uplink = uplink;
    this.log = log;
    this.network = openNetwork(clock);
    this.links = new KnownLinks(this.network);
    this.leases = new LeaseDesk(
      { clock, log },
      {
        granted: (name) => this.speaker.leaseGranted(name),
        renewed: (name) => this.speaker.leaseRenewed(name),
        lost: (name) => this.speaker.leaseLost(name),
        wantedByBetter: (name, priority) => this.speaker.leaseWanted(name, priority),
      },
    );
    this.gate = new Gate(log);
    this.speaker = new VrrpSpeaker(this.ports());
    this.spent = new SpentFile(join(runDir, 'vrrp-signed.json'), { clock, log });
  }

  async configure(config: VrrpConfig, quietMs: Millis): Promise<void> {
    const addresses = config.instances.flatMap(allAddresses);
    await this.links.read();
    if (!this.started) await this.begin(config, addresses, quietMs);
    await this.leases.configure(config.lease);
    this.gate.setUp(config.instances);
    // Nothing from here on waits or fails: the instances change over in one turn.
    this.links.setVirtual(addresses.map(({ address }) => address));
    this.speaker.configure(config);
    this.tellStates();
  }

  async answer(question: Question<VrrpConfig>): Promise<VrrpSnapshot | VrrpPlan | null> {
    switch (question.ask) {
      case 'snapshot':
        return this.speaker.snapshot();
      case 'plan':
        return this.speaker.plan(question.config);
      case 'verify':
      case 'steer':
      case 'drains':
        return null;
    }
  }

  bfdStates(states: BfdStates): void {
    this.sessions = states;
    this.speaker.sessionsChanged();
  }

  async stop(keep: boolean): Promise<void> {
    await this.speaker.stop({ keep });
    this.leases.close();
    this.gate.close(keep);
    this.spent.close(this.speaker.spent());
    this.network.close();
  }

  /** The supervisor is dead: a peer may take over. */
  orphaned(): Promise<void> {
    return this.stop(false);
  }

  private async begin(
    config: VrrpConfig,
    addresses: readonly VirtualAddress[],
    quietMs: Millis,
  ): Promise<void> {
    this.started = true;
    this.speaker.remember(this.spent.read());
    this.spent.follow(() => this.speaker.spent());
    for (const warning of applyProcessSettings(config.process)) this.log.warn({}, warning);
    // Left by an earlier life: a peer may hold them already.
    await this.changeAddresses([], addresses);
    this.gate.setUp(config.instances);
    this.gate.replace();
    this.network.watch((event) => this.onNetwork(event));
    if (quietMs > 0) await sleep(clock, quietMs);
    await this.links.read();
  }

  private onNetwork(event: NetworkEvent): void {
    if (event.event === 'overrun') {
      this.log.warn({}, 'notifications of the kernel were lost: everything is read again');
      this.speaker.holdAgain();
    }
    if (event.event === 'address-gone') this.speaker.addressGone(event.address.address);
    // A takeover is thousands of these, and none of them is the address of a link.
    const isAddress = event.event === 'address' || event.event === 'address-gone';
    if (isAddress && this.links.isVirtual(event.address.address)) return;
    if (this.cancelRead !== null) return;
    this.cancelRead = clock.wakeAt(clock.now() + READ_AFTER_MS, () => {
      this.cancelRead = null;
      void this.readLinks();
    });
  }

  /** Once for all that change in one turn. */
  private tellStates(): void {
    if (this.statesAreTold) return;
    this.statesAreTold = true;
    void nextTurn().then(() => {
      this.statesAreTold = false;
      this.uplink.tellVrrpStates(this.speaker.states());
    });
  }

  private async readLinks(): Promise<void> {
    try {
      await this.links.read();
    } catch (error) {
      this.log.error({ reason: errnoName(error) }, 'interfaces could not be read');
      return;
    }
    this.speaker.linksChanged();
  }

  private ports(): VrrpPorts {
    return {
      leases: this.leases,
      clock,
      log: this.log,
      links: this.links,
      adverts: { open: (place, onPacket) => this.open(place, onPacket) },
      addresses: {
        hold: (addresses) => this.changeAddresses(addresses, []),
        release: (addresses) => this.changeAddresses([], addresses),
      },
      gate: this.gate,
      announcer: {
        announce: (link, address) => this.announce(link, address),
        probe: (link, address, from) => this.probe(link, address, from),
      },
      notify: {
        changed: (transition, scripts) => {
          this.uplink.tell({ about: 'vrrp', ...transition, scripts });
          this.tellStates();
        },
      },
      files: {
        watch: (path, onText) => watchFile(clock, path, onText),
        create: createFile,
      },
      processes: { watch: (listener) => watchProcesses(clock, listener) },
      runScript: async (script, timeoutMs) => {
        return resultOf(await this.uplink.runScript(script, timeoutMs));
      },
      bfdUp: (name) => this.sessions[name] ?? null,
    };
  }

  private open(...[place, onPacket]: Parameters<AdvertPort['open']>): AdvertSocket {
    const link = this.links.link(place.interface);
    if (link === null) {
      const message = `there is no interface ${place.interface}`;
      throw new DirectorError('INTERFACE_MISSING', message);
    }
    const where = { interface: link.name };
    return openVrrpSocket(
      { ...place, interfaceIndex: link.index },
      {
        onPacket,
        onDrop: (reason) => this.log.debug({ ...where, reason }, 'packet dropped'),
        onError: (error) => this.log.warn({ ...where, ...reasonAndHint(error) }, 'VRRP socket'),
      },
    );
  }

  /** What the kernel refuses is logged; the protocol goes on, and the next change tries again. */
  private async changeAddresses(
    hold: readonly VirtualAddress[],
    release: readonly VirtualAddress[],
  ): Promise<void> {
    try {
      // Not read first: in a takeover that would be a millisecond without the address.
      const interfaces = hold.length > 0 ? this.links.indexes() : this.links.lastIndexes();
      const wanted = { hold, release, actual: null, interfaces };
      const { changes, missingInterfaces } = diffAddresses(wanted);
      if (missingInterfaces.length > 0) {
        this.log.error({ interfaces: missingInterfaces }, 'addresses have no interface');
      }
      if (changes.length > 0) await this.network.changeAddresses(changes);
    } catch (error) {
      this.log.error(reasonAndHint(error), 'addresses could not be changed');
    }
  }

  private announce(linkName: string, address: string): void {
    try {
      this.neighboursOn(linkName)?.announce(address);
    } catch (error) {
      const fields = { interface: linkName, address, reason: errnoName(error) };
      this.log.warn(fields, 'address could not be announced');
    }
  }

  private probe(linkName: string, address: string, from: string | null): void {
    try {
      this.neighboursOn(linkName)?.probe(address, from ?? undefined);
    } catch (error) {
      const fields = { interface: linkName, address, reason: errnoName(error) };
      this.log.warn(fields, 'the link could not be asked for an address');
    }
  }

  /** Opened anew when the interface is another one of the same name, or has another MAC. */
  private neighboursOn(linkName: string): Neighbours | null {
    const link = this.links.link(linkName);
    const mac = this.links.macOf(linkName);
    if (link === null || mac === null) return null;
    const identity = `${link.index} ${link.mac}`;
    const known = this.neighbours.get(linkName);
    if (known?.identity === identity) return known.port;
    known?.port.close();
    const port = openNeighbours({
      interfaceIndex: link.index,
      mac,
      onClaim: ({ address, mac: other }) => this.speaker.addressClaimed(address, other),
    });
    this.neighbours.set(linkName, { identity, port });
    return port;
  }
}

function allAddresses({ addresses, excludedAddresses }: VrrpInstance): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

function resultOf(outcome: RunOutcome): ScriptResult {
  if ('refused' in outcome) return { ok: false, reason: outcome.refused };
  const { exitCode, signal, timedOut } = outcome;
  const reason = timedOut ? 'timeout' : exitCode === null ? `${signal}` : `exit code ${exitCode}`;
  return { ok: exitCode === 0 && !timedOut, reason };
}

const uplink = openUplink(process.argv[2] as LogLevel);
const { LVSD_RUN_DIR: runDir = '.' } = process.env;
uplink.serve(new VrrpProcess(uplink, runDir));
