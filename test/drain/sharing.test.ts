/** Directors that tell each other of orders, on a link that loses what it is told to. */
import { describe, expect, test } from 'vitest';
import { DirectorError } from '../../src/base/error.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Clock } from '../../src/base/time.ts';
import { Drains } from '../../src/drain/drains.ts';
import { OrderIndex } from '../../src/drain/orders.ts';
import { DrainSharing } from '../../src/drain/sharing.ts';
import type { DrainState, SteerRequest } from '../../src/model/drain.ts';
import type { PeerLink } from '../../src/model/peer.ts';
import { NOTE_OCTETS_MAX } from '../../src/wire/order-note.ts';
import { realServer, serviceKey, virtualServer } from '../health/make.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { NOTHING_KEPT } from './make.ts';

const RS = '10.1.0.3:80';
const ADDRESSES = Array.from({ length: 100 }, (_, at) => `10.1.0.${at + 1}`);
const SERVERS = [
  virtualServer({ keys: [serviceKey()], realServers: ADDRESSES.map((one) => realServer(one)) }),
];

/** One life of a director: its drains as on the disk, and what it says to others. */
class Director {
  readonly drains: Drains;
  readonly sharing: DrainSharing;
  readonly life: string;
  readonly name: string;
  kept: DrainState;
  diskIsFull = false;

  constructor(link: Link, name: string, life: string, kept: DrainState) {
    const { clock } = link;
    const own: Clock = {
      now: () => clock.now(),
      wallTimeMs: () => clock.wallTimeMs() + link.skewMs(name),
      wakeAt: (at, wake) => clock.wakeAt(at, wake),
    };
    this.name = name;
    this.life = life;
    this.kept = kept;
    this.drains = new Drains(
      {
        clock: own,
        log: silentLog,
        count: async (places) => places.map(() => null),
        templatesBind: () => true,
        name: () => name,
        keep: (state) => {
          if (this.diskIsFull) throw new DirectorError('STATE_UNWRITABLE', 'no space left');
          this.kept = state;
        },
        onChange: () => {},
      },
      kept,
    );
    this.drains.configure(SERVERS);
    this.sharing = new DrainSharing({
      clock: own,
      log: silentLog,
      director: kept.director,
      name: () => name,
      send: (to, octets) => link.carry(this, to, octets),
      shared: () => this.drains.shared,
      accept: (told, from) => this.drains.accept(told, from),
    });
  }

  steer(want: SteerRequest['want'], over: Partial<SteerRequest> = {}) {
    const asked = {
      realServer: RS,
      virtualServer: null,
      local: false,
      force: false,
      want,
      ...over,
    };
    const { said } = this.drains.steer(asked);
    this.sharing.changed();
    return said;
  }

  get order(): string | undefined {
    return this.drains.orderOf('192.0.2.1:80 tcp', RS)?.kind;
  }
}

class Link {
  readonly clock: SimulatedClock = simulatedClock();
  readonly directors = new Map<string, Director>();
  readonly skews = new Map<string, number>();
  carried = 0;
  isCut = false;
  /** Of all datagrams. */
  lostShare = 0;
  private readonly chance = seededRandom(1);
  private lives = 0;
  isSigned = true;

  start(
    name: string,
    kept: DrainState = { ...NOTHING_KEPT, director: name.repeat(16).slice(0, 16) },
  ): Director {
    const life = `${++this.lives}`.padStart(16, '0');
    const director = new Director(this, name, life, kept);
    this.directors.set(life, director);
    this.tellLinks();
    return director;
  }

  stop({ life, drains, sharing }: Director): void {
    this.directors.delete(life);
    drains.close();
    sharing.close();
    this.tellLinks();
  }

  skewMs(name: string): number {
    return this.skews.get(name) ?? 0;
  }

  carry(from: Director, to: string, octets: Uint8Array): void {
    expect(octets.length).toBeLessThanOrEqual(NOTE_OCTETS_MAX);
    this.carried += 1;
    if (this.isCut || this.chance() < this.lostShare) return;
    this.clock.wakeAt(this.clock.now() + 1, () => {
      this.directors.get(to)?.sharing.hear(from.life, octets);
    });
  }

  private tellLinks(): void {
    for (const one of this.directors.values()) {
      const others = [...this.directors.values()].filter((other) => other !== one);
      const links = others.map(
        ({ life, name }): PeerLink => ({ life, address: `of ${name}`, isSigned: this.isSigned }),
      );
      one.sharing.linksAre(links);
    }
  }
}

const disable = { kind: 'disable' } as const;
const enable = { kind: 'enable' } as const;

