/**
 * The health process as a whole over simulated time, in front of a kernel in memory: what happens while much that is new
 * is made in slices.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { HealthProcessSnapshot } from '../../../src/api/protocol.ts';
import { logTo, silentLog } from '../../../src/base/log.ts';
import { type Clock, nextTurn } from '../../../src/base/time.ts';
import { HealthDuties } from '../../../src/daemon/health/health-duties.ts';
import { KernelSettingsKeeper } from '../../../src/daemon/health/kernel-settings.ts';
import type { Uplink } from '../../../src/daemon/ipc.ts';
import { ArpWatch } from '../../../src/health/arp-watch.ts';
import { NO_SETTINGS } from '../../../src/model/kernel-settings.ts';
import { formatService } from '../../../src/model/names.ts';
import type { IpvsPlan } from '../../../src/model/plan.ts';
import type { ServiceSnapshot } from '../../../src/model/snapshot-ipvs.ts';
import type { HealthConfig, VirtualServer } from '../../../src/model/virtual-server.ts';
import type { Statistics } from '../../../src/wire/ipvs/statistics.ts';
import { realServer, serviceKey, target, tcpCheck, virtualServer } from '../../health/make.ts';
import { simulatedClock } from '../../world/clock.ts';
import { SimulatedIpvs, settingsKernelOf } from '../../world/ipvs.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const UPLINK: Uplink = {
  log: silentLog,
  tellVrrpStates: () => {},
  tellBfdStates: () => {},
  tellPeerLinks: () => {},
  tellPeerNote: () => {},
  tellServersUp: () => {},
  tell: () => {},
  runScript: async () => ({ refused: 'no scripts here' }),
  leaveWill: () => {},
  serve: () => {},
};

/** A director whose work pauses at every step while it `hurries`. */
function world({ owned = '[]', log = silentLog } = {}) {
  const time = simulatedClock();
  const ipvs = new SimulatedIpvs();
  const failing = new Set<string>();
  const asked: string[] = [];
  let hurriedMs = 0;
  const w = { ipvs, time, failing, asked, hurries: true };
  const clock: Clock = {
    now: () => {
      if (w.hurries) hurriedMs += 10;
      return time.now() + hurriedMs;
    },
    wallTimeMs: time.wallTimeMs,
    wakeAt: (at, run) => time.wakeAt(at - hurriedMs, run),
  };
  const runDir = mkdtempSync(join(tmpdir(), 'health-'));
  folders.push(runDir);
  writeFileSync(join(runDir, 'ipvs-owned.json'), owned);
  const duties = new HealthDuties(
    { ...UPLINK, log },
    {
      runDir,
      stateDir: runDir,
      adopts: false,
      doors: {
        clock,
        dial: async ({ address }) => {
          asked.push(address);
          if (failing.has(address))
            throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
          return { destroy: () => {} } as never;
        },
        openIpvs: async () => ipvs,
        openSettings: () =>
          new KernelSettingsKeeper({
            clock: time,
            log: silentLog,
            path: join(runDir, 'settings.json'),
            kernelName: 'test',
            listen: () => ({ close: () => {} }),
            kernel: settingsKernelOf(ipvs),
          }),
        openArpWatch: () =>
          new ArpWatch({
            clock: time,
            log: silentLog,
            readHost: async () => ({ links: [], held: new Set() }),
            openAsker: () => ({ ask: () => {}, close: () => {} }),
          }),
      },
    },
  );
  return Object.assign(w, {
    duties,
    configure: (...servers: VirtualServer[]) => duties.configure(config(servers), 0),
    steer: (kind: 'disable' | 'enable', address: string) => {
      const request = {
        realServer: `${address}:80`,
        virtualServer: null,
        local: true,
        force: true,
      };
      return duties.answer({ ask: 'steer', request: { ...request, want: { kind } } });
    },
    plan: (...servers: VirtualServer[]) =>
      duties.answer({ ask: 'plan', config: config(servers) }) as Promise<IpvsPlan>,
    async services(withStatistics: boolean): Promise<readonly ServiceSnapshot[]> {
      const told = await duties.answer({ ask: 'snapshot', request: { withStatistics } });
      return (told as HealthProcessSnapshot).ipvs?.services ?? [];
    },
    /** What the kernel holds: `10.1.0.1=1` by service. */
    holds(): Record<string, readonly string[]> {
      const held = ipvs.table().services.map(({ service, destinations }) => {
        const words = destinations.map(({ address, weight }) => `${address}=${weight}`);
        return [formatService(service.key), words.toSorted()] as const;
      });
      return Object.fromEntries(held.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    },
  });
}

function config(virtualServers: readonly VirtualServer[]): HealthConfig {
  return {
    virtualServers,
    flushAtStart: false,
    listeners: { fifo: false, mail: false },
    settings: NO_SETTINGS,
    process: { realtimePriority: null, niceness: null, lockMemory: false },
    directorName: 'lvs1',
  };
}

function pool(port: number, hosts: readonly number[], changes: Partial<VirtualServer> = {}) {
  const realServers = hosts.map((host) => {
    const address = `10.1.0.${host}`;
    const check = { ...tcpCheck(), target: target(address, 80) };
    return realServer(address, { checks: [check] });
  });
  return virtualServer({ keys: [serviceKey('10.0.0.1', port)], realServers, ...changes });
}

const SERVICE = '10.0.0.1:80 tcp';

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await nextTurn();
}

