/**
 * One trial of a trio: faults in their order, then everything is healed, and somebody holds the address again. Gives
 * what the client has seen, as figures and as a timeline that a person can read.
 */
import { type Act, describeAct, type Planned } from './faults.ts';
import { type Moment, type Overlap, type Report, togetherMs } from './holders.ts';
import { pause } from './lab.ts';
import { type Cut, DIRECTORS, type Trio, type TrioHost, type Watch } from './trio.ts';

export interface Trial {
  readonly overlaps: readonly Overlap[];
  /** While the faults were there: how long nobody answered, in all and at most at once. */
  readonly nobodyMs: number;
  readonly longestNobodyMs: number;
  /** The same when all is well again; Infinity: nobody was back within the time that is allowed. */
  readonly longestAfterMs: number;
  /** How often another director began to answer. */
  readonly moves: number;
  /** A line each. */
  readonly timeline: readonly string[];
}

/**
 * From the end of all faults: a director that has to be started first, the witness that is silent for a second, and what
 * the protocol takes, on a machine that does much else.
 */
export const BACK_MS_MAX = 10_000;
const LOOK_EVERY_MS = 50;
/** Of a timeline: what is done stands left, who answers right. */
const COLUMN = 40;
/** Before the faults, and after somebody holds it again. */
const CALM_MS = 300;

interface Done {
  readonly atMs: number;
  readonly what: string;
}

/** What the faults so far have left. */
interface Standing {
  readonly cuts: Map<Act, readonly Cut[]>;
  /** Hosts of which a process was killed, whether or not another one was started since. */
  readonly wasKilled: Set<TrioHost>;
}

/** Sentences; none: all is as it has to be. */
export function whatIsWrong({ overlaps, longestAfterMs }: Trial): readonly string[] {
  return [
    ...(overlaps.length > 0 ? ['two hold the address'] : []),
    ...(longestAfterMs > BACK_MS_MAX
      ? [`nobody answers for ${BACK_MS_MAX} ms when all is well`]
      : []),
  ];
}

export async function runTrial(trio: Trio, faults: readonly Planned[]): Promise<Trial> {
  const watch = await trio.watch();
  const done: Done[] = [];
  const standing: Standing = { cuts: new Map(), wasKilled: new Set() };
  await pause(CALM_MS);
  const startedAt = performance.now();
  for (const { atMs, act } of faults) {
    await pause(Math.max(0, startedAt + atMs - performance.now()));
    done.push({ atMs: Date.now(), what: describeAct(act) });
    await carryOut(trio, act, standing);
  }
  await heal(trio);
  const healedMs = Date.now();
  done.push({ atMs: healedMs, what: 'all is well' });
  const isBack = await untilBack(watch);
  const report = await watch.end();
  await tidy(trio, standing);
  return trialOf(trio, { report, done, healedMs, isBack });
}

/** How long two answer while the directors do not hear each other for so long. */
export async function togetherWhenCutMs(trio: Trio, forMs: number): Promise<number> {
  const watch = await trio.watch();
  await trio.cut([
    { from: 'director1', to: 'director2' },
    { from: 'director2', to: 'director1' },
  ]);
  await pause(forMs);
  const ms = togetherMs(await watch.end());
  await trio.cut([]);
  return ms;
}

async function carryOut(trio: Trio, act: Act, { cuts, wasKilled }: Standing): Promise<void> {
  switch (act.do) {
    case 'cut':
      cuts.set(act, act.cuts);
      return trio.cut([...cuts.values()].flat());
    case 'mend':
      for (const [fault, meant] of cuts) if (meant === act.cuts) cuts.delete(fault);
      return trio.cut([...cuts.values()].flat());
    case 'pull':
    case 'plug':
      return trio.plug(act.host, act.do === 'plug');
    case 'pause':
    case 'continue':
      return trio.signal(act.host, act.victim, act.do === 'pause' ? 'SIGSTOP' : 'SIGCONT');
    case 'kill':
      wasKilled.add(act.host);
      return trio.signal(act.host, act.victim, 'SIGKILL');
    case 'stop':
      return trio.stop(act.host);
    case 'start':
      return trio.start(act.host);
    case 'fail-over':
    case 'fail-back':
      // The others do not wait for its answer.
      void trio.failOver(act.host, act.do === 'fail-back');
      return undefined;
  }
}

