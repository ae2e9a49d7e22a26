/**
 * A director in a simulated world: the production's speaker, restarted by a supervisor when it dies, on a
 * kernel that keeps addresses whatever becomes of the process that put them there.
 */
import type { Family } from '../base/address.ts';
import { DirectorError } from '../base/error.ts';
import { type Log, logTo } from '../base/log.ts';
import { type Millis, sleep } from '../base/time.ts';
import type { FailoverReport, FailoverRequest } from '../model/failover.ts';
import type { Script } from '../model/script.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { VirtualAddress, VrrpConfig } from '../model/vrrp.ts';
import type { ScriptResult } from '../track/script.ts';
import type { ReceivedPacket } from '../vrrp/admit.ts';
import { noGate } from '../vrrp/gate.ts';
import type { LinkFacts, VrrpPorts } from '../vrrp/ports.ts';
import type { AdvertPlace, AdvertSocket } from '../vrrp/ports-adverts.ts';
import type { PeerPlace, PeerSocket } from '../vrrp/ports-peers.ts';
import { VrrpSpeaker } from '../vrrp/speaker.ts';
import { simulateHealth } from './health.ts';
import type { Journal } from './journal.ts';
import type { Attachment, SimulatedNetwork } from './network.ts';
import { ProcessTime, type VirtualTime } from './time.ts';
import { simulatedTrackers } from './trackers.ts';

export interface HostPlan {
  readonly name: string;
  readonly config: VrrpConfig;
  /** What it checks; their checks run in every simulated director, whatever its VRRP process does. */
  readonly virtualServers?: readonly VirtualServer[];
  /** Its address on each link: the network is the link's, this part is its own. 1 to 254. */
  readonly hostPart: number;
  /** How fast its clock runs: 1.001 gains a millisecond in a second. */
  readonly clockRate: number;
}

export interface HostSurroundings {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly journal: Journal;
  isServerDown(address: string): boolean;
}

/** What the kernel needs to add or to remove addresses. */
const KERNEL_MS: Millis = 0.3;

/** How long a tracked script runs. */
const SCRIPT_MS: Millis = 2;

/** Protocol number of what directors tell each other beside VRRP. */
const UDP = 17;

/** One life of the VRRP process. */
interface Life {
  readonly clock: ProcessTime;
  readonly speaker: VrrpSpeaker;
}

export class SimulatedHost {
  readonly plan: HostPlan;
  private readonly world: HostSurroundings;
  private life: Life | null = null;
  private readonly held = new Set<string>();
  private readonly down = new Set<string>();
  private readonly failing = new Set<string>();
  private readonly states = new Map<string, string>();
  /** Something is wrong with this host itself: see `isWell`. */
  private ailments = 0;
  private identities = 0;
  private leaving = false;
  private endChecks: (() => void) | null = null;

  constructor(plan: HostPlan, world: HostSurroundings) {
    this.plan = plan;
    this.world = world;
  }

  get name(): string {
    return this.plan.name;
  }

  /** The addresses for which this host answers now. */
  get answersFor(): ReadonlySet<string> {
    return this.held;
  }

  get isRunning(): boolean {
    return this.life?.clock.isRunning ?? false;
  }

  /** Nothing was done to it that is not undone. */
  get isWell(): boolean {
    return this.isRunning && !this.leaving && this.ailments === 0;
  }

  /** In the words of the machine; of an instance that never began `init`. */
  stateOf(instance: string): string {
    return this.life === null ? 'dead' : (this.states.get(instance) ?? 'init');
  }

  /** lvsd starts: what an earlier life left is taken off first. */
  start(): void {
    if (this.life !== null) return;
    this.leaving = false;
    const clock = new ProcessTime(this.world.time, this.plan.clockRate);
    const speaker = new VrrpSpeaker(this.ports(clock));
    this.life = { clock, speaker };
    this.tellProcess('runs');
    this.drop([...this.held]);
    speaker.configure(this.plan.config);
    this.check();
  }

