/** Configurations that tests run over: the golden cases, the examples of conf/, and generated ones. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type {
  Argument,
  BlockName,
  Keyword,
  PhraseName,
} from '../../src/config/keywords/keyword.ts';
import { PHRASES } from '../../src/config/keywords/phrases.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';

const at = (path: string): URL => new URL(path, import.meta.url);

export interface Case {
  readonly name: string;
  readonly text: string;
}

export const GOLDEN: readonly Case[] = readdirSync(at('../golden/config/')).map((name) => ({
  name,
  text: readFileSync(at(`../golden/config/${name}`), 'utf8').split('\n----------\n')[0] ?? '',
}));

export const EXAMPLES: readonly Case[] = readdirSync(at('../../conf/'), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => ({ name: `conf/${name}`, text: readFileSync(at(`../../conf/${name}`), 'utf8') }));

const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,6}$/);
const address = fc.oneof(
  fc.nat(255).map((last) => `192.0.2.${last}`),
  fc.nat(65_535).map((last) => `2001:DB8::${last.toString(16)}`),
);
/** With the characters that a bare word cannot have. */
const word = fc.oneof(
  name,
  fc.stringMatching(/^[ -!#-~]{0,8}$/).map((text) => `"${text}"`),
  fc.constantFrom('"@one"', '"~SEQ(i, 2)"', '"include"', '"“"', `"$\{X}"`, '\\#a', "it's"),
);

function number(min: number, max: number): fc.Arbitrary<string> {
  const low = Math.max(min, -2_147_483_647);
  return fc
    .integer({ min: Math.ceil(low), max: Math.floor(Math.min(max, 2_147_483_647)) })
    .map(String);
}

function valueFor(argument: Argument): fc.Arbitrary<string> {
  switch (argument.is) {
    case 'boolean':
      return fc.constantFrom('', 'on', 'off', 'true', 'no');
    case 'integer':
      return number(argument.min, argument.max);
    case 'seconds':
    case 'milliseconds':
      return fc
        .tuple(number(argument.min, argument.max - 1), fc.constantFrom('', '.5', '.000001', '.'))
        .map(([whole, part]) => whole + part);
    case 'choice':
      return fc.constantFrom(...argument.of);
    case 'address':
      return address;
    case 'script':
      return fc.constantFrom('/bin/true', '"/bin/true \'a  b\' c"', '"/bin/true" nobody');
    case 'word':
      return word;
    case 'form':
      return fc.constantFrom('eth1', '80-90', '0x10/0xff', '01ff', '255.255.255.0', 'www.example');
    case 'either':
      return fc.oneof(...argument.of.map(valueFor));
    case 'phrase':
      return lineFor(argument.of);
    default:
      return fc.constant('');
  }
}

/** Its slots and some of its options, or words that may be anything. */
function lineFor(of: PhraseName): fc.Arbitrary<string> {
  const { slots, options } = PHRASES[of];
  const option = (one: Keyword): fc.Arbitrary<string> =>
    valueFor(one.argument).map((value) => `${one.name} ${value}`);
  const all = [...options.values()];
  const some =
    all.length === 0
      ? fc.constant([])
      : fc.array(fc.constantFrom(...all).chain(option), { maxLength: 2 });
  const parts = fc.tuple(...slots.map(({ argument }) => valueFor(argument)));
  return fc.oneof(
    { weight: 9, arbitrary: fc.tuple(parts, some).map((line) => line.flat().join(' ')) },
    {
      weight: 1,
      arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('  ')),
    },
  );
}

const LABELS: Readonly<Partial<Record<BlockName, fc.Arbitrary<string>>>> = {
  virtual_server: fc.oneof(
    fc.tuple(address, fc.constantFrom('', ' 80', ' 0', ' 443')).map((parts) => parts.join('')),
    fc.constantFrom('fwmark 7', 'group G'),
  ),
  real_server: fc.tuple(address, fc.constantFrom('', ' 80', ' 0')).map((parts) => parts.join('')),
};

const UNLABELLED = /^(global_defs|authentication|auth_hmac|lease|SSL|url|host|[A-Z]+_(CHECK|GET))$/;

function statement(entry: Keyword, depth: number): fc.Arbitrary<string> {
  const { argument } = entry;
  if (argument.is === 'block') {
    const label =
      LABELS[argument.block] ?? (UNLABELLED.test(argument.block) ? fc.constant('') : name);
    return fc
      .tuple(label, statements(argument.block, depth - 1))
      .map(([text, inner]) => `${entry.name} ${text} {\n${inner}\n}`);
  }
  if (argument.is === 'entries') {
    return fc
      .array(lineFor(argument.of), { maxLength: 3 })
      .map((lines) => `${entry.name} {\n${lines.join('\n')}\n}`);
  }
  return valueFor(argument).map((text) => `${entry.name} ${text}`);
}

/** What a block must have so that something is built of it. */
const ALWAYS: Readonly<Partial<Record<BlockName, readonly string[]>>> = {
  vrrp_instance: ['virtual_router_id'],
  vrrp_script: ['script'],
  virtual_server: ['real_server'],
  real_server: ['weight'],
  HTTP_GET: ['url'],
  authentication: ['auth_type', 'auth_pass'],
};

/** Blocks that the model is made of come as often as all others together. */
const OFTEN = new Set('vrrp_instance virtual_server global_defs real_server HTTP_GET'.split(' '));

function statements(block: BlockName, depth: number): fc.Arbitrary<string> {
  if (depth < 0) return fc.constant('');
  const table = LANGUAGE[block];
  const all = [...table.values()];
  const often = all.filter(({ name }) => OFTEN.has(name));
  const one = fc
    .oneof(fc.constantFrom(...all), fc.constantFrom(...(often.length > 0 ? often : all)))
    .chain((entry) => statement(entry, depth));
  const always = (ALWAYS[block] ?? []).flatMap((name) => table.get(name) ?? []);
  return fc
    .tuple(
      fc.tuple(...always.map((entry) => statement(entry, depth))),
      fc.array(one, { maxLength: 7 }),
    )
    .map((lines) => lines.flat().join('\n'));
}

/** Any keywords with values of their kind, also where together they make no sense. */
export const generated: fc.Arbitrary<string> = statements('the top level', 4);
