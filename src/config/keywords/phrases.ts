/**
 * Lines of words, of keywords and of value blocks: what stands first, and the options that follow. Those
 * that iproute2 has too are in routing.ts.
 */
import {
  accepted,
  address,
  choice,
  flag,
  form,
  INT_MAX,
  INT_MIN,
  integer,
  interfaceName,
  type Keyword,
  type KeywordTable,
  keyword,
  name,
  type Phrase,
  type PhraseName,
  PORT_MAX,
  path,
  phrase,
  type Slot,
  seconds,
  tableOf,
  UINT_MAX,
  word,
} from './keyword.ts';
import { ROUTING } from './routing.ts';

const NO_OPTIONS: KeywordTable = new Map();
const BFD_NAME_OCTETS_MAX = 31;
const SET_NAME_OCTETS_MAX = 31;
const CPU_MAX = 1023;

function slots(...all: readonly Slot[]): Phrase {
  return { slots: all, options: NO_OPTIONS };
}

/** Words that mean something by themselves. */
function flags(...all: readonly (readonly [name: string, help: string])[]): readonly Keyword[] {
  return all.map(([option, help]) => keyword(option, flag, help));
}

const NAME: Slot = { name: 'NAME', argument: word };
const ACCOUNT: readonly Slot[] = [
  { name: 'USER', argument: word },
  { name: 'GROUP', argument: word, optional: true },
];
const REVERSE = keyword('reverse', flag, 'negates the weight');
const NOREVERSE = keyword('noreverse', flag, 'undoes "reverse" of what is tracked', {
  unset: 'as what is tracked says',
});

/** A weight that moves a priority; ±254 is taken as ±253. */
const PRIORITY_WEIGHT = integer(-253, 253);
/** A kernel counts ticks, as an int: with 1000 a second no more fit, and which it has cannot be asked. */
export const TIMEOUT_SECONDS_MAX = 2_147_483;
const TIMEOUT = integer(0, TIMEOUT_SECONDS_MAX, {
  unit: 'seconds',
  tolerated: { min: 0, max: 2_678_400 },
});
const INTERFACE_WEIGHT = integer(-253, 253, { tolerated: { min: -254, max: 254 } });
const FILE_WEIGHT = integer(-254, 254);

function weight(argument: Slot['argument'], ...options: readonly Keyword[]): Phrase {
  return { slots: [{ name: 'WEIGHT', argument }], options: tableOf(...options) };
}

/** An entry of a `track_*` block. */
function tracked(first: Slot, weightPhrase: PhraseName): Phrase {
  const help = 'moves the priority by as much, instead of by the weight of what is tracked';
  const option = keyword('weight', phrase(weightPhrase), help, {
    unset: 'the weight of what is tracked, of interfaces 0',
  });
  return { slots: [first], options: tableOf(option) };
}

const PORT: Slot = {
  name: 'PORT',
  argument: integer(0, PORT_MAX),
  optional: true,
  note: '0 or none means every port',
};
const PORT_OF_GROUP: Slot = { ...PORT, argument: form('port of a group') };
const PORT_OF_SERVER: Slot = { name: 'PORT', argument: integer(1, PORT_MAX), optional: true };

function extraAnnouncements(min: number): Phrase {
  return {
    slots: [
      { name: 'all', argument: choice('all'), optional: true },
      { name: 'SECONDS', argument: integer(min, 86_400, { unit: 'seconds' }) },
    ],
    options: NO_OPTIONS,
  };
}

const INCLUDE_CHECKS = [
  ['read', 'an unreadable file is a mistake'],
  ['match', 'a name that no file has is a mistake'],
  ['wildcard_match', 'a pattern that no file fits is a mistake'],
  ['brace_match', 'an alternative in braces that no file fits is a mistake'],
] as const;

const PATTERN_OPTIONS =
  'allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline match_unset_backref multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor no_start_optimize ucp ungreedy utf never_backslash_c alt_circumflex alt_verbnames use_offset_limit';

