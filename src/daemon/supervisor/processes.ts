/**
 * The processes of the daemon: which of them a configuration needs, started, told of another one, asked
 * and stopped. A reload first starts those that it needs and that do not run yet; if one of these cannot
 * work on this machine, the new ones go and those that ran before have noticed nothing.
 */
import { rmSync } from 'node:fs';
import {
  EVERYTHING,
  type SnapshotRequest,
  type Unconfirmed,
  type VerifyReport,
} from '../../api/protocol.ts';
import { DirectorError, describeError } from '../../base/error.ts';
import type { Log, LogLevel } from '../../base/log.ts';
import type { Clock, Instant, Millis } from '../../base/time.ts';
import type { BfdConfig, BfdStates } from '../../model/bfd.ts';
import type { Director } from '../../model/director.ts';
import type { DrainSnapshot, SteerReport, SteerRequest } from '../../model/drain.ts';
import type { FailoverReport, FailoverRequest } from '../../model/failover.ts';
import { hasWork } from '../../model/kernel-settings.ts';
import type { NotifyConfig } from '../../model/notice.ts';
import type { PeerLink } from '../../model/peer.ts';
import type { VrrpStates } from '../../model/snapshot-vrrp.ts';
import type { HealthConfig } from '../../model/virtual-server.ts';
import type { VrrpConfig } from '../../model/vrrp.ts';
import type { ZeroReport, ZeroRequest } from '../../model/zero.ts';
import { AS_IT_IS, type Codec } from '../codec.ts';
import { HEALTH_CODEC } from '../health/health-patch.ts';
import type { ProcessName } from '../ipc.ts';
import { Child, type ChildStatus, type Standing } from './child.ts';
import { LARGE, SMALL } from './flags.ts';
import { type SilentMsMax, silentMsMaxOf } from './liveness.ts';
import { Outbox } from './outbox.ts';
import { writePid } from './pid-file.ts';
import { Relay } from './relay.ts';

/** A configuration counts as in force although a process has not confirmed it within this time. */
const CONFIRM_MS_MAX: Millis = 10_000;

/** Reading the kernel's largest table takes seconds. */
const READING_MS_MAX: Millis = 20_000;

/** With more, the same flags would make the first configuration take several times as long. */
const REAL_SERVERS_SMALL = 2_000;

const CODECS = { vrrp: AS_IT_IS, bfd: AS_IT_IS, health: HEALTH_CODEC, notify: AS_IT_IS };

export interface ProcessesOptions {
  /** Which may run at all: `-P`, `-C` and `-B` restrict them. */
  readonly allowed: readonly ProcessName[];
  /** The compiled module that each runs. */
  readonly modules: Readonly<Record<ProcessName, URL>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly clock: Clock;
  readonly log: Log;
  /** Where those are to leave their numbers that are named here. */
  readonly pidFiles: Readonly<Partial<Record<ProcessName, string>>>;
  /** False: that one dies is a reason to stop. */
  readonly respawns: boolean;
  /** One that worked has ended for a reason that no restart mends. */
  onRefused(name: ProcessName, error: DirectorError): void;
}

/** Which option names the pid file of each. */
const PID_OPTIONS: Readonly<Record<ProcessName, string>> = {
  vrrp: '--vrrp_pid',
  health: '--checkers_pid',
  bfd: '--bfd_pid',
  notify: '--pid',
};

/** Those that change or hold something outside, and may leave it as it is. */
export type WorkerName = Exclude<ProcessName, 'bfd' | 'notify'>;

type Part = VrrpConfig | BfdConfig | HealthConfig | NotifyConfig;

export class Processes {
  private readonly options: ProcessesOptions;
  private readonly children = new Map<ProcessName, Child<Part>>();
  /** Started for a configuration that is not in force yet. */
  private readonly fresh = new Set<ProcessName>();
  private vrrpStates: VrrpStates = {};
  private bfdStates: BfdStates = {};
  private peerLinks: readonly PeerLink[] = [];
  private serversUp: boolean | null = null;
  /** By the configuration in force; null: by the first one. */
  private silentMsMax: SilentMsMax | null = null;
  private readonly relay = new Relay((name, message) => this.children.get(name)?.tell(message));
  private readonly outbox: Outbox;
  /** Those that the first configuration named. */
  private namespaces: Readonly<
    Record<'net_namespace' | 'net_namespace_ipvs', string | null>
  > | null = null;

