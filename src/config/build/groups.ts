/** Blocks of `virtual_server_group` → the addresses and firewall marks of each, by its name. */
import type { Family } from '../../base/address.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Word } from '../text/ast.ts';
import type { Said } from '../values/phrase.ts';
import type { Section, Setting } from '../values/section.ts';
import { addressesIn, parseAddressRange, sizeOf } from './address-range.ts';

/** One line of a group. */
export type GroupEntry =
  | {
      readonly is: 'addresses';
      readonly family: Family;
      readonly addresses: readonly string[];
      readonly port: number;
      readonly word: Word;
    }
  /** Without a family of its own it has that of its virtual server. */
  | {
      readonly is: 'mark';
      readonly family: Family | null;
      readonly mark: number;
      readonly word: Word;
    };

export interface Group {
  readonly name: string;
  readonly word: Word;
  readonly entries: readonly GroupEntry[];
  /** Nothing stands between its braces. Otherwise, if it has no entries, why has been told. */
  readonly isEmpty: boolean;
  isUsed: boolean;
}

/** Of all groups together: a mistyped range must not make millions. The kernel has no limit of its own. */
const ADDRESSES_MAX = 131_072;
const PORT_MAX = 65_535;

/** Of two groups with one name the first counts, as in keepalived. */
export function readGroups(root: Section, reports: Reports): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  const room = { addresses: ADDRESSES_MAX };
  for (const setting of root.written('virtual_server_group')) {
    const group = readGroup(setting, room, reports);
    if (group === null) continue;
    if (groups.has(group.name)) {
      reports.add({
        code: 'duplicate',
        span: group.word.span,
        message: `there is a virtual_server_group ${group.name} already: the first one counts`,
        hint: 'put all lines into one block, or rename one of them',
      });
    } else {
      groups.set(group.name, group);
    }
  }
  return groups;
}

/** Looked at when every virtual server has been read. */
export function tellUnusedGroups(groups: ReadonlyMap<string, Group>, reports: Reports): void {
  for (const { name, word, isUsed, entries } of groups.values()) {
    if (isUsed || entries.length === 0) continue;
    reports.add({
      code: 'unused',
      span: word.span,
      message: `no virtual_server uses the group ${name}: its addresses are not served`,
      hint: `virtual_server group ${name} { … }, or remove it`,
    });
  }
}

function readGroup(
  { value }: Setting,
  room: { addresses: number },
  reports: Reports,
): Group | null {
  const word = value.is === 'entries' ? value.label[0] : undefined;
  if (value.is !== 'entries' || word === undefined) return null;
  if (value.isEmpty) tellEmpty(word, reports);
  const seen = new Set<string>();
  const entries = value.said.flatMap((said) => {
    const entry = readEntry(said, room, reports);
    return entry === null ? [] : (withoutTwins(entry, word.text, seen, reports) ?? []);
  });
  return { name: word.text, word, entries, isEmpty: value.isEmpty, isUsed: false };
}

function tellEmpty({ text, span }: Word, reports: Reports): void {
  reports.add({
    code: 'empty-block',
    span,
    message: `virtual_server_group ${text} is empty`,
    hint: 'ADDRESS[-LAST] [PORT] or fwmark MARK, one a line',
  });
}

function readEntry(
  { slots, options }: Said,
  room: { addresses: number },
  reports: Reports,
): GroupEntry | null {
  const mark = options.get('fwmark');
  if (mark !== undefined) return readMark(mark, reports);
  const word = slots.get('ADDRESS[-LAST]')?.[0];
  const range = word === undefined ? null : parseAddressRange(word.text);
  if (word === undefined || range === null) return null;
  const isFull = room.addresses < 0;
  room.addresses -= sizeOf(range);
  if (room.addresses < 0) {
    if (!isFull) tellTooLarge(word, reports);
    return null;
  }
  const port = readPort(slots.get('PORT')?.[0], reports);
  return { is: 'addresses', family: range.family, addresses: addressesIn(range), port, word };
}

/** The first line that is too much. */
function tellTooLarge({ text, span }: Word, reports: Reports): void {
  reports.add({
    code: 'too-large',
    span,
    message: `with ${text} the groups of this file have more than ${ADDRESSES_MAX} addresses together`,
    hint: 'mark the packets in the firewall, and write fwmark MARK',
  });
}

function readMark({ slots, options }: Said, reports: Reports): GroupEntry | null {
  const word = slots.get('MARK')?.[0];
  if (word === undefined) return null;
  const mark = Number(word.text);
  if (mark === 0) {
    tellMarkZero(word, reports);
    return null;
  }
  const family = options.has('inet6') ? 'ipv6' : options.has('inet') ? 'ipv4' : null;
  return { is: 'mark', family, mark, word };
}

export function tellMarkZero({ span }: Word, reports: Reports): void {
  reports.add({
    code: 'out-of-range',
    span,
    message: 'firewall mark 0 is that of packets without mark: the kernel has no service for it',
    hint: 'a number from 1 to 4294967295',
  });
}

/** None, or 0: every port. */
function readPort(word: Word | undefined, reports: Reports): number {
  const [first = '0', last] = (word?.text ?? '0').split('-');
  const port = Math.min(Number(first), PORT_MAX);
  if (word !== undefined && last !== undefined) {
    reports.add({
      code: 'bad-value',
      span: word.span,
      message: `a service has one port or every port, and no range: keepalived takes ${port}`,
      hint: 'a line for each port, or mark the packets in the firewall and write fwmark MARK',
    });
  }
  return port;
}

/** `192.0.2.10:80`, `fwmark 7` or `fwmark 7 ipv6`: what a line holds, without protocol. */
export function namesIn(entry: GroupEntry): readonly string[] {
  if (entry.is === 'mark') return [`fwmark ${entry.mark} ${entry.family ?? ''}`.trimEnd()];
  return entry.addresses.map((address) => formatEndpoint(address, entry.port));
}

/** Null: nothing is left of it. */
function withoutTwins(
  entry: GroupEntry,
  group: string,
  seen: Set<string>,
  reports: Reports,
): GroupEntry | null {
  const names = namesIn(entry);
  const twins = new Set(names.filter((name) => seen.has(name)));
  for (const name of names) seen.add(name);
  const [twin] = twins;
  if (twin === undefined) return entry;
  tellTwins(twin, twins.size, entry.word, group, reports);
  if (entry.is === 'mark') return null;
  const addresses = entry.addresses.filter((_, at) => !twins.has(names[at] ?? ''));
  return addresses.length === 0 ? null : { ...entry, addresses };
}

/** `first` is one of `count` services that the group has in an earlier line. */
export function tellTwins(
  first: string,
  count: number,
  { span }: Word,
  group: string,
  reports: Reports,
): void {
  reports.add({
    code: 'duplicate',
    span,
    message: `${first}${andMore(count - 1)} is in virtual_server_group ${group} already`,
    hint: 'remove one of them',
  });
}

/** ` (and 3 more)`, or nothing. */
export function andMore(count: number): string {
  return count > 0 ? ` (and ${count} more)` : '';
}
