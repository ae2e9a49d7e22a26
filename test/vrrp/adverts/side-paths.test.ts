/** Several paths of advertisements: what is heard on any counts once, and the loss of one changes nobody's role. */
import { describe, expect, test } from 'vitest';
import type { AdvertPathSnapshot, InstanceSnapshot } from '../../../src/model/snapshot-vrrp.ts';
import type { SidePath, Signing, VrrpInstance } from '../../../src/model/vrrp.ts';
import type { ReceivedPacket } from '../../../src/vrrp/adverts/admit.ts';
import { readPathMark } from '../../../src/wire/vrrp-path-mark.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

const EVERY_MS = 1_000;
const SKEW_100_MS = ((256 - 100) * EVERY_MS) / 256;

const onEth1: SidePath = { name: 'eth1', interface: 'eth1', sourceAddress: null, unicast: null };

const to = (link: string, peer: string): SidePath => ({
  name: `${link} to ${peer}`,
  interface: link,
  sourceAddress: null,
  unicast: {
    peers: [{ address: peer, ttlMin: 255, ttlMax: 255 }],
    ttl: 255,
    checkSource: true,
    oldChecksum: 'never',
  },
});

const SIGNING: Signing = {
  keys: [{ id: 1, key: '11'.repeat(32) }],
  activeKey: 1,
  mode: 'enforce',
  antiReplay: 'monotonic',
  windowMs: 5_000,
};

const OVER_IPV6: Partial<VrrpInstance> = {
  version: 3,
  family: 'ipv6',
  authentication: { type: 'none' },
  multicastGroup: 'ff02::12',
  addresses: instanceOf().addresses.map((one) => ({ ...one, address: 'fe80::100' })),
};

interface Scene {
  readonly clock: SimulatedClock;
  readonly eth0: SimulatedLink;
  readonly eth1: SimulatedLink;
  readonly one: SimulatedDirector;
  readonly two: SimulatedDirector;
}

/** Two directors on two links; the first is MASTER by its priority. */
function scene(
  over: Partial<VrrpInstance> = {},
  { slowMs = 1, two: overTwo = {} as Partial<VrrpInstance> } = {},
): Scene {
  const clock = simulatedClock();
  const [eth0, eth1] = [new SimulatedLink(clock), new SimulatedLink(clock, slowMs)];
  const links = { eth0, eth1 };
  const one = new SimulatedDirector('one', 1, { clock, links });
  const two = new SimulatedDirector('two', 2, { clock, links });
  const common = { sidePaths: [onEth1], ...over };
  one.speaker.configure(configOf([instanceOf({ priority: 150, ...common })]));
  two.speaker.configure(configOf([instanceOf({ priority: 100, ...common, ...overTwo })]));
  return { clock, eth0, eth1, one, two };
}

async function settled(over: Partial<VrrpInstance> = {}, more = {}): Promise<Scene> {
  const world = scene(over, more);
  await world.clock.settleTo(10_000);
  expect([world.one.state(), world.two.state()]).toEqual(['master', 'backup']);
  return world;
}

function cut(link: SimulatedLink, isCut: boolean): void {
  for (const host of ['one', 'two']) link.setCut(host, isCut);
}

function shown({ speaker }: SimulatedDirector): InstanceSnapshot {
  return speaker.snapshot().instances[0] as InstanceSnapshot;
}

function pathOf(director: SimulatedDirector, name: string): AdvertPathSnapshot | undefined {
  return shown(director).advertPaths.find((path) => path.name === name);
}

/** What was said of paths, and nothing about addresses or states. */
function saidOf({ logged }: SimulatedDirector): readonly string[] {
  return logged
    .filter(({ message }) => message.startsWith('advertisement path'))
    .map(({ message, fields }) => `${message}: ${String(fields.path)}`);
}

const changes = ({ logged }: SimulatedDirector): number =>
  logged.filter(({ message }) => message === 'state changed').length;

