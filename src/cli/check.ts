/** `lvsctl check [FILE]`: every mistake of a configuration, where it stands and what was meant. */
import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { type Diagnostic, isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { edited, isWritable, renderEdits, safeEdits } from '../config/diagnostics/fix.ts';
import { diagnosticsToJson, renderDiagnostics } from '../config/diagnostics/render.ts';
import { STANDARD_INPUT } from '../config/environment.ts';
import { type Command, Exit } from './command.ts';
import { FILE_HELP } from './default-file.ts';
import { declarePeer, diagnose, type PairOptions, subjectOf } from './diagnose.ts';
import type { Terminal } from './terminal.ts';
import { plural } from './text.ts';

interface Options extends PairOptions {
  readonly strict?: true;
  readonly json?: true;
  readonly fix?: true;
  readonly detailedExitcode?: true;
}

/** With `--detailed-exitcode`: there are warnings, and no errors. */
const WARNINGS_ONLY = 3;

export const check: Command<Options> = {
  name: 'check',
  summary: 'check a configuration: exit code 0 good, 1 errors, 2 no such file',
  declare(command) {
    command
      .argument('[file]', FILE_HELP)
      .addOption(new Option('--compat', 'mistakes that keepalived lives with are warnings'))
      .addOption(new Option('--strict', 'warnings are errors').conflicts('compat'))
      .option('--config-id <id>', 'identity for lines that begin with @ID')
      .addOption(
        new Option('--fix', 'mend what can be mended without a change of meaning').conflicts(
          'peer',
        ),
      )
      .option('--detailed-exitcode', `exit code ${WARNINGS_ONLY} when there are warnings only`)
      .option('--json', 'one array of diagnostics');
    declarePeer(command);
  },
  async run({ terminal }, options, [file]) {
    if (options.fix && file === STANDARD_INPUT) {
      terminal.writeError('lvsctl: --fix mends files in place: name one\n');
      return Exit.usage;
    }
    const subject = subjectOf(file, options);
    const load = (): readonly Diagnostic[] => diagnose(file, options, false);
    const found = load();
    const mended = options.fix ? mend(found, terminal) : 0;
    const diagnostics = mended > 0 ? load() : found;
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    if (options.json) {
      terminal.write(`${JSON.stringify(diagnosticsToJson(diagnostics), null, 2)}\n`);
    } else {
      const style = { colour: terminal.colour };
      if (diagnostics.length > 0) terminal.write(`${renderDiagnostics(diagnostics, style)}\n`);
      terminal.write(`${subject}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}\n`);
    }
    if (isUnreadable(diagnostics)) return Exit.usage;
    if (errors > 0 || (options.strict && warnings > 0)) return Exit.failed;
    return options.detailedExitcode && warnings > 0 ? WARNINGS_ONLY : Exit.ok;
  },
};

/** Shows what it changes, then changes it; gives how many places. */
function mend(diagnostics: readonly Diagnostic[], terminal: Terminal): number {
  const all = safeEdits(diagnostics);
  const edits = all.filter(({ span }) => isWritable(span.file));
  const files = new Map(all.map(({ span }) => [span.file.path, span.file]));
  for (const [path, file] of files) {
    if (isWritable(file)) continue;
    files.delete(path);
    terminal.writeError(`${path} is no UTF-8 and stays as it is: iconv -f latin1 -t utf8\n`);
  }
  terminal.writeError(renderEdits(edits));
  for (const file of files.values()) writeFileSync(file.path, edited(file, edits));
  terminal.writeError(`mended: ${plural(edits.length, 'place')}\n`);
  return edits.length;
}
