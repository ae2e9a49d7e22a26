/**
 * The value of a keyword that does not stand in its block: from an outer block, from another keyword, or the
 * default. It has to say what the builders of the model do; the round trip in the tests holds them together.
 */
import { familyOf, parseAddress } from '../../base/address.ts';
import { isHandedDown, sourcesOf } from '../keywords/defaults.ts';
import type { Keyword } from '../keywords/keyword.ts';
import type { Section } from '../values/section.ts';
import { wordsOf } from '../values/value.ts';
import type { Origin } from './origin.ts';
import { settingsOf } from './vocabulary.ts';

/** A section, and those around it from the inside out; global_defs is the outermost. */
export interface Scope {
  readonly section: Section;
  readonly outer: readonly Section[];
}

export interface AbsentValue {
  readonly words: readonly string[];
  readonly origin: Origin;
}

/** Null: nothing can be said, as of a script that is not there. */
export function valueOfAbsent(entry: Keyword, scope: Scope): AbsentValue | null {
  const { block } = scope.section;
  if (!isAsked(entry.name, scope)) return null;
  const fixed = dictated(entry.name, scope);
  if (fixed !== null) return { words: [fixed], origin: { from: 'default' } };
  for (const source of sourcesOf(block, entry.name)) {
    const section = [scope.section, ...scope.outer].find((one) => one.block === source.block);
    const [setting] = section === undefined ? [] : settingsOf(source.keyword, section);
    if (setting !== undefined) {
      const { span, value } = setting;
      const origin = { from: 'elsewhere', ...source, asked: entry.name, span } as const;
      // A flag of an outer block is on in an inner one, where the same word is on or off.
      const isSwitch = value.is === 'flag' && entry.argument.is === 'boolean';
      return { words: isSwitch ? ['on'] : wordsOf(value), origin };
    }
  }
  const text = derived(entry.name, scope) ?? entry.default;
  return text === null ? null : { words: [text], origin: { from: 'default' } };
}

/** Whether the default of a keyword says anything: not of what acts elsewhere or belongs to another. */
function isAsked(name: string, { section }: Scope): boolean {
  switch (`${section.block} ${name}`) {
    case 'virtual_server lvs_method':
      return true;
    case 'virtual_server ip_family':
      return section.label[0]?.text === 'fwmark';
    case 'virtual_server sorry_server_lvs_method':
      return section.has('sorry_server');
    case 'global_defs vrrp_mcast_group4':
    case 'global_defs vrrp_mcast_group6':
      return false;
    case 'virtual_server protocol':
      return section.label[0]?.text !== 'fwmark';
    default:
      return !isHandedDown(section.block, name);
  }
}

/** What the addresses of an instance leave no choice about. */
function dictated(name: string, { section, outer }: Scope): string | null {
  if (section.block !== 'vrrp_instance') return null;
  const isIpv6 = familyOfInstance(section) === 'ipv6';
  if (name === 'version') return isIpv6 ? '3' : null;
  if (name !== 'mcast_dst_ip') return null;
  const globals = outer.find(({ block }) => block === 'global_defs');
  return isIpv6
    ? (globals?.text('vrrp_mcast_group6') ?? 'ff02::12')
    : (globals?.text('vrrp_mcast_group4') ?? '224.0.0.18');
}

function familyOfInstance(section: Section): 'ipv4' | 'ipv6' {
  const [first] = section.entries('virtual_ipaddress');
  return familyOf(first?.[0].text ?? '');
}

/** Defaults that follow from other settings. */
function derived(name: string, { section, outer }: Scope): string | null {
  if (section.block === 'virtual_server') return derivedPersistence(name, section);
  const [realServer, virtualServer] = outer;
  if (realServer?.block !== 'real_server') return null;
  if (name === 'connect_ip') return parseAddress(realServer.label[0]?.text ?? '');
  return name === 'connect_port' ? (portOf(realServer) ?? portOf(virtualServer)) : null;
}

/** Persistence is on when one of its words is there, and of a virtual server of every port. */
function derivedPersistence(name: string, section: Section): string | null {
  const [address, port] = section.label;
  const everyPort = address?.text !== 'fwmark' && Number(port?.text ?? 0) === 0;
  const isOn =
    everyPort || section.has('persistence_timeout') || section.has('persistence_granularity');
  if (!isOn) return null;
  if (name === 'persistence_timeout') return '360';
  // A group may have both families.
  if (name !== 'persistence_granularity' || address?.text === 'group') return null;
  const isIpv6 =
    address?.text === 'fwmark'
      ? section.text('ip_family') === 'inet6'
      : address?.text.includes(':');
  return isIpv6 ? '128' : '255.255.255.255';
}

/** The port of a virtual or real server, or null for every port. */
export function portOf(server: Section | undefined): string | null {
  const [address, port] = server?.label ?? [];
  const isPort = address?.text !== 'fwmark' && Number(port?.text ?? 0) > 0;
  return isPort ? (port?.text ?? null) : null;
}
