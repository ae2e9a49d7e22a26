import { expect, test } from 'vitest';
import { type Consequence, notesOn } from '../../src/drain/notes.ts';
import { virtualServer } from '../health/make.ts';

const DRAIN = { kind: 'drain', timeoutMs: null, atEnd: 'stay' } as const;

const one = (over: Partial<Consequence> = {}): Consequence => ({
  server: virtualServer(),
  metBefore: true,
  metNow: true,
  serving: { weights: [0, 1], sorryWeight: null },
  standing: 'up',
  ...over,
});

test.each<[string, Partial<Consequence>, readonly string[]]>([
  ['a drain without consequences', {}, []],
  ['the loss of the quorum', { metNow: false }, ['192.0.2.1:80 tcp has lost its quorum by this']],
  [
    'the loss of the last one',
    { metNow: false, serving: { weights: [0, 0], sorryWeight: null } },
    ['192.0.2.1:80 tcp has lost its quorum by this: nobody takes new connections'],
  ],
  [
    'the call of the sorry server',
    { metNow: false, serving: { weights: [0, null], sorryWeight: 1 } },
    ['192.0.2.1:80 tcp has lost its quorum by this: the sorry server serves alone'],
  ],
  ['a quorum that was lost before', { metBefore: false, metNow: false }, []],
])('%s', (_, over, notes) => {
  expect(notesOn(DRAIN, [one(over)], true)).toEqual(notes);
});

test('persistence is told of as long as it brings clients back', () => {
  const persistence = {
    timeoutSeconds: 90,
    granularityBits: { ipv4: 32, ipv6: 128 },
    engine: null,
  } as const;
  const consequences = [one({ server: virtualServer({ persistence }) })];
  expect(notesOn(DRAIN, consequences, true)).toEqual([
    '192.0.2.1:80 tcp is persistent: clients that were here come back until they have been away for 90 s; ' +
      'with "expire_quiescent_template 1" in lvs_sysctl they go elsewhere at once',
  ]);
  expect(notesOn(DRAIN, consequences, false)).toEqual([]);
  expect(notesOn({ kind: 'disable' }, consequences, true)).toEqual([]);
});

test('who enables a real server that is down is told', () => {
  const down = [one({ standing: 'down' }), one({ standing: 'awaiting' })];
  expect(notesOn({ kind: 'enable' }, down, true)).toEqual([
    'in 192.0.2.1:80 tcp it is down: it serves when its checks succeed',
    'in 192.0.2.1:80 tcp it has not answered yet: it serves when its checks succeed',
  ]);
});

test('of a thousand virtual servers the first notes are told', () => {
  const many = Array.from({ length: 1_000 }, () => one({ metNow: false }));
  const notes = notesOn(DRAIN, many, true);
  expect(notes).toHaveLength(21);
  expect(notes.at(-1)).toBe('and 980 more of the kind');
});
