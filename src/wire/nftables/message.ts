/**
 * Requests to nf_tables (include/uapi/linux/netfilter/nf_tables.h, nfnetlink.h): the four octets in front of
 * the attributes, the frame of a transaction, and what tables, chains, sets, elements and rules are made
 * and removed with. Numbers in attributes are big-endian.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    family     |   version 0   | resource id, big-endian       |
 *   +---------------+---------------+-------------------------------+
 */
import { Attributes, type AttributeWriter } from '../nlattr.ts';
import { type Expression, writeExpression } from './expression.ts';

/** NFNL_SUBSYS_NFTABLES. */
const SUBSYSTEM = 10;

/** NFNL_MSG_BATCH_BEGIN and _END; NFT_MSG_* below the number of the subsystem. */
export const NftMessage = {
  batchBegin: 16,
  batchEnd: 17,
  newTable: 0xa00,
  getTable: 0xa01,
  deleteTable: 0xa02,
  newChain: 0xa03,
  newRule: 0xa06,
  newSet: 0xa09,
  newElements: 0xa0c,
  getElements: 0xa0d,
  deleteElements: 0xa0e,
} as const;

/** NFPROTO_*: `inet` is IPv4 and IPv6. */
export const NF_FAMILY = { inet: 1, arp: 3 } as const;
export type NftFamily = keyof typeof NF_FAMILY;

/** NFTA_*: the attributes of each kind of object. */
const TableAttribute = { name: 1, flags: 2, userData: 6 } as const;
const ChainAttribute = { table: 1, name: 3, hook: 4, policy: 5, type: 7 } as const;
const HookAttribute = { number: 1, priority: 2 } as const;
const SetAttribute = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  keyOctets: 5,
  id: 10,
  userData: 13,
} as const;
const ElementsAttribute = { table: 1, set: 2, elements: 3 } as const;
const ElementAttribute = { key: 1, timeout: 4, expires: 5 } as const;
const RuleAttribute = { table: 1, chain: 2, expressions: 4 } as const;
const LIST_ELEMENT = 1;
const DATA_VALUE = 1;

/** NLA_F_NESTED. */
export const NESTED = 0x8000;

/** NF_ARP_IN and _OUT; NF_INET_PRE_ROUTING, _LOCAL_IN, _LOCAL_OUT. */
const HOOK = {
  arp: { input: 0, output: 1 },
  inet: { prerouting: 0, input: 1, output: 3 },
} as const;

/** NFT_SET_TIMEOUT. */
const SET_EXPIRES = 0x10;
const POLICY_ACCEPT = 1;

/** What `nft` calls its data types, and how long they are. */
const KEY_TYPE = { ipv4: { id: 7, octets: 4 }, ipv6: { id: 8, octets: 16 } } as const;

/** libnftnl's notes: of a table its comment, of a set that its keys are big-endian. */
const NOTE_COMMENT = 0;
const NOTE_KEY_BYTE_ORDER: Uint8Array = Uint8Array.of(0, 4, 2, 0, 0, 0);

export interface NftSet {
  readonly name: string;
  readonly key: 'ipv4' | 'ipv6';
  /** Its elements run out. */
  readonly expires: boolean;
  /** By which rules of the same transaction know it; from 1. */
  readonly id: number;
}

export type NftHook<Family extends NftFamily> = keyof (typeof HOOK)[Family];

export interface NftChain<Family extends NftFamily = NftFamily> {
  readonly name: string;
  readonly hook: NftHook<Family>;
  /** The lower comes first. */
  readonly priority: number;
}

/** Which set of which table. */
export interface NftSetName {
  readonly family: NftFamily;
  readonly table: string;
  readonly set: string;
}

/** An element of a set: an address, and for how long. */
export interface NftElement {
  /** The octets of the address. */
  readonly key: Uint8Array;
  /** What it was added for; null: for ever. */
  readonly timeoutMs: number | null;
  /** What is left of it, in what the kernel tells. */
  readonly leftMs?: number;
}

/** Begins and ends a transaction: between the two all is done or nothing. */
export function writeBatchFrame(out: AttributeWriter): void {
  writeHeader(out, 0, SUBSYSTEM);
}

export function writeHeader({ out }: AttributeWriter, family: number, resource = 0): void {
  out.u8(family).u8(0).u16Be(resource);
}

/** A table with a comment, by which its maker knows it again. */
export function writeNewTable(
  to: AttributeWriter,
  table: { readonly family: NftFamily; readonly name: string; readonly comment: string },
): void {
  writeHeader(to, NF_FAMILY[table.family]);
  to.text(TableAttribute.name, table.name).u32Be(TableAttribute.flags, 0);
  to.bytes(TableAttribute.userData, commentNote(table.comment));
}

