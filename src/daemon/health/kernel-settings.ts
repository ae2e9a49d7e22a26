/**
 * Keeps the settings of the kernel's IPVS as they are configured: timeouts, sysctls, sync daemons. What to
 * change is decided in reconcile/settings.ts; here it is read, done, told and written down, so that even
 * after a crash the values from before us come back when the daemon stops.
 */
import { readFileSync } from 'node:fs';
import { DirectorError, describeError, errnoName } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { LearntConnections } from '../../kernel/ipvs-connections.ts';
import { identityOfNetwork } from '../../kernel/namespace.ts';
import {
  type KernelSettings,
  NO_SETTINGS,
  type SyncSettings,
} from '../../model/kernel-settings.ts';
import type { SettingsSnapshot } from '../../model/snapshot-settings.ts';
import type { VrrpState, VrrpStates } from '../../model/snapshot-vrrp.ts';
import {
  decideSettings,
  type HeldSettings,
  NOTHING_REMEMBERED,
  type Remembered,
  renderSettingChange,
  rolesOf,
  type SettingChange,
} from '../../reconcile/settings.ts';
import type { SyncDaemon, SyncRole } from '../../wire/ipvs/daemon.ts';
import type { Timeouts } from '../../wire/ipvs/settings.ts';
import { writeWhole } from '../durable.ts';
import { SyncWatch, type SyncWatchPorts } from './sync-watch.ts';

/** What the settings need of the kernel. */
export interface SettingsKernel {
  readTimeouts(): Promise<Timeouts>;
  setTimeouts(timeouts: Timeouts): Promise<void>;
  readDaemons(): Promise<readonly SyncDaemon[]>;
  startDaemon(daemon: SyncDaemon): Promise<void>;
  stopDaemon(role: SyncRole): Promise<void>;
  /** By its dotted name; null: this kernel has no such sysctl. */
  readSysctl(name: string): string | null;
  writeSysctl(name: string, value: string): void;
  /** Null: there is no interface of this name. */
  interfaceIndex(name: string): Promise<number | null>;
  /** Connections that another director told of; null: this kernel does not tell. */
  countLearnt(): Promise<LearntConnections | null>;
}

export interface KernelSettingsOptions {
  readonly kernel: SettingsKernel;
  readonly listen: SyncWatchPorts['listen'];
  readonly clock: Clock;
  readonly log: Log;
  /** Where it is written down what was before us. */
  readonly path: string;
  /** Names this kernel and network namespace: what another one's values were is of no use. */
  readonly kernelName: string;
}

const SYSCTLS = 'net.ipv4.vs.';
const EVERYTHING = 'settings of IPVS';

export class KernelSettingsKeeper {
  private readonly options: KernelSettingsOptions;
  private readonly watch: SyncWatch;
  private wanted: KernelSettings = NO_SETTINGS;
  private remembered: Remembered;
  private states: VrrpStates = {};
  private readonly accepted = new Map<string, { wrote: string; reads: string }>();
  /** What went wrong with a change and was told: it is tried again, and not told again. */
  private readonly told = new Map<string, string>();
  private running: Promise<void> = Promise.resolve();
  private pending: Promise<void> | null = null;

  constructor(options: KernelSettingsOptions) {
    const { clock, log, listen } = options;
    this.options = options;
    this.watch = new SyncWatch({ clock, log, listen });
    this.remembered = readMemory(options);
  }

  /** What the kernel refuses is told, and tried again by `verify`. */
  configure(settings: KernelSettings, reason: string): Promise<void> {
    this.wanted = settings;
    this.accepted.clear();
    this.told.clear();
    return this.apply(reason);
  }

  /** The sync daemon may have to change its role. */
  vrrpStates(states: VrrpStates): void {
    const before = this.followedState();
    this.states = states;
    if (this.followedState() !== before) void this.apply('VRRP');
  }

