/**
 * Sections → what is in force: a tree of blocks in which every keyword that applies has its value, where
 * that value comes from, and nothing is left to know by heart. Old words have become the current ones.
 * Pure; print-effective.ts writes the tree as a configuration, diff.ts compares two of them.
 */
import { parseAddress } from '../../base/address.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { isSecret } from '../diagnostics/secret.ts';
import type { BlockName, Keyword } from '../keywords/keyword.ts';
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import { merged, Section, type Setting } from '../values/section.ts';
import type { EntryLine } from '../values/value.ts';
import { wordsOf } from '../values/value.ts';
import { type AbsentValue, portOf, type Scope, valueOfAbsent } from './effective-default.ts';
import type { Origin } from './origin.ts';
import { isBlock, settingsOf, vocabularyOf } from './vocabulary.ts';

export interface EffectiveSetting {
  readonly keyword: string;
  /** The words behind the keyword; none for a flag. */
  readonly words: readonly string[];
  /** The one word is a command as it was written, with its quotes. */
  readonly isCommand: boolean;
  readonly origin: Origin;
  /** Without effect in this version. */
  readonly inert: boolean;
  /** The words hold a secret: whoever prints them masks it. */
  readonly secret: boolean;
}

/** One line of a list: an address with its options, a member. */
export interface EffectiveEntry {
  readonly words: readonly string[];
  readonly origin: Origin;
  readonly inert: boolean;
}

export interface EffectiveBlock {
  /** Empty for the whole configuration. */
  readonly keyword: string;
  /** What it is called: `VI_1`, `192.0.2.10 80`. */
  readonly label: readonly string[];
  readonly origin: Origin;
  readonly inert: boolean;
  readonly settings: readonly EffectiveSetting[];
  readonly entries: readonly EffectiveEntry[];
  readonly blocks: readonly EffectiveBlock[];
}

/** Places of which is said that what stands there has no effect: `FILE OFFSET`. */
type Silent = ReadonlySet<string>;

/** Several of these are one. */
const MERGED: ReadonlySet<string> = new Set(['global_defs', 'auth_hmac']);

/** Lists in which every word is an entry, however many stand on a line. */
const LISTS_OF_WORDS: ReadonlySet<string> = new Set(['group', 'interfaces', 'notification_email']);

/** What has to be declared comes before what uses it. */
const ORDER: readonly string[] = [
  'global_defs',
  'garp_group',
  'linkbeat_interfaces',
  'interface_up_down_delays',
  'track_group',
  'static_ipaddress',
  'static_routes',
  'static_rules',
  'track_file',
  'vrrp_track_file',
  'vrrp_track_process',
  'bfd_instance',
  'lease',
  'vrrp_script',
  'vrrp_sync_group',
  'vrrp_instance',
  'SSL',
  'virtual_server_group',
  'virtual_server',
];

/** `told` is what reading and building have said: it knows more of what has no effect than the tables. */
export function effectiveConfig(root: Section, told: readonly Diagnostic[]): EffectiveBlock {
  const silent = new Set(
    told.filter(({ code }) => code === 'no-effect').map(({ span }) => placeOf(span)),
  );
  const globals =
    merged(root.sections('global_defs')) ?? new Section('global_defs', [], root.span, new Map());
  const whole = effectiveBlock('', { section: root, outer: [globals] }, { silent, inert: false });
  const defaults: EffectiveBlock = {
    ...effectiveBlock('global_defs', { section: globals, outer: [root] }, { silent, inert: false }),
    origin: { from: 'default' },
  };
  const blocks = root.has('global_defs') ? whole.blocks : [defaults, ...whole.blocks];
  return {
    ...whole,
    origin: { from: 'default' },
    blocks: blocks.toSorted((a, b) => ORDER.indexOf(a.keyword) - ORDER.indexOf(b.keyword)),
  };
}

function placeOf({ file, start }: Span): string {
  return `${file.path} ${start}`;
}

interface Context {
  readonly silent: Silent;
  /** The block, or one around it, has no effect: then defaults in it have none either. */
  readonly inert: boolean;
}

