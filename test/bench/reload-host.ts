/**
 * For how long the health process can do nothing else when much is new: the longest piece of work of its event loop, at
 * native speed and without the kernel's IPVS, from the first octet of the configuration to the last answer of the kernel.
 * Each time in a process that has just started.
 */
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/time.ts';
import { HEALTH_CODEC } from '../../src/daemon/health/health-patch.ts';
import { Child } from '../../src/daemon/supervisor/child.ts';
import { LARGE, SMALL } from '../../src/daemon/supervisor/flags.ts';
import { NO_SETTINGS } from '../../src/model/kernel-settings.ts';
import type { HealthConfig, RealServer, VirtualServer } from '../../src/model/virtual-server.ts';
import { realServer, serviceKey, target, tcpCheck, virtualServer } from '../health/make.ts';
import { median, type Side, tellLimit } from './figures.ts';
import type { LoopReport } from './loop-pieces.ts';

const RUNS = Number(process.env.BENCH_RUNS || 9);
const PIECE_MS_MAX = 20;
const SETTLED_MS_MAX = 60_000;

/** The first check is far off, so that what is seen is the reload. */
const CHECK = {
  ...tcpCheck({ delayLoopMs: 3_600_000, warmupMs: 3_600_000 }),
  target: target('127.0.0.1', 9),
};

function addressOf(net: number, at: number): string {
  return `10.${net}.${at >> 8}.${at & 0xff}`;
}

function real(at: number, changes: Partial<RealServer> = {}): RealServer {
  return realServer(addressOf(2, at), { checks: [CHECK], ...changes });
}

function virtual(at: number, count: number): VirtualServer {
  const realServers = Array.from({ length: count }, (_, place) => real(place));
  return virtualServer({ keys: [serviceKey(addressOf(1, at), 80)], realServers });
}

function config(virtualServers: readonly VirtualServer[]): HealthConfig {
  return {
    virtualServers,
    flushAtStart: false,
    listeners: { fifo: false, mail: false },
    settings: NO_SETTINGS,
    process: { realtimePriority: null, niceness: null, lockMemory: false },
    directorName: 'bench',
  };
}

const LITTLE = virtual(60_000, 2);
const GROWING = virtual(60_001, 1);
const MANY = Array.from({ length: 10_000 }, (_, at) => virtual(at, 10));
const OTHERS = Array.from({ length: 300 }, (_, at) => virtual(50_000 + at, 10));
const ONE = virtual(0, 10_000);
const GROWN = { ...GROWING, realServers: ONE.realServers };
const REWEIGHED = { ...ONE, realServers: ONE.realServers.with(5_000, real(5_000, { weight: 7 })) };

interface Case {
  readonly name: string;
  /** Empty: the process begins with what comes after. */
  readonly before: readonly VirtualServer[];
  readonly after: readonly VirtualServer[];
  readonly ask?: 'plan';
}

const CASES: readonly Case[] = [
  { name: 'reload, 10000×10 new', before: [LITTLE], after: [LITTLE, ...MANY] },
  { name: '… beside 300×10', before: OTHERS, after: [...OTHERS, ...MANY] },
  { name: 'reload, 1×10000 new', before: [LITTLE], after: [LITTLE, ONE] },
  { name: '… where 1×1 was', before: [GROWING], after: [GROWN] },
  { name: '… 10000×10 gone', before: [LITTLE, ...MANY], after: [LITTLE] },
  { name: 'reload, one weight of 1×10000', before: [ONE], after: [REWEIGHED] },
  { name: 'plan, 10000×10 new', before: [LITTLE], after: [LITTLE, ...MANY], ask: 'plan' },
  { name: 'plan, 1×10000 new', before: [LITTLE], after: [LITTLE, ONE], ask: 'plan' },
  { name: 'start, 10000×10', before: [], after: MANY },
  { name: 'start, 1×10000', before: [], after: [ONE] },
];

function start(before: readonly VirtualServer[]): Child<HealthConfig> {
  return new Child<HealthConfig>({
    name: 'health',
    module: new URL('./reload-health.js', import.meta.url),
    config: config(before),
    silentMsMax: () => SETTLED_MS_MAX,
    codec: HEALTH_CODEC,
    // As processes.ts starts it.
    flags: before.flatMap(({ realServers }) => realServers).length > 2_000 ? LARGE : SMALL,
    environment: {},
    netNamespace: null,
    logLevel: 'error',
    clock: systemClock,
    log: silentLog,
    respawns: false,
    onRefused: (error) => {
      throw error;
    },
  });
}

async function run({ before, after, ask }: Case): Promise<LoopReport> {
  const child = start(before.length === 0 ? after : before);
  const settled = async (): Promise<void> => {
    const standing = await child.settled(SETTLED_MS_MAX);
    if (standing.is !== 'confirmed') throw new Error(`the configuration is ${standing.is}`);
  };
  await settled();
  if (before.length > 0) {
    await child.snapshot();
    if (ask === undefined) child.configure(config(after));
    else await child.ask({ ask, config: config(after) }, SETTLED_MS_MAX);
    await settled();
  }
  const report = (await child.snapshot()) as LoopReport;
  await child.stop(true, 5_000);
  return report;
}

/** The better half: others on the machine slow a run down, and nothing makes it faster than it is. */
function betterHalf(reports: readonly LoopReport[]): readonly LoopReport[] {
  const sorted = reports.toSorted((a, b) => a.longestMs - b.longestMs);
  return sorted.slice(0, Math.ceil(sorted.length / 2));
}

for (const one of CASES) {
  const { name } = one;
  if (process.env.BENCH_CASE && !name.includes(process.env.BENCH_CASE)) continue;
  const reports: LoopReport[] = [];
  for (let at = 0; at < RUNS; at += 1) reports.push(await run(one));
  const better = betterHalf(reports);
  const side = (of: keyof LoopReport): Side => ({
    name: 'ours',
    values: better.map((each) => each[of]),
  });
  tellLimit(`${name}, longest piece`, 'ms', side('longestMs'), PIECE_MS_MAX);
  const [majorMs, totalMs] = [median(side('majorMs').values), median(side('totalMs').values)];
  process.stdout.write(
    `  V8's major collections besides, in one piece: ${majorMs.toFixed(1)} ms; all pieces: ${totalMs.toFixed(0)} ms\n`,
  );
}
