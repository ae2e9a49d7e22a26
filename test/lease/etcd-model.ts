/**
 * The voice of etcd, searched through: two directors whose only acceptor it is, a process of it beside each, and
 * every order in which things can happen to them. If there are never two holders, the processes are together one
 * acceptor, and what model.ts finds of three acceptors holds when etcd is one of them. The production's functions
 * decide (src/lease/etcd-voice.ts, etcd-job.ts, requester.ts); here are time, the network and failures:
 *
 * - Questions and answers between a director and its process arrive at any time, any number of times, or never.
 *   Those of the last `rounds` rounds are under way; a question that would have to wait for another job comes later.
 * - A call of etcd is carried out at any time, and its reply comes at once or never: what comes late is like what was
 *   asked late. A call may fail at once; who waits gives up after a tick or two, and a swap that was given up is
 *   carried out at any time after that, or never.
 * - A lease of etcd ends when its time is over, and takes the key with it.
 * - Directors want, renew, give up and are killed at any time; processes are started again, which takes a tick, and
 *   have forgotten all. The clock of the first machine may lose ticks. A tick is a second.
 */
import type { Verdict } from '../../src/lease/acceptor.ts';
import { beginJob, type EtcdStep, goOn } from '../../src/lease/etcd-job.ts';
import {
  answerAsk,
  askId,
  type EtcdJob,
  type EtcdVoice,
  hearAsk,
  hearRelease,
} from '../../src/lease/etcd-voice.ts';
import type { RequesterEvent, RequesterSelf } from '../../src/lease/requester.ts';
import type { EtcdSwap } from '../../src/wire/etcd.ts';
import { carryOut, type EtcdFault, possibleSwap, tickOfEtcd } from './etcd-model-cluster.ts';
import {
  laterProcess,
  NEW,
  nameOf,
  olderJob,
  type Process,
  parse,
  type Running,
  type State,
  TICK_MS,
  textOf,
  verdictWord,
  voiceOf,
  whatMatters,
} from './etcd-model-state.ts';
import type { ModelResult } from './model.ts';
import {
  awaits,
  type Director,
  IDLE,
  PRIORITY,
  packDirector,
  stepOfDirector,
  tickOfDirector,
} from './model-director.ts';
import { KEY, NODES, type Node, replaced } from './two.ts';

export interface EtcdModelOptions {
  /** T_p and T_a in ticks. */
  readonly hold: number;
  readonly promise: number;
  readonly rounds: number;
  /** The first machine's clock may lose one tick in so many; null: it is right. */
  readonly losesOneIn: number | null;
  /** Directors may be killed; for so many ticks they then give nothing back. Null: they live. */
  readonly killed: number | null;
  /** So many ticks later than it should the kernel closes. */
  readonly lateness: number;
  /** The machines whose calls of etcd may fail, and those whose swaps are carried out late. */
  readonly failing: readonly Node[];
  readonly late: readonly Node[];
  /** Processes beside the directors are started again. */
  readonly restarts: boolean;
  readonly fault: EtcdFault;
  readonly statesMax: number;
}

interface Move {
  readonly to: State;
  readonly does: string;
}

export class EtcdModel {
  private readonly options: EtcdModelOptions;
  private readonly self: RequesterSelf;
  private readonly texts: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly parents: number[] = [];
  private transitions = 0;

  constructor(options: EtcdModelOptions) {
    this.options = options;
    const never = { renewMs: 0, patienceMs: 0, repeatMs: Infinity, backOffMs: 0 };
    const times = { holdMs: options.hold, promiseMs: options.promise, ...never };
    this.self = { acceptors: 1, times };
  }

