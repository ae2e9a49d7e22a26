/**
 * What a real server needs for DR mode: each virtual address on its loopback, so that it accepts the
 * packets the director sends on, and a kernel that never answers or announces that address by ARP,
 * because on the link it belongs to the director. Decisions only; host.ts reads and writes.
 *
 * Facts: ip-sysctl.rst of the kernel, `arp_ignore` and `arp_announce`: what counts for an interface is
 * the larger of its own value and that of `all`.
 */
import type { Family } from '../base/address.ts';

/** 1: answer ARP only for addresses of the interface that was asked. 2 and 8 are stricter still. */
export const ARP_IGNORE = { wanted: 1, good: [1, 2, 8] } as const;
/** 2: never name an address of another interface as the sender of an ARP request. */
export const ARP_ANNOUNCE = { wanted: 2, good: [2] } as const;

const LOOPBACK = 'lo';

export interface HostAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
}

export interface ArpSettings {
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
}

/** What a real server looks like now. */
export interface RealServerHost {
  readonly addresses: readonly HostAddress[];
  readonly all: ArpSettings;
  /** Each interface that speaks ARP, by name. */
  readonly interfaces: Readonly<Record<string, ArpSettings>>;
}

export interface VirtualAddressWanted {
  readonly address: string;
  readonly family: Family;
}

/** A fault, what it does to the site, and how to mend it. */
export interface Finding {
  readonly code:
    | 'address-missing'
    | 'address-elsewhere'
    | 'prefix-too-wide'
    | 'answers-arp'
    | 'announces-address';
  readonly message: string;
  readonly hint: string;
}

export type Step =
  | { readonly do: 'set'; readonly sysctl: string; readonly from: number; readonly to: number }
  | { readonly do: 'add-address'; readonly address: string; readonly prefixLength: number }
  | { readonly do: 'remove-address'; readonly address: string; readonly prefixLength: number };

/** A /32 or /128: a wider prefix would make the whole network local. */
function hostPrefix(family: Family): number {
  return family === 'ipv4' ? 32 : 128;
}

function sysctlOf(interfaceName: string, setting: 'arp_ignore' | 'arp_announce'): string {
  return `net.ipv4.conf.${interfaceName.replace(/\./g, '/')}.${setting}`;
}

/** Neighbour discovery has no such settings: IPv6 answers only for the interface's own addresses. */
function needsArp(wanted: readonly VirtualAddressWanted[]): boolean {
  return wanted.some(({ family }) => family === 'ipv4');
}

/** Steps in safe order: the kernel is silenced before it owns the address. */
export function planSetup(
  host: RealServerHost,
  wanted: readonly VirtualAddressWanted[],
): readonly Step[] {
  const steps: Step[] = [];
  if (needsArp(wanted)) {
    steps.push(
      ...raise('all', 'arp_ignore', host.all.arpIgnore, ARP_IGNORE),
      ...raise('all', 'arp_announce', host.all.arpAnnounce, ARP_ANNOUNCE),
    );
    // An interface of its own mind (3: "answer for addresses of wider scope") outweighs `all`.
    for (const [name, own] of Object.entries(host.interfaces)) {
      if (own.arpIgnore > ARP_IGNORE.wanted) {
        steps.push(...raise(name, 'arp_ignore', own.arpIgnore, ARP_IGNORE));
      }
    }
  }
  for (const { address, family } of wanted) {
    if (!holds(host, address)) {
      steps.push({ do: 'add-address', address, prefixLength: hostPrefix(family) });
    }
  }
  return steps;
}

function raise(
  interfaceName: string,
  setting: 'arp_ignore' | 'arp_announce',
  from: number,
  rule: { readonly wanted: number; readonly good: readonly number[] },
): readonly Step[] {
  if (rule.good.includes(from)) return [];
  return [{ do: 'set', sysctl: sysctlOf(interfaceName, setting), from, to: rule.wanted }];
}

function holds(host: RealServerHost, address: string): boolean {
  return host.addresses.some((held) => held.interface === LOOPBACK && held.address === address);
}

