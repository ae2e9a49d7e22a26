/** Keywords of `lease`, a block of ours: who decides which director may hold a virtual address. */
import {
  choice,
  type Keyword,
  type KeywordTable,
  keyword,
  MANDATORY,
  type Place,
  phrase,
  seconds,
  tableOf,
} from './keyword.ts';

const POLICY_OF_ALL: readonly Place[] = [{ block: 'global_defs', keyword: 'split_brain_policy' }];

/** `inherits`: of an instance or a group, which may differ from the others. */
export function splitBrainPolicy(inherits: 'nowhere' | 'from global_defs'): Keyword {
  return keyword(
    'split_brain_policy',
    choice('availability', 'lease'),
    'what counts more when directors cannot hear each other: that one serves, or that only one does',
    {
      unset: 'availability',
      ours: true,
      ...(inherits === 'nowhere' ? {} : { inherits: POLICY_OF_ALL }),
    },
  );
}

export const LEASE: KeywordTable = tableOf(
  keyword(
    'acceptor',
    phrase('acceptor'),
    'who has a voice: each director and witnesses, an odd number, at least 3',
    { repeats: 'list', unset: MANDATORY },
  ),
  keyword('key', phrase('lease key'), 'shared secret; the first signs, all are accepted', {
    repeats: 'list',
    unset: MANDATORY,
  }),
  keyword('time', seconds(0.3, 60), 'for so long a MASTER that nobody hears goes on', {
    unset: 'three times the shortest advert_int, and 0.3 s at least',
  }),
);
