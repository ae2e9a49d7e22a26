/** Words of a form of their own: what each is called, one that fits, and the test. */
import { parseAddress, parseEndpoint, prefixLengthOf } from '../../base/address.ts';
import { parseSpan } from '../../base/span.ts';
import { LEASE_PORT, SECRET_OCTETS_MIN } from '../../model/lease.ts';
import { parseAddressRange } from '../build/address-range.ts';
import { parseEtcdAcceptor } from '../build/etcd-acceptor.ts';
import { isInterfaceName } from '../build/interface-name.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { numberOfC } from '../values/c-number.ts';
import { SCHEDULER_OCTETS_MAX, SCHEDULERS } from './schedulers.ts';

export type FormName =
  | 'interface name'
  | 'MD5'
  | 'status codes'
  | 'hexadecimal digits'
  | 'hexadecimal digits or X'
  | 'MAC address'
  | 'port range'
  | 'range of user ids'
  | 'mark'
  | 'realms'
  | 'time'
  | 'span of time'
  | 'file mode'
  | 'labels'
  | 'locator'
  | 'address range'
  | 'port of a group'
  | 'scheduler'
  | 'granularity'
  | 'key'
  | 'acceptor'
  | 'anchor'
  | 'lease key'
  | 'domain'
  | 'host'
  | 'CPU list'
  | 'namespace';

export interface Form {
  /** With its article left out: `"x" is no MAC address`. */
  readonly what: string;
  /** What is said to who wrote something else. */
  readonly hint: string;
  /** As written in the forms of the help. */
  readonly called: string;
  readonly accepts: (text: string) => boolean;
  /** What is said of a word that does not fit, where that is a mistake of its own. */
  readonly refuse?: (text: string) => Refusal;
}

interface Refusal {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
  readonly suggestion?: string;
}

const MODE_NAMES = /^(I[RWX](USR|GRP|OTH)|IRWX[UGO])(\|(I[RWX](USR|GRP|OTH)|IRWX[UGO]))*$/;
const NUMBER = '(0[xX][0-9a-fA-F]+|\\d+)';
/** Longer than any maintenance; what is meant to last for good is written as such. */
const SPAN_DAYS_MAX = 30;
const KEY_OCTETS_MIN = 32;
const KEY_OCTETS_MAX = 64;

/** What an instance may be anchored to beside addresses. */
const ANCHOR_WORDS: readonly string[] = ['gateway', 'real_servers'];

