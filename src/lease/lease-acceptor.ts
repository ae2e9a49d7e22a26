/** An acceptor at work, beside a director or as a witness: its machine's state, and its answers. */
import type { Instant, Millis } from '../base/time.ts';
import type { LeaseAnswer, LeaseAsk, LeaseRelease } from '../wire/lease.ts';
import {
  type AcceptorState,
  acceptorStep,
  holderOf,
  type LeaseKey,
  type NodeId,
  startedAcceptor,
  type Verdict,
} from './acceptor.ts';
import { type AcceptorSelf, type Unfit, unfitQuestion } from './admit.ts';
import { epochAt } from './epoch.ts';

export interface Reaction {
  /** Null: nothing is sent back. */
  readonly answer: LeaseAnswer | null;
  /** Keys that were given back. */
  readonly freed: readonly LeaseKey[];
  /** Why the question was not heard; null: it was. */
  readonly unfit: Unfit | null;
}

/** A key that somebody has. */
export interface Holding {
  readonly key: LeaseKey;
  readonly holder: NodeId;
  readonly leftMs: Millis;
}

export class LeaseAcceptor {
  self: AcceptorSelf;
  private state: AcceptorState;
  private readonly known = new Set<NodeId>();

  constructor(self: AcceptorSelf, now: Instant) {
    this.self = self;
    this.state = startedAcceptor(now, self.promiseMsMax);
  }

  /** Whether it would hear a question now. */
  hears(question: LeaseAsk | LeaseRelease, now: Instant): boolean {
    return unfitQuestion(this.self, question, { known: this.known, now }) === null;
  }

  take(question: LeaseAsk | LeaseRelease, now: Instant): Reaction {
    const unfit = unfitQuestion(this.self, question, { known: this.known, now });
    if (unfit !== null)
      return { answer: refusalOf(this.self, question, { unfit, now }), freed: [], unfit };
    this.known.add(question.node);
    const { state, verdict, freed } = acceptorStep(this.state, question, now);
    this.state = state;
    const answer = verdict === null ? null : answerTo(this.self, question, { verdict, now });
    return { answer, freed, unfit: null };
  }

  /** How long it does not speak yet. */
  silentForMs(now: Instant): Millis {
    return Math.max(0, this.state.silentUntil - now);
  }

  holdings(now: Instant): readonly Holding[] {
    return [...this.state.voices].flatMap(([key, { until }]) => {
      const holder = holderOf(this.state, key, now);
      return holder === null ? [] : [{ key, holder, leftMs: until - now }];
    });
  }
}

/** What is answered to a question that is not heard; null: nothing. */
export function refusalOf(
  self: AcceptorSelf,
  question: LeaseAsk | LeaseRelease,
  { unfit, now }: { readonly unfit: Unfit; readonly now: Instant },
): LeaseAnswer | null {
  if (question.type === 'release' || unfit === 'stranger' || unfit === 'nodes') return null;
  const freeInMs = unfit === 'time' ? self.promiseMsMax : 0;
  return answerWith(self, question, now, { verdict: unfit, holder: 0, heard: 0, freeInMs });
}

export function answerTo(
  self: AcceptorSelf,
  question: LeaseAsk | LeaseRelease,
  { verdict, now }: { readonly verdict: Verdict; readonly now: Instant },
): LeaseAnswer {
  return answerWith(self, question, now, answerOf(verdict));
}

function answerWith(
  { birth }: AcceptorSelf,
  { list, node, acceptor, round, life, keys }: LeaseAsk | LeaseRelease,
  now: Instant,
  content: Pick<LeaseAnswer, 'verdict' | 'holder' | 'heard' | 'freeInMs'>,
): LeaseAnswer {
  const epoch = epochAt(birth, now);
  return { type: 'answer', list, node, acceptor, round, life, keys, epoch, ...content };
}

function answerOf(
  verdict: Verdict,
): Pick<LeaseAnswer, 'verdict' | 'holder' | 'heard' | 'freeInMs'> {
  if (verdict.granted) return { verdict: 'granted', holder: 0, heard: 0, freeInMs: 0 };
  return {
    verdict: verdict.why,
    holder: verdict.why === 'held' ? verdict.holder : 0,
    heard: verdict.why === 'old' ? verdict.heard : 0,
    freeInMs: verdict.why === 'old' ? 0 : Math.min(verdict.freeInMs, 2 ** 32 - 1),
  };
}
