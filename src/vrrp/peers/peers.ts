/**
 * The link between directors of ours. They tell each other once a second that they are there and what they
 * could take over; a master that leaves on purpose asks the best of them to be ready, lets go, and says so:
 *
 *   leaving master ── prepare ──▶ backup       only one that could take all of it is asked
 *                  ◀── ready ───               with a token: nobody else can say "take"
 *        (releases its addresses)
 *                  ── take ─────▶ master       at once, instead of after its skew
 *
 * A peer that does not answer in time costs the master some 60 ms and nothing else: it leaves as the standard says.
 */
import type { Log } from '../../base/log.ts';
import { type Cancel, type Clock, type Instant, type Millis, sleep } from '../../base/time.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
  NO_REIGN,
  type PeerEntry,
  type PeerMessage,
  type PeerMessageKind,
  type PeerReign,
} from '../../wire/peer-link.ts';
import { Asking, type Tokens } from './asking.ts';
import { Notes } from './notes.ts';
import { type Open, PeerSockets } from './peer-sockets.ts';
import { type Duty, HELLO_MS, type Peer, PeerTable, type Successor } from './peer-table.ts';
import type { PeerDuties, PeerPlace, PeerPort } from './ports-peers.ts';
import { Promises } from './promises.ts';

/** How long each "take" is given, and how often it is looked whether the peer is master. */
const TAKE_AGAIN_MS: Millis = 10;
const LOOK_EVERY_MS: Millis = 1;
/** "take" and "want" are said more than once: a datagram may be lost, and is harmless twice. */
const TIMES = 3;
/** Directors that come make others say that they are there, but not more often than so. */
const GREET_AGAIN_MS: Millis = 50;
const NO_TOKENS: Tokens = new Map();

export class Peers {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly port: PeerPort;
  private readonly duties: PeerDuties;
  private readonly life: string;
  private readonly table = new PeerTable();
  private readonly dropped = new Map<string, number>();
  private readonly sockets: PeerSockets;
  /** Null: nobody writes any. */
  private readonly notes: Notes | null;
  private sequence = 0;
  private cancelHello: Cancel = () => {};
  private greetedAt: Instant = -Infinity;
  private readonly promises = new Promises();
  private readonly asking: Asking;

  constructor(clock: Clock, log: Log, port: PeerPort, duties: PeerDuties) {
    this.clock = clock;
    this.log = log;
    this.port = port;
    this.duties = duties;
    this.life = port.identity();
    this.asking = new Asking(clock);
    this.notes = port.notes === undefined ? null : new Notes(clock, port.notes);
    this.sockets = new PeerSockets({
      clock,
      log,
      port,
      onDatagram: (place, octets, from) => this.onDatagram(place, octets, from),
    });
  }

  /** Goes on with the places that are the same and opens those that are new, now or when that is possible. */
  configure(places: readonly PeerPlace[]): void {
    if (this.sockets.configure(places)) this.greet();
  }

  close(): void {
    this.cancelHello();
    this.sockets.close();
    this.notes?.look([]);
  }

  /** Something that peers should know at once: an instance has another state. */
  greet(): void {
    this.cancelHello();
    this.lookForNotes();
    if (!this.sockets.areWanted) return;
    this.greetedAt = this.clock.now();
    this.sockets.openMissing();
    for (const { place, socket } of this.sockets.all) {
      const entries = this.duties.entriesOf(place.name);
      if (entries.length > 0) this.send({ place, socket }, null, 'hello', { entries });
    }
    this.cancelHello = this.clock.wakeAt(this.clock.now() + HELLO_MS, () => this.greet());
  }

  /** Peers that were heard lately. */
  at(place: string): readonly Peer[] {
    return this.table.at(place, this.clock.now());
  }

  /** Whether this address is, or was, that of a director of ours. */
  knows(place: string, address: string): boolean {
    return this.table.knows(place, address);
  }

  /** Datagrams that were dropped, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.dropped);
  }

  /** Whether one is there that could take all of these. */
  hasSuccessor(duties: readonly Duty[]): boolean {
    return this.table.successorFor(duties, this.clock.now()) !== null;
  }

  /**
   * Asks for each unit, which goes over as a whole, the best peer to be ready for it. Null: there is none, or it
   * did not say so in time. `only`: no other life than this.
   */
  async prepare(
    units: readonly (readonly Duty[])[],
    only: string | null = null,
  ): Promise<readonly (Ready | null)[]> {
    const now = this.clock.now();
    const found = units.map((unit) => this.table.successorFor(unit, now, only));
    const lives = new Map<string, { readonly successor: Successor; readonly duties: Duty[] }>();
    for (const [at, successor] of found.entries()) {
      if (successor === null) continue;
      const known = lives.get(successor.life) ?? { successor, duties: [] };
      known.duties.push(...(units[at] as readonly Duty[]));
      lives.set(successor.life, known);
    }
    const ready = await Promise.all(
      [...lives].map(
        async ([life, { successor, duties }]) => [life, await this.ask(successor, duties)] as const,
      ),
    );
    const tokens = new Map(ready);
    return found.map((successor, at) => {
      const given = successor === null ? null : (tokens.get(successor.life) ?? null);
      if (successor === null || given === null) return null;
      return this.readyFor(successor, units[at] as readonly Duty[], given);
    });
  }

