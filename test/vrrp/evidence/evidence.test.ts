/** What a director makes of who answers for its addresses, who is MASTER beside it, and of being alone. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

const VIP = '10.0.0.100';
const MAC = '02:00:00:00:00:09';
/** When a backup that hears nobody takes over: three intervals and the skew of priority 100. */
const TAKEOVER_MS = 3000 + ((256 - 100) * 1000) / 256;

interface World {
  readonly clock: SimulatedClock;
  readonly link: SimulatedLink;
  readonly director: SimulatedDirector;
}

function world(over: Partial<VrrpInstance> = {}): World {
  const clock = simulatedClock();
  const link = new SimulatedLink(clock);
  const director = new SimulatedDirector('one', 1, { clock, links: { eth0: link } });
  director.speaker.configure(configOf([instanceOf(over)]));
  return { clock, link, director };
}

function counters({ director }: World): Readonly<Record<string, unknown>> {
  return { ...director.speaker.snapshot().instances[0]?.counters };
}

function alarms({ director }: World): readonly string[] {
  return (director.speaker.snapshot().instances[0]?.alarms ?? []).map(({ name }) => name);
}

/** Takes the time there in small steps; somebody answers each question for an address. */
async function settleAnswering({ clock, director }: World, to: number): Promise<void> {
  while (clock.now() < to) {
    const asked = director.asked.length;
    await clock.settleTo(Math.min(to, clock.now() + 5));
    for (const address of director.asked.slice(asked))
      director.speaker.addressClaimed(address, MAC, 'eth0');
  }
}

describe('before a backup takes over', () => {
  test('vrrp-A10: it asks twice for the address, within the skew, and is no later for it', async () => {
    const one = world();
    await one.clock.settleTo(TAKEOVER_MS - 101);
    expect(one.director.asked).toEqual([]);
    await one.clock.settleTo(TAKEOVER_MS - 1);
    expect(one.director.asked).toEqual([VIP, VIP]);
    expect(one.director.state()).toBe('backup');
    await one.clock.settleTo(TAKEOVER_MS + 1);
    expect(one.director.state()).toBe('master');
    expect(counters(one)).toMatchObject({ answeredProbes: 0 });
  });

  test('who answers is waited for three intervals, and no longer', async () => {
    const one = world();
    await settleAnswering(one, TAKEOVER_MS + 2_900);
    expect(one.director.state()).toBe('backup');
    expect(counters(one)).toMatchObject({ answeredProbes: 1 });
    await settleAnswering(one, TAKEOVER_MS + 3_100);
    expect(one.director.state()).toBe('master');
  });

  test('who has answered once and is gone is not waited for longer', async () => {
    const one = world();
    await settleAnswering(one, TAKEOVER_MS + 100);
    expect(one.director.state()).toBe('backup');
    await one.clock.settleTo(TAKEOVER_MS + 1_010);
    expect(one.director.state()).toBe('master');
  });

  test('an advertisement ends the wait', async () => {
    const one = world();
    const two = new SimulatedDirector('two', 2, { clock: one.clock, links: { eth0: one.link } });
    await settleAnswering(one, TAKEOVER_MS + 500);
    two.speaker.configure(configOf([instanceOf({ priority: 255, initialState: 'master' })]));
    await settleAnswering(one, 20_000);
    expect(one.director.state()).toBe('backup');
    expect(counters(one)).toMatchObject({ answeredProbes: 1 });
  });

  test('claim_wait 0: nobody is asked', async () => {
    const one = world({ claimWaitMs: 0 });
    await settleAnswering(one, TAKEOVER_MS + 1);
    expect(one.director.asked).toEqual([]);
    expect(one.director.state()).toBe('master');
  });
});

