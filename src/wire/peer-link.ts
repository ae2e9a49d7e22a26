/**
 * What directors of ours tell each other beside VRRP, in UDP datagrams on the links of their instances: that they
 * are there, how a planned hand-over goes on, for how long two of them were master, and notes that others than VRRP
 * write. Bytes ⇄ values; who is to be believed is decided in
 * vrrp/peers/. Numbers are big-endian.
 *
 *    0  'LVSP'          4  version 1      5  kind        6  family, 4 or 6      7  count of entries
 *    8  life of the sender, 8 octets     16  sequence, 8 octets
 *   24  life of the receiver, 8 octets, 0: all           32  token, 8 octets, 0: none
 *   40  entries of 4 octets: VRID, effective priority, state, 1: it can take over; of a note, which always has a tag, its octets instead
 *       in `yielded` and `reigned` as many reigns of 8 octets: milliseconds of it, milliseconds since its end
 *       tag, 16 octets: HMAC-SHA256 of all before it, only between directors that share a key
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Family } from '../base/address.ts';
import { ByteReader, ByteWriter } from '../base/bytes.ts';
import type { Millis } from '../base/time.ts';

const MAGIC = 0x4c565350;
const VERSION = 1;
const HEADER_OCTETS = 40;
const ENTRY_OCTETS = 4;
const REIGN_OCTETS = 8;
const REIGN_MS_MAX = 0xffff_ffff;
const TAG_OCTETS = 16;
const ENTRIES_MAX = 255;

export const PEER_DATAGRAM_OCTETS_MAX: number =
  HEADER_OCTETS + ENTRIES_MAX * (ENTRY_OCTETS + REIGN_OCTETS) + TAG_OCTETS;

const KINDS = ['hello', 'prepare', 'ready', 'take', 'want', 'note', 'yielded', 'reigned'] as const;
const STATES = ['init', 'backup', 'master', 'fault'] as const;

/**
 * `hello`: I am there. `prepare`: be ready for these. `ready`: I am. `take`: they are free, take them.
 * `want`: hand these over to me. `note`: this is from what is none of VRRP's business to what is not, either.
 * `yielded`: I was master of these, and give way to you. `reigned`: so was I.
 */
export type PeerMessageKind = (typeof KINDS)[number];

export interface PeerEntry {
  readonly vrid: number;
  readonly priority: number;
  readonly state: (typeof STATES)[number];
  /** Nothing but the master keeps it from being one. */
  readonly canTake: boolean;
}

export interface PeerMessage {
  readonly kind: PeerMessageKind;
  readonly family: Family;
  /** 16 hexadecimal digits that no other life of any process has. */
  readonly life: string;
  /** Grows with each message of a life. */
  readonly sequence: number;
  /** The life that is meant, or null for all. */
  readonly to: string | null;
  /** What `ready` gives, and `take` gives back: 16 hexadecimal digits, or null. */
  readonly token: string | null;
  readonly entries: readonly PeerEntry[];
  /** Of a note. */
  readonly note: Uint8Array | null;
  /** `yielded` and `reigned`: how long it has held each of them; otherwise empty. */
  readonly reigns: readonly PeerReign[];
}

/** It was master for so long, until a moment ago. */
export interface PeerReign {
  readonly forMs: Millis;
  readonly agoMs: Millis;
}

export type PeerDrop = { readonly drop: 'length' | 'format' | 'authentication' };

/** Of no length at all. */
export const NO_REIGN: PeerReign = { forMs: 0, agoMs: 0 };

const NONE = '0'.repeat(16);

