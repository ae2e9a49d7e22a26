// needs: root, netem; takes 65 s
/** A bad link between the directors: what it does within the limits of the protocol changes nothing. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

let pair: Duo;

beforeEach(async () => {
  pair = await Duo.ofExample('simplest-preempt');
  pair.start('director1');
  await pair.movesTo('director1');
  pair.start('director2');
  await eventually('director2 hears the master', async () => {
    const [instance] = (await pair.snapshot('director2'))?.vrrp?.instances ?? [];
    return instance?.masterPriority === 150;
  });
});

afterEach(() => pair.close());

async function timesMaster(): Promise<number | undefined> {
  return (await pair.snapshot('director2'))?.vrrp?.instances[0]?.counters.becameMaster;
}

test('advertisements that are 400 ms late, and then on time again, move nothing', async () => {
  await pair.lab.impair('director2', 'eth0', { delayMs: 400 });
  await pause(4_000);
  await pair.lab.impair('director2', 'eth0', null);
  await pause(2_000);
  expect(await timesMaster()).toBe(0);
});

test('a link cut for less than the master down interval moves nothing', async () => {
  await pair.lab.impair('director2', 'eth0', { lossPercent: 100 });
  await pause(1_500);
  await pair.lab.impair('director2', 'eth0', null);
  await pause(3_000);
  expect(await timesMaster()).toBe(0);
});

test('after a longer cut, in which both were master, one gives way', async () => {
  pair.mayOverlap = true;
  await pair.lab.impair('director2', 'eth0', { lossPercent: 100 });
  await eventually('director2 holds it too', () => pair.holds('director2'));
  await pair.lab.impair('director2', 'eth0', null);
  await pair.movesTo('director1');
  expect(await timesMaster()).toBe(1);
});
