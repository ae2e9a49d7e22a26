import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { PeerLink } from '../../../src/model/peer.ts';
import type { Duty, Ways } from '../../../src/vrrp/peers/peer-table.ts';
import { Peers, type Source } from '../../../src/vrrp/peers/peers.ts';
import type { PeerPlace } from '../../../src/vrrp/peers/ports-peers.ts';
import { encodePeerMessage, type PeerEntry } from '../../../src/wire/peer-link.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';

const KEY = Buffer.from('shared');

interface Layout {
  readonly mainOf?: (duty: Duty) => Duty | null;
  readonly unicastPeers?: readonly string[];
}

/** Directors whose datagrams take a millisecond. */
class Wire {
  readonly clock: SimulatedClock = simulatedClock();
  readonly carried: Uint8Array[] = [];
  private readonly ends: {
    readonly place: PeerPlace;
    readonly onDatagram: (octets: Uint8Array, from: string) => void;
  }[] = [];
  private identities = 0;
  isCut = false;
  /** Places that carry nothing. */
  readonly cut: Set<string> = new Set();

  director(
    source: string,
    entries: () => readonly PeerEntry[],
    key: Uint8Array | null = KEY,
    places: readonly string[] = ['eth0'],
    { mainOf = (duty) => duty, unicastPeers = [] }: Layout = {},
  ): {
    readonly peers: Peers;
    readonly taken: {
      readonly duties: readonly Duty[];
      readonly from: string;
      readonly at: number;
    }[];
    readonly given: { readonly duties: readonly Duty[]; readonly from: string }[];
    readonly noted: string[];
    readonly links: () => readonly PeerLink[];
    readonly met: readonly string[];
  } {
    const taken: { duties: readonly Duty[]; from: string; at: number }[] = [];
    const given: { duties: readonly Duty[]; from: string }[] = [];
    const noted: string[] = [];
    const met: string[] = [];
    let links: readonly PeerLink[] = [];
    const peers = new Peers(
      this.clock,
      silentLog,
      {
        open: (place, onDatagram) => {
          const end = { place, onDatagram };
          this.ends.push(end);
          return {
            send: (octets, to) => this.carry(end, octets, to),
            close: () => void this.ends.splice(this.ends.indexOf(end), 1),
          };
        },
        identity: () => (++this.identities).toString(16).padStart(16, '0'),
        notes: {
          heard: (life, note) => void noted.push(`${life} ${Buffer.from(note).toString()}`),
          linksAre: (told) => {
            links = told;
          },
        },
      },
      {
        entriesOf: entries,
        mainOf,
        promise: () => {},
        give: (duties, _, from) => void given.push({ duties, from }),
        yielded: ({ vrid }, { forMs, agoMs }, from) => {
          met.push(`${from} yielded ${vrid} after ${forMs}, ${agoMs} ago`);
          return 70_000;
        },
        reigned: ({ vrid }, reignMs, from) => {
          met.push(`${from} reigned ${vrid} for ${reignMs}`);
        },
        take: (duties, from) => void taken.push({ duties, from, at: this.clock.now() }),
      },
    );
    peers.configure(
      places.map((name) => ({
        name,
        interface: name,
        family: 'ipv4',
        interfaceIndex: 1,
        unicastPeers,
        port: 51_120,
        group: '224.0.0.18',
        source,
        key,
        otherKeys: [],
      })),
    );
    return { peers, taken, given, noted, met, links: () => links };
  }

  /** As an attacker on the link would. */
  inject(octets: Uint8Array, from: string): void {
    for (const { onDatagram } of [...this.ends]) onDatagram(octets, from);
  }

  /** What was carried before comes again, or late. */
  deliver(place: string, octets: Uint8Array, from: string): void {
    for (const end of [...this.ends]) {
      if (end.place.name === place && end.place.source !== from) end.onDatagram(octets, from);
    }
  }

  private carry(from: Wire['ends'][number], octets: Uint8Array, to: string | null): void {
    this.carried.push(octets);
    if (this.isCut || this.cut.has(from.place.name)) return;
    this.clock.wakeAt(this.clock.now() + 1, () => {
      for (const { place, onDatagram } of this.ends) {
        if (place.source === from.place.source || place.name !== from.place.name) continue;
        if (to === null || place.source === to) onDatagram(octets, from.place.source);
        // To all: to the group, and to each peer by its address.
        if (to === null && from.place.unicastPeers.includes(place.source)) {
          onDatagram(octets, from.place.source);
        }
      }
    });
  }
}

