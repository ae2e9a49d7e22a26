/**
 * A block with its checked values: what read-section.ts makes, and everybody else asks. A value that cannot be
 * used is not in it, so that what is built from a section is always sound.
 */

import type { BlockName, Keyword } from '../keywords/keyword.ts';
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import type { Said } from './phrase.ts';
import { type EntryLine, type Unread, type Value, wordsOf } from './value.ts';

export interface Setting {
  readonly keyword: Keyword;
  readonly word: Word;
  readonly span: Span;
  readonly value: Value;
}

/**
 * Keywords that stand in a block, but with a value that cannot be used, or misspelt: by the name that was
 * meant, the words behind each of them.
 */
export type Unusable = ReadonlyMap<string, readonly (readonly Word[])[]>;

export class Section {
  readonly block: BlockName;
  /** The words between the keyword and its brace: a name, an address and port. */
  readonly label: readonly Word[];
  readonly span: Span;
  /** What has no effect in this version, too: for those who look at the file and not at what we do. */
  private readonly settings: Settings;
  private readonly unusable: Unusable;

  constructor(
    block: BlockName,
    label: readonly Word[],
    span: Span,
    settings: Settings,
    unusable: Unusable = new Map(),
  ) {
    this.block = block;
    this.label = label;
    this.span = span;
    this.settings = settings;
    this.unusable = unusable;
  }

  /** All of a keyword that stands here, also when it has no effect in this version. */
  written(name: string): readonly Setting[] {
    const found = this.settings.get(name) ?? NONE;
    if (found[0]?.value.is !== 'unread') return found;
    return found.map((setting) => {
      const { keyword, word, span, value } = setting;
      if (value.is !== 'unread') return setting;
      return { keyword, word, span, value: { is: 'section', section: value.read() } };
    });
  }

  /** Whether one of these keywords stands here, also misspelt or with a value that cannot be used. */
  mentions(...names: readonly string[]): boolean {
    return names.some((name) => this.settings.has(name)) || this.spoils(...names);
  }

  /** Whether something stands here that cannot be used: what is lacking may be that. */
  get isSpoilt(): boolean {
    return this.unusable.size > 0;
  }

  /** Whether one of these stands here in a way that cannot be used. */
  spoils(...names: readonly string[]): boolean {
    return names.some((name) => this.unusable.has(name));
  }

  /** The names of all blocks of a keyword, also of those that cannot be used: they are told already. */
  namesOf(keyword: string): ReadonlySet<string> {
    const good = this.sections(keyword).map(({ label }) => label);
    const bad = this.unusable.get(keyword) ?? [];
    return new Set([...good, ...bad].flatMap(([first]) => (first === undefined ? [] : first.text)));
  }

  /** Blocks in it of whatever name, in no order that means anything. */
  innerSections(): readonly Section[] {
    const found: Section[] = [];
    for (const settings of this.settings.values()) {
      for (const { value } of settings) if (value.is === 'section') found.push(value.section);
    }
    return found;
  }

  /** Both together; where both have a keyword, the later one counts. */
  with(later: Section): Section {
    const settings = new Map(this.settings);
    for (const [name, more] of later.settings) {
      const both = [...(settings.get(name) ?? [])];
      for (const setting of more) addAgain(both, setting);
      settings.set(name, both);
    }
    const unusable = new Map(this.unusable);
    for (const [name, labels] of later.unusable) {
      unusable.set(name, [...(unusable.get(name) ?? []), ...labels]);
    }
    return new Section(this.block, this.label, this.span, settings, unusable);
  }

  /** All that has no effect in this version. */
  get inert(): readonly Setting[] {
    return [...this.settings.values()].flat().filter(({ keyword }) => keyword.effect === 'none');
  }

  /** Those of a keyword that have an effect. */
  private effective(name: string): readonly Setting[] {
    const found = this.settings.get(name);
    return found === undefined || found[0]?.keyword.effect === 'none' ? NONE : found;
  }

  /** The last one of these keywords, which are other words for one thing. */
  find(...names: readonly string[]): Setting | null {
    for (const name of names) {
      const found = this.effective(name);
      if (found.length > 0) return found[found.length - 1] as Setting;
    }
    return null;
  }

  has(name: string): boolean {
    return this.effective(name).length > 0;
  }

  number(...names: readonly string[]): number | null {
    const value = this.find(...names)?.value;
    return value?.is === 'number' ? value.number : null;
  }

  text(...names: readonly string[]): string | null {
    const value = this.find(...names)?.value;
    return value?.is === 'text' ? value.text : null;
  }

  words(...names: readonly string[]): readonly Word[] {
    return this.said(...names).flatMap(({ words }) => words);
  }

  /** What the phrase behind the keyword says, or each line of its block; of a list, all of them. */
  said(...names: readonly string[]): readonly Said[] {
    const settings = names.map((name) => this.effective(name)).find((found) => found.length > 0);
    const isList = settings?.[0]?.keyword.repeats === 'list';
    const counting = isList ? settings : settings?.slice(-1);
    const said: Said[] = [];
    for (const { value } of counting ?? NONE) {
      if (value.is === 'words') said.push(value.said);
      else if (value.is === 'entries') said.push(...value.said);
    }
    return said;
  }

  boolean(name: string): boolean | null {
    const value = this.find(name)?.value;
    if (value?.is === 'boolean') return value.on;
    return value?.is === 'flag' ? true : null;
  }

  entries(name: string): readonly EntryLine[] {
    return this.effective(name).flatMap(({ value }) =>
      value.is === 'entries' ? value.entries : [],
    );
  }

  sections(...names: readonly string[]): readonly Section[] {
    const found: Section[] = [];
    for (const name of names) {
      for (const { value } of this.effective(name)) {
        if (value.is === 'section') found.push(value.section);
        else if (value.is === 'unread') found.push(value.read());
      }
    }
    return found;
  }

  /** The blocks of a keyword that are read one after the other. Reading one again tells nothing anew. */
  unread(name: string): readonly Unread[] {
    const unread: Unread[] = [];
    for (const { value } of this.effective(name)) if (value.is === 'unread') unread.push(value);
    return unread;
  }

  /** All that is said here, blocks that are not read yet aside: equal texts mean the same. */
  signature(): string {
    const parts: string[] = [];
    for (const [name, settings] of this.settings) {
      for (const { value } of settings) {
        if (value.is !== 'unread') parts.push(name, ...wordsOf(value), '');
      }
    }
    return parts.join('\n');
  }
}

type Settings = ReadonlyMap<string, readonly Setting[]>;

const NONE: readonly Setting[] = [];

/** The last one of a list is the one that counts, where one counts. */
export function addAgain(earlier: Setting[], setting: Setting): void {
  const { repeats } = setting.keyword;
  if (repeats === 'first' && earlier.length > 0) return;
  if (repeats === 'largest' && numberIn(setting) < numberIn(earlier.at(-1))) return;
  earlier.push(setting);
}

function numberIn(setting: Setting | undefined): number {
  return setting?.value.is === 'number' ? setting.value.number : 0;
}

/** Several blocks that are one; null: there is none. */
export function merged(sections: readonly Section[]): Section | null {
  const [first, ...rest] = sections;
  return first === undefined ? null : rest.reduce((sum, section) => sum.with(section), first);
}
