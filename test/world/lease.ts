/** Directors and a witness with the production's lease on a simulated network. */
import { silentLog } from '../../src/base/log.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Clock, Instant } from '../../src/base/time.ts';
import { LeaseSpeaker } from '../../src/lease/speaker.ts';
import { Witness } from '../../src/lease/witness.ts';
import type { LeaseConfig, LeaseEndpoint } from '../../src/model/lease.ts';
import { nodeIdOf } from '../../src/wire/lease.ts';
import type { SimulatedDatagrams } from './datagrams.ts';

export const SECRET = 'a secret of sixteen octets or more';

export function endpointOf(hostPart: number): LeaseEndpoint {
  return { address: `10.0.0.${hostPart}`, port: 4470 };
}

export function leaseConfigOf(over: Partial<LeaseConfig> = {}): LeaseConfig {
  return {
    acceptors: [1, 2, 3].map(endpointOf),
    secrets: [SECRET],
    subjects: [{ name: 'VI_1', instances: ['VI_1'], keys: [51], holdMs: 3_000 }],
    ...over,
  };
}

interface World {
  readonly clock: Clock;
  readonly network: SimulatedDatagrams;
  readonly random: Random;
}

function drawFrom(random: Random): () => number {
  return () => Math.floor(random() * 2 ** 32);
}

/** Whoever wants a lease. What its kernel lets through ends at `openUntil`, whatever the process does. */
export class LeaseHolder {
  speaker: LeaseSpeaker;
  openUntil: Instant = Number.NEGATIVE_INFINITY;
  readonly told: string[] = [];
  /** Called when a director of a higher priority asks for what this one has. */
  onBetter: () => void = () => {};
  readonly endpoint: LeaseEndpoint;
  private readonly world: World;

  constructor(hostPart: number, world: World) {
    this.endpoint = endpointOf(hostPart);
    this.world = world;
    this.speaker = this.start();
  }

  /** A new life of the process; the kernel's gate stays as it is. */
  start(config: LeaseConfig = leaseConfigOf()): LeaseSpeaker {
    const { clock, network, random } = this.world;
    const datagrams = network.attach(this.endpoint, (octets, from) => {
      this.speaker.onDatagram(octets, from);
    });
    this.speaker = new LeaseSpeaker(
      {
        clock,
        log: silentLog,
        random: seededRandom(Math.floor(random() * 2 ** 32)),
        draw: drawFrom(random),
        datagrams,
        listener: {
          granted: (name, until) => this.tell(`granted ${name}`, until),
          renewed: (_, until) => {
            this.openUntil = until;
          },
          // The gate closes by itself, at its time.
          lost: (name) => void this.told.push(`lost ${name}`),
          wantedByBetter: () => this.onBetter(),
        },
      },
      { endpoint: this.endpoint, latenessMs: 100 },
    );
    this.speaker.configure(config);
    return this.speaker;
  }

  kill(): void {
    this.speaker.close();
    this.world.network.detach(this.endpoint);
  }

  isOpen(): boolean {
    return this.world.clock.now() < this.openUntil;
  }

  /** In order: closed, then given back. */
  handOver(): void {
    this.openUntil = Number.NEGATIVE_INFINITY;
    this.speaker.release('VI_1');
  }

  private tell(what: string, until: Instant): void {
    this.told.push(what);
    this.openUntil = until;
  }
}

export class SimulatedWitness {
  witness: Witness;
  readonly endpoint: LeaseEndpoint;
  private readonly world: World;

  constructor(hostPart: number, world: World) {
    this.endpoint = endpointOf(hostPart);
    this.world = world;
    this.witness = this.start();
  }

  start(groups: readonly (readonly string[])[] = [[SECRET]]): Witness {
    const { clock, network, random } = this.world;
    const datagrams = network.attach(this.endpoint, (octets, from) => {
      this.witness.onDatagram(octets, from);
    });
    const { address, port } = this.endpoint;
    this.witness = new Witness(
      { clock, log: silentLog, draw: drawFrom(random), datagrams },
      { groups, names: new Set([nodeIdOf(address, port)]), promiseMsMax: 3_200 },
    );
    return this.witness;
  }
}