const LABELS = {
  'no label': slots(),
  name: slots(NAME),
  'BFD name': slots({ name: 'NAME', argument: name(BFD_NAME_OCTETS_MAX) }),
  service: {
    slots: [{ name: 'ADDRESS', argument: address, optional: true }, PORT],
    options: tableOf(
      keyword('fwmark', integer(0, UINT_MAX), 'packets with this firewall mark'),
      keyword('group', word, 'the services of a virtual_server_group'),
    ),
    form: 'ADDRESS [PORT] | fwmark MARK | group NAME',
    needs: ['ADDRESS', 'fwmark', 'group'],
    alternatives: ['fwmark', 'group'],
  },
  endpoint: slots({ name: 'ADDRESS', argument: address }, PORT),
} as const satisfies Partial<Record<PhraseName, Phrase>>;

const GLOBAL = {
  'host and port': slots({ name: 'HOST', argument: form('host') }, PORT_OF_SERVER),
  account: slots(...ACCOUNT),
  FIFO: slots(
    { name: 'PATH', argument: path },
    ...ACCOUNT.map((slot) => ({ ...slot, optional: true })),
  ),
  'optional path': slots({ name: 'PATH', argument: path, optional: true }),
  'table of nftables': slots({ name: 'TABLE', argument: word, optional: true }),
  chains: slots(
    { name: 'INCHAIN', argument: word, optional: true },
    { name: 'OUTCHAIN', argument: word, optional: true },
  ),
  sets: slots(
    ...['SET4', 'SET6', 'IF6', 'IGMP', 'MLD', 'ND'].map((one) => ({
      name: one,
      argument: name(SET_NAME_OCTETS_MAX),
      optional: true,
    })),
  ),
  CPUs: slots({ name: 'CPU', argument: integer(0, CPU_MAX), many: true }),
  'sync daemon': {
    slots: [
      { name: 'IFNAME', argument: interfaceName },
      { name: 'INSTANCE', argument: word, optional: true },
      { name: 'ID', argument: integer(0, 255), optional: true },
    ],
    options: tableOf(
      keyword('inst', word, 'the vrrp_instance that the daemon follows', { repeats: 'first' }),
      keyword('id', integer(0, 255), 'of the synchronisation', { unset: 'the virtual_router_id' }),
      keyword('maxlen', integer(1, 65_507, { unit: 'octets' }), 'longest message', {
        unset: 'the kernel’s choice',
      }),
      keyword('port', integer(1, PORT_MAX), 'of the messages', { default: '8848' }),
      keyword('ttl', integer(1, 255, { unit: 'hops' }), 'of the messages', { default: '1' }),
      keyword('group', { is: 'address', multicast: true }, 'that they are sent to', {
        default: '224.0.0.81',
      }),
    ),
  },
  'timeouts of IPVS': {
    slots: [],
    options: tableOf(
      ...['tcp', 'tcpfin', 'udp'].map((protocol) =>
        keyword(
          protocol,
          TIMEOUT,
          `of idle ${protocol === 'udp' ? 'UDP' : 'TCP'} connections${protocol === 'tcpfin' ? ' after FIN' : ''}; 0 leaves the kernel’s`,
          { unset: 'the kernel’s' },
        ),
      ),
    ),
    needs: ['tcp', 'tcpfin', 'udp'],
  },
  'flush on stop': {
    slots: [],
    options: tableOf(...flags(['VS', 'removes own virtual servers only'])),
  },
  'sync threshold': slots(
    { name: 'PACKETS', argument: integer(0, INT_MAX) },
    { name: 'PERIOD', argument: integer(0, INT_MAX) },
  ),
  'dynamic interfaces': {
    slots: [],
    options: tableOf(...flags(['allow_if_changes', 'an interface may change its type'])),
  },
  'include checks': {
    slots: [],
    options: tableOf(
      ...['', '+', '-'].flatMap((sign) =>
        INCLUDE_CHECKS.map(([check, help]) =>
          keyword(`${sign}${check}`, flag, sign === '-' ? `no longer: ${help}` : help),
        ),
      ),
    ),
  },
  'receive buffers': {
    slots: [{ name: 'OCTETS', argument: integer(0, UINT_MAX, { unit: 'octets' }), optional: true }],
    options: tableOf(
      ...flags(
        ['MTU', 'as large as the largest packet of the interface'],
        ['ADVERT', 'as large as an advertisement'],
      ),
    ),
    anyCase: true,
    needs: ['OCTETS', 'MTU', 'ADVERT'],
    alternatives: ['MTU', 'ADVERT'],
  },
} as const satisfies Partial<Record<PhraseName, Phrase>>;