describe('a start', () => {
  test('leaves what the kernel holds until all is known, and then removes what is not wanted', async () => {
    const keys = [80, 81].map((port) => serviceKey('10.0.0.1', port));
    const w = world({ owned: JSON.stringify(keys) });
    const other = world();
    await other.configure(pool(80, [1, 2]), pool(81, [1]));
    for (const { change } of other.ipvs.log) w.ipvs.make(change);
    const before = w.holds();
    let isReady = false;
    const others = Array.from({ length: 40 }, (_, at) => pool(100 + at, [3]));
    const started = w.configure(pool(80, [1, 2, 3]), ...others).then(() => {
      isReady = true;
    });
    w.failing.add('10.1.0.2');
    for (; !isReady && w.ipvs.log.length === 0; await nextTurn()) {
      expect(w.holds()).toEqual(before);
      // Checks begin while others are still to be made.
      await w.time.settleBy(100);
    }
    await started;
    await w.time.settleBy(5_000);
    expect(w.asked).toContain('10.1.0.2');
    expect(w.holds()[SERVICE]).toEqual(['10.1.0.1=1', '10.1.0.3=1']);
    expect(Object.keys(w.holds())).toHaveLength(41);
    const removed = w.ipvs.log.filter(({ change }) => change.do === 'remove-service');
    expect(removed).toHaveLength(1);
  });
});

describe('while a reload is prepared', () => {
  test('a server that fails leaves the table before the new configuration comes', async () => {
    const w = world();
    await w.configure(pool(80, [1, 2]));
    const many = Array.from({ length: 60 }, (_, at) => pool(100 + at, [3, 4]));
    const reload = w.configure(pool(80, [1, 2]), ...many);
    w.failing.add('10.1.0.2');
    await turns(3);
    await w.time.settleBy(1_500);
    await turns(3);
    expect(w.holds()).toEqual({ [SERVICE]: ['10.1.0.1=1'] });
    await reload;
    expect(w.holds()[SERVICE]).toEqual(['10.1.0.1=1']);
    expect(Object.keys(w.holds())).toHaveLength(61);
  });

  test('an order holds for what is new, too', async () => {
    const w = world();
    await w.configure(pool(80, [1, 2]));
    const next = [pool(80, [1, 2, 3]), pool(81, [1, 2])];
    const reload = w.configure(...next);
    await turns(4);
    await w.steer('disable', '10.1.0.2');
    await reload;
    expect(w.holds()).toEqual({
      [SERVICE]: ['10.1.0.1=1', '10.1.0.3=1'],
      '10.0.0.1:81 tcp': ['10.1.0.1=1'],
    });
  });

  test('what it removes is drained, although the table before is still being made', async () => {
    const w = world();
    const drains = { drainOnRemoveMs: 60_000 };
    await w.configure(pool(80, [1, 2, 3], drains));
    w.failing.add('10.1.0.1');
    await w.time.settleBy(3_500);
    w.failing.clear();
    // The order has a table made; the reload comes into force meanwhile.
    const ordered = w.steer('disable', '10.1.0.2');
    const reload = w.configure(pool(80, [1, 2], drains));
    await Promise.all([ordered, reload]);
    expect(w.holds()[SERVICE]).toContain('10.1.0.3=0');
  });

  test('of an orphan nothing goes on', async () => {
    const w = world();
    await w.configure(pool(80, [1]));
    const many = Array.from({ length: 60 }, (_, at) => pool(100 + at, [3, 4]));
    const reload = w.configure(...many);
    await turns(5);
    await w.duties.orphaned();
    await reload;
    w.asked.length = 0;
    await w.time.settleBy(10_000);
    expect(w.asked).toEqual([]);
    expect(w.holds()).toEqual({ [SERVICE]: ['10.1.0.1=1'] });
  });
});

