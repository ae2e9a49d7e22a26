/** A simulated network of datagrams: they are delayed, lost, come twice, or do not pass a cut. */
import { formatEndpoint } from '../../src/base/endpoint.ts';
import type { Random } from '../../src/base/random.ts';
import type { Clock, Millis } from '../../src/base/time.ts';
import type { LeaseEndpoint } from '../../src/model/lease.ts';

export interface Weather {
  /** Shares of the datagrams, from 0 to 1. */
  readonly lost: number;
  readonly doubled: number;
  readonly delayMs: { readonly min: Millis; readonly max: Millis };
}

export const FAIR: Weather = { lost: 0, doubled: 0, delayMs: { min: 1, max: 1 } };

type OnDatagram = (octets: Uint8Array, from: LeaseEndpoint) => void;

export class SimulatedDatagrams {
  weather: Weather = FAIR;
  /** All that was sent, as somebody on the way could have recorded it. */
  readonly recorded: { readonly octets: Uint8Array; readonly to: LeaseEndpoint }[] = [];
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly hosts = new Map<string, OnDatagram>();
  private readonly cuts = new Set<string>();

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** The host hears from now on; what it sends comes from there. */
  attach(
    self: LeaseEndpoint,
    onDatagram: OnDatagram,
  ): { send(octets: Uint8Array, to: LeaseEndpoint): void } {
    this.hosts.set(nameOf(self), onDatagram);
    return { send: (octets, to) => this.carry(Uint8Array.from(octets), self, to) };
  }

  detach(self: LeaseEndpoint): void {
    this.hosts.delete(nameOf(self));
  }

  /** In one direction. */
  setCut(from: LeaseEndpoint, to: LeaseEndpoint, isCut: boolean): void {
    const way = `${nameOf(from)} ${nameOf(to)}`;
    if (isCut) this.cuts.add(way);
    else this.cuts.delete(way);
  }

  heal(): void {
    this.cuts.clear();
  }

  /** Delivers octets as if `from` had sent them now. */
  replay(octets: Uint8Array, from: LeaseEndpoint, to: LeaseEndpoint): void {
    this.hosts.get(nameOf(to))?.(octets, from);
  }

  private carry(octets: Uint8Array, from: LeaseEndpoint, to: LeaseEndpoint): void {
    const { lost, doubled, delayMs } = this.weather;
    this.recorded.push({ octets, to });
    if (this.random() < lost) return;
    const times = this.random() < doubled ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const delay = delayMs.min + this.random() * (delayMs.max - delayMs.min);
      this.clock.wakeAt(this.clock.now() + delay, () => {
        // Cut now, or when it set out: both are a cut on its way.
        if (!this.cuts.has(`${nameOf(from)} ${nameOf(to)}`)) {
          this.hosts.get(nameOf(to))?.(octets, from);
        }
      });
    }
  }
}

function nameOf({ address, port }: LeaseEndpoint): string {
  return formatEndpoint(address, port);
}
