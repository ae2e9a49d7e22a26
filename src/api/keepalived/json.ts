/** The JSON dump in keepalived's layout: the same keys in the same order. Pure. */
import type { Director } from '../../model/director.ts';
import type { Script } from '../../model/script.ts';
import type { InstanceSnapshot, VrrpSnapshot } from '../../model/snapshot-vrrp.ts';
import type { TrackKind, VrrpConfig, VrrpInstance } from '../../model/vrrp.ts';
import { packetErrors } from './errors.ts';
import { routeText, ruleText } from './paths.ts';
import { addressText, commandText } from './words.ts';

const STATE_NUMBERS = { init: 0, backup: 1, master: 2, fault: 3 } as const;
const AUTH_TYPES = { none: 0, pass: 1, ah: 2 } as const;
const MASK = '********';

/** Version 1 is a list of instances; version 2 an object with that list. */
export function jsonDump({ vrrp, dumps }: Director, snapshot: VrrpSnapshot | null): string {
  const instances = vrrp.instances.flatMap((instance) => {
    const state = snapshot?.instances.find(({ name }) => name === instance.name);
    return state === undefined
      ? []
      : [{ data: dataOf(instance, state, vrrp), stats: statsOf(state) }];
  });
  return `${JSON.stringify(dumps.jsonVersion === 1 ? instances : { vrrp: instances })}\n`;
}

function dataOf(
  instance: VrrpInstance,
  state: InstanceSnapshot,
  { scripts }: VrrpConfig,
): Readonly<Record<string, unknown>> {
  const { announce, notify, authentication, addresses, excludedAddresses, links } = instance;
  const isMaster = state.state === 'master';
  const number = STATE_NUMBERS[state.state];
  const tracked = (kind: TrackKind): readonly string[] =>
    instance.tracks.filter((one) => one.kind === kind).map(({ name }) => name);
  const commands = tracked('script').flatMap((name) => {
    const found = scripts.find((one) => one.name === name);
    return found === undefined ? [] : [commandText(found.script)];
  });
  const texts = (list: typeof addresses): readonly string[] =>
    list.map((one) => addressText(one, instance, isMaster));
  return {
    iname: instance.name,
    dont_track_primary: Number(!instance.trackPrimaryInterface),
    skip_check_adv_addr: Number(instance.hearing.compareOncePerSender),
    strict_mode: Number(instance.hearing.dropOtherAddresses),
    vmac_ifname: links.own?.kind === 'macvlan' ? links.own.name : '',
    ifp_ifname: links.own?.name ?? instance.interface,
    master_priority: isMaster ? 0 : (state.masterPriority ?? 0),
    last_transition: state.sinceMs / 1000,
    garp_delay: announce.secondAfterMs / 1000,
    garp_refresh: announce.refreshMs / 1000,
    garp_rep: announce.repeat,
    garp_refresh_rep: announce.refreshRepeat,
    garp_lower_prio_delay: announce.lowerPriorityDelayMs / 1000,
    garp_lower_prio_rep: announce.lowerPriorityRepeat,
    lower_prio_no_advert: Number(!instance.answerLowerPriority),
    higher_prio_send_advert: Number(instance.answerHigherPriority),
    vrid: instance.vrid,
    base_priority: instance.priority,
    effective_priority: state.effectivePriority,
    vipset: isMaster,
    promote_secondaries: links.promoteSecondaries,
    adver_int: instance.advertIntervalMs / 1000,
    master_adver_int: state.advertIntervalMs / 1000,
    accept: Number(instance.accept),
    nopreempt: !instance.preempt,
    preempt_delay: instance.preemptDelayMs / 1000,
    state: number,
    wantstate: number,
    version: instance.version,
    smtp_alert: notify.mails,
    notify_deleted: notify.tellsDeleted,
    ...command('script_backup', notify.backup),
    ...command('script_master', notify.master),
    ...command('script_fault', notify.fault),
    ...command('script_stop', notify.stop),
    ...command('script_deleted', notify.deleted),
    ...command('script_master_rx_lower_pri', notify.lowerPriority),
    ...command('script', notify.any),
    ...list('vips', texts(addresses)),
    ...list('evips', texts(excludedAddresses)),
    ...list('vroutes', instance.routes.map(routeText)),
    ...list('vrules', instance.rules.map(ruleText)),
    ...list('track_ifp', tracked('interface')),
    ...list('track_script', commands),
    auth_type: AUTH_TYPES[authentication.type],
    ...(authentication.type === 'none' ? {} : { auth_data: MASK }),
  };
}

/** What is not configured has no key. */
function command(key: string, script: Script | null): Readonly<Record<string, string>> {
  return script === null ? {} : { [key]: commandText(script) };
}

function list(
  key: string,
  entries: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  return entries.length === 0 ? {} : { [key]: entries };
}

function statsOf({ counters }: InstanceSnapshot): Readonly<Record<string, number>> {
  const errors = packetErrors(counters);
  return {
    advert_rcvd: counters.advertsReceived,
    advert_sent: counters.advertsSent,
    become_master: counters.becameMaster,
    release_master: counters.releasedMaster,
    packet_len_err: errors.length,
    advert_interval_err: errors.interval,
    ip_ttl_err: errors.ttl,
    invalid_type_rcvd: errors.type,
    addr_list_err: errors.addresses,
    invalid_authtype: errors.authenticationType,
    authtype_mismatch: errors.authenticationMismatch,
    auth_failure: errors.authentication,
    pri_zero_rcvd: counters.priorityZeroReceived,
    pri_zero_sent: counters.priorityZeroSent,
  };
}
