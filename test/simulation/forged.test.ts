/** F37: packets of who has no key, or of who has none to need, change no role. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import type { ReceivedPacket } from '../../src/vrrp/adverts/admit.ts';
import { type AuthOctets, encodeAdvert } from '../../src/wire/vrrp.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const GROUP = '224.0.0.18';
const signing = {
  keys: [{ id: 1, key: '11'.repeat(32) }],
  activeKey: 1,
  mode: 'enforce',
  antiReplay: 'time',
  windowMs: 5_000,
} as const;

interface Forged {
  readonly priority?: number;
  readonly version?: 2 | 3;
  readonly intervalMs?: number;
  readonly hopLimit?: number;
  readonly auth?: AuthOctets;
  readonly source?: string;
  readonly addresses?: readonly string[];
}

function scene(over: Partial<VrrpInstance>) {
  const clock = simulatedClock();
  const eth0 = new SimulatedLink(clock);
  const world = { clock, links: { eth0 } };
  const one = new SimulatedDirector('one', 1, world);
  const two = new SimulatedDirector('two', 2, world);
  one.speaker.configure(configOf([instanceOf({ ...over, priority: 150 })]));
  two.speaker.configure(configOf([instanceOf({ ...over, priority: 100 })]));
  const recorded: ReceivedPacket[] = [];
  const stranger = eth0.attach({
    host: 'stranger',
    onPacket: (packet) => recorded.push(packet),
  });
  const forge = (forged: Forged): void => {
    const { source = '10.0.0.66', version = over.version ?? 2, hopLimit = 255 } = forged;
    const payload = encodeAdvert(
      {
        version,
        vrid: 51,
        priority: forged.priority ?? 254,
        intervalMs: forged.intervalMs ?? 1_000,
        addresses: forged.addresses ?? ['10.0.0.100'],
      },
      { family: 'ipv4', source, destination: GROUP },
      forged.auth,
    );
    stranger.send({ source, destination: GROUP, hopLimit, header: new Uint8Array(0), payload });
  };
  const states = (): string => `${one.state()} ${two.state()}`;
  return { clock, one, two, recorded, stranger, forge, states };
}

const V3 = { version: 3, authentication: { type: 'none' } } as const;
const PASS = { authentication: { type: 'pass', key: 'secret' } } as const;
const SIGNED = { ...V3, signing } as const;

describe('changes no role', () => {
  test.each<[string, Partial<VrrpInstance>, Forged]>([
    ['an interval of 0', V3, { intervalMs: 0 }],
    ['a TTL of 254', V3, { hopLimit: 254 }],
    ['no address', V3, { addresses: [] }],
    ['another version', PASS, { version: 3 }],
    ['no password', PASS, {}],
    ['another password', PASS, { auth: { type: 1, key: 'other' } }],
    [
      'another interval of version 2',
      PASS,
      { auth: { type: 1, key: 'secret' }, intervalMs: 2_000 },
    ],
    ['no signature', SIGNED, {}],
    ['no signature, and a stop', SIGNED, { priority: 0 }],
    ['our own source', V3, { source: '10.0.0.1' }],
  ])('%s', async (_, over, forged) => {
    const { clock, forge, states } = scene(over);
    await clock.settleTo(10_000);
    expect(states()).toBe('master backup');
    for (let count = 0; count < 20; count += 1) {
      forge(forged);
      await clock.settleBy(250);
      expect(states()).toBe('master backup');
    }
  });

  test('a recorded advertisement, of the master or of one before', async () => {
    const { clock, one, recorded, stranger, states } = scene(SIGNED);
    await clock.settleTo(10_000);
    await one.speaker.stop({ keep: false });
    await clock.settleBy(2_000);
    expect(states()).toBe('init master');
    const before = [...recorded];
    for (const packet of before) stranger.send(packet);
    await clock.settleBy(100);
    expect(states()).toBe('init master');
  });
});

test('an interval of 40.95 s silences a director no longer than ten of its own', async () => {
  const { clock, one, forge, states } = scene(V3);
  await clock.settleTo(10_000);
  expect(states()).toBe('master backup');
  forge({ intervalMs: 40_950 });
  await clock.settleBy(10);
  // Without a key a higher priority is believed once: that is what auth_hmac is for.
  expect(one.state()).toBe('backup');
  await clock.settleBy(4 * 10_000);
  expect(states()).toMatch(/master/);
  const [instance] = one.speaker.snapshot().instances;
  expect(instance?.counters.odd['interval-clamped']).toBe(1);
});

describe('an alarm', () => {
  const alarmsOf = (director: SimulatedDirector): readonly string[] =>
    director.speaker.snapshot().instances.flatMap(({ alarms }) => alarms.map(({ name }) => name));

  test('two-masters is not raised by an advertisement that crossed our first one', async () => {
    const { clock, one, forge } = scene(V3);
    while (one.state() !== 'master') await clock.settleBy(10);
    forge({ priority: 1 });
    await clock.settleBy(500);
    expect(alarmsOf(one)).toEqual([]);
    await clock.settleBy(500);
    forge({ priority: 1 });
    await clock.settleBy(10);
    expect(alarmsOf(one)).toEqual(['two-masters']);
  });

  test.each<[string, Partial<VrrpInstance>, Forged]>([
    ['peer-interval-mismatch', { authentication: { type: 'none' } }, { intervalMs: 2_000 }],
    ['address-list-mismatch', V3, { priority: 1, addresses: ['10.0.0.7'] }],
    ['duplicate-address', V3, { source: '10.0.0.1' }],
    ['not-authentic', SIGNED, {}],
    ['not-authentic', PASS, { auth: { type: 1, key: 'other' } }],
  ])('%s is raised while its cause lasts, and is over afterwards', async (name, over, forged) => {
    const { clock, one, forge } = scene(over);
    await clock.settleTo(10_000);
    expect(alarmsOf(one)).toEqual([]);
    forge(forged);
    await clock.settleBy(10);
    // One that is admitted is of another master, too.
    expect(alarmsOf(one).filter((other) => other !== 'two-masters')).toEqual([name]);
    await clock.settleBy(11_000);
    expect(alarmsOf(one)).toEqual([]);
  });

  test.each<[string, Partial<VrrpInstance>, Forged]>([
    [
      'its auth_type or auth_pass is not ours: neither believes the other',
      PASS,
      { auth: { type: 1, key: 'other' } },
    ],
    ['it does not sign, and we have auth_hmac', SIGNED, {}],
  ])('not-authentic says what differs: %s', async (detail, over, forged) => {
    const { clock, one, forge } = scene(over);
    await clock.settleTo(10_000);
    forge(forged);
    await clock.settleBy(10);
    const [instance] = one.speaker.snapshot().instances;
    expect(instance?.alarms.map((alarm) => alarm.detail)).toEqual([detail]);
  });
});