  constructor(options: ProcessesOptions) {
    this.options = options;
    this.outbox = new Outbox({
      log: options.log,
      isWanted: () => this.children.has('notify'),
      send: (message) => this.children.get('notify')?.tell(message),
    });
  }

  /** Starts those that are needed and do not run yet; gives the ones that cannot do their work. */
  async startMissing(director: Director): Promise<readonly Unconfirmed[]> {
    const moved = this.movedNamespaces(director);
    if (moved.length > 0) return moved;
    for (const name of this.missing(director)) {
      this.fresh.add(name);
      this.children.set(name, this.start(name, director));
    }
    await this.settled([...this.fresh]);
    return this.unconfirmed().filter(({ process }) => this.standing(process).is === 'refused');
  }

  /** Those that a configuration needs and that do not run yet. */
  missing(director: Director): readonly ProcessName[] {
    return this.options.allowed.filter((name) => !this.children.has(name) && needs(director, name));
  }

  /** The new ones stay, and those that ran before are told; resolves when they have answered or are late. */
  async replace(director: Director): Promise<void> {
    // One that nothing is configured for is told, too: that is how it lets go.
    const before = [...this.children.keys()].filter((name) => !this.fresh.has(name));
    this.fresh.clear();
    this.silentMsMax = silentMsMaxOf(director.global);
    this.forgetSessions(director);
    for (const name of before) this.children.get(name)?.configure(partOf(director, name));
    await this.settled(before);
  }

  /** The new ones go again. */
  async dropFresh(limitMs: Millis): Promise<void> {
    const dropped = [...this.fresh].map((name) => this.children.get(name)?.stop(false, limitMs));
    await Promise.all(dropped);
    for (const name of this.fresh) this.children.delete(name);
    this.fresh.clear();
  }

  /** Those that do not work by the newest configuration, and why. */
  unconfirmed(): readonly Unconfirmed[] {
    return [...this.children].flatMap(([process, { standing }]) =>
      standing.is === 'confirmed' ? [] : [{ process, ...explain(standing) }],
    );
  }

  statuses(): readonly ChildStatus[] {
    return [...this.children.values()].map((child) => child.status());
  }

  /** A process's own snapshot; null when it does not run or does not answer. */
  async snapshot(name: ProcessName, request: SnapshotRequest = EVERYTHING): Promise<unknown> {
    return (await this.children.get(name)?.snapshot(request)) ?? null;
  }

  /**
   * What a configuration would change in one that runs. Null: it does not run.
   * @throws DirectorError when it does not answer.
   */
  async plan(name: ProcessName, director: Director): Promise<unknown> {
    const child = this.children.get(name);
    if (child === undefined) return null;
    return child.ask({ ask: 'plan', config: partOf(director, name) }, READING_MS_MAX);
  }

  /** Has the kernel's table compared and put right. @throws DirectorError PROCESS_SILENT */
  async verify(): Promise<VerifyReport> {
    return (await this.health().ask({ ask: 'verify' }, READING_MS_MAX)) as VerifyReport;
  }

  /** Sets counters of the kernel to 0. @throws DirectorError */
  async zero(request: ZeroRequest): Promise<ZeroReport> {
    return (await this.health().ask({ ask: 'zero', request }, READING_MS_MAX)) as ZeroReport;
  }

  /** Takes a real server from service, or gives it back. @throws DirectorError */
  async steer(request: SteerRequest): Promise<SteerReport> {
    return (await this.health().ask({ ask: 'steer', request }, READING_MS_MAX)) as SteerReport;
  }

  /** What drains, with its connections as last counted. @throws DirectorError PROCESS_SILENT */
  async drains(): Promise<DrainSnapshot> {
    return (await this.health().ask({ ask: 'drains' }, READING_MS_MAX)) as DrainSnapshot;
  }