  /** Whether a peer of ours is master of all of these. */
  hasMaster(duties: readonly Duty[]): boolean {
    return this.table.masterOf(duties, this.clock.now()) !== null;
  }

  /** Asks the masters of these units to hand them over: each of them once for all that it has. */
  want(units: readonly (readonly Duty[])[]): void {
    const now = this.clock.now();
    const wanted = new Map<string, { readonly master: Successor; readonly duties: Duty[] }>();
    for (const unit of units) {
      const master = this.table.masterOf(unit, now);
      if (master === null) continue;
      const known = wanted.get(master.life) ?? { master, duties: [] };
      known.duties.push(...unit);
      wanted.set(master.life, known);
    }
    if (wanted.size === 0) return;
    // It hands over to nobody of lower priority: it is told ours as it is now.
    this.greet();
    for (const { master, duties } of wanted.values()) {
      const entries = this.entriesFor(duties);
      for (let time = 0; time < TIMES; time += 1) this.tellEach(master, entries, 'want', NO_TOKENS);
    }
  }

  /** To the director of this life, where it was heard last and there is a key. */
  note(life: string, note: Uint8Array): void {
    const now = this.clock.now();
    const heard = this.sockets.all
      .filter(({ place }) => place.key !== null)
      .flatMap((open) => {
        const peer = this.table.at(open.place.name, now).find((one) => one.life === life);
        return peer === undefined ? [] : [{ open, peer }];
      });
    const [latest] = heard.toSorted((one, other) => other.peer.heardAt - one.peer.heardAt);
    if (latest === undefined) return;
    this.send(latest.open, latest.peer.address, 'note', { to: life, entries: [], note });
  }

  /** We were master of this and have given way to `address`, from which a peer of ours was heard, or nothing is told. */
  tellYielded({ place: name, vrid }: Duty, address: string, reign: PeerReign): void {
    const life = this.table.lifeAt(name, address);
    const open = this.sockets.all.find(({ place }) => place.name === name);
    const entries = this.duties.entriesOf(name).filter((entry) => entry.vrid === vrid);
    if (life === null || open === undefined || entries.length !== 1) return;
    this.send(open, address, 'yielded', { to: life, entries, reigns: [reign] });
  }

  private readyFor(successor: Successor, duties: readonly Duty[], tokens: Tokens): Ready {
    // As they are now: an instance that a reload removes is not among them any more when it is free.
    const entries = this.entriesFor(duties);
    return {
      address: addressOf(successor, duties),
      take: async () => {
        for (let time = 0; time < TIMES; time += 1) {
          this.tellEach(successor, entries, 'take', tokens);
          const until = this.clock.now() + TAKE_AGAIN_MS;
          while (this.clock.now() < until) {
            if (this.isMaster(successor, duties)) return true;
            await sleep(this.clock, LOOK_EVERY_MS);
          }
        }
        return this.isMaster(successor, duties);
      },
    };
  }

  private isMaster({ life }: Successor, duties: readonly Duty[]): boolean {
    return this.table.isMaster(life, duties, this.clock.now());
  }

  /** Null: it was not ready on all of them in time. */
  private async ask(successor: Successor, duties: readonly Duty[]): Promise<Tokens | null> {
    const places = new Set(duties.map(({ place }) => place));
    const tokens = await this.asking.ask(successor.life, places, (known) =>
      this.tellEach(successor, this.entriesFor(duties), 'prepare', known),
    );
    if (tokens !== null) return tokens;
    this.log.warn({ peer: addressOf(successor, duties) }, 'peer was not ready in time');
    return null;
  }

  /** By place. */
  private entriesFor(duties: readonly Duty[]): ReadonlyMap<string, readonly PeerEntry[]> {
    const places = [...new Set(duties.map(({ place }) => place))];
    return new Map(
      places.map((name) => {
        const vrids = new Set(duties.flatMap(({ place, vrid }) => (place === name ? [vrid] : [])));
        return [name, this.duties.entriesOf(name).filter(({ vrid }) => vrids.has(vrid))];
      }),
    );
  }

