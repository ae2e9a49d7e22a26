/**
 * One real server at work: its checkers, its standing and the scripts that tell of it. What it weighs
 * depends on the quorum too, and is its virtual server's to say.
 */
import type { LogFields } from '../base/log.ts';
import type { Instant, Millis } from '../base/time.ts';
import type { Check } from '../model/checker.ts';
import type { Order } from '../model/drain.ts';
import type { ServerNotice } from '../model/notice.ts';
import type { RealServerHealth, Standing } from '../model/snapshot-health.ts';
import type { RealServer } from '../model/virtual-server.ts';
import { type Hold, holdOf } from './hold.ts';
import { firstPace, type Pace, standingOf, withdrawnPace } from './pacing.ts';
import type { Beginning, Presence, Since, WatchPorts } from './ports.ts';
import { announcement, judgeRealServer, nameOfRealServer } from './real-server.ts';
import { type CheckerOwner, sameQuestion, WatchedChecker } from './watched-checker.ts';
import { WatchedSession } from './watched-session.ts';

/** No check is made sooner after a start or reload; `warmup` adds a random part. */
const FIRST_CHECK_AFTER_MS: Millis = 1_000;

export interface RealServerOwner {
  readonly name: string;
  readonly ports: WatchPorts;
  readonly identity: ServerNotice['virtualServer'];
  /** It has left the configuration: what is found of its real servers counts no longer. */
  readonly isRetired: boolean;
  /** The standing of a real server has changed. */
  onStanding(): void;
}

/** Of one real server. */
export interface RealServerBeginning extends Omit<Beginning, 'presence'> {
  readonly presence: Presence;
}

export class WatchedRealServer implements CheckerOwner {
  private readonly owner: RealServerOwner;
  private server: RealServer;
  private checkers: readonly Watched[];
  private current: Standing;
  private since: Since;
  private order: Order | null = null;
  /** Its configuration is in force. */
  private arrived = false;
  /** As what it is known before that; null: as nothing. */
  private readonly toldAs: Standing | null;
  /** It has left the configuration. */
  private retired = false;
  /** To the configuration that is to come. */
  private prepared: Succession | null = null;

  constructor(server: RealServer, owner: RealServerOwner, beginning: RealServerBeginning) {
    this.server = server;
    this.owner = owner;
    this.checkers =
      server.checks.length === 0
        ? NO_CHECKERS
        : server.checks.map((check) => this.watch(check, paceAtStart(check, beginning)));
    this.current = this.judged();
    this.since = beginning.since;
    this.startChecks(beginning.at);
    this.steer();
    const isNews = beginning.presence === 'unknown' && server.tellsInitial === true;
    this.toldAs = isNews ? null : this.current;
  }

  /** Its configuration is in force: from now on people are told of it, and of what was found meanwhile. */
  arrive(): void {
    if (this.arrived) return;
    this.arrived = true;
    const { current, toldAs } = this;
    if (toldAs === null) {
      if (current !== 'awaiting') this.notify(current === 'up' ? 'up' : 'down');
      return;
    }
    const event = current === toldAs ? null : announcement(toldAs, current);
    if (event !== null) this.notify(event);
  }

  get standing(): Standing {
    return this.current;
  }

  get address(): string {
    return this.server.address;
  }

  get configured(): RealServer {
    return this.server;
  }

  /** Null: nobody checks it, or nobody has yet. */
  get isFoundUp(): boolean | null {
    const isKnown = this.checkers.length > 0 && this.current !== 'awaiting';
    return isKnown ? this.current === 'up' : null;
  }

  /** What an operator has ordered of it. */
  get hold(): Hold {
    return holdOf(this.order);
  }

  /** The orders of operators may have changed. Whether that of this one has. */
  steer(): boolean {
    const { orders } = this.owner.ports;
    const before = this.order;
    this.order = orders.isEmpty ? null : orders.orderOf(this.owner.name, this.name);
    return this.order !== before;
  }

  /** Finds beforehand which of its checkers go on under a configuration that is to come. */
  prepare(server: RealServer): void {
    if (server !== this.server) this.prepared = this.succession(server);
  }

  /**
   * Goes on under a new configuration. A check that asks the same as before keeps its findings and
   * its retries. A new check of a server that serves gets all its retries, also with `alpha`: no
   * reload takes a server out before anything has failed. One that does not serve has to earn it.
   */
  adopt(server: RealServer, at: Instant): void {
    if (server === this.server) return;
    const { next, dropped } = this.succession(server);
    const pace = this.paceOfNew();
    this.prepared = null;
    this.server = server;
    this.checkers = next.map(({ check, kept }) => {
      if (kept === null) return this.watch(check, pace);
      adopt(kept, check);
      return kept;
    });
    for (const checker of dropped) checker.stop();
    this.startChecks(at);
    this.judge('reload');
  }

  /** Where it would stand just after `adopt`; nothing is changed. */
  standingUnder(server: RealServer): Standing {
    if (server === this.server) return this.current;
    const { next } = this.succession(server);
    const pace = this.paceOfNew();
    return judgeRealServer(next.map(({ kept }) => kept?.standing ?? standingOf(pace)));
  }

