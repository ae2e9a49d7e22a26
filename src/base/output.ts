/**
 * Standard output that is whole, or an error. Node.js writes to a file once and does not look how much of it has gone,
 * so a full disk would leave a configuration cut in the middle behind `lvsctl config fmt FILE > NEW`, and exit code 0.
 */
import { fstatSync, writeSync } from 'node:fs';
import { DirectorError, errnoName } from './error.ts';

const STANDARD_OUTPUT = 1;

/** A file or a device such as /dev/full; a pipe, a socket and a terminal take all, or tell of it by an event. */
export function isFile(descriptor: number = STANDARD_OUTPUT): boolean {
  const facts = fstatSync(descriptor);
  return facts.isFile() || (facts.isCharacterDevice() && process.stdout.isTTY !== true);
}

/** Writes all of it to a file. @throws DirectorError OUTPUT_FAILED */
export function writeWhole(piece: Uint8Array | string, descriptor: number = STANDARD_OUTPUT): void {
  let rest = typeof piece === 'string' ? Buffer.from(piece) : piece;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    throw outputFailed(error);
  }
}

export function outputFailed(error: unknown): DirectorError {
  return new DirectorError('OUTPUT_FAILED', `standard output: ${errnoName(error)}`, {
    cause: error,
    hint: 'what has been written is not whole: do not use it',
  });
}

/** Writes to standard output, whatever it is. @throws DirectorError OUTPUT_FAILED */
export function writeOutput(text: string): void {
  if (isFile()) writeWhole(text);
  else process.stdout.write(text);
}
