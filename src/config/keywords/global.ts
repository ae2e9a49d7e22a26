/** Keywords of the top level and of `global_defs`. */
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

export const TOP_LEVEL: KeywordTable = tableOf(
  keyword('global_defs', block('global_defs'), 'settings of the daemon', { repeatable: true }),
  keyword('vrrp_instance', block('vrrp_instance'), 'NAME: one virtual router', {
    repeatable: true,
  }),
  keyword('vrrp_sync_group', block('vrrp_sync_group'), 'NAME: instances that move together', {
    repeatable: true,
  }),
  keyword('vrrp_script', block('vrrp_script'), 'NAME: a script to track', { repeatable: true }),
  keyword('virtual_server', block('virtual_server'), 'IP PORT or fwmark N', { repeatable: true }),
  keyword('child_wait_time', integer(0, UINT_MAX), 'seconds a process may take to stop', {
    default: '5',
  }),
  accepted('SSL', block('SSL'), 'TLS client material used by SSL_GET', { repeatable: true }),
  accepted('bfd_instance', block('bfd_instance'), 'declares one BFD session', { repeatable: true }),
  accepted(
    'garp_group',
    block('garp_group'),
    'rate limit shared by interfaces for GARP/NA sending',
    { repeatable: true },
  ),
  accepted('instance', word, 'instance name used in pid, dump and reload file names'),
  accepted('interface_up_down_delays', entries, 'debounce link state changes per interface', {
    default: '0 / 0',
    repeatable: true,
  }),
  accepted('linkbeat_interfaces', entries, 'poll listed interfaces for link instead of netlink', {
    default: 'type autodetected',
    repeatable: true,
  }),
  accepted('linkbeat_use_polling', flag, 'poll link state of every interface', { default: 'off' }),
  accepted('namespace_with_ipsets', boolean, 'allow ipsets together with network namespaces', {
    default: 'off',
  }),
  accepted('net_namespace', word, 'run the whole daemon in this network namespace', {
    default: 'host namespace',
  }),
  accepted('net_namespace_ipvs', word, 'apply only IPVS configuration in this network namespace', {
    default: 'net_namespace',
  }),
  accepted('static_ipaddress', entries, 'addresses added at start, removed at stop', {
    repeatable: true,
  }),
  accepted('static_routes', entries, 'routes added at start, removed at stop', {
    repeatable: true,
  }),
  accepted('static_rules', entries, 'policy rules added at start, removed at stop', {
    repeatable: true,
  }),
  accepted(
    'track_file',
    block('track_file'),
    'declares a file whose integer content drives priority or weight',
    { repeatable: true },
  ),
  accepted('track_group', block('track_group'), 'names VRRP instances that static items follow', {
    repeatable: true,
  }),
  accepted('use_pid_dir', flag, 'put pid files in the keepalived run sub-directory', {
    default: 'off',
  }),
  accepted('virtual_server_group', anything, 'named set of addresses, ranges or fwmarks', {
    repeatable: true,
  }),
  accepted(
    'vrrp_track_file',
    block('track_file'),
    'declares a file whose integer content drives priority or weight',
    { repeatable: true },
  ),
  accepted(
    'vrrp_track_process',
    block('vrrp_track_process'),
    'declares a process whose instance count is monitored',
    { repeatable: true },
  ),
);

