/**
 * Two configurations by meaning: trees of what is in force → differences in an operator's terms. Layout,
 * comments, definitions, the order of blocks and defaults that are written out are no differences. Pure.
 */

import { splitCommand } from '../build/command-words.ts';
import { isHandedDown } from '../keywords/defaults.ts';
import type { BlockName } from '../keywords/keyword.ts';
import type { EffectiveBlock, EffectiveEntry, EffectiveSetting } from './effective.ts';
import { entryMeaning, isOrdered } from './entry-meaning.ts';
import { quoted, valueText } from './print-effective.ts';

export interface Difference {
  readonly kind: 'added' | 'removed' | 'changed';
  /** The blocks around it, from the outside in: `virtual_server 192.0.2.10 80 tcp`. */
  readonly path: readonly string[];
  /** The keyword, or null: a whole block, or an entry of a list. */
  readonly keyword: string | null;
  /** What stands behind the keyword, or the entry; null where there is none. Secrets are stars. */
  readonly before: string | null;
  readonly after: string | null;
  /** Before and after are stars both. */
  readonly secret: boolean;
  /** Nothing changes in this version. */
  readonly inert: boolean;
}

/** A block with its name and with the blocks around it, the outermost first. */
interface Placed {
  readonly block: EffectiveBlock;
  readonly path: readonly string[];
  readonly around: readonly Placed[];
}

interface Pair<T> {
  readonly before: T;
  readonly after: T;
}

export function diffConfigs({ before, after }: Pair<EffectiveBlock>): readonly Difference[] {
  const place = (block: EffectiveBlock): Placed => ({ block, path: [], around: [] });
  const globals = (whole: EffectiveBlock): Placed[] =>
    whole.blocks
      .filter(({ keyword }) => keyword === 'global_defs')
      .map((block) => ({ block, path: ['global_defs'], around: [] }));
  // global_defs stands beside the blocks that ask it, and is found like one around them.
  const all = diffBlocks({
    before: { ...place(before), around: globals(before) },
    after: { ...place(after), around: globals(after) },
  });
  return outerFirst(withoutRepetition(all));
}