function effectiveBlock(keyword: string, scope: Scope, context: Context): EffectiveBlock {
  const { section } = scope;
  const settings: EffectiveSetting[] = [];
  const blocks: EffectiveBlock[] = [];
  for (const { entry } of vocabularyOf(section.block).values()) {
    const found = settingsOf(entry.name, section);
    const holdBlocks = found.filter(({ value }) => isBlock(value));
    for (const block of blocksOf(entry, holdBlocks, scope, context)) blocks.push(block);
    const rest = found.filter(({ value }) => !isBlock(value));
    for (const setting of rest) settings.push(written(entry, setting, section.block, context));
    if (found.length > 0 || context.inert || entry.effect === 'none') continue;
    const value = valueOfAbsent(entry, scope);
    if (value !== null) settings.push(unwritten(entry, section.block, value));
  }
  const [name] = section.label;
  const isSilent = name !== undefined && context.silent.has(placeOf(name.span));
  const origin: Origin = { from: 'file', span: section.span };
  const inert = context.inert || isSilent;
  return { keyword, label: labelOf(scope), origin, inert, settings, entries: [], blocks };
}

function written(
  { name, effect }: Keyword,
  { value, span }: Setting,
  block: BlockName,
  { silent, inert }: Context,
): EffectiveSetting {
  return {
    keyword: name,
    words: wordsOf(value),
    isCommand: value.is === 'script',
    origin: { from: 'file', span },
    inert: !inert && (effect === 'none' || silent.has(placeOf(span))),
    secret: isSecret(block, name),
  };
}

function unwritten(
  { name }: Keyword,
  block: BlockName,
  { words, origin }: AbsentValue,
): EffectiveSetting {
  const secret = isSecret(block, name);
  return { keyword: name, words, isCommand: false, origin, inert: false, secret };
}

/** The label with addresses in their usual form, and the port of a real server that names none. */
function labelOf({ section, outer }: Scope): readonly string[] {
  const words = section.label.map(({ text }) => text);
  if (section.block !== 'virtual_server' && section.block !== 'real_server') return words;
  const [first = '', ...rest] = words;
  const address = parseAddress(first) ?? first;
  const port = section.block === 'real_server' && rest.length === 0 ? portOf(outer[0]) : null;
  return port === null ? [address, ...rest] : [address, port];
}

function blocksOf(
  entry: Keyword,
  settings: readonly Setting[],
  scope: Scope,
  { silent, inert }: Context,
): readonly EffectiveBlock[] {
  const { name, effect, repeats } = entry;
  const context = { silent, inert: inert || effect === 'none' };
  const sections = settings.flatMap(({ value }) => (value.is === 'section' ? value.section : []));
  const one = MERGED.has(name) || repeats !== 'list' ? merged(sections) : null;
  const inner = one === null ? sections : [one];
  const outer = [scope.section, ...scope.outer];
  return [
    ...inner.map((section) => effectiveBlock(name, { section, outer }, context)),
    ...listsOf(name, settings, context),
  ];
}

/** All lists of a keyword are one, but for those that have names. */
function listsOf(
  keyword: string,
  settings: readonly Setting[],
  context: Context,
): readonly EffectiveBlock[] {
  const lists = settings.flatMap(({ value, span }) =>
    value.is === 'entries' ? [{ ...value, span }] : [],
  );
  const [first] = lists;
  if (first === undefined) return [];
  if (first.label.length > 0) return lists.map((list) => listOf(keyword, list, context));
  const entries = lists.flatMap((list) => list.entries);
  return [listOf(keyword, { ...first, entries }, context)];
}

interface List {
  readonly label: readonly Word[];
  readonly entries: readonly EntryLine[];
  readonly span: Span;
}

function listOf(keyword: string, { label, entries, span }: List, context: Context): EffectiveBlock {
  const isOfWords = LISTS_OF_WORDS.has(keyword);
  const lines = isOfWords ? entries.flat().map((word) => [word]) : entries;
  return {
    keyword,
    label: label.map(({ text }) => text),
    origin: { from: 'file', span },
    inert: context.inert,
    settings: [],
    entries: lines.map((words) => entryOf(words, context)),
    blocks: [],
  };
}

function entryOf(words: readonly Word[], { silent, inert }: Context): EffectiveEntry {
  return {
    words: words.map(({ text }) => text),
    origin: { from: 'file', span: words[0]?.span as Span },
    inert: !inert && words.some(({ span }) => silent.has(placeOf(span))),
  };
}
