/**
 * Which real server an operator means, in which virtual servers. What is unknown or could be several is
 * refused with what was probably meant. Pure.
 */
import { parseAddress } from '../base/address.ts';
import { type Endpoint, formatEndpoint, isNamed } from '../base/endpoint.ts';
import { DirectorError } from '../base/error.ts';
import { nearestOf } from '../base/nearest.ts';
import type { NamedServer, Order } from '../model/drain.ts';
import { formatService, nameOfVirtualServer } from '../model/names.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Target } from './orders.ts';

export interface Meant {
  readonly target: Target;
  /** The virtual servers of the configuration that have it, and are meant. */
  readonly servers: readonly VirtualServer[];
  /** What a reload has removed of it, and still drains. */
  readonly leaving: readonly NamedServer[];
}

export interface Asked {
  readonly realServer: string;
  readonly virtualServer: string | null;
}

/** What is there besides the configuration. */
export interface Besides {
  /** What is in force for names that are not configured, so that it can be lifted. */
  readonly orders: readonly Order[];
  readonly leaving: readonly NamedServer[];
}

/** @throws DirectorError UNKNOWN_SERVER */
export function meantBy(
  asked: Asked,
  configured: readonly VirtualServer[],
  besides: Besides,
): Meant {
  const realServer = parseRealServer(asked.realServer, configured, besides);
  const { orders } = besides;
  const left = besides.leaving.filter((one) => one.realServer === realServer);
  const isReal = isNamed(realServer);
  const having = configured.filter((server) => hasReal(server, isReal));
  const known = orders.filter((order) => order.realServer === realServer);
  if (having.length + known.length + left.length === 0) throw unknownReal(realServer, configured);
  if (asked.virtualServer === null) {
    return { target: { realServer, virtualServer: null }, servers: having, leaving: left };
  }
  const names = [
    ...new Set([
      ...configured.map(nameOfVirtualServer),
      ...known.flatMap(({ virtualServer }) => virtualServer ?? []),
      ...left.map((one) => one.virtualServer),
    ]),
  ];
  const virtualServer = oneVirtualServer(asked.virtualServer, names, configured);
  const isMeant = (server: VirtualServer): boolean => nameOfVirtualServer(server) === virtualServer;
  const servers = having.filter(isMeant);
  const isOrdered = known.some((order) => order.virtualServer === virtualServer);
  const leaving = left.filter((one) => one.virtualServer === virtualServer);
  if (servers.length + leaving.length === 0 && !isOrdered) {
    throw notThere(realServer, virtualServer, having);
  }
  return { target: { realServer, virtualServer }, servers, leaving };
}

/** The one that is meant by its name, or by a part of that. @throws DirectorError UNKNOWN_SERVER */
export function virtualServerNamed(
  text: string,
  configured: readonly VirtualServer[],
): VirtualServer {
  const name = oneVirtualServer(text, configured.map(nameOfVirtualServer), configured);
  return configured.find((one) => nameOfVirtualServer(one) === name) as VirtualServer;
}

/** `10.1.0.3:80` or `[fd00::1]:80`, as it is written everywhere. */
function parseRealServer(
  text: string,
  configured: readonly VirtualServer[],
  { orders, leaving }: Besides,
): string {
  const endpoint = parseEndpoint(text);
  if (endpoint !== null) return endpoint;
  const address = parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  const names = [...realNames(configured), ...[...orders, ...leaving].map((one) => one.realServer)];
  if (address === null) {
    throw unknown(`"${text}" is no real server`, hintFor(text, names));
  }
  const ofAddress = [...new Set(names)].filter((name) =>
    name.startsWith(formatEndpoint(address, 0).slice(0, -1)),
  );
  const [only] = ofAddress;
  // Of every port: in the configuration it has none, either.
  if (ofAddress.length === 1 && only === formatEndpoint(address, 0)) return only;
  throw unknown(
    `${text} is an address, and a real server has a port, too`,
    ofAddress.length === 0 ? hintFor(text, names) : `there is ${listed(ofAddress)}`,
  );
}