  /** lvsd is stopped in good order. */
  async stop(): Promise<void> {
    const { life } = this;
    if (life === null || !life.clock.isRunning) return;
    this.leaving = true;
    await life.speaker.stop({ keep: false });
    this.endChecks?.();
    if (this.life === life) this.end();
  }

  /** `lvsctl failover` on this host. */
  async failOver(request: FailoverRequest): Promise<FailoverReport> {
    const { life } = this;
    if (life === null) throw new DirectorError('PROCESS_SILENT', `${this.name} does not run`);
    return await life.speaker.failOver(request);
  }

  /** The VRRP process is killed; its addresses stay until another one starts. */
  kill(): void {
    this.end();
  }

  /** The machine loses its power. */
  crash(): void {
    this.endChecks?.();
    this.end();
    this.drop([...this.held]);
  }

  pause(): void {
    if (!this.isRunning) return;
    this.life?.clock.pause();
    this.tellProcess('paused');
  }

  resume(): void {
    if (this.life === null || this.isRunning) return;
    this.tellProcess('runs');
    this.life.clock.resume();
  }

  setLink(link: string, isUp: boolean): void {
    if (isUp) this.down.delete(link);
    else this.down.add(link);
    this.ail(isUp ? -1 : 1);
    this.life?.clock.receive(() => this.life?.speaker.linksChanged());
  }

  /** From its next run on the tracked script says so. */
  setScript(name: string, isGood: boolean): void {
    if (isGood) this.failing.delete(name);
    else this.failing.add(name);
    this.ail(isGood ? -1 : 1);
  }

  /** Checks go on while only the VRRP process is killed or paused. */
  private check(): void {
    const { virtualServers = [], clockRate } = this.plan;
    if (virtualServers.length === 0 || this.endChecks !== null) return;
    const { journal, isServerDown, time } = this.world;
    const clock = new ProcessTime(time, clockRate);
    const end = simulateHealth(virtualServers, isServerDown, clock, {
      onWeight: (virtualServer, realServer, weight) =>
        journal.add({
          at: time.now(),
          what: 'weight',
          host: this.name,
          virtualServer,
          realServer,
          weight,
        }),
    });
    this.endChecks = () => {
      end();
      clock.end();
      this.endChecks = null;
    };
  }

  private ail(change: number): void {
    this.ailments += change;
  }

  private end(): void {
    if (this.life === null) return;
    this.life.clock.end();
    this.life = null;
    this.tellProcess('dead');
    this.states.clear();
  }

  private ports(clock: ProcessTime): VrrpPorts {
    return {
      clock,
      log: this.log(),
      adverts: {
        open: (place, onPacket) => this.open(clock, place, onPacket),
      },
      peers: {
        open: (place, onDatagram) => this.openPeers(clock, place, onDatagram),
        identity: () => this.identity(),
      },
      links: { find: (link, family) => this.link(link, family) },
      addresses: {
        hold: (addresses) => this.change(clock, () => this.take(addresses)),
        release: (addresses) => this.change(clock, () => this.drop(addresses.map(nameOf))),
      },
      gate: noGate('not simulated'),
      announcer: { announce: () => {}, probe: () => {} },
      statics: { faultOf: () => null },
      notify: { changed: () => {} },
      ...simulatedTrackers(this.plan.config, (run) => void clock.wakeAt(clock.now(), run)),
      runScript: (script) => this.runScript(clock, script),
    };
  }

  private open(
    clock: ProcessTime,
    place: AdvertPlace,
    onPacket: (packet: ReceivedPacket) => void,
  ): AdvertSocket {
    const port = this.world.network.attach({
      host: this.name,
      place,
      onPacket: (packet) => clock.receive(() => onPacket(packet)),
    });
    const header = new Uint8Array(0);
    return {
      path: (to) => ({
        header: () => header,
        send: (payload) => port.send({ ...to, header, payload }),
      }),
      filter: () => {},
      close: async () => port.close(),
    };
  }

