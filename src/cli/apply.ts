/** `lvsctl apply [FILE]`, `confirm` and `rollback`: another configuration, and the way back. */
import { openControl } from '../api/client.ts';
import { CONFIRM_MS } from '../api/protocol.ts';
import { DirectorError } from '../base/error.ts';
import { parseSpan } from '../base/span.ts';
import type { Millis } from '../base/time.ts';
import { type Command, Exit } from './command.ts';
import { DAEMON_FILE_HELP, fileForDaemon } from './file-argument.ts';
import { ALLOW_EMPTY_HELP, tellReload, UNCONFIRMED } from './reload.ts';

interface JsonOption {
  readonly json?: true;
}

interface ApplyOptions extends JsonOption {
  readonly allowEmpty?: true;
  readonly confirm?: string;
}

const AS_RELOAD = `exit code 0 in force, 1 refused, 2 no daemon answers, ${UNCONFIRMED} not confirmed by every process`;

export const apply: Command<ApplyOptions> = {
  name: 'apply',
  summary: `bring a configuration into force, perhaps for a time only: ${AS_RELOAD}`,
  declare(command) {
    command
      .argument('[file]', DAEMON_FILE_HELP)
      .option('--allow-empty', ALLOW_EMPTY_HELP)
      .option('--confirm <time>', 'return to the one before unless lvsctl confirm follows: 60s, 5m')
      .option('--json', 'the report as one JSON object');
  },
  async run({ terminal, runDir }, { confirm, json, allowEmpty }, [named]) {
    const confirmMs = confirm === undefined ? null : parseConfirm(confirm);
    const file = fileForDaemon(named);
    const request = { file, confirmMs, allowEmpty: allowEmpty === true };
    const report = await openControl(runDir).apply(request);
    return tellReload(report, terminal, { json: json === true, manner: 'applied' });
  },
};

export const confirm: Command<JsonOption> = {
  name: 'confirm',
  summary: 'keep what lvsctl apply --confirm has brought into force',
  declare(command) {
    command.option('--json', 'the answer as one JSON object');
  },
  async run({ terminal, runDir }, { json }) {
    const report = await openControl(runDir).confirm();
    const { digest, unconfirmed } = report;
    if (json) {
      terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      terminal.write(`confirmed: configuration ${digest} stays in force\n`);
      for (const { process, reason } of unconfirmed) {
        terminal.writeError(`${process} does not work by it yet: ${reason}\n`);
      }
    }
    return unconfirmed.length > 0 ? UNCONFIRMED : Exit.ok;
  },
};

export const rollback: Command<JsonOption> = {
  name: 'rollback',
  summary: `return to the last good configuration before this one: ${AS_RELOAD}`,
  declare(command) {
    command.option('--json', 'the report as one JSON object');
  },
  async run({ terminal, runDir }, { json }) {
    const how = { json: json === true, manner: 'rolled back' } as const;
    return tellReload(await openControl(runDir).rollback(), terminal, how);
  },
};

/** `60s`, `5m`, `1h`, or seconds. @throws DirectorError USAGE */
function parseConfirm(text: string): Millis {
  const ms = parseSpan(text);
  if (ms !== null && ms >= CONFIRM_MS.min && ms <= CONFIRM_MS.max) return ms;
  throw new DirectorError('USAGE', `--confirm ${text}: a time from 5s to 24h is wanted`, {
    hint: 'such as --confirm 60s',
  });
}
