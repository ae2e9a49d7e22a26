/**
 * Settings of the kernel's IPVS that are not virtual servers: what should be × what is × what was before
 * us → changes, and what must be remembered so that all is as before when we let go. Start, reload, a
 * change of the VRRP state, drift and stop are the same comparison; at stop nothing is wanted.
 */
import type { ConnectionTimeouts, KernelSettings, SyncSettings } from '../model/kernel-settings.ts';
import type { VrrpState } from '../model/snapshot-vrrp.ts';
import type { SyncDaemon, SyncRole } from '../wire/ipvs/daemon.ts';

/** What is wanted of the kernel now. */
export type WantedSettings = Pick<KernelSettings, 'timeouts' | 'sync' | 'sysctls'>;

/** What the kernel holds now. */
export interface HeldSettings {
  readonly timeouts: ConnectionTimeouts;
  readonly daemons: readonly SyncDaemon[];
  /** Null: this kernel has no such sysctl. */
  readonly sysctls: Readonly<Record<string, string | null>>;
}

/** Survives us: the values before our first change, and the sync daemons that we have started. */
export interface Remembered {
  /** 0: not changed by us. */
  readonly timeouts: ConnectionTimeouts;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly daemons: readonly StartedDaemon[];
}

export interface StartedDaemon {
  /** As it was asked for. */
  readonly daemon: SyncDaemon;
  /** Of its interface then: another one of the same name hears nothing. Null: there was none. */
  readonly interfaceIndex: number | null;
}

export const NOTHING_REMEMBERED: Remembered = {
  timeouts: { tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 },
  sysctls: {},
  daemons: [],
};

export type SettingChange =
  | { readonly do: 'set-sysctl'; readonly name: string; readonly from: string; readonly to: string }
  | {
      readonly do: 'set-timeouts';
      readonly from: ConnectionTimeouts;
      /** 0 keeps. */
      readonly to: ConnectionTimeouts;
    }
  | { readonly do: 'stop-daemon'; readonly role: SyncRole; readonly daemon: SyncDaemon }
  | { readonly do: 'start-daemon'; readonly daemon: SyncDaemon };

export interface SettingsQuestion {
  readonly wanted: WantedSettings;
  readonly held: HeldSettings;
  readonly remembered: Remembered;
  /** The state of the instance that the sync daemon follows; null: none is known. */
  readonly instanceState: VrrpState | null;
  /** Of the sync daemon's interface; null: there is none. */
  readonly interfaceIndex: number | null;
  /** What the kernel made of a value that we wrote: `all` of a list of CPUs reads as `0-3`. */
  readonly accepted: ReadonlyMap<string, { readonly wrote: string; readonly reads: string }>;
}

export interface SettingsDecision {
  /** In the order in which they are to be made. */
  readonly changes: readonly SettingChange[];
  /** To be kept before the first change: who dies in the middle still knows how it was. */
  readonly before: Remembered;
  /** To be kept when all changes are made. */
  readonly after: Remembered;
  /** Wanted sysctls that this kernel lacks. */
  readonly missing: readonly string[];
}

/** Sysctls that a sync daemon reads only when it starts. */
const READ_BY_STARTING_DAEMON: readonly string[] = ['sync_ports', 'sync_sock_size'];

export function decideSettings(question: SettingsQuestion): SettingsDecision {
  const sysctls = decideSysctls(question);
  const timeouts = decideTimeouts(question);
  const isStale = sysctls.changes.some(
    (change) => change.do === 'set-sysctl' && READ_BY_STARTING_DAEMON.includes(change.name),
  );
  const daemons = decideDaemons(question, isStale);
  const { remembered } = question;
  return {
    // A daemon reads some sysctls when it starts: these come between the stop and the start.
    changes: [...daemons.stops, ...timeouts.changes, ...sysctls.changes, ...daemons.starts],
    before: {
      timeouts: timeouts.before,
      sysctls: sysctls.before,
      daemons: unionOf(remembered.daemons, daemons.started),
    },
    after: { timeouts: timeouts.after, sysctls: sysctls.after, daemons: daemons.started },
    missing: sysctls.missing,
  };
}

