/** Flags of Node, and the environment, that processes of the daemon are started with. precompile.ts compiles for each set of them. */
import { setFlagsFromString } from 'node:v8';

/** Keeps the heaps of small, long-lived processes small. */
export const SMALL: readonly string[] = [
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--optimize-for-size',
];

/**
 * Of one that has much to keep. A collection of new objects that all live on takes a millisecond for each of these MB;
 * with more of them more memory is touched for the first time, and the work is no less.
 */
export const LARGE: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=1'];

/**
 * What glibc's malloc(3) gives back it keeps for later: with an arena for each thread V8's compiler touches new memory
 * for each function.
 */
export const ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' };

/**
 * To be called in a process that was small and gets much to keep: as long as V8 optimizes for size, it collects all
 * garbage again and again, each time for a tenth of a second at once.
 */
export function makeRoom(): void {
  setFlagsFromString('--no-optimize-for-size');
}