const entry = (over: Partial<PeerEntry> = {}): PeerEntry => ({
  vrid: 51,
  priority: 100,
  state: 'backup',
  canTake: true,
  ...over,
});
const master = (): readonly PeerEntry[] => [
  entry({ state: 'master', canTake: false, priority: 150 }),
];
const backup = (): readonly PeerEntry[] => [entry()];
const DUTY: Duty = { place: 'eth0', vrid: 51 };
const WAYS: Ways = [DUTY];
const from = (address: string): readonly Source[] => [{ place: 'eth0', address }];
const both = (state: 'master' | 'backup') => (): readonly PeerEntry[] =>
  [51, 52].map((vrid) => entry({ vrid, state, canTake: state === 'backup' }));

describe('directors of ours', () => {
  test('know of each other, and forget who is silent', async () => {
    const wire = new Wire();
    const one = wire.director('10.0.0.1', master);
    wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    expect(one.peers.at('eth0')).toMatchObject([{ address: '10.0.0.2', entries: backup() }]);
    wire.isCut = true;
    await wire.clock.settleTo(6000);
    expect(one.peers.at('eth0')).toEqual([]);
  });

  test('hand over to the best that can take all of it, and only when it is told that all is free', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master);
    const lesser = wire.director('10.0.0.2', backup);
    const best = wire.director('10.0.0.3', () => [entry({ priority: 120 })]);
    const faulty = wire.director('10.0.0.4', () => [entry({ priority: 200, canTake: false })]);
    await wire.clock.settleTo(1500);
    const asked = giver.peers.prepare([[WAYS]]);
    await wire.clock.settleTo(1503);
    const [ready] = await asked;
    expect(ready?.address).toBe('10.0.0.3');
    await wire.clock.settleTo(1550);
    expect(best.taken).toEqual([]);
    ready?.take();
    await wire.clock.settleTo(1552);
    expect(best.taken).toEqual([{ duties: [DUTY], from: '10.0.0.1', at: 1551 }]);
    expect([lesser.taken, faulty.taken]).toEqual([[], []]);
  });

  test('lose 60 ms, and no more, to a peer that does not answer', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master);
    wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    wire.isCut = true;
    let answeredAt = 0;
    void giver.peers.prepare([[WAYS]]).then(([ready]) => {
      expect(ready).toBeNull();
      answeredAt = wire.clock.now();
    });
    await wire.clock.settleTo(1600);
    expect(answeredAt).toBe(1560);
  });

  test('of a group on two links hand over only to one that is on both', async () => {
    const wire = new Wire();
    const places = ['eth0', 'eth1'];
    const giver = wire.director('10.0.0.1', master, KEY, places);
    wire.director('10.0.0.2', backup, KEY, ['eth0']);
    const group = places.map((place): Ways => [{ place, vrid: 51 }]);
    await wire.clock.settleTo(1500);
    expect(await giver.peers.prepare([group])).toEqual([null]);
    const both = wire.director('10.0.0.3', backup, KEY, places);
    await wire.clock.settleTo(2600);
    const asked = giver.peers.prepare([group]);
    await wire.clock.settleTo(2603);
    (await asked)[0]?.take();
    await wire.clock.settleTo(2610);
    expect(both.taken.map(({ duties: [duty] }) => duty?.place)).toEqual(places);
  });
});

test('what goes over by itself is taken by itself', async () => {
  const wire = new Wire();
  const giver = wire.director('10.0.0.1', both('master'));
  const taker = wire.director('10.0.0.2', both('backup'));
  await wire.clock.settleTo(1500);
  const second: Duty = { place: 'eth0', vrid: 52 };
  const asked = giver.peers.prepare([[WAYS], [[second]]]);
  await wire.clock.settleTo(1503);
  const [, ready] = await asked;
  void ready?.take();
  await wire.clock.settleTo(1510);
  expect(taker.taken.map(({ duties }) => duties)).toEqual([[second]]);
  void (await asked)[0]?.take();
  await wire.clock.settleTo(1520);
  expect(taker.taken.map(({ duties }) => duties)).toEqual([[second], [DUTY]]);
});

