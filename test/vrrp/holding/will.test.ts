import { describe, expect, test } from 'vitest';
import {
  type Mastership,
  mastershipOf,
  type VrrpWill,
  writtenEveryMs,
} from '../../../src/vrrp/holding/will.ts';
import { simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

const INSTANCE = instanceOf({ advertIntervalMs: 1000 });
const MASTERSHIP: Mastership = {
  interface: 'eth0',
  vrid: 51,
  family: 'ipv4',
  peers: null,
  sinceMs: 7,
};

function willOf(mastership: Mastership): VrrpWill {
  return { atMs: 10_000, bootMs: 20_000, masters: [mastership], leases: [] };
}

const WILL = willOf(MASTERSHIP);

describe('a mastership is inherited', () => {
  test.each([
    ['at once', 10_001, MASTERSHIP],
    ['as long as no peer can have waited long enough', 11_999, MASTERSHIP],
    ['and no longer', 12_000, null],
    ['and not from a clock that was another', 9_999, null],
  ])('%s', (_, nowMs, expected) => {
    expect(mastershipOf(WILL, INSTANCE, nowMs)).toEqual(expected);
  });

  test('whatever the instance is called, and by no other one', () => {
    expect(mastershipOf(WILL, { ...INSTANCE, name: 'another' }, 10_001)).toEqual(MASTERSHIP);
    expect(mastershipOf(WILL, { ...INSTANCE, vrid: 52 }, 10_001)).toBeNull();
    expect(mastershipOf(null, INSTANCE, 10_001)).toBeNull();
  });

  test('by the one of two of a VRID that has a peer of it, and not by its twin', () => {
    const address = '10.0.0.9';
    const unicast = (...peers: readonly string[]) => ({
      ...INSTANCE,
      unicast: {
        peers: peers.map((one) => ({ address: one, ttlMin: 0, ttlMax: 255 })),
        ttl: 255,
        checkSource: true,
        oldChecksum: 'never' as const,
      },
    });
    const mastership: Mastership = { ...MASTERSHIP, peers: [address, '10.0.0.8'] };
    const will = willOf(mastership);
    expect(mastershipOf(will, unicast(address), 10_001)).toEqual(mastership);
    expect(mastershipOf(will, unicast('10.0.0.7', '10.0.0.8'), 10_001)).toEqual(mastership);
    expect(mastershipOf(will, unicast('10.0.0.7'), 10_001)).toBeNull();
    expect(mastershipOf(will, INSTANCE, 10_001)).toBeNull();
    expect(mastershipOf(WILL, unicast(address), 10_001)).toBeNull();
  });

  test('from a will that is not older than a second, of short intervals not than one of these', () => {
    expect(writtenEveryMs([INSTANCE])).toBe(1000);
    expect(writtenEveryMs([INSTANCE, instanceOf({ advertIntervalMs: 300 })])).toBe(300);
    expect(writtenEveryMs([instanceOf({ advertIntervalMs: 10 })])).toBe(100);
  });
});

describe('an heir', () => {
  const world = () => {
    const clock = simulatedClock();
    const links = { eth0: new SimulatedLink(clock) };
    return { clock, heir: new SimulatedDirector('one', 2, { clock, links }) };
  };

  test('is master at once, holds and announces, and no script is run', async () => {
    const { clock, heir } = world();
    heir.speaker.configure(configOf([INSTANCE], { startupDelayMs: 60_000 }), () => MASTERSHIP);
    await clock.settleTo(1);
    expect(heir.state()).toBe('master');
    expect(heir.held).toEqual(new Set(['10.0.0.100']));
    expect(heir.announced).toEqual(['10.0.0.100']);
    expect(heir.told).toEqual([]);
    expect(heir.speaker.snapshot().instances[0]).toMatchObject({
      sinceMs: 7,
      counters: { becameMaster: 0, advertsSent: 1 },
    });
    expect(heir.speaker.masters()).toMatchObject([{ mastership: MASTERSHIP }]);
  });

  test('that cannot be master lets go of what it inherited', async () => {
    const { clock, heir } = world();
    heir.held.add('10.0.0.100');
    heir.down.add('eth0');
    heir.speaker.configure(configOf([INSTANCE]), () => MASTERSHIP);
    await clock.settleTo(1);
    expect(heir.state()).toBe('fault');
    expect(heir.held.size).toBe(0);
  });
});
