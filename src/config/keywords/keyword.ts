/**
 * What an entry of a keyword table is. The language is data: the checker, the help, the suggestions, the
 * defaults and docs/keywords.md all read the same entry. Facts: keepalived 2.4, one entry a keyword and block.
 */
import type { Family } from '../../base/address.ts';
import type { FormName } from './forms.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a number counts; of ports, weights and other numbers that count nothing: none. */
export type Unit = 'seconds' | 'milliseconds' | 'microseconds' | 'octets' | 'hops';

/** One word. */
export type Scalar =
  | IntegerScalar
  | DecimalScalar
  | WordScalar
  | { readonly is: 'choice'; readonly of: readonly string[]; readonly anyCase?: boolean }
  | AddressScalar
  /** A word of a form that has a name of its own. */
  | { readonly is: 'form'; readonly form: FormName }
  /** The first of these that the word fits. */
  | { readonly is: 'either'; readonly of: readonly Scalar[] };

export interface IntegerScalar extends Range {
  readonly is: 'integer';
  readonly unit?: Unit;
  /** Hexadecimal (`0x10`) and octal (`010`) are read too. */
  readonly anyBase?: boolean;
  /** Or a name, of those that iproute2 keeps in its tables. */
  readonly named?: boolean;
  /** Numbers of this wider range are taken too, and become the nearest one of the range. */
  readonly tolerated?: Range;
  /** What the keyword alone means. */
  readonly bare?: number;
}

/** Seconds with up to six decimals, milliseconds with up to three. */
export interface DecimalScalar extends Range {
  readonly is: 'seconds' | 'milliseconds';
  readonly tolerated?: Range;
}

export interface WordScalar {
  readonly is: 'word';
  /** What it holds, as written in the forms of the help: `PATH`. */
  readonly called?: string;
  readonly octetsMax?: number;
  /** What is longer is cut off, rather than refused. */
  readonly isCut?: boolean;
}

export interface AddressScalar {
  readonly is: 'address';
  readonly family?: Family;
  readonly multicast?: boolean;
  /** It may end in `/LENGTH`. */
  readonly prefix?: boolean;
}

/** What stands behind a keyword. */
export type Argument =
  | Scalar
  /** Nothing; keepalived ignores further words. */
  | { readonly is: 'flag' }
  /** `on off true false yes no`; absent means true. */
  | { readonly is: 'boolean' }
  /** A command line in quotes, then perhaps USER and GROUP; `optional`: perhaps nothing at all. */
  | { readonly is: 'script'; readonly optional?: boolean }
  /** A line of words: positional ones, then options by name. */
  | { readonly is: 'phrase'; readonly of: PhraseName }
  /** A block of such lines: addresses, routes, tracked things, members. */
  | { readonly is: 'entries'; readonly of: PhraseName; readonly label: PhraseName }
  /** A block of statements with keywords of their own, and the words between keyword and brace. */
  | { readonly is: 'block'; readonly block: BlockName; readonly label: PhraseName };

export type BlockName =
  | 'the top level'
  | 'global_defs'
  | 'lvs_sysctl'
  | 'vrrp_instance'
  | 'authentication'
  | 'vrrp_sync_group'
  | 'vrrp_script'
  | 'virtual_server'
  | 'real_server'
  | 'TCP_CHECK'
  | 'HTTP_GET'
  | 'SSL_GET'
  | 'url'
  | 'SMTP_CHECK'
  | 'host'
  | 'DNS_CHECK'
  | 'UDP_CHECK'
  | 'PING_CHECK'
  | 'MISC_CHECK'
  | 'FILE_CHECK'
  | 'BFD_CHECK'
  | 'auth_hmac'
  | 'lease'
  | 'bfd_instance'
  | 'track_file'
  | 'vrrp_track_process'
  | 'track_group'
  | 'garp_group'
  | 'SSL';

/** Those of addresses, routes and policy rules; they stand in routing.ts. */
export type RoutingName =
  | 'address'
  | 'static address'
  | 'route'
  | 'static route'
  | 'gateway'
  | 'translation'
  | 'next hop'
  | 'encapsulation'
  | 'encapsulation ip'
  | 'encapsulation ip6'
  | 'number that may be locked'
  | 'time that may be locked'
  | 'name that may be locked'
  | 'rule'
  | 'static rule';

