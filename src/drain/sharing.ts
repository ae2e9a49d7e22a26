/**
 * Orders on their way to the other directors, so that a failover brings back nothing that was taken from service.
 * Each director has all of them on its own disk; what is told is what the other does not have, one batch at a time,
 * again and again until it is acknowledged. A director that comes back is asked first whether it has the same.
 *
 *   have? ──▶          have? ──▶            put 7 ──▶   (lost)
 *        ◀── have           ◀── have        put 7 ──▶
 *   (the same: done)   (not: each puts all)      ◀── got 7, on its disk
 *
 * Which of two orders counts is decided in orders.ts. Only what came with the key of the link arrives here.
 */
import { createHash } from 'node:crypto';
import { reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { type Cancel, type Clock, type Instant, type Millis, sleep } from '../base/time.ts';
import type { DrainPeer, PeerHas, Steering } from '../model/drain.ts';
import type { PeerLink } from '../model/peer.ts';
import {
  decodeOrderNote,
  encodeOrderNote,
  NOTE_OCTETS_MAX,
  type NotedOrder,
  notedName,
  type OrderNote,
  octetsOf,
} from '../wire/order-note.ts';
import { nameOf } from './orders.ts';

/** What was not answered is said again. */
const AGAIN_MS: Millis = 500;
const LOOK_EVERY_MS: Millis = 10;
/** Around the orders of a `put`. */
const FRAME_OCTETS = 100;

export interface SharingPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Names this director in versions. */
  readonly director: string;
  /** `router_id` */
  name(): string;
  /** To the director of this life. It may be lost. */
  send(life: string, octets: Uint8Array): void;
  /** All that is not for this director alone. */
  shared(): readonly Steering[];
  /**
   * Those that are later than what is known come into force. False: there is no room for them.
   * @throws DirectorError STATE_UNWRITABLE
   */
  accept(told: readonly Steering[], from: string): boolean;
}

interface Peer {
  readonly link: PeerLink;
  /** By its own word. */
  name: string | null;
  /** It has answered. */
  isGreeted: boolean;
  /** Target → version that it has, or has no room for. */
  readonly had: Map<string, string>;
  /** Versions that it has no room for. */
  readonly refused: Set<string>;
  /** What it has not acknowledged yet. */
  onWay: { readonly batch: number; readonly orders: readonly Steering[] } | null;
  cancel: Cancel;
}

export class DrainSharing {
  private readonly ports: SharingPorts;
  private peers: ReadonlyMap<string, Peer> = new Map();
  private batches = 0;
  /** Names that are too long to be told, each logged once. */
  private readonly untold = new Set<string>();

  constructor(ports: SharingPorts) {
    this.ports = ports;
  }

  /** Those that are heard now. */
  linksAre(links: readonly PeerLink[]): void {
    const before = this.peers;
    this.peers = new Map(
      links.map((link) => {
        const known = before.get(link.life);
        const isSame =
          known?.link.address === link.address && known.link.isSigned === link.isSigned;
        return [link.life, known !== undefined && isSame ? known : strange(link)];
      }),
    );
    for (const [life, peer] of before) if (this.peers.get(life) !== peer) peer.cancel();
    for (const [life, peer] of this.peers) if (before.get(life) !== peer) this.goOn(peer);
  }

  /** Something else is ordered. */
  changed(): void {
    for (const peer of this.peers.values())
      if (peer.isGreeted && peer.onWay === null) this.goOn(peer);
  }

  hear(life: string, octets: Uint8Array): void {
    const peer = this.peers.get(life);
    const note = decodeOrderNote(octets);
    if (peer === undefined || !peer.link.isSigned || note === null) return;
    switch (note.kind) {
      case 'have':
        this.onHave(peer, note);
        break;
      case 'put':
        this.onPut(peer, note);
        break;
      case 'got':
        this.onGot(peer, note);
        break;
    }
  }

  /** Resolves when each director that answers has this, or when it is late. */
  async told(said: Steering, limitMs: Millis): Promise<void> {
    const { clock } = this.ports;
    const until: Instant = clock.now() + limitMs;
    const waitsFor = (): boolean =>
      [...this.peers.values()].some((peer) => peer.link.isSigned && !knows(peer, said));
    while (waitsFor() && clock.now() < until) await sleep(clock, LOOK_EVERY_MS);
  }

  hasOf(said: Steering): readonly PeerHas[] {
    if (said.isLocal) return [];
    return [...this.peers.values()].map((peer) => ({
      name: peer.name ?? peer.link.address,
      has: knows(peer, said) && !peer.refused.has(versionOf(said)),
    }));
  }

  snapshot(): readonly DrainPeer[] {
    return [...this.peers.values()].map((peer) => ({
      address: peer.link.address,
      name: peer.name,
      state: this.stateOf(peer),
    }));
  }

  close(): void {
    for (const { cancel } of this.peers.values()) cancel();
    this.peers = new Map();
  }

  private stateOf(peer: Peer): DrainPeer['state'] {
    if (!peer.link.isSigned) return 'unsigned';
    if (!peer.isGreeted) return 'silent';
    if (this.ports.shared().some((one) => !knows(peer, one))) return 'telling';
    return peer.refused.size > 0 ? 'full' : 'told';
  }

