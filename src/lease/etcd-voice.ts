/**
 * What a process of an acceptor whose memory is etcd knows: how it saw keys last, and which questions it has heard.
 * How it asks etcd is in etcd-job.ts. Pure.
 */
import type { Instant } from '../base/time.ts';
import { NO_REVISION } from '../wire/etcd.ts';
import type { LeaseAsk, LeaseRelease } from '../wire/lease.ts';
import type { LeaseKey, NodeId, Verdict } from './acceptor.ts';

/** A key as it was seen last. */
export interface Seen {
  readonly revision: string;
  readonly holder: NodeId | null;
  readonly lease: string | null;
  /** Before this it does not end by itself, and nothing is promised beyond the other. */
  readonly heldUntil: Instant;
  readonly endsBy: Instant;
}

/** The last question of a node for a set of leases. */
interface Asked {
  readonly round: number;
  /** Null: it is not found out yet. */
  readonly verdict: Verdict | null;
}

export interface EtcdVoice {
  readonly seen: ReadonlyMap<LeaseKey, Seen>;
  /** The highest round of each node. */
  readonly heard: ReadonlyMap<LeaseKey, ReadonlyMap<NodeId, number>>;
  readonly asked: ReadonlyMap<string, Asked>;
}

/** What of a question decides. */
export type LeaseQuestion<Question extends LeaseAsk | LeaseRelease> = Pick<
  Question,
  Extract<keyof Question, 'node' | 'round' | 'keys' | 'promiseMs'>
>;

/** Something to be done with etcd, one at a time. */
export type EtcdJob =
  | { readonly does: 'promise'; readonly question: LeaseQuestion<LeaseAsk> }
  | { readonly does: 'give-back'; readonly keys: readonly LeaseKey[]; readonly node: NodeId };

/** What becomes of a question: an answer that is known, one that is being found out, or a job. */
export type Reception =
  | { readonly is: 'answered'; readonly verdict: Verdict | null }
  | { readonly is: 'awaited' }
  | { readonly is: 'job'; readonly job: EtcdJob };

export const UNSEEN: Seen = {
  revision: NO_REVISION,
  holder: null,
  lease: null,
  heldUntil: -Infinity,
  endsBy: -Infinity,
};

export const NEW_VOICE: EtcdVoice = { seen: new Map(), heard: new Map(), asked: new Map() };

export function askId({ node, keys }: LeaseQuestion<LeaseAsk | LeaseRelease>): string {
  return `${node} ${keys.join()}`;
}

/** A director asks. */
export function hearAsk(
  voice: EtcdVoice,
  question: LeaseQuestion<LeaseAsk>,
): { readonly voice: EtcdVoice; readonly reception: Reception } {
  const { node, round, keys } = question;
  const heard = Math.max(...keys.map((key) => heardOf(voice, key, node)));
  const known = voice.asked.get(askId(question));
  // The same question again: the answer is the same, and counts from when it was asked first.
  if (known?.round === round && round === heard) {
    const { verdict } = known;
    return {
      voice,
      reception: verdict === null ? { is: 'awaited' } : { is: 'answered', verdict },
    };
  }
  if (round <= heard) {
    const verdict = { granted: false, why: 'old', heard } as const;
    return { voice, reception: { is: 'answered', verdict } };
  }
  const asked = new Map(voice.asked).set(askId(question), { round, verdict: null });
  const job = { does: 'promise', question } as const;
  return { voice: { ...hear(voice, keys, node, round), asked }, reception: { is: 'job', job } };
}

/** What a job for a question has found out; null: nothing, and the next one that asks it has another try. */
export function answerAsk(
  voice: EtcdVoice,
  question: LeaseQuestion<LeaseAsk>,
  verdict: Verdict | null,
): EtcdVoice {
  const { node, round, keys } = question;
  const id = askId(question);
  if (voice.asked.get(id)?.round !== round) return voice;
  const asked = new Map(voice.asked);
  if (verdict !== null) return { ...voice, asked: asked.set(id, { round, verdict }) };
  asked.delete(id);
  const own = keys.filter((key) => heardOf(voice, key, node) === round);
  return { ...hear(voice, own, node, round - 1), asked };
}

/** A director gives back. */
export function hearRelease(
  voice: EtcdVoice,
  question: LeaseQuestion<LeaseRelease>,
): { readonly voice: EtcdVoice; readonly reception: Reception } {
  const { node, round, keys } = question;
  const meant = keys.filter((key) => round >= heardOf(voice, key, node));
  const asked = new Map(voice.asked);
  const id = askId(question);
  const before = asked.get(id);
  if (before !== undefined && before.round <= round) asked.delete(id);
  const next = { ...hear(voice, meant, node, round), asked };
  if (meant.length === 0) return { voice: next, reception: { is: 'answered', verdict: null } };
  return { voice: next, reception: { is: 'job', job: { does: 'give-back', keys: meant, node } } };
}

export function seenOf({ seen }: EtcdVoice, key: LeaseKey): Seen {
  return seen.get(key) ?? UNSEEN;
}

export function withSeen(voice: EtcdVoice, keys: readonly LeaseKey[], one: Seen): EtcdVoice {
  const seen = new Map(voice.seen);
  for (const key of keys) seen.set(key, one);
  return { ...voice, seen };
}

function heardOf({ heard }: EtcdVoice, key: LeaseKey, node: NodeId): number {
  return heard.get(key)?.get(node) ?? -1;
}

function hear(voice: EtcdVoice, keys: readonly LeaseKey[], node: NodeId, round: number): EtcdVoice {
  const heard = new Map(voice.heard);
  for (const key of keys) heard.set(key, new Map(heard.get(key)).set(node, round));
  return { ...voice, heard };
}
