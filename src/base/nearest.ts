/** Which of several names was meant: for suggestions, never to act on by itself. */

/** A word may be misspelt by as many characters as a third of its length, three at most. */
export function nearestOf(name: string, names: readonly string[]): string | null {
  const limit = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  const lower = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Insertions, removals, replacements and swaps of neighbours (Damerau-Levenshtein, restricted). What is
 * `enough` apart is not looked at any further.
 */
export function editDistance(
  a: string,
  b: string,
  enough: number = Number.POSITIVE_INFINITY,
): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) {
        cost = Math.min(cost, (beforeLast[column - 2] as number) + 1);
      }
      current.push(cost);
    }
    // No later row is nearer than the nearer one of two neighbours.
    if (Math.min(...current) >= enough && Math.min(...last) >= enough) return enough;
    beforeLast = last;
    last = current;
  }
  return last[b.length] as number;
}
