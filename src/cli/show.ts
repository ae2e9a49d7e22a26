/** `lvsctl show`: the topology with its live state, as the daemon tells it. */
import { openControl } from '../api/client.ts';
import { type Command, Exit } from './command.ts';

interface Options {
  readonly json?: true;
}

export const show: Command<Options> = {
  name: 'show',
  summary: 'print the topology with live state and the reason of every state',
  declare(command) {
    command.option('--json', 'one JSON object');
  },
  async run({ terminal, runDir }, options) {
    const asked = openControl(runDir).snapshot();
    if (options.json) {
      terminal.write(`${JSON.stringify(await asked, null, 2)}\n`);
      return Exit.ok;
    }
    // Loaded while the daemon gathers its answer.
    const [snapshot, { renderSnapshot }] = await Promise.all([asked, import('./topology.ts')]);
    terminal.write(renderSnapshot(snapshot, { colour: terminal.colour }));
    return Exit.ok;
  },
};