describe('one advertisement on two paths', () => {
  test.each([
    ['with a password', {}],
    ['signed', { version: 3, authentication: { type: 'none' }, signing: SIGNING }],
    ['signed, by time', { signing: { ...SIGNING, antiReplay: 'time' } }],
    ['over IPv6', OVER_IPV6],
    ['over IPv6, signed', { ...OVER_IPV6, signing: SIGNING }],
  ] as const)('counts once: %s', async (_, over) => {
    for (const slowMs of [0.3, 1, 20]) {
      const { one, two, clock } = await settled(over, { slowMs });
      const before = shown(two).counters.advertsReceived;
      await clock.settleBy(5 * EVERY_MS);
      const { counters, alarms, advertPaths } = shown(two);
      expect(counters.advertsReceived - before).toBe(5);
      expect(counters.dropped).toEqual({});
      expect(alarms).toEqual([]);
      const heard = advertPaths.map((path) => [path.name, path.counters.heard]);
      expect(heard).toEqual([
        ['main', counters.advertsReceived],
        ['eth1', counters.advertsReceived],
      ]);
      expect(advertPaths.every((path) => Object.keys(path.counters.dropped).length === 0)).toBe(
        true,
      );
      const { counters: sent, advertPaths: ways } = shown(one);
      expect(ways.map((path) => path.counters.sent)).toEqual([sent.advertsSent, sent.advertsSent]);
      expect(sent.lesserMasters).toBe(0);
    }
  });

  test('names its sender by the address on the main path', async () => {
    const { two, eth0, clock } = await settled();
    cut(eth0, true);
    await clock.settleBy(5 * EVERY_MS);
    expect(shown(two)).toMatchObject({ masterAddress: '10.0.0.1', masterPriority: 150 });
    expect(pathOf(two, 'eth1')).toMatchObject({ heardFrom: '10.0.1.1' });
  });

  test('has octets on the main path that are those of an instance without further ones', async () => {
    const sent: { link: string; payload: string }[] = [];
    const { eth0, eth1, clock } = await settled();
    const listen = (link: string) => ({
      host: 'ear',
      onPacket: ({ payload }: ReceivedPacket) =>
        void sent.push({ link, payload: Buffer.from(payload).toString('hex') }),
    });
    eth0.attach(listen('eth0'));
    eth1.attach(listen('eth1'));
    await clock.settleBy(EVERY_MS);
    const [main = '', side = ''] = ['eth0', 'eth1'].map(
      (link) => sent.find((one) => one.link === link)?.payload,
    );
    // Version 2 with a password: 8 octets, one address, 8 octets; then the mark on the further one.
    expect(main).toHaveLength(2 * 20);
    expect(side).toHaveLength(2 * 44);
    expect(side.startsWith(main)).toBe(true);
    expect(readPathMark(Buffer.from(side.slice(40), 'hex'), 'ipv4')).toBe('10.0.0.1');
  });
});

