/** Advertisements to peers by their addresses: who they are, and from where. */
import { familyOf, parseAddress } from '../../base/address.ts';
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import { familyIn, interfaceOf, type Whole } from './whole.ts';
import { entriesOf, lastWritten, textOf, valueSpan } from './written.ts';

export interface Peer {
  readonly word: Word;
  readonly address: string;
}

export function peersOf(instance: Section): readonly Peer[] {
  return entriesOf(instance, 'unicast_peer').flatMap(([word]) => {
    const address = parseAddress(word.text);
    return address === null ? [] : [{ word, address }];
  });
}

export function tellUnicast(instance: Section, whole: Whole): void {
  for (const peer of peersOf(instance)) {
    if (tellPeerFamily(peer, instance, whole) || tellPeerIsSelf(peer, instance, whole)) continue;
    tellPeerIsThisHost(peer, instance, whole);
  }
  tellNoPeer(instance, whole);
  tellTwoSources(instance, whole);
  if (whole.reports.takesNotes) adviseOnSource(instance, whole);
}

function tellPeerFamily({ word, address }: Peer, instance: Section, { reports }: Whole): boolean {
  if (familyOf(address) === familyIn(instance)) return false;
  reports.add({
    code: 'unicast-family',
    span: word.span,
    message: `${address} is not of the family of the first virtual address`,
    hint: 'an instance speaks IPv4 or IPv6, as its first virtual_ipaddress does',
  });
  return true;
}

function tellPeerIsSelf({ word, address }: Peer, instance: Section, { reports }: Whole): boolean {
  const own = ['unicast_src_ip', 'mcast_src_ip'].find((name) => textOf(instance, name) === address);
  if (own === undefined) return false;
  reports.add({
    code: 'unicast-self',
    span: word.span,
    message: `${address} is a peer and, as ${own}, this director itself`,
    hint: 'unicast_peer holds the addresses of the others',
  });
  return true;
}

/** Decided by this machine: the file may be the other director's. */
function tellPeerIsThisHost({ word, address }: Peer, instance: Section, whole: Whole): void {
  const link = interfaceOf(instance, whole.globals);
  const own = whole.environment.networks(link) ?? [];
  if (!own.some((one) => one.address === address)) return;
  whole.reports.add({
    code: 'peer-is-this-host',
    span: word.span,
    message: `${address} is an address of ${link} on this machine, not of a peer`,
    hint: 'unicast_peer holds the addresses of the others: is this the other director’s file?',
  });
}

const UNICAST_WORDS = ['unicast_src_ip', 'unicast_ttl', 'check_unicast_src'] as const;

function tellNoPeer(instance: Section, { reports }: Whole): void {
  if (entriesOf(instance, 'unicast_peer').length > 0) return;
  const setting = ['unicast_peer', ...UNICAST_WORDS]
    .map((name) => lastWritten(instance, name))
    .find((one) => one !== null);
  if (setting === undefined || setting === null) return;
  reports.add({
    code: 'unicast-no-peer',
    span: setting.word.span,
    message: `"${setting.word.text}" stands here, but there is no unicast peer: advertisements go by multicast`,
    hint: 'unicast_peer { ADDRESS } with the address of the other director',
  });
}

function tellTwoSources(instance: Section, { reports }: Whole): void {
  const [multicast, unicast] = ['mcast_src_ip', 'unicast_src_ip'].map((name) =>
    textOf(instance, name),
  );
  const setting = lastWritten(instance, 'mcast_src_ip');
  if (!multicast || !unicast || multicast === unicast || setting === null) return;
  reports.add({
    code: 'two-sources',
    span: valueSpan(setting),
    message: `mcast_src_ip ${multicast} and unicast_src_ip ${unicast} are two sources of one instance`,
    hint: 'keep unicast_src_ip beside unicast_peer, else mcast_src_ip',
  });
}

function adviseOnSource(instance: Section, { reports }: Whole): void {
  const peers = lastWritten(instance, 'unicast_peer');
  const hasSource = ['unicast_src_ip', 'mcast_src_ip'].some((name) => textOf(instance, name));
  if (peers === null || hasSource || peersOf(instance).length === 0) return;
  reports.add({
    code: 'unicast-no-source',
    span: peers.word.span,
    message: 'no unicast_src_ip: the peers hear whatever address the interface has first',
    hint: 'unicast_src_ip ADDRESS, the one that the peers have in their unicast_peer',
  });
}
