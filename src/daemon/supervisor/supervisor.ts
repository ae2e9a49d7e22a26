/**
 * The parent: it reads the configuration, runs the `vrrp`, the `bfd` and the `health` process and starts them
 * again when they die, answers `lvsctl`, and takes the signals. It touches neither the network nor
 * IPVS itself: what it knows of them is what the processes tell.
 *
 *   lvsd ─┬─ vrrp    advertisements, addresses, tracking
 *         ├─ bfd     sessions with neighbours
 *         ├─ health  checkers, the IPVS table
 *         └─ notify  the operator's scripts, FIFOs, mail
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataDump } from '../../api/keepalived/data.ts';
import { jsonDump } from '../../api/keepalived/json.ts';
import { statsDump } from '../../api/keepalived/stats.ts';
import {
  type ApplyRequest,
  EVERYTHING,
  type HealthProcessSnapshot,
  type ReloadReport,
  type ReloadRequest,
  type Snapshot,
  type SnapshotRequest,
  type Unconfirmed,
} from '../../api/protocol.ts';
import { type ControlDuties, type ControlServer, openControlServer } from '../../api/server.ts';
import { DirectorError, errnoName, reasonAndHint } from '../../base/error.ts';
import type { Log, LogLevel } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { dumpDirector } from '../../config/show/dump.ts';
import { mayControl } from '../../kernel/peer.ts';
import { notifyServiceManager } from '../../kernel/service-manager.ts';
import type { BfdSnapshot } from '../../model/snapshot-bfd.ts';
import type { NotifySnapshot } from '../../model/snapshot-notify.ts';
import type { VrrpSnapshot } from '../../model/snapshot-vrrp.ts';
import { makeFolder } from '../durable.ts';
import { ADOPT_VARIABLE } from '../health/adopt.ts';
import { STATE_DIR_VARIABLE } from '../health/drain-file.ts';
import type { ProcessName } from '../ipc.ts';
import { Configurations } from '../reload/configurations.ts';
import type { History } from '../reload/history.ts';
import type { KeptState } from '../reload/kept-state.ts';
import type { ConfigSource, GoodReading } from '../reload/reload.ts';
import { ReloadQueue } from '../reload/reload-queue.ts';
import { Around } from './around.ts';
import { dumpPath, writeDump } from './dump-files.ts';
import { writePid } from './pid-file.ts';
import { Processes, type WorkerName } from './processes.ts';
import { forgetRevivals, reviveEnvironment } from './revive.ts';
import type { Signal } from './signals.ts';
import { tellOfKeepalived, tellOfOpenFolders } from './surroundings.ts';

export interface SupervisorOptions {
  readonly version: string;
  readonly source: ConfigSource;
  readonly runDir: string;
  /** Configurations that were good, over the daemon's end. */
  readonly history: History;
  /** Which processes may run at all: `-P`, `-C` and `-B` restrict them. */
  readonly processes: readonly ProcessName[];
  /** The compiled module that each process runs. */
  readonly modules: Readonly<Record<ProcessName, URL>>;
  /** What stays in the kernel at stop: `-V` the addresses, `-I` the IPVS table. */
  readonly keep: Readonly<Record<WorkerName, boolean>>;
  /** Services of others in the IPVS table are ours, too. */
  readonly adopt: boolean;
  readonly pidFile: string;
  /** Where the processes leave their numbers, those that are to. */
  readonly childPidFiles: Readonly<Partial<Record<ProcessName, string>>>;
  /** False: the daemon stops when a process dies (`-R`). */
  readonly respawns: boolean;
  readonly logLevel: LogLevel;
  readonly log: Log;
  readonly clock: Clock;
}

/** How a daemon ends. */
interface Stop {
  readonly exitCode?: number;
  /** Instead of what the options say. */
  readonly keep?: SupervisorOptions['keep'];
}

/** What a daemon begins with. */
export interface Beginning {
  readonly reading: GoodReading;
  /** To be remembered when the processes work by it. */
  readonly state: KeptState;
}

export class Supervisor {
  /** Resolves with the exit code once everything has stopped. */
  readonly ended: Promise<number>;
  private readonly options: SupervisorOptions;
  private readonly processes: Processes;
  private readonly around: Around;
  private readonly reloads = new ReloadQueue(() =>
    this.changing(() => this.configurations.reload({ allowEmpty: false })),
  );
  private resolveEnded: (exitCode: number) => void = () => {};
  private readonly startedAtMs: number;
  private readonly stateAtStart: KeptState;
  private readonly configurations: Configurations;
  private control: ControlServer | null = null;
  private ready = false;
  private stopping: Promise<void> | null = null;

