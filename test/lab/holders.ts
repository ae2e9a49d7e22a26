/**
 * Who held an address, and when, by what each host answered to questions of its own (questions.ts). Certain are only
 * the times between two answers of one host with no unanswered question between them: from when the first answer was
 * there until the last question was asked. So a slow packet makes no holder, and coming and going is not two. Pure.
 */
import type { Spoken } from './questions.ts';

/** A host held the address at some moment of it. */
export interface Moment {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A host answered every question of it. */
export interface Hold {
  readonly mac: string;
  readonly by: Spoken['by'];
  readonly moments: readonly Moment[];
  /** All of this time for certain; the end is before the beginning when it answered only once. */
  readonly certain: Moment;
}

export interface Overlap {
  readonly macs: readonly [string, string];
  readonly by: readonly [Spoken['by'], Spoken['by']];
  readonly fromMs: number;
  readonly forMs: number;
}

export interface Report {
  readonly holds: readonly Hold[];
  readonly overlaps: readonly Overlap[];
  /** Nobody answered anything. */
  readonly gaps: readonly Moment[];
}

/** `macs`: of the hosts that are asked. */
export function reportOf(spoken: readonly Spoken[], macs: readonly string[]): Report {
  const holds = macs.flatMap((mac) =>
    (['arp', 'tcp'] as const).flatMap((by) => holdsOf(spoken, mac, by)),
  );
  const overlaps = holds.flatMap((one, at) =>
    holds.slice(at + 1).flatMap((other) => (one.mac === other.mac ? [] : overlapOf(one, other))),
  );
  return { holds, overlaps, gaps: gapsOf(spoken, holds) };
}

/** How long two held it for certain, in all; what was seen in both ways counts once. */
export function togetherMs({ overlaps }: Report): number {
  let total = 0;
  let countedTo = Number.NEGATIVE_INFINITY;
  for (const { fromMs, forMs } of overlaps.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const toMs = fromMs + forMs;
    total += Math.max(0, toMs - Math.max(fromMs, countedTo));
    countedTo = Math.max(countedTo, toMs);
  }
  return total;
}

/** When a host answered last; -Infinity: it never did. */
export function lastAnswerMs({ holds }: Report, mac: string): number {
  const own = holds.filter((hold) => hold.mac === mac);
  return Math.max(...own.flatMap(({ moments }) => moments.map(({ toMs }) => toMs)));
}

function holdsOf(spoken: readonly Spoken[], mac: string, by: Spoken['by']): readonly Hold[] {
  const answeredAt = new Map<number, number>();
  for (const one of spoken) {
    if (one.isAnswer && one.by === by && one.mac === mac) answeredAt.set(one.number, one.atMs);
  }
  const holds: Hold[] = [];
  let moments: Moment[] = [];
  const end = (): void => {
    const [first, last] = [moments[0], moments.at(-1)];
    if (first === undefined || last === undefined) return;
    holds.push({ mac, by, moments, certain: { fromMs: first.toMs, toMs: last.fromMs } });
    moments = [];
  };
  for (const { isAnswer, by: how, mac: asked, number, atMs: fromMs } of spoken) {
    if (isAnswer || how !== by || (asked !== null && asked !== mac)) continue;
    const toMs = answeredAt.get(number);
    if (toMs === undefined) end();
    else moments.push({ fromMs, toMs });
  }
  end();
  return holds;
}

/** They share some time for certain, or one has a moment within the certain time of the other. */
function overlapOf(one: Hold, other: Hold): readonly Overlap[] {
  const fromMs = Math.max(one.certain.fromMs, other.certain.fromMs);
  const toMs = Math.min(one.certain.toMs, other.certain.toMs);
  const common = { macs: [one.mac, other.mac], by: [one.by, other.by] } as const;
  if (toMs > fromMs) return [{ ...common, fromMs, forMs: toMs - fromMs }];
  const within = momentWithin(one, other.certain) ?? momentWithin(other, one.certain);
  return within === null ? [] : [{ ...common, fromMs: within.fromMs, forMs: 0 }];
}

function momentWithin({ moments }: Hold, { fromMs, toMs }: Moment): Moment | null {
  return moments.find((one) => one.fromMs >= fromMs && one.toMs <= toMs) ?? null;
}

/** From the last answer of one hold to the first of the next, and what is before and after all of them. */
function gapsOf(spoken: readonly Spoken[], holds: readonly Hold[]): readonly Moment[] {
  const [first, last] = [spoken[0], spoken.at(-1)];
  if (first === undefined || last === undefined) return [];
  const gaps: Moment[] = [];
  let heldTo = first.atMs;
  const inOrder = holds.toSorted((a, b) => firstOf(a) - firstOf(b));
  for (const hold of inOrder) {
    if (firstOf(hold) > heldTo) gaps.push({ fromMs: heldTo, toMs: firstOf(hold) });
    heldTo = Math.max(heldTo, hold.moments.at(-1)?.toMs ?? heldTo);
  }
  if (last.atMs > heldTo) gaps.push({ fromMs: heldTo, toMs: last.atMs });
  return gaps;
}

function firstOf({ moments }: Hold): number {
  return moments[0]?.fromMs ?? Number.POSITIVE_INFINITY;
}
