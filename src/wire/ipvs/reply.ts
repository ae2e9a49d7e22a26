/**
 * What IPVS tells when it is asked: services and destinations with their counters, daemons, timeouts, and
 * the version. The encoders write what the kernel writes, for simulators and tests.
 */
import { ByteWriter } from '../../base/bytes.ts';
import { decodeGeneric, writeGenericHeader } from '../genl.ts';
import { type Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import type { Counters } from './counters.ts';
import { readDaemon, type SyncDaemon, writeToldDaemon } from './daemon.ts';
import {
  type Destination,
  type Load,
  readDestination,
  readLoad,
  writeToldDestination,
} from './destination.ts';
import { Command, DestinationAttribute, IPVS_VERSION, ServiceAttribute, Top } from './numbers.ts';
import { readService, readServiceKey, type Service, writeToldService } from './service.ts';
import {
  type IpvsInfo,
  readInfo,
  readTimeouts,
  type Timeouts,
  writeInfo,
  writeTimeouts,
} from './settings.ts';
import { NO_STATISTICS, readStatistics, type Statistics, writeStatistics } from './statistics.ts';

export interface ServiceState extends Service {
  readonly statistics: Statistics;
  /** Of IPv4, as a number, where it is no prefix length (`granularityBits` null). */
  readonly maskWithGaps?: number;
}

/** Connection numbers are live; statistics move every 2 s. */
export interface DestinationState extends Destination, Load {
  readonly statistics: Statistics;
}

const SERVICE_NESTS = {
  narrow: ServiceAttribute.statistics,
  wide: ServiceAttribute.statistics64,
} as const;

const DESTINATION_NESTS = {
  narrow: DestinationAttribute.statistics,
  wide: DestinationAttribute.statistics64,
} as const;

/**
 * The service in a message. Null if the message is damaged, or if the service has a protocol or family
 * that no virtual server of ours can have (the kernel takes any number).
 */
export function decodeService(payload: Uint8Array): ServiceState | null {
  return decodeServiceWith(payload, (nest) => readStatistics(nest, SERVICE_NESTS));
}

/** The same with all counters 0, which takes a third of the time. */
export function decodeServiceAlone(payload: Uint8Array): ServiceState | null {
  return decodeServiceWith(payload, () => NO_STATISTICS);
}

function decodeServiceWith(
  payload: Uint8Array,
  statisticsOf: (nest: Attributes) => Statistics,
): ServiceState | null {
  return decode(payload, (attributes) => {
    const nest = attributes.nest(Top.service);
    const key = readServiceKey(nest);
    if (key === null) return null;
    const service = readService(nest, key) as Service & {
      statistics: Statistics;
      maskWithGaps?: number;
    };
    service.statistics = statisticsOf(nest);
    if (service.granularityBits === null) {
      service.maskWithGaps = nest.u32Be(ServiceAttribute.netmask);
    }
    return service;
  });
}

/** Whether a message that gave no service is sound all the same, and of a protocol or family that is none of ours. */
export function isOfOtherProtocol(payload: Uint8Array): boolean {
  const isOther = decode(payload, (attributes) => {
    const nest = attributes.nest(Top.service);
    if (readServiceKey(nest) !== null) return false;
    // Throws if anything of it is missing.
    readService(nest, ANY_KEY);
    return true;
  });
  return isOther === true;
}

const ANY_KEY = { kind: 'fwmark', family: 'ipv4', mark: 0 } as const;

/** Takes the counters of the service in a message that is sound, as they are. */
export function takeServiceCounters(counters: Counters, row: number, payload: Uint8Array): void {
  const nest = decodeGeneric(payload).attributes.nest(Top.service);
  counters.makeRoom(row + 1);
  for (const [type, octets] of [
    [SERVICE_NESTS.narrow, 4],
    [SERVICE_NESTS.wide, 8],
  ] as const) {
    if (!nest.has(type)) continue;
    const { buffer, byteOffset, length } = nest.bytes(type);
    counters.take(row, new DataView(buffer, byteOffset, length), 0, length, octets);
  }
}

/** The destination in a message; null if the message is damaged. */
export function decodeDestination(payload: Uint8Array): DestinationState | null {
  return decode(payload, (attributes) => {
    const nest = attributes.nest(Top.destination);
    const destination = readDestination(nest);
    const statistics = readStatistics(nest, DESTINATION_NESTS);
    return destination && { ...destination, ...readLoad(nest), statistics };
  });
}

export function decodeDaemon(payload: Uint8Array): SyncDaemon | null {
  return decode(payload, (attributes) => readDaemon(attributes.nest(Top.daemon)));
}

export function decodeTimeouts(payload: Uint8Array): Timeouts | null {
  return decode(payload, readTimeouts);
}

export function decodeInfo(payload: Uint8Array): IpvsInfo | null {
  return decode(payload, readInfo);
}

function decode<T>(payload: Uint8Array, read: (attributes: Attributes) => T | null): T | null {
  return orNull(() => read(decodeGeneric(payload).attributes));
}

/** `padded`: as kernels do that cannot read 64 bits at any place. */
export function encodeServiceReply(service: ServiceState, padded = false): Uint8Array {
  return encode(Command.newService, (attributes) => {
    const nest = attributes.open(Top.service);
    writeToldService(attributes, service);
    writeStatistics(attributes, SERVICE_NESTS, service.statistics, padded);
    attributes.close(nest);
  });
}

export function encodeDestinationReply(destination: DestinationState, padded = false): Uint8Array {
  return encode(Command.newDestination, (attributes) => {
    const nest = attributes.open(Top.destination);
    writeToldDestination(attributes, destination);
    writeStatistics(attributes, DESTINATION_NESTS, destination.statistics, padded);
    attributes.close(nest);
  });
}

export function encodeDaemonReply(daemon: SyncDaemon): Uint8Array {
  return encode(Command.newDaemon, (attributes) => {
    const nest = attributes.open(Top.daemon);
    writeToldDaemon(attributes, daemon);
    attributes.close(nest);
  });
}

export function encodeTimeoutsReply(timeouts: Timeouts): Uint8Array {
  return encode(Command.setConfig, (attributes) => writeTimeouts(attributes, timeouts));
}

export function encodeInfoReply(info: IpvsInfo): Uint8Array {
  return encode(Command.setInfo, (attributes) => writeInfo(attributes, info));
}

function encode(command: number, write: (attributes: AttributeWriter) => void): Uint8Array {
  const out = new ByteWriter(512);
  writeGenericHeader(out, command, IPVS_VERSION);
  write(new AttributeWriter(out));
  return out.finish();
}
