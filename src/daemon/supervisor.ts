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
import type {
  ConfigurationSnapshot,
  HealthProcessSnapshot,
  ReloadReport,
  Snapshot,
} from '../api/protocol.ts';
import { type ControlServer, openControlServer } from '../api/server.ts';
import type { DirectorError } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { type Clock, type Millis, within } from '../base/time.ts';
import { dumpDirector } from '../config/dump.ts';
import type { LoadedConfig } from '../config/load.ts';
import { renderDiagnostics } from '../config/render.ts';
import { mayControl } from '../kernel/peer.ts';
import { notifyServiceManager } from '../kernel/service-manager.ts';
import type { Director } from '../model/director.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { HealthConfig } from '../model/virtual-server.ts';
import type { VrrpConfig } from '../model/vrrp.ts';
import { Child } from './child.ts';
import type { ProcessName } from './ipc.ts';
import { type ConfigSource, readConfiguration } from './reload.ts';
import { forgetRevivals, reviveEnvironment } from './revive.ts';

/** A reload is reported as accepted although a process has not confirmed it within this time. */
const CONFIRM_MS_MAX: Millis = 10_000;

export interface SupervisorOptions {
  readonly version: string;
  readonly source: ConfigSource;
  readonly runDir: string;
  /** Which processes may run at all: `-P` and `-C` restrict them. */
  readonly processes: readonly ProcessName[];
  /** What stays in the kernel at stop: `-V` the addresses, `-I` the IPVS table. */
  readonly keep: { readonly vrrp: boolean; readonly health: boolean };
  readonly pidFile: string;
  readonly logLevel: LogLevel;
  readonly log: Log;
  readonly clock: Clock;
}

export class Supervisor {
  /** Resolves with the exit code once everything has stopped. */
  readonly ended: Promise<number>;
  private readonly options: SupervisorOptions;
  private resolveEnded: (exitCode: number) => void = () => {};
  private readonly startedAtMs: number;
  private director: Director;
  private configuration: ConfigurationSnapshot;
  private vrrp: Child<VrrpConfig> | null = null;
  private health: Child<HealthConfig> | null = null;
  private control: ControlServer | null = null;
  private stopping: Promise<void> | null = null;
  private unconfirmed = new Set<ProcessName>();
  private whenConfirmed: (() => void)[] = [];

  /** `loaded` has no errors. */
  constructor(options: SupervisorOptions, loaded: LoadedConfig & { readonly director: Director }) {
    this.options = options;
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.startedAtMs = options.clock.wallTimeMs();
    this.director = loaded.director;
    this.configuration = this.inForce(loaded);
  }

  /** Opens the control socket and starts the processes; resolves when their work is in force. */
  async start(): Promise<void> {
    const { runDir, log, pidFile, version, source } = this.options;
    mkdirSync(runDir, { recursive: true, mode: 0o755 });
    this.control = await openControlServer({
      runDir,
      log,
      maySteer: mayControl,
      duties: { snapshot: () => this.snapshot(), reload: () => this.reload() },
    });
    forgetRevivals(runDir);
    writeFileSync(pidFile, `${process.pid}\n`);
    log.info(
      { version, configuration: source.path, digest: this.configuration.digest, runDir },
      'lvsd starts',
    );
    this.applyConfiguration();
    await this.confirmed();
    if (this.stopping !== null) return;
    notifyServiceManager('READY=1');
    log.info({}, 'lvsd is ready');
  }

