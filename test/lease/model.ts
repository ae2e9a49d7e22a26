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
import { inherited, type RequesterEvent, type RequesterSelf } from '../../src/lease/requester.ts';
import { type CornerOptions, Corners, type RoundMove } from './model-corners.ts';
import {
  awaits,
  type Director,
  IDLE,
  PRIORITY,
  packDirector,
  stepOfDirector,
  tickOfDirector,
} from './model-director.ts';
import { Register } from './register.ts';
import { StateSet } from './state-set.ts';
import { NODES, type Node, replaced, type Two } from './two.ts';

export interface ModelOptions extends CornerOptions {
  /** The first director's clock may lose one tick in so many; null: all clocks are right. */
  readonly losesOneIn: number | null;
  /** Directors may be killed and begin anew; for so many ticks they then give nothing back. Null: they live. */
  readonly killed: number | null;
  /** Whoever was killed may go on with what it had left to know: `looks`: if its kernel still has it open. Null: never. */
  readonly heirs: 'looks' | 'believes' | null;
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

const ACCEPTORS = 3;

interface Pair {
  readonly directors: Two<Director>;
  /** Ticks until the first one's clock may lose one. */
  readonly steady: number;
}

/** What one event does to a pair, and to the corners. */
interface PairMove extends RoundMove {
  readonly pair: number;
  readonly does: string;
}

type Found = (pair: number, a: number, b: number, c: number, does: string) => void;

interface Tick {
  readonly pair: number;
  /** Whether the answers to each director matter no more. */
  readonly closes: Two<boolean>;
  readonly does: string;
}

export class LeaseModel {
  private readonly options: ModelOptions;
  private readonly self: RequesterSelf;
  private readonly pairs = new Register<Pair>();
  private readonly corners: Corners;
  private readonly pairMoves = new Map<number, readonly PairMove[]>();
  private readonly countMoves = new Map<number, PairMove>();
  private readonly networks = new Register<unknown>();
  private readonly underWays: number[] = [];
  private readonly pairTicks: (readonly Tick[])[] = [];
  private readonly set = new StateSet();
  private transitions = 0;

  constructor(options: ModelOptions) {
    this.options = options;
    this.corners = new Corners(options);
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
    const { first } = this.corners;
    set.add(pair, first, first, first, 0);
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
    const { corners } = this;
    const [pair, a, b, c] = this.set.get(at);
    for (const move of this.movesOf(pair)) {
      found(
        move.pair,
        corners.after(move, a),
        corners.after(move, b),
        corners.after(move, c),
        move.does,
      );
    }
    // Of corners that are alike one is enough.
    this.reach(pair, a, b, c, found);
    if (b !== a) this.reach(pair, b, a, c, found);
    if (c !== b) this.reach(pair, c, a, b, found);
    for (const { pair: next, closes, does } of this.ticksOf(pair)) {
      found(
        next,
        corners.tickOf(closes, a),
        corners.tickOf(closes, b),
        corners.tickOf(closes, c),
        does,
      );
    }
  }

  /** What can happen to one corner; the other two follow only where a director's round does. */
  private reach(pair: number, corner: number, b: number, c: number, found: Found): void {
    const { corners } = this;
    const { directors } = this.pairs.items[pair] as Pair;
    for (const { to, does } of corners.movesOf(corner, directors, this.underWay(pair))) {
      found(pair, to, b, c, does);
    }
    for (const node of NODES) {
      if (corners.answerOf(corner, node) !== 'under way') continue;
      const granted = corners.countedOf(b, node) + corners.countedOf(c, node);
      const move = this.count(pair, node, granted);
      const counted = corners.after(move, corners.answering(corner, node, 'counted'));
      found(move.pair, counted, corners.after(move, b), corners.after(move, c), move.does);
    }
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
      ...(this.options.heirs === null ? [] : this.goOn(pair, node)),
    ]).filter((move) => move.pair !== pair || move.ages !== null);
    this.pairMoves.set(pair, moves);
    return moves;
  }

  /** `granted`: how many acceptors granted the round before this event. */
  private step(pair: number, node: Node, event: RequesterEvent, granted: number): PairMove {
    const before = (this.pairs.items[pair] as Pair).directors[node];
    const { state, more, begins, does } = stepOfDirector(
      { self: this.self, ...this.options, leavesWill: this.options.heirs !== null, granted },
      before,
      event,
    );
    const after = packDirector(state, more);
    return {
      pair: this.withDirector(pair, node, after),
      ages: begins ? node : null,
      closes: awaits(after, this.options.hold) ? null : node,
      does: `director ${node}: ${does}`,
    };
  }

  private kill(pair: number, node: Node): PairMove {
    const { gate, will, asked, released } = (this.pairs.items[pair] as Pair).directors[node];
    const { rounds, killed } = this.options;
    const born = { is: 'idle', round: rounds, openUntil: killed ?? 0 } as const;
    const after = packDirector(born, { gate, will, asked, released });
    const next = this.withDirector(pair, node, after);
    return { pair: next, ages: null, closes: node, does: `director ${node}: is killed` };
  }

  /** It is killed, and the next life holds what this one held: by its will, and as long as the kernel says so. */
  private goOn(pair: number, node: Node): readonly PairMove[] {
    const { gate, will, asked, released } = (this.pairs.items[pair] as Pair).directors[node];
    const { rounds, heirs } = this.options;
    const left = heirs === 'looks' ? Math.min(will, gate) : will;
    if (left === 0) return [];
    const born = { ...inherited(rounds, left), askedAt: -this.options.hold };
    const open = heirs === 'looks' ? gate : left;
    const after = packDirector(born, { gate: open, will, asked, released });
    const next = this.withDirector(pair, node, after);
    return [{ pair: next, ages: null, closes: node, does: `director ${node}: has an heir` }];
  }

  /** An acceptor's answer arrives; `granted`: how many have granted it before. */
  private count(pair: number, node: Node, granted: number): PairMove {
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

  private withDirector(pair: number, node: Node, director: Director): number {
    const { directors, steady } = this.pairs.items[pair] as Pair;
    return this.pairs.number({ directors: replaced(directors, node, director), steady });
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
