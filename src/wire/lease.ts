/**
 * Datagrams of the lease: a question, its answer, and the giving back. Bytes ⇄ values; what is to be believed of
 * an authentic one is decided in lease/admit.ts. A format of our own, in network byte order:
 *
 *    0               2       3       4                               8
 *   +---------------+-------+-------+-------------------------------+
 *   | "Lv" (0x4c76) |Version| Type  |          key identifier       |
 *   +---------------+-------+-------+-------------------------------+
 *   |  8  list of acceptors (48 bits)     14  node (48)             |
 *   | 20  acceptor (48)                   26  round (48)            |
 *   | 32  epoch of the acceptor (48)      38  holder (48)           |
 *   | 44  highest round heard (48)        50  life of the node (32) |
 *   | 54  milliseconds (32)               58  priority  59  verdict |
 *   | 60  count of leases (16)            62  leases, 16 bits each  |
 *   +---------------------------------------------------------------+
 *   |  HMAC-SHA256 (RFC 2104) of all octets before it, 32 octets    |
 *   +---------------------------------------------------------------+
 *
 * What a type does not use is 0. An answer is never longer than its question.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Family } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import type { Millis } from '../base/time.ts';

const MAGIC = 0x4c76;
const VERSION = 1;
const TYPE = { ask: 1, release: 2, answer: 3 } as const;
const HEADER_OCTETS = 62;
const COUNT_OFFSET = 60;
const SIGNATURE_OCTETS = 32;
/** Each VRID of both families. */
const LEASES_MAX = 510;
const IPV6_BIT = 0x100;
const NUMBER_48_MAX = 2 ** 48 - 1;

/** Octets of the longest datagram. */
export const LEASE_OCTETS_MAX: number = HEADER_OCTETS + 2 * LEASES_MAX + SIGNATURE_OCTETS;

const VERDICTS = [
  'granted',
  'held',
  'silent',
  'old',
  /** Not the epoch of the acceptor now: the answer tells it. */
  'epoch',
  /** Its list of acceptors is another one. */
  'list',
  /** It promises nothing for so long. */
  'time',
] as const;

export type VerdictName = (typeof VERDICTS)[number];

interface Common {
  /** A digest of the list of acceptors that the node has. */
  readonly list: number;
  readonly node: number;
  readonly acceptor: number;
  readonly round: number;
  /** 0: the node does not know it yet. */
  readonly epoch: number;
  /** A number that the node has drawn when it was started. */
  readonly life: number;
  /** By `leaseKey`; 1 to 510. */
  readonly keys: readonly number[];
}

export interface LeaseAsk extends Common {
  readonly type: 'ask';
  readonly promiseMs: Millis;
  /** 0 to 255. */
  readonly priority: number;
}

export interface LeaseRelease extends Common {
  readonly type: 'release';
}

export interface LeaseAnswer extends Common {
  readonly type: 'answer';
  readonly verdict: VerdictName;
  /** Of `held`; else 0. */
  readonly holder: number;
  /** Of `old`; else 0. */
  readonly heard: number;
  /** Of `held` and `silent`: until it may be free; of `time`: the longest promise; else 0. */
  readonly freeInMs: Millis;
}

export type LeaseMessage = LeaseAsk | LeaseRelease | LeaseAnswer;

export type LeaseDropReason =
  | 'length'
  | 'magic'
  | 'version'
  | 'type'
  /** Signed with a key that we do not have. */
  | 'key'
  /** The signature does not fit: altered on the way, or forged. */
  | 'signature'
  /** Authentic, and yet not as this format is. */
  | 'content';

export interface LeaseDrop {
  readonly drop: LeaseDropReason;
}

/** A shared secret, and the number by which a datagram names it. */
export interface SigningKey {
  readonly id: number;
  readonly secret: Uint8Array;
}

export type Keyring = ReadonlyMap<number, SigningKey>;

/** The identifier tells nothing of the secret. */
export function signingKey(secret: Uint8Array): SigningKey {
  const id = createHmac('sha256', secret).update('lvs-director lease key').digest().readUInt32BE(0);
  return { id, secret };
}

export function keyringOf(keys: readonly SigningKey[]): Keyring {
  return new Map(keys.map((key) => [key.id, key]));
}

/** What is leased, as a number: family and VRID. */
export function leaseKey(family: Family, vrid: number): number {
  return family === 'ipv6' ? IPV6_BIT | vrid : vrid;
}

/** `vrid 51 (IPv4)`. */
export function formatLeaseKey(key: number): string {
  return `vrid ${key & 0xff} (${key & IPV6_BIT ? 'IPv6' : 'IPv4'})`;
}

/**
 * The acceptor whose memory is etcd, on every director the same. No witness that listens at the same address and
 * has a memory of its own answers to this name.
 */
export function etcdId(): number {
  return digest48('etcd');
}

/** Who an acceptor or the director beside it is: 48 bits made of its address and port. */
export function nodeIdOf(address: string, port: number): number {
  return digest48(formatEndpoint(address, port));
}

