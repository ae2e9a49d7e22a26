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
  const findings = audit(plan.hosts, entries, END_MS, { lease: false });
  const setup = plan.hosts.map(({ name, config: { instances } }) => {
    const [first] = instances;
    const kind = `priority ${first?.priority}, version ${first?.version}, ${first?.advertIntervalMs} ms`;
    return `${name}: ${kind}, ${first?.preempt ? 'preempt' : 'nopreempt'}, ${first?.initialState}`;
  });
  return {
    findings,
    timeline: () => [`seed ${seed}`, ...setup, ...renderTimeline(entries, findings)].join('\n'),
  };
}
