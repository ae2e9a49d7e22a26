/**
 * Two that were MASTER at the same time: told once by each when it is over, with how long it lasted and why, and
 * the one that goes on announces its addresses again. The one that gives way is silent by RFC 9568 §6.4.3, so
 * directors of ours tell each other (peers/peers.ts); of anybody else the one that goes on knows only if it heard
 * an advertisement of his, and the one that gives way cannot know whether the other was dead or out of reach.
 */
import type { Instant, Millis } from '../../base/time.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { PeerReign } from '../../wire/peer-link.ts';
import type { Counters } from '../counters.ts';
import { SILENCE } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';

/** Of another master nothing is heard for so many intervals: it has stood down. */
const RIVAL_INTERVALS = 3;
/** Who advertises so often beside us hears nothing of ours: one that does gives way at the first. */
const DEAF_ADVERTS = 3;
/** Told and announced at most so often: an attacker who makes them up gets one round a second for it. */
const AGAIN_MS: Millis = 1_000;
/** When a peer is asked: a datagram may be lost, and who was out of reach says hello within a second only. */
const ASK_AFTER_MS: readonly Millis[] = [0, 100, 1_200];
/** Then no answer comes any more. */
const ASK_WAIT_MS: Millis = 1_300;

const THEIRS_LOST = 'its advertisements did not reach us';
const OURS_LOST = 'ours did not reach it';

/** Sends the question; nothing is sent to who is no director of ours. */
export type AskPeer = (source: string, reign: PeerReign) => void;

/** How long one has held the addresses, and why it became MASTER. */
export interface Reign {
  readonly forMs: Millis;
  readonly reason: string;
}

/** Another one that advertises beside us. */
interface Rival {
  readonly source: string;
  readonly adverts: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

/** We gave way to a director of ours, and ask it how long it has been MASTER. */
interface Asked {
  readonly source: string;
  readonly reign: Reign;
  readonly hadResigned: boolean;
  readonly gaveWayAt: Instant;
  readonly times: number;
}

export class Overlaps {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'log'>;
  private readonly counters: Counters;
  private readonly askPeer: AskPeer;
  private rival: Rival | null = null;
  private asked: Asked | null = null;
  private toldAt: Instant = -Infinity;

  constructor(ports: Pick<VrrpPorts, 'clock' | 'log'>, counters: Counters, askPeer: AskPeer) {
    this.ports = ports;
    this.counters = counters;
    this.askPeer = askPeer;
  }

  /** Something is still to be told, or found to be over. */
  get isOpen(): boolean {
    return this.rival !== null || this.asked !== null;
  }

  /** When it wants `onTime`; a MASTER is woken often enough to find that a rival is silent. */
  get nextAt(): Instant {
    return this.asked === null ? Infinity : askAt(this.asked);
  }

  /** A MASTER, and one it stays, hears another one. */
  heardRival(source: string): void {
    const now = this.ports.clock.now();
    const { rival } = this;
    const { adverts, firstAt } = rival?.source === source ? rival : { adverts: 0, firstAt: now };
    this.rival = { source, adverts: adverts + 1, firstAt, lastAt: now };
  }

  /** It was MASTER and gives way to a better one. `hadResigned`: that one had left on purpose before. */
  gaveWay(instance: VrrpInstance, source: string, reign: Reign, hadResigned: boolean): void {
    this.rival = null;
    const gaveWayAt = this.ports.clock.now();
    if (reign.forMs > 0) this.ask(instance, { source, reign, hadResigned, gaveWayAt, times: 0 });
  }

  /** The one that we gave way to is a director of ours, and answers. */
  reigned(instance: VrrpInstance, source: string, otherMs: Millis): void {
    const { asked } = this;
    if (asked?.source !== source) return;
    this.asked = null;
    const { reign } = asked;
    if (otherMs > 0) this.tell(instance, { source, ...shared(reign, otherMs), goesOn: source });
  }

  /** A director of ours was MASTER for so long and gave way to us. True: it is to be announced again. */
  yielded(instance: VrrpInstance, source: string, own: Reign, otherMs: Millis): boolean {
    if (own.forMs === 0 || otherMs === 0 || !this.mayTell()) return false;
    this.rival = null;
    this.tell(instance, { source, ...shared(own, otherMs), goesOn: 'this one' });
    return true;
  }

  /** `own`: null if it is not MASTER. True: another one was MASTER, and it is to be announced again. */
  onTime(instance: VrrpInstance, own: Reign | null): boolean {
    const { asked } = this;
    if (asked !== null && this.ports.clock.now() >= askAt(asked)) this.ask(instance, asked);
    if (own === null) this.rival = null;
    return own !== null && this.endRival(instance, own);
  }

  private ask(instance: VrrpInstance, asked: Asked): void {
    const { source, reign, hadResigned, gaveWayAt, times } = asked;
    if (times < ASK_AFTER_MS.length) {
      const agoMs = this.ports.clock.now() - gaveWayAt;
      this.askPeer(source, { forMs: reign.forMs, agoMs });
      this.asked = { ...asked, times: times + 1 };
      return;
    }
    this.asked = null;
    // Only who was not heard, or was dead, has been followed like this.
    if (hadResigned || reign.reason !== SILENCE) return;
    const fields = { source, forMs: Math.round(reign.forMs), reason: THEIRS_LOST, goesOn: source };
    this.tell(instance, fields, 'two may have been MASTER');
  }

  private endRival(instance: VrrpInstance, own: Reign): boolean {
    const { rival } = this;
    if (rival === null) return false;
    const { source, adverts, firstAt, lastAt } = rival;
    const quietMs = this.ports.clock.now() - lastAt;
    if (quietMs <= RIVAL_INTERVALS * instance.advertIntervalMs || !this.mayTell()) return false;
    this.rival = null;
    const forMs = Math.round(lastAt - firstAt);
    const reason = adverts < DEAF_ADVERTS ? 'its advertisements are heard again' : OURS_LOST;
    const atMostMs = Math.round(Math.max(forMs, own.forMs));
    this.tell(instance, { source, forMs, atMostMs, reason, goesOn: 'this one' });
    return true;
  }

  private mayTell(): boolean {
    return this.ports.clock.now() - this.toldAt >= AGAIN_MS;
  }

  /** `forMs`: while both were MASTER, as far as it is known; `atMostMs`: since this one is. */
  private tell(
    { name: instance }: VrrpInstance,
    fields: {
      readonly source: string;
      readonly forMs: Millis;
      readonly atMostMs?: Millis;
      readonly reason: string;
      readonly goesOn: string;
    },
    message = 'two were MASTER',
  ): void {
    this.toldAt = this.ports.clock.now();
    this.counters.add('overlaps');
    this.ports.log.warn({ instance, ...fields }, message);
  }
}

/** The next question, or the end of the wait for an answer to the last one. */
function askAt({ gaveWayAt, times }: Asked): Instant {
  return gaveWayAt + (ASK_AFTER_MS[times] ?? ASK_WAIT_MS);
}

/** Both were MASTER for the shorter of their times; whoever became one last had not heard the other. */
function shared(own: Reign, otherMs: Millis): { readonly forMs: Millis; readonly reason: string } {
  if (otherMs < own.forMs) return { forMs: Math.round(otherMs), reason: OURS_LOST };
  const reason = own.reason === SILENCE ? THEIRS_LOST : own.reason;
  return { forMs: Math.round(own.forMs), reason };
}
