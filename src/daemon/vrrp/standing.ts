/**
 * The addresses that stand on interfaces because of us, as the kernel was last asked for them: one that is wanted in
 * another way is changed. What a replacement cannot change is taken off and put on again in one send. Pure.
 */
import { familyOf } from '../../base/address.ts';
import type { Instant, Millis } from '../../base/time.ts';
import type { VirtualAddress } from '../../model/vrrp.ts';
import { wantedAddress } from '../../reconcile/addresses.ts';

/** So long the kernel may take to tell that what we took off has gone; later it is somebody else who removes it. */
const TOLD_WITHIN_MS: Millis = 1_000;

export interface Standing {
  readonly virtual: VirtualAddress;
  /** Null: for ever. */
  readonly validSeconds: number | null;
}

export interface Remaking {
  /** To be taken off first, as they stand. */
  readonly off: readonly VirtualAddress[];
  /**
   * To be put on again beside those that are wanted: with the first address of a network the kernel takes off all
   * others of it, unless `promote_secondaries` is set.
   */
  readonly beside: readonly Standing[];
}

export class StandingAddresses {
  private readonly known = new Map<string, Standing>();
  /** What may go because of us, and until when the kernel may tell it. */
  private readonly remade = new Map<string, { readonly one: VirtualAddress; until: Instant }>();

  /** Whether it stands, and in another way. */
  differs(one: VirtualAddress): boolean {
    const standing = this.known.get(nameOf(one))?.virtual ?? one;
    return standing !== one && JSON.stringify(standing) !== JSON.stringify(one);
  }

  /** What must be done beside asking for these. */
  remake(wanted: readonly VirtualAddress[], now: Instant): Remaking {
    const off = wanted.flatMap((one) => {
      const standing = this.known.get(nameOf(one))?.virtual ?? one;
      return standing !== one && isFixed(standing, one) ? [standing] : [];
    });
    if (off.length === 0) return { off, beside: [] };
    const networks = new Set(off.map(networkOf));
    const affected = [...this.known.values()].filter(({ virtual }) =>
      networks.has(networkOf(virtual)),
    );
    for (const { virtual } of affected) {
      this.remade.set(nameOf(virtual), { one: virtual, until: now + TOLD_WITHIN_MS });
    }
    const again = new Set(wanted.map(nameOf));
    return { off, beside: affected.filter(({ virtual }) => !again.has(nameOf(virtual))) };
  }

  note(one: Standing): void {
    this.known.set(nameOf(one.virtual), one);
  }

  end(one: VirtualAddress): void {
    this.known.delete(nameOf(one));
    this.remade.delete(nameOf(one));
  }

  /** Whether the kernel tells of one that has gone because of us, and is there again. */
  isRemade(is: (one: VirtualAddress) => boolean, now: Instant): boolean {
    for (const [name, { one, until }] of this.remade) {
      if (now < until && !is(one)) continue;
      this.remade.delete(name);
      if (now < until) return true;
    }
    return false;
  }
}

/** What NLM_F_REPLACE leaves as it is: inet_rtm_newaddr() takes lifetimes alone, inet6_addr_modify() most flags, too. */
function isFixed(standing: VirtualAddress, one: VirtualAddress): boolean {
  const [before, after] = [wantedAddress(standing, 0), wantedAddress(one, 0)];
  if (before.autoJoin !== after.autoJoin) return true;
  if (after.family === 'ipv6') return false;
  return (
    before.label !== after.label ||
    before.scope !== after.scope ||
    before.broadcast !== after.broadcast ||
    before.noPrefixRoute !== after.noPrefixRoute
  );
}

function nameOf({ address, prefixLength, interface: link }: VirtualAddress): string {
  return `${address}/${prefixLength} ${link}`;
}

function networkOf({ address, interface: link }: VirtualAddress): string {
  return `${familyOf(address)} ${link}`;
}
