/** `lvsctl config fmt [FILE]`: a configuration laid out as everybody's; what it means stays what it was. */
import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { defaultFile } from '../config/default-files.ts';
import { isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../config/diagnostics/render.ts';
import { maskLine } from '../config/diagnostics/secret.ts';
import { commandEnvironment, STANDARD_INPUT } from '../config/environment.ts';
import type { FormattedLine } from '../config/show/format.ts';
import { type Formatting, formatFile } from '../config/show/format-check.ts';
import { type Command, Exit } from './command.ts';

interface Options {
  readonly check?: true;
  readonly write?: true;
  readonly configId?: string;
}

export const configFmt: Command<Options> = {
  name: 'config fmt',
  summary: 'format a configuration and print it; the files that it includes stay as they are',
  declare(command) {
    command
      .argument('[file]', 'default as for check')
      .addOption(new Option('--check', 'print what would change; exit code 1 when something would'))
      .addOption(new Option('-w, --write', 'write it into the file').conflicts('check'))
      .option('--config-id <id>', 'identity for lines that begin with @ID');
  },
  async run({ terminal }, { check, write, configId }, [file]) {
    if (write && file === STANDARD_INPUT) {
      terminal.writeError('lvsctl: --write is for files: standard input is printed\n');
      return Exit.usage;
    }
    const path = file ?? defaultFile();
    const formatting = formatFile(path, {
      environment: commandEnvironment(),
      ...(configId === undefined ? {} : { configId }),
    });
    const { before, after, obstacles } = formatting;
    if (obstacles.length > 0) {
      terminal.writeError(renderDiagnostics(obstacles, { colour: terminal.colour }));
      return isUnreadable(obstacles) ? Exit.usage : Exit.failed;
    }
    if (formatting.changesMeaning) {
      terminal.writeError(
        `lvsctl: ${path} is left alone: in another layout it might mean something else\n`,
      );
      return Exit.failed;
    }
    if (check) {
      terminal.write(renderChanges(path, formatting));
      return before === after ? Exit.ok : Exit.failed;
    }
    if (!write) terminal.write(after);
    else if (before !== after) writeFileSync(path, after);
    return Exit.ok;
  },
};

/** Each line that changes, as it is and as it would be; no secret is shown. */
function renderChanges(path: string, { before, after, lines }: Formatting): string {
  if (before === after) return '';
  const made = new Map<number, FormattedLine[]>();
  for (const line of lines) made.set(line.from, [...(made.get(line.from) ?? []), line]);
  const written = before.split('\n');
  if (written.at(-1) === '') written.pop();
  const changes = written.flatMap((old, at) => {
    const now = made.get(at + 1) ?? [];
    if (now.length === 1 && now[0]?.text === old) return [];
    return [
      `${path}:${at + 1}\n- ${visible(old)}\n`,
      ...now.map(({ text }) => `+ ${visible(text)}\n`),
    ];
  });
  return changes.length > 0 ? changes.join('') : `${path}: a line end is missing at its end\n`;
}

function visible(line: string): string {
  return maskLine(line).replaceAll('\r', '\\r');
}
