/**
 * What reconciliations have done, for the log and for `lvsctl show`: each report is told once, however many have waited
 * for it; what others changed is counted, and of what the kernel refuses again and again the first is told.
 */
import type { VerifyReport } from '../../api/protocol.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { formatService } from '../../model/names.ts';
import type { DriftSnapshot, RefusalSnapshot } from '../../model/snapshot-ipvs.ts';
import type { Report } from '../../reconcile/apply.ts';
import { asTold, renderChange } from '../../reconcile/render.ts';
import { afterVerification, NO_DRIFT } from './drift-log.ts';
import type { Ownership } from './ownership.ts';
import { afterReconciliation } from './refusal-log.ts';

/** Lines of one log record: a start with 10 000 real servers is told by its count. */
export const CHANGES_LOGGED_MAX = 20;
/** Lines of one answer. */
const CHANGES_TOLD_MAX = 1_000;

export interface ReportBookOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Is told which services are ours. */
  readonly ownership: Pick<Ownership, 'keep'>;
}

export class ReportBook {
  private readonly options: ReportBookOptions;
  private driftNow: DriftSnapshot = NO_DRIFT;
  private refusalsNow: readonly RefusalSnapshot[] = [];
  /** Reports that were told, and those whose drift was counted. */
  private readonly booked = new WeakSet<Report>();
  private readonly counted = new WeakSet<Report>();

  constructor(options: ReportBookOptions) {
    this.options = options;
  }

  get drift(): DriftSnapshot {
    return this.driftNow;
  }

  get refused(): readonly RefusalSnapshot[] {
    return this.refusalsNow;
  }

  /** Tells what a reconciliation did, and keeps which services are ours. */
  book(report: Report, reason: string): void {
    // Who was overtaken by another reconciliation has been given its report.
    if (this.booked.has(report)) return;
    this.booked.add(report);
    const { log, ownership } = this.options;
    const { applied, refused, owned, takenOver } = report;
    if (takenOver.length > 0) {
      const services = takenOver.slice(0, CHANGES_LOGGED_MAX).map(formatService);
      log.info({ reason, count: takenOver.length, services }, 'services are taken over');
    }
    if (applied.length > 0) {
      const told = asTold(applied);
      const changes = told.slice(0, CHANGES_LOGGED_MAX).map(renderChange);
      const level = reason === 'drift' ? 'warn' : 'info';
      log[level]({ reason, count: told.length, changes }, 'IPVS table changed');
    }
    this.bookRefusals(refused);
    ownership.keep(owned);
  }

  /** The same of a verification. */
  bookVerification(report: Report): void {
    if (!this.counted.has(report)) {
      this.counted.add(report);
      const atMs = this.options.clock.wallTimeMs();
      this.driftNow = afterVerification(this.driftNow, asTold(report.drift), atMs);
    }
    this.book(report, report.drift.length > 0 ? 'drift' : 'verification');
  }

  private bookRefusals(refused: Report['refused']): void {
    const { log } = this.options;
    const { all, fresh } = afterReconciliation(this.refusalsNow, refused);
    this.refusalsNow = all;
    for (const { change, reason, hint } of fresh.slice(0, CHANGES_LOGGED_MAX)) {
      log.error({ change, reason, hint }, 'IPVS change refused');
    }
    const more = fresh.length - CHANGES_LOGGED_MAX;
    if (more > 0) log.error({ count: more }, 'more IPVS changes refused');
  }
}

/** What a verification is told as; `virtualServers`: how many are ours. */
export function verifyReport(
  { drift: changed, refused, foreign, converged }: Report,
  virtualServers: number,
): VerifyReport {
  const drift = asTold(changed);
  return {
    count: drift.length,
    drift: drift.slice(0, CHANGES_TOLD_MAX).map(renderChange),
    refused: refused.slice(0, CHANGES_TOLD_MAX).map(({ error: { message, hint } }) => ({
      reason: message,
      hint: hint ?? null,
    })),
    foreignCount: foreign.length,
    foreign: foreign.slice(0, CHANGES_TOLD_MAX).map(formatService),
    virtualServers,
    converged,
  };
}
