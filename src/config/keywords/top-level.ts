/** Keywords that stand in no block. */
import {
  accepted,
  block,
  boolean,
  entries,
  flag,
  form,
  integer,
  type KeywordTable,
  keyword,
  tableOf,
  UINT_MAX,
  word,
} from './keyword.ts';

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
