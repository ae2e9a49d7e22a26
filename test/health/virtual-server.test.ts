/** What keepalived was seen to do: real servers a=1 b=2 c=3, quorum 3, hysteresis 1, retry 0. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quorumBounds, quorumMet, servingOf, upWeight } from '../../src/health/virtual-server.ts';
import type { VirtualServer } from '../../src/model/virtual-server.ts';
import { realServer, sorryServer, virtualServer } from './make.ts';

const abc = (inhibitOnFailure: boolean): VirtualServer['realServers'] =>
  [1, 2, 3].map((weight) => realServer(`10.0.0.${weight}`, { weight, inhibitOnFailure }));

const quorum3 = { quorum: 3, hysteresis: 1 };
const A = virtualServer({ ...quorum3, realServers: abc(false), sorryServer: sorryServer() });
const B = virtualServer({
  ...quorum3,
  realServers: abc(true),
  sorryServer: sorryServer({ inhibit: true }),
});
const C = virtualServer({ ...quorum3, realServers: abc(false) });

/** Who is up after each event, and what the kernel then holds: `a b c | sorry`, `-` for absent. */
const events = [
  { event: 'start', up: 'abc', A: '1 2 3 | -', B: '1 2 3 | 0', C: '1 2 3 | -', met: true },
  { event: 'c fails', up: 'ab', A: '1 2 - | -', B: '1 2 0 | 0', C: '1 2 - | -', met: true },
  { event: 'b fails', up: 'a', A: '- - - | 1', B: '0 0 0 | 1', C: '1 - - | -', met: false },
  { event: 'a fails', up: '', A: '- - - | 1', B: '0 0 0 | 1', C: '- - - | -', met: false },
  { event: 'b ok', up: 'b', A: '- - - | 1', B: '0 0 0 | 1', C: '- 2 - | -', met: false },
  { event: 'a ok', up: 'ab', A: '- - - | 1', B: '0 0 0 | 1', C: '1 2 - | -', met: false },
  { event: 'c ok', up: 'abc', A: '1 2 3 | -', B: '1 2 3 | 0', C: '1 2 3 | -', met: true },
] as const;

describe('what the kernel should hold as servers fail and recover', () => {
  for (const [name, server] of Object.entries({ A, B, C })) {
    test(`column ${name}`, () => {
      const held = follow(
        server,
        events.map(({ up }) => up),
      );
      expect(held).toEqual(
        events.map((row) => ({ held: row[name as 'A' | 'B' | 'C'], met: row.met })),
      );
    });
  }

  test('A with alpha: the sorry server serves until all the quorum is there', () => {
    expect(follow(A, ['', 'a', 'ab', 'abc'])).toEqual([
      { held: '- - - | 1', met: false },
      { held: '- - - | 1', met: false },
      { held: '- - - | 1', met: false },
      { held: '1 2 3 | -', met: true },
    ]);
  });

  test('alpha, inhibit, hysteresis 2: gained at 5, still met at 1, lost at 0', () => {
    const server = { ...A, realServers: abc(true), hysteresis: 2 };
    expect(follow(server, ['', 'ab', 'bc', 'a', ''])).toEqual([
      { held: '0 0 0 | 1', met: false },
      { held: '0 0 0 | 1', met: false },
      { held: '0 2 3 | -', met: true },
      { held: '1 0 0 | -', met: true },
      { held: '0 0 0 | 1', met: false },
    ]);
  });
});

describe('bounds of the quorum', () => {
  test.each([
    ['defaults', 1, 0, { gainedAt: 1, lostBelow: 1 }],
    ['quorum and hysteresis', 3, 1, { gainedAt: 4, lostBelow: 2 }],
    ['above the total: all of it must be up', 9, 20, { gainedAt: 6, lostBelow: 1 }],
    ['gained at the total at the latest', 5, 4, { gainedAt: 6, lostBelow: 1 }],
  ])('%s', (_name, quorum, hysteresis, bounds) => {
    expect(quorumBounds({ ...C, quorum, hysteresis })).toEqual(bounds);
  });

  test('servers of weight 0 alone meet no quorum', () => {
    const realServers = [realServer('10.0.0.1', { weight: 0 })];
    const server = virtualServer({ realServers, sorryServer: sorryServer() });
    expect(follow(server, ['a'])).toEqual([{ held: '- | 1', met: false }]);
  });

  test('whatever is configured, it is met when all are up and lost when none is', () => {
    const weights = fc.array(fc.nat(5), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.nat(30), fc.nat(30), fc.boolean(), (w, quorum, hysteresis, was) => {
        const realServers = w.map((weight, at) => realServer(`10.0.0.${at}`, { weight }));
        const server = virtualServer({ realServers, quorum, hysteresis });
        const total = upWeight(
          server,
          w.map(() => true),
        );
        expect(quorumMet(server, total, was)).toBe(total > 0);
        expect(quorumMet(server, 0, was)).toBe(false);
      }),
    );
  });
});

/** Feeds who is up (`ab`) one after the other, beginning with the start. */
function follow(server: VirtualServer, ups: readonly string[]): { held: string; met: boolean }[] {
  let was: boolean | null = null;
  return ups.map((names) => {
    const up = server.realServers.map((_, at) => names.includes('abc'[at] as string));
    const met = quorumMet(server, upWeight(server, up), was);
    was = met;
    const { weights, sorryWeight } = servingOf(server, {
      up,
      holds: up.map(() => 'free'),
      met,
    });
    const held = weights.map((weight) => weight ?? '-').join(' ');
    return { held: `${held} | ${sorryWeight ?? '-'}`, met };
  });
}