  /** What it begins with has no errors. */
  constructor(options: SupervisorOptions, begin: Beginning) {
    this.options = options;
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.startedAtMs = options.clock.wallTimeMs();
    this.stateAtStart = begin.state;
    const { modules, runDir, history, logLevel, clock, log, adopt } = options;
    this.around = new Around({ clock, log });
    this.processes = new Processes({
      allowed: options.processes,
      modules,
      environment: {
        ...reviveEnvironment(runDir),
        [STATE_DIR_VARIABLE]: history.folder,
        ...(adopt ? { [ADOPT_VARIABLE]: '1' } : {}),
      },
      logLevel,
      clock,
      log,
      pidFiles: options.childPidFiles,
      respawns: options.respawns,
      onRefused: (name, error) => this.refused({ process: name, ...told(error) }),
    });
    this.configurations = new Configurations(
      {
        source: options.source,
        processes: this.processes,
        history: options.history,
        turns: this.reloads,
        clock,
        log,
        refuseWhenStopping: () => this.refuseWhenStopping(),
      },
      begin.reading,
    );
  }

  /** Opens the control socket and starts the processes; resolves when their work is in force. */
  start(): Promise<void> {
    return this.reloads.inTurn(() => this.startNow());
  }

  /** Reads the file again, after the reload that runs. A bad file changes nothing and is reported. */
  reload({ allowEmpty }: ReloadRequest): Promise<ReloadReport> {
    // Those who have not said so do not share it.
    return allowEmpty
      ? this.inTurn(() => this.configurations.reload({ allowEmpty }))
      : this.reloads.ask();
  }

  /** Brings another configuration into force, perhaps for a time only. */
  apply(request: ApplyRequest): Promise<ReloadReport> {
    return this.inTurn(() => this.configurations.apply(request));
  }

  rollback(): Promise<ReloadReport> {
    return this.inTurn(() => this.configurations.rollback());
  }

  /** Does what a signal asks for. Nobody waits for the answer: what goes wrong is in the log. */
  onSignal(signal: Signal): void {
    const { log } = this.options;
    const failed = (error: unknown): void => {
      log.error({ signal, ...reasonAndHint(error) }, 'signal could not be obeyed');
    };
    switch (signal) {
      case 'SIGHUP':
        this.reload({ allowEmpty: false }).catch(failed);
        break;
      case 'SIGUSR1':
        this.dump().catch(failed);
        break;
      case 'SIGUSR2':
      case 'JSON':
        this.dumpVrrp(signal).catch(failed);
        break;
      case 'STATS_CLEAR':
        // Counters only grow: whoever reads them knows how to subtract.
        this.dumpVrrp('SIGUSR2').catch(failed);
        break;
      case 'TDATA':
        log.info({ signal }, 'there is no dump of timers: lvsctl show');
        break;
      case 'SIGQUIT':
        // For a restart: the next life adopts the table, and no connection is cut.
        this.stop(signal, { keep: { ...this.options.keep, health: true } }).catch(failed);
        break;
      default:
        this.stop(signal).catch(failed);
    }
  }

  /** Everything that `lvsctl show` shows. */
  async snapshot(request: SnapshotRequest = EVERYTHING): Promise<Snapshot> {
    const { version, runDir, clock } = this.options;
    const { processes } = this;
    const { director } = this.configurations;
    const [vrrp, bfd, health, notify] = (await Promise.all([
      processes.snapshot('vrrp', request),
      processes.snapshot('bfd', request),
      processes.snapshot('health', request),
      processes.snapshot('notify', request),
    ])) as [
      VrrpSnapshot | null,
      BfdSnapshot | null,
      HealthProcessSnapshot | null,
      NotifySnapshot | null,
    ];
    return {
      version,
      global: {
        ...director.global,
        vrrpStartupDelayMs: director.vrrp.startupDelayMs,
        flushAtStart: director.health.flushAtStart,
      },
      atMs: clock.wallTimeMs(),
      runDir,
      configuration: this.configurations.snapshot(),
      processes: [
        { name: 'supervisor', pid: process.pid, startedAtMs: this.startedAtMs, restarts: 0 },
        ...processes.statuses(),
      ],
      vrrp,
      bfd,
      health: health?.health ?? null,
      ipvs: health?.ipvs ?? null,
      settings: health?.settings ?? null,
      drains: health?.drains ?? null,
      notify,
    };
  }

  /**
   * Writes configuration and live state where an operator can read them, and once more in keepalived's layout,
   * for its exporters; gives the path of the first.
   */
  async dump(): Promise<string> {
    const { director } = this.configurations;
    const path = join(this.options.runDir, 'lvsd.data');
    const snapshot = await this.snapshot();
    const state = JSON.stringify(snapshot, null, 2);
    writeDump(path, `${dumpDirector(director)}\n------< Live state >------\n${state}\n`);
    const forExporters = dumpPath(director.dumps.data);
    writeDump(forExporters, dataDump(director, snapshot.vrrp));
    this.options.log.info({ path, forExporters }, 'data dumped');
    return path;
  }

