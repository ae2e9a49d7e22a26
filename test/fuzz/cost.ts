/** What a call costs in memory: often, because one alone is not seen. */
const REPEATS = 200;
const TRIES = 5;

/** Octets of the heap and of buffers that a call takes, at least. */
export function octetsOf(call: () => unknown): number {
  let least = Infinity;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = process.memoryUsage();
    for (let count = 0; count < REPEATS; count += 1) call();
    const after = process.memoryUsage();
    const cost = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    // Negative: the collector was there in between.
    if (cost >= 0) least = Math.min(least, cost / REPEATS);
  }
  return least === Infinity ? 0 : least;
}
