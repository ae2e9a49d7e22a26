/** Directors on links, what is done to them, and what comes of it. One seed fixes all of it. */
import { seededRandom } from '../base/random.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { VrrpConfig } from '../model/vrrp.ts';
import { type HostPlan, SimulatedHost } from './host.ts';
import { Journal } from './journal.ts';
import { WitnessHost, type WitnessPlan } from './lease.ts';
import { ELSEWHERE, FAIR, SimulatedNetwork, type Way, type Weather } from './network.ts';
import { VirtualTime } from './time.ts';

/** Something done to the world; what has `forMs` is undone after that time, unless it is null. */
export type Fault =
  /** Nothing passes between two hosts, or from the first to the second only; on one link, or at all. */
  | (Way & { readonly do: 'cut'; readonly oneWay: boolean })
  /** The network is like that for everyone. */
  | { readonly do: 'weather'; readonly weather: Weather }
  /** An interface loses its carrier. */
  | { readonly do: 'link-down'; readonly host: string; readonly link: string }
  /** The VRRP process stands still (SIGSTOP, a long collection of garbage). */
  | { readonly do: 'pause'; readonly host: string }
  /** The VRRP process dies at once; the supervisor starts another. */
  | { readonly do: 'kill'; readonly host: string }
  /** The machine loses its power; with an end it comes back then. */
  | { readonly do: 'crash'; readonly host: string }
  /** lvsd is stopped in good order. */
  | { readonly do: 'stop'; readonly host: string }
  /** `lvsctl reload` with another configuration; it is not undone. */
  | { readonly do: 'reload'; readonly host: string; readonly config: VrrpConfig }
  /** `lvsctl failover` there, and `--back` at the end. */
  | { readonly do: 'failover'; readonly host: string }
  /** A real server answers no check any more. */
  | { readonly do: 'server-down'; readonly server: string }
  /** A tracked script fails. */
  | { readonly do: 'script'; readonly host: string; readonly script: string };

/** From the death of a process to the first step of the one that takes its place. */
const RESTART_MS: Millis = 300;

export interface PlannedFault {
  readonly at: Instant;
  readonly fault: Fault;
  readonly forMs: Millis | null;
}

export interface WorldPlan {
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
  readonly witnesses?: readonly WitnessPlan[];
  readonly weather?: Weather;
  readonly faults: readonly PlannedFault[];
}

export class SimulatedWorld {
  readonly time: VirtualTime = new VirtualTime();
  readonly journal: Journal = new Journal();
  readonly hosts: readonly SimulatedHost[];
  readonly witnesses: readonly WitnessHost[];
  readonly network: SimulatedNetwork;
  private readonly downServers = new Set<string>();
  private readonly fair: Weather;
  private isWell = true;

  constructor(plan: WorldPlan) {
    const { time, journal } = this;
    this.network = new SimulatedNetwork(time, seededRandom(plan.seed));
    // Their own source: what hosts draw does not change the weather of a seed.
    const random = seededRandom(plan.seed ^ 0xd4a3);
    this.fair = plan.weather ?? FAIR;
    this.network.weather = this.fair;
    this.hosts = plan.hosts.map(
      (host) =>
        new SimulatedHost(host, {
          time,
          journal,
          network: this.network,
          random,
          isServerDown: (address) => this.downServers.has(address),
          onReload: () => this.disturb(),
        }),
    );
    this.witnesses = (plan.witnesses ?? []).map(
      (witness) => new WitnessHost(witness, { time, journal, network: this.network, random }),
    );
    const machines = [...this.witnesses, ...this.hosts];
    for (const machine of machines) {
      this.network.addNeighbour({ host: machine.name, has: (address) => machine.has(address) });
    }
    this.network.addNeighbour({ host: ELSEWHERE, has: (address) => this.isElsewhere(address) });
    for (const { at, fault, forMs } of plan.faults) {
      time.wakeAt(at, () => this.begin(fault));
      const lastsMs = fault.do === 'kill' ? RESTART_MS : forMs;
      if (lastsMs !== null) time.wakeAt(at + lastsMs, () => this.undo(fault));
    }
    for (const machine of machines) machine.start();
    journal.add({ at: 0, what: 'health', isWell: true });
  }

