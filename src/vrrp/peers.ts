/**
 * The link between directors of ours. They tell each other once a second that they are there and what they
 * could take over; a master that leaves on purpose asks the best of them to be ready, lets go, and says so:
 *
 *   leaving master ── prepare ──▶ backup       only one that could take all of it is asked
 *                  ◀── ready ───               with a token: nobody else can say "take"
 *        (releases its addresses)
 *                  ── take ─────▶ master       at once, instead of after its skew
 *
 * A peer that does not answer in time costs the master 60 ms and nothing else: it leaves as the standard says.
 */
import type { Family } from '../base/address.ts';
import type { Log } from '../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../base/time.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
  type PeerEntry,
  type PeerMessage,
  type PeerMessageKind,
} from '../wire/peer-link.ts';
import { type Duty, HELLO_MS, type Peer, PeerTable, type Successor } from './peer-table.ts';

/** Where directors hear each other: all instances of an interface and a family. */
export interface PeerPlace {
  /** Names it in all that follows. */
  readonly name: string;
  readonly interface: string;
  readonly family: Family;
  /** Addresses to tell, or null for the multicast group. */
  readonly unicastPeers: readonly string[] | null;
  readonly group: string;
  readonly source: string;
  /** What directors of one pair share, or null. */
  readonly key: Uint8Array | null;
}

export interface PeerSocket {
  /** To one address, or to all of the place. */
  send(octets: Uint8Array, to: string | null): void;
  close(): void;
}

export interface PeerPort {
  /** Throws when there can be no socket now. */
  open(place: PeerPlace, onDatagram: (octets: Uint8Array, from: string) => void): PeerSocket;
  /** 16 hexadecimal digits that nobody can guess. */
  identity(): string;
}

/** What the speaker answers. */
export interface PeerDuties {
  entriesOf(place: string): readonly PeerEntry[];
  /** These are free. */
  take(duties: readonly Duty[], from: string): void;
}

/** How long a leaving master waits for "ready", and how often it asks. */
const READY_MS: Millis = 60;
const ASK_AGAIN_MS: Millis = 20;
/** "take" is said more than once: a datagram may be lost, and is harmless twice. */
const TAKE_TIMES = 3;
/** A promise to take is good for so long. */
const PROMISE_MS: Millis = 5_000;

interface Open {
  readonly place: PeerPlace;
  readonly socket: PeerSocket;
}

interface Promised {
  readonly token: string;
  readonly until: Instant;
  readonly duties: readonly Duty[];
}

interface Asked {
  readonly life: string;
  /** Place → token, of those that said that they are ready. */
  readonly tokens: Map<string, string>;
  readonly places: ReadonlySet<string>;
  onReady(): void;
}

export class Peers {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly port: PeerPort;
  private readonly duties: PeerDuties;
  private readonly life: string;
  private readonly table = new PeerTable();
  private readonly dropped = new Map<string, number>();
  private open: readonly Open[] = [];
  private sequence = 0;
  private cancelHello: Cancel = () => {};
  /** By the life that asked and the place. */
  private readonly promised = new Map<string, Promised>();
  private asked: Asked | null = null;

  constructor(clock: Clock, log: Log, port: PeerPort, duties: PeerDuties) {
    this.clock = clock;
    this.log = log;
    this.port = port;
    this.duties = duties;
    this.life = port.identity();
  }

  /** Goes on with the places that are the same, opens those that are new; what cannot be opened is left out. */
  configure(places: readonly PeerPlace[]): void {
    const before = [...this.open];
    this.open = places.flatMap((place) => {
      const at = before.findIndex((one) => isSame(one.place, place));
      const [known] = at < 0 ? [] : before.splice(at, 1);
      const opened = known ?? this.openAt(place);
      return opened === null ? [] : [opened];
    });
    for (const { socket } of before) socket.close();
    this.greet();
  }

  close(): void {
    this.cancelHello();
    for (const { socket } of this.open) socket.close();
    this.open = [];
  }

  /** Something that peers should know at once: an instance has another state. */
  greet(): void {
    this.cancelHello();
    if (this.open.length === 0) return;
    for (const { place, socket } of this.open) {
      const entries = this.duties.entriesOf(place.name);
      if (entries.length > 0) this.send({ place, socket }, null, 'hello', { entries });
    }
    this.cancelHello = this.clock.wakeAt(this.clock.now() + HELLO_MS, () => this.greet());
  }

  /** Peers that were heard lately. */
  at(place: string): readonly Peer[] {
    return this.table.at(place, this.clock.now());
  }