export const GLOBAL_DEFS: KeywordTable = tableOf(
  keyword('router_id', word, 'name of this director', { default: 'the host name' }),
  keyword('enable_script_security', flag, 'refuse scripts that others than root can change', {
    effect: 'partial',
  }),
  keyword('script_user', words, 'account that scripts run as', { default: 'the daemon’s' }),
  keyword('default_interface', word, 'of instances that name none', { default: 'eth0' }),
  keyword('vrrp_version', choice('2', '3'), 'of instances that name none', { default: '2' }),
  keyword('vrrp_mcast_group4', address, 'group of IPv4 advertisements', { default: '224.0.0.18' }),
  keyword('vrrp_mcast_group6', address, 'group of IPv6 advertisements', { default: 'ff02::12' }),
  keyword('vrrp_startup_delay', seconds(0, SECONDS_MAX), 'nobody becomes MASTER before', {
    default: '0',
  }),
  keyword('vrrp_down_timer_adverts', integer(1, 100), 'advertisements that may be missed', {
    default: '3',
  }),
  keyword('vrrp_garp_master_delay', integer(0, UINT_MAX), 'see garp_master_delay', {
    default: '5',
  }),
  keyword('vrrp_garp_master_repeat', integer(0, UINT_MAX), 'see garp_master_repeat', {
    default: '5',
  }),
  keyword('vrrp_garp_master_refresh', integer(0, UINT_MAX), 'see garp_master_refresh', {
    default: '0',
  }),
  keyword('vrrp_garp_master_refresh_repeat', integer(0, UINT_MAX), 'announcements a refresh', {
    default: '1',
  }),
  keyword('vrrp_garp_lower_prio_delay', integer(0, UINT_MAX), 'see garp_lower_prio_delay', {
    default: 'garp_master_delay',
  }),
  keyword('vrrp_garp_lower_prio_repeat', integer(0, INT_MAX), 'see garp_lower_prio_repeat', {
    default: 'garp_master_repeat',
  }),
  keyword('vrrp_lower_prio_no_advert', boolean, 'see lower_prio_no_advert', { default: 'off' }),
  keyword('vrrp_higher_prio_send_advert', boolean, 'see higher_prio_send_advert', {
    default: 'off',
  }),
  keyword('vrrp_rt_priority', integer(1, 99), 'real-time priority of the VRRP process'),
  keyword('vrrp_priority', integer(-20, 19), 'nice value of the VRRP process', { default: '0' }),
  keyword('vrrp_no_swap', flag, 'lock the memory of the VRRP process', { default: 'off' }),
  keyword('checker_rt_priority', integer(1, 99), 'real-time priority of the health process'),
  keyword('checker_priority', integer(-20, 19), 'nice value of the health process', {
    default: '0',
  }),
  keyword('checker_no_swap', flag, 'lock the memory of the health process', { default: 'off' }),
  keyword('checker_log_all_failures', boolean, 'log each failed attempt', { default: 'off' }),
  keyword('lvs_flush', flag, 'empty the kernel’s table at start, whoever filled it', {
    default: 'off',
  }),
  accepted('bfd_cpu_affinity', anything, 'CPUs for the bfd process', { default: 'none' }),
  accepted('bfd_no_swap', flag, 'lock bfd process memory', { default: 'off' }),
  accepted('bfd_priority', anything, 'nice value of the bfd process', { default: '0' }),
  accepted('bfd_process_name', word, 'bfd process name', { default: 'keepalived' }),
  accepted('bfd_rlimit_rtime', integer(0, UINT_MAX), 'old spelling of rttime limit', {
    default: '10000',
  }),
  accepted(
    'bfd_rlimit_rttime',
    integer(0, UINT_MAX),
    'realtime CPU limit before signal, bfd process',
    { default: '10000' },
  ),
  accepted('bfd_rt_priority', anything, 'realtime priority of the bfd process', { default: 'off' }),
  accepted('checker_cpu_affinity', anything, 'CPUs for the checker process', { default: 'none' }),
  accepted('checker_process_name', word, 'checker process name', { default: 'keepalived' }),
  accepted('checker_rlimit_rtime', integer(0, UINT_MAX), 'old spelling of rttime limit', {
    default: '10000',
  }),
  accepted(
    'checker_rlimit_rttime',
    integer(0, UINT_MAX),
    'realtime CPU limit before signal, checker process',
    { default: '10000' },
  ),
  accepted('config_save_dir', word, 'store copies of loaded configuration'),
  accepted('data_use_instance', boolean, 'add namespace/instance to dump file names', {
    default: 'off',
  }),
  accepted('dbus_no_interface_name', word, 'path element for instances without interface', {
    default: '(interface name)',
  }),
  accepted('dbus_service_name', word, 'D-Bus service name', { default: 'org.keepalived.Vrrp1' }),
  accepted('disable_local_igmp', flag, 'turn off link-local IGMP reports', { default: 'off' }),
  accepted('dynamic_interfaces', anything, 'accept interfaces that do not exist yet', {
    default: 'off',
  }),
  accepted('enable_dbus', flag, 'offer the D-Bus interface', { default: 'off' }),
  accepted('enable_snmp_checker', flag, 'KEEPALIVED-MIB, checker part', { default: 'off' }),
  accepted('enable_snmp_keepalived', flag, 'old spelling', { default: 'off' }),
  accepted('enable_snmp_rfc', flag, 'both RFC MIBs', { default: 'off' }),
  accepted('enable_snmp_rfcv2', flag, 'RFC 2787 VRRP MIB', { default: 'off' }),
  accepted('enable_snmp_rfcv3', flag, 'RFC 6527 VRRPv3 MIB', { default: 'off' }),
  accepted('enable_snmp_vrrp', flag, 'KEEPALIVED-MIB, VRRP part', { default: 'off' }),
  accepted('enable_traps', flag, 'send SNMP traps', { default: 'off' }),
  accepted(
    'fifo_write_vrrp_states_on_reload',
    flag,
    'write all VRRP states to FIFOs after reload',
    { default: 'off' },
  ),
  keyword('include_check', anything, 'severity of include problems', { default: 'none' }),
  accepted('iproute_etc_dir', word, 'directory of local iproute2 name tables', {
    default: 'compiled in',
  }),
  accepted('iproute_usr_dir', word, 'directory of distribution iproute2 name tables', {
    default: 'compiled in',
  }),
  accepted('json_dump_file', word, 'intended name of the JSON dump', {
    default: 'keepalived.json',
  }),
  accepted('json_version', anything, 'layout of the JSON dump', { default: '1' }),
  accepted('log_unknown_vrids', flag, 'log adverts for VRIDs not configured', { default: 'off' }),
  accepted('lvs_flush_on_stop', anything, 'clear IPVS table at stop', {
    default: 'off; bare = whole table',
  }),
  accepted('lvs_flush_onstop', anything, 'old spelling', { default: 'off' }),
  accepted(
    'lvs_netlink_cmd_rcv_bufs',
    integer(0, UINT_MAX),
    'receive buffer of the checker netlink command socket',
    { default: 'kernel default' },
  ),
  accepted(
    'lvs_netlink_cmd_rcv_bufs_force',
    boolean,
    'force checker netlink command buffer above rmem_max',
    { default: 'off' },
  ),
  accepted(
    'lvs_netlink_monitor_rcv_bufs',
    integer(0, UINT_MAX),
    'receive buffer of the checker netlink monitor socket',
    { default: 'kernel default' },
  ),
  accepted(
    'lvs_netlink_monitor_rcv_bufs_force',
    boolean,
    'force checker netlink monitor buffer above rmem_max',
    { default: 'off' },
  ),
  accepted('lvs_notify_fifo', anything, 'FIFO for LVS events only'),
  accepted('lvs_notify_fifo_script', script, 'reader process for the LVS FIFO'),
  accepted('lvs_process_name', word, 'old name of checker_process_name', { default: 'keepalived' }),
  accepted('lvs_sync_daemon', anything, 'kernel connection synchronisation', {
    default: 'id = VRID; kernel defaults',
  }),
  accepted('lvs_timeouts', anything, 'IPVS connection timeouts; restored at stop', {
    default: 'kernel values',
  }),
  accepted(
    'max_auto_priority',
    anything,
    'highest realtime priority used automatically when late',
    { default: '0; bare keyword = 99' },
  ),
  accepted(
    'min_auto_priority_delay',
    integer(1, 10_000_000),
    'lateness that triggers automatic priority',
    { default: '1000000' },
  ),
  accepted('nftables', anything, 'use nftables for no_accept and vmac', { default: 'keepalived' }),
  accepted('nftables_counters', flag, 'add counters to created rules', { default: 'off' }),
  accepted('nftables_ifindex', flag, 'match interface index instead of name', { default: 'off' }),
  accepted('nftables_ipvs', anything, 'use nft maps to set fwmarks for virtual server groups', {
    default: 'keepalived_ipvs',
  }),
  accepted('nftables_ipvs_priority', anything, 'priority of the IPVS base chain', {
    default: '-1',
  }),
  accepted(
    'nftables_ipvs_start_fwmark',
    integer(1, UINT_MAX),
    'first automatically allocated fwmark',
    { default: '1000' },
  ),
  accepted('nftables_priority', anything, 'base chain priority', { default: '-1' }),
  accepted('no_checker_emails', boolean, 'no mail for single checker changes', { default: 'off' }),
  accepted('no_email_faults', flag, 'no mail on FAULT', { default: 'off' }),
  accepted('notification_email', entries, 'recipients of alert mails', { repeatable: true }),
  accepted('notification_email_from', anything, 'sender of alert mails', { default: 'USER@HOST' }),
  accepted('notify_fifo', anything, 'FIFO for VRRP and LVS events'),
  accepted('notify_fifo_script', script, 'reader process for notify_fifo'),
  accepted(
    'process_monitor_rcv_bufs',
    integer(0, UINT_MAX),
    'receive buffer of the process connector socket',
    { default: 'kernel default' },
  ),
  accepted(
    'process_monitor_rcv_bufs_force',
    boolean,
    'force process connector buffer above rmem_max',
    { default: 'off' },
  ),
  accepted('process_name', word, 'parent process name', { default: 'keepalived' }),
  accepted('process_names', flag, 'give children distinct process names', { default: 'off' }),
  accepted('random_seed', integer(0, UINT_MAX), 'seed of the internal random source', {
    default: 'time based',
  }),
  accepted('reload_check_config', anything, 'test config before reloading', {
    default: 'off; file /dev/null',
  }),
  accepted('reload_file', anything, 'file present while a reload is running', {
    default: 'off; bare = pid file name with .reload',
  }),
  accepted('reload_repeat', flag, 'repeat scheduled reload daily', { default: 'off' }),
  accepted('reload_time_file', word, 'schedules a reload at the time in the file', {
    default: 'off',
  }),
  accepted('rs_init_notifies', boolean, 'run notify_up/down for initial real server state', {
    default: 'off',
  }),
  accepted(
    'set_supplementary_groups',
    boolean,
    'give scripts the supplementary groups of their user',
    { default: 'off' },
  ),
  accepted('shutdown_script', script, 'script run after children ended'),
  accepted('shutdown_script_timeout', integer(1, 1000), 'limit for shutdown_script', {
    default: '10',
  }),
  accepted('smtp_alert', boolean, 'default for every smtp_alert', { default: 'unset' }),
  accepted('smtp_alert_checker', boolean, 'default smtp_alert of checkers', {
    default: 'unset (real servers alert)',
  }),
  accepted('smtp_alert_vrrp', boolean, 'default smtp_alert of instances and groups', {
    default: 'unset',
  }),
  accepted('smtp_connect_timeout', integer(0, UINT_MAX), 'mail connection timeout', {
    default: '30',
  }),
  accepted('smtp_helo_name', word, 'HELO name for alert mails', { default: 'local host name' }),
  accepted('smtp_server', anything, 'mail relay', { default: 'none, port 25' }),
  accepted(
    'snmp_rs_stats_update_interval',
    seconds(0.001, 30),
    'cache age of real server statistics',
    { default: '0 = off' },
  ),
  accepted('snmp_socket', anything, 'agentX socket', { default: 'unix:/var/agentx/master' }),
  accepted(
    'snmp_vs_stats_update_interval',
    seconds(0.001, 30),
    'cache age of virtual server statistics',
    { default: '5' },
  ),
  accepted('startup_script', script, 'script run before children start'),
  accepted('startup_script_timeout', integer(1, 1000), 'limit for startup_script', {
    default: '10',
  }),
  accepted('state_dump_file', word, 'name of data dumps; suffix per process', {
    default: 'keepalived.data',
  }),
  accepted('stats_dump_file', word, 'intended name of the statistics dump', {
    default: 'keepalived.stats',
  }),
  accepted('tmp_config_directory', word, 'where the shared config copy is kept', {
    default: 'memory file',
  }),
  accepted('umask', anything, 'file creation mask', { default: '0177' }),
  accepted('use_symlink_paths', boolean, 'keep symlinked script paths instead of resolving', {
    default: 'off',
  }),
  accepted('v3_checksum_as_v2', flag, 'default v3_checksum_as_v2', { default: 'off' }),
  accepted('vmac_addr_prefix', word, 'name prefix of vmacs for extra address interfaces', {
    default: 'vmac_prefix',
  }),
  accepted('vmac_prefix', word, 'name prefix of created vmac interfaces', { default: 'vrrp' }),
  accepted('vrrp_check_unicast_src', flag, 'default check_unicast_src', { default: 'off' }),
  accepted('vrrp_cpu_affinity', anything, 'CPUs for the vrrp process', { default: 'none' }),
  accepted(
    'vrrp_delay_after_boot',
    seconds(0.001, SECONDS_MAX),
    'like vrrp_startup_delay, relative to uptime',
    { default: '0' },
  ),
  accepted('vrrp_garp_extra_if', anything, 'default garp_extra_if', { default: 'off' }),
  accepted(
    'vrrp_garp_interval',
    seconds(0.000_001, SECONDS_MAX),
    'gap between any two gratuitous ARPs on an interface',
    { default: '0' },
  ),
  accepted(
    'vrrp_gna_interval',
    seconds(0.000_001, SECONDS_MAX),
    'gap between any two neighbour adverts on an interface',
    { default: '0' },
  ),
  accepted('vrrp_ipsets', anything, 'ipset names used with iptables', {
    default: 'derived names; bare = disable',
  }),
  accepted('vrrp_iptables', anything, 'use iptables rules for no_accept and vmac', {
    default: 'INPUT OUTPUT',
  }),
  accepted('vrrp_min_garp', boolean, 'send a single GARP, no second round, no refresh', {
    default: 'off',
  }),
  accepted(
    'vrrp_netlink_cmd_rcv_bufs',
    integer(0, UINT_MAX),
    'receive buffer of the VRRP netlink command socket',
    { default: 'kernel default' },
  ),
  accepted(
    'vrrp_netlink_cmd_rcv_bufs_force',
    boolean,
    'force VRRP netlink command buffer above rmem_max',
    { default: 'off' },
  ),
  accepted(
    'vrrp_netlink_monitor_rcv_bufs',
    integer(0, UINT_MAX),
    'receive buffer of the VRRP netlink monitor socket',
    { default: 'kernel default' },
  ),
  accepted(
    'vrrp_netlink_monitor_rcv_bufs_force',
    boolean,
    'force VRRP netlink monitor buffer above rmem_max',
    { default: 'off' },
  ),
  accepted('vrrp_notify_fifo', anything, 'FIFO for VRRP events only'),
  accepted('vrrp_notify_fifo_script', script, 'reader process for the VRRP FIFO'),
  accepted('vrrp_notify_priority_changes', boolean, 'default notify_priority_changes', {
    default: 'off',
  }),
  accepted('vrrp_owner_ignore_adverts', boolean, 'default owner_ignore_adverts', {
    default: 'off',
  }),
  accepted('vrrp_process_name', word, 'vrrp process name', { default: 'keepalived' }),
  accepted('vrrp_rlimit_rtime', integer(0, UINT_MAX), 'old spelling of rttime limit', {
    default: '10000',
  }),
  accepted(
    'vrrp_rlimit_rttime',
    integer(0, UINT_MAX),
    'realtime CPU limit before signal, vrrp process',
    { default: '10000' },
  ),
  accepted('vrrp_rx_bufs_multiplier', integer(1, UINT_MAX), 'multiplier for the policy size', {
    default: '3',
  }),
  accepted('vrrp_rx_bufs_policy', anything, 'how VRRP receive buffers are sized', {
    default: 'kernel default',
  }),
  accepted('vrrp_skip_check_adv_addr', boolean, 'default skip_check_adv_addr', { default: 'off' }),
  accepted('vrrp_strict', boolean, 'default strict_mode', { default: 'off' }),
  accepted('vrrp_vmac_garp_intvl', anything, 'old name', { default: 'off' }),
);
