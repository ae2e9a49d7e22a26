/**
 * What the kernel drops of VRRP before it wakes us (classic BPF, Documentation/networking/filter.rst): other
 * VRIDs than these, other versions and types, and, of multicast, what has passed a router.
 *
 * A raw IPv4 socket filters from the IP header on, a raw IPv6 socket from the message on, a packet socket from the
 * Ethernet header on; to that all other packets of the family come, too.
 */
import type { Family } from '../base/address.ts';
import { AH_OCTETS, AH_PROTOCOL } from './ah.ts';
import { ETHERNET_OCTETS } from './vrrp-frame.ts';

/** Code, jump if true, jump if false, operand. */
type Instruction = readonly [number, number, number, number];

const LOAD_OCTET = 0x30;
const LOAD_OCTET_FROM_X = 0x50;
const LOAD_HEADER_LENGTH = 0xb1;
const LOAD_NUMBER = 0x00;
const LOAD_MEMORY = 0x60;
const LOAD_MEMORY_TO_X = 0x61;
const STORE = 0x02;
const JUMP_IF_EQUAL = 0x15;
const JUMP = 0x05;
const AND = 0x54;
const SHIFT_RIGHT = 0x74;
const SHIFT_RIGHT_BY_X = 0x7c;
const RETURN = 0x06;

/** SKF_NET_OFF of linux/filter.h: offsets from here on count from the network header. */
const NETWORK_HEADER = 0xfff00000;
const TTL_OFFSET_4 = 8;
const HOP_LIMIT_OFFSET_6 = 7;
const HOP_LIMIT = 255;
const WHOLE_PACKET = 0xffff;
const IPV6_OCTETS = 40;
const PROTOCOL_AT = { ipv4: ETHERNET_OCTETS + 9, ipv6: ETHERNET_OCTETS + 6 } as const;
const WORDS_OF_VRIDS = 8;

export interface FilterOptions {
  readonly family: Family;
  readonly protocol: number;
  /** Null of `group` in its socket: peers may be behind routers. */
  readonly unicast: boolean;
  readonly vrids: readonly number[];
  /** Of a packet socket; absent: of a raw one. */
  readonly framed?: true;
}

/** Lets everything through. */
export const OPEN_FILTER: readonly number[] = [RETURN, 0, 0, WHOLE_PACKET];

/** For a packet socket: everything of one protocol. */
export function framedFilter(family: Family, protocol: number): readonly number[] {
  return [...onlyProtocol(family, protocol), [RETURN, 0, 0, WHOLE_PACKET] as const].flat();
}

/** Four numbers an instruction. */
export function vrrpFilter(options: FilterOptions): readonly number[] {
  const { family, protocol, unicast, vrids, framed } = options;
  const before = protocol === AH_PROTOCOL ? AH_OCTETS : 0;
  const isIpv4 = family === 'ipv4';
  const load: Instruction['0'] = isIpv4 ? LOAD_OCTET_FROM_X : LOAD_OCTET;
  const ethernet = framed ? ETHERNET_OCTETS : 0;
  const message = before + (framed ? ethernet + (isIpv4 ? 0 : IPV6_OCTETS) : 0);
  const hopLimitAt = isIpv4 ? ethernet + TTL_OFFSET_4 : NETWORK_HEADER + HOP_LIMIT_OFFSET_6;
  const drop: Instruction = [RETURN, 0, 0, 0];
  const program: Instruction[] = framed ? [...onlyProtocol(family, protocol)] : [];
  if (!unicast)
    program.push([LOAD_OCTET, 0, 0, hopLimitAt], [JUMP_IF_EQUAL, 1, 0, HOP_LIMIT], drop);
  if (isIpv4) program.push([LOAD_HEADER_LENGTH, 0, 0, ethernet]);
  program.push(
    [load, 0, 0, message],
    [JUMP_IF_EQUAL, 2, 0, 0x21],
    [JUMP_IF_EQUAL, 1, 0, 0x31],
    drop,
    [load, 0, 0, message + 1],
    ...isOneOf(vrids),
    [JUMP_IF_EQUAL, 0, 1, 1],
    [RETURN, 0, 0, WHOLE_PACKET],
    drop,
  );
  return program.flat();
}

function onlyProtocol(family: Family, protocol: number): readonly Instruction[] {
  return [
    [LOAD_OCTET, 0, 0, PROTOCOL_AT[family]],
    [JUMP_IF_EQUAL, 1, 0, protocol],
    [RETURN, 0, 0, 0],
  ];
}

/** Accumulator: a VRID → 1 when it is one of these. A table of 256 bits in eight words. */
function isOneOf(vrids: readonly number[]): readonly Instruction[] {
  const words = new Uint32Array(WORDS_OF_VRIDS);
  for (const vrid of vrids)
    words[vrid >> 5] = ((words[vrid >> 5] as number) | (1 << (vrid & 31))) >>> 0;
  const select = [...words].flatMap((word, at): readonly Instruction[] => [
    [JUMP_IF_EQUAL, 0, 2, at],
    [LOAD_NUMBER, 0, 0, word],
    // Past the words that follow: three instructions each.
    [JUMP, 0, 0, (WORDS_OF_VRIDS - 1 - at) * 3],
  ]);
  return [
    [STORE, 0, 0, 0],
    [AND, 0, 0, 31],
    [STORE, 0, 0, 1],
    [LOAD_MEMORY, 0, 0, 0],
    [SHIFT_RIGHT, 0, 0, 5],
    ...select,
    [LOAD_MEMORY_TO_X, 0, 0, 1],
    [SHIFT_RIGHT_BY_X, 0, 0, 0],
    [AND, 0, 0, 1],
  ];
}
