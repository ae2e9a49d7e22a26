/** A journal → who answered for each address, from when to when. Pure. */
import type { Instant } from '../base/time.ts';
import type { VrrpConfig } from '../model/vrrp.ts';
import { allHeld } from '../vrrp/holding/held.ts';
import type { Entry } from './journal.ts';

/** Every address of a configuration, once. */
export function addressesOf({ instances }: VrrpConfig): readonly string[] {
  return [
    ...new Set(instances.flatMap((one) => allHeld(one).addresses).map(({ address }) => address)),
  ];
}

/** A time in which the same hosts, or nobody, answered for an address. */
export interface Tenure {
  readonly hosts: readonly string[];
  readonly from: Instant;
  readonly to: Instant;
}

/** By address, in the order in which they were first held; each from 0 to `end` without a gap. */
export function tenuresOf(
  entries: readonly Entry[],
  addresses: readonly string[],
  end: Instant,
): ReadonlyMap<string, readonly Tenure[]> {
  return new Map(addresses.map((address) => [address, tenures(entries, address, end)]));
}

function tenures(entries: readonly Entry[], address: string, end: Instant): readonly Tenure[] {
  const found: Tenure[] = [];
  let hosts: readonly string[] = [];
  let from: Instant = 0;
  const close = (to: Instant): void => {
    if (to > from) found.push({ hosts, from, to });
    from = to;
  };
  for (const entry of entries) {
    if ((entry.what !== 'holds' && entry.what !== 'releases') || entry.address !== address)
      continue;
    close(entry.at);
    const others = hosts.filter((host) => host !== entry.host);
    hosts = entry.what === 'holds' ? [...others, entry.host].toSorted() : others;
  }
  close(end);
  return found;
}
