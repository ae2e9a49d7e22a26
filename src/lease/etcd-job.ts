/**
 * How a process of an acceptor whose memory is etcd comes to a promise, or gives one back. It calls nobody: it tells
 * what etcd is to be asked, and is given the answer.
 *
 *   promise ─▶ look, if another one had it ─▶ grant a lease ─▶ swap the key to (node, lease) ─▶ granted
 *                       │                          ▲                  │ it is not as it was seen
 *                       └─▶ read ends of leases ───┴──────────────────┘ once more, else: held
 *   give back ─▶ swap the key to nobody
 */
import type { Instant, Millis } from '../base/time.ts';
import { type EtcdEntry, type EtcdSwap, type EtcdSwapped, NO_REVISION } from '../wire/etcd.ts';
import type { LeaseKey, NodeId, Verdict } from './acceptor.ts';
import { type EtcdJob, type EtcdVoice, type Seen, seenOf, UNSEEN, withSeen } from './etcd-voice.ts';

/** The value of a key that was given back. */
const NOBODY = 'nobody';
/** What was seen may not be so any more: then it is known how it is, and tried once more. */
const ATTEMPTS = 2;

export type EtcdCall =
  | { readonly call: 'grant'; readonly seconds: number }
  | { readonly call: 'swap'; readonly swap: EtcdSwap }
  /** Whole seconds that a lease has left; 0: it is over. */
  | { readonly call: 'seconds-left'; readonly lease: string };

export type EtcdReply =
  | { readonly call: 'grant'; readonly lease: string; readonly seconds: number }
  | { readonly call: 'swap'; readonly swapped: EtcdSwapped }
  | { readonly call: 'seconds-left'; readonly seconds: number };

/** What a job waits for. */
export type EtcdStage =
  | { readonly at: 'look' }
  /** `found`: what etcd has of the first of `keys`, whose lease is asked for, and of those that follow. */
  | {
      readonly at: 'read';
      readonly keys: readonly LeaseKey[];
      readonly found: readonly EtcdEntry[];
      readonly since: Instant;
      readonly aim: Aim;
    }
  | {
      readonly at: 'grant';
      readonly since: Instant;
      readonly neededMs: Millis;
      readonly attempt: number;
    }
  | {
      readonly at: 'swap';
      readonly since: Instant;
      readonly neededMs: Millis;
      readonly attempt: number;
      readonly lease: string;
    }
  /** The first of these is given back. */
  | { readonly at: 'give-back'; readonly keys: readonly LeaseKey[] };

/** When it is known how the keys are: another attempt, or those that are still to be given back. */
type Aim = { readonly attempt: number } | { readonly giveBack: readonly LeaseKey[] };

export interface EtcdStep {
  readonly voice: EtcdVoice;
  /** `call`: what etcd is asked next; else the job is over. `verdict` null: nothing was found out, or asked for. */
  readonly next:
    | { readonly call: EtcdCall; readonly stage: EtcdStage }
    | { readonly call: null; readonly verdict: Verdict | null };
  /** Keys that were gone before their time: they still count. */
  readonly gone: readonly LeaseKey[];
}

/** The name of a key in etcd. */
type NameOf = (key: LeaseKey) => string;

/** A job begins. */
export function beginJob(voice: EtcdVoice, job: EtcdJob, nameOf: NameOf, now: Instant): EtcdStep {
  if (job.does === 'give-back') return giveNext(voice, job, job.keys, nameOf);
  const { node, keys } = job.question;
  const isOthers = (key: LeaseKey): boolean => (seenOf(voice, key).holder ?? node) !== node;
  if (!keys.some(isOthers)) return attempt(voice, job, 0, now);
  // No key has ever had this revision: nothing is written, and all are read.
  const compare = keys.map((key) => ({ key: nameOf(key), revision: '-1' }));
  return calling(voice, { call: 'swap', swap: { compare, write: [] } }, { at: 'look' });
}