  /** Gives instances up, or takes them back. @throws DirectorError */
  async failOver(request: FailoverRequest): Promise<FailoverReport> {
    const vrrp = this.children.get('vrrp');
    if (vrrp === undefined) {
      throw new DirectorError('PROCESS_SILENT', 'the process vrrp does not run', {
        hint: 'no vrrp_instance is configured, or lvsd runs checkers only (-C)',
      });
    }
    return (await vrrp.ask({ ask: 'failover', request }, READING_MS_MAX)) as FailoverReport;
  }

  private health(): Child<Part> {
    const health = this.children.get('health');
    if (health !== undefined) return health;
    throw new DirectorError('PROCESS_SILENT', 'the process health does not run', {
      hint: 'no virtual server is configured, or lvsd runs VRRP only (-P)',
    });
  }

  /**
   * VRRP first: while it makes its successor ready the table still serves, and a peer should not wait for our
   * checkers to be cleared away. Whoever tells operators does so to the end.
   */
  async stop(keep: Readonly<Record<WorkerName, boolean>>, limitMs: Millis): Promise<void> {
    await this.children.get('vrrp')?.stop(keep.vrrp, limitMs);
    await Promise.all([
      this.children.get('bfd')?.stop(false, limitMs),
      this.children.get('health')?.stop(keep.health, limitMs),
    ]);
    await this.children.get('notify')?.stop(false, limitMs);
    for (const file of Object.values(this.options.pidFiles)) rmSync(file, { force: true });
  }

  /** A process stays in the network namespace that it was started in, and so do the sockets of IPVS. */
  private movedNamespaces({ global, health }: Director): readonly Unconfirmed[] {
    const asked = {
      net_namespace: global.netNamespace,
      net_namespace_ipvs: health.settings.namespace,
    };
    const before = this.namespaces ?? asked;
    this.namespaces = before;
    return (['net_namespace', 'net_namespace_ipvs'] as const).flatMap((keyword) => {
      if (before[keyword] === asked[keyword]) return [];
      const now = before[keyword] ?? 'absent';
      const reason = `${keyword} cannot change while lvsd runs: it is ${now}`;
      const process = keyword === 'net_namespace' ? 'vrrp' : 'health';
      return [{ process, reason, hint: 'stop lvsd, and start it with this file' }] as const;
    });
  }

  private start(name: ProcessName, director: Director): Child<Part> {
    const { modules, environment, logLevel, clock, log, respawns, onRefused } = this.options;
    const child = new Child<Part>({
      name,
      silentMsMax: () => (this.silentMsMax ?? silentMsMaxOf(director.global))[name],
      module: modules[name],
      config: partOf(director, name),
      codec: CODECS[name] as Codec<Part>,
      flags: isSmall(partOf(director, name)) ? SMALL : LARGE,
      environment,
      netNamespace: director.global.netNamespace,
      logLevel,
      clock,
      log,
      respawns,
      onRefused: (error) => {
        // Whoever starts it waits for its answer, and is told there.
        if (!this.fresh.has(name)) onRefused(name, error);
      },
      ...(name === 'vrrp'
        ? {
            onVrrpStates: (states) => this.passOn(states),
            onPeerLinks: (links) => this.passOnLinks(links),
          }
        : {}),
      onPeerNote: (note) => this.children.get(name === 'vrrp' ? 'health' : 'vrrp')?.tell(note),
      ...(name === 'bfd' ? { onBfdStates: (states) => this.passOnBfd(states) } : {}),
      onStart: (pid) => {
        this.notePid(name, pid);
        this.relay.started(name);
        if (name === 'notify') this.outbox.started();
        // What the one before it has found is not known to be so any more.
        if (name === 'health') this.passOnServers(null);
      },
      ...(name === 'health' ? { onServersUp: (up) => this.passOnServers(up) } : {}),
      ...(name === 'notify' ? { onReady: () => this.outbox.ready() } : {}),
      onNotice: (notice) => this.outbox.add(notice),
      onLeft: (message) => this.outbox.left(message),
      onRun: (message) => this.relay.run(name, message),
      onRan: (message) => this.relay.ran(message),
    });
    if (name === 'health') {
      child.tellVrrpStates(this.vrrpStates);
      child.tellPeerLinks(this.peerLinks);
    }
    if (name !== 'bfd') child.tellBfdStates(this.bfdStates);
    if (name === 'vrrp') child.tellServersUp(this.serversUp);
    return child;
  }

