import { beforeEach, describe, expect, test } from 'vitest';
import type { AnnounceGaps } from '../../../src/model/vrrp.ts';
import { Announcer } from '../../../src/vrrp/holding/announcer.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';

const NO_GAP: AnnounceGaps = { standard: { arpMs: 0, neighbourMs: 0 }, groups: [] };

let clock: SimulatedClock;
let sent: string[];
let announcer: Announcer;

const say = (link: string, address: string): void =>
  announcer.announce({ interface: link, address, form: 'request' });

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
  test('vrrp-A4 without a gap are sent at once', () => {
    announcer.configure(NO_GAP);
    for (let time = 0; time < 5; time += 1) say('eth0', '10.0.0.1');
    expect(sent).toEqual(Array(5).fill('0 eth0 10.0.0.1'));
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

  test('keep their distance after a pause', async () => {
    announcer.configure({ ...NO_GAP, standard: { arpMs: 10, neighbourMs: 0 } });
    say('eth0', '10.0.0.1');
    await clock.settleTo(4);
    say('eth0', '10.0.0.2');
    await clock.settleTo(100);
    expect(sent).toEqual(['0 eth0 10.0.0.1', '10 eth0 10.0.0.2']);
  });
});
