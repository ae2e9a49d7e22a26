/** What makes an advertisement believable beyond its fields: the trailer of `auth_hmac`, and the header of AH. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Clock } from '../../base/time.ts';
import type { Signing, VrrpInstance } from '../../model/vrrp.ts';
import { AH_PROTOCOL, readAh, writeAh } from '../../wire/ah.ts';
import { type Advert, authData } from '../../wire/vrrp.ts';
import { VRRP_PROTOCOL } from '../../wire/vrrp-checksum.ts';
import { readTrailer, type Signed, tagFits, writeTrailer } from '../../wire/vrrp-hmac.ts';
import type { Dropped, ReceivedPacket } from './admit.ts';
import { type Moment, ReplayGuard, type Sent, type Spent, Stamps } from './replay.ts';

/** The IP protocol that the advertisements of an instance are sent in. */
export function protocolOf({ authentication }: Pick<VrrpInstance, 'authentication'>): number {
  return authentication.type === 'ah' ? AH_PROTOCOL : VRRP_PROTOCOL;
}

/** Signs and checks trailers. What was heard outlives a change of keys. */
export class TrailerSigner {
  readonly guard: ReplayGuard = new ReplayGuard();
  private readonly clock: Clock;
  private signing: Signing | null = null;
  private keys: ReadonlyMap<number, KeyObject> = new Map();
  private stamps: Stamps | null = null;
  private earlier: Sent | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  use(signing: Signing | null): void {
    if (signing === this.signing) return;
    this.signing = signing;
    this.keys = new Map(
      (signing?.keys ?? []).map(({ id, key }) => [id, createSecretKey(Buffer.from(key, 'hex'))]),
    );
    if (signing !== null)
      this.stamps = new Stamps(signing.windowMs, this.stamps?.latest ?? this.earlier);
  }

  /** What must not be forgotten at a restart; null: nothing is signed. */
  get spent(): Spent | null {
    if (this.signing === null) return null;
    return { sent: this.stamps?.latest ?? this.earlier, heard: this.guard.read() };
  }

  /** Goes on behind what an earlier life has sent and heard. */
  restore({ sent, heard }: Spent): void {
    this.earlier = sent;
    this.guard.restore(heard);
  }

  /** Whether what is sent has a trailer. */
  get signs(): boolean {
    return this.signing !== null && this.signing.mode !== 'receive-only';
  }

  sign(trailer: Uint8Array, signed: Signed): void {
    const { signing, stamps } = this;
    const keyId = signing?.activeKey ?? 0;
    const key = this.keys.get(keyId);
    if (stamps === null || key === undefined) return;
    writeTrailer(trailer, { keyId, key, stamp: stamps.next(this.moment()) }, signed);
  }

  /** Null: it may be believed, and its stamp is spent. */
  check(
    advert: Advert,
    { source }: ReceivedPacket,
    family: VrrpInstance['family'],
  ): Dropped | null {
    const { signing } = this;
    if (signing === null) return null;
    const trailer = readTrailer(advert.rest);
    if (trailer === null) return signing.mode === 'enforce' ? { drop: 'unsigned' } : null;
    const key = this.keys.get(trailer.keyId);
    if (key === undefined) return { drop: 'unknown-key' };
    const signed = { envelope: { family, source }, message: advert.message };
    if (!tagFits(advert.rest, key, signed)) return { drop: 'authentication' };
    const drop = this.guard.take(source, trailer.stamp, signing, this.moment());
    return drop === null ? null : { drop };
  }

  private moment(): Moment {
    return { now: this.clock.now(), wallMs: this.clock.wallTimeMs() };
  }
}

/** Sequence numbers of authentication headers: later than every one that was sent or heard. */
export class AhSequence {
  private sent: number;
  private readonly heard = new Map<string, number>();

  /** Version 2 sends once a second at most: who begins with the seconds is later than before a restart. */
  constructor(wallMs: number) {
    this.sent = Math.floor(wallMs / 1000) >>> 0;
  }

  write(payload: Uint8Array, ipHeader: Uint8Array, instance: VrrpInstance, sequence: number): void {
    writeAh(
      { ipHeader, payload, key: keyOf(instance), unicast: instance.unicast !== null },
      sequence,
    );
  }

  next(): number {
    this.sent = (this.sent + 1) >>> 0;
    return this.sent;
  }

  /** The packet of the message in it, and what to call when it is believed in all else. */
  open(
    packet: ReceivedPacket,
    instance: VrrpInstance,
  ): { readonly packet: ReceivedPacket; readonly authenticate: () => Dropped | null } | Dropped {
    const { source, header, payload } = packet;
    const unicast = instance.unicast !== null;
    const read = readAh({ ipHeader: header, payload, key: keyOf(instance), unicast });
    if ('drop' in read) return read;
    const { sequence, message } = read;
    return {
      packet: { ...packet, payload: message },
      authenticate: () => (this.take(source, sequence) ? null : { drop: 'replay' }),
    };
  }

  private take(source: string, sequence: number): boolean {
    const before = this.heard.get(source);
    if (before !== undefined && !isLater(sequence, before)) return false;
    this.heard.set(source, sequence);
    // keepalived takes only what is later than all it has heard, ours and others'.
    if (isLater(sequence, this.sent)) this.sent = sequence;
    return true;
  }
}

/** RFC 1982: on a ring of 32 bits. */
function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function keyOf({ authentication }: VrrpInstance): Uint8Array {
  return authData(authentication.type === 'ah' ? authentication.key : '');
}
