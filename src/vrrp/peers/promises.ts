/** What this director has promised to take over: from whom, for how long, and by which token. Pure but for what it keeps. */
import type { Instant, Millis } from '../../base/time.ts';
import type { Duty } from './peer-table.ts';

/** A promise to take is good for so long. */
const PROMISE_MS: Millis = 5_000;

interface Promised {
  readonly token: string;
  readonly until: Instant;
  readonly duties: readonly Duty[];
}

export class Promises {
  /** By the life that asked and the place. */
  private readonly promised = new Map<string, Promised>();

  /** The token by which that life may say "take" of these on that place. */
  promise(
    life: string,
    place: string,
    { vrids, newToken, now }: { vrids: readonly number[]; newToken: () => string; now: Instant },
  ): { readonly token: string; readonly duties: readonly Duty[] } {
    for (const [other, { until }] of this.promised) if (until < now) this.promised.delete(other);
    const key = keyOf(life, place);
    const before = this.promised.get(key);
    const token = before?.token ?? newToken();
    const duties = vrids.map((vrid) => ({ place, vrid }));
    // What was promised for another unit is still to be taken.
    const others = before?.duties.filter(({ vrid }) => !vrids.includes(vrid)) ?? [];
    this.promised.set(key, { token, until: now + PROMISE_MS, duties: [...others, ...duties] });
    return { token, duties };
  }

  /** What of these was promised, and is not from now on. Null: it was, but by another token, or too long ago. */
  redeem(
    life: string,
    place: string,
    { vrids, token, now }: { vrids: readonly number[]; token: string | null; now: Instant },
  ): readonly Duty[] | null {
    const key = keyOf(life, place);
    const promised = this.promised.get(key);
    if (promised === undefined) return [];
    if (promised.token !== token || promised.until < now) return null;
    const isMeant = ({ vrid }: Duty): boolean => vrids.includes(vrid);
    const left = promised.duties.filter((duty) => !isMeant(duty));
    if (left.length === 0) this.promised.delete(key);
    else this.promised.set(key, { ...promised, duties: left });
    return promised.duties.filter(isMeant);
  }
}

function keyOf(life: string, place: string): string {
  return `${life} ${place}`;
}
