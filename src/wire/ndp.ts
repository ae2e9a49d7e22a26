/** Unsolicited neighbour advertisements (RFC 4861 §4.4) as frames: where an IPv6 address is now. */
import { addressBytes } from '../base/address.ts';
import { ByteWriter } from '../base/bytes.ts';
import { addWords, foldChecksum } from '../base/checksum.ts';

const ETHERTYPE_IPV6 = 0x86dd;
const NEXT_HEADER_ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
const ALL_NODES = 'ff02::1';
const ALL_NODES_MAC: Uint8Array = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
/** O: the link-layer address replaces what is cached. */
const OVERRIDE = 0x2000_0000;
/** R: the sender forwards packets. */
const ROUTER = 0x8000_0000;
const TARGET_LINK_LAYER_ADDRESS = 2;

/** From the address itself to all nodes, hop limit 255. */
export function encodeUnsolicitedAdvertisement(
  mac: Uint8Array,
  address: string,
  isRouter = false,
): Uint8Array {
  const octets = addressBytes(address);
  const all = addressBytes(ALL_NODES);
  const message = new ByteWriter()
    .u8(NEIGHBOUR_ADVERTISEMENT)
    .u8(0)
    .u16Be(0)
    .u32Be(isRouter ? ROUTER + OVERRIDE : OVERRIDE)
    .raw(octets)
    .u8(TARGET_LINK_LAYER_ADDRESS)
    .u8(1)
    .raw(mac);
  const length = message.length;
  const sum = [octets, all, message.finish()].reduce(addWords, length + NEXT_HEADER_ICMPV6);
  message.setU16Be(2, foldChecksum(sum));
  return new ByteWriter()
    .raw(ALL_NODES_MAC)
    .raw(mac)
    .u16Be(ETHERTYPE_IPV6)
    .u32Be(0x6000_0000)
    .u16Be(length)
    .u8(NEXT_HEADER_ICMPV6)
    .u8(255)
    .raw(octets)
    .raw(all)
    .raw(message.finish())
    .finish();
}
