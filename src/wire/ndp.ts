/**
 * Neighbour discovery (RFC 4861 §4.3, §4.4) as frames: where an IPv6 address is now, who has one, and what
 * others say of theirs.
 *
 *   | Ethernet 14 | IPv6 40 | type 1, code 0, checksum | flags or 0 | target 16 | option: type, 1, MAC 6
 */
import { addressBytes, addressFromBytes, formatMac } from '../base/address.ts';
import { ByteWriter } from '../base/bytes.ts';
import { addWords, foldChecksum } from '../base/checksum.ts';

export const ETHERTYPE_IPV6 = 0x86dd;

const NEXT_HEADER_ICMPV6 = 58;
const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
const ALL_NODES = 'ff02::1';
/** O: the link-layer address replaces what is cached. */
const OVERRIDE = 0x2000_0000;
const SOURCE_LINK_LAYER_ADDRESS = 1;
/** R: the sender forwards packets. */
const ROUTER = 0x8000_0000;
const TARGET_LINK_LAYER_ADDRESS = 2;
const UNSPECIFIED = '::';

/** Where things stand in a frame without extension headers. */
const AT = { etherType: 12, nextHeader: 20, hopLimit: 21, type: 54, target: 62, end: 78 } as const;

interface Message {
  readonly type: number;
  readonly source: string;
  readonly destination: Uint8Array;
  readonly flags: number;
  readonly target: string;
  /** Null: no option. */
  readonly option: number | null;
}

/** From the address itself to all nodes, hop limit 255. */
export function encodeUnsolicitedAdvertisement(
  mac: Uint8Array,
  address: string,
  isRouter = false,
): Uint8Array {
  return encode(mac, {
    type: NEIGHBOUR_ADVERTISEMENT,
    source: address,
    destination: addressBytes(ALL_NODES),
    flags: isRouter ? ROUTER + OVERRIDE : OVERRIDE,
    target: address,
    option: TARGET_LINK_LAYER_ADDRESS,
  });
}

/**
 * Asks who has `address`, at its solicited-node group (RFC 4291 §2.7.1). `from` `::` claims nothing, and is
 * answered to all nodes (RFC 4862 §5.4.2, RFC 4861 §7.2.4).
 */
export function encodeSolicitation(mac: Uint8Array, from: string, address: string): Uint8Array {
  const destination = addressBytes('ff02::1:ff00:0').slice();
  destination.set(addressBytes(address).subarray(13), 13);
  return encode(mac, {
    type: NEIGHBOUR_SOLICITATION,
    source: from,
    destination,
    flags: 0,
    target: address,
    option: from === UNSPECIFIED ? null : SOURCE_LINK_LAYER_ADDRESS,
  });
}

function encode(mac: Uint8Array, message: Message): Uint8Array {
  const { type, destination, flags, option } = message;
  const source = addressBytes(message.source);
  const body = new ByteWriter().u8(type).u8(0).u16Be(0).u32Be(flags);
  body.raw(addressBytes(message.target));
  if (option !== null) body.u8(option).u8(1).raw(mac);
  const length = body.length;
  const sum = [source, destination, body.finish()].reduce(addWords, length + NEXT_HEADER_ICMPV6);
  body.setU16Be(2, foldChecksum(sum));
  return new ByteWriter()
    .raw(Uint8Array.of(0x33, 0x33, ...destination.subarray(12)))
    .raw(mac)
    .u16Be(ETHERTYPE_IPV6)
    .u32Be(0x6000_0000)
    .u16Be(length)
    .u8(NEXT_HEADER_ICMPV6)
    .u8(255)
    .raw(source)
    .raw(destination)
    .raw(body.finish())
    .finish();
}

/** Who says that he has which address: a neighbour advertisement that came from this link; else null. */
export function decodeAdvertisement(
  frame: Uint8Array,
): { readonly address: string; readonly mac: string } | null {
  if (frame.length < AT.end) return null;
  const isAdvertisement =
    frame[AT.etherType] === 0x86 &&
    frame[AT.etherType + 1] === 0xdd &&
    frame[AT.nextHeader] === NEXT_HEADER_ICMPV6 &&
    // RFC 4861 §7.1.2: it passed no router.
    frame[AT.hopLimit] === 255 &&
    frame[AT.type] === NEIGHBOUR_ADVERTISEMENT;
  if (!isAdvertisement) return null;
  const address = addressFromBytes(frame.subarray(AT.target, AT.end));
  return { address, mac: formatMac(frame.subarray(6, 12)) };
}
