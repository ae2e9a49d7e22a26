/** A snapshot as text: the director, VRRP, the virtual servers. */
import type {
  ConfigurationSnapshot,
  PinSnapshot,
  RefusedConfiguration,
  Snapshot,
  Unconfirmed,
} from '../api/protocol.ts';
import type { JsonDiagnostic } from '../model/json-diagnostic.ts';
import {
  formatSince,
  formatSpan,
  formatTime,
  plural,
  printable,
  type TextStyle,
  tone,
} from './text.ts';
import { renderBfd } from './topology-bfd.ts';
import {
  renderDrains,
  renderDrift,
  renderForeign,
  renderVirtualServers,
} from './topology-health.ts';
import { renderNotify } from './topology-notify.ts';
import { renderSettings } from './topology-settings.ts';
import { renderVrrp } from './topology-vrrp.ts';

/** More are told by `lvsctl check`. */
const ERRORS_SHOWN_MAX = 5;

export function renderSnapshot(snapshot: Snapshot, style: TextStyle): string {
  const { vrrp, bfd, health, ipvs, settings, drains, notify, atMs: nowMs } = snapshot;
  return [
    renderDirector(snapshot, style),
    vrrp === null ? '' : `\nVRRP\n${renderVrrp(vrrp, { nowMs, style })}`,
    bfd === null ? '' : `\nBFD\n${renderBfd(bfd, { nowMs, style })}`,
    health === null
      ? ''
      : `\nVirtual servers\n${renderVirtualServers(health, { ipvs, drains, nowMs, style })}`,
    drains === null ? '' : renderDrains(drains, nowMs),
    ipvs === null ? '' : renderDrift(ipvs, nowMs),
    ipvs === null ? '' : renderForeign(ipvs),
    settings === null ? '' : renderSettings(settings, { nowMs, style }),
    notify === null ? '' : renderNotify(notify, style),
  ].join('');
}

function renderDirector(snapshot: Snapshot, style: TextStyle): string {
  const { configuration, processes, global, version, atMs, runDir } = snapshot;
  const running = processes.map(({ name, pid, startedAtMs, restarts }) => {
    const again = restarts === 0 ? '' : `, restarted ${plural(restarts, 'time')}`;
    return `${name} ${pid ?? 'not running'} (${formatSpan(atMs - startedAtMs)}${again})`;
  });
  return [
    `Director ${tone(global.routerId, 'strong', style)}  lvsd ${version}  ${runDir}\n`,
    renderConfiguration(configuration, atMs, style),
    `  global definitions ${globalText(global)}\n`,
    `  processes ${running.join(', ')}\n`,
    ...silent(snapshot).map((name) => {
      const what = `${name} has not answered: what it knows is missing here`;
      return `    ${tone(what, 'bad', style)}\n`;
    }),
  ].join('');
}

/** Processes that run, and have not told their part in time: they have just started, or have much to read. */
function silent({ processes, vrrp, bfd, health, notify }: Snapshot): readonly string[] {
  const part = {
    supervisor: true,
    vrrp: vrrp !== null,
    bfd: bfd !== null,
    health: health !== null,
    notify: notify !== null,
  };
  return processes.filter(({ name, pid }) => pid !== null && !part[name]).map(({ name }) => name);
}

function renderConfiguration(
  configuration: ConfigurationSnapshot,
  nowMs: number,
  style: TextStyle,
): string {
  const { path, digest, loadedAtMs, warnings, unconfirmed, refused } = configuration;
  const told = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`;
  const since = formatSince(loadedAtMs, nowMs);
  return [
    `  configuration ${path}  ${digest} in force ${since}${told}\n`,
    renderStay(configuration, nowMs, style),
    ...unconfirmed.map((one) => `    ${tone(`not confirmed by ${named(one)}`, 'bad', style)}\n`),
    refused === null ? '' : renderRefused(refused, { path, nowMs, style }),
  ].join('');
}

/** Whether it stays, and whether it is what the file says. */
function renderStay(
  { pin, pending }: ConfigurationSnapshot,
  nowMs: number,
  style: TextStyle,
): string {
  if (pending !== null) {
    const left = formatSpan(Math.max(0, pending.untilMs - nowMs));
    const what = `for ${left} more: lvsctl confirm keeps it, else ${pending.before} returns`;
    return `    ${tone(what, 'bad', style)}\n`;
  }
  if (pin === null) return '';
  const when = `${PINNED[pin.reason]} at ${formatTime(pin.sinceMs, nowMs)}`;
  const what = `a kept copy, ${when}; the daemon's file is ${pin.fileDigest}: lvsctl reload reads it`;
  return `    ${tone(what, 'bad', style)}\n`;
}

const PINNED: Readonly<Record<PinSnapshot['reason'], string>> = {
  applied: 'applied from another file',
  'rolled-back': 'rolled back',
  'not-confirmed': 'rolled back because nobody confirmed',
};

/** The newest file with the first of its errors; or the processes that cannot do what it asks for. */
function renderRefused(
  { digest, atMs, errors, diagnostics, processes }: RefusedConfiguration,
  { path, nowMs, style }: { path: string; nowMs: number; style: TextStyle },
): string {
  const why = errors > 0 ? plural(errors, 'error') : 'it needs what cannot be done here';
  const title = `${digest ?? 'a file'} refused at ${formatTime(atMs, nowMs)}: ${why}`;
  const shown = diagnostics.slice(0, ERRORS_SHOWN_MAX);
  const more = errors - shown.length;
  return [
    `  ${tone(title, 'bad', style)}\n`,
    ...shown.map((one) => `    ${renderPlace(one)}\n`),
    more > 0 ? `    and ${more} more: lvsctl check ${path}\n` : '',
    ...processes.map((one) => `    ${named(one)}\n`),
  ].join('');
}

function renderPlace({ file, line, column, code, message, hint }: JsonDiagnostic): string {
  const cure = hint === null ? '' : ` (${hint})`;
  return printable(`${file}:${line}:${column}: ${code}: ${message}${cure}`);
}

function named({ process, reason, hint }: Unconfirmed): string {
  return `${process}: ${reason}${hint === null ? '' : ` (${hint})`}`;
}

/** Keywords with their values, as they would be written. */
function globalText(global: Snapshot['global']): string {
  return [
    `router_id ${global.routerId}`,
    `child_wait_time ${global.childWaitMs / 1000}`,
    ...(global.scriptUser === null ? [] : [`script_user ${global.scriptUser}`]),
    ...(global.scriptSecurity ? ['enable_script_security'] : []),
    ...(global.vrrpStartupDelayMs === 0
      ? []
      : [`vrrp_startup_delay ${global.vrrpStartupDelayMs / 1000}`]),
    ...(global.netNamespace === null ? [] : [`net_namespace ${global.netNamespace}`]),
    ...(global.flushAtStart ? ['lvs_flush'] : []),
  ].join(', ');
}
