/** `~SEQ`, `~SEQx` and `~LST` in front of a line: the values their variables take (keepalived.conf(5)). */

import { LINE_CHARACTERS_MAX } from './definitions.ts';

/** Values of one generator; a generator that wants more is a mistake. */
const VALUES_MAX = 100_000;

const SHAPE = /^\s*~(SEQx?|LST)\s*\(((?:[^(){}]|\{[^}]*\})*)\)/;

/** A value for each name. */
type Round = readonly (readonly [string, string])[];

export interface Generated {
  /** What is wrong with it, or null. */
  readonly fault: string | null;
  /** Where it stands in the line. */
  readonly start: number;
  readonly end: number;
  /** One round a line; of one that is wrong a round to read the rest of the line with, if there is a way. */
  readonly rounds: readonly Round[];
}

/** Null: the line begins with no generator. `replace` replaces definitions in its values. */
export function generate(text: string, replace: (value: string) => string): Generated | null {
  if (!/^\s*~/.test(text)) return null;
  const start = text.indexOf('~');
  const found = SHAPE.exec(text);
  if (found === null) {
    const end = text.trimEnd().length;
    return { fault: 'a generator is ~SEQ(…), ~SEQx(…) or ~LST(…)', start, end, rounds: [] };
  }
  const [whole, kind, inner = ''] = found;
  const values = replace(inner);
  if (values.length > LINE_CHARACTERS_MAX) {
    const fault = `more than ${LINE_CHARACTERS_MAX} characters of values`;
    return { fault, start, end: whole.length, rounds: [] };
  }
  const rounds = kind === 'LST' ? list(values) : sequence(values, kind === 'SEQx');
  const end = whole.length;
  return typeof rounds === 'string'
    ? { fault: rounds, start, end, rounds: [likelyRound(values)] }
    : { fault: null, start, end, rounds };
}

/** The first value for each name, so that the rest of the line can be looked at. */
function likelyRound(values: string): Round {
  const [names = '', first = '1'] = entriesOf(values);
  const firsts = members(first);
  return members(names).map((name, at) => [name, firsts[at] ?? '']);
}

function sequence(inner: string, hexadecimal: boolean): [string, string][][] | string {
  const [name = '', ...words] = inner.split(',').map((word) => word.trim());
  if (!/^\w+$/.test(name) || words.length < 1 || words.length > 3) {
    return 'a sequence is ~SEQ(name, [start, [step,]] end)';
  }
  const bad = words.find((word) => !isNumber(word, hexadecimal));
  if (bad !== undefined) return tellNoNumber(bad, hexadecimal);
  const numbers = words.map(numberOf);
  if (!numbers.every(Number.isSafeInteger)) return 'a number of a sequence has at most 15 digits';
  const end = numbers.at(-1) as number;
  const start = numbers.length > 1 ? (numbers[0] as number) : end < 0 ? -1 : 1;
  const step = numbers.length > 2 ? (numbers[1] as number) : end < start ? -1 : 1;
  const count = Math.floor((end - start) / step) + 1;
  if (step === 0 || count < 1) return 'this sequence never reaches its end';
  if (count > VALUES_MAX) return `a sequence has at most ${VALUES_MAX} values`;
  return Array.from({ length: count }, (_, at) => {
    const value = start + at * step;
    return [[name, hexadecimal ? value.toString(16) : String(value)]];
  });
}

/** Numbers as C reads them: 0x begins a hexadecimal one, 0 an octal one. */
function isNumber(word: string, hexadecimal: boolean): boolean {
  return (
    /^[+-]?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word) && !(hexadecimal && word.startsWith('-'))
  );
}

function numberOf(word: string): number {
  const digits = word.replace(/^[+-]/, '');
  const number = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return word.startsWith('-') ? -number : number;
}

function tellNoNumber(word: string, hexadecimal: boolean): string {
  if (!hexadecimal) return `"${word}" is no number for ~SEQ`;
  const remedy = /^[0-9a-f]+$/i.test(word) ? `: write 0x${word}` : '';
  return `"${word}" is no number for ~SEQx${remedy}`;
}

function list(inner: string): [string, string][][] | string {
  const [variables = '', ...entries] = entriesOf(inner);
  const names = members(variables);
  const oddName = names.find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (entries.length === 0 || oddName !== undefined) {
    return 'a list is ~LST(name, value, value, …)';
  }
  if (entries.length * names.length > VALUES_MAX) return `a list has at most ${VALUES_MAX} values`;
  const odd = entries.find((entry) => !/^(\{[^{}]*\}|[^{}]*)$/.test(entry));
  const rounds = entries.map(members);
  const blank = rounds.flat().find((value) => /\s/.test(value));
  if (odd !== undefined || blank !== undefined) {
    return `a value of a list has no blank in it, not even in quotes: ${odd ?? blank}`;
  }
  if (rounds.some((values) => values.length > names.length)) {
    return 'a list entry has more values than the list has names';
  }
  return rounds.map((values) => names.map((name, at) => [name, values[at] ?? '']));
}

/** What stands between commas, but for those in braces. */
function entriesOf(inner: string): readonly string[] {
  return (inner.match(/(?:^|,)(?:\{[^}]*\}|[^,])*/g) ?? []).map((entry) =>
    entry.replace(/^,/, '').trim(),
  );
}

function members(entry: string): string[] {
  return entry
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((word) => word.trim());
}