/** The lines of words, by what they tell; all others stand in phrases.ts. */
export type PhraseName =
  | 'no label'
  | 'name'
  | 'BFD name'
  | 'service'
  | 'endpoint'
  | 'host and port'
  | 'account'
  | 'FIFO'
  | 'optional path'
  | 'table of nftables'
  | 'chains'
  | 'sets'
  | 'CPUs'
  | 'sync daemon'
  | 'timeouts of IPVS'
  | 'flush on stop'
  | 'sync threshold'
  | 'dynamic interfaces'
  | 'include checks'
  | 'receive buffers'
  | 'extra announcements'
  | 'extra announcements or none'
  | 'old checksum'
  | 'late timer'
  | 'limit of put-backs'
  | 'macvlan'
  | 'ipvlan'
  | 'weight'
  | 'weight, reversible'
  | 'weight of a file'
  | 'weight of a file, reversible'
  | 'weight of an interface'
  | 'weight of a check'
  | 'initial file'
  | 'command and parameters'
  | 'match of parameters'
  | 'key'
  | 'acceptor'
  | 'lease key'
  | 'forwarding method'
  | 'tunnel'
  | 'status codes'
  | 'options of a pattern'
  | 'size of a stack'
  | 'payload'
  | 'reply'
  | 'members'
  | 'mail addresses'
  | 'interfaces'
  | 'delays of an interface'
  | 'polled interface'
  | 'group entry'
  | 'peer'
  | 'advertisement path'
  | 'anchor'
  | 'tracked'
  | 'tracked file'
  | 'tracked interface'
  | RoutingName
  | 'mark with family';

/** What a keyword does in this version. */
export type Effect = 'full' | 'partial' | 'none';

/** Which one counts when a keyword stands in its block more than once. */
export type Repeats =
  /** The last one, and the others are a mistake. */
  | 'last'
  /** The first one, and the others are a mistake. */
  | 'first'
  /** The one with the largest number, and the others are a mistake. */
  | 'largest'
  /** Each one is a thing of its own, or adds to the others. */
  | 'list';

export interface Keyword {
  readonly name: string;
  readonly argument: Argument;
  /** What holds when the keyword is absent everywhere, as it could be written; null: there is no such value. */
  readonly default: string | null;
  /** Where the value is looked for before the default is taken, the nearest place first. */
  readonly inherits: readonly Place[];
  /** Without a default: what holds when the keyword is absent, in a few words. */
  readonly unset: string;
  /** One line of help. */
  readonly help: string;
  readonly effect: Effect;
  readonly repeats: Repeats;
  /** This is an old word; the other one takes the same arguments in the same block. */
  readonly insteadOf: string | null;
  /** This is an old word, and what to write now is told in words. */
  readonly mend: string | null;
  /** Another word for the same thing, and as good. */
  readonly sameAs: string | null;
  /** keepalived does not know it. */
  readonly ours: boolean;
}

export interface Place {
  readonly block: BlockName;
  readonly keyword: string;
}

/** What `global_defs` says under these names, the first one first. */
export function globally(...names: readonly string[]): readonly Place[] {
  return names.map((name) => ({ block: 'global_defs', keyword: name }));
}

export type KeywordTable = ReadonlyMap<string, Keyword>;

/** A word of a phrase that is told from others by its position. */
export interface Slot {
  /** In capitals, as in the form of the help. */
  readonly name: string;
  readonly argument: Scalar;
  readonly optional?: boolean;
  /** What is worth knowing about its value. */
  readonly note?: string;
  /** It takes all further words that are no options. */
  readonly many?: boolean;
}

export interface Phrase {
  readonly slots: readonly Slot[];
  /** They follow the slots in any order. */
  readonly options: KeywordTable;
  /** Slots are filled wherever they stand, by words that are no options. */
  readonly loose?: boolean;
  /** Capitals and small letters of options are the same. */
  readonly anyCase?: boolean;
  /** One of these slots or options must stand there. */
  readonly needs?: readonly string[];
  /** How the line is written, where slots and options do not show it. */
  readonly form?: string;
  /** No two of these options may stand there. */
  readonly alternatives?: readonly string[];
  /** Nor both of these. */
  readonly neverBoth?: readonly (readonly [string, string])[];
  /** A line with a word that cannot be used is none: without it, it would mean something else. */
  readonly indivisible?: boolean;
}

