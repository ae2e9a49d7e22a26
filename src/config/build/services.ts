/** What stands in front of a virtual server → its services in the kernel: of an address, a firewall mark or a group. */
import { type Family, familyOf } from '../../base/address.ts';
import { nearestOf } from '../../base/nearest.ts';
import { formatService, nameOfService, nameOfVirtualServer } from '../../model/names.ts';
import type { Protocol, ServiceKey, VirtualServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import { endpointOf } from '../values/endpoint.ts';
import type { Section } from '../values/section.ts';
import { andMore, type Group, type GroupEntry, tellMarkZero, tellTwins } from './groups.ts';

const MARK_MAX = 4_294_967_295;

/** The services that one line makes. */
export interface Line {
  readonly keys: readonly ServiceKey[];
  readonly place: () => Span;
}

export interface Services extends Pick<VirtualServer, 'keys' | 'group'> {
  readonly lines: readonly Line[];
  /** Null: both. */
  readonly family: Family | null;
  /** Of services with an address; 0 is every port. A firewall mark has none. */
  readonly ports: ReadonlySet<number>;
  /** The first of them, or 0. */
  readonly firstPort: number;
}

/** Groups, and whether one of any name was written in a way that cannot be used. */
export interface Groups {
  readonly byName: ReadonlyMap<string, Group>;
  readonly unusable: ReadonlySet<string>;
}

/** Null: there are none that could be used, which has been told. */
export function readServices(section: Section, groups: Groups, reports: Reports): Services | null {
  const [first, second] = section.label;
  if (first?.text === 'group') return ofGroup(section, groups, reports);
  const key =
    first?.text === 'fwmark' ? ofMark(section, second, reports) : ofAddress(section, reports);
  if (key === null) return null;
  return servicesOf(null, [{ keys: [key], place: () => section.span }]);
}

function servicesOf(group: string | null, lines: readonly Line[]): Services | null {
  const [line] = lines;
  if (line === undefined) return null;
  const keys = lines.length === 1 ? line.keys : lines.flatMap((one) => one.keys);
  let family: Family | null = keys[0]?.family ?? null;
  const ports = new Set<number>();
  for (const key of keys) {
    if (key.family !== family) family = null;
    if (key.kind === 'address') ports.add(key.port);
  }
  const [firstPort = 0] = ports;
  return { keys, group, lines, family, ports, firstPort };
}

function ofMark(section: Section, word: Word | undefined, reports: Reports): ServiceKey | null {
  const mark = Number(word?.text);
  if (!(Number.isInteger(mark) && mark > 0 && mark <= MARK_MAX)) {
    if (word?.text === '0') tellMarkZero(word, reports);
    return null;
  }
  return { kind: 'fwmark', family: writtenFamily(section) ?? 'ipv4', mark };
}

function ofAddress(section: Section, reports: Reports): ServiceKey | null {
  const [address, port] = section.label;
  const endpoint = endpointOf(address?.text ?? '', port?.text ?? '');
  if (endpoint === null) return null;
  const protocol = readProtocol(section, reports);
  return { kind: 'address', family: familyOf(endpoint.address), protocol, ...endpoint };
}

function writtenFamily(section: Section): Family | null {
  const text = section.text('ip_family');
  if (text === null) return null;
  return text === 'inet6' ? 'ipv6' : 'ipv4';
}

function readProtocol(section: Section, reports: Reports): Protocol {
  if (!section.mentions('protocol')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no protocol: keepalived takes UDP',
      hint: 'write "protocol TCP", or UDP if that is meant',
    });
  }
  return (section.text('protocol')?.toLowerCase() ?? 'udp') as Protocol;
}

function ofGroup(section: Section, groups: Groups, reports: Reports): Services | null {
  const [, word] = section.label;
  if (word === undefined) return null;
  const group = groups.byName.get(word.text);
  if (group === undefined) {
    if (!groups.unusable.has(word.text)) tellUnknown(word, groups, reports);
    return null;
  }
  group.isUsed = true;
  if (group.isEmpty) tellEmptyGroup(word, reports);
  if (!fitsFamily(section, group, reports)) return null;
  const hasAddress = group.entries.some(({ is }) => is === 'addresses');
  const protocol = hasAddress ? readProtocol(section, reports) : 'udp';
  const markFamily = writtenFamily(section) ?? familyOfAddresses(group);
  const seen = new Set<string>();
  const lines = group.entries.flatMap((entry): Line[] => {
    const place = (): Span => entry.word.span;
    if (entry.is === 'addresses') return [{ keys: keysOf(entry, protocol), place }];
    const family = entry.family ?? markFamily;
    if (family === 'both') {
      tellNoFamily(entry.word, group, reports);
      return [];
    }
    const key = { kind: 'fwmark', family, mark: entry.mark } as const;
    const name = formatService(key);
    if (seen.has(name)) {
      tellTwins(name, 1, entry.word, group.name, reports);
      return [];
    }
    seen.add(name);
    return [{ keys: [key], place }];
  });
  return servicesOf(group.name, lines);
}

