/**
 * How long the kernel's gate stays open for a master's addresses, and when that is prolonged. Pure.
 *
 *   advertisement a ────────────────▶ a + gate: the kernel shuts it, unless it was prolonged before
 *   renewal r ≥ a, opened until a + gate            ▼
 *   a peer that heard a waits ───────────────────────── its skew more ──▶ takes over
 *
 * The gate counts from what the peers have heard, not from when it is renewed: a process that stops behind a
 * renewal is shut out before the first of them takes over.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { OWNER_PRIORITY, SILENT_ADVERTS_MIN } from '../machine/timers.ts';
import type { GatePort } from '../ports.ts';

/** An open gate. */
export interface Gate {
  readonly openUntil: Instant;
}

/** keepalived and the RFC wait for three intervals; who is told to wait for more may have peers that do not. */
const ADVERTS_MAX = 3;

/** Not each advertisement needs a renewal; each of a lease does, because nothing else prolongs it before its end. */
const RENEWALS_A_GATE = 4;

/** How long after an advertisement the gate stays open: `gate_time`, else what every peer waits at least. */
export function gateMs({ advertIntervalMs, downTimerAdverts, gate }: VrrpInstance): Millis {
  const adverts = Math.max(SILENT_ADVERTS_MIN, Math.min(ADVERTS_MAX, downTimerAdverts));
  return gate.timeMs ?? adverts * advertIntervalMs;
}

/** What the kernel counts lifetimes of addresses in is seconds; of one second nothing may be left in time. */
const LIFETIME_SECONDS_MIN = 2;

/** Behind a gate, which is shut long before, the lifetime is not what peers wait for: it is prolonged less often. */
const BEHIND_GATE = { times: 3, secondsMin: 10 } as const;

/**
 * How long the addresses of a master are there after nobody prolongs them, in whole seconds: without a gate for the
 * time that the gate would have, behind one for longer. Null: for ever. Those of an owner are the machine's own.
 */
export function lifetimeSeconds(instance: VrrpInstance, hasGate: boolean): number | null {
  if (instance.gate.mode === 'off' || instance.priority === OWNER_PRIORITY) return null;
  const gateSeconds = gateMs(instance) / 1000;
  return hasGate
    ? Math.max(BEHIND_GATE.secondsMin, Math.ceil(BEHIND_GATE.times * gateSeconds))
    : Math.max(LIFETIME_SECONDS_MIN, Math.ceil(gateSeconds));
}

/** Until when a master may answer that has advertised then, if nobody else decides it (a lease does). */
export function openUntil(instance: VrrpInstance, advertisedAt: Instant): Instant {
  return advertisedAt + gateMs(instance);
}

/** Its own clock says that it is shut: a renewal would be refused. */
export function hasRunOut({ openUntil: until }: Gate, now: Instant): boolean {
  return now >= until;
}

/** Whether a renewal up to then is worth a transaction: it gains a quarter of what is left then. */
export function isRenewalDue(gate: Gate, until: Instant, now: Instant): boolean {
  return until - gate.openUntil >= (until - now) / RENEWALS_A_GATE;
}

/** Where the kernel has none: addresses answer as long as they are held. */
export function noGate(missing: string): GatePort {
  const nothing = (): void => {};
  return {
    missing,
    open: () => 'refused',
    renew: nothing,
    shut: nothing,
    unguard: nothing,
    refuse: nothing,
    permit: nothing,
  };
}
