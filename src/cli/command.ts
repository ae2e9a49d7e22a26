/** What a command of `lvsctl` is: its words for commander, and a function that returns the exit code. */
import type { Command as Commander } from 'commander';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  /** Folder of the daemon's control socket. */
  readonly runDir: string;
}

/**
 * Exit codes that every command shares; a command may document more. `usage`: nothing was asked, because
 * the words make no sense, the file is not there or no daemon answers.
 */
export const Exit = { ok: 0, failed: 1, usage: 2 } as const;

export interface Command<Options = Record<string, unknown>> {
  /** One word, or two for a command of a group: `realserver setup`. */
  readonly name: string;
  readonly summary: string;
  /** Adds arguments and options. */
  declare(command: Commander): void;
  /** Runs with the parsed options and the positional arguments in order; gives the exit code. */
  run(context: CommandContext, options: Options, args: readonly string[]): Promise<number>;
}
