/** Draining over simulated time: what is counted, when it ends, and what of it outlives the process. */

import { beforeEach, describe, expect, test } from 'vitest';
import { DirectorError } from '../../src/base/error.ts';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import { Drains } from '../../src/drain/drains.ts';
import type { Held } from '../../src/drain/places.ts';
import { NO_ROOM } from '../../src/drain/telling.ts';
import type { DrainState, Leaving, Order, SteerRequest } from '../../src/model/drain.ts';
import { stageOf } from '../../src/model/names.ts';
import { realServer, serviceKey, virtualServer } from '../health/make.ts';
import { simulatedClock } from '../world/clock.ts';
import { GIVEN, NOTHING_KEPT, OTHER, version } from './make.ts';

const RS = '10.1.0.3:80';
const SERVERS = [
  virtualServer({ realServers: [realServer('10.1.0.3'), realServer('10.1.0.4')] }),
  virtualServer({ keys: [serviceKey('192.0.2.2')], realServers: [realServer('10.1.0.3')] }),
];

function world(state: DrainState = NOTHING_KEPT, clock = simulatedClock()) {
  const logged: LogRecord[] = [];
  /** Active connections by `address of virtual address`; what is not there is not in the kernel. */
  const active = new Map<string, number>();
  const weights = new Map<string, number>();
  const w = {
    clock,
    logged,
    active,
    weights,
    kept: state,
    changes: 0,
    asked: 0,
    templatesBind: true,
    /** The file of the kernel's setting cannot be opened. */
    isSettingUnknown: false,
    settingReads: 0,
    diskIsFull: false,
    isSilent: false,
    drains: null as unknown as Drains,
    stages: (): readonly string[] =>
      w.drains.snapshot(() => []).orders.map(({ order }) => stageOf(order)),
  };
  w.drains = new Drains(
    {
      clock,
      log: logTo((record) => void logged.push(record)),
      count: async (places) => {
        w.asked += 1;
        if (w.isSilent) throw new DirectorError('NETLINK_TIMEOUT', 'the kernel did not answer');
        return places.map(({ key, address }): Held | null => {
          const name = `${address} of ${key.kind === 'address' ? key.address : ''}`;
          const count = active.get(name);
          if (count === undefined) return null;
          const connections = { active: count, inactive: 0, persistent: 0 };
          return { weight: weights.get(name) ?? 0, connections };
        });
      },
      templatesBind: () => {
        w.settingReads += 1;
        if (w.isSettingUnknown) throw new DirectorError('NOT_PERMITTED', 'cannot read: EMFILE');
        return w.templatesBind;
      },
      keep: (kept) => {
        if (w.diskIsFull) throw new DirectorError('STATE_UNWRITABLE', 'no space left');
        w.kept = JSON.parse(JSON.stringify(kept));
      },
      name: () => 'lvs1',
      onChange: () => {
        w.changes += 1;
      },
    },
    state,
  );
  w.drains.configure(SERVERS);
  return w;
}

type Want = SteerRequest['want'];

const drain = (over: Partial<Extract<Want, { kind: 'drain' }>> = {}): Want => ({
  kind: 'drain',
  timeoutMs: null,
  atEnd: 'stay',
  ...over,
});

function steer(w: ReturnType<typeof world>, want: Want, virtualServerName: string | null = null) {
  return w.drains.steer({
    realServer: RS,
    virtualServer: virtualServerName,
    local: false,
    force: false,
    want,
  }).report;
}

/** Lines of the log about something. */
const told = ({ logged }: ReturnType<typeof world>, about: RegExp): readonly string[] =>
  logged.flatMap(({ level, message }) => (about.test(message) ? [`${level}: ${message}`] : []));

/** Given on another director. */
const disabled = (atMs: number): Order => ({
  ...GIVEN,
  kind: 'disable',
  realServer: RS,
  virtualServer: null,
  sinceMs: atMs,
  version: version(atMs, OTHER),
});

let w: ReturnType<typeof world>;

