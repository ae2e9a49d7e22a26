/** `lvsctl config show [FILE]`: the configuration in force, with every default, and where each value is from. */
import { effectiveToJson, printEffective } from '../config/show/print-effective.ts';
import { type Command, Exit } from './command.ts';
import { declareReading, type ReadingOptions, readTree } from './read-config.ts';

interface Options extends ReadingOptions {
  readonly origin?: true;
  readonly changed?: true;
  readonly json?: true;
}

export const configShow: Command<Options> = {
  name: 'config show',
  summary: 'print the configuration in force: all expanded, defaults filled in, secrets masked',
  declare(command) {
    declareReading(command.argument('[file]', 'default as for check'))
      .option('--origin', 'say behind each line where it comes from')
      .option('--changed', 'leave out what is there by default')
      .option('--json', 'the same as a tree, each value with its origin');
  },
  async run({ terminal }, options, [file]) {
    const { whole, exitCode } = readTree(file, options, terminal);
    if (whole === null) return exitCode;
    const printing = { origins: options.origin === true, changedOnly: options.changed === true };
    terminal.write(
      options.json
        ? `${JSON.stringify(effectiveToJson(whole, printing), null, 2)}\n`
        : printEffective(whole, printing),
    );
    return Exit.ok;
  },
};
