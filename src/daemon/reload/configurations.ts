/**
 * The configuration in force, and every way to another one: reload, apply with its time to confirm,
 * rollback. Each is a turn of its own, and each ends in the same change-over. What is remembered over the
 * daemon's end is decided in kept-state.ts.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  ApplyRequest,
  ConfigurationSnapshot,
  ConfirmReport,
  PlanReport,
  ReloadReport,
  ReloadRequest,
  Unconfirmed,
} from '../../api/protocol.ts';
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Millis } from '../../base/time.ts';
import type { Director } from '../../model/director.ts';
import type { IpvsPlan, VrrpPlan } from '../../model/plan.ts';
import { planReport } from '../health/plan-report.ts';
import type { Processes, WorkerName } from '../supervisor/processes.ts';
import type { History } from './history.ts';
import {
  afterGood,
  afterRollback,
  type KeptState,
  type Pending,
  type PinReason,
  pinned,
  rollbackTarget,
} from './kept-state.ts';
import {
  type ConfigSource,
  type GoodReading,
  goodReading,
  holdsNothing,
  type InForce,
  inForce,
  type Reading,
  readConfiguration,
  refuseEmpty,
} from './reload.ts';
import type { ReloadQueue } from './reload-queue.ts';
import { refusedConfiguration, reloadReport, warningsOf } from './reload-report.ts';

export interface ConfigurationsOptions {
  /** The daemon's own file. */
  readonly source: ConfigSource;
  readonly processes: Processes;
  readonly history: History;
  readonly turns: Pick<ReloadQueue<unknown>, 'inTurn'>;
  readonly clock: Clock;
  readonly log: Log;
  /** @throws DirectorError when the daemon is on its way out, or has not started. */
  refuseWhenStopping(): void;
}

type Loaded = Omit<ConfigurationSnapshot, 'unconfirmed' | 'pin' | 'pending'>;

export class Configurations {
  private readonly options: ConfigurationsOptions;
  private reading: InForce;
  private loaded: Loaded;
  /** Of the time to confirm. */
  private cancel: Cancel = () => {};

  /** `reading` is what the daemon starts with. */
  constructor(options: ConfigurationsOptions, reading: GoodReading) {
    this.options = options;
    this.reading = inForce(reading);
    this.loaded = this.loadedNow(reading);
  }

  get director(): Director {
    return this.reading.director;
  }

  /** The file that it was read from. */
  get path(): string {
    return this.reading.source.path;
  }

  get digest(): string {
    return this.reading.digest;
  }

  snapshot(): ConfigurationSnapshot {
    const { processes, history } = this.options;
    const { pin, pending } = history.state;
    return { ...this.loaded, unconfirmed: processes.unconfirmed(), pin, pending };
  }

  /** The processes work by what the daemon has started with. */
  started(state: KeptState): void {
    this.remember(this.goodNow(state));
  }

  /** No time to confirm runs out any more; the next start returns to what was before. */
  close(): void {
    this.cancel();
  }

  /** Reads the daemon's file again: a bad file changes nothing and is reported. */
  async reload({ allowEmpty }: ReloadRequest): Promise<ReloadReport> {
    this.refuseWhenPending();
    const reading = this.meant(readConfiguration(this.options.source), allowEmpty);
    const report = await this.take(reading);
    if (report.outcome !== 'refused') {
      this.remember(this.goodNow({ ...this.state, pin: null }));
    }
    return report;
  }

  /** Brings a file into force, with `confirmMs` only for that time unless it is confirmed. */
  async apply({ file, confirmMs, allowEmpty }: ApplyRequest): Promise<ReloadReport> {
    const { source, clock, history } = this.options;
    this.refuseWhenPending();
    const reading = this.meant(readConfiguration(this.sourceOf(file)), allowEmpty);
    const isOwnFile = reading.source.path === source.path;
    const settled = (): KeptState =>
      this.goodNow(
        isOwnFile ? { ...this.state, pin: null } : this.pinnedNow(this.state, 'applied'),
      );
    const good = goodReading(reading);
    if (good === null || confirmMs === null || this.isInForce(good)) {
      const report = await this.take(reading);
      if (report.outcome !== 'refused') this.remember(settled());
      return report;
    }
    const before = this.reading;
    const pending = { digest: reading.digest, before: before.digest, confirmMs };
    const pendingNow = (): Pending => ({ ...pending, untilMs: clock.wallTimeMs() + confirmMs });
    // Before anything changes: who cannot remember it must not begin it.
    history.remember({ ...this.goodNow(this.state), pending: pendingNow() }, before, good);
    const report = await this.take(good);
    if (report.outcome === 'refused') {
      this.remember({ ...this.state, pending: null });
      return report;
    }
    this.remember({ ...this.state, pending: pendingNow() });
    this.expireAfter(confirmMs);
    return { ...report, confirmWithinMs: confirmMs };
  }

