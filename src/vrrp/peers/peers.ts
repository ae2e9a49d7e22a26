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
 * All of it goes by each link that the instances speak on, main paths and further ones.
 */
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import {
  decodePeerMessage,
  type PeerEntry,
  type PeerMessage,
  type PeerReign,
} from '../../wire/peer-link.ts';
import { Answers } from './answers.ts';
import { Notes } from './notes.ts';
import { type Addressee, PeerPost } from './peer-post.ts';
import { PeerSockets } from './peer-sockets.ts';
import { HELLO_MS, type Peer, PeerTable, type Ways } from './peer-table.ts';
import type { PeerDuties, PeerPlace, PeerPort } from './ports-peers.ts';
import { type Ready, Successors } from './successors.ts';

/** Directors that come make others say that they are there, but not more often than so. */
const GREET_AGAIN_MS: Millis = 50;

/** Where an advertisement came from. */
export interface Source {
  readonly place: string;
  readonly address: string;
}

export class Peers {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly duties: PeerDuties;
  private readonly table = new PeerTable();
  private readonly dropped = new Map<string, number>();
  private readonly sockets: PeerSockets;
  private readonly post: PeerPost;
  private readonly successors: Successors;
  private readonly answers: Answers;
  /** Null: nobody writes any. */
  private readonly notes: Notes | null;
  private cancelHello: Cancel = () => {};
  private greetedAt: Instant = -Infinity;

  constructor(clock: Clock, log: Log, port: PeerPort, duties: PeerDuties) {
    this.clock = clock;
    this.log = log;
    this.duties = duties;
    this.notes = port.notes === undefined ? null : new Notes(clock, port.notes);
    this.sockets = new PeerSockets({
      clock,
      log,
      port,
      onDatagram: (place, octets, from) => this.onDatagram(place, octets, from),
    });
    this.post = new PeerPost(port.identity(), this.sockets);
    const { table, post, sockets } = this;
    const entriesOf = (place: string): readonly PeerEntry[] => duties.entriesOf(place);
    this.successors = new Successors({ clock, log, table, post, entriesOf });
    this.answers = new Answers({
      clock,
      table,
      post,
      sockets,
      duties,
      newToken: () => port.identity(),
      drop: (reason) => this.drop(reason),
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
    for (const open of this.sockets.all) {
      const entries = this.duties.entriesOf(open.place.name);
      if (entries.length > 0) this.post.send([{ open, to: null }], 'hello', { entries });
    }
    this.cancelHello = this.clock.wakeAt(this.clock.now() + HELLO_MS, () => this.greet());
  }

  /** Peers that were heard lately. */
  at(place: string): readonly Peer[] {
    return this.table.at(place, this.clock.now());
  }

  /** What the director of this life said last of an instance; null: nothing lately. */
  saidOf(life: string, ways: Ways): PeerEntry | null {
    return this.table.saidOf(life, ways, this.clock.now());
  }

  /** Whether one of these is, or was, an address of a director of ours. */
  knows(sources: readonly Source[]): boolean {
    return this.lifeAt(sources) !== null;
  }

  /** Datagrams that were dropped, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.dropped);
  }

  /** Whether one is there that could take all of these. */
  hasSuccessor(unit: readonly Ways[]): boolean {
    return this.table.successorFor(unit, this.clock.now()) !== null;
  }

  /**
   * Asks for each unit, which goes over as a whole, the best peer to be ready for it. Null: there is none, or it
   * did not say so in time. `only`: no other life than this.
   */
  prepare(
    units: readonly (readonly Ways[])[],
    only: string | null = null,
  ): Promise<readonly (Ready | null)[]> {
    return this.successors.prepare(units, only);
  }

  /** Whether a peer of ours is master of all of these. */
  hasMaster(unit: readonly Ways[]): boolean {
    return this.successors.hasMaster([unit]);
  }

  /** Asks the masters of these units to hand them over. */
  want(units: readonly (readonly Ways[])[]): void {
    if (!this.successors.hasMaster(units)) return;
    // It hands over to nobody of lower priority: it is told ours as it is now.
    this.greet();
    this.successors.want(units);
  }

  /** To the director of this life, on each link where it was heard lately and there is a key. */
  note(life: string, note: Uint8Array): void {
    const heard = this.sockets.all.flatMap((open): readonly Addressee[] => {
      const peer = this.at(open.place.name).find((one) => one.life === life);
      return peer === undefined || open.place.key === null ? [] : [{ open, to: peer.address }];
    });
    if (heard.length > 0) this.post.send(heard, 'note', { to: life, entries: [], note });
  }

  /**
   * We were master of this and have given way to whom we heard from `sources`, its address on the main path first. On
   * each link where it ever was, if it is a director of ours: when they were cut, nothing was heard on any lately.
   */
  tellYielded(ways: Ways, sources: readonly Source[], reign: PeerReign): void {
    const life = this.lifeAt(sources);
    const [main] = sources;
    if (life === null || main === undefined) return;
    if (this.table.addressOf(life, main.place) === null) {
      this.table.learn(life, main.place, main.address);
    }
    const told = ways.flatMap(({ place, vrid }) => {
      const open = this.sockets.at(place);
      const to = this.table.addressOf(life, place);
      const entries = this.duties.entriesOf(place).filter((entry) => entry.vrid === vrid);
      return open === null || to === null || entries.length !== 1 ? [] : [{ open, to, entries }];
    });
    const [first] = told;
    if (first === undefined) return;
    this.post.send(told, 'yielded', { to: life, entries: first.entries, reigns: [reign] });
  }

  private lifeAt(sources: readonly Source[]): string | null {
    for (const { place, address } of sources) {
      const life = this.table.lifeAt(place, address);
      if (life !== null) return life;
    }
    return null;
  }

  private onDatagram(place: PeerPlace, octets: Uint8Array, from: string): void {
    const message = decodePeerMessage(octets, place.key, place.otherKeys);
    if ('drop' in message) {
      this.drop(message.drop);
    } else if (message.family !== place.family) {
      this.drop('family');
    } else if (message.life !== this.post.life) {
      const isStranger = !this.table.hasHeard(place.name, message.life);
      const where = { place: place.name, address: from, now: this.clock.now() };
      const hearing = this.table.hear(where, message, this.sockets.copies);
      if (hearing === 'old') this.drop('replay');
      else if (hearing === 'twin') return;
      else if (message.to === this.post.life) this.answer(place.name, message, from);
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

  private answer(place: string, message: PeerMessage, from: string): void {
    switch (message.kind) {
      case 'hello':
        break;
      case 'prepare':
        this.answers.onPrepare(place, message, from);
        break;
      case 'ready':
        if (message.token !== null) this.successors.ready(message.life, place, message.token);
        break;
      case 'take':
        this.answers.onTake(place, message, from);
        break;
      case 'want':
        this.answers.onWant(place, message, from);
        break;
      case 'note':
        this.onNote(message);
        break;
      case 'yielded':
        this.answers.onYielded(place, message, from);
        break;
      case 'reigned':
        this.answers.onReigned(place, message, from);
        break;
    }
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

  private drop(reason: string): void {
    const count = (this.dropped.get(reason) ?? 0) + 1;
    this.dropped.set(reason, count);
    if (count === 1) this.log.warn({ reason }, 'datagram of a peer director dropped');
  }
}
