/** When, how many at once, how long: over simulated time, with checkers that answer as told. */
import { describe, expect, test } from 'vitest';
import type { Attempt, Verdict } from '../../src/health/checker.ts';
import { ATTEMPT_MS_MAX, type RoundOwner, Rounds } from '../../src/health/rounds.ts';
import { settled, simulatedClock } from '../world/clock.ts';

type Asking = Omit<Attempt, 'dial'>;

const up: Verdict = { up: true, latencyMs: 0 };

/** Asks every second, with a timeout of 500 ms, and keeps the times of what happens. */
function world() {
  const clock = simulatedClock();
  const rounds = new Rounds(clock);
  const owner = (
    name: string,
    ask: (attempt: Asking) => Promise<Verdict>,
    happened: string[],
  ): RoundOwner => ({
    timeoutMs: () => 500,
    ask: (attempt) => {
      happened.push(`${clock.now()} ${name} asks`);
      return ask(attempt);
    },
    onVerdict: (verdict) => {
      happened.push(`${clock.now()} ${name} ${verdict.up ? 'up' : verdict.reason}`);
      return clock.now() + 1000;
    },
    onUnasked: () => {
      happened.push(`${clock.now()} ${name} unasked`);
      return clock.now() + 1000;
    },
  });
  return { clock, rounds, owner };
}

/** Answers only when its signal aborts. */
function hangs({ signal }: Asking): Promise<Verdict> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ up: false, reason: 'timeout' }));
  });
}

describe('one checker', () => {
  test('is asked at its time, and again when its owner says so', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    rounds.begin(
      owner('a', async () => up, happened),
      300,
    );
    await clock.settleTo(2000);
    expect(happened).toEqual(['300 a asks', '300 a up', '1300 a asks', '1300 a up']);
  });

  test('that hangs ends at its timeout', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    rounds.begin(owner('a', hangs, happened), 0);
    await clock.settleTo(1600);
    expect(happened).toEqual(['0 a asks', '500 a timeout', '1500 a asks']);
  });

  test('that ignores its signal is left behind shortly after', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    rounds.begin(
      owner('a', () => new Promise(() => {}), happened),
      0,
    );
    await clock.settleTo(1000);
    expect(happened).toEqual(['0 a asks', '600 a timeout']);
    expect(rounds.running).toBe(0);
  });

  test('whose server keeps talking has more time, but not for ever', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    rounds.begin(
      owner(
        'a',
        (attempt) => {
          const talk = (): void => {
            if (attempt.signal.aborted) return;
            attempt.progress();
            clock.wakeAt(clock.now() + 400, talk);
          };
          talk();
          return hangs(attempt);
        },
        happened,
      ),
      0,
    );
    await clock.settleTo(ATTEMPT_MS_MAX + 500);
    expect(happened).toEqual(['0 a asks', `${ATTEMPT_MS_MAX} a timeout`]);
  });

  test('that could not be asked is not judged', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    rounds.begin(
      owner('a', () => Promise.reject(new Error('EMFILE')), happened),
      0,
    );
    await clock.settleTo(100);
    expect(happened).toEqual(['0 a asks', '0 a unasked']);
  });

  test('that is stopped is heard no more, neither waiting nor under way', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    const waiting = rounds.begin(
      owner('a', async () => up, happened),
      100,
    );
    const underWay = rounds.begin(owner('b', hangs, happened), 0);
    await clock.settleTo(50);
    waiting.stop();
    underWay.stop();
    await clock.settleTo(5000);
    expect(happened).toEqual(['0 b asks']);
    expect(rounds.running).toBe(0);
    expect(clock.armed).toBe(0);
  });

  test('is hastened but never delayed', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    const round = rounds.begin(
      owner('a', async () => up, happened),
      1000,
    );
    round.hasten(2000);
    round.hasten(700);
    await clock.settleTo(1100);
    expect(happened).toEqual(['700 a asks', '700 a up']);
  });
});

describe('many checkers', () => {
  test('that all hang hold up the others once, for no longer than their timeout', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    const ignored: string[] = [];
    for (let at = 0; at < 2000; at++) rounds.begin(owner(`hung ${at}`, hangs, ignored), 0);
    rounds.begin(
      owner('good', async () => up, happened),
      0,
    );
    await settled();
    expect(rounds.running).toBeLessThanOrEqual(1024);
    await clock.settleTo(20_000);
    const times = happened.filter((line) => line.endsWith('up')).map((line) => parseInt(line, 10));
    const gaps = times.slice(1).map((time, at) => time - (times[at] as number));
    expect(times[0]).toBeLessThanOrEqual(2000);
    expect(gaps.slice(1).every((gap) => gap === 1000)).toBe(true);
    expect(times.length).toBeGreaterThan(15);
  });

  test('do not drift: each keeps its own period however many there are', async () => {
    const { clock, rounds, owner } = world();
    const happened: string[] = [];
    for (let at = 0; at < 3000; at++) {
      rounds.begin(
        owner(`${at}`, async () => up, happened),
        500,
      );
    }
    await clock.settleTo(3600);
    const asked = happened.filter((line) => line.endsWith('asks'));
    const times = new Set(asked.map((line) => parseInt(line, 10)));
    expect([...times]).toEqual([500, 1500, 2500, 3500]);
    expect(asked).toHaveLength(4 * 3000);
    expect(clock.armed).toBe(1);
  });
});
