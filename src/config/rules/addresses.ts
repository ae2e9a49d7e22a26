/** Virtual addresses: their networks, their prefixes, and who owns them. */
import {
  type Family,
  familyOf,
  ipv4Number,
  ipv4Text,
  parseAddress,
  prefixContains,
  whyNoHost,
} from '../../base/address.ts';
import type { Network } from '../environment.ts';
import type { Section } from '../values/section.ts';
import { OWNER_PRIORITY } from './priorities.ts';
import {
  interfaceOf,
  optionOf,
  vipsOf,
  type Whole,
  type WrittenVip,
  writtenVips,
} from './whole.ts';
import { isOn, lastWritten, nameIn, nameSpan, numberIn } from './written.ts';

const LOOPBACK: Readonly<Record<Family, readonly [prefix: string, length: number]>> = {
  ipv4: ['127.0.0.0', 8],
  ipv6: ['::1', 128],
};

/** The networks of an interface and family; what a MASTER has put there itself tells nothing. */
export function ownNetworks(link: string, family: Family, whole: Whole): readonly Network[] {
  const networks = whole.environment.networks(link) ?? [];
  return networks.filter(
    ({ address }) =>
      familyOf(address) === family && !whole.vips.has(address) && !address.startsWith('fe80:'),
  );
}

/** Decided by this machine, so a warning. An interface without address of the family tells nothing. */
export function tellVipsOutside(instance: Section, whole: Whole): void {
  // Which interface was meant is not known then.
  if (instance.spoils('interface')) return;
  for (const vip of vipsOf(instance)) {
    const { word, options, address } = vip;
    const link = optionOf(options, 'dev')?.text ?? interfaceOf(instance, whole.globals);
    if (whyImpossible(vip, link) !== null) continue;
    const networks = ownNetworks(link, familyOf(address), whole);
    const isInside = networks.some((one) => prefixContains(one.address, one.prefixLength, address));
    if (networks.length === 0 || isInside || address.startsWith('fe80:')) continue;
    const known = networks.map((one) => `${one.address}/${one.prefixLength}`).join(', ');
    whole.reports.add({
      code: 'vip-outside-network',
      span: word.span,
      message: `${address} lies in no network of ${link}`,
      hint: `${link} has ${known}: nobody there asks for an address of another network`,
    });
  }
}

/** Why no host can have an address, as the end of a sentence; null: one can. */
export function whyImpossible(vip: WrittenVip, link: string): string | null {
  const { address, prefixLength } = vip;
  const why = whyNoHost(address);
  if (why !== null) return `${why === 'unspecified' ? 'an' : 'a'} ${why} address`;
  const isLoopback = prefixContains(...LOOPBACK[familyOf(address)], address);
  if (isLoopback && link !== 'lo') return 'a loopback address';
  if (address === broadcastOf(vip)) return `the broadcast address of its /${prefixLength}`;
  if (address === networkOf(vip)) return `the network of its /${prefixLength}, and no host in it`;
  return null;
}

/** Two masters of one address, or one that is held twice. */
export function tellVipsTwice({ instances, reports }: Whole): void {
  const holders = new Map<string, string>();
  for (const instance of instances) {
    for (const { word, address } of vipsOf(instance)) {
      const other = holders.get(address);
      if (other !== undefined) {
        reports.add({
          code: 'vip-twice',
          span: word.span,
          message: `${address} is a virtual address of ${other} already`,
          hint: 'two directors may hold it at once: keep it in one place',
        });
      }
      holders.set(address, other ?? nameIn(instance));
    }
  }
}

export function tellBroadcasts(instance: Section, { reports }: Whole): void {
  for (const vip of vipsOf(instance)) {
    const word = optionOf(vip.options, 'brd', 'broadcast');
    const broadcast = word === null ? null : parseAddress(word.text);
    const wanted = broadcastOf(vip);
    if (word === null || broadcast === null || wanted === null || broadcast === wanted) continue;
    reports.add({
      code: 'odd-broadcast',
      span: word.span,
      message: `${broadcast} is not the broadcast address of ${vip.address}/${vip.prefixLength}`,
      hint: `write "brd +", or ${wanted}; a gateway does not belong here`,
    });
  }
}

