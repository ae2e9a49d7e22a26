/** Keywords of `virtual_server` and `real_server`. */
import { handedDown } from './checkers.ts';
import {
  accepted,
  block,
  boolean,
  choice,
  flag,
  form,
  INT_MAX,
  integer,
  type Keyword,
  type KeywordTable,
  keyword,
  name,
  type Place,
  phrase,
  script,
  tableOf,
  UINT_MAX,
  word,
} from './keyword.ts';

const RETRY_DELAY = { unset: '1 s, of HTTP_GET and SSL_GET 3 s, of DNS_CHECK the delay_loop' };
const RETRY = { unset: '1, of DNS_CHECK 3, of MISC_CHECK 0' };
const FORGIVEN = 'failures that are forgiven';
const ENGINE_OCTETS_MAX = 15;

function of(block: Place['block'], name: string): readonly Place[] {
  return [{ block, keyword: name }];
}

/** keepalived takes more, and kernels from 6.1.192 on refuse it. */
const THRESHOLD = integer(0, INT_MAX, { tolerated: { min: 0, max: UINT_MAX } });
const METHOD = phrase('forwarding method');
const METHOD_HELP = 'how packets are forwarded';

const BALANCING: readonly Keyword[] = [
  keyword('lvs_sched', form('scheduler'), 'scheduler', { default: 'wlc' }),
  keyword('lb_algo', form('scheduler'), 'scheduler', {
    default: 'wlc',
    insteadOf: 'lvs_sched',
  }),
  keyword('lvs_method', METHOD, METHOD_HELP, { default: 'NAT' }),
  keyword('lb_kind', METHOD, METHOD_HELP, { default: 'NAT', insteadOf: 'lvs_method' }),
  keyword('protocol', { is: 'choice', of: ['TCP', 'UDP', 'SCTP'], anyCase: true }, 'transport', {
    default: 'UDP',
  }),
  keyword('ip_family', choice('inet', 'inet6'), 'of a firewall mark', {
    unset: 'as the address, of firewall marks inet',
  }),
  keyword(
    'persistence_timeout',
    integer(1, 2_678_400, { unit: 'seconds', bare: 360 }),
    'how long a client stays with its server',
    { unset: 'no persistence' },
  ),
  keyword('persistence_granularity', form('granularity'), 'clients of one network stay together', {
    unset: 'each address by itself',
  }),
  keyword('persistence_engine', name(ENGINE_OCTETS_MAX, { isCut: true }), 'such as sip'),
  keyword('ops', flag, 'schedule each UDP packet on its own'),
  keyword('sh-port', flag, 'scheduler sh: hash the port too'),
  keyword('sh-fallback', flag, 'scheduler sh: take another server when the hashed one is down'),
  keyword('mh-port', flag, 'scheduler mh: hash the port too'),
  keyword('mh-fallback', flag, 'scheduler mh: take another server when the hashed one is down'),
  keyword('flag-1', flag, 'first flag of the scheduler'),
  keyword('flag-2', flag, 'second flag of the scheduler'),
  keyword('flag-3', flag, 'third flag of the scheduler'),
  accepted('hashed', flag, 'nothing, in keepalived too'),
];

const QUORUM: readonly Keyword[] = [
  keyword('quorum', integer(1, UINT_MAX), 'weight that must be up', { default: '1' }),
  keyword('hysteresis', integer(0, UINT_MAX), 'keeps the quorum from flapping', { default: '0' }),
  keyword('quorum_up', script, 'run when the quorum is gained', { repeats: 'first' }),
  keyword('quorum_down', script, 'run when the quorum is lost', { repeats: 'first' }),
  keyword('omega', flag, 'run the down scripts when the daemon stops'),
  keyword('sorry_server', phrase('endpoint'), 'serves when the quorum is lost'),
  keyword('sorry_server_inhibit', flag, 'it stays in the kernel, with weight 0'),
  keyword('sorry_server_lvs_method', METHOD, 'how packets are forwarded to it', {
    inherits: of('virtual_server', 'lvs_method'),
    default: 'NAT',
  }),
];

