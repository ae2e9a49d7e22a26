/** Many machines behind one timer. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines } from '../../src/vrrp/deadlines.ts';

class Sleeper {
  at = Infinity;
  deadline(): number {
    return this.at;
  }
}

test('each wakes at its deadline and at no other time, however often that moves (property)', () => {
  const moves = fc.array(
    fc.tuple(
      fc.nat(4),
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constant(Infinity)),
      fc.integer({ min: 0, max: 40 }),
    ),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(moves, (all) => {
      const deadlines = new Deadlines<Sleeper>();
      const sleepers = Array.from({ length: 5 }, () => new Sleeper());
      let now = 0;
      for (const [who, afterMs, passesMs] of all) {
        const sleeper = sleepers[who] as Sleeper;
        sleeper.at = now + afterMs;
        deadlines.note(sleeper);
        // The timer never comes after the first of them.
        expect(deadlines.first).toBeLessThanOrEqual(Math.min(...sleepers.map(({ at }) => at)));
        now += passesMs;
        const due = new Set(deadlines.takeDue(now));
        for (const one of sleepers) {
          expect(due.has(one)).toBe(one.at <= now);
          if (!due.has(one)) continue;
          one.at = Infinity;
          deadlines.note(one);
        }
      }
    }),
  );
});

test('a backup that hears its master every second costs one entry, not one a packet', () => {
  const deadlines = new Deadlines<Sleeper>();
  const sleeper = new Sleeper();
  let woken = 0;
  for (let now = 0; now < 100_000; now += 1_000) {
    sleeper.at = now + 3_600;
    deadlines.note(sleeper);
    woken += deadlines.takeDue(now).length;
  }
  expect(woken).toBe(0);
  sleeper.at = Infinity;
  deadlines.takeDue(1_000_000);
  expect(deadlines.first).toBe(Infinity);
});

test('who is forgotten is not woken any more', () => {
  const deadlines = new Deadlines<Sleeper>();
  const sleeper = new Sleeper();
  sleeper.at = 5;
  deadlines.note(sleeper);
  deadlines.forget(sleeper);
  expect(deadlines.takeDue(10)).toEqual([]);
});
