/**
 * The machine of an acceptor: it has one voice for each key, and gives it to one node for a time.
 *
 *   silent ── after a start: what it promised in an earlier life may still be relied on
 *   free   ── ask ──▶ promised to the node that asked ── time, or its release ──▶ free
 *
 * The plain majority form of the idea in PaxosLease (Trencseni et al., arXiv 1209.4187). Nothing is written to a
 * disk. It reads no clock; who may ask at all is decided in admit.ts.
 */
import type { Instant, Millis } from '../base/time.ts';

/** What is leased: family and VRID of an instance (wire/lease.ts). */
export type LeaseKey = number;

/** Who asks: a number made of its address and port (wire/lease.ts). */
export type NodeId = number;

/** The voice for one key. */
export interface Voice {
  /** Null: nobody. */
  readonly holder: NodeId | null;
  /** The holder's, until then and not at it. */
  readonly until: Instant;
  /** The highest round that each node was heard with: what is older is late, or was recorded and sent again. */
  readonly heard: ReadonlyMap<NodeId, number>;
}

export interface AcceptorState {
  readonly silentUntil: Instant;
  readonly voices: ReadonlyMap<LeaseKey, Voice>;
}

export type AcceptorEvent =
  | {
      readonly type: 'ask';
      readonly node: NodeId;
      /** Higher than in any question of this node before. */
      readonly round: number;
      /** All of them are granted, or none. */
      readonly keys: readonly LeaseKey[];
      readonly promiseMs: Millis;
    }
  /** The node uses nothing that it was granted in this round or before. */
  | {
      readonly type: 'release';
      readonly node: NodeId;
      readonly round: number;
      readonly keys: readonly LeaseKey[];
    };

export type Verdict =
  | { readonly granted: true }
  /** After a start; `freeInMs`: until it speaks. */
  | { readonly granted: false; readonly why: 'silent'; readonly freeInMs: Millis }
  /** Promised to another node. */
  | {
      readonly granted: false;
      readonly why: 'held';
      readonly holder: NodeId;
      readonly freeInMs: Millis;
    }
  /** A later round was heard before; the next one has to be higher than that. */
  | { readonly granted: false; readonly why: 'old'; readonly heard: number };

export interface AcceptorStep {
  readonly state: AcceptorState;
  /** The answer to a question; null: there is none to give. */
  readonly verdict: Verdict | null;
  /** Keys that somebody gave back: others need not wait for the end of the promise. */
  readonly freed: readonly LeaseKey[];
}

const GRANTED: Verdict = { granted: true };
const NOBODY: Voice = { holder: null, until: Number.NEGATIVE_INFINITY, heard: new Map() };

/** An acceptor that has just started. `promiseMsMax`: the longest promise that an earlier life can have made. */
export function startedAcceptor(now: Instant, promiseMsMax: Millis): AcceptorState {
  return { silentUntil: now + promiseMsMax, voices: new Map() };
}

/** What happens to `state` at `now`. */
export function acceptorStep(
  state: AcceptorState,
  event: AcceptorEvent,
  now: Instant,
): AcceptorStep {
  return event.type === 'ask' ? asked(state, event, now) : released(state, event, now);
}

/** Who has the voice now, or null. */
export function holderOf(state: AcceptorState, key: LeaseKey, now: Instant): NodeId | null {
  return holderNow(voiceOf(state, key), now);
}

function voiceOf({ voices }: AcceptorState, key: LeaseKey): Voice {
  return voices.get(key) ?? NOBODY;
}

function holderNow({ holder, until }: Voice, now: Instant): NodeId | null {
  return now < until ? holder : null;
}

function asked(
  state: AcceptorState,
  { node, round, keys, promiseMs }: Extract<AcceptorEvent, { type: 'ask' }>,
  now: Instant,
): AcceptorStep {
  const voices = keys.map((key) => voiceOf(state, key));
  const heard = Math.max(...voices.map((voice) => voice.heard.get(node) ?? -1));
  const refusal = refusalOf(state, voices, node, now);
  if (round <= heard) {
    // Heard before. The answer is the same, and the promise ends when it did.
    const isSame = voices.every((voice) => voice.heard.get(node) === round);
    const isPromised = voices.every((voice) => holderNow(voice, now) === node);
    const same = refusal ?? (isPromised ? GRANTED : null);
    const old: Verdict = { granted: false, why: 'old', heard };
    return { state, verdict: (isSame ? same : null) ?? old, freed: [] };
  }
  const changed = new Map(state.voices);
  for (const [at, key] of keys.entries()) {
    const voice = voices[at] as Voice;
    const marked = { ...voice, heard: new Map(voice.heard).set(node, round) };
    // Never earlier than what was promised before.
    const until = Math.max(now + promiseMs, holderNow(voice, now) === node ? voice.until : now);
    changed.set(key, refusal === null ? { ...marked, holder: node, until } : marked);
  }
  return { state: { ...state, voices: changed }, verdict: refusal ?? GRANTED, freed: [] };
}

function refusalOf(
  { silentUntil }: AcceptorState,
  voices: readonly Voice[],
  node: NodeId,
  now: Instant,
): Verdict | null {
  if (now < silentUntil) return { granted: false, why: 'silent', freeInMs: silentUntil - now };
  const held = voices.filter((voice) => (holderNow(voice, now) ?? node) !== node);
  const [last] = held.toSorted((a, b) => b.until - a.until);
  if (last === undefined || last.holder === null) return null;
  return { granted: false, why: 'held', holder: last.holder, freeInMs: last.until - now };
}

function released(
  state: AcceptorState,
  { node, round, keys }: Extract<AcceptorEvent, { type: 'release' }>,
  now: Instant,
): AcceptorStep {
  const changed = new Map(state.voices);
  const freed: LeaseKey[] = [];
  for (const key of keys) {
    const voice = voiceOf(state, key);
    // A later round was heard: what it was granted then is in use.
    if (round < (voice.heard.get(node) ?? -1)) continue;
    const isHolder = holderNow(voice, now) === node;
    if (isHolder) freed.push(key);
    const heard = new Map(voice.heard).set(node, round);
    changed.set(key, isHolder ? { ...NOBODY, heard } : { ...voice, heard });
  }
  return { state: { ...state, voices: changed }, verdict: null, freed };
}
