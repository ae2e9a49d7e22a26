/** Keywords of `vrrp_instance`, `vrrp_sync_group`, `vrrp_script` and what stands in them. */
import {
  accepted,
  address,
  anything,
  block,
  boolean,
  choice,
  entries,
  flag,
  INT_MAX,
  integer,
  type KeywordTable,
  keyword,
  SECONDS_MAX,
  script,
  seconds,
  tableOf,
  UINT_MAX,
  word,
  words,
} from './keyword.ts';

const NOTIFY = [
  keyword('notify_master', script, 'run on becoming MASTER'),
  keyword('notify_backup', script, 'run on becoming BACKUP'),
  keyword('notify_fault', script, 'run on becoming FAULT'),
  keyword('notify_stop', script, 'run when the daemon stops'),
  keyword('notify', script, 'run on each change, with INSTANCE|GROUP NAME STATE PRIORITY appended'),
];

const TRACK = [
  keyword('track_interface', entries, 'interfaces whose failure is a fault or costs priority'),
  keyword('track_script', entries, 'vrrp_scripts whose failure is a fault or costs priority'),
];

export const VRRP_INSTANCE: KeywordTable = tableOf(
  keyword('state', choice('MASTER', 'BACKUP'), 'a hint for the start: MASTER waits less', {
    default: 'BACKUP',
  }),
  keyword('interface', word, 'where advertisements are sent and heard'),
  keyword('virtual_router_id', integer(1, 255), 'the same on all directors of the pair'),
  keyword('priority', integer(1, 255), 'the higher one becomes MASTER; 255 owns the addresses', {
    default: '100',
  }),
  keyword('advert_int', seconds(0.01, 255), 'time between advertisements', { default: '1' }),
  keyword('version', choice('2', '3'), 'of the protocol', { default: '2, and 3 for IPv6' }),
  keyword('authentication', { is: 'block', block: 'authentication' }, 'of version 2'),
  keyword('virtual_ipaddress', entries, 'the addresses that the MASTER holds'),
  keyword('virtual_ipaddress_excluded', entries, 'held like them, but not advertised'),
  keyword('nopreempt', flag, 'a returning higher priority waits its turn'),
  keyword('preempt', flag, 'a higher priority takes over', { default: 'on' }),
  keyword('preempt_delay', seconds(0, 1000), 'wait before taking over from a lower priority', {
    default: '0',
  }),
  keyword('mcast_src_ip', address, 'source of the advertisements', {
    default: 'primary address of the interface',
  }),
  keyword('mcast_dst_ip', address, 'group the advertisements go to', { default: '224.0.0.18' }),
  keyword('dont_track_primary', flag, 'the failure of its own interface is no fault'),
  keyword(
    'garp_master_delay',
    integer(0, UINT_MAX),
    'seconds until the second round of announcements',
    {
      default: '5',
    },
  ),
  keyword('garp_master_repeat', integer(0, UINT_MAX), 'announcements a round', { default: '5' }),
  keyword('garp_master_refresh', integer(0, UINT_MAX), 'seconds between refreshes; 0: none', {
    default: '0',
  }),
  keyword('garp_master_refresh_repeat', integer(0, UINT_MAX), 'announcements a refresh', {
    default: '1',
  }),
  keyword(
    'garp_lower_prio_delay',
    integer(0, UINT_MAX),
    'the same, after hearing a lower priority',
    {
      default: 'garp_master_delay',
    },
  ),
  keyword(
    'garp_lower_prio_repeat',
    integer(0, INT_MAX),
    'the same, after hearing a lower priority',
    {
      default: 'garp_master_repeat',
    },
  ),
  keyword('lower_prio_no_advert', boolean, 'do not answer a lower priority', { default: 'off' }),
  keyword('higher_prio_send_advert', boolean, 'one advertisement before yielding', {
    default: 'off',
  }),
  keyword('down_timer_adverts', integer(1, 100), 'advertisements that may be missed', {
    default: '3',
  }),
  ...TRACK,
  ...NOTIFY,
  accepted('accept', flag, 'accept packets to VIPs when not owner', {
    default: 'on unless strict',
  }),
  accepted('auth_hmac', block('auth_hmac'), 'HMAC-SHA256 trailer authentication', {
    repeatable: true,
  }),
  accepted('check_unicast_src', flag, 'drop unicast adverts from unlisted peers', {
    default: 'global value',
  }),
  accepted('debug', integer(0, 4), 'per-instance debug level', { default: '0' }),
  accepted('garp_extra_if', anything, 'periodic GARP on the vmac base or all interfaces', {
    default: '0 = off',
  }),
  accepted('kernel_rx_buf_size', integer(0, UINT_MAX), 'receive buffer of the instance socket', {
    default: 'global policy',
  }),
  accepted('linkbeat_use_polling', flag, 'poll the instance interface', { default: 'off' }),
  accepted('lvs_sync_daemon_interface', word, 'IPVS sync daemon bound to this instance'),
  accepted('lvs_sync_daemon_inteface', anything, 'another word of keepalived'),
  accepted('native_ipv6', flag, 'run VRRP over IPv6 when only IPv4 addresses would decide', {
    default: 'family from addresses',
  }),
  accepted('no_accept', flag, 'drop packets to VIPs when not owner', { default: 'off' }),
  accepted('no_virtual_ipaddress', flag, 'allow an instance without addresses', { default: 'off' }),
  accepted('notify_deleted', script, 'script run on removal at reload'),
  accepted(
    'notify_master_rx_lower_pri',
    script,
    'script run when a master hears a lower priority advert',
  ),
  accepted('notify_priority_changes', boolean, 'also notify effective priority changes', {
    default: 'global value',
  }),
  accepted('old_unicast_checksum', anything, 'force or forbid the old unicast checksum', {
    default: 'autodetected',
  }),
  accepted('owner_ignore_adverts', boolean, 'owner ignores every incoming advert', {
    default: 'global value; on under strict',
  }),
  accepted('promote_secondaries', flag, 'keep secondary addresses when primary removed', {
    default: 'off',
  }),
  accepted('skip_check_adv_addr', flag, 'skip address list check when sender unchanged', {
    default: 'global value',
  }),
  accepted('smtp_alert', boolean, 'mail on transitions', {
    default: 'global smtp_alert_vrrp, smtp_alert, else off',
  }),
  accepted('strict_mode', boolean, 'enforce RFC rules for this instance', {
    default: 'global vrrp_strict',
  }),
  accepted('thread_timer_expired', anything, 'old name of timer_expired_backup', {
    default: 'off',
  }),
  accepted(
    'timer_expired_backup',
    anything,
    'stay backup after late wake-up instead of promoting',
    { default: 'off' },
  ),
  accepted('track_bfd', entries, 'BFD sessions tracked', {
    default: 'weight of BFD',
    repeatable: true,
  }),
  accepted('track_file', entries, 'files tracked', { default: 'weight of file', repeatable: true }),
  accepted('track_process', entries, 'processes tracked', {
    default: 'weight of process',
    repeatable: true,
  }),
  accepted('track_src_ip', flag, 'FAULT while the configured source address is absent', {
    default: 'off',
  }),
  accepted('unicast_fault_no_peer', flag, 'FAULT when the unicast peer list is empty', {
    default: 'off',
  }),
  accepted('unicast_peer', entries, 'peers that get unicast adverts', { repeatable: true }),
  accepted('unicast_src_ip', address, 'source address for unicast adverts', {
    default: 'primary address of interface',
  }),
  accepted('unicast_ttl', integer(0, 255), 'TTL of unicast adverts', { default: '255' }),
  accepted('use_ipvlan', anything, 'use an l2 ipvlan instead of macvlan', {
    default: 'type bridge',
  }),
  accepted('use_vmac', anything, 'send and own addresses from a private macvlan', {
    default: 'name vrrp.VRID; MAC 00:00:5e:00:01|02:VRID',
  }),
  accepted('use_vmac_addr', flag, 'also create vmacs for VIPs on other interfaces', {
    default: 'off',
  }),
  accepted('v3_checksum_as_v2', boolean, 'omit pseudo header from v3 checksum', {
    default: 'global value',
  }),
  accepted('virtual_routes', entries, 'routes present while master', { repeatable: true }),
  accepted('virtual_rules', entries, 'policy rules present while master', { repeatable: true }),
  accepted('vmac_garp_intvl', anything, 'old name of garp_extra_if', { default: '0 = off' }),
  accepted('vmac_xmit_base', flag, 'send and receive adverts on the base interface', {
    default: 'off',
  }),
  accepted('vrf', anything, 'VRF the instance belongs to'),
);

