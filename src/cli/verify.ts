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

/** Services of others that are named; all are in `lvsctl show --json`. */
const FOREIGN_NAMED_MAX = 20;

function renderVerification(report: VerifyReport): string {
  const { count, drift, virtualServers } = report;
  const more = count - drift.length;
  return [
    `${plural(virtualServers, 'virtual server')} in the kernel${renderFinding(report)}\n`,
    ...drift.map((line) => `  ${printable(line)}\n`),
    more > 0 ? `  and ${more} more\n` : '',
    renderForeign(report),
  ].join('');
}

function renderFinding({ count, refused }: VerifyReport): string {
  if (count > 0) return `; put right: ${plural(count, 'change')} of others`;
  return refused.length > 0 ? '' : ', all as they should be';
}

function renderForeign({ foreign, foreignCount }: VerifyReport): string {
  if (foreignCount === 0) return '';
  const named = foreign.slice(0, FOREIGN_NAMED_MAX);
  const more = foreignCount - named.length;
  const rest = more > 0 ? ` and ${more} more: lvsctl show --json` : '';
  return `not ours, and left alone: ${named.join(', ')}${rest}\n`;
}

function renderRefusals({ refused, converged }: VerifyReport): string {
  return [
    ...refused.map(({ reason, hint }) => `${reason}\n${hint === null ? '' : `  hint: ${hint}\n`}`),
    converged ? '' : 'somebody changes the table as fast as it is put right\n',
  ].join('');
}