describe('the loss of one path', () => {
  test.each([
    ['the main one', 'eth0', 'main', 'eth1'],
    ['the further one', 'eth1', 'eth1', 'main'],
  ] as const)(
    '%s: nobody changes, it is told, and that it is over',
    async (_, link, lost, left) => {
      const world = await settled();
      const { one, two, clock } = world;
      const before = [changes(one), changes(two)];
      cut(world[link], true);
      await clock.settleBy(60 * EVERY_MS);
      expect([one.state(), two.state()]).toEqual(['master', 'backup']);
      expect(pathOf(two, lost)).toMatchObject({ silentMs: expect.any(Number) });
      expect(pathOf(two, left)).toMatchObject({ silentMs: null });
      expect(shown(two).alarms).toEqual([
        { name: 'path-silent', source: lost, detail: expect.stringContaining('hears nothing for') },
      ]);
      cut(world[link], false);
      await clock.settleBy(3 * EVERY_MS);
      expect(shown(two).alarms).toEqual([]);
      expect(pathOf(two, lost)).toMatchObject({ silentMs: null, counters: { silences: 1 } });
      expect(saidOf(two)).toEqual([
        `advertisement path hears nothing: ${lost}`,
        `advertisement path hears again: ${lost}`,
      ]);
      expect([changes(one), changes(two)]).toEqual(before);
    },
  );

  test('both: as if there were one', async () => {
    const { one, two, eth0, eth1, clock } = await settled();
    cut(eth0, true);
    await clock.settleBy(30 * EVERY_MS);
    cut(eth1, true);
    await clock.settleBy(3 * EVERY_MS + SKEW_100_MS + 10);
    expect([one.state(), two.state()]).toEqual(['master', 'master']);
    expect(shown(two).alarms).toEqual([]);
    cut(eth1, false);
    await clock.settleBy(2 * EVERY_MS);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
  });

  test('a path whose interface is down is told, and is no fault', async () => {
    const { one, two, clock } = await settled();
    one.down.add('eth1');
    one.speaker.linksChanged();
    await clock.settleBy(10 * EVERY_MS);
    expect(one.state()).toBe('master');
    expect(pathOf(one, 'eth1')).toMatchObject({ down: 'interface eth1 is down' });
    expect(pathOf(two, 'eth1')).toMatchObject({ silentMs: expect.any(Number) });
    const { sent = 0 } = pathOf(one, 'eth1')?.counters ?? {};
    await clock.settleBy(3 * EVERY_MS);
    expect(pathOf(one, 'eth1')?.counters.sent).toBe(sent);
    one.down.delete('eth1');
    one.speaker.linksChanged();
    await clock.settleBy(3 * EVERY_MS);
    expect(pathOf(one, 'eth1')).toMatchObject({ down: null });
    expect(pathOf(two, 'eth1')).toMatchObject({ silentMs: null });
    expect(saidOf(one)).toEqual([
      'advertisement path is down: eth1',
      'advertisement path is up: eth1',
    ]);
  });

  test('a path without its interface, or without its source address, is told and no fault', async () => {
    const over = {
      sidePaths: [
        { ...onEth1, name: 'eth7', interface: 'eth7' },
        { ...onEth1, sourceAddress: '10.9.9.9' },
      ],
    };
    const { one, two } = await settled(over);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
    expect(pathOf(one, 'eth7')).toMatchObject({ down: 'there is no interface eth7' });
    expect(pathOf(one, 'eth1')?.down).toBe(
      'interface eth1 does not have the source address 10.9.9.9',
    );
  });

  test('a socket that cannot be opened is tried again', async () => {
    const { one, clock } = await settled({ sidePaths: [] });
    one.deaf = true;
    // The main path has its socket already.
    one.speaker.configure(configOf([instanceOf({ priority: 150, sidePaths: [onEth1] })]));
    await clock.settleBy(EVERY_MS);
    expect(pathOf(one, 'eth1')).toMatchObject({ down: 'no socket' });
    expect(one.state()).toBe('master');
    one.deaf = false;
    await clock.settleBy(2 * EVERY_MS);
    expect(pathOf(one, 'eth1')).toMatchObject({ down: null });
  });
});

describe('what is heard on a further path alone', () => {
  test('a priority 0 ends the wait: the peer takes over within its skew', async () => {
    const { one, two, eth0, clock } = await settled();
    cut(eth0, true);
    await clock.settleBy(20 * EVERY_MS);
    await one.speaker.stop({ keep: false });
    await clock.settleBy(SKEW_100_MS + 10);
    expect(two.state()).toBe('master');
  });

  test('a MASTER whose own interface goes down says so', async () => {
    const { one, two, clock } = await settled();
    one.down.add('eth0');
    one.speaker.linksChanged();
    await clock.settleBy(SKEW_100_MS + 10);
    expect([one.state(), two.state()]).toEqual(['fault', 'master']);
  });

  test('a better director that comes takes over, and the lesser one gives way', async () => {
    const { one, two, eth0, clock } = scene();
    cut(eth0, true);
    one.down.add('eth0');
    one.speaker.linksChanged();
    await clock.settleTo(10_000);
    expect(two.state()).toBe('master');
    one.down.delete('eth0');
    one.speaker.linksChanged();
    await clock.settleBy(10_000);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
  });

  test('vrrp-A8: of equal priorities the greater address on the main path wins, whatever those here are', async () => {
    const withSource = (sourceAddress: string) => ({
      priority: 100,
      sidePaths: [{ ...onEth1, sourceAddress }],
    });
    const { one, two, eth0, eth1, clock } = scene(withSource('10.0.1.99'), {
      two: withSource('10.0.1.3'),
    });
    one.held.add('10.0.1.99');
    two.held.add('10.0.1.3');
    for (const director of [one, two]) director.speaker.linksChanged();
    cut(eth0, true);
    cut(eth1, true);
    await clock.settleTo(10_000);
    expect([one.state(), two.state()]).toEqual(['master', 'master']);
    cut(eth1, false);
    await clock.settleBy(2 * EVERY_MS);
    expect([one.state(), two.state()]).toEqual(['backup', 'master']);
    // And nothing changes when they hear each other on the main one, too.
    cut(eth0, false);
    await clock.settleBy(5 * EVERY_MS);
    expect([one.state(), two.state()]).toEqual(['backup', 'master']);
  });
});

