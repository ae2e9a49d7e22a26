/** Keywords of what is tracked besides interfaces and scripts, and of the small blocks beside VRRP. */
import {
  accepted,
  address,
  anything,
  boolean,
  choice,
  entries,
  flag,
  integer,
  type KeywordTable,
  milliseconds,
  SECONDS_MAX,
  seconds,
  tableOf,
  word,
} from './keyword.ts';

export const TRACK_FILE: KeywordTable = tableOf(
  accepted('file', word, 'path of the watched file'),
  accepted('init_file', anything, 'creates the file at start; overwrite also resets it', {
    default: 'no creation; value 0',
  }),
  accepted('weight', anything, 'multiplier for file content', { default: '1' }),
);

export const VRRP_TRACK_PROCESS: KeywordTable = tableOf(
  accepted('delay', seconds(0.000001, 3600), 'common delay for both directions', { default: '0' }),
  accepted('fork_delay', seconds(0.000001, 3600), 'wait after quorum gained before acting', {
    default: '0',
  }),
  accepted('full_command', flag, 'match whole command line instead of short name', {
    default: 'off',
  }),
  accepted('param_match', anything, 'how parameters are compared', {
    default: 'none; bare keyword = exact',
  }),
  accepted('process', anything, 'process name or path with optional parameters'),
  accepted('quorum', integer(1, 65_535), 'lowest instance count regarded as up', { default: '1' }),
  accepted('quorum_max', integer(0, 65_535), 'highest instance count regarded as up', {
    default: 'unlimited',
  }),
  accepted('terminate_delay', seconds(0.000001, 3600), 'wait after quorum lost before acting', {
    default: '0',
  }),
  accepted('weight', anything, 'priority change; 0 means FAULT when quorum missing', {
    default: '0',
  }),
);

export const TRACK_GROUP: KeywordTable = tableOf(
  accepted('group', entries, 'member instances of the track group'),
);

export const BFD_INSTANCE: KeywordTable = tableOf(
  accepted('checker', flag, 'send events to the checker process', { default: 'both consumers' }),
  accepted('hoplimit', integer(1, 255), 'outgoing hop limit', { default: '64 (IPv6)' }),
  accepted('idle_tx', milliseconds(1000, 4_294_967), 'transmit interval while session is down', {
    default: '1000',
  }),
  accepted('max_hops', anything, 'received hop distance accepted', { default: '0' }),
  accepted('min_rx', milliseconds(1, 4_294_967), 'wanted receive interval', { default: '10' }),
  accepted('min_tx', milliseconds(1, 4_294_967), 'wanted transmit interval', { default: '10' }),
  accepted('multihop', boolean, 'use multihop BFD', { default: 'off' }),
  accepted('multiplier', integer(1, 255), 'missed packets before session is down', {
    default: '5',
  }),
  accepted('neighbor_ip', address, 'peer address', { default: 'mandatory' }),
  accepted('neighbour_ip', address, 'same as neighbor_ip', { default: 'mandatory' }),
  accepted('passive', flag, 'wait for the peer to start', { default: 'off' }),
  accepted('source_ip', address, 'local address', {
    default: 'kernel choice; mandatory with multihop',
  }),
  accepted('ttl', integer(1, 255), 'outgoing TTL', { default: '255 (IPv4)' }),
  accepted('vrrp', flag, 'send events to the VRRP process', { default: 'both consumers' }),
  accepted('weight', anything, 'VRRP priority change when session changes', { default: '0' }),
);

export const GARP_GROUP: KeywordTable = tableOf(
  accepted('garp_interval', seconds(0, SECONDS_MAX), 'gap between gratuitous ARPs on the group', {
    default: '0',
  }),
  accepted(
    'gna_interval',
    seconds(0, SECONDS_MAX),
    'gap between unsolicited neighbour adverts on the group',
    { default: '0' },
  ),
  accepted('interface', word, 'adds one interface to the group', { repeatable: true }),
  accepted('interfaces', entries, 'adds several interfaces sharing one delay', {
    repeatable: true,
  }),
);

export const AUTH_HMAC: KeywordTable = tableOf(
  accepted('active_key', anything, 'key used for sending', { default: 'mandatory' }),
  accepted('anti_replay', choice('time', 'monotonic'), 'replay protection method', {
    default: 'time',
  }),
  accepted('key', anything, 'adds one key', { default: 'mandatory', repeatable: true }),
  accepted(
    'mode',
    choice('enforce', 'permissive', 'receive-only'),
    'treatment of packets without valid trailer',
    { default: 'enforce' },
  ),
  accepted('time_window', integer(1, 300), 'clock difference accepted', {
    default: 'max(3*advert_int, 5)',
  }),
);

export const SSL: KeywordTable = tableOf(
  accepted('ca', word, 'CA file loaded; server certificate is still not verified'),
  accepted('certificate', word, 'client certificate file'),
  accepted('key', word, 'client private key file'),
  accepted('password', word, 'passphrase of the private key'),
);
