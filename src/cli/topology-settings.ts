/** Settings of IPVS in a snapshot as text: connection sync, and what will be as before when lvsd stops. */
import type {
  SettingsSnapshot,
  SyncDaemonSnapshot,
  SyncHeard,
  SyncSnapshot,
} from '../model/snapshot-settings.ts';
import { formatSince, formatSpan, plural, type TextStyle, tone } from './text.ts';

interface Context {
  readonly nowMs: number;
  readonly style: TextStyle;
}

/** Nothing where nothing of it is ours and no sync daemon runs. */
export function renderSettings(settings: SettingsSnapshot, context: Context): string {
  const lines = [...ownLines(settings), ...refusedLines(settings, context)];
  const sync = syncLines(settings.sync, context);
  return [
    sync.length === 0 ? '' : `\nConnection sync\n${sync.join('')}`,
    lines.length === 0 ? '' : `\nSettings of IPVS\n${lines.join('')}`,
  ].join('');
}

const TIMEOUTS = [
  ['tcp', 'tcpSeconds'],
  ['tcpfin', 'tcpFinSeconds'],
  ['udp', 'udpSeconds'],
] as const;

/** `was`: what comes back when lvsd stops. */
function ownLines({ timeouts, timeoutsBefore, sysctls }: SettingsSnapshot): readonly string[] {
  const ours = TIMEOUTS.filter(([, field]) => timeoutsBefore[field] > 0);
  const parts = ours.map(
    ([word, field]) => `${word} ${timeouts[field]} s (was ${timeoutsBefore[field]})`,
  );
  return [
    ...(parts.length === 0 ? [] : [`  timeouts ${parts.join(', ')}\n`]),
    ...sysctls.map(
      ({ name, value, before }) => `  net.ipv4.vs.${name} ${plain(value)} (was ${plain(before)})\n`,
    ),
  ];
}

function plain(value: string): string {
  return value.replace(/\s+/g, ' ');
}

function refusedLines({ refused }: SettingsSnapshot, { style }: Context): readonly string[] {
  return refused.map((one) => `  ${tone(one, 'bad', style)}\n`);
}

function syncLines(sync: SyncSnapshot, context: Context): readonly string[] {
  const { daemons, follows, heard, deaf, learnt } = sync;
  if (daemons.length === 0 && heard === null) return [];
  return [
    follows === null ? '' : `  follows VRRP instance ${tone(follows, 'strong', context.style)}\n`,
    daemons.length === 0 ? `  ${tone('no sync daemon runs', 'bad', context.style)}\n` : '',
    ...daemons.map((daemon) => daemonLine(daemon, context)),
    learnt === null ? '' : `      ${learntText(learnt)}\n`,
    heard === null ? '' : `      ${heardText(heard, context)}\n`,
    deaf === null ? '' : `      messages cannot be heard here: ${deaf}\n`,
  ];
}

function daemonLine(daemon: SyncDaemonSnapshot, { style }: Context): string {
  const { role, syncId, group, port, ttl, maxlen, owned } = daemon;
  const kind = role === 'master' ? 'good' : 'weak';
  const details = [
    `on ${daemon.interface}`,
    `id ${syncId}`,
    ...(group === null || port === null ? [] : [`to ${group} port ${port}`]),
    ...(ttl === null ? [] : [`ttl ${ttl}`]),
    ...(maxlen === null ? [] : [`maxlen ${maxlen}`]),
    ...(owned ? [] : ['not ours']),
  ];
  return `  ${tone(role.toUpperCase(), kind, style)}  ${details.join(', ')}\n`;
}

function learntText({ connections, isAll }: NonNullable<SyncSnapshot['learnt']>): string {
  const count = plural(connections, 'connection');
  return `${isAll ? '' : 'at least '}${count} of the table learnt from another director`;
}

function heardText(heard: SyncHeard, { nowMs }: Context): string {
  const { messages, entries, lastAtMs, lastFrom, otherIds, sinceMs } = heard;
  const since = formatSince(sinceMs, nowMs);
  const others = otherIds === 0 ? '' : `; ${plural(otherIds, 'message')} of other ids ignored`;
  if (lastAtMs === null) return `nothing heard ${since}${others}`;
  const last = `last ${formatSpan(Math.max(0, nowMs - lastAtMs))} ago from ${lastFrom}`;
  const told = entries === 1 ? '1 entry' : `${entries} entries`;
  return `heard ${told} in ${plural(messages, 'message')} ${since}, ${last}${others}`;
}
