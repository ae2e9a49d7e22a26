/** What an operator's order does to a virtual server: weights, quorum and sorry server. */

import { describe, expect, test } from 'vitest';
import { formatEndpoint, isNamed } from '../../src/base/endpoint.ts';
import { silentLog } from '../../src/base/log.ts';
import { atOnce } from '../../src/base/slices.ts';
import { OrderIndex } from '../../src/drain/orders.ts';
import { holdOf } from '../../src/health/hold.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import type { DrainOrder, Order } from '../../src/model/drain.ts';
import type { RealServer, VirtualServer } from '../../src/model/virtual-server.ts';
import { bookOf, GIVEN } from '../drain/make.ts';
import { settled, simulatedClock } from '../world/clock.ts';
import {
  realServer,
  script,
  serviceKey,
  sorryServer,
  target,
  tcpCheck,
  virtualServer,
} from './make.ts';

const drain = (address: string, over: Partial<DrainOrder> = {}): DrainOrder => ({
  kind: 'drain',
  realServer: `${address}:80`,
  virtualServer: null,
  sinceMs: 0,
  untilMs: null,
  atEnd: 'stay',
  ended: null,
  ...GIVEN,
  ...over,
});
const disable = (address: string): Order => ({
  kind: 'disable',
  realServer: `${address}:80`,
  virtualServer: null,
  sinceMs: 0,
  ...GIVEN,
});
const ENDED = { how: 'none-left', atMs: 1, left: null } as const;

test.each<[string, Order | null, string]>([
  ['nothing', null, 'free'],
  ['a drain', drain('10.0.0.1'), 'quiescent'],
  ['a drain that has ended', drain('10.0.0.1', { ended: ENDED }), 'quiescent'],
  ['a drain that is to remove', drain('10.0.0.1', { atEnd: 'remove' }), 'quiescent'],
  ['the same at its end', drain('10.0.0.1', { atEnd: 'remove', ended: ENDED }), 'out'],
  ['disable', disable('10.0.0.1'), 'out'],
])('%s means', (_, order, hold) => {
  expect(holdOf(order)).toBe(hold);
});

function checked(address: string, changes: Partial<RealServer> = {}): RealServer {
  return realServer(address, {
    checks: [{ ...tcpCheck({}), target: target(address, 80) }],
    ...changes,
  });
}

function world() {
  const clock = simulatedClock();
  const failing = new Set<string>();
  const scripts: string[] = [];
  let index = new OrderIndex(bookOf([]));
  const asked: string[] = [];
  let attempts = 0;
  const monitor = new HealthMonitor({
    clock,
    random: () => 0,
    log: silentLog,
    dial: async ({ address }) => {
      attempts += 1;
      if (failing.has(address)) throw new Error('refused');
      return { destroy: () => {} } as never;
    },
    notify: { changed: ({ script }) => void (script && scripts.push(script.argv[0])) },
    orders: {
      get isEmpty() {
        return index.isEmpty;
      },
      orderOf: (virtual, real) => {
        asked.push(real);
        return index.orderOf(virtual, real);
      },
    },
    sessions: new Sessions(),
    onServings: () => {},
  });
  return {
    monitor,
    failing,
    scripts,
    attempts: () => attempts,
    /** Real servers whose orders were looked at. */
    asked,
    order(...orders: readonly Order[]): void {
      index = new OrderIndex(bookOf(orders));
      monitor.steer();
    },
    /** An order for this real server, in pieces: `meanwhile` is run between two of them. */
    orderSlowly(order: Order, meanwhile: () => void): number {
      index = new OrderIndex(bookOf([order]));
      let pieces = 1;
      const steps = monitor.steering(order.realServer);
      while (!steps.next().done) {
        pieces += 1;
        meanwhile();
      }
      return pieces;
    },
    async configure(...servers: VirtualServer[]): Promise<void> {
      monitor.configure(servers);
      await settled();
    },
    pass: (seconds: number) => clock.settleBy(seconds * 1000),
    /** `1 0 - | 1`: weights, and behind a bar that of the sorry server. */
    holds: (): string =>
      monitor
        .servings()
        .map(({ weights, sorryWeight }) => {
          const held = weights.map((weight) => weight ?? '-').join(' ');
          return sorryWeight === null ? held : `${held} | ${sorryWeight}`;
        })
        .join(' / '),
  };
}