/** What many inherit has changed once. */
function withoutRepetition(all: readonly Difference[]): readonly Difference[] {
  const seen = new Set<string>();
  return all.filter((difference) => {
    const key = JSON.stringify(difference);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Of each block at the top what is its own, then what is of the blocks in it. */
function outerFirst(all: readonly Difference[]): readonly Difference[] {
  const tops = [...new Set(all.map(({ path }) => path[0]))];
  const rank = new Map(tops.map((top, at) => [top, at]));
  const rankOf = ({ path }: Difference): number => rank.get(path[0]) ?? 0;
  return all.toSorted((a, b) => rankOf(a) - rankOf(b) || a.path.length - b.path.length);
}

function diffBlocks(pair: Pair<Placed>): readonly Difference[] {
  return [...diffSettings(pair), ...diffEntries(pair), ...diffInner(pair)];
}

function diffSettings(pair: Pair<Placed>): readonly Difference[] {
  const { before, after } = pair;
  const acting = ({ block }: Placed): readonly EffectiveSetting[] =>
    block.settings.filter((setting) => actsHere(block, setting));
  const matched = match({ before: acting(before), after: acting(after) }, settingKeys);
  return matched.map((found): Difference => {
    const one = (found.before ?? found.after) as EffectiveSetting;
    const text = (setting: EffectiveSetting | null): string | null =>
      setting === null ? null : valueText(setting);
    return {
      kind: kindOf(found),
      ...placeOf(found, pair),
      before: text(found.before),
      after: text(found.after),
      secret: one.secret,
      inert: one.inert || before.block.inert || after.block.inert,
    };
  });
}

/** What is only handed down acts in the blocks that inherit it, where it is compared. */
function actsHere(
  { keyword: block }: EffectiveBlock,
  { keyword, inert }: EffectiveSetting,
): boolean {
  if (inert || keyword === 'lvs_method') return true;
  return !isHandedDown(block as BlockName, keyword);
}

function settingKeys({ keyword, words, isCommand }: EffectiveSetting): Keys {
  const value = isCommand ? splitCommand(words[0] ?? '', false) : words;
  return {
    same: JSON.stringify([keyword, ...value]),
    similar: [`${keyword} ${words[0]}`, keyword],
  };
}

/**
 * Where the difference was made: a value that is inherited on a side where nobody wrote it down here
 * changed in the outer block, once for all who inherit it.
 */
function placeOf(
  { before, after }: Pair<EffectiveSetting | null>,
  pair: Pair<Placed>,
): { readonly path: readonly string[]; readonly keyword: string } {
  const sides = [
    { setting: before, placed: pair.before },
    { setting: after, placed: pair.after },
  ];
  const here = { path: pair.before.path, keyword: (before ?? after)?.keyword ?? '' };
  if (sides.some(({ setting }) => setting?.origin.from === 'file')) return here;
  for (const { setting, placed } of sides) {
    if (setting === null || setting.origin.from !== 'elsewhere') continue;
    const { origin } = setting;
    const source = [placed, ...placed.around.toReversed()].find(
      ({ block }) => block.keyword === origin.block,
    );
    if (source !== undefined) return { path: source.path, keyword: origin.keyword };
  }
  return here;
}

function diffEntries({ before, after }: Pair<Placed>): readonly Difference[] {
  const link = linkOf(before) ?? linkOf(after) ?? '';
  const keys = (entry: EffectiveEntry): Keys => {
    const [first = '', ...options] = entryMeaning(entry.words, before.block.keyword, link);
    return { same: JSON.stringify([first, ...options]), similar: [first] };
  };
  const lists = { before: before.block.entries, after: after.block.entries };
  const text = (entry: EffectiveEntry | null | undefined): string | null =>
    entry ? entry.words.map(quoted).join(' ') : null;
  const inert = before.block.inert || after.block.inert;
  const rest = { path: before.path, keyword: null, secret: false, inert };
  const changed = match(lists, keys).map(
    (found): Difference => ({
      kind: kindOf(found),
      ...rest,
      before: text(found.before),
      after: text(found.after),
    }),
  );
  const heads = { before: lists.before[0], after: lists.after[0] };
  if (!isOrdered(before.block.keyword) || !hasOtherHead(lists, keys)) return changed;
  const moved = { before: text(heads.before), after: text(heads.after) };
  return [{ kind: 'changed', ...rest, keyword: 'first', ...moved }, ...changed];
}

/** Whether another entry is the first, though both lists have both. */
function hasOtherHead(
  { before, after }: Pair<readonly EffectiveEntry[]>,
  keys: (entry: EffectiveEntry) => Keys,
): boolean {
  const names = (list: readonly EffectiveEntry[]): string[] =>
    list.map((entry) => keys(entry).similar[0] ?? '');
  const [old, now] = [names(before), names(after)];
  const [first = '', next = ''] = [old[0], now[0]];
  return first !== next && now.includes(first) && old.includes(next);
}

/** The interface of the instance around a list. */
function linkOf({ around }: Placed): string | undefined {
  return around.at(-1)?.block.settings.find(({ keyword }) => keyword === 'interface')?.words[0];
}

function diffInner({ before, after }: Pair<Placed>): readonly Difference[] {
  const inner = (placed: Placed): readonly Placed[] =>
    placed.block.blocks.map((block) => ({
      block,
      path: [...placed.path, nameOf(block)],
      around: [...placed.around, placed],
    }));
  const blocks = { before: inner(before), after: inner(after) };
  const named = { before: byName(blocks.before), after: byName(blocks.after) };
  const names = new Set([...named.before.keys(), ...named.after.keys()]);
  return [...names].flatMap((name) =>
    diffNamed({ before: named.before.get(name) ?? [], after: named.after.get(name) ?? [] }),
  );
}

function byName(all: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const placed of all) {
    const name = placed.path.at(-1) ?? '';
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [placed]);
    else group.push(placed);
  }
  return groups;
}

/** Blocks of one name: those that are the same first, then as they come. */
function diffNamed({ before, after }: Pair<readonly Placed[]>): readonly Difference[] {
  const left = [...after];
  const changed = before.filter((old) => {
    const at = left.findIndex((one) => diffBlocks({ before: old, after: one }).length === 0);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const count = Math.max(changed.length, left.length);
  return Array.from({ length: count }, (_, at) => [changed[at], left[at]] as const).flatMap(
    ([old, now]) => {
      if (old !== undefined && now !== undefined) return diffBlocks({ before: old, after: now });
      if (old !== undefined) return wholeBlock('removed', old);
      return now === undefined ? [] : wholeBlock('added', now);
    },
  );
}

/** A list that is there on one side only has gained or lost its entries; what is made of defaults is nothing. */
function wholeBlock(
  kind: 'added' | 'removed',
  { block, path, around }: Placed,
): readonly Difference[] {
  if (block.origin.from === 'default') return [];
  if (block.entries.length > 0) {
    const empty: Placed = { block: { ...block, entries: [] }, path, around };
    const full: Placed = { block, path, around };
    return diffEntries(
      kind === 'added' ? { before: empty, after: full } : { before: full, after: empty },
    );
  }
  const { inert } = block;
  return [{ kind, path, keyword: null, before: null, after: null, secret: false, inert }];
}

/** What a block is called among its neighbours. */
function nameOf({ keyword, label, settings }: EffectiveBlock): string {
  const valueFor = (name: string): string =>
    settings.find((setting) => setting.keyword === name)?.words[0] ?? '';
  const words = label.filter((word, at) => !(at === 1 && word === '0')).map(quoted);
  const isAddressed = keyword === 'virtual_server' && !['fwmark', 'group'].includes(label[0] ?? '');
  if (isAddressed) words.push(valueFor('protocol').toLowerCase());
  if (keyword === 'url') words.push(quoted(valueFor('path')));
  return [keyword, ...words].join(' ');
}

interface Keys {
  /** Things of which this is equal mean the same. */
  readonly same: string;
  /** Things that share one of these are one thing that has changed; the first is the closest. */
  readonly similar: readonly string[];
}

/** What has no equal on the other side: with its counterpart, or alone. */
function match<T>(
  { before, after }: Pair<readonly T[]>,
  keysOf: (one: T) => Keys,
): readonly Pair<T | null>[] {
  const left = after.map((one) => ({ one, keys: keysOf(one) }));
  const take = (fits: (keys: Keys) => boolean): T | null => {
    const at = left.findIndex(({ keys }) => fits(keys));
    return at < 0 ? null : (left.splice(at, 1)[0]?.one ?? null);
  };
  const changed = before
    .map((one) => ({ one, keys: keysOf(one) }))
    .filter(({ keys }) => take(({ same }) => same === keys.same) === null);
  const pairs = changed.map(({ one, keys }): Pair<T | null> => {
    const counterparts = keys.similar.map(
      (key, at) => () => take(({ similar }) => similar[at] === key),
    );
    for (const find of counterparts) {
      const after = find();
      if (after !== null) return { before: one, after };
    }
    return { before: one, after: null };
  });
  return [...pairs, ...left.map(({ one }) => ({ before: null, after: one }))];
}

function kindOf({ before, after }: Pair<unknown>): Difference['kind'] {
  if (before === null) return 'added';
  return after === null ? 'removed' : 'changed';
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** `~ virtual_server 192.0.2.10 80 tcp / real_server 198.51.100.21 80: weight 1 → 3` */
export function renderDifference({
  kind,
  path,
  keyword,
  before,
  after,
  secret,
  inert,
}: Difference): string {
  const change =
    kind === 'changed' && !secret
      ? `${before || 'on'} → ${after || 'on'}`
      : kind === 'changed'
        ? 'differs'
        : (before ?? after ?? '');
  const what = [keyword, change].filter((part) => part !== null && part !== '').join(' ');
  const place = path.join(' / ');
  const text = [place, what].filter((part) => part !== '').join(': ');
  return `${SIGNS[kind]} ${text}${inert ? ' (no effect in this version)' : ''}`;
}
