/** One virtual server at work: its real servers, its quorum, and what the kernel should hold for it. */
import { type Endpoint, isNamed } from '../base/endpoint.ts';
import { invariant } from '../base/error.ts';
import { atOnce, STEP, type Steps } from '../base/slices.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { ServerNotice } from '../model/notice.ts';
import type { Serving } from '../model/serving.ts';
import type { Standing, VirtualServerHealth } from '../model/snapshot-health.ts';
import type { RealServer, SorryServer, VirtualServer } from '../model/virtual-server.ts';
import { type Hold, holdOf } from './hold.ts';
import type { Beginning, OrderPort, Presence, WatchPorts } from './ports.ts';
import { nameOfRealServer } from './real-server.ts';
import { Roster } from './roster.ts';
import { available, quorumBounds, quorumMet, servingOf, upWeight } from './virtual-server.ts';
import {
  firstStanding,
  type RealServerBeginning,
  type RealServerOwner,
  WatchedRealServer,
} from './watched-real-server.ts';

export class WatchedVirtualServer implements RealServerOwner {
  readonly name: string;
  readonly ports: WatchPorts;
  private readonly onServing: () => void;
  private server: VirtualServer;
  private reals: readonly WatchedRealServer[] = [];
  private met = false;
  private sinceMs: number;
  private current: Serving = NOTHING;
  /** It has decided for the first time. */
  private begun = false;
  /** Its configuration is in force. */
  private arrived = false;
  private retired = false;
  private coming: Coming | null = null;

  /** A new one. It works as soon as `begin` is through. */
  constructor(
    server: VirtualServer,
    ports: WatchPorts,
    beginning: Pick<Beginning, 'since'>,
    onServing: () => void,
  ) {
    this.name = nameOfVirtualServer(server);
    this.ports = ports;
    this.onServing = onServing;
    this.server = server;
    this.sinceMs = beginning.since.ms;
  }

  /** Makes its real servers, whose checks begin, and decides for the first time. */
  *begin(beginning: Beginning): Steps<void> {
    const { server } = this;
    const presences = beginning.presence?.(server) ?? [];
    const reals: WatchedRealServer[] = [];
    this.reals = reals;
    const beginningOf = beginningsBy(beginning);
    for (const real of server.realServers) {
      const found = beginningOf(presences[reals.length] ?? 'unknown');
      const made = new WatchedRealServer(real, this, found);
      if (reals.push(made) % STEP === 0) yield;
    }
    const [up, holds] = [this.whoIsUp(), this.holds()];
    this.met = firstQuorum(server, { up, holds, presences });
    this.current = servingOf(server, { up, holds, met: this.met });
    this.begun = true;
  }

  /** Its configuration is in force: from now on people are told of it, and first how it stands. */
  *arrive(): Steps<void> {
    for (const [at, real] of this.reals.entries()) {
      real.arrive();
      if (at % STEP === STEP - 1) yield;
    }
    this.arrived = true;
    this.notify(this.met ? 'up' : 'down');
  }

  /** By what operators know it. */
  get identity(): ServerNotice['virtualServer'] {
    const { keys, group } = this.server;
    const [key] = keys;
    invariant(key !== undefined, 'a virtual server has a service');
    return { group, key, name: this.name };
  }

  get configured(): VirtualServer {
    return this.server;
  }

  /** In the order of the configuration. */
  get realServers(): readonly WatchedRealServer[] {
    return this.reals;
  }

  get quorumMet(): boolean {
    return this.met;
  }

  /** Of the real server of this name. */
  standingOf(realServer: string): Standing {
    const isMeant = isNamed(realServer);
    return this.reals.find(({ configured }) => isMeant(configured))?.standing ?? 'down';
  }

  get serving(): Serving {
    return this.current;
  }

  /** Whether any real server that is checked is found alive; null: of none is anything known. */
  areServersUp(): boolean | null {
    let isKnown = false;
    for (const { isFoundUp } of this.reals) {
      if (isFoundUp === true) return true;
      isKnown ||= isFoundUp === false;
    }
    return isKnown ? false : null;
  }

  /**
   * What a configuration that is to come makes of it: real servers with the same address and port are the same, and
   * those that are new are made. Their checks begin; what serves is as before.
   */
  *prepare(server: VirtualServer, time: Omit<Beginning, 'presence'>): Steps<void> {
    this.dropComing();
    // Most stand where they stood, and need no look at their names.
    const old = new Roster(this.reals.filter((real, at) => !isOf(real, server.realServers[at])));
    const coming: Coming = { server, reals: [], fresh: [], changed: [], old };
    this.coming = coming;
    for (const real of server.realServers) {
      const here = this.reals[coming.reals.length];
      const one = here?.configured === real ? here : this.successor(real, coming, time);
      if (coming.reals.push(one) % STEP === 0) yield;
    }
  }

