/** How evenly a MASTER advertises each 10 ms: on a machine that is idle but for this, and with more work than CPUs. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pause } from '../lab/lab.ts';
import { quantile, tellLimit } from './figures.ts';
import { advertsOf, Capture } from './vrrp-capture.ts';
import { type Contender, compete, configuration, megabytesOf, tellSamples } from './vrrp-sides.ts';

const INTERVAL_MS = 10;
const SECONDS = Number(process.env.BENCH_SECONDS || 10);
const WORST_MS_MAX = 12;
const MEMORY_MB_MAX = 45;

interface Figures {
  readonly idle: readonly number[];
  readonly load: readonly number[];
  readonly megabytes: number;
  readonly cpuPercent: number;
}

async function gaps({ pair }: Contender): Promise<readonly number[]> {
  const capture = await Capture.of(pair.lab, 'client', 'ip proto 112');
  await pause(SECONDS * 1000);
  const times = advertsOf(await capture.end()).map(({ atMs }) => atMs);
  return times.slice(1).map((at, before) => at - (times[before] as number));
}

/** Twice as many programs that do nothing but count as there are CPUs. */
async function underLoad<Result>(work: () => Promise<Result>): Promise<Result> {
  const burners = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  try {
    return await work();
  } finally {
    for (const burner of burners) burner.kill('SIGKILL');
  }
}

/** User and system time, in hundredths of a second (proc(5)). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

async function measure(side: Contender): Promise<Figures> {
  side.start('director1');
  await side.pair.movesTo('director1');
  await pause(1_000);
  const pid = await side.vrrpPid('director1');
  const before = cpuOf(pid);
  const idle = await gaps(side);
  const cpuPercent = (cpuOf(pid) - before) / SECONDS;
  const load = await underLoad(() => gaps(side));
  return { idle, load, megabytes: megabytesOf(pid), cpuPercent };
}

export async function spacing(): Promise<void> {
  const text = configuration({ priority: 150, intervalMs: INTERVAL_MS });
  const found = await compete('spacing', { director1: text, director2: text }, measure, {
    inTurn: true,
  });
  for (const when of ['idle', 'load'] as const) {
    for (const [name, part] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['p99.9', 0.999],
      ['worst', 1],
    ] as const) {
      const gap = (figures: Figures): number => quantile(figures[when], part);
      const sides = { lvsd: [found.lvsd], keepalived: [found.keepalived] };
      tellSamples(`advertisements each ${INTERVAL_MS} ms, ${when}, ${name}`, 'ms', sides, gap);
    }
    const ours = { name: 'lvsd', values: found.lvsd[when] };
    tellLimit(`advertisements each ${INTERVAL_MS} ms, ${when}, worst`, 'ms', ours, WORST_MS_MAX, 1);
  }
  const sides = { lvsd: [found.lvsd], keepalived: [found.keepalived] };
  tellSamples('the VRRP process, CPU time', '%', sides, ({ cpuPercent }) => cpuPercent);
  tellSamples('the VRRP process, memory (PSS)', 'MB', sides, ({ megabytes }) => megabytes);
  const ours = { name: 'lvsd', values: [found.lvsd.megabytes] };
  tellLimit('the VRRP process, memory (PSS)', 'MB', ours, MEMORY_MB_MAX);
}
