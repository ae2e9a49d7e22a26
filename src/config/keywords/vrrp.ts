/** Keywords of `vrrp_instance`, `vrrp_sync_group`, `vrrp_script` and what stands in them. */
import {
  accepted,
  address,
  block,
  boolean,
  choice,
  entries,
  flag,
  globally,
  INT_MAX,
  integer,
  interfaceName,
  type Keyword,
  type KeywordTable,
  keyword,
  MANDATORY,
  phrase,
  script,
  seconds,
  tableOf,
  UINT_MAX,
  WHOLE_SECONDS_MAX,
  word,
} from './keyword.ts';
import { splitBrainPolicy } from './lease.ts';

/** 32 bits of milliseconds. */
const SCRIPT_SECONDS_MAX = 4_294_967;

const FIRST = { repeats: 'first' } as const;

const NOTIFY: readonly Keyword[] = [
  keyword('notify_master', script, 'run on becoming MASTER', FIRST),
  keyword('notify_backup', script, 'run on becoming BACKUP', FIRST),
  keyword('notify_fault', script, 'run on becoming FAULT', FIRST),
  keyword('notify_stop', script, 'run when the daemon stops', FIRST),
  keyword(
    'notify',
    script,
    'run on each change, with INSTANCE|GROUP NAME STATE PRIORITY appended',
    FIRST,
  ),
  keyword('notify_priority_changes', boolean, 'notify changes of the effective priority too', {
    inherits: globally('vrrp_notify_priority_changes'),
    default: 'off',
  }),
  keyword('smtp_alert', boolean, 'mail on each change', {
    inherits: globally('smtp_alert_vrrp', 'smtp_alert'),
    default: 'off',
  }),
];

const LIST = { repeats: 'list' } as const;

const TRACK: readonly Keyword[] = [
  keyword(
    'track_interface',
    entries('tracked interface'),
    'interfaces whose failure is a fault or costs priority',
    LIST,
  ),
  keyword(
    'track_script',
    entries('tracked'),
    'vrrp_scripts whose failure is a fault or costs priority',
    LIST,
  ),
  keyword('track_file', entries('tracked file'), 'track_files that move the priority', LIST),
  keyword(
    'track_process',
    entries('tracked file'),
    'vrrp_track_processes whose absence is a fault or costs priority',
    LIST,
  ),
  keyword(
    'track_bfd',
    entries('tracked'),
    'bfd_instances whose failure is a fault or costs priority',
    LIST,
  ),
];

const SECONDS = integer(0, WHOLE_SECONDS_MAX, { unit: 'seconds' });
/** keepalived takes 0 as 1. */
const AT_LEAST_ONE = integer(1, UINT_MAX, { tolerated: { min: 0, max: UINT_MAX } });

const ANNOUNCE: readonly Keyword[] = [
  keyword('garp_master_delay', SECONDS, 'until the second round of announcements; 0: none', {
    inherits: globally('vrrp_garp_master_delay'),
    default: '5',
  }),
  keyword('garp_master_repeat', AT_LEAST_ONE, 'announcements a round', {
    inherits: globally('vrrp_garp_master_repeat'),
    default: '5',
  }),
  keyword('garp_master_refresh', SECONDS, 'between refreshes; 0: none', {
    inherits: globally('vrrp_garp_master_refresh'),
    default: '0',
  }),
  keyword('garp_master_refresh_repeat', AT_LEAST_ONE, 'announcements a refresh', {
    inherits: globally('vrrp_garp_master_refresh_repeat'),
    default: '1',
  }),
  keyword(
    'garp_lower_prio_delay',
    SECONDS,
    'until the second round, after hearing a lower priority',
    {
      inherits: [
        ...globally('vrrp_garp_lower_prio_delay'),
        { block: 'vrrp_instance', keyword: 'garp_master_delay' },
        ...globally('vrrp_garp_master_delay'),
      ],
      default: '5',
    },
  ),
  keyword(
    'garp_lower_prio_repeat',
    integer(0, INT_MAX),
    'announcements, after hearing a lower priority',
    {
      inherits: [
        ...globally('vrrp_garp_lower_prio_repeat'),
        { block: 'vrrp_instance', keyword: 'garp_master_repeat' },
        ...globally('vrrp_garp_master_repeat'),
      ],
      default: '5',
    },
  ),
  keyword(
    'garp_form',
    choice('request', 'reply', 'both'),
    'of gratuitous ARP: some switches learn from replies only',
    {
      inherits: globally('vrrp_garp_form'),
      unset: 'request',
      ours: true,
    },
  ),
  keyword(
    'garp_extra_if',
    phrase('extra announcements or none'),
    'seconds between announcements of addresses with a virtual MAC, or of all; 0: none',
    { inherits: globally('vrrp_garp_extra_if'), default: '0' },
  ),
  keyword(
    'vmac_garp_intvl',
    phrase('extra announcements or none'),
    'seconds between announcements of addresses with a virtual MAC, or of all; 0: none',
    {
      inherits: globally('vrrp_garp_extra_if'),
      default: '0',
      insteadOf: 'garp_extra_if',
    },
  ),
];