  /** One end for the group, and one for what comes to our own address. */
  private openPeers(
    clock: ProcessTime,
    { interface: link, family, group, unicastPeers, source }: PeerPlace,
    onDatagram: (octets: Uint8Array, from: string) => void,
  ): PeerSocket {
    const attach = (heard: string | null): Attachment =>
      this.world.network.attach({
        host: this.name,
        place: { interface: link, family, protocol: UDP, group: heard },
        onPacket: ({ payload, source: from }) => clock.receive(() => onDatagram(payload, from)),
      });
    const own = attach(null);
    const ofGroup = group === null ? null : attach(group);
    const packet = { source, hopLimit: 255, header: new Uint8Array(0) };
    return {
      send: (payload, to) => {
        if (to === null && group !== null)
          ofGroup?.send({ ...packet, destination: group, payload });
        for (const destination of to === null ? unicastPeers : [to]) {
          own.send({ ...packet, destination, payload });
        }
      },
      close: () => {
        own.close();
        ofGroup?.close();
      },
    };
  }

  /** No two lives of any host have the same. */
  private identity(): string {
    this.identities += 1;
    const count = this.identities.toString(16).padStart(14, '0');
    return `${this.plan.hostPart.toString(16).padStart(2, '0')}${count}`;
  }

  private link(name: string, family: Family): LinkFacts {
    const { hostPart } = this.plan;
    const primaryAddress = family === 'ipv4' ? `192.0.2.${hostPart}` : `fe80::${hostPart}`;
    const addresses = new Set([primaryAddress]);
    return { index: 1, running: !this.down.has(name), primaryAddress, addresses };
  }

  /** The kernel does it, whatever becomes of the process meanwhile. */
  private change(clock: ProcessTime, act: () => void): Promise<void> {
    const { time } = this.world;
    return new Promise((resolve) => {
      time.wakeAt(time.now() + KERNEL_MS, () => {
        act();
        clock.receive(resolve);
      });
    });
  }

  private take(addresses: readonly VirtualAddress[]): void {
    for (const name of addresses.map(nameOf)) {
      if (this.held.has(name)) continue;
      this.held.add(name);
      this.tell('holds', name);
    }
  }

  private drop(names: readonly string[]): void {
    for (const name of names) if (this.held.delete(name)) this.tell('releases', name);
  }

  private tellProcess(is: 'runs' | 'paused' | 'dead'): void {
    this.world.journal.add({ at: this.world.time.now(), what: 'process', host: this.name, is });
  }

  private tell(what: 'holds' | 'releases', address: string): void {
    this.world.journal.add({ at: this.world.time.now(), what, host: this.name, address });
  }

  private async runScript(clock: ProcessTime, { argv }: Script): Promise<ScriptResult> {
    await sleep(clock, SCRIPT_MS);
    const { scripts } = this.plan.config;
    const name = scripts.find(({ script }) => script.argv.join(' ') === argv.join(' '))?.name ?? '';
    const ok = !this.failing.has(name);
    return { ok, reason: ok ? 'exit code 0' : 'exit code 1' };
  }

  /** The log is where a speaker says why. */
  private log(): Log {
    return logTo(({ fields, message }) => {
      if (message !== 'state changed') return;
      const { instance, group, to, reason } = fields as Readonly<
        Record<string, string | undefined>
      >;
      const kind = instance === undefined ? 'group' : 'instance';
      const name = instance ?? group ?? '';
      if (kind === 'instance') this.states.set(name, to ?? '');
      this.world.journal.add({
        at: this.world.time.now(),
        what: 'state',
        host: this.name,
        kind,
        name,
        to: to ?? '',
        reason: reason ?? '',
      });
    });
  }
}

function nameOf({ address }: VirtualAddress): string {
  return address;
}
