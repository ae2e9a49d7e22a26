/** Sequences that keepalived was seen to go through, in virtual time. Times are seconds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstPace,
  nextUrl,
  type Pace,
  paceAfter,
  pacingRules,
  standingOf,
} from '../../src/health/pacing.ts';
import type { DialedCheck } from '../../src/model/checker.ts';
import { httpCheck, httpUrl, tcpCheck } from './make.ts';

interface Row {
  readonly name: string;
  readonly check: DialedCheck;
  readonly begin?: { until: 'up' | 'awaiting'; forgiving: boolean };
  /** Whether the server answers well at this time, seconds, for this url. */
  readonly ok: (at: number, url: number) => boolean;
  /** How long a failure takes: a timeout. */
  readonly failureTakes?: number;
  readonly until: number;
  /** When attempts began; with urls, `x1` is the first url at 1. */
  readonly attempts: readonly (number | string)[];
  readonly transitions: readonly string[];
}

const never = (): boolean => false;
const always = (): boolean => true;
const outside =
  (from: number, to: number) =>
  (at: number): boolean =>
    at < from || at >= to;
const xyz = [httpUrl('/x'), httpUrl('/y'), httpUrl('/z')];
/** `y` fails from `from` until `to`. */
const yFails =
  (from: number, to: number) =>
  (at: number, url: number): boolean =>
    url !== 1 || at < from || at >= to;

