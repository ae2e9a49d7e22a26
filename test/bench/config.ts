/**
 * `lvsctl check` and `keepalived -t` on the same configurations, in turns. What either takes for the least
 * configuration is its start, and is taken off: what is left is what the text costs. Growth compares that
 * with the number of lines; memory is the most that a process had resident, its start taken off, too.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { LINKS, MINIMAL, SHAPES, type Shape } from './config-shapes.ts';
import { median, type Side, tellBoth, tellLimit } from './figures.ts';

const RUNS = Number(process.env.BENCH_RUNS || 7);
/** Quick ones are run more often, as long as that takes, unless somebody has said how often. */
const QUICK_RUNS = process.env.BENCH_RUNS ? RUNS : 31;
const QUICK_MS = 7_000;
/** A part of a shape's name: only those. */
const WANTED = process.env.BENCH_SHAPE ?? '';
/** Slow ones are run less often: no more once a size has had this long. */
const SIZE_MS_MAX = 30_000;
const RUNS_MIN = 3;
/** Times below this are mostly chance, and say nothing about growth. */
const GROWTH_BASE_MS_MIN = 40;
const GROWTH_PERCENT_MAX = 130;
const OCTETS_A_LINE_MAX = 1024;
const MEMORY_RUNS = 3;
const MEMORY_POLL_MS = 1;
const FOLDER = '.lab/bench-config';
const IN_OWN_NETWORK = 'BENCH_CONFIG_NETWORK';

const PROGRAMS = {
  ours: { name: 'lvsctl check', command: [process.execPath, 'dist/bin/lvsctl.js', 'check'] },
  theirs: { name: 'keepalived -t', command: ['keepalived', '-t', '-f'] },
} as const;
type Who = keyof typeof PROGRAMS;
type Both<T> = Readonly<Record<Who, T>>;

/** Runs it to its end; gives milliseconds, and what the process had resident at most. */
function run(who: Who, file: string, watched = false): Promise<{ ms: number; octets: number }> {
  const [program, ...args] = [...PROGRAMS[who].command, file] as [string, ...string[]];
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  let octets = 0;
  const look = (): void => {
    octets = peakOf(child.pid) ?? octets;
  };
  const timer = watched ? setInterval(look, MEMORY_POLL_MS) : undefined;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      const ms = performance.now() - startedAt;
      clearInterval(timer);
      if (code === 0) resolve({ ms, octets });
      else reject(new Error(`${PROGRAMS[who].name} ${file} ended with ${code}`));
    });
  });
}

/** The kernel's own high-water mark of a process that still runs: nothing between two looks is lost. */
function peakOf(pid: number | undefined): number | null {
  try {
    const mark = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return mark === undefined ? null : Number(mark) * 1024;
  } catch {
    return null; // It has ended.
  }
}

/** A program that complains does other work than one that reads: neither may. */
function mustBeSilent(file: string): void {
  const { ours, theirs } = PROGRAMS;
  const [node, ...args] = ours.command;
  const found = execFileSync(node, [...args, '--json', file], { encoding: 'utf8' }).trim();
  const [keepalived, ...theirArgs] = theirs.command;
  const { stdout, stderr } = spawnSync(keepalived, [...theirArgs, file], { encoding: 'utf8' });
  if (found !== '[]') throw new Error(`${ours.name} ${file}: ${found}`);
  if (stdout !== '' || stderr !== '') throw new Error(`${theirs.name} ${file}: ${stdout}${stderr}`);
}

function write(name: string, text: string): string {
  const file = `${FOLDER}/${name.replaceAll(/\W+/g, '-')}.conf`;
  writeFileSync(file, text);
  mustBeSilent(file);
  return file;
}

interface Measured {
  readonly size: number;
  readonly lines: number;
  readonly file: string;
  /** Milliseconds without the start. */
  readonly netMs: Both<readonly number[]>;
}

function side(who: Who, values: readonly number[]): Side {
  return { name: PROGRAMS[who].name, values };
}

function sides(values: Both<readonly number[]>): [Side, Side] {
  return [side('ours', values.ours), side('theirs', values.theirs)];
}