/** 48 bits made of a list of nodes, whatever its order. */
export function listIdOf(nodes: readonly number[]): number {
  return digest48([...nodes].sort((a, b) => a - b).join(' '));
}

function digest48(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}

export function encodeLease(message: LeaseMessage, key: SigningKey): Uint8Array {
  const { keys } = message;
  const signedOctets = HEADER_OCTETS + 2 * keys.length;
  const octets = Buffer.alloc(signedOctets + SIGNATURE_OCTETS);
  octets.writeUInt16BE(MAGIC, 0);
  octets.writeUInt8(VERSION, 2);
  octets.writeUInt8(TYPE[message.type], 3);
  octets.writeUInt32BE(key.id, 4);
  octets.writeUIntBE(message.list, 8, 6);
  octets.writeUIntBE(message.node, 14, 6);
  octets.writeUIntBE(message.acceptor, 20, 6);
  octets.writeUIntBE(message.round, 26, 6);
  octets.writeUIntBE(message.epoch, 32, 6);
  octets.writeUInt32BE(message.life, 50);
  if (message.type === 'ask') {
    octets.writeUInt32BE(Math.ceil(message.promiseMs), 54);
    octets.writeUInt8(message.priority, 58);
  }
  if (message.type === 'answer') {
    octets.writeUIntBE(message.holder, 38, 6);
    octets.writeUIntBE(message.heard, 44, 6);
    octets.writeUInt32BE(Math.ceil(message.freeInMs), 54);
    octets.writeUInt8(VERDICTS.indexOf(message.verdict), 59);
  }
  octets.writeUInt16BE(keys.length, COUNT_OFFSET);
  for (const [at, one] of keys.entries()) octets.writeUInt16BE(one, HEADER_OCTETS + 2 * at);
  octets.set(signatureOf(octets.subarray(0, signedOctets), key), signedOctets);
  return octets;
}

function signatureOf(octets: Uint8Array, { secret }: SigningKey): Buffer {
  return createHmac('sha256', secret).update(octets).digest();
}

/**
 * Reads a datagram, and gives the key that it was signed with: an answer is signed with the same. What costs
 * least is looked at first. Never throws.
 */
export function decodeLease(
  octets: Uint8Array,
  keyring: Keyring,
): { readonly message: LeaseMessage; readonly key: SigningKey } | LeaseDrop {
  if (octets.length < HEADER_OCTETS + SIGNATURE_OCTETS) return { drop: 'length' };
  const view = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (view.readUInt16BE(0) !== MAGIC) return { drop: 'magic' };
  if (view.readUInt8(2) !== VERSION) return { drop: 'version' };
  const signedOctets = HEADER_OCTETS + 2 * view.readUInt16BE(COUNT_OFFSET);
  if (octets.length !== signedOctets + SIGNATURE_OCTETS) return { drop: 'length' };
  if (octets.length > LEASE_OCTETS_MAX) return { drop: 'length' };
  const key = keyring.get(view.readUInt32BE(4));
  if (key === undefined) return { drop: 'key' };
  const signature = signatureOf(view.subarray(0, signedOctets), key);
  if (!timingSafeEqual(signature, view.subarray(signedOctets))) return { drop: 'signature' };
  const message = contentOf(view);
  return 'drop' in message ? message : { message, key };
}

function contentOf(view: Buffer): LeaseMessage | LeaseDrop {
  const count = view.readUInt16BE(COUNT_OFFSET);
  const keys = Array.from({ length: count }, (_, at) => view.readUInt16BE(HEADER_OCTETS + 2 * at));
  if (count === 0 || !keys.every(isLeaseKey)) return { drop: 'content' };
  const common: Common = {
    list: view.readUIntBE(8, 6),
    node: view.readUIntBE(14, 6),
    acceptor: view.readUIntBE(20, 6),
    round: view.readUIntBE(26, 6),
    epoch: view.readUIntBE(32, 6),
    life: view.readUInt32BE(50),
    keys,
  };
  // Numbers go up by one: none may be the last.
  if (common.round === NUMBER_48_MAX) return { drop: 'content' };
  const milliseconds = view.readUInt32BE(54);
  switch (view.readUInt8(3)) {
    case TYPE.ask:
      return { type: 'ask', ...common, promiseMs: milliseconds, priority: view.readUInt8(58) };
    case TYPE.release:
      return { type: 'release', ...common };
    case TYPE.answer: {
      const verdict = VERDICTS[view.readUInt8(59)];
      if (verdict === undefined) return { drop: 'content' };
      const [holder, heard] = [view.readUIntBE(38, 6), view.readUIntBE(44, 6)];
      return { type: 'answer', ...common, verdict, holder, heard, freeInMs: milliseconds };
    }
    default:
      return { drop: 'type' };
  }
}

function isLeaseKey(key: number): boolean {
  return key < 2 * IPV6_BIT && (key & 0xff) > 0;
}
