/** Flags of Node that processes of the daemon are started with. precompile.ts compiles for each set of them. */

/** Keeps the heaps of small, long-lived processes small. */
export const SMALL: readonly string[] = [
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--optimize-for-size',
];