const VRRP = {
  'extra announcements': extraAnnouncements(1),
  'extra announcements or none': extraAnnouncements(0),
  'old checksum': {
    slots: [],
    options: tableOf(...flags(['never', 'the old checksum is not even tried'])),
  },
  'limit of put-backs': slots(
    { name: 'TIMES', argument: integer(0, 1000) },
    { name: 'SECONDS', argument: integer(1, 86_400, { unit: 'seconds' }), optional: true },
  ),
  'late timer': slots({ name: 'ADVERTISEMENTS', argument: integer(1, 254), optional: true }),
  macvlan: {
    slots: [
      { name: 'MAC', argument: form('MAC address'), optional: true },
      { name: 'IFNAME', argument: interfaceName, optional: true },
    ],
    options: tableOf(
      keyword('name', interfaceName, 'of the macvlan', { unset: 'vrrp.VRID', repeats: 'first' }),
      keyword('group', integer(0, UINT_MAX), 'interface group of the macvlan'),
      accepted('netlink_notify_msg', flag, 'announces the macvlan to netlink listeners'),
    ),
    loose: true,
  },
  ipvlan: {
    slots: [
      { name: 'ADDRESS', argument: { is: 'address', prefix: true }, optional: true },
      { name: 'IFNAME', argument: interfaceName, optional: true },
    ],
    options: tableOf(
      keyword('name', interfaceName, 'of the ipvlan', { unset: 'vrrp.VRID', repeats: 'first' }),
      keyword('group', integer(0, UINT_MAX), 'interface group of the ipvlan'),
      ...flags(
        ['bridge', 'ipvlans of one interface reach each other; the default'],
        ['private', 'they do not'],
        ['vepa', 'they do through the switch'],
      ),
    ),
    loose: true,
    alternatives: ['bridge', 'private', 'vepa'],
  },
  'weight, reversible': weight(PRIORITY_WEIGHT, REVERSE),
  weight: weight(PRIORITY_WEIGHT, REVERSE, NOREVERSE),
  'weight of a file, reversible': weight(FILE_WEIGHT, REVERSE),
  'weight of a file': weight(FILE_WEIGHT, REVERSE, NOREVERSE),
  'weight of an interface': weight(INTERFACE_WEIGHT, REVERSE),
  'weight of a check': weight(integer(INT_MIN + 1, INT_MAX), REVERSE, NOREVERSE),
  'initial file': {
    slots: [{ name: 'VALUE', argument: integer(INT_MIN, INT_MAX), optional: true }],
    options: tableOf(...flags(['overwrite', 'a file that is there is written anew'])),
  },
  'command and parameters': slots(
    { name: 'COMMAND', argument: word },
    { name: 'PARAMETER', argument: word, optional: true, many: true },
  ),
  'match of parameters': {
    slots: [],
    options: tableOf(
      ...flags(
        ['initial', 'the first ones must be these'],
        ['partial', 'these must be among them'],
      ),
    ),
    alternatives: ['initial', 'partial'],
  },
  acceptor: slots({ name: 'ADDRESS[:PORT]|etcd[:PORT]', argument: form('acceptor') }),
  'lease key': slots({ name: 'KEY', argument: form('lease key') }),
  key: slots({ name: 'ID', argument: integer(1, 255) }, { name: 'KEY', argument: form('key') }),
} as const satisfies Record<string, Phrase>;

