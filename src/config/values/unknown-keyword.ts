/** A word that its block does not know: what was meant, and where it belongs. */

import { nearestOf } from '../../base/nearest.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { BlockName, Keyword, KeywordTable } from '../keywords/keyword.ts';
import { strangerIn } from '../keywords/strangers.ts';
import { blocksWith, LANGUAGE, nearestKeyword } from '../keywords/table.ts';
import type { Statement } from '../text/ast.ts';
import { INCLUDE_WORDS } from '../text/include.ts';
import type { Span } from '../text/source.ts';

const BLOCKS_NAMED_MAX = 3;

/** What was probably meant. */
export interface Meant {
  /** The word itself, when nothing is near it. */
  readonly name: string;
  readonly meant: Keyword | null;
}

export function tellUnknown(block: BlockName, statement: Statement, reports: Reports): Meant {
  const { text, span } = statement.keyword;
  const stranger = strangerIn(block, text);
  if (stranger !== null) {
    reports.add({ ...stranger, span });
    return { name: stranger.suggestion ?? text, meant: null };
  }
  const global = `vrrp_${text}`;
  if (block === 'global_defs' && LANGUAGE.global_defs.has(global)) {
    reports.add({
      code: 'unknown-keyword',
      span,
      message: `there is no "${text}" ${placeOf(block)}`,
      hint: `what holds for all instances has a prefix: "${global}"`,
      suggestion: global,
    });
    return { name: global, meant: null };
  }
  const [home] = blocksWith(text, block);
  if (home !== undefined) {
    tellMisplaced(block, statement, reports);
    return { name: text, meant: LANGUAGE[home].get(text) ?? null };
  }
  return tellMisspelt(block, statement, reports);
}

function tellMisplaced(block: BlockName, { keyword }: Statement, reports: Reports): void {
  reports.add({
    code: 'misplaced-keyword',
    span: keyword.span,
    message: `"${keyword.text}" does not belong ${placeOf(block)}`,
    hint: `it belongs in ${namesOf(blocksWith(keyword.text, block))}`,
  });
}

function tellMisspelt(block: BlockName, statement: Statement, reports: Reports): Meant {
  const { text, span } = statement.keyword;
  const table = LANGUAGE[block];
  const spaced = withUnderscores(statement, table);
  const nearest = spaced ?? nearestKeyword(text, table) ?? nearestOf(text, INCLUDE_WORDS);
  const meant = (nearest === null ? undefined : table.get(nearest)) ?? null;
  const skipped = statement.hasBlock && meant === null ? '; what it holds is not looked at' : '';
  const remark = remarkOn(block, statement);
  reports.add({
    code: 'unknown-keyword',
    span: spaced === null ? span : spanOfSpaced(statement, spaced),
    message: `there is no "${text}" ${placeOf(block)}${skipped}`,
    ...(nearest === null ? remark : { hint: `did you mean "${nearest}"?`, suggestion: nearest }),
  });
  return { name: nearest ?? text, meant };
}

function placeOf(block: BlockName): string {
  return block === 'the top level' ? 'at the top level' : `in ${block}`;
}

const WORDS_OF_KEYWORD_MAX = 5;

/** `mcast src ip` for `mcast_src_ip`. */
function withUnderscores({ keyword, args }: Statement, table: KeywordTable): string | null {
  let name = keyword.text;
  for (const { text } of args.slice(0, WORDS_OF_KEYWORD_MAX - 1)) {
    name += `_${text}`;
    if (table.has(name)) return name;
  }
  return null;
}

/** The words that stand for a keyword with blanks in the place of its underscores. */
function spanOfSpaced({ keyword, args }: Statement, name: string): Span {
  const underscores = (text: string): number => text.split('_').length - 1;
  const last = args[underscores(name) - underscores(keyword.text) - 1];
  const { file, start, end, definedAt = null } = keyword.span;
  return { file, start, end: Math.max(end, last?.span.end ?? end), definedAt };
}

const WORDS_OF_REMARK_MIN = 4;

function remarkOn(block: BlockName, statement: Statement): { readonly hint?: string } {
  if (isRemark(statement)) return { hint: 'put # before a remark' };
  const isMember = block === 'vrrp_sync_group' && statement.argCount === 0;
  return isMember ? { hint: `members stand in a block: group { ${statement.name} }` } : {};
}

/** A prompt, or prose; definitions and conditions have messages of their own. */
function isRemark({ keyword, args, hasBlock }: Statement): boolean {
  if (hasBlock || /^[$~@]/.test(keyword.text)) return false;
  if (!/^[\w-]+$/.test(keyword.text)) return true;
  return args.length + 1 >= WORDS_OF_REMARK_MIN && args.every(({ span }) => !span.definedAt);
}

/** The first few, which are the outer ones: whoever misplaced a word means one of these. */
function namesOf(blocks: readonly BlockName[]): string {
  const [some, more] = [blocks.slice(0, BLOCKS_NAMED_MAX), blocks.length - BLOCKS_NAMED_MAX];
  return more > 0 ? `${some.join(', ')} and ${more} other blocks` : some.join(' or ');
}
