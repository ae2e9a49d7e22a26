/**
 * Drains, health and the reconciler over a simulated kernel, joined as the health process joins them: whatever is
 * ordered, reloaded, failing and killed in whatever order, nobody who was taken from service gets weight.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatEndpoint } from '../../src/base/endpoint.ts';
import { silentLog } from '../../src/base/log.ts';
import { atOnce } from '../../src/base/slices.ts';
import { presenceIn } from '../../src/daemon/health/adopt.ts';
import { Drains } from '../../src/drain/drains.ts';
import type { Held, Place } from '../../src/drain/places.ts';
import { holdOf } from '../../src/health/hold.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import type { DrainState, SteerRequest } from '../../src/model/drain.ts';
import type { IpvsTable } from '../../src/model/ipvs-table.ts';
import { formatService, nameOfVirtualServer } from '../../src/model/names.ts';
import type { IpvsPlan } from '../../src/model/plan.ts';
import type { ServiceKey, VirtualServer } from '../../src/model/virtual-server.ts';
import { IpvsReconciler, type Report } from '../../src/reconcile/apply.ts';
import { desiredTable } from '../../src/reconcile/desired.ts';
import { departing, takenUp, withLeaving } from '../../src/reconcile/leaving.ts';
import { renderChange } from '../../src/reconcile/render.ts';
import { NOTHING_KEPT } from '../drain/make.ts';
import {
  realServer,
  serviceKey,
  sorryServer,
  target,
  tcpCheck,
  virtualServer,
} from '../health/make.ts';
import { hurriedClock, type SimulatedClock, settled, simulatedClock } from '../world/clock.ts';
import { columnsOf, SimulatedIpvs } from '../world/ipvs.ts';

/** What outlives a health process: the kernel, the disk, and who has connections. */
class Host {
  readonly clock: SimulatedClock = simulatedClock();
  readonly ipvs = new SimulatedIpvs();
  readonly failing = new Set<string>();
  /** Addresses of real servers that have connections. */
  readonly busy = new Set<string>();
  owned: readonly ServiceKey[] = [];
  kept: DrainState = NOTHING_KEPT;

  count(places: readonly Place[]): readonly (Held | null)[] {
    const { services } = this.ipvs.table();
    return places.map(({ key, address, port }) => {
      const entry = services.find(
        ({ service }) => formatService(service.key) === formatService(key),
      );
      const held = entry?.destinations.find((one) => one.address === address && one.port === port);
      if (held === undefined) return null;
      const active = this.busy.has(address) ? 1 : 0;
      return { weight: held.weight, connections: { active, inactive: 0, persistent: 0 } };
    });
  }
}

class HealthProcess {
  readonly drains: Drains;
  private readonly host: Host;
  private readonly reconciler: IpvsReconciler;
  private readonly monitor: HealthMonitor;
  private servers: readonly VirtualServer[] = [];
  private started = false;
  private dead = false;

  constructor(host: Host) {
    this.host = host;
    const { clock, ipvs, failing } = host;
    // No work takes time here: a pause in it would last as long as the simulated time of a turn.
    this.reconciler = new IpvsReconciler({ ipvs, owned: host.owned, clock: hurriedClock(0) });
    this.drains = new Drains(
      {
        clock,
        log: silentLog,
        count: async (places) => host.count(places),
        templatesBind: () => true,
        keep: (state) => {
          host.kept = JSON.parse(JSON.stringify(state)) as DrainState;
        },
        name: () => 'lvs1',
        onChange: () => {
          this.monitor.steer();
          void this.reconcile();
        },
      },
      host.kept,
    );
    this.monitor = new HealthMonitor({
      clock,
      random: () => 0,
      log: silentLog,
      dial: async ({ address }) => {
        if (failing.has(address)) throw new Error('refused');
        return { destroy: () => {} } as never;
      },
      notify: { changed: () => {} },
      orders: this.drains,
      sessions: new Sessions(),
      onServings: () => void this.reconcile(),
    });
  }

  async configure(servers: readonly VirtualServer[]): Promise<Report | null> {
    const { ipvs, owned } = this.host;
    const presence = this.started
      ? undefined
      : presenceIn(columnsOf(ipvs.table()), owned, this.drains);
    const departures = this.started ? this.departing(servers) : [];
    this.started = true;
    this.servers = servers;
    this.monitor.configure(servers, presence);
    this.drains.leave(departures);
    this.drains.configure(servers);
    return this.reconcile();
  }

  plan(servers: readonly VirtualServer[]): Promise<IpvsPlan> {
    const table = desiredTable(servers, atOnce(this.monitor.servingsUnder(servers)));
    const departures = this.departing(servers);
    const again = new Set(takenUp(table, this.drains.departures));
    const still = this.drains.departures.filter((one) => !again.has(one));
    return this.reconciler.plan(withLeaving(table, [...still, ...departures]), departures);
  }