  /** Repairs what others have changed, and tries again what was refused. */
  verify(): Promise<void> {
    return this.apply('drift');
  }

  /** All is as it was before us. */
  restore(): Promise<void> {
    return this.configure(NO_SETTINGS, 'stop');
  }

  close(): void {
    this.watch.close();
  }

  async snapshot(): Promise<SettingsSnapshot> {
    const { kernel } = this.options;
    const { remembered, wanted } = this;
    const [timeouts, daemons] = [await kernel.readTimeouts(), await kernel.readDaemons()];
    return {
      timeouts,
      timeoutsBefore: remembered.timeouts,
      sync: {
        daemons: daemons.map((daemon) => ({ ...daemon, owned: this.owns(daemon.role) })),
        follows: wanted.sync?.instance ?? null,
        heard: this.watch.heard,
        deaf: this.watch.deaf,
        learnt: daemons.length === 0 ? null : await kernel.countLearnt(),
      },
      sysctls: Object.entries(remembered.sysctls).map(([name, before]) => ({
        name,
        value: kernel.readSysctl(SYSCTLS + name) ?? before,
        before,
      })),
      refused: [...this.told].map(([what, reason]) => `${what}: ${reason}`),
    };
  }

  private owns(role: SyncRole): boolean {
    return this.remembered.daemons.some(({ daemon }) => daemon.role === role);
  }

  private followedState(): VrrpState | null {
    const instance = this.wanted.sync?.instance ?? null;
    return instance === null ? null : (this.states[instance] ?? null);
  }

  /** One at a time; whoever comes while one waits is served by that one, with what is wanted then. */
  private apply(reason: string): Promise<void> {
    if (this.pending !== null) return this.pending;
    const turn = this.running.then(() => {
      this.pending = null;
      return this.run(reason);
    });
    this.pending = turn;
    // Who comes after one that broke has its turn all the same.
    this.running = turn.catch(() => {});
    return turn;
  }

  private async run(reason: string): Promise<void> {
    if (this.isIdle()) {
      this.watch.watch(null);
      return;
    }
    try {
      await this.compare(reason);
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      this.tell(EVERYTHING, describeError(error), 'IPVS settings could not be read');
    }
  }

  /** Who uses none of it does not even ask the kernel. */
  private isIdle(): boolean {
    const { timeouts, sync, sysctls } = this.wanted;
    const asks = timeouts !== null || sync !== null || Object.keys(sysctls).length > 0;
    return !asks && JSON.stringify(this.remembered) === JSON.stringify(NOTHING_REMEMBERED);
  }

  private async compare(reason: string): Promise<void> {
    const { kernel } = this.options;
    const { wanted, remembered, accepted } = this;
    const link = wanted.sync === null ? null : await kernel.interfaceIndex(wanted.sync.interface);
    const held = await this.read();
    this.told.delete(EVERYTHING);
    const instanceState = this.followedState();
    const decision = decideSettings({
      wanted,
      held,
      remembered,
      instanceState,
      interfaceIndex: link,
      accepted,
    });
    for (const name of decision.missing) {
      this.tell(SYSCTLS + name, 'this kernel has no such sysctl', 'sysctl cannot be set', 'warn');
    }
    // Before the first change: who dies in the middle still knows how it was.
    this.remember(decision.before);
    const refusedBefore = new Set(this.told.keys());
    const done: SettingChange[] = [];
    for (const change of decision.changes) if (await this.make(change)) done.push(change);
    if (done.length === decision.changes.length) this.remember(decision.after);
    const changes = done.map(renderSettingChange);
    // What succeeds at last was nobody's doing.
    const isRetry = reason === 'drift' && changes.every((change) => refusedBefore.has(change));
    if (changes.length > 0) this.tellChanges(changes, isRetry ? 'verification' : reason);
    this.listen(wanted.sync, link);
  }