  /** What was applied stays. */
  async confirm(): Promise<ConfirmReport> {
    const { pending } = this.state;
    if (pending === null) {
      throw new DirectorError('NOTHING_PENDING', 'no configuration waits to be confirmed', {
        hint: 'lvsctl show tells which one is in force, lvsctl rollback returns to the one before',
      });
    }
    const { source, log, history } = this.options;
    const settled = { ...this.state, pending: null };
    const isOwnFile = this.reading.source.path === source.path;
    const state = isOwnFile ? { ...settled, pin: null } : this.pinnedNow(settled, 'applied');
    // What is not on the disk would be rolled back by the next start.
    history.remember(this.goodNow(state), this.reading);
    this.cancel();
    log.info({ digest: pending.digest }, 'configuration confirmed');
    return { digest: this.digest, unconfirmed: this.options.processes.unconfirmed() };
  }

  /** Back to the configuration before this one: that of an unconfirmed apply, else the last good one. */
  async rollback(): Promise<ReloadReport> {
    const { pending } = this.state;
    const digest = pending?.before ?? rollbackTarget(this.goodNow(this.state), this.digest)?.digest;
    if (digest === undefined) {
      throw new DirectorError('NOTHING_EARLIER', 'there is no earlier configuration to return to', {
        hint: `the state directory ${this.options.history.folder} has none: apply another file`,
      });
    }
    return this.returnTo(digest, 'rolled-back');
  }

  /** What a reload of a file would change; nothing is. */
  async plan(file: string | null): Promise<PlanReport> {
    // An outline of all of it is what its settings are compared by.
    const after = this.meant(readConfiguration({ ...this.sourceOf(file), memory: null }), false);
    const before = this.reading;
    if (after.director === null) {
      return planReport({ before, after }, { ipvs: null, vrrp: null, unasked: [] });
    }
    const { processes } = this.options;
    const unasked: Unconfirmed[] = [];
    const ask = async (name: WorkerName): Promise<unknown> => {
      try {
        return await processes.plan(name, after.director as Director);
      } catch (error) {
        unasked.push({ process: name, hint: null, ...reasonAndHint(error) });
        return null;
      }
    };
    const [vrrp, ipvs] = await Promise.all([ask('vrrp'), ask('health')]);
    for (const process of processes.missing(after.director)) {
      // It changes nothing on the machine.
      if (process === 'notify') continue;
      const hint = 'what it does on the machine is not known before';
      unasked.push({ process, reason: 'it does not run yet, and would be started', hint });
    }
    return planReport(
      { before, after },
      { ipvs: ipvs as IpvsPlan | null, vrrp: vrrp as VrrpPlan | null, unasked },
    );
  }

  /** An empty text is not, unless somebody says so. */
  private meant(reading: Reading, allowEmpty: boolean): Reading {
    return allowEmpty || holdsNothing(this.director) ? reading : refuseEmpty(reading);
  }

  private get state(): KeptState {
    return this.options.history.state;
  }

  private sourceOf(file: string | null): ConfigSource {
    const { source } = this.options;
    if (file === null || file === source.path) return source;
    return { ...source, path: file, mode: 'default', memory: null };
  }

  private expireAfter(confirmMs: Millis): void {
    const { clock, turns, log } = this.options;
    this.cancel = clock.wakeAt(clock.now() + confirmMs, () => {
      const { pending } = this.state;
      const expire = async (): Promise<void> => {
        // Confirmed, or rolled back, while this waited for its turn.
        if (pending === null || this.state.pending !== pending) return;
        await this.returnTo(pending.before, 'not-confirmed');
      };
      turns.inTurn(expire).catch((error: unknown) => {
        log.error(reasonAndHint(error), 'rollback failed: the configuration stays');
      });
    });
  }

  private async returnTo(digest: string, reason: PinReason): Promise<ReloadReport> {
    const { history, log } = this.options;
    this.cancel();
    const reading = history.read(digest);
    if (reading === null) {
      throw new DirectorError(
        'NOTHING_EARLIER',
        `the texts of configuration ${digest} are not in ${history.folder} any more`,
        { hint: 'apply a file: lvsctl apply FILE' },
      );
    }
    const from = this.digest;
    log.warn({ from, to: digest, reason }, 'configuration is rolled back');
    const report = await this.take(reading);
    if (report.outcome === 'refused') this.remember({ ...this.state, pending: null });
    else this.remember(this.goodNow(this.pinnedNow(afterRollback(this.state, digest), reason)));
    return report;
  }