  /** It works as well when its number is nowhere. */
  private notePid(name: ProcessName, pid: number): void {
    const file = this.options.pidFiles[name];
    if (file === undefined) return;
    try {
      writePid(file, pid, PID_OPTIONS[name]);
    } catch (error) {
      this.options.log.error({ process: name, reason: describeError(error) }, 'no pid file');
    }
  }

  /** The sync daemon of IPVS follows VRRP. */
  private passOn(states: VrrpStates): void {
    this.vrrpStates = states;
    this.children.get('health')?.tellVrrpStates(states);
  }

  /** What operators order of real servers is told to the other directors. */
  private passOnLinks(links: readonly PeerLink[]): void {
    this.peerLinks = links;
    this.children.get('health')?.tellPeerLinks(links);
  }

  /** Instances may be anchored to them. */
  private passOnServers(up: boolean | null): void {
    this.serversUp = up;
    this.children.get('vrrp')?.tellServersUp(up);
  }

  /**
   * Instances track sessions, and checkers ask for them. What a process that was started again does not know yet
   * is as it was before: nobody changes his role because it died.
   */
  private passOnBfd(states: BfdStates): void {
    this.bfdStates = { ...this.bfdStates, ...states };
    this.tellBfd();
  }

  /** Sessions that are not configured any more are forgotten. */
  private forgetSessions({ bfd }: Director): void {
    const known = bfd.instances.flatMap(({ name }) => {
      const up = this.bfdStates[name];
      return up === undefined ? [] : [[name, up] as const];
    });
    if (known.length === Object.keys(this.bfdStates).length) return;
    this.bfdStates = Object.fromEntries(known);
    this.tellBfd();
  }

  private tellBfd(): void {
    const { bfdStates: states } = this;
    this.children.get('vrrp')?.tellBfdStates(states);
    this.children.get('health')?.tellBfdStates(states);
  }

  private standing(name: ProcessName): Standing {
    return this.children.get(name)?.standing ?? { is: 'stopped' };
  }

  private async settled(names: readonly ProcessName[]): Promise<void> {
    const { clock, log } = this.options;
    const begun: Instant = clock.now();
    await Promise.all(names.map((name) => this.children.get(name)?.settled(CONFIRM_MS_MAX)));
    for (const { process, reason, hint } of this.unconfirmed()) {
      const fields = { process, reason, hint, afterMs: Math.round(clock.now() - begun) };
      if (names.includes(process) && this.standing(process).is !== 'stopped') {
        log.warn(fields, 'process has not confirmed its configuration');
      }
    }
  }
}

function partOf(director: Director, name: ProcessName): Part {
  return director[name];
}

function isSmall(part: Part): boolean {
  if (!('virtualServers' in part)) return true;
  const count = part.virtualServers.reduce((sum, { realServers }) => sum + realServers.length, 0);
  return count <= REAL_SERVERS_SMALL;
}

function needs({ vrrp, bfd, health, notify }: Director, name: ProcessName): boolean {
  if (name === 'vrrp') return vrrp.instances.length > 0 || hasStatics(vrrp);
  if (name === 'bfd') return bfd.instances.length > 0;
  if (name === 'notify') return notify.hasWork;
  return health.virtualServers.length > 0 || hasWork(health.settings);
}

function hasStatics({ statics: { addresses, routes, rules } }: VrrpConfig): boolean {
  return addresses.length + routes.length + rules.length > 0;
}

function explain(standing: Exclude<Standing, { is: 'confirmed' }>): Omit<Unconfirmed, 'process'> {
  switch (standing.is) {
    case 'waiting':
      return { reason: 'it has not answered yet', hint: null };
    case 'stopped':
      return { reason: 'it is stopped', hint: null };
    case 'failed':
    case 'refused':
      return { reason: standing.error.message, hint: standing.error.hint ?? null };
  }
}
