/** What makes an advertisement believable beyond its fields: the trailer of `auth_hmac`, and the header of AH. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Clock } from '../../base/time.ts';
import type { Signing, VrrpInstance } from '../../model/vrrp.ts';
import { AH_PROTOCOL, readAh, writeAh } from '../../wire/ah.ts';
import { authData } from '../../wire/vrrp.ts';
import { VRRP_PROTOCOL } from '../../wire/vrrp-checksum.ts';
import {
  readTrailer,
  type Signed,
  type Stamp,
  TICKS_PER_SECOND,
  tagFits,
  writeTrailer,
} from '../../wire/vrrp-hmac.ts';
import type { Claim, Dropped, Freshness, ReceivedPacket } from './admit.ts';
import { ahead, type Moment, ReplayGuard, type Sent, type Spent, Stamps } from './replay.ts';
import { LatestByPath } from './twins.ts';

/** An advertisement comes by another path, later than by the first, within this time. */
const TWIN_TICKS = TICKS_PER_SECOND;
/** So many advertisements of AH, which are seconds apart unless they answer others. */
const TWIN_SEQUENCES = 8;

/** The IP protocol that the advertisements of an instance are sent in. */
export function protocolOf({ authentication }: Pick<VrrpInstance, 'authentication'>): number {
  return authentication.type === 'ah' ? AH_PROTOCOL : VRRP_PROTOCOL;
}

/** Signs and checks trailers. What was heard outlives a change of keys. */
export class TrailerSigner {
  readonly guard: ReplayGuard = new ReplayGuard();
  private readonly latest = new LatestByPath<Stamp>((one, other) => ahead(one, other) > 0);
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

  /** Of one advertisement, on all paths; null: nothing is signed. */
  nextStamp(): Stamp | null {
    return this.signs ? (this.stamps?.next(this.moment()) ?? null) : null;
  }

  sign(trailer: Uint8Array, signed: Signed, stamp: Stamp): void {
    const keyId = this.signing?.activeKey ?? 0;
    const key = this.keys.get(keyId);
    if (key !== undefined) writeTrailer(trailer, { keyId, key, stamp }, signed);
  }

  /**
   * `new`: it may be believed, and its stamp is spent. Null: it is not signed, and need not be. `path`: the one of
   * several that it came by; null: there is one.
   */
  check(
    claim: Claim,
    { source }: ReceivedPacket,
    family: VrrpInstance['family'],
    path: string | null,
  ): Dropped | Freshness | null {
    const { signing } = this;
    if (signing === null) return null;
    const trailer = readTrailer(claim.trailer);
    if (trailer === null) return signing.mode === 'enforce' ? { drop: 'unsigned' } : null;
    const key = this.keys.get(trailer.keyId);
    if (key === undefined) return { drop: 'unknown-key' };
    const signed = { envelope: { family, source }, message: claim.signed };
    if (!tagFits(claim.trailer, key, signed)) return { drop: 'authentication' };
    return this.freshness(claim.sender, trailer.stamp, signing, path);
  }

  /**
   * A stamp is believed once, on whatever path it comes first. Once more on each other path it only shows that the
   * path is there; a second time on the same, or later than that, it is a replay.
   */
  private freshness(
    sender: string,
    stamp: Stamp,
    signing: Signing,
    path: string | null,
  ): Dropped | Freshness {
    const drop = this.guard.take(sender, stamp, signing, this.moment());
    if (drop === null) {
      if (path !== null) this.latest.take(path, sender, stamp);
      return 'new';
    }
    const last = this.guard.latest(sender);
    if (drop !== 'replay' || path === null || last === null) return { drop };
    const behind = ahead(last, stamp);
    const isTwin = behind >= 0 && behind <= TWIN_TICKS && this.latest.take(path, sender, stamp);
    return isTwin ? 'twin' : { drop };
  }

  private moment(): Moment {
    return { now: this.clock.now(), wallMs: this.clock.wallTimeMs() };
  }
}

/** Sequence numbers of authentication headers: later than every one that was sent or heard. */
export class AhSequence {
  private sent: number;
  private readonly heard = new Map<string, number>();
  private readonly latest = new LatestByPath<number>(isLater);

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
  open(packet: ReceivedPacket, instance: VrrpInstance, path: string | null): Opened | Dropped {
    const { header, payload } = packet;
    const unicast = instance.unicast !== null;
    const read = readAh({ ipHeader: header, payload, key: keyOf(instance), unicast });
    if ('drop' in read) return read;
    const { sequence, message } = read;
    return {
      packet: { ...packet, payload: message },
      authenticate: ({ sender }) => this.take(sender, sequence, path),
    };
  }

  private take(sender: string, sequence: number, path: string | null): Dropped | Freshness {
    const before = this.heard.get(sender);
    if (before !== undefined && !isLater(sequence, before)) {
      const isTwin =
        path !== null &&
        !isLater(before, sequence + TWIN_SEQUENCES) &&
        this.latest.take(path, sender, sequence);
      return isTwin ? 'twin' : { drop: 'replay' };
    }
    this.heard.set(sender, sequence);
    if (path !== null) this.latest.take(path, sender, sequence);
    // keepalived takes only what is later than all it has heard, ours and others'.
    if (isLater(sequence, this.sent)) this.sent = sequence;
    return 'new';
  }
}

interface Opened {
  readonly packet: ReceivedPacket;
  readonly authenticate: (claim: Pick<Claim, 'sender'>) => Dropped | Freshness;
}

/** RFC 1982: on a ring of 32 bits. */
function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function keyOf({ authentication }: VrrpInstance): Uint8Array {
  return authData(authentication.type === 'ah' ? authentication.key : '');
}
