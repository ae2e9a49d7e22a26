/** Leaving a program whose output may still be on its way into a pipe. */

/** Ends the process once all that was written has gone; at once when nobody reads it any more. */
export function exitWhenWritten(exitCode: number): void {
  for (const stream of [process.stdout, process.stderr]) {
    // `lvsctl show | head`: the reader has seen enough.
    stream.on('error', () => process.exit(exitCode));
  }
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}