  /** Breadth first, so that a violation is told in as few steps as it takes. */
  run(): ModelResult {
    this.add(
      {
        directors: [IDLE, IDLE],
        answers: [false, false],
        processes: [NEW, NEW],
        key: null,
        late: [null, null],
        steady: 0,
        leases: {},
      },
      0,
    );
    for (let at = 0; at < this.texts.length; at += 1) {
      if (this.texts.length > this.options.statesMax) return this.result(null, false);
      for (const { to } of this.movesOf(parse(this.texts[at] as string))) {
        this.transitions += 1;
        const added = this.add(to, at);
        if (added !== null && to.directors.every(({ gate }) => gate > 0)) {
          return this.result(this.story(added), true);
        }
      }
    }
    return this.result(null, true);
  }

  private result(violation: readonly string[] | null, complete: boolean): ModelResult {
    return { states: this.texts.length, transitions: this.transitions, violation, complete };
  }

  /** Its number; null: it was there already. */
  private add(state: State, parent: number): number | null {
    const text = this.textOf(state);
    if (this.numbers.has(text)) return null;
    const number = this.texts.push(text) - 1;
    this.numbers.set(text, number);
    this.parents.push(parent);
    return number;
  }

  private textOf(state: State): string {
    const { fault } = this.options;
    return textOf({
      ...state,
      late: [possibleSwap(state, 0, fault), possibleSwap(state, 1, fault)],
    });
  }

  private movesOf(state: State): readonly Move[] {
    return [
      ...NODES.flatMap((node) => [
        ...this.movesOfDirector(state, node),
        ...this.movesOfProcess(state, node),
      ]),
      ...this.movesOfEtcd(state),
      ...this.ticks(state),
    ];
  }

  private movesOfDirector(state: State, node: Node): readonly Move[] {
    const events: readonly RequesterEvent[] = [
      { type: 'want', priority: PRIORITY },
      { type: 'release' },
      { type: 'time' },
    ];
    const { rounds, killed } = this.options;
    const answer = {
      type: 'answer',
      acceptor: 0,
      round: rounds,
      verdict: { granted: true },
    } as const;
    const own = state.answers[node] ? [...events, answer] : events;
    const moves = own.map((event) => this.step(state, node, event));
    return killed === null ? moves : [...moves, this.kill(state, node, killed)];
  }

  private step(state: State, node: Node, event: RequesterEvent): Move {
    const options = { self: this.self, ...this.options, granted: 0 };
    const step = stepOfDirector(options, state.directors[node], event);
    const { state: after, more, begins, does } = step;
    // Who rests asks again when it likes: like one that is idle.
    const rested = after.is === 'resting' ? { ...after, is: 'idle' as const } : after;
    const director = packDirector(rested, more);
    const aged = begins ? this.aged(state, node) : state;
    const answers = replaced(state.answers, node, event.type !== 'answer' && state.answers[node]);
    return {
      to: this.withDirector(
        { ...aged, answers: begins ? replaced(answers, node, false) : answers },
        node,
        director,
      ),
      does: `director ${node}: ${does}`,
    };
  }

  /** A new round begins: the rounds that are known are older by one. */
  private aged(state: State, node: Node): State {
    const { heard, asked, running, ...rest } = state.processes[node];
    const older = (round: number): number => Math.max(0, round - 1);
    const process: Process = {
      ...rest,
      heard: older(heard),
      asked: asked === null || asked.round <= 1 ? null : { ...asked, round: older(asked.round) },
      running: running === null ? null : { ...running, job: olderJob(running.job) },
    };
    return { ...state, processes: replaced(state.processes, node, process) };
  }

  private kill(state: State, node: Node, openFor: number): Move {
    const { gate, asked, released } = state.directors[node];
    const born = { is: 'idle', round: this.options.rounds, openUntil: openFor } as const;
    const director = packDirector(born, { gate, will: 0, asked, released });
    return { to: this.withDirector(state, node, director), does: `director ${node}: is killed` };
  }

  private withDirector(state: State, node: Node, director: Director): State {
    const isAwaited = awaits(director, this.options.hold);
    return {
      ...state,
      directors: replaced(state.directors, node, director),
      answers: replaced(state.answers, node, isAwaited && state.answers[node]),
    };
  }

