/**
 * Virtual addresses × what the interfaces hold → the addresses to add and to remove. An address that
 * is there already stays as it is, whoever put it there: its label or scope is no reason to be without
 * it for a moment.
 */
import {
  addressBits,
  addressBytes,
  addressFromBytes,
  type Family,
  familyOf,
} from '../base/address.ts';
import type { AddressFlag, VirtualAddress } from '../model/vrrp.ts';

/** What tells one address from another to the kernel. */
export interface AddressKey {
  readonly interfaceIndex: number;
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly peer?: string | null;
}

export interface AddressWanted extends AddressKey {
  readonly scope: VirtualAddress['scope'];
  readonly label: string | null;
  readonly broadcast: string | null;
  /** IPv6: no search for another owner; the one we relieve may still answer. */
  readonly noDad: boolean;
  readonly home: boolean;
  readonly managesTemporary: boolean;
  readonly noPrefixRoute: boolean;
  readonly autoJoin: boolean;
  /** Null: for ever. */
  readonly preferredSeconds: number | null;
}

export type AddressChange =
  | { readonly do: 'add-address'; readonly address: AddressWanted }
  | { readonly do: 'remove-address'; readonly address: AddressKey };

export interface AddressDiffInput {
  /** To be on their interfaces. */
  readonly hold: readonly VirtualAddress[];
  /** To be on none of theirs. What is in neither list is not ours to touch. */
  readonly release: readonly VirtualAddress[];
  /** Null: nobody asked. All changes are made, and the kernel says which were needless. */
  readonly actual: readonly AddressKey[] | null;
  /** Index of each interface by its name. */
  readonly interfaces: ReadonlyMap<string, number>;
}

export interface AddressDiff {
  /** Removals first: an address may move from one interface to another. */
  readonly changes: readonly AddressChange[];
  /** Interfaces that `hold` names and that do not exist. */
  readonly missingInterfaces: readonly string[];
}

export function diffAddresses({
  hold,
  release,
  actual,
  interfaces,
}: AddressDiffInput): AddressDiff {
  const present = actual === null ? null : new Set(actual.map(nameOf));
  const missing = new Set<string>();
  const wanted = hold.flatMap((virtual) => {
    const interfaceIndex = interfaces.get(virtual.interface);
    if (interfaceIndex === undefined) missing.add(virtual.interface);
    return interfaceIndex === undefined ? [] : [wantedAddress(virtual, interfaceIndex)];
  });
  const kept = new Set(wanted.map(nameOf));
  const unwanted = release
    .flatMap((virtual) => {
      const interfaceIndex = interfaces.get(virtual.interface);
      return interfaceIndex === undefined ? [] : [keyOf(virtual, interfaceIndex)];
    })
    .filter((key) => (present?.has(nameOf(key)) ?? true) && !kept.has(nameOf(key)));
  return {
    changes: [
      ...unwanted.map((address) => ({ do: 'remove-address' as const, address })),
      ...wanted
        .filter((address) => !(present?.has(nameOf(address)) ?? false))
        .map((address) => ({ do: 'add-address' as const, address })),
    ],
    missingInterfaces: [...missing],
  };
}

function nameOf({ interfaceIndex, address, prefixLength }: AddressKey): string {
  return `${address}/${prefixLength} ${interfaceIndex}`;
}

function keyOf(
  { address, prefixLength, peer }: VirtualAddress,
  interfaceIndex: number,
): AddressKey {
  const key = { interfaceIndex, family: familyOf(address), address, prefixLength };
  return peer === undefined ? key : { ...key, peer };
}

/** A virtual address as the kernel is asked for it. */
export function wantedAddress(virtual: VirtualAddress, interfaceIndex: number): AddressWanted {
  const key = keyOf(virtual, interfaceIndex);
  const has = (flag: AddressFlag): boolean => virtual.flags?.includes(flag) ?? false;
  return {
    ...key,
    scope: virtual.scope,
    label: virtual.label,
    broadcast: virtual.broadcast === 'default' ? networkBroadcast(virtual) : virtual.broadcast,
    noDad: key.family === 'ipv6' && !has('dad'),
    home: has('home'),
    managesTemporary: has('mngtmpaddr'),
    noPrefixRoute: has('noprefixroute'),
    autoJoin: has('autojoin'),
    preferredSeconds: virtual.preferredSeconds ?? null,
  };
}

/** The last address of the network; a network of one or two addresses (RFC 3021) has none. */
function networkBroadcast({ address, prefixLength }: VirtualAddress): string | null {
  const family = familyOf(address);
  const hostBits = addressBits(family) - prefixLength;
  if (family === 'ipv6' || hostBits < 2) return null;
  const octets = addressBytes(address);
  const last = octets.map((octet, at) => octet | hostMask(hostBits - 8 * (octets.length - 1 - at)));
  return addressFromBytes(last);
}

/** The low `bits` of an octet set; fewer than 0 are none, more than 8 are all. */
function hostMask(bits: number): number {
  return 2 ** Math.min(8, Math.max(0, bits)) - 1;
}
