/**
 * The lease, searched through: two directors, three acceptors, and every order in which things can happen to
 * them. What the machines do is asked of the production's functions (src/lease/acceptor.ts, requester.ts); here
 * are time, the network and failures, all of which do their worst:
 *
 * - A datagram is delivered at any time, any number of times, in any order, or never. Of each director those of
 *   its last `rounds` rounds are under way; older ones are gone.
 * - Directors want, renew, give up and hand over at any time; a stalled process does nothing for any time. One
 *   that is killed forgets everything, and what its kernel has open stays open until its time.
 * - Acceptors are restarted at any time. Clocks of directors may lose ticks.
 *
 * A machine's step depends on its own small state only, so that each is asked once and remembered. Round numbers
 * are kept relative to the last one of their director. The acceptors are interchangeable: a state in which two
 * of them have changed places is the same state.
 */
import {
  type AcceptorState,
  acceptorStep,
  holderOf,
  startedAcceptor,
} from '../../src/lease/acceptor.ts';
import {
  type RequesterEvent,
  type RequesterSelf,
  requesterStep,
} from '../../src/lease/requester.ts';
import {
  awaits,
  type Director,
  IDLE,
  PRIORITY,
  packDirector,
  tickOfDirector,
  unpackDirector,
} from './model-director.ts';
import { StateSet } from './state-set.ts';

export interface ModelOptions {
  /** T_p and T_a in ticks. */
  readonly hold: number;
  readonly promise: number;
  /** Rounds of a director whose datagrams may be under way: the last ones. */
  readonly rounds: number;
  /** Acceptors may be restarted, and are then silent for so many ticks; null: they are not restarted. */
  readonly silence: number | null;
  /** The first director's clock may lose one tick in so many; null: all clocks are right. */
  readonly losesOneIn: number | null;
  /** Directors may be killed and begin anew; for so many ticks they then give nothing back. Null: they live. */
  readonly killed: number | null;
  /** So many ticks later than it should the kernel closes. */
  readonly lateness: number;
  readonly statesMax: number;
}

export interface ModelResult {
  readonly states: number;
  readonly transitions: number;
  /** How it came to two holders, a line an event; null: never. */
  readonly violation: readonly string[] | null;
  /** False: there are more states than `statesMax`. */
  readonly complete: boolean;
}

const NODES = [0, 1] as const;
const ACCEPTORS = 3;
const KEY = 51;
/** Of the number of what is under way. */
const UNDER_WAY_BITS = 16;

interface Pair {
  readonly directors: readonly [Director, Director];
  /** Ticks until the first one's clock may lose one. */
  readonly steady: number;
}

const ANSWERS = ['none', 'under way', 'counted'] as const;
type Answer = (typeof ANSWERS)[number];

/** One acceptor, and what it has answered to the last round of each director. */
interface Corner {
  readonly silent: number;
  readonly holder: 0 | 1 | null;
  readonly left: number;
  readonly heard: readonly [number, number];
  readonly answers: readonly [Answer, Answer];
}

/** Gives things numbers, so that equal ones have equal numbers. */
class Register<T> {
  readonly items: T[] = [];
  private readonly numbers = new Map<string, number>();

  number(item: T): number {
    const text = JSON.stringify(item);
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.items.push(item) - 1;
      this.numbers.set(text, number);
    }
    return number;
  }
}

/** What one event does to a pair and one corner, or to all corners. */
interface PairMove {
  readonly pair: number;
  /** The director that begins a new round, so that its old ones grow older. */
  readonly ages: 0 | 1 | null;
  /** The director whose answers do not matter any more. */
  readonly closes: 0 | 1 | null;
  readonly does: string;
}

type Found = (pair: number, a: number, b: number, c: number, does: string) => void;

interface Tick {
  readonly pair: number;
  /** Whether the answers to each director matter no more. */
  readonly closes: readonly [boolean, boolean];
  readonly does: string;
}

export class LeaseModel {
  private readonly options: ModelOptions;
  private readonly self: RequesterSelf;
  private readonly pairs = new Register<Pair>();
  private readonly corners = new Register<Corner>();
  private readonly pairMoves = new Map<number, readonly PairMove[]>();
  private readonly countMoves = new Map<number, PairMove>();
  private readonly cornerMoves = new Map<number, readonly { to: number; does: string }[]>();
  private readonly aged: number[][] = [[], []];
  private readonly answered: number[][] = [[], [], [], [], [], []];
  private readonly networks = new Register<unknown>();
  private readonly underWays: number[] = [];
  private readonly cornerTicks: number[] = [];
  private readonly pairTicks: (readonly Tick[])[] = [];
  private readonly set = new StateSet();
  private transitions = 0;

