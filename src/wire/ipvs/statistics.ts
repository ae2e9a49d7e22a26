/**
 * Counters and rates of a virtual or real server (IPVS_STATS_ATTR_*, include/uapi/linux/ip_vs.h). The
 * kernel sends them twice: in a nest where only the octets are 64 bits wide, and, since 4.1, in one
 * where everything is. Some builds add padding attributes: never compute offsets here.
 */
import type { Attributes, AttributeWriter } from '../nlattr.ts';

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

/** IPVS_STATS_ATTR_*. */
const Statistic: Readonly<Record<keyof Statistics, number>> = {
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
};

/** IPVS_STATS_ATTR_PAD: nothing, so that what follows stands at a multiple of 8. */
const PADDING = 11;

export const NO_STATISTICS: Statistics = decode(() => 0);

/** The two nests of a message. */
export interface StatisticsNests {
  readonly narrow: number;
  readonly wide: number;
}

/** Prefers the nest of 64 bits; zeros if the message carries neither. */
export function readStatistics(attributes: Attributes, nests: StatisticsNests): Statistics {
  if (attributes.has(nests.wide)) {
    const wide = attributes.nest(nests.wide);
    return decode((type) => wide.u64Host(type));
  }
  if (!attributes.has(nests.narrow)) return NO_STATISTICS;
  const narrow = attributes.nest(nests.narrow);
  return decode((type) => (isOctets(type) ? narrow.u64Host(type) : narrow.u32Host(type)));
}

/** Both nests, as the kernel tells them; in the narrow one what is too large has wrapped. */
export function writeStatistics(
  attributes: AttributeWriter,
  nests: StatisticsNests,
  statistics: Statistics,
  padded: boolean,
): void {
  const narrow = attributes.open(nests.narrow);
  writeEach(statistics, (type, value) => {
    if (isOctets(type)) writeWide(attributes, type, value, padded);
    else attributes.u32Host(type, value % 2 ** 32);
  });
  attributes.close(narrow);
  const wide = attributes.open(nests.wide);
  writeEach(statistics, (type, value) => writeWide(attributes, type, value, padded));
  attributes.close(wide);
}

/** Only the counters of octets are wide everywhere. */
function isOctets(type: number): boolean {
  return type === Statistic.inBytes || type === Statistic.outBytes;
}

function writeEach(statistics: Statistics, write: (type: number, value: number) => void): void {
  for (const name in Statistic) {
    const key = name as keyof Statistics;
    write(Statistic[key], statistics[key]);
  }
}

/** The kernel pads where the value would not stand at a multiple of 8 of its buffer. */
function writeWide(
  attributes: AttributeWriter,
  type: number,
  value: number,
  padded: boolean,
): void {
  const HEADER_OCTETS = 4;
  if (padded && (attributes.out.length + HEADER_OCTETS) % 8 !== 0) attributes.room(PADDING, 0);
  attributes.u64Host(type, value);
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
