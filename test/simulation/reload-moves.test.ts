/** Reloads that move addresses between instances, over the production's gate and the kernel's addresses: nothing goes. */
import { describe, expect, test } from 'vitest';
import type { VirtualAddress, VrrpInstance } from '../../src/model/vrrp.ts';
import { audit, type Finding } from '../../src/simulation/audit.ts';
import type { Entry } from '../../src/simulation/journal.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';

const [X, Y, Z] = ['192.0.2.50', '192.0.2.60', '192.0.2.70'] as const;

type Written = Partial<Omit<VrrpInstance, 'addresses'>> & { readonly addresses: readonly string[] };

function configured(priority: number, instances: readonly Written[]) {
  const address = (one: string): VirtualAddress => ({
    ...(instanceOf().addresses[0] as VirtualAddress),
    address: one,
  });
  return configOf(
    instances.map((one) => instanceOf({ ...one, priority, addresses: one.addresses.map(address) })),
  );
}

const RELOADED_AT_MS = 10_000;

/** The backup is reloaded first. What happened from then on, and what should not have. */
async function reloaded(
  before: readonly Written[],
  after: readonly Written[],
): Promise<{
  readonly entries: readonly Entry[];
  readonly findings: readonly Finding[];
  readonly answersFor: readonly string[];
}> {
  const hosts = [
    ['A', 150],
    ['B', 100],
  ] as const;
  const plans = hosts.map(([name, priority], at) => ({
    name,
    hostPart: at + 1,
    clockRate: 1,
    config: configured(priority, before),
  }));
  const faults = hosts.map(([host, priority], at) => ({
    at: RELOADED_AT_MS + 50 - 50 * at,
    fault: { do: 'reload' as const, host, config: configured(priority, after) },
    forMs: null,
  }));
  const world = new SimulatedWorld({ seed: 1, hosts: plans, faults });
  await world.runTo(20_000);
  const { entries } = world.journal;
  return {
    entries: entries.filter(({ at }) => at >= RELOADED_AT_MS),
    findings: audit(plans, entries, 20_000, { lease: false }),
    answersFor: [...world.host('A').answersFor].sort(),
  };
}

function one(name: string, vrid: number, ...addresses: readonly string[]): Written {
  return { name, vrid, addresses };
}

/** Changes of who answers, and of roles. */
function changes(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(
    (entry) =>
      entry.what === 'holds' ||
      entry.what === 'releases' ||
      (entry.what === 'state' && entry.reason !== 'reload'),
  );
}

describe('an address that a reload moves', () => {
  test.each([
    [
      'to an instance before',
      [one('VI_1', 51, Y), one('VI_2', 52, X, Z)],
      [one('VI_1', 51, Y, X), one('VI_2', 52, Z)],
    ],
    [
      'to an instance behind',
      [one('VI_1', 51, X, Z), one('VI_2', 52, Y)],
      [one('VI_1', 51, Z), one('VI_2', 52, Y, X)],
    ],
    [
      'to an instance of another interval',
      [one('VI_1', 51, Y), { ...one('VI_2', 52, X, Z), advertIntervalMs: 100, version: 3 }],
      [one('VI_1', 51, Y, X), { ...one('VI_2', 52, Z), advertIntervalMs: 100, version: 3 }],
    ],
    [
      'each in place of the other',
      [one('VI_1', 51, X), one('VI_2', 52, Y)],
      [one('VI_1', 51, Y), one('VI_2', 52, X)],
    ],
  ] as const)('%s is answered for all the time', async (_, before, after) => {
    const { entries, findings, answersFor } = await reloaded(before, after);
    expect(changes(entries)).toEqual([]);
    expect(findings).toEqual([]);
    expect(answersFor).toEqual(before.flatMap(({ addresses }) => addresses).sort());
  });

  test('from an instance that goes is answered for all the time', async () => {
    const { entries, findings, answersFor } = await reloaded(
      [one('VI_1', 51, Y), one('VI_2', 52, X)],
      [one('VI_1', 51, Y, X)],
    );
    expect(changes(entries).map((entry) => ('name' in entry ? entry.name : entry))).toEqual([
      'VI_2',
      'VI_2',
    ]);
    expect(findings).toEqual([]);
    expect(answersFor).toEqual([X, Y]);
  });
});

describe('no_accept', () => {
  test.each([
    ['put in', true, false],
    ['taken out', false, true],
  ])('%s by a reload is in force at once', async (_, accepted, accept) => {
    const { entries, findings } = await reloaded(
      [{ ...one('VI_1', 51, X), accept: accepted }],
      [{ ...one('VI_1', 51, X, Y), accept }],
    );
    expect(findings).toEqual([]);
    const told = entries.flatMap((entry) =>
      entry.what === 'refuses' || entry.what === 'permits'
        ? [`${entry.what} ${entry.address}`]
        : [],
    );
    expect(told).toEqual(accept ? [`permits ${X}`] : [`refuses ${X}`, `refuses ${Y}`]);
  });
});

test('of two that change places each is open for as long as the gate of its new instance', async () => {
  // At the reload the gate of VI_2 has 90 ms left, and VI_1 advertises next in 360 ms.
  const slow = { version: 3, advertIntervalMs: 1_000 } as const;
  const quick = { version: 3, advertIntervalMs: 700, gate: { mode: 'auto', timeMs: 750 } } as const;
  const { entries, findings } = await reloaded(
    [
      { ...one('VI_1', 51, Y), ...slow },
      { ...one('VI_2', 52, X, Z), ...quick },
    ],
    [
      { ...one('VI_1', 51, X), ...slow },
      { ...one('VI_2', 52, Y, Z), ...quick },
    ],
  );
  expect(changes(entries)).toEqual([]);
  expect(findings).toEqual([]);
});

test('an instance that had no gate has one when a reload asks for it', async () => {
  const off = { gate: { mode: 'off', timeMs: null } } as const;
  for (const [before, after] of [
    [off, {}],
    [{}, off],
  ]) {
    const { entries, findings } = await reloaded(
      [{ ...one('VI_1', 51, X), ...before }],
      [{ ...one('VI_1', 51, X), ...after }],
    );
    expect(changes(entries)).toEqual([]);
    expect(findings).toEqual([]);
    const gate = entries.filter(({ what }) => what === 'guards' || what === 'unguards');
    expect(gate.map(({ what }) => what)).toEqual([before === off ? 'guards' : 'unguards']);
  }
});

test('an address that stands twice in an instance does not cost it its role', async () => {
  const twice = [one('VI_1', 51, X, X)];
  const { entries, findings, answersFor } = await reloaded(twice, twice);
  expect(changes(entries)).toEqual([]);
  expect(findings).toEqual([]);
  expect(answersFor).toEqual([X]);
});
