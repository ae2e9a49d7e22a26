/**
 * What is said on the control socket: HTTP with JSON bodies, one truth for both ends.
 *
 *   GET  /v1/snapshot                  → Snapshot
 *   GET  /v1/topology                  → Snapshot without statistics of the IPVS table: a third less where it is large
 *   POST /v1/reload    ReloadRequest   → ReloadReport
 *   POST /v1/plan      PlanRequest     → PlanReport
 *   POST /v1/apply     ApplyRequest    → ReloadReport
 *   POST /v1/confirm                   → ConfirmReport
 *   POST /v1/rollback                  → ReloadReport
 *   POST /v1/verify                    → VerifyReport
 *   POST /v1/zero      ZeroRequest     → ZeroReport
 *   GET  /v1/drains                    → DrainSnapshot
 *   POST /v1/drain     DrainRequest    → SteerReport
 *   POST /v1/disable   ServerRequest   → SteerReport
 *   POST /v1/enable    ServerRequest   → SteerReport
 *   POST /v1/failover  FailoverRequest → FailoverReport
 *
 * Whatever is not GET is for root only: it steers, or reads files. A refusal has status 4xx or 5xx and an `ApiError` as its body.
 */
import type { Millis } from '../base/time.ts';
import type { GlobalSettings } from '../model/director.ts';
import type { DrainSnapshot } from '../model/drain.ts';
import type { FailoverReport, FailoverRequest } from '../model/failover.ts';
import type { JsonDiagnostic } from '../model/json-diagnostic.ts';
import type { IpvsPlan, VrrpPlan } from '../model/plan.ts';
import type { BfdSnapshot } from '../model/snapshot-bfd.ts';
import type { HealthSnapshot } from '../model/snapshot-health.ts';
import type { IpvsSnapshot } from '../model/snapshot-ipvs.ts';
import type { NotifySnapshot } from '../model/snapshot-notify.ts';
import type { SettingsSnapshot } from '../model/snapshot-settings.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { ZeroReport, ZeroRequest } from '../model/zero.ts';

/** Name of the socket in the run directory. */
export const CONTROL_SOCKET = 'control.sock';

/** Where a running daemon keeps its socket unless `--run-dir` says otherwise. */
export const DEFAULT_RUN_DIR = '/run/lvsd';

export interface ProcessSnapshot {
  readonly name: 'supervisor' | 'vrrp' | 'bfd' | 'health' | 'notify';
  /** Null while it is being restarted. */
  readonly pid: number | null;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly restarts: number;
}

/** A process that has not said that it works by the configuration which it was given. */
export interface Unconfirmed {
  readonly process: 'vrrp' | 'bfd' | 'health' | 'notify';
  readonly reason: string;
  readonly hint: string | null;
}

/** The configuration in force, and the last attempt to replace it. */
export interface ConfigurationSnapshot {
  readonly path: string;
  /** First 12 hexadecimal digits of the SHA-256 of all text read. */
  readonly digest: string;
  readonly loadedAtMs: number;
  readonly warnings: number;
  /** Empty once every process works by it. */
  readonly unconfirmed: readonly Unconfirmed[];
  /** Why the newest file was refused, or null when the newest file is the one in force. */
  readonly refused: RefusedConfiguration | null;
  /** Why it is not what the daemon's own file says; null: it is. */
  readonly pin: PinSnapshot | null;
  /** It is in force for a time only; null: for good. */
  readonly pending: PendingSnapshot | null;
}

/** A kept copy is in force, until the file is changed or read again by a reload. */
export interface PinSnapshot {
  readonly reason: 'applied' | 'rolled-back' | 'not-confirmed';
  /** Of the daemon's own file, as it was when that happened. */
  readonly fileDigest: string;
  readonly sinceMs: number;
}

export interface PendingSnapshot {
  /** What returns unless somebody confirms. */
  readonly before: string;
  readonly confirmMs: Millis;
  readonly untilMs: number;
}

export interface RefusedConfiguration {
  readonly atMs: number;
  /** Null: no text could be read. */
  readonly digest: string | null;
  readonly errors: number;
  /** The first of the errors: a file can have more than anybody wants to read here. */
  readonly diagnostics: readonly JsonDiagnostic[];
  /** The file is good, but it needs processes that cannot do their work on this machine. */
  readonly processes: readonly Unconfirmed[];
}

/** What the health process tells: checks as decided, and the kernel's table as read. */
export interface HealthProcessSnapshot {
  readonly health: HealthSnapshot;
  readonly ipvs: IpvsSnapshot;
  readonly settings: SettingsSnapshot | null;
  readonly drains: DrainSnapshot;
}

/** `global_defs` as it is in force. */
export interface GlobalSnapshot extends GlobalSettings {
  readonly vrrpStartupDelayMs: Millis;
  readonly flushAtStart: boolean;
}

