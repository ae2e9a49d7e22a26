/** A virtual server and its real servers, taken apart for the rules: each with the sections of its checkers. */
import type { Section } from '../values/section.ts';

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

export interface ServerParts {
  readonly section: Section;
  readonly realServers: readonly RealServerParts[];
}

export function partsOf(section: Section): ServerParts {
  return {
    section,
    realServers: section.sections('real_server').map(partsOfRealServer),
  };
}
