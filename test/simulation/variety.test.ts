/** What the seeds of the simulation have in them, and that a key can be changed while all goes on. */
import { describe, expect, test } from 'vitest';
import type { Signing, VrrpInstance } from '../../src/model/vrrp.ts';
import { audit, type Rule } from '../../src/simulation/audit.ts';
import type { PlannedFault, WorldPlan } from '../../src/simulation/world.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';
import { scenarioOf } from './scenario.ts';

const SEEDS = 1_000;

const plans = Array.from({ length: SEEDS }, (_, at) => scenarioOf(at + 1));
const firstOf = ({ hosts }: WorldPlan): VrrpInstance =>
  hosts[0]?.config.instances[0] as VrrpInstance;
const signingsOf = ({ faults }: WorldPlan, host: string): readonly Signing[] =>
  faults
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ fault }) => {
      if (fault.do !== 'reload' || fault.host !== host) return [];
      const signing = fault.config.instances[0]?.signing ?? null;
      return signing === null ? [] : [signing];
    });

describe('of a thousand seeds', () => {
  test.each<[string, (plan: WorldPlan) => boolean]>([
    ['IPv6', (plan) => firstOf(plan).family === 'ipv6'],
    ['unicast over IPv4', (plan) => isUnicast(plan, 'ipv4')],
    ['unicast over IPv6', (plan) => isUnicast(plan, 'ipv6')],
    ['a password', (plan) => firstOf(plan).authentication.type === 'pass'],
    ['signatures', (plan) => firstOf(plan).signing !== null],
    ['signatures with a lease', (plan) => isLeased(plan) && firstOf(plan).signing !== null],
    ['a key that is changed', (plan) => signingsOf(plan, 'A').at(-1)?.activeKey === 2],
    ['a virtual MAC', (plan) => firstOf(plan).links.own !== null],
    ['nopreempt', (plan) => !firstOf(plan).preempt],
    ['preempt_delay', (plan) => firstOf(plan).preemptDelayMs > 0],
    ['orders to hand over', (plan) => orders(plan).length > 0],
    ['orders that are taken back', (plan) => orders(plan).some(({ forMs }) => forMs !== null)],
  ])('fifty and more have %s', (_, has) => {
    expect(plans.filter(has).length).toBeGreaterThan(50);
  });

  test('no director signs with a key before all others know it, or forgets one that is in use', () => {
    for (const plan of plans) {
      const keys = plan.hosts.map(({ name }) => signingsOf(plan, name));
      for (const signing of keys.flat()) {
        expect(signing.keys.map(({ id }) => id)).toContain(signing.activeKey);
      }
      expect(new Set(keys.map((one) => one.at(-1)?.activeKey)).size).toBe(1);
    }
  });
});

function isUnicast(plan: WorldPlan, family: string): boolean {
  const first = firstOf(plan);
  return first.family === family && (first.unicast?.peers.length ?? 0) > 0;
}

function isLeased({ hosts }: WorldPlan): boolean {
  return hosts[0]?.config.lease !== null;
}

function orders({ faults }: WorldPlan): readonly PlannedFault[] {
  return faults.filter(({ fault }) => fault.do === 'failover');
}

describe('a key that is changed by reloads', () => {
  const KEYS = [1, 2].map((id) => ({ id, key: `0${id}`.repeat(32) }));
  const first = KEYS.slice(0, 1);
  const second = KEYS.slice(1);

  /** A gets each of these, and 200 ms later B, if it is told at all. */
  async function rulesAfter(
    steps: readonly Pick<Signing, 'keys' | 'activeKey'>[],
    told: readonly string[] = ['A', 'B'],
  ): Promise<{ readonly rules: readonly Rule[]; readonly masters: readonly string[] }> {
    const config = (priority: number, keys: Pick<Signing, 'keys' | 'activeKey'>) => {
      const signing = { ...keys, mode: 'enforce', antiReplay: 'time', windowMs: 10_000 } as const;
      const authentication = { type: 'none' } as const;
      return configOf([instanceOf({ priority, signing, authentication })]);
    };
    const hosts = ['A', 'B'].map((name, at) => ({
      name,
      config: config(150 - 50 * at, { keys: first, activeKey: 1 }),
      hostPart: at + 1,
      clockRate: 1,
    }));
    const faults = steps.flatMap((keys, step) =>
      told.map((host, at): PlannedFault => {
        const fault = { do: 'reload', host, config: config(150 - 50 * at, keys) } as const;
        return { at: 8_000 + 5_000 * step + 200 * at, fault, forMs: null };
      }),
    );
    const world = new SimulatedWorld({ seed: 1, hosts, faults });
    await world.runTo(40_000);
    const { entries } = world.journal;
    const masters = entries.flatMap((entry) =>
      entry.what === 'state' && entry.to === 'master' ? [entry.host] : [],
    );
    const rules = audit(hosts, entries, 40_000, { lease: false, alwaysMaster: true }).map(
      ({ rule }) => rule,
    );
    return { rules, masters: [...new Set(masters)] };
  }

  test('first known to all, then in use, disturbs nobody', async () => {
    const { rules, masters } = await rulesAfter([
      { keys: KEYS, activeKey: 1 },
      { keys: KEYS, activeKey: 2 },
      { keys: second, activeKey: 2 },
    ]);
    expect(rules).toEqual([]);
    expect(masters).toEqual(['A']);
  });

  test('in use before the other knows it is found: two masters', async () => {
    const { rules } = await rulesAfter([{ keys: KEYS, activeKey: 2 }], ['A']);
    expect(rules).toContain('two-masters');
  });
});