test('a plan in slices tells what the reload then does', async () => {
  const w = world();
  await w.configure(pool(80, [1, 2]));
  const next = [pool(80, [2, 3]), pool(81, [1])];
  const plan = await w.plan(...next);
  w.ipvs.log.length = 0;
  await w.configure(...next);
  expect(w.ipvs.log).toHaveLength(plan.count);
  expect(plan.changes.map(({ text }) => text)).toEqual([
    '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
    '- real server 10.1.0.1:80 of 10.0.0.1:80 tcp',
    '+ virtual server 10.0.0.1:81 tcp: wrr',
    '+ real server 10.1.0.1:81 of 10.0.0.1:81 tcp: dr, weight 1',
  ]);
});

describe('counters', () => {
  const zero = (w: ReturnType<typeof world>, virtualServer: string | null) =>
    w.duties.answer({ ask: 'zero', request: { virtualServer } });

  test('are set to 0 of one virtual server, or of all that are configured', async () => {
    const w = world();
    await w.configure(pool(80, [1]), pool(81, [1]));
    await zero(w, '10.0.0.1:81');
    expect(w.ipvs.zeroed).toEqual(['10.0.0.1:81 tcp']);
    expect(await zero(w, null)).toEqual({
      virtualServers: ['10.0.0.1:80 tcp', '10.0.0.1:81 tcp'],
      absent: [],
    });
  });

  test('of what the kernel has no more are told, and the others are set', async () => {
    const w = world();
    await w.configure(pool(80, [1]), pool(81, [1]));
    await w.ipvs.apply([{ do: 'remove-service', key: serviceKey('10.0.0.1', 80) }]);
    expect(await zero(w, null)).toEqual({
      virtualServers: ['10.0.0.1:81 tcp'],
      absent: ['10.0.0.1:80 tcp'],
    });
  });

  test('of a name that nobody has are left, with what was meant', async () => {
    const w = world();
    await w.configure(pool(80, [1]));
    await expect(zero(w, '10.0.0.1:80 udp')).rejects.toMatchObject({
      code: 'UNKNOWN_SERVER',
      hint: 'did you mean 10.0.0.1:80 tcp?',
    });
    expect(w.ipvs.zeroed).toEqual([]);
  });
});