describe('a master whose address another claims', () => {
  test('vrrp-A10: counts it, tells it, and defends it once in ten seconds', async () => {
    const one = world();
    // Behind the second round of announcements of a new master.
    await one.clock.settleTo(TAKEOVER_MS + 6_000);
    const before = one.director.announced.length;
    for (const _ of [1, 2, 3]) one.director.speaker.addressClaimed(VIP, MAC, 'eth0');
    expect(one.director.announced.length - before).toBe(1);
    expect(counters(one)).toMatchObject({ claimsByOthers: 3 });
    expect(alarms(one)).toEqual(['address-claimed']);
    await one.clock.settleBy(10_000);
    one.director.speaker.addressClaimed(VIP, MAC, 'eth0');
    expect(one.director.announced.length - before).toBe(2);
    one.director.speaker.addressClaimed('10.0.0.77', MAC, 'eth0');
    expect(counters(one)).toMatchObject({ claimsByOthers: 4 });
  });

  test('a backup takes no notice', async () => {
    const one = world();
    await one.clock.settleTo(1_000);
    one.director.speaker.addressClaimed(VIP, MAC, 'eth0');
    expect(counters(one)).toMatchObject({ claimsByOthers: 0 });
  });
});

describe('isolation_anchor', () => {
  const anchors = {
    isolationAnchors: ['10.0.0.254', '10.0.0.253'].map((address) => ({
      kind: 'address' as const,
      address,
    })),
  };

  test('who reaches none and hears nobody stands down, and comes back', async () => {
    const one = world(anchors);
    const gateway = async (to: number): Promise<void> => {
      while (one.clock.now() < to) {
        await one.clock.settleBy(100);
        one.director.speaker.addressClaimed('10.0.0.253', MAC, 'eth0');
      }
    };
    await gateway(6_000);
    expect(one.director.state()).toBe('master');
    expect(one.director.asked).toContain('10.0.0.254');
    await one.clock.settleTo(9_000);
    expect(one.director.state()).toBe('fault');
    expect(one.director.held.size).toBe(0);
    await gateway(14_000);
    expect(one.director.state()).toBe('master');
  });

  test('who hears a peer is not alone', async () => {
    const one = world(anchors);
    const two = new SimulatedDirector('two', 2, { clock: one.clock, links: { eth0: one.link } });
    two.speaker.configure(configOf([instanceOf({ priority: 255, initialState: 'master' })]));
    await one.clock.settleTo(20_000);
    expect(one.director.state()).toBe('backup');
  });

  const anchoredTo = (...kinds: readonly ('gateway' | 'real-servers')[]) => ({
    isolationAnchors: kinds.map((kind) => ({ kind })),
  });

  test('gateway: the routers of the default routes are asked, each on its own link', async () => {
    const one = world(anchoredTo('gateway'));
    one.director.gateways = [{ address: '10.0.0.254', interface: 'eth0' }];
    const answer = async (to: number, link: string): Promise<void> => {
      while (one.clock.now() < to) {
        await one.clock.settleBy(100);
        one.director.speaker.addressClaimed('10.0.0.254', MAC, link);
      }
    };
    await answer(6_000, 'eth0');
    expect(one.director.state()).toBe('master');
    expect(one.director.asked).toContain('10.0.0.254');
    // The same address on another link is another router.
    await answer(9_000, 'eth1');
    expect(one.director.state()).toBe('fault');
    await answer(14_000, 'eth0');
    expect(one.director.state()).toBe('master');
  });

  test('gateway without a default route is told and does not count, until there is one', async () => {
    const one = world(anchoredTo('gateway'));
    await one.clock.settleTo(20_000);
    expect(one.director.state()).toBe('master');
    expect(alarms(one)).toEqual(['no-gateway']);
    one.director.gateways = [{ address: '10.0.0.254', interface: 'eth0' }];
    await one.clock.settleBy(1_500);
    expect(one.director.state()).toBe('master');
    await one.clock.settleBy(2_000);
    expect(one.director.state()).toBe('fault');
    await one.clock.settleBy(20_000);
    expect(alarms(one)).toEqual([]);
  });

  test('real_servers: one that is found alive is enough, and nothing known of any is no fault', async () => {
    const one = world(anchoredTo('gateway', 'real-servers'));
    one.director.gateways = [{ address: '10.0.0.254', interface: 'eth0' }];
    one.director.serversUp = true;
    await one.clock.settleTo(10_000);
    expect(one.director.state()).toBe('master');
    one.director.serversUp = false;
    await one.clock.settleBy(3_000);
    expect(one.director.state()).toBe('fault');
    one.director.serversUp = true;
    await one.clock.settleBy(6_000);
    expect(one.director.state()).toBe('master');
    const two = world(anchoredTo('real-servers'));
    await two.clock.settleTo(20_000);
    expect(two.director.state()).toBe('master');
  });
});
