/** What is searched through: lease times and failures under which there are never two holders, and broken ones. */
import type { ModelOptions } from './model.ts';

const CORRECT: ModelOptions = {
  hold: 2,
  promise: 2,
  rounds: 1,
  silence: null,
  losesOneIn: null,
  killed: null,
  lateness: 0,
  statesMax: 100_000_000,
};

export interface Variant {
  readonly name: string;
  readonly options: ModelOptions;
}

function variant(name: string, over: Partial<ModelOptions>): Variant {
  return { name, options: { ...CORRECT, ...over } };
}

/** There are never two holders. */
export const SAFE: readonly Variant[] = [
  variant('promises as long as the lease', {}),
  variant('acceptors are restarted, and silent for a promise', { silence: 2 }),
  variant('directors are killed, and give nothing back for a promise', { killed: 2 }),
  variant('a clock loses every third tick, and promises are longer by as much', {
    losesOneIn: 3,
    promise: 3,
  }),
  variant('the kernel closes a tick late, and promises are longer by as much', {
    lateness: 1,
    promise: 3,
  }),
];

/** Minutes and gigabytes: `npm run model`. */
export const SAFE_AND_LARGE: readonly Variant[] = [
  variant('datagrams of two rounds are under way', { rounds: 2 }),
  variant('acceptors are restarted and directors killed', { silence: 2, killed: 2 }),
  variant('acceptors are restarted beside a clock that loses ticks', {
    silence: 3,
    losesOneIn: 3,
    promise: 3,
  }),
  variant('everything at once but the clock', {
    silence: 3,
    killed: 3,
    lateness: 1,
    promise: 3,
    statesMax: 60_000_000,
  }),
];

/** Each leaves out what one rule is for, and two holders follow. */
export const BROKEN: readonly Variant[] = [
  variant('promises shorter than the lease', { promise: 1 }),
  variant('acceptors that speak at once after a restart', { silence: 0 }),
  variant('a clock that loses every third tick, and promises no longer than the lease', {
    losesOneIn: 3,
  }),
  variant('a kernel that closes late, and promises no longer than the lease', { lateness: 1 }),
  variant('a director that was killed and gives back what its kernel still has open', {
    killed: 0,
  }),
];
