/** The daemon: arguments → configuration → supervisor. It stays in the foreground and logs to standard output. */
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { DEFAULT_RUN_DIR } from './api/protocol.ts';
import { DirectorError, describeError } from './base/error.ts';
import { exitWhenWritten } from './base/exit.ts';
import { type LogLevel, openLog } from './base/log.ts';
import { systemClock } from './base/time.ts';
import { readVersion } from './base/version.ts';
import { renderDiagnostics } from './config/diagnostics/render.ts';
import type { LoadedConfig } from './config/load.ts';
import { dumpDirector } from './config/show/dump.ts';
import type { ProcessName } from './daemon/ipc.ts';
import { History } from './daemon/reload/history.ts';
import {
  chooseSource,
  goodReading,
  type Reading,
  readConfiguration,
} from './daemon/reload/reload.ts';
import { readingAtStart, type Start } from './daemon/reload/start-with.ts';
import { requireCapabilities } from './daemon/supervisor/capabilities.ts';
import { type CatchRealtime, catchSignals, SIGNAL_NUMBERS } from './daemon/supervisor/signals.ts';
import { type Beginning, Supervisor } from './daemon/supervisor/supervisor.ts';
import { loadAddon } from './kernel/addon.ts';

interface Options {
  readonly useFile?: string;
  readonly configTest?: true | string;
  readonly dumpConf?: true;
  readonly configId?: string;
  readonly vrrp?: true;
  readonly check?: true;
  readonly no_bfd?: true;
  readonly pid?: string;
  readonly dontReleaseVrrp?: true;
  readonly dontReleaseIpvs?: true;
  readonly adopt?: true;
  readonly signum?: string;
  readonly runDir?: string;
  readonly stateDir?: string;
  readonly logLevel: LogLevel;
}

const Exit = { ok: 0, failed: 1 } as const;

/** Compiled by tsc beside this file. */
const MODULES = {
  vrrp: new URL('./daemon/vrrp-process.js', import.meta.url),
  bfd: new URL('./daemon/bfd-process.js', import.meta.url),
  health: new URL('./daemon/health-process.js', import.meta.url),
  notify: new URL('./daemon/notify-process.js', import.meta.url),
} as const;

function parseArguments(version: string): Options {
  return new Command('lvsd')
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
    .allowExcessArguments(false)
    .parse()
    .opts<Options>();
}

/** Errors and warnings of the configuration, for a person, on standard error. */
function tellDiagnostics(loaded: LoadedConfig): void {
  if (loaded.diagnostics.length === 0) return;
  const colour = process.stderr.isTTY === true && !process.env.NO_COLOR;
  process.stderr.write(renderDiagnostics(loaded.diagnostics, { colour }));
}

function wantedProcesses(options: Options): readonly ProcessName[] {
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

/** `lvsd -t FILE` would else check another file than the one that is meant. @throws DirectorError USAGE */
function refuseStrayFile({ configTest, useFile }: Options): void {
  if (typeof configTest !== 'string' || useFile !== undefined) return;
  throw new DirectorError('USAGE', `-t names no configuration: ${configTest} is not read`, {
    hint: `lvsd -t -f ${configTest}`,
  });
}

/** For `kill -$(lvsd --signum JSON)`. @throws DirectorError USAGE */
function printSignal(name: string): number {
  const number = SIGNAL_NUMBERS[name];
  if (number === undefined) {
    const hint = Object.keys(SIGNAL_NUMBERS).join(', ');
    throw new DirectorError('USAGE', `there is no signal ${name}`, { hint });
  }
  process.stdout.write(`${number}\n`);
  return Exit.ok;
}

/** Without the addon nobody can be told of them; the daemon says later what else is missing then. */
const catchRealtime: CatchRealtime = (offset, run) => {
  try {
    loadAddon().onRealtimeSignal(offset, run);
  } catch (error) {
    if (!(error instanceof DirectorError)) throw error;
  }
};

/** What outlives a boot. Several daemons on one host have different run directories. */
const DEFAULT_STATE_DIR = '/var/lib/lvsd';

/** Two daemons in two network namespaces of one host meet nowhere. */
function runDirOf({ runDir }: Options, file: Reading): string {
  return runDir !== undefined
    ? resolve(runDir)
    : join(DEFAULT_RUN_DIR, file.director?.global.netNamespace ?? '');
}

function stateDirOf({ stateDir }: Options, runDir: string): string {
  if (stateDir !== undefined) return stateDir;
  return runDir === DEFAULT_RUN_DIR ? DEFAULT_STATE_DIR : join(runDir, 'state');
}

/** What the daemon is going to run, and why. */
interface Launch {
  readonly runDir: string;
  readonly source: ReturnType<typeof chooseSource>;
  readonly history: History;
  readonly start: Start;
  readonly begin: Beginning;
}

/** Runs until a signal ends it; gives the exit code. */
async function run(
  options: Options,
  version: string,
  { runDir, source, history, start, begin }: Launch,
  takeSignals: ReturnType<typeof catchSignals>,
): Promise<number> {
  requireCapabilities();
  const log = await openLog({ level: options.logLevel, descriptor: 1 });
  const { instead, lost, reading } = start;
  if (instead !== null) {
    const fields = { file: source.path, digest: reading.digest, reason: instead };
    log.warn(fields, 'a kept configuration runs instead of the file');
  }
  if (lost !== null) {
    log.error({ file: source.path, digest: lost }, 'kept configuration is lost: the file runs');
  }
  const supervisor = new Supervisor(
    {
      version,
      source,
      runDir,
      history,
      processes: wantedProcesses(options),
      modules: MODULES,
      keep: { vrrp: options.dontReleaseVrrp === true, health: options.dontReleaseIpvs === true },
      adopt: options.adopt === true,
      pidFile: options.pid ?? join(runDir, 'lvsd.pid'),
      logLevel: options.logLevel,
      log,
      clock: systemClock,
    },
    begin,
  );
  const started = supervisor.start();
  takeSignals((signal) => supervisor.onSignal(signal));
  await started;
  return supervisor.ended;
}

async function main(): Promise<number> {
  const version = readVersion();
  const options = parseArguments(version);
  if (options.signum !== undefined) return printSignal(options.signum);
  refuseStrayFile(options);
  const source = chooseSource(options.useFile, options.configId);
  const runs = options.dumpConf === undefined && options.configTest === undefined;
  const takeSignals = runs ? catchSignals(process, catchRealtime) : () => {};
  const file = readConfiguration(source);
  const runDir = runDirOf(options, file);
  const history = new History(stateDirOf(options, runDir));
  const start = runs ? readingAtStart(history, file, systemClock) : null;
  const reading = goodReading(start?.reading ?? file);
  tellDiagnostics(start?.reading ?? file);
  if (reading === null) return Exit.failed;
  if (options.dumpConf) process.stdout.write(dumpDirector(reading.director));
  if (start === null) return Exit.ok;
  const begin = { reading, state: start.state };
  return run(options, version, { runDir, source, history, start, begin }, takeSignals);
}

main().then(exitWhenWritten, (error: unknown) => {
  process.stderr.write(`lvsd: ${describeError(error)}\n`);
  exitWhenWritten(Exit.failed);
});