async function heal(trio: Trio): Promise<void> {
  await trio.cut([]);
  for (const host of DIRECTORS) await trio.plug(host, true);
  for (const host of [...DIRECTORS, 'witness'] as const) {
    trio.signal(host, 'all', 'SIGCONT');
    trio.start(host);
  }
}

/** Somebody answers, and still does a moment later. */
async function untilBack(watch: Watch): Promise<boolean> {
  const latest = performance.now() + BACK_MS_MAX;
  do {
    await until(() => watch.isAnswered());
    await pause(CALM_MS);
  } while (!watch.isAnswered() && performance.now() < latest);
  return watch.isAnswered();
}

async function until(isSo: () => boolean): Promise<void> {
  const latest = performance.now() + BACK_MS_MAX;
  while (!isSo() && performance.now() < latest) await pause(LOOK_EVERY_MS);
}

/** A process that has died a few times is started later each time: the next trial begins with none such. */
async function tidy(trio: Trio, { wasKilled }: Standing): Promise<void> {
  for (const host of DIRECTORS) {
    if (!wasKilled.has(host)) continue;
    await trio.stop(host);
    trio.start(host);
  }
  await until(() => trio.holders().length === 1);
}

function trialOf(
  trio: Trio,
  {
    report,
    done,
    healedMs,
    isBack,
  }: {
    readonly report: Report;
    readonly done: readonly Done[];
    readonly healedMs: number;
    readonly isBack: boolean;
  },
): Trial {
  const [from = healedMs] = done.map(({ atMs }) => atMs);
  const during = lengthsWithin(report.gaps, { fromMs: from, toMs: healedMs });
  const after = lengthsWithin(report.gaps, { fromMs: healedMs, toMs: Infinity });
  return {
    overlaps: report.overlaps,
    nobodyMs: during.reduce((sum, ms) => sum + ms, 0),
    longestNobodyMs: Math.max(0, ...during),
    longestAfterMs: isBack ? Math.max(0, ...after) : Infinity,
    moves: movesIn(report),
    timeline: timelineOf(trio, report, done, from),
  };
}

function lengthsWithin(gaps: readonly Moment[], span: Moment): readonly number[] {
  return gaps
    .map(({ fromMs, toMs }) => Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs))
    .filter((ms) => ms > 0);
}

function movesIn({ holds }: Report): number {
  const inOrder = holds.toSorted((a, b) => a.certain.fromMs - b.certain.fromMs);
  return inOrder.filter(({ mac }, at) => at > 0 && mac !== inOrder[at - 1]?.mac).length;
}

function timelineOf(
  trio: Trio,
  { holds, overlaps }: Report,
  done: readonly Done[],
  zeroMs: number,
): readonly string[] {
  const lines: Done[] = [
    ...done,
    ...holds.flatMap(({ mac, by, moments }) => {
      const who = `${' '.repeat(COLUMN)}${trio.nameOf(mac)}`;
      const [first, last] = [moments[0], moments.at(-1)];
      if (first === undefined || last === undefined) return [];
      return [
        { atMs: first.toMs, what: `${who} answers by ${by}` },
        { atMs: last.toMs, what: `${who} answers by ${by} for the last time` },
      ];
    }),
    ...overlaps.map(({ fromMs, forMs, by }) => ({
      atMs: fromMs,
      what: `TWO ANSWER (${by.join(', ')}) for ${forMs.toFixed(1)} ms`,
    })),
  ];
  return lines
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, what }) => `${((atMs - zeroMs) / 1000).toFixed(3).padStart(8)} s  ${what}`);
}