  private tellChanges(changes: readonly string[], reason: string): void {
    const fields = { reason, count: changes.length, changes };
    this.options.log[reason === 'drift' ? 'warn' : 'info'](fields, 'IPVS settings changed');
  }

  private async read(): Promise<HeldSettings> {
    const { kernel } = this.options;
    const names = new Set([
      ...Object.keys(this.wanted.sysctls),
      ...Object.keys(this.remembered.sysctls),
    ]);
    return {
      timeouts: await kernel.readTimeouts(),
      daemons: await kernel.readDaemons(),
      sysctls: Object.fromEntries(
        [...names].map((name) => [name, kernel.readSysctl(SYSCTLS + name)]),
      ),
    };
  }

  /** False: the kernel refused, and it was told. */
  private async make(change: SettingChange): Promise<boolean> {
    const { kernel } = this.options;
    const name = renderSettingChange(change);
    try {
      switch (change.do) {
        case 'set-sysctl':
          this.writeSysctl(change.name, change.to);
          break;
        case 'set-timeouts':
          await kernel.setTimeouts(change.to);
          break;
        case 'stop-daemon':
          await kernel.stopDaemon(change.role);
          break;
        case 'start-daemon':
          await kernel.startDaemon(change.daemon);
          break;
      }
      this.told.delete(name);
      return true;
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      this.tell(name, error.message, 'IPVS setting refused', 'error', error.hint);
      return false;
    }
  }

  private writeSysctl(name: string, value: string): void {
    const { kernel } = this.options;
    try {
      kernel.writeSysctl(SYSCTLS + name, value);
    } finally {
      // A value that was refused is not tried again until a reload: sync daemons would start anew each time.
      const reads = kernel.readSysctl(SYSCTLS + name);
      if (reads !== null) this.accepted.set(name, { wrote: value, reads });
    }
  }

  private tell(
    what: string,
    reason: string,
    message: string,
    level: 'error' | 'warn' = 'error',
    hint?: string,
  ): void {
    if (this.told.get(what) === reason) return;
    this.told.set(what, reason);
    this.options.log[level]({ change: what, reason, hint }, message);
  }

  private listen(sync: SyncSettings | null, interfaceIndex: number | null): void {
    if (sync === null || interfaceIndex === null) {
      this.watch.watch(null);
      return;
    }
    const state = this.followedState();
    const ports = Number(this.options.kernel.readSysctl(`${SYSCTLS}sync_ports`) ?? 1);
    this.watch.watch({
      channel: {
        interface: sync.interface,
        group: sync.group ?? '224.0.0.81',
        port: sync.port ?? 8848,
        ports: Math.max(1, ports),
      },
      syncId: sync.syncId,
      isSoleMaster: sync.instance !== null && rolesOf(sync, state).includes('master'),
      interfaceIndex,
    });
  }

  private remember(remembered: Remembered): void {
    if (JSON.stringify(remembered) === JSON.stringify(this.remembered)) return;
    this.remembered = remembered;
    const { path, kernelName, log } = this.options;
    try {
      writeWhole(path, JSON.stringify({ kernelName, ...remembered }));
    } catch (error) {
      const fields = { path, reason: errnoName(error) };
      log.error(fields, 'how the kernel was before us could not be written down');
    }
  }
}

/** What an earlier life of this process left; nothing when it left no word, or speaks of another kernel. */
function readMemory({ path, kernelName }: KernelSettingsOptions): Remembered {
  try {
    const told = JSON.parse(readFileSync(path, 'utf8')) as Remembered & { kernelName: string };
    if (told.kernelName !== kernelName) return NOTHING_REMEMBERED;
    const { timeouts, sysctls, daemons } = told;
    return { timeouts, sysctls, daemons };
  } catch {
    return NOTHING_REMEMBERED;
  }
}

/** Changes when the machine is started again, and from one network namespace to another. */
export function kernelName(namespace: string | null): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${identityOfNetwork(namespace)}`;
}