  /** From a reading to the processes; no other change-over runs. */
  private async take(reading: Reading): Promise<ReloadReport> {
    const good = goodReading(reading);
    if (good === null) return this.keep(reading, []);
    return this.isInForce(good) ? this.unchanged(good) : await this.replace(good);
  }

  /** Starts what is missing while nothing has changed yet, then changes over. */
  private async replace(reading: GoodReading): Promise<ReloadReport> {
    const { log, processes, refuseWhenStopping } = this.options;
    const refusals = await processes.startMissing(reading.director);
    refuseWhenStopping();
    if (refusals.length > 0) {
      await processes.dropFresh(this.director.global.childWaitMs);
      return this.keep(reading, refusals);
    }
    const from = this.digest;
    this.reading = inForce(reading);
    this.loaded = this.loadedNow(reading);
    await processes.replace(reading.director);
    refuseWhenStopping();
    const unconfirmed = processes.unconfirmed();
    const report = this.report(reading, 'reloaded', unconfirmed);
    const fields = { from, to: reading.digest, warnings: report.warnings };
    if (unconfirmed.length === 0) log.info(fields, 'configuration reloaded');
    else log.error({ ...fields, unconfirmed }, 'configuration reloaded, but not everywhere');
    return report;
  }

  /** The same text can mean something else when a host name or an account has changed. */
  private isInForce({ digest, director }: GoodReading): boolean {
    return (
      digest === this.digest &&
      this.options.processes.unconfirmed().length === 0 &&
      isDeepStrictEqual(director, this.director)
    );
  }

  private unchanged(reading: GoodReading): ReloadReport {
    const { loadedAtMs } = this.loaded;
    this.reading = inForce(reading);
    this.loaded = { ...this.loadedNow(reading), loadedAtMs };
    this.options.log.info({ digest: reading.digest }, 'configuration unchanged');
    return this.report(reading, 'unchanged', []);
  }

  /** What runs stays as it is, because of the file or because of processes that it needs. */
  private keep(reading: Reading, processes: readonly Unconfirmed[]): ReloadReport {
    const { clock, log } = this.options;
    const refused = refusedConfiguration(reading, { atMs: clock.wallTimeMs(), processes });
    this.loaded = { ...this.loaded, refused };
    log.error(
      { configuration: reading.source.path, inForce: this.digest, ...refused },
      'reload refused: the running configuration stays',
    );
    return this.report(reading, 'refused', processes);
  }

  private report(
    reading: Reading,
    outcome: ReloadReport['outcome'],
    unconfirmed: readonly Unconfirmed[],
  ): ReloadReport {
    const { path } = reading.source;
    const told = { outcome, path, inForce: this.digest, unconfirmed, confirmWithinMs: null };
    return reloadReport(reading, told);
  }

  private loadedNow(reading: GoodReading): Loaded {
    return {
      path: reading.source.path,
      digest: reading.digest,
      loadedAtMs: this.options.clock.wallTimeMs(),
      warnings: warningsOf(reading),
      refused: null,
    };
  }

  /** With the one in force among the good ones, if every process works by it and nobody must confirm it. */
  private goodNow(state: KeptState): KeptState {
    const isGood = this.options.processes.unconfirmed().length === 0 && state.pending === null;
    if (!isGood) return state;
    const { path, digest, loadedAtMs } = this.loaded;
    return afterGood(state, { digest, path, sinceMs: loadedAtMs });
  }

  private pinnedNow(state: KeptState, reason: PinReason): KeptState {
    const { source, clock } = this.options;
    const fileDigest = readConfiguration(source).digest;
    return pinned(state, { digest: this.digest, reason, fileDigest, sinceMs: clock.wallTimeMs() });
  }

  /** What cannot be remembered is no reason not to do it: it is done already. */
  private remember(state: KeptState): void {
    const { history, log } = this.options;
    if (isDeepStrictEqual(state, this.state)) return;
    try {
      history.remember(state, this.reading);
    } catch (error) {
      history.hold(state);
      log.error(reasonAndHint(error), 'configuration cannot be kept for a rollback');
    }
  }

  private refuseWhenPending(): void {
    const { pending } = this.state;
    if (pending === null) return;
    throw new DirectorError(
      'CONFIRM_PENDING',
      `configuration ${pending.digest} waits to be confirmed${leftOf(pending, this.options.clock)}`,
      { hint: 'first lvsctl confirm to keep it, or lvsctl rollback to return to the one before' },
    );
  }
}

function leftOf({ untilMs }: Pending, clock: Clock): string {
  const seconds = Math.ceil((untilMs - clock.wallTimeMs()) / 1000);
  return seconds > 0 ? `, for ${seconds} s more` : '';
}
