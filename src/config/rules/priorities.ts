/**
 * Weights and what they can do: where the effective priority of an instance can go (behaviour of
 * keepalived: the sum is clamped to 1 to 254, and 255 never moves).
 */
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import type { Whole } from './whole.ts';
import { entriesOf, isOn, lastWritten, nameIn, numberOf, valueSpan, wordsOf } from './written.ts';

const DEFAULT_PRIORITY = 100;
export const OWNER_PRIORITY = 255;

/** What a tracked thing adds to the priority while it is up, and while it is down. */
interface Shift {
  readonly name: string;
  readonly word: Word;
  readonly upDelta: number;
  readonly downDelta: number;
}

/** Where the effective priority of an instance can go, as far as its file shows. */
export interface Reach {
  readonly priority: number;
  /** With all that is tracked up. */
  readonly healthy: number;
  readonly lowest: number;
  readonly highest: number;
  readonly shifts: readonly Shift[];
}

function clampPriority(sum: number): number {
  return Math.min(254, Math.max(1, sum));
}

export function reachOf(instance: Section, whole: Pick<Whole, 'scripts' | 'groupOf'>): Reach {
  const priority = numberOf(instance, 'priority') ?? DEFAULT_PRIORITY;
  const counts = priority !== OWNER_PRIORITY && weightsCount(instance, whole);
  const shifts = shiftsOf(instance, whole);
  const sum = (add: (shift: Shift) => number): number =>
    counts
      ? clampPriority(shifts.reduce((total, shift) => total + add(shift), priority))
      : priority;
  return {
    priority,
    healthy: sum(({ upDelta }) => upDelta),
    lowest: sum(({ upDelta, downDelta }) => Math.min(upDelta, downDelta)),
    highest: sum(({ upDelta, downDelta }) => Math.max(upDelta, downDelta)),
    shifts,
  };
}

/** Members of a sync group lose their weights, unless the group says otherwise. */
function weightsCount(instance: Section, { groupOf }: Pick<Whole, 'groupOf'>): boolean {
  const group = groupOf.get(nameIn(instance));
  return group === undefined || countsWeights(group);
}

export function countsWeights(group: Section): boolean {
  return ['sync_group_tracking_weight', 'global_tracking'].some((name) => isOn(group, name));
}

/** One a tracked thing: what is tracked twice counts twice, and may cancel itself. */
function shiftsOf(instance: Section, { scripts }: Pick<Whole, 'scripts'>): readonly Shift[] {
  const found = new Map<string, Shift>();
  for (const kind of ['track_interface', 'track_script'] as const) {
    for (const [word, ...options] of entriesOf(instance, kind)) {
      const script = kind === 'track_script' ? scripts.get(word.text) : undefined;
      const [upDelta, downDelta] = deltasOf(options, script);
      if (upDelta === 0 && downDelta === 0) continue;
      const name = `${kind} ${word.text}`;
      const before = found.get(name);
      found.set(name, {
        name: word.text,
        word: before?.word ?? word,
        upDelta: upDelta + (before?.upDelta ?? 0),
        downDelta: downDelta + (before?.downDelta ?? 0),
      });
    }
  }
  return [...found.values()];
}

/** `weight N [reverse]` of the tracking, else the script's own. */
function deltasOf(
  options: readonly Word[],
  script: Section | undefined,
): readonly [upDelta: number, downDelta: number] {
  const at = options.findIndex(({ text }) => text === 'weight');
  const words = at >= 0 ? options.slice(at + 1) : script ? wordsOf(script, 'weight') : [];
  const weight = Number(words[0]?.text ?? 0);
  if (!Number.isInteger(weight)) return [0, 0];
  const deltas = [Math.max(0, weight), Math.min(0, weight)] as const;
  return words[1]?.text === 'reverse' ? [deltas[1], deltas[0]] : deltas;
}

/** Trackers whose weights this file does not show, or that move by more than one step. */
const OPEN_ENDED = ['track_file', 'track_process', 'track_bfd'] as const;

