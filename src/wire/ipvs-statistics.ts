/**
 * Counters and rates of a virtual or real server (IPVS_STATS_ATTR_*, include/uapi/linux/ip_vs.h). The
 * kernel sends them twice: in a nest where only the octets are 64 bits wide, and, since 4.1, in one
 * where everything is. Some builds add padding attributes: never compute offsets here.
 */
import type { Attributes } from './nlattr.ts';

/** Exact up to 2^53. All of it moves only at the kernel's tick of 2 s. */
export interface Statistics {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly connectionsPerSecond: number;
  readonly inPacketsPerSecond: number;
  readonly outPacketsPerSecond: number;
  readonly inBytesPerSecond: number;
  readonly outBytesPerSecond: number;
}

const Statistic = {
  connections: 1,
  inPackets: 2,
  outPackets: 3,
  inBytes: 4,
  outBytes: 5,
  connectionsPerSecond: 6,
  inPacketsPerSecond: 7,
  outPacketsPerSecond: 8,
  inBytesPerSecond: 9,
  outBytesPerSecond: 10,
} as const;

export const NO_STATISTICS: Statistics = decode(() => 0);

/** Prefers the nest of 64 bits; zeros if the message carries neither. */
export function decodeStatistics(
  attributes: Attributes,
  nests: { readonly narrow: number; readonly wide: number },
): Statistics {
  if (attributes.has(nests.wide)) {
    const wide = attributes.nest(nests.wide);
    return decode((type) => wide.u64Host(type));
  }
  if (!attributes.has(nests.narrow)) return NO_STATISTICS;
  const narrow = attributes.nest(nests.narrow);
  return decode((type) =>
    type === Statistic.inBytes || type === Statistic.outBytes
      ? narrow.u64Host(type)
      : narrow.u32Host(type),
  );
}

function decode(value: (type: number) => number): Statistics {
  return {
    connections: value(Statistic.connections),
    inPackets: value(Statistic.inPackets),
    outPackets: value(Statistic.outPackets),
    inBytes: value(Statistic.inBytes),
    outBytes: value(Statistic.outBytes),
    connectionsPerSecond: value(Statistic.connectionsPerSecond),
    inPacketsPerSecond: value(Statistic.inPacketsPerSecond),
    outPacketsPerSecond: value(Statistic.outPacketsPerSecond),
    inBytesPerSecond: value(Statistic.inBytesPerSecond),
    outBytesPerSecond: value(Statistic.outBytesPerSecond),
  };
}
