import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import { audit, type Rule } from '../../src/simulation/audit.ts';
import { type Tenure, tenuresOf } from '../../src/simulation/holders.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { Entry } from '../../src/simulation/journal.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';
import { runSeed } from './run.ts';

const VIP = '10.0.0.100';
const GROUPED = configOf([instanceOf(), instanceOf({ name: 'VI_2', vrid: 52, addresses: [] })], {
  syncGroups: [
    {
      name: 'G',
      members: ['VI_1', 'VI_2'],
      tracks: [],
      trackWeights: false,
      notify: NOBODY_IS_TOLD,
    },
  ],
});

const HOSTS = ['A', 'B'].map((name) => ({ name, config: configOf([instanceOf()]) }));

function becomes(at: number, host: string, to: string, name = 'VI_1'): Entry {
  return { at, what: 'state', host, kind: 'instance', name, to, reason: 'test' };
}

function holds(at: number, host: string, what: 'holds' | 'releases' = 'holds'): Entry {
  return { at, what, host, address: VIP };
}

const BOTH_RUN = ['A', 'B'].flatMap((host): readonly Entry[] => [
  { at: 0, what: 'process', host, is: 'runs' },
  { at: 0, what: 'guards', host, address: VIP },
]);

function rulesOf(entries: readonly Entry[], lease = false, hosts = HOSTS): readonly Rule[] {
  return audit(hosts, [...BOTH_RUN, ...entries], 20_000, { lease }).map(({ rule }) => rule);
}

function rulesAlways(entries: readonly Entry[]): readonly Rule[] {
  const expected = { lease: false, alwaysMaster: true };
  return audit(HOSTS, [...BOTH_RUN, ...entries], 20_000, expected).map(({ rule }) => rule);
}

const MASTER_A = [becomes(3000, 'A', 'master'), holds(3000, 'A')];

