/**
 * The files of two directors of one pair, compared: what is good in each and does not fit together.
 * Instances that belong together have one VRID and family; where several have, the interface tells,
 * else the name. Everything is told at its place in the first file, except what stands in the other only.
 */
import { type Group, namesIn } from './build/groups.ts';
import {
  type Diagnostic,
  type Mode,
  type Report,
  Reports,
  toDiagnostics,
} from './diagnostics/diagnostic.ts';
import { compareLeases } from './pair-lease.ts';
import { comparePaths, comparePeerLink } from './pair-paths.ts';
import { compareSigning } from './pair-signing.ts';
import { compareSync } from './pair-sync.ts';
import { groupsOf } from './rules/groups.ts';
import { OWNER_PRIORITY, type Reach, reachOf } from './rules/priorities.ts';
import { peersOf } from './rules/unicast.ts';
import type { SeenServer } from './rules/virtual-servers.ts';
import {
  familyIn,
  interfaceOf,
  membersOf,
  type Named,
  namedIn,
  versionOf,
  writtenVips,
} from './rules/whole.ts';
import {
  isOn,
  lastWritten,
  nameIn,
  nameSpan,
  numberOf,
  sectionsOf,
  textOf,
  valueSpan,
} from './rules/written.ts';
import type { Span } from './text/source.ts';
import type { Section } from './values/section.ts';

/** What is compared of a file. The servers are there when advice was asked for. */
export interface Outline {
  readonly root: Section;
  readonly globals: Section;
  readonly servers: readonly SeenServer[];
}

/** One instance as a director has it. */
interface Side {
  readonly instance: Section;
  readonly name: string;
  readonly vrid: number;
  readonly family: 'ipv4' | 'ipv6';
  readonly link: string;
  readonly version: 2 | 3;
  readonly reach: Reach;
  readonly named: Named;
}

interface Pair {
  readonly here: Side;
  readonly there: Side;
}

export function comparePair(
  here: Outline,
  there: Outline,
  { mode, notes }: { readonly mode: Mode; readonly notes: boolean },
): readonly Diagnostic[] {
  const reports = new Reports(notes);
  const pairs = matched(sidesOf(here), sidesOf(there), reports);
  for (const pair of pairs) {
    for (const rule of RULES) for (const report of rule(pair)) reports.add(report);
  }
  tellSyncGroups(pairs, reports);
  for (const report of compareSync(here, there)) reports.add(report);
  for (const report of compareLeases(here, there)) reports.add(report);
  for (const report of comparePeerLink(here.globals, there.globals)) reports.add(report);
  if (notes) {
    adviseOnServers(here.servers, there.servers, reports);
    adviseOnGroups(here.root, there.root, reports);
  }
  return toDiagnostics(reports.all, mode);
}

function sidesOf({ root, globals }: Outline): readonly Side[] {
  const named = namedIn(root);
  return named.instances.flatMap((instance) => {
    const vrid = numberOf(instance, 'virtual_router_id');
    if (vrid === null) return [];
    return {
      instance,
      name: nameIn(instance),
      vrid,
      family: familyIn(instance),
      link: interfaceOf(instance, globals),
      version: versionOf(instance, globals),
      reach: reachOf(instance, named),
      named,
    };
  });
}

function routerOf({ vrid, family }: Side): string {
  return `${vrid} ${family}`;
}

/** Pairs up what belongs together; what has nobody on the other side is told. */
function matched(here: readonly Side[], there: readonly Side[], reports: Reports): readonly Pair[] {
  const left = new Map<string, Side[]>();
  for (const side of there) {
    const router = routerOf(side);
    left.set(router, [...(left.get(router) ?? []), side]);
  }
  const pairs: Pair[] = [];
  const alone: Side[] = [];
  for (const side of here) {
    const candidates = left.get(routerOf(side)) ?? [];
    const other =
      candidates.find(({ link }) => link === side.link) ??
      candidates.find(({ name }) => name === side.name) ??
      candidates[0];
    if (other === undefined) alone.push(side);
    else {
      candidates.splice(candidates.indexOf(other), 1);
      pairs.push({ here: side, there: other });
    }
  }
  tellMissing(alone, [...left.values()].flat(), reports);
  return pairs;
}

