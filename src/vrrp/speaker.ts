/**
 * Runs the instances: one timer, packets in, effects out over ports. What to do is decided by
 * instance.ts, priority.ts, admit.ts and sync-group.ts; here is what has a lifetime.
 */
import type { Cancel, Instant, Millis } from '../base/time.ts';
import type { VrrpPlan } from '../model/plan.ts';
import type { Script } from '../model/script.ts';
import type { VrrpSnapshot } from '../model/snapshot-vrrp.ts';
import type { SyncGroup, VrrpConfig, VrrpInstance, VrrpScript } from '../model/vrrp.ts';
import { firstState, TrackedScript } from '../track/script.ts';
import type { ReceivedPacket } from './admit.ts';
import { Ears } from './ears.ts';
import { planVrrp, type Succession } from './forecast.ts';
import type { Event } from './instance.ts';
import { STATE_WORD, type VrrpPorts } from './ports.ts';
import { effectivePriority, type Tracked } from './priority.ts';
import type { SpentStamps } from './replay.ts';
import { type GroupRecord, groupFault, groupState, pulled } from './sync-group.ts';
import { VirtualRouter } from './virtual-router.ts';

/** An instance that could not open its socket tries again after this time. */
const DEAF_RETRY_MS: Millis = 1_000;

export class VrrpSpeaker {
  private readonly ports: VrrpPorts;
  private readonly ears: Ears;
  private routers: readonly VirtualRouter[] = [];
  private groups: GroupRecord[] = [];
  private scripts: readonly TrackedScript[] = [];
  private startAt: Instant | null = null;
  private cancel: Cancel = () => {};
  private retryAt: Instant = Infinity;
  private stopped = false;

  constructor(ports: VrrpPorts) {
    this.ports = ports;
    this.ears = new Ears(ports);
  }

  /** The first time begins the protocol; later it is a reload, and routers that stay keep their state. */
  configure(config: VrrpConfig): void {
    const { clock } = this.ports;
    this.startAt ??= clock.now() + config.startupDelayMs;
    this.scripts = this.adoptScripts(config);
    const { next, gone } = this.succession(config);
    this.routers = next.map(({ instance, known }) => {
      known?.adopt(instance);
      return known ?? new VirtualRouter(instance, this.ports, this.ears);
    });
    for (const router of gone) void router.stop(false, 'removed');
    this.groups = config.syncGroups.map((group) => this.adoptGroup(group));
    this.settle();
  }

  /** What `configure` would do at once, as a reload; nothing is changed. */
  plan(config: VrrpConfig): VrrpPlan {
    const { next, gone } = this.succession(config);
    const before = (router: VirtualRouter): NonNullable<Succession['before']> => ({
      instance: router.instance,
      state: router.state.is,
      priority: router.effectivePriority,
    });
    return planVrrp([
      ...next.map(({ instance, known }) => ({
        before: known === undefined ? null : before(known),
        after: { instance, priority: this.priorityUnder(config, instance) },
      })),
      ...gone.map((router) => ({ before: before(router), after: null })),
    ]);
  }

  /** Which routers go on under a configuration, and which do not. */
  private succession({ instances }: VrrpConfig): {
    readonly next: readonly {
      readonly instance: VrrpInstance;
      readonly known: VirtualRouter | undefined;
    }[];
    readonly gone: readonly VirtualRouter[];
  } {
    const gone = [...this.routers];
    const next = instances.map((instance) => {
      const kept = gone.findIndex((router) => router.isFor(instance));
      const [known] = kept < 0 ? [] : gone.splice(kept, 1);
      return { instance, known };
    });
    return { next, gone };
  }

  private priorityUnder(config: VrrpConfig, instance: VrrpInstance): number {
    const group = config.syncGroups.find(({ members }) => members.includes(instance.name));
    const scriptUp = (name: string): boolean | null => {
      const script = config.scripts.find((one) => one.name === name);
      if (script === undefined) return null;
      return (this.sameScript(this.scripts, script)?.state ?? firstState(script)).up;
    };
    const tracked = this.trackedBy(instance, group, scriptUp);
    return effectivePriority(instance.priority, tracked);
  }

  /** Links or their addresses have changed. */
  linksChanged(): void {
    this.settle();
  }

  /** BFD sessions have come up or gone down. */
  sessionsChanged(): void {
    this.settle();
  }

