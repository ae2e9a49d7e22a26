/**
 * The `vrrp` process: connects the speaker with raw sockets, rtnetlink and gratuitous ARP. Nothing else runs
 * in it, so that no advertisement waits for anything: scripts are the `notify` process's.
 */

import { uptime } from 'node:os';
import { join } from 'node:path';
import { errnoName, reasonAndHint } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { sleepWatch } from '../base/sleep-watch.ts';
import { type Cancel, type Millis, nextTurn, sleep, systemClock } from '../base/time.ts';
import { Trouble, type TroubleWords } from '../base/trouble.ts';
import { openAlarmClock } from '../kernel/alarm.ts';
import { createFile, watchFile } from '../kernel/files.ts';
import { type Network, type NetworkEvent, openNetwork } from '../kernel/network.ts';
import { RUN_DIR_VARIABLE } from '../kernel/other-daemons.ts';
import { newIdentity } from '../kernel/peer-socket.ts';
import { watchProcesses } from '../kernel/processes.ts';
import { applyProcessSettings } from '../kernel/scheduling.ts';
import type { BfdStates } from '../model/bfd.ts';
import type { FailoverReport } from '../model/failover.ts';
import type { VrrpPlan } from '../model/plan.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { VrrpConfig, VrrpInstance } from '../model/vrrp.ts';
import type { ScriptResult } from '../track/script.ts';
import { lifetimeSeconds } from '../vrrp/holding/gate.ts';
import { addressesOf, allHeld } from '../vrrp/holding/held.ts';
import { type Inheritance, inheritanceOf, NOTHING_INHERITED } from '../vrrp/holding/inheritance.ts';
import type { Mastership, VrrpWill } from '../vrrp/holding/will.ts';
import type { VrrpPorts } from '../vrrp/ports.ts';
import { VrrpSpeaker } from '../vrrp/speaker.ts';
import type { Link } from '../wire/rtnl/links.ts';
import {
  openUplink,
  type ProcessDuties,
  type Question,
  type RunOutcome,
  type Uplink,
} from './ipc.ts';
import { Anchors } from './vrrp/anchors.ts';
import { withBootDelay } from './vrrp/boot-delay.ts';
import { Gate } from './vrrp/gate.ts';
import { HeldNetwork } from './vrrp/held-network.ts';
import { LeaseDesk } from './vrrp/lease-desk.ts';
import { LinkAnnouncer } from './vrrp/link-announcer.ts';
import { KnownLinks } from './vrrp/links.ts';
import { goneIn, renewedLinks } from './vrrp/network-changes.ts';
import { advertSockets, peerSockets } from './vrrp/sockets.ts';
import { SpentFile } from './vrrp/spent-file.ts';
import { StateTeller, willTime } from './vrrp/state-teller.ts';
import { StaticEntries } from './vrrp/statics.ts';
import { VirtualLinks } from './vrrp/virtual-links.ts';

/** Changes of links come in bursts; the kernel is asked once for all of them. */
const READ_AFTER_MS: Millis = 20;
/** In which 256 packets are read. */
const READING_TURNS = 4;
/** Of these no link is another one. */
const ABOUT_PATHS: readonly NetworkEvent['event'][] = [
  'route-gone',
  'rule',
  'rule-gone',
  'default-route',
];

const OVERRUN: TroubleWords = {
  level: 'warn',
  message: 'notifications of the kernel were lost: everything is read again',
  over: null,
};
const UNREAD: TroubleWords = {
  level: 'error',
  message: 'interfaces could not be read',
  over: 'interfaces can be read again',
};

class VrrpProcess implements ProcessDuties<VrrpConfig> {
  private readonly log: Log;
  private readonly uplink: Uplink;
  private readonly clock = sleepWatch(
    openAlarmClock(),
    () => uptime() * 1000,
    (forMs) => this.slept(forMs),
  );
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly leases: LeaseDesk;
  private readonly gate: Gate;
  private readonly speaker: VrrpSpeaker;
  private readonly spent: SpentFile;
  private sessions: BfdStates = {};
  private readonly virtualLinks: VirtualLinks;
  private readonly held: HeldNetwork;
  private readonly statics: StaticEntries;
  private readonly announcer: LinkAnnouncer;
  private readonly anchors: Anchors;
  private readonly states: StateTeller;
  /** Routes and rules are listened to where there are some: a router may have a million of others. */
  private watchesPaths = false;
  private started = false;
  private cancelRead: Cancel | null = null;
  private readonly overruns: Trouble;
  private readonly unread: Trouble;