/** One name with two VRIDs is one mistake, not two. */
function tellMissing(here: readonly Side[], there: readonly Side[], reports: Reports): void {
  const others = new Map(there.map((side) => [`${side.name} ${side.family}`, side]));
  for (const side of here) {
    const namesake = others.get(`${side.name} ${side.family}`);
    others.delete(`${side.name} ${side.family}`);
    const setting = lastWritten(side.instance, 'virtual_router_id');
    reports.add(
      namesake === undefined || setting === null
        ? missing(side, 'the other file')
        : {
            code: 'pair-missing-instance',
            span: valueSpan(setting),
            message: `${side.name} has virtual_router_id ${side.vrid} here and ${namesake.vrid} in the other file`,
            hint: 'one number for both: as it is, each is MASTER by itself',
          },
    );
  }
  for (const side of others.values()) reports.add(missing(side, 'the first file'));
}

function missing({ name, vrid, family, instance }: Side, where: string): Report {
  return {
    code: 'pair-missing-instance',
    span: nameSpan(instance),
    message: `${name} (virtual_router_id ${vrid}, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}) has no counterpart in ${where}`,
    hint: 'when this director fails nobody takes over its addresses',
  };
}

type Rule = (pair: Pair) => readonly Report[];

const RULES: readonly Rule[] = [
  bothMasters,
  equalPriorities,
  preemptions,
  intervals,
  versions,
  authentications,
  signatures,
  addresses,
  transports,
  peers,
  paths,
  weights,
];

/** Of a setting's value, or of the instance's name where it is not written. */
function placeOf({ instance }: Side, name: string): Span {
  const setting = lastWritten(instance, name);
  return setting === null ? nameSpan(instance) : valueSpan(setting);
}

function bothMasters({ here, there }: Pair): readonly Report[] {
  const owners = [here, there].every(({ reach }) => reach.priority === OWNER_PRIORITY);
  const masters = [here, there].every(({ instance }) => textOf(instance, 'state') === 'MASTER');
  if (!owners && !masters) return [];
  return [
    {
      code: 'pair-both-masters',
      span: placeOf(here, owners ? 'priority' : 'state'),
      message: owners
        ? 'both directors have priority 255: each is MASTER at once, and they fight'
        : 'both directors have "state MASTER": each takes the addresses as soon as it starts',
      hint: owners ? '254 or less on both' : 'write "state BACKUP" on one of them, or on both',
    },
  ];
}

function equalPriorities({ here, there }: Pair): readonly Report[] {
  const { priority } = here.reach;
  if (priority !== there.reach.priority || priority === OWNER_PRIORITY) return [];
  return [
    {
      code: 'pair-equal-priority',
      span: placeOf(here, 'priority'),
      message: `both directors have priority ${priority}: the higher address decides`,
      hint: 'the one that should be MASTER gets the higher priority',
    },
  ];
}

/** Who has the lower priority never preempts anyhow: nopreempt counts on the other director. */
function preemptions({ here, there }: Pair): readonly Report[] {
  const [better, lesser] =
    here.reach.priority > there.reach.priority ? [here, there] : [there, here];
  const stays = ({ instance }: Side): boolean => isOn(instance, 'nopreempt') === true;
  if (!stays(lesser) || stays(better) || better.reach.priority === lesser.reach.priority) return [];
  return [
    {
      code: 'pair-preempt',
      span: placeOfWord(lesser, 'nopreempt'),
      message: `nopreempt stands on the director of priority ${lesser.reach.priority} only: the other one, of ${better.reach.priority}, takes the addresses back all the same`,
      hint: 'write nopreempt, and "state BACKUP", in both files',
    },
  ];
}

/** Version 2 counts whole seconds, version 3 hundredths. */
function intervalMs({ instance, version }: Side): number {
  const seconds = numberOf(instance, 'advert_int') ?? 1;
  return version === 2
    ? Math.max(1, Math.round(seconds)) * 1000
    : Math.max(1, Math.round(seconds * 100)) * 10;
}

function intervals({ here, there }: Pair): readonly Report[] {
  const [own, other] = [intervalMs(here), intervalMs(there)];
  if (here.version !== there.version || own === other) return [];
  return [
    {
      code: 'pair-advert-interval',
      span: placeOf(here, 'advert_int'),
      message: `advert_int is ${own / 1000} s here and ${other / 1000} s in the other file`,
      hint:
        here.version === 2
          ? 'version 2 drops what comes at another interval: both would be MASTER'
          : 'a backup follows the interval of the master: takeover takes longer one way',
    },
  ];
}

function versions({ here, there }: Pair): readonly Report[] {
  if (here.version === there.version) return [];
  return [
    {
      code: 'pair-version',
      span: placeOf(here, 'version'),
      message: `this director speaks version ${here.version} of VRRP, the other version ${there.version}`,
      hint: 'write the same "version", or vrrp_version in global_defs, in both files',
    },
  ];
}

const PASSWORD_OCTETS = 8;

