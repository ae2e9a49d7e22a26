/** What is done to two directors and their witness in one trial: drawn from a seed, so that it can be done again. Pure. */
import { type Random, seededRandom } from '../../src/base/random.ts';
import { type Cut, DIRECTORS, type Director, type TrioHost, type Victim } from './trio.ts';

export type Act =
  | { readonly do: 'cut' | 'mend'; readonly cuts: readonly Cut[] }
  /** The cable of a director, which takes the client's way to it along. */
  | { readonly do: 'pull' | 'plug'; readonly host: Director }
  | { readonly do: 'pause' | 'continue'; readonly host: TrioHost; readonly victim: Victim }
  | { readonly do: 'kill'; readonly host: TrioHost; readonly victim: Victim }
  | { readonly do: 'stop'; readonly host: Director }
  | { readonly do: 'start'; readonly host: TrioHost }
  | { readonly do: 'fail-over' | 'fail-back'; readonly host: Director };

export interface Planned {
  readonly atMs: number;
  readonly act: Act;
}

/** What begins, and what ends it; null: it ends by itself. */
interface Fault {
  readonly begin: Act;
  readonly end: Act | null;
}

const FAULTS = { min: 2, max: 6 } as const;
/** Faults begin within this time. */
const BEGIN_MS = 3_000;
/** A burst: all begin within this time, so that some come in the middle of what others have set off. */
const BURST_MS = 300;
const BURSTS_PART = 0.3;
/** As short as a renewal, as long as a lease, as long as a takeover. */
const LASTS_MS = [
  [30, 300],
  [300, 1_000],
  [1_000, 2_500],
] as const;
/** The process that is killed again and again is started later each time: that is not what is looked at here. */
const KILLS_MAX = 2;

/** In the order in which it is done. */
export function faultsOf(seed: number): readonly Planned[] {
  const random = seededRandom(seed);
  const count = FAULTS.min + Math.floor(random() * (FAULTS.max - FAULTS.min + 1));
  const withinMs = random() < BURSTS_PART ? BURST_MS : BEGIN_MS;
  const kills = new Map<TrioHost, number>();
  const planned: Planned[] = [];
  for (let faults = 0; faults < count; faults += 1) {
    const { begin, end } = drawFault(random);
    if (begin.do === 'kill' && begin.victim === 'vrrp') {
      const before = kills.get(begin.host) ?? 0;
      if (before >= KILLS_MAX) continue;
      kills.set(begin.host, before + 1);
    }
    const atMs = random() * withinMs;
    planned.push({ atMs, act: begin });
    if (end !== null) planned.push({ atMs: atMs + drawLength(random), act: end });
  }
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}

export function describeAct(act: Act): string {
  switch (act.do) {
    case 'cut':
    case 'mend':
      return `${act.do} ${act.cuts.map(({ from, to }) => `${from}→${to}`).join(' ')}`;
    case 'pause':
    case 'continue':
    case 'kill':
      return `${act.do} ${act.host === 'witness' ? '' : `${act.victim} of `}${act.host}`;
    default:
      return `${act.do} ${act.host}`;
  }
}

function drawFault(random: Random): Fault {
  const host = oneOf(random, DIRECTORS);
  const other: Director = host === 'director1' ? 'director2' : 'director1';
  const any = oneOf(random, [...DIRECTORS, 'witness'] as const);
  const victim = oneOf(random, ['vrrp', 'vrrp', 'supervisor', 'all'] as const);
  const kinds: readonly (() => Fault)[] = [
    () => cutOf(random, both(host, other)),
    () => cutOf(random, both(host, 'witness')),
    () => cutOf(random, [...both(host, other), ...both(host, 'witness')]),
    () => ({ begin: { do: 'pull', host }, end: { do: 'plug', host } }),
    () => ({ begin: { do: 'pause', host, victim }, end: { do: 'continue', host, victim } }),
    () => ({
      begin: { do: 'pause', host, victim: 'vrrp' },
      end: { do: 'continue', host, victim: 'vrrp' },
    }),
    () => ({ begin: { do: 'kill', host, victim: 'vrrp' }, end: null }),
    () => ({ begin: { do: 'kill', host, victim: 'supervisor' }, end: { do: 'start', host } }),
    () => ({ begin: { do: 'kill', host: any, victim: 'all' }, end: { do: 'start', host: any } }),
    () => ({ begin: { do: 'stop', host }, end: { do: 'start', host } }),
    () => ({ begin: { do: 'fail-over', host }, end: { do: 'fail-back', host } }),
    () => ({
      begin: { do: 'pause', host: 'witness', victim: 'all' },
      end: { do: 'continue', host: 'witness', victim: 'all' },
    }),
  ];
  return oneOf(random, kinds)();
}

/** Both ways, or only one of them. */
function cutOf(random: Random, cuts: readonly Cut[]): Fault {
  const ways = oneOf(random, ['both', 'both', 'forth', 'back'] as const);
  const meant = cuts.filter((_, at) => ways === 'both' || (at % 2 === 0) === (ways === 'forth'));
  return { begin: { do: 'cut', cuts: meant }, end: { do: 'mend', cuts: meant } };
}

function both(a: TrioHost, b: TrioHost): readonly Cut[] {
  return [
    { from: a, to: b },
    { from: b, to: a },
  ];
}

function drawLength(random: Random): number {
  const [least, most] = oneOf(random, LASTS_MS);
  return least + random() * (most - least);
}

function oneOf<One>(random: Random, list: readonly One[]): One {
  return list[Math.floor(random() * list.length)] as One;
}