  /** The one that goes on as this real server, or a new one. */
  private successor(
    real: RealServer,
    { reals, fresh, changed, old }: Coming,
    time: Omit<Beginning, 'presence'>,
  ): WatchedRealServer {
    const here = this.reals[reals.length];
    const known = isOf(here, real) ? here : old.claim(nameOfRealServer(real));
    if (known === undefined) {
      const made = new WatchedRealServer(real, this, { ...time, ...NEW });
      fresh.push(made);
      return made;
    }
    known.prepare(real);
    changed.push({ one: known, real });
    return known;
  }

  /** What was prepared does not come. */
  dropComing(): void {
    for (const real of this.coming?.fresh ?? []) real.stop();
    this.coming = null;
  }

  /** Goes on under a new configuration. Gives the real servers that do not, and have to `leave`. */
  adopt(server: VirtualServer, time: Omit<Beginning, 'presence'>): readonly WatchedRealServer[] {
    const before = this.server;
    // The same object: nothing can have changed in it.
    if (server === before) return [];
    if (this.coming?.server !== server) atOnce(this.prepare(server, time));
    const { reals, changed, old, fresh } = this.coming as Coming;
    this.coming = null;
    this.server = server;
    this.reals = reals;
    for (const { one, real } of changed) one.adopt(real, time.at);
    if (this.arrived) for (const real of fresh) real.arrive();
    const gone = old.rest();
    for (const real of gone) real.retire();
    const stayedLost = !this.judge('reload') && !this.met;
    // keepalived tells again when another sorry server takes over.
    if (stayedLost && sorryMoved(before.sorryServer, server.sorryServer)) this.notify('down');
    return gone;
  }

  /** What it would serve just after `adopt`; nothing is changed. */
  servingUnder(server: VirtualServer): Serving {
    if (server === this.server) return this.current;
    const old = new Roster(this.reals);
    const holds: Hold[] = [];
    const up = server.realServers.map((real) => {
      const known = old.claim(nameOfRealServer(real));
      holds.push(known?.hold ?? holdIn(this.ports.orders, this.name, real));
      const standing = known?.standingUnder(real) ?? firstStanding(real, NEW_AT_RELOAD);
      return standing === 'up';
    });
    const met = quorumMet(server, upWeight(server, available(up, holds)), this.met);
    return servingOf(server, { up, holds, met });
  }

  /** What it would serve if one of its real servers were held so by an order; nothing is changed. */
  underOrder(realServer: string, hold: Hold): { readonly met: boolean; readonly serving: Serving } {
    const { server } = this;
    const up = this.whoIsUp();
    const isMeant = isNamed(realServer);
    const holds = this.reals.map((real) => (isMeant(real.configured) ? hold : real.hold));
    const met = quorumMet(server, upWeight(server, available(up, holds)), this.met);
    return { met, serving: servingOf(server, { up, holds, met }) };
  }

  /** The orders of operators have changed for these real servers. */
  *steer(isMeant: (one: Endpoint) => boolean): Steps<void> {
    let isSteered = false;
    let at = 0;
    for (const real of [...this.reals, ...(this.coming?.fresh ?? [])]) {
      if (isMeant(real.configured) && real.steer()) isSteered = true;
      at += 1;
      if (at % GLANCE === 0) yield;
    }
    if (this.begun && isSteered) this.judge('operator');
  }

  onStanding(): void {
    if (!this.begun) return;
    this.judge('real servers');
    this.onServing();
  }

  /** It has left the configuration; `leave` follows. */
  retire(): void {
    this.retired = true;
  }

  get isRetired(): boolean {
    return this.retired;
  }

  /** Watches no longer. What was up is gone by that, and the scripts are told. */
  *leave(): Steps<void> {
    this.dropComing();
    for (const [at, real] of this.reals.entries()) {
      real.leave();
      if (at % STEP === STEP - 1) yield;
    }
    if (this.met) this.notify('down');
  }

  stop(): void {
    this.dropComing();
    for (const real of this.reals) real.stop();
  }

  /** `omega`: the daemon stops, and everything that the kernel holds goes with it. */
  announceStop({ flushes }: { readonly flushes: boolean }): void {
    if (!this.server.omega) return;
    this.reals.forEach((real, at) => {
      if (!flushes && this.current.weights[at] !== null) real.notify('down', 'stop');
    });
    this.notify('down');
  }

  snapshot(): VirtualServerHealth {
    const { keys, group, scheduler, quorum, hysteresis, sorryServer } = this.server;
    return {
      keys,
      group,
      scheduler,
      quorumMet: this.met,
      sinceMs: this.sinceMs,
      quorum,
      hysteresis,
      upWeight: upWeight(this.server, available(this.whoIsUp(), this.holds())),
      sorryServer: sorryServer && {
        address: sorryServer.address,
        port: sorryServer.port,
        forwarding: sorryServer.forwarding,
        tunnel: sorryServer.tunnel,
        inUse: !this.met,
      },
      realServers: this.reals.map((real, at) => real.snapshot(this.current.weights[at] ?? null)),
    };
  }

