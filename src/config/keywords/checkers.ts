/** Keywords of the checkers, and what a virtual server hands down to them. */
import {
  accepted,
  address,
  anything,
  block,
  boolean,
  choice,
  flag,
  integer,
  type Keyword,
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

/** What a virtual server hands down to its real servers, and these to their checkers. */
export const INHERITED: readonly Keyword[] = [
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
  accepted('enable_sni', boolean, 'send SNI', { default: 'off' }),
  accepted('sni_name', word, 'SNI name', { default: 'virtualhost' }),
  accepted('tls_compliant', anything, 'another word of keepalived'),
];

export const HTTP_GET: KeywordTable = tableOf(...HTTP);
export const SSL_GET: KeywordTable = tableOf(...HTTP);

export const URL_BLOCK: KeywordTable = tableOf(
  keyword('path', word, 'request target', { default: '/' }),
  keyword('digest', word, 'MD5 of the body'),
  keyword('status_code', words, 'codes and ranges that are good', { default: '200-299' }),
  keyword('virtualhost', word, 'Host header', { default: 'the checker’s' }),
  accepted('regex', word, 'body must match'),
  accepted('regex_max_offset', integer(0, UINT_MAX), 'latest start of the match', {
    default: 'end',
  }),
  accepted('regex_min_offset', integer(0, UINT_MAX), 'earliest start of the match', {
    default: '0',
  }),
  accepted('regex_no_match', flag, 'pattern must not match', { default: 'off' }),
  accepted('regex_options', anything, 'compile and match options', { default: 'none' }),
  accepted('regex_stack', anything, 'size of the JIT stack', { default: 'none' }),
  accepted('tls_compliant', anything, 'another word of keepalived'),
);

export const SMTP_CHECK: KeywordTable = tableOf(
  ...CHECKER,
  accepted('helo_name', word, 'name sent in HELO', {
    default: 'smtp_helo_name, else smtpchecker.keepalived.org',
  }),
  accepted('host', block('host'), 'old way to give connection options', { repeatable: true }),
);

export const DNS_CHECK: KeywordTable = tableOf(
  ...CHECKER,
  accepted('name', anything, 'name queried', { default: '. (root)' }),
  accepted('type', anything, 'record type queried', { default: 'SOA' }),
);

export const UDP_CHECK: KeywordTable = tableOf(
  ...CHECKER,
  accepted('max_reply_length', integer(0, 65_535), 'longest accepted reply', { default: '255' }),
  accepted('min_reply_length', integer(0, 65_535), 'shortest accepted reply', { default: '0' }),
  accepted('payload', anything, 'data sent', { default: '32 random-like bytes' }),
  accepted('require_reply', anything, 'reply required; optional pattern', { default: 'off' }),
);

export const PING_CHECK: KeywordTable = tableOf(...CHECKER);

export const HOST: KeywordTable = tableOf(...CHECKER);

export const MISC_CHECK: KeywordTable = tableOf(
  ...INHERITED,
  accepted('log_all_failures', boolean, 'log every failed attempt', {
    default: 'checker_log_all_failures',
  }),
  accepted('misc_dynamic', flag, 'take weight from the exit code', { default: 'off' }),
  accepted('misc_path', script, 'script run', { default: 'mandatory' }),
  accepted('misc_timeout', integer(0, UINT_MAX), 'time before the script is killed', {
    default: 'delay_loop',
  }),
  accepted('retry', integer(0, UINT_MAX), 'retries before failure', {
    default: 'checker default (DNS 3, MISC 0, others 1)',
  }),
  accepted('user', anything, 'account that runs the script', { default: 'script_user' }),
);

export const FILE_CHECK: KeywordTable = tableOf(
  accepted('track_file', word, 'track_file watched', { default: 'mandatory' }),
  accepted('weight', anything, 'multiplier for the file value', {
    default: 'weight of track_file',
  }),
);

export const BFD_CHECK: KeywordTable = tableOf(
  accepted('alpha', boolean, 'start this checker down', { default: 'real server value' }),
  accepted('name', word, 'bfd_instance used', { default: 'mandatory' }),
);
