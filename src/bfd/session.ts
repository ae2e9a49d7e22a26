/**
 * The machine of one BFD session in asynchronous mode (RFC 5880 §6.2, §6.8): `(session, event, moment) →
 * (session, effects)`. Whether a packet is for it is decided before (admit.ts). No echo, no demand of our own.
 *
 *              heard: down                heard: init, up
 *   ┌─── down ─────────────▶ init ──────────────────────────▶ up ───┐
 *   │     ▲ │ heard: init     │ time, heard: admin-down        ▲ │   │ time, heard: down, admin-down
 *   │     │ └─────────────────┼────────────────────────────────┘ │   │
 *   │     └───────────────────┴──────────────────────────────────┴───┘
 *   └─ stop (from everywhere) ──▶ admin-down ── start ──▶ down
 */
import { unreachable } from '../base/error.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { BfdInstance } from '../model/bfd.ts';
import type { BfdDiagnostic, BfdState, ControlPacket } from '../wire/bfd.ts';

export type SessionRules = Pick<
  BfdInstance,
  'passive' | 'minTxMs' | 'minRxMs' | 'idleTxMs' | 'multiplier'
>;

/** What was heard last of the other end, and holds until the detection time has passed. */
export interface Peer {
  readonly discriminator: number;
  readonly state: BfdState;
  readonly diagnostic: BfdDiagnostic | null;
  readonly minTxMs: Millis;
  /** 0: it wants no periodic packets. */
  readonly minRxMs: Millis;
  readonly multiplier: number;
  readonly demand: boolean;
}

/** A Poll Sequence (§6.5). `again`: something has changed since it began, and the next one is to tell it. */
export type Poll = 'none' | 'asked' | 'again';

/** The variables of §6.8.1. */
export interface Session {
  readonly is: BfdState;
  readonly rules: SessionRules;
  readonly localDiscriminator: number;
  /** Why it was left or entered last. */
  readonly diagnostic: BfdDiagnostic;
  /** Null: nothing was heard within the detection time. */
  readonly peer: Peer | null;
  /** What the other end is told. */
  readonly desiredMinTxMs: Millis;
  readonly requiredMinRxMs: Millis;
  /** What counts: less changes than was told, until the other end has answered the poll. */
  readonly pacedMinTxMs: Millis;
  readonly detectedMinRxMs: Millis;
  readonly poll: Poll;
  readonly sentAt: Instant;
  readonly heardAt: Instant;
  /** When the next periodic packet leaves; Infinity: none does. */
  readonly sendAt: Instant;
  /** When the other end counts as lost; Infinity: it does not. */
  readonly detectAt: Instant;
}

export type BfdEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'heard'; readonly packet: ControlPacket }
  | { readonly type: 'time' }
  /** A reload has other intervals. */
  | { readonly type: 'rules'; readonly rules: SessionRules };

/** When it happens, and a number in [0, 1) for the jitter. */
export interface Moment {
  readonly now: Instant;
  readonly chance: number;
}

export type BfdEffect =
  | { readonly do: 'send'; readonly packet: Omit<ControlPacket, 'authenticationType'> }
  | {
      readonly do: 'changed';
      readonly from: BfdState;
      readonly to: BfdState;
      readonly reason: string;
    };

export interface Step {
  readonly session: Session;
  readonly effects: readonly BfdEffect[];
}

/** §6.8.3: not more often while the session is not up. */
const IDLE_MS_MIN: Millis = 1_000;

/** A session that has not begun. `discriminator`: not 0, and nobody else's here. */
export function newSession(discriminator: number, rules: SessionRules): Session {
  return {
    is: 'admin-down',
    rules,
    localDiscriminator: discriminator,
    diagnostic: 'none',
    peer: null,
    desiredMinTxMs: idleMs(rules),
    requiredMinRxMs: rules.minRxMs,
    pacedMinTxMs: idleMs(rules),
    detectedMinRxMs: rules.minRxMs,
    poll: 'none',
    sentAt: -Infinity,
    heardAt: -Infinity,
    sendAt: Infinity,
    detectAt: Infinity,
  };
}

export function step(session: Session, event: BfdEvent, moment: Moment): Step {
  switch (event.type) {
    case 'start':
      if (session.is !== 'admin-down') return { session, effects: [] };
      return moved(session, 'down', 'none', 'start', moment);
    case 'stop':
      return stopped(session, moment);
    case 'heard':
      return heard(session, event.packet, moment);
    case 'time':
      return onTime(session, moment);
    case 'rules':
      return { session: paced(underRules(session, event.rules), moment), effects: [] };
    default:
      return unreachable(event);
  }
}