const ADVERTISE: readonly Keyword[] = [
  keyword('advert_int', seconds(0.01, 255), 'time between advertisements', { default: '1' }),
  keyword('version', choice('2', '3'), 'of the protocol; of IPv6 always 3', {
    inherits: globally('vrrp_version'),
    default: '2',
  }),
  keyword('authentication', block('authentication'), 'of version 2'),
  keyword('auth_hmac', block('auth_hmac'), 'advertisements are signed with HMAC-SHA256', LIST),
  keyword('mcast_src_ip', address, 'source of the advertisements', {
    unset: 'primary address of the interface',
  }),
  keyword('mcast_dst_ip', { is: 'address', multicast: true }, 'group the advertisements go to', {
    inherits: globally('vrrp_mcast_group4', 'vrrp_mcast_group6'),
    unset: '224.0.0.18, of IPv6 ff02::12',
  }),
  keyword('unicast_src_ip', address, 'source of advertisements to peers', {
    unset: 'primary address of the interface',
  }),
  keyword(
    'unicast_peer',
    entries('peer'),
    'the other directors, where there is no multicast',
    LIST,
  ),
  keyword('unicast_ttl', integer(0, 255, { unit: 'hops' }), 'of advertisements to peers', {
    unset: '255',
  }),
  keyword('check_unicast_src', boolean, 'drop advertisements of who is no peer', {
    inherits: globally('vrrp_check_unicast_src'),
    unset: 'on',
  }),
  keyword(
    'advert_paths',
    entries('advertisement path'),
    'further paths that the same advertisements go by, to other directors of lvsd',
    { ...LIST, ours: true },
  ),
  keyword('unicast_fault_no_peer', flag, 'without peers, the instance is in FAULT'),
  keyword(
    'old_unicast_checksum',
    phrase('old checksum'),
    'the checksum of keepalived before 1.3.6',
    {
      unset: 'found out by itself',
    },
  ),
  keyword('v3_checksum_as_v2', boolean, 'no pseudo-header in the checksum of version 3', {
    inherits: globally('v3_checksum_as_v2'),
    unset: 'off',
  }),
  keyword('skip_check_adv_addr', boolean, 'do not compare addresses of each advertisement', {
    inherits: globally('vrrp_skip_check_adv_addr'),
    unset: 'off',
  }),
  keyword('owner_ignore_adverts', boolean, 'priority 255 hears no advertisements', {
    inherits: globally('vrrp_owner_ignore_adverts'),
    unset: 'off',
  }),
  keyword(
    'max_learned_interval',
    seconds(0.01, 255),
    'the longest interval of another MASTER of version 3 that is adopted',
    { unset: 'ten times advert_int', ours: true },
  ),
  keyword('lower_prio_no_advert', boolean, 'do not answer a lower priority', {
    inherits: globally('vrrp_lower_prio_no_advert'),
    default: 'off',
  }),
  keyword('higher_prio_send_advert', boolean, 'one advertisement before yielding', {
    inherits: globally('vrrp_higher_prio_send_advert'),
    default: 'off',
  }),
  keyword('down_timer_adverts', integer(1, 100), 'advertisements that may be missed', {
    inherits: globally('vrrp_down_timer_adverts'),
    default: '3',
  }),
  accepted(
    'kernel_rx_buf_size',
    integer(0, UINT_MAX, { unit: 'octets' }),
    'receive buffer of its socket',
    { inherits: globally('vrrp_rx_bufs_policy'), unset: 'the kernel’s choice' },
  ),
];

