import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { catchSignals, type Signal } from '../../src/daemon/signals.ts';

test('signals that come before anybody can obey them are handed over in order, later ones at once', () => {
  const source = new EventEmitter();
  const take = catchSignals(source);
  source.emit('SIGHUP');
  source.emit('SIGTERM');
  const taken: Signal[] = [];
  take((signal) => taken.push(signal));
  expect(taken).toEqual(['SIGHUP', 'SIGTERM']);
  source.emit('SIGUSR1');
  expect(taken).toEqual(['SIGHUP', 'SIGTERM', 'SIGUSR1']);
});