beforeEach(() => {
  w = world();
  w.active.set('10.1.0.3 of 192.0.2.1', 2).set('10.1.0.3 of 192.0.2.2', 1);
});

describe('a drain', () => {
  test('lasts until all its places are empty, and is counted every second', async () => {
    expect(steer(w, drain())).toMatchObject({
      realServer: RS,
      virtualServer: null,
      servers: [
        { virtualServer: '192.0.2.1:80 tcp', realServer: RS },
        { virtualServer: '192.0.2.2:80 tcp', realServer: RS },
      ],
      before: [],
    });
    await w.clock.settleTo(5_050);
    expect(w.asked).toBe(5);
    expect(w.drains.snapshot(() => []).orders[0]).toMatchObject({ left: { active: 3 } });
    w.active.set('10.1.0.3 of 192.0.2.1', 0);
    await w.clock.settleTo(7_050);
    expect(w.stages()).toEqual(['draining']);
    w.active.set('10.1.0.3 of 192.0.2.2', 0);
    await w.clock.settleTo(7_150);
    expect(w.stages()).toEqual(['drained']);
    expect(w.drains.orderOf('192.0.2.1:80 tcp', RS)).toMatchObject({
      ended: { how: 'none-left', left: { active: 0 } },
    });
    expect(w.changes).toBe(1);
    // Nothing drains, so nothing is counted.
    await w.clock.settleBy(60_000);
    expect({ asked: w.asked, armed: w.clock.armed }).toEqual({ asked: 8, armed: 0 });
  });

  test('ends with its time, which a step of the wall clock does not change', async () => {
    steer(w, drain({ timeoutMs: 10_000, atEnd: 'remove' }));
    await w.clock.settleTo(9_900);
    expect(w.stages()).toEqual(['draining']);
    await w.clock.settleTo(11_100);
    expect(w.stages()).toEqual(['removed']);
    expect(w.kept.orders[0]).toMatchObject({ ended: { how: 'timeout', left: { active: 3 } } });
    const told = w.logged.filter(({ message }) => message === 'real server steered');
    expect(told.map(({ fields }) => `${fields.from} → ${fields.to}: ${fields.reason}`)).toEqual([
      'in service → draining: operator',
      'draining → removed: timeout',
    ]);
  });

  test('of a server with weight somewhere has not ended, though it is idle', async () => {
    w.active.set('10.1.0.3 of 192.0.2.1', 0).set('10.1.0.3 of 192.0.2.2', 0);
    w.weights.set('10.1.0.3 of 192.0.2.2', 1);
    steer(w, drain());
    await w.clock.settleTo(5_000);
    expect(w.stages()).toEqual(['draining']);
    w.weights.clear();
    await w.clock.settleTo(6_500);
    expect(w.stages()).toEqual(['drained']);
  });

  test('of a server that is not in the table is over at once', async () => {
    w.active.clear();
    steer(w, drain());
    await w.clock.settleTo(100);
    expect(w.stages()).toEqual(['drained']);
  });

  test('goes on while the kernel does not answer, until its time is over', async () => {
    w.isSilent = true;
    steer(w, drain({ timeoutMs: 3_000 }));
    await w.clock.settleTo(2_900);
    expect(w.stages()).toEqual(['draining']);
    await w.clock.settleTo(4_100);
    expect(w.kept.orders[0]).toMatchObject({ ended: { how: 'timeout', left: null } });
    expect(w.logged.some(({ level }) => level === 'warn')).toBe(true);
  });

  test('goes on to its end while it is not known whether templates bind: they do', async () => {
    const w = world();
    w.active.set('10.1.0.3 of 192.0.2.1', 1);
    steer(w, drain({ timeoutMs: 5_000 }));
    w.templatesBind = false;
    w.isSettingUnknown = true;
    expect(w.drains.templatesBind).toBe(true);
    await w.clock.settleBy(4_000);
    expect(w.stages()).toEqual(['draining']);
    await w.clock.settleBy(2_000);
    expect(w.stages()).toEqual(['drained']);
    expect(told(w, /expire_quiescent/)).toEqual([
      'warn: expire_quiescent_template is not known, and taken for unset',
    ]);
  });

  test('is in the log a few times, however long something cannot be read or counted', async () => {
    const w = world();
    w.active.set('10.1.0.3 of 192.0.2.1', 1);
    steer(w, drain({ timeoutMs: 600_000 }));
    w.isSettingUnknown = true;
    w.isSilent = true;
    await w.clock.settleBy(120_000);
    expect(w.settingReads).toBeGreaterThan(100);
    const unknown = 'warn: expire_quiescent_template is not known, and taken for unset';
    const uncounted = 'warn: connections could not be counted';
    expect(told(w, /expire_quiescent/)).toEqual([unknown, unknown, unknown]);
    expect(told(w, /counted/)).toEqual([uncounted, uncounted, uncounted]);
    w.isSettingUnknown = false;
    w.isSilent = false;
    await w.clock.settleBy(2_000);
    expect(told(w, /expire_quiescent/).at(-1)).toBe(
      'info: expire_quiescent_template is known again',
    );
    expect(told(w, /counted/).at(-1)).toBe('info: connections can be counted again');
  });

  test('in one virtual server is counted there only', async () => {
    steer(w, drain(), '192.0.2.2:80');
    await w.clock.settleTo(200);
    expect(w.drains.snapshot(() => []).orders).toMatchObject([
      { left: { active: 1 }, servers: [{ virtualServer: '192.0.2.2:80 tcp' }] },
    ]);
    expect(w.drains.orderOf('192.0.2.1:80 tcp', RS)).toBeNull();
  });

  test('that is lifted while its connections are counted does not end', async () => {
    w.active.clear();
    steer(w, drain());
    w.clock.advanceTo(100);
    steer(w, { kind: 'enable' });
    await w.clock.settleTo(2_000);
    expect(w.drains.snapshot(() => []).orders).toEqual([]);
    expect(w.changes).toBe(0);
  });
});

