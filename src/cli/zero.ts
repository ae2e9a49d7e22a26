/** `lvsctl zero`: has the counters of virtual servers begin at 0 again. */
import { openControl } from '../api/client.ts';
import type { ZeroReport } from '../model/zero.ts';
import { type Command, Exit } from './command.ts';
import { plural, printable } from './text.ts';

interface Options {
  readonly json?: true;
}

export const zero: Command<Options> = {
  name: 'zero',
  summary: 'set the counters of virtual servers and of their real servers to 0, as ipvsadm -Z',
  declare(command) {
    command
      .argument(
        '[virtual-server]',
        '10.0.0.1:80, 10.0.0.1:80/tcp, a group, "fwmark 7"; without it: all that are configured',
      )
      .option('--json', 'the answer as one JSON object');
  },
  async run({ terminal, runDir }, options, [named = null]) {
    const report = await openControl(runDir).zero({ virtualServer: named });
    if (options.json) terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    else {
      terminal.write(renderZero(report));
      terminal.writeError(renderAbsent(report));
    }
    return report.absent.length > 0 ? Exit.failed : Exit.ok;
  },
};

function renderZero({ virtualServers }: ZeroReport): string {
  const [only] = virtualServers;
  if (only !== undefined && virtualServers.length === 1) {
    return `counters of ${printable(only)} and its real servers begin at 0\n`;
  }
  const whose = plural(virtualServers.length, 'virtual server');
  return `counters of ${whose} and their real servers begin at 0\n`;
}

const NAMED_MAX = 20;

function renderAbsent({ absent }: ZeroReport): string {
  if (absent.length === 0) return '';
  const named = absent.slice(0, NAMED_MAX).map(printable).join(', ');
  const more = absent.length > NAMED_MAX ? ` and ${absent.length - NAMED_MAX} more` : '';
  return `not in the kernel: ${named}${more}\n  hint: lvsctl verify tells why\n`;
}
