/** What concerns all of IPVS: the timeouts of connections, and what the kernel says of itself. */
import type { Attributes, AttributeWriter } from '../nlattr.ts';
import { InfoAttribute, Top } from './numbers.ts';

/** Idle connections are forgotten after these. The portable limit is 2147483 s; to set 0 is to keep. */
export interface Timeouts {
  readonly tcpSeconds: number;
  readonly tcpFinSeconds: number;
  readonly udpSeconds: number;
}

export interface IpvsInfo {
  /** `1.2.1`. */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly tableSize: number;
}

export function writeTimeouts(attributes: AttributeWriter, timeouts: Timeouts): void {
  attributes
    .u32Host(Top.timeoutTcp, timeouts.tcpSeconds)
    .u32Host(Top.timeoutTcpFin, timeouts.tcpFinSeconds)
    .u32Host(Top.timeoutUdp, timeouts.udpSeconds);
}

/** What is absent is kept. Throws `Truncated`. */
export function readTimeouts(attributes: Attributes): Timeouts {
  return {
    tcpSeconds: attributes.u32Host(Top.timeoutTcp, 0),
    tcpFinSeconds: attributes.u32Host(Top.timeoutTcpFin, 0),
    udpSeconds: attributes.u32Host(Top.timeoutUdp, 0),
  };
}

export function writeInfo(attributes: AttributeWriter, { version, tableSize }: IpvsInfo): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  attributes
    .u32Host(InfoAttribute.version, (major << 16) | (minor << 8) | patch)
    .u32Host(InfoAttribute.tableSize, tableSize);
}

/** Throws `Truncated` or `AttributeMissing`. */
export function readInfo(attributes: Attributes): IpvsInfo {
  const version = attributes.u32Host(InfoAttribute.version);
  return {
    version: [version >>> 16, (version >>> 8) & 0xff, version & 0xff].join('.'),
    tableSize: attributes.u32Host(InfoAttribute.tableSize),
  };
}
