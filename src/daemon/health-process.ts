/**
 * The `health` process: connects the checkers with the kernel's IPVS table. What the monitor decides
 * becomes a desired table; the reconciler makes the kernel's table like it, at start, at each verdict
 * that changes something, at a reload and whenever somebody else has changed it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthProcessSnapshot, VerifyReport } from '../api/protocol.ts';
import { DirectorError, errnoName, invariant, reasonAndHint } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { type Cancel, type Instant, type Millis, sleep, systemClock } from '../base/time.ts';
import type { ArpWatch } from '../health/arp-watch.ts';
import { HealthMonitor } from '../health/monitor.ts';
import type { PresenceOf } from '../health/ports.ts';
import { dial } from '../kernel/dial.ts';
import { type Ipvs, openBestSocket, openIpvs } from '../kernel/ipvs.ts';
import { countLearntConnections } from '../kernel/ipvs-connections.ts';
import { inNetwork } from '../kernel/namespace.ts';
import { openNetlinkSocket } from '../kernel/netlink-socket.ts';
import { openNetwork } from '../kernel/network.ts';
import { applyProcessSettings } from '../kernel/scheduling.ts';
import { runScript } from '../kernel/script.ts';
import { listenForSync } from '../kernel/sync-listener.ts';
import { readSysctlText, writeSysctl } from '../kernel/sysctl.ts';
import { type KernelSettings, NO_SETTINGS } from '../model/kernel-settings.ts';
import { formatService } from '../model/names.ts';
import type { IpvsPlan } from '../model/plan.ts';
import type {
  DestinationSnapshot,
  DriftSnapshot,
  IpvsSnapshot,
  RefusalSnapshot,
} from '../model/snapshot-ipvs.ts';
import type { VrrpStates } from '../model/snapshot-vrrp.ts';
import type { HealthConfig, ServiceKey, VirtualServer } from '../model/virtual-server.ts';
import { ScriptQueue } from '../notify/script.ts';
import { IpvsReconciler, type Report } from '../reconcile/apply.ts';
import { desiredTable } from '../reconcile/desired.ts';
import { renderChange } from '../reconcile/render.ts';
import type { DestinationColumns } from '../wire/ipvs/columns.ts';
import type { TableColumns } from '../wire/ipvs/table.ts';
import { ADOPT_VARIABLE, presenceIn } from './adopt.ts';
import { openArpWatch } from './arp-watch.ts';
import { afterVerification, NO_DRIFT } from './drift-log.ts';
import { HEALTH_CODEC } from './health-patch.ts';
import { openUplink, type ProcessDuties, type Question } from './ipc.ts';
import { KernelSettingsKeeper, kernelName } from './kernel-settings.ts';
import { afterReconciliation } from './refusal-log.ts';
import { writeWhole } from './whole-file.ts';

/** How often the kernel's table is read to find what others have changed in it. */
const VERIFY_EVERY_MS: Millis = 10_000;
/** Between two readings, however long they take. */
const VERIFY_PAUSE_MS_MIN: Millis = 1_000;
/** Lines of one log record: a start with 10 000 real servers is told by its count. */
const CHANGES_LOGGED_MAX = 20;
/** Lines of one answer. */
const CHANGES_TOLD_MAX = 1_000;

const clock = systemClock;

class HealthProcess implements ProcessDuties<HealthConfig> {
  private readonly log: Log;
  private readonly runDir: string;
  private readonly ownedPath: string;
  private readonly scripts: ScriptQueue;
  private readonly monitor: HealthMonitor;
  private ipvs: Ipvs | null = null;
  private reconciler: IpvsReconciler | null = null;
  private keeper: KernelSettingsKeeper | null = null;
  private arp: ArpWatch | null = null;
  private settings: KernelSettings = NO_SETTINGS;
  private states: VrrpStates = {};
  private virtualServers: readonly VirtualServer[] = [];
  private owned: readonly ServiceKey[] = [];
  /** What the file of them holds, as far as we have written it. */
  private ownedText = '';
  private drift: DriftSnapshot = NO_DRIFT;
  private refusals: readonly RefusalSnapshot[] = [];
  /** Reports that were told, and those whose drift was counted. */
  private readonly booked = new WeakSet<Report>();
  private readonly counted = new WeakSet<Report>();
  /** When the last regular verification began. */
  private verifiedAt: Instant = 0;
  private cancelVerify: Cancel = () => {};
  /** It has made the kernel's table as its first configuration wants it. */
  private working = false;
  private stopped = false;