/** When `step` wants a `time`; Infinity: not at all. */
export function nextDeadline({ sendAt, detectAt }: Session): Instant {
  return Math.min(sendAt, detectAt);
}

/** §6.8.4: silence of this length is the end; null while nobody is heard. */
export function detectionMs({ peer, detectedMinRxMs }: Session): Millis | null {
  return peer === null ? null : peer.multiplier * Math.max(detectedMinRxMs, peer.minTxMs);
}

/** §6.8.7: between two periodic packets, without jitter. */
export function transmitMs({ peer, pacedMinTxMs }: Session): Millis {
  return Math.max(pacedMinTxMs, peer?.minRxMs ?? 0);
}

function idleMs({ idleTxMs, minTxMs }: SessionRules): Millis {
  return Math.max(IDLE_MS_MIN, idleTxMs, minTxMs);
}

/** §6.8.16. One packet tells the other end; if it is lost, the silence does. */
function stopped(session: Session, moment: Moment): Step {
  if (session.is === 'admin-down') return { session, effects: [] };
  const step = moved(session, 'admin-down', 'administratively-down', 'stop', moment);
  return {
    ...step,
    session: { ...step.session, peer: null, sendAt: Infinity, detectAt: Infinity },
  };
}

/** §6.8.6, from where the session is known. */
function heard(before: Session, packet: ControlPacket, moment: Moment): Step {
  if (before.is === 'admin-down') return { session: before, effects: [] };
  const peer: Peer = {
    discriminator: packet.myDiscriminator,
    state: packet.state,
    diagnostic: packet.diagnostic,
    minTxMs: packet.desiredMinTxMs,
    minRxMs: packet.requiredMinRxMs,
    multiplier: packet.detectMultiplier,
    demand: packet.demand,
  };
  const answered = packet.final ? pollAnswered(before) : before;
  const known = detecting({ ...answered, peer, heardAt: moment.now });
  const { session, effects } = following(known, peer.state, moment);
  const next = paced(session, moment);
  if (!packet.poll) return { session: next, effects };
  // §6.8.6: at once, whatever the timers say; and never both P and F.
  const final = { ...packetOf(next), poll: false, final: true };
  return { session: next, effects: [...effects, { do: 'send', packet: final }] };
}

/** §6.2 and §6.8.6: where the state of the other end takes ours. */
function following(session: Session, remote: BfdState, moment: Moment): Step {
  const { is } = session;
  if (remote === 'admin-down') {
    if (is === 'down') return { session, effects: [] };
    return moved(session, 'down', 'neighbour-down', 'neighbour is administratively down', moment);
  }
  switch (is) {
    case 'down':
      if (remote === 'down') {
        return moved(session, 'init', session.diagnostic, 'neighbour is down, too', moment);
      }
      if (remote === 'init') return moved(session, 'up', 'none', 'neighbour hears us', moment);
      return { session, effects: [] };
    case 'init':
      if (remote === 'down') return { session, effects: [] };
      return moved(session, 'up', 'none', 'neighbour hears us', moment);
    case 'up':
      if (remote !== 'down') return { session, effects: [] };
      return moved(session, 'down', 'neighbour-down', 'neighbour says that it is down', moment);
    case 'admin-down':
      return { session, effects: [] };
    default:
      return unreachable(is);
  }
}

function onTime(session: Session, moment: Moment): Step {
  if (moment.now >= session.detectAt) return lost(session, moment);
  if (moment.now < session.sendAt) return { session, effects: [] };
  return sending(session, moment);
}

/** §6.8.4: nothing was heard for the detection time. */
function lost(before: Session, moment: Moment): Step {
  const session = { ...before, peer: null, detectAt: Infinity };
  if (before.is !== 'init' && before.is !== 'up') {
    return { session: paced(session, moment), effects: [] };
  }
  const silentMs = Math.round(moment.now - before.heardAt);
  const reason = `nothing heard for ${silentMs} ms`;
  return moved(session, 'down', 'detection-time-expired', reason, moment);
}

