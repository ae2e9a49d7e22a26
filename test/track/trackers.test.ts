/** All that a configuration tracks, through the speaker: what it does to priorities and states. */
import { describe, expect, test } from 'vitest';
import type { Track, VrrpConfig, VrrpTrackFile } from '../../src/model/vrrp.ts';
import { valueIn } from '../../src/track/file.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';
import { HAPROXY } from '../world/track-process.ts';

interface World {
  readonly clock: SimulatedClock;
  readonly director: SimulatedDirector;
  configure(tracks: readonly Track[], over?: Partial<VrrpConfig>): Promise<void>;
  priority(): number | undefined;
}

function world(): World {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock), eth1: new SimulatedLink(clock) };
  const director = new SimulatedDirector('one', 1, { clock, links });
  return {
    clock,
    director,
    configure: async (tracks, over = {}) => {
      director.speaker.configure(configOf([instanceOf({ tracks })], over));
      await clock.settleBy(0);
    },
    priority: () => director.speaker.snapshot().instances[0]?.effectivePriority,
  };
}

const track = (kind: Track['kind'], name: string, weightDelta = 0, reverse = false): Track => ({
  kind,
  name,
  weightDelta,
  reverse,
});
const load: VrrpTrackFile = { name: 'load', path: '/run/load', init: null };

describe('a tracked file', () => {
  test.each([
    ['5', 5],
    [' -12\n', -12],
    ['+7 of 9', 7],
    ['', null],
    ['abc', null],
    ['99999999999', 2_147_483_647],
    ['-99999999999', -2_147_483_648],
  ])('holds %j: %s', (text, expected) => {
    expect(valueIn(text)).toBe(expected);
  });

  test('moves the priority by its number times the weight, and back', async () => {
    const { director, configure, priority } = world();
    await configure([track('file', 'load', -2)], { trackFiles: [load] });
    expect(priority()).toBe(100);
    for (const [text, expected] of [
      ['10', 80],
      ['-30', 160],
      ['none', 100],
      ['100', 1],
    ] as const) {
      director.files.set('/run/load', text);
      director.lookAround();
      expect(priority(), text).toBe(expected);
    }
    director.files.delete('/run/load');
    director.lookAround();
    expect(priority()).toBe(100);
    const [tracker] = director.speaker.snapshot().instances[0]?.trackers ?? [];
    expect(tracker).toMatchObject({ kind: 'file', value: 0, detail: 'there is no such file' });
  });

  test('takes 254 or more: a fault; without weight, with anything but 0', async () => {
    const { clock, director, configure } = world();
    await configure([track('file', 'load', 1)], { trackFiles: [load] });
    await clock.settleTo(5_000);
    expect(director.state()).toBe('master');
    director.files.set('/run/load', '-254');
    director.lookAround();
    expect(director.state()).toBe('fault');
    await configure([track('file', 'load')], { trackFiles: [load] });
    expect(director.state()).toBe('fault');
    director.files.set('/run/load', '0');
    director.lookAround();
    expect(director.state()).toBe('backup');
    director.files.set('/run/load', '1');
    director.lookAround();
    expect(director.speaker.snapshot().instances[0]).toMatchObject({
      state: 'fault',
      reason: 'file load holds 1',
    });
  });

  test('reversed takes where it gave', async () => {
    const { director, configure, priority } = world();
    await configure([track('file', 'load', 1, true)], { trackFiles: [load] });
    director.files.set('/run/load', '20');
    director.lookAround();
    expect(priority()).toBe(80);
  });

  test('is written at the start, over what is there only when that is wanted', async () => {
    const { director, configure, priority } = world();
    director.files.set('/run/kept', '3');
    director.files.set('/run/anew', '4');
    const files = [
      { name: 'kept', path: '/run/kept', init: { value: 9, overwrite: false } },
      { name: 'anew', path: '/run/anew', init: { value: 8, overwrite: true } },
      { name: 'made', path: '/run/made', init: { value: 7, overwrite: false } },
    ];
    await configure(
      files.map(({ name }) => track('file', name, 1)),
      { trackFiles: files },
    );
    expect(director.files.get('/run/made')).toBe('7\n');
    expect(priority()).toBe(100 + 3 + 8 + 7);
  });
});

