/** The daemon: arguments → configuration → supervisor. It stays in the foreground and logs to standard output. */
import { join, resolve } from 'node:path';
import { DEFAULT_RUN_DIR } from './api/protocol.ts';
import { DirectorError, describeError } from './base/error.ts';
import { exitWhenWritten } from './base/exit.ts';
import { openLog } from './base/log.ts';
import { writeOutput } from './base/output.ts';
import { prepareForReading } from './base/reading-flags.ts';
import { systemClock } from './base/time.ts';
import { readVersion } from './base/version.ts';
import { renderDiagnostics } from './config/diagnostics/render.ts';
import type { LoadedConfig } from './config/load.ts';
import { dumpDirector } from './config/show/dump.ts';
import {
  childPidFiles,
  type DaemonOptions,
  DEFAULT_STATE_DIR,
  parseArguments,
  uselessOptions,
  wantedProcesses,
} from './daemon/arguments.ts';
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

const Exit = { ok: 0, failed: 1 } as const;

/** Compiled by tsc beside this file. */
const MODULES = {
  vrrp: new URL('./daemon/vrrp-process.js', import.meta.url),
  bfd: new URL('./daemon/bfd-process.js', import.meta.url),
  health: new URL('./daemon/health-process.js', import.meta.url),
  notify: new URL('./daemon/notify-process.js', import.meta.url),
} as const;

/** Errors and warnings of the configuration, for a person, on standard error. */
function tellDiagnostics(loaded: LoadedConfig): void {
  if (loaded.diagnostics.length === 0) return;
  const colour = process.stderr.isTTY === true && !process.env.NO_COLOR;
  process.stderr.write(renderDiagnostics(loaded.diagnostics, { colour }));
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

/** Two daemons in two network namespaces of one host meet nowhere. */
function runDirOf({ runDir }: DaemonOptions, file: Reading): string {
  return runDir !== undefined
    ? resolve(runDir)
    : join(DEFAULT_RUN_DIR, file.director?.global.netNamespace ?? '');
}

function stateDirOf({ stateDir }: DaemonOptions, runDir: string): string {
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
  options: DaemonOptions,
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
      childPidFiles: childPidFiles(options),
      respawns: options.dontRespawn !== true,
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
  for (const line of uselessOptions(options)) process.stderr.write(`lvsd: ${line}\n`);
  const source = chooseSource(options);
  const runs = options.dumpConf === undefined && options.configTest === undefined;
  const takeSignals = runs ? catchSignals(process, catchRealtime) : () => {};
  prepareForReading();
  const file = readConfiguration(source);
  const runDir = runDirOf(options, file);
  const history = new History(stateDirOf(options, runDir));
  const start = runs ? readingAtStart(history, file, systemClock) : null;
  const reading = goodReading(start?.reading ?? file);
  tellDiagnostics(start?.reading ?? file);
  if (reading === null) return Exit.failed;
  if (options.dumpConf) writeOutput(dumpDirector(reading.director));
  if (start === null) return Exit.ok;
  const begin = { reading, state: start.state };
  return run(options, version, { runDir, source, history, start, begin }, takeSignals);
}

main().then(exitWhenWritten, (error: unknown) => {
  process.stderr.write(`lvsd: ${describeError(error)}\n`);
  exitWhenWritten(Exit.failed);
});
