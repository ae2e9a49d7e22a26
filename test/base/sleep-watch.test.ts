/** A machine that was suspended: CLOCK_BOOTTIME has gone on, CLOCK_MONOTONIC has not. */
import { describe, expect, test } from 'vitest';
import { sleepWatch } from '../../src/base/sleep-watch.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

function world() {
  const awake = simulatedClock();
  let asleepMs = 0;
  const slept: number[] = [];
  const uptimeMs = (): number => Math.floor((awake.now() + asleepMs) / 10) * 10;
  const clock = sleepWatch(awake, uptimeMs, (forMs) => {
    slept.push(Math.round(forMs / 100) * 100);
    director.speaker.slept(forMs);
  });
  const links = { eth0: new SimulatedLink(awake) };
  const director = new SimulatedDirector('one', 1, { clock: { ...awake, ...clock }, links });
  const suspend = (ms: number): void => {
    asleepMs += ms;
  };
  return { awake, director, slept, suspend };
}

describe('F42: the machine of a MASTER is suspended', () => {
  test('for longer than a peer waits: it gives up before it advertises, and listens first', async () => {
    const { awake, director, slept, suspend } = world();
    director.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    await awake.settleTo(10_250);
    expect(director.state()).toBe('master');
    const sent = director.speaker.snapshot().instances[0]?.counters.advertsSent;
    suspend(30_000);
    await awake.settleBy(1_000);
    expect(slept).toEqual([30_000]);
    const [instance] = director.speaker.snapshot().instances;
    expect(instance).toMatchObject({
      state: 'backup',
      counters: { advertsSent: sent, releasedMaster: 1 },
    });
    expect(instance?.reason).toMatch(/^the machine was suspended for \d+ ms$/);
    expect(director.held.size).toBe(0);
    await awake.settleBy(5_000);
    expect(director.state()).toBe('master');
  });

  test('for less: nothing happens but that it is told', async () => {
    const { awake, director, slept, suspend } = world();
    director.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    await awake.settleTo(10_000);
    suspend(1_000);
    await awake.settleBy(2_000);
    expect(slept).toEqual([1_000]);
    expect(director.state()).toBe('master');
  });

  test('a process that was only busy has not slept', async () => {
    const { awake, director, slept } = world();
    director.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    awake.advanceTo(60_000);
    expect(slept).toEqual([]);
  });
});