  constructor(uplink: Uplink, runDir: string) {
    const { log } = uplink;
    const { clock } = this;
    this.uplink = uplink;
    this.log = log;
    this.overruns = new Trouble({ clock, log }, OVERRUN);
    this.unread = new Trouble({ clock, log }, UNREAD);
    this.network = openNetwork(clock);
    this.links = new KnownLinks(this.network);
    this.leases = new LeaseDesk(
      { clock, log },
      {
        granted: (name) => this.speaker.leaseGranted(name),
        renewed: (name) => {
          this.speaker.leaseRenewed(name);
          this.states.leaseRenewed();
        },
        lost: (name) => this.speaker.leaseLost(name),
        wantedByBetter: (name, priority) => this.speaker.leaseWanted(name, priority),
      },
    );
    this.held = new HeldNetwork(this.network, this.links, {
      log,
      clock: systemClock,
      isAdvertising: () => this.speaker.isAdvertising,
    });
    this.virtualLinks = new VirtualLinks(this.network, this.links, log);
    this.links.faultOf = (instance) => this.virtualLinks.faultOf(instance);
    this.statics = new StaticEntries(this.held, { clock, log }, () => this.speaker.linksChanged());
    this.announcer = new LinkAnnouncer(this.links, {
      clock,
      log,
      onClaim: ({ address, mac }, link) => this.speaker.addressClaimed(address, mac, link),
    });
    this.anchors = new Anchors(this.network, this.links, { clock, log });
    this.gate = new Gate(log, runDir);
    this.speaker = new VrrpSpeaker(this.ports());
    this.states = new StateTeller(uplink, this.speaker, this.leases);
    this.spent = new SpentFile(join(runDir, 'vrrp-signed.json'), { clock, log });
  }

  async configure(config: VrrpConfig, quietMs: Millis, will: unknown): Promise<void> {
    await this.links.read();
    const isFirst = !this.started;
    const inheritance =
      isFirst && quietMs === 0 ? this.inheritance(config, will) : NOTHING_INHERITED;
    if (isFirst) await this.begin(config, quietMs, inheritance);
    await this.leases.configure(config.lease, inheritance.leases);
    this.gate.setUp(config.instances);
    this.gate.keepTrying(config.instances, () => this.speaker.linksChanged());
    const before = this.links.all();
    await this.virtualLinks.prepare(config.instances);
    this.watchPaths(config);
    await this.anchors.configure(config.instances);
    await this.statics.configure(config.statics);
    await this.speaker.beforeReload(config);
    // Nothing from here on waits or fails: the instances change over in one turn.
    this.links.setVirtual(virtualAddresses(config));
    this.tellRenewed(before);
    const inherited = (instance: VrrpInstance): Mastership | null =>
      inheritance.mastershipOf(instance);
    this.speaker.configure(withBootDelay(config, uptime() * 1000), inherited);
    if (isFirst) {
      // What is inherited and not gone on with is let be when it is released.
      const states = this.speaker.states();
      const settled = config.instances.filter(
        (one) => inherited(one) === null || states[one.name] === 'master',
      );
      this.gate.forgetLeft([...new Set(settled.flatMap(addressesOf))]);
    }
    void this.speaker.left().then(() => this.forgetLinks());
    this.states.tell({ canWait: false });
    void this.foresee(config.instances);
  }

  private inheritance(config: VrrpConfig, will: unknown): Inheritance {
    const standing = this.gate.setUp(config.instances);
    return inheritanceOf(will as VrrpWill | null, config, willTime(), standing);
  }

  private async foresee(instances: readonly VrrpInstance[]): Promise<void> {
    const hasGate = this.gate.missing === null;
    for (const instance of instances) {
      const { addresses } = allHeld(instance);
      await this.held.foresee(addresses, lifetimeSeconds(instance, hasGate));
    }
  }

  async answer(
    question: Question<VrrpConfig>,
  ): Promise<VrrpSnapshot | VrrpPlan | FailoverReport | null> {
    switch (question.ask) {
      case 'snapshot':
        return this.speaker.snapshot();
      case 'plan':
        return this.plan(question.config);
      case 'failover':
        return this.speaker.failOver(question.request);
      case 'verify':
      case 'zero':
      case 'steer':
      case 'drains':
        return null;
    }
  }

  private plan(config: VrrpConfig): VrrpPlan {
    const { changes, unchanged } = this.speaker.plan(config);
    return { changes: [...this.statics.plan(config.statics), ...changes], unchanged };
  }

  bfdStates(states: BfdStates): void {
    this.sessions = states;
    this.speaker.sessionsChanged();
  }

  peerNote(life: string, note: Uint8Array): void {
    this.speaker.note(life, note);
  }

  serversUp(up: boolean | null): void {
    this.anchors.serversUp(up);
  }

  async stop(keep: boolean): Promise<void> {
    await this.speaker.stop({ keep });
    this.held.close();
    this.leases.close();
    this.gate.close(keep);
    this.spent.close(this.speaker.spent());
    this.states.close();
    if (!keep) await this.statics.release();
    if (!keep) await this.virtualLinks.release();
    this.anchors.close();
    this.network.close();
  }

  /** The supervisor is dead: a peer may take over. */
  orphaned(): Promise<void> {
    return this.stop(false);
  }