  constructor(options: ModelOptions) {
    this.options = options;
    const never = { renewMs: 0, patienceMs: 0, repeatMs: Infinity, backOffMs: 0 };
    this.self = {
      acceptors: ACCEPTORS,
      times: { holdMs: options.hold, promiseMs: options.promise, ...never },
    };
  }

  /** Breadth first, so that a violation is told in as few steps as it takes. */
  run(): ModelResult {
    const { set, options } = this;
    const pair = this.pairs.number({ directors: [IDLE, IDLE], steady: 0 });
    const corner = this.corners.number({
      silent: 0,
      holder: null,
      left: 0,
      heard: [0, 0],
      answers: ['none', 'none'],
    });
    set.add(pair, corner, corner, corner, 0);
    for (let at = 0; at < set.size; at += 1) {
      if (set.size > options.statesMax) return this.result(null, false);
      const violated = this.expand(at);
      if (violated !== null) return this.result(this.story(violated), true);
    }
    return this.result(null, true);
  }

  private result(violation: readonly string[] | null, complete: boolean): ModelResult {
    return { states: this.set.size, transitions: this.transitions, violation, complete };
  }

  /** Adds all that can follow; gives the number of a state with two holders, or null. */
  private expand(at: number): number | null {
    let violated: number | null = null;
    this.successors(at, (pair, a, b, c) => {
      this.transitions += 1;
      const added = this.set.add(pair, a, b, c, at);
      if (added !== null && violated === null && this.hasTwoHolders(pair)) violated = added;
    });
    return violated;
  }

  private hasTwoHolders(pair: number): boolean {
    return (this.pairs.items[pair] as Pair).directors.every(({ gate }) => gate > 0);
  }

  private successors(at: number, found: Found): void {
    const [pair, a, b, c] = this.set.get(at);
    for (const move of this.movesOf(pair)) {
      found(move.pair, this.after(move, a), this.after(move, b), this.after(move, c), move.does);
    }
    // Of corners that are alike one is enough.
    this.reach(pair, a, b, c, found);
    if (b !== a) this.reach(pair, b, a, c, found);
    if (c !== b) this.reach(pair, c, a, b, found);
    for (const tick of this.ticksOf(pair)) {
      found(tick.pair, this.tickOf(tick, a), this.tickOf(tick, b), this.tickOf(tick, c), tick.does);
    }
  }

  /** What can happen to one corner; the other two follow only where a director's round does. */
  private reach(pair: number, corner: number, b: number, c: number, found: Found): void {
    for (const { to, does } of this.movesOfCorner(corner, pair)) found(pair, to, b, c, does);
    for (const node of NODES) {
      if (this.answerOf(corner, node) !== 'under way') continue;
      const move = this.count(pair, node, this.countedOf(b, node) + this.countedOf(c, node));
      const counted = this.after(move, this.answering(corner, node, 'counted'));
      found(move.pair, counted, this.after(move, b), this.after(move, c), move.does);
    }
  }

  private answerOf(corner: number, node: 0 | 1): Answer {
    return (this.corners.items[corner] as Corner).answers[node];
  }

  private countedOf(corner: number, node: 0 | 1): number {
    return this.answerOf(corner, node) === 'counted' ? 1 : 0;
  }

  /** Events of a director by itself. */
  private movesOf(pair: number): readonly PairMove[] {
    let moves = this.pairMoves.get(pair);
    if (moves !== undefined) return moves;
    const events: readonly RequesterEvent[] = [
      { type: 'want', priority: PRIORITY },
      { type: 'release' },
      { type: 'time' },
      { type: 'outbid' },
    ];
    moves = NODES.flatMap((node) => [
      ...events.map((event) => this.step(pair, node, event, 0)),
      ...(this.options.killed === null ? [] : [this.kill(pair, node)]),
    ]).filter((move) => move.pair !== pair || move.ages !== null);
    this.pairMoves.set(pair, moves);
    return moves;
  }

  /** The production's step; `granted`: how many acceptors granted the round before this event. */
  private step(pair: number, node: 0 | 1, event: RequesterEvent, granted: number): PairMove {
    const { rounds, lateness, hold } = this.options;
    const before = (this.pairs.items[pair] as Pair).directors[node];
    const { state, effects } = requesterStep(
      this.self,
      unpackDirector(before, rounds, granted),
      event,
      {
        now: 0,
        chance: 0,
      },
    );
    const ages = state.round > rounds;
    // Who hands over has closed before it says so.
    let gate = event.type === 'release' ? 0 : before.gate;
    let { asked, released } = before;
    if (ages) [asked, released] = [(asked >> 1) & ~1, (released >> 1) & ~1];
    for (const effect of effects) {
      if (effect.do === 'ask') asked |= 1 << rounds;
      if (effect.do === 'release') released |= 1 << rounds;
      if (effect.do === 'granted' || effect.do === 'renewed') gate = effect.until + lateness;
    }
    const after = packDirector(state, { gate, asked, released });
    return {
      pair: this.withDirector(pair, node, after),
      ages: ages ? node : null,
      closes: awaits(after, hold) ? null : node,
      does: `director ${node}: ${event.type}${effects.map((one) => `, ${one.do}`).join('')}`,
    };
  }

