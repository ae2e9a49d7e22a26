/** `~SEQ`, `~SEQx` and `~LST` in front of a line: the values their variables take (config-grammar §10). */

import { LINE_CHARACTERS_MAX } from './definitions.ts';

/** Values of one generator; a generator that wants more is a mistake. */
const VALUES_MAX = 100_000;

const SHAPE = /^\s*~(SEQx?|LST)\(((?:[^(){}]|\{[^}]*\})*)\)/;

export type Generated =
  | {
      /** Where the rest of the line begins. */
      readonly restAt: number;
      /** One round a line: names and values. */
      readonly rounds: readonly (readonly (readonly [string, string])[])[];
    }
  | { readonly fault: string };

/** Null: the line begins with no generator. `replace` replaces definitions in its values. */
export function generate(text: string, replace: (value: string) => string): Generated | null {
  if (!/^\s*~/.test(text)) return null;
  const found = SHAPE.exec(text);
  if (found === null) return { fault: 'this is no generator' };
  const [whole, kind, inner = ''] = found;
  const values = replace(inner);
  if (values.length > LINE_CHARACTERS_MAX) {
    return { fault: `more than ${LINE_CHARACTERS_MAX} characters of values` };
  }
  const rounds = kind === 'LST' ? list(values) : sequence(values, kind === 'SEQx');
  return typeof rounds === 'string' ? { fault: rounds } : { restAt: whole.length, rounds };
}

function sequence(inner: string, hexadecimal: boolean): [string, string][][] | string {
  const [name = '', ...words] = inner.split(',').map((word) => word.trim());
  const form = hexadecimal ? /^(0x[0-9a-fA-F]+|\d+)$/ : /^-?\d+$/;
  if (!/^\w+$/.test(name) || words.length < 1 || words.length > 3) {
    return 'a sequence is ~SEQ(name, [start, [step,]] end)';
  }
  const bad = words.find((word) => !form.test(word));
  if (bad !== undefined) return `"${bad}" is no number for a sequence`;
  const numbers = words.map(Number);
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

function list(inner: string): [string, string][][] | string {
  const [variables = '', ...entries] = inner.match(/\{[^{}]*\}|[^,\s][^,]*/g) ?? [];
  const names = members(variables);
  if (names.length === 0 || entries.length === 0) return 'a list is ~LST(name, value, value, …)';
  if (entries.length * names.length > VALUES_MAX) return `a list has at most ${VALUES_MAX} values`;
  const rounds = entries.map(members);
  if (rounds.some((values) => values.length > names.length)) {
    return 'a list entry has more values than the list has names';
  }
  return rounds.map((values) => names.map((name, at) => [name, values[at] ?? '']));
}

function members(entry: string): string[] {
  return entry
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((word) => word.trim());
}
