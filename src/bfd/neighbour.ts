/**
 * One session at work: its machine (session.ts), the socket that it sends by, and what it has counted. Who is
 * told of its state, and who wakes it, is its speaker's matter.
 */
import { DirectorError } from '../base/error.ts';
import type { Instant, Millis } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { BfdInstance } from '../model/bfd.ts';
import type { BfdSessionSnapshot } from '../model/snapshot-bfd.ts';
import { type ControlPacket, encodeControl } from '../wire/bfd.ts';
import type { Drop } from './admit.ts';
import type { BfdPorts, PacketSocket } from './ports.ts';
import {
  type BfdEffect,
  type BfdEvent,
  detectionMs,
  newSession,
  nextDeadline,
  type Session,
  step,
  transmitMs,
} from './session.ts';

/** A session that cannot open its socket tries again after this time. */
const RETRY_MS: Millis = 1_000;
/** One that has never been up is not known to be down before this time, or three of its idle intervals. */
const UNKNOWN_MS_MIN: Millis = 5_000;
const UNKNOWN_IDLE_INTERVALS = 3;

export class Neighbour {
  private readonly ports: BfdPorts;
  private current: BfdInstance;
  private machine: Session;
  private socket: PacketSocket | null = null;
  private retryAt: Instant = -Infinity;
  /** Why the last packet could not be sent; null: it was. */
  private trouble: string | null = null;
  private readonly unsent: Trouble;
  private readonly knownFrom: Instant;
  private hasBeenUp = false;
  private sinceMs: number;
  private reason = 'start';
  private readonly counts = { sent: 0, received: 0, wentUp: 0, wentDown: 0 };
  private readonly dropped: Record<string, number> = {};

  constructor(instance: BfdInstance, discriminator: number, ports: BfdPorts) {
    this.current = instance;
    this.ports = ports;
    this.unsent = new Trouble(ports, {
      level: 'warn',
      message: 'BFD cannot be sent',
      over: 'BFD is sent again',
    });
    this.machine = newSession(discriminator, instance);
    const idleMs = UNKNOWN_IDLE_INTERVALS * instance.idleTxMs;
    this.knownFrom = ports.clock.now() + Math.max(UNKNOWN_MS_MIN, idleMs);
    this.sinceMs = ports.clock.wallTimeMs();
  }

  get instance(): BfdInstance {
    return this.current;
  }

  get session(): Session {
    return this.machine;
  }

  /** Null: not known yet, because it has only just begun. */
  get up(): boolean | null {
    if (this.machine.is === 'up') return true;
    return this.hasBeenUp || this.ports.clock.now() >= this.knownFrom ? false : null;
  }

  get deadline(): Instant {
    const knownAt = this.up === null ? this.knownFrom : Infinity;
    return Math.min(nextDeadline(this.machine), knownAt);
  }

  /** Whether a session of this definition is the same one. */
  isFor(instance: BfdInstance): boolean {
    return identityOf(instance) === identityOf(this.current);
  }

  /** Goes on under other intervals. */
  adopt(instance: BfdInstance): void {
    this.current = instance;
    this.take({ type: 'rules', rules: instance });
  }

  take(event: BfdEvent): void {
    const { clock, random } = this.ports;
    const { session, effects } = step(this.machine, event, { now: clock.now(), chance: random() });
    this.machine = session;
    for (const effect of effects) this.carryOut(effect);
  }

  hear(packet: ControlPacket): void {
    this.counts.received += 1;
    this.take({ type: 'heard', packet });
  }

  /** What was meant for it, and is not believed. */
  drop({ drop }: Drop, details: { readonly hopLimit: number; readonly source: string }): void {
    const before = this.dropped[drop] ?? 0;
    this.dropped[drop] = before + 1;
    const { log } = this.ports;
    const fields = { bfd: this.current.name, reason: drop, ...details };
    // Told once: the peer goes on sending what it sends.
    if (before === 0 && drop !== 'state') log.warn(fields, 'BFD packets are dropped');
    else log.debug(fields, 'packet dropped');
  }

  /** Leaves in good order: the other end is told. */
  stop(): void {
    this.take({ type: 'stop' });
    this.socket?.close();
    this.socket = null;
  }

  snapshot(): BfdSessionSnapshot {
    const { current, machine } = this;
    const { name, neighbour, source, multihop, passive, multiplier } = current;
    return {
      name,
      neighbour,
      source,
      multihop,
      passive,
      state: machine.is,
      sinceMs: this.sinceMs,
      reason: this.reason,
      diagnostic: machine.diagnostic,
      discriminator: machine.localDiscriminator,
      minTxMs: machine.desiredMinTxMs,
      minRxMs: machine.requiredMinRxMs,
      multiplier,
      transmitMs: transmitMs(machine),
      detectionMs: detectionMs(machine),
      peer: peerOf(machine),
      trouble: this.trouble,
      ...this.counts,
      dropped: { ...this.dropped },
    };
  }

  private carryOut(effect: BfdEffect): void {
    if (effect.do === 'send') {
      this.send(encodeControl(effect.packet));
      return;
    }
    const { from, to, reason } = effect;
    this.sinceMs = this.ports.clock.wallTimeMs();
    this.reason = reason;
    if (to === 'up') {
      this.hasBeenUp = true;
      this.counts.wentUp += 1;
    }
    if (from === 'up') this.counts.wentDown += 1;
    this.ports.log.info({ bfd: this.current.name, from, to, reason }, 'state changed');
  }

  /** What cannot be sent is lost, as on the wire. */
  private send(payload: Uint8Array): void {
    try {
      if (this.socket === null && this.ports.clock.now() < this.retryAt) return;
      this.socket ??= this.ports.sender.open(this.current);
      this.socket.send(payload);
      this.counts.sent += 1;
      this.trouble = null;
      if (this.unsent.isOn) this.unsent.wentWell({ bfd: this.current.name });
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      this.fail(error);
    }
  }

  private fail({ message, hint }: DirectorError): void {
    this.retryAt = this.ports.clock.now() + RETRY_MS;
    this.trouble = message;
    this.unsent.happened({ bfd: this.current.name, reason: message, hint });
  }
}

/** What cannot change while a session lasts. */
function identityOf({ name, neighbour, source, multihop, hopLimit }: BfdInstance): string {
  return JSON.stringify([name, neighbour, source, multihop, hopLimit]);
}

function peerOf({ peer }: Session): BfdSessionSnapshot['peer'] {
  if (peer === null) return null;
  const { state, diagnostic, discriminator, minTxMs, minRxMs, multiplier } = peer;
  return { state, diagnostic, discriminator, minTxMs, minRxMs, multiplier };
}