describe('a tracked process', () => {
  test('that is missing is a fault, or costs priority', async () => {
    const { clock, director, configure, priority } = world();
    await configure([track('process', 'proxy')], { trackProcesses: [HAPROXY] });
    expect(director.state()).toBe('fault');
    director.processes.set(7, { comm: 'haproxy', argv: [] });
    director.lookAround();
    expect(director.state()).toBe('backup');
    await configure([track('process', 'proxy', -30)], { trackProcesses: [HAPROXY] });
    expect(priority()).toBe(100);
    director.processes.clear();
    director.lookAround();
    expect(priority()).toBe(70);
    await clock.settleTo(5_000);
    expect(director.state()).toBe('master');
  });

  test('keeps what was known until a reload has counted it anew', async () => {
    const { clock, director, configure } = world();
    director.processes.set(7, { comm: 'haproxy', argv: [] });
    await configure([track('process', 'proxy')], { trackProcesses: [HAPROXY] });
    await clock.settleTo(5_000);
    director.speaker.configure(
      configOf([instanceOf({ tracks: [track('process', 'proxy')] })], {
        trackProcesses: [{ ...HAPROXY, quorum: 2 }],
      }),
    );
    expect(director.state()).toBe('master');
    await clock.settleBy(0);
    expect(director.state()).toBe('fault');
  });
});

describe('a tracked interface', () => {
  test('may be absent, appear, vanish and come back', async () => {
    const { director, configure } = world();
    await configure([track('interface', 'eth1')]);
    expect(director.state()).toBe('backup');
    director.down.add('eth1');
    director.speaker.linksChanged();
    expect(director.state()).toBe('fault');
    await configure([track('interface', 'wlan7')]);
    expect(director.speaker.snapshot().instances[0]?.reason).toBe('interface wlan7 is down');
    await configure([track('interface', 'wlan7', 0, true)]);
    expect(director.state()).toBe('backup');
  });

  test('moves the priority, the other way round with `reverse`', async () => {
    const { director, configure, priority } = world();
    await configure([track('interface', 'eth1', -20)]);
    expect(priority()).toBe(100);
    director.down.add('eth1');
    director.speaker.linksChanged();
    expect(priority()).toBe(80);
    await configure([track('interface', 'eth1', -20, true)]);
    expect(priority()).toBe(100);
  });

  test('counts as changed when that has lasted (`interface_up_down_delays`)', async () => {
    const { clock, director, configure } = world();
    const linkDelays = [{ interface: 'eth0', downMs: 500, upMs: 2_000 }];
    await configure([], { linkDelays });
    await clock.settleTo(5_000);
    const set = (isDown: boolean): void => {
      if (isDown) director.down.add('eth0');
      else director.down.delete('eth0');
      director.speaker.linksChanged();
    };
    set(true);
    await clock.settleTo(5_400);
    set(false);
    await clock.settleTo(7_000);
    expect(director.state()).toBe('master');
    set(true);
    await clock.settleTo(7_499);
    expect(director.state()).toBe('master');
    await clock.settleTo(7_501);
    expect(director.state()).toBe('fault');
    set(false);
    await clock.settleTo(9_400);
    expect(director.state()).toBe('fault');
    await clock.settleTo(9_502);
    expect(director.state()).toBe('backup');
  });

  test('that is its own counts nothing with `dont_track_primary`', async () => {
    const { clock, director } = world();
    director.speaker.configure(configOf([instanceOf({ trackPrimaryInterface: false })]));
    await clock.settleTo(5_000);
    director.down.add('eth0');
    director.speaker.linksChanged();
    expect(director.state()).toBe('master');
  });
});

describe('a tracked BFD session', () => {
  test('is down until it is heard of', async () => {
    const { director, configure, priority } = world();
    await configure([track('bfd', 'router')]);
    expect(director.state()).toBe('fault');
    director.hearSessions({ router: true });
    expect(director.state()).toBe('backup');
    await configure([track('bfd', 'router', 40)]);
    expect(priority()).toBe(140);
  });
});

test('a reload keeps the results of what is the same, whatever it is called now', async () => {
  const { clock, director, configure, priority } = world();
  director.files.set('/run/load', '-10');
  await configure([track('file', 'load', 1)], { trackFiles: [load] });
  await clock.settleTo(5_000);
  expect(priority()).toBe(90);
  const told = director.told.length;
  director.speaker.configure(
    configOf([instanceOf({ tracks: [track('file', 'renamed', 1)] })], {
      trackFiles: [{ ...load, name: 'renamed' }],
    }),
  );
  expect(priority()).toBe(90);
  expect(director.state()).toBe('master');
  expect(director.told.length).toBe(told);
});
