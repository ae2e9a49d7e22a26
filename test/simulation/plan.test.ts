/** A plan tells what the reload after it does: health, the table and the instances, over simulated time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { atOnce } from '../../src/base/slices.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import type { IpvsPlan } from '../../src/model/plan.ts';
import type { RealServer, ServiceKey, VirtualServer } from '../../src/model/virtual-server.ts';
import type { Track, VirtualAddress, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import { IpvsReconciler, type Report } from '../../src/reconcile/apply.ts';
import { desiredTable } from '../../src/reconcile/desired.ts';
import { asTold, renderChange } from '../../src/reconcile/render.ts';
import {
  NO_ORDERS,
  realServer,
  sorryServer,
  target,
  tcpCheck,
  virtualServer,
} from '../health/make.ts';
import { hurriedClock, settled, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedIpvs } from '../world/ipvs.ts';
import { SimulatedLink } from '../world/link.ts';

const ADDRESSES = ['10.1.0.1', '10.1.0.2', '10.1.0.3'] as const;

const arbitraryReal = (address: string): fc.Arbitrary<RealServer> =>
  fc
    .record({
      weight: fc.constantFrom(0, 1, 3),
      inhibitOnFailure: fc.boolean(),
      ports: fc.subarray([80, 81]),
      alpha: fc.boolean(),
      retry: fc.constantFrom(0, 2),
    })
    .map(({ weight, inhibitOnFailure, ports, alpha, retry }) =>
      realServer(address, {
        weight,
        inhibitOnFailure,
        checks: ports.map((port) => ({
          ...tcpCheck({ alpha, retry }),
          target: target(address, port),
        })),
      }),
    );

const keyOf = (port: number): ServiceKey => ({
  kind: 'address',
  family: 'ipv4',
  protocol: 'tcp',
  address: '192.0.2.1',
  port,
});

const arbitraryVirtual = (ports: readonly number[], name: string): fc.Arbitrary<VirtualServer> =>
  fc
    .record({
      reals: fc.tuple(...ADDRESSES.map((address) => fc.option(arbitraryReal(address)))),
      scheduler: fc.constantFrom('rr', 'wrr', 'mh'),
      sorry: fc.boolean(),
      quorum: fc.constantFrom(1, 2, 4),
      hysteresis: fc.constantFrom(0, 1),
    })
    .map(({ reals, scheduler, sorry, quorum, hysteresis }) =>
      virtualServer({
        keys: ports.map(keyOf),
        group: ports.length > 1 ? name : null,
        realServers: reals.flatMap((one) => one ?? []),
        scheduler,
        sorryServer: sorry ? sorryServer() : null,
        quorum,
        hysteresis,
      }),
    );

/** Services that are virtual servers of their own, together in a group, or not there. */
const arbitraryServers: fc.Arbitrary<readonly VirtualServer[]> = fc
  .tuple(...[80, 443, 8080].map((port) => fc.record({ port: fc.constant(port), of: fc.nat(3) })))
  .chain((services) =>
    fc.tuple(
      ...[1, 2, 3].map((of) => {
        const ports = services.filter((one) => one.of === of).map(({ port }) => port);
        return ports.length === 0 ? fc.constant(null) : arbitraryVirtual(ports, `G${of}`);
      }),
    ),
  )
  .map((servers) => servers.flatMap((one) => one ?? []));

/** Health and the reconciler as the health process joins them. */
class Director {
  readonly clock = simulatedClock();
  readonly ipvs = new SimulatedIpvs();
  readonly failing = new Set<string>();
  private readonly reconciler = new IpvsReconciler({
    ipvs: this.ipvs,
    owned: [],
    // No work takes time here.
    clock: hurriedClock(0),
  });
  private servers: readonly VirtualServer[] = [];
  private readonly monitor = new HealthMonitor({
    clock: this.clock,
    random: () => 0,
    log: silentLog,
    dial: async ({ address, port }) => {
      if (this.failing.has(`${address}:${port}`)) throw new Error('refused');
      return { destroy: () => {} } as never;
    },
    notify: { changed: () => {} },
    orders: NO_ORDERS,
    sessions: new Sessions(),
    onServings: () => void this.reconcile(),
  });

  plan(servers: readonly VirtualServer[]): Promise<IpvsPlan> {
    return this.reconciler.plan(desiredTable(servers, atOnce(this.monitor.servingsUnder(servers))));
  }

  reload(servers: readonly VirtualServer[]): Promise<Report> {
    this.servers = servers;
    this.monitor.configure(servers);
    return this.reconcile();
  }

  verify(): Promise<Report> {
    return this.reconciler.verify();
  }

