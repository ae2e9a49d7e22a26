/** What this director has promised to take over: from whom, for how long, and by which token. Pure but for what it keeps. */
import type { Instant, Millis } from '../../base/time.ts';
import type { Duty } from './peer-table.ts';

/** A promise to take is good for so long. */
const PROMISE_MS: Millis = 5_000;

interface Promised {
  readonly token: string;
  readonly until: Instant;
  /** On the main path of each instance, by whichever it was asked for. */
  readonly duties: readonly Duty[];
}

export class Promises {
  /** By the life that asked. */
  private readonly promised = new Map<string, Promised>();

  /** The token by which that life may say "take" of these. */
  promise(
    life: string,
    duties: readonly Duty[],
    { newToken, now }: { newToken: () => string; now: Instant },
  ): string {
    for (const [other, { until }] of this.promised) if (until < now) this.promised.delete(other);
    const before = this.promised.get(life);
    const token = before?.token ?? newToken();
    // What was promised for another unit is still to be taken.
    const others = before?.duties.filter((duty) => !has(duties, duty)) ?? [];
    this.promised.set(life, { token, until: now + PROMISE_MS, duties: [...others, ...duties] });
    return token;
  }

  /** What of these was promised, and is not from now on. Null: it was, but by another token, or too long ago. */
  redeem(
    life: string,
    duties: readonly Duty[],
    { token, now }: { token: string | null; now: Instant },
  ): readonly Duty[] | null {
    const promised = this.promised.get(life);
    if (promised === undefined) return [];
    if (promised.token !== token || promised.until < now) return null;
    const left = promised.duties.filter((duty) => !has(duties, duty));
    if (left.length === 0) this.promised.delete(life);
    else this.promised.set(life, { ...promised, duties: left });
    return promised.duties.filter((duty) => has(duties, duty));
  }
}

function has(duties: readonly Duty[], { place, vrid }: Duty): boolean {
  return duties.some((duty) => duty.place === place && duty.vrid === vrid);
}
