/**
 * The lease in a simulated world: the speaker of lease/ in each life of a director's process, and a witness on
 * a host of its own. Their datagrams go between hosts, and have the weather and the cuts of the links.
 */
import { silentLog } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock, Millis } from '../base/time.ts';
import type { LeaseListener } from '../lease/ports.ts';
import { LeaseSpeaker } from '../lease/speaker.ts';
import { Witness } from '../lease/witness.ts';
import type { HeldLease, LeaseAcceptorConfig, LeaseConfig, LeaseEndpoint } from '../model/lease.ts';
import { etcdId, nodeIdOf } from '../wire/lease.ts';
import type { Journal } from './journal.ts';
import type { SimulatedNetwork } from './network.ts';
import { ProcessTime, type VirtualTime } from './time.ts';

/** As daemon/vrrp/lease-desk.ts. */
const LATENESS_MS: Millis = 100;

/** As `lvsctl witness` without `--time-max`. */
export const WITNESS_PROMISE_MS_MAX: Millis = 10_000;

export interface LeaseSurroundings {
  readonly clock: Clock;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  /** Reads a datagram when the process reads. */
  receive(read: () => void): void;
}

export interface LeaseLife {
  readonly speaker: LeaseSpeaker;
  /** What the next life may go on with. */
  held(): readonly HeldLease[];
  end(): void;
}

function drawFrom(random: Random): () => number {
  return () => Math.floor(random() * 2 ** 32);
}

/** One life of a director's part in the lease. */
export function beginLease(
  { clock, network, random, receive }: LeaseSurroundings,
  self: {
    readonly host: string;
    readonly endpoint: LeaseEndpoint;
    readonly inherited: readonly HeldLease[];
  },
  config: LeaseConfig,
  listener: LeaseListener,
): LeaseLife {
  const socket = network.openDatagrams(self.host, self.endpoint, (octets, from) =>
    receive(() => speaker.onDatagram(octets, from)),
  );
  const draw = drawFrom(random);
  const speaker = new LeaseSpeaker(
    { clock, log: silentLog, random, draw, datagrams: socket, listener },
    {
      endpoint: self.endpoint,
      latenessMs: LATENESS_MS,
      inherited: self.inherited.map(({ untilMs, ...one }) => ({ ...one, until: untilMs })),
    },
  );
  speaker.configure(config);
  return {
    speaker,
    held: () => speaker.held().map(({ until, ...one }) => ({ ...one, untilMs: until })),
    end: () => socket.close(),
  };
}

export interface WitnessPlan {
  readonly name: string;
  /** etcd is one that has a memory of its own here. */
  readonly endpoint: LeaseAcceptorConfig;
  readonly secrets: readonly string[];
  readonly promiseMsMax: Millis;
  readonly clockRate: number;
}

export interface WitnessSurroundings {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly journal: Journal;
  readonly random: Random;
}

/** `lvsctl witness` on a machine of its own. */
export class WitnessHost {
  readonly plan: WitnessPlan;
  private readonly world: WitnessSurroundings;
  private clock: ProcessTime | null = null;
  private close: () => void = () => {};
  private hasPower = true;

  constructor(plan: WitnessPlan, world: WitnessSurroundings) {
    this.plan = plan;
    this.world = world;
  }

  get name(): string {
    return this.plan.name;
  }

  get isWell(): boolean {
    return this.clock?.isRunning ?? false;
  }

  isAt(address: string): boolean {
    return this.plan.endpoint.address === address;
  }

  /** Whether its kernel answers for an address. */
  has(address: string): boolean {
    return this.hasPower && this.isAt(address);
  }

  start(): void {
    if (this.clock !== null) return;
    this.hasPower = true;
    const { time, network, random } = this.world;
    const { endpoint, secrets, promiseMsMax, clockRate } = this.plan;
    const clock = new ProcessTime(time, clockRate);
    const socket = network.openDatagrams(this.name, endpoint, (octets, from) =>
      clock.receive(() => witness.onDatagram(octets, from)),
    );
    const { address, port, isEtcd } = endpoint;
    const names = new Set([isEtcd ? etcdId() : nodeIdOf(address, port)]);
    const witness = new Witness(
      { clock, log: silentLog, draw: drawFrom(random), datagrams: socket },
      { groups: [secrets], names, promiseMsMax },
    );
    this.clock = clock;
    this.close = () => socket.close();
    this.tell('runs');
  }

  async stop(): Promise<void> {
    this.kill();
  }

  kill(): void {
    if (this.clock === null) return;
    this.clock.end();
    this.clock = null;
    this.close();
    this.tell('dead');
  }

  crash(): void {
    this.hasPower = false;
    this.kill();
  }

  pause(): void {
    if (!this.isWell) return;
    this.clock?.pause();
    this.tell('paused');
  }

  resume(): void {
    if (this.clock === null || this.clock.isRunning) return;
    this.tell('runs');
    this.clock.resume();
  }

  private tell(is: 'runs' | 'paused' | 'dead'): void {
    this.world.journal.add({ at: this.world.time.now(), what: 'process', host: this.name, is });
  }
}
