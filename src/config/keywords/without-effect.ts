/** Why a keyword is accepted and does nothing, and what is there instead: for those who read docs/keywords.md, and for `lvsctl check`. */

const SNMP = 'there is no SNMP agent; lvsctl show --json, and the dumps for exporters';
const DBUS = 'there is no D-Bus interface; lvsctl, and the control socket';
const POLLING = 'the kernel tells of every change of a link at once';
const BUFFERS = 'a lost message is noticed, and everything is read again, so buffers need no size';
const RTTIME =
  'the kernel would kill a MASTER whose memory is being tidied; it has vrrp_rt_priority and vrrp_cpu_affinity';
const RULES =
  'the kernel gate has nf_tables tables of its own, with names and priorities of its own';
const MARKS = 'each address and port of a group is a service of its own, without marks';
const RELOADS = 'lvsctl reload tells how it ended, and a timer of systemd can call it';
const AUTOMATIC = 'priorities are as they are written: vrrp_rt_priority';
const FILTERED =
  'when much comes that is not for us the kernel is told to drop it, so the queue needs no size';

const UNCHECKED =
  'without TCP_CHECK, HTTP_GET, SSL_GET or BFD_CHECK beside it nobody checks this real server, and it serves whatever happens to it';

const MPLS_ONLY = 'the kernel keeps it for MPLS routes only; these are of IPv4 and IPv6';

const REASONS: Readonly<Record<string, string>> = {
  enable_snmp_checker: SNMP,
  enable_snmp_keepalived: SNMP,
  enable_snmp_rfc: SNMP,
  enable_snmp_rfcv2: SNMP,
  enable_snmp_rfcv3: SNMP,
  enable_snmp_vrrp: SNMP,
  enable_traps: SNMP,
  snmp_rs_stats_update_interval: SNMP,
  snmp_socket: SNMP,
  snmp_vs_stats_update_interval: SNMP,
  snmp_name: SNMP,
  enable_dbus: DBUS,
  dbus_no_interface_name: DBUS,
  dbus_service_name: DBUS,
  linkbeat_interfaces: POLLING,
  linkbeat_use_polling: POLLING,
  lvs_netlink_cmd_rcv_bufs: BUFFERS,
  lvs_netlink_cmd_rcv_bufs_force: BUFFERS,
  lvs_netlink_monitor_rcv_bufs: BUFFERS,
  lvs_netlink_monitor_rcv_bufs_force: BUFFERS,
  vrrp_netlink_cmd_rcv_bufs: BUFFERS,
  vrrp_netlink_cmd_rcv_bufs_force: BUFFERS,
  vrrp_netlink_monitor_rcv_bufs: BUFFERS,
  vrrp_netlink_monitor_rcv_bufs_force: BUFFERS,
  process_monitor_rcv_bufs: 'processes are looked for in /proc, twice a second',
  process_monitor_rcv_bufs_force: 'processes are looked for in /proc, twice a second',
  bfd_rlimit_rtime: RTTIME,
  bfd_rlimit_rttime: RTTIME,
  checker_rlimit_rtime: RTTIME,
  checker_rlimit_rttime: RTTIME,
  vrrp_rlimit_rtime: RTTIME,
  vrrp_rlimit_rttime: RTTIME,
  nftables: RULES,
  nftables_counters: RULES,
  nftables_ifindex: RULES,
  nftables_priority: RULES,
  vrrp_ipsets: RULES,
  vrrp_iptables: RULES,
  namespace_with_ipsets: RULES,
  nftables_ipvs: MARKS,
  nftables_ipvs_priority: MARKS,
  nftables_ipvs_start_fwmark: MARKS,
  reload_file: RELOADS,
  reload_repeat: RELOADS,
  reload_time_file: RELOADS,
  reload_check_config: 'every file is checked before a reload changes anything',
  config_save_dir: 'what was good is kept in the state directory: lvsctl rollback',
  tmp_config_directory: 'what was read stays in memory',
  max_auto_priority: AUTOMATIC,
  min_auto_priority_delay: AUTOMATIC,
  kernel_rx_buf_size: FILTERED,
  vrrp_rx_bufs_multiplier: FILTERED,
  vrrp_rx_bufs_policy: FILTERED,
  disable_local_igmp: 'the kernel decides: sysctl net.ipv4.igmp_link_local_mcast_reports',
  log_unknown_vrids: 'lvsctl show names the virtual routers of others, without being asked to',
  no_checker_emails: 'mail tells of real servers and of quorums, and never of a single checker',
  random_seed: 'chance is the kernel’s, and not to be foreseen',
  set_supplementary_groups: 'scripts have the group of their account, and no others',
  umask: 'what we write is for its owner alone, whatever the mask',
  use_pid_dir: 'lvsd --pid FILE names the pid file',
  use_symlink_paths: 'a script is run by the path that was looked at',
  DNS_CHECK: UNCHECKED,
  FILE_CHECK: UNCHECKED,
  MISC_CHECK: UNCHECKED,
  PING_CHECK: UNCHECKED,
  SMTP_CHECK: UNCHECKED,
  UDP_CHECK: UNCHECKED,
  as: MPLS_ONLY,
  'ttl-propagate': MPLS_ONLY,
  debug: 'lvsd --log-level debug tells more of everything',
};

/** Null: it is to come. */
export function whyWithoutEffect(keyword: string): string | null {
  return REASONS[keyword] ?? null;
}

export const EXPLAINED: readonly string[] = Object.keys(REASONS);
