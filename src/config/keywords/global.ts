/** Keywords of the top level and of `global_defs`. */
import { PEER_PORT } from '../../model/peer-link.ts';
import {
  type AddressScalar,
  accepted,
  block,
  boolean,
  choice,
  either,
  entries,
  flag,
  form,
  INT_MAX,
  INT_MIN,
  integer,
  interfaceName,
  type KeywordTable,
  keyword,
  MICROSECOND,
  name,
  type Place,
  PORT_MAX,
  path,
  phrase,
  SECONDS_MAX,
  script,
  seconds,
  tableOf,
  UINT_MAX,
  WHOLE_SECONDS_MAX,
  word,
} from './keyword.ts';
import { splitBrainPolicy } from './lease.ts';

function of(keyword: string): readonly Place[] {
  return [{ block: 'global_defs', keyword }];
}

const NICE = integer(-20, 19);
/** keepalived takes what is above as 99. */
const REALTIME = integer(1, 99, { tolerated: { min: INT_MIN, max: INT_MAX } });
/** keepalived takes 0 as 1. */
const AT_LEAST_ONE = integer(1, UINT_MAX, { tolerated: { min: 0, max: UINT_MAX } });
const OCTETS = integer(0, UINT_MAX, { unit: 'octets' });
/** Each process is asked every two seconds: less would be one lost answer. */
const WATCHDOG = seconds(4, 3600);
const MICROSECONDS = integer(1, UINT_MAX, { unit: 'microseconds' });
const SECONDS = integer(0, WHOLE_SECONDS_MAX, { unit: 'seconds' });
const SCRIPT_SECONDS = integer(1, 1000, { unit: 'seconds' });
/** The kernel shows 15 octets of a name. */
const PROCESS_NAME = name(15, { isCut: true });
const GROUP4: AddressScalar = { is: 'address', family: 'ipv4', multicast: true };
const GROUP6: AddressScalar = { is: 'address', family: 'ipv6', multicast: true };

export const TOP_LEVEL: KeywordTable = tableOf(
  keyword('global_defs', block('global_defs'), 'settings of the daemon', { repeats: 'list' }),
  keyword('vrrp_instance', block('vrrp_instance', 'name'), 'one virtual router', {
    repeats: 'list',
  }),
  keyword('vrrp_sync_group', block('vrrp_sync_group', 'name'), 'instances that move together', {
    repeats: 'list',
  }),
  keyword('vrrp_script', block('vrrp_script', 'name'), 'a script to track', {
    repeats: 'list',
  }),
  keyword('lease', block('lease'), 'who decides which director may be MASTER', { ours: true }),
  keyword(
    'virtual_server',
    block('virtual_server', 'service'),
    'a service and the servers behind it',
    {
      repeats: 'list',
    },
  ),
  keyword(
    'child_wait_time',
    integer(0, UINT_MAX, { unit: 'seconds' }),
    'how long a process may take to stop',
    { default: '5' },
  ),
  accepted('SSL', block('SSL'), 'TLS client material used by SSL_GET'),
  keyword('bfd_instance', block('bfd_instance', 'BFD name'), 'declares one BFD session', {
    repeats: 'list',
  }),
  keyword(
    'garp_group',
    block('garp_group'),
    'rate limit shared by interfaces for GARP/NA sending',
    { repeats: 'list' },
  ),
  keyword('instance', word, 'name of this daemon in the names of dumps (data_use_instance)', {
    repeats: 'first',
  }),
  keyword(
    'interface_up_down_delays',
    entries('delays of an interface'),
    'debounce link state changes per interface',
    { unset: 'no delay', repeats: 'list' },
  ),
  accepted(
    'linkbeat_interfaces',
    entries('polled interface'),
    'poll listed interfaces for link instead of netlink',
    { unset: 'netlink tells', repeats: 'list' },
  ),
  accepted('linkbeat_use_polling', flag, 'poll link state of every interface'),
  accepted('namespace_with_ipsets', boolean, 'allow ipsets together with network namespaces', {
    default: 'off',
  }),
  keyword('net_namespace', form('namespace'), 'run the whole daemon in this network namespace', {
    unset: 'that of the host',
    repeats: 'first',
  }),
  keyword(
    'net_namespace_ipvs',
    form('namespace'),
    'the network namespace whose IPVS is programmed',
    {
      inherits: [{ block: 'the top level', keyword: 'net_namespace' }],
      unset: 'that of the host',
      repeats: 'first',
    },
  ),
  keyword(
    'static_ipaddress',
    entries('static address'),
    'addresses added at start, removed at stop',
    { repeats: 'list' },
  ),
  keyword('static_routes', entries('static route'), 'routes added at start, removed at stop', {
    repeats: 'list',
  }),
  keyword('static_rules', entries('static rule'), 'policy rules added at start, removed at stop', {
    repeats: 'list',
  }),
  keyword(
    'track_file',
    block('track_file', 'name'),
    'declares a file whose integer content drives priority or weight',
    { repeats: 'list' },
  ),
  keyword(
    'track_group',
    block('track_group', 'name'),
    'names VRRP instances that static items follow',
    { repeats: 'list' },
  ),
  accepted('use_pid_dir', flag, 'put pid files in the keepalived run sub-directory'),
  keyword(
    'virtual_server_group',
    entries('group entry', 'name'),
    'addresses, ranges and firewall marks that share their real servers',
    { repeats: 'list' },
  ),
  keyword(
    'vrrp_track_file',
    block('track_file', 'name'),
    'declares a file whose integer content drives priority or weight',
    { repeats: 'list', insteadOf: 'track_file' },
  ),
  keyword(
    'vrrp_track_process',
    block('vrrp_track_process', 'name'),
    'declares a process whose instance count is monitored',
    { repeats: 'list' },
  ),
);

