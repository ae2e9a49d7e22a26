import { expect, test } from 'vitest';
import { howEnded, type Progress } from '../../src/drain/progress.ts';

const none = { active: 0, inactive: 0, persistent: 0 };
const base: Progress = {
  count: { left: none, isQuiescent: true },
  deadline: null,
  now: 1_000,
  templatesBind: true,
};
const left = (some: Partial<typeof none>, isQuiescent = true) => ({
  count: { left: { ...none, ...some }, isQuiescent },
});

test.each<[string, Partial<Progress>, string | null]>([
  ['nobody is left', {}, 'none-left'],
  ['an active connection is left', left({ active: 1 }), null],
  ['an inactive one is left, as all of UDP are', left({ inactive: 1 }), null],
  ['a persistence template is left', left({ persistent: 1 }), null],
  [
    'a template is left that brings nobody back',
    { ...left({ persistent: 1 }), templatesBind: false },
    'none-left',
  ],
  ['nobody is left, but it still has weight somewhere', left({}, false), null],
  ['the time is over', { ...left({ active: 1 }), deadline: 1_000 }, 'timeout'],
  ['the time is over and nobody is left', { deadline: 500 }, 'none-left'],
  ['the time is not over', { ...left({ active: 1 }), deadline: 1_001 }, null],
  ['the kernel does not answer', { count: null }, null],
  ['the kernel does not answer and the time is over', { count: null, deadline: 1_000 }, 'timeout'],
])('%s', (_, over, how) => {
  expect(howEnded({ ...base, ...over })).toBe(how);
});
