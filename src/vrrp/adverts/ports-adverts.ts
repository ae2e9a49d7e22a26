/** What VRRP asks of sockets, in its own words; kernel/packets.ts answers, and a simulated link in tests. */
import type { Family } from '../../base/address.ts';
import type { ReceivedPacket } from './admit.ts';

/** Where advertisements are heard: one socket for all instances of this. */
export interface AdvertPlace {
  readonly interface: string;
  readonly family: Family;
  /** 112, or 51 for those in an authentication header. */
  readonly protocol: number;
  /** Null: those that come to our own addresses. */
  readonly group: string | null;
  /** The link with the virtual MAC, on which it is heard, and sent unless from the interface below; null: none. */
  readonly virtual: { readonly link: string; readonly sendsFromBase: boolean } | null;
}

export interface AdvertPort {
  /** Throws when there can be no socket now: the instance is then in fault, and asks again. */
  open(place: AdvertPlace, onPacket: (packet: ReceivedPacket) => void): AdvertSocket;
}

export interface AdvertSocket {
  /** A way to send, to be kept and used often. */
  path(to: AdvertTarget): AdvertPath;
  /** Has the kernel drop all but these VRIDs, of hop limit 255 where it must be; null: everything comes. */
  filter(vrids: readonly number[] | null): void;
  /** Resolves when what was to be sent has been sent. */
  close(): Promise<void>;
}

export interface AdvertTarget {
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
}

export interface AdvertPath {
  /** The IPv4 header as it will be sent with so many octets behind it; empty over IPv6. */
  header(payloadOctets: number, identification: number): Uint8Array;
  /** What is behind the IP header; not kept. @throws DirectorError when the kernel does not take it. */
  send(payload: Uint8Array, identification: number): void;
}
