/**
 * The parent: it reads the configuration, runs the `vrrp` and the `health` process and starts them
 * again when they die, answers `lvsctl`, and takes the signals. It touches neither the network nor
 * IPVS itself: what it knows of them is what the processes tell.
 *
 *   lvsd ─┬─ vrrp    advertisements, addresses, tracking
 *         └─ health  checkers, the IPVS table
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type {
  ConfigurationSnapshot,
  HealthProcessSnapshot,
  ReloadReport,
  Snapshot,
  Unconfirmed,
} from '../api/protocol.ts';
import { type ControlServer, openControlServer } from '../api/server.ts';
import { DirectorError, describeError } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import type { Clock } from '../base/time.ts';
import type { LoadedConfig } from '../config/load.ts';
import { dumpDirector } from '../config/show/dump.ts';
import { mayControl } from '../kernel/peer.ts';
import { notifyServiceManager } from '../kernel/service-manager.ts';
import type { Director } from '../model/director.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { ProcessName } from './ipc.ts';
import { Processes } from './processes.ts';
import { type ConfigSource, readConfiguration } from './reload.ts';
import { ReloadQueue } from './reload-queue.ts';
import { refusedConfiguration, reloadReport, warningsOf } from './reload-report.ts';
import { forgetRevivals, reviveEnvironment } from './revive.ts';
import type { Signal } from './signals.ts';

export interface SupervisorOptions {
  readonly version: string;
  readonly source: ConfigSource;
  readonly runDir: string;
  /** Which processes may run at all: `-P` and `-C` restrict them. */
  readonly processes: readonly ProcessName[];
  /** The compiled module that each process runs. */
  readonly modules: Readonly<Record<ProcessName, URL>>;
  /** What stays in the kernel at stop: `-V` the addresses, `-I` the IPVS table. */
  readonly keep: { readonly vrrp: boolean; readonly health: boolean };
  readonly pidFile: string;
  readonly logLevel: LogLevel;
  readonly log: Log;
  readonly clock: Clock;
}

/** A configuration that may come into force. */
type GoodConfig = LoadedConfig & { readonly director: Director };

type InForce = Omit<ConfigurationSnapshot, 'unconfirmed'>;

export class Supervisor {
  /** Resolves with the exit code once everything has stopped. */
  readonly ended: Promise<number>;
  private readonly options: SupervisorOptions;
  private readonly processes: Processes;
  private readonly reloads = new ReloadQueue(() => this.reloadNow());
  private resolveEnded: (exitCode: number) => void = () => {};
  private readonly startedAtMs: number;
  private director: Director;
  private configuration: InForce;
  private control: ControlServer | null = null;
  private ready = false;
  private stopping: Promise<void> | null = null;

  /** `loaded` has no errors. */
  constructor(options: SupervisorOptions, loaded: GoodConfig) {
    this.options = options;
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.startedAtMs = options.clock.wallTimeMs();
    this.director = loaded.director;
    this.configuration = this.inForce(loaded);
    const { modules, runDir, logLevel, clock, log } = options;
    this.processes = new Processes({
      allowed: options.processes,
      modules,
      environment: reviveEnvironment(runDir),
      logLevel,
      clock,
      log,
      onRefused: (name, error) => this.refused({ process: name, ...told(error) }),
    });
  }

  /** Opens the control socket and starts the processes; resolves when their work is in force. */
  start(): Promise<void> {
    return this.reloads.inTurn(() => this.startNow());
  }

  /** Reads the file again, after the reload that runs. A bad file changes nothing and is reported. */
  reload(): Promise<ReloadReport> {
    return this.reloads.ask();
  }

  /** Does what a signal asks for. Nobody waits for the answer: what goes wrong is in the log. */
  onSignal(signal: Signal): void {
    const { log } = this.options;
    const failed = (error: unknown): void => {
      log.error({ signal, reason: describeError(error) }, 'signal could not be obeyed');
    };
    if (signal === 'SIGHUP') this.reload().catch(failed);
    else if (signal === 'SIGUSR1') this.dump().catch(failed);
    else this.stop(signal).catch(failed);
  }

  /** Everything that `lvsctl show` shows. */
  async snapshot(): Promise<Snapshot> {
    const { version, runDir, clock } = this.options;
    const { processes } = this;
    const [vrrp, health] = (await Promise.all([
      processes.snapshot('vrrp'),
      processes.snapshot('health'),
    ])) as [VrrpSnapshot | null, HealthProcessSnapshot | null];
    return {
      version,
      global: {
        ...this.director.global,
        vrrpStartupDelayMs: this.director.vrrp.startupDelayMs,
        flushAtStart: this.director.health.flushAtStart,
      },
      atMs: clock.wallTimeMs(),
      runDir,
      configuration: { ...this.configuration, unconfirmed: processes.unconfirmed() },
      processes: [
        { name: 'supervisor', pid: process.pid, startedAtMs: this.startedAtMs, restarts: 0 },
        ...processes.statuses(),
      ],
      vrrp,
      health: health?.health ?? null,
      ipvs: health?.ipvs ?? null,
    };
  }

  /** Writes configuration and live state where an operator can read them; gives the file's path. */
  async dump(): Promise<string> {
    const path = join(this.options.runDir, 'lvsd.data');
    const state = JSON.stringify(await this.snapshot(), null, 2);
    const text = `${dumpDirector(this.director)}\n------< Live state >------\n${state}\n`;
    writeFileSync(path, text, { mode: 0o600 });
    this.options.log.info({ path }, 'data dumped');
    return path;
  }

