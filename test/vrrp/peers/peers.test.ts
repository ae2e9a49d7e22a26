import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { PeerLink } from '../../../src/model/peer.ts';
import type { Duty } from '../../../src/vrrp/peers/peer-table.ts';
import { Peers } from '../../../src/vrrp/peers/peers.ts';
import type { PeerPlace } from '../../../src/vrrp/peers/ports-peers.ts';
import { encodePeerMessage, type PeerEntry } from '../../../src/wire/peer-link.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';

const KEY = Buffer.from('shared');

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

  director(
    source: string,
    entries: () => readonly PeerEntry[],
    key: Uint8Array | null = KEY,
    places: readonly string[] = ['eth0'],
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
        unicastPeers: [],
        port: 51_120,
        group: '224.0.0.18',
        source,
        key,
      })),
    );
    return { peers, taken, given, noted, met, links: () => links };
  }

  /** As an attacker on the link would. */
  inject(octets: Uint8Array, from: string): void {
    for (const { onDatagram } of [...this.ends]) onDatagram(octets, from);
  }

  private carry(from: Wire['ends'][number], octets: Uint8Array, to: string | null): void {
    this.carried.push(octets);
    if (this.isCut) return;
    this.clock.wakeAt(this.clock.now() + 1, () => {
      for (const end of this.ends) {
        if (end.place.source === from.place.source || end.place.name !== from.place.name) continue;
        if (to === null || end.place.source === to) end.onDatagram(octets, from.place.source);
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
    const asked = giver.peers.prepare([[DUTY]]);
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
    void giver.peers.prepare([[DUTY]]).then(([ready]) => {
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
    const duties = places.map((place) => ({ place, vrid: 51 }));
    await wire.clock.settleTo(1500);
    expect(await giver.peers.prepare([duties])).toEqual([null]);
    const both = wire.director('10.0.0.3', backup, KEY, places);
    await wire.clock.settleTo(2600);
    const asked = giver.peers.prepare([duties]);
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
  const asked = giver.peers.prepare([[DUTY], [second]]);
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
  const asked = Promise.all([giver.peers.prepare([[DUTY]]), giver.peers.prepare([[second]])]);
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
  expect(wanting.peers.hasMaster([DUTY])).toBe(true);
  wanting.peers.want([[DUTY]]);
  await wire.clock.settleTo(1510);
  expect(holder.given[0]).toEqual({ duties: [DUTY], from: '10.0.0.2' });
  expect(other.given).toEqual([]);
  expect(holder.peers.hasMaster([DUTY])).toBe(false);
  holder.peers.want([[DUTY]]);
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
    expect(await giver.peers.prepare([[DUTY]])).toEqual([null]);
  });

  test('can make a backup take by what it has heard before', async () => {
    const wire = new Wire();
    const giver = wire.director('10.0.0.1', master);
    const taker = wire.director('10.0.0.2', backup);
    await wire.clock.settleTo(1500);
    const asked = giver.peers.prepare([[DUTY]]);
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
    void giver.peers.prepare([[DUTY]]);
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
    lesser.peers.tellYielded(DUTY, '10.0.0.1', reign);
    await wire.clock.settleTo(60_003);
    expect(better.met).toEqual(['10.0.0.2 yielded 51 after 50000, 7 ago']);
    expect(lesser.met).toEqual(['10.0.0.1 reigned 51 for 70000']);
    const carried = wire.carried.length;
    lesser.peers.tellYielded(DUTY, '10.0.0.9', reign);
    lesser.peers.tellYielded({ ...DUTY, vrid: 52 }, '10.0.0.1', reign);
    expect(wire.carried.length).toBe(carried);
  });
});