/** etcd has answered. */
export function goOn(
  voice: EtcdVoice,
  { job, stage, reply }: { readonly job: EtcdJob; readonly stage: EtcdStage; reply: EtcdReply },
  nameOf: NameOf,
  now: Instant,
): EtcdStep {
  if (job.does === 'give-back') return givenBack(voice, job, { stage, reply }, nameOf, now);
  const { keys, node } = job.question;
  if (stage.at === 'look' && reply.call === 'swap') {
    return note(voice, job, { keys, found: reply.swapped.found, aim: { attempt: 0 } }, nameOf, now);
  }
  if (stage.at === 'read' && reply.call === 'seconds-left') {
    return noteLease(voice, job, stage, reply.seconds, nameOf, now);
  }
  if (stage.at === 'grant' && reply.call === 'grant') {
    const { since, neededMs } = stage;
    if (reply.seconds * 1000 < neededMs) return over(voice, null);
    const { lease } = reply;
    const write = { value: String(node), lease };
    const call = { call: 'swap', swap: swapOf(voice, keys, write, nameOf) } as const;
    return calling(voice, call, { at: 'swap', since, neededMs, attempt: stage.attempt, lease });
  }
  if (stage.at === 'swap' && reply.call === 'swap') {
    const { isDone, revision, found } = reply.swapped;
    if (!isDone)
      return note(voice, job, { keys, found, aim: { attempt: stage.attempt + 1 } }, nameOf, now);
    const until = stage.since + stage.neededMs;
    const seen: Seen = {
      revision,
      holder: node,
      lease: stage.lease,
      heldUntil: until,
      endsBy: until,
    };
    return over(withSeen(voice, keys, seen), { granted: true });
  }
  return over(voice, null);
}

/** To promise it, as the keys were seen last. */
function attempt(
  voice: EtcdVoice,
  { question: { node, keys, promiseMs } }: Extract<EtcdJob, { does: 'promise' }>,
  number: number,
  now: Instant,
): EtcdStep {
  if (number >= ATTEMPTS) return over(voice, null);
  const held = heldByOther(voice, keys, node, now);
  if (held !== null) return over(voice, held);
  // Never for less than what was promised to it before.
  const neededMs = Math.max(promiseMs, ...keys.map((key) => promisedUntil(voice, key, node) - now));
  const seconds = Math.ceil(neededMs / 1000);
  return calling(
    voice,
    { call: 'grant', seconds },
    { at: 'grant', since: now, neededMs, attempt: number },
  );
}

function promisedUntil(voice: EtcdVoice, key: LeaseKey, node: NodeId): Instant {
  const { holder, endsBy } = seenOf(voice, key);
  return holder === node ? endsBy : -Infinity;
}

/** Null: nobody else has any of them. What is gone before its time may be relied upon until then. */
function heldByOther(
  voice: EtcdVoice,
  keys: readonly LeaseKey[],
  node: NodeId,
  now: Instant,
): Verdict | null {
  let verdict: Extract<Verdict, { why: 'held' }> | null = null;
  for (const key of keys) {
    const { holder, heldUntil } = seenOf(voice, key);
    if (holder === null || holder === node) continue;
    const freeInMs = Math.max(0, heldUntil - now);
    if (freeInMs <= (verdict?.freeInMs ?? -1)) continue;
    verdict = { granted: false, why: 'held', holder, freeInMs };
  }
  return verdict;
}

/** Not removed: who finds a key gone before its time has to think of a hand that did it. */
function giveNext(
  voice: EtcdVoice,
  { node }: Extract<EtcdJob, { does: 'give-back' }>,
  keys: readonly LeaseKey[],
  nameOf: NameOf,
): EtcdStep {
  const own = keys.findIndex((key) => {
    const { holder, lease } = seenOf(voice, key);
    return holder === node && lease !== null;
  });
  const key = keys[own];
  const lease = key === undefined ? null : seenOf(voice, key).lease;
  if (key === undefined || lease === null) return over(voice, null);
  const swap = swapOf(voice, [key], { value: NOBODY, lease }, nameOf);
  return calling(voice, { call: 'swap', swap }, { at: 'give-back', keys: keys.slice(own) });
}