  /** Stops the processes in good order. Asked twice, it stops once. */
  stop(reason: string, exitCode = 0): Promise<void> {
    this.stopping ??= this.shutDown(reason, exitCode);
    return this.stopping;
  }

  private async startNow(): Promise<void> {
    const { runDir, log, pidFile, version, source } = this.options;
    // A signal may have come before us.
    if (this.stopping !== null) return;
    mkdirSync(runDir, { recursive: true, mode: 0o755 });
    const duties = { snapshot: () => this.snapshot(), reload: () => this.reload() };
    this.control = await openControlServer({ runDir, log, maySteer: mayControl, duties });
    if (this.stopping !== null) {
      this.control.close();
      return;
    }
    forgetRevivals(runDir);
    writeFileSync(pidFile, `${process.pid}\n`);
    const { digest } = this.configuration;
    log.info({ version, configuration: source.path, digest, runDir }, 'lvsd starts');
    const [refusal] = await this.processes.startMissing(this.director);
    if (this.stopping !== null) return;
    if (refusal !== undefined) {
      this.refused(refusal);
      return;
    }
    await this.processes.replace(this.director);
    this.ready = true;
    notifyServiceManager('READY=1');
    log.info({}, 'lvsd is ready');
  }

  /** One reload from the file to the processes; no other one runs. */
  private async reloadNow(): Promise<ReloadReport> {
    this.refuseWhenStopping();
    notifyServiceManager(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    try {
      const loaded = readConfiguration(this.options.source);
      const { director } = loaded;
      if (director === null) return this.keep(loaded, []);
      const good = { ...loaded, director };
      return this.isInForce(good) ? this.unchanged(good) : await this.replace(good);
    } finally {
      if (this.stopping === null) notifyServiceManager('READY=1');
    }
  }

  /** Starts what is missing while nothing has changed yet, then changes over. */
  private async replace(loaded: GoodConfig): Promise<ReloadReport> {
    const { log } = this.options;
    const { processes } = this;
    const refusals = await processes.startMissing(loaded.director);
    this.refuseWhenStopping();
    if (refusals.length > 0) {
      await processes.dropFresh(this.director.global.childWaitMs);
      return this.keep(loaded, refusals);
    }
    const from = this.configuration.digest;
    this.director = loaded.director;
    this.configuration = this.inForce(loaded);
    await processes.replace(loaded.director);
    this.refuseWhenStopping();
    const unconfirmed = processes.unconfirmed();
    const report = this.report(loaded, 'reloaded', unconfirmed);
    const fields = { from, to: loaded.digest, warnings: report.warnings };
    if (unconfirmed.length === 0) log.info(fields, 'configuration reloaded');
    else log.error({ ...fields, unconfirmed }, 'configuration reloaded, but not everywhere');
    return report;
  }

  /** The same text can mean something else when a host name or an account has changed. */
  private isInForce({ digest, director }: GoodConfig): boolean {
    return (
      digest === this.configuration.digest &&
      this.processes.unconfirmed().length === 0 &&
      isDeepStrictEqual(director, this.director)
    );
  }

  private unchanged(loaded: GoodConfig): ReloadReport {
    const { loadedAtMs } = this.configuration;
    this.configuration = { ...this.inForce(loaded), loadedAtMs };
    this.options.log.info({ digest: loaded.digest }, 'configuration unchanged');
    return this.report(loaded, 'unchanged', []);
  }

  /** What runs stays as it is, because of the file or because of processes that it needs. */
  private keep(loaded: LoadedConfig, processes: readonly Unconfirmed[]): ReloadReport {
    const { clock, log, source } = this.options;
    const refused = refusedConfiguration(loaded, { atMs: clock.wallTimeMs(), processes });
    this.configuration = { ...this.configuration, refused };
    log.error(
      { configuration: source.path, inForce: this.configuration.digest, ...refused },
      'reload refused: the running configuration stays',
    );
    return this.report(loaded, 'refused', processes);
  }

  private report(
    loaded: LoadedConfig,
    outcome: ReloadReport['outcome'],
    unconfirmed: readonly Unconfirmed[],
  ): ReloadReport {
    const { path, digest: inForce } = this.configuration;
    return reloadReport(loaded, { outcome, path, inForce, unconfirmed });
  }

  private refuseWhenStopping(): void {
    if (this.ready && this.stopping === null) return;
    throw new DirectorError('DAEMON_STOPPING', 'lvsd is stopping: the reload is not done');
  }

  private async shutDown(reason: string, exitCode: number): Promise<void> {
    const { log, keep, pidFile } = this.options;
    log.info({ reason }, 'lvsd stops');
    notifyServiceManager('STOPPING=1');
    await this.processes.stop(keep, this.director.global.childWaitMs);
    this.control?.close();
    rmSync(pidFile, { force: true });
    log.info({ exitCode }, 'lvsd has stopped');
    this.resolveEnded(exitCode);
  }

  private inForce(loaded: GoodConfig): InForce {
    return {
      path: this.options.source.path,
      digest: loaded.digest,
      loadedAtMs: this.options.clock.wallTimeMs(),
      warnings: warningsOf(loaded),
      refused: null,
    };
  }

  private refused({ process, reason, hint }: Unconfirmed): void {
    this.options.log.error({ process, reason, hint }, 'process cannot do its work');
    void this.stop(reason, 1);
  }
}

function told({ message, hint }: DirectorError): Omit<Unconfirmed, 'process'> {
  return { reason: message, hint: hint ?? null };
}