export const GLOBAL_DEFS: KeywordTable = tableOf(
  splitBrainPolicy('nowhere'),
  keyword('router_id', word, 'name of this director', { unset: 'the host name' }),
  keyword('enable_script_security', flag, 'refuse scripts run as root that others can change'),
  keyword(
    'script_security',
    choice('refuse', 'warn'),
    'what becomes of scripts run as root that others can change',
    { unset: 'refuse; of keepalived’s own file: warn', ours: true },
  ),
  keyword('script_user', phrase('account'), 'account that scripts run as', {
    unset: 'keepalived_script, else the daemon’s',
  }),
  keyword('drain_on_remove', form('span of time'), 'default drain_on_remove', {
    unset: '0',
    ours: true,
  }),
  keyword('default_interface', interfaceName, 'of instances that name none', { default: 'eth0' }),
  keyword('vrrp_version', choice('2', '3'), 'of instances that name none', { default: '2' }),
  keyword('vrrp_mcast_group4', GROUP4, 'group of IPv4 advertisements', { default: '224.0.0.18' }),
  keyword('vrrp_mcast_group6', GROUP6, 'group of IPv6 advertisements', { default: 'ff02::12' }),
  keyword('vrrp_startup_delay', seconds(0.001, SECONDS_MAX), 'nobody becomes MASTER before', {
    repeats: 'largest',
  }),
  keyword('vrrp_down_timer_adverts', integer(1, 100), 'advertisements that may be missed', {
    default: '3',
  }),
  keyword(
    'peer_link_port',
    either(integer(1, PORT_MAX), choice('off')),
    'UDP port on which directors of lvsd prepare hand-overs; off: they do not',
    { unset: String(PEER_PORT), ours: true },
  ),
  keyword('gate', choice('on', 'off', 'auto'), 'see gate of vrrp_instance', {
    unset: 'auto',
    ours: true,
  }),
  keyword('gate_time', seconds(0.02, 600), 'see gate_time of vrrp_instance', {
    unset: 'three times advert_int',
    ours: true,
  }),
  keyword('vrrp_garp_master_delay', SECONDS, 'see garp_master_delay', { default: '5' }),
  keyword('vrrp_garp_master_repeat', AT_LEAST_ONE, 'see garp_master_repeat', { default: '5' }),
  keyword('vrrp_garp_master_refresh', SECONDS, 'see garp_master_refresh', { default: '0' }),
  keyword('vrrp_garp_master_refresh_repeat', AT_LEAST_ONE, 'announcements a refresh', {
    default: '1',
  }),
  keyword('vrrp_garp_lower_prio_delay', SECONDS, 'see garp_lower_prio_delay', {
    default: '5',
    inherits: of('vrrp_garp_master_delay'),
  }),
  keyword('vrrp_garp_lower_prio_repeat', integer(0, INT_MAX), 'see garp_lower_prio_repeat', {
    default: '5',
    inherits: of('vrrp_garp_master_repeat'),
  }),
  keyword('vrrp_lower_prio_no_advert', boolean, 'see lower_prio_no_advert', { default: 'off' }),
  keyword('vrrp_higher_prio_send_advert', boolean, 'see higher_prio_send_advert', {
    default: 'off',
  }),
  keyword('vrrp_watchdog', WATCHDOG, 'silence after which the VRRP process is killed', {
    unset: '10',
    ours: true,
  }),
  keyword('bfd_watchdog', WATCHDOG, 'silence after which the BFD process is killed', {
    unset: '10',
    ours: true,
  }),
  keyword('checker_watchdog', WATCHDOG, 'silence after which the health process is killed', {
    unset: '60',
    ours: true,
  }),
  keyword('vrrp_rt_priority', REALTIME, 'real-time priority of the VRRP process', { unset: 'off' }),
  keyword('vrrp_priority', NICE, 'nice value of the VRRP process', { unset: 'that of the daemon' }),
  keyword('vrrp_no_swap', flag, 'lock the memory of the VRRP process'),
  keyword('checker_rt_priority', REALTIME, 'real-time priority of the health process', {
    unset: 'off',
  }),
  keyword('checker_priority', NICE, 'nice value of the health process', {
    unset: 'that of the daemon',
  }),
  keyword('checker_no_swap', flag, 'lock the memory of the health process'),
  keyword('checker_log_all_failures', boolean, 'log each failed attempt', { default: 'off' }),
  keyword('lvs_flush', flag, 'empty the kernel’s table at start, whoever filled it'),
  keyword('bfd_cpu_affinity', phrase('CPUs'), 'CPUs for the bfd process'),
  keyword('bfd_no_swap', flag, 'lock the memory of the BFD process'),
  keyword('bfd_priority', NICE, 'nice value of the BFD process', { unset: 'that of the daemon' }),
  keyword('bfd_process_name', PROCESS_NAME, 'what ps calls the bfd process', {
    unset: 'with process_names lvsd_bfd, else that of Node',
  }),
  accepted('bfd_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'bfd_rlimit_rttime',
  }),
  accepted('bfd_rlimit_rttime', MICROSECONDS, 'realtime CPU limit before signal, bfd process', {
    default: '10000',
  }),
  keyword('bfd_rt_priority', REALTIME, 'real-time priority of the BFD process', { unset: 'off' }),
  keyword('checker_cpu_affinity', phrase('CPUs'), 'CPUs for the checker process'),
  keyword('checker_process_name', PROCESS_NAME, 'what ps calls the health process', {
    unset: 'with process_names lvsd_health, else that of Node',
  }),
  accepted('checker_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'checker_rlimit_rttime',
  }),
  accepted(
    'checker_rlimit_rttime',
    MICROSECONDS,
    'realtime CPU limit before signal, checker process',
    { default: '10000' },
  ),
  accepted('config_save_dir', path, 'store copies of loaded configuration'),
  keyword('data_use_instance', boolean, 'names of dumps have net_namespace and instance in them', {
    default: 'off',
  }),
  accepted('dbus_no_interface_name', word, 'path element for instances without interface'),
  accepted('dbus_service_name', word, 'D-Bus service name', { default: 'org.keepalived.Vrrp1' }),
  accepted('disable_local_igmp', flag, 'turn off link-local IGMP reports'),
  keyword(
    'dynamic_interfaces',
    phrase('dynamic interfaces'),
    'accept interfaces that do not exist yet',
    { unset: 'off' },
  ),
  accepted('enable_dbus', flag, 'offer the D-Bus interface'),
  accepted('enable_snmp_checker', flag, 'KEEPALIVED-MIB, checker part'),
  accepted('enable_snmp_keepalived', flag, 'KEEPALIVED-MIB, VRRP part', {
    insteadOf: 'enable_snmp_vrrp',
  }),
  accepted('enable_snmp_rfc', flag, 'both RFC MIBs'),
  accepted('enable_snmp_rfcv2', flag, 'RFC 2787 VRRP MIB'),
  accepted('enable_snmp_rfcv3', flag, 'RFC 6527 VRRPv3 MIB'),
  accepted('enable_snmp_vrrp', flag, 'KEEPALIVED-MIB, VRRP part'),
  accepted('enable_traps', flag, 'send SNMP traps'),
  keyword('fifo_write_vrrp_states_on_reload', flag, 'write all VRRP states to FIFOs after reload'),
  keyword('include_check', phrase('include checks'), 'severity of include problems'),
  keyword('iproute_etc_dir', path, 'directory of local iproute2 name tables', {
    unset: 'where iproute2 has them',
  }),
  keyword('iproute_usr_dir', path, 'directory of distribution iproute2 name tables', {
    unset: 'where iproute2 has them',
  }),
  keyword('json_dump_file', path, 'file of the JSON dump', {
    unset: 'keepalived.json',
  }),
  keyword('json_version', choice('1', '2'), 'layout of the JSON dump', { unset: '1' }),
  accepted('log_unknown_vrids', flag, 'log adverts for VRIDs not configured'),
  keyword(
    'lvs_flush_on_stop',
    phrase('flush on stop'),
    'empty the kernel’s table at stop, whoever filled it',
    {
      unset: 'off',
    },
  ),
  keyword(
    'lvs_flush_onstop',
    phrase('flush on stop'),
    'empty the kernel’s table at stop, whoever filled it',
    {
      unset: 'off',
      insteadOf: 'lvs_flush_on_stop',
    },
  ),
  accepted(
    'lvs_netlink_cmd_rcv_bufs',
    OCTETS,
    'receive buffer of the checker netlink command socket',
    { unset: 'the kernel’s choice' },
  ),
  accepted(
    'lvs_netlink_cmd_rcv_bufs_force',
    boolean,
    'force checker netlink command buffer above rmem_max',
    { default: 'off' },
  ),
  accepted(
    'lvs_netlink_monitor_rcv_bufs',
    OCTETS,
    'receive buffer of the checker netlink monitor socket',
    { unset: 'the kernel’s choice' },
  ),
  accepted(
    'lvs_netlink_monitor_rcv_bufs_force',
    boolean,
    'force checker netlink monitor buffer above rmem_max',
    { default: 'off' },
  ),
  keyword('lvs_notify_fifo', phrase('FIFO'), 'FIFO for LVS events only', { repeats: 'first' }),
  keyword('lvs_notify_fifo_script', script, 'reader process for the LVS FIFO', {
    repeats: 'first',
  }),
  keyword('lvs_process_name', PROCESS_NAME, 'what ps calls the health process', {
    unset: 'with process_names lvsd_health, else that of Node',
    insteadOf: 'checker_process_name',
  }),
  keyword('lvs_sync_daemon', phrase('sync daemon'), 'kernel connection synchronisation', {
    repeats: 'first',
  }),
  keyword('lvs_sysctl', block('lvs_sysctl'), 'settings of net.ipv4.vs; restored at stop', {
    repeats: 'list',
    unset: 'as they are',
    ours: true,
  }),
  keyword('lvs_timeouts', phrase('timeouts of IPVS'), 'of connections; restored at stop', {
    unset: 'the kernel’s',
  }),
  accepted(
    'max_auto_priority',
    integer(-1, 99, { bare: 99 }),
    'highest realtime priority used automatically when late',
    { default: '0' },
  ),
  accepted(
    'min_auto_priority_delay',
    integer(1, 10_000_000, { unit: 'microseconds' }),
    'lateness that triggers automatic priority',
    { default: '1000000' },
  ),
  accepted('nftables', phrase('table of nftables'), 'use nftables for no_accept and vmac', {
    unset: 'off',
    repeats: 'first',
  }),
  accepted('nftables_counters', flag, 'add counters to created rules'),
  accepted('nftables_ifindex', flag, 'match interface index instead of name'),
  accepted(
    'nftables_ipvs',
    phrase('table of nftables'),
    'use nft maps to set fwmarks for virtual server groups',
    { unset: 'off', repeats: 'first' },
  ),
  accepted('nftables_ipvs_priority', integer(INT_MIN, INT_MAX), 'priority of the IPVS base chain', {
    default: '-1',
  }),
  accepted(
    'nftables_ipvs_start_fwmark',
    integer(1, UINT_MAX),
    'first automatically allocated fwmark',
    { default: '1000' },
  ),
  accepted('nftables_priority', integer(INT_MIN, INT_MAX), 'base chain priority', {
    default: '-1',
  }),
  accepted('no_checker_emails', boolean, 'no mail for single checker changes', { default: 'off' }),
  keyword('no_email_faults', flag, 'no mail on FAULT'),
  keyword('notification_email', entries('mail addresses'), 'recipients of alert mails', {
    repeats: 'list',
  }),
  keyword('notification_email_from', word, 'sender of alert mails', { unset: 'USER@HOST' }),
  keyword('notify_fifo', phrase('FIFO'), 'FIFO for VRRP and LVS events', { repeats: 'first' }),
  keyword('notify_fifo_script', script, 'reader process for notify_fifo', { repeats: 'first' }),
  accepted('process_monitor_rcv_bufs', OCTETS, 'receive buffer of the process connector socket', {
    unset: 'the kernel’s choice',
  }),
  accepted(
    'process_monitor_rcv_bufs_force',
    boolean,
    'force process connector buffer above rmem_max',
    { default: 'off' },
  ),
  keyword('process_name', PROCESS_NAME, 'what ps calls the supervisor', {
    unset: 'with process_names lvsd, else that of Node',
  }),
  keyword('process_names', flag, 'each process has a name of its own'),
  accepted('random_seed', integer(0, UINT_MAX), 'seed of the internal random source', {
    unset: 'the time',
  }),
  accepted('reload_check_config', phrase('optional path'), 'test config before reloading', {
    unset: 'off',
  }),
  accepted('reload_file', phrase('optional path'), 'file present while a reload is running', {
    unset: 'off',
  }),
  accepted('reload_repeat', flag, 'repeat scheduled reload daily'),
  accepted('reload_time_file', path, 'schedules a reload at the time in the file', {
    unset: 'off',
  }),
  keyword('rs_init_notifies', boolean, 'tell of real servers that serve from the start, too', {
    default: 'off',
  }),
  accepted(
    'set_supplementary_groups',
    boolean,
    'give scripts the supplementary groups of their user',
    { default: 'off' },
  ),
  keyword('shutdown_script', script, 'run when all processes have ended', { repeats: 'first' }),
  keyword('shutdown_script_timeout', SCRIPT_SECONDS, 'limit for shutdown_script', {
    default: '10',
  }),
  keyword('smtp_alert', boolean, 'default for every smtp_alert'),
  keyword('smtp_alert_checker', boolean, 'default smtp_alert of checkers', {
    inherits: of('smtp_alert'),
  }),
  keyword('smtp_alert_vrrp', boolean, 'default smtp_alert of instances and groups', {
    inherits: of('smtp_alert'),
  }),
  keyword(
    'smtp_connect_timeout',
    integer(1, WHOLE_SECONDS_MAX, {
      unit: 'seconds',
      tolerated: { min: 0, max: WHOLE_SECONDS_MAX },
    }),
    'mail connection timeout',
    { default: '30' },
  ),
  keyword('smtp_helo_name', word, 'HELO name for alert mails', { unset: 'the host name' }),
  keyword('smtp_server', phrase('host and port'), 'mail relay'),
  keyword('smtp_user', word, 'name to log in to the mail relay with', { ours: true }),
  keyword('smtp_password', word, 'password to log in to the mail relay with', { ours: true }),
  keyword(
    'smtp_tls',
    choice('never', 'offered', 'required', 'implicit'),
    'encryption of mail; implicit: from the first octet, as on port 465',
    { unset: 'offered; with smtp_user: required', ours: true },
  ),
  accepted(
    'snmp_rs_stats_update_interval',
    seconds(0.001, 30),
    'cache age of real server statistics',
    { unset: 'off' },
  ),
  accepted('snmp_socket', phrase('optional path'), 'socket of the AgentX master', {
    unset: 'unix:/var/agentx/master',
    repeats: 'first',
  }),
  accepted(
    'snmp_vs_stats_update_interval',
    seconds(0.001, 30),
    'cache age of virtual server statistics',
    { default: '5' },
  ),
  keyword('startup_script', script, 'run before any process begins; they wait for it', {
    repeats: 'first',
  }),
  keyword('startup_script_timeout', SCRIPT_SECONDS, 'limit for startup_script', { default: '10' }),
  keyword('state_dump_file', path, 'file of the data dump', {
    unset: 'keepalived.data',
  }),
  keyword('stats_dump_file', path, 'file of the statistics dump', {
    unset: 'keepalived.stats',
  }),
  accepted('tmp_config_directory', path, 'where the shared config copy is kept', {
    unset: 'memory',
    repeats: 'first',
  }),
  accepted('umask', form('file mode'), 'file creation mask', { default: '0177' }),
  accepted('use_symlink_paths', boolean, 'keep symlinked script paths instead of resolving', {
    default: 'off',
  }),
  keyword('v3_checksum_as_v2', flag, 'default v3_checksum_as_v2'),
  keyword('vmac_addr_prefix', word, 'name prefix of vmacs for extra address interfaces', {
    inherits: of('vmac_prefix'),
    default: 'vrrp',
    repeats: 'first',
  }),
  keyword('vmac_prefix', word, 'name prefix of created vmac interfaces', {
    default: 'vrrp',
    repeats: 'first',
  }),
  keyword('vrrp_check_unicast_src', boolean, 'default check_unicast_src', { unset: 'on' }),
  keyword('vrrp_cpu_affinity', phrase('CPUs'), 'CPUs for the vrrp process'),
  keyword(
    'vrrp_delay_after_boot',
    seconds(0.001, SECONDS_MAX),
    'like vrrp_startup_delay, relative to uptime',
    { repeats: 'largest' },
  ),
  keyword('vrrp_garp_extra_if', phrase('extra announcements'), 'default garp_extra_if', {
    unset: 'off',
  }),
  keyword(
    'vrrp_garp_interval',
    seconds(MICROSECOND, SECONDS_MAX),
    'gap between any two gratuitous ARPs on an interface',
    { unset: 'no gap' },
  ),
  keyword(
    'vrrp_gna_interval',
    seconds(MICROSECOND, SECONDS_MAX),
    'gap between any two neighbour adverts on an interface',
    { unset: 'no gap' },
  ),
  accepted('vrrp_ipsets', phrase('sets'), 'ipset names used with iptables', { unset: 'off' }),
  accepted('vrrp_iptables', phrase('chains'), 'use iptables rules for no_accept and vmac', {
    unset: 'off',
    repeats: 'first',
  }),
  keyword('vrrp_min_garp', boolean, 'send a single GARP, no second round, no refresh', {
    default: 'off',
  }),
  accepted(
    'vrrp_netlink_cmd_rcv_bufs',
    OCTETS,
    'receive buffer of the VRRP netlink command socket',
    { unset: 'the kernel’s choice' },
  ),
  accepted(
    'vrrp_netlink_cmd_rcv_bufs_force',
    boolean,
    'force VRRP netlink command buffer above rmem_max',
    { default: 'off' },
  ),
  accepted(
    'vrrp_netlink_monitor_rcv_bufs',
    OCTETS,
    'receive buffer of the VRRP netlink monitor socket',
    { unset: 'the kernel’s choice' },
  ),
  accepted(
    'vrrp_netlink_monitor_rcv_bufs_force',
    boolean,
    'force VRRP netlink monitor buffer above rmem_max',
    { default: 'off' },
  ),
  keyword('vrrp_notify_fifo', phrase('FIFO'), 'FIFO for VRRP events only', { repeats: 'first' }),
  keyword('vrrp_notify_fifo_script', script, 'reader process for the VRRP FIFO', {
    repeats: 'first',
  }),
  keyword('vrrp_notify_priority_changes', boolean, 'default notify_priority_changes', {
    default: 'off',
  }),
  keyword('vrrp_owner_ignore_adverts', boolean, 'default owner_ignore_adverts', {
    unset: 'off',
  }),
  keyword('vrrp_process_name', PROCESS_NAME, 'what ps calls the vrrp process', {
    unset: 'with process_names lvsd_vrrp, else that of Node',
  }),
  accepted('vrrp_rlimit_rtime', MICROSECONDS, 'realtime CPU limit before a signal', {
    default: '10000',
    insteadOf: 'vrrp_rlimit_rttime',
  }),
  accepted('vrrp_rlimit_rttime', MICROSECONDS, 'realtime CPU limit before signal, vrrp process', {
    default: '10000',
  }),
  accepted('vrrp_rx_bufs_multiplier', integer(1, UINT_MAX), 'multiplier for the policy size', {
    default: '3',
  }),
  accepted('vrrp_rx_bufs_policy', phrase('receive buffers'), 'how VRRP receive buffers are sized', {
    unset: 'the kernel’s choice',
  }),
  keyword('vrrp_skip_check_adv_addr', boolean, 'default skip_check_adv_addr', { unset: 'off' }),
  keyword('vrrp_strict', boolean, 'default strict_mode', { unset: 'off' }),
  keyword('vrrp_garp_form', choice('request', 'reply', 'both'), 'default garp_form', {
    unset: 'request',
    ours: true,
  }),
  keyword('vrrp_put_back_limit', phrase('limit of put-backs'), 'default put_back_limit', {
    unset: '10 times within 10 s',
    ours: true,
  }),
  keyword('vrrp_vmac_garp_intvl', phrase('extra announcements'), 'default garp_extra_if', {
    unset: 'off',
    insteadOf: 'vrrp_garp_extra_if',
  }),
);