  /** Datagrams that were dropped, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.dropped);
  }

  /** Asks the best peer to be ready for all of these. Null: there is none, or it did not say so in time. */
  async prepare(duties: readonly Duty[]): Promise<Ready | null> {
    const successor = this.table.successorFor(duties, this.clock.now());
    if (successor === null || this.asked !== null) return null;
    const places = new Set(duties.map(({ place }) => place));
    const tokens = new Map<string, string>();
    const isReady = await new Promise<boolean>((resolve) => {
      const until = this.clock.now() + READY_MS;
      let cancel: Cancel = () => {};
      const end = (ready: boolean): void => {
        cancel();
        resolve(ready);
      };
      const ask = (): void => {
        if (this.clock.now() >= until) {
          end(false);
          return;
        }
        this.tellEach(successor, duties, 'prepare', tokens);
        cancel = this.clock.wakeAt(this.clock.now() + ASK_AGAIN_MS, ask);
      };
      this.asked = { life: successor.life, tokens, places, onReady: () => end(true) };
      ask();
    });
    this.asked = null;
    if (!isReady) {
      this.log.warn({ peer: [...successor.addresses.values()][0] }, 'peer was not ready in time');
      return null;
    }
    return {
      address: [...successor.addresses.values()][0] ?? '',
      take: () => {
        for (let time = 0; time < TAKE_TIMES; time += 1) {
          this.tellEach(successor, duties, 'take', tokens);
        }
      },
    };
  }

  private tellEach(
    { life, addresses }: Successor,
    duties: readonly Duty[],
    kind: 'prepare' | 'take',
    tokens: ReadonlyMap<string, string>,
  ): void {
    for (const open of this.open) {
      const { name } = open.place;
      const vrids = new Set(duties.flatMap(({ place, vrid }) => (place === name ? [vrid] : [])));
      if (vrids.size === 0) continue;
      const entries = this.duties.entriesOf(name).filter(({ vrid }) => vrids.has(vrid));
      const token = tokens.get(name) ?? null;
      this.send(open, addresses.get(name) ?? null, kind, { to: life, token, entries });
    }
  }

  private openAt(place: PeerPlace): Open | null {
    try {
      const socket = this.port.open(place, (octets, from) => this.onDatagram(place, octets, from));
      return { place, socket };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warn({ interface: place.interface, reason }, 'no link to peer directors');
      return null;
    }
  }

  private send(
    { place, socket }: Open,
    to: string | null,
    kind: PeerMessageKind,
    rest: Partial<Pick<PeerMessage, 'to' | 'token'>> & Pick<PeerMessage, 'entries'>,
  ): void {
    this.sequence += 1;
    const { life, sequence } = this;
    const message = { kind, family: place.family, life, sequence, to: null, token: null, ...rest };
    socket.send(encodePeerMessage(message, place.key), to);
  }

  private onDatagram(place: PeerPlace, octets: Uint8Array, from: string): void {
    const message = decodePeerMessage(octets, place.key);
    if ('drop' in message) {
      this.drop(message.drop);
    } else if (message.life !== this.life) {
      const isNew =
        message.family === place.family &&
        this.table.hear(place.name, from, message, this.clock.now());
      if (!isNew) this.drop('replay');
      else if (message.to === this.life) this.answer(place, message, from);
    }
  }

  private answer(place: PeerPlace, message: PeerMessage, from: string): void {
    switch (message.kind) {
      case 'hello':
        break;
      case 'prepare':
        this.onPrepare(place, message, from);
        break;
      case 'ready':
        this.onReady(place, message);
        break;
      case 'take':
        this.onTake(place, message, from);
        break;
    }
  }

  private onPrepare(place: PeerPlace, message: PeerMessage, from: string): void {
    const able = new Set(
      this.duties
        .entriesOf(place.name)
        .filter(({ canTake, state }) => canTake && state === 'backup')
        .map(({ vrid }) => vrid),
    );
    if (!message.entries.every(({ vrid }) => able.has(vrid))) return;
    const key = `${message.life} ${place.name}`;
    const now = this.clock.now();
    for (const [other, { until }] of this.promised) if (until < now) this.promised.delete(other);
    const duties = message.entries.map(({ vrid }) => ({ place: place.name, vrid }));
    const token = this.promised.get(key)?.token ?? this.port.identity();
    this.promised.set(key, { token, until: now + PROMISE_MS, duties });
    const open = this.open.find((one) => one.place === place);
    if (open !== undefined) {
      this.send(open, from, 'ready', { to: message.life, token, entries: message.entries });
    }
  }

  private onReady(place: PeerPlace, { life, token }: PeerMessage): void {
    const { asked } = this;
    if (asked === null || asked.life !== life || token === null) return;
    asked.tokens.set(place.name, token);
    if (asked.tokens.size === asked.places.size) asked.onReady();
  }

  private onTake(place: PeerPlace, { life, token }: PeerMessage, from: string): void {
    const key = `${life} ${place.name}`;
    const promised = this.promised.get(key);
    if (promised === undefined) return;
    if (promised.token !== token || promised.until < this.clock.now()) {
      this.drop('token');
      return;
    }
    this.promised.delete(key);
    this.duties.take(promised.duties, from);
  }

  private drop(reason: string): void {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    if (count === 1) this.log.warn({ reason }, 'datagram of a peer director dropped');
  }
}

/** A peer that waits for "take". */
export interface Ready {
  readonly address: string;
  /** All is free: it may have it. */
  take(): void;
}

function isSame(one: PeerPlace, other: PeerPlace): boolean {
  return JSON.stringify(textOf(one)) === JSON.stringify(textOf(other));
}

function textOf({ key, ...place }: PeerPlace): unknown {
  return { ...place, key: key === null ? null : Buffer.from(key).toString('hex') };
}
