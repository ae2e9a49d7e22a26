/**
 * How V8 is told that this process reads large texts: `lvsctl check` ends after one, `lvsd` reads one before it does
 * anything else.
 */
import { setFlagsFromString } from 'node:v8';

/** New objects get no more room than at the start: most live until the end, and the room is 30 MB and more. */
const SMALL_YOUNG_HEAP = '--semi-space-growth-factor=1';
/** Sooner than usual, as the code runs for a tenth of a second. */
const EARLY_OPTIMIZING = '--interrupt-budget=100000';
/** In small pieces: at the end it is waited for what is optimized then, and little of that is ever used. */
const LITTLE_INLINING = '--max-inlined-bytecode-size-cumulative=100';

/** By the major version of Node, as measured with it. V8 complains of flags that it does not know: no others. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  20: [SMALL_YOUNG_HEAP, EARLY_OPTIMIZING, LITTLE_INLINING],
  22: [SMALL_YOUNG_HEAP],
  24: [SMALL_YOUNG_HEAP],
};

/** To be called when all code has been loaded: V8 takes no code that was compiled with other flags. */
export function prepareForReading(): void {
  const [major = ''] = process.versions.node.split('.');
  for (const flag of FLAGS[major] ?? []) setFlagsFromString(flag);
}
