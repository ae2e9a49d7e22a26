/**
 * BFD_CHECK at work: it asks nobody, and follows a session that the bfd process speaks. Before anything is known
 * of the session it stands as any checker does before its first attempt.
 */
import type { Cancel, Instant } from '../base/time.ts';
import type { BfdCheck } from '../model/checker.ts';
import type { CheckerSnapshot, Standing, VerdictSnapshot } from '../model/snapshot-health.ts';
import { type Pace, standingOf } from './pacing.ts';
import type { WatchPorts } from './ports.ts';
import type { CheckerOwner } from './watched-checker.ts';

export class WatchedSession {
  private readonly ports: WatchPorts;
  private readonly owner: CheckerOwner;
  private current: BfdCheck;
  private found: Standing;
  private cancel: Cancel | null = null;
  private lastVerdict: VerdictSnapshot | null = null;
  private lastFailure: VerdictSnapshot | null = null;
  private successes = 0;
  private failures = 0;

  constructor(check: BfdCheck, pace: Pace, ports: WatchPorts, owner: CheckerOwner) {
    this.current = check;
    this.found = standingOf(pace);
    this.ports = ports;
    this.owner = owner;
  }

  get check(): BfdCheck {
    return this.current;
  }

  get standing(): Standing {
    return this.found;
  }

  /** What is known already counts at once, and what is known later as soon as it is. */
  start(_at: Instant): void {
    if (this.cancel !== null) return;
    this.cancel = this.ports.sessions.watch(this.current.session, () => this.look());
    // Not in the turn of who begins it: he is not ready to be told.
    queueMicrotask(() => {
      if (this.cancel !== null) this.look();
    });
  }

  adopt(check: BfdCheck): void {
    this.current = check;
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }

  snapshot(): CheckerSnapshot {
    return {
      kind: 'BFD_CHECK',
      target: this.current.session,
      urls: [],
      standing: this.found,
      lastVerdict: this.lastVerdict,
      lastFailure: this.lastFailure,
      forgivenFailures: 0,
      retry: 0,
      successes: this.successes,
      failures: this.failures,
    };
  }

  private look(): void {
    const up = this.ports.sessions.isUp(this.current.session);
    if (up === null || up === this.lastVerdict?.up) return;
    this.lastVerdict = {
      up,
      atMs: this.ports.clock.wallTimeMs(),
      latencyMs: null,
      url: null,
      reason: up ? null : 'down',
      detail: null,
    };
    if (up) this.successes += 1;
    else {
      this.failures += 1;
      this.lastFailure = this.lastVerdict;
    }
    const before = this.found;
    this.found = up ? 'up' : 'down';
    if (this.found === before) return;
    const { session } = this.current;
    this.owner.onTransition(`BFD_CHECK ${session}: the session is ${this.found}`);
  }
}