  /** Questions reach it, replies of etcd do, it gives up waiting for one, or is started again. */
  private movesOfProcess(state: State, node: Node): readonly Move[] {
    const { asked, released } = state.directors[node];
    const moves: Move[] = [];
    if (state.processes[node].isDown) return moves;
    for (let round = 1; round <= this.options.rounds; round += 1) {
      const heard = [
        asked & (1 << round) ? this.hears(state, node, round) : null,
        released & (1 << round) ? this.isReleased(state, node, round) : null,
      ];
      for (const move of heard) if (move !== null) moves.push(move);
    }
    const { running } = state.processes[node];
    if (running !== null) moves.push(...this.movesOfCall(state, node, running));
    if (this.options.restarts) {
      const processes = replaced(state.processes, node, { ...NEW, isDown: true });
      moves.push({ to: { ...state, processes }, does: `the process of ${node} is started again` });
    }
    return moves;
  }

  /** Null: another job is at work, and the question waits. */
  private hears(state: State, node: Node, round: number): Move | null {
    const question = { node, round, keys: [KEY], promiseMs: this.options.promise * TICK_MS };
    const { voice, reception } = hearAsk(voiceOf(state.processes[node], node), question);
    const heard = this.withVoice(state, node, voice);
    const does = `the process of ${node} hears round ${round - this.options.rounds}`;
    if (reception.is !== 'job') {
      const isGranted = reception.is === 'answered' && reception.verdict?.granted === true;
      return { to: isGranted ? this.granted(heard, node, round) : heard, does };
    }
    if (state.processes[node].running !== null) return null;
    return { to: this.begin(heard, node, reception.job), does };
  }

  private isReleased(state: State, node: Node, round: number): Move | null {
    const { voice, reception } = hearRelease(voiceOf(state.processes[node], node), {
      node,
      round,
      keys: [KEY],
    });
    const heard = this.withVoice(state, node, voice);
    const does = `the process of ${node} hears that round ${round - this.options.rounds} is given back`;
    if (reception.is !== 'job') return { to: heard, does };
    if (state.processes[node].running !== null) return null;
    return { to: this.begin(heard, node, reception.job), does };
  }

  private granted(state: State, node: Node, round: number): State {
    const isAwaited =
      round === this.options.rounds && awaits(state.directors[node], this.options.hold);
    return isAwaited ? { ...state, answers: replaced(state.answers, node, true) } : state;
  }

  private begin(state: State, node: Node, job: EtcdJob): State {
    const step = beginJob(voiceOf(state.processes[node], node), job, nameOf, 0);
    return this.after(state, node, job, step);
  }

  private after(state: State, node: Node, job: EtcdJob, { voice, next }: EtcdStep): State {
    const known = this.withVoice(state, node, voice);
    if (next.call !== null) {
      const { stage, call } = next;
      const running: Running = { job, stage, call, isOld: false };
      return this.withProcess(known, node, { ...known.processes[node], running });
    }
    return this.end(known, node, job, next.verdict);
  }

  private end(state: State, node: Node, job: EtcdJob, verdict: Verdict | null): State {
    const free = this.withProcess(state, node, { ...state.processes[node], running: null });
    if (job.does === 'give-back') return free;
    const { question } = job;
    const voice = answerAsk(voiceOf(free.processes[node], node), question, verdict);
    const told = this.withVoice(free, node, voice);
    return verdict?.granted === true ? this.granted(told, node, question.round) : told;
  }