export const VIRTUAL_SERVER: KeywordTable = tableOf(
  ...BALANCING,
  ...handedDown('virtual_server', [], RETRY_DELAY),
  keyword('alpha', flag, 'down until a check has succeeded'),
  keyword('retry', integer(1, UINT_MAX), FORGIVEN, RETRY),
  keyword('inhibit_on_failure', flag, 'a failed server stays, with weight 0'),
  keyword('virtualhost', word, 'Host header of HTTP_GET and SSL_GET', {
    unset: 'address and port',
  }),
  keyword('weight', integer(1, INT_MAX), 'of real servers that name none', { default: '1' }),
  ...QUORUM,
  keyword(
    'drain_on_remove',
    form('span of time'),
    'time that a real server which a reload removes has to end its connections; 0: none',
    { inherits: of('global_defs', 'drain_on_remove'), unset: 'it leaves at once', ours: true },
  ),
  keyword('real_server', block('real_server', 'endpoint'), 'a server that does the work', {
    repeats: 'list',
  }),
  accepted('ha_suspend', flag, 'check only while its address is on this machine'),
  keyword('smtp_alert', boolean, 'mail when the quorum changes', {
    inherits: [...of('global_defs', 'smtp_alert_checker'), ...of('global_defs', 'smtp_alert')],
    default: 'off',
  }),
  accepted('snmp_name', word, 'name reported through SNMP'),
);

export const REAL_SERVER: KeywordTable = tableOf(
  ...handedDown('real_server', ['virtual_server'], RETRY_DELAY),
  keyword('alpha', boolean, 'down until a check has succeeded', {
    inherits: of('virtual_server', 'alpha'),
    default: 'off',
  }),
  keyword('lvs_method', METHOD, METHOD_HELP, {
    inherits: of('virtual_server', 'lvs_method'),
    default: 'NAT',
  }),
  keyword('lb_kind', METHOD, METHOD_HELP, {
    inherits: of('virtual_server', 'lvs_method'),
    default: 'NAT',
    insteadOf: 'lvs_method',
  }),
  keyword('retry', integer(1, UINT_MAX), FORGIVEN, {
    ...RETRY,
    inherits: of('virtual_server', 'retry'),
  }),
  keyword('inhibit_on_failure', boolean, 'when it fails it stays, with weight 0', {
    inherits: of('virtual_server', 'inhibit_on_failure'),
    default: 'off',
  }),
  keyword('virtualhost', word, 'Host header of HTTP_GET and SSL_GET', {
    inherits: of('virtual_server', 'virtualhost'),
    unset: 'address and port',
  }),
  keyword('weight', integer(0, INT_MAX), 'share of the connections', {
    inherits: of('virtual_server', 'weight'),
    default: '1',
  }),
  keyword('uthreshold', THRESHOLD, 'connections at which no more are sent; 0: no limit', {
    default: '0',
  }),
  keyword('lthreshold', THRESHOLD, 'connections at which they are sent again', {
    default: '0',
  }),
  keyword('notify_up', script, 'run when it comes up', { repeats: 'first' }),
  keyword('notify_down', script, 'run when it goes down', { repeats: 'first' }),
  keyword('TCP_CHECK', block('TCP_CHECK'), 'up when it takes a connection', { repeats: 'list' }),
  keyword('HTTP_GET', block('HTTP_GET'), 'up when it answers requests', { repeats: 'list' }),
  keyword('SSL_GET', block('SSL_GET'), 'the same over TLS', { repeats: 'list' }),
  keyword('BFD_CHECK', block('BFD_CHECK'), 'up while a BFD session is', { repeats: 'list' }),
  accepted('DNS_CHECK', block('DNS_CHECK'), 'up when it answers DNS queries', { repeats: 'list' }),
  accepted('FILE_CHECK', block('FILE_CHECK'), 'as the number in a file says', { repeats: 'list' }),
  accepted('MISC_CHECK', block('MISC_CHECK'), 'as a script says', { repeats: 'list' }),
  accepted('PING_CHECK', block('PING_CHECK'), 'up when it answers pings', { repeats: 'list' }),
  accepted('SMTP_CHECK', block('SMTP_CHECK'), 'up when it speaks SMTP', { repeats: 'list' }),
  accepted('UDP_CHECK', block('UDP_CHECK'), 'up when it answers datagrams', { repeats: 'list' }),
  keyword('smtp_alert', boolean, 'mail when it comes up or goes down', {
    inherits: [...of('global_defs', 'smtp_alert_checker'), ...of('global_defs', 'smtp_alert')],
    default: 'on',
  }),
  accepted('snmp_name', word, 'name reported through SNMP'),
);
