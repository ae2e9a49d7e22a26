/** What is told of a keyword or option because it stands there at all, whatever its value. */

import type { Reports } from '../diagnostics/reports.ts';
import { type Keyword, nameOfMeaning } from '../keywords/keyword.ts';
import { whyWithoutEffect } from '../keywords/without-effect.ts';
import type { Word } from '../text/ast.ts';

export function tellStanding(
  keyword: Keyword,
  at: { readonly keyword: Word },
  reports: Reports,
): void {
  const { name, insteadOf, mend, ours, effect } = keyword;
  if (insteadOf === null && mend === null && !ours && effect !== 'none') return;
  const { span } = at.keyword;
  if (insteadOf !== null) {
    const message = `"${name}" is an old word for "${insteadOf}"`;
    reports.add({ code: 'deprecated', span, message, suggestion: insteadOf });
  }
  if (mend !== null) {
    reports.add({ code: 'deprecated', span, message: `"${name}" is an old word`, hint: mend });
  }
  if (ours) {
    reports.addOnce({
      code: 'not-keepalived',
      span,
      message: `keepalived does not know "${name}": it would refuse this line`,
      hint: 'it is a word of lvs-director; told once, however often it stands here',
    });
  }
  if (effect === 'none') {
    reports.add({
      code: 'no-effect',
      span,
      message: `"${name}" has no effect in this version`,
      hint:
        whyWithoutEffect(name) ??
        'it is accepted, so that the file loads; what it asks for does not happen',
    });
  }
}

const COUNTS = {
  last: 'the last one counts',
  first: 'the first one counts',
  largest: 'the largest one counts',
} as const;

/** `before`: the same keyword stands in its block already. */
export function tellRepeated(keyword: Keyword, span: Word['span'], reports: Reports): void {
  if (keyword.repeats === 'list') return;
  const meaning = nameOfMeaning(keyword);
  const named = meaning === keyword.name ? `"${meaning}"` : `"${keyword.name}" or "${meaning}"`;
  reports.add({
    code: 'repeated',
    span,
    message: `${named} stands here a second time: ${COUNTS[keyword.repeats]}`,
    hint: keyword.name.startsWith('notify')
      ? 'each change has a word of its own: notify_master, notify_backup, notify_fault, notify_stop'
      : 'remove one of them',
  });
}
