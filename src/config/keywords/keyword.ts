/**
 * What an entry of a keyword table is. The language is data: the checker, the help, the suggestions and
 * the defaults all read the same entry. Facts: docs of keepalived 2.4, one entry a keyword and block.
 */

/** What stands behind a keyword. */
export type Argument =
  /** Nothing; keepalived ignores further words. */
  | { readonly is: 'flag' }
  /** `on off true false yes no`; absent means true. */
  | { readonly is: 'boolean' }
  | { readonly is: 'integer'; readonly min: number; readonly max: number; readonly bare?: number }
  /** Seconds with up to six decimals. */
  | { readonly is: 'seconds'; readonly min: number; readonly max: number }
  /** Milliseconds with up to three decimals. */
  | { readonly is: 'milliseconds'; readonly min: number; readonly max: number }
  | { readonly is: 'word' }
  /** Any number of words, at least one. */
  | { readonly is: 'words' }
  | { readonly is: 'choice'; readonly of: readonly string[]; readonly anyCase?: boolean }
  | { readonly is: 'address' }
  /** A command line in quotes, then perhaps USER and GROUP. */
  | { readonly is: 'script' }
  /** A block of statements with keywords of their own; what names the block stands before it. */
  | { readonly is: 'block'; readonly block: BlockName }
  /** A block of entries, one a line: addresses, tracked things, members. */
  | { readonly is: 'entries' }
  /** Words or a block that is not looked at. */
  | { readonly is: 'anything' };

export type BlockName =
  | 'the top level'
  | 'global_defs'
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
  | 'bfd_instance'
  | 'track_file'
  | 'vrrp_track_process'
  | 'track_group'
  | 'garp_group'
  | 'SSL';

/** What a keyword does in this version. */
export type Effect = 'full' | 'partial' | 'none';

export interface Keyword {
  readonly name: string;
  readonly argument: Argument;
  /** What holds when the keyword is absent, as a person would write it. */
  readonly default: string;
  /** One line of help. */
  readonly help: string;
  readonly effect: Effect;
  /** It may stand more than once in its block. */
  readonly repeatable: boolean;
  /** The word to use instead. */
  readonly insteadOf: string | null;
}

export type KeywordTable = ReadonlyMap<string, Keyword>;

interface Extras {
  readonly default?: string;
  readonly effect?: Effect;
  readonly repeatable?: boolean;
  readonly deprecatedFor?: string;
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
    default: extras.default ?? '-',
    effect: extras.effect ?? 'full',
    repeatable: extras.repeatable ?? false,
    insteadOf: extras.deprecatedFor ?? null,
  };
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

export const anything: Argument = { is: 'anything' };
export const flag: Argument = { is: 'flag' };
export const boolean: Argument = { is: 'boolean' };
export const word: Argument = { is: 'word' };
export const words: Argument = { is: 'words' };
export const address: Argument = { is: 'address' };
export const script: Argument = { is: 'script' };
export const entries: Argument = { is: 'entries' };

export function integer(min: number, max: number, bare?: number): Argument {
  return bare === undefined ? { is: 'integer', min, max } : { is: 'integer', min, max, bare };
}

export function seconds(min: number, max: number): Argument {
  return { is: 'seconds', min, max };
}

export function milliseconds(min: number, max: number): Argument {
  return { is: 'milliseconds', min, max };
}

export function choice(...of: readonly string[]): Argument {
  return { is: 'choice', of };
}

export function block(name: BlockName): Argument {
  return { is: 'block', block: name };
}

/** Unsigned 32 bits. */
export const UINT_MAX = 4_294_967_295;
/** Signed 32 bits. */
export const INT_MAX = 2_147_483_647;
/** The longest time keepalived takes, in seconds. */
export const SECONDS_MAX = 4_294;
