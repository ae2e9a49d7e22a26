/** `lvsctl reload`: makes the daemon read its file again, and tells whether it took it. */
import { openControl } from '../api/client.ts';
import { type Command, Exit } from './command.ts';

interface Options {
  readonly json?: true;
}

export const reload: Command<Options> = {
  name: 'reload',
  summary: 'read the configuration again; exit code 1 when it is refused and the old one stays',
  declare(command) {
    command.option('--json', 'the report as JSON');
  },
  async run({ terminal, runDir }, options) {
    const report = await openControl(runDir).reload();
    if (options.json) {
      terminal.write(`${JSON.stringify(report)}\n`);
    } else {
      terminal.writeError(report.diagnostics);
      terminal.write(
        report.accepted
          ? `reloaded: configuration ${report.digest} is in force\n`
          : `refused: ${report.errors} error(s); the running configuration stays\n`,
      );
    }
    return report.accepted ? Exit.ok : Exit.failed;
  },
};