/**
 * Steps that undo a set-up: addresses first, then the settings it changed (`changed`: their values
 * before), these only when no virtual address is left that needs them.
 */
export function planRemove(
  host: RealServerHost,
  wanted: readonly VirtualAddressWanted[],
  changed: Readonly<Record<string, { readonly from: number; readonly to: number }>>,
): readonly Step[] {
  const leaving = new Set(wanted.map(({ address }) => address));
  const onLoopback = host.addresses.filter((held) => held.interface === LOOPBACK);
  const removals: Step[] = onLoopback
    .filter((held) => leaving.has(held.address))
    .map(({ address, prefixLength }) => ({ do: 'remove-address', address, prefixLength }));
  const staying = onLoopback.some((held) => isVirtual(held) && !leaving.has(held.address));
  if (staying) return removals;
  const restored: Step[] = Object.entries(changed).map(([sysctl, { from, to }]) => ({
    do: 'set',
    sysctl,
    from: to,
    to: from,
  }));
  return [...removals, ...restored];
}

function isVirtual({ address, prefixLength }: HostAddress): boolean {
  return prefixLength === 32 && !address.startsWith('127.');
}

/** Everything that is missing or wrong; empty when the real server is ready for DR mode. */
export function findFaults(
  host: RealServerHost,
  wanted: readonly VirtualAddressWanted[],
): readonly Finding[] {
  return [
    ...wanted.flatMap((address) => addressFaults(host, address)),
    ...(needsArp(wanted) ? arpFaults(host) : []),
  ];
}

function addressFaults(
  host: RealServerHost,
  { address, family }: VirtualAddressWanted,
): readonly Finding[] {
  const held = host.addresses.filter((candidate) => candidate.address === address);
  const faults: Finding[] = [];
  const setup = `lvsctl realserver setup --vip ${address}`;
  if (!held.some((one) => one.interface === LOOPBACK)) {
    faults.push({
      code: 'address-missing',
      message: `${address} is not on ${LOOPBACK}: packets from the director are dropped here`,
      hint: setup,
    });
  }
  for (const one of held) {
    if (one.interface !== LOOPBACK) {
      faults.push({
        code: 'address-elsewhere',
        message: `${address} is on ${one.interface}: this host answers ARP for it, against the director`,
        hint: `ip addr del ${address}/${one.prefixLength} dev ${one.interface}`,
      });
    } else if (one.prefixLength !== hostPrefix(family)) {
      faults.push({
        code: 'prefix-too-wide',
        message: `${address}/${one.prefixLength} on ${LOOPBACK} makes its whole network local`,
        hint: `ip addr del ${address}/${one.prefixLength} dev ${LOOPBACK}, then ${setup}`,
      });
    }
  }
  return faults;
}

function arpFaults(host: RealServerHost): readonly Finding[] {
  return Object.entries(host.interfaces).flatMap(([name, own]) => {
    const faults: Finding[] = [];
    const ignore = Math.max(own.arpIgnore, host.all.arpIgnore);
    const announce = Math.max(own.arpAnnounce, host.all.arpAnnounce);
    if (!(ARP_IGNORE.good as readonly number[]).includes(ignore)) {
      faults.push({
        code: 'answers-arp',
        message: `${name} answers ARP for addresses of ${LOOPBACK} (arp_ignore ${ignore}): clients reach this host past the director`,
        hint: `sysctl -w ${sysctlOf(ignore === own.arpIgnore && ignore > 0 ? name : 'all', 'arp_ignore')}=${ARP_IGNORE.wanted}`,
      });
    }
    if (!(ARP_ANNOUNCE.good as readonly number[]).includes(announce)) {
      faults.push({
        code: 'announces-address',
        message: `${name} may announce addresses of ${LOOPBACK} as its own (arp_announce ${announce})`,
        hint: `sysctl -w ${sysctlOf('all', 'arp_announce')}=${ARP_ANNOUNCE.wanted}`,
      });
    }
    return faults;
  });
}
