/** Keywords of `vrrp_instance`, `vrrp_sync_group`, `vrrp_script` and what stands in them. */
import {
  address,
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
  withoutEffect,
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
  ...withoutEffect(`
    accept auth_hmac check_unicast_src debug garp_extra_if kernel_rx_buf_size linkbeat_use_polling
    lvs_sync_daemon_interface lvs_sync_daemon_inteface native_ipv6 no_accept no_virtual_ipaddress
    notify_deleted notify_master_rx_lower_pri notify_priority_changes old_unicast_checksum
    owner_ignore_adverts promote_secondaries skip_check_adv_addr smtp_alert strict_mode
    thread_timer_expired timer_expired_backup track_bfd track_file track_process track_src_ip
    unicast_fault_no_peer unicast_peer unicast_src_ip unicast_ttl use_ipvlan use_vmac use_vmac_addr
    v3_checksum_as_v2 virtual_routes virtual_rules vmac_garp_intvl vmac_xmit_base vrf`),
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
  ...withoutEffect(
    'notify_deleted notify_priority_changes smtp_alert track_bfd track_file track_process',
  ),
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