const ADDRESSES: readonly Keyword[] = [
  keyword('virtual_ipaddress', entries('address'), 'the addresses that the MASTER holds', LIST),
  keyword(
    'virtual_ipaddress_excluded',
    entries('address'),
    'held like them, but not advertised',
    LIST,
  ),
  keyword(
    'put_back_limit',
    phrase('limit of put-backs'),
    'so many put-backs of what others remove, within SECONDS, and the instance gives up for as long; 0: never',
    { inherits: globally('vrrp_put_back_limit'), unset: '10 times within 10 s', ours: true },
  ),
  keyword('virtual_routes', entries('route'), 'routes that the MASTER holds', LIST),
  keyword('virtual_rules', entries('rule'), 'policy rules that the MASTER holds', LIST),
  keyword('no_virtual_ipaddress', flag, 'the instance is meant to have no address'),
  keyword('native_ipv6', flag, 'advertise over IPv6, whatever the addresses are'),
  keyword('promote_secondaries', flag, 'secondary addresses survive their primary one'),
  keyword('accept', flag, 'take packets to the addresses without owning them', { unset: 'on' }),
  keyword('no_accept', flag, 'drop packets to the addresses when not the owner'),
  keyword('use_vmac', phrase('macvlan'), 'the addresses have a MAC of their own', {
    unset: 'off',
    repeats: 'first',
  }),
  keyword('use_vmac_addr', flag, 'addresses of other interfaces have a MAC of their own too'),
  keyword('vmac_xmit_base', flag, 'advertise through the interface below the macvlan'),
  keyword('use_ipvlan', phrase('ipvlan'), 'like use_vmac, with the MAC of the interface', {
    unset: 'off',
    repeats: 'first',
  }),
  keyword('vrf', interfaceName, 'VRF that the instance belongs to', FIRST),
];

const WHEN: readonly Keyword[] = [
  keyword('nopreempt', flag, 'a returning higher priority waits its turn'),
  keyword('preempt', flag, 'a higher priority takes over', { unset: 'on' }),
  keyword('preempt_delay', seconds(0, 1000), 'wait before taking over from a lower priority', {
    default: '0',
  }),
  keyword('dont_track_primary', flag, 'the failure of its own interface is no fault'),
  keyword('track_src_ip', flag, 'FAULT while the source address is absent'),
  keyword('timer_expired_backup', phrase('late timer'), 'a timer that ran late makes no MASTER', {
    unset: 'off',
  }),
  keyword('thread_timer_expired', phrase('late timer'), 'a timer that ran late makes no MASTER', {
    unset: 'off',
    insteadOf: 'timer_expired_backup',
  }),
  keyword('strict_mode', boolean, 'what the RFC does not have is refused', {
    inherits: globally('vrrp_strict'),
    unset: 'off',
  }),
];

const OURS = { ours: true } as const;

const GATE: readonly Keyword[] = [
  keyword(
    'gate',
    choice('on', 'off', 'auto'),
    'the kernel shuts the addresses of a MASTER that does not advertise; auto: where it has nf_tables',
    { inherits: globally('gate'), unset: 'auto', ...OURS },
  ),
  keyword('gate_time', seconds(0.02, 600), 'how long after an advertisement they stay open', {
    inherits: globally('gate_time'),
    unset: 'three times advert_int',
    ...OURS,
  }),
  keyword(
    'claim_wait',
    seconds(0, 600),
    'for who answers for an address though nobody advertises; 0: nobody is asked',
    { unset: 'three times advert_int', ...OURS },
  ),
  keyword(
    'isolation_anchor',
    entries('anchor'),
    'a director that none of these answers stands down unless it hears a peer',
    { unset: 'it never does', repeats: 'list', ...OURS },
  ),
];

