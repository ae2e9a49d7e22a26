/** docs/keywords.md from the tables: a section a block, a row a keyword, and the lines of words after them. */
import { DIRECTIVES } from '../../src/config/keywords/directives.ts';
import {
  type Argument,
  type BlockName,
  type Effect,
  type Keyword,
  type KeywordTable,
  nameOfMeaning,
  type Phrase,
  type PhraseName,
  type Place,
  type Repeats,
  type Scalar,
} from '../../src/config/keywords/keyword.ts';
import { PHRASES } from '../../src/config/keywords/phrases.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { whyWithoutEffect } from '../../src/config/keywords/without-effect.ts';
import { formOf } from '../../src/config/values/phrase.ts';
import { describeScalar, symbolOf } from '../../src/config/values/scalar.ts';

const EFFECTS: Readonly<Record<Effect, string>> = {
  full: 'full',
  partial: 'partial',
  none: 'accepted without effect',
};

const REPEATS: Readonly<Record<Repeats, string>> = {
  last: '',
  first: '; of several the first one counts',
  largest: '; of several the largest one counts',
  list: '; may stand several times',
};

const HEAD = `# Keywords

What a configuration may hold: a section a block, a row a keyword. This page is made from the tables that
\`lvsctl check\` reads (\`src/config/keywords/\`), and a test fails when it is stale.

**Effect** tells what a keyword does in this version: *full*, *partial*, or *accepted without effect*: the
file loads, the value is checked, and what it asks for does not happen. \`lvsctl check\` tells each of them.
**Default** is what holds without the keyword: a value in \`this type\` could be written as it stands. A default
"of *block*" is looked for there first. Units are never written: a number of seconds is \`5\`, not \`5s\`.

What is said about mistakes stands in [diagnostics.md](diagnostics.md).
`;

export function keywordsPage(): string {
  const blocks = Object.keys(LANGUAGE) as BlockName[];
  const phrases = (Object.keys(PHRASES) as PhraseName[]).filter(isWorthASection);
  return [
    HEAD,
    `Blocks: ${blocks.map((name) => `[${name}](#${anchorOf(name)})`).join(', ')}.\n`,
    ...blocks.map((name) => `## ${name}\n\n${keywordRows(LANGUAGE[name])}`),
    '## Lines of words\n',
    'What stands behind some keywords, and on each line of some blocks: first the words in capitals, in their',
    'order, then options by name, in any order.\n',
    ...phrases.map((name) => phraseSection(name, PHRASES[name])),
    '## Everywhere\n',
    table(
      ['word', 'means'],
      DIRECTIVES.map(({ form, help }) => [code(form), help]),
    ),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

/** As GitHub makes it of a title. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(titles) + line(titles.map(() => '---')) + rows.map(line).join('');
}

function code(text: string): string {
  return `\`${text}\``;
}

function keywordRows(keywords: KeywordTable, effects = EFFECTS): string {
  return table(
    ['keyword', 'argument', 'default', 'effect', 'what it is'],
    [...keywords.values()].map((keyword) => [
      code(keyword.name),
      argumentText(keyword.argument),
      defaultText(keyword),
      effects[keyword.effect] + reasonText(keyword),
      helpText(keyword),
    ]),
  );
}

function reasonText({ name, effect }: Keyword): string {
  const why = effect === 'none' ? whyWithoutEffect(name) : null;
  return why === null ? '' : `: ${why}`;
}

function argumentText(argument: Argument): string {
  switch (argument.is) {
    case 'flag':
      return '—';
    case 'boolean':
      return `${code('[on|off]')}, alone: on`;
    case 'script':
      return code(
        argument.optional ? '["COMMAND …" [USER [GROUP]]]' : '"COMMAND …" [USER [GROUP]]',
      );
    case 'block':
      return `${code(`${labelText(argument.label)}{ … }`)}, see [${argument.block}](#${anchorOf(argument.block)})`;
    case 'entries': {
      const lines = isWorthASection(argument.of)
        ? `see [${argument.of}](#${anchorOf(argument.of)})`
        : code(formOf(PHRASES[argument.of]));
      return `${code(`${labelText(argument.label)}{ … }`)}, lines: ${lines}`;
    }
    case 'phrase':
      return phraseText(argument.of);
    case 'integer':
      return (
        describeScalar(argument) + (argument.bare === undefined ? '' : `; alone: ${argument.bare}`)
      );
    default:
      return scalarText(argument);
  }
}

function scalarText(scalar: Scalar): string {
  switch (scalar.is) {
    case 'choice':
      return scalar.of.map(code).join(', ');
    case 'word': {
      const limit =
        scalar.octetsMax === undefined ? '' : ` of up to ${scalar.octetsMax} characters`;
      return code(symbolOf(scalar)) + limit;
    }
    case 'form':
      return scalar.form === 'interface name'
        ? code(symbolOf(scalar))
        : `${code(symbolOf(scalar))}: ${describeScalar(scalar)}`;
    case 'either':
      return scalar.of.map(scalarText).join(', or ');
    default:
      return describeScalar(scalar);
  }
}

function labelText(label: PhraseName): string {
  const form = formOf(PHRASES[label]);
  return form === '' ? '' : `${form} `;
}

function phraseText(name: PhraseName): string {
  const phrase = PHRASES[name];
  if (isWorthASection(name)) return `${code(formOf(phrase))}, see [${name}](#${anchorOf(name)})`;
  const slots = slotTexts(phrase);
  return [code(formOf(phrase)), ...slots].join('; ');
}

/** What numbers and forms may be; of plain words there is nothing to tell. */
function slotTexts({ slots }: Phrase): readonly string[] {
  return slots
    .filter(
      ({ argument }) =>
        !(argument.is === 'word' && argument.octetsMax === undefined) &&
        argument.is !== 'choice' &&
        !(argument.is === 'form' && argument.form === 'interface name'),
    )
    .map(({ name, argument, note }) => {
      const more = note === undefined ? '' : ` (${note})`;
      return `${name}: ${describeScalar(argument)}${more}`;
    });
}

/** A phrase of more than two options has a table of its own. */
function isWorthASection(name: PhraseName): boolean {
  const { options } = PHRASES[name];
  return options.size > 2 || [...options.values()].some(({ argument }) => argument.is !== 'flag');
}

function phraseSection(name: PhraseName, phrase: Phrase): string {
  const slots = slotTexts(phrase).map((text) => `- ${text}\n`);
  return [
    `### ${name}\n\n`,
    `${code(formOf(phrase))}\n\n`,
    ...slots,
    slots.length > 0 ? '\n' : '',
    keywordRows(phrase.options, { ...EFFECTS, full: 'that of its keyword' }),
  ].join('');
}

function defaultText({ default: standard, inherits, unset, name }: Keyword): string {
  const places = inherits.map((place) => placeText(place, name));
  const last = standard === null ? unset : code(standard);
  return [...places, last].join(', else ');
}

function placeText({ block, keyword }: Place, name: string): string {
  return keyword === name ? `of ${block}` : `${code(keyword)} of ${block}`;
}

function helpText(keyword: Keyword): string {
  const { help, insteadOf, mend, sameAs, repeats, ours } = keyword;
  const own = ours ? '; keepalived does not know it' : '';
  if (insteadOf !== null) return `old word for ${code(nameOfMeaning(keyword))}`;
  if (mend !== null) return `old word: ${mend}`;
  if (sameAs !== null) return `the same as ${code(sameAs)}`;
  return help + REPEATS[repeats] + own;
}
