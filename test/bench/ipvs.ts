/**
 * The IPVS table of a large site, in one kernel and one run: programming it from empty by our reconciler,
 * by keepalived's start and by `ipvsadm --restore`; printing it, `lvsctl show --ipvsadm` beside `ipvsadm -Ln`, from
 * exec to exit, whose octets must be the same. Each run has a network namespace of its own, because the kernel keeps deleted real servers
 * for two minutes and looks through them at every addition.
 *
 * BENCH_SERVERS=100000 makes the shapes 1000×100 and 10000×10 (a quarter of an hour). The limits of what is compared
 * with others are for these two: with few real servers the start of Node is most of the time. A limit that is not kept
 * makes the exit code 1.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Lab, pause, type Running } from '../lab/lab.ts';
import { median, type Side, tellBoth, tellLimit } from './figures.ts';
import { ipvsadmRules, keepalivedConf, type Shape, shapeName } from './ipvs-table.ts';

const RUNS = Number(process.env.BENCH_RUNS || 3);
const SERVERS = Number(process.env.BENCH_SERVERS || 20_000);
const [CONF, RULES, OURS, THEIRS] = [
  '/run/bench.conf',
  '/run/bench.rules',
  '/run/bench.ours',
  '/run/bench.theirs',
];
const WORK = [process.execPath, 'dist/test/bench/ipvs-work.js'] as const;
const SHOW = [process.execPath, 'dist/bin/lvsctl.js', 'show', '--ipvsadm'].join(' ');
/** What a process had resident at most, in KB, is told at its end. */
const PEAK = '/run/bench.peak';
const TELL_PEAK = `--import ${new URL('tell-peak.js', import.meta.url).href}`;
const RSS_MB_MAX = 150;
/** Of the time of keepalived’s start, and of ipvsadm’s. */
const RATIO_MAX = { program: 0.1, complete: 0.35, print: 1 } as const;
/** The event loop belongs to checks, too. */
const BLOCKED_MS_MAX = 20;
const SERVERS_OF_LIMITS = 100_000;
const LISTINGS = ['', '--stats'] as const;

const SHAPES: readonly Shape[] = [
  { virtual: SERVERS / 100, real: 100, scheduler: 'wrr' },
  { virtual: SERVERS / 10, real: 10, scheduler: 'wrr' },
  { virtual: SERVERS / 1000, real: 100, scheduler: 'mh' },
];

interface Programmed {
  readonly programMs: number;
  readonly changeMs: number;
  readonly verifyMs: number;
  /** How long the event loop stood still at most in these two. */
  readonly blockedMs: number;
  readonly messages: number;
  readonly changeMessages: number;
  readonly driftMessages: number;
  readonly refused: number;
}

/** Runs something in a new host, which is gone afterwards with all that its kernel holds. */
async function inNewHost<T>(run: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = new Lab('bench-ipvs');
  try {
    await lab.host('director', {});
    return await run(lab);
  } finally {
    await lab.close();
  }
}

function wordsOf({ virtual, real, scheduler }: Shape): readonly string[] {
  return [String(virtual), String(real), scheduler];
}

