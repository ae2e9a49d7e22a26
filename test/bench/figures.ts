/** Both sides of a figure, and their ratio, as a line that a person and a program can read. */

/** What start.ts leaves for show.ts. */
export const SNAPSHOT_FILE = '.lab/bench-snapshot.json';

export interface Side {
  readonly name: string;
  readonly values: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** By nearest rank; of few values a high one is the greatest. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

function rounded(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value < 1 ? value.toFixed(2) : value.toFixed(1);
}

function described({ name, values }: Side, unit: string): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${name} ${rounded(median(values))} ${unit} (${rounded(least)}–${rounded(most)}, n=${values.length})`;
}

/** `what: ours 1.0 ms (…), theirs 2.0 ms (…), ratio 0.500`, and where there is a limit for it `, limit 0.600, kept`. */
export function tellBoth(
  what: string,
  unit: string,
  ours: Side,
  theirs: Side,
  ratioMax?: number,
): void {
  const [own, other] = [median(ours.values), median(theirs.values)];
  const ratio = own === other ? 1 : own / other;
  const sides = `${described(ours, unit)}, ${described(theirs, unit)}`;
  const limit = ratioMax === undefined ? '' : `, ${judged(ratio <= ratioMax, ratioMax.toFixed(3))}`;
  process.stdout.write(`${what}: ${sides}, ratio ${ratio.toFixed(3)}${limit}\n`);
}

/** A limit that is not kept makes the program end with exit code 1. */
function judged(isKept: boolean, limit: string): string {
  if (!isKept) process.exitCode = 1;
  return `limit ${limit}, ${isKept ? 'kept' : 'NOT KEPT'}`;
}

/** Against a limit, by the median or another part: `what: ours 90 MB (…), limit 130 MB, kept`. */
export function tellLimit(
  what: string,
  unit: string,
  ours: Side,
  limit: number,
  part?: number,
): void {
  const { values } = ours;
  const kept = (part === undefined ? median(values) : quantile(values, part)) <= limit;
  const verdict = judged(kept, `${rounded(limit)} ${unit}`);
  process.stdout.write(`${what}: ${described(ours, unit)}, ${verdict}\n`);
}