interface Part<Memory> {
  readonly changes: readonly SettingChange[];
  readonly before: Memory;
  readonly after: Memory;
}

function decideSysctls({
  wanted,
  held,
  remembered,
  accepted,
}: SettingsQuestion): Part<Remembered['sysctls']> & { readonly missing: readonly string[] } {
  const changes: SettingChange[] = [];
  const before: Record<string, string> = { ...remembered.sysctls };
  const after: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of new Set([
    ...Object.keys(wanted.sysctls),
    ...Object.keys(remembered.sysctls),
  ])) {
    const reads = held.sysctls[name] ?? null;
    const asked = wanted.sysctls[name];
    if (reads === null) {
      // A module that was loaded anew, perhaps without it, begins with its own values.
      delete before[name];
      if (asked !== undefined) missing.push(name);
      continue;
    }
    const original = remembered.sysctls[name] ?? reads;
    if (asked !== undefined) {
      before[name] = original;
      after[name] = original;
    }
    const to = asked ?? original;
    const known = accepted.get(name);
    const stands = known?.wrote === to && known.reads === reads;
    if (!stands && !isSameValue(name, reads, to)) {
      changes.push({ do: 'set-sysctl', name, from: reads, to });
    }
  }
  return { changes, before, after, missing };
}

/** The kernel moves between 1 and 2 by itself, as memory is short or not. */
const AUTOMATIC: readonly string[] = ['drop_entry', 'drop_packet', 'secure_tcp'];

function isSameValue(name: string, a: string, b: string): boolean {
  const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');
  if (plain(a) === plain(b)) return true;
  return AUTOMATIC.includes(name) && [a, b].every((one) => ['1', '2'].includes(one.trim()));
}

const FIELDS = ['tcpSeconds', 'tcpFinSeconds', 'udpSeconds'] as const;

function decideTimeouts({ wanted, held, remembered }: SettingsQuestion): Part<ConnectionTimeouts> {
  const none = NOTHING_REMEMBERED.timeouts;
  const asked = wanted.timeouts ?? none;
  const to = { ...none };
  const before = { ...remembered.timeouts };
  const after = { ...none };
  for (const field of FIELDS) {
    const original = remembered.timeouts[field] || held.timeouts[field];
    const isOurs = asked[field] > 0;
    if (isOurs) before[field] = after[field] = original;
    const target = isOurs ? asked[field] : remembered.timeouts[field];
    if (target > 0 && target !== held.timeouts[field]) to[field] = target;
  }
  const changes: readonly SettingChange[] = FIELDS.some((field) => to[field] > 0)
    ? [{ do: 'set-timeouts', from: held.timeouts, to }]
    : [];
  return { changes, before, after };
}

interface DaemonDecision {
  readonly stops: readonly SettingChange[];
  readonly starts: readonly SettingChange[];
  /** Those that are ours afterwards. */
  readonly started: readonly StartedDaemon[];
}

/** Master first, as the kernel lists them. */
const ROLES: readonly SyncRole[] = ['master', 'backup'];

function decideDaemons(question: SettingsQuestion, isStale: boolean): DaemonDecision {
  const { wanted, held, remembered, interfaceIndex } = question;
  const stops: SettingChange[] = [];
  const starts: SettingChange[] = [];
  const started: StartedDaemon[] = [];
  const roles = wanted.sync === null ? [] : rolesOf(wanted.sync, question.instanceState);
  for (const role of ROLES) {
    const running = held.daemons.find((daemon) => daemon.role === role);
    const ours = remembered.daemons.find(({ daemon }) => daemon.role === role);
    if (wanted.sync !== null && roles.includes(role)) {
      const daemon = daemonOf(wanted.sync, role);
      const isRight =
        running !== undefined &&
        !isStale &&
        isAsAsked(running, daemon) &&
        (ours === undefined || isUnchanged(ours, daemon, interfaceIndex));
      if (running !== undefined && !isRight)
        stops.push({ do: 'stop-daemon', role, daemon: running });
      if (!isRight) starts.push({ do: 'start-daemon', daemon });
      started.push({ daemon, interfaceIndex });
    } else if (running !== undefined && (wanted.sync !== null || ours !== undefined)) {
      // Without a sync daemon in the configuration, one that somebody else has started is his.
      stops.push({ do: 'stop-daemon', role, daemon: running });
    }
  }
  return { stops, starts, started };
}

