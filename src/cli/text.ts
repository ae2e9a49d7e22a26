/** Small pieces of text that several commands print: spans of time, clock times, tables. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Millis } from '../base/time.ts';

export interface TextStyle {
  readonly colour: boolean;
}

export type Tone = 'good' | 'bad' | 'weak' | 'strong';

const TONES = { good: 'green', bad: 'red', weak: 'dim', strong: 'bold' } as const;

/** Colours a word, on a terminal only. */
export function tone(text: string, kind: Tone, style: TextStyle): string {
  return style.colour ? styleText(TONES[kind], text, { validateStream: false }) : text;
}

/** The two largest units: `3 min 5 s`, `2 d 4 h`, `350 ms`. */
export function formatSpan(ms: Millis): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  let left = Math.floor(ms / 1_000);
  const parts: string[] = [];
  for (const [name, seconds] of units) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(' ');
}

/** Local clock time, with the date when it is another day than `nowMs`. */
export function formatTime(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = at.toTimeString().slice(0, 8);
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  const month = String(at.getMonth() + 1).padStart(2, '0');
  const day = String(at.getDate()).padStart(2, '0');
  return `${at.getFullYear()}-${month}-${day} ${time}`;
}

/** `since 12:01:48 (3 min 5 s)`. */
export function formatSince(sinceMs: number, nowMs: number): string {
  return `since ${formatTime(sinceMs, nowMs)} (${formatSpan(Math.max(0, nowMs - sinceMs))})`;
}

/** Between two columns. */
const GAP = '  ';

type Cell = string | number;

/**
 * Columns without lines, each line indented; numbers stand to the right. A library that draws tables took
 * longer for a thousand rows than everything else in `lvsctl show`.
 */
export function formatTable(
  rows: readonly (readonly Cell[])[],
  options: { readonly indent: number },
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) {
      widths[at] = Math.max(widths[at] ?? 0, widthOf(String(cell)));
    }
  }
  const margin = ' '.repeat(options.indent);
  return rows
    .map((row) => row.map((cell, at) => aligned(cell, widths[at] ?? 0)).join(GAP))
    .map((line) => `${margin}${line.trimEnd()}\n`)
    .join('');
}

function aligned(cell: Cell, width: number): string {
  const text = String(cell);
  const padding = ' '.repeat(width - widthOf(text));
  return typeof cell === 'number' ? padding + text : text + padding;
}

/** Columns on a terminal: colours take none. */
function widthOf(text: string): number {
  return text.includes('\u001b') ? stripVTControlCharacters(text).length : text.length;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Words of a file that was no text must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}