describe('what is not believed on a path', () => {
  interface Heard {
    readonly link: 'eth0' | 'eth1';
    readonly packet: ReceivedPacket;
  }

  /** The directors, and somebody who records both links and can send on them. */
  async function recorded(over: Partial<VrrpInstance>) {
    const world = await settled(over);
    const heard: Heard[] = [];
    const ports = (['eth0', 'eth1'] as const).map((link) => {
      const onPacket = (packet: ReceivedPacket): void => void heard.push({ link, packet });
      return [link, world[link].attach({ host: 'stranger', onPacket })] as const;
    });
    await world.clock.settleBy(3 * EVERY_MS);
    const last = (link: string): ReceivedPacket =>
      heard.filter((one) => one.link === link).at(-1)?.packet as ReceivedPacket;
    const send = async (link: string, packet: ReceivedPacket): Promise<void> => {
      ports.find(([name]) => name === link)?.[1].send(packet);
      await world.clock.settleBy(5);
    };
    return { ...world, last, send };
  }

  const signed = { version: 3, authentication: { type: 'none' }, signing: SIGNING } as const;

  test('a recorded advertisement, on the path that it came by and on the other one', async () => {
    const { two, last, send, clock, eth0, eth1 } = await recorded(signed);
    const [main, side] = [last('eth0'), last('eth1')];
    // The MASTER dies; somebody repeats what it said.
    eth0.setCut('one', true);
    eth1.setCut('one', true);
    for (let at = 0; at < 40; at += 1) {
      await send('eth0', main);
      await send('eth1', side);
      await send('eth1', main);
      await send('eth0', side);
      await clock.settleBy(90);
    }
    expect(two.state()).toBe('master');
    expect(shown(two).counters.dropped).toEqual({ replay: 40, path: 40 });
    expect(pathOf(two, 'eth1')?.counters.dropped).toEqual({ replay: 40, path: 40 });
    expect(shown(two).alarms).toContainEqual(
      expect.objectContaining({
        name: 'not-authentic',
        detail: expect.stringContaining('signed and sent before'),
      }),
    );
  });

  test('what a path has missed is not believed when it comes late: another path has brought it', async () => {
    const { two, eth0, eth1, last, send, clock } = await recorded(signed);
    // Somebody keeps from the further path what he records on it.
    eth1.setCut('two', true);
    await clock.settleBy(5 * EVERY_MS);
    const kept = last('eth1');
    await clock.settleBy(2 * EVERY_MS);
    eth0.setCut('one', true);
    eth1.setCut('one', true);
    eth1.setCut('two', false);
    for (let at = 0; at < 40; at += 1) {
      await send('eth1', kept);
      await clock.settleBy(95);
    }
    expect(two.state()).toBe('master');
    expect(pathOf(two, 'eth1')?.counters.dropped).toEqual({ replay: 40 });
  });

  test('another sender in the mark than the one that signed', async () => {
    const { two, last, send } = await recorded(signed);
    const { payload, ...rest } = last('eth1');
    const forged = Uint8Array.from(payload);
    // The last octet of the address in the mark.
    forged[forged.length - 28 - 13] = 77;
    await send('eth1', { ...rest, payload: forged });
    expect(pathOf(two, 'eth1')?.counters.dropped).toEqual({ authentication: 1 });
  });

  test.each([
    ['a hop limit below 255', { hopLimit: 254 }, 'ttl'],
    ['another group', { destination: '224.0.0.99' }, 'destination'],
    ['our own address there', { source: '10.0.1.2' }, 'own-address'],
  ] as const)('%s', async (_, over, reason) => {
    const { two, last, send } = await recorded({});
    await send('eth1', { ...last('eth1'), ...over });
    expect(pathOf(two, 'eth1')?.counters.dropped).toEqual({ [reason]: 1 });
    expect(shown(two).counters.dropped).toEqual({});
  });

  test('another password', async () => {
    const { one, two, clock } = scene();
    const authentication = { type: 'pass', key: 'other' } as const;
    one.speaker.configure(
      configOf([instanceOf({ priority: 150, sidePaths: [onEth1], authentication })]),
    );
    await clock.settleTo(10_000);
    expect(pathOf(two, 'eth1')?.counters).toMatchObject({ heard: 0 });
    expect(Object.keys(pathOf(two, 'eth1')?.counters.dropped ?? {})).toEqual(['authentication']);
  });
});