async function work<T>(lab: Lab, ...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await lab.run('director', WORK[0], WORK[1], ...words);
  if (code !== 0) throw new Error(`${words[0]}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

interface Printed {
  readonly oursMs: number;
  /** Of the same program when it prints one line: what Node and loading take. */
  readonly startMs: number;
  readonly theirsMs: number;
  readonly peakMb: number;
}

/** From exec to exit; both write to a file. */
async function printBoth(lab: Lab, name: string, switches: string): Promise<Printed> {
  const timed = async (command: string): Promise<number> => {
    const startedAt = performance.now();
    const { code, stderr } = await lab.run('director', 'sh', '-c', command);
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return performance.now() - startedAt;
  };
  const startMs = await timed(`${SHOW} --timeout > ${OURS}`);
  const oursMs = await timed(`${SHOW} ${switches} > ${OURS}`);
  const theirsMs = await timed(`ipvsadm -Ln ${switches} > ${THEIRS}`);
  if (!readFileSync(OURS).equals(readFileSync(THEIRS))) {
    throw new Error(`${name}: our text is not that of ipvsadm -Ln ${switches}`);
  }
  // Once more: the telling itself takes time.
  await timed(`PEAK=${PEAK} NODE_OPTIONS='${TELL_PEAK}' ${SHOW} ${switches} > ${OURS}`);
  return { oursMs, startMs, theirsMs, peakMb: Number(readFileSync(PEAK, 'utf8')) / 1024 };
}

/** Until the table is complete, which a process beside it sees. */
async function untilComplete(lab: Lab, shape: Shape, start: () => Running): Promise<number> {
  const log = `complete-${shape.scheduler}-${shape.virtual}`;
  const watcher = lab.start('director', log, ...WORK, 'complete', ...wordsOf(shape));
  const linesBefore = (): string => {
    try {
      return lab.logOf(log);
    } catch {
      return '';
    }
  };
  while (!linesBefore().includes('waiting')) await pause(20);
  const startedAt = Date.now();
  start();
  await watcher.ended;
  await pause(50);
  const told = linesBefore().trim().split('\n').at(-1) ?? '';
  return (JSON.parse(told) as { completeAt: number }).completeAt - startedAt;
}

/** From exec, reading the configuration included. */
const STARTS = {
  keepalived: ['keepalived', '-n', '-C', '-p', '/run/k.pid', '-c', '/run/kc.pid'],
  lvsd: [process.execPath, 'dist/bin/lvsd.js', '-n', '-C', '--run-dir', '/run/bench-lvsd'],
} as const;

function startOf(daemon: keyof typeof STARTS, shape: Shape): Promise<number> {
  return inNewHost((lab) => {
    const command = [...STARTS[daemon], '-f', CONF];
    return untilComplete(lab, shape, () => lab.start('director', daemon, ...command));
  });
}

async function measure(shape: Shape): Promise<void> {
  const name = shapeName(shape);
  const ours: Programmed[] = [];
  const [lvsd, keepalived, restore]: [number[], number[], number[]] = [[], [], []];
  const printed = new Map<string, Printed[]>(LISTINGS.map((switches) => [switches, []]));
  writeFileSync(CONF, keepalivedConf(shape));
  writeFileSync(RULES, ipvsadmRules(shape));
  for (let run = 0; run < RUNS; run += 1) {
    keepalived.push(await startOf('keepalived', shape));
    lvsd.push(await startOf('lvsd', shape));
    await inNewHost(async (lab) => {
      const startedAt = performance.now();
      await lab.run('director', 'sh', '-c', `ipvsadm --restore < ${RULES}`);
      restore.push(performance.now() - startedAt);
    });
    await inNewHost(async (lab) => {
      ours.push(await work<Programmed>(lab, 'program', ...wordsOf(shape)));
      for (const [switches, each] of printed) each.push(await printBoth(lab, name, switches));
    });
  }
  check(shape, ours);
  const programs = side(
    'reconciler',
    ours.map(({ programMs }) => programMs),
  );
  const limits = limitsOf(shape);
  const theirStart = side('keepalived start', keepalived);
  tellBoth(`${name}, program from empty`, 'ms', programs, theirStart, limits?.program);
  tellBoth(`${name}, program from empty`, 'ms', programs, side('ipvsadm --restore', restore));
  tellBoth(
    `${name}, exec to complete table`,
    'ms',
    side('lvsd', lvsd),
    side('keepalived', keepalived),
    limits?.complete,
  );
  tellValues(
    `${name}, one weight changed, with the comparison`,
    ours.map(({ changeMs }) => changeMs),
  );
  tellValues(
    `${name}, verified against the kernel`,
    ours.map(({ verifyMs }) => verifyMs),
  );
  const blocked = ours.map(({ blockedMs }) => blockedMs);
  const standstill = `${name}, event loop stands still in these two, at most`;
  tellLimit(standstill, 'ms', side('ours', blocked), BLOCKED_MS_MAX);
  for (const [switches, each] of printed) {
    tellPrinted(`${name}, print ${switches}`.trim(), each, limits?.print);
  }
}

/** Null: there is none for this shape. */
function limitsOf({ virtual, real, scheduler }: Shape): typeof RATIO_MAX | null {
  return virtual * real === SERVERS_OF_LIMITS && scheduler === 'wrr' ? RATIO_MAX : null;
}

function tellPrinted(what: string, each: readonly Printed[], ratioMax?: number): void {
  const of = (key: keyof Printed): readonly number[] => each.map((one) => one[key]);
  const [ours, theirs] = [
    side('lvsctl show --ipvsadm', of('oursMs')),
    side('ipvsadm -Ln', of('theirsMs')),
  ];
  tellBoth(what, 'ms', ours, theirs, ratioMax);
  const aside = each.map(({ oursMs, startMs }) => oursMs - startMs);
  tellBoth(`${what}, start aside`, 'ms', side('ours', aside), theirs);
  tellLimit(`${what}, memory at most`, 'MB', side('ours', of('peakMb')), RSS_MB_MAX);
}

/** What was sent is the fewest: each entry once, one for a weight, and nothing where nothing differs. */
function check(shape: Shape, each: readonly Programmed[]): void {
  const binding = shape.scheduler === 'mh' ? shape.virtual : 0;
  const wanted = shape.virtual * (1 + shape.real) + binding;
  for (const { messages, changeMessages, driftMessages, refused } of each) {
    const told = [messages, changeMessages, driftMessages, refused].join();
    const right = [wanted, 1, 0, 0].join();
    if (told !== right) throw new Error(`${shapeName(shape)}: messages ${told}, not ${right}`);
  }
}

function side(name: string, values: readonly number[]): Side {
  return { name, values };
}

function tellValues(what: string, values: readonly number[]): void {
  process.stdout.write(
    `${what}: ${median(values).toFixed(1)} ms (n=${values.length}, ${values.map((ms) => ms.toFixed(1)).join(' ')})\n`,
  );
}

execFileSync('ipvsadm', ['-Ln'], { stdio: 'ignore' }); // loads the module
for (const shape of SHAPES) await measure(shape);