export function tellWeights(instance: Section, whole: Whole): void {
  const reach = reachOf(instance, whole);
  if (reach.shifts.length === 0) return;
  if (reach.priority === OWNER_PRIORITY) {
    tellOwnerWithWeights(instance, whole);
  } else if (!weightsCount(instance, whole)) {
    tellWeightsInGroup(instance, reach, whole);
  } else if (!OPEN_ENDED.some((name) => instance.written(name).length > 0)) {
    tellUselessWeights(reach, whole);
    tellLostWeights(reach, whole);
    if (whole.reports.takesNotes) adviseOnClampedWeights(instance, reach, whole);
  }
}

function tellOwnerWithWeights(instance: Section, { reports }: Whole): void {
  const setting = lastWritten(instance, 'priority');
  reports.add({
    code: 'useless-weight',
    span: setting?.span ?? instance.span,
    message: 'priority 255 is that of the owner of the addresses: no weight ever moves it',
    hint: '254 or less on a director that shares its addresses',
  });
}

function tellWeightsInGroup(
  instance: Section,
  { shifts: [first] }: Reach,
  { groupOf, reports }: Whole,
): void {
  const group = groupOf.get(nameIn(instance));
  if (first === undefined || group === undefined) return;
  reports.add({
    code: 'weight-in-group',
    span: first.word.span,
    message: `the weight of ${first.name} is dropped: ${nameIn(instance)} is a member of ${nameIn(group)}`,
    hint: 'write sync_group_tracking_weight in the group, or track it in the group without weight',
  });
}

/** Whatever happens to what is tracked, the priority is the same. */
function tellUselessWeights(
  { lowest, highest, priority, shifts: [first] }: Reach,
  { reports }: Whole,
): void {
  if (first === undefined || lowest !== highest) return;
  const why =
    first.upDelta === first.downDelta
      ? 'its weights cancel each other out'
      : lowest === priority
        ? `${lowest} is the ${lowest === 254 ? 'highest' : 'lowest'} that counts`
        : `all sums are clamped to it`;
  reports.add({
    code: 'useless-weight',
    span: first.word.span,
    message: `whether ${first.name} fails or not, the priority stays ${lowest}: ${why}`,
    hint:
      lowest === 254
        ? 'a lower priority, or negative weights: the healthy one must be able to fall'
        : 'a failure must bring the priority below that of the other director',
  });
}

/** One failure alone is lost, because the sum without it is over the limit still. */
function tellLostWeights({ lowest, highest, priority, shifts }: Reach, { reports }: Whole): void {
  if (lowest === highest) return;
  const sum = shifts.reduce((total, { upDelta }) => total + upDelta, priority);
  for (const { name, word, upDelta, downDelta } of shifts) {
    const failed = sum - upDelta + downDelta;
    if (failed >= sum || clampPriority(failed) !== clampPriority(sum)) continue;
    const limit = clampPriority(sum);
    reports.add({
      code: 'lost-weight',
      span: word.span,
      message: `when only ${name} fails nothing changes: ${sum} and ${failed} both count as ${limit}`,
      hint:
        limit === 254
          ? 'choose priority and weights so that the sum is at most 254'
          : 'choose a higher priority',
    });
  }
}

function adviseOnClampedWeights(
  instance: Section,
  { priority, lowest, shifts: [first, ...more], highest }: Reach,
  { reports }: Whole,
): void {
  if (first === undefined || lowest === highest) return;
  const sum = [first, ...more].reduce(
    (total, { upDelta, downDelta }) => total + Math.min(upDelta, downDelta),
    priority,
  );
  const setting = lastWritten(instance, 'priority');
  if (sum >= 1) return;
  reports.add({
    code: 'clamped-weight',
    span: setting === null ? first.word.span : valueSpan(setting),
    message: `with all that is tracked down the priority would be ${sum}: it counts as 1`,
    hint: 'two directors that are both there have equal priority, and the address decides',
  });
}
