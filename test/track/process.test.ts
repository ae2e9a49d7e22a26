/** Tracked processes: which are meant, and when a quorum counts. */
import { describe, expect, test } from 'vitest';
import type { VrrpTrackProcess } from '../../src/model/vrrp.ts';
import { isMeant, TrackedProcess } from '../../src/track/process.ts';
import { simulatedClock } from '../world/clock.ts';
import { HAPROXY } from '../world/track-process.ts';

const facts = (comm: string, ...argv: string[]) => ({ comm, argv });
const haproxy = facts('haproxy', '/usr/sbin/haproxy', '-f', '/etc/a.cfg', '-W');
const full = { command: '/usr/sbin/haproxy', fullCommand: true } as const;

describe('a process', () => {
  test.each([
    ['is meant by its short name', {}, haproxy, true],
    ['not by another one', {}, facts('haproxy2'), false],
    ['by the last part of a path', { command: '/usr/sbin/haproxy' }, facts('haproxy'), true],
    [
      'by the 15 octets that the kernel keeps',
      { command: 'a-very-long-program-name' },
      facts('a-very-long-pro'),
      true,
    ],
    ['by its whole command', full, haproxy, true],
    ['not by the same name elsewhere', { ...full, command: '/opt/haproxy' }, haproxy, false],
    ['by a name without directory', { fullCommand: true }, haproxy, true],
    ['a thread of the kernel has no command', full, facts('haproxy'), false],
    [
      'with all parameters',
      { ...full, parameterMatch: 'exact', parameters: ['-f', '/etc/a.cfg', '-W'] },
      haproxy,
      true,
    ],
    [
      'not with one of them missing',
      { ...full, parameterMatch: 'exact', parameters: ['-f', '/etc/a.cfg'] },
      haproxy,
      false,
    ],
    ['not with any, when none is wanted', { ...full, parameterMatch: 'exact' }, haproxy, false],
    [
      'with the first parameters',
      { ...full, parameterMatch: 'initial', parameters: ['-f', '/etc/a.cfg'] },
      haproxy,
      true,
    ],
    [
      'not with later ones as first',
      { ...full, parameterMatch: 'initial', parameters: ['-W'] },
      haproxy,
      false,
    ],
    [
      'with parameters among them',
      { ...full, parameterMatch: 'partial', parameters: ['-W', '-f'] },
      haproxy,
      true,
    ],
  ] as const)('%s', (_, over, process, expected) => {
    expect(isMeant({ ...HAPROXY, ...over }, process)).toBe(expected);
  });
});

function counted(over: Partial<VrrpTrackProcess>) {
  const clock = simulatedClock();
  const changes: (boolean | null)[] = [];
  const tracker = new TrackedProcess({ ...HAPROXY, ...over }, clock, () => {
    changes.push(tracker.reading.up);
  });
  const run = (...pids: number[]): void => {
    for (const pid of [1, 2, 3]) tracker.see(pid, pids.includes(pid) ? haproxy : null);
    tracker.settle();
  };
  return { clock, changes, tracker, run };
}

describe('a quorum', () => {
  test('is met from so many on, and up to so many', () => {
    const { changes, run, tracker } = counted({ quorum: 2, quorumMax: 2 });
    run(1);
    run(1, 2);
    run(1, 2, 3);
    run(2, 3);
    expect(changes).toEqual([false, true, false, true]);
    expect(tracker.detail).toBe('2 processes');
  });

  test('of none at all is met while it does not run', () => {
    const { changes, run } = counted({ quorum: 0, quorumMax: 0 });
    run();
    run(1);
    expect(changes).toEqual([true, false]);
  });

  test('counts at once when it is found first, and after the delays later', () => {
    const { clock, changes, run } = counted({ forkDelayMs: 300, terminateDelayMs: 1_000 });
    run(1);
    expect(changes).toEqual([true]);
    run();
    clock.advanceTo(999);
    expect(changes).toEqual([true]);
    run(1);
    clock.advanceTo(5_000);
    expect(changes).toEqual([true]);
    run();
    clock.advanceTo(6_000);
    expect(changes).toEqual([true, false]);
    run(2);
    clock.advanceTo(6_299);
    expect(changes).toEqual([true, false]);
    clock.advanceTo(6_300);
    expect(changes).toEqual([true, false, true]);
  });
});
