/** What `lvsd` is told when it is started. The options of keepalived keep their meaning, so that a unit file may stay. */
import { Command, Option } from 'commander';
import { DEFAULT_RUN_DIR } from '../api/protocol.ts';
import { DirectorError } from '../base/error.ts';
import type { LogLevel } from '../base/log.ts';
import type { ProcessName } from './ipc.ts';
import { SIGNAL_NUMBERS } from './supervisor/signals.ts';

export interface DaemonOptions {
  readonly useFile?: string;
  readonly configTest?: true | string;
  readonly dumpConf?: true;
  readonly configId?: string;
  readonly vrrp?: true;
  readonly check?: true;
  readonly no_bfd?: true;
  readonly pid?: string;
  readonly vrrp_pid?: string;
  readonly checkers_pid?: string;
  readonly bfd_pid?: string;
  readonly namespace?: string;
  readonly dontRespawn?: true;
  readonly dontReleaseVrrp?: true;
  readonly dontReleaseIpvs?: true;
  readonly adopt?: true;
  readonly signum?: string;
  readonly runDir?: string;
  readonly stateDir?: string;
  readonly logLevel: LogLevel;
}

/** An option of keepalived that asks for nothing, or for nothing that lvsd does otherwise. */
interface Other {
  readonly flags: string;
  /** Why it has no effect; null: what it asks for is done anyhow. */
  readonly why: string | null;
}

const TO_OUTPUT = 'lvsd logs to standard output, and whoever starts it decides where that goes';
const NO_SNMP = 'lvsd has no SNMP: lvsctl show --json tells the same';
const NO_CORE = 'Node leaves a core only when the kernel is asked for one: ulimit -c, LimitCORE=';

const OTHERS: readonly Other[] = [
  { flags: '--all', why: null },
  { flags: '-l, --log-console', why: null },
  { flags: '-D, --log-detail', why: null },
  { flags: '-G, --no-syslog', why: null },
  { flags: '-X, --release-vips', why: null },
  { flags: '-S, --log-facility <facility>', why: TO_OUTPUT },
  { flags: '-u, --umask <mask>', why: 'what lvsd writes is for its owner alone' },
  { flags: '-a, --address-monitoring', why: '"ip monitor address" tells of addresses' },
  { flags: '-x, --snmp', why: NO_SNMP },
  { flags: '-A, --snmp-agent-socket <socket>', why: NO_SNMP },
  { flags: '-m, --core-dump', why: NO_CORE },
  { flags: '-M, --core-dump-pattern [pattern]', why: NO_CORE },
  { flags: '-e, --all-config', why: 'a file that an include does not find is told anyhow' },
];

/** What outlives a boot. Several daemons on one host have different run directories. */
export const DEFAULT_STATE_DIR = '/var/lib/lvsd';

/** @throws DirectorError USAGE */
export function parseArguments(version: string): DaemonOptions {
  const command = new Command('lvsd')
    .description('controls a Linux Virtual Server director: IPVS, health checks, VRRP')
    .version(version, '-v, --version')
    .option(
      '-f, --use-file <file>',
      'configuration (default: /etc/lvsd/lvsd.conf, else keepalived’s)',
    )
    .option(
      '-t, --config-test [log]',
      'check the configuration and exit: 0 good, 1 errors. keepalived’s LOG is not written',
    )
    .option('-d, --dump-conf', 'print the configuration as understood, and exit')
    .option('-i, --config-id <id>', 'identity for lines that begin with @ID')
    .option('-P, --vrrp', 'run VRRP only')
    .option('-C, --check', 'run health checks and IPVS only')
    .option('-B, --no_bfd', 'run no BFD')
    .option('-p, --pid <file>', 'pid file (default: lvsd.pid in the run directory)')
    .option('-r, --vrrp_pid <file>', 'pid file of the VRRP process')
    .option('-c, --checkers_pid <file>', 'pid file of the process of health checks and IPVS')
    .option('-b, --bfd_pid <file>', 'pid file of the BFD process')
    .option('-s, --namespace <name>', 'network namespace, whatever net_namespace says')
    .option('-R, --dont-respawn', 'stop when one of the processes dies')
    .option('-V, --dont-release-vrrp', 'keep the virtual addresses at stop')
    .option('-I, --dont-release-ipvs', 'keep the IPVS table at stop')
    .option(
      '--signum <name>',
      `print the number of a signal: ${Object.keys(SIGNAL_NUMBERS).join(' ')}`,
    )
    .option('--adopt', 'take services in the IPVS table for ours, whoever has made them')
    .option('-n, --dont-fork', 'stay in the foreground; lvsd always does')
    .option(
      '--run-dir <dir>',
      `folder of the control socket and of state (default: ${DEFAULT_RUN_DIR}; with net_namespace NAME, NAME in it)`,
    )
    .option(
      '--state-dir <dir>',
      `folder of what outlives a boot (default: ${DEFAULT_STATE_DIR}; with another --run-dir, state in it)`,
    )
    .addOption(
      new Option('--log-level <level>', 'least severe records to log')
        .choices(['error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    )
    .allowExcessArguments(false);
  for (const { flags } of OTHERS) command.addOption(new Option(flags).hideHelp());
  const options = command.parse().opts<DaemonOptions>();
  refuseStrayFile(options);
  return options;
}

/** What is to be told of options that have no effect, each a line. */
export function uselessOptions(options: DaemonOptions): readonly string[] {
  const given: Readonly<Record<string, unknown>> = { ...options };
  return OTHERS.flatMap(({ flags, why }) => {
    const option = new Option(flags);
    const isTold = why !== null && given[option.attributeName()] !== undefined;
    return isTold ? [`${option.long} has no effect: ${why}`] : [];
  });
}

/** Which processes may run at all: `-P`, `-C` and `-B` restrict them. */
export function wantedProcesses(options: DaemonOptions): readonly ProcessName[] {
  const isRestricted = options.vrrp !== undefined || options.check !== undefined;
  const wanted: Readonly<Record<ProcessName, boolean>> = {
    // First, so that the others find somebody to tell.
    notify: true,
    vrrp: !isRestricted || options.vrrp === true,
    bfd: options.no_bfd !== true,
    health: !isRestricted || options.check === true,
  };
  return (['notify', 'vrrp', 'bfd', 'health'] as const).filter((name) => wanted[name]);
}

/** Where the processes leave their numbers. */
export function childPidFiles({
  vrrp_pid: vrrp,
  checkers_pid: health,
  bfd_pid: bfd,
}: DaemonOptions): Partial<Record<ProcessName, string>> {
  return {
    ...(vrrp === undefined ? {} : { vrrp }),
    ...(health === undefined ? {} : { health }),
    ...(bfd === undefined ? {} : { bfd }),
  };
}

/** `lvsd -t FILE` would else check another file than the one that is meant. @throws DirectorError USAGE */
function refuseStrayFile({ configTest, useFile }: DaemonOptions): void {
  if (typeof configTest !== 'string' || useFile !== undefined) return;
  throw new DirectorError('USAGE', `-t names no configuration: ${configTest} is not read`, {
    hint: `lvsd -t -f ${configTest}`,
  });
}
