/**
 * Words that are no keywords where they stand, and that real files contain all the same: documented but
 * unknown to keepalived, of other releases, or copied from file to file. Each has a message of its own.
 */
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { BlockName, PhraseName } from './keyword.ts';

export interface Stranger {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
  /** Where one word can stand instead of it. */
  readonly suggestion?: string;
}

type Place = BlockName | PhraseName;

interface Entry extends Stranger {
  readonly word: string;
  readonly places: readonly Place[];
}

const CHECKERS: readonly BlockName[] = [
  'TCP_CHECK',
  'SMTP_CHECK',
  'host',
  'DNS_CHECK',
  'UDP_CHECK',
  'PING_CHECK',
  'MISC_CHECK',
  'real_server',
  'virtual_server',
];

/** The manual page has it, keepalived refuses it, and another word does what it says. */
function documented(word: string, places: readonly Place[], suggestion: string): Entry {
  return {
    word,
    places,
    code: 'unknown-keyword',
    message: `"${word}" stands in the manual of keepalived, but keepalived does not know it`,
    hint: `write "${suggestion}"`,
    suggestion,
  };
}

const STRANGERS: readonly Entry[] = [
  documented('state_file_location', ['global_defs'], 'state_dump_file'),
  documented('stats_file_location', ['global_defs'], 'stats_dump_file'),
  documented('json_file_location', ['global_defs'], 'json_dump_file'),
  documented('ip_proto', ['rule', 'static rule'], 'ipproto'),
  documented('readable', ['include checks'], 'read'),
  documented('+readable', ['include checks'], '+read'),
  documented('-readable', ['include checks'], '-read'),
  {
    word: 'dynamic',
    places: ['FILE_CHECK'],
    code: 'unknown-keyword',
    message: '"dynamic" stands in the manual of keepalived, but keepalived does not know it',
    hint: 'remove it: the number in the file moves the weight anyway',
  },
  {
    word: 'notify_deleted',
    places: ['vrrp_sync_group'],
    code: 'misplaced-keyword',
    message: 'a vrrp_sync_group has no "notify_deleted", though the manual of keepalived says so',
    hint: 'write it into each vrrp_instance of the group',
  },
  {
    word: 'lvs_id',
    places: ['global_defs'],
    code: 'unknown-keyword',
    message: '"lvs_id" is an old word for "router_id", and keepalived no longer knows it',
    hint: 'write "router_id"',
    suggestion: 'router_id',
  },
  {
    word: 'nat_mask',
    places: ['virtual_server'],
    code: 'deprecated',
    message: '"nat_mask" has done nothing for years: keepalived no longer knows it',
    hint: 'remove it',
  },
  {
    word: 'nb_get_retry',
    places: CHECKERS,
    code: 'misplaced-keyword',
    message:
      '"nb_get_retry" counts for nothing here: keepalived knows it in HTTP_GET and SSL_GET only',
    hint: 'write "retry"',
    suggestion: 'retry',
  },
  {
    word: 'lvs_sync_daemon_inteface',
    places: ['vrrp_instance'],
    code: 'deprecated',
    message:
      '"lvs_sync_daemon_inteface" is a misspelling that was copied from file to file: it does nothing',
    hint: 'write "lvs_sync_daemon IFNAME INSTANCE" into global_defs, or remove it',
  },
  {
    word: 'local_address_group',
    places: ['the top level'],
    code: 'unknown-keyword',
    message: '"local_address_group" is a word of a keepalived with the FULLNAT patch',
    hint: 'remove it: the kernel of Linux has no FULLNAT',
  },
  {
    word: 'laddr_group_name',
    places: ['virtual_server'],
    code: 'unknown-keyword',
    message: '"laddr_group_name" is a word of a keepalived with the FULLNAT patch',
    hint: 'remove it: the kernel of Linux has no FULLNAT',
  },
  {
    word: 'interface_name',
    places: ['vrrp_instance'],
    code: 'unknown-keyword',
    message: '"interface_name" is a word of a port to Windows',
    hint: 'write "interface"',
    suggestion: 'interface',
  },
];

const BY_PLACE: ReadonlyMap<string, Stranger> = new Map(
  STRANGERS.flatMap(({ word, places, ...stranger }) =>
    places.map((place) => [`${place} ${word}`, stranger] as const),
  ),
);

/** What is known of a word that the table of this place does not have. */
export function strangerIn(place: Place, word: string): Stranger | null {
  return BY_PLACE.get(`${place} ${word}`) ?? null;
}
