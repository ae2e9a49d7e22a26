/**
 * Watches all virtual servers: runs their checkers, decides who is up, whether the quorum is met and
 * what the kernel should hold, and has the operator's scripts told. The decisions are pure and stand
 * in pacing.ts, real-server.ts and virtual-server.ts; here is what has a lifetime.
 */
import { isNamed } from '../base/endpoint.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { atOnce, inSlicesWhile, type Steps } from '../base/slices.ts';
import type { Clock } from '../base/time.ts';
import { Trouble, type TroubleWords } from '../base/trouble.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { HealthSnapshot } from '../model/snapshot-health.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Ask } from './ask.ts';
import type { Dial } from './checker.ts';
import type { Beginning, NotifyPort, OrderPort, PresenceOf, WatchPorts } from './ports.ts';
import { presenceBefore } from './presence-before.ts';
import { Roster } from './roster.ts';
import { Rounds } from './rounds.ts';
import type { SessionPort } from './sessions.ts';
import type { WatchedRealServer } from './watched-real-server.ts';
import { firstServing, WatchedVirtualServer } from './watched-virtual-server.ts';

export interface HealthPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dial: Dial;
  /** How checkers ask; absent: over the network. */
  readonly ask?: Ask;
  readonly notify: NotifyPort;
  readonly orders: OrderPort;
  readonly sessions: SessionPort;
  /**
   * What should serve has changed, or has been configured anew: one entry a virtual server, in the
   * order of the configuration. Changes of one turn come together.
   */
  readonly onServings: (servings: readonly Serving[]) => void;
}

/** A configuration that is about to come into force. */
interface Coming {
  readonly servers: readonly VirtualServer[];
  /** In its order: those at work that go on, and new ones. */
  readonly next: WatchedVirtualServer[];
  /** Those that go on with something changed. */
  readonly changed: { readonly one: WatchedVirtualServer; readonly server: VirtualServer }[];
  /** The new ones, at work already. */
  readonly fresh: Set<WatchedVirtualServer>;
  /** Those at work that do not go on. */
  readonly gone: WatchedVirtualServer[];
}

/** Those that are looked at in one step, if nothing is to be made. */
const GLANCE = 1_000;
/** The same, if a look at some of their real servers is part of it. */
const GLANCE_AT_REALS = 16;

const isAny = (): boolean => true;

const UNMADE: TroubleWords = {
  level: 'error',
  message: 'check could not be made',
  over: null,
  newsMax: 1,
};

export class HealthMonitor {
  private readonly ports: HealthPorts;
  private readonly watchPorts: WatchPorts;
  private readonly rounds: Rounds;
  private watched: readonly WatchedVirtualServer[] = [];
  private coming: Coming | null = null;
  /** What has left the configuration, and is still to be stopped. */
  private readonly leaving = new Set<WatchedVirtualServer | WatchedRealServer>();
  /** Those that are new: told of when all that leaves has been, so that a script that withdraws comes first. */
  private arriving = new Set<WatchedVirtualServer>();
  private changingOver = false;
  private configured = false;
  private telling = false;
  private closed = false;

  constructor(ports: HealthPorts) {
    this.ports = ports;
    this.rounds = new Rounds(ports.clock);
    const unmade = new Trouble(ports, UNMADE);
    this.watchPorts = { ...ports, rounds: this.rounds, unmade };
  }

  /**
   * Makes what is new in a configuration that is about to come into force, in slices, so that nobody waits for a hundred
   * thousand real servers. Their checks begin; what serves is as before. `presence` as for `configure`.
   */
  async prepare(servers: readonly VirtualServer[], presence?: PresenceOf): Promise<void> {
    const steps = this.preparing(servers, presence);
    await inSlicesWhile(() => !this.closed, steps, this.ports.clock);
  }

  /**
   * The first time begins the checks; later it is a reload, and what is found of the same stays.
   * `presence` tells what an earlier life of this process has left in the kernel; a reload knows by itself.
   * With what was prepared it is short.
   */
  configure(servers: readonly VirtualServer[], presence?: PresenceOf): void {
    if (!this.isPrepared(servers)) atOnce(this.preparing(servers, presence));
    const { next, changed, fresh, gone } = this.coming as Coming;
    this.coming = null;
    const beginning = this.beginning();
    this.configured = true;
    this.watched = next;
    for (const { one, server } of changed) {
      for (const real of one.adopt(server, beginning)) this.leaving.add(real);
    }
    for (const one of gone) {
      one.retire();
      this.leaving.add(one);
      this.arriving.delete(one);
    }
    if (this.arriving.size === 0) this.arriving = fresh;
    else for (const one of fresh) this.arriving.add(one);
    this.tell();
    void this.changeOver();
  }

  private async changeOver(): Promise<void> {
    if (this.changingOver) return;
    this.changingOver = true;
    await inSlicesWhile(() => !this.closed, this.changingAllOver(), this.ports.clock);
    this.changingOver = false;
  }

  private *changingAllOver(): Steps<void> {
    for (;;) {
      // Those that are added meanwhile have their turn, too.
      for (const one of this.leaving) {
        if (one instanceof WatchedVirtualServer) yield* one.leave();
        else one.leave();
        this.leaving.delete(one);
        yield;
      }
      if (this.arriving.size === 0) return;
      for (const one of this.arriving) {
        this.arriving.delete(one);
        yield* one.arrive();
        yield;
        if (this.leaving.size > 0) break;
      }
    }
  }

