/** `lvsctl lint [FILE]`: the traps that a configuration steps into, each with its whole story. */
import { Option } from 'commander';
import { isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { isCode } from '../config/diagnostics/explanations.ts';
import {
  countTraps,
  nearestCode,
  renderExplanation,
  renderTrapList,
  renderTraps,
  trapsToJson,
} from '../config/diagnostics/traps.ts';
import { type Command, Exit } from './command.ts';
import { FILE_HELP } from './default-file.ts';
import { declarePeer, diagnose, type PairOptions, subjectOf } from './diagnose.ts';
import { declareReading } from './read-config.ts';
import type { Terminal } from './terminal.ts';
import { plural } from './text.ts';

interface Options extends PairOptions {
  readonly json?: true;
  readonly list?: true;
  readonly explain?: string;
}

export const lint: Command<Options> = {
  name: 'lint',
  summary: 'explain the traps of a configuration: exit code 0 none, 1 some, 2 no such file',
  declare(command) {
    declareReading(command);
    declarePeer(command);
    command
      .argument('[file]', FILE_HELP)
      .option('--json', 'one array of diagnostics, each with its explanation')
      .addOption(new Option('--list', 'list all traps that are known').conflicts('explain'))
      .option('--explain <code>', 'explain one trap, or any code of lvsctl check');
  },
  async run({ terminal }, options, [file]) {
    if (options.list) {
      terminal.write(renderTrapList());
      return Exit.ok;
    }
    if (options.explain !== undefined) return explain(options.explain, terminal);
    const found = diagnose(file, options, true);
    if (options.json) {
      terminal.write(`${JSON.stringify(trapsToJson(found), null, 2)}\n`);
    } else {
      const style = { colour: terminal.colour };
      if (found.length > 0) terminal.write(`${renderTraps(found, style)}\n`);
      terminal.write(`${subjectOf(file, options)}: ${plural(countTraps(found), 'trap')} found\n`);
    }
    if (isUnreadable(found)) return Exit.usage;
    return found.length > 0 ? Exit.failed : Exit.ok;
  },
};

function explain(code: string, terminal: Terminal): number {
  if (isCode(code)) {
    terminal.write(renderExplanation(code, { colour: terminal.colour }));
    return Exit.ok;
  }
  const nearest = nearestCode(code);
  const hint = nearest === null ? 'lvsctl lint --list names them all' : `did you mean ${nearest}?`;
  terminal.writeError(`lvsctl: there is no trap "${code}": ${hint}\n`);
  return Exit.usage;
}