  /** Whether services of others become ours at the start. */
  private readonly adopts: boolean;

  constructor(log: Log, { runDir, adopts }: { runDir: string; adopts: boolean }) {
    this.log = log;
    this.adopts = adopts;
    this.runDir = runDir;
    this.ownedPath = join(runDir, 'ipvs-owned.json');
    this.scripts = new ScriptQueue({ clock, log, run: runScript });
    this.monitor = new HealthMonitor({
      clock,
      random: systemRandom,
      log,
      dial,
      notify: this.scripts,
      onServings: () => void this.onServings(),
    });
  }

  async configure(config: HealthConfig, quietMs: Millis): Promise<void> {
    const starts = this.reconciler === null;
    if (starts) await this.open(config);
    if (quietMs > 0) await sleep(clock, quietMs);
    this.virtualServers = config.virtualServers;
    this.settings = config.settings;
    await this.keeper?.configure(config.settings, starts ? 'start' : 'reload');
    const presence = starts ? await this.readPresence() : undefined;
    this.monitor.configure(config.virtualServers, presence);
    this.arp?.configure(config.virtualServers);
    // If the kernel does not answer now, the next verification makes its table right.
    await this.reconcile(starts ? 'start' : 'reload');
    if (starts) {
      this.verifiedAt = clock.now();
      this.verifyLater();
    }
    this.working = true;
  }

  async answer(question: Question<HealthConfig>): Promise<unknown> {
    switch (question.ask) {
      case 'snapshot':
        return this.snapshot();
      case 'plan':
        return this.plan(question.config);
      case 'verify':
        return this.verifyNow();
    }
  }

  vrrpStates(states: VrrpStates): void {
    this.states = states;
    this.keeper?.vrrpStates(states);
    this.arp?.askSoon();
  }

  async stop(keep: boolean): Promise<void> {
    if (!keep) this.monitor.announceStop({ flushes: this.settings.flushOnStop !== null });
    this.leave();
    await this.scripts.close();
    if (!keep) {
      await this.empty();
      await this.keeper?.restore();
    }
    this.ipvs?.close();
  }

  /** Removing a service removes what it holds, so `VS` is what we do anyhow. */
  private async empty(): Promise<void> {
    if (this.ipvs === null || this.reconciler === null) return;
    if (this.settings.flushOnStop !== 'everything') {
      this.book(await this.reconciler.reconcile({ services: [] }), 'stop');
      return;
    }
    await this.ipvs.flush();
    this.keepOwned([]);
    this.log.info({ reason: 'lvs_flush_on_stop' }, 'IPVS table emptied');
  }

  /** The kernel goes on forwarding; the next health process finds its table. */
  async orphaned(): Promise<void> {
    this.leave();
  }

  private async snapshot(): Promise<HealthProcessSnapshot> {
    return {
      health: { ...this.monitor.snapshot(), arpFaults: this.arp?.faults ?? [] },
      ipvs: await this.readIpvs(),
      settings: (await this.keeper?.snapshot()) ?? null,
    };
  }

  /** By the standing that a reload would keep, now. */
  private async plan({ virtualServers }: HealthConfig): Promise<IpvsPlan> {
    if (this.reconciler === null || !this.working) throw notWorking();
    const servings = this.monitor.servingsUnder(virtualServers);
    return this.reconciler.plan(desiredTable(virtualServers, servings));
  }

  private leave(): void {
    this.stopped = true;
    this.cancelVerify();
    this.monitor.close();
    this.keeper?.close();
    this.arp?.close();
  }

  private kernel(): Ipvs {
    invariant(this.ipvs !== null, 'IPVS is opened by the first configuration');
    return this.ipvs;
  }

