/** What the supervisor passes on: no run of a tracked script is lost with the process that was to run it. */
import { expect, test } from 'vitest';
import { Relay } from '../../../src/daemon/supervisor/relay.ts';
import type { Script } from '../../../src/model/script.ts';

const script: Script = { argv: ['/etc/lvsd/check'], account: null };
const outcome = { exitCode: 0, signal: null, timedOut: false };

function world() {
  const sent: string[] = [];
  const relay = new Relay((name, message) => {
    sent.push(`${name} ${message.type} ${message.id}`);
  });
  const run = (id: number): void =>
    relay.run('vrrp', { type: 'run', id, script, timeoutMs: 1_000 });
  return { relay, run, sent };
}

test('an answer goes to whoever asked, by its own number', () => {
  const { relay, run, sent } = world();
  run(41);
  run(42);
  relay.ran({ type: 'ran', id: 2, outcome });
  relay.ran({ type: 'ran', id: 2, outcome });
  expect(sent).toEqual(['notify run 1', 'notify run 2', 'vrrp ran 42']);
});

test('what a dead notify process had not answered is asked of the next one', () => {
  const { relay, run, sent } = world();
  run(41);
  run(42);
  relay.ran({ type: 'ran', id: 1, outcome });
  sent.length = 0;
  relay.started('notify');
  relay.ran({ type: 'ran', id: 2, outcome });
  expect(sent).toEqual(['notify run 2', 'vrrp ran 42']);
});

test('what a dead vrrp process had asked is no answer to a question of the next one', () => {
  const { relay, run, sent } = world();
  run(1);
  relay.started('vrrp');
  sent.length = 0;
  relay.ran({ type: 'ran', id: 1, outcome });
  expect(sent).toEqual([]);
});