/** The last address of an IPv4 network; null where there is none. */
function broadcastOf(vip: WrittenVip): string | null {
  const ends = endsOf(vip);
  return ends === null ? null : ipv4Text(ends.last);
}

/** The first address of an IPv4 network, which is the network's own; null where there is none. */
function networkOf(vip: WrittenVip): string | null {
  const ends = endsOf(vip);
  return ends === null ? null : ipv4Text(ends.first);
}

function endsOf({ address, prefixLength }: WrittenVip): { first: number; last: number } | null {
  if (familyOf(address) !== 'ipv4' || !(prefixLength >= 1 && prefixLength <= 30)) return null;
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(ipv4Number(address) / size) * size;
  return { first, last: first + size - 1 };
}

/** Priority 255 says that the addresses are this machine's own. */
export function tellNotTheOwner(instance: Section, whole: Whole): void {
  const setting = lastWritten(instance, 'priority');
  if (setting === null || numberIn(setting) !== OWNER_PRIORITY) return;
  const link = interfaceOf(instance, whole.globals);
  const own = whole.environment.networks(link);
  const [vip] = writtenVips(instance, 'virtual_ipaddress');
  if (own === null || vip === undefined) return;
  if (own.some(({ address }) => address === vip.address)) return;
  whole.reports.add({
    code: 'not-the-owner',
    span: setting.span,
    message: `priority 255 is for the owner of ${vip.address}, which is no address of ${link} now`,
    hint: '254 or less, unless the address is configured on this machine for good',
  });
}

export function adviseOnPrefix(instance: Section, { reports }: Whole): void {
  for (const { word, address, hasPrefix } of vipsOf(instance)) {
    if (hasPrefix || familyOf(address) !== 'ipv4') continue;
    reports.add({
      code: 'vip-without-prefix',
      span: word.span,
      message: `${address} has no prefix length, so it is added as ${address}/32`,
      hint: `write the network’s own, for example ${address}/24`,
    });
  }
}

export function adviseOnFamilies(instance: Section, { reports }: Whole): void {
  const [first, ...others] = writtenVips(instance, 'virtual_ipaddress');
  const other = others.find(
    ({ address }) => first !== undefined && familyOf(address) !== familyOf(first.address),
  );
  if (first === undefined || other === undefined) return;
  reports.add({
    code: 'mixed-families',
    span: other.word.span,
    message: `${other.address} is held, but not advertised: the instance speaks the family of ${first.address}`,
    hint: 'write it in virtual_ipaddress_excluded, or give each family an instance',
  });
}

/** An IPv6 address that is not link-local. */
export function isOfOtherScope(address: string): boolean {
  return familyOf(address) === 'ipv6' && !prefixContains('fe80::', 10, address);
}

/** RFC 9568 §5.2.9; strict instances are told in rules/strict.ts. */
export function adviseOnLinkLocal(instance: Section, { globals, reports }: Whole): void {
  const [first] = writtenVips(instance, 'virtual_ipaddress');
  if (
    first === undefined ||
    (isOn(instance, 'strict_mode') ?? isOn(globals, 'vrrp_strict')) ||
    !isOfOtherScope(first.address)
  )
    return;
  reports.add({
    code: 'link-local-first',
    span: first.word.span,
    message: `${first.address} stands first, and is not link-local`,
    hint: 'an address of fe80::/10 first, the same on both directors, if hosts use this director as their router',
  });
}

export function adviseOnNoVip(instance: Section, { reports }: Whole): void {
  const hasSome = ['virtual_ipaddress', 'virtual_ipaddress_excluded'].some((name) =>
    instance.mentions(name),
  );
  // An instance without name is told of already.
  if (hasSome || isOn(instance, 'no_virtual_ipaddress') || nameIn(instance) === '') return;
  reports.add({
    code: 'no-vip',
    span: nameSpan(instance),
    message: `${nameIn(instance)} has no virtual address: its MASTER holds nothing`,
    hint: 'virtual_ipaddress { ADDRESS/LENGTH }, or no_virtual_ipaddress if that is meant',
  });
}
