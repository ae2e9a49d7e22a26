/** `lvsctl show`: the topology with its live state, as the daemon tells it; or the kernel's table as ipvsadm does. */
import { DirectorError } from '../base/error.ts';
import { type Command, type CommandContext, Exit } from './command.ts';
import type { IpvsadmOptions } from './show-ipvsadm.ts';

interface Options extends IpvsadmOptions {
  readonly json?: true;
  readonly ipvsadm?: true;
}

const IPVSADM_SWITCHES: readonly (readonly [string, string])[] = [
  ['--stats', 'with --ipvsadm: counters'],
  ['--rate', 'with --ipvsadm: rates'],
  ['--exact', 'with --stats or --rate: no K, M, G, T'],
  ['--thresholds', 'with --ipvsadm: upper and lower thresholds'],
  ['--persistent-conn', 'with --ipvsadm: persistent connections'],
  ['--tun-info', 'with --ipvsadm: kinds of tunnel'],
  ['--timeout', 'with --ipvsadm: the timeouts of connections, nothing else'],
  ['--daemon', 'with --ipvsadm: the sync daemons, nothing else'],
];

export const show: Command<Options> = {
  name: 'show',
  summary: 'print the topology with live state and the reason of every state',
  declare(command) {
    command
      .option('--json', 'one JSON object')
      .option('--ipvsadm', 'the table of the kernel as ipvsadm -L -n prints it; needs no daemon');
    for (const [name, meaning] of IPVSADM_SWITCHES) command.option(name, meaning);
  },
  async run(context, options) {
    refuseNonsense(options);
    if (options.ipvsadm) {
      const { showIpvsadm } = await import('./show-ipvsadm.ts');
      await showIpvsadm(options);
    } else {
      await showTopology(context, options);
    }
    return Exit.ok;
  },
};

async function showTopology({ terminal, runDir }: CommandContext, options: Options): Promise<void> {
  // Not before it is needed: the kernel's table is printed without it.
  const { openControl } = await import('../api/client.ts');
  const asked = openControl(runDir).snapshot({ withStatistics: options.json === true });
  if (options.json) {
    terminal.write(`${JSON.stringify(await asked, null, 2)}\n`);
    return;
  }
  // Loaded while the daemon gathers its answer.
  const [snapshot, { renderSnapshot }] = await Promise.all([asked, import('./topology.ts')]);
  terminal.write(renderSnapshot(snapshot, { colour: terminal.colour }));
}

/** Throws USAGE for switches of which one would be ignored. */
function refuseNonsense({ json, ipvsadm, ...switches }: Options): void {
  if (json && ipvsadm) {
    throw new DirectorError('USAGE', '--json and --ipvsadm are two ways to print', {
      hint: 'lvsctl show --json has the table of the kernel under "ipvs"',
    });
  }
  const [first] = Object.keys(switches);
  if (ipvsadm || first === undefined) return;
  const name = `--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new DirectorError('USAGE', `${name} is a switch of --ipvsadm`, {
    hint: `lvsctl show --ipvsadm ${name}`,
  });
}