interface Extras {
  readonly default?: string;
  readonly inherits?: readonly Place[];
  readonly unset?: string;
  readonly effect?: Effect;
  readonly repeats?: Repeats;
  readonly insteadOf?: string;
  readonly mend?: string;
  readonly sameAs?: string;
  readonly ours?: boolean;
}

export function keyword(
  name: string,
  argument: Argument,
  help: string,
  extras: Extras = {},
): Keyword {
  return {
    name,
    argument,
    help,
    default: extras.default ?? null,
    inherits: extras.inherits ?? [],
    unset: extras.default === undefined ? (extras.unset ?? unsetOf(argument)) : '',
    effect: extras.effect ?? 'full',
    repeats: extras.repeats ?? 'last',
    insteadOf: extras.insteadOf ?? null,
    mend: extras.mend ?? null,
    sameAs: extras.sameAs ?? null,
    ours: extras.ours ?? false,
  };
}

function unsetOf({ is }: Argument): string {
  return is === 'flag' ? 'off' : 'none';
}

/** A keyword that does nothing in this version: it is checked like any other, and the user is told. */
export function accepted(
  name: string,
  argument: Argument,
  help: string,
  extras: Omit<Extras, 'effect'> = {},
): Keyword {
  return keyword(name, argument, help, { ...extras, effect: 'none' });
}

export function tableOf(...keywords: readonly Keyword[]): KeywordTable {
  return new Map(keywords.map((entry) => [entry.name, entry]));
}

/** The name under which what is said is kept: old words and synonyms are one with their new one. */
export function nameOfMeaning({ name, insteadOf, sameAs }: Keyword): string {
  return insteadOf ?? sameAs ?? name;
}

export const flag: Argument = { is: 'flag' };
export const boolean: Argument = { is: 'boolean' };
export const word: WordScalar = { is: 'word' };
export const path: WordScalar = { is: 'word', called: 'PATH' };
export const address: AddressScalar = { is: 'address' };
export const prefix: AddressScalar = { is: 'address', prefix: true };
export const script: Argument = { is: 'script' };
export const interfaceName: Scalar = { is: 'form', form: 'interface name' };

export function integer(
  min: number,
  max: number,
  more: Omit<IntegerScalar, 'is' | 'min' | 'max'> = {},
): IntegerScalar {
  return { is: 'integer', min, max, ...more };
}

export function seconds(min: number, max: number, tolerated?: Range): Scalar {
  return tolerated === undefined
    ? { is: 'seconds', min, max }
    : { is: 'seconds', min, max, tolerated };
}

export function milliseconds(min: number, max: number): Scalar {
  return { is: 'milliseconds', min, max };
}

export function choice(...of: readonly string[]): Scalar {
  return { is: 'choice', of };
}

export function either(...of: readonly Scalar[]): Scalar {
  return { is: 'either', of };
}

export function form(name: FormName): Scalar {
  return { is: 'form', form: name };
}

/** A name of at most so many octets. */
export function name(octetsMax: number, more: Omit<WordScalar, 'is' | 'octetsMax'> = {}): Scalar {
  return { is: 'word', called: 'NAME', octetsMax, ...more };
}

export function phrase(of: PhraseName): Argument {
  return { is: 'phrase', of };
}

export function entries(of: PhraseName, label: PhraseName = 'no label'): Argument {
  return { is: 'entries', of, label };
}

export function block(name: BlockName, label: PhraseName = 'no label'): Argument {
  return { is: 'block', block: name, label };
}

/** What holds when a keyword is absent that its block cannot do without. */
export const MANDATORY = 'must be given';
/** Unsigned 32 bits. */
export const UINT_MAX = 4_294_967_295;
/** Signed 32 bits. */
export const INT_MAX = 2_147_483_647;
export const INT_MIN = -2_147_483_648;
/** The longest time of most keywords: 32 bits of microseconds. */
export const SECONDS_MAX = 4_294.967_295;
/** The same in whole seconds. */
export const WHOLE_SECONDS_MAX = 4_294;
/** The longest time of the others: 64 bits of microseconds. */
export const LONG_SECONDS_MAX = 18_446_744_073_709;
export const MICROSECOND = 0.000_001;
export const PORT_MAX = 65_535;
