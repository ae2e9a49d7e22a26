/** Keywords of what is tracked besides interfaces and scripts, and of the small blocks beside VRRP. */
import {
  accepted,
  address,
  boolean,
  entries,
  flag,
  integer,
  interfaceName,
  type KeywordTable,
  keyword,
  MANDATORY,
  MICROSECOND,
  milliseconds,
  path,
  phrase,
  seconds,
  tableOf,
  word,
} from './keyword.ts';

export const TRACK_FILE: KeywordTable = tableOf(
  keyword('file', path, 'path of the file', { unset: MANDATORY, repeats: 'first' }),
  keyword('init_file', phrase('initial file'), 'creates the file at the start', {
    unset: 'it is not created',
  }),
  keyword('weight', phrase('weight of a file, reversible'), 'multiplier for the number in it', {
    default: '1',
    repeats: 'first',
  }),
);

const WAIT = seconds(MICROSECOND, 3600);

export const VRRP_TRACK_PROCESS: KeywordTable = tableOf(
  keyword('process', phrase('command and parameters'), 'name or path, perhaps with parameters', {
    unset: MANDATORY,
    repeats: 'first',
  }),
  keyword('full_command', flag, 'compare the whole command line, not the short name'),
  keyword('param_match', phrase('match of parameters'), 'how parameters are compared', {
    unset: 'they are not',
  }),
  keyword('delay', WAIT, 'sets fork_delay and terminate_delay', { unset: '0' }),
  keyword('fork_delay', WAIT, 'wait after the quorum is gained', { unset: '0' }),
  keyword('terminate_delay', WAIT, 'wait after the quorum is lost', { unset: '0' }),
  keyword('quorum', integer(1, 65_535), 'so many must run', { default: '1' }),
  keyword('quorum_max', integer(0, 65_535), 'no more may run; 0: none', { unset: 'no limit' }),
  keyword(
    'weight',
    phrase('weight of a file, reversible'),
    'moves the priority by as much; 0: too few are a fault',
    { default: '0', repeats: 'first' },
  ),
);

export const TRACK_GROUP: KeywordTable = tableOf(
  keyword('group', entries('members'), 'instances that the static entries follow', {
    unset: MANDATORY,
    repeats: 'first',
  }),
);

const BOTH = { unset: 'both VRRP and the checkers hear of it' };
const IDLE = milliseconds(1000, 4_294_967);
const INTERVAL = milliseconds(1, 4_294_967);

export const BFD_INSTANCE: KeywordTable = tableOf(
  keyword('neighbor_ip', address, 'the other end', { unset: MANDATORY }),
  keyword('neighbour_ip', address, 'the other end', {
    unset: MANDATORY,
    insteadOf: 'neighbor_ip',
  }),
  keyword('source_ip', address, 'local address', {
    unset: 'the kernel’s choice; with multihop it must be given',
  }),
  keyword('min_rx', INTERVAL, 'shortest interval that it takes packets in', { default: '10' }),
  keyword('min_tx', INTERVAL, 'shortest interval that it sends packets in', { default: '10' }),
  keyword('idle_tx', IDLE, 'interval of packets while the session is down', { default: '1000' }),
  keyword('multiplier', integer(1, 255), 'packets that may be missed', { default: '5' }),
  keyword('passive', flag, 'wait for the other end to begin'),
  keyword('multihop', boolean, 'the other end is not on the link', { default: 'off' }),
  keyword('ttl', integer(1, 255, { unit: 'hops' }), 'of packets, of IPv4', { default: '255' }),
  keyword('hoplimit', integer(1, 255, { unit: 'hops' }), 'of packets, of IPv6', {
    unset: '255; in a file of keepalived 64 is taken, too, which is what it sends',
  }),
  keyword(
    'max_hops',
    integer(-1, 255, { unit: 'hops' }),
    'how far a packet may have come; -1: any way',
    { default: '0' },
  ),
  keyword(
    'weight',
    phrase('weight, reversible'),
    'moves the priority by as much; 0: down is a fault',
    {
      default: '0',
    },
  ),
  keyword('vrrp', flag, 'VRRP hears of the session', BOTH),
  keyword('checker', flag, 'the checkers hear of the session', BOTH),
);

/** 31 bits of microseconds. */
const GAP = seconds(0, 2_147.483_647);

export const GARP_GROUP: KeywordTable = tableOf(
  keyword('garp_interval', GAP, 'between two gratuitous ARPs of the group', { default: '0' }),
  keyword('gna_interval', GAP, 'between two neighbour advertisements of the group', {
    default: '0',
  }),
  keyword('interface', interfaceName, 'one interface of the group', { repeats: 'list' }),
  keyword('interfaces', entries('interfaces'), 'interfaces that share one delay', {
    repeats: 'list',
  }),
);

export const SSL: KeywordTable = tableOf(
  accepted('ca', path, 'CA that is loaded; servers are not verified by it'),
  accepted('certificate', path, 'certificate of the client'),
  accepted('key', path, 'private key of the client'),
  accepted('password', word, 'passphrase of the private key'),
);
