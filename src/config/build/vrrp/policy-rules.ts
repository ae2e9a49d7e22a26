/** Lines of `virtual_rules` and `static_rules`: the words of ip-rule(8). */
import { type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { NumberRange, RuleAction, VirtualRule } from '../../../model/route.ts';
import { numberOfC } from '../../values/c-number.ts';
import type { Said } from '../../values/phrase.ts';
import { namedOf, numberOf, readRealms, textOf, wordOf } from './route-hops.ts';
import { PROTOCOL_KEEPALIVED, prefixOf } from './routes.ts';
import type { RoutingNames } from './routing-names.ts';

/** Null: a name in it that nobody knows, which is told. */
export function readRule(said: Said, names: RoutingNames): VirtualRule | null {
  const action = readAction(said, names);
  if (action === null) return null;
  const family = familyOfRule(said);
  const selector = (option: string): VirtualRule['source'] => {
    const text = textOf(said, option);
    const prefix = text === null ? null : prefixOf(text, family);
    return prefix?.length === 0 ? null : prefix;
  };
  return {
    family,
    priority: numberOf(said, 'preference'),
    not: said.options.has('not'),
    source: selector('from'),
    destination: selector('to'),
    tos: namedOf(said, 'tos', 'tos', names) ?? 0,
    mark: readMark(textOf(said, 'fwmark')),
    inputInterface: textOf(said, 'iif'),
    outputInterface: textOf(said, 'oif'),
    tunnelId: numberOf(said, 'tunnel-id'),
    users: rangeOf(textOf(said, 'uidrange')),
    ipProtocol: namedOf(said, 'ipproto', 'ipProtocol', names),
    sourcePorts: rangeOf(textOf(said, 'sport')),
    destinationPorts: rangeOf(textOf(said, 'dport')),
    suppressPrefixLength: numberOf(said, 'suppress_prefixlength'),
    suppressInterfaceGroup: namedOf(said, 'suppress_ifgroup', 'group', names),
    realms: readRealms(wordOf(said, 'realms'), names),
    protocol: namedOf(said, 'protocol', 'protocol', names) ?? PROTOCOL_KEEPALIVED,
    action,
    untracked: said.options.has('no_track'),
  };
}

function readAction(said: Said, names: RoutingNames): RuleAction | null {
  const table = wordOf(said, 'table');
  if (table !== undefined) {
    const number = names.number('table', table);
    return number === null ? null : { do: 'table', table: number };
  }
  const goto = numberOf(said, 'goto');
  if (goto !== null) return { do: 'goto', priority: goto };
  if (said.options.has('l3mdev')) return { do: 'l3mdev' };
  const plain = ['nop', 'blackhole', 'unreachable', 'prohibit'] as const;
  const found = plain.find((one) => said.options.has(one));
  return found === undefined ? null : { do: found };
}

function familyOfRule(said: Said): Family {
  if (said.options.has('inet6')) return 'ipv6';
  if (said.options.has('inet')) return 'ipv4';
  for (const option of ['from', 'to']) {
    const address = parseAddress(textOf(said, option)?.split('/')[0] ?? '');
    if (address !== null) return familyOf(address);
  }
  return 'ipv4';
}

/** The mask of a rule that names none, in the kernel too. */
const WHOLE_MARK = 0xffff_ffff;

function readMark(text: string | null): VirtualRule['mark'] {
  if (text === null) return null;
  const [value, mask = WHOLE_MARK] = text.split('/').map(numberOfC);
  return { value: value as number, mask: mask === WHOLE_MARK ? null : mask };
}

function rangeOf(text: string | null): NumberRange | null {
  const [first, last] = text?.split('-').map(Number) ?? [];
  return first === undefined ? null : { first, last: last ?? first };
}
