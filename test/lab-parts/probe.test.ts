/** The lab's probe (test/lab/probe.ts) can see what it looks for. */
import { expect, test } from 'vitest';
import { overlapMs } from '../lab/probe.ts';

const claims = (text: string) =>
  text.split(' ').map((word) => ({ mac: word[0] as string, atMs: Number(word.slice(1)) }));

test.each([
  ['one holder', 'a0 a10 a20 a30', 0],
  ['a switch', 'a0 a10 b12 b20 b30', 0],
  ['there and back in good order', 'a0 a10 b620 b630 a4000 a4010', 0],
  ['both for a moment', 'a0 a10 b12 a20 b20 b30', 8],
  ['both for longer', 'a0 b5 a10 b10 a20 b20 a30 b30', 25],
  ['both all the time', 'a0 b1 a10 b11 a20 b21', 20],
])('%s', (_, text, overlap) => {
  expect(overlapMs(claims(text))).toBe(overlap);
});