function parseEndpoint(text: string): string | null {
  const [, bracketed, plain, port = ''] =
    /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? '');
  return address === null || Number(port) > 65_535 ? null : formatEndpoint(address, Number(port));
}

function hasReal({ realServers }: VirtualServer, isReal: (one: Endpoint) => boolean): boolean {
  return realServers.some(isReal);
}

function realNames(configured: readonly VirtualServer[]): readonly string[] {
  return configured.flatMap(({ realServers }) =>
    realServers.map(({ address, port }) => formatEndpoint(address, port)),
  );
}

function unknownReal(name: string, configured: readonly VirtualServer[]): DirectorError {
  const isSorry = configured.some(
    ({ sorryServer }) =>
      sorryServer !== null && formatEndpoint(sorryServer.address, sorryServer.port) === name,
  );
  if (isSorry) {
    return unknown(
      `${name} is a sorry server: it serves only when the quorum is lost, and is not drained`,
      'a real server is drained, disabled and enabled',
    );
  }
  const names = realNames(configured);
  const address = name.slice(0, name.lastIndexOf(':') + 1);
  const sameAddress = [...new Set(names)].filter((one) => one.startsWith(address));
  return unknown(
    `no virtual server has a real server ${name}`,
    sameAddress.length > 0 ? `there is ${listed(sameAddress)}` : hintFor(name, names),
  );
}

function notThere(
  realServer: string,
  virtualServer: string,
  having: readonly VirtualServer[],
): DirectorError {
  return unknown(
    `virtual server ${virtualServer} has no real server ${realServer}`,
    `it is in ${listed(having.map(nameOfVirtualServer))}`,
  );
}

function oneVirtualServer(
  text: string,
  names: readonly string[],
  configured: readonly VirtualServer[],
): string {
  const wanted = normal(text);
  const exact = names.filter((name) => normal(name) === wanted);
  const found = exact.length > 0 ? exact : names.filter((name) => spellings(name).includes(wanted));
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  if (one !== undefined) {
    throw unknown(`"${text}" could be ${listed(found)}`, `write "${one}"`);
  }
  const group = configured.find(({ keys, group: name }) => {
    const services = keys.flatMap((key) => spellings(formatService(key)));
    return name !== null && services.includes(wanted);
  });
  if (group !== undefined) {
    const name = nameOfVirtualServer(group);
    throw unknown(
      `${text} is one of several services of ${name}, which share their real servers`,
      `write "${group.group}"`,
    );
  }
  throw unknown(`there is no virtual server "${text}"`, hintFor(text, names.flatMap(shortest)));
}

/** The same name however its parts are joined, and its address however it is written. */
function normal(text: string): string {
  const words = text.trim().split(/[\s/]+/);
  return words.map((word) => parseEndpoint(word) ?? word).join(' ');
}

/**
 * How a name may be written: without its protocol or family, a group without the word. Longer ones are not
 * needed: who writes them means one.
 */
function spellings(name: string): readonly string[] {
  const words = name.split(' ');
  const [first = '', second = ''] = words;
  if (first === 'group') {
    const rest = words.slice(1);
    return [name, rest.join(' '), `group ${second}`, second];
  }
  if (first === 'fwmark') return [name, `fwmark ${second}`];
  return [name, first];
}

function shortest(name: string): readonly string[] {
  const [, bare = name] = /^group (\S+)/.exec(name) ?? [];
  return bare === name ? [name] : [name, bare];
}

const NAMES_LISTED_MAX = 6;

function listed(names: readonly string[]): string {
  const told = names.slice(0, NAMES_LISTED_MAX);
  const more = names.length - told.length;
  const last = told.length > 1 && more === 0 ? ` or ${told.pop()}` : '';
  return `${told.join(', ')}${last}${more > 0 ? ` or ${more} more` : ''}`;
}

function hintFor(text: string, names: readonly string[]): string {
  const nearest = nearestOf(text, [...new Set(names)]);
  return nearest === null
    ? 'lvsctl show lists virtual servers and their real servers'
    : `did you mean ${nearest}?`;
}

function unknown(message: string, hint: string): DirectorError {
  return new DirectorError('UNKNOWN_SERVER', message, { hint });
}
