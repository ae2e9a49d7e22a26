/**
 * The other members of a sync group, before one of them takes over because it hears nobody: as long as another member
 * hears a master that it would not preempt, the director that is MASTER lives, and only the link between the two is
 * cut. Who took over would pull the others along, and be pulled back by them, again and again.
 */
import type { Log } from '../base/log.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { State } from './machine/state.ts';

/** A master that is silent for so many of its intervals, and the skew, may be gone. */
const SILENT_INTERVALS = 1.5;

export interface Companion {
  readonly name: string;
  readonly state: State;
  /** Who advertised last, or null. */
  readonly heardFrom: string | null;
}

export class Companions {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly others: () => readonly Companion[];
  /** Told already, and nobody heard since. */
  private isTold = false;
  /** Whoever was master has left on purpose. */
  private hasResigned = false;

  constructor(clock: Clock, log: Log, others: () => readonly Companion[]) {
    this.clock = clock;
    this.log = log;
    this.others = others;
  }

  /** An advertisement came in. */
  heard(priority: number): void {
    this.hasResigned = priority === 0;
    this.isTold = false;
  }

  /** Before the machine is given the time: what it is to be given instead of its state. */
  beforeTime(instance: string, state: State): State {
    const now = this.clock.now();
    if (state.is !== 'backup' || now < state.masterDownAt || this.hasResigned) return state;
    const hearing = this.others().find((one) => hearsMaster(one, now));
    if (hearing === undefined) return state;
    if (!this.isTold) {
      const { name: companion, heardFrom: source } = hearing;
      const reason =
        'its sync group hears the master on another link: is the link of this one cut?';
      this.log.warn({ instance, companion, source, reason }, 'no takeover');
      this.isTold = true;
    }
    return { ...state, masterDownAt: now + state.masterIntervalMs };
  }
}

function hearsMaster({ state, heardFrom }: Companion, now: Instant): boolean {
  if (state.is !== 'backup' || heardFrom === null || state.lesserHeardAt !== null) return false;
  return state.masterDownAt - now > SILENT_INTERVALS * state.masterIntervalMs;
}
