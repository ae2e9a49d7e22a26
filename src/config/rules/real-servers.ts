/** What one real server is by itself, within its virtual server. Real servers alike to the letter are looked at once. */
import type { Reports } from '../diagnostics/reports.ts';
import type { Section } from '../values/section.ts';
import { tellLongTimeouts } from './checkers.ts';
import { tellShellWords } from './scripts.ts';

export interface RealServerParts {
  readonly section: Section;
  /** Checkers of every kind, in the order of the text. */
  readonly checkers: readonly Section[];
}

export function partsOfRealServer(section: Section): RealServerParts {
  // A real server holds no other blocks.
  const checkers = section.innerSections().toSorted((a, b) => a.span.start - b.span.start);
  return { section, checkers };
}

/** `virtual` hands settings down; nothing else of it is looked at. */
export function tellRealServer(real: RealServerParts, virtual: Section, reports: Reports): void {
  tellLongTimeouts(real, virtual, reports);
  tellShellWords(real.section, reports);
  for (const checker of real.checkers) tellShellWords(checker, reports);
}
