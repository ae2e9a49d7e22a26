/**
 * What the health process does: it connects the checkers with the kernel's IPVS table. What the monitor decides
 * becomes a desired table; the reconciler makes the kernel's table like it, at start, at each verdict
 * that changes something, at a reload and whenever somebody else has changed it.
 */
import { join } from 'node:path';
import type { HealthProcessSnapshot, SnapshotRequest, VerifyReport } from '../../api/protocol.ts';
import { DirectorError, invariant, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { atOnce, freshTurn, inSlices, type Steps } from '../../base/slices.ts';
import {
  type Cancel,
  type Clock,
  type Instant,
  type Millis,
  sleep,
  systemClock,
} from '../../base/time.ts';
import { Trouble, type TroubleWords } from '../../base/trouble.ts';
import { Drains } from '../../drain/drains.ts';
import { type Prospect, refuseLoss } from '../../drain/loss.ts';
import { virtualServerNamed } from '../../drain/names.ts';
import { type Consequence, notesOn, peerNotes } from '../../drain/notes.ts';
import { DrainSharing } from '../../drain/sharing.ts';
import { NO_ROOM } from '../../drain/telling.ts';
import type { ArpWatch } from '../../health/arp-watch.ts';
import type { Dial } from '../../health/checker.ts';
import { HealthMonitor } from '../../health/monitor.ts';
import type { PresenceOf } from '../../health/ports.ts';
import { Sessions } from '../../health/sessions.ts';
import { dial } from '../../kernel/dial.ts';
import { type Ipvs, openBestSocket, openIpvs } from '../../kernel/ipvs.ts';
import { inNetwork } from '../../kernel/namespace.ts';
import { applyProcessSettings } from '../../kernel/scheduling.ts';
import { readSysctlText } from '../../kernel/sysctl.ts';
import type { BfdStates } from '../../model/bfd.ts';
import type { DrainSnapshot, Leaving, SteerReport, SteerRequest } from '../../model/drain.ts';
import type { IpvsTable } from '../../model/ipvs-table.ts';
import { type KernelSettings, NO_SETTINGS } from '../../model/kernel-settings.ts';
import { formatService } from '../../model/names.ts';
import type { ServerNotice } from '../../model/notice.ts';
import type { PeerLink } from '../../model/peer.ts';
import type { IpvsPlan } from '../../model/plan.ts';
import type { Serving } from '../../model/serving.ts';
import type { IpvsSnapshot } from '../../model/snapshot-ipvs.ts';
import type { VrrpStates } from '../../model/snapshot-vrrp.ts';
import type { HealthConfig, VirtualServer } from '../../model/virtual-server.ts';
import type { ZeroReport, ZeroRequest } from '../../model/zero.ts';
import { IpvsReconciler, type Report } from '../../reconcile/apply.ts';
import { desiredSteps } from '../../reconcile/desired.ts';
import {
  departingSteps,
  stayingSteps,
  takenUpSteps,
  withLeavingSteps,
  withoutRoomSteps,
} from '../../reconcile/leaving.ts';
import type { TableColumns } from '../../wire/ipvs/table.ts';
import type { ProcessDuties, Question, Uplink } from '../ipc.ts';
import { presenceIn } from './adopt.ts';
import { openArpWatch } from './arp-watch.ts';
import { readDrains, writeDrains } from './drain-file.ts';
import type { KernelSettingsKeeper } from './kernel-settings.ts';
import { openKernelSettings } from './open-kernel-settings.ts';
import { Ownership } from './ownership.ts';
import { CHANGES_LOGGED_MAX, ReportBook, verifyReport } from './report-book.ts';
import { absentFrom, countIn, servicesIn } from './table-reading.ts';
import { zeroCounters } from './zero.ts';

/** How often the kernel’s table and settings are read: what others change in them is to be put right within 10 s. */
const VERIFY_EVERY_MS: Millis = 9_000;
/** Between two readings, however long they take. */
const VERIFY_PAUSE_MS_MIN: Millis = 1_000;

/** What serves may change while it is looked for what a reload drains; then it is looked for anew, so often in all. */
const DEPARTING_TRIES_MAX = 3;

/** So long an order waits for the answer of the other director before it is told. */
const TOLD_MS_MAX: Millis = 500;

/** Where what it decides meets the kernel and real time. */
export interface HealthDoors {
  readonly clock: Clock;
  readonly dial: Dial;
  openIpvs(namespace: string | null): Promise<Ipvs>;
  readonly openSettings: typeof openKernelSettings;
  readonly openArpWatch: typeof openArpWatch;
}

const DOORS: HealthDoors = {
  clock: systemClock,
  dial,
  openIpvs: (namespace) =>
    openIpvs(systemClock, (...socket) => inNetwork(namespace, () => openBestSocket(...socket))),
  openSettings: openKernelSettings,
  openArpWatch,
};

export interface HealthOptions {
  readonly runDir: string;
  readonly stateDir: string;
  /** Whether services of others become ours at the start. */
  readonly adopts: boolean;
  readonly doors?: HealthDoors;
}

const UNCHANGED: TroubleWords = {
  level: 'error',
  message: 'IPVS table could not be changed',
  over: 'IPVS table can be changed again',
};
const UNVERIFIED: TroubleWords = {
  level: 'warn',
  message: 'IPVS table could not be verified',
  over: 'IPVS table can be verified again',
};

export class HealthDuties implements ProcessDuties<HealthConfig> {
  private readonly uplink: Uplink;
  private readonly log: Log;
  private readonly options: HealthOptions;
  private readonly doors: HealthDoors;
  private readonly clock: Clock;
  private readonly ownership: Ownership;
  private readonly drains: Drains;
  private readonly sharing: DrainSharing;
  private peerLinksNow: readonly PeerLink[] = [];
  private directorName = '';
  private readonly sessions = new Sessions();
  private readonly monitor: HealthMonitor;
  private ipvs: Ipvs | null = null;
  private reconciler: IpvsReconciler | null = null;
  private keeper: KernelSettingsKeeper | null = null;
  private arp: ArpWatch | null = null;
  private settings: KernelSettings = NO_SETTINGS;
  private states: VrrpStates = {};
  private listeners: HealthConfig['listeners'] = { fifo: false, mail: false };
  private virtualServers: readonly VirtualServer[] = [];
  private readonly book: ReportBook;
  /** When the last regular verification began. */
  private verifiedAt: Instant = 0;
  private cancelVerify: Cancel = () => {};
  private readonly unchanged: Trouble;
  private readonly unverified: Trouble;
  /** It has made the kernel's table as its first configuration wants it. */
  private working = false;
  private stopped = false;
  /** As it was told last. */
  private areServersUp: boolean | null = null;

  constructor(uplink: Uplink, options: HealthOptions) {
    const { log } = uplink;
    const { runDir, stateDir } = options;
    this.uplink = uplink;
    this.log = log;
    this.options = options;
    this.doors = options.doors ?? DOORS;
    const { clock } = this.doors;
    this.clock = clock;
    this.unchanged = new Trouble({ clock, log }, UNCHANGED);
    this.unverified = new Trouble({ clock, log }, UNVERIFIED);
    this.ownership = new Ownership(join(runDir, 'ipvs-owned.json'), log);
    this.book = new ReportBook({ clock, log, ownership: this.ownership });
    this.drains = new Drains(
      {
        clock,
        log,
        count: (places) => countIn(this.kernel(), places),
        templatesBind: () => this.templatesBind(),
        keep: (state) => writeDrains(stateDir, state),
        name: () => this.directorName,
        onChange: (reason) => void this.steered(reason),
      },
      readDrains(stateDir, (path) =>
        log.error({ path }, 'what was drained and disabled cannot be read, and is in service'),
      ),
    );
    this.sharing = new DrainSharing({
      clock,
      log,
      director: this.drains.director,
      name: () => this.directorName,
      send: (life, note) => uplink.tellPeerNote(life, note),
      shared: () => this.drains.shared,
      accept: (told, from) => this.drains.accept(told, from),
    });
    this.monitor = new HealthMonitor({
      clock,
      random: systemRandom,
      log,
      dial: this.doors.dial,
      notify: { changed: (notice) => this.tell(notice) },
      orders: this.drains,
      sessions: this.sessions,
      onServings: () => {
        this.tellServersUp();
        void this.changed('decision');
      },
    });
  }

  async configure(config: HealthConfig, quietMs: Millis): Promise<void> {
    const starts = this.reconciler === null;
    if (starts) await this.open(config);
    if (quietMs > 0) await sleep(this.clock, quietMs);
    await this.keeper?.configure(config.settings, starts ? 'start' : 'reload');
    await this.monitor.prepare(
      config.virtualServers,
      starts ? await this.readPresence() : undefined,
    );
    const foreseen = starts ? null : await this.foreseeDeparting(config);
    await freshTurn(this.clock);
    if (this.stopped) return;
    this.changeOver(config, foreseen === null ? [] : this.departing(config, foreseen));
    // If the kernel does not answer now, the next verification makes its table right.
    await this.reconcile(starts ? 'start' : 'reload');
    if (starts) {
      this.verifiedAt = this.clock.now();
      this.verifyLater();
    }
    this.working = true;
    this.sharing.linksAre(this.peerLinksNow);
  }

  /** The configuration comes into force, at once. What takes long if much is new has been prepared. */
  private changeOver(config: HealthConfig, departures: readonly Leaving[]): void {
    const { settings, directorName, listeners, virtualServers } = config;
    this.settings = settings;
    this.directorName = directorName;
    this.listeners = listeners;
    this.virtualServers = virtualServers;
    this.monitor.configure(virtualServers);
    this.arp?.configure(virtualServers);
    this.drains.leave(departures);
    this.drains.configure(virtualServers);
  }

  async answer(question: Question<HealthConfig>): Promise<unknown> {
    switch (question.ask) {
      case 'snapshot':
        return this.snapshot(question.request);
      case 'plan':
        return this.plan(question.config);
      case 'verify':
        return this.verifyNow();
      case 'zero':
        return this.zero(question.request);
      case 'steer':
        return this.steer(question.request);
      case 'drains':
        return this.drainSnapshot();
      case 'failover':
        return null;
    }
  }

  vrrpStates(states: VrrpStates): void {
    this.states = states;
    this.keeper?.vrrpStates(states);
    this.arp?.askSoon();
  }

  bfdStates(states: BfdStates): void {
    this.sessions.tell(states);
  }

  /** Before the table is made nothing is agreed upon: who tells us something tells it again. */
  peerLinks(links: readonly PeerLink[]): void {
    this.peerLinksNow = links;
    if (this.working && !this.stopped) this.sharing.linksAre(links);
  }

  peerNote(life: string, note: Uint8Array): void {
    this.sharing.hear(life, note);
  }

  async stop(keep: boolean): Promise<void> {
    if (!keep) this.monitor.announceStop({ flushes: this.settings.flushOnStop !== null });
    this.leave();
    if (!keep) {
      this.drains.forget(this.drains.departures, 'stop');
      await this.empty();
      await this.keeper?.restore();
    }
    this.ipvs?.close();
  }

  /** Removing a service removes what it holds, so `VS` is what we do anyhow. */
  private async empty(): Promise<void> {
    if (this.reconciler === null) return;
    if (this.settings.flushOnStop !== 'everything') {
      this.book.book(await this.reconciler.reconcile({ services: [] }), 'stop');
      return;
    }
    await this.reconciler.flush();
    this.ownership.keep([]);
    this.log.info({ reason: 'lvs_flush_on_stop' }, 'IPVS table emptied');
  }

  /** The kernel goes on forwarding; the next health process finds its table. */
  async orphaned(): Promise<void> {
    this.leave();
  }

  private async snapshot(request: SnapshotRequest): Promise<HealthProcessSnapshot> {
    return {
      health: { ...this.monitor.snapshot(), arpFaults: this.arp?.faults ?? [] },
      ipvs: await this.readIpvs(request),
      settings: (await this.keeper?.snapshot()) ?? null,
      drains: this.drainSnapshot(),
    };
  }

  private drainSnapshot(): DrainSnapshot {
    const { sharing } = this;
    const told = this.drains.snapshot((order) => sharing.hasOf(order));
    return { ...told, peers: sharing.snapshot() };
  }

  /** By the standing that a reload would keep, now. */
  private async plan(config: HealthConfig): Promise<IpvsPlan> {
    if (this.reconciler === null || !this.working) throw notWorking();
    const { virtualServers } = config;
    const servings = await inSlices(this.monitor.servingsUnder(virtualServers), this.clock);
    const table = await inSlices(desiredSteps(virtualServers, servings), this.clock);
    const departures = await inSlices(
      this.departingUnder(config, this.monitor.servings()),
      this.clock,
    );
    const leaving = [...this.drains.departures, ...departures];
    const stays = await inSlices(stayingSteps(table, leaving), this.clock);
    const isNew = new Set(departures);
    return this.reconciler.plan(
      await inSlices(withLeavingSteps(table, stays), this.clock),
      stays.filter((one) => isNew.has(one)),
    );
  }

  /** What a reload of this would take out of the table, and is to be drained first. */
  private departingUnder(
    { virtualServers }: HealthConfig,
    servings: readonly Serving[],
  ): Steps<readonly Leaving[]> {
    return departingSteps({
      before: this.virtualServers,
      servings,
      after: virtualServers,
      nowMs: this.clock.wallTimeMs(),
    });
  }

  /** The same, found in slices; if what serves has changed meanwhile, again. */
  private async foreseeDeparting(config: HealthConfig): Promise<Foreseen> {
    for (let tries = 1; ; tries += 1) {
      const servings = this.monitor.servings();
      const found = await inSlices(this.departingUnder(config, servings), this.clock);
      if (tries === DEPARTING_TRIES_MAX || this.areStill(servings)) return { servings, found };
    }
  }

  /** The same at this moment. */
  private departing(config: HealthConfig, { servings, found }: Foreseen): readonly Leaving[] {
    if (this.areStill(servings)) return found;
    return atOnce(this.departingUnder(config, this.monitor.servings()));
  }

  private areStill(servings: readonly Serving[]): boolean {
    return this.monitor.servings().every((one, at) => one === servings[at]);
  }

  /** Drains, disables or enables a real server. @throws DirectorError; then nothing has changed. */
  private async steer(request: SteerRequest): Promise<SteerReport> {
    if (!this.working || this.stopped) throw notWorking();
    await inSlices(this.refusingLoss(request), this.clock);
    if (this.stopped) throw notWorking();
    const { meant, said, report } = this.drains.steer(request);
    this.sharing.changed();
    const { realServer } = report;
    const consequences = await inSlices(this.steering(meant.servers, realServer), this.clock);
    const isDone = await this.changed('operator');
    if (!said.isLocal) await this.sharing.told(said, TOLD_MS_MAX);
    const peers = this.sharing.hasOf(said);
    const late = `the kernel does not answer: its table is put right within ${VERIFY_EVERY_MS / 1000} s`;
    const notes = [
      ...notesOn(request.want, consequences, this.drains.templatesBind),
      ...(said.isLocal ? [] : peerNotes(this.sharing.snapshot(), peers)),
      ...(isDone ? [] : [late]),
    ];
    return { ...report, peers, notes };
  }

  /** What follows for these virtual servers from an order for a real server of theirs. */
  private *steering(
    servers: readonly VirtualServer[],
    realServer: string,
  ): Steps<readonly Consequence[]> {
    const watched = this.monitor.watchedOf(servers);
    const met = watched.map(({ quorumMet }) => quorumMet);
    yield* this.monitor.steering(realServer);
    const consequences: Consequence[] = [];
    for (const [at, one] of watched.entries()) {
      const { configured: server, quorumMet: metNow, serving } = one;
      const standing = one.standingOf(realServer);
      consequences.push({ server, metBefore: met[at] === true, metNow, serving, standing });
      yield;
    }
    return consequences;
  }

  /** Orders have changed, and the table with them. */
  private async steered(reason: string): Promise<void> {
    await inSlices(this.monitor.steering(null), this.clock);
    await this.changed(reason);
  }

  /** What would be lost besides is told before. @throws DirectorError SERVICE_NEEDED, UNKNOWN_SERVER */
  private *refusingLoss(request: SteerRequest): Steps<void> {
    const { want, force } = request;
    if (force || want.kind === 'enable') return;
    const { target, servers } = this.drains.meant(request);
    const hold = want.kind === 'disable' ? 'out' : 'quiescent';
    const prospects: Prospect[] = [];
    for (const one of this.monitor.watchedOf(servers)) {
      prospects.push({
        server: one.configured,
        realServer: target.realServer,
        before: { met: one.quorumMet, serving: one.serving },
        after: one.underOrder(target.realServer, hold),
      });
      yield;
    }
    refuseLoss(prospects);
  }

  /** Whether persistence brings clients back to a real server of weight 0. @throws DirectorError */
  private templatesBind(): boolean {
    const name = 'net.ipv4.vs.expire_quiescent_template';
    return inNetwork(this.settings.namespace, () => readSysctlText(name)) !== '1';
  }

  private tell(notice: ServerNotice): void {
    const { fifo, mail } = this.listeners;
    if (notice.script !== null || fifo || (mail && notice.mails)) this.uplink.tell(notice);
  }

  /** VRRP instances may be anchored to real servers. */
  private tellServersUp(): void {
    const areUp = this.monitor.areServersUp();
    if (areUp === this.areServersUp) return;
    this.areServersUp = areUp;
    this.uplink.tellServersUp(areUp);
  }

  private leave(): void {
    this.stopped = true;
    this.cancelVerify();
    this.drains.close();
    this.sharing.close();
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
    this.ipvs = await this.doors.openIpvs(namespace);
    if (config.flushAtStart) await this.ipvs.flush();
    this.reconciler = new IpvsReconciler({
      ipvs: this.ipvs,
      owned: this.ownership.keys,
      keepOwned: (keys) => this.ownership.keep(keys),
      clock: this.clock,
    });
    this.keeper = this.doors.openSettings({
      ipvs: this.ipvs,
      namespace,
      runDir: this.options.runDir,
      clock: this.clock,
      log: this.log,
    });
    this.keeper.vrrpStates(this.states);
    this.arp = this.doors.openArpWatch({ clock: this.clock, log: this.log, namespace });
  }

  /** What an earlier life left in the kernel; the reconciler begins with the same reading. */
  private async readPresence(): Promise<PresenceOf> {
    const table = await this.kernel().readColumns({ withStatistics: false });
    this.reconciler?.hasRead(table);
    if (this.options.adopts) this.adoptAll(table);
    this.drains.forget(absentFrom(table, this.drains.departures), 'not in the table');
    return presenceIn(table, this.ownership.keys, this.drains);
  }

  /** `--adopt`: services of others are ours, and those that nobody configures go. */
  private adoptAll(table: TableColumns): void {
    const known = new Set(this.ownership.keys.map(formatService));
    const keys = table.services.map(({ key }) => key);
    const others = keys.map(formatService).filter((name) => !known.has(name));
    this.reconciler?.adopt(table);
    this.ownership.keep(keys);
    if (others.length === 0) return;
    const services = others.slice(0, CHANGES_LOGGED_MAX);
    this.log.warn({ count: others.length, services }, 'services of others are adopted');
  }

  /** Something else should be in the table. False: the kernel did not take it, and is asked again. */
  private async changed(reason: string): Promise<boolean> {
    try {
      await this.reconcile(reason);
      this.unchanged.wentWell({});
      return true;
    } catch (error) {
      this.unchanged.happened({ ...reasonAndHint(error), againWithinMs: VERIFY_EVERY_MS });
      return false;
    }
  }

  private async reconcile(reason: string): Promise<void> {
    if (this.stopped || this.reconciler === null) return;
    this.book.book(await this.reconciler.reconcileTo(() => this.desired()), reason);
  }

  /** All of one moment: what changes while it is made is the next one's. */
  private *desired(): Steps<IpvsTable> {
    const { departures } = this.drains;
    const table = yield* desiredSteps(this.virtualServers, this.monitor.servings());
    const again = new Set(yield* takenUpSteps(table, departures));
    this.drains.forget([...again], 'configured again');
    const guests = departures.filter((one) => !again.has(one));
    const beyond = new Set(yield* withoutRoomSteps(table, guests));
    this.drains.forget([...beyond], NO_ROOM);
    return yield* withLeavingSteps(
      table,
      guests.filter((one) => !beyond.has(one)),
    );
  }

  private verifyLater(): void {
    const { clock } = this;
    const at = Math.max(this.verifiedAt + VERIFY_EVERY_MS, clock.now() + VERIFY_PAUSE_MS_MIN);
    this.cancelVerify = clock.wakeAt(at, () => {
      // From beginning to beginning: what a verification takes does not add to the time until the next.
      this.verifiedAt = this.clock.now();
      void this.verify().finally(() => {
        if (!this.stopped) this.verifyLater();
      });
    });
  }

  /** Reads the whole table, puts right what is not as it should be, and tells. */
  private async verifyNow(): Promise<VerifyReport> {
    if (this.reconciler === null || !this.working || this.stopped) throw notWorking();
    const report = await this.verified(this.reconciler);
    return verifyReport(report, this.ownership.keys.length);
  }

  /** Counters of what is configured: those of others are left alone. @throws DirectorError UNKNOWN_SERVER */
  private async zero({ virtualServer: name }: ZeroRequest): Promise<ZeroReport> {
    if (!this.working || this.stopped) throw notWorking();
    const { virtualServers } = this;
    const meant = name === null ? virtualServers : [virtualServerNamed(name, virtualServers)];
    const ipvs = this.kernel();
    const keys = meant.flatMap((server) => server.keys);
    const report = await zeroCounters((key) => ipvs.zero(key), keys);
    this.log.info({ reason: 'operator', count: report.virtualServers.length }, 'counters set to 0');
    return report;
  }

  private async verified(reconciler: IpvsReconciler): Promise<Report> {
    const report = await reconciler.verify();
    this.book.bookVerification(report);
    return report;
  }

  private async verify(): Promise<void> {
    if (this.stopped || this.reconciler === null) return;
    try {
      await this.verified(this.reconciler);
      await this.keeper?.verify();
      this.unverified.wentWell({});
    } catch (error) {
      this.unverified.happened(reasonAndHint(error));
    }
  }

  private async readIpvs(request: SnapshotRequest): Promise<IpvsSnapshot> {
    const { drift, refused } = this.book;
    if (this.ipvs === null) return { services: [], refused, drift };
    const table = await this.ipvs.readColumns(request);
    const services = await inSlices(servicesIn(table, this.ownership.keys, request), this.clock);
    return { drift, refused, services };
  }
}

/** What a reload takes out of the table and drains first, by what served. */
interface Foreseen {
  readonly servings: readonly Serving[];
  readonly found: readonly Leaving[];
}

function notWorking(): DirectorError {
  return new DirectorError('PROCESS_SILENT', 'the process health has not begun its work yet');
}
