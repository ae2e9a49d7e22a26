/**
 * What is to be asked by ARP, so that a real server shows which answers for a virtual address. In DR and TUN mode
 * it holds that address too and must be silent about it (arp_ignore): else some clients reach it directly, and no
 * director decides any more. Asked is only for what this director holds itself, because nobody else may answer then;
 * an answer counts when it comes from the MAC address of a real server.
 */
import { familyOf, prefixContains } from '../base/address.ts';
import { STEP, type Steps } from '../base/slices.ts';
import type { VirtualServer } from '../model/virtual-server.ts';

/** An interface that speaks ARP. */
export interface ArpLink {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  /** Its IPv4 networks. */
  readonly networks: readonly { readonly address: string; readonly prefixLength: number }[];
}

/** This host: its links, and every IPv4 address that it holds, on whichever interface. */
export interface ArpHost {
  readonly links: readonly ArpLink[];
  readonly held: ReadonlySet<string>;
}

/** One link: who of these real servers answers for which of these virtual addresses? */
export interface ArpQuestion {
  readonly link: ArpLink;
  readonly virtualAddresses: readonly string[];
  readonly realServers: readonly string[];
}

/** Somebody has said in ARP that an address is at his MAC. */
export interface ArpClaim {
  readonly address: string;
  readonly mac: string;
}

/** A real server that answered for a virtual address. */
export interface ArpAnswer {
  readonly realServer: string;
  readonly virtualAddress: string;
  readonly mac: string;
}

/** Whether it has a real server that holds the virtual address too. */
export function mayAnswer({ realServers }: VirtualServer): boolean {
  return realServers.some(({ forwarding }) => forwarding !== 'nat');
}

export function* arpQuestions(
  virtualServers: readonly VirtualServer[],
  { links, held }: ArpHost,
): Steps<readonly ArpQuestion[]> {
  const onLinks = links.map((link) => ({
    link,
    virtualAddresses: new Set<string>(),
    realServers: new Set<string>(),
  }));
  for (const server of virtualServers) {
    yield;
    const addresses = heldAddresses(server, held);
    if (addresses.length === 0) continue;
    for (const [at, real] of silentRealServers(server, held).entries()) {
      if (at % STEP === STEP - 1) yield;
      const on = onLinks.find(({ link }) => isOn(link, real));
      if (on === undefined) continue;
      on.realServers.add(real);
      for (const address of addresses) on.virtualAddresses.add(address);
    }
  }
  return onLinks
    .filter(({ realServers }) => realServers.size > 0)
    .map(({ link, virtualAddresses, realServers }) => ({
      link,
      virtualAddresses: [...virtualAddresses],
      realServers: [...realServers],
    }));
}

/** Which real servers have answered for which virtual addresses; each pair once. */
export function arpAnswers(
  { virtualAddresses, realServers }: ArpQuestion,
  claims: readonly ArpClaim[],
): readonly ArpAnswer[] {
  const [virtual, real] = [new Set(virtualAddresses), new Set(realServers)];
  const serversAt = new Map<string, Set<string>>();
  for (const { address, mac } of claims) {
    if (!real.has(address)) continue;
    const at = serversAt.get(mac) ?? new Set();
    serversAt.set(mac, at.add(address));
  }
  const answers = new Map<string, ArpAnswer>();
  for (const { address, mac } of claims) {
    if (!virtual.has(address)) continue;
    for (const realServer of serversAt.get(mac) ?? []) {
      answers.set(`${realServer} ${address}`, { realServer, virtualAddress: address, mac });
    }
  }
  return [...answers.values()];
}

function heldAddresses({ keys }: VirtualServer, held: ReadonlySet<string>): readonly string[] {
  const addresses = keys.flatMap((key) => (key.kind === 'address' ? key.address : []));
  return addresses.filter((address) => held.has(address));
}

/** IPv6 needs no silence: neighbour discovery answers only for addresses of the interface that was asked. */
function silentRealServers(
  { realServers }: VirtualServer,
  held: ReadonlySet<string>,
): readonly string[] {
  return realServers
    .filter(({ forwarding }) => forwarding !== 'nat')
    .map(({ address }) => address)
    .filter((address) => familyOf(address) === 'ipv4' && !held.has(address));
}

function isOn({ networks }: ArpLink, address: string): boolean {
  return networks.some(
    (network) =>
      network.prefixLength < 32 && prefixContains(network.address, network.prefixLength, address),
  );
}
