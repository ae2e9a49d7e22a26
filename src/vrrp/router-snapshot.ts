/** What an operator is shown of an instance at work. Pure. */
import type { InstanceSnapshot } from '../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { lifetimeSeconds } from './holding/gate.ts';
import { describeLinks, describePath } from './holding/held.ts';
import type { Heard, State } from './machine/state.ts';

export interface Shown
  extends Pick<
    InstanceSnapshot,
    'gate' | 'counters' | 'advertPaths' | 'alarms' | 'trackers' | 'group'
  > {
  readonly router: {
    readonly instance: VrrpInstance;
    readonly state: State;
    readonly effectivePriority: number;
    readonly gaveUpAtMs: number | null;
  };
  /** Its own, on its link; null: it has none. */
  readonly address: string | null;
  /** Who was heard last. */
  readonly master: Heard | null;
  readonly chronicle: Pick<InstanceSnapshot, 'sinceMs' | 'reason'>;
  /** Whether there is a gate in this kernel. */
  readonly hasGate: boolean;
}

export function routerSnapshot(shown: Shown): InstanceSnapshot {
  const { address, master, chronicle, hasGate } = shown;
  const { instance, state, effectivePriority, gaveUpAtMs } = shown.router;
  const isMaster = state.is === 'master';
  return {
    name: instance.name,
    interface: instance.interface,
    vrid: instance.vrid,
    family: instance.family,
    version: instance.version,
    group: shown.group,
    state: state.is,
    sinceMs: chronicle.sinceMs,
    reason: chronicle.reason,
    priority: instance.priority,
    effectivePriority,
    advertIntervalMs: instance.advertIntervalMs,
    masterAddress: isMaster ? address : (master?.source ?? null),
    masterPriority: isMaster ? effectivePriority : (master?.priority ?? null),
    addresses: [...instance.addresses, ...instance.excludedAddresses].map(
      (one) => `${one.address}/${one.prefixLength} dev ${one.interface}`,
    ),
    paths: [...instance.routes, ...instance.rules].map(describePath),
    gate: shown.gate,
    lifetimeSeconds: lifetimeSeconds(instance, hasGate),
    virtualLinks: describeLinks(instance.links),
    counters: shown.counters,
    advertPaths: shown.advertPaths,
    trackers: shown.trackers,
    gaveUpAtMs,
    alarms: shown.alarms,
  };
}