export const FORMS: Readonly<Record<FormName, Form>> = {
  'interface name': {
    what: 'name of an interface',
    hint: 'a name such as eth0, of up to 15 characters; "ip link" lists them',
    called: 'IFNAME',
    accepts: isInterfaceName,
    refuse: refuseInterface,
  },
  MD5: {
    what: 'MD5',
    hint: '32 hexadecimal digits',
    called: 'MD5',
    accepts: (text) => /^[0-9a-fA-F]{32}$/.test(text),
  },
  'status codes': {
    what: 'status code',
    hint: 'codes from 100 to 599, or ranges such as 200-299',
    called: 'CODE[-CODE]',
    accepts: (text) => {
      const [first, last] = ordered(text);
      return first >= 100 && last <= 599;
    },
  },
  'hexadecimal digits': {
    what: 'hexadecimal number',
    hint: 'the octets in hexadecimal digits, blanks between them allowed',
    called: 'HEX',
    accepts: (text) => /^[0-9a-fA-F]+$/.test(text),
  },
  'hexadecimal digits or X': {
    what: 'hexadecimal number',
    hint: 'the octets in hexadecimal digits; X stands for any digit',
    called: 'HEX',
    accepts: (text) => /^[0-9a-fA-FxX]+$/.test(text),
  },
  'MAC address': {
    what: 'MAC address',
    hint: 'six octets such as 00:00:5e:00:01:33; of five, the virtual_router_id is the sixth',
    called: 'MAC',
    accepts: (text) => /^([0-9a-f]{1,2}:){4,5}[0-9a-f]{1,2}$/i.test(text),
  },
  'port range': {
    what: 'range of ports',
    hint: 'FIRST-LAST; of a single port too: 80-80',
    called: 'PORT-PORT',
    accepts: (text) => /-/.test(text) && ordered(text)[1] <= 65_535,
  },
  'range of user ids': {
    what: 'range of user ids',
    hint: 'FIRST-LAST',
    called: 'UID-UID',
    accepts: (text) => /-/.test(text) && ordered(text)[1] <= 4_294_967_295,
  },
  mark: {
    what: 'firewall mark',
    hint: 'MARK or MARK/MASK; 0x… is hexadecimal, 0… octal',
    called: 'MARK[/MASK]',
    accepts: (text) =>
      new RegExp(`^${NUMBER}(/${NUMBER})?$`).test(text) && parts(text, '/').every(isUint),
  },
  realms: {
    what: 'realm',
    hint: 'DESTINATION or SOURCE/DESTINATION, each a number or a name',
    called: '[REALM/]REALM',
    accepts: (text) => /^[\w.-]+(\/[\w.-]+)?$/.test(text),
  },
  time: {
    what: 'time',
    hint: 'a number with the unit s or ms; without unit it is what the kernel counts in',
    called: 'TIME',
    accepts: (text) => /^\d+(\.\d+)?(s|sec|secs|ms|msec|msecs)?$/.test(text),
  },
  'span of time': {
    what: 'span of time',
    hint: `seconds, or a number with the unit s, m, h or d, up to ${SPAN_DAYS_MAX}d: 90, 90s, 5m, 2h`,
    called: 'TIME',
    accepts: (text) => (parseSpan(text) ?? Number.POSITIVE_INFINITY) <= SPAN_DAYS_MAX * 86_400_000,
  },
  'file mode': {
    what: 'file mode',
    hint: 'a number such as 0177, or names such as IWGRP|IWOTH',
    called: 'MODE',
    accepts: (text) =>
      MODE_NAMES.test(text) ||
      (/^(0[0-7]*|0[xX][0-9a-fA-F]+|[1-9]\d*)$/.test(text) && numberOfC(text) <= 0o777),
  },
  labels: {
    what: 'stack of labels',
    hint: 'one label or two: 100/200',
    called: 'LABEL[/LABEL]',
    accepts: (text) =>
      /^\d+(\/\d+)?$/.test(text) && parts(text, '/').every((label) => Number(label) < 2 ** 20),
  },
  locator: {
    what: 'locator',
    hint: 'four groups of hexadecimal digits: 2001:db8:0:1',
    called: 'LOCATOR',
    accepts: (text) => /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/i.test(text),
  },
  'address range': {
    what: 'address or range',
    hint: '192.0.2.1-9, 192.0.2.1-192.0.3.9, 2001:db8::1-ff or 192.0.2.0/29',
    called: 'ADDRESS[-LAST]',
    accepts: (text) => parseAddressRange(text) !== null,
  },
  'port of a group': {
    what: 'port',
    hint: 'a number from 0 to 65535',
    called: 'PORT',
    // keepalived takes the first port of a range, and so it is told where the group is read.
    accepts: (text) => ordered(text)[1] <= 65_535,
  },
  scheduler: {
    what: 'name of a scheduler',
    hint: `${SCHEDULERS.join(' ')}, or another one that the kernel has`,
    called: 'SCHEDULER',
    accepts: (text) =>
      SCHEDULERS.includes(text) ||
      (/^[\w-]+$/.test(text) &&
        text.length <= SCHEDULER_OCTETS_MAX &&
        !SCHEDULERS.includes(text.toLowerCase())),
    refuse: refuseScheduler,
  },
  granularity: {
    what: 'granularity',
    hint: 'of IPv4 a netmask such as 255.255.255.0, of IPv6 a prefix length from 1 to 128',
    called: 'MASK',
    accepts: (text) =>
      prefixLengthOf(text) !== null || (/^\d{1,3}$/.test(text) && +text >= 1 && +text <= 128),
  },
  key: {
    what: 'key',
    hint: `SECRET, hex:DIGITS or file:PATH; a key has ${KEY_OCTETS_MIN} to ${KEY_OCTETS_MAX} octets`,
    called: 'SECRET|hex:HEX|file:PATH',
    accepts: isKey,
    // It is a secret, and is not shown.
    refuse: () => ({ code: 'bad-value', message: 'this is no key', hint: FORMS.key.hint }),
  },
  acceptor: {
    what: 'address of an acceptor',
    hint: 'an address, and perhaps a port: 192.0.2.1, 192.0.2.1:4470, [2001:db8::1]:4470; or etcd, etcd:4471; names are not looked up',
    called: 'ADDRESS[:PORT]|etcd[:PORT]',
    accepts: (text) => parseEtcdAcceptor(text) !== null || parseEndpoint(text, LEASE_PORT) !== null,
  },
  anchor: {
    what: 'anchor',
    hint: 'an address, "gateway" for the routers of the default routes, or "real_servers" for any that a checker finds alive',
    called: 'ADDRESS|gateway|real_servers',
    accepts: (text) => ANCHOR_WORDS.includes(text) || parseAddress(text) !== null,
  },
  'lease key': {
    what: 'key of a lease',
    hint: `at least ${SECRET_OCTETS_MIN} characters; "openssl rand -hex 32" makes one`,
    called: 'KEY',
    accepts: (text) => Buffer.byteLength(text) >= SECRET_OCTETS_MIN && !/\s/.test(text),
    // It is a secret, and is not shown.
    refuse: () => ({
      code: 'bad-value',
      message: 'this key is too short, or has blanks',
      hint: FORMS['lease key'].hint,
    }),
  },
  namespace: {
    what: 'name of a network namespace',
    hint: 'a name that "ip netns list" shows: the name of a file in /run/netns',
    called: 'NAME',
    accepts: (text) => text !== '.' && text !== '..' && /^[^/\0]{1,255}$/.test(text),
  },
  'CPU list': {
    what: 'list of CPUs',
    hint: 'all, numbers and ranges with commas between them: 0-3,8; of a range every second one: 0-7:1/2',
    called: 'CPUS',
    accepts: (text) => /^all$|^\d+(-\d+|-N)?(:\d+\/\d+)?(,\d+(-\d+|-N)?(:\d+\/\d+)?)*$/.test(text),
  },
  domain: {
    what: 'domain name',
    hint: 'labels with dots between them, or "." for the root',
    called: 'DOMAIN',
    accepts: (text) =>
      text === '.' || (text.length <= 254 && /^([^.]{1,63}\.)*[^.]{1,63}\.?$/.test(text)),
  },
  host: {
    what: 'host name and no IP address',
    hint: 'a name that can be looked up, or an address',
    called: 'HOST',
    accepts: (text) =>
      parseAddress(text) !== null ||
      (!/^[\d.]+$/.test(text) &&
        /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text)),
  },
};

