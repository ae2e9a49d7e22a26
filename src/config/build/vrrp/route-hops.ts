/** The ways of a route: gateways, interfaces, realms and tunnels. */
import { familyOf, parseAddress } from '../../../base/address.ts';
import type { Encapsulation, RouteHop } from '../../../model/route.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { RoutingNames } from './routing-names.ts';

/** The first word behind an option. */
export function wordOf(said: Said, option: string): Word | undefined {
  return said.options.get(option)?.words[0];
}

export function textOf(said: Said, option: string): string | null {
  return wordOf(said, option)?.text ?? null;
}

/** An option whose word is a number, in any of C's forms. */
export function numberOf(said: Said, option: string): number | null {
  const text = textOf(said, option);
  if (text === null) return null;
  return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
}

/** The number that the word behind an option is or names. */
export function namedOf(
  said: Said,
  option: string,
  table: Parameters<RoutingNames['number']>[0],
  names: RoutingNames,
): number | null {
  const word = wordOf(said, option);
  return word === undefined ? null : names.number(table, word);
}

/**
 * `nexthop …` each, or the one way of the line itself; `via A or B` are two, with all else the same. keepalived
 * asks for these in a form that the kernel takes only without `dev`.
 */
export function readHops(
  said: Said,
  names: RoutingNames,
  interfaceName: string | null,
): readonly RouteHop[] {
  const nexthops = said.repeated.get('nexthop') ?? [];
  if (nexthops.length > 0) return nexthops.map((hop) => readHop(hop, 'via', names, interfaceName));
  const options = (['via', 'or'] as const).filter((option) => said.options.has(option));
  // Without a gateway it leads out of an interface.
  const ways = options.length > 0 ? options : (['via'] as const);
  return ways.map((option) => readHop(said, option, names, interfaceName));
}

/** `gatewayOption`: behind which the gateway stands. */
function readHop(
  said: Said,
  gatewayOption: 'via' | 'or',
  names: RoutingNames,
  interfaceName: string | null,
): RouteHop {
  const gateway = parseAddress(lastText(said, gatewayOption) ?? '');
  const needsLink = gateway === null || (familyOf(gateway) === 'ipv6' && /^fe[89ab]/.test(gateway));
  return {
    gateway,
    interface: textOf(said, 'dev') ?? (needsLink ? interfaceName : null),
    onLink: said.options.has('onlink'),
    weight: numberOf(said, 'weight') ?? 1,
    realms: readRealms(wordOf(said, 'realms'), names),
    encapsulation: readEncapsulation(said.options.get('encap')),
  };
}

/** `via inet6 ADDRESS`: the address is the last word. */
function lastText(said: Said, option: string): string | null {
  return said.options.get(option)?.words.at(-1)?.text ?? null;
}

/** `[SOURCE/]DESTINATION`; null: none, or one of a name that nobody knows. */
export function readRealms(word: Word | undefined, names: RoutingNames): number | null {
  if (word === undefined) return null;
  const { quoted, span } = word;
  const numbers = word.text
    .split('/')
    .map((text) => names.number('realm', { text, quoted, span }) ?? Number.NaN);
  const [source, destination] = numbers.length > 1 ? numbers : [0, numbers[0]];
  const realms = (source as number) * 0x1_0000 + (destination as number);
  return Number.isNaN(realms) ? null : realms;
}

function readEncapsulation(encap: Said | undefined): Encapsulation | null {
  if (encap === undefined) return null;
  const labels = textOf(encap, 'mpls');
  if (labels !== null) return { type: 'mpls', labels: labels.split('/').map(Number) };
  const locator = textOf(encap, 'ila');
  if (locator !== null) {
    const groups = locator.toLowerCase().split(':');
    return { type: 'ila', locator: groups.map((group) => group.padStart(4, '0')).join('') };
  }
  for (const type of ['ip', 'ip6'] as const) {
    const tunnel = encap.options.get(type);
    if (tunnel === undefined) continue;
    return {
      type,
      id: numberOf(tunnel, 'id'),
      destination: parseAddress(textOf(tunnel, 'dst') ?? ''),
      source: parseAddress(textOf(tunnel, 'src') ?? ''),
      tos: numberOf(tunnel, type === 'ip' ? 'tos' : 'tc'),
      ttl: numberOf(tunnel, type === 'ip' ? 'ttl' : 'hoplimit'),
      flags: numberOf(tunnel, 'flags'),
    };
  }
  return null;
}