const three = [1, 2, 3].map((weight) => checked(`10.0.0.${weight}`, { weight }));

describe('a real server that is drained', () => {
  test('has weight 0, is checked all the same, and is back when it is enabled', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: three }));
    w.order(drain('10.0.0.2'));
    expect(w.holds()).toBe('1 0 3');
    const before = w.attempts();
    await w.pass(4);
    expect(w.attempts() - before).toBe(6);
    const [server] = w.monitor.snapshot().virtualServers;
    expect(server?.realServers[1]).toMatchObject({ standing: 'up', order: { kind: 'drain' } });
    expect(server?.upWeight).toBe(4);
    w.order();
    expect(w.holds()).toBe('1 2 3');
  });

  test('is foreseen with its quorum, and nothing is changed by that', async () => {
    const w = world();
    const server = virtualServer({ realServers: three, quorum: 4, sorryServer: sorryServer() });
    await w.configure(server);
    const [watched] = w.monitor.watchedOf([server]);
    expect(watched?.underOrder('10.0.0.1:80', 'quiescent')).toEqual({
      met: true,
      serving: { weights: [0, 2, 3], sorryWeight: null },
    });
    expect(watched?.underOrder('10.0.0.3:80', 'out')).toEqual({
      met: false,
      serving: { weights: [null, null, null], sorryWeight: 1 },
    });
    expect(w.holds()).toBe('1 2 3');
  });

  test('is treated like any other when it fails, and drains on when it is back', async () => {
    const w = world();
    const inhibiting = checked('10.0.0.3', { inhibitOnFailure: true });
    await w.configure(virtualServer({ realServers: [...three.slice(0, 2), inhibiting] }));
    w.order(drain('10.0.0.2'), drain('10.0.0.3'));
    w.failing.add('10.0.0.2').add('10.0.0.3');
    await w.pass(4);
    expect(w.holds()).toBe('1 - 0');
    w.failing.clear();
    await w.pass(4);
    expect(w.holds()).toBe('1 0 0');
  });

  test('stays beside the sorry server that serves for it', async () => {
    const w = world();
    const more = { sorryServer: sorryServer(), quorumDown: script('quorum down') };
    await w.configure(virtualServer({ realServers: three.slice(0, 2), ...more }));
    w.order(drain('10.0.0.1'));
    expect(w.holds()).toBe('0 2');
    expect(w.scripts).toEqual([]);
    w.order(drain('10.0.0.1'), drain('10.0.0.2'));
    expect(w.holds()).toBe('0 0 | 1');
    expect(w.scripts).toEqual(['quorum down']);
    w.order(drain('10.0.0.1'));
    expect(w.holds()).toBe('0 2');
  });

  test('does not count for the quorum', async () => {
    const w = world();
    const more = { sorryServer: sorryServer(), quorum: 4 };
    await w.configure(virtualServer({ realServers: three, ...more }));
    w.order(drain('10.0.0.3'));
    // 1 + 2 < 4: as when the third had failed, but it keeps its connections.
    expect(w.holds()).toBe('- - 0 | 1');
  });

  test('that is the sorry server, too, is drained in either role', async () => {
    const w = world();
    const sorry = sorryServer({ address: '10.0.0.1' });
    await w.configure(virtualServer({ realServers: three.slice(0, 2), sorryServer: sorry }));
    w.order(drain('10.0.0.1'), drain('10.0.0.2'));
    expect(w.holds()).toBe('0 0');
  });

  test('is drained in the one virtual server that was named', async () => {
    const w = world();
    const keys = [serviceKey('192.0.2.1', 81)];
    await w.configure(
      virtualServer({ realServers: three }),
      virtualServer({ keys, realServers: three }),
    );
    w.order(drain('10.0.0.1', { virtualServer: '192.0.2.1:81 tcp' }));
    expect(w.holds()).toBe('1 2 3 / 0 2 3');
  });
});

