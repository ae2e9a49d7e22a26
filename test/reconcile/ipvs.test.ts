import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Destination, IpvsTable, Service } from '../../src/model/ipvs-table.ts';
import { formatService } from '../../src/model/names.ts';
import type { ServiceKey } from '../../src/model/virtual-server.ts';
import { type IpvsChange, keyOf, withChanges } from '../../src/reconcile/change.ts';
import { diffIpvs, orderChanges, type ServiceChange } from '../../src/reconcile/ipvs.ts';
import { renderChanges } from '../../src/reconcile/render.ts';
import { arbitraryKeys, arbitraryTable, sorted } from './arbitrary.ts';

const WEB: Service = {
  key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port: 80 },
  scheduler: 'wrr',
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: 32,
  engine: null,
};

const server = (host: number, over: Partial<Destination> = {}): Destination => ({
  address: `10.1.0.${host}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  ...over,
});

const table = (...destinations: Destination[]): IpvsTable => ({
  services: [{ service: WEB, destinations }],
});
const EMPTY: IpvsTable = { services: [] };

function planOf(actual: IpvsTable, desired: IpvsTable, owned: readonly ServiceKey[] = [WEB.key]) {
  const { changes, foreign } = diffIpvs({ desired, actual, owned });
  return {
    lines: renderChanges(changes).split('\n').slice(0, -1),
    foreign: foreign.map(formatService),
  };
}

describe('the difference of two tables', () => {
  test('of a start on an empty kernel is everything, a service before its destinations', () => {
    expect(planOf(EMPTY, table(server(3), server(4, { weight: 2 }))).lines).toEqual([
      '+ virtual server 10.0.0.1:80 tcp: wrr',
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '+ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: dr, weight 2',
    ]);
  });

  test('of an adopted table is nothing, in whatever order it comes', () => {
    expect(planOf(table(server(4), server(3)), table(server(3), server(4))).lines).toEqual([]);
  });

  test('puts the sorry server in before the last real server leaves', () => {
    expect(planOf(table(server(3)), table(server(9))).lines).toEqual([
      '+ real server 10.1.0.9:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '- real server 10.1.0.3:80 of 10.0.0.1:80 tcp',
    ]);
  });

  test('raises weights before it lowers others', () => {
    const actual = table(server(3, { weight: 3 }), server(4, { weight: 0 }));
    const desired = table(server(3, { weight: 0 }), server(4, { weight: 3 }));
    expect(planOf(actual, desired).lines).toEqual([
      '~ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: weight 0 → 3',
      '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 3 → 0',
    ]);
  });

  test('changes a scheduler in place', () => {
    const desired = {
      services: [
        {
          service: { ...WEB, scheduler: 'sh', persistent: true, timeoutSeconds: 360 },
          destinations: [],
        },
      ],
    };
    expect(planOf(table(), desired).lines).toEqual([
      '~ virtual server 10.0.0.1:80 tcp: wrr → sh, persistence off → 360 s',
    ]);
  });

  test('gives a new mh service its scheduler when it is full, with one message more', () => {
    const MH = { ...WEB, scheduler: 'mh' };
    const desired = { services: [{ service: MH, destinations: [server(3), server(4)] }] };
    expect(planOf(EMPTY, desired).lines).toEqual([
      '+ virtual server 10.0.0.1:80 tcp: none',
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '+ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '~ virtual server 10.0.0.1:80 tcp: none → mh',
    ]);
    const alone = { services: [{ service: MH, destinations: [server(3)] }] };
    expect(planOf(EMPTY, alone).lines).toEqual([
      '+ virtual server 10.0.0.1:80 tcp: mh',
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
    ]);
  });

  test('lets a service become mh last, and leave mh first', () => {
    const mh = { services: [{ service: { ...WEB, scheduler: 'mh' }, destinations: [server(4)] }] };
    expect(planOf(table(server(3)), mh).lines).toEqual([
      '+ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '- real server 10.1.0.3:80 of 10.0.0.1:80 tcp',
      '~ virtual server 10.0.0.1:80 tcp: wrr → mh',
    ]);
    expect(planOf(mh, table(server(3))).lines).toEqual([
      '~ virtual server 10.0.0.1:80 tcp: mh → wrr',
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '- real server 10.1.0.4:80 of 10.0.0.1:80 tcp',
    ]);
  });

  test('of a hundred thousand real servers in one service is found', () => {
    const many = Array.from({ length: 100_000 }, (_, at) =>
      server(0, { address: `10.${at >> 16}.${(at >> 8) & 0xff}.${at & 0xff}` }),
    );
    const [first] = many as [Destination];
    expect(planOf(EMPTY, table(...many)).lines).toHaveLength(100_001);
    expect(planOf(table(first), table(...many)).lines).toHaveLength(99_999);
    expect(planOf(table(...many), table(first)).lines).toHaveLength(99_999);
  });

  test('removes a service of ours with one message, after all else', () => {
    const udp: Service = { ...WEB, key: { ...WEB.key, protocol: 'udp' } as ServiceKey };
    const desired = { services: [{ service: udp, destinations: [server(3)] }] };
    expect(planOf(table(server(3), server(4)), desired).lines).toEqual([
      '+ virtual server 10.0.0.1:80 udp: wrr',
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 udp: dr, weight 1',
      '- virtual server 10.0.0.1:80 tcp: 2 real servers',
    ]);
  });

  test('names a service of others and leaves it alone', () => {
    expect(planOf(table(server(3)), EMPTY, [])).toEqual({
      lines: [],
      foreign: ['10.0.0.1:80 tcp'],
    });
  });

  test('removes what others put into a service of ours, even by a method we never use', () => {
    const intruder = server(7, { forwarding: 'other' });
    expect(planOf(table(server(3), intruder), table(server(3))).lines).toEqual([
      '- real server 10.1.0.7:80 of 10.0.0.1:80 tcp',
    ]);
  });

  test('mends a netmask with gaps', () => {
    const actual = { services: [{ service: { ...WEB, granularityBits: null }, destinations: [] }] };
    expect(planOf(actual, table()).lines).toEqual([
      '~ virtual server 10.0.0.1:80 tcp: granularity a mask with gaps → /32',
    ]);
  });
});

describe('for any two tables', () => {
  const anyCase = fc.record({
    desired: arbitraryTable,
    actual: arbitraryTable,
    owned: arbitraryKeys,
  });

  test('the changes lead to the desired table, and foreign services stay as they were', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, actual, owned }) => {
        const { changes, foreign } = diffIpvs({ desired, actual, owned });
        const names = foreign.map(formatService);
        const untouched = actual.services.filter(({ service }) =>
          names.includes(formatService(service.key)),
        );
        const after = withChanges(actual, changes);
        expect(sorted(after)).toEqual(sorted({ services: [...desired.services, ...untouched] }));
      }),
    );
  });

  test('a second comparison finds nothing to do', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, actual, owned }) => {
        const after = withChanges(actual, diffIpvs({ desired, actual, owned }).changes);
        expect(diffIpvs({ desired, actual: after, owned }).changes).toEqual([]);
      }),
    );
  });

  test('no change can be spared', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, actual, owned }) => {
        const { changes } = diffIpvs({ desired, actual, owned });
        changes.forEach((change, at) => {
          if (change.do === 'add-service') return; // its destinations do not fit without it
          const without = withChanges(actual, changes.toSpliced(at, 1));
          expect(diffIpvs({ desired, actual: without, owned }).changes).toEqual([change]);
        });
      }),
    );
  });

  test('is ordered whatever order it is found in', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ desired, actual, owned }, chance) => {
        const { changes } = diffIpvs({ desired, actual, owned });
        // A service that is bound last comes in as one that is added whole.
        const found = changes.filter((change) => !isBinding(change)).map(wholeAgain(desired));
        const runs = new Map<string, { change: ServiceChange; rank: number }[]>();
        for (const change of found) {
          if (change.do === 'remove-service') continue;
          const name = formatService(keyOf(change));
          const rank = chance.next().value as number;
          runs.set(name, [...(runs.get(name) ?? []), { change, rank }]);
        }
        const ordered = [...runs.values()].flatMap((run) =>
          orderChanges(
            run.toSorted((a, b) => a.rank - b.rank).map(({ change }) => change),
            Infinity,
          ),
        );
        const again = [...ordered, ...changes.filter((change) => change.do === 'remove-service')];
        const verbs = (list: readonly IpvsChange[]) => list.map((change) => change.do);
        expect(verbs(again).toSorted()).toEqual(verbs(changes).toSorted());
        expect(sorted(withChanges(actual, again))).toEqual(sorted(withChanges(actual, changes)));
      }),
    );
  });

  test('a virtual server is never emptier than it was or will be, whichever is less', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, actual, owned }) => {
        const { changes } = diffIpvs({ desired, actual, owned });
        for (const { service } of desired.services) {
          const floor = Math.min(
            weightOf(actual, service.key) ?? 0,
            weightOf(desired, service.key) ?? 0,
          );
          for (const step of steps(actual, changes)) {
            expect(weightOf(step, service.key) ?? 0).toBeGreaterThanOrEqual(floor);
          }
        }
      }),
    );
  });

  test('a real server that stays in service is in service all the time', () => {
    fc.assert(
      fc.property(anyCase, ({ desired, actual, owned }) => {
        const { changes } = diffIpvs({ desired, actual, owned });
        const staying = serving(actual).filter((name) => serving(desired).includes(name));
        for (const step of steps(actual, changes)) {
          expect(serving(step)).toEqual(expect.arrayContaining(staying));
        }
      }),
    );
  });
});

describe('an mh service, whose table has 4093 entries,', () => {
  const MH = { ...WEB, scheduler: 'mh' };
  const host = (at: number, weight = 1): Destination =>
    server(0, { address: `10.2.${at >> 8}.${at & 255}`, weight });
  const hosts = (from: number, to: number): Destination[] =>
    Array.from({ length: to - from }, (_, at) => host(from + at));
  const mh = (...destinations: readonly Destination[]): IpvsTable => ({
    services: [{ service: MH, destinations }],
  });
  const changesOf = (actual: IpvsTable, desired: IpvsTable): readonly IpvsChange[] =>
    diffIpvs({ desired, actual, owned: [WEB.key] }).changes;
  /** How many it has after each change. */
  const counts = (before: number, changes: readonly IpvsChange[]): readonly number[] => {
    let count = before;
    return changes.map(({ do: verb }) => {
      count += Number(verb === 'add-destination') - Number(verb === 'remove-destination');
      return count;
    });
  };

  test('never has more of them, and hardly less, while most of it is replaced', () => {
    const actual = mh(...hosts(0, 4_093));
    const desired = mh(...hosts(3_000, 7_093));
    const changes = changesOf(actual, desired);
    expect(changes).toHaveLength(6_000);
    expect(new Set(counts(4_093, changes))).toEqual(new Set([4_092, 4_093]));
    expect(sorted(withChanges(actual, changes))).toEqual(sorted(desired));
  });

  test('is filled before anything leaves it, and loses first what takes no new connections', () => {
    const idle = [host(0, 0), host(1, 0)];
    const actual = mh(...hosts(2, 4_090), ...idle);
    const desired = mh(...hosts(7, 4_090), host(5_000, 0), ...hosts(5_001, 5_008));
    // Room for three; five serve and two do not, and all seven leave.
    const told = changesOf(actual, desired).map((change) =>
      'destination' in change
        ? `${change.do === 'add-destination' ? '+' : '-'}${change.destination.weight}`
        : change.do,
    );
    expect(told.join(' ')).toBe('+1 +1 +1 -0 +1 -0 +1 -1 +1 -1 +1 -1 +0 -1 -1');
  });

  test('with room for all that comes loses nothing before', () => {
    const changes = changesOf(mh(...hosts(0, 4_000)), mh(...hosts(93, 4_093)));
    const verbs = changes.map((change) => change.do);
    expect(verbs.lastIndexOf('add-destination')).toBe(92);
    expect(verbs.indexOf('remove-destination')).toBe(93);
  });

  test('into which others have put more comes down to it first', () => {
    const changes = changesOf(
      mh(...hosts(0, 4_100)),
      mh(...hosts(50, 4_093), ...hosts(5_000, 5_050)),
    );
    const after = counts(4_100, changes);
    expect(Math.max(...after.slice(7))).toBe(4_093);
    expect(after.at(-1)).toBe(4_093);
  });

  test('is not in the way of another scheduler before or after', () => {
    const { services } = table(...hosts(0, 4_093));
    for (const [actual, desired] of [
      [{ services }, mh(...hosts(3_000, 7_093))],
      [mh(...hosts(0, 4_093)), table(...hosts(3_000, 7_093))],
    ] as const) {
      const verbs = changesOf(actual, desired).map((change) => change.do);
      expect(verbs.lastIndexOf('add-destination')).toBeLessThan(
        verbs.indexOf('remove-destination'),
      );
    }
  });

  test('is never emptier than it must be, whatever changes (property)', () => {
    const weights = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(weights, weights, fc.nat(11), fc.nat(4), (old, now, shift, spare) => {
        const actual = old.map((weight, at) => host(at, weight));
        const desired = now.map((weight, at) => host(at + shift, weight));
        const limit = Math.max(old.length, now.length) + spare;
        const found = changesOf(table(...actual), table(...desired));
        const changes = orderChanges(found as readonly ServiceChange[], limit - old.length);
        const after = steps(table(...actual), changes);
        const heaviest = Math.max(...old);
        const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
        for (const step of after) {
          expect(step.services[0]?.destinations.length).toBeLessThanOrEqual(limit);
          // One may have to go before another one comes.
          expect(weightOf(step, WEB.key)).toBeGreaterThanOrEqual(
            Math.min(sum(old), sum(now)) - heaviest,
          );
        }
        expect(sorted(after.at(-1) ?? table(...actual))).toEqual(sorted(table(...desired)));
      }),
    );
  });
});

/** The second half of the making of an mh service. */
function isBinding(change: IpvsChange): boolean {
  return change.do === 'edit-service' && change.before.scheduler === 'none';
}

function wholeAgain({ services }: IpvsTable): (change: IpvsChange) => IpvsChange {
  const whole = new Map(services.map(({ service }) => [service.key, service]));
  return (change) => {
    const service = change.do === 'add-service' ? whole.get(change.service.key) : undefined;
    return service === undefined ? change : { do: 'add-service', service };
  };
}

/** The table after each change. */
function steps(actual: IpvsTable, changes: readonly IpvsChange[]): readonly IpvsTable[] {
  const tables: IpvsTable[] = [];
  let current = actual;
  for (const change of changes) {
    current = withChanges(current, [change]);
    tables.push(current);
  }
  return tables;
}

function weightOf({ services }: IpvsTable, key: ServiceKey): number | null {
  const name = formatService(key);
  const entry = services.find(({ service }) => formatService(service.key) === name);
  return entry?.destinations.reduce((sum, { weight }) => sum + weight, 0) ?? null;
}

/** Names of what takes new connections. */
function serving({ services }: IpvsTable): readonly string[] {
  return services.flatMap(({ service, destinations }) =>
    destinations
      .filter(({ weight }) => weight > 0)
      .map(({ address, port }) => `${address} ${port} of ${formatService(service.key)}`),
  );
}
