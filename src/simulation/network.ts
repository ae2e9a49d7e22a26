/**
 * Links that carry packets between hosts, late, twice, out of order or not at all. What is sent to a group
 * reaches every other host on the link; what is sent to an address, the one that has it.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import type { Random } from '../base/random.ts';
import type { Millis } from '../base/time.ts';
import type { LeaseEndpoint } from '../model/lease.ts';
import type { ReceivedPacket } from '../vrrp/adverts/admit.ts';
import type { AdvertPlace } from '../vrrp/adverts/ports-adverts.ts';
import type { VirtualTime } from './time.ts';

/** How the links are: shares from 0 to 1. */
export interface Weather {
  readonly lossShare: number;
  readonly duplicateShare: number;
  /** A packet takes a time between these two; those sent later may overtake. */
  readonly delayMinMs: Millis;
  readonly delayMaxMs: Millis;
}

export const FAIR: Weather = { lossShare: 0, duplicateShare: 0, delayMinMs: 0.2, delayMaxMs: 1 };

/** From one host to another. */
export interface Way {
  readonly from: string;
  readonly to: string;
  /** Interfaces of one name are on one link; null: whatever they have in common. */
  readonly link: string | null;
}

export interface Port {
  readonly host: string;
  readonly place: AdvertPlace;
  onPacket(packet: ReceivedPacket): void;
}

/** A UDP socket; addresses reach their host from everywhere. */
export interface DatagramSocket {
  send(octets: Uint8Array, to: LeaseEndpoint): void;
  close(): void;
}

interface DatagramHost {
  readonly host: string;
  onDatagram(octets: Uint8Array, from: LeaseEndpoint): void;
}

/** Whatever is on the links besides the hosts: gateways, real servers. */
export const ELSEWHERE = 'elsewhere';

/** Who answers ARP and neighbour solicitations. */
interface Neighbour {
  readonly host: string;
  /** Whether it says that the address is its own. */
  has(address: string): boolean;
}

export interface Attachment {
  send(packet: ReceivedPacket): void;
  close(): void;
}

export class SimulatedNetwork {
  weather: Weather = FAIR;
  private readonly time: VirtualTime;
  private readonly random: Random;
  private readonly ports = new Set<Port>();
  private readonly neighbours: Neighbour[] = [];
  private readonly datagramHosts = new Map<string, DatagramHost>();
  /** Source addresses that were seen, and whose they are. */
  private readonly hostOf = new Map<string, string>();
  /** `FROM>TO`, or `FROM>TO LINK`, by how many cuts are in force on that way. */
  private readonly cuts = new Map<string, number>();

  constructor(time: VirtualTime, random: Random) {
    this.time = time;
    this.random = random;
  }

  attach(port: Port): Attachment {
    this.ports.add(port);
    return {
      // What is sent is not kept by who sends it.
      send: (packet) => this.carry(port, { ...packet, payload: packet.payload.slice() }),
      close: () => void this.ports.delete(port),
    };
  }

  openDatagrams(
    host: string,
    self: LeaseEndpoint,
    onDatagram: DatagramHost['onDatagram'],
  ): DatagramSocket {
    const name = nameOf(self);
    const own: DatagramHost = { host, onDatagram };
    this.datagramHosts.set(name, own);
    return {
      send: (octets, to) => this.carryDatagram(octets.slice(), self, nameOf(to)),
      close: () => {
        if (this.datagramHosts.get(name) === own) this.datagramHosts.delete(name);
      },
    };
  }

  addNeighbour(neighbour: Neighbour): void {
    this.neighbours.push(neighbour);
  }

  /** Asks all others who has an address. `onAnswer`: with the name of each that says so. */
  ask(host: string, link: string, address: string, onAnswer: (host: string) => void): void {
    for (const neighbour of this.neighbours) {
      if (neighbour.host === host) continue;
      this.pass({ from: host, to: neighbour.host, link }, () => {
        if (!neighbour.has(address)) return;
        this.pass({ from: neighbour.host, to: host, link }, () => onAnswer(neighbour.host));
      });
    }
  }

  /** Nothing passes that way any more until `mend` is called as often. */
  cut(way: Way): void {
    this.count(way, 1);
  }

  mend(way: Way): void {
    this.count(way, -1);
  }

  private isCut(way: Way): boolean {
    if (this.cuts.size === 0) return false;
    const isCut = (name: string): boolean => (this.cuts.get(name) ?? 0) > 0;
    return isCut(nameOfWay({ ...way, link: null })) || isCut(nameOfWay(way));
  }

  get isWhole(): boolean {
    return this.weather.lossShare === 0 && [...this.cuts.values()].every((count) => count === 0);
  }

  private count(way: Way, change: number): void {
    const name = nameOfWay(way);
    this.cuts.set(name, (this.cuts.get(name) ?? 0) + change);
  }

  private carry(from: Port, packet: ReceivedPacket): void {
    this.hostOf.set(packet.source, from.host);
    for (const to of this.ports) {
      if (!this.reaches(from, to, packet.destination)) continue;
      this.deliver(from, to, packet);
      if (this.random() < this.weather.duplicateShare) this.deliver(from, to, packet);
    }
  }

  private reaches(from: Port, { host, place }: Port, destination: string): boolean {
    if (host === from.host || place.interface !== from.place.interface) return false;
    if (place.family !== from.place.family || place.protocol !== from.place.protocol) return false;
    if (place.group !== null) return place.group === destination;
    // An address from which nobody has sent yet may be anybody's.
    return from.place.group === null && (this.hostOf.get(destination) ?? host) === host;
  }

  private carryDatagram(octets: Uint8Array, self: LeaseEndpoint, name: string): void {
    const from = this.datagramHosts.get(nameOf(self))?.host;
    const to = this.datagramHosts.get(name)?.host;
    if (from === undefined || to === undefined) return;
    const arrive = (): void => this.datagramHosts.get(name)?.onDatagram(octets, self);
    const way = { from, to, link: null };
    this.pass(way, arrive);
    if (this.random() < this.weather.duplicateShare) this.pass(way, arrive);
  }

  private deliver(from: Port, to: Port, packet: ReceivedPacket): void {
    this.pass({ from: from.host, to: to.host, link: from.place.interface }, () => {
      if (this.ports.has(to)) to.onPacket(packet);
    });
  }

  /** Once, late, or not at all; what was under way when a cut came is lost. */
  private pass(way: Way, arrive: () => void): void {
    const { lossShare, delayMinMs, delayMaxMs } = this.weather;
    if (this.isCut(way) || this.random() < lossShare) return;
    const delayMs = delayMinMs + this.random() * (delayMaxMs - delayMinMs);
    this.time.wakeAt(this.time.now() + delayMs, () => {
      if (!this.isCut(way)) arrive();
    });
  }
}

function nameOfWay({ from, to, link }: Way): string {
  return link === null ? `${from}>${to}` : `${from}>${to} ${link}`;
}

function nameOf({ address, port }: LeaseEndpoint): string {
  return formatEndpoint(address, port);
}
