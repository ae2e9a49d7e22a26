/**
 * Watches all virtual servers: runs their checkers, decides who is up, whether the quorum is met and
 * what the kernel should hold, and has the operator's scripts told. The decisions are pure and stand
 * in pacing.ts, real-server.ts and virtual-server.ts; here is what has a lifetime.
 */
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type Clock, type Millis, nextTurn } from '../base/time.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { HealthSnapshot } from '../model/snapshot-health.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Ask } from './ask.ts';
import type { Dial } from './checker.ts';
import type {
  Beginning,
  NotifyPort,
  OrderPort,
  Presence,
  PresenceOf,
  WatchPorts,
} from './ports.ts';
import { presenceBefore } from './presence-before.ts';
import { Roster } from './roster.ts';
import { Rounds } from './rounds.ts';
import type { SessionPort } from './sessions.ts';
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

/** A virtual server of a new configuration, and the one at work that goes on under it. */
interface Successor {
  readonly server: VirtualServer;
  readonly known: WatchedVirtualServer | null;
  /** What is known of the real servers of one that is new. */
  readonly presences: () => readonly Presence[];
}

/** So long new virtual servers are made before others have their turn. */
const PIECE_MS: Millis = 5;

export class HealthMonitor {
  private readonly ports: HealthPorts;
  private readonly watchPorts: WatchPorts;
  private readonly rounds: Rounds;
  private watched: readonly WatchedVirtualServer[] = [];
  /** Made before the configuration that they are of comes into force, and at work already. */
  private readonly prepared = new Map<VirtualServer, WatchedVirtualServer>();
  private configured = false;
  private telling = false;
  private closed = false;

  constructor(ports: HealthPorts) {
    this.ports = ports;
    this.rounds = new Rounds(ports.clock);
    this.watchPorts = { ...ports, rounds: this.rounds };
  }

  /**
   * Makes what is new in a configuration that is about to come into force, piece by piece, so that nobody waits for
   * a hundred thousand real servers. Their checks begin; what serves is as before. `made` is told of each.
   */
  async prepare(
    servers: readonly VirtualServer[],
    made: (server: VirtualServer, serving: Serving) => void,
  ): Promise<void> {
    const beginning = this.beginning();
    let until = this.ports.clock.now() + PIECE_MS;
    for (const successor of this.succession(servers, presenceBefore(this.watched))) {
      if (successor.known !== null) continue;
      const { server } = successor;
      const watched = this.watch(successor, beginning);
      this.prepared.set(server, watched);
      made(server, watched.serving);
      if (this.ports.clock.now() < until) continue;
      await nextTurn();
      if (this.closed) return;
      until = this.ports.clock.now() + PIECE_MS;
    }
  }

  /**
   * The first time begins the checks; later it is a reload, and what is found of the same stays.
   * `presence` tells what an earlier life of this process has left in the kernel; a reload knows by itself.
   */
  configure(servers: readonly VirtualServer[], presence?: PresenceOf): void {
    const beginning = this.beginning();
    // All that is to be learnt from the old ones is learnt before one of them is changed.
    const next = this.succession(servers, presence ?? presenceBefore(this.watched)).map((one) => {
      if (one.known !== null || this.prepared.has(one.server)) return one;
      const presences = one.presences();
      return { ...one, presences: () => presences };
    });
    const moved = new Set(next.map(({ known }) => known).filter((one, at) => !this.isAt(at, one)));
    const gone = this.watched.filter((one, at) => next[at]?.known !== one && !moved.has(one));
    this.configured = true;
    this.watched = next.map((one) => this.watch(one, beginning));
    for (const one of gone) one.stop(true);
    this.dropPrepared();
    this.tell();
  }

  private beginning(): Omit<Beginning, 'presence'> {
    const { clock } = this.ports;
    return { at: clock.now(), sinceMs: clock.wallTimeMs(), reload: this.configured };
  }

  /** Of a configuration that has not come into force. */
  private dropPrepared(): void {
    for (const one of this.prepared.values()) one.stop(false);
    this.prepared.clear();
  }

  /** What should serve now, one entry a virtual server in the order of the configuration. */
  servings(): readonly Serving[] {
    return this.watched.map(({ serving }) => serving);
  }

  /** What would serve just after `configure` with these, as a reload; nothing is changed. */
  servingsUnder(servers: readonly VirtualServer[]): readonly Serving[] {
    const next = this.succession(servers, presenceBefore(this.watched));
    return next.map(
      ({ server, known, presences }) =>
        known?.servingUnder(server) ?? firstServing(server, presences(), this.ports.orders),
    );
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
    for (const one of this.watched) one.steer();
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
    for (const server of this.watched) server.stop(false);
    this.dropPrepared();
    this.rounds.close();
  }

  private watch(
    { server, known, presences }: Successor,
    time: Omit<Beginning, 'presence'>,
  ): WatchedVirtualServer {
    if (known !== null) {
      known.adopt(server, time);
      return known;
    }
    const prepared = this.prepared.get(server);
    if (prepared !== undefined) {
      this.prepared.delete(server);
      // An operator may have ordered something of it meanwhile.
      prepared.steer();
      return prepared;
    }
    const beginning = { ...time, presence: presences };
    return new WatchedVirtualServer(server, this.watchPorts, beginning, () => this.tell());
  }

  private succession(
    servers: readonly VirtualServer[],
    presence: PresenceOf,
  ): readonly Successor[] {
    // Most are the same objects at the same places: of ten thousand, one or none is not.
    const stays = (at: number): boolean => {
      const known = this.watched[at];
      return known !== undefined && known.configured === servers[at];
    };
    const others = this.watched.filter((_, at) => !stays(at));
    const unchanged = new Map(others.map((one) => [one.configured, one]));
    const wanted = new Set(servers.filter((_, at) => !stays(at)));
    const old = new Roster(others.filter(({ configured }) => !wanted.has(configured)));
    return servers.map((server, at) => {
      const known = stays(at)
        ? (this.watched[at] ?? null)
        : (unchanged.get(server) ?? old.claim(nameOfVirtualServer(server)) ?? null);
      return { server, known, presences: () => presence(server) };
    });
  }

  private isAt(at: number, one: WatchedVirtualServer | null): boolean {
    return one === null || this.watched[at] === one;
  }

  private tell(): void {
    if (this.telling) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      if (!this.closed) this.ports.onServings(this.servings());
    });
  }
}