  private async open(config: HealthConfig): Promise<void> {
    for (const warning of applyProcessSettings(config.process)) this.log.warn({}, warning);
    const { namespace } = config.settings;
    this.ipvs = await openIpvs(clock, (...socket) =>
      inNetwork(namespace, () => openBestSocket(...socket)),
    );
    if (config.flushAtStart) await this.ipvs.flush();
    this.owned = readOwned(this.ownedPath);
    this.reconciler = new IpvsReconciler({ ipvs: this.ipvs, owned: this.owned });
    this.keeper = this.openKeeper(this.ipvs, namespace);
    this.keeper.vrrpStates(this.states);
    this.arp = openArpWatch({ clock, log: this.log, namespace });
  }

  /** What belongs to a network namespace is opened, read and written in that of IPVS. */
  private openKeeper(ipvs: Ipvs, namespace: string | null): KernelSettingsKeeper {
    const there = <Result>(work: () => Result): Result => inNetwork(namespace, work);
    const network = openNetwork(clock, (...socket) => there(() => openNetlinkSocket(...socket)));
    return new KernelSettingsKeeper({
      clock,
      log: this.log,
      path: join(this.runDir, 'kernel-settings.json'),
      kernelName: kernelName(namespace),
      listen: (...channel) => there(() => listenForSync(...channel)),
      kernel: {
        readTimeouts: () => ipvs.readTimeouts(),
        setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
        readDaemons: () => ipvs.readDaemons(),
        startDaemon: (daemon) => ipvs.startDaemon(daemon),
        stopDaemon: (role) => ipvs.stopDaemon(role),
        readSysctl: (name) => there(() => readSysctlText(name)),
        writeSysctl: (name, value) => there(() => writeSysctl(name, value)),
        countLearnt: () => there(() => countLearntConnections()),
        interfaceIndex: async (name) => (await network.readLink(name))?.index ?? null,
      },
    });
  }

  /** What an earlier life left in the kernel; the reconciler begins with the same reading. */
  private async readPresence(): Promise<PresenceOf> {
    const table = await this.kernel().readColumns({ withStatistics: false });
    this.reconciler?.hasRead(table);
    if (this.adopts) this.adoptAll(table);
    return presenceIn(table, this.owned);
  }

  /** `--adopt`: services of others are ours, and those that nobody configures go. */
  private adoptAll(table: TableColumns): void {
    const known = new Set(this.owned.map(formatService));
    const keys = table.services.map(({ key }) => key);
    const others = keys.map(formatService).filter((name) => !known.has(name));
    this.reconciler?.adopt(table);
    this.owned = keys;
    if (others.length === 0) return;
    const services = others.slice(0, CHANGES_LOGGED_MAX);
    this.log.warn({ count: others.length, services }, 'services of others are adopted');
  }

  private async onServings(): Promise<void> {
    try {
      await this.reconcile('decision');
    } catch (error) {
      const fields = { ...reasonAndHint(error), againWithinMs: VERIFY_EVERY_MS };
      this.log.error(fields, 'IPVS table could not be changed');
    }
  }

  private async reconcile(reason: string): Promise<void> {
    if (this.stopped || this.reconciler === null) return;
    const desired = desiredTable(this.virtualServers, this.monitor.servings());
    this.book(await this.reconciler.reconcile(desired), reason);
  }

  private verifyLater(): void {
    const at = Math.max(this.verifiedAt + VERIFY_EVERY_MS, clock.now() + VERIFY_PAUSE_MS_MIN);
    this.cancelVerify = clock.wakeAt(at, () => {
      // From beginning to beginning: what a verification takes does not add to the time until the next.
      this.verifiedAt = clock.now();
      void this.verify().finally(() => {
        if (!this.stopped) this.verifyLater();
      });
    });
  }

  /** Reads the whole table, puts right what is not as it should be, and tells. */
  private async verifyNow(): Promise<VerifyReport> {
    if (this.reconciler === null || !this.working || this.stopped) throw notWorking();
    const report = await this.verified(this.reconciler);
    const { drift, refused, foreign, converged } = report;
    return {
      count: drift.length,
      drift: drift.slice(0, CHANGES_TOLD_MAX).map(renderChange),
      refused: refused.slice(0, CHANGES_TOLD_MAX).map(({ error: { message, hint } }) => ({
        reason: message,
        hint: hint ?? null,
      })),
      foreignCount: foreign.length,
      foreign: foreign.slice(0, CHANGES_TOLD_MAX).map(formatService),
      virtualServers: this.owned.length,
      converged,
    };
  }