  private whoIsUp(): boolean[] {
    return this.reals.map(({ standing }) => standing === 'up');
  }

  private holds(): Hold[] {
    return this.reals.map(({ hold }) => hold);
  }

  /** Decides anew on quorum and serving. Whether the quorum has changed. */
  private judge(reason: string): boolean {
    const [up, holds] = [this.whoIsUp(), this.holds()];
    const sum = upWeight(this.server, available(up, holds));
    const was = this.met;
    this.met = quorumMet(this.server, sum, was);
    this.current = servingOf(this.server, { up, holds, met: this.met });
    if (this.met === was) return false;
    this.sinceMs = this.ports.clock.wallTimeMs();
    this.logQuorum(sum, reason);
    this.notify(this.met ? 'up' : 'down');
    return true;
  }

  private logQuorum(sum: number, reason: string): void {
    const [from, to] = this.met ? ['lost', 'met'] : ['met', 'lost'];
    const fields = { virtualServer: this.name, from, to, reason, upWeight: sum };
    this.ports.log.info({ ...fields, ...quorumBounds(this.server) }, 'quorum changed');
  }

  private notify(event: 'up' | 'down'): void {
    if (!this.arrived) return;
    const { quorumUp, quorumDown, mails } = this.server;
    const up = event === 'up';
    this.ports.notify.changed({
      about: 'server',
      virtualServer: this.identity,
      realServer: null,
      up,
      reason: up ? 'quorum gained' : 'quorum lost',
      script: up ? quorumUp : quorumDown,
      mails,
    });
  }
}

/** What it is to consist of under another configuration. */
interface Coming {
  readonly server: VirtualServer;
  /** In its order: those that go on, and new ones. */
  readonly reals: WatchedRealServer[];
  /** The new ones, at work already. */
  readonly fresh: WatchedRealServer[];
  /** Those that go on, perhaps otherwise. */
  readonly changed: { readonly one: WatchedRealServer; readonly real: RealServer }[];
  /** Those that nobody claims do not go on. */
  readonly old: Roster<WatchedRealServer>;
}

/** Real servers that are looked at in one step. */
const GLANCE = 512;

const NOTHING: Serving = { weights: [], sorryWeight: null };

/** Nothing is known of it. */
const NEW = { presence: 'unknown' } as const;
const NEW_AT_RELOAD = { reload: true, ...NEW } as const;

/** What a virtual server that is new at a reload serves before its first check. */
export function firstServing(
  server: VirtualServer,
  presences: readonly Presence[],
  orders: OrderPort,
): Serving {
  const name = nameOfVirtualServer(server);
  const holds = server.realServers.map((real) => holdIn(orders, name, real));
  const up = server.realServers.map((real, at) => {
    const presence = presences[at] ?? 'unknown';
    return firstStanding(real, { reload: true, presence }) === 'up';
  });
  return servingOf(server, { up, holds, met: firstQuorum(server, { up, holds, presences }) });
}

function holdIn(orders: OrderPort, virtualServer: string, real: RealServer): Hold {
  return orders.isEmpty ? 'free' : holdOf(orders.orderOf(virtualServer, nameOfRealServer(real)));
}

interface FirstQuorumInput {
  readonly up: readonly boolean[];
  readonly holds: readonly Hold[];
  readonly presences: readonly Presence[];
}

function firstQuorum(server: VirtualServer, { up, holds, presences }: FirstQuorumInput): boolean {
  const before = presences.filter((_, at) => holds[at] === 'free');
  const sum = upWeight(server, available(up, holds));
  return quorumMet(server, sum, servedBefore(server, before) || null);
}

/**
 * Whether an earlier life of this process had its quorum: beside a sorry server, real servers are in
 * service only then. Without this, a restart between the two bounds would call the sorry server.
 */
function servedBefore(server: VirtualServer, presences: readonly Presence[]): boolean {
  return server.sorryServer !== null && presences.includes('serves');
}

/** Whether there is a sorry server, and it is another one than before. */
function sorryMoved(before: SorryServer | null, after: SorryServer | null): boolean {
  if (after === null) return false;
  return before?.address !== after.address || before.port !== after.port;
}

/** Whether it is the one that a configuration means. */
function isOf(real: WatchedRealServer | undefined, server: RealServer | undefined): boolean {
  if (real === undefined || server === undefined) return false;
  const { configured } = real;
  return (
    configured === server ||
    (configured.address === server.address && configured.port === server.port)
  );
}

/** How a real server begins: one object for all that were found alike. */
function beginningsBy(
  time: Omit<Beginning, 'presence'>,
): (presence: Presence) => RealServerBeginning {
  const made = new Map<Presence, RealServerBeginning>();
  return (presence) => {
    const one = made.get(presence) ?? { ...time, presence };
    made.set(presence, one);
    return one;
  };
}
