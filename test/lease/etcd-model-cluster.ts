/** etcd itself in the search of etcd-model.ts: leases that end, one key, and writes that compare first. */
import type { EtcdCall, EtcdReply } from '../../src/lease/etcd-job.ts';
import type { EtcdSwap } from '../../src/wire/etcd.ts';
import { type State, superseded } from './etcd-model-state.ts';
import type { Node } from './two.ts';

/** What etcd does that it must not: write without comparing, or lose what it has confirmed. Null: it does neither. */
export type EtcdFault = 'compares-not' | 'loses' | null;

export interface CarriedOut {
  readonly state: State;
  readonly reply: EtcdReply;
}

/** Null: etcd refuses it. */
export function carryOut(state: State, call: EtcdCall, fault: EtcdFault): CarriedOut | null {
  const { leases, key } = state;
  switch (call.call) {
    case 'grant': {
      const lease = freeName(leases);
      const given = { ...state, leases: { ...leases, [lease]: call.seconds } };
      return { state: given, reply: { call: 'grant', lease, seconds: call.seconds } };
    }
    case 'seconds-left':
      return { state, reply: { call: 'seconds-left', seconds: leases[call.lease] ?? 0 } };
    case 'swap': {
      const { compare, write } = call.swap;
      const revision = key?.revision ?? '0';
      const isSame =
        fault === 'compares-not'
          ? write.length > 0
          : compare.every((one) => one.revision === revision);
      const found = key === null ? [] : [key];
      const [entry] = write;
      if (!isSame || entry === undefined) {
        const swapped = { isDone: false, revision: 'R0', found };
        return { state, reply: { call: 'swap', swapped } };
      }
      if ((leases[entry.lease] ?? 0) === 0) return null;
      const swapped = { isDone: true, revision: 'R9', found: [] };
      const next = superseded(state);
      return {
        state: { ...next, key: { ...entry, revision: 'R9' } },
        reply: { call: 'swap', swapped },
      };
    }
  }
}

/** A late swap; null: there is none, or it never will be carried out. */
export function possibleSwap(
  { late, key, leases }: State,
  node: Node,
  fault: EtcdFault,
): EtcdSwap | null {
  const swap = late[node];
  const [write] = swap?.write ?? [];
  const [compare] = swap?.compare ?? [];
  if (swap === null || write === undefined || compare === undefined) return null;
  const isAlive = (leases[write.lease] ?? 0) > 0;
  const isStale = compare.revision !== '0' && compare.revision !== key?.revision;
  return isAlive && (!isStale || fault === 'compares-not') ? swap : null;
}

/** A lease whose time is over takes the key with it. */
export function tickOfEtcd(state: State): State {
  const left = Object.entries(state.leases).flatMap(([name, ticks]) =>
    ticks > 1 ? [[name, ticks - 1] as const] : [],
  );
  const leases = Object.fromEntries(left);
  const isOver = state.key !== null && !((state.key.lease ?? '') in leases);
  return { ...state, leases, key: isOver ? null : state.key };
}

function freeName(leases: Readonly<Record<string, number>>): string {
  let number = 0;
  while (`L${number}` in leases) number += 1;
  // Beside those that are over and still spoken of.
  return `L${number + 100}`;
}