describe('an order', () => {
  test('is on the other director within milliseconds, and both know that', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    await link.clock.settleTo(100);
    const said = one.steer(disable);
    const told = one.sharing.told(said, 500);
    await link.clock.settleTo(120);
    await told;
    expect(other.order).toBe('disable');
    expect(other.kept.orders).toMatchObject([{ givenOn: 'a', isLocal: false }]);
    expect(one.sharing.hasOf(said)).toEqual([{ name: 'b', has: true }]);
    expect(other.sharing.hasOf(said)).toEqual([{ name: 'a', has: true }]);
    expect(one.sharing.snapshot()).toEqual([{ address: 'of b', name: 'b', state: 'told' }]);
    // And then there is silence.
    const { carried } = link;
    await link.clock.settleTo(60_000);
    expect(link.carried).toBe(carried);
  });

  test('arrives though two of three datagrams are lost, and so does what follows it', async () => {
    const link = new Link();
    link.lostShare = 2 / 3;
    const [one, other] = [link.start('a'), link.start('b')];
    one.steer(disable);
    await link.clock.settleTo(20_000);
    expect(other.order).toBe('disable');
    other.steer(enable);
    await link.clock.settleTo(40_000);
    expect(one.order).toBeUndefined();
  });

  test('reaches a director that was down, and one that comes back with old ones', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    one.steer(disable);
    await link.clock.settleTo(100);
    link.stop(other);
    one.steer(enable);
    one.steer(disable, { realServer: '10.1.0.4:80' });
    const back = link.start('b', other.kept);
    expect(back.order).toBe('disable');
    await link.clock.settleTo(200);
    expect(back.order).toBeUndefined();
    const versions = ({ drains }: Director) =>
      drains.shared.map(({ realServer: name, version }) => `${name} ${version.atMs}`).toSorted();
    expect(versions(back)).toEqual(versions(one));
  });

  test('given last counts on both, when each was given while they could not hear each other', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    await link.clock.settleTo(100);
    link.isCut = true;
    one.steer(disable);
    await link.clock.settleTo(5_000);
    other.steer(enable);
    await link.clock.settleTo(6_000);
    expect([one.order, other.order]).toEqual(['disable', undefined]);
    link.isCut = false;
    await link.clock.settleTo(8_000);
    expect([one.order, other.order]).toEqual([undefined, undefined]);
  });

  test('goes on from director to director', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    one.steer(disable);
    await link.clock.settleTo(100);
    link.stop(one);
    const third = link.start('c');
    await link.clock.settleTo(200);
    expect(third.order).toBe('disable');
    expect(third.kept.orders).toMatchObject([{ givenOn: 'a' }]);
    expect(other.order).toBe('disable');
  });

  test('with ten minutes to go has ten minutes to go where the clock is an hour off', async () => {
    const link = new Link();
    link.skews.set('b', 3_600_000);
    const [one, other] = [link.start('a'), link.start('b')];
    await link.clock.settleTo(100);
    // It is told again and again, and arrives after 20 seconds.
    link.isCut = true;
    one.steer({ kind: 'drain', timeoutMs: 600_000, atEnd: 'remove' });
    const untilMs = link.clock.wallTimeMs() + 3_600_000 + 600_000;
    await link.clock.settleTo(20_000);
    link.isCut = false;
    await link.clock.settleTo(21_000);
    const [order] = other.kept.orders;
    expect(order?.kind === 'drain' && Math.abs((order.untilMs ?? 0) - untilMs)).toBeLessThan(200);
  });

  test('for one director stays there', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    await link.clock.settleTo(100);
    const { carried } = link;
    const said = one.steer(disable, { local: true });
    await link.clock.settleTo(5_000);
    expect([one.order, other.order, link.carried]).toEqual(['disable', undefined, carried]);
    expect(one.sharing.hasOf(said)).toEqual([]);
  });

  test('does not leave on a link without a key, and none is believed there', async () => {
    const link = new Link();
    link.isSigned = false;
    const [one, other] = [link.start('a'), link.start('b')];
    const said = one.steer(disable);
    await link.clock.settleTo(5_000);
    expect(link.carried).toBe(0);
    expect(one.sharing.hasOf(said)).toEqual([{ name: 'of b', has: false }]);
    expect(one.sharing.snapshot()).toMatchObject([{ state: 'unsigned' }]);
    const note = { kind: 'put', batch: 1, nowMs: 0, orders: [] };
    other.sharing.hear(one.life, Buffer.from(JSON.stringify(note)));
    expect(new OrderIndex(other.kept).isEmpty).toBe(true);
  });

  test('is not acknowledged before it is on the disk', async () => {
    const link = new Link();
    const [one, other] = [link.start('a'), link.start('b')];
    other.diskIsFull = true;
    const said = one.steer(disable);
    await link.clock.settleTo(3_000);
    expect([other.order, one.sharing.hasOf(said)]).toEqual([
      undefined,
      [{ name: 'b', has: false }],
    ]);
    other.diskIsFull = false;
    await link.clock.settleTo(4_000);
    expect([other.order, one.sharing.hasOf(said)]).toEqual(['disable', [{ name: 'b', has: true }]]);
  });
});

test('a hundred orders go in datagrams of a size, one after the other', async () => {
  const link = new Link();
  const one = link.start('a');
  for (const address of ADDRESSES) one.steer(disable, { realServer: `${address}:80` });
  const other = link.start('b');
  await link.clock.settleTo(300);
  expect(other.kept.orders).toHaveLength(100);
  // What a peer has it is not told again, though it comes back.
  link.stop(other);
  const { carried } = link;
  link.start('b', other.kept);
  await link.clock.settleTo(600);
  expect(link.carried - carried).toBeLessThanOrEqual(4);
});

test('what is no note, or of a stranger, is not heard', () => {
  const link = new Link();
  const [one, other] = [link.start('a'), link.start('b')];
  for (const text of ['', '{', 'null', '{"kind":"put","batch":1,"nowMs":1,"orders":[{}]}']) {
    other.sharing.hear(one.life, Buffer.from(text));
  }
  other.sharing.hear('ffffffffffffffff', Buffer.from('{"kind":"got","batch":1,"isTaken":true}'));
  expect(other.order).toBeUndefined();
});
