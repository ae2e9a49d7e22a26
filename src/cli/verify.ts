/** `lvsctl verify`: compares the kernel's table with what it should be, now, and has it put right. */
import { openControl } from '../api/client.ts';
import type { VerifyReport } from '../api/protocol.ts';
import { type Command, Exit } from './command.ts';
import { plural, printable } from './text.ts';

interface Options {
  readonly json?: true;
  readonly detailedExitcode?: true;
}

/** With `--detailed-exitcode`: something differed, and was put right. */
const REPAIRED = 3;

export const verify: Command<Options> = {
  name: 'verify',
  summary: 'put right what others have changed in the IPVS table, and tell what that was',
  declare(command) {
    command
      .option('--detailed-exitcode', `exit code ${REPAIRED} when something was put right`)
      .option('--json', 'the answer as one JSON object');
  },
  async run({ terminal, runDir }, options) {
    const report = await openControl(runDir).verify();
    if (options.json) {
      terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      terminal.write(renderVerification(report));
      terminal.writeError(renderRefusals(report));
    }
    if (report.refused.length > 0 || !report.converged) return Exit.failed;
    return options.detailedExitcode && report.count > 0 ? REPAIRED : Exit.ok;
  },
};

function renderVerification({ count, drift, foreign, virtualServers }: VerifyReport): string {
  const more = count - drift.length;
  const servers = plural(virtualServers, 'virtual server');
  return [
    count === 0
      ? `${servers} in the kernel, all as they should be\n`
      : `${servers} in the kernel; put right: ${plural(count, 'change')} of others\n`,
    ...drift.map((line) => `  ${printable(line)}\n`),
    more > 0 ? `  and ${more} more\n` : '',
    foreign.length === 0 ? '' : `not ours, and left alone: ${foreign.join(', ')}\n`,
  ].join('');
}

function renderRefusals({ refused, converged }: VerifyReport): string {
  return [
    ...refused.map(({ reason, hint }) => `${reason}\n${hint === null ? '' : `  hint: ${hint}\n`}`),
    converged ? '' : 'somebody changes the table as fast as it is put right\n',
  ].join('');
}
