/**
 * Every decoder of octets that come from a network or from the kernel, beside those that the directors of packets.ts
 * have: what it is given in good order, and mutants of that. None may throw, or cost more than a few octets of memory.
 */
import { fromHex } from '../../src/base/bytes.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import {
  decodeArp,
  encodeArpProbe,
  encodeGratuitousArp,
  encodeGratuitousReply,
} from '../../src/wire/arp.ts';
import { decodeControl, encodeControl } from '../../src/wire/bfd.ts';
import { decodeFamilyId, decodeGeneric } from '../../src/wire/genl.ts';
import {
  decodeDaemon,
  decodeDestination,
  decodeInfo,
  decodeService,
  decodeTimeouts,
} from '../../src/wire/ipvs/reply.ts';
import { decodeSyncHead } from '../../src/wire/ipvs/sync-message.ts';
import { decodeLease, encodeLease, keyringOf, signingKey } from '../../src/wire/lease.ts';
import {
  decodeAdvertisement,
  encodeSolicitation,
  encodeUnsolicitedAdvertisement,
} from '../../src/wire/ndp.ts';
import { decodeElements } from '../../src/wire/nftables/elements.ts';
import { decodeTable } from '../../src/wire/nftables/message.ts';
import { orNull } from '../../src/wire/nlattr.ts';
import {
  decodeAcknowledgement,
  decodeMessages,
  type NetlinkMessage,
} from '../../src/wire/nlmsg.ts';
import { decodePeerMessage, encodePeerMessage } from '../../src/wire/peer-link.ts';
import { decodeNotification } from '../../src/wire/rtnl/notification.ts';
import { decodeIpv4Settings } from '../../src/wire/rtnl/virtual-links.ts';
import { encodeAdvert } from '../../src/wire/vrrp.ts';
import { decodeFrame, encodeFrameHeader, stampFrame } from '../../src/wire/vrrp-frame.ts';
import { readCaptures } from '../wire/capture.ts';

export interface Decoder {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  decode(octets: Uint8Array): unknown;
}

const MAC = Uint8Array.of(2, 0x42, 10, 0, 0, 1);
const KEY = Buffer.from('a key that directors share');
const SIGNING = signingKey(KEY);
const RING = keyringOf([SIGNING]);

const leaseFields = {
  list: 1,
  node: 2,
  acceptor: 3,
  round: 4,
  epoch: 5,
  life: 6,
  keys: [51, 52, 53],
} as const;

const BFD = {
  diagnostic: 'none',
  state: 'up',
  poll: true,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 7,
  yourDiscriminator: 8,
  desiredMinTxMs: 50,
  requiredMinRxMs: 50,
  requiredMinEchoRxMs: 0,
} as const;

const peerFields = {
  family: 'ipv4',
  life: '0123456789abcdef',
  sequence: 7,
  to: '1123456789abcdef',
  token: null,
  note: null,
  reigns: [],
  entries: [51, 52].map(
    (vrid) => ({ vrid, priority: 100, state: 'master', canTake: true }) as const,
  ),
} as const;

/** A whole frame with an advertisement, as a packet socket gives it. */
export function frameOf(family: 'ipv4' | 'ipv6'): Uint8Array {
  const [source, destination, address] =
    family === 'ipv4'
      ? ['192.0.2.3', '224.0.0.18', '192.0.2.10']
      : ['fe80::3', 'ff02::12', 'fe80::10'];
  const fields = {
    version: 3,
    vrid: 51,
    priority: 100,
    intervalMs: 1000,
    addresses: [address],
  } as const;
  const message = encodeAdvert(fields, { family, source, destination });
  const target = { family, protocol: 112, sourceMac: MAC, source, destination, hopLimit: 255 };
  const header = encodeFrameHeader(target);
  stampFrame(header, family, { payloadOctets: message.length, identification: 1 });
  return Buffer.concat([header, message]);
}

