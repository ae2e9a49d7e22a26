/** `lvs_sched` and its flags: by what the kernel chooses a real server for a new connection. */
import { nearestOf } from '../../base/nearest.ts';
import { MH_DESTINATIONS_MAX } from '../../model/ipvs-table.ts';
import type { SchedulerFlags, VirtualServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Mode } from '../diagnostics/severity.ts';
import { SCHEDULERS } from '../keywords/schedulers.ts';
import { valueSpan } from '../rules/written.ts';
import type { Section, Setting } from '../values/section.ts';
import type { Services } from './services.ts';

const DEFAULT_SCHEDULER = 'wlc';
const MH = 'mh';
/** The kernel takes it for a service without scheduler. */
const NO_SCHEDULER = 'none';

export function readScheduling(
  section: Section,
  mode: Mode,
  reports: Reports,
): Pick<VirtualServer, 'scheduler' | 'schedulerFlags'> {
  const setting = section.find('lvs_sched');
  const scheduler = readScheduler(setting, section, mode, reports);
  const isMh = scheduler === MH;
  const fallback = section.has(`${scheduler}-fallback`) || section.has('flag-1');
  if (isMh && !fallback && setting !== null) {
    reports.add({
      code: 'adjusted',
      span: valueSpan(setting),
      message: 'mh always takes another server when the hashed one is down: mh-fallback is set',
      hint: 'write mh-fallback below lvs_sched',
    });
  }
  const schedulerFlags: SchedulerFlags = {
    // Without it, clients of a real server with weight 0 are refused, on every director of a set.
    fallback: fallback || isMh,
    port: section.has(`${scheduler}-port`) || section.has('flag-2'),
    third: section.has('flag-3'),
  };
  return { scheduler, schedulerFlags };
}

function readScheduler(
  setting: Setting | null,
  section: Section,
  mode: Mode,
  reports: Reports,
): string {
  if (!section.mentions('lvs_sched', 'lb_algo')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `this virtual_server names no lvs_sched: keepalived takes ${DEFAULT_SCHEDULER}`,
      hint: `write "lvs_sched ${DEFAULT_SCHEDULER}", or another one: ${SCHEDULERS.join(' ')}`,
    });
  }
  const name = setting?.value.is === 'text' ? setting.value.text : null;
  if (setting === null || name === null) return DEFAULT_SCHEDULER;
  if (SCHEDULERS.includes(name)) return name;
  tellScheduler(name, setting, mode, reports);
  // keepalived knows no others, and starts with its default.
  return mode === 'compat' ? DEFAULT_SCHEDULER : name;
}

function tellScheduler(name: string, setting: Setting, mode: Mode, reports: Reports): void {
  const known = `known are ${SCHEDULERS.join(' ')}`;
  const nearest = nearestOf(name, SCHEDULERS);
  const message =
    mode === 'compat'
      ? `"${name}" is no scheduler that keepalived knows: it takes ${DEFAULT_SCHEDULER}`
      : name === NO_SCHEDULER
        ? 'under "none" the kernel refuses every connection'
        : `"${name}" is no scheduler of the kernel's own: it must have a module ip_vs_${name}`;
  const hint = nearest === null ? known : `did you mean "${nearest}"? ${known}`;
  reports.add({
    code: 'unknown-scheduler',
    span: valueSpan(setting),
    message,
    hint,
    ...(nearest === null ? {} : { suggestion: nearest }),
  });
}

export function readOnePacket(section: Section, { keys }: Services, reports: Reports): boolean {
  const setting = section.find('ops');
  if (setting === null) return false;
  if (keys.every((key) => key.kind === 'fwmark' || key.protocol === 'udp')) return true;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: 'one-packet scheduling (ops) is for UDP and firewall marks',
  });
  return false;
}

/** `entries`: real servers, and the sorry server where it is one of them. */
export function tellTooManyForHash(
  section: Section,
  scheduler: string,
  entries: number,
  reports: Reports,
): void {
  if (scheduler !== MH || entries <= MH_DESTINATIONS_MAX) return;
  const setting = section.find('lvs_sched');
  reports.add({
    code: 'out-of-range',
    span: setting === null ? section.span : valueSpan(setting),
    message: `mh takes at most ${MH_DESTINATIONS_MAX} real servers, as many as its table has entries, and here are ${entries}`,
    hint: 'another scheduler, such as sh or wrr, or several virtual servers',
  });
}