describe('an audit', () => {
  test('finds nothing where one master holds its address', () => {
    expect(rulesOf(MASTER_A)).toEqual([]);
  });

  test('finds a master without a gate, and one that takes or drops packets as it should not', () => {
    const gate = (at: number, what: 'unguards' | 'refuses' | 'permits'): Entry => ({
      at,
      what,
      host: 'A',
      address: VIP,
    });
    expect(rulesOf([...MASTER_A, gate(4000, 'unguards')])).toEqual(['master-without-gate']);
    expect(rulesOf([...MASTER_A, gate(4000, 'refuses')])).toEqual(['wrong-accept']);
    expect(rulesOf([...MASTER_A, gate(4000, 'refuses'), gate(4004, 'permits')])).toEqual([]);
    const config = configOf([instanceOf({ accept: false })]);
    const reload = { at: 5000, what: 'reload', host: 'A', config } as const;
    const goesOn = becomes(5000, 'A', 'master');
    expect(rulesOf([...MASTER_A, reload, goesOn])).toEqual(['wrong-accept']);
    expect(rulesOf([...MASTER_A, reload, goesOn, gate(5000, 'refuses')])).toEqual([]);
  });

  test('finds two masters, once nothing has been wrong for 4 s', () => {
    const second = [becomes(5000, 'B', 'master'), holds(5000, 'B')];
    expect(rulesOf([...MASTER_A, ...second])).toEqual(['two-masters', 'two-holders']);
    const well = { at: 5000, what: 'health', isWell: false } as const;
    const mended = { at: 8000, what: 'health', isWell: true } as const;
    const yields = [becomes(9000, 'B', 'backup'), holds(9000, 'B', 'releases')];
    expect(rulesOf([...MASTER_A, well, ...second, mended, ...yields])).toEqual([]);
    const late = [becomes(12_100, 'B', 'backup'), holds(12_100, 'B', 'releases')];
    const found = audit(
      HOSTS,
      [...BOTH_RUN, ...MASTER_A, well, ...second, mended, ...late],
      20_000,
      {
        lease: false,
      },
    );
    expect(found.map(({ rule, from, to }) => [rule, from, to])).toEqual([
      ['two-masters', 12_000, 12_100],
      ['two-holders', 12_000, 12_100],
    ]);
  });

  test('finds that nobody is master, once nothing has been wrong for 4 s, and for more than a moment', () => {
    const gone = [becomes(9000, 'A', 'backup'), holds(9000, 'A', 'releases')];
    const next = (at: number): readonly Entry[] => [becomes(at, 'B', 'master'), holds(at, 'B')];
    expect(rulesAlways([...MASTER_A, ...gone, ...next(9_990)])).toEqual([]);
    expect(rulesAlways([...MASTER_A, ...gone, ...next(10_010)])).toEqual(['no-master']);
    expect(rulesAlways([...MASTER_A, ...gone])).toEqual(['no-master']);
    const sick = { at: 8500, what: 'health', isWell: false } as const;
    expect(rulesAlways([...MASTER_A, sick, ...gone])).toEqual([]);
    expect(rulesOf([...MASTER_A, ...gone])).toEqual([]);
  });

  test('finds two holders in sickness, too, when leases are to prevent them', () => {
    const sick = { at: 100, what: 'health', isWell: false } as const;
    const second = [becomes(5000, 'B', 'master'), holds(5000, 'B')];
    expect(rulesOf([sick, ...MASTER_A, ...second])).toEqual([]);
    expect(rulesOf([sick, ...MASTER_A, ...second], true)).toEqual(['two-holders']);
  });

  test('finds a master without its address, and an address without master', () => {
    expect(rulesOf([becomes(3000, 'A', 'master'), holds(3026, 'A')])).toEqual([
      'master-without-address',
    ]);
    expect(rulesOf([becomes(3000, 'A', 'master'), holds(3020, 'A')])).toEqual([]);
    const sick = { at: 8000, what: 'health', isWell: false } as const;
    expect(rulesOf([...MASTER_A, sick, becomes(9000, 'A', 'backup')])).toEqual([
      'address-without-master',
    ]);
  });

  test('lets a process that does not run answer until its gate is shut', () => {
    for (const is of ['paused', 'dead'] as const) {
      const ends = [
        { at: 8000, what: 'process', host: 'A', is },
        { at: 8000, what: 'health', isWell: false },
      ] as const;
      const until = (at: number): Entry => holds(at, 'A', 'releases');
      expect(rulesOf([...MASTER_A, ...ends, until(11_000)])).toEqual([]);
      expect(rulesOf([...MASTER_A, ...ends, until(11_050)])).toEqual(['answers-without-process']);
    }
  });

  test('asks nothing of a process that does not run and has no gate', () => {
    const config = configOf([instanceOf({ gate: { mode: 'off', timeMs: null } })]);
    const paused = { at: 8000, what: 'process', host: 'A', is: 'paused' } as const;
    expect(rulesOf([...MASTER_A, paused], false, [{ name: 'A', config }])).toEqual([]);
  });

  test('finds a sync group whose members are not one', () => {
    const hosts = [{ name: 'A', config: GROUPED }];
    const first = [becomes(3000, 'A', 'master'), holds(3000, 'A')];
    const together = [...first, becomes(3015, 'A', 'master', 'VI_2')];
    expect(rulesOf(together, false, hosts)).toEqual([]);
    const apart = [...first, becomes(3025, 'A', 'master', 'VI_2')];
    expect(rulesOf(apart, false, hosts)).toEqual(['split-group']);
  });
});

test('tenures tell who answered, from the beginning to the end', () => {
  const entries = [holds(3000, 'A'), holds(5000, 'B'), holds(6000, 'A', 'releases')];
  expect(tenuresOf(entries, [VIP], 9000).get(VIP)).toEqual([
    { hosts: [], from: 0, to: 3000 },
    { hosts: ['A'], from: 3000, to: 5000 },
    { hosts: ['A', 'B'], from: 5000, to: 6000 },
    { hosts: ['B'], from: 6000, to: 9000 },
  ]);
});

