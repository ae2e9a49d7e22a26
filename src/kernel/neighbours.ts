/** Tells a link where an address is now, asks who has one, and hears who else claims one of ours. */
import { familyOf, formatMac } from '../base/address.ts';
import { DirectorError, errnoName } from '../base/error.ts';
import {
  decodeArp,
  ETHERTYPE_ARP,
  encodeArpProbe,
  encodeGratuitousArp,
  encodeGratuitousReply,
  stampGratuitous,
} from '../wire/arp.ts';
import {
  decodeAdvertisement,
  ETHERTYPE_IPV6,
  encodeSolicitation,
  encodeUnsolicitedAdvertisement,
} from '../wire/ndp.ts';
import { type Addon, loadAddon, type NativeHandle } from './addon.ts';

export interface Claim {
  readonly address: string;
  readonly mac: string;
}

export interface Neighbours {
  /** Gratuitous ARP in one form or both, or an unsolicited neighbour advertisement. */
  announce(address: string, form: 'request' | 'reply' | 'both'): void;
  /** Asks who has an address; `from` is the address of ours to answer to. */
  probe(address: string, from?: string): void;
  close(): void;
}

export interface NeighboursOptions {
  readonly interfaceIndex: number;
  /** Six octets. */
  readonly mac: Uint8Array;
  /** Whether this interface forwards IPv6, as advertisements say of us; absent: it does not. */
  readonly forwardsIpv6?: () => boolean;
  /** Somebody with another MAC says in ARP or by a neighbour advertisement that an address is his. */
  readonly onClaim: (claim: Claim) => void;
}

/**
 * Opens packet sockets on one interface that hear ARP and neighbour advertisements. After `close` nothing is sent.
 * @throws DirectorError NOT_PERMITTED, SOCKET_FAILED or ADDON_MISSING.
 */
export function openNeighbours(options: NeighboursOptions): Neighbours {
  const { interfaceIndex, mac, onClaim } = options;
  const addon = loadAddon();
  const fd = openFiltered(addon, interfaceIndex, ETHERTYPE_ARP, onlyArpOfOthers(mac));
  const fd6 = openFiltered(addon, interfaceIndex, ETHERTYPE_IPV6, onlyAdvertisementsOfOthers(mac));
  const own = formatMac(mac);
  const onFrame = (frame: Buffer): void => {
    const packet = decodeArp(frame);
    if (packet === null || packet.senderMac === own || packet.senderAddress === '0.0.0.0') return;
    onClaim({ address: packet.senderAddress, mac: packet.senderMac });
  };
  // An error is that of a link that went down: the socket hears again when it is up.
  let handle: NativeHandle | null = addon.receive(fd, onFrame, () => {});
  const onFrame6 = (frame: Buffer): void => {
    const claim = decodeAdvertisement(frame);
    if (claim !== null && claim.mac !== own) onClaim(claim);
  };
  const handle6 = addon.receive(fd6, onFrame6, () => {});
  const send = (frame: Uint8Array): void => {
    if (handle !== null) addon.sendFrame(fd, frame);
  };
  const request = encodeGratuitousArp(mac, '0.0.0.0');
  const reply = encodeGratuitousReply(mac, '0.0.0.0');
  const sendStamped = (frame: Uint8Array, address: string): void => {
    stampGratuitous(frame, address);
    send(frame);
  };
  return {
    announce: (address, form) => {
      if (familyOf(address) === 'ipv6') {
        send(encodeUnsolicitedAdvertisement(mac, address, options.forwardsIpv6?.() ?? false));
        return;
      }
      if (form !== 'reply') sendStamped(request, address);
      if (form !== 'request') sendStamped(reply, address);
    },
    probe: (address, from) =>
      send(
        familyOf(address) === 'ipv4'
          ? encodeArpProbe(mac, from ?? '0.0.0.0', address)
          : encodeSolicitation(mac, from ?? '::', address),
      ),
    close: () => {
      if (handle === null) return;
      addon.stopReceiving(handle);
      addon.stopReceiving(handle6);
      handle = null;
    },
  };
}

function openFiltered(
  addon: Addon,
  interfaceIndex: number,
  etherType: number,
  filter: readonly number[],
): number {
  let fd = -1;
  try {
    fd = addon.openPacketSocket(interfaceIndex, etherType);
    addon.attachFilter(fd, filter);
    return fd;
  } catch (cause) {
    if (fd >= 0) addon.closeDescriptor(fd);
    const reason = errnoName(cause);
    const [code, why] =
      reason === 'EPERM'
        ? (['NOT_PERMITTED', 'CAP_NET_RAW is missing'] as const)
        : (['SOCKET_FAILED', reason] as const);
    throw new DirectorError(code, `no ARP socket on interface ${interfaceIndex}: ${why}`, {
      cause,
    });
  }
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

/** The same, and of IPv6 nothing but neighbour advertisements. */
function onlyAdvertisementsOfOthers(mac: Uint8Array): readonly number[] {
  const [LOAD_WORD, LOAD_HALF, LOAD_OCTET, JUMP_EQUAL, RETURN] = [0x20, 0x28, 0x30, 0x15, 0x06];
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength);
  return [
    [LOAD_OCTET, 0, 0, 20],
    [JUMP_EQUAL, 0, 6, 58],
    [LOAD_OCTET, 0, 0, 54],
    [JUMP_EQUAL, 0, 4, 136],
    [LOAD_WORD, 0, 0, 6],
    [JUMP_EQUAL, 0, 3, view.getUint32(0)],
    [LOAD_HALF, 0, 0, 10],
    [JUMP_EQUAL, 0, 1, view.getUint16(4)],
    [RETURN, 0, 0, 0],
    [RETURN, 0, 0, 0xffff],
  ].flat();
}