test('two units that are given up one after the other are both taken', async () => {
  const wire = new Wire();
  const giver = wire.director('10.0.0.1', both('master'));
  const taker = wire.director('10.0.0.2', both('backup'));
  await wire.clock.settleTo(1500);
  const second = { ...DUTY, vrid: 52 };
  // Asked at once, the peer is asked for one after the other; what it has promised first is taken last.
  const asked = Promise.all([giver.peers.prepare([[WAYS]]), giver.peers.prepare([[[second]]])]);
  await wire.clock.settleTo(1510);
  const [[first], [other]] = await asked;
  void other?.take();
  void first?.take();
  await wire.clock.settleTo(1520);
  expect(taker.taken.map(({ duties }) => duties)).toEqual([[second], [DUTY]]);
});

test('the master is asked for what it holds, and nobody else is', async () => {
  const wire = new Wire();
  const holder = wire.director('10.0.0.1', master);
  const other = wire.director('10.0.0.3', backup);
  const wanting = wire.director('10.0.0.2', backup);
  await wire.clock.settleTo(1500);
  expect(wanting.peers.hasMaster([WAYS])).toBe(true);
  wanting.peers.want([[WAYS]]);
  await wire.clock.settleTo(1510);
  expect(holder.given[0]).toEqual({ duties: [DUTY], from: '10.0.0.2' });
  expect(other.given).toEqual([]);
  expect(holder.peers.hasMaster([WAYS])).toBe(false);
  holder.peers.want([[WAYS]]);
  await wire.clock.settleTo(1520);
  expect([wanting, other].flatMap(({ given }) => given)).toEqual([]);
});

describe('notes of others than VRRP', () => {
  const LIFE = '0000000000000002';

  test('go to the director that is meant, on one of its links, and come from a known one', async () => {
    const wire = new Wire();
    const places = ['eth0', 'eth1'];
    const one = wire.director('10.0.0.1', master, KEY, places);
    const other = wire.director('10.0.0.2', backup, KEY, places);
    const third = wire.director('10.0.0.3', backup);
    await wire.clock.settleTo(1500);
    expect(one.links()).toEqual([
      { life: LIFE, address: '10.0.0.2', isSigned: true },
      { life: '0000000000000003', address: '10.0.0.3', isSigned: true },
    ]);
    one.peers.note(LIFE, Buffer.from('hello'));
    await wire.clock.settleTo(1510);
    expect([other.noted, third.noted]).toEqual([['0000000000000001 hello'], []]);
    for (const octets of [...wire.carried]) wire.inject(octets, '10.0.0.1');
    expect(other.noted).toHaveLength(1);
    wire.isCut = true;
    await wire.clock.settleTo(6000);
    expect(one.links()).toEqual([]);
  });

  test('are not told without a key, nor believed', async () => {
    const wire = new Wire();
    const one = wire.director('10.0.0.1', master, null);
    const other = wire.director('10.0.0.2', backup, null);
    await wire.clock.settleTo(1500);
    expect(one.links()).toEqual([{ life: LIFE, address: '10.0.0.2', isSigned: false }]);
    const carried = wire.carried.length;
    one.peers.note(LIFE, Buffer.from('hello'));
    expect(wire.carried).toHaveLength(carried);
    const message = {
      kind: 'note',
      family: 'ipv4',
      life: '0000000000000001',
      sequence: 1_000,
      to: LIFE,
      token: null,
      entries: [],
      reigns: [],
      note: Buffer.from('hello'),
    } as const;
    wire.inject(encodePeerMessage(message, null), '10.0.0.1');
    wire.inject(encodePeerMessage(message, KEY), '10.0.0.1');
    expect(other.noted).toEqual([]);
    expect(other.peers.drops.authentication).toBeGreaterThan(0);
  });

  test('are passed on as far as advertisements have no cost of it', async () => {
    const wire = new Wire();
    const one = wire.director('10.0.0.1', master);
    const other = wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    for (let at = 0; at < 300; at += 1) one.peers.note(LIFE, Buffer.from('x'));
    await wire.clock.settleTo(1510);
    expect(other.noted).toHaveLength(200);
    expect(other.peers.drops).toEqual({ 'too-many-notes': 100 });
    await wire.clock.settleTo(2010);
    for (let at = 0; at < 300; at += 1) one.peers.note(LIFE, Buffer.from('x'));
    await wire.clock.settleTo(2020);
    expect(other.noted.length - 200).toBeGreaterThanOrEqual(100);
    expect(other.noted.length - 200).toBeLessThan(110);
  });
});