export const VRRP_INSTANCE: KeywordTable = tableOf(
  keyword('state', choice('MASTER', 'BACKUP'), 'a hint for the start: MASTER waits less', {
    default: 'BACKUP',
  }),
  keyword('interface', interfaceName, 'where advertisements are sent and heard', {
    inherits: globally('default_interface'),
    default: 'eth0',
  }),
  keyword('virtual_router_id', integer(1, 255), 'the same on all directors of the pair', {
    unset: MANDATORY,
  }),
  keyword('priority', integer(1, 255), 'the higher one becomes MASTER; 255 owns the addresses', {
    default: '100',
  }),
  ...ADVERTISE,
  ...ADDRESSES,
  ...WHEN,
  ...GATE,
  ...ANNOUNCE,
  ...TRACK,
  ...NOTIFY,
  keyword(
    'notify_deleted',
    { is: 'script', optional: true },
    'run when a reload removes it',
    FIRST,
  ),
  keyword(
    'notify_master_rx_lower_pri',
    script,
    'run when the MASTER hears a lower priority',
    FIRST,
  ),
  accepted('debug', integer(0, 4), 'how much it logs', { default: '0' }),
  accepted('linkbeat_use_polling', flag, 'ask for the link of the interface again and again', {
    mend: 'write "linkbeat_interfaces { IFNAME }" at the top level',
  }),
  splitBrainPolicy('from global_defs'),
  keyword('lvs_sync_daemon_interface', interfaceName, 'IPVS synchronisation follows it', {
    repeats: 'first',
    mend: 'write "lvs_sync_daemon IFNAME INSTANCE" into global_defs',
  }),
);

export const AUTHENTICATION: KeywordTable = tableOf(
  keyword('auth_type', choice('PASS', 'AH'), 'PASS: the password in clear; AH: a header with MD5'),
  keyword('auth_pass', word, 'at most 8 characters count'),
);

export const AUTH_HMAC: KeywordTable = tableOf(
  keyword('active_key', integer(1, 255), 'key that advertisements are signed with', {
    unset: MANDATORY,
  }),
  keyword('anti_replay', choice('time', 'monotonic'), 'how old advertisements are told', {
    default: 'time',
  }),
  keyword('key', phrase('key'), 'a key', { unset: MANDATORY, repeats: 'list' }),
  keyword(
    'mode',
    choice('enforce', 'permissive', 'receive-only'),
    'what becomes of advertisements that are not signed',
    { default: 'enforce' },
  ),
  keyword('time_window', integer(1, 300, { unit: 'seconds' }), 'by how much clocks may differ', {
    unset: 'three times advert_int, and 5 s at least',
  }),
);

export const VRRP_SYNC_GROUP: KeywordTable = tableOf(
  keyword('group', entries('members'), 'instances that rise and fall together', {
    unset: MANDATORY,
    repeats: 'first',
  }),
  splitBrainPolicy('from global_defs'),
  keyword('sync_group_tracking_weight', flag, 'weights of members count'),
  keyword('global_tracking', flag, 'weights of members count', {
    insteadOf: 'sync_group_tracking_weight',
  }),
  ...TRACK,
  ...NOTIFY,
);

export const VRRP_SCRIPT: KeywordTable = tableOf(
  keyword('script', script, 'the command, in quotes when it has arguments', { unset: MANDATORY }),
  keyword('interval', seconds(0.001, SCRIPT_SECONDS_MAX), 'time between runs', { default: '1' }),
  keyword('timeout', seconds(0, SCRIPT_SECONDS_MAX), 'a longer run has failed; 0: the interval', {
    default: '1',
    inherits: [{ block: 'vrrp_script', keyword: 'interval' }],
  }),
  keyword(
    'weight',
    phrase('weight, reversible'),
    'moves the priority by as much; 0: failure is a fault',
    { default: '0' },
  ),
  keyword('rise', integer(1, INT_MAX), 'successes until up', { default: '1' }),
  keyword('fall', integer(1, INT_MAX), 'failures until down', { default: '1' }),
  keyword('user', phrase('account'), 'account to run as', {
    inherits: globally('script_user'),
    unset: 'the daemon’s',
  }),
  keyword('init_fail', flag, 'counts as down until it has succeeded'),
);