  /** Reads the file again. A bad one changes nothing and is reported. */
  async reload(): Promise<ReloadReport> {
    const { log, source, clock } = this.options;
    const loaded = readConfiguration(source);
    const report = reportOf(loaded);
    if (loaded.director === null || this.stopping !== null) {
      this.configuration = {
        ...this.configuration,
        refused: { atMs: clock.wallTimeMs(), digest: loaded.digest, errors: report.errors },
      };
      log.error(
        { configuration: source.path, errors: report.errors, diagnostics: report.diagnostics },
        'reload refused: the running configuration stays',
      );
      return report;
    }
    notifyServiceManager(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    const from = this.configuration.digest;
    this.director = loaded.director;
    this.configuration = this.inForce({ ...loaded, director: loaded.director });
    this.applyConfiguration();
    await this.confirmed();
    notifyServiceManager('READY=1');
    log.info({ from, to: loaded.digest, warnings: report.warnings }, 'configuration reloaded');
    return report;
  }

  /** Everything that `lvsctl show` shows. */
  async snapshot(): Promise<Snapshot> {
    const { version, runDir, clock } = this.options;
    const [vrrp, health] = await Promise.all([this.vrrp?.snapshot(), this.health?.snapshot()]);
    const told = (health ?? null) as HealthProcessSnapshot | null;
    return {
      version,
      global: {
        ...this.director.global,
        vrrpStartupDelayMs: this.director.vrrp.startupDelayMs,
        flushAtStart: this.director.health.flushAtStart,
      },
      atMs: clock.wallTimeMs(),
      runDir,
      configuration: this.configuration,
      processes: [
        { name: 'supervisor', pid: process.pid, startedAtMs: this.startedAtMs, restarts: 0 },
        ...[this.vrrp, this.health].flatMap((child) => (child === null ? [] : [child.status()])),
      ],
      vrrp: (vrrp ?? null) as VrrpSnapshot | null,
      health: told?.health ?? null,
      ipvs: told?.ipvs ?? null,
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

  private async shutDown(reason: string, exitCode: number): Promise<void> {
    const { log, keep, pidFile } = this.options;
    log.info({ reason }, 'lvsd stops');
    notifyServiceManager('STOPPING=1');
    this.confirmAll();
    // Both at once: a peer should not wait for our checkers to be cleared away.
    await Promise.all([this.vrrp?.stop(keep.vrrp), this.health?.stop(keep.health)]);
    this.control?.close();
    rmSync(pidFile, { force: true });
    log.info({ exitCode }, 'lvsd has stopped');
    this.resolveEnded(exitCode);
  }

  private inForce(loaded: LoadedConfig): ConfigurationSnapshot {
    return {
      path: this.options.source.path,
      digest: loaded.digest,
      loadedAtMs: this.options.clock.wallTimeMs(),
      warnings: reportOf(loaded).warnings,
      refused: null,
    };
  }

  /** Starts the processes that the configuration needs, tells the running ones. */
  private applyConfiguration(): void {
    const { vrrp, health } = this.director;
    // A running process is told of an empty configuration too: that is how it lets go.
    if (this.vrrp !== null || (this.allowed('vrrp') && vrrp.instances.length > 0)) {
      this.vrrp = this.tell('vrrp', this.vrrp, vrrp);
    }
    if (this.health !== null || (this.allowed('health') && health.virtualServers.length > 0)) {
      this.health = this.tell('health', this.health, health);
    }
  }

  private allowed(name: ProcessName): boolean {
    return this.options.processes.includes(name);
  }

  private tell<Config>(
    name: ProcessName,
    child: Child<Config> | null,
    config: Config,
  ): Child<Config> {
    this.unconfirmed.add(name);
    if (child !== null) {
      child.configure(config);
      return child;
    }
    const { clock, log, logLevel, runDir } = this.options;
    return new Child<Config>({
      name,
      module: new URL(`./${name}-process.js`, import.meta.url),
      config,
      environment: reviveEnvironment(runDir),
      logLevel,
      clock,
      log,
      stopMsMax: this.director.global.childWaitMs,
      onReady: () => this.confirm(name),
      onRefused: (error) => this.refused(name, error),
    });
  }

  private refused(name: ProcessName, error: DirectorError): void {
    const { log } = this.options;
    log.error(
      { process: name, code: error.code, reason: error.message, hint: error.hint },
      'process cannot do its work',
    );
    void this.stop(error.message, 1);
  }

  private confirm(name: ProcessName): void {
    this.unconfirmed.delete(name);
    if (this.unconfirmed.size === 0) this.confirmAll();
  }

  private confirmAll(): void {
    for (const resolve of this.whenConfirmed.splice(0)) resolve();
  }

  /** Resolves when every process has the configuration in force, or is late. */
  private confirmed(): Promise<void> {
    if (this.unconfirmed.size === 0) return Promise.resolve();
    const { clock, log } = this.options;
    const all = new Promise<void>((resolve) => this.whenConfirmed.push(resolve));
    return within(clock, CONFIRM_MS_MAX, all, () => {
      log.warn({ processes: [...this.unconfirmed] }, 'process has not confirmed its configuration');
    });
  }
}

function reportOf(loaded: LoadedConfig): ReloadReport {
  const count = (severity: string): number =>
    loaded.diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  return {
    accepted: loaded.director !== null,
    digest: loaded.digest,
    diagnostics: renderDiagnostics(loaded.diagnostics, { colour: false }),
    errors: count('error'),
    warnings: count('warning'),
  };
}