/** Backup until VRRP says that we are master: what the other director knows is learnt before it is needed. */
export function rolesOf(
  sync: Pick<SyncSettings, 'instance'>,
  state: VrrpState | null,
): readonly SyncRole[] {
  if (sync.instance === null) return ROLES;
  return state === 'master' ? ['master'] : ['backup'];
}

function daemonOf(sync: SyncSettings, role: SyncRole): SyncDaemon {
  const { interface: link, syncId, maxlen, group, port, ttl } = sync;
  return { role, interface: link, syncId, maxlen, group, port, ttl };
}

/** What the kernel takes where nothing is asked; of maxlen it depends on the interface. */
const USUAL = { group: '224.0.0.81', port: 8848, ttl: 1 } as const;
/** A backup hears messages of this length at least, whatever is asked. */
const BACKUP_MAXLEN_MIN = 1024;

/** What a kernel before 4.3 does not tell counts as right. */
function isAsAsked(running: SyncDaemon, asked: SyncDaemon): boolean {
  const maxlen =
    asked.maxlen !== null && asked.role === 'backup'
      ? Math.max(asked.maxlen, BACKUP_MAXLEN_MIN)
      : asked.maxlen;
  return (
    running.interface === asked.interface &&
    running.syncId === asked.syncId &&
    (maxlen === null || running.maxlen === null || running.maxlen === maxlen) &&
    (['group', 'port', 'ttl'] as const).every(
      (field) => running[field] === null || running[field] === (asked[field] ?? USUAL[field]),
    )
  );
}

/** The daemon that we started is what is asked now, and its interface is still the same one. */
function isUnchanged(
  { daemon, interfaceIndex: before }: StartedDaemon,
  asked: SyncDaemon,
  interfaceIndex: number | null,
): boolean {
  return daemon.maxlen === asked.maxlen && (interfaceIndex === null || before === interfaceIndex);
}

function unionOf(
  old: readonly StartedDaemon[],
  started: readonly StartedDaemon[],
): readonly StartedDaemon[] {
  const gone = old.filter((one) => !started.some(({ daemon }) => daemon.role === one.daemon.role));
  return [...started, ...gone];
}

/** A change for a log line: `net.ipv4.vs.conn_reuse_mode 1 → 0`. */
export function renderSettingChange(change: SettingChange): string {
  switch (change.do) {
    case 'set-sysctl':
      return `net.ipv4.vs.${change.name} ${plain(change.from)} → ${plain(change.to)}`;
    case 'set-timeouts':
      return `timeouts ${timeoutsText(change.from, change.to)}`;
    case 'stop-daemon':
      return `- sync daemon ${daemonText(change.daemon)}`;
    case 'start-daemon':
      return `+ sync daemon ${daemonText(change.daemon)}`;
  }
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

const WORDS = { tcpSeconds: 'tcp', tcpFinSeconds: 'tcpfin', udpSeconds: 'udp' } as const;

function timeoutsText(from: ConnectionTimeouts, to: ConnectionTimeouts): string {
  return FIELDS.filter((field) => to[field] > 0)
    .map((field) => `${WORDS[field]} ${from[field]} → ${to[field]} s`)
    .join(', ');
}

function daemonText({ role, interface: link, syncId }: SyncDaemon): string {
  return `${role} on ${link}, id ${syncId}`;
}
