/** How V8 is told that this process reads one large text and ends. */
import { setFlagsFromString } from 'node:v8';

/** New objects get no more room than at the start: most live until the end, and the room is 30 MB and more. */
const SMALL_YOUNG_HEAP = '--semi-space-growth-factor=1';
/** What is optimized early is not used for long enough, and takes its time from a machine with few processors. */
const LATE_OPTIMIZING = '--interrupt-budget=200000';

/** By the major version of Node, as measured with it. V8 complains of flags that it does not know: no others. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  20: [SMALL_YOUNG_HEAP, LATE_OPTIMIZING],
  22: [SMALL_YOUNG_HEAP],
  24: [SMALL_YOUNG_HEAP],
};

/** To be called when all code has been loaded: V8 takes no code that was compiled with other flags. */
export function prepareForOneReading(): void {
  const [major = ''] = process.versions.node.split('.');
  for (const flag of FLAGS[major] ?? []) setFlagsFromString(flag);
}