describe('a simulated world', () => {
  const host = (name: string, hostPart: number, key: string): HostPlan => {
    const authentication = { type: 'pass', key } as const;
    const config = configOf([instanceOf({ priority: 100 + hostPart, authentication })]);
    return { name, hostPart, clockRate: 1, config };
  };

  test('shows two directors with two passwords as what they are: two masters', async () => {
    const hosts = [host('A', 1, 'one'), host('B', 2, 'two')];
    const world = new SimulatedWorld({ seed: 1, hosts, faults: [] });
    await world.runTo(10_000);
    const found = audit(hosts, world.journal.entries, 10_000, { lease: false });
    expect(found.map(({ rule }) => rule)).toEqual(['two-masters', 'two-holders']);
  });

  const pauseB = { at: 8000, fault: { do: 'pause', host: 'B' }, forMs: 6000 } as const;

  async function holdersWith(hosts: readonly HostPlan[]): Promise<readonly Tenure[]> {
    const world = new SimulatedWorld({ seed: 1, hosts, faults: [pauseB] });
    await world.runTo(20_000);
    return tenuresOf(world.journal.entries, [VIP], 20_000).get(VIP) ?? [];
  }

  test('the gate ends the answering of a master that is paused before the next one begins', async () => {
    const tenures = await holdersWith([host('A', 1, 'one'), host('B', 2, 'one')]);
    const names = tenures.map(({ hosts }) => hosts.join(' '));
    expect(names).toEqual(['', 'B', '', 'A', '', 'B']);
    expect(tenures[2]?.from).toBeLessThanOrEqual(11_000);
  });

  test('without it two answer until the master has seen that it was paused', async () => {
    const ungated = (one: HostPlan): HostPlan => {
      const instances = one.config.instances.map((instance) => ({
        ...instance,
        gate: { mode: 'off' as const, timeMs: null },
        // Nor is it asked whether somebody still answers.
        claimWaitMs: 0,
      }));
      return { ...one, config: configOf(instances) };
    };
    const tenures = await holdersWith([ungated(host('A', 1, 'one')), ungated(host('B', 2, 'one'))]);
    const names = tenures.map(({ hosts }) => hosts.join(' '));
    expect(names).toEqual(['', 'B', 'A B', 'A', '', 'B']);
    expect(tenures[2]?.to).toBeLessThan(14_001);
  });

  test('a process that was killed goes on with what the one before it held', async () => {
    const hosts = [host('A', 1, 'one'), host('B', 2, 'one')];
    const kill = { at: 8000, fault: { do: 'kill', host: 'B' }, forMs: null } as const;
    const world = new SimulatedWorld({ seed: 1, hosts, faults: [kill] });
    await world.runTo(20_000);
    const tenures = tenuresOf(world.journal.entries, [VIP], 20_000).get(VIP) ?? [];
    expect(tenures.map(({ hosts: names }) => names.join(' '))).toEqual(['', 'B']);
    expect(world.host('B').stateOf('VI_1')).toBe('master');
  });

  test('a process that is paused is told of a reload, however much waits in its sockets', async () => {
    const hosts = [host('A', 1, 'one'), host('B', 2, 'one')];
    const quick = hosts.map(({ config, ...one }) => {
      const instances = config.instances.map((instance) => ({
        ...instance,
        version: 3 as const,
        advertIntervalMs: 10,
      }));
      return { ...one, config: { ...config, instances } };
    });
    const renamed = configOf([instanceOf({ name: 'VI_9' })]);
    const world = new SimulatedWorld({
      seed: 1,
      hosts: quick,
      faults: [
        { at: 2_000, fault: { do: 'pause', host: 'A' }, forMs: 10_000 },
        { at: 11_000, fault: { do: 'reload', host: 'A', config: renamed }, forMs: null },
      ],
    });
    await world.runTo(13_000);
    // Until a reload has told it of one, it has none of that name.
    expect(world.host('A').stateOf('VI_9')).not.toBe('init');
  });

  test('what the kernel was still to do is not done once the power is gone', async () => {
    const hosts = [host('A', 1, 'one')];
    const sure = new SimulatedWorld({ seed: 1, hosts, faults: [] });
    await sure.runTo(10_000);
    const master = sure.journal.entries.find((one) => one.what === 'state' && one.to === 'master');
    const at = (master?.at ?? 0) + 0.1;
    const fault = { do: 'crash', host: 'A' } as const;
    const world = new SimulatedWorld({ seed: 1, hosts, faults: [{ at, fault, forMs: null }] });
    await world.runTo(10_000);
    expect(tenuresOf(sure.journal.entries, [VIP], 10_000).get(VIP)).toHaveLength(2);
    expect(tenuresOf(world.journal.entries, [VIP], 10_000).get(VIP)).toHaveLength(1);
  });

  test('is the same again for the same seed', async () => {
    const [first, second] = [await runSeed(77), await runSeed(77)];
    expect(first.timeline()).toBe(second.timeline());
    expect((await runSeed(78)).timeline()).not.toBe(first.timeline());
  });
});
