/** `advert_paths`: further paths that the advertisements of an instance go by. */
import { type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { SidePath, Unicast, VrrpInstance } from '../../../model/vrrp.ts';
import type { Report } from '../../diagnostics/diagnostic.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

const HOP_LIMIT = 255;

/** The instance on its main path. */
export interface MainPath {
  readonly interface: string;
  readonly family: Family;
  readonly unicast: Unicast | null;
  /** `vrrp_strict`: the standard has one path. */
  readonly isStrict: boolean;
}

export function readSidePaths(
  section: Section,
  main: MainPath,
  context: ScriptContext,
): readonly SidePath[] {
  const known = new Map(waysOf(main).map((way) => [way, 'the main path of the instance']));
  const paths: SidePath[] = [];
  for (const said of section.said('advert_paths')) {
    const path = readPath(said, main, context);
    if (path === null || main.isStrict) continue;
    const ways = waysOf(path);
    const before = ways.map((way) => known.get(way)).find((one) => one !== undefined);
    if (before !== undefined) {
      tell(said.words[0], context, {
        code: 'duplicate',
        message: `${path.name} is ${before} already`,
        hint: 'a further path is worth something on another interface, or to peers where the main one is multicast',
      });
      continue;
    }
    for (const way of ways) known.set(way, 'a path');
    paths.push(path);
  }
  return paths;
}

/** By which advertisements go: to the group on an interface, or to each peer. */
function waysOf({
  interface: link,
  unicast,
}: Pick<SidePath, 'interface' | 'unicast'>): readonly string[] {
  if (unicast === null) return [`${link} multicast`];
  return unicast.peers.map(({ address }) => `${link} to ${address}`);
}

/** Null: it cannot be used, which has been told. */
function readPath(said: Said, { family }: MainPath, context: ScriptContext): SidePath | null {
  const [link] = said.slots.get('IFNAME') ?? [];
  if (link === undefined) return null;
  const sources = addressesOf(said, 'src', family, context);
  const peers = addressesOf(said, 'peer', family, context);
  if (sources === null || peers === null) return null;
  const [hops] = said.options.get('max_hops')?.words ?? [];
  if (hops !== undefined && peers.length === 0) {
    tell(hops, context, {
      code: 'contradiction',
      message: 'max_hops is for peers: multicast passes no router',
      hint: 'peer ADDRESS on the same line, or no max_hops',
    });
  }
  tellUnknown(link, context);
  for (const peer of peers) tellOwn(peer, link, context);
  const addresses = peers.map(({ address }) => address);
  return {
    name: peers.length === 0 ? link.text : `${link.text} to ${addresses.join(', ')}`,
    interface: link.text,
    sourceAddress: sources[0]?.address ?? null,
    unicast: peers.length === 0 ? null : unicastTo(addresses, Number(hops?.text ?? 0)),
  };
}

function unicastTo(addresses: readonly string[], hopsMax: number): Unicast {
  const ttlMin = HOP_LIMIT - hopsMax;
  return {
    peers: addresses.map((address) => ({ address, ttlMin, ttlMax: HOP_LIMIT })),
    ttl: HOP_LIMIT,
    checkSource: true,
    oldChecksum: 'never',
  };
}

interface Written {
  readonly word: Word;
  readonly address: string;
}

/** Of an option that may stand several times; null: one of them is of the other family, which has been told. */
function addressesOf(
  { repeated, options }: Said,
  option: 'src' | 'peer',
  family: Family,
  context: ScriptContext,
): readonly Written[] | null {
  const once = options.get(option);
  const all = repeated.get(option) ?? (once === undefined ? [] : [once]);
  const found: Written[] = [];
  for (const { words } of all) {
    const [word] = words;
    const address = parseAddress(word?.text ?? '');
    if (word === undefined || address === null) continue;
    if (familyOf(address) === family) found.push({ word, address });
    else {
      tell(word, context, {
        code: 'contradiction',
        message: `${option} ${word.text} is not of the family of the first virtual address`,
        hint: 'all paths of an instance carry the same advertisements, over the same family',
      });
      return null;
    }
  }
  return found;
}

function tellUnknown(link: Word, context: ScriptContext): void {
  const known = context.environment.interfaces();
  if (known === null || known.includes(link.text)) return;
  tell(link, context, {
    code: 'unknown-interface',
    message: `there is no interface ${link.text} now`,
    hint: `the path is down until there is; there are ${known.join(', ') || 'none'}`,
  });
}

/** Decided by this machine: the file may be the other director's. */
function tellOwn({ word, address }: Written, link: Word, context: ScriptContext): void {
  const own = context.environment.networks(link.text) ?? [];
  if (!own.some((one) => one.address === address)) return;
  tell(word, context, {
    code: 'peer-is-this-host',
    message: `${address} is an address of ${link.text} on this machine, not of a peer`,
    hint: 'peer is the address of the other director there: is this the other director’s file?',
  });
}

function tell(
  word: Word | undefined,
  { reports }: ScriptContext,
  report: Omit<Report, 'span'>,
): void {
  if (word !== undefined) reports.add({ ...report, span: word.span });
}

interface Built {
  readonly section: Section;
  readonly instance: VrrpInstance;
}

/** A virtual router of a link has its number alone there: a path that would share it is left out. */
export function withoutSharedVrids<B extends Built>(
  all: readonly B[],
  context: ScriptContext,
): readonly B[] {
  const users = new Map<string, string>();
  const numberOf = (instance: VrrpInstance, link: string): string =>
    `${instance.vrid} ${instance.family} ${link}`;
  for (const { instance } of all) {
    users.set(numberOf(instance, instance.interface), instance.name);
  }
  return all.map((one) => {
    const { instance, section } = one;
    if (instance.sidePaths.length === 0) return one;
    const sidePaths = instance.sidePaths.filter((path) => {
      const number = numberOf(instance, path.interface);
      const user = users.get(number) ?? instance.name;
      if (user === instance.name) {
        users.set(number, instance.name);
        return true;
      }
      context.reports.add({
        code: 'duplicate',
        span: section.find('advert_paths')?.span ?? section.span,
        message: `${user} uses virtual_router_id ${instance.vrid} on ${path.interface} already: ${instance.name} cannot advertise there`,
        hint: 'another virtual_router_id for one of them, or another interface',
      });
      return false;
    });
    return { ...one, instance: { ...instance, sidePaths } };
  });
}
