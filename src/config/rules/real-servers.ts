/** What one real server is by itself, within its virtual server. Real servers alike to the letter are looked at once. */
import type { Reports } from '../diagnostics/reports.ts';
import type { Section } from '../values/section.ts';
import { tellLongTimeouts } from './checkers.ts';
import type { RealServerParts } from './parts.ts';
import { tellShellWords } from './scripts.ts';

/** `virtual` hands settings down; nothing else of it is looked at. */
export function tellRealServer(real: RealServerParts, virtual: Section, reports: Reports): void {
  tellLongTimeouts(real, virtual, reports);
  tellShellWords(real.section, reports);
  for (const checker of real.checkers) tellShellWords(checker, reports);
}
