/** Keywords of `virtual_server`, `real_server` and the checkers. */
import {
  address,
  block,
  boolean,
  choice,
  flag,
  INT_MAX,
  integer,
  type Keyword,
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

/** What a virtual server hands down to its real servers, and these to their checkers. */
const INHERITED: readonly Keyword[] = [
  keyword('alpha', boolean, 'down until a check has succeeded', { default: 'off' }),
  keyword('connect_timeout', seconds(0.001, SECONDS_MAX), 'until a check has failed', {
    default: '5',
  }),
  keyword('delay_loop', seconds(0.001, SECONDS_MAX), 'time between checks', { default: '60' }),
  keyword('delay_before_retry', seconds(0, SECONDS_MAX), 'time before each retry', {
    default: '1, of HTTP_GET and SSL_GET 3',
  }),
  keyword('warmup', seconds(0, SECONDS_MAX), 'random part of the wait before the first check', {
    default: 'delay_loop',
  }),
];

const METHOD = [
  keyword('lvs_method', words, 'NAT, DR or TUN', { default: 'NAT' }),
  keyword('lb_kind', words, 'NAT, DR or TUN', { default: 'NAT', deprecatedFor: 'lvs_method' }),
];

export const VIRTUAL_SERVER: KeywordTable = tableOf(
  ...INHERITED,
  ...METHOD,
  keyword('retry', integer(1, UINT_MAX), 'failures that are forgiven', { default: '1' }),
  keyword('inhibit_on_failure', boolean, 'a failed server stays, with weight 0', {
    default: 'off',
  }),
  keyword('virtualhost', word, 'Host header of HTTP_GET and SSL_GET'),
  keyword('weight', integer(1, INT_MAX), 'of real servers that name none', { default: '1' }),
  keyword('lvs_sched', word, 'scheduler', { default: 'wlc' }),
  keyword('lb_algo', word, 'scheduler', { default: 'wlc', deprecatedFor: 'lvs_sched' }),
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
  ...withoutEffect(`
    flag-1 flag-2 flag-3 ha_suspend hashed persistence_engine smtp_alert snmp_name nat_mask`),
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
  ...withoutEffect(`
    smtp_alert snmp_name BFD_CHECK DNS_CHECK FILE_CHECK MISC_CHECK PING_CHECK SMTP_CHECK UDP_CHECK`),
);

const CHECKER: readonly Keyword[] = [
  ...INHERITED,
  keyword('retry', integer(0, UINT_MAX), 'failures that are forgiven', { default: '1' }),
  keyword('connect_ip', address, 'address to check', { default: 'the real server' }),
  keyword('connect_port', integer(1, 65_535), 'port to check', { default: 'the real server’s' }),
  keyword('bindto', address, 'local address', { default: 'the kernel’s choice' }),
  keyword('bind_port', integer(1, 65_535), 'local port', { default: 'the kernel’s choice' }),
  keyword('bind_if', word, 'interface to leave by', { default: 'the kernel’s choice' }),
  keyword('fwmark', integer(0, UINT_MAX), 'firewall mark of its packets', { default: '0' }),
  keyword('log_all_failures', boolean, 'log each failed attempt', { default: 'off' }),
];

export const TCP_CHECK: KeywordTable = tableOf(...CHECKER);

const HTTP: readonly Keyword[] = [
  ...CHECKER,
  keyword('url', block('url'), 'what to ask for', { repeatable: true }),
  keyword('nb_get_retry', integer(0, UINT_MAX), 'failures that are forgiven', {
    deprecatedFor: 'retry',
  }),
  keyword('virtualhost', word, 'Host header'),
  keyword('http_protocol', choice('1.0', '1.1', '1.0C', '1.0c'), 'version', { default: '1.0' }),
  keyword('fast_recovery', boolean, 'ask for the other urls at once when one has recovered', {
    default: 'off',
  }),
  ...withoutEffect('enable_sni sni_name tls_compliant'),
];

export const HTTP_GET: KeywordTable = tableOf(...HTTP);
export const SSL_GET: KeywordTable = tableOf(...HTTP);

export const URL_BLOCK: KeywordTable = tableOf(
  keyword('path', word, 'request target', { default: '/' }),
  keyword('digest', word, 'MD5 of the body'),
  keyword('status_code', words, 'codes and ranges that are good', { default: '200-299' }),
  keyword('virtualhost', word, 'Host header', { default: 'the checker’s' }),
  ...withoutEffect(
    'regex regex_max_offset regex_min_offset regex_no_match regex_options regex_stack tls_compliant',
  ),
);