const rows: readonly Row[] = [
  {
    name: '1: TCP, fails from the start: one failure is enough, then one attempt a loop',
    check: tcpCheck({ retry: 3 }),
    ok: never,
    until: 8,
    attempts: [1, 3, 5, 7],
    transitions: ['down 1'],
  },
  {
    name: '3: TCP, failed, then one success is up',
    check: tcpCheck({ retry: 3 }),
    ok: (at) => at >= 5,
    until: 10,
    attempts: [1, 3, 5, 7, 9],
    transitions: ['down 1', 'up 5'],
  },
  {
    name: '4: TCP retry 3, up, then fails: four attempts D apart, then one a loop',
    check: tcpCheck({ retry: 3 }),
    ok: (at) => at < 3,
    until: 9,
    attempts: [1, 3, 3.5, 4, 4.5, 6.5, 8.5],
    transitions: ['up 1', 'down 4.5'],
  },
  {
    name: '5: TCP with the default retry 1 after 1 s',
    check: tcpCheck({ retry: 1, delayBeforeRetryMs: 1000 }),
    ok: (at) => at < 3,
    until: 7,
    attempts: [1, 3, 4, 6],
    transitions: ['up 1', 'down 4'],
  },
  {
    name: '6: TCP retry 0: the first failure decides, one success repairs',
    check: tcpCheck({ retry: 0 }),
    ok: outside(3, 7),
    until: 10,
    attempts: [1, 3, 5, 7, 9],
    transitions: ['up 1', 'down 3', 'up 7'],
  },
  {
    name: '8: TCP alpha retry 3, fails: down at the first failure',
    check: tcpCheck({ retry: 3 }),
    begin: { until: 'awaiting', forgiving: false },
    ok: never,
    until: 6,
    attempts: [1, 3, 5],
    transitions: ['down 1'],
  },
  {
    name: '9: TCP, silent from the start: down after connect_timeout',
    check: tcpCheck({ retry: 2 }),
    ok: never,
    failureTakes: 1,
    until: 8,
    attempts: [1, 4, 7],
    transitions: ['down 2'],
  },
  {
    name: '10: HTTP retry 3, 500 until 8: two successes, L apart, are up',
    check: httpCheck({ retry: 3 }),
    ok: (at) => at >= 8,
    until: 12,
    attempts: [1, 3, 5, 7, 9, 11],
    transitions: ['down 1', 'up 11'],
  },
  {
    name: '11: HTTP retry 3, up, then 500',
    check: httpCheck({ retry: 3 }),
    ok: (at) => at < 3,
    until: 9,
    attempts: [1, 3, 3.5, 4, 4.5, 6.5, 8.5],
    transitions: ['up 1', 'down 4.5'],
  },
  {
    name: '12: HTTP defaults: retry 1 after 3 s; while down every max(L, D), recovery L apart',
    check: httpCheck({ retry: 1, delayBeforeRetryMs: 3000 }),
    ok: outside(3, 11),
    until: 15,
    attempts: [1, 3, 6, 9, 12, 14],
    transitions: ['up 1', 'down 6', 'up 14'],
  },
  {
    name: '13: HTTP retry 1, D 5',
    check: httpCheck({ retry: 1, delayBeforeRetryMs: 5000 }),
    ok: outside(3, 16),
    until: 21,
    attempts: [1, 3, 8, 13, 18, 20],
    transitions: ['up 1', 'down 8', 'up 20'],
  },
  {
    name: '14: HTTP retry 0: D spaces the attempts although nothing is retried',
    check: httpCheck({ retry: 0, delayBeforeRetryMs: 3000 }),
    ok: (at) => at < 3,
    until: 10,
    attempts: [1, 3, 6, 9],
    transitions: ['up 1', 'down 3'],
  },
  {
    name: '15: HTTP retry 2, accepts and never answers, from the start',
    check: httpCheck({ retry: 2 }),
    ok: never,
    failureTakes: 1,
    until: 8,
    attempts: [1, 4, 7],
    transitions: ['down 2'],
  },
  {
    name: '16: the same while up: each timeout moves what follows',
    check: httpCheck({ retry: 2 }),
    ok: (at) => at < 3,
    failureTakes: 1,
    until: 10,
    attempts: [1, 3, 4.5, 6, 9],
    transitions: ['up 1', 'down 7'],
  },
  {
    name: '17: three urls, one a loop; the result is there when all have answered',
    check: httpCheck({ retry: 2 }, { urls: xyz }),
    begin: { until: 'awaiting', forgiving: false },
    ok: always,
    until: 8,
    attempts: ['x1', 'y3', 'z5', 'x7'],
    transitions: ['up 5'],
  },
  {
    name: '18: the failed url once, then all three once more, L apart',
    check: httpCheck({ retry: 2 }, { urls: xyz }),
    ok: yFails(6, 13),
    until: 23,
    attempts: [
      'x1',
      'y3',
      'z5',
      'x7',
      'y9',
      'y9.5',
      'y10',
      'y12',
      'y14',
      'x16',
      'y18',
      'z20',
      'x22',
    ],
    transitions: ['up 5', 'down 10', 'up 20'],
  },
  {
    name: '19: fast_recovery hurries through the first round only',
    check: httpCheck({ retry: 2 }, { urls: xyz, fastRecovery: true }),
    begin: { until: 'awaiting', forgiving: false },
    ok: always,
    until: 8,
    attempts: ['x1', 'y1', 'z1', 'x3', 'y5', 'z7'],
    transitions: ['up 1'],
  },
  {
    name: '20: fast_recovery hurries through recovery',
    check: httpCheck({ retry: 2 }, { urls: xyz, fastRecovery: true }),
    ok: yFails(4, 11),
    until: 15,
    attempts: [
      'x1',
      'y1',
      'z1',
      'x3',
      'y5',
      'y5.5',
      'y6',
      'y8',
      'y10',
      'y12',
      'x12',
      'y12',
      'z12',
      'x14',
    ],
    transitions: ['up 1', 'down 6', 'up 12'],
  },
  {
    name: '24: TCP retry 3, new at a reload: all retries before the first result',
    check: tcpCheck({ retry: 3 }),
    begin: { until: 'up', forgiving: true },
    ok: never,
    until: 5,
    attempts: [1, 1.5, 2, 2.5, 4.5],
    transitions: ['down 2.5'],
  },
  {
    name: '25: HTTP retry 1, new at a reload',
    check: httpCheck({ retry: 1 }),
    begin: { until: 'up', forgiving: true },
    ok: never,
    until: 3,
    attempts: [1, 1.5],
    transitions: ['down 1.5'],
  },
  {
    name: 'a url that fails in the first round is enough, although others have answered',
    check: httpCheck({ retry: 3 }, { urls: xyz }),
    ok: yFails(0, 100),
    until: 6,
    attempts: ['x1', 'y3', 'y5'],
    transitions: ['down 3'],
  },
  {
    name: 'a failure in the middle of recovery begins it anew, at the url that failed',
    check: httpCheck({ retry: 0 }, { urls: xyz }),
    ok: (at, url) => (url === 0 ? at >= 2 : at !== 5),
    until: 18,
    attempts: ['x1', 'x3', 'x5', 'y7', 'z9', 'x11', 'y13', 'z15', 'x17'],
    transitions: ['down 1', 'up 9'],
  },
];

