import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import {
  catchSignals,
  SIGNAL_NUMBERS,
  type Signal,
} from '../../../src/daemon/supervisor/signals.ts';

test('signals that come before anybody can obey them are handed over in order, later ones at once', () => {
  const source = new EventEmitter();
  const realtime = new Map<number, () => void>();
  const take = catchSignals(source, (offset, run) => realtime.set(offset, run));
  source.emit('SIGHUP');
  source.emit('SIGTERM');
  const taken: Signal[] = [];
  take((signal) => taken.push(signal));
  expect(taken).toEqual(['SIGHUP', 'SIGTERM']);
  source.emit('SIGUSR1');
  expect(taken).toEqual(['SIGHUP', 'SIGTERM', 'SIGUSR1']);
  realtime.get(2)?.();
  realtime.get(-2)?.();
  expect(taken.slice(3)).toEqual(['JSON', 'STATS_CLEAR']);
});

test('the numbers are those that exporters ask keepalived for', () => {
  // keepalived 2.2.7: keepalived --signum=JSON, and so on.
  expect(SIGNAL_NUMBERS).toMatchObject({ DATA: 10, STATS: 12, JSON: 36, STATS_CLEAR: 63 });
});
