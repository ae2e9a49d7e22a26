/** `lvsctl check [FILE]`: every mistake of a configuration, where it stands and what was meant. */
import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { systemEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import { diagnosticsToJson, renderDiagnostics } from '../config/render.ts';
import { type Command, Exit } from './command.ts';
import { plural } from './text.ts';

interface Options {
  readonly compat?: true;
  readonly strict?: true;
  readonly json?: true;
  readonly configId?: string;
}

const OWN_FILE = '/etc/lvsd/lvsd.conf';
const KEEPALIVED_FILE = '/etc/keepalived/keepalived.conf';

export const check: Command<Options> = {
  name: 'check',
  summary: 'check a configuration: exit code 0 good, 1 errors, 2 no such file',
  declare(command) {
    command
      .argument('[file]', `default ${OWN_FILE}, else ${KEEPALIVED_FILE}`)
      .addOption(new Option('--compat', 'mistakes that keepalived lives with are warnings'))
      .addOption(new Option('--strict', 'warnings are errors').conflicts('compat'))
      .option('--config-id <id>', 'identity for lines that begin with @ID')
      .option('--json', 'one array of diagnostics');
  },
  async run({ terminal }, options, [file]) {
    const path = file ?? (existsSync(OWN_FILE) ? OWN_FILE : KEEPALIVED_FILE);
    const { diagnostics } = loadConfig(path, {
      mode:
        options.compat || (file === undefined && path === KEEPALIVED_FILE) ? 'compat' : 'default',
      ...(options.configId === undefined ? {} : { configId: options.configId }),
      environment: systemEnvironment(),
    });
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    if (options.json) {
      terminal.write(`${JSON.stringify(diagnosticsToJson(diagnostics), null, 2)}\n`);
    } else {
      const style = { colour: terminal.colour };
      if (diagnostics.length > 0) terminal.write(`${renderDiagnostics(diagnostics, style)}\n`);
      terminal.write(`${path}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}\n`);
    }
    if (diagnostics.some(({ code }) => code === 'unreadable-file')) return Exit.usage;
    return errors > 0 || (options.strict && warnings > 0) ? Exit.failed : Exit.ok;
  },
};
