/** Keywords of the checkers, and what a virtual server hands down to them. */
import {
  accepted,
  address,
  type BlockName,
  block,
  boolean,
  choice,
  flag,
  form,
  integer,
  interfaceName,
  type Keyword,
  type KeywordTable,
  keyword,
  LONG_SECONDS_MAX,
  MANDATORY,
  MICROSECOND,
  type Place,
  PORT_MAX,
  phrase,
  SECONDS_MAX,
  script,
  seconds,
  tableOf,
  UINT_MAX,
  WHOLE_SECONDS_MAX,
  word,
} from './keyword.ts';

const FORGIVEN = 'failures that are forgiven';
const KERNEL = { unset: 'the kernel’s choice' };

/** Where a checker looks for what it does not say itself. */
const SERVERS: readonly BlockName[] = ['real_server', 'virtual_server'];

function placesOf(name: string, blocks: readonly BlockName[]): readonly Place[] {
  return blocks.map((from) => ({ block: from, keyword: name }));
}

/** keepalived takes single microseconds, in which nothing can be checked. */
const TIMEOUT = seconds(0.001, SECONDS_MAX, { min: MICROSECOND, max: SECONDS_MAX });
const DELAY_LOOP = seconds(0.001, LONG_SECONDS_MAX, { min: MICROSECOND, max: LONG_SECONDS_MAX });

/** What a virtual server hands down to its real servers, and these to their checkers. */
export function handedDown(
  self: BlockName,
  from: readonly BlockName[],
  retryDelay: { readonly default?: string; readonly unset?: string },
): readonly Keyword[] {
  const wait = seconds(0, LONG_SECONDS_MAX);
  const own = { block: self, keyword: 'delay_loop' };
  return [
    keyword('connect_timeout', TIMEOUT, 'until a check has failed', {
      default: '5',
      inherits: placesOf('connect_timeout', from),
    }),
    keyword('delay_loop', DELAY_LOOP, 'time between checks', {
      default: '60',
      inherits: placesOf('delay_loop', from),
    }),
    keyword('delay_before_retry', wait, 'time before each retry', {
      ...retryDelay,
      inherits: placesOf('delay_before_retry', from),
    }),
    keyword('warmup', wait, 'random part of the wait before the first check', {
      default: '60',
      inherits: [...placesOf('warmup', from), own, ...placesOf('delay_loop', from)],
    }),
  ];
}

function alpha(from: readonly BlockName[]): Keyword {
  return keyword('alpha', boolean, 'down until a check has succeeded', {
    default: 'off',
    inherits: placesOf('alpha', from),
  });
}

const LOG_ALL_FAILURES = keyword('log_all_failures', boolean, 'log each failed attempt', {
  default: 'off',
  inherits: placesOf('checker_log_all_failures', ['global_defs']),
});

function retry(standard: string): Keyword {
  return keyword('retry', integer(0, UINT_MAX), FORGIVEN, {
    default: standard,
    inherits: placesOf('retry', SERVERS),
  });
}

/** What checkers that connect have in common. */
function checker(
  self: BlockName,
  standards: { readonly retry?: string; readonly retryDelay?: string } = {},
): readonly Keyword[] {
  return [
    alpha(SERVERS),
    ...handedDown(self, SERVERS, { default: standards.retryDelay ?? '1' }),
    retry(standards.retry ?? '1'),
    keyword('connect_ip', address, 'address to check', { unset: 'the real server’s' }),
    keyword('connect_port', integer(1, PORT_MAX), 'port to check', { unset: 'the real server’s' }),
    keyword('bindto', address, 'local address', KERNEL),
    keyword('bind_port', integer(1, PORT_MAX), 'local port', KERNEL),
    keyword('bind_if', interfaceName, 'interface to leave by', KERNEL),
    keyword('fwmark', integer(0, UINT_MAX), 'firewall mark of its packets', { default: '0' }),
    LOG_ALL_FAILURES,
  ];
}

export const TCP_CHECK: KeywordTable = tableOf(...checker('TCP_CHECK'));

function http(self: 'HTTP_GET' | 'SSL_GET'): readonly Keyword[] {
  return [
    ...checker(self, { retryDelay: '3' }),
    keyword('url', block('url'), 'what to ask for', { repeats: 'list', unset: MANDATORY }),
    keyword('nb_get_retry', integer(0, UINT_MAX), FORGIVEN, { default: '1', insteadOf: 'retry' }),
    keyword('virtualhost', word, 'Host header', {
      inherits: placesOf('virtualhost', SERVERS),
      unset: 'address and port',
    }),
    keyword('http_protocol', choice('1.0', '1.1', '1.0C', '1.0c'), 'version', { default: '1.0' }),
    keyword('fast_recovery', boolean, 'ask for the other urls at once when one has recovered', {
      default: 'off',
    }),
    accepted('enable_sni', boolean, 'send the name of the server in the TLS handshake', {
      default: 'off',
    }),
    accepted('sni_name', word, 'name that is sent in the TLS handshake', {
      inherits: placesOf('virtualhost', [self]),
    }),
  ];
}