  private async verified(reconciler: IpvsReconciler): Promise<Report> {
    const report = await reconciler.verify();
    if (!this.counted.has(report)) {
      this.counted.add(report);
      this.drift = afterVerification(this.drift, report.drift, clock.wallTimeMs());
    }
    this.book(report, report.drift.length > 0 ? 'drift' : 'verification');
    return report;
  }

  private async verify(): Promise<void> {
    if (this.stopped || this.reconciler === null) return;
    try {
      await this.verified(this.reconciler);
      await this.keeper?.verify();
    } catch (error) {
      this.log.warn({ reason: errnoName(error) }, 'IPVS table could not be verified');
    }
  }

  /** Tells what a reconciliation did, and keeps which services are ours. */
  private book(report: Report, reason: string): void {
    // Who was overtaken by another reconciliation has been given its report.
    if (this.booked.has(report)) return;
    this.booked.add(report);
    const { applied, refused, owned, takenOver } = report;
    if (takenOver.length > 0) {
      const services = takenOver.slice(0, CHANGES_LOGGED_MAX).map(formatService);
      this.log.info({ reason, count: takenOver.length, services }, 'services are taken over');
    }
    if (applied.length > 0) {
      const changes = applied.slice(0, CHANGES_LOGGED_MAX).map(renderChange);
      const level = reason === 'drift' ? 'warn' : 'info';
      this.log[level]({ reason, count: applied.length, changes }, 'IPVS table changed');
    }
    this.bookRefusals(refused);
    this.keepOwned(owned);
  }

  private bookRefusals(refused: Report['refused']): void {
    const { all, fresh } = afterReconciliation(this.refusals, refused);
    this.refusals = all;
    for (const { change, reason, hint } of fresh.slice(0, CHANGES_LOGGED_MAX)) {
      this.log.error({ change, reason, hint }, 'IPVS change refused');
    }
    const more = fresh.length - CHANGES_LOGGED_MAX;
    if (more > 0) this.log.error({ count: more }, 'more IPVS changes refused');
  }

  private keepOwned(owned: readonly ServiceKey[]): void {
    if (owned === this.owned && this.ownedText !== '') return;
    this.owned = owned;
    const text = JSON.stringify(owned);
    if (text === this.ownedText) return;
    try {
      writeWhole(this.ownedPath, text);
      this.ownedText = text;
    } catch (error) {
      const fields = { path: this.ownedPath, reason: errnoName(error) };
      this.log.error(fields, 'what is ours in the IPVS table could not be written down');
    }
  }

  private async readIpvs(): Promise<IpvsSnapshot> {
    const { drift, refusals: refused } = this;
    if (this.ipvs === null) return { services: [], refused, drift };
    const owned = new Set(this.owned.map(formatService));
    const table = await this.ipvs.readColumns({ withStatistics: false });
    return {
      drift,
      refused,
      services: table.services.map(({ key, scheduler }, at) => ({
        key,
        scheduler,
        owned: owned.has(formatService(key)),
        destinations: table.rowsOf(at).map((row) => snapshotOf(table.destinations, row)),
      })),
    };
  }
}

function snapshotOf(columns: DestinationColumns, row: number): DestinationSnapshot {
  const { address, port, forwarding, weight } = columns.destination(row);
  return {
    address,
    port,
    forwarding,
    weight,
    activeConnections: columns.activeConnections[row] as number,
    inactiveConnections: columns.inactiveConnections[row] as number,
    persistentConnections: columns.persistentConnections[row] as number,
  };
}

function notWorking(): DirectorError {
  return new DirectorError('PROCESS_SILENT', 'the process health has not begun its work yet');
}

/** The services that an earlier life of this process made; none when it left no word. */
function readOwned(path: string): readonly ServiceKey[] {
  try {
    const told: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(told) ? (told as readonly ServiceKey[]) : [];
  } catch {
    return [];
  }
}

const uplink = openUplink(process.argv[2] as LogLevel);
const { LVSD_RUN_DIR: runDir = '.', [ADOPT_VARIABLE]: adopt } = process.env;
uplink.serve(new HealthProcess(uplink.log, { runDir, adopts: adopt !== undefined }), HEALTH_CODEC);