describe('other ways', () => {
  test('to a peer on the same interface: filtered multicast changes nothing', async () => {
    const { one, two, eth0, clock } = scene(
      { sidePaths: [to('eth0', '10.0.0.2')] },
      { two: { sidePaths: [to('eth0', '10.0.0.1')] } },
    );
    eth0.filter(({ destination }) => destination === '224.0.0.18');
    await clock.settleTo(20_000);
    expect([one.state(), two.state()]).toEqual(['master', 'backup']);
    expect(shown(two).counters.dropped).toEqual({});
    eth0.filter(() => false);
    await clock.settleBy(5 * EVERY_MS);
    const { counters, advertPaths, alarms } = shown(two);
    expect({ dropped: counters.dropped, alarms }).toEqual({ dropped: {}, alarms: [] });
    expect(advertPaths.map(({ counters: { dropped } }) => dropped)).toEqual([{}, {}]);
    expect(pathOf(two, 'main')).toMatchObject({ silentMs: null });
  });

  test('a peer that is not named is not heard', async () => {
    const { two, eth0, clock } = scene(
      { sidePaths: [to('eth1', '10.0.1.2')] },
      { two: { sidePaths: [to('eth1', '10.0.1.77')] } },
    );
    cut(eth0, true);
    await clock.settleTo(10_000);
    expect(two.state()).toBe('master');
    expect(Object.keys(pathOf(two, 'eth1 to 10.0.1.77')?.counters.dropped ?? {})).toEqual([
      'unknown-peer',
    ]);
  });
});

describe('a reload', () => {
  test('that adds a path, and one that removes it, disturbs nobody', async () => {
    const { one, two, eth0, clock } = await settled({ sidePaths: [] });
    const before = [changes(one), changes(two)];
    const configure = (sidePaths: readonly SidePath[]): void => {
      one.speaker.configure(configOf([instanceOf({ priority: 150, sidePaths })]));
      two.speaker.configure(configOf([instanceOf({ priority: 100, sidePaths })]));
    };
    expect(shown(two).advertPaths).toEqual([]);
    configure([onEth1]);
    await clock.settleBy(2 * EVERY_MS);
    cut(eth0, true);
    await clock.settleBy(10 * EVERY_MS);
    const { heard = 0 } = pathOf(two, 'eth1')?.counters ?? {};
    configure([onEth1]);
    expect(pathOf(two, 'eth1')?.counters.heard).toBe(heard);
    await clock.settleBy(3 * EVERY_MS);
    expect(pathOf(two, 'eth1')?.counters.heard).toBe(heard + 3);
    cut(eth0, false);
    await clock.settleBy(2 * EVERY_MS);
    configure([]);
    await clock.settleBy(10 * EVERY_MS);
    expect(shown(two).advertPaths).toEqual([]);
    expect([changes(one), changes(two)]).toEqual(before);
  });
});
