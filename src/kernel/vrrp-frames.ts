/**
 * VRRP on a link with a virtual MAC: heard and sent as frames by a packet socket, or sent by the interface below
 * (`vmac_xmit_base`). The interface below joins the group for both, so that switches know that it is wanted there.
 *
 * The kernel gives a frame that has our own virtual MAC for its source, as a peer's has, to the macvlan of this MAC
 * and to nobody else; any other it gives to both. So the macvlan is where everybody is heard.
 */
import type { DirectorError } from '../base/error.ts';
import { framedFilter, vrrpFilter } from '../wire/vrrp-filter.ts';
import {
  decodeFrame,
  ETHERNET_OCTETS,
  ETHERTYPE,
  encodeFrameHeader,
  groupMac,
  stampFrame,
} from '../wire/vrrp-frame.ts';
import { type Addon, loadAddon } from './addon.ts';
import {
  failedSend,
  failedSocket,
  openVrrpSocket,
  type VrrpPath,
  type VrrpSocket,
  type VrrpSocketHandlers,
  type VrrpSocketOptions,
  type VrrpTarget,
} from './packets.ts';

/** Room for any advertisement: Ethernet, IP, 255 addresses and a trailer. */
const FRAME_OCTETS_MAX = 4_200;

export interface FrameSocketOptions {
  /** The interface below. */
  readonly base: VrrpSocketOptions & { readonly group: string };
  readonly link: {
    readonly name: string;
    readonly index: number;
    /** Six octets. */
    readonly mac: Uint8Array;
  };
  readonly sendsFromBase: boolean;
}

/** @throws DirectorError NOT_PERMITTED, SOCKET_FAILED or ADDON_MISSING. */
export function openFrameSocket(
  { base, link, sendsFromBase }: FrameSocketOptions,
  handlers: VrrpSocketHandlers,
): VrrpSocket {
  const addon = loadAddon();
  const { family, protocol, group } = base;
  const failed = (cause: unknown): DirectorError => failedSocket(link.name, cause);
  const fd = openFrames(addon, { base, link, failed });
  const handle = addon.receive(
    fd,
    (frame) => {
      const packet = decodeFrame(frame, family, protocol);
      if ('drop' in packet) handlers.onDrop(packet.drop);
      else handlers.onPacket(packet);
    },
    (errno) => handlers.onError(failed(errno)),
  );
  let below: VrrpSocket;
  try {
    below = openVrrpSocket(base, { ...handlers, onPacket: () => {}, onDrop: () => {} });
    // What it hears is heard on the link.
    below.filter([]);
  } catch (error) {
    addon.stopReceiving(handle);
    throw error;
  }
  const send = (frame: Uint8Array): void => {
    try {
      addon.sendFrame(fd, frame);
    } catch (error) {
      throw failedSend(link.name, error);
    }
  };
  return {
    path: (target) =>
      sendsFromBase
        ? below.path(target)
        : pathOf({ ...target, destination: group }, { base, link }, (frame) => send(frame)),
    filter: (vrids) => {
      const options = { family, protocol, unicast: false, framed: true } as const;
      const program =
        vrids === null ? framedFilter(family, protocol) : vrrpFilter({ ...options, vrids });
      try {
        addon.attachFilter(fd, program);
      } catch (error) {
        handlers.onError(failed(error));
      }
    },
    close: async () => {
      addon.stopReceiving(handle);
      await below.close();
    },
  };
}

/** Hears nothing before its filter is there: everything of the family would come. */
function openFrames(
  addon: Addon,
  {
    base: { family, protocol, group },
    link,
    failed,
  }: Pick<FrameSocketOptions, 'base' | 'link'> & { failed(cause: unknown): DirectorError },
): number {
  let fd = -1;
  try {
    fd = addon.openPacketSocket(link.index, ETHERTYPE[family]);
    addon.attachFilter(fd, framedFilter(family, protocol));
    addon.joinEthernetGroup(fd, link.index, groupMac(group));
    return fd;
  } catch (cause) {
    if (fd >= 0) addon.closeDescriptor(fd);
    throw failed(cause);
  }
}

function pathOf(
  { source, destination, hopLimit }: VrrpTarget,
  { base: { family, protocol }, link: { mac } }: Pick<FrameSocketOptions, 'base' | 'link'>,
  send: (frame: Uint8Array) => void,
): VrrpPath {
  const target = { family, protocol, sourceMac: mac, source, destination, hopLimit };
  const header = encodeFrameHeader(target);
  const frame = new Uint8Array(FRAME_OCTETS_MAX);
  frame.set(header);
  // AH signs the header with its checksum left out.
  const unsummed = header.slice(ETHERNET_OCTETS);
  let whole = frame;
  return {
    header: (payloadOctets, identification) => {
      if (family === 'ipv6') return unsummed.subarray(0, 0);
      stampFrame(frame, family, { payloadOctets, identification });
      unsummed.set(frame.subarray(ETHERNET_OCTETS, header.length));
      unsummed.fill(0, 10, 12);
      return unsummed;
    },
    send: (payload, identification) => {
      stampFrame(frame, family, { payloadOctets: payload.length, identification });
      frame.set(payload, header.length);
      const octets = header.length + payload.length;
      if (whole.length !== octets) whole = frame.subarray(0, octets);
      send(whole);
    },
  };
}
