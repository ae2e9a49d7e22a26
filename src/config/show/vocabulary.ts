/**
 * The keywords of a block with the older words for them, and what stands in a section for one of them. Here
 * old and new are one thing; who reads on sees the current word only.
 */
import type { BlockName, Keyword } from '../keywords/keyword.ts';
import { LANGUAGE } from '../keywords/table.ts';
import type { Section, Setting } from '../values/section.ts';
import type { Value } from '../values/value.ts';

/** A keyword that is not out of date, and the older words for it. */
interface Vocable {
  readonly entry: Keyword;
  readonly names: readonly string[];
}

const vocabularies = new Map<BlockName, ReadonlyMap<string, Vocable>>();

export function vocabularyOf(block: BlockName): ReadonlyMap<string, Vocable> {
  const known = vocabularies.get(block);
  if (known !== undefined) return known;
  const all = [...LANGUAGE[block].values()];
  const current = all.filter((entry) => currentWord(entry, block) === entry.name);
  const made = new Map(
    current.map((entry) => {
      const older = all.filter((one) => one !== entry && currentWord(one, block) === entry.name);
      return [entry.name, { entry, names: [entry, ...older].map(({ name }) => name) }];
    }),
  );
  vocabularies.set(block, made);
  return made;
}

/** The word to use today; an old word whose successor takes other values stays as it is. */
function currentWord({ name, insteadOf, argument }: Keyword, block: BlockName): string {
  const successor = insteadOf === null ? undefined : LANGUAGE[block].get(insteadOf);
  return successor?.argument.is === argument.is ? successor.name : name;
}

/** What stands in the section for a keyword or for an older word for it, as far as it counts. */
export function settingsOf(name: string, section: Section): readonly Setting[] {
  const vocable = vocabularyOf(section.block).get(name);
  for (const word of vocable?.names ?? []) {
    const all = section.written(word);
    if (all.length === 0) continue;
    return vocable?.entry.repeats === 'list' || isBlock(all[0]?.value) ? all : all.slice(-1);
  }
  return [];
}

export function isBlock(value: Value | undefined): boolean {
  return value?.is === 'section' || value?.is === 'entries';
}
