/** What is searched through: lease times and failures under which there are never two holders, and broken ones. */
import type { EtcdModelOptions } from './etcd-model.ts';
import type { ModelOptions } from './model.ts';

const CORRECT: ModelOptions = {
  hold: 2,
  promise: 2,
  rounds: 1,
  silence: null,
  losesOneIn: null,
  killed: null,
  heirs: null,
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
  variant('directors are killed, and the next life goes on with what the kernel has open', {
    heirs: 'looks',
  }),
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
  variant('acceptors are restarted, and directors killed that have heirs or none', {
    silence: 2,
    killed: 2,
    heirs: 'looks',
    statesMax: 60_000_000,
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
  variant('an heir that believes its will, though the lease was given back since', {
    heirs: 'believes',
  }),
];

const ETCD: EtcdModelOptions = {
  hold: 1,
  promise: 1,
  rounds: 1,
  losesOneIn: null,
  killed: null,
  lateness: 0,
  failing: [0, 1],
  late: [],
  restarts: false,
  fault: null,
  statesMax: 1_000_000,
};

export interface EtcdVariant {
  readonly name: string;
  readonly options: EtcdModelOptions;
}

function ofEtcd(name: string, over: Partial<EtcdModelOptions>): EtcdVariant {
  return { name: `etcd: ${name}`, options: { ...ETCD, ...over } };
}

/** There are never two holders when etcd is the only acceptor: so it is one. The first is searched to its end. */
export const SAFE_ETCD: readonly EtcdVariant[] = [
  ofEtcd('any call may fail', {}),
  ofEtcd('swaps of a machine are carried out late', { late: [0], statesMax: 150_000 }),
  ofEtcd('processes are started again', { restarts: true, statesMax: 150_000 }),
  ofEtcd('directors are killed, and give nothing back for a promise', {
    killed: 1,
    statesMax: 150_000,
  }),
  ofEtcd('a clock loses every second tick, and promises are longer by as much', {
    losesOneIn: 2,
    promise: 2,
    statesMax: 150_000,
  }),
];

/** Found within seconds. */
export const BROKEN_ETCD: readonly EtcdVariant[] = [
  ofEtcd('it writes without comparing', { fault: 'compares-not' }),
  ofEtcd('it loses what it has confirmed', { fault: 'loses' }),
  ofEtcd('promises shorter than the lease', { hold: 2 }),
  ofEtcd('a kernel that closes late, and promises no longer than the lease', { lateness: 1 }),
];

/** Found within a minute. */
export const BROKEN_ETCD_AND_LARGE: readonly EtcdVariant[] = [
  ofEtcd('a director that was killed and gives back what its kernel still has open', { killed: 0 }),
];