export const AUTHENTICATION: KeywordTable = tableOf(
  keyword('auth_type', choice('PASS', 'AH'), 'PASS: the password in clear', { effect: 'partial' }),
  keyword('auth_pass', word, 'at most 8 characters count'),
);

export const VRRP_SYNC_GROUP: KeywordTable = tableOf(
  keyword('group', entries, 'instances that rise and fall together'),
  keyword('sync_group_tracking_weight', flag, 'weights of members count', { default: 'off' }),
  keyword('global_tracking', flag, 'weights of members count', {
    default: 'off',
    deprecatedFor: 'sync_group_tracking_weight',
  }),
  ...TRACK,
  ...NOTIFY,
  accepted('notify_priority_changes', boolean, 'also notify when effective priority changes', {
    default: 'global value',
  }),
  accepted('smtp_alert', boolean, 'mail on group transitions', {
    default: 'global smtp_alert_vrrp, smtp_alert, else off',
  }),
  accepted('track_bfd', entries, 'BFD sessions tracked for the whole group', { repeatable: true }),
  accepted('track_file', entries, 'files tracked for the whole group', { repeatable: true }),
  accepted('track_process', entries, 'processes tracked for the whole group', { repeatable: true }),
);

export const VRRP_SCRIPT: KeywordTable = tableOf(
  keyword('script', script, 'the command, in quotes when it has arguments'),
  keyword('interval', seconds(0.001, SECONDS_MAX), 'time between runs', { default: '1' }),
  keyword('timeout', seconds(0, SECONDS_MAX), 'a longer run has failed; 0: the interval', {
    default: '0',
  }),
  keyword('weight', words, 'moves the priority by as much; 0: failure is a fault', {
    default: '0',
  }),
  keyword('rise', integer(1, INT_MAX), 'successes until up', { default: '1' }),
  keyword('fall', integer(1, INT_MAX), 'failures until down', { default: '1' }),
  keyword('user', words, 'account to run as', { default: 'script_user, else the daemon’s' }),
  keyword('init_fail', flag, 'counts as down until it has succeeded'),
);