  async steer(request: SteerRequest): Promise<void> {
    this.drains.steer(request);
    this.monitor.steer();
    await this.reconcile();
  }

  kill(): void {
    this.dead = true;
    this.drains.close();
    this.monitor.close();
  }

  private departing(after: readonly VirtualServer[]) {
    const nowMs = this.host.clock.wallTimeMs();
    return departing({ before: this.servers, servings: this.monitor.servings(), after, nowMs });
  }

  private async reconcile(): Promise<Report | null> {
    if (this.dead) return null;
    const table = desiredTable(this.servers, this.monitor.servings());
    this.drains.forget(takenUp(table, this.drains.departures), 'configured again');
    const report = await this.reconciler.reconcile(withLeaving(table, this.drains.departures));
    this.host.owned = report.owned;
    return report;
  }
}

const ADDRESSES = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
const PORTS = [80, 81];

/** Weights of the servers that are configured; null: it is not. */
type Config = readonly {
  readonly weights: readonly (number | null)[];
  readonly sorry: boolean;
  readonly quorum: number;
  readonly inhibits: boolean;
  readonly drainOnRemoveMs: number;
}[];

const arbitraryConfig: fc.Arbitrary<Config> = fc.array(
  fc.record({
    weights: fc.tuple(...ADDRESSES.map(() => fc.option(fc.integer({ min: 1, max: 3 })))),
    sorry: fc.boolean(),
    quorum: fc.integer({ min: 1, max: 3 }),
    inhibits: fc.boolean(),
    drainOnRemoveMs: fc.constantFrom(0, 5_000),
  }),
  { minLength: 1, maxLength: PORTS.length },
);

const serversOf = (config: Config): readonly VirtualServer[] =>
  config.map(({ weights, sorry, quorum, inhibits, drainOnRemoveMs }, at) =>
    virtualServer({
      keys: [serviceKey('192.0.2.1', PORTS[at])],
      realServers: ADDRESSES.flatMap((address, place) => {
        const weight = weights[place] ?? null;
        const check = { ...tcpCheck({ retry: 1 }), target: target(address, 80) };
        return weight === null
          ? []
          : [
              realServer(address, {
                forwarding: 'nat',
                weight,
                inhibitOnFailure: inhibits,
                checks: [check],
              }),
            ];
      }),
      // One of the real servers, as some people have it.
      sorryServer: sorry ? sorryServer({ address: '10.1.0.1', forwarding: 'nat' }) : null,
      quorum,
      drainOnRemoveMs,
    }),
  );

type Step =
  | { readonly do: 'steer'; readonly request: SteerRequest }
  | { readonly do: 'reload'; readonly config: Config }
  | { readonly do: 'fail'; readonly failing: readonly string[] }
  | { readonly do: 'connect'; readonly busy: readonly string[] }
  | { readonly do: 'restart' };

const arbitraryWant: fc.Arbitrary<SteerRequest['want']> = fc.oneof(
  fc.record({
    kind: fc.constant('drain' as const),
    timeoutMs: fc.constantFrom(null, 3_000),
    atEnd: fc.constantFrom('stay' as const, 'remove' as const),
  }),
  fc.constant({ kind: 'disable' } as const),
  fc.constant({ kind: 'enable' } as const),
);

const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('steer' as const),
      request: fc.record({
        realServer: fc.constantFrom(...ADDRESSES.map((address) => `${address}:80`)),
        virtualServer: fc.constantFrom(null, '192.0.2.1:80', '192.0.2.1:81'),
        local: fc.constant(false),
        force: fc.constant(true),
        want: arbitraryWant,
      }),
    }),
  },
  fc.record({ do: fc.constant('reload' as const), config: arbitraryConfig }),
  fc.record({ do: fc.constant('fail' as const), failing: fc.subarray(ADDRESSES) }),
  fc.record({ do: fc.constant('connect' as const), busy: fc.subarray(ADDRESSES) }),
  fc.constant({ do: 'restart' } as const),
);

/** Weights by `10.1.0.1:80 of 192.0.2.1:80 tcp`. */
function weightsIn({ services }: IpvsTable): ReadonlyMap<string, number> {
  return new Map(
    services.flatMap(({ service, destinations }) =>
      destinations.map(({ address, port, weight }) => [
        `${formatEndpoint(address, port)} of ${formatService(service.key)}`,
        weight,
      ]),
    ),
  );
}