  private reconcile(): Promise<Report> {
    return this.reconciler.reconcile(desiredTable(this.servers, this.monitor.servings()));
  }
}

const texts = ({ changes }: IpvsPlan): readonly string[] => changes.map(({ text }) => text);
const applied = (report: Report): readonly string[] => asTold(report.applied).map(renderChange);

describe('the table', () => {
  test('changes as planned, whoever is up, down or awaited (property)', async () => {
    const arbitraryStep = fc.record({
      servers: arbitraryServers,
      failing: fc.subarray(ADDRESSES.flatMap((address) => [`${address}:80`, `${address}:81`])),
      seconds: fc.constantFrom(0, 2, 20),
    });
    let told = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryStep, { minLength: 2, maxLength: 4 }), async (steps) => {
        const director = new Director();
        for (const { servers, failing, seconds } of steps) {
          const isFirst = steps[0]?.servers === servers;
          const planned = isFirst ? null : await director.plan(servers);
          const before = director.ipvs.table();
          const report = await director.reload(servers);
          await settled();
          if (planned !== null) {
            // In which order real servers leave a virtual server means nothing.
            expect(texts(planned).toSorted()).toEqual(applied(report).toSorted());
            expect(planned).toMatchObject({ count: applied(report).length, driftCount: 0 });
            const touched = new Set(planned.changes.map(({ virtualServer }) => virtualServer));
            const left = director.ipvs.table().services.length;
            expect(planned.unchanged.virtualServers).toBeGreaterThanOrEqual(left - touched.size);
            told += planned.count;
          } else {
            expect(before.services).toEqual([]);
          }
          director.failing.clear();
          for (const one of failing) director.failing.add(one);
          await director.clock.settleBy(seconds * 1000);
        }
      }),
      { numRuns: 150 },
    );
    expect(told).toBeGreaterThan(500);
  });

  test('is not changed by a plan, and no check is', async () => {
    const director = new Director();
    const servers = [virtualServer({ realServers: [realServer('10.1.0.1')] })];
    await director.reload(servers);
    const before = director.ipvs.table();
    const sent = director.ipvs.log.length;
    const armed = director.clock.armed;
    await director.plan([virtualServer({ realServers: [realServer('10.1.0.2')] })]);
    expect(director.ipvs.table()).toEqual(before);
    expect({ sent: director.ipvs.log.length, armed: director.clock.armed }).toEqual({
      sent,
      armed,
    });
  });

  test('that somebody else has changed is told apart from what the reload would do', async () => {
    const director = new Director();
    const reals = (weight: number): readonly VirtualServer[] => [
      virtualServer({
        realServers: [realServer('10.1.0.1', { weight }), realServer('10.1.0.2')],
      }),
    ];
    await director.reload(reals(1));
    const [entry] = director.ipvs.table().services;
    const [, second] = entry?.destinations ?? [];
    if (entry === undefined || second === undefined) throw new Error('nothing was made');
    const { key } = entry.service;
    director.ipvs.make({ do: 'edit-destination', key, destination: { ...second, weight: 9 } });
    const plan = await director.plan(reals(3));
    expect(texts(plan)).toEqual(['~ real server 10.1.0.1:80 of 192.0.2.1:80 tcp: weight 1 → 3']);
    expect(plan.drift.map(({ text }) => text)).toEqual([
      '~ real server 10.1.0.2:80 of 192.0.2.1:80 tcp: weight 9 → 1',
    ]);
    expect(plan.unchanged).toEqual({ virtualServers: 0, realServers: 0 });
    await director.verify();
    expect(await director.plan(reals(1))).toMatchObject({ count: 0, driftCount: 0 });
  });

  test('that the kernel refused is told apart: nothing puts it right before it is taken', async () => {
    const director = new Director();
    const servers = (weight: number): readonly VirtualServer[] => [
      virtualServer({ keys: [keyOf(80)], realServers: [realServer('10.1.0.1', { weight })] }),
      virtualServer({
        keys: [keyOf(81)],
        scheduler: 'mine',
        realServers: [realServer('10.1.0.2')],
      }),
    ];
    await director.reload(servers(1));
    expect(texts(await director.plan(servers(1)))).toEqual([]);
    const plan = await director.plan(servers(3));
    expect(texts(plan)).toEqual(['~ real server 10.1.0.1:80 of 192.0.2.1:80 tcp: weight 1 → 3']);
    expect(plan).toMatchObject({ driftCount: 0, drift: [], refusedBeforeCount: 2 });
    expect(plan.refusedBefore.map(({ text }) => text)).toEqual([
      '+ virtual server 192.0.2.1:81 tcp: mine',
      '+ real server 10.1.0.2:81 of 192.0.2.1:81 tcp: dr, weight 1',
    ]);
  });

  test('of somebody else is named when its key is configured', async () => {
    const director = new Director();
    await director.reload([]);
    const keys = [keyOf(80)];
    const [{ service } = { service: null }] = desiredTable(
      [virtualServer({ keys, scheduler: 'rr' })],
      [{ weights: [], sorryWeight: null }],
    ).services;
    if (service === null) throw new Error('no service');
    director.ipvs.make({ do: 'add-service', service });
    const plan = await director.plan([virtualServer({ keys })]);
    expect(plan.takenOver).toEqual(['192.0.2.1:80 tcp']);
    expect(texts(plan)).toEqual(['~ virtual server 192.0.2.1:80 tcp: rr → wrr']);
  });
});

