/** Keywords of `global_defs` about parts of keepalived that lvsd does not have: SNMP, D-Bus, firewalls, sizes of buffers. */
import {
  accepted,
  boolean,
  flag,
  INT_MAX,
  INT_MIN,
  integer,
  type Keyword,
  phrase,
  seconds,
  UINT_MAX,
  word,
} from '../keyword.ts';

const OCTETS = integer(0, UINT_MAX, { unit: 'octets' });

export const OF_KEEPALIVED: readonly Keyword[] = [
  accepted('enable_snmp_vrrp', flag, 'KEEPALIVED-MIB, VRRP part'),
  accepted('enable_snmp_keepalived', flag, 'KEEPALIVED-MIB, VRRP part', {
    insteadOf: 'enable_snmp_vrrp',
  }),
  accepted('enable_snmp_checker', flag, 'KEEPALIVED-MIB, checker part'),
  accepted('enable_snmp_rfc', flag, 'both RFC MIBs'),
  accepted('enable_snmp_rfcv2', flag, 'RFC 2787 VRRP MIB'),
  accepted('enable_snmp_rfcv3', flag, 'RFC 6527 VRRPv3 MIB'),
  accepted('enable_traps', flag, 'send SNMP traps'),
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
  accepted(
    'snmp_rs_stats_update_interval',
    seconds(0.001, 30),
    'cache age of real server statistics',
    { unset: 'off' },
  ),
  accepted('enable_dbus', flag, 'offer the D-Bus interface'),
  accepted('dbus_service_name', word, 'D-Bus service name', { default: 'org.keepalived.Vrrp1' }),
  accepted('dbus_no_interface_name', word, 'path element for instances without interface'),
  accepted('vrrp_iptables', phrase('chains'), 'use iptables rules for no_accept and vmac', {
    unset: 'off',
    repeats: 'first',
  }),
  accepted('vrrp_ipsets', phrase('sets'), 'ipset names used with iptables', { unset: 'off' }),
  accepted('nftables', phrase('table of nftables'), 'use nftables for no_accept and vmac', {
    unset: 'off',
    repeats: 'first',
  }),
  accepted('nftables_priority', integer(INT_MIN, INT_MAX), 'base chain priority', {
    default: '-1',
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
  accepted('disable_local_igmp', flag, 'turn off link-local IGMP reports'),
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
  accepted('process_monitor_rcv_bufs', OCTETS, 'receive buffer of the process connector socket', {
    unset: 'the kernel’s choice',
  }),
  accepted(
    'process_monitor_rcv_bufs_force',
    boolean,
    'force process connector buffer above rmem_max',
    { default: 'off' },
  ),
  accepted('vrrp_rx_bufs_policy', phrase('receive buffers'), 'how VRRP receive buffers are sized', {
    unset: 'the kernel’s choice',
  }),
  accepted('vrrp_rx_bufs_multiplier', integer(1, UINT_MAX), 'multiplier for the policy size', {
    default: '3',
  }),
];