  private async begin(
    config: VrrpConfig,
    quietMs: Millis,
    inheritance: Inheritance,
  ): Promise<void> {
    this.started = true;
    this.speaker.remember(this.spent.read());
    this.spent.follow(() => this.speaker.spent());
    for (const warning of applyProcessSettings(config.process)) this.log.warn({}, warning);
    // Left by an earlier life: a peer may hold them already.
    const left = config.instances
      .filter((instance) => inheritance.mastershipOf(instance) === null)
      .map(allHeld);
    this.gate.setUp(config.instances);
    await Promise.all(left.map((held) => this.held.release(held.addresses, held)));
    // What is inherited answers on: only that is left open.
    if (left.length === config.instances.length) this.gate.replace();
    this.network.watch((event) => this.onNetwork(event));
    if (quietMs > 0) await sleep(this.clock, quietMs);
    await this.links.read();
  }

  private watchPaths({ instances, statics }: VrrpConfig): void {
    const held = instances.some(({ routes, rules }) => routes.length + rules.length > 0);
    if (this.watchesPaths || !(held || statics.routes.length + statics.rules.length > 0)) return;
    this.watchesPaths = true;
    this.network.watch((event) => this.onNetwork(event), 'paths');
  }

  private onNetwork(event: NetworkEvent): void {
    if (event.event === 'overrun') {
      this.overruns.happened({});
      this.speaker.holdAgain();
      void this.statics.holdAgain();
    }
    const gone = goneIn(event, this.links, (one) => this.held.hasRunOut(one));
    const isOurs = gone?.kind === 'address' && this.held.isRemade(gone.is);
    if (gone !== null && !isOurs) {
      this.speaker.gone(gone);
      this.statics.gone(gone);
    }
    if (ABOUT_PATHS.includes(event.event)) return;
    // A takeover is thousands of these, and none of them is the address of a link.
    const isAddress = event.event === 'address' || event.event === 'address-gone';
    if (isAddress && this.links.isVirtual(event.address.address)) return;
    if (this.cancelRead !== null) return;
    this.cancelRead = this.clock.wakeAt(this.clock.now() + READ_AFTER_MS, () => {
      this.cancelRead = null;
      void this.readLinks();
    });
  }

  private async readLinks(): Promise<void> {
    const before = this.links.all();
    try {
      await this.links.read();
      await this.virtualLinks.settle();
    } catch (error) {
      this.unread.happened({ reason: errnoName(error) });
      return;
    }
    this.unread.wentWell({});
    this.tellRenewed(before);
    this.speaker.linksChanged();
  }

  private tellRenewed(before: readonly Link[]): void {
    const renewed = renewedLinks(before, this.links.all());
    for (const { name, isAnother } of renewed) this.speaker.linkRenewed(name, isAnother);
    if (renewed.length > 0) void this.statics.holdAgain();
  }

  private async forgetLinks(): Promise<void> {
    try {
      await this.virtualLinks.forget();
    } catch (error) {
      this.log.error(reasonAndHint(error), 'virtual links could not be removed');
    }
  }

  private slept(forMs: Millis): void {
    this.log.warn({ forMs: Math.round(forMs) }, 'the machine was suspended');
    this.speaker.slept(forMs);
  }

  private ports(): VrrpPorts {
    const { clock } = this;
    return {
      leases: this.leases,
      clock,
      log: this.log,
      links: this.links,
      adverts: advertSockets(this.links, { clock, log: this.log }),
      addresses: this.held,
      announcer: this.announcer,
      anchors: this.anchors,
      statics: this.statics,
      gate: this.gate,
      turn: readAll,
      peers: {
        ...peerSockets(this.log),
        identity: newIdentity,
        notes: {
          heard: (life, note) => this.uplink.tellPeerNote(life, note),
          linksAre: (links) => this.uplink.tellPeerLinks(links),
        },
      },
      notify: {
        changed: (transition, scripts) => {
          this.uplink.tell({ about: 'vrrp', ...transition, scripts });
          // Who is MASTER no more is not to be taken for one by the process after this.
          this.states.tell({ canWait: transition.state === 'MASTER' });
        },
        renamed: (renamings) => this.uplink.tell({ about: 'names', renamings }),
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
}

/** Each turn of the event loop reads 64 packets of a socket; a link has at most 255 virtual routers. */
async function readAll(): Promise<void> {
  for (let turn = 0; turn < READING_TURNS; turn += 1) await nextTurn();
}

function virtualAddresses({ instances }: VrrpConfig): readonly string[] {
  return instances.flatMap((one) => allHeld(one).addresses.map(({ address }) => address));
}

function resultOf(outcome: RunOutcome): ScriptResult {
  if ('refused' in outcome) return { ok: false, reason: outcome.refused };
  const { exitCode, signal, timedOut } = outcome;
  const reason = timedOut ? 'timeout' : exitCode === null ? `${signal}` : `exit code ${exitCode}`;
  return { ok: exitCode === 0 && !timedOut, reason };
}

const uplink = openUplink(process.argv[2] as LogLevel);
const { [RUN_DIR_VARIABLE]: runDir = '.' } = process.env;
uplink.serve(new VrrpProcess(uplink, runDir));
