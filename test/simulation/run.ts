/** Runs one seed, and says what it found. */
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { audit, type Finding } from '../../src/simulation/audit.ts';
import { renderTimeline } from '../../src/simulation/timeline.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { END_MS, scenarioOf } from './scenario.ts';

export interface SeedRun {
  readonly findings: readonly Finding[];
  /** Everything that happened, to be read. */
  timeline(): string;
}

export async function runSeed(seed: number): Promise<SeedRun> {
  const plan = scenarioOf(seed);
  const world = new SimulatedWorld(plan);
  await world.runTo(END_MS);
  const { entries } = world.journal;
  const lease = plan.hosts.some(({ config }) => config.lease !== null);
  // Who must have a lease may wait until the promises of a majority have run out.
  const findings = audit(plan.hosts, entries, END_MS, { lease, alwaysMaster: !lease });
  const setup = plan.hosts.map(({ name, config: { instances, lease } }) => {
    const [first] = instances;
    const kind = `priority ${first?.priority}, version ${first?.version}, ${first?.advertIntervalMs} ms`;
    const preempt = first?.preempt ? `preempt after ${first.preemptDelayMs} ms` : 'nopreempt';
    const holdMs = lease?.subjects[0]?.holdMs;
    const ending = holdMs === undefined ? `gate ${first?.gate.mode}` : `lease of ${holdMs} ms`;
    const more = first === undefined ? '' : wayOf(first);
    return `${name}: ${kind}, ${preempt}, ${first?.initialState}, ${ending}, ${more}`;
  });
  return {
    findings,
    timeline: () => [`seed ${seed}`, ...setup, ...renderTimeline(entries, findings)].join('\n'),
  };
}

/** How its advertisements go, and what shows that they are its own. */
function wayOf({ family, unicast, authentication, signing, links }: VrrpInstance): string {
  return [
    family,
    unicast === null ? 'multicast' : 'unicast',
    authentication.type === 'none' ? 'no password' : authentication.type,
    signing === null ? 'unsigned' : `signed with key ${signing.activeKey} (${signing.mode})`,
    links.own === null ? 'no virtual MAC' : links.own.name,
  ].join(', ');
}