test('nobody who was taken from service gets weight, whatever happens (property)', async () => {
  const seen = { ordered: 0, quiescent: 0, out: 0, left: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      arbitraryConfig,
      fc.array(fc.tuple(arbitraryStep, fc.constantFrom(0, 500, 2_500, 6_000)), {
        minLength: 3,
        maxLength: 10,
      }),
      async (first, steps) => {
        const host = new Host();
        let config = first;
        let life = new HealthProcess(host);
        await life.configure(serversOf(config));
        const judge = (): void => {
          const weights = weightsIn(host.ipvs.table());
          for (const server of serversOf(config)) {
            for (const { address, port } of server.realServers) {
              const names = [nameOfVirtualServer(server), formatEndpoint(address, port)] as const;
              const hold = holdOf(life.drains.orderOf(...names));
              if (hold === 'free') continue;
              seen.ordered += 1;
              const weight = weights.get(`${names[1]} of ${names[0]}`);
              if (weight !== undefined) seen.quiescent += 1;
              else seen.out += 1;
              expect([0, undefined]).toContain(weight);
              if (hold === 'out' && !isLeaving(names[0], names[1])) {
                expect(weight).toBeUndefined();
              }
            }
          }
          for (const { virtualServer: name, realServer: real } of life.drains.snapshot(() => [])
            .leaving) {
            seen.left += 1;
            expect(weights.get(`${real} of ${name}`)).toBe(0);
          }
        };
        const isLeaving = (virtual: string, real: string): boolean =>
          life.drains
            .snapshot(() => [])
            .leaving.some((one) => one.virtualServer === virtual && one.realServer === real);
        for (const [step, ms] of steps) {
          switch (step.do) {
            case 'steer':
              await life.steer(step.request).catch((error: { code?: string }) => {
                if (error.code !== 'UNKNOWN_SERVER') throw error;
                seen.refused += 1;
              });
              break;
            case 'reload':
              config = step.config;
              await life.configure(serversOf(config));
              break;
            case 'fail':
              host.failing.clear();
              for (const one of step.failing) host.failing.add(one);
              break;
            case 'connect':
              host.busy.clear();
              for (const one of step.busy) host.busy.add(one);
              break;
            case 'restart':
              life.kill();
              life = new HealthProcess(host);
              await life.configure(serversOf(config));
              break;
          }
          await settled();
          judge();
          await host.clock.settleBy(ms);
          judge();
        }
        life.kill();
      },
    ),
    { numRuns: 300 },
  );
  // It has been about something.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
});

test('connections of a removed real server are cut by its time and by nothing else (property)', async () => {
  let spared = 0;
  await fc.assert(
    fc.asyncProperty(
      arbitraryConfig,
      fc.array(fc.tuple(arbitraryConfig, fc.boolean()), { minLength: 1, maxLength: 5 }),
      async (first, reloads) => {
        const host = new Host();
        for (const address of ADDRESSES) host.busy.add(address);
        const always = (config: Config): readonly VirtualServer[] =>
          serversOf(
            config.map((one) => ({ ...one, drainOnRemoveMs: 60_000, quorum: 1, sorry: false })),
          );
        let life = new HealthProcess(host);
        await life.configure(always(first));
        const held = weightsIn(host.ipvs.table());
        for (const [config, restarts] of reloads) {
          await life.configure(always(config));
          if (restarts) {
            life.kill();
            life = new HealthProcess(host);
            await life.configure(always(config));
          }
          await host.clock.settleBy(1_500);
          const now = weightsIn(host.ipvs.table());
          for (const name of held.keys()) expect(now.has(name)).toBe(true);
          spared += [...now.values()].filter((weight) => weight === 0).length;
        }
        await host.clock.settleBy(62_000);
        expect([...weightsIn(host.ipvs.table()).values()]).not.toContain(0);
        life.kill();
      },
    ),
    { numRuns: 100 },
  );
  expect(spared).toBeGreaterThan(50);
});

describe('a plan', () => {
  test('with drains is what the reload does (property)', async () => {
    let drained = 0;
    await fc.assert(
      fc.asyncProperty(
        arbitraryConfig,
        fc.array(fc.tuple(arbitraryConfig, fc.subarray(ADDRESSES)), {
          minLength: 1,
          maxLength: 4,
        }),
        async (first, reloads) => {
          const host = new Host();
          const life = new HealthProcess(host);
          await life.configure(serversOf(first));
          for (const [config, failing] of reloads) {
            host.failing.clear();
            for (const one of failing) host.failing.add(one);
            host.busy.add(ADDRESSES[0] as string);
            await host.clock.settleBy(2_500);
            const servers = serversOf(config);
            const planned = await life.plan(servers);
            const report = await life.configure(servers);
            expect(planned.changes.map(({ text }) => text).toSorted()).toEqual(
              report?.applied.map(renderChange).toSorted(),
            );
            drained += planned.changes.filter(({ drains }) => drains !== null).length;
          }
          life.kill();
        },
      ),
      { numRuns: 150 },
    );
    expect(drained).toBeGreaterThan(20);
  });
});