describe('nobody else', () => {
  test('of another key is known, or takes', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master);
    wire.director('10.0.0.2', backup, Buffer.from('another'));
    await wire.clock.settleTo(1500);
    expect(giver.peers.at('eth0')).toEqual([]);
    expect(giver.peers.drops).toEqual({ authentication: expect.any(Number) });
    expect(await giver.peers.prepare([[WAYS]])).toEqual([null]);
  });

  test('can make a backup take by what it has heard before', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master);
    const taker = wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    const asked = giver.peers.prepare([[WAYS]]);
    await wire.clock.settleTo(1503);
    (await asked)[0]?.take();
    await wire.clock.settleTo(1510);
    expect(taker.taken).toHaveLength(1);
    for (const octets of [...wire.carried]) wire.inject(octets, '10.0.0.1');
    await wire.clock.settleTo(1600);
    expect(taker.taken).toHaveLength(1);
    expect(taker.peers.drops.replay).toBeGreaterThan(0);
  });

  test('without the token can make a backup take, even where there is no key', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master, null);
    const taker = wire.director('10.0.0.2', backup, null);
    await wire.clock.settleTo(1500);
    void giver.peers.prepare([[WAYS]]);
    await wire.clock.settleTo(1503);
    const forged = encodePeerMessage(
      {
        kind: 'take',
        family: 'ipv4',
        life: '0000000000000001',
        sequence: 1_000_000,
        to: '0000000000000002',
        token: '00000000deadbeef',
        entries: backup(),
        note: null,
        reigns: [],
      },
      null,
    );
    wire.inject(forged, '10.0.0.1');
    expect(taker.taken).toEqual([]);
    expect(taker.peers.drops).toEqual({ token: 1 });
  });

  test('are told how long one of them was master, and answer how long they were', async () => {
    const wire = new Wire();
    const reign = { forMs: 50_000, agoMs: 7 };
    const better = wire.director('10.0.0.1', master);
    const lesser = wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    wire.isCut = true;
    // Silent for longer than any peer may be that something is handed over to.
    await wire.clock.settleTo(60_000);
    wire.isCut = false;
    lesser.peers.tellYielded(WAYS, from('10.0.0.1'), reign);
    await wire.clock.settleTo(60_003);
    expect(better.met).toEqual(['10.0.0.2 yielded 51 after 50000, 7 ago']);
    expect(lesser.met).toEqual(['10.0.0.1 reigned 51 for 70000']);
    const carried = wire.carried.length;
    lesser.peers.tellYielded(WAYS, from('10.0.0.9'), reign);
    lesser.peers.tellYielded([{ ...DUTY, vrid: 52 }], from('10.0.0.1'), reign);
    expect(wire.carried.length).toBe(carried);
  });
});

