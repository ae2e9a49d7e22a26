/** Directors with a lease and a witness as whole hosts: gate, pauses, deaths and cuts. */
import { describe, expect, test } from 'vitest';
import { audit, type Finding } from '../../src/simulation/audit.ts';
import { type Tenure, tenuresOf } from '../../src/simulation/holders.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { WitnessPlan } from '../../src/simulation/lease.ts';
import { type Fault, SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';
import { endpointOf, leaseConfigOf, SECRET } from '../world/lease.ts';

const VIP = '10.0.0.100';
const END_MS = 40_000;
const CUT_LINK: Fault = { do: 'cut', from: 'A', to: 'B', link: null, oneWay: false };

function host(name: string, hostPart: number, gate: 'auto' | 'off'): HostPlan {
  const instance = instanceOf({
    priority: 200 - hostPart,
    authentication: { type: 'none' },
    gate: { mode: gate, timeMs: null },
  });
  return {
    name,
    hostPart,
    clockRate: 1,
    config: configOf([instance], { lease: leaseConfigOf() }),
    leaseEndpoint: endpointOf(hostPart),
  };
}

const WITNESS: WitnessPlan = {
  name: 'W',
  endpoint: endpointOf(3),
  secrets: [SECRET],
  promiseMsMax: 3_200,
  clockRate: 1,
};

interface Outcome {
  readonly tenures: readonly Tenure[];
  readonly findings: readonly Finding[];
}

/** The faults begin at 15 s, one second after another, and last for 10 s. */
async function worldAfter(
  faults: readonly Fault[],
  gate: 'auto' | 'off' = 'auto',
): Promise<Outcome> {
  const hosts = [host('A', 1, gate), host('B', 2, gate)];
  const planned = faults.map((fault, at) => ({ at: 15_000 + at * 1000, fault, forMs: 10_000 }));
  const world = new SimulatedWorld({ seed: 3, hosts, witnesses: [WITNESS], faults: planned });
  await world.runTo(END_MS);
  const { entries } = world.journal;
  return {
    tenures: tenuresOf(entries, [VIP], END_MS).get(VIP) ?? [],
    findings: audit(hosts, entries, END_MS, { lease: true }),
  };
}

function namesOf({ tenures }: Outcome): readonly string[] {
  return tenures.map(({ hosts }) => hosts.join(' '));
}

describe('with a lease', () => {
  test('the master stays while the directors do not hear each other', async () => {
    const outcome = await worldAfter([CUT_LINK]);
    expect(namesOf(outcome)).toEqual(['', 'A']);
    expect(outcome.findings).toEqual([]);
  });

  test('nobody answers without a majority', async () => {
    const outcome = await worldAfter([
      CUT_LINK,
      { do: 'kill', host: 'W' },
      { do: 'crash', host: 'W' },
    ]);
    expect(namesOf(outcome)).toEqual(['', 'A', '', 'A']);
    expect(outcome.findings).toEqual([]);
  });

  test('a better director that hears nobody does not keep the other from serving', async () => {
    const outcome = await worldAfter([
      { do: 'cut', from: 'B', to: 'A', link: null, oneWay: true },
      { do: 'cut', from: 'W', to: 'A', link: null, oneWay: true },
    ]);
    expect(outcome.findings).toEqual([]);
    expect(namesOf(outcome)).toEqual(['', 'A', '', 'B', '', 'A']);
    const [, , gap, ofOther] = outcome.tenures;
    // The lease of 3 s has to run out; then a question of it is not fresh any more, and the promise to it is over.
    expect((gap?.to ?? Infinity) - (gap?.from ?? 0)).toBeLessThan(6_000);
    expect(ofOther?.to).toBeGreaterThan(25_000);
  });

  test('a director that nobody hears is followed by the other', async () => {
    const outcome = await worldAfter([
      { do: 'cut', from: 'A', to: 'B', link: null, oneWay: true },
      { do: 'cut', from: 'A', to: 'W', link: null, oneWay: true },
    ]);
    expect(outcome.findings).toEqual([]);
    expect(namesOf(outcome)).toEqual(['', 'A', '', 'B', '', 'A']);
  });

  test('a master whose VRRP process is killed goes on: its role and its address stay', async () => {
    const hosts = [host('A', 1, 'auto'), host('B', 2, 'auto')];
    const faults = [{ at: 15_000, fault: { do: 'kill', host: 'A' } as const, forMs: null }];
    const world = new SimulatedWorld({ seed: 3, hosts, witnesses: [WITNESS], faults });
    await world.runTo(END_MS);
    const { entries } = world.journal;
    expect(audit(hosts, entries, END_MS, { lease: true })).toEqual([]);
    expect(
      namesOf({ tenures: tenuresOf(entries, [VIP], END_MS).get(VIP) ?? [], findings: [] }),
    ).toEqual(['', 'A']);
    const roles = entries.flatMap((one) =>
      one.what === 'state' && one.at >= 15_000 ? [`${one.host} ${one.to}`] : [],
    );
    expect(roles).toEqual(['A master']);
  });

  test('a master that is paused does not answer when the other begins', async () => {
    const outcome = await worldAfter([{ do: 'pause', host: 'A' }]);
    expect(namesOf(outcome).slice(0, 4)).toEqual(['', 'A', '', 'B']);
    expect(outcome.findings).toEqual([]);
  });

  test('without the gate it does, and the audit finds it', async () => {
    const { findings } = await worldAfter([{ do: 'pause', host: 'A' }], 'off');
    expect(findings.map(({ rule }) => rule)).toContain('two-holders');
  });
});