describe('a real server that is disabled', () => {
  test('is out of the table, also with inhibit_on_failure', async () => {
    const w = world();
    const inhibiting = checked('10.0.0.3', { inhibitOnFailure: true });
    await w.configure(virtualServer({ realServers: [...three.slice(0, 2), inhibiting] }));
    w.order(disable('10.0.0.2'), disable('10.0.0.3'));
    expect(w.holds()).toBe('1 - -');
    w.failing.add('10.0.0.3');
    await w.pass(4);
    expect(w.holds()).toBe('1 - -');
    w.order();
    expect(w.holds()).toBe('1 2 0');
  });
});

describe('a reload', () => {
  test('finds new real servers, new virtual servers and old ones under their orders', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: three.slice(0, 1) }));
    w.order(drain('10.0.0.1'), disable('10.0.0.2'));
    const keys = [serviceKey('192.0.2.1', 81)];
    const next = [
      virtualServer({ realServers: three }),
      virtualServer({ keys, realServers: three }),
    ];
    const foreseen = atOnce(w.monitor.servingsUnder(next));
    await w.configure(...next);
    expect(w.holds()).toBe('0 - 3 / 0 - 3');
    expect(w.monitor.servings()).toEqual(foreseen);
  });
});

describe('an order for a real server of many virtual servers', () => {
  const many = (count: number): VirtualServer[] =>
    Array.from({ length: count }, (_, at) =>
      virtualServer({ keys: [serviceKey(`192.0.2.${at}`)], realServers: three }),
    );

  test('is looked up for that one alone, and in pieces', async () => {
    const w = world();
    await w.configure(...many(200));
    w.asked.length = 0;
    expect(w.orderSlowly(disable('10.0.0.2'), () => {})).toBeGreaterThan(10);
    expect(w.asked).toEqual(Array.from({ length: 200 }, () => '10.0.0.2:80'));
    expect(w.holds()).toBe(Array.from({ length: 200 }, () => '1 - 3').join(' / '));
  });

  test('goes through the real servers of a large one in pieces, too', async () => {
    const w = world();
    const pool = Array.from({ length: 5_000 }, (_, at) =>
      realServer(`10.${at >> 8}.${at & 255}.1`, { checks: [] }),
    );
    await w.configure(virtualServer({ realServers: pool }));
    expect(w.orderSlowly(disable('10.19.7.1'), () => {})).toBeGreaterThan(9);
    const [serving] = w.monitor.servings();
    expect(serving?.weights.indexOf(null)).toBe(19 * 256 + 7);
  });

  test('holds for all of them, whatever a reload or a check changes meanwhile', async () => {
    const w = world();
    await w.configure(...many(100));
    const next = many(110).map((one, at) => (at < 50 ? one : { ...one, quorum: 2 }));
    let pieces = 0;
    w.orderSlowly(disable('10.0.0.2'), () => {
      pieces += 1;
      if (pieces === 2) void w.configure(...next);
    });
    expect(pieces).toBeGreaterThan(2);
    await settled();
    expect(w.holds()).toBe(Array.from({ length: 110 }, () => '1 - 3').join(' / '));
  });
});

test.each([
  ['10.1.0.3:80', '10.1.0.3', 80, true],
  ['10.1.0.3:80', '10.1.0.3', 8080, false],
  ['10.1.0.3:80', '10.1.0.33', 80, false],
  ['[fd00::1]:80', 'fd00::1', 80, true],
  ['[fd00::1]:80', 'fd00::', 180, false],
])('%s names %s port %i: %s', (name, address, port, is) => {
  expect(isNamed(name)({ address, port })).toBe(is);
  expect(formatEndpoint(address, port) === name).toBe(is);
});
