/**
 * One checker at work: its rounds, the machine that paces it (pacing.ts), and what it has found, for
 * the snapshot. It tells its real server when its standing changes; what follows is not its matter.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import type { LogFields } from '../base/log.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { Aimed, Check, DialedCheck } from '../model/checker.ts';
import type { CheckerSnapshot, Standing, VerdictSnapshot } from '../model/snapshot-health.ts';
import { ask } from './ask.ts';
import { type Attempt, describeFailure, messageOf, type Verdict } from './checker.ts';
import {
  forgivenFailures,
  nextUrl,
  type Pace,
  paceAfter,
  pacingRules,
  standingOf,
} from './pacing.ts';
import type { WatchPorts } from './ports.ts';
import type { Round, RoundOwner } from './rounds.ts';

/** The real server that is checked. */
export interface CheckerOwner {
  readonly address: string;
  /** What the log calls it. */
  readonly logNames: LogFields;
  /** The standing has changed; `reason` says what was found. */
  onTransition(reason: string): void;
}

export class WatchedChecker implements RoundOwner {
  private readonly ports: WatchPorts;
  private readonly owner: CheckerOwner;
  private current: DialedCheck;
  private pace: Pace;
  private round: Round | null = null;
  private lastVerdict: VerdictSnapshot | null = null;
  private lastFailure: VerdictSnapshot | null = null;
  private successes = 0;
  private failures = 0;

  constructor(check: DialedCheck, pace: Pace, ports: WatchPorts, owner: CheckerOwner) {
    this.current = check;
    this.pace = pace;
    this.ports = ports;
    this.owner = owner;
  }

  get check(): DialedCheck {
    return this.current;
  }

  get standing(): Standing {
    return standingOf(this.pace);
  }

  /** Begins its rounds; if they have begun, only makes sure that the next attempt is not later. */
  start(at: Instant): void {
    if (this.round === null) this.round = this.ports.rounds.begin(this, at);
    else this.round.hasten(at);
  }

  /** Goes on under new pacing. The question must be the same (`sameQuestion`). */
  adopt(check: DialedCheck): void {
    this.current = check;
  }

  stop(): void {
    this.round?.stop();
    this.round = null;
  }

  timeoutMs(): Millis {
    return this.current.pacing.connectTimeoutMs;
  }

  ask(attempt: Omit<Attempt, 'dial'>): Promise<Verdict> {
    const { signal, progress, elapsedMs } = attempt;
    const { dial, ask: put = ask } = this.ports;
    return put(this.aimed, nextUrl(this.pace), { dial, signal, progress, elapsedMs });
  }

  onVerdict(verdict: Verdict): Instant {
    const { clock } = this.ports;
    const before = this.pace;
    this.record(verdict);
    const step = paceAfter(pacingRules(this.current), before, verdict.up, clock.now());
    this.pace = step.pace;
    this.logVerdict(verdict, before);
    if (step.transition !== null) this.owner.onTransition(this.describe(verdict, before));
    return step.nextAt;
  }

  onUnasked(error: unknown): Instant {
    const { unmade, clock } = this.ports;
    unmade.happened({ ...this.owner.logNames, checker: this.name, reason: messageOf(error) });
    return clock.now() + this.current.pacing.delayLoopMs;
  }

  snapshot(): CheckerSnapshot {
    const { current } = this;
    return {
      kind: keywordOf(current),
      target: this.target,
      urls: current.kind === 'http' ? current.urls.map(({ path }) => path) : [],
      standing: this.standing,
      lastVerdict: this.lastVerdict,
      lastFailure: this.lastFailure,
      forgivenFailures: forgivenFailures(this.pace),
      retry: current.pacing.retry,
      successes: this.successes,
      failures: this.failures,
    };
  }

  /** `TCP_CHECK 10.0.0.1:80`. */
  private get name(): string {
    return `${keywordOf(this.current)} ${this.target}`;
  }

  private get target(): string {
    const { address, port } = this.aimed.target;
    return formatEndpoint(address, port);
  }

  private get aimed(): Aimed {
    const { target } = this.current;
    return {
      ...this.current,
      target: { ...target, address: target.address ?? this.owner.address },
    };
  }

  private describe(verdict: Verdict, asked: Pace): string {
    const url = urlOf(this.current, asked);
    const what = url === null ? this.name : `${this.name}${url}`;
    if (!verdict.up) return `${what}: ${describeFailure(verdict)}`;
    return `${what}: ${verdict.detail ?? 'success'}`;
  }

  private record(verdict: Verdict): void {
    const found: VerdictSnapshot = {
      up: verdict.up,
      atMs: this.ports.clock.wallTimeMs(),
      latencyMs: verdict.up ? verdict.latencyMs : null,
      url: urlOf(this.current, this.pace),
      reason: verdict.up ? null : verdict.reason,
      detail: verdict.detail ?? null,
    };
    this.lastVerdict = found;
    if (verdict.up) {
      this.successes++;
    } else {
      this.failures++;
      this.lastFailure = found;
    }
  }

  /** `log_all_failures`: each failure while up, the one that decides included, none while down. */
  private logVerdict(verdict: Verdict, asked: Pace): void {
    const { log } = this.ports;
    const { retry, logAllFailures } = this.current.pacing;
    const fields = { ...this.owner.logNames, checker: this.name, url: urlOf(this.current, asked) };
    if (verdict.up) {
      log.debug({ ...fields, latencyMs: verdict.latencyMs }, 'check succeeded');
      return;
    }
    const attempt = asked.is === 'down' ? null : asked.failures + 1;
    const write = logAllFailures && asked.is !== 'down' ? log.info : log.debug;
    const reason = describeFailure(verdict);
    write({ ...fields, reason, attempt, attempts: retry + 1 }, 'check failed');
  }
}

/** Whether two checks ask the same of the same, so that what one has found holds for the other. */
export function sameQuestion(a: Check, b: Check): boolean {
  return questionOf(a) === questionOf(b);
}

/** The type-specific part of a check: everything but its pacing. */
function questionOf({ pacing: _, ...question }: Check): string {
  return JSON.stringify(question);
}

function keywordOf(check: DialedCheck): CheckerSnapshot['kind'] {
  if (check.kind === 'tcp') return 'TCP_CHECK';
  return check.tls ? 'SSL_GET' : 'HTTP_GET';
}

function urlOf(check: DialedCheck, pace: Pace): string | null {
  return check.kind === 'http' ? (check.urls[nextUrl(pace)]?.path ?? null) : null;
}
