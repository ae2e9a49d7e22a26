/**
 * A director's part in the lease: it asks for those that its instances need, and has a voice itself. Carries the
 * effects of requester.ts and acceptor.ts out: one timer, datagrams in and out. What it is told comes in turns,
 * so that a listener may ask for something from within.
 */
import type { Cancel, Instant, Millis } from '../base/time.ts';
import type { HeldLease, LeaseConfig, LeaseEndpoint, LeaseSubject } from '../model/lease.ts';
import type { LeasesSnapshot } from '../model/snapshot-lease.ts';
import {
  decodeLease,
  encodeLease,
  type Keyring,
  keyringOf,
  type LeaseAnswer,
  type LeaseAsk,
  type LeaseRelease,
  nodeIdOf,
  type SigningKey,
  signingKey,
} from '../wire/lease.ts';
import type { NodeId } from './acceptor.ts';
import { AcceptorList, nameOfAcceptor, refusalIn, type Seat, verdictIn } from './acceptor-list.ts';
import { LeaseAcceptor } from './lease-acceptor.ts';
import type { LeasePorts } from './ports.ts';
import {
  inherited,
  nextDeadline,
  type RequesterEvent,
  type RequesterState,
  requesterStep,
} from './requester.ts';
import { type LeaseTimes, leaseTimes } from './times.ts';

export interface SpeakerSelf {
  /** That of its own acceptor, as it stands in the list. */
  readonly endpoint: LeaseEndpoint;
  /** How late the kernel may close what is open until an instant. */
  readonly latenessMs: Millis;
  /** What the life before this one held when it died; its instants are of the clock of this one. Absent: nothing. */
  readonly inherited?: readonly LeaseRemains[];
}

/** A lease that is held. */
export interface LeaseRemains extends Omit<HeldLease, 'untilMs'> {
  readonly until: Instant;
}

/** A lease that is or may be wanted. */
interface Ask {
  readonly subject: LeaseSubject;
  readonly times: LeaseTimes;
  state: RequesterState;
  holder: NodeId | null;
}

export class LeaseSpeaker {
  private readonly ports: LeasePorts;
  private readonly self: SpeakerSelf;
  private readonly node: NodeId;
  private readonly life: number;
  /** When this life began: of what was held before it nothing is known. */
  private readonly bornAt: Instant;
  private acceptor: LeaseAcceptor | null = null;
  private asks = new Map<string, Ask>();
  private readonly list = new AcceptorList();
  private keyring: Keyring = new Map();
  private signing: SigningKey = signingKey(new Uint8Array());
  private readonly refused = new Map<string, number>();
  private readonly turns: (() => void)[] = [];
  private cancel: Cancel = () => {};
  private closed = false;
  /** Until the first configuration. */
  private remains: readonly LeaseRemains[];

  constructor(ports: LeasePorts, self: SpeakerSelf) {
    this.ports = ports;
    this.self = self;
    this.node = nodeIdOf(self.endpoint.address, self.endpoint.port);
    this.life = ports.draw();
    this.bornAt = ports.clock.now();
    this.remains = self.inherited ?? [];
  }

  /** Leases that go on are kept with what is known of them. */
  configure({ acceptors, secrets, subjects }: LeaseConfig): void {
    const keys = secrets.map((secret) => signingKey(Buffer.from(secret)));
    this.keyring = keyringOf(keys);
    this.signing = keys[0] ?? this.signing;
    const isOther = this.list.configure(acceptors);
    const before = this.asks;
    this.asks = new Map(
      subjects.map((subject) => [subject.name, this.adopt(subject, before, isOther)]),
    );
    this.remains = [];
    this.seat(Math.max(0, ...[...this.asks.values()].map(({ times }) => times.promiseMs)));
    this.turn(() => {});
  }

  /** From now on until `release`. */
  want(name: string, priority: number): void {
    this.give(name, { type: 'want', priority });
  }

  /** Whoever had it has closed what it stands for. */
  release(name: string): void {
    this.give(name, { type: 'release' });
  }

  /** All that is held. */
  held(): readonly LeaseRemains[] {
    const { list } = this;
    return [...this.asks.values()].flatMap(({ subject: { name, keys }, state }) => {
      const until = this.holdsUntil(name);
      return until === null ? [] : [{ keys, list: list.id, round: state.round, until }];
    });
  }

  /** Null: it is not held. */
  holdsUntil(name: string): Instant | null {
    const state = this.asks.get(name)?.state;
    if (state?.is !== 'holding' || this.ports.clock.now() >= state.until) return null;
    return state.until;
  }

  onDatagram(octets: Uint8Array, from: LeaseEndpoint): void {
    if (this.closed) return;
    const decoded = decodeLease(octets, this.keyring);
    if ('drop' in decoded) {
      this.refuse(decoded.drop, from);
      return;
    }
    const { message, key } = decoded;
    if (message.type === 'answer') this.turn(() => this.onAnswer(message, from));
    else this.turn(() => this.onQuestion(message, { from, key }));
  }