function givenBack(
  voice: EtcdVoice,
  job: Extract<EtcdJob, { does: 'give-back' }>,
  { stage, reply }: { readonly stage: EtcdStage; readonly reply: EtcdReply },
  nameOf: NameOf,
  now: Instant,
): EtcdStep {
  if (stage.at === 'read' && reply.call === 'seconds-left') {
    return noteLease(voice, job, stage, reply.seconds, nameOf, now);
  }
  if (stage.at !== 'give-back' || reply.call !== 'swap') return over(voice, null);
  const [key, ...left] = stage.keys;
  if (key === undefined) return over(voice, null);
  const { isDone, revision, found } = reply.swapped;
  if (!isDone)
    return note(voice, job, { keys: [key], found, aim: { giveBack: left } }, nameOf, now);
  return giveNext(withSeen(voice, [key], { ...UNSEEN, revision }), job, left, nameOf);
}

interface Finding {
  readonly keys: readonly LeaseKey[];
  readonly found: readonly EtcdEntry[];
  readonly aim: Aim;
}

/** How keys are now, as etcd told; the lease of one that is held is asked for. */
function note(
  before: EtcdVoice,
  job: EtcdJob,
  { keys, found, aim }: Finding,
  nameOf: NameOf,
  now: Instant,
): EtcdStep {
  let voice = before;
  const gone: LeaseKey[] = [];
  for (const [at, key] of keys.entries()) {
    const entry = found.find((one) => one.key === nameOf(key));
    const seen = seenOf(voice, key);
    if (entry === undefined) {
      const isEarly = seen.holder !== null && now < seen.heldUntil;
      if (isEarly) gone.push(key);
      voice = withSeen(voice, [key], isEarly ? { ...seen, revision: NO_REVISION } : UNSEEN);
      continue;
    }
    const { revision, lease } = entry;
    if (holderIn(entry) !== null && lease !== null) {
      const stage = { at: 'read', keys: keys.slice(at), found, since: now, aim } as const;
      return { ...calling(voice, { call: 'seconds-left', lease }, stage), gone };
    }
    const times = { heldUntil: now, endsBy: now + 1_000 };
    voice = withSeen(voice, [key], { revision, holder: holderIn(entry), lease, ...times });
  }
  const next =
    'giveBack' in aim
      ? giveNext(voice, job as Extract<EtcdJob, { does: 'give-back' }>, aim.giveBack, nameOf)
      : attempt(voice, job as Extract<EtcdJob, { does: 'promise' }>, aim.attempt, now);
  return { ...next, gone: [...gone, ...next.gone] };
}

/** etcd tells whole seconds, the rest cut off, as it was at some moment between question and answer. */
function noteLease(
  voice: EtcdVoice,
  job: EtcdJob,
  { keys, found, since, aim }: Extract<EtcdStage, { at: 'read' }>,
  seconds: number,
  nameOf: NameOf,
  now: Instant,
): EtcdStep {
  const [key, ...left] = keys;
  const entry = key === undefined ? undefined : found.find((one) => one.key === nameOf(key));
  if (key === undefined || entry === undefined) return over(voice, null);
  const { revision, lease } = entry;
  const times = { heldUntil: since + seconds * 1000, endsBy: now + (seconds + 1) * 1000 };
  const seen = { revision, holder: holderIn(entry), lease, ...times };
  return note(withSeen(voice, [key], seen), job, { keys: left, found, aim }, nameOf, now);
}

function holderIn({ value }: EtcdEntry): NodeId | null {
  return /^\d+$/.test(value) ? Number(value) : null;
}

function swapOf(
  voice: EtcdVoice,
  keys: readonly LeaseKey[],
  { value, lease }: { readonly value: string; readonly lease: string },
  nameOf: NameOf,
): EtcdSwap {
  return {
    compare: keys.map((key) => ({ key: nameOf(key), revision: seenOf(voice, key).revision })),
    write: keys.map((key) => ({ key: nameOf(key), value, lease })),
  };
}

function calling(voice: EtcdVoice, call: EtcdCall, stage: EtcdStage): EtcdStep {
  return { voice, next: { call, stage }, gone: [] };
}

function over(voice: EtcdVoice, verdict: Verdict | null): EtcdStep {
  return { voice, next: { call: null, verdict }, gone: [] };
}
