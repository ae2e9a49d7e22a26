/** Where a command writes: standard output and error, and whether a person is looking. */
import { errnoName } from '../base/error.ts';
import { isFile, outputFailed, writeOutput, writeWhole } from '../base/output.ts';

export interface Terminal {
  write(text: string): void;
  writeError(text: string): void;
  /** False when the output is not a terminal, or NO_COLOR is set (no-color.org). */
  readonly colour: boolean;
  /** Standard output is a terminal: a line can be written over. */
  readonly live: boolean;
}

export const processTerminal: Terminal = {
  write: writeOutput,
  writeError: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  live: process.stdout.isTTY === true,
};

/** Resolves when the person presses ^C, or the program is told to end. `stop` gives these signals back. */
export function untilInterrupted(): { readonly interrupted: Promise<void>; stop(): void } {
  let onSignal: () => void = () => {};
  const interrupted = new Promise<void>((resolve) => {
    onSignal = resolve;
  });
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    interrupted,
    stop: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/**
 * Writes much to standard output, one piece after another has gone. It ends early when nobody reads any more, as
 * behind `| head`. Throws OUTPUT_FAILED.
 */
export async function writePieces(pieces: Iterable<Uint8Array | string>): Promise<void> {
  if (isFile()) {
    for (const piece of pieces) writeWhole(piece);
    return;
  }
  // A stream tells of a failure twice, and an event that nobody hears ends the process.
  process.stdout.on('error', () => {});
  for (const piece of pieces) {
    const error = await new Promise<Error | null | undefined>((resolve) => {
      process.stdout.write(piece, resolve);
    });
    if (!error) continue;
    if (errnoName(error) === 'EPIPE') return;
    throw outputFailed(error);
  }
}
