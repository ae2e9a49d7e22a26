/** Whether an authentic question is for this acceptor as it is now, or why not. Pure. */
import type { Instant, Millis } from '../base/time.ts';
import type { LeaseAsk, LeaseRelease } from '../wire/lease.ts';
import type { NodeId } from './acceptor.ts';
import { type Birth, isFresh, isOfThisStart } from './epoch.ts';

/** More nodes than directors of any site: what is remembered of each of them has to end somewhere. */
const NODES_MAX = 64;

/** What an acceptor is. */
export interface AcceptorSelf {
  /** The names under which it may be asked; several, if it listens on several addresses. */
  readonly names: ReadonlySet<NodeId>;
  /** The list of acceptors that it belongs to; null: a witness serves whatever list it is on. */
  readonly list: number | null;
  readonly birth: Birth;
  /** It is silent for as long after a start. */
  readonly promiseMsMax: Millis;
}

export type Unfit =
  /** It was made for another acceptor, and sent here by somebody else. */
  'stranger' | 'nodes' | 'epoch' | 'list' | 'time';

/** Null: it is to be heard. */
export function unfitQuestion(
  self: AcceptorSelf,
  question: LeaseAsk | LeaseRelease,
  { known, now }: { readonly known: ReadonlySet<NodeId>; readonly now: Instant },
): Unfit | null {
  if (!self.names.has(question.acceptor)) return 'stranger';
  if (!known.has(question.node) && known.size >= NODES_MAX) return 'nodes';
  if (!isInTime(self, question, now)) return 'epoch';
  if (self.list !== null && question.list !== self.list) return 'list';
  if (question.type === 'ask' && question.promiseMs > self.promiseMsMax) return 'time';
  return null;
}

/** Who gives back need not have heard of us lately: what it was granted is free in any case. */
function isInTime(
  { birth }: AcceptorSelf,
  question: LeaseAsk | LeaseRelease,
  now: Instant,
): boolean {
  const { type, epoch } = question;
  return type === 'release' ? isOfThisStart(birth, epoch) : isFresh(birth, epoch, now);
}
