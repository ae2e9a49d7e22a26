/**
 * The configuration in force as text in keepalived's own syntax, or as JSON. What is printed can be read
 * again and means the same, but for secrets, which are stars. Pure.
 */

import { maskWords } from '../diagnostics/secret.ts';
import { positionOf, type Span } from '../text/source.ts';
import type { EffectiveBlock, EffectiveEntry, EffectiveSetting } from './effective.ts';
import type { Origin } from './origin.ts';

export interface PrintOptions {
  /** Where each value comes from, as a comment behind it. */
  readonly origins?: boolean;
  /** Without what is there by default. */
  readonly changedOnly?: boolean;
}

const INDENT = '    ';
const NO_EFFECT = 'no effect in this version';

/** A word that needs no quotes wherever it stands. */
const PLAIN_WORD = /^[\w.:/,+*%=()[\]<>|&;?^-][\w.:/,+*%=()[\]<>|&;?^@~'-]*$/;
/** What would be read as an include, or told as a comment of another language. */
const MISLEADING = /^(include[rmwba]?$|;|\/[/*])|;$/;

export function printEffective(whole: EffectiveBlock, options: PrintOptions): string {
  const settings = settingLines(whole, '', options).map((line) => `${line}\n`);
  const blocks = whole.blocks.flatMap((block) => {
    const lines = blockLines(block, '', options);
    return lines.length === 0 ? [] : [`${lines.join('\n')}\n`];
  });
  return [...(settings.length > 0 ? [settings.join('')] : []), ...blocks].join('\n');
}

function blockLines(
  block: EffectiveBlock,
  indent: string,
  options: PrintOptions,
  isWithinInert = false,
): string[] {
  const inner = indent + INDENT;
  const lines = [
    ...settingLines(block, inner, options),
    ...block.entries.map((entry) => entryLine(entry, inner, options)),
    ...block.blocks.flatMap((one) => blockLines(one, inner, options, block.inert)),
  ];
  const isMade = block.origin.from === 'default';
  if (isMade && lines.length === 0) return [];
  const name = `${indent}${headOf(block)} {`;
  const remark = remarkOf(block.inert && !isWithinInert, isMade ? null : block.origin, options);
  if (lines.length === 0) return [`${name} }${remark}`];
  return [name + remark, ...lines, `${indent}}`];
}

function headOf({ keyword, label }: EffectiveBlock): string {
  return [keyword, ...label.map(quoted)].join(' ');
}

function settingLines(block: EffectiveBlock, indent: string, options: PrintOptions): string[] {
  return block.settings
    .filter(({ origin }) => !options.changedOnly || origin.from !== 'default')
    .filter((setting) => !isMisread(block, setting))
    .map((setting) => {
      const remark = remarkOf(setting.inert, setting.origin, options, block);
      return `${indent}${[setting.keyword, ...writtenWords(setting)].join(' ')}${remark}`;
    });
}

/** In a virtual_server keepalived reads these words as flags, and "off" behind them as nothing. */
const FLAGS_OF_KEEPALIVED: ReadonlySet<string> = new Set(['alpha', 'inhibit_on_failure']);

function isMisread(
  { keyword: block }: EffectiveBlock,
  { keyword, words }: EffectiveSetting,
): boolean {
  return block === 'virtual_server' && FLAGS_OF_KEEPALIVED.has(keyword) && words[0] === 'off';
}

/** The words of a value as they can be written; a secret is stars. */
function writtenWords({ words, isCommand, secret }: EffectiveSetting): readonly string[] {
  if (isCommand) return words;
  return (secret ? maskWords(words) : words).map(quoted);
}

function entryLine(entry: EffectiveEntry, indent: string, options: PrintOptions): string {
  return indent + entry.words.map(quoted).join(' ') + remarkOf(entry.inert, entry.origin, options);
}

/** Words hold no quotes: the language knows no way to write one. */
export function quoted(word: string): string {
  return PLAIN_WORD.test(word) && !MISLEADING.test(word) ? word : `"${word}"`;
}

function remarkOf(
  inert: boolean,
  origin: Origin | null,
  { origins }: PrintOptions,
  within: EffectiveBlock | null = null,
): string {
  const remarks = [
    ...(inert ? [NO_EFFECT] : []),
    ...(origins && origin !== null ? [originText(origin, within)] : []),
  ];
  return remarks.length === 0 ? '' : ` # ${remarks.join(', ')}`;
}

/**
 * `FILE:LINE`, `FILE:LINE written in FILE:LINE` for what a definition or a generator has put there, `from
 * virtual_server, FILE:LINE`, `from its delay_loop, FILE:LINE` or `default`.
 */
function originText(origin: Origin, within: EffectiveBlock | null): string {
  switch (origin.from) {
    case 'file':
      return placeText(origin.span);
    case 'elsewhere': {
      const { block, keyword, asked } = origin;
      const place = block === within?.keyword ? 'its' : block;
      const source = asked === keyword ? block : `${place} ${keyword}`;
      return `from ${source}, ${placeText(origin.span)}`;
    }
    default:
      return 'default';
  }
}

function placeText(span: Span): string {
  const place = lineOf(span);
  const written = span.definedAt ? lineOf(span.definedAt) : place;
  return written === place ? place : `${place} written in ${written}`;
}

function lineOf({ file, start }: Span): string {
  return `${file.path}:${positionOf(file, start).line}`;
}

interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The place in the definition or generator that has put it here. */
  readonly writtenAt?: JsonPlace;
}

export type JsonOrigin =
  | 'default'
  | JsonPlace
  | (JsonPlace & { readonly from: { readonly block: string; readonly keyword: string } });

export interface JsonBlock {
  readonly keyword: string;
  readonly label: string;
  readonly origin: JsonOrigin;
  readonly hasEffect: boolean;
  readonly settings: readonly {
    readonly keyword: string;
    readonly value: string;
    readonly origin: JsonOrigin;
    readonly hasEffect: boolean;
  }[];
  readonly entries: readonly {
    readonly value: string;
    readonly origin: JsonOrigin;
    readonly hasEffect: boolean;
  }[];
  readonly blocks: readonly JsonBlock[];
}

/** The same tree; the value of a flag is `on`. */
export function effectiveToJson(block: EffectiveBlock, options: PrintOptions): JsonBlock {
  return {
    keyword: block.keyword,
    label: block.label.map(quoted).join(' '),
    origin: originToJson(block.origin),
    hasEffect: !block.inert,
    settings: block.settings
      .filter(({ origin }) => !options.changedOnly || origin.from !== 'default')
      .map((setting) => ({
        keyword: setting.keyword,
        value: valueText(setting) || 'on',
        origin: originToJson(setting.origin),
        hasEffect: !setting.inert && !block.inert,
      })),
    entries: block.entries.map(({ words, origin, inert }) => ({
      value: words.map(quoted).join(' '),
      origin: originToJson(origin),
      hasEffect: !inert && !block.inert,
    })),
    blocks: block.blocks.map((one) => effectiveToJson(one, options)),
  };
}

/** What stands behind the keyword, on one line; a secret is stars. */
export function valueText(setting: EffectiveSetting): string {
  return writtenWords(setting).join(' ');
}

function originToJson(origin: Origin): JsonOrigin {
  if (origin.from === 'default') return 'default';
  const place = placeToJson(origin.span);
  if (origin.from === 'file') return place;
  return { ...place, from: { block: origin.block, keyword: origin.keyword } };
}

function placeToJson({ file, start, definedAt }: Span): JsonPlace {
  const place = { file: file.path, ...positionOf(file, start) };
  return definedAt ? { ...place, writtenAt: placeToJson(definedAt) } : place;
}