export interface Snapshot {
  readonly version: string;
  readonly global: GlobalSnapshot;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly runDir: string;
  readonly configuration: ConfigurationSnapshot;
  readonly processes: readonly ProcessSnapshot[];
  /** Null when nothing of the kind is configured, or its process does not answer. */
  readonly vrrp: VrrpSnapshot | null;
  readonly bfd: BfdSnapshot | null;
  readonly health: HealthSnapshot | null;
  readonly ipvs: IpvsSnapshot | null;
  readonly settings: SettingsSnapshot | null;
  readonly drains: DrainSnapshot | null;
  readonly notify: NotifySnapshot | null;
}

export interface ReloadReport {
  /** `unchanged`: the file is the one in force, and nobody was disturbed. */
  readonly outcome: 'reloaded' | 'unchanged' | 'refused';
  readonly path: string;
  /** Of the text that was read; null: none could be read, and so it is refused. */
  readonly digest: string | null;
  /** Of the configuration in force after this reload. */
  readonly inForce: string;
  readonly errors: number;
  readonly warnings: number;
  /** The first of them; when there are too many, errors before warnings. */
  readonly diagnostics: readonly JsonDiagnostic[];
  /** The same diagnostics for a person, empty when there are none. */
  readonly rendered: string;
  /** Of a refused one: the processes because of which it was refused. */
  readonly unconfirmed: readonly Unconfirmed[];
  /** It is rolled back after this time unless `confirm` comes; null: it stays. */
  readonly confirmWithinMs: Millis | null;
}

export interface ReloadRequest {
  /** Also a text without a statement, which lets go of everything. */
  readonly allowEmpty: boolean;
}

/** Null: the daemon's own file. Else an absolute path on the daemon's host. */
export interface PlanRequest {
  readonly file: string | null;
}

export interface ApplyRequest extends PlanRequest, ReloadRequest {
  readonly confirmMs: Millis | null;
}

/** Bounds of `confirmMs`: long enough to type the answer, and short enough to be meant. */
export const CONFIRM_MS: { readonly min: Millis; readonly max: Millis } = {
  min: 5_000,
  max: 86_400_000,
};

/** `ADDRESS:PORT`, and null or one virtual server of those that have it. */
export interface ServerRequest {
  readonly realServer: string;
  readonly virtualServer: string | null;
  /** This director only; else other directors are told. */
  readonly local: boolean;
  /** Also if a virtual server loses its quorum by it. */
  readonly force: boolean;
}

export interface DrainRequest extends ServerRequest {
  /** Null: it ends when nobody is left. */
  readonly timeoutMs: Millis | null;
  readonly atEnd: 'stay' | 'remove';
}

/** Bounds of `timeoutMs`. */
export const DRAIN_MS: { readonly min: Millis; readonly max: Millis } = {
  min: 1_000,
  max: 30 * 86_400_000,
};

export interface PlanReport
  extends Omit<ReloadReport, 'outcome' | 'unconfirmed' | 'confirmWithinMs'> {
  readonly outcome: 'nothing' | 'changes' | 'refused';
  /** Null: its process does not run, or could not be asked. */
  readonly ipvs: IpvsPlan | null;
  readonly vrrp: VrrpPlan | null;
  /** Processes that could not say what would change. */
  readonly unasked: readonly Unconfirmed[];
  /** `~ vrrp_instance VI_1: advert_int 1 → 2`: what the two above do not tell; the first 10 000. */
  readonly settings: readonly string[];
  readonly settingsCount: number;
}

export interface ConfirmReport {
  readonly digest: string;
  readonly unconfirmed: readonly Unconfirmed[];
}

/** The kernel's table, compared just now with what it should be. */
export interface VerifyReport {
  /** What others had changed in services of ours: how much, and the first of it, as it was changed back. */
  readonly count: number;
  readonly drift: readonly string[];
  /** What the kernel refuses. */
  readonly refused: readonly { readonly reason: string; readonly hint: string | null }[];
  /** Services of others, left alone: how many, and the first of them. */
  readonly foreignCount: number;
  readonly foreign: readonly string[];
  /** Services of ours. */
  readonly virtualServers: number;
  /** False: somebody changes the table as fast as it is put right. */
  readonly converged: boolean;
}

export interface SnapshotRequest {
  /** Counters and rates of virtual and real servers; false: they are null. */
  readonly withStatistics: boolean;
}

export const EVERYTHING: SnapshotRequest = { withStatistics: true };

export interface ApiError {
  readonly error: string;
  readonly hint?: string;
}

/** What the daemon answers, asked at either end of the socket. What steers real servers each end says in its own way. */
export interface Answers {
  /** Absent: everything. */
  snapshot(request?: SnapshotRequest): Promise<Snapshot>;
  reload(request: ReloadRequest): Promise<ReloadReport>;
  plan(request: PlanRequest): Promise<PlanReport>;
  apply(request: ApplyRequest): Promise<ReloadReport>;
  confirm(): Promise<ConfirmReport>;
  rollback(): Promise<ReloadReport>;
  verify(): Promise<VerifyReport>;
  zero(request: ZeroRequest): Promise<ZeroReport>;
  drains(): Promise<DrainSnapshot>;
  failOver(request: FailoverRequest): Promise<FailoverReport>;
}
