/**
 * Policy rules by route netlink: which table is asked for a packet (include/uapi/linux/fib_rules.h).
 *
 *   struct fib_rule_hdr
 *   +-------+-------+-------+-------+
 *   |family |dst len|src len|  TOS  |
 *   +-------+-------+-------+-------+
 *   | table |   0   |   0   |action |
 *   +-------+-------+-------+-------+
 *   |             flags             |
 *   +-------------------------------+
 *   then attributes (FRA_*)
 */
import { addressBytes, type Family } from '../../base/address.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from '../nlattr.ts';
import { AF, familyNamed, type Prefix, readAddressOrNull } from './numbers.ts';

/** FRA_*. */
const Rule = {
  destination: 1,
  source: 2,
  inputInterface: 3,
  goto: 4,
  priority: 6,
  mark: 10,
  flow: 11,
  tunnelId: 12,
  suppressInterfaceGroup: 13,
  suppressPrefixLength: 14,
  table: 15,
  markMask: 16,
  outputInterface: 17,
  l3mdev: 19,
  uidRange: 20,
  protocol: 21,
  ipProtocol: 22,
  sourcePorts: 23,
  destinationPorts: 24,
} as const;

/** FR_ACT_*. */
const ACTION = {
  table: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;

/** `struct fib_rule_hdr`. */
const HEADER_OCTETS = 12;
/** FIB_RULE_INVERT. */
const INVERT = 2;
const TABLE_ELSEWHERE = 0;
/** What the kernel says where nothing is suppressed. */
const NOTHING_SUPPRESSED = 0xffff_ffff;

export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export type RuleAction =
  | { readonly do: 'table'; readonly table: number }
  /** The table of the VRF that a packet belongs to. */
  | { readonly do: 'l3mdev' }
  | { readonly do: 'goto'; readonly priority: number }
  | { readonly do: 'nop' | 'blackhole' | 'unreachable' | 'prohibit' };

export interface RoutingRule {
  readonly family: Family;
  /** Null: the kernel chooses, one lower than the first that is there. */
  readonly priority: number | null;
  /** Packets that do not fit. */
  readonly not: boolean;
  readonly source: Prefix | null;
  readonly destination: Prefix | null;
  readonly tos: number;
  readonly mark: { readonly value: number; readonly mask: number | null } | null;
  readonly inputInterface: string | null;
  readonly outputInterface: string | null;
  readonly tunnelId: number | null;
  readonly users: NumberRange | null;
  readonly ipProtocol: number | null;
  readonly sourcePorts: NumberRange | null;
  readonly destinationPorts: NumberRange | null;
  /** Routes whose prefix has at most this length do not count. */
  readonly suppressPrefixLength: number | null;
  readonly suppressInterfaceGroup: number | null;
  /** IPv4 only. */
  readonly realms: number | null;
  /** RTPROT_*. */
  readonly protocol: number;
  readonly action: RuleAction;
}

/** The payload of RTM_GETRULE for a dump of a family. */
export function encodeGetRules(family: Family): Uint8Array {
  return new ByteWriter(HEADER_OCTETS)
    .u8(AF[family])
    .zeros(HEADER_OCTETS - 1)
    .finish();
}

/** The payload of RTM_NEWRULE, and of RTM_DELRULE. */
export function encodeRule(rule: RoutingRule): Uint8Array {
  const { family, action, source, destination, tos, not } = rule;
  const table = action.do === 'table' ? action.table : 0;
  const attributes = new AttributeWriter();
  writeSelector(attributes, rule);
  writeAction(attributes, rule);
  return new ByteWriter(64)
    .u8(AF[family])
    .u8(destination?.length ?? 0)
    .u8(source?.length ?? 0)
    .u8(tos)
    .u8(table > 0xff ? TABLE_ELSEWHERE : table)
    .zeros(2)
    .u8(action.do === 'l3mdev' ? ACTION.table : ACTION[action.do])
    .u32Host(not ? INVERT : 0)
    .raw(attributes.finish())
    .finish();
}

function writeSelector(attributes: AttributeWriter, rule: RoutingRule): void {
  const { source, destination, priority, mark, inputInterface, outputInterface } = rule;
  if (priority !== null) attributes.u32Host(Rule.priority, priority);
  if (source !== null) attributes.bytes(Rule.source, addressBytes(source.address));
  if (destination !== null) attributes.bytes(Rule.destination, addressBytes(destination.address));
  if (mark !== null) attributes.u32Host(Rule.mark, mark.value);
  if (mark !== null && mark.mask !== null) attributes.u32Host(Rule.markMask, mark.mask);
  if (inputInterface !== null) attributes.text(Rule.inputInterface, inputInterface);
  if (outputInterface !== null) attributes.text(Rule.outputInterface, outputInterface);
  const { tunnelId, users, ipProtocol, sourcePorts, destinationPorts } = rule;
  if (tunnelId !== null) {
    const high = Math.floor(tunnelId / 2 ** 32);
    const id = new ByteWriter(8).u32Be(high).u32Be(tunnelId - high * 2 ** 32);
    attributes.bytes(Rule.tunnelId, id.finish());
  }
  if (users !== null) {
    const range = new ByteWriter(8).u32Host(users.first).u32Host(users.last);
    attributes.bytes(Rule.uidRange, range.finish());
  }
  if (ipProtocol !== null) attributes.u8(Rule.ipProtocol, ipProtocol);
  if (sourcePorts !== null) attributes.bytes(Rule.sourcePorts, portRange(sourcePorts));
  if (destinationPorts !== null) {
    attributes.bytes(Rule.destinationPorts, portRange(destinationPorts));
  }
}

function writeAction(attributes: AttributeWriter, rule: RoutingRule): void {
  const { action, realms, suppressPrefixLength, suppressInterfaceGroup, protocol } = rule;
  if (action.do === 'table' && action.table > 0xff) attributes.u32Host(Rule.table, action.table);
  if (action.do === 'l3mdev') attributes.u8(Rule.l3mdev, 1);
  if (action.do === 'goto') attributes.u32Host(Rule.goto, action.priority);
  if (suppressPrefixLength !== null) {
    attributes.u32Host(Rule.suppressPrefixLength, suppressPrefixLength);
  }
  if (suppressInterfaceGroup !== null) {
    attributes.u32Host(Rule.suppressInterfaceGroup, suppressInterfaceGroup);
  }
  if (realms !== null) attributes.u32Host(Rule.flow, realms);
  attributes.u8(Rule.protocol, protocol);
}

function portRange({ first, last }: NumberRange): Uint8Array {
  return new ByteWriter(4).u16Host(first).u16Host(last).finish();
}

/** Null if damaged, or of a family or with an action that is not among ours. */
export function decodeRule(payload: Uint8Array): RoutingRule | null {
  return orNull(() => {
    const reader = new ByteReader(payload);
    const family = familyNamed(reader.u8());
    const [destinationLength, sourceLength, tos, table] = [
      reader.u8(),
      reader.u8(),
      reader.u8(),
      reader.u8(),
    ];
    reader.skip(2);
    const number = reader.u8();
    const flags = reader.u32Host();
    const attributes = new Attributes(reader.rest());
    const action = readAction(number, table, attributes);
    if (family === null || action === null) return null;
    const prefix = (type: number, length: number): Prefix | null => {
      const address = readAddressOrNull(attributes, type, family);
      return address === null ? null : { address, length };
    };
    const numberOf = (type: number): number | null =>
      attributes.has(type) ? attributes.u32Host(type) : null;
    return {
      family,
      priority: attributes.u32Host(Rule.priority, 0),
      not: (flags & INVERT) !== 0,
      source: prefix(Rule.source, sourceLength),
      destination: prefix(Rule.destination, destinationLength),
      tos,
      mark: readMark(attributes),
      inputInterface: attributes.text(Rule.inputInterface, null),
      outputInterface: attributes.text(Rule.outputInterface, null),
      tunnelId: readTunnel(attributes),
      users: readRange(attributes, Rule.uidRange, 4),
      ipProtocol: attributes.has(Rule.ipProtocol) ? attributes.u8(Rule.ipProtocol) : null,
      sourcePorts: readRange(attributes, Rule.sourcePorts, 2),
      destinationPorts: readRange(attributes, Rule.destinationPorts, 2),
      suppressPrefixLength: unlessNothing(numberOf(Rule.suppressPrefixLength)),
      suppressInterfaceGroup: unlessNothing(numberOf(Rule.suppressInterfaceGroup)),
      realms: numberOf(Rule.flow) || null,
      protocol: attributes.u8(Rule.protocol, 0),
      action,
    };
  });
}

function readAction(number: number, table: number, attributes: Attributes): RuleAction | null {
  switch (number) {
    case ACTION.table:
      return attributes.u8(Rule.l3mdev, 0) === 1
        ? { do: 'l3mdev' }
        : { do: 'table', table: attributes.u32Host(Rule.table, table) };
    case ACTION.goto:
      return { do: 'goto', priority: attributes.u32Host(Rule.goto) };
    case ACTION.nop:
      return { do: 'nop' };
    case ACTION.blackhole:
      return { do: 'blackhole' };
    case ACTION.unreachable:
      return { do: 'unreachable' };
    case ACTION.prohibit:
      return { do: 'prohibit' };
    default:
      return null;
  }
}

function readMark(attributes: Attributes): RoutingRule['mark'] {
  if (!attributes.has(Rule.mark) && !attributes.has(Rule.markMask)) return null;
  const mask = attributes.u32Host(Rule.markMask, 0xffff_ffff);
  return { value: attributes.u32Host(Rule.mark, 0), mask: mask === 0xffff_ffff ? null : mask };
}

function readTunnel(attributes: Attributes): number | null {
  if (!attributes.has(Rule.tunnelId)) return null;
  const reader = new ByteReader(attributes.bytes(Rule.tunnelId, 8));
  return reader.u32Be() * 2 ** 32 + reader.u32Be();
}

function readRange(attributes: Attributes, type: number, octets: 2 | 4): NumberRange | null {
  if (!attributes.has(type)) return null;
  const reader = new ByteReader(attributes.bytes(type, 2 * octets));
  const number = (): number => (octets === 2 ? reader.u16Host() : reader.u32Host());
  return { first: number(), last: number() };
}

function unlessNothing(number: number | null): number | null {
  return number === NOTHING_SUPPRESSED ? null : number;
}
