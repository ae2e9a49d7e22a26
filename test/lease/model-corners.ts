/**
 * The acceptors in the search of model.ts, each with what it has answered to the last round of each director: a corner.
 * What an acceptor does is asked of the production's function, once for each corner and event, and remembered.
 */
import {
  type AcceptorState,
  acceptorStep,
  holderOf,
  startedAcceptor,
} from '../../src/lease/acceptor.ts';
import { awaits, type Director } from './model-director.ts';
import { Register } from './register.ts';
import { KEY, NODES, type Node, replaced, type Two } from './two.ts';

export interface CornerOptions {
  /** T_p and T_a in ticks. */
  readonly hold: number;
  readonly promise: number;
  /** Rounds of a director whose datagrams may be under way: the last ones. */
  readonly rounds: number;
  /** Acceptors may be restarted, and are then silent for so many ticks; null: they are not restarted. */
  readonly silence: number | null;
}

/** Of the number of what is under way. */
const UNDER_WAY_BITS = 16;

const ANSWERS = ['none', 'under way', 'counted'] as const;
type Answer = (typeof ANSWERS)[number];

/** One acceptor, and what it has answered to the last round of each director. */
interface Corner {
  readonly silent: number;
  readonly holder: Node | null;
  readonly left: number;
  readonly heard: Two<number>;
  readonly answers: Two<Answer>;
}

export interface CornerMove {
  readonly to: number;
  readonly does: string;
}

/** What a move of a director means for every corner. */
export interface RoundMove {
  /** The director that begins a new round, so that its old ones grow older. */
  readonly ages: Node | null;
  /** The director whose answers do not matter any more. */
  readonly closes: Node | null;
}

export class Corners {
  /** That of an acceptor that has never heard anybody. */
  readonly first: number;
  private readonly options: CornerOptions;
  private readonly register = new Register<Corner>();
  private readonly moves = new Map<number, readonly CornerMove[]>();
  private readonly aged: number[][] = [[], []];
  private readonly answered: number[][] = [[], [], [], [], [], []];
  private readonly ticks: number[] = [];

  constructor(options: CornerOptions) {
    this.options = options;
    this.first = this.register.number({
      silent: 0,
      holder: null,
      left: 0,
      heard: [0, 0],
      answers: ['none', 'none'],
    });
  }

  answerOf(corner: number, node: Node): Answer {
    return (this.register.items[corner] as Corner).answers[node];
  }

  countedOf(corner: number, node: Node): number {
    return this.answerOf(corner, node) === 'counted' ? 1 : 0;
  }

  /** A corner after a director's move. */
  after({ ages, closes }: RoundMove, corner: number): number {
    let next = corner;
    if (ages !== null) next = this.age(next, ages);
    if (closes !== null) next = this.answering(next, closes, 'none');
    return next;
  }

  private age(corner: number, node: Node): number {
    const known = (this.aged[node] as number[])[corner];
    if (known !== undefined) return known;
    const { heard, answers, ...rest } = this.register.items[corner] as Corner;
    const older = replaced(heard, node, Math.max(0, heard[node] - 1));
    const next = this.register.number({
      ...rest,
      heard: older,
      answers: replaced(answers, node, 'none'),
    });
    (this.aged[node] as number[])[corner] = next;
    return next;
  }

  answering(corner: number, node: Node, answer: Answer): number {
    const place = ANSWERS.indexOf(answer) * 2 + node;
    const known = this.answered[place] as number[];
    const before = known[corner];
    if (before !== undefined) return before;
    const { silent, holder, left, heard, answers } = this.register.items[corner] as Corner;
    const rest = { silent, holder, left, heard };
    const next = this.register.number({ ...rest, answers: replaced(answers, node, answer) });
    known[corner] = next;
    return next;
  }

  /** Datagrams reach an acceptor, or it is restarted. */
  movesOf(corner: number, directors: Two<Director>, underWay: number): readonly CornerMove[] {
    const { rounds, silence } = this.options;
    const key = corner * 2 ** UNDER_WAY_BITS + underWay;
    let moves = this.moves.get(key);
    if (moves !== undefined) return moves;
    const reached: CornerMove[] = [];
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
    this.moves.set(key, moves);
    return moves;
  }

  private hears(corner: number, node: Node, round: number, isAwaited: boolean): CornerMove {
    const { promise: promiseMs, rounds } = this.options;
    const ask = { type: 'ask', node, round, keys: [KEY], promiseMs } as const;
    const { state, verdict } = acceptorStep(this.unpackCorner(corner), ask, 0);
    const next = this.packCorner(state, corner);
    const answers = (this.register.items[corner] as Corner).answers[node];
    const isGranted = verdict?.granted === true && isAwaited && answers === 'none';
    return {
      to: isGranted ? this.answering(next, node, 'under way') : next,
      does: `an acceptor hears round ${round - rounds} of ${node}: ${JSON.stringify(verdict)}`,
    };
  }

  private isReleased(corner: number, node: Node, round: number): CornerMove {
    const release = { type: 'release', node, round, keys: [KEY] } as const;
    const { state } = acceptorStep(this.unpackCorner(corner), release, 0);
    const does = `an acceptor hears that ${node} gave back round ${round - this.options.rounds}`;
    return { to: this.packCorner(state, corner), does };
  }

  private restarted(corner: number): number {
    return this.packCorner(startedAcceptor(0, this.options.silence ?? 0), corner);
  }

  private unpackCorner(corner: number): AcceptorState {
    const { silent, holder, left, heard } = this.register.items[corner] as Corner;
    const voice = { holder, until: left, heard: new Map(heard.entries()) };
    return { silentUntil: silent, voices: new Map([[KEY, voice]]) };
  }

  private packCorner(state: AcceptorState, before: number): number {
    const voice = state.voices.get(KEY);
    const holder = holderOf(state, KEY, 0) as Node | null;
    return this.register.number({
      silent: Math.max(0, state.silentUntil),
      holder,
      left: holder === null ? 0 : (voice?.until ?? 0),
      heard: [voice?.heard.get(0) ?? 0, voice?.heard.get(1) ?? 0],
      answers: (this.register.items[before] as Corner).answers,
    });
  }

  tickOf(closes: Two<boolean>, corner: number): number {
    let next = this.older(corner);
    for (const node of NODES) if (closes[node]) next = this.answering(next, node, 'none');
    return next;
  }

  private older(corner: number): number {
    let next = this.ticks[corner];
    if (next === undefined) {
      const { silent, holder, left, ...rest } = this.register.items[corner] as Corner;
      next = this.register.number({
        silent: Math.max(0, silent - 1),
        holder: left > 1 ? holder : null,
        left: Math.max(0, left - 1),
        ...rest,
      });
      this.ticks[corner] = next;
    }
    return next;
  }
}