/** Type and password; nothing where version 3 has no authentication. */
function authenticationOf({ instance, version }: Side): {
  readonly type: string;
  readonly password: string;
} {
  const [block] = version === 3 ? [] : sectionsOf(instance, 'authentication');
  const type = block === undefined ? null : textOf(block, 'auth_type');
  const password = (block === undefined ? null : textOf(block, 'auth_pass')) ?? '';
  const counted = Buffer.from(password).subarray(0, PASSWORD_OCTETS).toString();
  return { type: type ?? 'none', password: counted };
}

function authentications({ here, there }: Pair): readonly Report[] {
  const [own, other] = [authenticationOf(here), authenticationOf(there)];
  if (here.version !== there.version) return [];
  if (own.type === other.type && own.password === other.password) return [];
  const [block] = sectionsOf(here.instance, 'authentication');
  const what =
    own.type === other.type
      ? 'the passwords of the two files differ'
      : `authentication is ${own.type} here and ${other.type} in the other file`;
  return [
    {
      code: 'pair-authentication',
      span: block?.span ?? nameSpan(here.instance),
      message: `${what}: each drops what the other says`,
      hint: 'the same auth_type and auth_pass in both files; 8 characters count',
    },
  ];
}

function signatures({ here, there }: Pair): readonly Report[] {
  return compareSigning(here.instance, there.instance);
}

function addresses({ here, there }: Pair): readonly Report[] {
  return ['virtual_ipaddress', 'virtual_ipaddress_excluded'].flatMap((name) => {
    const vips = ({ instance }: Side): readonly string[] =>
      writtenVips(instance, name).map(({ address }) => address);
    const [own, other] = [vips(here), vips(there)];
    const place = lastWritten(here.instance, name)?.word.span ?? nameSpan(here.instance);
    const only = [
      ...onlyIn(own, other).map((address) => `${address} is only here`),
      ...onlyIn(other, own).map((address) => `${address} is only in the other file`),
    ];
    if (only.length > 0) return [differing(here.name, place, only)];
    if (name === 'virtual_ipaddress_excluded' || own.join() === other.join()) return [];
    return [
      {
        code: 'pair-address-order',
        span: place,
        message: `${here.name} has the same virtual addresses in another order in the other file`,
        hint: 'write them in one order: the first one decides, and lists are compared as they stand',
      } as const,
    ];
  });
}

const NAMED_MAX = 3;

function differing(name: string, span: Span, only: readonly string[]): Report {
  const more = only.length - NAMED_MAX;
  const some = only.slice(0, NAMED_MAX).join(', ');
  return {
    code: 'pair-addresses',
    span,
    message: `the virtual addresses of ${name} differ: ${some}${more > 0 ? ` and ${more} more` : ''}`,
    hint: 'an address that one of them lacks is gone after a takeover',
  };
}

function onlyIn(some: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return some.filter((one) => !known.has(one));
}

function transports({ here, there }: Pair): readonly Report[] {
  const [own, other] = [here, there].map(({ instance }) => peersOf(instance).length > 0);
  if (own === other) return [];
  return [
    {
      code: 'pair-transport',
      span: own ? placeOfWord(here, 'unicast_peer') : nameSpan(here.instance),
      message: `${here.name} speaks ${own ? 'unicast' : 'multicast'} here and ${own ? 'multicast' : 'unicast'} in the other file`,
      hint: 'unicast_peer in both files, or in none',
    },
  ];
}

function placeOfWord({ instance }: Side, name: string): Span {
  return lastWritten(instance, name)?.word.span ?? nameSpan(instance);
}

function sourceOf({ instance }: Side): string | null {
  return textOf(instance, 'unicast_src_ip') ?? textOf(instance, 'mcast_src_ip');
}

/** Each must name the address that the other speaks from. */
function peers({ here, there }: Pair): readonly Report[] {
  const named = ({ instance }: Side): readonly string[] =>
    peersOf(instance).map(({ address }) => address);
  const [own, other] = [named(here), named(there)];
  if (own.length === 0 || other.length === 0) return [];
  const [source, otherSource] = [sourceOf(here), sourceOf(there)];
  const found: Report[] = [];
  if (otherSource !== null && !own.includes(otherSource)) {
    found.push({
      code: 'pair-peers',
      span: placeOfWord(here, 'unicast_peer'),
      message: `the other director speaks from ${otherSource}, which is no unicast_peer here`,
      hint: `write ${otherSource} into unicast_peer`,
    });
  }
  if (source !== null && !other.includes(source)) {
    found.push({
      code: 'pair-peers',
      span: placeOf(
        here,
        lastWritten(here.instance, 'unicast_src_ip') ? 'unicast_src_ip' : 'mcast_src_ip',
      ),
      message: `this director speaks from ${source}, which is no unicast_peer in the other file`,
      hint: `write ${source} into its unicast_peer`,
    });
  }
  return found;
}

