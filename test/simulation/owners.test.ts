/** Two who own the addresses, and other cases that take time to show. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

interface Two {
  readonly clock: SimulatedClock;
  readonly eth0: SimulatedLink;
  readonly one: SimulatedDirector;
  readonly two: SimulatedDirector;
}

/** The second one has the greater address. */
function two(first: Partial<VrrpInstance>, second: Partial<VrrpInstance>): Two {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const world = { clock, links: { eth0 } };
  const one = new SimulatedDirector('one', 1, world);
  const other = new SimulatedDirector('two', 2, world);
  one.speaker.configure(configOf([instanceOf(first)]));
  other.speaker.configure(configOf([instanceOf(second)]));
  return { clock, eth0, one, two: other };
}

const alarmsOf = (director: SimulatedDirector): readonly string[] =>
  director.speaker.snapshot().instances.flatMap(({ alarms }) => alarms.map(({ name }) => name));

describe('vrrp-S17: two owners', () => {
  test('the lower address yields', async () => {
    const { clock, one, two: other } = two({ priority: 255 }, { priority: 255 });
    await clock.settleTo(500);
    expect([one.state(), other.state()]).toEqual(['backup', 'master']);
    await clock.settleTo(20_000);
    expect([one.state(), other.state()]).toEqual(['backup', 'master']);
    expect(other.speaker.snapshot().instances[0]?.effectivePriority).toBe(255);
  });

  test('the greater one gives its 255 up when the other does not yield', async () => {
    // Who ignores advertisements never yields.
    const deaf = { priority: 255, hearing: { ...instanceOf().hearing, ownerIgnores: true } };
    const { clock, one, two: other } = two(deaf, { priority: 255 });
    await clock.settleTo(3_000);
    expect([one.state(), other.state()]).toEqual(['master', 'master']);
    expect(alarmsOf(other)).toContain('two-owners');
    // Two advertisements and 1.2 of an interval after the first that was heard, and the next one of the other.
    await clock.settleTo(4_500);
    expect([one.state(), other.state()]).toEqual(['master', 'backup']);
    expect(other.speaker.snapshot().instances[0]?.effectivePriority).toBe(254);
    expect(other.held.size).toBe(0);
  });

  test('and keeps it when the other falls silent in time', async () => {
    const deaf = { priority: 255, hearing: { ...instanceOf().hearing, ownerIgnores: true } };
    const { clock, eth0, one, two: other } = two(deaf, { priority: 255 });
    await clock.settleTo(1_500);
    eth0.setCut('one', true);
    await clock.settleTo(20_000);
    expect([one.state(), other.state()]).toEqual(['master', 'master']);
    expect(other.speaker.snapshot().instances[0]?.effectivePriority).toBe(255);
  });

  test('a reload gives it back', async () => {
    const deaf = { priority: 255, hearing: { ...instanceOf().hearing, ownerIgnores: true } };
    const { clock, one, two: other } = two(deaf, { priority: 255 });
    await clock.settleTo(6_000);
    one.speaker.configure(configOf([]));
    other.speaker.configure(configOf([instanceOf({ priority: 255 })]));
    expect(other.speaker.snapshot().instances[0]?.effectivePriority).toBe(255);
  });
});

describe('vrrp-S22: who may preempt', () => {
  test('endures a lesser master for the delay, and takes over when it is over', async () => {
    const { clock, eth0, one, two: other } = two({ priority: 150, preemptDelayMs: 30_000 }, {});
    await clock.settleTo(5_000);
    eth0.setCut('one', true);
    await clock.settleTo(10_000);
    one.down.add('eth0');
    one.speaker.linksChanged();
    eth0.setCut('one', false);
    one.down.clear();
    one.speaker.linksChanged();
    await clock.settleTo(39_000);
    expect([one.state(), other.state()]).toEqual(['backup', 'master']);
    await clock.settleTo(42_000);
    expect([one.state(), other.state()]).toEqual(['master', 'backup']);
  });

  test('a master that resigns ends the delay', async () => {
    const { clock, one, two: other } = two({ priority: 150, preemptDelayMs: 1_000_000 }, {});
    await clock.settleTo(5_000);
    one.down.add('eth0');
    one.speaker.linksChanged();
    await clock.settleTo(10_000);
    one.down.clear();
    one.speaker.linksChanged();
    await clock.settleTo(60_000);
    expect([one.state(), other.state()]).toEqual(['backup', 'master']);
    void other.speaker.stop({ keep: false });
    await clock.settleTo(60_500);
    expect(one.state()).toBe('master');
  });
});

test('vrrp-S20: a master whose priority falls stays until a greater one takes over', async () => {
  const { clock, one, two: other } = two({ priority: 150 }, { priority: 100 });
  await clock.settleTo(8_000);
  one.speaker.configure(configOf([instanceOf({ priority: 50 })]));
  expect(one.state()).toBe('master');
  await clock.settleTo(8_999);
  expect(one.held.size).toBe(1);
  await clock.settleTo(12_500);
  expect([one.state(), other.state()]).toEqual(['backup', 'master']);
});

test('vrrp-S19: an interface that is made anew under its name is begun with anew', async () => {
  const { clock, one, two: other } = two({ priority: 150 }, { priority: 100 });
  await clock.settleTo(8_000);
  expect(one.state()).toBe('master');
  // Its addresses went with the old one.
  one.held.clear();
  one.linkIndex = 7;
  one.speaker.linksChanged();
  expect(one.state()).toBe('fault');
  await clock.settleTo(8_700);
  expect([one.state(), other.state()]).toEqual(['backup', 'master']);
  await clock.settleTo(16_000);
  expect([one.state(), other.state()]).toEqual(['master', 'backup']);
  expect(one.held.size).toBe(1);
});

test('`track_src_ip`: the source address must be on the interface', async () => {
  const source = { sourceAddress: '10.0.0.77', trackSourceAddress: true };
  const { clock, one } = two({ priority: 150, ...source }, {});
  await clock.settleTo(5_000);
  expect(one.state()).toBe('fault');
  expect(one.speaker.snapshot().instances[0]?.reason).toContain('10.0.0.77');
  one.held.add('10.0.0.77');
  one.speaker.linksChanged();
  expect(one.state()).toBe('backup');
});
