/** All blocks of the language and their keywords. */
import { nearestOf } from '../../base/nearest.ts';
import {
  BFD_CHECK,
  DNS_CHECK,
  FILE_CHECK,
  HOST,
  HTTP_GET,
  MISC_CHECK,
  PING_CHECK,
  SMTP_CHECK,
  SSL_GET,
  TCP_CHECK,
  UDP_CHECK,
  URL_BLOCK,
} from './checkers.ts';
import { GLOBAL_DEFS } from './global.ts';
import type { BlockName, KeywordTable } from './keyword.ts';
import { LEASE } from './lease.ts';
import { REAL_SERVER, VIRTUAL_SERVER } from './lvs.ts';
import { LVS_SYSCTL } from './sysctl.ts';
import { TOP_LEVEL } from './top-level.ts';
import {
  BFD_INSTANCE,
  GARP_GROUP,
  SSL,
  TRACK_FILE,
  TRACK_GROUP,
  VRRP_TRACK_PROCESS,
} from './track.ts';
import { AUTH_HMAC, AUTHENTICATION, VRRP_INSTANCE, VRRP_SCRIPT, VRRP_SYNC_GROUP } from './vrrp.ts';

export const LANGUAGE: Readonly<Record<BlockName, KeywordTable>> = {
  'the top level': TOP_LEVEL,
  global_defs: GLOBAL_DEFS,
  lvs_sysctl: LVS_SYSCTL,
  vrrp_instance: VRRP_INSTANCE,
  authentication: AUTHENTICATION,
  auth_hmac: AUTH_HMAC,
  lease: LEASE,
  vrrp_sync_group: VRRP_SYNC_GROUP,
  vrrp_script: VRRP_SCRIPT,
  track_file: TRACK_FILE,
  vrrp_track_process: VRRP_TRACK_PROCESS,
  track_group: TRACK_GROUP,
  bfd_instance: BFD_INSTANCE,
  garp_group: GARP_GROUP,
  SSL,
  virtual_server: VIRTUAL_SERVER,
  real_server: REAL_SERVER,
  TCP_CHECK,
  HTTP_GET,
  SSL_GET,
  url: URL_BLOCK,
  SMTP_CHECK,
  host: HOST,
  DNS_CHECK,
  UDP_CHECK,
  PING_CHECK,
  MISC_CHECK,
  FILE_CHECK,
  BFD_CHECK,
};

const COMMANDS: ReadonlySet<string> = new Set([
  ...Object.values(LANGUAGE).flatMap((table) =>
    [...table.values()].filter(({ argument }) => argument.is === 'script').map(({ name }) => name),
  ),
  'regex',
]);

/** Whether the value is split into words by other rules, those of scripts. */
export function isCommand(keyword: string): boolean {
  return COMMANDS.has(keyword);
}

/** Whether some block knows a word. */
export function isKeyword(word: string): boolean {
  return Object.values(LANGUAGE).some((table) => table.has(word));
}

/** Blocks that know a keyword, other than the one given. */
export function blocksWith(name: string, except: BlockName): readonly BlockName[] {
  return (Object.keys(LANGUAGE) as BlockName[]).filter(
    (block) => block !== except && LANGUAGE[block].has(name),
  );
}

/** The keyword that a word is misspelt for, or null. Who misspelt an old word is told the new one. */
export function nearestKeyword(name: string, table: KeywordTable): string | null {
  let known = nearestKnown.get(table);
  if (known === undefined || known.size >= WORDS_KNOWN_MAX) {
    known = new Map();
    nearestKnown.set(table, known);
  }
  const before = known.get(name);
  if (before !== undefined) return before;
  const nearest = nearestOf(name, [...table.keys()]) ?? cutShort(name, table);
  const meant = nearest === null ? null : (table.get(nearest)?.insteadOf ?? nearest);
  known.set(name, meant);
  return meant;
}

/** A generator can make one misspelt line a hundred thousand times. */
const nearestKnown = new WeakMap<KeywordTable, Map<string, string | null>>();
const WORDS_KNOWN_MAX = 1000;

const CUT_LENGTH_MIN = 6;

/** The one keyword that a word is the beginning or the end of. */
function cutShort(name: string, table: KeywordTable): string | null {
  if (name.length < CUT_LENGTH_MIN) return null;
  const found = [...table.keys()].filter((one) => one.startsWith(name) || one.endsWith(name));
  return found.length === 1 ? (found[0] ?? null) : null;
}
