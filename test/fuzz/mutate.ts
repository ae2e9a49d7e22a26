/** Texts → mutants. Everything that is chosen comes from one seeded source: the same seed, the same mutant. */
import { type Random, seededRandom } from '../../src/base/random.ts';
import { TOKENS } from './corpus.ts';

/** Files by path; `lvsd.conf` is read first. */
export type Files = Readonly<Record<string, string>>;

const MAIN = 'lvsd.conf';

/** Longer mutants say nothing that shorter ones do not; test/fuzz/heavy.ts has the large ones. */
const CHARACTERS_MAX = 20_000;
const MUTATIONS_MAX = 8;

type Mutator = (text: string, chance: Chance) => string;

/** Choices for one mutant. */
class Chance {
  readonly corpus: readonly string[];
  private readonly random: Random;

  constructor(random: Random, corpus: readonly string[]) {
    this.random = random;
    this.corpus = corpus;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Two places of a text, the smaller one first. */
  stretch(length: number): readonly [number, number] {
    const [a, b] = [this.below(length + 1), this.below(length + 1)];
    return [Math.min(a, b), Math.max(a, b)];
  }
}

const changeCharacter: Mutator = (text, chance) => {
  const at = chance.below(text.length);
  const code = text.charCodeAt(at) || 0;
  const other = chance.pick([code ^ (1 << chance.below(8)), chance.below(256), code + 1]);
  return text.slice(0, at) + String.fromCharCode(other) + text.slice(at + 1);
};

const insertToken: Mutator = (text, chance) => {
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + chance.pick(TOKENS) + text.slice(at);
};

/** In the place of a word, where a value or a keyword is expected. */
const replaceWord: Mutator = (text, chance) => {
  const words = [...text.matchAll(/\S+/g)];
  if (words.length === 0) return chance.pick(TOKENS);
  const { index, 0: word } = chance.pick(words);
  return text.slice(0, index) + chance.pick(TOKENS) + text.slice(index + word.length);
};

const removeStretch: Mutator = (text, chance) => {
  const [from, to] = chance.stretch(text.length);
  return text.slice(0, from) + text.slice(to);
};

const removeCharacter: Mutator = (text, chance) => {
  const at = chance.below(text.length);
  return text.slice(0, at) + text.slice(at + 1);
};

/** Lines, removed, doubled or put elsewhere. */
const moveLines: Mutator = (text, chance) => {
  const lines = text.split('\n');
  const from = chance.below(lines.length);
  const some = lines.slice(from, from + 1 + chance.below(6));
  const rest = [...lines.slice(0, from), ...lines.slice(from + some.length)];
  const kind = chance.below(3);
  if (kind === 0) return rest.join('\n');
  const target = kind === 1 ? lines : rest;
  return target.toSpliced(chance.below(target.length + 1), 0, ...some).join('\n');
};

/** A block from brace to brace, removed, doubled, or put into itself. */
const moveBlock: Mutator = (text, chance) => {
  const open = text.indexOf('{', chance.below(text.length));
  const close = text.indexOf('}', open);
  if (open < 0 || close < 0) return text;
  const start = text.lastIndexOf('\n', open) + 1;
  const block = text.slice(start, close + 1);
  const [before, after] = [text.slice(0, start), text.slice(close + 1)];
  const inside = `${block.slice(0, -1)}\n${block}\n}`;
  return before + chance.pick(['', `${block}\n${block}`, inside]) + after;
};

const spliceWithAnother: Mutator = (text, chance) => {
  const other = chance.pick(chance.corpus);
  const [from, to] = chance.stretch(other.length);
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + other.slice(from, to) + text.slice(chance.pick([at, text.length]));
};

const appendAnother: Mutator = (text, chance) => `${text}\n${chance.pick(chance.corpus)}`;

const deepNesting: Mutator = (text, chance) => {
  const depth = 1 + chance.below(400);
  const at = chance.below(text.length + 1);
  const opener = chance.pick(['{', 'x {\n', 'real_server 10.0.0.1 80 { ', '~SEQ(i, 1) ', '(', '"']);
  const closer = chance.pick(['', '}', '}\n', ')']);
  return text.slice(0, at) + opener.repeat(depth) + closer.repeat(depth) + text.slice(at);
};

const longLine: Mutator = (text, chance) => {
  const at = chance.below(text.length + 1);
  const long = chance
    .pick(TOKENS)
    .repeat(1 + chance.below(600))
    .slice(0, 8000);
  return text.slice(0, at) + long + text.slice(at);
};

/** A word of the text becomes a definition, which may use itself. */
const defineWord: Mutator = (text, chance) => {
  const words = [...text.matchAll(/[^\s{}]+/g)];
  if (words.length === 0) return text;
  const { index, 0: word } = chance.pick(words);
  const use = chance.pick(['$A', '${A}', '$A ', '${B}']);
  const value = chance.pick([
    word,
    `${word} $A`,
    '${B}',
    `\\\n ${word} \\\n ${use}`,
    '$A$A',
    '${A}${A}',
  ]);
  const used = text.slice(0, index) + use + text.slice(index + word.length);
  return `$A=${value}\n$B=${chance.pick([word, '${A}'])}\n${used}`;
};

const generateLine: Mutator = (text, chance) => {
  const lines = text.split('\n');
  const at = chance.below(lines.length);
  const end = chance.pick([0, 1, 3, 12, 1_000_000_000]);
  const generator = chance.pick([`~SEQ(i, ${end})`, `~SEQx(i, 0, ${end})`, '~LST(i, a, {b, c})']);
  return lines.with(at, `${generator} ${lines[at]} ${chance.pick(['$i', '${i}', ''])}`).join('\n');
};

const otherLineEnds: Mutator = (text, chance) =>
  text.replaceAll('\n', chance.pick(['\r\n', '\r', '\n\n', ' ', '\\\n']));

const MUTATORS: readonly Mutator[] = [
  ...[changeCharacter, changeCharacter, insertToken, insertToken, insertToken, replaceWord],
  ...[replaceWord, removeStretch, removeCharacter, moveLines, moveLines, moveBlock],
  ...[spliceWithAnother, appendAnother, deepNesting, longLine, defineWord, generateLine],
  otherLineEnds,
];

function mutated(text: string, chance: Chance): string {
  let mutant = text;
  for (let left = 1 + chance.below(MUTATIONS_MAX); left > 0; left -= 1) {
    mutant = chance.pick(MUTATORS)(mutant, chance).slice(0, CHARACTERS_MAX);
  }
  return mutant;
}

/** The mutant of a seed with a number, the same each time. */
export function mutantOf(corpus: readonly string[], seed: number, index: number): Files {
  const chance = new Chance(seededRandom(Math.imul(seed, 0x9e3779b1) ^ index), corpus);
  const part = chance.pick(corpus);
  return {
    [MAIN]: mutated(chance.pick(corpus), chance),
    'part.conf': chance.below(4) === 0 ? mutated(part, chance) : part,
    'loop.conf': `include ${MAIN}\n`,
    'conf.d/a.conf': 'include ../part.conf\n',
    'conf.d/b.conf': chance.pick(corpus),
  };
}