  /** Where a checker begins that a reload brings. */
  private paceOfNew(): Pace {
    const serves = this.current === 'up';
    return firstPace({ until: serves ? 'up' : 'awaiting', forgiving: serves });
  }

  /** Which of its checkers go on under a new configuration. */
  private succession(server: RealServer): Succession {
    if (this.prepared?.server === server) return this.prepared;
    const dropped = [...this.checkers];
    const next = server.checks.map((check) => {
      const at = dropped.findIndex((candidate) => sameQuestion(candidate.check, check));
      const [kept = null] = at < 0 ? [] : dropped.splice(at, 1);
      return { check, kept };
    });
    return { server, next, dropped };
  }

  /** What is found of it counts no longer; `leave` follows. */
  retire(): void {
    this.retired = true;
  }

  /** Watches no longer. If it left service by that, its script is told. */
  leave(): void {
    this.stop();
    if (this.current === 'up') this.notify('down', 'removed');
  }

  stop(): void {
    for (const checker of this.checkers) checker.stop();
  }

  notify(event: 'up' | 'down', reason: string = this.since.reason): void {
    if (!this.arrived) return;
    const { notifyUp, notifyDown, mails, address, port } = this.server;
    const up = event === 'up';
    this.owner.ports.notify.changed({
      about: 'server',
      virtualServer: this.owner.identity,
      realServer: { address, port },
      up,
      reason,
      script: up ? notifyUp : notifyDown,
      mails,
    });
  }

  snapshot(effectiveWeight: number | null): RealServerHealth {
    const { address, port, forwarding, tunnel, weight } = this.server;
    return {
      address,
      port,
      forwarding,
      tunnel,
      standing: this.current,
      sinceMs: this.since.ms,
      reason: this.since.reason,
      configuredWeight: weight,
      effectiveWeight,
      order: this.order,
      checkers: this.checkers.map((checker) => checker.snapshot()),
    };
  }

  get name(): string {
    return nameOfRealServer(this.server);
  }

  onTransition(reason: string): void {
    if (this.retired || this.owner.isRetired) return;
    if (this.judge(reason)) this.owner.onStanding();
  }

  get logNames(): LogFields {
    return { virtualServer: this.owner.name, realServer: this.name };
  }

  private watch(check: Check, pace: Pace): Watched {
    if (check.kind === 'bfd') return new WatchedSession(check, pace, this.owner.ports, this);
    return new WatchedChecker(check, pace, this.owner.ports, this);
  }

  /**
   * keepalived restarts all timers at a reload. Here a check that is due sooner than that stays due:
   * frequent reloads must not keep failures from being seen. A server out of service waits for its
   * first check alone, and so does not wait for a random part of the warmup.
   */
  private startChecks(at: Instant): void {
    for (const checker of this.checkers) {
      const { warmupMs } = checker.check.pacing;
      const spreadMs = this.current === 'up' ? this.owner.ports.random() * warmupMs : 0;
      checker.start(at + FIRST_CHECK_AFTER_MS + spreadMs);
    }
  }

  private judged(): Standing {
    return judgeRealServer(this.checkers.map(({ standing }) => standing));
  }

  /** Takes the standing that the checkers now give, and tells of it. Whether it has changed. */
  private judge(reason: string): boolean {
    const from = this.current;
    const to = this.judged();
    if (to === from) return false;
    this.current = to;
    this.since = { ms: this.owner.ports.clock.wallTimeMs(), reason };
    this.owner.ports.log.info({ ...this.logNames, from, to, reason }, 'state changed');
    const event = announcement(from, to);
    if (event !== null) this.notify(event);
    return true;
  }
}

interface Succession {
  readonly server: RealServer;
  /** One entry a check of the new configuration. */
  readonly next: readonly { readonly check: Check; readonly kept: Watched | null }[];
  readonly dropped: readonly Watched[];
}

type Watched = WatchedChecker | WatchedSession;

/** Of those that nobody checks, of which there may be a hundred thousand. */
const NO_CHECKERS: readonly Watched[] = [];

/** The same question (`sameQuestion`) is of the same kind. */
function adopt(watched: Watched, check: Check): void {
  if (watched instanceof WatchedSession) {
    if (check.kind === 'bfd') watched.adopt(check);
  } else if (check.kind !== 'bfd') {
    watched.adopt(check);
  }
}

/** Where a new real server stands before its first check. */
export function firstStanding(
  server: RealServer,
  beginning: Pick<RealServerBeginning, 'presence' | 'reload'>,
): Standing {
  return judgeRealServer(server.checks.map((check) => standingOf(paceAtStart(check, beginning))));
}

/** Where a checker of a new real server begins. */
function paceAtStart(
  check: Check,
  { presence, reload }: Pick<RealServerBeginning, 'presence' | 'reload'>,
): Pace {
  switch (presence) {
    case 'withdrawn':
      return withdrawnPace;
    case 'serves':
      return firstPace({ until: 'up', forgiving: true });
    case 'unknown':
      return firstPace({ until: check.pacing.alpha ? 'awaiting' : 'up', forgiving: reload });
  }
}