async function measure(shape: Shape, size: number, minimal: string): Promise<Measured> {
  const what = `${shape.name}, N = ${size}`;
  const file = write(what, shape.textOf(size));
  const startMs: Both<number[]> = { ours: [], theirs: [] };
  const rawMs: Both<number[]> = { ours: [], theirs: [] };
  const startedAt = performance.now();
  for (let done = 0; done < QUICK_RUNS; done += 1) {
    const tookMs = performance.now() - startedAt;
    if (done >= RUNS_MIN && tookMs > SIZE_MS_MAX) break;
    if (done >= RUNS && tookMs > QUICK_MS) break;
    for (const who of ['ours', 'theirs'] as const) {
      startMs[who].push((await run(who, minimal)).ms);
      rawMs[who].push((await run(who, file)).ms);
    }
  }
  const without = (who: Who): number[] => rawMs[who].map((ms) => ms - median(startMs[who]));
  const netMs = { ours: without('ours'), theirs: without('theirs') };
  tellBoth(`${what}, from exec to exit`, 'ms', ...sides(rawMs));
  tellBoth(`${what}, start aside`, 'ms', ...sides(netMs));
  if (shape.compared.includes(size)) {
    tellLimit(`${what}, against keepalived`, 'ms', side('ours', netMs.ours), median(netMs.theirs));
  }
  return { size, lines: shape.linesOf(size), file, netMs };
}

/** 100 where time grows as the lines do; 1000 where ten times the lines take a hundred times as long. */
function growthPercent(who: Who, small: Measured, large: Measured): number {
  const times = median(large.netMs[who]) / median(small.netMs[who]);
  return (100 * times) / (large.lines / small.lines);
}

function tellGrowth(shape: Shape, measured: readonly Measured[]): void {
  const large = measured.at(-1) as Measured;
  const smaller = measured.slice(0, -1);
  const bases = smaller.filter(
    (one, at) => median(one.netMs.ours) >= GROWTH_BASE_MS_MIN || at === smaller.length - 1,
  );
  for (const base of bases) {
    const what = `${shape.name}, growth from ${base.size} to ${large.size}, linear is 100 %`;
    const values = {
      ours: [growthPercent('ours', base, large)],
      theirs: [growthPercent('theirs', base, large)],
    };
    tellBoth(what, '%', ...sides(values));
    tellLimit(what, '%', side('ours', values.ours), GROWTH_PERCENT_MAX);
  }
}

async function peaks(who: Who, file: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (let done = 0; done < MEMORY_RUNS; done += 1) found.push((await run(who, file, true)).octets);
  return found;
}

async function tellMemory(shape: Shape, large: Measured, minimal: string): Promise<void> {
  const what = `${shape.name}, N = ${large.size}`;
  const raw = { ours: await peaks('ours', large.file), theirs: await peaks('theirs', large.file) };
  const start = { ours: await peaks('ours', minimal), theirs: await peaks('theirs', minimal) };
  const inMb = (who: Who): number[] => raw[who].map((octets) => octets / 1024 / 1024);
  const aLine = (who: Who): number[] =>
    raw[who].map((octets) => (octets - median(start[who])) / large.lines);
  const netALine = { ours: aLine('ours'), theirs: aLine('theirs') };
  tellBoth(`${what}, peak memory`, 'MB', ...sides({ ours: inMb('ours'), theirs: inMb('theirs') }));
  tellBoth(`${what}, peak memory a line, start aside`, 'B', ...sides(netALine));
  tellLimit(`${what}, peak memory a line`, 'B', side('ours', netALine.ours), OCTETS_A_LINE_MAX);
}

async function main(): Promise<void> {
  for (let link = 0; link < LINKS; link += 1) {
    const pair = ['name', `link${link}`, 'type', 'veth', 'peer', 'name', `peer${link}`];
    execFileSync('ip', ['link', 'add', ...pair]);
    execFileSync('ip', ['addr', 'add', '192.0.2.1/24', 'dev', `link${link}`]);
    execFileSync('ip', ['link', 'set', `link${link}`, 'up']);
  }
  const load = (loadavg()[0] as number).toFixed(1);
  process.stdout.write(`load before: ${load} on ${availableParallelism()} CPUs; 0 is best\n`);
  mkdirSync(FOLDER, { recursive: true });
  const minimal = write('minimal', MINIMAL);
  for (const shape of SHAPES.filter(({ name }) => name.includes(WANTED))) {
    const measured: Measured[] = [];
    for (const size of shape.sizes) measured.push(await measure(shape, size, minimal));
    tellGrowth(shape, measured);
    await tellMemory(shape, measured.at(-1) as Measured, minimal);
  }
}

/** Once more in a network of its own, which ends with it: the instances need links. */
function againInOwnNetwork(): number {
  const inside = 'mount -t sysfs sysfs /sys && exec "$@"';
  const command = [process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync(
    'unshare',
    ['--net', '--mount', '--propagation', 'private', 'sh', '-c', inside, 'sh', ...command],
    { stdio: 'inherit', env: { ...process.env, [IN_OWN_NETWORK]: 'yes' } },
  );
  return status ?? 1;
}

if (process.env[IN_OWN_NETWORK] === undefined) process.exitCode = againInOwnNetwork();
else await main();
