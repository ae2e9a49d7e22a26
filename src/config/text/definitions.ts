/** `$NAME=VALUE` and its uses (keepalived.conf(5)): the newest value counts, and is looked up when used. */

import type { Reports } from '../diagnostics/reports.ts';
import type { DerivedText } from './derived-text.ts';
import type { Span } from './source.ts';

export interface DefinedLine {
  readonly text: string;
  /** Where it was written. */
  readonly definedAt: Span;
}

/** More than one line for a multi-line definition. */
export type Definition = readonly DefinedLine[];

/** Characters of one line with something to expand, before and after; a plain line has no limit. */
export const LINE_CHARACTERS_MAX: number = 1024 * 1024;

const USE = /\$\{([A-Za-z_]\w*)((?:[ \t][^{}$]*)?)\}|\$([A-Za-z_]\w*)(?=[ \t,)]|$)/g;
const NAME = /\$([A-Za-z_]\w*)/g;
const ALONE = /^\s*\$(?:\{(\w+)\}|(\w+))\s*$/;

export class Definitions {
  private readonly byName = new Map<string, Definition>();
  /** What definitions give within a line, made when it is first asked for. */
  private readonly inLine = new Map<string, string>();
  private readonly predefined: (name: string) => string | undefined;

  constructor(predefined: (name: string) => string | undefined) {
    this.predefined = predefined;
  }

  set(name: string, lines: Definition): void {
    this.inLine.delete(name);
    this.byName.set(name, lines);
  }

  /** The definition of several lines that stands alone on this line, or null. */
  blockIn(text: string): Definition | null {
    const found = ALONE.exec(text);
    const definition = found && this.byName.get(found[1] ?? found[2] ?? '');
    return definition && definition.length > 1 ? definition : null;
  }

  /** All uses in a text replaced, once; what is longer than a line may be is not written out. */
  replacedIn(text: string): string {
    let left = LINE_CHARACTERS_MAX;
    return text.replace(USE, (use, braced, argument, plain) => {
      if (left < 0) return use;
      const value = this.valueOf(braced ?? plain, argument ?? '')?.text ?? use;
      left -= value.length;
      return value;
    });
  }

  /** One round of replacement; null when nothing is left to replace. */
  replacedInLine(line: DerivedText, reports: Reports): DerivedText | null {
    if (!line.text.includes('$')) return null;
    const replaced = line.replaced(
      USE,
      ([, braced, argument, plain]) => {
        const name = (braced ?? plain) as string;
        if ((this.byName.get(name)?.length ?? 0) > 1) tellSeveralLines(line, name, reports);
        return this.valueOf(name, argument ?? '');
      },
      LINE_CHARACTERS_MAX,
    );
    if (replaced === null) this.tellLeftOver(line, reports);
    return replaced;
  }

  /** Names that stay as they are: keepalived says nothing of them. */
  private tellLeftOver(line: DerivedText, reports: Reports): void {
    tellUndefined(line, reports);
    for (const { 0: use, 1: name = '', index } of codeOf(line.text).matchAll(NAME)) {
      if (!this.byName.has(name)) continue;
      reports.add({
        code: 'not-replaced',
        span: line.spanOf(index, index + use.length),
        message: `${use} stays as it is: in quotes, or with text glued to it, a name needs braces`,
        hint: `write \${${name}}`,
      });
    }
  }

  private valueOf(
    name: string,
    argument: string,
  ): { readonly text: string; readonly definedAt: Span | null } | null {
    const defined = this.byName.get(name);
    if (defined !== undefined) {
      const text = this.inLine.get(name) ?? defined.map((line) => line.text).join(' ');
      this.inLine.set(name, text);
      return { text, definedAt: defined[0]?.definedAt ?? null };
    }
    const text = this.predefined(`${name} ${argument.trim()}`.trim());
    return text === undefined ? null : { text, definedAt: null };
  }
}

function tellSeveralLines(line: DerivedText, name: string, reports: Reports): void {
  const at = line.text.indexOf(name);
  reports.add({
    code: 'bad-definition',
    span: line.spanOf(Math.max(0, at - 1), at + name.length),
    message: `$${name} has several lines: keepalived takes it only where it stands alone on a line`,
  });
}

/** A use that begins a word and has no definition: keepalived leaves it as it is, and says nothing. */
function tellUndefined(line: DerivedText, reports: Reports): void {
  const code = codeOf(line.text).replace(/"[^"]*"/g, (quoted) => ' '.repeat(quoted.length));
  for (const use of code.matchAll(
    /\$\{[A-Za-z_]\w*(?:[^\w{}$][^{}$]*)?\}|(?<=^|[\s{])\$[A-Za-z_]\w*(?=[\s,)]|$)/g,
  )) {
    reports.add({
      code: 'undefined-name',
      span: line.spanOf(use.index, use.index + use[0].length),
      message: `${use[0]} is defined nowhere above`,
      hint: hintFor(use[0]),
    });
  }
}

function hintFor(use: string): string {
  const [name] = use.replace(/[{}]/g, '').split(/\s/);
  if (name === '$_ENV') return `write \${_ENV NAME}`;
  return `define it: ${name}=VALUE; or put it in quotes if it is meant as it stands`;
}

/** The line up to its comment. */
export function codeOf(text: string): string {
  const [code = text] = /^(?:[^"#!\\]|\\.|"[^"]*")*/.exec(text) ?? [];
  return code;
}