  /** What is counted, or all of VRRP as JSON, in keepalived's layouts. */
  private async dumpVrrp(what: 'SIGUSR2' | 'JSON'): Promise<void> {
    const { director } = this.configurations;
    const vrrp = (await this.processes.snapshot('vrrp')) as VrrpSnapshot | null;
    const { stats, json } = director.dumps;
    const path = dumpPath(what === 'JSON' ? json : stats);
    writeDump(path, what === 'JSON' ? jsonDump(director, vrrp) : statsDump(vrrp));
    this.options.log.info({ path }, 'data dumped');
  }

  /** Stops the processes in good order. Asked twice, it stops once. */
  stop(reason: string, { exitCode = 0, keep = this.options.keep }: Stop = {}): Promise<void> {
    this.stopping ??= this.shutDown(reason, { exitCode, keep });
    return this.stopping;
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.reloads.inTurn(() => this.changing(work));
  }

  private duties(): ControlDuties {
    const { configurations, reloads } = this;
    const asked = <Result>(work: () => Promise<Result>): Promise<Result> =>
      reloads.inTurn(() => {
        this.refuseWhenStopping();
        return work();
      });
    return {
      snapshot: (request) => this.snapshot(request),
      reload: (request) => this.reload(request),
      apply: (request) => this.apply(request),
      rollback: () => this.rollback(),
      confirm: () => asked(() => configurations.confirm()),
      plan: ({ file }) => asked(() => configurations.plan(file)),
      verify: () => asked(() => this.processes.verify()),
      zero: (request) => asked(() => this.processes.zero(request)),
      steer: (request) => asked(() => this.processes.steer(request)),
      failOver: (request) => asked(() => this.processes.failOver(request)),
      drains: () => this.processes.drains(),
    };
  }

  private async startNow(): Promise<void> {
    const { runDir, log, pidFile, version, history } = this.options;
    const { configurations } = this;
    // A signal may have come before us.
    if (this.stopping !== null) return;
    makeRunDir(runDir);
    const duties = this.duties();
    this.control = await openControlServer({ runDir, log, maySteer: mayControl, duties });
    if (this.stopping !== null) {
      this.control.close();
      return;
    }
    forgetRevivals(runDir);
    writePid(pidFile, process.pid, '--pid');
    const { digest, director, path } = configurations;
    log.info({ version, configuration: path, digest, runDir }, 'lvsd starts');
    tellOfKeepalived(director.global.netNamespace, log);
    if (director.global.processName !== undefined) process.title = director.global.processName;
    await this.around.run('startup', director);
    if (this.stopping !== null) return;
    const [refusal] = await this.processes.startMissing(director);
    if (this.stopping !== null) return;
    if (refusal !== undefined) {
      this.refused(refusal);
      return;
    }
    await this.processes.replace(director);
    configurations.started(this.stateAtStart);
    tellOfOpenFolders([runDir, history.folder], log);
    this.ready = true;
    notifyServiceManager('READY=1');
    log.info({}, 'lvsd is ready');
  }

  /** One change of configuration; no other one runs. The service manager is told. */
  private async changing<Result>(work: () => Promise<Result>): Promise<Result> {
    this.refuseWhenStopping();
    notifyServiceManager(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    try {
      return await work();
    } finally {
      if (this.stopping === null) notifyServiceManager('READY=1');
    }
  }

  private refuseWhenStopping(): void {
    if (this.ready && this.stopping === null) return;
    throw new DirectorError('DAEMON_STOPPING', 'lvsd is stopping: what was asked for is not done');
  }

  private async shutDown(reason: string, { exitCode, keep }: Required<Stop>): Promise<void> {
    const { log, pidFile } = this.options;
    log.info({ reason, keepsTable: keep.health }, 'lvsd stops');
    notifyServiceManager('STOPPING=1');
    this.configurations.close();
    this.around.end();
    const { director } = this.configurations;
    await this.processes.stop(keep, director.global.childWaitMs);
    await this.around.run('shutdown', director);
    this.control?.close();
    try {
      rmSync(pidFile, { force: true });
    } catch (error) {
      log.error({ path: pidFile, reason: errnoName(error) }, 'the pid file could not be removed');
    }
    log.info({ exitCode }, 'lvsd has stopped');
    this.resolveEnded(exitCode);
  }

  private refused({ process, reason, hint }: Unconfirmed): void {
    this.options.log.error({ process, reason, hint }, 'process cannot do its work');
    void this.stop(reason, { exitCode: 1 });
  }
}

/** @throws DirectorError RUN_DIR_UNWRITABLE */
function makeRunDir(runDir: string): void {
  try {
    makeFolder(runDir, 0o755);
  } catch (cause) {
    const isFile = ['EEXIST', 'ENOTDIR'].includes(errnoName(cause));
    const reason = isFile ? 'there is a file in its place' : errnoName(cause);
    const why = `the run directory ${runDir} cannot be made: ${reason}`;
    const hint = 'give lvsd one that it may write: --run-dir DIR';
    throw new DirectorError('RUN_DIR_UNWRITABLE', why, { cause, hint });
  }
}

function told({ message, hint }: DirectorError): Omit<Unconfirmed, 'process'> {
  return { reason: message, hint: hint ?? null };
}