  private kill(pair: number, node: 0 | 1): PairMove {
    const { gate, asked, released } = (this.pairs.items[pair] as Pair).directors[node];
    const { rounds, killed } = this.options;
    const born = { is: 'idle', round: rounds, openUntil: killed ?? 0 } as const;
    const after = packDirector(born, { gate, asked, released });
    const next = this.withDirector(pair, node, after);
    return { pair: next, ages: null, closes: node, does: `director ${node}: is killed` };
  }

  /** An acceptor's answer arrives; `granted`: how many have granted it before. */
  private count(pair: number, node: 0 | 1, granted: number): PairMove {
    const key = (pair * 2 + node) * ACCEPTORS + granted;
    let move = this.countMoves.get(key);
    if (move === undefined) {
      const answer: RequesterEvent = {
        type: 'answer',
        acceptor: granted,
        round: this.options.rounds,
        verdict: { granted: true },
      };
      move = this.step(pair, node, answer, granted);
      this.countMoves.set(key, move);
    }
    return move;
  }

  private withDirector(pair: number, node: 0 | 1, director: Director): number {
    const { directors, steady } = this.pairs.items[pair] as Pair;
    const [first, second] = directors;
    return this.pairs.number({
      directors: node === 0 ? [director, second] : [first, director],
      steady,
    });
  }

  /** A corner after a director's move. */
  private after({ ages, closes }: PairMove, corner: number): number {
    let next = corner;
    if (ages !== null) next = this.age(next, ages);
    if (closes !== null) next = this.answering(next, closes, 'none');
    return next;
  }

  private age(corner: number, node: 0 | 1): number {
    const known = (this.aged[node] as number[])[corner];
    if (known !== undefined) return known;
    const { heard, answers, ...rest } = this.corners.items[corner] as Corner;
    const older = replaced(heard, node, Math.max(0, heard[node] - 1));
    const next = this.corners.number({
      ...rest,
      heard: older,
      answers: replaced(answers, node, 'none'),
    });
    (this.aged[node] as number[])[corner] = next;
    return next;
  }

  private answering(corner: number, node: 0 | 1, answer: Answer): number {
    const place = ANSWERS.indexOf(answer) * 2 + node;
    const known = this.answered[place] as number[];
    const before = known[corner];
    if (before !== undefined) return before;
    const { silent, holder, left, heard, answers } = this.corners.items[corner] as Corner;
    const rest = { silent, holder, left, heard };
    const next = this.corners.number({ ...rest, answers: replaced(answers, node, answer) });
    known[corner] = next;
    return next;
  }

  /** Datagrams reach an acceptor, or it is restarted. */
  private movesOfCorner(corner: number, pair: number): readonly { to: number; does: string }[] {
    const { directors } = this.pairs.items[pair] as Pair;
    const { rounds, silence } = this.options;
    const key = corner * 2 ** UNDER_WAY_BITS + this.underWay(pair);
    let moves = this.cornerMoves.get(key);
    if (moves !== undefined) return moves;
    const reached: { to: number; does: string }[] = [];
    for (const node of NODES) {
      const { asked, released } = directors[node];
      for (let round = 1; round <= rounds; round += 1) {
        const isAwaited = round === rounds && awaits(directors[node], this.options.hold);
        if (asked & (1 << round)) reached.push(this.hears(corner, node, round, isAwaited));
        if (released & (1 << round)) reached.push(this.isReleased(corner, node, round));
      }
    }
    if (silence !== null) reached.push({ to: this.restarted(corner), does: 'a restart' });
    moves = reached.filter(({ to }) => to !== corner);
    this.cornerMoves.set(key, moves);
    return moves;
  }

  /** What can reach an acceptor depends on this only. */
  private underWay(pair: number): number {
    let number = this.underWays[pair];
    if (number === undefined) {
      const { directors } = this.pairs.items[pair] as Pair;
      const facts = directors.map((one) => [
        one.asked,
        one.released,
        awaits(one, this.options.hold),
      ]);
      number = this.networks.number(facts);
      this.underWays[pair] = number;
    }
    return number;
  }