  snapshot(): LeasesSnapshot {
    const { clock } = this.ports;
    const sinceZeroMs = clock.wallTimeMs() - clock.now();
    return {
      leases: [...this.asks.values()].map(({ subject: { name }, state, holder }) => {
        const until = this.holdsUntil(name);
        const other = state.is === 'holding' ? this.node : holder;
        const untilMs = until === null ? null : until + sinceZeroMs;
        return { name, state: state.is, untilMs, holder: this.list.nameOf(other) };
      }),
      acceptors: this.list.snapshot(this.node),
      refused: Object.fromEntries(this.refused),
    };
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  /**
   * One that asks for the same goes on. Its majority is one of the list that it was asked of: with another list
   * it begins anew, and what it holds is lost at its time.
   */
  private adopt(
    subject: LeaseSubject,
    before: ReadonlyMap<string, Ask>,
    isOtherList: boolean,
  ): Ask {
    const { clock } = this.ports;
    const { latenessMs } = this.self;
    const times = leaseTimes(subject.holdMs, latenessMs);
    const keys = subject.keys.join();
    // Whatever it was called.
    const same = [...before.values()].find((one) => one.subject.keys.join() === keys);
    if (same !== undefined && !isOtherList) return { ...same, subject, times };
    const remains = this.remains.find((one) => one.keys.join() === keys);
    if (remains !== undefined && remains.list === this.list.id) {
      const round = Math.max(Math.floor(clock.wallTimeMs()), remains.round);
      return { subject, times, state: inherited(round, remains.until), holder: this.node };
    }
    const earlier = [...before.values()].map(({ state }) => state);
    // Numbers of an earlier life are lower, unless the clock was set back: then acceptors tell.
    const round = Math.max(Math.floor(clock.wallTimeMs()), ...earlier.map((one) => one.round));
    const openUntil = Math.max(
      this.bornAt + times.promiseMs,
      ...earlier.map((one) => (one.is === 'holding' ? one.until + latenessMs : one.openUntil)),
    );
    if (before.get(subject.name)?.state.is === 'holding') {
      this.turn(() => this.ports.listener.lost(subject.name));
    }
    return { subject, times, state: { is: 'idle', round, openUntil }, holder: null };
  }

  /** The acceptor of this director; it lives as long as this process. */
  private seat(promiseMs: Millis): void {
    const { endpoint } = this.self;
    const names = new Set([nodeIdOf(endpoint.address, endpoint.port)]);
    const now = this.ports.clock.now();
    const birth = this.acceptor?.self.birth ?? { draw: this.ports.draw(), at: now };
    const promiseMsMax = Math.max(promiseMs, this.acceptor?.self.promiseMsMax ?? 0);
    const self = { names, list: this.list.id, birth, promiseMsMax };
    if (this.acceptor === null) this.acceptor = new LeaseAcceptor(self, now);
    else this.acceptor.self = self;
  }

  private give(name: string, event: RequesterEvent): void {
    this.turn(() => {
      const ask = this.asks.get(name);
      if (ask !== undefined) this.step(ask, event);
    });
  }

  /** Runs what is to be done after what is being done; then the timer is armed. */
  private turn(work: () => void): void {
    if (this.turns.push(work) > 1) return;
    for (let next = this.turns[0]; next !== undefined; next = this.turns[0]) {
      next();
      this.turns.shift();
    }
    this.arm();
  }

  private arm(): void {
    this.cancel();
    if (this.closed) return;
    const deadlines = [...this.asks.values()].map(({ state, times }) =>
      nextDeadline({ acceptors: this.list.seats.length, times }, state),
    );
    const next = Math.min(Infinity, ...deadlines);
    if (next === Infinity) return;
    this.cancel = this.ports.clock.wakeAt(next, () => {
      this.turn(() => {
        for (const ask of this.asks.values()) this.step(ask, { type: 'time' });
      });
    });
  }

  private step(ask: Ask, event: RequesterEvent): void {
    if (this.closed) return;
    const { clock, random, listener, log } = this.ports;
    const self = { acceptors: this.list.seats.length, times: ask.times };
    const { name } = ask.subject;
    const from = ask.state.is;
    const moment = { now: clock.now(), chance: random() };
    const { state, effects } = requesterStep(self, ask.state, event, moment);
    ask.state = state;
    for (const effect of effects) {
      switch (effect.do) {
        case 'ask':
          this.askRound(ask, effect.to);
          break;
        case 'release':
          this.tellAll(ask, effect.round);
          break;
        case 'granted':
          log.info({ lease: name, from, to: 'holding', reason: 'majority' }, 'lease granted');
          listener.granted(name, effect.until);
          break;
        case 'renewed':
          listener.renewed(name, effect.until);
          break;
        case 'lost': {
          const whyLost = `not renewed in time by a majority (${this.list.answers()})`;
          log.warn({ lease: name, from, to: state.is, reason: whyLost }, 'lease lost');
          listener.lost(name);
          break;
        }
      }
    }
  }

  private askRound(ask: Ask, to: number): void {
    for (const [at, seat] of this.list.seats.entries()) {
      if (to & (1 << at)) this.question(this.askOf(ask, seat), seat);
    }
  }

  private askOf({ subject, times, state }: Ask, seat: Seat): LeaseAsk {
    const priority = state.is === 'idle' ? 0 : state.priority;
    const common = this.commonOf(subject, seat, state.round);
    return { type: 'ask', ...common, promiseMs: times.promiseMs, priority };
  }

  private tellAll({ subject }: Ask, round: number): void {
    for (const seat of this.list.seats) {
      this.question({ type: 'release', ...this.commonOf(subject, seat, round) }, seat);
    }
  }

  private commonOf({ keys }: LeaseSubject, { id, epoch }: Seat, round: number) {
    const { list, node, life } = this;
    return { list: list.id, node, acceptor: id, round, epoch, life, keys };
  }

  /** Our own acceptor is asked without a datagram. */
  private question(question: LeaseAsk | LeaseRelease, { id, endpoint }: Seat): void {
    if (id === this.node) this.turn(() => this.onQuestion(question, null));
    else this.ports.datagrams.send(encodeLease(question, this.signing), endpoint);
  }

  private onQuestion(
    question: LeaseAsk | LeaseRelease,
    sender: { readonly from: LeaseEndpoint; readonly key: SigningKey } | null,
  ): void {
    const { clock, datagrams, listener } = this.ports;
    if (this.makeWay(question)) {
      // Our own voice is given back by then.
      this.turn(() => this.onQuestion(question, sender));
      return;
    }
    const reaction = this.acceptor?.take(question, clock.now());
    if (reaction === undefined) return;
    const { answer, freed, unfit } = reaction;
    if (unfit !== null && sender !== null) this.refuse(unfit, sender.from);
    if (answer !== null && sender === null) this.onAnswer(answer, this.self.endpoint);
    if (answer !== null && sender !== null) {
      datagrams.send(encodeLease(answer, sender.key), sender.from);
    }
    if (question.node === this.node) return;
    for (const ask of this.asksFor(freed)) this.step(ask, { type: 'freed' });
    if (question.type !== 'ask' || unfit !== null) return;
    for (const { subject, state } of this.asksFor(question.keys)) {
      const isBetter = state.is === 'holding' && question.priority > state.priority;
      if (isBetter) listener.wantedByBetter(subject.name, question.priority);
    }
  }

  /** Who asks for the same as we do, and has the higher priority or the greater address, goes first. True: we gave back. */
  private makeWay(question: LeaseAsk | LeaseRelease): boolean {
    const { node, acceptor } = this;
    if (question.type !== 'ask' || question.node === node) return false;
    const lesser = this.asksFor(question.keys).filter(
      ({ state }) =>
        state.is === 'asking' && (question.priority - state.priority || question.node - node) > 0,
    );
    if (lesser.length === 0 || !acceptor?.hears(question, this.ports.clock.now())) return false;
    for (const ask of lesser) this.step(ask, { type: 'outbid' });
    return true;
  }

  private asksFor(keys: readonly number[]): readonly Ask[] {
    return [...this.asks.values()].filter(({ subject }) =>
      subject.keys.some((one) => keys.includes(one)),
    );
  }

  private onAnswer(answer: LeaseAnswer, from: LeaseEndpoint): void {
    const at = this.list.seats.findIndex(({ id }) => id === answer.acceptor);
    const seat = this.list.seats[at];
    const isOurs = answer.node === this.node && answer.life === this.life;
    const ask = [...this.asks.values()].find(
      ({ subject }) => subject.keys.join() === answer.keys.join(),
    );
    if (seat === undefined || !isOurs || answer.list !== this.list.id || ask === undefined) {
      this.refuse('answer', from);
      return;
    }
    this.note(seat, answer);
    const known = seat.epoch;
    seat.epoch = answer.epoch;
    const { round, is } = ask.state;
    const isOpen = is === 'asking' || is === 'holding';
    if (round !== answer.round || !isOpen) return;
    if (answer.verdict === 'held') ask.holder = answer.holder;
    if (answer.verdict === 'epoch') {
      // Asked again with the one that it tells, and only once for each.
      if (known !== answer.epoch) this.question(this.askOf(ask, seat), seat);
      return;
    }
    const verdict = verdictIn(answer);
    if (verdict !== null) this.step(ask, { type: 'answer', acceptor: at, round, verdict });
  }

  private note(seat: Seat, answer: LeaseAnswer): void {
    const { clock, log } = this.ports;
    if (answer.verdict === 'epoch') return;
    const reason = refusalIn(answer);
    if (reason !== null && seat.answer !== answer.verdict) {
      log.error({ acceptor: nameOfAcceptor(seat.endpoint), reason }, 'acceptor refuses us');
    }
    seat.answer = answer.verdict;
    seat.answeredAtMs = clock.wallTimeMs();
  }

  private refuse(reason: string, from: LeaseEndpoint): void {
    const count = (this.refused.get(reason) ?? 0) + 1;
    this.refused.set(reason, count);
    // Every restart of an acceptor is one of these, and every question after a while without one.
    const level = count === 1 && reason !== 'epoch' ? 'warn' : 'debug';
    this.ports.log[level]({ reason, source: from.address }, 'lease datagram refused');
  }
}