  /** All that is to be learnt from the old ones is learnt here, before one of them is changed. */
  private *preparing(servers: readonly VirtualServer[], presence?: PresenceOf): Steps<void> {
    this.dropComing();
    const coming: Coming = { servers, next: [], changed: [], fresh: new Set(), gone: [] };
    this.coming = coming;
    const beginning = this.beginning();
    const ofNew = { ...beginning, presence: presence ?? presenceBefore(this.watched) };
    const predecessorOf = this.predecessors(servers);
    for (const [at, server] of servers.entries()) {
      const known = predecessorOf(server, at);
      if (known === null) {
        const made = new WatchedVirtualServer(server, this.watchPorts, ofNew, () => this.tell());
        coming.fresh.add(made);
        coming.next.push(made);
        yield* made.begin(ofNew);
      } else {
        coming.next.push(known);
        if (known.configured !== server) {
          coming.changed.push({ one: known, server });
          yield* known.prepare(server, beginning);
        } else if (at % GLANCE !== 0) continue;
      }
      yield;
    }
    yield* this.findingGone(coming);
  }

  /** Most stand where they stood: only the others are looked for. */
  private *findingGone({ next, gone }: Coming): Steps<void> {
    const { watched } = this;
    const moved = new Set(next.filter((one, at) => watched[at] !== one));
    yield;
    for (const [at, one] of watched.entries()) {
      if (next[at] !== one && !moved.has(one)) gone.push(one);
      if (at % GLANCE === 0) yield;
    }
  }

  private isPrepared(servers: readonly VirtualServer[]): boolean {
    const prepared = this.coming?.servers;
    return prepared?.length === servers.length && servers.every((one, at) => one === prepared[at]);
  }

  private beginning(): Omit<Beginning, 'presence'> {
    const { clock } = this.ports;
    const since = { ms: clock.wallTimeMs(), reason: 'start' };
    return { at: clock.now(), since, reload: this.configured };
  }

  /** Of a configuration that has not come into force. */
  private dropComing(): void {
    for (const one of this.coming?.next ?? []) one.dropComing();
    for (const one of this.coming?.fresh ?? []) one.stop();
    this.coming = null;
  }

  /** What should serve now, one entry a virtual server in the order of the configuration. */
  servings(): readonly Serving[] {
    return this.watched.map(({ serving }) => serving);
  }

  /** What would serve just after `configure` with these, as a reload; nothing is changed. */
  *servingsUnder(servers: readonly VirtualServer[]): Steps<readonly Serving[]> {
    const presence = presenceBefore(this.watched);
    const predecessorOf = this.predecessors(servers);
    const servings: Serving[] = [];
    for (const [at, server] of servers.entries()) {
      servings.push(
        predecessorOf(server, at)?.servingUnder(server) ??
          firstServing(server, presence(server), this.ports.orders),
      );
      yield;
    }
    return servings;
  }

  /** Whether any real server that is checked is found alive; null: of none is anything known. */
  areServersUp(): boolean | null {
    let isChecked = false;
    for (const server of this.watched) {
      const are = server.areServersUp();
      if (are === true) return true;
      isChecked ||= are === false;
    }
    return isChecked ? false : null;
  }

  /** The orders of operators have changed. */
  steer(): void {
    atOnce(this.steering(null));
  }

  /**
   * The same, for a real server of this name or, null, for any. What is made meanwhile knows by itself what is ordered.
   */
  *steering(realServer: string | null): Steps<void> {
    const isMeant = realServer === null ? isAny : isNamed(realServer);
    let at = 0;
    for (const one of [...this.watched, ...(this.coming?.fresh ?? [])]) {
      yield* one.steer(isMeant);
      at += 1;
      if (at % GLANCE_AT_REALS === 0) yield;
    }
    this.tell();
  }

  /** Those of these virtual servers that are watched. */
  watchedOf(servers: readonly VirtualServer[]): readonly WatchedVirtualServer[] {
    const wanted = new Set(servers);
    return this.watched.filter(({ configured }) => wanted.has(configured));
  }

  snapshot(): Omit<HealthSnapshot, 'arpFaults'> {
    return {
      virtualServers: this.watched.map((server) => server.snapshot()),
      checksRunning: this.rounds.running,
      checksWaiting: this.rounds.waiting,
    };
  }

  /**
   * Runs the scripts of virtual servers with `omega`, before their entries leave the kernel. When these are
   * flushed, nothing is told of the real servers one by one, as with keepalived.
   */
  announceStop(how: { readonly flushes: boolean }): void {
    for (const server of this.watched) server.announceStop(how);
  }

  /** Ends all checks; nothing is told any more. */
  close(): void {
    this.closed = true;
    for (const server of this.watched) server.stop();
    for (const one of this.leaving) one.stop();
    this.dropComing();
    this.rounds.close();
  }

  /** Which one at work goes on as a virtual server of a new configuration; null: none does. */
  private predecessors(
    servers: readonly VirtualServer[],
  ): (server: VirtualServer, at: number) => WatchedVirtualServer | null {
    const { watched } = this;
    // Most are the same objects at the same places: of ten thousand, one or none is not.
    const stays = (at: number): boolean => watched[at]?.configured === servers[at];
    const others = watched.filter((_, at) => !stays(at));
    const unchanged = new Map(others.map((one) => [one.configured, one]));
    const wanted = new Set(servers.filter((_, at) => !stays(at)));
    const old = new Roster(others.filter(({ configured }) => !wanted.has(configured)));
    return (server, at) => {
      const here = watched[at];
      if (here !== undefined && here.configured === server) return here;
      return unchanged.get(server) ?? old.claim(nameOfVirtualServer(server)) ?? null;
    };
  }

  private tell(): void {
    // At the start nothing is to serve before all of it is known.
    if (this.telling || !this.configured) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      if (!this.closed) this.ports.onServings(this.servings());
    });
  }
}