/** `key` null: without a tag. */
export function encodePeerMessage(message: PeerMessage, key: Uint8Array | null): Uint8Array {
  const { kind, family, life, sequence, to, token, entries, note, reigns } = message;
  const bodyOctets = bodyOctetsOf(kind, entries.length) + (note?.length ?? 0);
  const writer = new ByteWriter(bodyOctets + TAG_OCTETS)
    .u32Be(MAGIC)
    .u8(VERSION)
    .u8(KINDS.indexOf(kind))
    .u8(family === 'ipv4' ? 4 : 6)
    .u8(entries.length)
    .raw(Buffer.from(life, 'hex'))
    .u32Be(Math.floor(sequence / 2 ** 32))
    .u32Be(sequence >>> 0)
    .raw(Buffer.from(to ?? NONE, 'hex'))
    .raw(Buffer.from(token ?? NONE, 'hex'));
  for (const { vrid, priority, state, canTake } of entries) {
    writer
      .u8(vrid)
      .u8(priority)
      .u8(STATES.indexOf(state))
      .u8(canTake ? 1 : 0);
  }
  if (note !== null) writer.raw(note);
  if (tellsReigns(kind)) {
    for (const at of entries.keys()) {
      const { forMs, agoMs } = reigns[at] ?? NO_REIGN;
      for (const ms of [forMs, agoMs]) writer.u32Be(Math.min(REIGN_MS_MAX, Math.round(ms)));
    }
  }
  return key === null ? writer.finish() : writer.raw(tagOf(writer.finish(), key)).finish();
}

/** Never throws. */
export function decodePeerMessage(
  octets: Uint8Array,
  key: Uint8Array | null,
  otherKeys: readonly Uint8Array[] = [],
): PeerMessage | PeerDrop {
  if (octets.length < HEADER_OCTETS) return { drop: 'length' };
  const reader = new ByteReader(octets);
  if (reader.u32Be() !== MAGIC || reader.u8() !== VERSION) return { drop: 'format' };
  const kind = KINDS[reader.u8()];
  const family = reader.u8();
  const count = reader.u8();
  if (kind === undefined || (family !== 4 && family !== 6)) return { drop: 'format' };
  const isNote = kind === 'note';
  const tagOctets = key === null ? 0 : TAG_OCTETS;
  // A note may take servers from service: without a key nobody's is believed.
  const hasRoomForTag = octets.length >= HEADER_OCTETS + tagOctets;
  if (isNote && (key === null || !hasRoomForTag)) return { drop: 'authentication' };
  if (isNote && count > 0) return { drop: 'format' };
  const bodyOctets = isNote ? octets.length - tagOctets : bodyOctetsOf(kind, count);
  // A tag where none is expected, and none where one is, is another key.
  if (octets.length === bodyOctets + (key === null ? TAG_OCTETS : 0)) {
    return { drop: 'authentication' };
  }
  if (octets.length !== bodyOctets + tagOctets) return { drop: 'length' };
  const fits = (one: Uint8Array): boolean => hasTag(octets, bodyOctets, one);
  if (key !== null && !fits(key) && !otherKeys.some(fits)) return { drop: 'authentication' };
  const life = hex(reader.slice(8));
  const sequence = reader.u32Be() * 2 ** 32 + reader.u32Be();
  const [to, token] = [hex(reader.slice(8)), hex(reader.slice(8))];
  const entries: PeerEntry[] = [];
  for (let at = 0; at < count; at += 1) {
    const [vrid, priority, word, flags] = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
    const state = STATES[word];
    if (state === undefined) return { drop: 'format' };
    entries.push({ vrid, priority, state, canTake: (flags & 1) === 1 });
  }
  const reigns = tellsReigns(kind)
    ? entries.map(() => ({ forMs: reader.u32Be(), agoMs: reader.u32Be() }))
    : [];
  return {
    kind,
    family: family === 4 ? 'ipv4' : 'ipv6',
    life,
    sequence,
    to: to === NONE ? null : to,
    token: token === NONE ? null : token,
    entries,
    note: isNote ? octets.slice(HEADER_OCTETS, bodyOctets) : null,
    reigns,
  };
}

function tellsReigns(kind: PeerMessageKind): boolean {
  return kind === 'yielded' || kind === 'reigned';
}

function bodyOctetsOf(kind: PeerMessageKind, entries: number): number {
  return HEADER_OCTETS + entries * (ENTRY_OCTETS + (tellsReigns(kind) ? REIGN_OCTETS : 0));
}

function hasTag(octets: Uint8Array, bodyOctets: number, key: Uint8Array): boolean {
  return timingSafeEqual(tagOf(octets.subarray(0, bodyOctets), key), octets.subarray(bodyOctets));
}

function tagOf(body: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(body).digest().subarray(0, TAG_OCTETS);
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
