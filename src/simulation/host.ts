/**
 * A director in a simulated world: the production's speaker, restarted by a supervisor when it dies, on a
 * kernel that keeps addresses whatever becomes of the process that put them there, and lets it be answered for
 * them while its gate is open.
 */
import type { Family } from '../base/address.ts';
import { DirectorError } from '../base/error.ts';
import type { Random } from '../base/random.ts';
import { type Millis, sleep } from '../base/time.ts';
import type { FailoverReport, FailoverRequest } from '../model/failover.ts';
import type { LeaseEndpoint } from '../model/lease.ts';
import type { Script } from '../model/script.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { VrrpConfig } from '../model/vrrp.ts';
import type { ScriptResult } from '../track/script.ts';
import { addressesOf, allHeld } from '../vrrp/holding/held.ts';
import { type Inheritance, inheritanceOf } from '../vrrp/holding/inheritance.ts';
import type { VrrpWill } from '../vrrp/holding/will.ts';
import { WillWriter } from '../vrrp/holding/will-writer.ts';
import type { LinkFacts, VrrpPorts } from '../vrrp/ports.ts';
import { VrrpSpeaker } from '../vrrp/speaker.ts';
import { simulateHealth } from './health.ts';
import type { Journal } from './journal.ts';
import { SimulatedKernel } from './kernel.ts';
import { beginLease, type LeaseLife } from './lease.ts';
import type { SimulatedNetwork } from './network.ts';
import { advertSockets, peerSockets } from './sockets.ts';
import { stateLog, type ToldState } from './state-log.ts';
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
  /** Where its acceptor is; absent: it has none, and no instance of it needs a lease. */
  readonly leaseEndpoint?: LeaseEndpoint;
}

export interface HostSurroundings {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly journal: Journal;
  readonly random: Random;
  isServerDown(address: string): boolean;
  /** A host goes by another configuration from now on. */
  onReload(): void;
}

/** What the kernel needs to add or to remove addresses. */
const KERNEL_MS: Millis = 0.3;

/** How long a tracked script runs. */
const SCRIPT_MS: Millis = 2;

/** One life of the VRRP process. */
interface Life {
  readonly clock: ProcessTime;
  readonly speaker: VrrpSpeaker;
  readonly lease: LeaseLife | null;
  readonly will: WillWriter;
}

export class SimulatedHost {
  readonly plan: HostPlan;
  private readonly world: HostSurroundings;
  private config: VrrpConfig;
  /** The one that it goes by: the other comes with a reload or a start. */
  private inForce: VrrpConfig;
  private life: Life | null = null;
  private readonly kernel: SimulatedKernel;
  /** What the process has left to know for the next one; the supervisor keeps it. */
  private lastWill: VrrpWill | null = null;
  private readonly down = new Set<string>();
  private readonly failing = new Set<string>();
  private readonly states = new Map<string, string>();
  /** Something is wrong with this host itself: see `isWell`. */
  private ailments = 0;
  private identities = 0;
  private leaving = false;
  private hasPower = true;
  private powerCuts = 0;
  private endChecks: (() => void) | null = null;

  constructor(plan: HostPlan, world: HostSurroundings) {
    this.plan = plan;
    this.config = plan.config;
    this.inForce = plan.config;
    this.world = world;
    this.kernel = new SimulatedKernel(plan, world);
  }

  get name(): string {
    return this.plan.name;
  }

  /** The addresses for which this host answers now. */
  get answersFor(): ReadonlySet<string> {
    return this.kernel.answersFor;
  }

  get isRunning(): boolean {
    return this.life?.clock.isRunning ?? false;
  }

  /** Nothing was done to it that is not undone. */
  get isWell(): boolean {
    return this.isRunning && !this.leaving && this.ailments === 0;
  }

  /** Whether an address is its own. */
  isAt(address: string): boolean {
    const { hostPart, leaseEndpoint } = this.plan;
    return [
      ownAddress(hostPart, 'ipv4'),
      ownAddress(hostPart, 'ipv6'),
      leaseEndpoint?.address,
    ].includes(address);
  }

  /** Whether its kernel answers for an address now, whatever its processes do. */
  has(address: string): boolean {
    return this.hasPower && (this.isAt(address) || this.answersFor.has(address));
  }