function paths({ here, there }: Pair): readonly Report[] {
  return comparePaths(here.instance, there.instance);
}

/** With everything down that it tracks the better one must fall below the other, which is whole. */
function weights({ here, there }: Pair): readonly Report[] {
  const [better, other] = here.reach.healthy > there.reach.healthy ? [here, there] : [there, here];
  const [shift] = better.reach.shifts;
  const movable = better.reach.lowest < better.reach.highest;
  if (shift === undefined || !movable || better.reach.lowest < other.reach.healthy) return [];
  if (better.reach.healthy === other.reach.healthy) return [];
  return [
    {
      code: 'pair-weights',
      span: shift.word.span,
      message: `with all that it tracks down this director still has ${better.reach.lowest}, and the other ${other.reach.healthy}: no failure ever moves the addresses`,
      hint: `the weights must outweigh ${better.reach.healthy} - ${other.reach.healthy} = ${better.reach.healthy - other.reach.healthy}`,
    },
  ];
}

/** Members of a group, each under the name that it has in the first file. */
function groupMembers(
  { name, named }: Side,
  namesHere: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const group = named.groupOf.get(name);
  if (group === undefined) return new Set();
  return new Set(membersOf(group).map(({ text }) => namesHere.get(text) ?? text));
}

/** Each group once, at its first member that has other companions there. */
function tellSyncGroups(pairs: readonly Pair[], reports: Reports): void {
  const namesHere = new Map(pairs.map(({ here, there }) => [there.name, here.name]));
  const told = new Set<Section>();
  for (const { here, there } of pairs) {
    const own = groupMembers(here, new Map());
    const other = groupMembers(there, namesHere);
    const isSame = own.size === other.size && [...own].every((name) => other.has(name));
    const group = here.named.groupOf.get(here.name) ?? there.named.groupOf.get(there.name);
    if (isSame || group === undefined || told.has(group)) continue;
    told.add(group);
    const list = (names: ReadonlySet<string>): string =>
      [...names].filter((name) => name !== here.name).join(', ') || 'nobody';
    reports.add({
      code: 'pair-sync-group',
      span: nameSpan(here.instance),
      message: `${here.name} moves together with ${list(own)} here, and with ${list(other)} in the other file`,
      hint: 'the same vrrp_sync_group in both files',
    });
  }
}

function adviseOnServers(
  here: readonly SeenServer[],
  there: readonly SeenServer[],
  reports: Reports,
): void {
  const others = new Map(there.map((server) => [server.name, server]));
  for (const server of here) {
    const other = others.get(server.name);
    others.delete(server.name);
    const difference =
      other === undefined ? 'is not in the other file' : differenceOf(server, other);
    if (difference !== null) reports.add(serverReport(server, difference));
  }
  for (const server of others.values()) {
    reports.add(serverReport(server, 'is not in the first file'));
  }
}

/** Of groups that both files have: that one of them has none of a name shows in its virtual servers. */
function adviseOnGroups(here: Section, there: Section, reports: Reports): void {
  const others = groupsOf(there);
  for (const [name, group] of groupsOf(here)) {
    const other = others.get(name);
    const difference = other === undefined ? null : groupDifference(group, other);
    if (difference === null) continue;
    reports.add({
      code: 'pair-virtual-servers',
      span: group.word.span,
      message: `virtual_server_group ${name} ${difference}`,
      hint: 'after a takeover clients find another service than before',
    });
  }
}

function groupDifference(here: Group, there: Group): string | null {
  const [own, other] = [here.entries.flatMap(namesIn), there.entries.flatMap(namesIn)];
  const [more] = onlyIn(own, other);
  if (more !== undefined) return `has ${more} only here`;
  const [less] = onlyIn(other, own);
  return less === undefined ? null : `has ${less} only in the other file`;
}

function serverReport({ label, section, name }: SeenServer, difference: string): Report {
  return {
    code: 'pair-virtual-servers',
    span: label[0]?.span ?? section.span,
    message: `virtual_server ${name} ${difference}`,
    hint: 'after a takeover clients find another service than before',
  };
}

function differenceOf(
  { realServers: own }: SeenServer,
  { realServers: other }: SeenServer,
): string | null {
  for (const [name, weight] of own) {
    const there = other.get(name);
    if (there === undefined) return `has the real server ${name} only here`;
    if (there !== weight)
      return `gives ${name} weight ${weight} here and ${there} in the other file`;
  }
  const more = [...other.keys()].find((name) => !own.has(name));
  return more === undefined ? null : `has the real server ${more} only in the other file`;
}