export const HTTP_GET: KeywordTable = tableOf(...http('HTTP_GET'));
export const SSL_GET: KeywordTable = tableOf(
  ...http('SSL_GET'),
  accepted('tls_compliant', boolean, 'each TLS session must end with a close notify', {
    default: 'off',
  }),
);

export const URL_BLOCK: KeywordTable = tableOf(
  keyword('path', word, 'request target', { default: '/' }),
  keyword('digest', form('MD5'), 'MD5 of the body', { repeats: 'first' }),
  keyword('status_code', phrase('status codes'), 'codes and ranges that are good', {
    default: '200-299',
    repeats: 'list',
  }),
  keyword('virtualhost', word, 'Host header', { unset: 'that of the checker' }),
  accepted('regex', word, 'pattern that the body must match'),
  accepted(
    'regex_max_offset',
    integer(0, UINT_MAX, { unit: 'octets' }),
    'latest start of the match',
    {
      unset: 'the end',
    },
  ),
  accepted(
    'regex_min_offset',
    integer(0, UINT_MAX, { unit: 'octets' }),
    'earliest start of the match',
    {
      default: '0',
    },
  ),
  accepted('regex_no_match', flag, 'the body must not match'),
  accepted('regex_options', phrase('options of a pattern'), 'how the pattern is compiled', {
    repeats: 'list',
  }),
  accepted('regex_stack', phrase('size of a stack'), 'size of the stack of the pattern’s code'),
  accepted('tls_compliant', boolean, 'the TLS session must end with a close notify', {
    default: 'off',
    inherits: placesOf('tls_compliant', ['SSL_GET']),
  }),
);

export const SMTP_CHECK: KeywordTable = tableOf(
  ...checker('SMTP_CHECK'),
  accepted('helo_name', word, 'name sent in HELO', {
    default: 'smtpchecker.keepalived.org',
    inherits: placesOf('smtp_helo_name', ['global_defs']),
    repeats: 'first',
  }),
  accepted('host', block('host'), 'connection options', {
    mend: 'write its options into SMTP_CHECK itself',
  }),
);

export const DNS_CHECK: KeywordTable = tableOf(
  ...checker('DNS_CHECK', { retry: '3', retryDelay: '60' }),
  accepted('name', form('domain'), 'name that is asked for', { default: '.', repeats: 'first' }),
  accepted(
    'type',
    { is: 'choice', of: 'A NS CNAME SOA MX TXT AAAA RRSIG DNSKEY'.split(' '), anyCase: true },
    'type of record that is asked for',
    { default: 'SOA' },
  ),
);

const REPLY_LENGTH = integer(0, 65_535, { unit: 'octets' });

export const UDP_CHECK: KeywordTable = tableOf(
  ...checker('UDP_CHECK'),
  accepted('max_reply_length', REPLY_LENGTH, 'longest reply that is good', { default: '255' }),
  accepted('min_reply_length', REPLY_LENGTH, 'shortest reply that is good', { default: '0' }),
  accepted('payload', phrase('payload'), 'data that is sent', {
    unset: '32 octets that look random',
  }),
  accepted('require_reply', phrase('reply'), 'there must be a reply, perhaps of this content', {
    unset: 'off',
  }),
);

export const PING_CHECK: KeywordTable = tableOf(...checker('PING_CHECK'));

export const HOST: KeywordTable = tableOf(...checker('host'));

export const MISC_CHECK: KeywordTable = tableOf(
  alpha(SERVERS),
  ...handedDown('MISC_CHECK', SERVERS, { default: '1' }).filter(
    ({ name }) => name !== 'connect_timeout',
  ),
  retry('0'),
  LOG_ALL_FAILURES,
  accepted('misc_dynamic', flag, 'take the weight from the exit code'),
  accepted('misc_path', script, 'script that is run', { unset: MANDATORY }),
  accepted(
    'misc_timeout',
    integer(0, WHOLE_SECONDS_MAX, { unit: 'seconds' }),
    'until the script is killed',
    { default: '60', inherits: placesOf('delay_loop', ['MISC_CHECK', ...SERVERS]) },
  ),
  accepted('user', phrase('account'), 'account that runs the script', {
    inherits: placesOf('script_user', ['global_defs']),
    unset: 'the daemon’s',
  }),
);

export const FILE_CHECK: KeywordTable = tableOf(
  accepted('track_file', word, 'name of the track_file that is watched', { unset: MANDATORY }),
  accepted('weight', phrase('weight of a check'), 'multiplier for the number in the file', {
    inherits: placesOf('weight', ['track_file']),
    default: '1',
  }),
);

export const BFD_CHECK: KeywordTable = tableOf(
  alpha(SERVERS),
  keyword('name', word, 'name of the bfd_instance', { unset: MANDATORY, repeats: 'first' }),
);