  private hears(
    corner: number,
    node: 0 | 1,
    round: number,
    isAwaited: boolean,
  ): { to: number; does: string } {
    const { promise: promiseMs, rounds } = this.options;
    const ask = { type: 'ask', node, round, keys: [KEY], promiseMs } as const;
    const { state, verdict } = acceptorStep(this.unpackCorner(corner), ask, 0);
    const next = this.packCorner(state, corner);
    const answers = (this.corners.items[corner] as Corner).answers[node];
    const isGranted = verdict?.granted === true && isAwaited && answers === 'none';
    return {
      to: isGranted ? this.answering(next, node, 'under way') : next,
      does: `an acceptor hears round ${round - rounds} of ${node}: ${JSON.stringify(verdict)}`,
    };
  }

  private isReleased(corner: number, node: 0 | 1, round: number): { to: number; does: string } {
    const release = { type: 'release', node, round, keys: [KEY] } as const;
    const { state } = acceptorStep(this.unpackCorner(corner), release, 0);
    const does = `an acceptor hears that ${node} gave back round ${round - this.options.rounds}`;
    return { to: this.packCorner(state, corner), does };
  }

  private restarted(corner: number): number {
    return this.packCorner(startedAcceptor(0, this.options.silence ?? 0), corner);
  }

  private unpackCorner(corner: number): AcceptorState {
    const { silent, holder, left, heard } = this.corners.items[corner] as Corner;
    const voice = { holder, until: left, heard: new Map(heard.entries()) };
    return { silentUntil: silent, voices: new Map([[KEY, voice]]) };
  }

  private packCorner(state: AcceptorState, before: number): number {
    const voice = state.voices.get(KEY);
    const holder = holderOf(state, KEY, 0) as 0 | 1 | null;
    return this.corners.number({
      silent: Math.max(0, state.silentUntil),
      holder,
      left: holder === null ? 0 : (voice?.until ?? 0),
      heard: [voice?.heard.get(0) ?? 0, voice?.heard.get(1) ?? 0],
      answers: (this.corners.items[before] as Corner).answers,
    });
  }

  private tickOf({ closes }: Tick, corner: number): number {
    let next = this.older(corner);
    for (const node of NODES) if (closes[node]) next = this.answering(next, node, 'none');
    return next;
  }

  private older(corner: number): number {
    let next = this.cornerTicks[corner];
    if (next === undefined) {
      const { silent, holder, left, ...rest } = this.corners.items[corner] as Corner;
      next = this.corners.number({
        silent: Math.max(0, silent - 1),
        holder: left > 1 ? holder : null,
        left: Math.max(0, left - 1),
        ...rest,
      });
      this.cornerTicks[corner] = next;
    }
    return next;
  }

  private ticksOf(pair: number): readonly Tick[] {
    let ticks = this.pairTicks[pair];
    if (ticks === undefined) {
      const { directors, steady } = this.pairs.items[pair] as Pair;
      const { losesOneIn } = this.options;
      const [first, second] = NODES.map((node) =>
        tickOfDirector(directors[node], this.options.hold),
      );
      const on = [first as Director, second as Director] as const;
      ticks = [this.tick({ directors: on, steady: Math.max(0, steady - 1) }, 'a tick')];
      if (losesOneIn !== null && steady === 0) {
        const slow = { directors: [directors[0], on[1]] as const, steady: losesOneIn - 1 };
        ticks = [...ticks, this.tick(slow, 'a tick that 0 loses')];
      }
      this.pairTicks[pair] = ticks;
    }
    return ticks;
  }

  private tick(pair: Pair, does: string): Tick {
    const [first, second] = pair.directors;
    const { hold } = this.options;
    const closes = [!awaits(first, hold), !awaits(second, hold)] as const;
    return { pair: this.pairs.number(pair), closes, does };
  }

  /** From the beginning to a state. */
  private story(at: number): readonly string[] {
    const path: number[] = [];
    for (let state = at; state !== 0; state = this.set.parentOf(state)) path.unshift(state);
    let before = 0;
    return path.map((state) => {
      const wanted = this.set.get(state).join(' ');
      let told = '?';
      this.successors(before, (pair, a, b, c, does) => {
        const corners = [a, b, c].sort((x, y) => x - y);
        if (told === '?' && [pair, ...corners].join(' ') === wanted) told = does;
      });
      before = state;
      const gates = (this.pairs.items[this.set.get(state)[0]] as Pair).directors;
      return `${told} (open for ${gates.map(({ gate }) => gate).join(' and ')})`;
    });
  }
}

function replaced<T>(pair: readonly [T, T], at: 0 | 1, value: T): readonly [T, T] {
  return at === 0 ? [value, pair[1]] : [pair[0], value];
}
