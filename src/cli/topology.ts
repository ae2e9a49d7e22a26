/** A snapshot as text: the director, VRRP, the virtual servers. */
import type { Snapshot } from '../api/protocol.ts';
import { formatSince, formatSpan, formatTime, plural, type TextStyle, tone } from './text.ts';
import { renderForeign, renderVirtualServers } from './topology-health.ts';
import { renderVrrp } from './topology-vrrp.ts';

export function renderSnapshot(snapshot: Snapshot, style: TextStyle): string {
  const { vrrp, health, ipvs, atMs: nowMs } = snapshot;
  return [
    renderDirector(snapshot, style),
    vrrp === null ? '' : `\nVRRP\n${renderVrrp(vrrp, { nowMs, style })}`,
    health === null
      ? ''
      : `\nVirtual servers\n${renderVirtualServers(health, { ipvs, nowMs, style })}`,
    ipvs === null ? '' : renderForeign(ipvs),
  ].join('');
}

function renderDirector(snapshot: Snapshot, style: TextStyle): string {
  const { configuration, processes, global, version, atMs, runDir } = snapshot;
  const { path, digest, loadedAtMs, warnings, refused } = configuration;
  const running = processes.map(({ name, pid, startedAtMs, restarts }) => {
    const again = restarts === 0 ? '' : `, restarted ${restarts} times`;
    return `${name} ${pid ?? 'not running'} (${formatSpan(atMs - startedAtMs)}${again})`;
  });
  const told = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`;
  return [
    `Director ${tone(global.routerId, 'strong', style)}  lvsd ${version}  ${runDir}\n`,
    `  configuration ${path}  ${digest}  ${formatSince(loadedAtMs, atMs)}${told}\n`,
    refused === null
      ? ''
      : `  ${tone(`${refused.digest} was refused at ${formatTime(refused.atMs, atMs)}: ${plural(refused.errors, 'error')}; lvsctl check tells them`, 'bad', style)}\n`,
    `  global definitions ${globalText(global)}\n`,
    `  processes ${running.join(', ')}\n`,
  ].join('');
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
    ...(global.flushAtStart ? ['lvs_flush'] : []),
  ].join(', ');
}