/** Another state: other intervals with it, and a packet that tells it at once (§6.8.7). */
function moved(
  before: Session,
  to: BfdState,
  diagnostic: BfdDiagnostic,
  reason: string,
  moment: Moment,
): Step {
  const { rules } = before;
  const desiredMinTxMs = to === 'up' ? rules.minTxMs : idleMs(rules);
  const session = detecting({
    ...before,
    is: to,
    diagnostic,
    desiredMinTxMs,
    pacedMinTxMs: desiredMinTxMs,
    requiredMinRxMs: rules.minRxMs,
    detectedMinRxMs: rules.minRxMs,
    // §6.8.3: a changed interval of a session that is up is told by a Poll Sequence.
    poll: to === 'up' && desiredMinTxMs !== before.desiredMinTxMs ? 'asked' : 'none',
  });
  const changed = { do: 'changed', from: before.is, to, reason } as const;
  if (!maySend(session)) return { session: { ...session, sendAt: Infinity }, effects: [changed] };
  const sent = sending(session, moment);
  return { session: sent.session, effects: [changed, ...sent.effects] };
}

function sending(session: Session, { now, chance }: Moment): Step {
  const sendAt = now + jittered(session, chance);
  const effect = { do: 'send', packet: packetOf(session) } as const;
  return { session: { ...session, sentAt: now, sendAt }, effects: [effect] };
}

/** §6.8.7: who may send periodic packets. */
function maySend({ is, rules, peer, poll }: Session): boolean {
  if (peer === null) return !rules.passive;
  const isOnDemand = peer.demand && is === 'up' && peer.state === 'up' && poll === 'none';
  return peer.minRxMs > 0 && !isOnDemand;
}

/** §6.8.7: three quarters of the interval to all of it; with a multiplier of 1 at most 90 %. */
function jittered(session: Session, chance: number): Millis {
  const most = session.rules.multiplier === 1 ? 0.9 : 1;
  return transmitMs(session) * (0.75 + (most - 0.75) * chance);
}

/** The next packet is not later than the interval of now allows; and there is one only if there may be. */
function paced(session: Session, { now, chance }: Moment): Session {
  if (session.is === 'admin-down' || !maySend(session)) return { ...session, sendAt: Infinity };
  const latest = Math.max(now, session.sentAt + transmitMs(session));
  if (session.sendAt <= latest) return session;
  return { ...session, sendAt: Math.max(now, session.sentAt + jittered(session, chance)) };
}

function detecting(session: Session): Session {
  const ms = detectionMs(session);
  return { ...session, detectAt: ms === null ? Infinity : session.heardAt + ms };
}

/** The other end knows what we want now; what has changed meanwhile is asked next. */
function pollAnswered(session: Session): Session {
  if (session.poll === 'none') return session;
  if (session.poll === 'again') return { ...session, poll: 'asked' };
  const { desiredMinTxMs, requiredMinRxMs } = session;
  return {
    ...session,
    poll: 'none',
    pacedMinTxMs: desiredMinTxMs,
    detectedMinRxMs: requiredMinRxMs,
  };
}

/** §6.8.3: while up, a longer interval and a shorter detection wait until the other end has agreed. */
function underRules(before: Session, rules: SessionRules): Session {
  if (before.is !== 'up') {
    const desiredMinTxMs = idleMs(rules);
    const { minRxMs } = rules;
    return detecting({
      ...before,
      rules,
      desiredMinTxMs,
      pacedMinTxMs: desiredMinTxMs,
      requiredMinRxMs: minRxMs,
      detectedMinRxMs: minRxMs,
    });
  }
  const { minTxMs, minRxMs } = rules;
  const isSame = minTxMs === before.desiredMinTxMs && minRxMs === before.requiredMinRxMs;
  if (isSame) return { ...before, rules };
  return detecting({
    ...before,
    rules,
    desiredMinTxMs: minTxMs,
    requiredMinRxMs: minRxMs,
    pacedMinTxMs: Math.min(before.pacedMinTxMs, minTxMs),
    detectedMinRxMs: Math.max(before.detectedMinRxMs, minRxMs),
    poll: before.poll === 'none' ? 'asked' : 'again',
  });
}

function packetOf(session: Session): Omit<ControlPacket, 'authenticationType'> {
  return {
    diagnostic: session.diagnostic,
    state: session.is,
    poll: session.poll !== 'none',
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: session.rules.multiplier,
    myDiscriminator: session.localDiscriminator,
    yourDiscriminator: session.peer?.discriminator ?? 0,
    desiredMinTxMs: session.desiredMinTxMs,
    requiredMinRxMs: session.requiredMinRxMs,
    requiredMinEchoRxMs: 0,
  };
}