  private movesOfCall(
    state: State,
    node: Node,
    { job, stage, call, isOld }: Running,
  ): readonly Move[] {
    const what = `${call.call} of ${node}`;
    const givenUp = this.end(state, node, job, null);
    const moves: Move[] = this.options.failing.includes(node)
      ? [{ to: givenUp, does: `${what} is given up` }]
      : [];
    const done = carryOut(state, call, this.options.fault);
    if (done === null) moves.push({ to: givenUp, does: `${what} is refused` });
    else {
      const voice = voiceOf(done.state.processes[node], node);
      const step = goOn(voice, { job, stage, reply: done.reply }, nameOf, 0);
      moves.push({ to: this.after(done.state, node, job, step), does: `${what} is done` });
    }
    if (
      call.call === 'swap' &&
      this.options.late.includes(node) &&
      this.mayBeLate(state, call.swap, isOld)
    ) {
      const late = replaced(state.late, node, call.swap);
      moves.push({ to: { ...givenUp, late }, does: `${what} is given up, and under way` });
    }
    return moves;
  }

  /**
   * A promise that was given up is read as one that may last a second longer, and the next one is for as long. Without
   * a tick in between they would grow without end: one that has grown is given up after a tick only.
   */
  private mayBeLate({ leases }: State, { write: [entry] }: EtcdSwap, isOld: boolean): boolean {
    return entry !== undefined && (isOld || (leases[entry.lease] ?? 0) <= this.options.promise);
  }

  /** Swaps that nobody waits for are carried out; a key is lost. */
  private movesOfEtcd(state: State): readonly Move[] {
    const moves = NODES.flatMap((node): readonly Move[] => {
      const swap = state.late[node];
      if (swap === null) return [];
      const due = { ...state, late: replaced(state.late, node, null) };
      const done = carryOut(due, { call: 'swap', swap }, this.options.fault);
      return done === null
        ? []
        : [{ to: done.state, does: `a late swap of ${node} is carried out` }];
    });
    const isLost = this.options.fault === 'loses' && state.key !== null;
    return isLost ? [...moves, { to: { ...state, key: null }, does: 'etcd loses the key' }] : moves;
  }

  private ticks(state: State): readonly Move[] {
    const { losesOneIn } = this.options;
    const next = { ...state, steady: Math.max(0, state.steady - 1) };
    const moves = [{ to: this.tick(next, NODES), does: 'a tick' }];
    if (losesOneIn === null || state.steady > 0) return moves;
    const slow = this.tick({ ...state, steady: losesOneIn - 1 }, [1]);
    return [...moves, { to: slow, does: 'a tick that the machine of 0 loses' }];
  }

  /** `on`: the machines whose clocks go on. */
  private tick(state: State, on: readonly Node[]): State {
    let next = tickOfEtcd(state);
    for (const node of on) {
      const director = tickOfDirector(next.directors[node], this.options.hold);
      next = this.withDirector(next, node, director);
      const { running } = next.processes[node];
      if (running?.isOld) next = this.end(next, node, running.job, null);
      next = this.withProcess(next, node, laterProcess(next.processes[node], node));
    }
    return next;
  }

  private withProcess(state: State, node: Node, process: Process): State {
    return { ...state, processes: replaced(state.processes, node, process) };
  }

  private withVoice(state: State, node: Node, voice: EtcdVoice): State {
    const asked = voice.asked.get(askId({ node, round: 0, keys: [KEY] }));
    return this.withProcess(state, node, {
      ...state.processes[node],
      seen: whatMatters(voice.seen.get(KEY) ?? null, node),
      heard: Math.max(0, voice.heard.get(KEY)?.get(node) ?? 0),
      asked:
        asked === undefined
          ? null
          : { round: asked.round, verdict: verdictWord(asked.verdict?.granted) },
    });
  }

  /** From the beginning to a state. */
  private story(at: number): readonly string[] {
    const path: number[] = [];
    for (let number = at; number !== 0; number = this.parents[number] as number)
      path.unshift(number);
    let before = 0;
    return path.map((number) => {
      const moves = this.movesOf(parse(this.texts[before] as string));
      const move = moves.find(({ to }) => this.textOf(to) === this.texts[number]);
      before = number;
      const gates = move?.to.directors.map(({ gate }) => gate) ?? [];
      return `${move?.does ?? '?'} (open for ${gates.join(' and ')})`;
    });
  }
}
