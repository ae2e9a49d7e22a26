/** Names of blocks, and of what may be meant by one. */
import type { Section } from '../../values/section.ts';

const NAMED_MAX = 8;

/** Names for a hint. */
export function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The name in front of the block; of a block without one, which has been told, it is empty. */
export function nameOf(section: Section): string {
  return section.label[0]?.text ?? '';
}