/** From whoever is on a network. */
export const OF_STRANGERS: readonly Decoder[] = [
  {
    name: 'VRRP in frames of IPv4',
    seeds: [frameOf('ipv4')],
    decode: (octets) => decodeFrame(octets, 'ipv4', 112),
  },
  {
    name: 'VRRP in frames of IPv6',
    seeds: [frameOf('ipv6')],
    decode: (octets) => decodeFrame(octets, 'ipv6', 112),
  },
  {
    name: 'BFD',
    seeds: [
      encodeControl(BFD),
      fromHex('20 44 05 1a 00000001 00000000 000f4240 00002710 00000000 0102'),
    ],
    decode: decodeControl,
  },
  {
    name: 'the lease',
    seeds: [
      encodeLease({ type: 'ask', ...leaseFields, promiseMs: 3000, priority: 100 }, SIGNING),
      encodeLease({ type: 'release', ...leaseFields }, SIGNING),
    ],
    decode: (octets) => decodeLease(octets, RING),
  },
  {
    name: 'directors to each other, signed',
    seeds: [
      encodePeerMessage({ kind: 'hello', ...peerFields }, KEY),
      encodePeerMessage(
        { kind: 'yielded', ...peerFields, reigns: [{ forMs: 65_537, agoMs: 3 }] },
        KEY,
      ),
    ],
    decode: (octets) => decodePeerMessage(octets, KEY),
  },
  {
    name: 'notes of directors to each other',
    seeds: [
      encodePeerMessage(
        { kind: 'note', ...peerFields, entries: [], note: Uint8Array.of(1, 2, 3, 4, 5) },
        KEY,
      ),
    ],
    decode: (octets) => decodePeerMessage(octets, KEY),
  },
  {
    name: 'directors to each other',
    seeds: [encodePeerMessage({ kind: 'prepare', ...peerFields }, null)],
    decode: (octets) => decodePeerMessage(octets, null),
  },
  {
    name: 'ARP',
    seeds: [
      encodeGratuitousArp(MAC, '10.0.0.100'),
      encodeGratuitousReply(MAC, '10.0.0.100'),
      encodeArpProbe(MAC, '10.0.0.1', '10.0.0.100'),
    ],
    decode: decodeArp,
  },
  {
    name: 'neighbour discovery',
    seeds: [
      encodeUnsolicitedAdvertisement(MAC, 'fd00::100', true),
      encodeSolicitation(MAC, 'fe80::1', 'fd00::100'),
    ],
    decode: decodeAdvertisement,
  },
  {
    name: 'connection sync',
    seeds: [fromHex('00 07 0010 02 01 0000 0102030405060708'), fromHex('02 07 0008 01020304')],
    decode: decodeSyncHead,
  },
];

const messages = ['rtnl', 'rtnl-links', 'rtnl-routes', 'nftables', 'ipvs'].flatMap((name) =>
  readCaptures(name).flatMap(({ requests, replies }) => [...requests, ...replies]),
);

/** Of the kernel: whole datagrams, read as each of the things that they may be. */
export const OF_THE_KERNEL: Decoder = {
  name: 'netlink',
  seeds: messages,
  decode: (octets) => {
    for (const message of decodeMessages(octets) ?? []) {
      for (const read of readingsOf(message)) read();
    }
  },
};

const IPVS = [decodeService, decodeDestination, decodeDaemon, decodeTimeouts, decodeInfo] as const;

/** What a message may be read as: by the program as one of these. */
export function readingsOf(message: NetlinkMessage): readonly (() => unknown)[] {
  const { type, payload } = message;
  // Error and end of a dump.
  if (type === 2 || type === 3) return [() => decodeAcknowledgement(message)];
  if (type >= 0x0a00) {
    return [() => decodeElements(payload), () => orNull(() => decodeTable(payload))];
  }
  if (type < 16 || type >= 40) return [];
  const ofLinks = [() => decodeIpv4Settings(payload), () => decodeFamilyId(payload)];
  return [
    () => decodeNotification(type, payload),
    () => orNull(() => decodeGeneric(payload)),
    ...(type === 16 ? ofLinks : []),
    // The numbers of generic netlink families begin here, too.
    ...(type >= 0x1c ? IPVS.map((decode) => () => decode(payload)) : []),
  ];
}

/** Octets of the longest mutant. */
const OCTETS_MAX = 4096;

/** Mutants of good octets: cut, grown, octets and bits changed. What is given lives until the next one. */
export class Mutants {
  private readonly random: Random;
  private readonly scratch = new Uint8Array(OCTETS_MAX);

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  of(seeds: readonly Uint8Array[]): Uint8Array {
    const seed = seeds[this.below(seeds.length)] as Uint8Array;
    const { scratch } = this;
    let length = Math.min(seed.length, OCTETS_MAX);
    scratch.set(seed.length > OCTETS_MAX ? seed.subarray(0, OCTETS_MAX) : seed);
    for (let count = 1 + this.below(3); count > 0; count -= 1) {
      const at = this.below(Math.max(1, length));
      const way = this.below(8);
      if (way === 0) length = at;
      else if (way === 1) {
        const more = Math.min(OCTETS_MAX - length, length - at);
        scratch.copyWithin(length, at, at + more);
        length += more;
      } else if (way === 2) scratch[at] = this.below(256);
      else if (way === 3) scratch[at] = EDGES[this.below(EDGES.length)] as number;
      else scratch[at] = (scratch[at] as number) ^ (1 << this.below(8));
    }
    return scratch.subarray(0, length);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

const EDGES = [0, 1, 2, 4, 8, 127, 128, 254, 255] as const;

/** What went wrong in so many inputs; null: nothing. */
export function faultOf(
  { name, seeds, decode }: Decoder,
  seed: number,
  count: number,
): string | null {
  const mutants = new Mutants(seed);
  for (let at = 0; at < count; at += 1) {
    const octets = mutants.of(seeds);
    try {
      decode(octets);
    } catch (error) {
      return `${name}, input ${at}, ${Buffer.from(octets).toString('hex')}: ${error}`;
    }
  }
  return null;
}