function refuseInterface(text: string): Refusal {
  const code = 'bad-interface-name';
  const message = `no interface can be called "${text}"`;
  const [before = ''] = text.split('@');
  if (!text.includes('@') || !isInterfaceName(before)) {
    return { code, message, hint: FORMS['interface name'].hint };
  }
  return { code, message, hint: `ip link shows it so; its name is ${before}`, suggestion: before };
}

function refuseScheduler(text: string): Refusal {
  const suggestion = text.toLowerCase();
  return SCHEDULERS.includes(suggestion)
    ? {
        code: 'bad-value',
        message: `"${text}" is written "${suggestion}"`,
        hint: 'capitals and small letters differ',
        suggestion,
      }
    : {
        code: 'bad-value',
        message: `"${text}" is no ${FORMS.scheduler.what}`,
        hint: FORMS.scheduler.hint,
      };
}

/** `A-B` or `A`; what is none, or not in order, is no range at all. */
function ordered(text: string): readonly [number, number] {
  const found = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(found?.[1]);
  const last = Number(found?.[2] ?? found?.[1]);
  return last >= first ? [first, last] : [Number.NaN, Number.NaN];
}

function parts(text: string, separator: string): readonly string[] {
  return text.split(separator);
}

function isUint(text: string): boolean {
  return numberOfC(text) <= 4_294_967_295;
}

function isKey(text: string): boolean {
  if (text.startsWith('file:')) return text.length > 'file:'.length;
  const hex = /^hex:((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  if (text.startsWith('hex:') && hex === undefined) return false;
  const octets = hex === undefined ? Buffer.byteLength(text) : hex.length / 2;
  return octets >= KEY_OCTETS_MIN && octets <= KEY_OCTETS_MAX;
}
