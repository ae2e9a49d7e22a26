/** Keywords of `virtual_server`, `real_server` and the checkers. */
import { INHERITED } from './checkers.ts';
import {
  accepted,
  anything,
  block,
  boolean,
  choice,
  flag,
  INT_MAX,
  integer,
  type KeywordTable,
  keyword,
  script,
  tableOf,
  UINT_MAX,
  word,
  words,
} from './keyword.ts';

const METHOD = [
  keyword('lvs_method', words, 'NAT, DR or TUN', { default: 'NAT' }),
  keyword('lb_kind', words, 'NAT, DR or TUN', { default: 'NAT', deprecatedFor: 'lvs_method' }),
];

export const SCHEDULERS: readonly string[] =
  'rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos'.split(' ');
const SCHEDULER = choice(...SCHEDULERS);

export const VIRTUAL_SERVER: KeywordTable = tableOf(
  ...INHERITED,
  ...METHOD,
  keyword('alpha', flag, 'real servers are down until a check has succeeded', { default: 'off' }),
  keyword('retry', integer(1, UINT_MAX), 'failures that are forgiven', { default: '1' }),
  keyword('inhibit_on_failure', flag, 'a failed server stays, with weight 0', {
    default: 'off',
  }),
  keyword('virtualhost', word, 'Host header of HTTP_GET and SSL_GET'),
  keyword('weight', integer(1, INT_MAX), 'of real servers that name none', { default: '1' }),
  keyword('lvs_sched', SCHEDULER, 'scheduler', { default: 'wlc' }),
  keyword('lb_algo', SCHEDULER, 'scheduler', { default: 'wlc', deprecatedFor: 'lvs_sched' }),
  keyword('protocol', { is: 'choice', of: ['TCP', 'UDP', 'SCTP'], anyCase: true }, 'transport'),
  keyword('ip_family', choice('inet', 'inet6'), 'of a firewall mark', { default: 'inet' }),
  keyword(
    'persistence_timeout',
    integer(1, 2_678_400, 360),
    'seconds a client stays with its server',
  ),
  keyword('persistence_granularity', word, 'clients of one network stay together'),
  keyword('ops', flag, 'schedule each UDP packet on its own'),
  keyword('sh-port', flag, 'scheduler sh: hash the port too'),
  keyword('sh-fallback', flag, 'scheduler sh: take another server when the hashed one is down'),
  keyword('mh-port', flag, 'scheduler mh: hash the port too'),
  keyword('mh-fallback', flag, 'scheduler mh: take another server when the hashed one is down'),
  keyword('quorum', integer(1, UINT_MAX), 'weight that must be up', { default: '1' }),
  keyword('hysteresis', integer(0, UINT_MAX), 'keeps the quorum from flapping', { default: '0' }),
  keyword('quorum_up', script, 'run when the quorum is gained'),
  keyword('quorum_down', script, 'run when the quorum is lost'),
  keyword('omega', flag, 'run the down scripts when the daemon stops', { default: 'off' }),
  keyword('sorry_server', words, 'serves when the quorum is lost: IP [PORT]'),
  keyword('sorry_server_inhibit', flag, 'it stays in the kernel, with weight 0', {
    default: 'off',
  }),
  keyword('sorry_server_lvs_method', words, 'NAT, DR or TUN', { default: 'lvs_method' }),
  keyword('real_server', block('real_server'), 'IP [PORT] of a server', { repeatable: true }),
  accepted('flag-1', flag, 'scheduler flag 1', { default: 'off' }),
  accepted('flag-2', flag, 'scheduler flag 2', { default: 'off' }),
  accepted('flag-3', flag, 'scheduler flag 3', { default: 'off' }),
  accepted('ha_suspend', flag, 'check only while own VIP is present', { default: 'off' }),
  accepted('hashed', flag, 'no effect', { default: 'off' }),
  accepted('persistence_engine', word, 'persistence engine, e.g. sip'),
  accepted('smtp_alert', boolean, 'mail on quorum changes', { default: 'global value' }),
  accepted('snmp_name', word, 'name reported through SNMP'),
  accepted('nat_mask', anything, 'another word of keepalived'),
);

export const REAL_SERVER: KeywordTable = tableOf(
  ...INHERITED,
  ...METHOD,
  keyword('retry', integer(1, UINT_MAX), 'failures that are forgiven', { default: '1' }),
  keyword('inhibit_on_failure', boolean, 'when it fails it stays, with weight 0', {
    default: 'of the virtual server',
  }),
  keyword('virtualhost', word, 'Host header of HTTP_GET and SSL_GET'),
  keyword('weight', integer(0, INT_MAX), 'share of the connections', { default: '1' }),
  keyword('uthreshold', integer(0, INT_MAX), 'connections at which no more are sent', {
    default: '0: no limit',
  }),
  keyword('lthreshold', integer(0, INT_MAX), 'connections at which they are sent again', {
    default: '0',
  }),
  keyword('notify_up', script, 'run when it comes up'),
  keyword('notify_down', script, 'run when it goes down'),
  keyword('TCP_CHECK', block('TCP_CHECK'), 'up when it takes a connection', { repeatable: true }),
  keyword('HTTP_GET', block('HTTP_GET'), 'up when it answers requests', { repeatable: true }),
  keyword('SSL_GET', block('SSL_GET'), 'the same over TLS', { repeatable: true }),
  accepted('smtp_alert', boolean, 'mail on backend changes', { default: 'global value; on' }),
  accepted('snmp_name', word, 'name reported through SNMP'),
  accepted('BFD_CHECK', block('BFD_CHECK'), 'BFD session checker', { repeatable: true }),
  accepted('DNS_CHECK', block('DNS_CHECK'), 'DNS query checker', { repeatable: true }),
  accepted('FILE_CHECK', block('FILE_CHECK'), 'file content checker', { repeatable: true }),
  accepted('MISC_CHECK', block('MISC_CHECK'), 'external script checker', { repeatable: true }),
  accepted('PING_CHECK', block('PING_CHECK'), 'ICMP echo checker', { repeatable: true }),
  accepted('SMTP_CHECK', block('SMTP_CHECK'), 'SMTP dialogue checker', { repeatable: true }),
  accepted('UDP_CHECK', block('UDP_CHECK'), 'UDP datagram checker', { repeatable: true }),
);
