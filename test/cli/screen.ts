/** A terminal that keeps what a command writes to it. */
import type { CommandContext } from '../../src/cli/command.ts';

export class Screen {
  written = '';
  complaints = '';

  /** For a command that is run on it, and asks the daemon of a run directory, or none. */
  contextIn(runDir: string): CommandContext {
    const write = (text: string): void => {
      this.written += text;
    };
    const writeError = (text: string): void => {
      this.complaints += text;
    };
    return { runDir, terminal: { write, writeError, colour: false, live: false } };
  }

  get context(): CommandContext {
    return this.contextIn('');
  }
}