  /** Somebody removed an address: if we hold it, it is put back, and nobody's role changes. */
  addressGone(address: string): void {
    for (const router of this.routers) router.putBack(address);
  }

  /** Addresses may have been removed, nobody knows which. */
  holdAgain(): void {
    for (const router of this.routers) router.holdAgain();
  }

  /** Somebody else says on the link that an address is his. */
  addressClaimed(address: string, mac: string): void {
    for (const router of this.routers) router.claimed(address, mac);
  }

  /** What an earlier life has signed and believed; before the first configuration. */
  remember(spent: SpentStamps): void {
    this.ears.spentBefore = spent;
  }

  /** What of signed advertisements must not be forgotten. */
  spent(): SpentStamps {
    const entries = this.routers.flatMap((router) =>
      router.spent === null ? [] : [[router.name, router.spent] as const],
    );
    return new Map(entries);
  }

  snapshot(): VrrpSnapshot {
    return {
      instances: this.routers.map((router) =>
        router.snapshot(this.trackedOf(router), this.groupOf(router)?.group.name ?? null),
      ),
      groups: this.groups.map(({ group, state, sinceMs }) => ({
        name: group.name,
        state,
        sinceMs,
        members: group.members,
      })),
      scripts: this.scripts.map(({ config, state, sinceMs, lastResult }) => ({
        name: config.name,
        up: state.up,
        sinceMs,
        lastResult,
      })),
      foreign: this.ears.foreign(),
    };
  }

  /** Leaves in good order. `keep`: the addresses stay and nothing is sent. */
  async stop({ keep }: { readonly keep: boolean }): Promise<void> {
    this.stopped = true;
    this.cancel();
    for (const script of this.scripts) script.close();
    await Promise.all(this.routers.map((router) => router.stop(keep)));
    for (const { group } of this.groups) {
      const transition = { kind: 'GROUP', name: group.name, state: 'STOP', priority: 0 } as const;
      this.ports.notify.changed(transition, group.notify);
    }
  }

  private adoptScripts(config: VrrpConfig): readonly TrackedScript[] {
    const old = this.scripts;
    const ports = {
      clock: this.ports.clock,
      run: (script: Script, timeoutMs: Millis) => this.ports.runScript(script, timeoutMs),
    };
    for (const script of old) script.close();
    return config.scripts.map((script) => {
      return new TrackedScript(script, ports, () => this.settle(), this.sameScript(old, script));
    });
  }

  /** The one of an earlier configuration whose result goes on. */
  private sameScript(
    old: readonly TrackedScript[],
    { script }: VrrpScript,
  ): TrackedScript | undefined {
    return old.find(({ config }) => config.script.argv.join('\0') === script.argv.join('\0'));
  }

  private adoptGroup(group: SyncGroup): GroupRecord {
    const known = this.groups.find((record) => record.group.name === group.name);
    if (known !== undefined) return { ...known, group };
    return { group, state: 'init', sinceMs: this.ports.clock.wallTimeMs() };
  }

  private groupOf(router: VirtualRouter): GroupRecord | undefined {
    return this.groups.find(({ group }) => group.members.includes(router.name));
  }

  private members({ group }: GroupRecord): readonly VirtualRouter[] {
    return this.routers.filter((router) => group.members.includes(router.name));
  }

  /** Gives an event to one router and lets its group follow, in one turn. */
  private give(router: VirtualRouter, event: Event): void {
    const from = router.state.is;
    router.take(event);
    const group = this.groupOf(router);
    if (group === undefined || router.state.is === from) return;
    const follow = pulled(from, router.state.is);
    if (follow === null) return;
    for (const member of this.members(group)) if (member !== router) member.take(follow);
  }

  /** Compares what each router needs with what there is; then time goes on. */
  private settle(): void {
    if (this.stopped) return;
    for (const router of this.routers) {
      router.look(this.trackedOf(router));
      router.listen((packet) => this.onPacket(router, packet));
    }
    const isDeaf = this.routers.some((router) => router.isDeaf());
    this.retryAt = isDeaf ? this.ports.clock.now() + DEAF_RETRY_MS : Infinity;
    for (const router of this.routers) {
      const fault = this.faultOf(router);
      if (fault !== null) this.give(router, { type: 'fault', reason: fault });
      else if (this.mayStart(router)) this.give(router, { type: 'start' });
    }
    this.onTime();
  }