  /** Says what is to be said next, and again when it is not answered. */
  private goOn(peer: Peer): void {
    const { clock } = this.ports;
    peer.cancel();
    if (!peer.link.isSigned) return;
    if (!peer.isGreeted) this.greet(peer, false);
    else {
      peer.onWay ??= this.nextBatch(peer);
      if (peer.onWay === null) return;
      const { batch, orders } = peer.onWay;
      const nowMs = clock.wallTimeMs();
      this.send(peer, { kind: 'put', batch, nowMs, orders: orders.map(notedOf) });
    }
    peer.cancel = clock.wakeAt(clock.now() + AGAIN_MS, () => this.goOn(peer));
  }

  private greet(peer: Peer, isAnswer: boolean): void {
    const { director } = this.ports;
    const name = notedName(this.ports.name()) || director;
    this.send(peer, { kind: 'have', isAnswer, director, name, digest: this.digest() });
  }

  private nextBatch(peer: Peer): Peer['onWay'] {
    const orders: Steering[] = [];
    let left = NOTE_OCTETS_MAX - FRAME_OCTETS;
    for (const one of this.ports.shared()) {
      if (knows(peer, one)) continue;
      const octets = octetsOf(notedOf(one));
      if (octets > NOTE_OCTETS_MAX - FRAME_OCTETS) this.leaveOut(peer, one);
      else if (octets <= left) {
        left -= octets;
        orders.push(one);
      } else break;
    }
    this.batches += 1;
    return orders.length === 0 ? null : { batch: this.batches, orders };
  }

  private leaveOut(peer: Peer, one: Steering): void {
    note(peer, one);
    peer.refused.add(versionOf(one));
    const { realServer, virtualServer } = one;
    if (this.untold.has(nameOf(one))) return;
    this.untold.add(nameOf(one));
    const fields = { realServer, virtualServer, reason: 'its name is too long' };
    this.ports.log.warn(fields, 'order cannot be told to other directors');
  }

  private onHave(
    peer: Peer,
    { isAnswer, name, digest }: Extract<OrderNote, { kind: 'have' }>,
  ): void {
    peer.name = name;
    if (!isAnswer) this.greet(peer, true);
    else if (peer.isGreeted) return;
    peer.isGreeted = true;
    peer.refused.clear();
    peer.had.clear();
    if (digest === this.digest()) for (const one of this.ports.shared()) note(peer, one);
    this.goOn(peer);
  }

  private onPut(peer: Peer, { batch, nowMs, orders }: Extract<OrderNote, { kind: 'put' }>): void {
    const { clock, log } = this.ports;
    // Its clock need not be ours: what has ten minutes to go there has ten minutes to go here.
    const shiftMs = clock.wallTimeMs() - nowMs;
    const told = orders.map((one) => steeringOf(one, shiftMs));
    let isTaken: boolean;
    try {
      isTaken = this.ports.accept(told, peer.name ?? peer.link.address);
    } catch (error) {
      // Not acknowledged: they come again.
      log.error({ peer: peer.link.address, ...reasonAndHint(error) }, 'orders not taken over');
      return;
    }
    if (isTaken) for (const one of told) note(peer, one);
    this.send(peer, { kind: 'got', batch, isTaken });
    // To the others, if they have not heard of it.
    this.changed();
  }

  private onGot(peer: Peer, { batch, isTaken }: Extract<OrderNote, { kind: 'got' }>): void {
    if (peer.onWay?.batch !== batch) return;
    for (const one of peer.onWay.orders) {
      note(peer, one);
      if (!isTaken) peer.refused.add(versionOf(one));
    }
    if (!isTaken)
      this.ports.log.warn({ peer: peer.link.address }, 'peer has not taken orders over');
    peer.onWay = null;
    this.goOn(peer);
  }

  private send({ link }: Peer, said: OrderNote): void {
    this.ports.send(link.life, encodeOrderNote(said));
  }

  private digest(): string {
    const lines = this.ports.shared().map((one) => `${nameOf(one)} ${versionOf(one)}\n`);
    return createHash('sha256').update(lines.sort().join('')).digest('hex');
  }
}

function strange(link: PeerLink): Peer {
  return {
    link,
    name: null,
    isGreeted: false,
    had: new Map(),
    refused: new Set(),
    onWay: null,
    cancel: () => {},
  };
}

function note({ had }: Peer, one: Steering): void {
  had.set(nameOf(one), versionOf(one));
}

function knows({ had }: Peer, one: Steering): boolean {
  return had.get(nameOf(one)) === versionOf(one);
}

function versionOf({ version: { atMs, director } }: Steering): string {
  return `${atMs} ${director}`;
}

function notedOf(one: Steering): NotedOrder {
  const { kind, realServer, virtualServer, sinceMs, version, givenOn } = one;
  const { untilMs, atEnd } =
    one.kind === 'drain' ? one : ({ untilMs: null, atEnd: 'stay' } as const);
  const name = notedName(givenOn) || version.director;
  return { kind, realServer, virtualServer, sinceMs, untilMs, atEnd, version, givenOn: name };
}

function steeringOf({ kind, untilMs, atEnd, ...rest }: NotedOrder, shiftMs: Millis): Steering {
  const ordered = { ...rest, sinceMs: rest.sinceMs + shiftMs, isLocal: false };
  if (kind !== 'drain') return { ...ordered, kind };
  const until = untilMs === null ? null : untilMs + shiftMs;
  // Whether it has ended is what each director sees of its own connections.
  return { ...ordered, kind, untilMs: until, atEnd, ended: null };
}