function commentNote(comment: string): Uint8Array {
  return Uint8Array.from(
    Buffer.from(`${String.fromCharCode(NOTE_COMMENT, comment.length + 1)}${comment}\0`, 'latin1'),
  );
}

/** For getting one table, or removing it with all that is in it. */
export function writeTableName(to: AttributeWriter, family: NftFamily, name: string): void {
  writeHeader(to, NF_FAMILY[family]);
  to.text(TableAttribute.name, name);
}

/** Throws what `Attributes` throws. `comment` null: it has none, or another kind of note. */
export function decodeTable(payload: Uint8Array): {
  readonly family: number;
  readonly name: string;
  readonly comment: string | null;
} {
  const attributes = new Attributes(payload, 4);
  const { name, userData } = TableAttribute;
  return {
    family: payload[0] as number,
    name: attributes.text(name, ''),
    comment: attributes.has(userData) ? commentOf(attributes.bytes(userData)) : null,
  };
}

function commentOf(note: Uint8Array): string | null {
  const [type, length = 0] = note;
  if (type !== NOTE_COMMENT || note.length < 2 + length) return null;
  return Buffer.from(note.subarray(2, 2 + length))
    .toString('latin1')
    .replace(/\0.*$/, '');
}

export function writeNewSet(
  to: AttributeWriter,
  family: NftFamily,
  table: string,
  { name, key, expires, id }: NftSet,
): void {
  const type = KEY_TYPE[key];
  writeHeader(to, NF_FAMILY[family]);
  to.text(SetAttribute.table, table)
    .text(SetAttribute.name, name)
    .u32Be(SetAttribute.flags, expires ? SET_EXPIRES : 0)
    .u32Be(SetAttribute.keyType, type.id)
    .u32Be(SetAttribute.keyOctets, type.octets)
    .u32Be(SetAttribute.id, id)
    .bytes(SetAttribute.userData, NOTE_KEY_BYTE_ORDER);
}

/** A chain on a hook, which accepts what its rules say nothing about. */
export function writeNewChain(
  to: AttributeWriter,
  family: NftFamily,
  table: string,
  { name, hook, priority }: NftChain,
): void {
  writeHeader(to, NF_FAMILY[family]);
  to.text(ChainAttribute.table, table)
    .text(ChainAttribute.name, name)
    .text(ChainAttribute.type, 'filter')
    .u32Be(ChainAttribute.policy, POLICY_ACCEPT);
  const nest = to.open(ChainAttribute.hook | NESTED);
  to.u32Be(HookAttribute.number, (HOOK[family] as Readonly<Record<string, number>>)[hook] as number)
    .u32Be(HookAttribute.priority, priority)
    .close(nest);
}

export function writeNewRule(
  to: AttributeWriter,
  place: { readonly family: NftFamily; readonly table: string; readonly chain: string },
  expressions: readonly Expression[],
): void {
  writeHeader(to, NF_FAMILY[place.family]);
  to.text(RuleAttribute.table, place.table).text(RuleAttribute.chain, place.chain);
  const list = to.open(RuleAttribute.expressions | NESTED);
  for (const expression of expressions) {
    const one = to.open(LIST_ELEMENT | NESTED);
    writeExpression(to, expression);
    to.close(one);
  }
  to.close(list);
}

/** The set of a request for its elements. */
export function writeSetName(to: AttributeWriter, { family, table, set }: NftSetName): void {
  writeHeader(to, NF_FAMILY[family]);
  to.text(ElementsAttribute.table, table).text(ElementsAttribute.set, set);
}

/** Elements that are added or deleted: a delete looks at the key alone. */
export function writeElements(
  to: AttributeWriter,
  place: NftSetName,
  elements: readonly NftElement[],
): void {
  writeSetName(to, place);
  const list = to.open(ElementsAttribute.elements | NESTED);
  for (const { key: octets, timeoutMs } of elements) {
    const one = to.open(LIST_ELEMENT | NESTED);
    if (timeoutMs !== null) writeU64Be(to, ElementAttribute.timeout, timeoutMs);
    const key = to.open(ElementAttribute.key | NESTED);
    to.bytes(DATA_VALUE, octets).close(key);
    to.close(one);
  }
  to.close(list);
}

function writeU64Be(to: AttributeWriter, type: number, value: number): void {
  const at = to.room(type, 8);
  to.out.setU32Be(at, Math.floor(value / 2 ** 32)).setU32Be(at + 4, value >>> 0);
}
