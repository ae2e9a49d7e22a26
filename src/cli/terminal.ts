/** Where a command writes: standard output and error, and whether a person is looking. */

export interface Terminal {
  write(text: string): void;
  writeError(text: string): void;
  /** False when the output is not a terminal, or NO_COLOR is set (no-color.org). */
  readonly colour: boolean;
}

export const processTerminal: Terminal = {
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
};
