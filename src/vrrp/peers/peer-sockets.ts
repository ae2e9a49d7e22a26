/** The sockets of the places where directors hear each other: opened when that is possible, closed when all is said. */
import { reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock, Millis } from '../../base/time.ts';
import type { PeerPlace, PeerPort, PeerSocket } from './ports-peers.ts';

/** A socket of no instance any more stays so long: what is still to be said of the last one that was removed is said. */
const LINGER_MS: Millis = 1_000;

export interface Open {
  readonly place: PeerPlace;
  readonly socket: PeerSocket;
}

interface PeerSocketsPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly port: PeerPort;
  onDatagram(place: PeerPlace, octets: Uint8Array, from: string): void;
}

export class PeerSockets {
  private readonly ports: PeerSocketsPorts;
  private opened: readonly Open[] = [];
  private wanted: readonly PeerPlace[] = [];
  /** Places that are not wanted any more. */
  private readonly closing = new Set<Open>();
  /** Why a place could not be opened, told once. */
  private readonly refusals = new Map<string, string>();

  constructor(ports: PeerSocketsPorts) {
    this.ports = ports;
  }

  /** All that are open, those that will be closed soon among them. */
  get all(): readonly Open[] {
    return this.opened;
  }

  at(name: string): Open | null {
    return this.opened.find(({ place }) => place.name === name) ?? null;
  }

  /** So often one message may come: by each link, to the group and to our address. */
  get copies(): number {
    const each = this.opened.map(
      ({ place: { group, unicastPeers } }) =>
        Number(group !== null) + Number(unicastPeers.length > 0),
    );
    return each.reduce((sum, count) => sum + count, 0);
  }

  get areWanted(): boolean {
    return this.wanted.length > 0;
  }

  /** False: nothing is new. */
  configure(places: readonly PeerPlace[]): boolean {
    const isNothingNew =
      places.length === this.wanted.length &&
      places.every((place, at) => isSame(place, this.wanted[at] as PeerPlace));
    if (isNothingNew) return false;
    // Those that stay keep their description: what is open is found by it.
    this.wanted = places.map(
      (place) => this.opened.find((one) => isSame(one.place, place))?.place ?? place,
    );
    const kept: Open[] = [];
    for (const one of this.opened) {
      if (places.some((place) => isSame(place, one.place))) {
        this.closing.delete(one);
        kept.push(one);
      } else if (places.some(({ name }) => name === one.place.name)) {
        this.closing.delete(one);
        one.socket.close();
      } else if (!this.closing.has(one)) this.closeSoon(one);
    }
    this.opened = [...kept, ...this.closing];
    this.openMissing();
    return true;
  }

  openMissing(): void {
    for (const place of this.wanted) {
      if (this.opened.some((one) => one.place === place)) continue;
      const opened = this.tryOpen(place);
      if (opened !== null) this.opened = [...this.opened, opened];
    }
  }

  close(): void {
    this.closing.clear();
    for (const { socket } of this.opened) socket.close();
    this.opened = [];
    this.wanted = [];
  }

  private closeSoon(one: Open): void {
    const { clock } = this.ports;
    this.closing.add(one);
    clock.wakeAt(clock.now() + LINGER_MS, () => {
      if (!this.closing.delete(one)) return;
      one.socket.close();
      this.opened = this.opened.filter((other) => other !== one);
    });
  }

  private tryOpen(place: PeerPlace): Open | null {
    const { log, port, onDatagram } = this.ports;
    try {
      const socket = port.open(place, (octets, from) => onDatagram(place, octets, from));
      this.refusals.delete(place.name);
      return { place, socket };
    } catch (error) {
      const { reason, hint } = reasonAndHint(error);
      if (this.refusals.get(place.name) !== reason) {
        const fields = { interface: place.interface, reason, hint };
        log.warn(fields, 'no link to peer directors');
      }
      this.refusals.set(place.name, reason);
      return null;
    }
  }
}

function isSame(one: PeerPlace, other: PeerPlace): boolean {
  return JSON.stringify(textOf(one)) === JSON.stringify(textOf(other));
}

function textOf({ key, otherKeys, ...place }: PeerPlace): unknown {
  const hex = (one: Uint8Array): string => Buffer.from(one).toString('hex');
  return { ...place, key: key === null ? null : hex(key), otherKeys: otherKeys.map(hex) };
}