describe('a checker goes its rounds as observed', () => {
  test.each(rows)('$name', (row) => {
    const { attempts, transitions } = run(row);
    expect({ attempts, transitions }).toEqual({
      attempts: row.attempts,
      transitions: row.transitions,
    });
  });
});

/** Follows the machine from 1 s on. */
function run(row: Row): { attempts: (number | string)[]; transitions: string[] } {
  const rules = pacingRules(row.check);
  const attempts: (number | string)[] = [];
  const transitions: string[] = [];
  let pace: Pace = firstPace(row.begin ?? { until: 'up', forgiving: false });
  let at = 1;
  while (at <= row.until) {
    const url = nextUrl(pace);
    attempts.push(rules.urls === 1 ? at : `${'xyz'[url]}${at}`);
    const up = row.ok(at, url);
    const result = up ? at : at + (row.failureTakes ?? 0);
    const step = paceAfter(rules, pace, up, result * 1000);
    if (step.transition !== null) transitions.push(`${step.transition} ${result}`);
    pace = step.pace;
    at = step.nextAt / 1000;
  }
  return { attempts, transitions };
}

describe('whatever the verdicts', () => {
  const check = fc.record({
    retry: fc.nat(4),
    urls: fc.integer({ min: 1, max: 4 }),
    fastRecovery: fc.boolean(),
    tcp: fc.boolean(),
    until: fc.constantFrom('up' as const, 'awaiting' as const),
    forgiving: fc.boolean(),
  });

  test('a transition always changes what has been told, and the url exists', () => {
    fc.assert(
      fc.property(check, fc.array(fc.boolean(), { maxLength: 60 }), (given, verdicts) => {
        const urls = xyz.concat(httpUrl('/w')).slice(0, given.urls);
        const rules = pacingRules(
          given.tcp
            ? tcpCheck({ retry: given.retry })
            : httpCheck({ retry: given.retry }, { urls, fastRecovery: given.fastRecovery }),
        );
        let pace = firstPace(given);
        for (const up of verdicts) {
          const before = pace;
          const step = paceAfter(rules, pace, up, 0);
          pace = step.pace;
          expect(nextUrl(pace)).toBeLessThan(rules.urls);
          expect(step.nextAt).toBeGreaterThanOrEqual(0);
          if (step.transition === null) {
            expect(pace.is).toBe(before.is);
          } else {
            expect(standingOf(pace)).toBe(step.transition);
            expect(before.is).not.toBe(step.transition);
          }
        }
      }),
    );
  });

  test('enough failures in a row are down, enough successes in a row are up', () => {
    fc.assert(
      fc.property(check, fc.array(fc.boolean(), { maxLength: 20 }), (given, verdicts) => {
        const rules = pacingRules(httpCheck({ retry: given.retry }, { urls: xyz }));
        const follow = (pace: Pace, ups: readonly boolean[]): Pace =>
          ups.reduce((state, up) => paceAfter(rules, state, up, 0).pace, pace);
        const somewhere = follow(firstPace(given), verdicts);
        expect(follow(somewhere, Array(given.retry + 1).fill(false)).is).toBe('down');
        expect(follow(somewhere, Array(1 + rules.urls).fill(true)).is).toBe('up');
      }),
    );
  });
});