/** keepalived ignores a virtual server whose group has addresses of another family than it names. */
function fitsFamily(section: Section, { name, entries }: Group, reports: Reports): boolean {
  const setting = section.find('ip_family');
  const family = writtenFamily(section);
  const stranger = entries.find((entry) => entry.is === 'addresses' && entry.family !== family);
  if (setting === null || stranger === undefined) return true;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: `${stranger.word.text} of virtual_server_group ${name} is of another family`,
    hint: 'remove the line: an address has its family, and fwmark MARK inet6 gives one to a mark',
  });
  return false;
}

function tellEmptyGroup({ text, span }: Word, reports: Reports): void {
  reports.add({
    code: 'missing-keyword',
    span,
    message: `this virtual_server has no address: its virtual_server_group ${text} is empty`,
    hint: 'write ADDRESS[-LAST] [PORT] or fwmark MARK into the group, one a line',
  });
}

function keysOf(
  { family, addresses, port }: Extract<GroupEntry, { is: 'addresses' }>,
  protocol: Protocol,
): readonly ServiceKey[] {
  return addresses.map((address) => ({ kind: 'address', family, protocol, address, port }));
}

function familyOfAddresses({ entries }: Group): Family | 'both' {
  const families = new Set(entries.flatMap((one) => (one.is === 'addresses' ? one.family : [])));
  const [family = 'ipv4'] = families;
  return families.size > 1 ? 'both' : family;
}

function tellNoFamily({ text, span }: Word, { name }: Group, reports: Reports): void {
  reports.add({
    code: 'missing-argument',
    span,
    message: `fwmark ${text} has no family, and virtual_server_group ${name} has addresses of both`,
    hint: `fwmark ${text} inet, or fwmark ${text} inet6`,
  });
}

function tellUnknown({ text, span }: Word, { byName }: Groups, reports: Reports): void {
  const nearest = nearestOf(text, [...byName.keys()]);
  reports.add({
    code: 'unknown-reference',
    span,
    message: `there is no virtual_server_group ${text}`,
    ...(nearest === null
      ? { hint: `virtual_server_group ${text} { ADDRESS PORT … }` }
      : { hint: `did you mean "${nearest}"?`, suggestion: nearest }),
  });
}

/** Which services are taken already, and by which virtual server. */
export type Taken = Map<string, string>;

interface Taking {
  readonly server: Pick<VirtualServer, 'keys' | 'group'>;
  readonly lines: readonly Line[];
  /** The place of the virtual server. */
  readonly block: Span;
}

/**
 * Takes the service of a virtual server that has one, if it is free: most of ten thousand are such. `isKept`: its
 * name will be asked for again.
 */
export function takeAlone({ keys, group }: VirtualServer, taken: Taken, isKept: boolean): boolean {
  const key = keys[0];
  if (key === undefined || keys.length > 1 || group !== null) return false;
  const name = isKept ? formatService(key) : nameOfService(key);
  if (taken.has(name)) return false;
  taken.set(name, name);
  return true;
}

/** Takes the services that are still free; the others are told. */
export function takeServices(
  { server, lines, block }: Taking,
  taken: Taken,
  reports: Reports,
): readonly ServiceKey[] {
  const owner = server.group === null ? null : nameOfVirtualServer(server);
  const free: ServiceKey[] = [];
  for (const { keys, place } of lines) {
    const twins: ServiceKey[] = [];
    for (const key of keys) {
      const name = nameOfService(key);
      if (taken.has(name)) {
        twins.push(key);
      } else {
        // Without a group it has this one service.
        taken.set(name, owner ?? name);
        free.push(key);
      }
    }
    const [twin] = twins;
    if (twin === undefined) continue;
    const name = nameOfService(twin);
    const other = taken.get(name) ?? '';
    if (other === (owner ?? name)) tellBlockTwice(other, block, reports);
    else tellTaken(twins, other, place(), reports);
  }
  return free;
}

function tellBlockTwice(owner: string, span: Span, reports: Reports): void {
  reports.add({
    code: 'duplicate',
    span,
    message: `there is a virtual_server ${owner} already`,
    hint: 'put all its real servers into one block',
  });
}

function tellTaken(
  twins: readonly ServiceKey[],
  owner: string,
  span: Span,
  reports: Reports,
): void {
  const names = twins.map(formatService);
  const more = andMore(names.length - 1);
  reports.add({
    code: 'duplicate',
    span,
    message:
      names[0] === owner
        ? `there is a virtual_server ${owner} already${more}`
        : `${names[0]}${more} is a service of virtual_server ${owner} already`,
    hint: 'each service has one set of real servers: remove it from one of the two',
  });
}