describe('whatever happens between two slices', () => {
  const hosts = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  const servers = fc
    .uniqueArray(
      fc.record({ port: fc.integer({ min: 80, max: 84 }), hosts, drains: fc.boolean() }),
      { minLength: 1, maxLength: 4, selector: ({ port }) => port },
    )
    .map((all) =>
      all.map(({ port, hosts, drains }) =>
        pool(port, hosts, { drainOnRemoveMs: drains ? 5_000 : 0 }),
      ),
    );
  const event = fc.record({
    afterTurns: fc.nat(10),
    host: fc.integer({ min: 1, max: 5 }),
    what: fc.constantFrom('fails', 'recovers', 'disable', 'enable', 'verify', 'time'),
  });

  test('the table ends as if all had been done at once (property)', async () => {
    const reloads = fc.array(fc.record({ servers, events: fc.array(event, { maxLength: 4 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(servers, reloads, async (first, steps) => {
        const ends = await Promise.all(
          [true, false].map(async (hurries) => {
            const w = world();
            w.hurries = hurries;
            await w.configure(...first);
            let before = first;
            for (const { servers, events } of steps) {
              const reload = w.configure(...servers);
              if (!hurries) await reload;
              for (const { afterTurns, host, what } of events) {
                await turns(hurries ? afterTurns : 0);
                const address = `10.1.0.${host}`;
                if (what === 'fails') w.failing.add(address);
                else if (what === 'recovers') w.failing.delete(address);
                else if (what === 'verify') await w.duties.answer({ ask: 'verify' });
                else if (what === 'time') await w.time.settleBy(700);
                // In both configurations: it is known whichever is in force.
                else if (stays(address, before, servers)) await w.steer(what, address);
              }
              await reload;
              before = servers;
            }
            w.hurries = false;
            await turns(3);
            // Every drain is over, and every server was asked.
            await w.time.settleBy(30_000);
            await turns(3);
            return w.holds();
          }),
        );
        expect(ends[0]).toEqual(ends[1]);
      }),
      { numRuns: 60 },
    );
  });
});

function stays(address: string, ...configs: readonly (readonly VirtualServer[])[]): boolean {
  return configs.every((servers) =>
    servers.some(({ realServers }) => realServers.some((real) => real.address === address)),
  );
}

describe('the snapshot', () => {
  const STATISTICS: Statistics = {
    connections: 1,
    inPackets: 2,
    outPackets: 3,
    // Beyond 32 bits.
    inBytes: 2 ** 40 + 4,
    outBytes: 2 ** 41 + 5,
    connectionsPerSecond: 6,
    inPacketsPerSecond: 7,
    outPacketsPerSecond: 8,
    inBytesPerSecond: 9,
    outBytesPerSecond: 10,
  };

  const reals = (count: number) =>
    Array.from({ length: count }, (_, at) => realServer(`10.1.0.${at + 1}`));

  test('has what the kernel counts of virtual and real servers, by one reading of the table', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: reals(200) }));
    w.ipvs.statistics = STATISTICS;
    const { readings } = w.ipvs;
    const [service] = await w.services(true);
    expect(w.ipvs.readings - readings).toBe(1);
    expect(service?.statistics).toEqual(STATISTICS);
    expect(service?.destinations).toHaveLength(200);
    for (const one of service?.destinations ?? []) expect(one.statistics).toEqual(STATISTICS);
  });

  test('does without where nobody asks for it', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: reals(2) }));
    w.ipvs.statistics = STATISTICS;
    const [service] = await w.services(false);
    expect(service?.destinations.map(({ statistics }) => statistics)).toEqual([null, null]);
    expect(service?.statistics).toBeNull();
  });
});

test('what comes into service while it is looked for what a reload drains is drained, and not cut', async () => {
  const drains = { drainOnRemoveMs: 60_000 };
  let met = 0;
  for (let wait = 0; wait < 90; wait += 3) {
    const drained: unknown[] = [];
    const log = logTo(({ fields, message }) => {
      if (message === 'removed real servers drain') drained.push(fields.realServers);
    });
    const w = world({ log });
    w.hurries = false;
    const others = Array.from({ length: 40 }, (_, at) => pool(100 + at, [4, 5], drains));
    w.failing.add('10.1.0.3');
    await w.configure(pool(80, [1, 2, 3], drains), ...others);
    await w.time.settleBy(20_000);
    await turns(20);
    expect(w.holds()[SERVICE]).toEqual(['10.1.0.1=1', '10.1.0.2=1']);
    w.hurries = true;
    const without = others.map((one) => ({ ...one, realServers: one.realServers.slice(1) }));
    const reload = w.configure(pool(80, [1, 2], drains), ...without);
    await turns(wait);
    w.failing.clear();
    w.ipvs.log.length = 0;
    await w.time.settleBy(10_000);
    await reload;
    const cameIn = w.ipvs.log.some(
      ({ change }) => change.do === 'add-destination' && change.destination.address === '10.1.0.3',
    );
    if (!cameIn) continue;
    met += 1;
    expect(drained[0], `after ${wait} turns`).toContain(`10.1.0.3:80 of ${SERVICE}`);
  }
  expect(met).toBeGreaterThan(0);
});