describe('what is ordered', () => {
  test('is on the disk before it is told, or is not ordered', () => {
    w.diskIsFull = true;
    expect(() => steer(w, { kind: 'disable' })).toThrow('no space left');
    expect(w.drains.isEmpty).toBe(true);
    w.diskIsFull = false;
    steer(w, { kind: 'disable' });
    expect(w.kept.orders).toMatchObject([{ kind: 'disable', realServer: RS }]);
  });

  test('says what it replaces', () => {
    steer(w, drain());
    expect(steer(w, { kind: 'disable' }).before.map(stageOf)).toEqual(['draining']);
    expect(steer(w, { kind: 'enable' }, '192.0.2.1:80').before.map(stageOf)).toEqual(['disabled']);
    const orderIn = (virtual: string) => w.drains.orderOf(`${virtual}:80 tcp`, RS)?.kind;
    expect([orderIn('192.0.2.1'), orderIn('192.0.2.2')]).toEqual([undefined, 'disable']);
    expect(w.drains.snapshot(() => []).lifts).toMatchObject([
      { virtualServer: '192.0.2.1:80 tcp' },
    ]);
    steer(w, { kind: 'enable' });
    expect(steer(w, { kind: 'enable' })).toMatchObject({ order: null, before: [] });
    expect(w.drains.snapshot(() => []).lifts).toEqual([]);
  });

  test('is later than all that is known, whatever the clock says', () => {
    w.drains.accept([{ ...disabled(10 ** 13), version: version(10 ** 13, OTHER) }], 'lvs2');
    expect(steer(w, { kind: 'enable' }).before).toHaveLength(1);
    expect(w.drains.orderOf('192.0.2.1:80 tcp', RS)).toBeNull();
    expect(w.kept.lifts).toMatchObject([{ version: version(10 ** 13 + 1) }]);
  });

  test('on another director comes into force unless something later was said here', () => {
    expect(w.drains.accept([disabled(5)], 'lvs2')).toBe(true);
    expect(w.drains.orderOf('192.0.2.2:80 tcp', RS)).toMatchObject({ kind: 'disable' });
    expect(w.kept.orders).toHaveLength(1);
    expect(w.changes).toBe(1);
    steer(w, { kind: 'enable' });
    w.drains.accept([disabled(5), disabled(6)], 'lvs2');
    expect(w.drains.orderOf('192.0.2.2:80 tcp', RS)).toBeNull();
    expect(w.changes).toBe(1);
    expect(w.logged.map(({ fields }) => fields.reason)).toEqual(['ordered on lvs2', 'operator']);
  });

  test('on another director is not in force until it is on the disk', () => {
    w.diskIsFull = true;
    expect(() => w.drains.accept([disabled(5)], 'lvs2')).toThrow('no space left');
    expect(w.drains.isEmpty).toBe(true);
  });

  test('in greater number than anybody orders one by one is refused', () => {
    const many = Array.from({ length: 2_048 }, (_, at) => ({
      ...disabled(5),
      realServer: `10.2.${at >> 8}.${at & 255}:80`,
    }));
    expect(w.drains.accept(many, 'lvs2')).toBe(true);
    expect(w.drains.accept([disabled(5)], 'lvs2')).toBe(false);
    expect(() => steer(w, { kind: 'disable' })).toThrow('2048 real servers');
    expect(w.drains.orderOf('192.0.2.1:80 tcp', RS)).toBeNull();
  });

  test('for this director only is not for others', () => {
    w.drains.steer({
      realServer: RS,
      virtualServer: null,
      local: true,
      force: false,
      want: { kind: 'disable' },
    });
    expect(w.drains.shared).toEqual([]);
    steer(w, { kind: 'disable' });
    expect(w.drains.shared).toHaveLength(1);
  });

  test('goes on in the next life, with the time that is left', async () => {
    steer(w, drain({ timeoutMs: 10_000 }));
    await w.clock.settleTo(4_000);
    w.drains.close();
    const next = world(w.kept, simulatedClock(4_000));
    next.active.set('10.1.0.3 of 192.0.2.1', 1);
    await next.clock.settleTo(9_900);
    expect(next.stages()).toEqual(['draining']);
    await next.clock.settleTo(11_100);
    expect(next.kept.orders[0]).toMatchObject({ ended: { how: 'timeout' } });
  });

  test('holds for a virtual server that a reload brings, and outlives one that it removes', async () => {
    steer(w, drain());
    const third = virtualServer({
      keys: [serviceKey('192.0.2.3')],
      realServers: [realServer('10.1.0.3')],
    });
    w.drains.configure([third]);
    w.active.set('10.1.0.3 of 192.0.2.3', 7);
    await w.clock.settleBy(200);
    expect(w.drains.snapshot(() => []).orders).toMatchObject([
      { left: { active: 7 }, servers: [{ virtualServer: '192.0.2.3:80 tcp' }] },
    ]);
    w.drains.configure([]);
    expect(w.drains.snapshot(() => []).orders).toMatchObject([{ servers: [] }]);
    w.drains.configure(SERVERS);
    expect(w.drains.orderOf('192.0.2.1:80 tcp', RS)).not.toBeNull();
  });
});

