/** What the tables say of a keyword that is absent, asked by block and name. */
import type { BlockName, Place } from './keyword.ts';
import { LANGUAGE } from './table.ts';

/** Asked in this order; a keyword that is absent there too is passed over. */
export function sourcesOf(block: BlockName, keyword: string): readonly Place[] {
  return LANGUAGE[block].get(keyword)?.inherits ?? [];
}

/** Keywords that other blocks ask: what they say acts there. */
const HANDED_DOWN: ReadonlySet<string> = new Set(
  Object.entries(LANGUAGE).flatMap(([block, table]) =>
    [...table.values()]
      .filter(({ effect }) => effect !== 'none')
      .flatMap(({ inherits }) => inherits.filter((place) => place.block !== block))
      .map((place) => `${place.block} ${place.keyword}`),
  ),
);

export function isHandedDown(block: BlockName, keyword: string): boolean {
  return HANDED_DOWN.has(`${block} ${keyword}`);
}
