#!/usr/bin/env node
/** The daemon: arguments → configuration → supervisor. It stays in the foreground and logs to standard output. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { DEFAULT_RUN_DIR } from './api/protocol.ts';
import { describeError } from './base/error.ts';
import { exitWhenWritten } from './base/exit.ts';
import { type LogLevel, openLog } from './base/log.ts';
import { systemClock } from './base/time.ts';
import { readVersion } from './base/version.ts';
import { renderDiagnostics } from './config/diagnostics/render.ts';
import type { LoadedConfig } from './config/load.ts';
import { dumpDirector } from './config/show/dump.ts';
import { requireCapabilities } from './daemon/capabilities.ts';
import type { ProcessName } from './daemon/ipc.ts';
import { chooseSource, readConfiguration } from './daemon/reload.ts';
import { catchSignals } from './daemon/signals.ts';
import { Supervisor } from './daemon/supervisor.ts';
import type { Director } from './model/director.ts';

interface Options {
  readonly useFile?: string;
  readonly configTest?: true | string;
  readonly dumpConf?: true;
  readonly configId?: string;
  readonly vrrp?: true;
  readonly check?: true;
  readonly pid?: string;
  readonly dontReleaseVrrp?: true;
  readonly dontReleaseIpvs?: true;
  readonly runDir: string;
  readonly logLevel: LogLevel;
}

const Exit = { ok: 0, failed: 1 } as const;

/** Compiled by tsc beside this file. */
const MODULES = {
  vrrp: new URL('./daemon/vrrp-process.js', import.meta.url),
  health: new URL('./daemon/health-process.js', import.meta.url),
} as const;

function parseArguments(version: string): Options {
  return new Command('lvsd')
    .description('controls a Linux Virtual Server director: IPVS, health checks, VRRP')
    .version(version, '-v, --version')
    .option(
      '-f, --use-file <file>',
      'configuration (default: /etc/lvsd/lvsd.conf, else keepalived’s)',
    )
    .option('-t, --config-test [file]', 'check the configuration and exit: 0 good, 1 errors')
    .option('-d, --dump-conf', 'print the configuration as understood, and exit')
    .option('-i, --config-id <id>', 'identity for lines that begin with @ID')
    .option('-P, --vrrp', 'run VRRP only')
    .option('-C, --check', 'run health checks and IPVS only')
    .option('-p, --pid <file>', 'pid file (default: lvsd.pid in the run directory)')
    .option('-V, --dont-release-vrrp', 'keep the virtual addresses at stop')
    .option('-I, --dont-release-ipvs', 'keep the IPVS table at stop')
    .option('-n, --dont-fork', 'stay in the foreground; lvsd always does')
    .option('--run-dir <dir>', 'folder of the control socket and of state', DEFAULT_RUN_DIR)
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
  const all: readonly ProcessName[] = ['vrrp', 'health'];
  if (options.vrrp === undefined && options.check === undefined) return all;
  return all.filter((name) => (name === 'vrrp' ? options.vrrp : options.check));
}

/** Runs until a signal ends it; gives the exit code. */
async function run(
  options: Options,
  version: string,
  source: ReturnType<typeof chooseSource>,
  loaded: LoadedConfig & { readonly director: Director },
  takeSignals: ReturnType<typeof catchSignals>,
): Promise<number> {
  requireCapabilities();
  const log = await openLog({ level: options.logLevel, descriptor: 1 });
  const supervisor = new Supervisor(
    {
      version,
      source,
      runDir: options.runDir,
      processes: wantedProcesses(options),
      modules: MODULES,
      keep: { vrrp: options.dontReleaseVrrp === true, health: options.dontReleaseIpvs === true },
      pidFile: options.pid ?? join(options.runDir, 'lvsd.pid'),
      logLevel: options.logLevel,
      log,
      clock: systemClock,
    },
    loaded,
  );
  const started = supervisor.start();
  takeSignals((signal) => supervisor.onSignal(signal));
  await started;
  return supervisor.ended;
}

async function main(): Promise<number> {
  const version = readVersion();
  const options = parseArguments(version);
  const source = chooseSource(options.useFile, options.configId);
  const runs = options.dumpConf === undefined && options.configTest === undefined;
  const takeSignals = runs ? catchSignals(process) : () => {};
  const loaded = readConfiguration(source);
  tellDiagnostics(loaded);
  if (loaded.director === null) return Exit.failed;
  if (options.dumpConf) process.stdout.write(dumpDirector(loaded.director));
  if (!runs) return Exit.ok;
  return run(options, version, source, { ...loaded, director: loaded.director }, takeSignals);
}

main().then(exitWhenWritten, (error: unknown) => {
  process.stderr.write(`lvsd: ${describeError(error)}\n`);
  exitWhenWritten(Exit.failed);
});