  private tellEach(
    { life, addresses }: Successor,
    entries: ReadonlyMap<string, readonly PeerEntry[]>,
    kind: 'prepare' | 'take' | 'want',
    tokens: Tokens,
  ): void {
    for (const open of this.sockets.all) {
      const { name } = open.place;
      const meant = entries.get(name);
      if (meant === undefined) continue;
      const token = tokens.get(name) ?? null;
      this.send(open, addresses.get(name) ?? null, kind, { to: life, token, entries: meant });
    }
  }

  private send(
    { place, socket }: Open,
    to: string | null,
    kind: PeerMessageKind,
    rest: Partial<Pick<PeerMessage, 'to' | 'token' | 'note' | 'reigns'>> &
      Pick<PeerMessage, 'entries'>,
  ): void {
    this.sequence += 1;
    const { life, sequence } = this;
    const none = { to: null, token: null, note: null, reigns: [] };
    const message = { kind, family: place.family, life, sequence, ...none, ...rest };
    socket.send(encodePeerMessage(message, place.key), to);
  }

  private onDatagram(place: PeerPlace, octets: Uint8Array, from: string): void {
    const message = decodePeerMessage(octets, place.key);
    if ('drop' in message) {
      this.drop(message.drop);
    } else if (message.life !== this.life) {
      const isStranger = !this.table.hasHeard(place.name, message.life);
      const isNew =
        message.family === place.family &&
        this.table.hear(place.name, from, message, this.clock.now());
      if (!isNew) this.drop('replay');
      else if (message.to === this.life) this.answer(place, message, from);
      else {
        if (isStranger) this.greetSoon();
        if (message.kind === 'hello') this.lookForNotes();
      }
    }
  }

  /** Who has just come is told of us before its turn; many who come at once are told together. */
  private greetSoon(): void {
    const at = this.greetedAt + GREET_AGAIN_MS;
    if (this.clock.now() >= at) {
      this.greet();
      return;
    }
    this.cancelHello();
    this.cancelHello = this.clock.wakeAt(at, () => this.greet());
  }

  private answer(place: PeerPlace, message: PeerMessage, from: string): void {
    switch (message.kind) {
      case 'hello':
        break;
      case 'prepare':
        this.onPrepare(place, message, from);
        break;
      case 'ready':
        if (message.token !== null) this.asking.ready(message.life, place.name, message.token);
        break;
      case 'take':
        this.onTake(place, message, from);
        break;
      case 'want':
        this.onWant(place, message, from);
        break;
      case 'note':
        this.onNote(message);
        break;
      case 'yielded':
        this.onYielded(place, message, from);
        break;
      case 'reigned':
        for (const [at, { vrid }] of message.entries.entries()) {
          this.duties.reigned({ place: place.name, vrid }, message.reigns[at]?.forMs ?? 0, from);
        }
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
    const { life, entries } = message;
    const { token, duties } = this.promises.promise(life, place.name, {
      vrids: entries.map(({ vrid }) => vrid),
      newToken: () => this.port.identity(),
      now: this.clock.now(),
    });
    this.duties.promise(duties);
    const open = this.sockets.all.find((one) => one.place === place);
    if (open !== undefined) this.send(open, from, 'ready', { to: life, token, entries });
  }

  private onTake({ name }: PeerPlace, { life, token, entries }: PeerMessage, from: string): void {
    const vrids = entries.map(({ vrid }) => vrid);
    const taken = this.promises.redeem(life, name, { vrids, token, now: this.clock.now() });
    if (taken === null) this.drop('token');
    else if (taken.length > 0) this.duties.take(taken, from);
  }

  private onWant({ name }: PeerPlace, { life, entries }: PeerMessage, from: string): void {
    this.duties.give(
      entries.map(({ vrid }) => ({ place: name, vrid })),
      life,
      from,
    );
  }

  private onNote({ life, note }: PeerMessage): void {
    if (this.notes === null || note === null) return;
    if (!this.notes.pass(life, note)) this.drop('too-many-notes');
  }

  private lookForNotes(): void {
    const now = this.clock.now();
    const { notes } = this;
    notes?.look(
      this.sockets.all.flatMap(({ place: { name, key } }) =>
        this.table.at(name, now).map((peer) => ({ place: name, isSigned: key !== null, peer })),
      ),
    );
  }

  private onYielded(place: PeerPlace, { life, entries, reigns }: PeerMessage, from: string): void {
    const own = entries.map(({ vrid }, at) => ({
      forMs: this.duties.yielded({ place: place.name, vrid }, reigns[at] ?? NO_REIGN, from),
      agoMs: 0,
    }));
    const open = this.sockets.all.find((one) => one.place === place);
    if (open !== undefined) this.send(open, from, 'reigned', { to: life, entries, reigns: own });
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
  /** All is free: it may have it. True: it says that it is master. */
  take(): Promise<boolean>;
}

/** On the first of its places. */
function addressOf({ addresses }: Successor, duties: readonly Duty[]): string {
  return addresses.get(duties[0]?.place ?? '') ?? '';
}