  host(name: string): SimulatedHost {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`there is no host ${name}`);
    return found;
  }

  /** What a director must reach to be of use, and is no machine of this world. */
  private isElsewhere(address: string): boolean {
    const isAnchor = this.hosts.some(({ plan }) =>
      plan.config.instances.some(({ isolationAnchors }) =>
        isolationAnchors.some((one) => one.kind === 'address' && one.address === address),
      ),
    );
    const isMachine = [...this.witnesses, ...this.hosts].some((one) => one.isAt(address));
    return isAnchor && !isMachine && !this.downServers.has(address);
  }

  /** A director or a witness. */
  private machine(name: string): SimulatedHost | WitnessHost {
    return this.witnesses.find((witness) => witness.name === name) ?? this.host(name);
  }

  /** Lets time pass. */
  runTo(at: Instant): Promise<void> {
    return this.time.runTo(at);
  }

  private begin(fault: Fault): void {
    this.tell(fault, '');
    switch (fault.do) {
      case 'cut':
        this.network.cut(fault);
        if (!fault.oneWay) this.network.cut(backwards(fault));
        break;
      case 'weather':
        this.network.weather = fault.weather;
        break;
      case 'server-down':
        this.downServers.add(fault.server);
        break;
      case 'link-down':
        this.host(fault.host).setLink(fault.link, false);
        break;
      case 'script':
        this.host(fault.host).setScript(fault.script, false);
        break;
      case 'pause':
        this.machine(fault.host).pause();
        break;
      case 'kill':
        this.machine(fault.host).kill();
        break;
      case 'crash':
        this.machine(fault.host).crash();
        break;
      case 'stop':
        void this.machine(fault.host).stop();
        break;
      case 'failover':
        void this.failOver(fault.host, { back: false });
        break;
      case 'reload':
        this.host(fault.host).reload(fault.config);
        break;
    }
    this.examine();
  }

  private undo(fault: Fault): void {
    if (fault.do !== 'kill') this.tell(fault, 'end of ');
    switch (fault.do) {
      case 'cut':
        this.network.mend(fault);
        if (!fault.oneWay) this.network.mend(backwards(fault));
        break;
      case 'weather':
        this.network.weather = this.fair;
        break;
      case 'server-down':
        this.downServers.delete(fault.server);
        break;
      case 'link-down':
        this.host(fault.host).setLink(fault.link, true);
        break;
      case 'script':
        this.host(fault.host).setScript(fault.script, true);
        break;
      case 'pause':
        this.machine(fault.host).resume();
        break;
      case 'kill':
      case 'crash':
      case 'stop':
        this.machine(fault.host).start();
        break;
      case 'failover':
        void this.failOver(fault.host, { back: true });
        break;
      case 'reload':
        break;
    }
    this.examine();
  }

  /** What is refused is told as lvsctl would tell it. */
  private async failOver(host: string, { back }: { readonly back: boolean }): Promise<void> {
    try {
      await this.host(host).failOver({ names: [], back, force: false });
    } catch (error) {
      const text = `failover ${host} is refused: ${error instanceof Error ? error.message : String(error)}`;
      this.journal.add({ at: this.time.now(), what: 'fault', text });
    }
  }

  private examine(): void {
    const isWell =
      this.network.isWhole && [...this.witnesses, ...this.hosts].every(({ isWell }) => isWell);
    if (isWell === this.isWell) return;
    this.isWell = isWell;
    this.journal.add({ at: this.time.now(), what: 'health', isWell });
  }

  /** For a moment hosts may not agree: it must be well again for as long as after a fault. */
  private disturb(): void {
    if (!this.isWell) return;
    this.isWell = false;
    this.journal.add({ at: this.time.now(), what: 'health', isWell: false });
    this.examine();
  }

  private tell(fault: Fault, prefix: string): void {
    const text = prefix + describeFault(fault);
    this.journal.add({ at: this.time.now(), what: 'fault', text });
  }
}

function backwards({ from, to, link }: Way): Way {
  return { from: to, to: from, link };
}

/** A fault in the words in which it is asked for. */
export function describeFault(fault: Fault): string {
  switch (fault.do) {
    case 'cut':
      return `cut ${fault.from}${fault.oneWay ? '>' : '-'}${fault.to}${fault.link === null ? '' : ` on ${fault.link}`}`;
    case 'weather': {
      const { lossShare, duplicateShare, delayMinMs, delayMaxMs } = fault.weather;
      const percent = (share: number): string => `${Math.round(share * 100)} %`;
      const delay = `${delayMinMs.toFixed(1)} to ${delayMaxMs.toFixed(1)} ms`;
      return `weather: loss ${percent(lossShare)}, twice ${percent(duplicateShare)}, delay ${delay}`;
    }
    case 'server-down':
      return `kill ${fault.server}`;
    case 'link-down':
      return `down ${fault.host}:${fault.link}`;
    case 'script':
      return `fail ${fault.host}:${fault.script}`;
    default:
      return `${fault.do} ${fault.host}`;
  }
}
