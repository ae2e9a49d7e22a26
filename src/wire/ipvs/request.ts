/**
 * What can be asked of IPVS: every command of its generic netlink family, as a value and as the payload
 * of a netlink message (genl.ts).
 */
import { ByteWriter } from '../../base/bytes.ts';
import { unreachable } from '../../base/error.ts';
import { decodeGeneric, writeGenericHeader } from '../genl.ts';
import { type Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import {
  readDaemon,
  readDaemonRole,
  type SyncDaemon,
  type SyncRole,
  writeDaemon,
  writeDaemonRole,
} from './daemon.ts';
import {
  type Destination,
  type DestinationKey,
  readDestination,
  readDestinationKey,
  writeDestination,
  writeDestinationKey,
} from './destination.ts';
import { Command, IPVS_VERSION, Top } from './numbers.ts';
import {
  readService,
  readServiceKey,
  type Service,
  type ServiceKey,
  writeService,
  writeServiceKey,
} from './service.ts';
import { readTimeouts, type Timeouts, writeTimeouts } from './settings.ts';

/** One message that changes the table. Removing a service removes its destinations. */
export type IpvsChange =
  | { readonly do: 'add-service' | 'edit-service'; readonly service: Service }
  | { readonly do: 'remove-service'; readonly key: ServiceKey }
  | {
      readonly do: 'add-destination' | 'edit-destination';
      readonly key: ServiceKey;
      readonly destination: Destination;
    }
  | {
      readonly do: 'remove-destination';
      readonly key: ServiceKey;
      readonly destination: DestinationKey;
    };

export type IpvsRequest =
  | IpvsChange
  /** Of a service: refused if it does not exist. */
  | { readonly do: 'get-service'; readonly key: ServiceKey }
  /** To be sent as dumps. A service that does not exist has no destinations, without an error. */
  | { readonly do: 'get-services' }
  | { readonly do: 'get-destinations'; readonly key: ServiceKey }
  | { readonly do: 'get-daemons' }
  | { readonly do: 'start-daemon'; readonly daemon: SyncDaemon }
  | { readonly do: 'stop-daemon'; readonly role: SyncRole }
  | { readonly do: 'set-timeouts'; readonly timeouts: Timeouts }
  | { readonly do: 'get-timeouts' | 'get-info' }
  /** Counters of one service and its destinations, or null: of all. */
  | { readonly do: 'zero'; readonly key: ServiceKey | null }
  /** Removes every service of the network namespace, whoever made it. */
  | { readonly do: 'flush' };

const COMMAND: Readonly<Record<IpvsRequest['do'], number>> = {
  'add-service': Command.newService,
  'edit-service': Command.setService,
  'remove-service': Command.deleteService,
  'get-service': Command.getService,
  'get-services': Command.getService,
  'add-destination': Command.newDestination,
  'edit-destination': Command.setDestination,
  'remove-destination': Command.deleteDestination,
  'get-destinations': Command.getDestination,
  'start-daemon': Command.newDaemon,
  'stop-daemon': Command.deleteDaemon,
  'get-daemons': Command.getDaemon,
  'set-timeouts': Command.setConfig,
  'get-timeouts': Command.getConfig,
  'get-info': Command.getInfo,
  zero: Command.zero,
  flush: Command.flush,
};

export function encodeRequest(request: IpvsRequest): Uint8Array {
  const out = new ByteWriter(256);
  writeRequest(new AttributeWriter(out), request);
  return out.finish();
}

/** The payload, at the end of what the writer's buffer holds. */
export function writeRequest(attributes: AttributeWriter, request: IpvsRequest): void {
  writeGenericHeader(attributes.out, COMMAND[request.do], IPVS_VERSION);
  switch (request.do) {
    case 'add-service':
    case 'edit-service': {
      const nest = attributes.open(Top.service);
      writeService(attributes, request.service);
      attributes.close(nest);
      return;
    }
    case 'add-destination':
    case 'edit-destination': {
      writeKey(attributes, request.key);
      const nest = attributes.open(Top.destination);
      writeDestination(attributes, request.destination);
      attributes.close(nest);
      return;
    }
    case 'remove-destination': {
      writeKey(attributes, request.key);
      const nest = attributes.open(Top.destination);
      writeDestinationKey(attributes, request.destination);
      attributes.close(nest);
      return;
    }
    case 'remove-service':
    case 'get-service':
    case 'get-destinations':
      writeKey(attributes, request.key);
      return;
    case 'zero':
      if (request.key !== null) writeKey(attributes, request.key);
      return;
    case 'start-daemon': {
      const nest = attributes.open(Top.daemon);
      writeDaemon(attributes, request.daemon);
      attributes.close(nest);
      return;
    }
    case 'stop-daemon': {
      const nest = attributes.open(Top.daemon);
      writeDaemonRole(attributes, request.role);
      attributes.close(nest);
      return;
    }
    case 'set-timeouts':
      writeTimeouts(attributes, request.timeouts);
      return;
    case 'get-services':
    case 'get-daemons':
    case 'get-timeouts':
    case 'get-info':
    case 'flush':
      return;
    default:
      unreachable(request);
  }
}

function writeKey(attributes: AttributeWriter, key: ServiceKey): void {
  const nest = attributes.open(Top.service);
  writeServiceKey(attributes, key);
  attributes.close(nest);
}

/** Null if the message is damaged, or asks for something that does not exist. */
export function decodeRequest(payload: Uint8Array): IpvsRequest | null {
  return orNull(() => {
    const { command, attributes } = decodeGeneric(payload);
    return readRequest(command, attributes);
  });
}

function readRequest(command: number, attributes: Attributes): IpvsRequest | null {
  switch (command) {
    case Command.newService:
      return readServiceRequest('add-service', attributes);
    case Command.setService:
      return readServiceRequest('edit-service', attributes);
    case Command.newDestination:
      return readDestinationRequest('add-destination', attributes);
    case Command.setDestination:
      return readDestinationRequest('edit-destination', attributes);
    case Command.deleteDestination: {
      const key = readKey(attributes);
      const destination = readDestinationKey(attributes.nest(Top.destination), key?.family);
      return key && destination && { do: 'remove-destination', key, destination };
    }
    case Command.deleteService:
      return readKeyRequest('remove-service', attributes);
    case Command.getService:
      return attributes.has(Top.service)
        ? readKeyRequest('get-service', attributes)
        : { do: 'get-services' };
    case Command.getDestination:
      return readKeyRequest('get-destinations', attributes);
    case Command.zero:
      return attributes.has(Top.service)
        ? readKeyRequest('zero', attributes)
        : { do: 'zero', key: null };
    case Command.newDaemon: {
      const daemon = readDaemon(attributes.nest(Top.daemon));
      return daemon && { do: 'start-daemon', daemon };
    }
    case Command.deleteDaemon: {
      const role = readDaemonRole(attributes.nest(Top.daemon));
      return role && { do: 'stop-daemon', role };
    }
    case Command.getDaemon:
      return { do: 'get-daemons' };
    case Command.setConfig:
      return { do: 'set-timeouts', timeouts: readTimeouts(attributes) };
    case Command.getConfig:
      return { do: 'get-timeouts' };
    case Command.getInfo:
      return { do: 'get-info' };
    case Command.flush:
      return { do: 'flush' };
    default:
      return null;
  }
}

function readKey(attributes: Attributes): ServiceKey | null {
  return readServiceKey(attributes.nest(Top.service));
}

function readKeyRequest(
  verb: 'remove-service' | 'get-service' | 'get-destinations' | 'zero',
  attributes: Attributes,
): IpvsRequest | null {
  const key = readKey(attributes);
  return key && { do: verb, key };
}

function readServiceRequest(
  verb: 'add-service' | 'edit-service',
  attributes: Attributes,
): IpvsRequest | null {
  const nest = attributes.nest(Top.service);
  const key = readServiceKey(nest);
  return key && { do: verb, service: readService(nest, key) };
}

function readDestinationRequest(
  verb: 'add-destination' | 'edit-destination',
  attributes: Attributes,
): IpvsRequest | null {
  const key = readKey(attributes);
  const destination = readDestination(attributes.nest(Top.destination), key?.family);
  return key && destination && { do: verb, key, destination };
}
