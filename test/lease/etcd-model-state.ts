/** What the search of etcd-model.ts tells states by: directors, processes, etcd; and their texts. */
import type { EtcdCall, EtcdStage } from '../../src/lease/etcd-job.ts';
import { askId, type EtcdJob, type EtcdVoice, type Seen } from '../../src/lease/etcd-voice.ts';
import type { EtcdEntry, EtcdSwap } from '../../src/wire/etcd.ts';
import type { Director } from './model-director.ts';
import { KEY, type Node, type Two } from './two.ts';

const NAME = 'k';
export const TICK_MS = 1_000;

/** A job at work, and what etcd is asked for it. */
export interface Running {
  readonly job: EtcdJob;
  readonly stage: EtcdStage;
  readonly call: EtcdCall;
  /** A tick has passed since. */
  readonly isOld: boolean;
}

/** A process beside a director; times from now on. */
export interface Process {
  readonly seen: Seen | null;
  readonly heard: number;
  /** Its last question: its round, and what is known of the answer. */
  readonly asked: { readonly round: number; readonly verdict: 'granted' | 'held' | null } | null;
  readonly running: Running | null;
  /** It is being started, and hears nothing yet. */
  readonly isDown: boolean;
}

export interface State {
  readonly directors: Two<Director>;
  /** Whether a grant of the last round is under way to each. */
  readonly answers: Two<boolean>;
  readonly processes: Two<Process>;
  readonly key: EtcdEntry | null;
  /** Swaps that nobody waits for any more. */
  readonly late: Two<EtcdSwap | null>;
  /** Ticks until the first machine's clock may lose one. */
  readonly steady: number;
  /** Ticks that are left, by name; those that are over are not in it. */
  readonly leases: Readonly<Record<string, number>>;
}

export const NEW: Process = { seen: null, heard: 0, asked: null, running: null, isDown: false };

export function nameOf(): string {
  return NAME;
}

/** Of a key that nobody has only the revision, of another one's not when a promise to it would end at the latest. */
export function whatMatters(seen: Seen | null, node: Node): Seen | null {
  if (seen === null) return null;
  const { revision, holder, lease, heldUntil, endsBy } = seen;
  if (holder === null) return { revision, holder, lease: null, heldUntil: 0, endsBy: 0 };
  const isOwn = holder === node;
  const until = Math.max(0, heldUntil);
  return isOwn
    ? { revision, holder, lease, heldUntil: until, endsBy: Math.max(0, endsBy) }
    : { revision, holder, lease: null, heldUntil: until, endsBy: 0 };
}

export function verdictWord(isGranted: boolean | undefined): 'granted' | 'held' | null {
  if (isGranted === undefined) return null;
  return isGranted ? 'granted' : 'held';
}

export function voiceOf({ seen, heard, asked }: Process, node: Node): EtcdVoice {
  const held = { granted: false, why: 'held', holder: 1 - node, freeInMs: 0 } as const;
  const verdict = asked?.verdict === 'granted' ? ({ granted: true } as const) : held;
  const id = askId({ node, round: 0, keys: [KEY] });
  return {
    seen: seen === null ? new Map() : new Map([[KEY, seen]]),
    heard: new Map([[KEY, new Map([[node, heard]])]]),
    asked:
      asked === null
        ? new Map()
        : new Map([[id, { round: asked.round, verdict: asked.verdict === null ? null : verdict }]]),
  };
}

export function olderJob(job: EtcdJob): EtcdJob {
  if (job.does === 'give-back') return job;
  return { ...job, question: { ...job.question, round: Math.max(0, job.question.round - 1) } };
}

/** A tick later. */
export function laterProcess({ seen, running, ...rest }: Process, node: Node): Process {
  const times =
    seen === null
      ? null
      : { ...seen, heldUntil: seen.heldUntil - TICK_MS, endsBy: seen.endsBy - TICK_MS };
  return {
    ...rest,
    isDown: false,
    seen: whatMatters(times, node),
    running:
      running === null ? null : { ...running, stage: laterStage(running.stage), isOld: true },
  };
}

function laterStage(stage: EtcdStage): EtcdStage {
  return 'since' in stage ? { ...stage, since: stage.since - TICK_MS } : stage;
}

/**
 * Equal states have equal texts: of revisions only the key's own is told from others, leases are named in the order
 * in which they are spoken of, and those that nobody speaks of are gone.
 */
export function textOf({ leases, ...rest }: State): string {
  const own = rest.key?.revision;
  const names = new Map<string, string>();
  const text = writtenState(rest)
    .replace(/R\d+/g, (name) => (name === own ? 'R1' : 'R0'))
    .replace(/L\d+/g, (name) => {
      const known = names.get(name) ?? `L${names.size}`;
      names.set(name, known);
      return known;
    });
  return `${text}|${[...names.keys()].map((name) => leases[name] ?? 0).join()}`;
}

/** The key is about to be written: no revision that anybody knows is its own any more. */
export function superseded({ leases, ...rest }: State): State {
  return { ...JSON.parse(writtenState(rest).replace(/R\d+/g, 'R0')), leases };
}

/** As JSON; of what a move leaves as it is the text is there already. */
function writtenState({
  directors,
  answers,
  processes,
  key,
  late,
  steady,
}: Omit<State, 'leases'>): string {
  const two = ([one, other]: Two<object | null>): string => `[${written(one)},${written(other)}]`;
  return `{"directors":${two(directors)},"answers":[${answers}],"processes":${two(processes)},"key":${written(key)},"late":${two(late)},"steady":${steady}}`;
}

const TEXTS = new WeakMap<object, string>();

function written(thing: object | null): string {
  if (thing === null) return 'null';
  const known = TEXTS.get(thing) ?? JSON.stringify(thing);
  TEXTS.set(thing, known);
  return known;
}

export function parse(text: string): State {
  const [json = '', ticks = ''] = text.split('|');
  const left = ticks === '' ? [] : ticks.split(',').map(Number);
  const leases = Object.fromEntries(left.flatMap((one, at) => (one > 0 ? [[`L${at}`, one]] : [])));
  return { ...JSON.parse(json), leases };
}
