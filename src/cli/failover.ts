/** `lvsctl failover`: this director gives up what it is MASTER of in good order, or takes it back. */
import { openControl } from '../api/client.ts';
import { DirectorError } from '../base/error.ts';
import type { FailoverOutcome } from '../model/failover.ts';
import { type Command, Exit } from './command.ts';

interface Options {
  readonly back?: true;
  readonly force?: true;
  readonly json?: true;
}

export const failover: Command<Options> = {
  name: 'failover',
  summary:
    'give up instances that are MASTER here to a peer, or take them back: exit code 0 done, 1 refused, 2 no daemon answers',
  declare(command) {
    command
      .argument('[names...]', 'instances and sync groups; none: all of them')
      .option('--back', 'take back what was given up')
      .option('--force', 'give up even if nobody could take over')
      .option('--json', 'the report as one JSON object');
  },
  async run({ terminal, runDir }, { back = false, force = false, json = false }, names) {
    if (back && force) throw new DirectorError('USAGE', '--back and --force exclude each other');
    const report = await openControl(runDir).failOver({ names, back, force });
    if (json) terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    else if (report.outcomes.length === 0) terminal.write('nothing was given up by order\n');
    else terminal.write(report.outcomes.map(lineOf).join(''));
    return Exit.ok;
  },
};

function lineOf({ name, result, peer }: FailoverOutcome): string {
  switch (result) {
    case 'given-up':
      return peer === null
        ? `${name}: given up; no peer was ready, whoever takes over waits as VRRP has it\n`
        : `${name}: handed over to ${peer}\n`;
    case 'not-master':
      return `${name}: is not MASTER here\n`;
    case 'taken-back':
      return `${name}: is MASTER here\n`;
    case 'waits':
      return `${name}: may be MASTER here again, and preempts as configured\n`;
  }
}
