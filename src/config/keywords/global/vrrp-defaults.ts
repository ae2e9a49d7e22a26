/** Keywords of `global_defs` that instances of VRRP inherit, or have in common. */
import { PEER_PORT } from '../../../model/peer-link.ts';
import {
  type AddressScalar,
  accepted,
  boolean,
  choice,
  either,
  flag,
  globally,
  INT_MAX,
  integer,
  interfaceName,
  type Keyword,
  keyword,
  MICROSECOND,
  PORT_MAX,
  phrase,
  SECONDS_MAX,
  seconds,
  UINT_MAX,
  WHOLE_SECONDS_MAX,
  word,
} from '../keyword.ts';
import { splitBrainPolicy } from '../lease.ts';

/** keepalived takes 0 as 1. */
const AT_LEAST_ONE = integer(1, UINT_MAX, { tolerated: { min: 0, max: UINT_MAX } });
const SECONDS = integer(0, WHOLE_SECONDS_MAX, { unit: 'seconds' });
const GROUP4: AddressScalar = { is: 'address', family: 'ipv4', multicast: true };
const GROUP6: AddressScalar = { is: 'address', family: 'ipv6', multicast: true };

export const VRRP: readonly Keyword[] = [
  splitBrainPolicy('nowhere'),
  keyword('default_interface', interfaceName, 'of instances that name none', { default: 'eth0' }),
  keyword(
    'dynamic_interfaces',
    phrase('dynamic interfaces'),
    'accept interfaces that do not exist yet',
    { unset: 'off' },
  ),
  keyword('vrrp_version', choice('2', '3'), 'of instances that name none', { default: '2' }),
  keyword('vrrp_mcast_group4', GROUP4, 'group of IPv4 advertisements', { default: '224.0.0.18' }),
  keyword('vrrp_mcast_group6', GROUP6, 'group of IPv6 advertisements', { default: 'ff02::12' }),
  keyword('vrrp_startup_delay', seconds(0.001, SECONDS_MAX), 'nobody becomes MASTER before', {
    repeats: 'largest',
  }),
  keyword(
    'vrrp_delay_after_boot',
    seconds(0.001, SECONDS_MAX),
    'like vrrp_startup_delay, relative to uptime',
    { repeats: 'largest' },
  ),
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
    inherits: globally('vrrp_garp_master_delay'),
  }),
  keyword('vrrp_garp_lower_prio_repeat', integer(0, INT_MAX), 'see garp_lower_prio_repeat', {
    default: '5',
    inherits: globally('vrrp_garp_master_repeat'),
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
  keyword('vrrp_min_garp', boolean, 'send a single GARP, no second round, no refresh', {
    default: 'off',
  }),
  keyword('vrrp_garp_extra_if', phrase('extra announcements'), 'default garp_extra_if', {
    unset: 'off',
  }),
  keyword('vrrp_vmac_garp_intvl', phrase('extra announcements'), 'default garp_extra_if', {
    unset: 'off',
    insteadOf: 'vrrp_garp_extra_if',
  }),
  keyword('vrrp_garp_form', choice('request', 'reply', 'both'), 'default garp_form', {
    unset: 'request',
    ours: true,
  }),
  keyword('vrrp_put_back_limit', phrase('limit of put-backs'), 'default put_back_limit', {
    unset: '10 times within 10 s',
    ours: true,
  }),
  keyword('vrrp_lower_prio_no_advert', boolean, 'see lower_prio_no_advert', { default: 'off' }),
  keyword('vrrp_higher_prio_send_advert', boolean, 'see higher_prio_send_advert', {
    default: 'off',
  }),
  keyword('vrrp_owner_ignore_adverts', boolean, 'default owner_ignore_adverts', {
    unset: 'off',
  }),
  keyword('vrrp_skip_check_adv_addr', boolean, 'default skip_check_adv_addr', { unset: 'off' }),
  keyword('vrrp_check_unicast_src', boolean, 'default check_unicast_src', { unset: 'on' }),
  keyword('v3_checksum_as_v2', flag, 'default v3_checksum_as_v2'),
  keyword('vrrp_strict', boolean, 'default strict_mode', { unset: 'off' }),
  keyword('vmac_prefix', word, 'name prefix of created vmac interfaces', {
    default: 'vrrp',
    repeats: 'first',
  }),
  keyword('vmac_addr_prefix', word, 'name prefix of vmacs for extra address interfaces', {
    inherits: globally('vmac_prefix'),
    default: 'vrrp',
    repeats: 'first',
  }),
  keyword('vrrp_notify_priority_changes', boolean, 'default notify_priority_changes', {
    default: 'off',
  }),
  accepted('log_unknown_vrids', flag, 'log adverts for VRIDs not configured'),
];
