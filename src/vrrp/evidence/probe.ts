/**
 * Before a backup takes over it asks the link whether somebody has the address: who answers though nobody
 * advertises is alive, and only its advertisements are lost. Then it waits, for a bounded time. The questions go
 * out within the skew time, so that a takeover from the dead is not later for them.
 *
 *   last advertisement ──────── 3 intervals + skew ────────▶ master down: answered? wait one more interval
 *                                          ▲ -100  ▲ -50 ms
 *
 * RFC 5227 §2.2 allows for shorter times than its own where an address must move quickly.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import { linkBelow } from '../holding/held.ts';
import type { State } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';

/** How long before the takeover the first question is asked; the second has half of it. */
const LEAD_MS: Millis = 100;
const LEAD_MS_MIN: Millis = 10;
const QUESTIONS = 2;

/** How many intervals somebody who answers is waited for, if the operator says nothing. */
const WAIT_INTERVALS = 3;

interface Answer {
  readonly address: string;
  readonly mac: string;
  readonly at: Instant;
}

export class ClaimProbe {
  private readonly ports: Pick<VrrpPorts, 'announcer' | 'clock' | 'log'>;
  private readonly counters: Counters;
  /** The takeover that the questions are for. */
  private takeoverAt: Instant = Infinity;
  private asked = 0;
  private answer: Answer | null = null;
  /** When it would have taken over first, since an advertisement was heard last. */
  private waitsSince: Instant | null = null;

  constructor(ports: Pick<VrrpPorts, 'announcer' | 'clock' | 'log'>, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
  }

  /** When a question is to be asked; Infinity: none is. */
  nextAt(instance: VrrpInstance, state: State): Instant {
    if (!isSilence(instance, state)) return Infinity;
    const { masterDownAt, masterIntervalMs } = state;
    const asked = masterDownAt === this.takeoverAt ? this.asked : 0;
    const leadMs = leadOf(masterIntervalMs);
    return asked >= QUESTIONS ? Infinity : masterDownAt - leadMs + (asked * leadMs) / QUESTIONS;
  }

  /** Asks what is due. Gives the instant to which the takeover is put off, or null: it is not. */
  onTime(instance: VrrpInstance, state: State): Instant | null {
    const now = this.ports.clock.now();
    if (!isSilence(instance, state)) return null;
    const { masterDownAt, masterIntervalMs } = state;
    if (masterDownAt !== this.takeoverAt) {
      this.takeoverAt = masterDownAt;
      this.asked = 0;
      this.answer = null;
    }
    if (now >= masterDownAt) return this.putOff(instance, masterIntervalMs, now);
    if (now < this.nextAt(instance, state)) return null;
    this.asked += 1;
    const [first] = instance.addresses;
    if (first === undefined) return null;
    this.ports.announcer.probe(linkBelow(instance, first.interface), first.address, null);
    return null;
  }

  /** Somebody says on the link that an address is his. */
  heard({ addresses }: VrrpInstance, address: string, mac: string): void {
    if (this.asked === 0 || addresses[0]?.address !== address) return;
    this.answer = { address, mac, at: this.ports.clock.now() };
  }

  /** An advertisement was heard: the silence is over. */
  reset(): void {
    this.takeoverAt = Infinity;
    this.asked = 0;
    this.answer = null;
    this.waitsSince = null;
  }

  private putOff(instance: VrrpInstance, intervalMs: Millis, now: Instant): Instant | null {
    const { answer } = this;
    if (answer === null) return null;
    const { name: instanceName, claimWaitMs } = instance;
    const { address, mac } = answer;
    const begins = this.waitsSince === null;
    this.waitsSince ??= now;
    const waitMs = claimWaitMs ?? WAIT_INTERVALS * intervalMs;
    const isOver = now + intervalMs > this.waitsSince + waitMs;
    const fields = { instance: instanceName, address, mac };
    if (begins) {
      this.counters.add('answeredProbes');
      const waitsMs = isOver ? 0 : waitMs;
      this.ports.log.warn(
        { ...fields, waitsMs },
        'the address is answered though no advertisement is heard',
      );
    } else if (isOver) {
      this.ports.log.warn(fields, 'it is still answered, and taken over all the same');
    }
    return isOver ? null : now + intervalMs;
  }
}

/** A backup that hears nobody; from a lesser master that is alive it takes over whoever answers. */
function isSilence(
  { claimWaitMs, addresses }: VrrpInstance,
  state: State,
): state is Extract<State, { is: 'backup' }> {
  return (
    state.is === 'backup' &&
    state.lesserHeardAt === null &&
    claimWaitMs !== 0 &&
    addresses.length > 0
  );
}

function leadOf(intervalMs: Millis): Millis {
  return Math.max(LEAD_MS_MIN, Math.min(LEAD_MS, intervalMs));
}
