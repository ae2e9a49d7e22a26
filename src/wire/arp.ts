/**
 * ARP over Ethernet (RFC 826), as frames. Gratuitous ARP (RFC 9568 §8.1.2 with errata 7947, 7949) is a
 * request in which sender and target are the address itself.
 *
 *   | dst MAC 6 | src MAC 6 | 0x0806 | 1 | 0x0800 | 6 | 4 | op 2 | sender MAC, IP | target MAC, IP | pad
 */
import { addressBytes, addressFromBytes, formatMac, ipv4Number } from '../base/address.ts';
import { ByteWriter } from '../base/bytes.ts';

export const ETHERTYPE_ARP = 0x0806;

const REQUEST = 1;
const REPLY = 2;
const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff);
const FRAME_OCTETS_MIN = 60;
const PACKET_OCTETS = 42;
const SENDER_ADDRESS_AT = 28;
const TARGET_ADDRESS_AT = 38;

export interface ArpPacket {
  readonly operation: number;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetAddress: string;
}

/** Tells the link that `address` is at `mac` now, as a request. */
export function encodeGratuitousArp(mac: Uint8Array, address: string): Uint8Array {
  return encodeBroadcast(REQUEST, mac, { sender: address, target: address, targetMac: BROADCAST });
}

/** The same as a reply that nobody asked for (RFC 5944 §4.6): some switches learn from no request. */
export function encodeGratuitousReply(mac: Uint8Array, address: string): Uint8Array {
  return encodeBroadcast(REPLY, mac, { sender: address, target: address, targetMac: mac });
}

/** Makes one of these frames that of another address: a takeover is thousands of them. */
export function stampGratuitous(frame: Uint8Array, address: string): void {
  const number = ipv4Number(address);
  for (const from of [SENDER_ADDRESS_AT, TARGET_ADDRESS_AT]) {
    for (let at = 0; at < 4; at += 1) frame[from + at] = number >>> (24 - 8 * at);
  }
}

/** Asks who has `address`; `from` 0.0.0.0 claims nothing (RFC 5227 §2.1.1). */
export function encodeArpProbe(mac: Uint8Array, from: string, address: string): Uint8Array {
  const targetMac = new Uint8Array(6);
  return encodeBroadcast(REQUEST, mac, { sender: from, target: address, targetMac });
}

function encodeBroadcast(
  operation: number,
  mac: Uint8Array,
  {
    sender,
    target,
    targetMac,
  }: { readonly sender: string; readonly target: string; readonly targetMac: Uint8Array },
): Uint8Array {
  const frame = new ByteWriter(FRAME_OCTETS_MIN)
    .raw(BROADCAST)
    .raw(mac)
    .u16Be(ETHERTYPE_ARP)
    .u16Be(1)
    .u16Be(0x0800)
    .u8(6)
    .u8(4)
    .u16Be(operation)
    .raw(mac)
    .raw(addressBytes(sender))
    .raw(targetMac)
    .raw(addressBytes(target));
  return frame.zeros(FRAME_OCTETS_MIN - frame.length).finish();
}

/** Null: it is no ARP for IPv4 over Ethernet. Never throws. */
export function decodeArp(frame: Uint8Array): ArpPacket | null {
  if (frame.length < PACKET_OCTETS) return null;
  const u16 = (at: number): number => ((frame[at] as number) << 8) | (frame[at + 1] as number);
  const fits =
    u16(12) === ETHERTYPE_ARP && u16(14) === 1 && u16(16) === 0x0800 && u16(18) === 0x0604;
  if (!fits) return null;
  return {
    operation: u16(20),
    senderMac: formatMac(frame.subarray(22, 28)),
    senderAddress: addressFromBytes(frame.subarray(SENDER_ADDRESS_AT, SENDER_ADDRESS_AT + 4)),
    targetAddress: addressFromBytes(frame.subarray(TARGET_ADDRESS_AT, TARGET_ADDRESS_AT + 4)),
  };
}