  /** In the words of the machine; of an instance that never began `init`. */
  stateOf(instance: string): string {
    return this.life === null ? 'dead' : (this.states.get(instance) ?? 'init');
  }

  /** lvsd starts, or its supervisor another VRRP process: what is not inherited is taken off first. */
  start(): void {
    if (this.life !== null) return;
    this.leaving = false;
    this.hasPower = true;
    const { config } = this;
    const clock = new ProcessTime(this.world.time, this.plan.clockRate);
    const now = { atMs: clock.now(), bootMs: clock.now() };
    const inheritance = inheritanceOf(this.lastWill, config, now, this.kernel.gate.adopt());
    const lease = this.beginLease(clock, inheritance);
    const speaker = new VrrpSpeaker(this.ports(clock, lease));
    const will = new WillWriter({
      clock,
      now: () => ({ atMs: clock.now(), bootMs: clock.now() }),
      masters: () => speaker.masters(),
      leases: () => lease?.held() ?? [],
      leave: (one) => {
        this.lastWill = one;
      },
    });
    this.life = { clock, speaker, lease, will };
    this.tellProcess('runs');
    const left = config.instances.filter((one) => inheritance.mastershipOf(one) === null);
    this.kernel.drop(left.flatMap((instance) => allHeld(instance).addresses));
    if (left.length === config.instances.length) this.kernel.gate.replace();
    speaker.configure(config, (instance) => inheritance.mastershipOf(instance));
    const states = speaker.states();
    const settled = config.instances.filter(
      (one) => inheritance.mastershipOf(one) === null || states[one.name] === 'master',
    );
    this.kernel.gate.forgetLeft(settled.flatMap(addressesOf));
    this.tellReload();
    will.write();
    this.check();
  }

  /** `lvsctl reload`: a process that is paused, dead or stopped has it when it goes on. */
  reload(config: VrrpConfig): void {
    this.config = config;
    const { life } = this;
    life?.clock.hear(() => void this.changeOver(life, config));
  }

  /** As daemon/vrrp-process.ts; the last one of several that wait for each other counts. */
  private async changeOver(life: Life, config: VrrpConfig): Promise<void> {
    await life.speaker.beforeReload(config);
    if (this.life !== life || this.config !== config || this.leaving) return;
    life.speaker.configure(config);
    this.tellReload();
  }

  private tellReload(): void {
    const { config, life } = this;
    const before = this.inForce;
    if (config === before) return;
    this.inForce = config;
    const { journal, time } = this.world;
    journal.add({ at: time.now(), what: 'reload', host: this.name, config });
    this.states.clear();
    for (const { name, state } of life?.speaker.snapshot().instances ?? []) {
      this.states.set(name, state);
      const entry = { kind: 'instance', name, to: state, reason: 'reload' } as const;
      journal.add({ at: time.now(), what: 'state', host: this.name, ...entry });
    }
    if (tellsOthers(before) !== tellsOthers(config)) this.world.onReload();
  }

  /** lvsd is stopped in good order. */
  async stop(): Promise<void> {
    const { life } = this;
    if (life === null || !life.clock.isRunning) return;
    this.leaving = true;
    await life.speaker.stop({ keep: false });
    this.endChecks?.();
    if (this.life !== life) return;
    this.end();
    this.lastWill = null;
    this.kernel.gate.replace();
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
    this.lastWill = null;
    this.hasPower = false;
    this.powerCuts += 1;
    this.kernel.forget();
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
    this.life?.clock.hear(() => this.life?.speaker.linksChanged());
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
    this.life.lease?.end();
    this.life.will.close();
    this.life = null;
    this.tellProcess('dead');
    this.states.clear();
  }

  private beginLease(clock: ProcessTime, { leases }: Inheritance): LeaseLife | null {
    const { config } = this;
    const { leaseEndpoint: endpoint } = this.plan;
    if (config.lease === null || endpoint === undefined) return null;
    const { network, random } = this.world;
    const surroundings = {
      clock,
      network,
      random,
      receive: (read: () => void) => clock.receive(read),
    };
    return beginLease(
      surroundings,
      { host: this.name, endpoint, inherited: leases },
      config.lease,
      {
        granted: (name) => this.life?.speaker.leaseGranted(name),
        renewed: (name) => {
          this.life?.speaker.leaseRenewed(name);
          this.life?.will.renew();
        },
        lost: (name) => this.life?.speaker.leaseLost(name),
        wantedByBetter: (name, priority) => this.life?.speaker.leaseWanted(name, priority),
      },
    );
  }

