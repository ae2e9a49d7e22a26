/** Small pieces of text that several commands print: spans of time, clock times, tables. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
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

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Columns without lines, each line indented; numbers stand to the right. */
export function formatTable(
  rows: readonly (readonly (string | number)[])[],
  options: { readonly indent: number },
): string {
  const table = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const row of rows) {
    table.push(
      row.map((cell) =>
        typeof cell === 'number' ? { content: String(cell), hAlign: 'right' as const } : cell,
      ),
    );
  }
  const margin = ' '.repeat(options.indent);
  return table
    .toString()
    .split('\n')
    .map((line) => `${margin}${line.trimEnd()}\n`)
    .join('');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
