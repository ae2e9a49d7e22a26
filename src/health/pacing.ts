/**
 * The machine of one checker: verdicts in, its standing and the time of its next attempt out,
 * as keepalived has it. L is the pause between checks (`delay_loop`), R the failures
 * forgiven (`retry`), D the pause before each retry (`delay_before_retry`).
 *
 *            every url has answered                a failure, R used up
 *   first ─────────────────────────────▶ up ───────────────────────────────▶ down
 *     │                                  ▲                                     │
 *     │ a failure, none forgiven         │ TCP: one success                    │
 *     │                                  │ HTTP: the failed url, then all urls │
 *     └────────────────────────────────▶ down ◀────────────────────────────────┘
 *
 * All pauses count from the result, so an attempt that timed out has moved everything after it.
 */
import { unreachable } from '../base/error.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { DialedCheck } from '../model/checker.ts';
import type { Standing } from '../model/snapshot-health.ts';

/** How one kind of checker goes its rounds. */
export interface PacingRules {
  /** Urls asked one after the other, one an attempt; 1 for a checker without urls. */
  readonly urls: number;
  readonly loopMs: Millis;
  readonly retry: number;
  readonly retryDelayMs: Millis;
  /** Pause between attempts while down. */
  readonly downDelayMs: Millis;
  /** After the failed url has answered, every url must answer once more. */
  readonly recoverAllUrls: boolean;
  /** Do so without pauses; also in the first round. */
  readonly hurry: boolean;
}

export type Pace =
  /** No result yet: each url must answer once, and a failure may be final. */
  | {
      readonly is: 'first';
      readonly url: number;
      readonly failures: number;
      /** False at start: one failure decides. True for a checker that is new at a reload. */
      readonly forgiving: boolean;
      /** What it counts as until the result is there. */
      readonly until: 'up' | 'awaiting';
    }
  /** `failures` in a row, all of the url that is next. */
  | { readonly is: 'up'; readonly url: number; readonly failures: number }
  /** `recovered` attempts have succeeded in a row, the first of them at the url that had failed. */
  | { readonly is: 'down'; readonly url: number; readonly recovered: number };

export interface PaceStep {
  readonly pace: Pace;
  readonly nextAt: Instant;
  /** The standing that begins here, or null when it goes on. */
  readonly transition: 'up' | 'down' | null;
}

export function pacingRules(check: DialedCheck): PacingRules {
  const { delayLoopMs, retry, delayBeforeRetryMs } = check.pacing;
  const shared = { loopMs: delayLoopMs, retry, retryDelayMs: delayBeforeRetryMs };
  switch (check.kind) {
    case 'tcp':
      // keepalived 2.4: one attempt a loop while down. 2.2.7 made a burst of R + 1.
      return {
        ...shared,
        urls: 1,
        downDelayMs: delayLoopMs,
        recoverAllUrls: false,
        hurry: false,
      };
    case 'http':
      return {
        ...shared,
        urls: check.urls.length,
        downDelayMs: Math.max(delayLoopMs, delayBeforeRetryMs),
        recoverAllUrls: true,
        hurry: check.fastRecovery,
      };
    default:
      return unreachable(check);
  }
}

/** A checker before its first attempt. */
export function firstPace(begin: { until: 'up' | 'awaiting'; forgiving: boolean }): Pace {
  return { is: 'first', url: 0, failures: 0, ...begin };
}

/** A checker of a server that was out of service before: it has to earn its return. */
export const withdrawnPace: Pace = { is: 'down', url: 0, recovered: 0 };

export function standingOf(pace: Pace): Standing {
  return pace.is === 'first' ? pace.until : pace.is;
}

/** The url to ask next. */
export function nextUrl(pace: Pace): number {
  return pace.url;
}

/** How many failures in a row have been forgiven so far. */
export function forgivenFailures(pace: Pace): number {
  return pace.is === 'down' ? 0 : pace.failures;
}

/** One attempt has ended at `now`. */
export function paceAfter(rules: PacingRules, pace: Pace, up: boolean, now: Instant): PaceStep {
  if (pace.is === 'down') return up ? recovering(rules, pace, now) : stillDown(rules, pace, now);
  return up ? answered(rules, pace, now) : failed(rules, pace, now);
}

type NotDown = Exclude<Pace, { is: 'down' }>;
type Down = Extract<Pace, { is: 'down' }>;

/** A url has answered while up or before the first result: on to the next one. */
function answered(rules: PacingRules, pace: NotDown, now: Instant): PaceStep {
  const url = (pace.url + 1) % rules.urls;
  if (pace.is === 'up' || url === 0) {
    return {
      pace: { is: 'up', url, failures: 0 },
      nextAt: now + rules.loopMs,
      transition: pace.is === 'up' ? null : 'up',
    };
  }
  return {
    pace: { ...pace, url, failures: 0 },
    nextAt: rules.hurry ? now : now + rules.loopMs,
    transition: null,
  };
}

/** A url has failed while up or before the first result. It keeps its place in the order. */
function failed(rules: PacingRules, pace: NotDown, now: Instant): PaceStep {
  const forgiven = pace.is === 'first' && !pace.forgiving ? 0 : rules.retry;
  if (pace.failures < forgiven) {
    return {
      pace: { ...pace, failures: pace.failures + 1 },
      nextAt: now + rules.retryDelayMs,
      transition: null,
    };
  }
  return {
    pace: { is: 'down', url: pace.url, recovered: 0 },
    nextAt: now + rules.downDelayMs,
    transition: 'down',
  };
}

function stillDown(rules: PacingRules, pace: Down, now: Instant): PaceStep {
  return {
    pace: { ...pace, recovered: 0 },
    nextAt: now + rules.downDelayMs,
    transition: null,
  };
}

/** A success while down: enough for a checker without urls, else all urls follow from the first. */
function recovering(rules: PacingRules, pace: Down, now: Instant): PaceStep {
  const recovered = pace.recovered + 1;
  const wanted = rules.recoverAllUrls ? 1 + rules.urls : 1;
  if (recovered >= wanted) {
    return {
      pace: { is: 'up', url: 0, failures: 0 },
      nextAt: now + rules.loopMs,
      transition: 'up',
    };
  }
  return {
    pace: { is: 'down', url: recovered - 1, recovered },
    nextAt: rules.hurry ? now : now + rules.loopMs,
    transition: null,
  };
}