  private ports(clock: ProcessTime, lease: LeaseLife | null): VrrpPorts {
    const owner = { host: this.name, network: this.world.network, clock };
    return {
      ...(lease === null ? {} : { leases: lease.speaker }),
      clock,
      log: stateLog((told) => this.tellState(told)),
      adverts: advertSockets(owner),
      peers: { ...peerSockets(owner), identity: () => this.identity() },
      links: { find: (link, family) => this.link(link, family) },
      addresses: {
        hold: (addresses) => this.change(clock, () => this.kernel.take(addresses)),
        release: (addresses) => this.change(clock, () => this.kernel.drop(addresses)),
      },
      gate: this.kernel.gate.port(),
      announcer: {
        announce: () => {},
        probe: (link, address) => this.ask(clock, link, address),
      },
      statics: { faultOf: () => null },
      notify: {
        changed: () => void clock.wakeAt(clock.now(), () => this.life?.will.write()),
        renamed: () => {},
      },
      ...simulatedTrackers(this.config, (run) => void clock.wakeAt(clock.now(), run)),
      runScript: (script) => this.runScript(clock, script),
    };
  }

  /** Who has the address: the answers come to this life of the process only. */
  private ask(clock: ProcessTime, link: string, address: string): void {
    if (this.down.has(link)) return;
    this.world.network.ask(this.name, link, address, (who) =>
      clock.receive(() => {
        if (this.life?.clock === clock) this.life.speaker.addressClaimed(address, who, link);
      }),
    );
  }

  /** No two lives of any host have the same. */
  private identity(): string {
    this.identities += 1;
    const count = this.identities.toString(16).padStart(14, '0');
    return `${this.plan.hostPart.toString(16).padStart(2, '0')}${count}`;
  }

  private link(name: string, family: Family): LinkFacts {
    const { hostPart } = this.plan;
    const primaryAddress = ownAddress(hostPart, family);
    const addresses = new Set([primaryAddress, ...sourcesOn(name, this.config)]);
    return { index: 1, running: !this.down.has(name), primaryAddress, addresses };
  }

  /** The kernel does it, whatever becomes of the process meanwhile, but not without power. */
  private change(clock: ProcessTime, act: () => void): Promise<void> {
    const { time } = this.world;
    const { powerCuts } = this;
    return new Promise((resolve) => {
      time.wakeAt(time.now() + KERNEL_MS, () => {
        if (this.powerCuts > powerCuts) return;
        act();
        clock.hear(resolve);
      });
    });
  }

  private tellProcess(is: 'runs' | 'paused' | 'dead'): void {
    this.world.journal.add({ at: this.world.time.now(), what: 'process', host: this.name, is });
  }

  private async runScript(clock: ProcessTime, { argv }: Script): Promise<ScriptResult> {
    await sleep(clock, SCRIPT_MS);
    const { scripts } = this.config;
    const name = scripts.find(({ script }) => script.argv.join(' ') === argv.join(' '))?.name ?? '';
    const ok = !this.failing.has(name);
    return { ok, reason: ok ? 'exit code 0' : 'exit code 1' };
  }

  private tellState(told: ToldState): void {
    const { time, journal } = this.world;
    if (told.kind === 'instance') this.states.set(told.name, told.to);
    journal.add({ at: time.now(), what: 'state', host: this.name, ...told });
  }
}

/** Those that advertisements are told to come from there. */
function sourcesOn(link: string, { instances }: VrrpConfig): readonly string[] {
  return instances
    .flatMap((instance) => [instance, ...instance.sidePaths])
    .flatMap(({ interface: on, sourceAddress }) =>
      on === link && sourceAddress !== null ? [sourceAddress] : [],
    );
}

/** What others see of a configuration; while it stays, as when only keys are changed, a reload disturbs nobody. */
function tellsOthers({ instances }: VrrpConfig): string {
  return JSON.stringify(instances.map(({ name, addresses }) => [name, addresses]));
}

/** Its address on each link. */
export function ownAddress(hostPart: number, family: Family): string {
  return family === 'ipv4' ? `192.0.2.${hostPart}` : `fe80::${hostPart}`;
}
