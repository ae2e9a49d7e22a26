/** Directors with a further path of advertisements, while links are cut: while one path is left nobody changes. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { audit } from '../../src/simulation/audit.ts';
import { tenuresOf } from '../../src/simulation/holders.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { Entry } from '../../src/simulation/journal.ts';
import { type Fault, type PlannedFault, SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';

const VIP = '10.0.0.100';
const SETTLED_MS = 10_000;

const SIDE = { name: 'eth2', interface: 'eth2', sourceAddress: null, unicast: null } as const;

function hosts(over: Partial<VrrpInstance> = {}): readonly HostPlan[] {
  const of = (name: string, priority: number, hostPart: number): HostPlan => ({
    name,
    config: configOf([instanceOf({ priority, sidePaths: [SIDE], ...over })]),
    hostPart,
    clockRate: 1,
  });
  return [of('A', 150, 1), of('B', 100, 2)];
}

const cut = (link: string | null): Fault => ({
  do: 'cut',
  from: 'A',
  to: 'B',
  link,
  oneWay: false,
});

async function run(faults: readonly PlannedFault[], end: number, over = {}, seed = 1) {
  const plans = hosts(over);
  const world = new SimulatedWorld({ seed, hosts: plans, faults });
  await world.runTo(end);
  const { entries } = world.journal;
  const later = entries.filter((entry: Entry) => entry.what === 'state' && entry.at > SETTLED_MS);
  return { world, entries, later, findings: audit(plans, entries, end, { lease: true }) };
}

describe('the main link is cut', () => {
  test.each([
    ['with a password', {}],
    [
      'signed',
      {
        signing: {
          keys: [{ id: 1, key: '11'.repeat(32) }],
          activeKey: 1,
          mode: 'enforce',
          antiReplay: 'time',
          windowMs: 5_000,
        },
      },
    ],
    ['at 100 ms', { version: 3, advertIntervalMs: 100 }],
  ] as const)('for an hour: nobody changes, %s', async (_, over) => {
    const forMs = 3_600_000 * (over && 'advertIntervalMs' in over ? 0.05 : 1);
    const end = SETTLED_MS + forMs + 20_000;
    const faults = [{ at: SETTLED_MS, forMs, fault: cut('eth0') }];
    const { world, later, findings } = await run(faults, end, over);
    expect(later).toEqual([]);
    expect(findings).toEqual([]);
    expect(world.hosts.map((host) => host.stateOf('VI_1'))).toEqual(['master', 'backup']);
  });

  test('and now and then a link, but never both: nobody changes, whatever the seed', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const faults: PlannedFault[] = [];
      let at = SETTLED_MS;
      while (at < 120_000) {
        const forMs = 100 + random() * 15_000;
        faults.push({ at, forMs, fault: cut(random() < 0.5 ? 'eth0' : 'eth2') });
        // The next one may begin where this one ends, but for what is under way.
        at += forMs + 1 + random() * 500;
      }
      const { later, findings } = await run(faults, 150_000, {}, seed);
      expect({ seed, later, findings }).toEqual({ seed, later: [], findings: [] });
    }
  });

  test('and the MASTER dies: its peer takes over as it would have', async () => {
    const faults: readonly PlannedFault[] = [
      { at: SETTLED_MS, forMs: null, fault: cut('eth0') },
      { at: 30_000, forMs: null, fault: { do: 'crash', host: 'A' } },
    ];
    const { entries, later } = await run(faults, 60_000);
    expect(later).toMatchObject([{ host: 'B', to: 'master', reason: 'no advertisement in time' }]);
    const { at } = later[0] as Entry;
    expect(at - 30_000).toBeLessThanOrEqual(3_000 + 610 + 10);
    expect(tenuresOf(entries, [VIP], 60_000).get(VIP)?.at(-1)?.hosts).toEqual(['B']);
  });

  test.each([
    ['a second after', 11_000],
    ['long after', 30_000],
  ])('and the MASTER is stopped, %s: it hands over, and is handed back to', async (_, at) => {
    const faults: readonly PlannedFault[] = [
      { at: SETTLED_MS, forMs: null, fault: cut('eth0') },
      { at, forMs: 20_000, fault: { do: 'stop', host: 'A' } },
    ];
    const { entries, later, findings } = await run(faults, at + 40_000);
    expect(findings).toEqual([]);
    expect(later).toMatchObject([
      { host: 'A', to: 'init' },
      { host: 'B', to: 'master', reason: 'handed over by 192.0.2.1' },
      { host: 'A', to: 'backup' },
      { host: 'B', to: 'backup', reason: 'handed back to 192.0.2.1' },
      { host: 'A', to: 'master', reason: 'handed over by 192.0.2.2' },
    ]);
    expectQuick(entries, VIP, at);
  });

  test('of one of two instances of a group that share a further link: both go over', async () => {
    const [address] = instanceOf({}).addresses;
    const other = '10.0.1.100';
    const plan = (name: string, priority: number, hostPart: number): HostPlan => {
      const first = instanceOf({ priority, sidePaths: [SIDE] });
      const own = {
        name: 'VI_2',
        interface: 'eth1',
        vrid: 52,
        addresses: address === undefined ? [] : [{ ...address, address: other, interface: 'eth1' }],
      };
      const syncGroups = [
        {
          name: 'G',
          members: ['VI_1', 'VI_2'],
          tracks: [],
          trackWeights: false,
          notify: NOBODY_IS_TOLD,
        },
      ];
      const config = configOf([first, { ...first, ...own }], { syncGroups });
      return { name, config, hostPart, clockRate: 1 };
    };
    const plans = [plan('A', 150, 1), plan('B', 100, 2)];
    const at = 30_000;
    const faults: readonly PlannedFault[] = [
      { at: SETTLED_MS, forMs: null, fault: cut('eth0') },
      { at, forMs: null, fault: { do: 'stop', host: 'A' } },
    ];
    const world = new SimulatedWorld({ seed: 1, hosts: plans, faults });
    await world.runTo(at + 10_000);
    const { entries } = world.journal;
    expect(audit(plans, entries, at + 10_000, { lease: true })).toEqual([]);
    expect(world.hosts[1]?.stateOf('VI_2')).toBe('master');
    for (const one of [VIP, other]) expectQuick(entries, one, at);
  });
});

/** Whoever holds the address next has it within 10 ms, and never beside the one before. */
function expectQuick(entries: readonly Entry[], address: string, from: number): void {
  let freeAt: number | null = null;
  const gaps: number[] = [];
  for (const entry of entries) {
    if (entry.at < from || (entry.what !== 'holds' && entry.what !== 'releases')) continue;
    if (entry.address !== address) continue;
    if (entry.what === 'releases') freeAt = entry.at;
    else gaps.push(freeAt === null ? -1 : entry.at - freeAt);
  }
  expect(gaps.length).toBeGreaterThan(0);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(0);
  for (const gap of gaps) expect(gap).toBeLessThan(10);
}

test('both links are cut: both are MASTER, and one again when one link is back', async () => {
  const faults: readonly PlannedFault[] = [
    { at: SETTLED_MS, forMs: 60_000, fault: cut('eth0') },
    { at: 20_000, forMs: 20_000, fault: cut('eth2') },
  ];
  const { later, findings } = await run(faults, 100_000);
  expect(findings.map(({ rule }) => rule)).toEqual(['two-holders']);
  expect(later).toMatchObject([
    { host: 'B', to: 'master' },
    { host: 'B', to: 'backup', reason: 'higher priority 150 of 192.0.2.1' },
  ]);
});