describe('what a reload has removed', () => {
  const leaving = (address: string, untilMs: number): Leaving => ({
    service: {
      key: serviceKey(),
      scheduler: 'rr',
      persistent: false,
      onePacket: false,
      schedulerFlags: { fallback: false, port: false, third: false },
      timeoutSeconds: 0,
      granularityBits: 32,
      engine: null,
    },
    destination: {
      address,
      port: 80,
      forwarding: 'nat',
      tunnel: null,
      weight: 0,
      upperThreshold: 0,
      lowerThreshold: 0,
    },
    sinceMs: 0,
    untilMs,
  });

  test('leaves when it is empty, or its time is over', async () => {
    const now = w.clock.wallTimeMs();
    w.active.set('10.1.0.7 of 192.0.2.1', 1).set('10.1.0.8 of 192.0.2.1', 1);
    w.drains.leave([leaving('10.1.0.7', now + 60_000), leaving('10.1.0.8', now + 5_000)]);
    expect(w.kept.leaving).toHaveLength(2);
    await w.clock.settleTo(2_000);
    expect(w.drains.snapshot(() => []).leaving).toMatchObject([
      { realServer: '10.1.0.7:80', virtualServer: '192.0.2.1:80 tcp', left: { active: 1 } },
      { realServer: '10.1.0.8:80' },
    ]);
    w.active.set('10.1.0.7 of 192.0.2.1', 0);
    await w.clock.settleTo(3_200);
    expect(w.drains.departures.map(({ destination }) => destination.address)).toEqual(['10.1.0.8']);
    await w.clock.settleTo(6_200);
    expect(w.drains.departures).toEqual([]);
    expect(w.kept.leaving).toEqual([]);
    expect(w.changes).toBe(2);
    const ends = w.logged.filter(({ fields }) => fields.to === 'removed');
    expect(ends.map(({ fields }) => [fields.reason, fields.left, fields.realServers])).toEqual([
      ['none-left', 0, ['10.1.0.7:80 of 192.0.2.1:80 tcp']],
      ['timeout', 1, ['10.1.0.8:80 of 192.0.2.1:80 tcp']],
    ]);
  });

  test('is asked of together, once a second, whether templates bind', async () => {
    const w = world();
    const untilMs = w.clock.wallTimeMs() + 60_000;
    w.drains.leave(Array.from({ length: 200 }, (_, at) => leaving(`10.1.9.${at}`, untilMs)));
    await w.clock.settleBy(50);
    expect(w.settingReads).toBe(0);
    await w.clock.settleBy(100);
    expect(w.settingReads).toBe(1);
  });

  test('goes at once when it is disabled, here or on another director', () => {
    const now = w.clock.wallTimeMs();
    w.drains.configure([]);
    w.drains.leave([leaving('10.1.0.7', now + 60_000), leaving('10.1.0.3', now + 60_000)]);
    const asked = { realServer: '10.1.0.7:80', virtualServer: null, local: false, force: false };
    for (const want of [drain(), { kind: 'enable' } as const]) {
      expect(() => w.drains.steer({ ...asked, want })).toThrow(
        '10.1.0.7:80 of 192.0.2.1:80 tcp drains already, because a reload has removed it',
      );
    }
    const { report } = w.drains.steer({ ...asked, want: { kind: 'disable' } });
    expect(report.servers).toEqual([
      { virtualServer: '192.0.2.1:80 tcp', realServer: '10.1.0.7:80' },
    ]);
    expect(w.kept.leaving).toHaveLength(1);
    w.drains.accept([disabled(5)], 'lvs2');
    expect(w.drains.departures).toEqual([]);
    expect(w.logged.filter(({ fields }) => fields.to === 'removed')).toHaveLength(2);
    // What is ordered of a name that is not configured can be lifted.
    expect(w.drains.steer({ ...asked, want: { kind: 'enable' } }).report.before).toHaveLength(1);
  });

  test('that has no room beside mh is forgotten with a warning', () => {
    const w = world();
    w.drains.leave([leaving('10.1.0.7', w.clock.wallTimeMs() + 60_000)]);
    w.drains.forget(w.drains.departures, NO_ROOM);
    expect(w.kept.leaving).toEqual([]);
    expect(w.logged.at(-1)).toMatchObject({
      level: 'warn',
      message: 'removed real servers drain',
      fields: { to: 'ended', reason: 'no room beside mh', count: 1 },
    });
  });

  test('goes on although the disk is full, and is forgotten when it is configured again', async () => {
    w.diskIsFull = true;
    w.active.set('10.1.0.7 of 192.0.2.1', 1);
    w.drains.leave([leaving('10.1.0.7', w.clock.wallTimeMs() + 60_000)]);
    expect(w.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    await w.clock.settleTo(5_000);
    expect(w.drains.departures).toHaveLength(1);
    w.drains.forget(w.drains.departures, 'configured again');
    expect(w.drains.departures).toEqual([]);
    await w.clock.settleTo(90_000);
    expect(w.changes).toBe(0);
  });
});
