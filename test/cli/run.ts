/** A command run in this process as lvsctl would run it: words in, text and exit code out. */
import { Command as Commander, CommanderError } from 'commander';
import { type Command, Exit } from '../../src/cli/command.ts';
import { configDiff } from '../../src/cli/config-diff.ts';
import { configFmt } from '../../src/cli/config-fmt.ts';
import { configShow } from '../../src/cli/config-show.ts';
import { Screen } from './screen.ts';

const COMMANDS = [configShow, configDiff, configFmt] as readonly unknown[] as readonly Command[];

export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number;
}

/** `words` begin with the command: `['config', 'show', …]`. */
export async function run(words: readonly string[]): Promise<Ran> {
  const command = COMMANDS.find(({ name }) => name === words.slice(0, 2).join(' '));
  if (command === undefined) throw new Error(`no such command: ${words.join(' ')}`);
  const screen = new Screen();
  const { context } = screen;
  const { writeError } = context.terminal;
  const ran = (exitCode: number): Ran => {
    return { output: screen.written, errors: screen.complaints, exitCode };
  };
  const parser = new Commander().exitOverride().configureOutput({ writeErr: writeError });
  command.declare(parser);
  try {
    parser.parse(words.slice(2), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return ran(Exit.usage);
  }
  return ran(await command.run(context, parser.opts(), parser.args));
}
