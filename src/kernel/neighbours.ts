/** Tells a link where an address is now, asks who has one, and hears who else claims one of ours. */
import { familyOf, formatMac } from '../base/address.ts';
import { decodeArp, ETHERTYPE_ARP, encodeArpProbe, encodeGratuitousArp } from '../wire/arp.ts';
import { encodeUnsolicitedAdvertisement } from '../wire/ndp.ts';
import { loadAddon, type NativeHandle } from './addon.ts';

export interface Claim {
  readonly address: string;
  readonly mac: string;
}

export interface Neighbours {
  /** Gratuitous ARP, or an unsolicited neighbour advertisement. */
  announce(address: string): void;
  /** Asks who has an IPv4 address; `from` is the address of ours to answer to. */
  probe(address: string, from?: string): void;
  close(): void;
}

export interface NeighboursOptions {
  readonly interfaceIndex: number;
  /** Six octets. */
  readonly mac: Uint8Array;
  /** Somebody with another MAC says in ARP that an address is his. */
  readonly onClaim: (claim: Claim) => void;
}

/** Opens a packet socket on one interface that speaks ARP. */
export function openNeighbours(options: NeighboursOptions): Neighbours {
  const { interfaceIndex, mac, onClaim } = options;
  const addon = loadAddon();
  const fd = addon.openPacketSocket(interfaceIndex, ETHERTYPE_ARP);
  addon.attachFilter(fd, onlyArpOfOthers(mac));
  const own = formatMac(mac);
  let handle: NativeHandle | null = addon.receiveFrames(fd, (frame) => {
    const packet = decodeArp(frame);
    if (packet === null || packet.senderMac === own || packet.senderAddress === '0.0.0.0') return;
    onClaim({ address: packet.senderAddress, mac: packet.senderMac });
  });
  return {
    announce: (address) =>
      addon.sendFrame(
        fd,
        familyOf(address) === 'ipv4'
          ? encodeGratuitousArp(mac, address)
          : encodeUnsolicitedAdvertisement(mac, address),
      ),
    probe: (address, from = '0.0.0.0') => addon.sendFrame(fd, encodeArpProbe(mac, from, address)),
    close: () => {
      if (handle !== null) addon.stopReceiving(handle);
      handle = null;
    },
  };
}

/** BPF, four numbers an instruction: frames whose source is our own MAC stay in the kernel. */
function onlyArpOfOthers(mac: Uint8Array): readonly number[] {
  const [LOAD_WORD, LOAD_HALF, JUMP_EQUAL, RETURN] = [0x20, 0x28, 0x15, 0x06];
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength);
  return [
    [LOAD_WORD, 0, 0, 6],
    [JUMP_EQUAL, 0, 3, view.getUint32(0)],
    [LOAD_HALF, 0, 0, 10],
    [JUMP_EQUAL, 0, 1, view.getUint16(4)],
    [RETURN, 0, 0, 0],
    [RETURN, 0, 0, 0xffff],
  ].flat();
}
