/**
 * The whole story of every finding: what happens, why, and what to do. `lvsctl lint` prints it, and
 * docs/traps.md is made of it. One entry a code, in a file for each subject; the type sees to it that none is missing.
 */
import type { DiagnosticCode } from './codes.ts';
import type { Explanation } from './explanations/explanation.ts';
import { HOST } from './explanations/host.ts';
import { LEFTOVERS } from './explanations/leftovers.ts';
import { PAIR } from './explanations/pair.ts';
import { TEXT } from './explanations/text.ts';
import { VIRTUAL_SERVERS } from './explanations/virtual-servers.ts';
import { VRRP } from './explanations/vrrp.ts';
import { WORDS } from './explanations/words.ts';

export const EXPLANATIONS: Readonly<Record<DiagnosticCode, Explanation>> = {
  ...TEXT,
  ...WORDS,
  ...HOST,
  ...VRRP,
  ...LEFTOVERS,
  ...VIRTUAL_SERVERS,
  ...PAIR,
};

/** Whether the text is a code that can be explained. */
export function isCode(text: string): text is DiagnosticCode {
  return Object.hasOwn(EXPLANATIONS, text);
}

export const ALL_CODES: readonly DiagnosticCode[] = Object.keys(EXPLANATIONS).filter(isCode);