const LVS = {
  'forwarding method': {
    slots: [],
    options: tableOf(
      ...flags(
        ['NAT', 'addresses are rewritten, answers come back through the director'],
        ['DR', 'the MAC address is rewritten, answers go straight to the client'],
      ),
      keyword('TUN', phrase('tunnel'), 'packets are wrapped, answers go straight to the client'),
    ),
    needs: ['NAT', 'DR', 'TUN'],
    alternatives: ['NAT', 'DR', 'TUN'],
  },
  tunnel: {
    slots: [],
    options: tableOf(
      keyword('type', choice('ipip', 'gue', 'gre'), 'of the tunnel', { default: 'ipip' }),
      keyword('port', integer(1, PORT_MAX), 'of the other end; with gue, and only there'),
      keyword('nocsum', flag, 'no checksum; the default'),
      keyword('csum', flag, 'with checksum'),
      keyword('remcsum', flag, 'remote checksum; of gue'),
    ),
    alternatives: ['nocsum', 'csum', 'remcsum'],
    indivisible: true,
  },
  'status codes': slots({ name: 'CODE[-CODE]', argument: form('status codes'), many: true }),
  'options of a pattern': {
    slots: [],
    options: tableOf(
      ...flags(
        ...PATTERN_OPTIONS.split(' ').map((option) => [option, 'an option of PCRE2'] as const),
      ),
    ),
    needs: PATTERN_OPTIONS.split(' '),
  },
  'size of a stack': slots(
    { name: 'START', argument: integer(0, UINT_MAX, { unit: 'octets' }) },
    { name: 'MAX', argument: integer(0, UINT_MAX, { unit: 'octets' }) },
  ),
  payload: slots({ name: 'HEX', argument: form('hexadecimal digits'), many: true }),
  reply: slots({
    name: 'HEX',
    argument: form('hexadecimal digits or X'),
    optional: true,
    many: true,
  }),
  'group entry': {
    slots: [
      { name: 'ADDRESS[-LAST]', argument: form('address range'), optional: true },
      PORT_OF_GROUP,
    ],
    options: tableOf(
      keyword('fwmark', phrase('mark with family'), 'packets with this firewall mark'),
    ),
    form: 'ADDRESS[-LAST] [PORT] | fwmark MARK [inet|inet6]',
    needs: ['ADDRESS[-LAST]', 'fwmark'],
    indivisible: true,
  },
  'mark with family': {
    slots: [{ name: 'MARK', argument: integer(0, UINT_MAX) }],
    options: tableOf(...flags(['inet', 'of IPv4'], ['inet6', 'of IPv6'])),
    alternatives: ['inet', 'inet6'],
    indivisible: true,
  },
} as const satisfies Partial<Record<PhraseName, Phrase>>;

const ENTRIES = {
  members: slots({ name: 'INSTANCE', argument: word, many: true }),
  'mail addresses': slots({ name: 'ADDRESS', argument: word, many: true }),
  interfaces: slots({ name: 'IFNAME', argument: interfaceName, many: true }),
  'delays of an interface': slots(
    { name: 'IFNAME', argument: interfaceName },
    { name: 'DOWN_DELAY', argument: seconds(0, 255) },
    { name: 'UP_DELAY', argument: seconds(0, 255), optional: true },
  ),
  'polled interface': {
    slots: [{ name: 'IFNAME', argument: interfaceName }],
    options: tableOf(
      ...flags(
        ['MII', 'asks the MII registers'],
        ['ETHTOOL', 'asks as ethtool does'],
        ['IOCTL', 'asks for the flags of the interface'],
      ),
    ),
    alternatives: ['MII', 'ETHTOOL', 'IOCTL'],
  },
  peer: {
    slots: [{ name: 'ADDRESS', argument: address }],
    options: tableOf(
      keyword('min_ttl', integer(0, 255, { unit: 'hops' }), 'lowest TTL that is taken from it', {
        default: '0',
      }),
      keyword('max_ttl', integer(0, 255, { unit: 'hops' }), 'highest TTL that is taken from it', {
        default: '255',
      }),
    ),
  },
  'advertisement path': {
    slots: [{ name: 'IFNAME', argument: interfaceName }],
    options: tableOf(
      keyword('src', address, 'source of the advertisements there', {
        unset: 'the primary address of the interface',
      }),
      keyword('peer', address, 'the other director there, and once more for each', {
        unset: 'by multicast',
        repeats: 'list',
      }),
      keyword('max_hops', integer(0, 254, { unit: 'hops' }), 'how far those of peers may come', {
        default: '0',
      }),
    ),
    indivisible: true,
  },
  anchor: {
    slots: [{ name: 'ADDRESS|gateway|real_servers', argument: form('anchor') }],
    options: tableOf(),
  },
  tracked: tracked(NAME, 'weight'),
  'tracked file': tracked(NAME, 'weight of a file'),
  'tracked interface': tracked(
    { name: 'IFNAME', argument: interfaceName },
    'weight of an interface',
  ),
} as const satisfies Partial<Record<PhraseName, Phrase>>;

export const PHRASES: Readonly<Record<PhraseName, Phrase>> = {
  ...LABELS,
  ...GLOBAL,
  ...VRRP,
  ...LVS,
  ...ENTRIES,
  ...ROUTING,
};
