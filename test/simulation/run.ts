/** Runs one seed, and says what it found. */
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
  const findings = audit(plan.hosts, entries, END_MS, {
    lease: plan.hosts.some(({ config }) => config.lease !== null),
  });
  const setup = plan.hosts.map(({ name, config: { instances, lease } }) => {
    const [first] = instances;
    const kind = `priority ${first?.priority}, version ${first?.version}, ${first?.advertIntervalMs} ms`;
    const preempt = first?.preempt ? 'preempt' : 'nopreempt';
    const holdMs = lease?.subjects[0]?.holdMs;
    const ending = holdMs === undefined ? `gate ${first?.gate.mode}` : `lease of ${holdMs} ms`;
    return `${name}: ${kind}, ${preempt}, ${first?.initialState}, ${ending}`;
  });
  return {
    findings,
    timeline: () => [`seed ${seed}`, ...setup, ...renderTimeline(entries, findings)].join('\n'),
  };
}