describe('an instance that speaks on two links', () => {
  const places = ['eth0', 'eth1'];
  const [, side] = places as [string, string];
  const ways: Ways = [DUTY, { place: side, vrid: 51 }];
  const layout: Layout = { mainOf: ({ vrid }) => ({ ...DUTY, vrid }) };
  const pair = (wire: Wire, layoutOf: Layout = layout) => ({
    giver: wire.director('10.0.0.1', master, KEY, places, layoutOf),
    taker: wire.director('10.0.0.2', backup, KEY, places, layoutOf),
  });

  test.each([
    ['neither link is cut', []],
    ['the main one is cut', ['eth0']],
    ['the further one is cut', ['eth1']],
  ])('goes over once, and as its main path: %s', async (_, cut) => {
    const wire = new Wire();
    const { giver, taker } = pair(wire);
    await wire.clock.settleTo(1_500);
    // Just now: what was heard there is still fresh.
    for (const place of cut) wire.cut.add(place);
    const asked = giver.peers.prepare([[ways]]);
    await wire.clock.settleTo(1_503);
    void (await asked)[0]?.take();
    await wire.clock.settleTo(1_600);
    expect(taker.taken).toMatchObject([{ duties: [DUTY], from: '10.0.0.1' }]);
    expect(taker.peers.drops).toEqual({});
  });

  test('is believed to be what was said of it last, on whatever link', async () => {
    const wire = new Wire();
    let said = backup;
    const one = wire.director('10.0.0.1', backup, KEY, places, layout);
    const other = wire.director('10.0.0.2', () => said(), KEY, places, layout);
    await wire.clock.settleTo(1_500);
    wire.cut.add('eth0');
    said = master;
    other.peers.greet();
    await wire.clock.settleTo(1_510);
    // The main link still remembers it as a backup.
    expect(one.peers.at('eth0')[0]?.entries[0]?.state).toBe('backup');
    expect(one.peers.hasMaster([ways])).toBe(true);
    expect(one.peers.hasSuccessor([ways])).toBe(false);
    one.peers.want([[ways]]);
    await wire.clock.settleTo(1_520);
    expect(other.given[0]).toEqual({ duties: [DUTY], from: '10.0.0.1' });
  });

  test('that was promised is taken once, however late it is told by the other link', async () => {
    const wire = new Wire();
    const { giver, taker } = pair(wire);
    await wire.clock.settleTo(1_500);
    const asked = giver.peers.prepare([[ways]]);
    await wire.clock.settleTo(1_503);
    wire.cut.add(side);
    const before = wire.carried.length;
    void (await asked)[0]?.take();
    const [, bySide] = wire.carried.slice(before);
    await wire.clock.settleTo(1_600);
    expect(taker.taken).toHaveLength(1);
    wire.deliver(side, bySide as Uint8Array, '10.0.0.1');
    expect(taker.taken).toHaveLength(1);
    expect(taker.peers.drops).toEqual({});
  });

  test('tells of a double mastership by all links, and is heard once', async () => {
    const wire = new Wire();
    const { giver: better, taker: lesser } = pair(wire);
    await wire.clock.settleTo(1_500);
    wire.isCut = true;
    await wire.clock.settleTo(60_000);
    wire.isCut = false;
    const reign = { forMs: 50_000, agoMs: 7 };
    lesser.peers.tellYielded(ways, from('10.0.0.1'), reign);
    await wire.clock.settleTo(60_003);
    expect(better.met).toEqual(['10.0.0.2 yielded 51 after 50000, 7 ago']);
    expect(lesser.met).toEqual(['10.0.0.1 reigned 51 for 70000']);
    expect([better.peers.drops, lesser.peers.drops]).toEqual([{}, {}]);
  });

  test('and was never heard on its main path is known by where its advertisements come from', async () => {
    const wire = new Wire();
    wire.cut.add('eth0');
    const { giver: better, taker: lesser } = pair(wire);
    await wire.clock.settleTo(1_500);
    const sources = [
      { place: 'eth0', address: '192.0.2.1' },
      { place: side, address: '10.0.0.1' },
    ];
    expect(lesser.peers.knows(from('192.0.2.1'))).toBe(false);
    lesser.peers.tellYielded(ways, sources, { forMs: 5_000, agoMs: 0 });
    await wire.clock.settleTo(1_510);
    expect(better.met).toEqual(['10.0.0.2 yielded 51 after 5000, 0 ago']);
    // By the address that it gave way to.
    expect(lesser.met).toEqual(['192.0.2.1 reigned 51 for 70000']);
  });

  test('a message to the group and to an address is one, and a third is a repetition', async () => {
    const wire = new Wire();
    const unicastPeers = ['10.0.0.1', '10.0.0.2'];
    const one = wire.director('10.0.0.1', master, KEY, ['eth0'], { unicastPeers });
    const other = wire.director('10.0.0.2', backup, KEY, ['eth0'], { unicastPeers });
    await wire.clock.settleTo(1_500);
    expect([one.peers.drops, other.peers.drops]).toEqual([{}, {}]);
    wire.deliver('eth0', wire.carried[0] as Uint8Array, '10.0.0.1');
    expect(other.peers.drops).toEqual({ replay: 1 });
  });
});
