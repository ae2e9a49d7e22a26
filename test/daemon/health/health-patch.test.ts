import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEALTH_CODEC, healthPatches } from '../../../src/daemon/health/health-patch.ts';
import type { Check } from '../../../src/model/checker.ts';
import { NO_SETTINGS } from '../../../src/model/kernel-settings.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../../../src/model/virtual-server.ts';
import { httpCheck, realServer, target, tcpCheck, virtualServer } from '../../health/make.ts';

const process = { realtimePriority: null, niceness: null, lockMemory: false };

const listeners = { fifo: false, mail: false };

function config(virtualServers: readonly VirtualServer[], flushAtStart = false): HealthConfig {
  return {
    virtualServers,
    flushAtStart,
    listeners,
    settings: NO_SETTINGS,
    process,
    directorName: 'lvs1',
  };
}

function real(last: number, changes: Partial<RealServer> = {}): RealServer {
  return realServer(`10.1.0.${last}`, { checks: [tcpCheck()], ...changes });
}

/** Of the server itself, of another one, or of another port, over TCP or HTTP. */
function check(kind: 'tcp' | 'http', address: string, port: number): Check {
  const made = kind === 'tcp' ? tcpCheck() : httpCheck({}, { host: null });
  return { ...made, target: target(address, port) };
}

function virtual(last: number, changes: Partial<VirtualServer> = {}): VirtualServer {
  const address = `10.0.0.${last}`;
  const key = { kind: 'address', family: 'ipv4', protocol: 'tcp', address, port: 80 } as const;
  return virtualServer({ keys: [key], ...changes });
}

/** Over the channel and back: what arrives shares no object with what was sent. */
function sent(
  before: HealthConfig | null,
  after: HealthConfig,
  there: HealthConfig | null,
  newMax?: number,
) {
  const parts = healthPatches(before, after, newMax).map((part) => JSON.stringify(part));
  return HEALTH_CODEC.join(parts.map((part) => HEALTH_CODEC.decode(there, JSON.parse(part))));
}

describe('a configuration on its way to the health process', () => {
  const reals = fc.uniqueArray(
    fc.record({
      last: fc.integer({ min: 1, max: 5 }),
      weight: fc.constantFrom(1, 2),
      checks: fc.array(
        fc.record({
          kind: fc.constantFrom('tcp', 'http'),
          at: fc.constantFrom('itself', '10.1.0.1', '10.1.0.2'),
          port: fc.constantFrom(80, 8080),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 5, selector: ({ last }) => last },
  );
  const servers = fc.uniqueArray(
    fc.record({ last: fc.integer({ min: 1, max: 5 }), quorum: fc.constantFrom(1, 2), reals }),
    { maxLength: 5, selector: ({ last }) => last },
  );

  test('arrives as it was sent, whatever went before, in parts of any size (property)', () => {
    const someVersions = fc.array(servers, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(someVersions, fc.integer({ min: 1, max: 8 }), (versions, newMax) => {
        let before: HealthConfig | null = null;
        let there: HealthConfig | null = null;
        const same = new Map<string, VirtualServer>();
        const pools = new Map<string, readonly RealServer[]>();
        for (const version of versions) {
          // As a reading that remembers: what is the same is the same object.
          const after: HealthConfig = config(
            version.map(({ last, quorum, reals }) => {
              const pool = reals.map(({ last, weight, checks }) =>
                real(last, {
                  weight,
                  checks: checks.map(({ kind, at, port }) =>
                    check(kind, at === 'itself' ? `10.1.0.${last}` : at, port),
                  ),
                }),
              );
              const realServers = pools.get(JSON.stringify(pool)) ?? pool;
              pools.set(JSON.stringify(pool), realServers);
              const made = virtual(last, { quorum, realServers });
              const name = JSON.stringify(made);
              const known = same.get(name) ?? made;
              same.set(name, known);
              return known;
            }),
            version.length === 1,
          );
          there = sent(before, after, there, newMax);
          expect(there).toEqual(after);
          before = after;
        }
      }),
    );
  });

  test('one changed weight is one virtual server, and in it one real server', () => {
    const pool = Array.from({ length: 100 }, (_, at) => real(at + 1));
    const rest = [virtual(1), virtual(2), virtual(4)];
    const changed = virtual(3, { realServers: pool });
    const [one, two, four] = rest as [VirtualServer, VirtualServer, VirtualServer];
    const lighter = pool.map((server, at) => (at === 50 ? real(51, { weight: 7 }) : { ...server }));
    const [patch, ...others] = healthPatches(
      config([one, two, changed, four]),
      config([one, two, { ...changed, realServers: lighter }, four]),
    );
    expect(others).toEqual([]);
    expect(patch?.virtualServers).toMatchObject([
      { keep: [0, 2] },
      {
        put: [
          {
            of: 2,
            realServers: [{ keep: [0, 50] }, { put: 0 }, { keep: [51, 49] }],
          },
        ],
      },
      { keep: [3, 1] },
    ]);
    expect(patch?.pools).toMatchObject([[{ pattern: 0, addresses: ['10.1.0.51'] }]]);
    expect(patch?.patterns).toEqual([real(51, { weight: 7 })]);
  });

  test('what is new goes in parts that are not large, and in its order', () => {
    const pool = Array.from({ length: 900 }, (_, at) =>
      realServer(`10.2.${at >> 8}.${at & 255}`, { checks: [tcpCheck()] }),
    );
    const large = { realServers: Array.from({ length: 9 }, () => pool).flat() };
    const servers = Array.from({ length: 20 }, (_, at) =>
      virtual(at + 1, at === 13 ? large : { realServers: [...pool] }),
    );
    const before = config([servers[7], servers[3]] as VirtualServer[]);
    const after = config(servers);
    const parts = healthPatches(before, after);
    const news = parts.map(({ virtualServers }) =>
      virtualServers.flatMap((piece) => ('put' in piece ? piece.put : [])),
    );
    expect(news.flat()).toHaveLength(18);
    const sizes = parts.map(({ pools }, at) =>
      pools.flat().reduce((sum, { addresses }) => sum + addresses.length, news[at]?.length ?? 0),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000 + 2);
    // Only the large one is divided.
    expect(parts.filter(({ more }) => more !== null)).toHaveLength(4);
    expect(parts.map(({ rest }) => rest !== null)).toEqual(
      parts.map((one) => one === parts.at(-1)),
    );
    const there = sent(before, after, sent(null, before, null));
    expect(there).toEqual(after);
  });

  test('a pool that many have is sent once, and is one list there', () => {
    const realServers = Array.from({ length: 100 }, (_, at) => real(at + 1));
    const servers = Array.from({ length: 200 }, (_, at) => virtual(at + 1, { realServers }));
    const after = config(servers);
    const [patch, ...others] = healthPatches(null, after);
    expect(others).toEqual([]);
    expect(patch?.pools).toHaveLength(1);
    const there = sent(null, after, null);
    expect(there).toEqual(after);
    expect(new Set(there.virtualServers.map((one) => one.realServers)).size).toBe(1);
  });

  test('the objects of what is kept are those that were there', () => {
    const [one, two] = [virtual(1), virtual(2)];
    const there = sent(null, config([one, two]), null);
    const after = sent(config([one, two]), config([two]), there);
    expect(after.virtualServers[0]).toBe(there.virtualServers[1]);
  });
});
