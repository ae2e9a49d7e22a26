import { beforeEach, describe, expect, test } from 'vitest';
import type { AnnounceGaps } from '../../../src/model/vrrp.ts';
import { Announcer } from '../../../src/vrrp/holding/announcer.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';

const NO_GAP: AnnounceGaps = { standard: { arpMs: 0, neighbourMs: 0 }, groups: [] };

let clock: SimulatedClock;
let sent: string[];
let announcer: Announcer;

const say = (link: string, address: string): void =>
  announcer.announce([{ interface: link, address, form: 'request' }], 1);

beforeEach(() => {
  clock = simulatedClock();
  sent = [];
  announcer = new Announcer(
    {
      announce: (link, address) => void sent.push(`${clock.now()} ${link} ${address}`),
      probe: () => {},
    },
    clock,
  );
});

describe('announcements', () => {
  const sayOften = (addresses: readonly string[], times: number): void => {
    const form = 'request';
    announcer.announce(
      addresses.map((address) => ({ interface: 'eth0', address, form })),
      times,
    );
  };

  test('vrrp-A4 without a gap are sent at once, and repeated soon', async () => {
    announcer.configure(NO_GAP);
    sayOften(['10.0.0.1'], 5);
    expect(sent).toEqual(['0 eth0 10.0.0.1']);
    await clock.settleTo(100);
    expect(sent).toEqual(['0 eth0 10.0.0.1', ...Array(4).fill('30 eth0 10.0.0.1')]);
  });

  test('the first of each comes before any is repeated', async () => {
    sayOften(['10.0.0.1'], 3);
    await clock.settleTo(7);
    sayOften(['10.0.0.2', '10.0.0.3'], 2);
    await clock.settleTo(100);
    expect(sent).toEqual([
      '0 eth0 10.0.0.1',
      '7 eth0 10.0.0.2',
      '7 eth0 10.0.0.3',
      '37 eth0 10.0.0.1',
      '37 eth0 10.0.0.2',
      '37 eth0 10.0.0.3',
      '37 eth0 10.0.0.1',
    ]);
  });

  test('are not repeated while there is something more urgent', async () => {
    let urgent = true;
    const announce = (_: string, address: string): void => void sent.push(address);
    announcer = new Announcer({ announce, probe: () => {} }, clock, () => urgent);
    sayOften(['10.0.0.1'], 2);
    await clock.settleTo(500);
    expect(sent).toEqual(['10.0.0.1']);
    urgent = false;
    await clock.settleTo(600);
    expect(sent).toEqual(['10.0.0.1', '10.0.0.1']);
  });

  test('are repeated though others are announced all the time', async () => {
    sayOften(['10.0.0.1'], 3);
    for (let at = 10; at <= 3_000; at += 10) {
      await clock.settleTo(at);
      sayOften(['10.0.0.2'], 1);
    }
    const own = sent.filter((one) => one.endsWith('10.0.0.1'));
    expect(own).toHaveLength(3);
    expect(Number(own[1]?.split(' ')[0])).toBeGreaterThanOrEqual(2_000);
    expect(Number(own[2]?.split(' ')[0])).toBeLessThan(2_100);
  });

  test('have a limit to how many wait', async () => {
    const form = 'request';
    const link = { interface: 'eth0', form } as const;
    const all = Array.from({ length: 1_000 }, (_, at) => ({ ...link, address: `10.0.0.${at}` }));
    for (let time = 0; time < 150; time += 1) announcer.announce(all, 2);
    await clock.settleTo(499);
    expect(sent).toHaveLength(150_000);
    await clock.settleTo(1_000);
    expect(sent).toHaveLength(150_000 + 100_000);
  });

  test('are not repeated when the address is let go, nor after the end', async () => {
    sayOften(['10.0.0.1', '10.0.0.2'], 2);
    announcer.forget(new Set(['10.0.0.1']));
    await clock.settleTo(50);
    sayOften(['10.0.0.3'], 2);
    announcer.close();
    await clock.settleTo(100);
    expect(sent).toEqual([
      '0 eth0 10.0.0.1',
      '0 eth0 10.0.0.2',
      '30 eth0 10.0.0.2',
      '50 eth0 10.0.0.3',
    ]);
  });

  test('thousands of repetitions leave others their turn', async () => {
    // A frame takes a millisecond.
    let tookMs = 0;
    let turns = 0;
    const slow = {
      ...clock,
      now: () => clock.now() + tookMs,
      wakeAt: (at: number, run: () => void) =>
        clock.wakeAt(at - tookMs, () => {
          turns += 1;
          run();
        }),
    };
    const announce = (): void => {
      tookMs += 1;
    };
    announcer = new Announcer({ announce, probe: () => {} }, slow);
    sayOften(['10.0.0.1', '10.0.0.2'], 10);
    await clock.settleTo(100);
    expect(tookMs).toBe(20);
    expect(turns).toBe(5);
  });

  test('with a gap follow each other on an interface, and no other waits for them', async () => {
    announcer.configure({ ...NO_GAP, standard: { arpMs: 10, neighbourMs: 20 } });
    say('eth0', '10.0.0.1');
    say('eth0', '10.0.0.2');
    say('eth1', '10.0.0.3');
    say('eth0', 'fd00::1');
    say('eth0', 'fd00::2');
    await clock.settleTo(100);
    expect(sent).toEqual([
      '0 eth0 10.0.0.1',
      '0 eth1 10.0.0.3',
      '0 eth0 fd00::1',
      '10 eth0 10.0.0.2',
      '20 eth0 fd00::2',
    ]);
  });

  test('of a garp_group take turns, whatever their interface', async () => {
    const group = { arpMs: 50, neighbourMs: 0, interfaces: ['eth0', 'eth1'] };
    announcer.configure({ ...NO_GAP, groups: [group] });
    say('eth0', '10.0.0.1');
    say('eth1', '10.0.0.2');
    say('eth2', '10.0.0.3');
    say('eth1', 'fd00::1');
    await clock.settleTo(100);
    expect(sent).toEqual([
      '0 eth0 10.0.0.1',
      '0 eth2 10.0.0.3',
      '0 eth1 fd00::1',
      '50 eth1 10.0.0.2',
    ]);
  });

  test('that still wait are dropped when the address is let go', async () => {
    announcer.configure({ ...NO_GAP, standard: { arpMs: 10, neighbourMs: 0 } });
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) say('eth0', address);
    announcer.forget(new Set(['10.0.0.2']));
    await clock.settleTo(100);
    expect(sent).toEqual(['0 eth0 10.0.0.1', '10 eth0 10.0.0.3']);
  });

  test('that still wait when a reload changes the gap go by the new one, and none is lost', async () => {
    const gaps = (arpMs: number) => ({ standard: { arpMs, neighbourMs: 0 }, groups: [] });
    const all = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    announcer.configure(gaps(100));
    sayOften(all, 1);
    await clock.settleTo(150);
    announcer.configure(gaps(50));
    await clock.settleTo(220);
    expect(sent).toEqual([
      '0 eth0 10.0.0.1',
      '100 eth0 10.0.0.2',
      '150 eth0 10.0.0.3',
      '200 eth0 10.0.0.4',
    ]);
    sayOften(all, 1);
    announcer.configure(gaps(0));
    expect(sent).toHaveLength(8);
  });

  test('keep their distance after a pause', async () => {
    announcer.configure({ ...NO_GAP, standard: { arpMs: 10, neighbourMs: 0 } });
    say('eth0', '10.0.0.1');
    await clock.settleTo(4);
    say('eth0', '10.0.0.2');
    await clock.settleTo(100);
    expect(sent).toEqual(['0 eth0 10.0.0.1', '10 eth0 10.0.0.2']);
  });
});