  private mayStart(router: VirtualRouter): boolean {
    const begun = this.startAt !== null && this.ports.clock.now() >= this.startAt;
    return begun && !router.isUndecided(this.trackedOf(router));
  }

  /** Its own fault, or that of a member of its group. */
  private faultOf(router: VirtualRouter): string | null {
    const own = router.faultOf(this.trackedOf(router));
    const group = this.groupOf(router);
    if (own !== null || group === undefined) return own;
    return groupFault(
      this.members(group).map((member) => ({
        name: member.name,
        fault: member.faultOf(this.trackedOf(member)),
      })),
    );
  }

  /** Its own trackers and those of its group; weights of members count only if the group says so. */
  private trackedOf(router: VirtualRouter): readonly Tracked[] {
    const group = this.groupOf(router)?.group;
    return this.trackedBy(router.instance, group, (name) => this.scriptUp(name));
  }

  private trackedBy(
    { trackInterfaces, trackScripts, trackBfds }: VrrpInstance,
    group: SyncGroup | undefined,
    scriptUp: (name: string) => boolean | null,
  ): readonly Tracked[] {
    const keepWeight = group === undefined || group.trackWeights;
    const own = [
      ...trackInterfaces.map((track) => ({ kind: 'interface' as const, track })),
      ...trackScripts.map((track) => ({ kind: 'script' as const, track })),
      ...trackBfds.map((track) => ({ kind: 'bfd' as const, track })),
    ].filter(({ kind, track }) => keepWeight || kind === 'interface' || track.weightDelta === 0);
    const shared = [
      ...(group?.trackInterfaces ?? []).map((track) => ({ kind: 'interface' as const, track })),
      ...(group?.trackScripts ?? []).map((track) => ({ kind: 'script' as const, track })),
      ...(group?.trackBfds ?? []).map((track) => ({ kind: 'bfd' as const, track })),
    ];
    const upOf = {
      interface: (name: string) => this.linkUp(name),
      script: scriptUp,
      // keepalived: a session that nobody has heard of yet is down.
      bfd: (name: string) => this.ports.bfdUp(name) ?? false,
    };
    return [...own, ...shared].map(({ kind, track }) => ({
      kind,
      track,
      up: upOf[kind](track.name),
    }));
  }

  private linkUp(name: string): boolean {
    return this.ports.links.find(name, 'ipv4')?.running ?? false;
  }

  private scriptUp(name: string): boolean | null {
    return this.scripts.find(({ config }) => config.name === name)?.state.up ?? null;
  }

  /** Whether the packet was taken. */
  private onPacket(router: VirtualRouter, packet: ReceivedPacket): boolean {
    if (this.stopped) return false;
    const heard = router.hear(packet);
    if (heard === null) return false;
    this.give(router, { type: 'heard', advert: heard });
    this.onTime();
    return true;
  }

  /** Wakes what is due, tells of groups, and arms the one timer for what is next. */
  private onTime(): void {
    if (this.stopped) return;
    const { clock } = this.ports;
    if (clock.now() >= this.retryAt) {
      this.settle();
      return;
    }
    const waiting = this.startAt !== null && clock.now() < this.startAt;
    for (const router of this.routers) {
      if (router.deadline() <= clock.now()) this.give(router, { type: 'time' });
    }
    this.groups = this.groups.map((record) => this.tellGroup(record));
    this.cancel();
    const next = Math.min(
      waiting ? (this.startAt as Instant) : Infinity,
      this.retryAt,
      ...this.routers.map((router) => router.deadline()),
    );
    if (next === Infinity) return;
    this.cancel = clock.wakeAt(next, () => (waiting ? this.settle() : this.onTime()));
  }

  private tellGroup(record: GroupRecord): GroupRecord {
    const { group, state: from } = record;
    const to = groupState(this.members(record).map((member) => member.state.is));
    if (to === from) return record;
    const { clock, log, notify } = this.ports;
    log.info({ group: group.name, from, to, reason: 'members' }, 'state changed');
    if (to !== 'init') {
      const state = STATE_WORD[to];
      notify.changed({ kind: 'GROUP', name: group.name, state, priority: 0 }, group.notify);
    }
    return { group, state: to, sinceMs: clock.wallTimeMs() };
  }
}
