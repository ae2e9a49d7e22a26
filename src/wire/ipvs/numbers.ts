/**
 * The numbers of IPVS over generic netlink (include/uapi/linux/ip_vs.h): commands, attributes, flags, and
 * what stands for a family, a protocol, a forwarding method or a tunnel. The folder knows no socket and
 * imports nothing but netlink's own formats: wire/nlattr.ts, wire/genl.ts and base/.
 */

export const IPVS_FAMILY = 'IPVS';
export const IPVS_VERSION = 1;

/** IPVS_CMD_*. */
export const Command = {
  newService: 1,
  setService: 2,
  deleteService: 3,
  getService: 4,
  newDestination: 5,
  setDestination: 6,
  deleteDestination: 7,
  getDestination: 8,
  newDaemon: 9,
  deleteDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  /** The answer to `getInfo`; nothing can be set. */
  setInfo: 14,
  getInfo: 15,
  zero: 16,
  flush: 17,
} as const;

/** IPVS_CMD_ATTR_*: the nests of a message, and the timeouts, which stand outside of any. */
export const Top = {
  service: 1,
  destination: 2,
  daemon: 3,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

/** IPVS_SVC_ATTR_*. */
export const ServiceAttribute = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  statistics: 10,
  engine: 11,
  statistics64: 12,
} as const;

/** IPVS_DEST_ATTR_*. */
export const DestinationAttribute = {
  address: 1,
  port: 2,
  forwarding: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConnections: 7,
  inactiveConnections: 8,
  persistentConnections: 9,
  statistics: 10,
  family: 11,
  statistics64: 12,
  tunnelType: 13,
  tunnelPort: 14,
  tunnelFlags: 15,
} as const;

/** IPVS_DAEMON_ATTR_*. */
export const DaemonAttribute = {
  state: 1,
  interface: 2,
  syncId: 3,
  maxlen: 4,
  group: 5,
  group6: 6,
  port: 7,
  ttl: 8,
} as const;

/** IPVS_INFO_ATTR_*. */
export const InfoAttribute = { version: 1, tableSize: 2 } as const;

/** IP_VS_SVC_F_*; 0x02 (HASHED) is the kernel's own. */
export const ServiceFlag = {
  persistent: 0x01,
  hashed: 0x02,
  onePacket: 0x04,
  scheduler1: 0x08,
  scheduler2: 0x10,
  scheduler3: 0x20,
} as const;

export const AF = { ipv4: 2, ipv6: 10 } as const;
export const PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
/** IP_VS_CONN_F_*: the low three bits; 5 to 7 mean nothing and are `other` to us. */
export const FORWARDING = { nat: 0, local: 1, tun: 2, dr: 3, bypass: 4 } as const;
export const FORWARDING_MASK = 0x7;
/** IP_VS_CONN_F_TUNNEL_TYPE_*. */
export const TUNNEL_TYPE = { ipip: 0, gue: 1, gre: 2 } as const;
/** IP_VS_STATE_*. */
export const SYNC_STATE = { master: 1, backup: 2 } as const;

/** The name of a number in one of the tables above. */
export function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
): Name | null {
  for (const name in table) if (table[name] === number) return name;
  return null;
}
