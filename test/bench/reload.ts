/**
 * A reload after one changed weight, ours and keepalived's in one kernel and one run: from SIGHUP until
 * /proc/net/ip_vs shows it. Each side has a network namespace of its own, and the same configuration.
 *
 * BENCH_SERVERS=100000 makes the shapes 10000×10 and 1×10000 (some minutes), which the limit is for: one that is not
 * kept makes the exit code 1. It is an error if one of our reloads sends anything but that one change.
 */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { eventually, Lab, pause, type Running } from '../lab/lab.ts';
import { median, type Side, tellBoth, tellLimit } from './figures.ts';
import { keepalivedConf, type Shape, shapeName } from './ipvs-table.ts';

const RELOADS = Number(process.env.BENCH_RUNS || 7);
const SERVERS = Number(process.env.BENCH_SERVERS || 20_000);
const SHAPES: readonly Shape[] = [
  { virtual: SERVERS / 10, real: 10, scheduler: 'wrr' },
  { virtual: 1, real: SERVERS / 10, scheduler: 'wrr' },
];
/** Weights of the real server that changes. */
const WEIGHTS = [5, 7] as const;
/** Of keepalived’s time, with that many real servers. */
const RATIO_MAX = 0.5;
const SERVERS_OF_LIMIT = 100_000;
/** Of our time for four times as much, by that of a quarter, where 1 is linear. */
const GROWTH_MAX = 1.3;
const QUARTER = 4;
const START_MS_MAX = 600_000;
const RELOAD_MS_MAX = 60_000;
const POLL_MS = 2;
/** The head of the table and what stands first in it. */
const HEAD_OCTETS = 1024;

interface Daemon {
  readonly name: string;
  readonly file: string;
  readonly command: readonly string[];
}

const OURS: Daemon = {
  name: 'lvsd',
  file: '/run/ours.conf',
  command: [process.execPath, 'dist/bin/lvsd.js', '-n', '-C', '-f', '/run/ours.conf'],
};
const THEIRS: Daemon = {
  name: 'keepalived',
  file: '/run/theirs.conf',
  command: ['keepalived', '-n', '-C', '-f', '/run/theirs.conf'],
};

/** The first real server that the kernel shows, whose virtual server it is, and its weight. */
interface First {
  readonly virtual: string;
  readonly real: string;
  readonly weight: number;
}

/** Reads no more of the table than that, however large it is. */
function firstIn(net: string): First | null {
  const file = openSync(`${net}/ip_vs`, 'r');
  try {
    const buffer = Buffer.alloc(HEAD_OCTETS);
    let text = '';
    // The kernel gives the heading first, and by itself.
    for (let reading = 0; reading < 2; reading += 1) {
      text += buffer.toString('latin1', 0, readSync(file, buffer));
    }
    const found = /^TCP +(\w{8}):0050 .*\n +-> (\w{8}):0050 +Route +(\d+)/m.exec(text);
    if (found === null) return null;
    const [, virtual = '', real = '', weight = ''] = found;
    return { virtual: dotted(virtual), real: dotted(real), weight: Number(weight) };
  } finally {
    closeSync(file);
  }
}

function dotted(hex: string): string {
  return Buffer.from(hex, 'hex').join('.');
}

/** The configuration with another weight for one real server. */
function weighted(text: string, { virtual, real }: First, weight: number): string {
  const at = text.indexOf(`real_server ${real} 80`, text.indexOf(`virtual_server ${virtual} 80`));
  return text.slice(0, at) + text.slice(at).replace(/weight \d+/, `weight ${weight}`);
}

async function reloads(shape: Shape, daemon: Daemon): Promise<readonly number[]> {
  const lab = new Lab(`bench-reload-${daemon.name}`);
  try {
    await lab.host('director', {});
    const text = keepalivedConf(shape);
    writeFileSync(daemon.file, text);
    const running = lab.start('director', daemon.name, ...daemon.command);
    const first = await complete(lab, shape);
    const times: number[] = [];
    for (let run = 0; run < RELOADS; run += 1) {
      const weight = WEIGHTS[run % WEIGHTS.length] as number;
      writeFileSync(daemon.file, weighted(text, first, weight));
      times.push(await untilWeight(lab, running, weight));
      await pause(500);
    }
    if (daemon === OURS) await expectSingleChanges(lab, running);
    running.kill('SIGTERM');
    await running.ended;
    return times;
  } finally {
    await lab.close();
  }
}

/** One change a reload, and none for a file that is the same. @throws Error */
async function expectSingleChanges(lab: Lab, daemon: Running): Promise<void> {
  const changes = (): string =>
    lab
      .logOf(OURS.name)
      .split('\n')
      .filter((line) => line.includes('"IPVS table changed"') && !line.includes('"reason":"start"'))
      .map((line) => (JSON.parse(line) as { readonly count: number }).count)
      .join(' ');
  daemon.kill('SIGHUP');
  await eventually('the same file is read', () => lab.logOf(OURS.name).includes('unchanged'));
  const wanted = Array.from({ length: RELOADS }, () => 1).join(' ');
  if (changes() !== wanted) throw new Error(`changes of each reload: ${changes()}, not ${wanted}`);
}

/** When the table is complete; gives what stands first in it. */
async function complete(lab: Lab, { virtual, real }: Shape): Promise<First> {
  const isComplete = (): boolean =>
    lab.readNet('director', 'ip_vs').match(/-> [0-9A-F]{8}:/g)?.length === virtual * real;
  await eventually('the table is complete', isComplete, START_MS_MAX);
  await pause(2_000);
  const first = firstIn(lab.netOf('director'));
  if (first === null) throw new Error('the table is empty');
  return first;
}

async function untilWeight(lab: Lab, daemon: Running, weight: number): Promise<number> {
  const net = lab.netOf('director');
  const startedAt = performance.now();
  daemon.kill('SIGHUP');
  while (firstIn(net)?.weight !== weight) {
    if (performance.now() - startedAt > RELOAD_MS_MAX) throw new Error('the reload did not come');
    await pause(POLL_MS);
  }
  return performance.now() - startedAt;
}

function quarter({ virtual, real, scheduler }: Shape): Shape {
  return virtual === 1
    ? { virtual, real: real / QUARTER, scheduler }
    : { virtual: virtual / QUARTER, real, scheduler };
}

function side({ name }: Daemon, values: readonly number[]): Side {
  return { name, values };
}

for (const shape of SHAPES) {
  const theirs = await reloads(shape, THEIRS);
  const ours = await reloads(shape, OURS);
  console.log(ours.map((x) => x.toFixed(0)).join(' '));
  tellBoth(
    `${shapeName(shape)}, one weight changed, SIGHUP to kernel`,
    'ms',
    side(OURS, ours),
    side(THEIRS, theirs),
    SERVERS === SERVERS_OF_LIMIT ? RATIO_MAX : undefined,
  );
  const less = quarter(shape);
  const linear = QUARTER * median(await reloads(less, OURS));
  const growth = { name: 'lvsd', values: ours.map((ms) => ms / linear) };
  tellLimit(`${shapeName(shape)}, growth from ${shapeName(less)}`, 'of linear', growth, GROWTH_MAX);
}
