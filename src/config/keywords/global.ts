/** Keywords of the top level and of `global_defs`. */
import {
  address,
  block,
  boolean,
  choice,
  flag,
  INT_MAX,
  integer,
  type KeywordTable,
  keyword,
  SECONDS_MAX,
  seconds,
  tableOf,
  UINT_MAX,
  withoutEffect,
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
  ...withoutEffect(`
    SSL bfd_instance garp_group instance interface_up_down_delays linkbeat_interfaces
    linkbeat_use_polling namespace_with_ipsets net_namespace net_namespace_ipvs static_ipaddress
    static_routes static_rules track_file track_group use_pid_dir virtual_server_group
    vrrp_track_file vrrp_track_process`),
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
  ...withoutEffect(`
    bfd_cpu_affinity bfd_no_swap bfd_priority bfd_process_name bfd_rlimit_rtime bfd_rlimit_rttime
    bfd_rt_priority checker_cpu_affinity checker_process_name checker_rlimit_rtime
    checker_rlimit_rttime config_save_dir data_use_instance dbus_no_interface_name
    dbus_service_name disable_local_igmp dynamic_interfaces enable_dbus enable_snmp_checker
    enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_vrrp
    enable_traps fifo_write_vrrp_states_on_reload include_check iproute_etc_dir iproute_usr_dir
    json_dump_file json_version log_unknown_vrids lvs_flush_on_stop lvs_flush_onstop
    lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs
    lvs_netlink_monitor_rcv_bufs_force lvs_notify_fifo lvs_notify_fifo_script lvs_process_name
    lvs_sync_daemon lvs_timeouts max_auto_priority min_auto_priority_delay nftables
    nftables_counters nftables_ifindex nftables_ipvs nftables_ipvs_priority
    nftables_ipvs_start_fwmark nftables_priority no_checker_emails no_email_faults
    notification_email notification_email_from notify_fifo notify_fifo_script
    process_monitor_rcv_bufs process_monitor_rcv_bufs_force process_name process_names random_seed
    reload_check_config reload_file reload_repeat reload_time_file rs_init_notifies
    set_supplementary_groups shutdown_script shutdown_script_timeout smtp_alert smtp_alert_checker
    smtp_alert_vrrp smtp_connect_timeout smtp_helo_name smtp_server snmp_rs_stats_update_interval
    snmp_socket snmp_vs_stats_update_interval startup_script startup_script_timeout state_dump_file
    stats_dump_file tmp_config_directory umask use_symlink_paths v3_checksum_as_v2 vmac_addr_prefix
    vmac_prefix vrrp_check_unicast_src vrrp_cpu_affinity vrrp_delay_after_boot vrrp_garp_extra_if
    vrrp_garp_interval vrrp_gna_interval vrrp_ipsets vrrp_iptables vrrp_min_garp vrrp_netlink_cmd_rcv_bufs
    vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs
    vrrp_netlink_monitor_rcv_bufs_force vrrp_notify_fifo vrrp_notify_fifo_script
    vrrp_notify_priority_changes vrrp_owner_ignore_adverts vrrp_process_name vrrp_rlimit_rtime
    vrrp_rlimit_rttime vrrp_rx_bufs_multiplier vrrp_rx_bufs_policy vrrp_skip_check_adv_addr
    vrrp_strict vrrp_vmac_garp_intvl`),
);