const VIPS = ['10.0.0.101', '10.0.0.102', '10.0.0.103'] as const;

function address(one: string): VirtualAddress {
  const [first] = instanceOf().addresses;
  return { ...(first as VirtualAddress), address: one };
}

const arbitraryInstances: fc.Arbitrary<readonly VrrpInstance[]> = fc
  .tuple(
    ...[51, 52].map((vrid) =>
      fc.option(
        fc.record({
          name: fc.constantFrom(`A_${vrid}`, `B_${vrid}`),
          vrid: fc.constant(vrid),
          priority: fc.constantFrom(50, 100, 200),
          addresses: fc
            .subarray([...VIPS].map((vip) => vip.replace('.10', `.${vrid}`)))
            .map((vips) => vips.map(address)),
          tracks: fc.constantFrom<readonly Track[]>(
            [],
            [{ kind: 'interface', name: 'eth0', weightDelta: 20, reverse: false }],
            [{ kind: 'interface', name: 'eth0', weightDelta: 30, reverse: true }],
          ),
        }),
      ),
    ),
  )
  .map((all) => all.flatMap((one) => (one === null ? [] : instanceOf(one))));

describe('the instances', () => {
  test('change as planned (property)', async () => {
    const arbitraryConfigs = fc.array(
      arbitraryInstances.map(configOf as (i: readonly VrrpInstance[]) => VrrpConfig),
      {
        minLength: 2,
        maxLength: 4,
      },
    );
    let told = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryConfigs, async (configs) => {
        const clock = simulatedClock();
        const director = new SimulatedDirector('one', 1, {
          clock,
          links: { eth0: new SimulatedLink(clock) },
        });
        const snapshot = () => director.speaker.snapshot().instances;
        for (const [at, config] of configs.entries()) {
          const before = snapshot();
          const held = new Set(director.held);
          const plan = director.speaker.plan(config);
          expect(snapshot()).toEqual(before);
          expect(director.held).toEqual(held);
          director.speaker.configure(config);
          await settled();
          if (at > 0) {
            const after = snapshot();
            const lines = plan.changes.map(({ text }) => text);
            told += lines.length;
            // What the lines say of addresses held here is what has become of them.
            for (const line of lines) {
              const released = /^- address (\S+)\/24 .*: released at once$/.exec(line)?.[1];
              const gained = /^\+ address (\S+)\/24 .*: held and announced at once$/.exec(
                line,
              )?.[1];
              if (released !== undefined) held.delete(released);
              if (gained !== undefined) held.add(gained);
              const [, name, priority] =
                /^~ instance (\S+): effective priority .* → (\d+)$/.exec(line) ?? [];
              if (name !== undefined) {
                expect(after.find((one) => one.name === name)?.effectivePriority).toBe(
                  Number(priority),
                );
              }
            }
            for (const { name, state, addresses, vrid } of before) {
              const isGone = lines.some((line) => line.startsWith(`- instance ${name} (`));
              expect(isGone).toBe(!config.instances.some((one) => one.vrid === vrid));
              if (isGone && state === 'master') {
                for (const one of addresses) held.delete(one.replace(/\/.*$/, ''));
              }
            }
            expect(director.held).toEqual(held);
            const changed = new Set(plan.changes.map(({ instance }) => instance));
            for (const one of after.filter(({ name }) => !changed.has(name))) {
              const old = before.find(({ vrid }) => vrid === one.vrid);
              expect([old?.effectivePriority, old?.addresses]).toEqual([
                one.effectivePriority,
                one.addresses,
              ]);
            }
          }
          await clock.settleBy(20_000);
        }
      }),
      { numRuns: 100 },
    );
    expect(told).toBeGreaterThan(100);
  });
});
