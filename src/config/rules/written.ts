/** Reading a section as it is written, with what has no effect in this version: for rules only. */
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import type { Section, Setting } from '../values/section.ts';
import type { EntryLine } from '../values/value.ts';

export function lastWritten(section: Section, name: string): Setting | null {
  return section.written(name).at(-1) ?? null;
}

export function entriesOf(section: Section, name: string): readonly EntryLine[] {
  return section
    .written(name)
    .flatMap(({ value }) => (value.is === 'entries' ? value.entries : []));
}

export function sectionsOf(section: Section, ...names: readonly string[]): readonly Section[] {
  const found: Section[] = [];
  for (const name of names) {
    for (const { value } of section.written(name)) {
      if (value.is === 'section') found.push(value.section);
    }
  }
  return found;
}

export function textOf(section: Section, name: string): string | null {
  const value = lastWritten(section, name)?.value;
  return value?.is === 'text' ? value.text : null;
}

export function numberOf(section: Section, name: string): number | null {
  return numberIn(lastWritten(section, name));
}

export function numberIn(setting: Setting | null): number | null {
  return setting?.value.is === 'number' ? setting.value.number : null;
}

/** Of flags and of words that are on or off; null: it does not stand here. */
export function isOn(section: Section, name: string): boolean | null {
  const value = lastWritten(section, name)?.value;
  if (value === undefined) return null;
  return value.is === 'boolean' ? value.on : true;
}

export function wordsOf(section: Section, name: string): readonly Word[] {
  const value = lastWritten(section, name)?.value;
  return value?.is === 'words' ? value.words : [];
}

/** The name in front of a block. */
export function nameIn({ label }: Section): string {
  return label[0]?.text ?? '';
}

/** Where a block is named, else where it begins. */
export function nameSpan({ label, span }: Section): Span {
  return label[0]?.span ?? span;
}

/** The words behind the keyword. */
export function valueSpan({ word, span }: Setting): Span {
  const { file, end } = span;
  const from = word.span.end;
  if (word.span.file !== file || from >= end) return span;
  const blanks = file.text.slice(from, end).search(/\S/);
  return blanks < 0 ? span : { file, start: from + blanks, end };
}

/** Whether one place is above another; two files are not compared, because either may include the other. */
export function standsAbove(upper: Span, lower: Span): boolean {
  return upper.file === lower.file && upper.start < lower.start;
}
