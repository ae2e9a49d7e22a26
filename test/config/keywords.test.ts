/** The tables against the list of all keywords of keepalived 2.4 (keywords.tsv, one row a keyword). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DIRECTIVES } from '../../src/config/keywords/directives.ts';
import { FORMS } from '../../src/config/keywords/forms.ts';
import type {
  Argument,
  BlockName,
  Keyword,
  PhraseName,
  Repeats,
  Scalar,
} from '../../src/config/keywords/keyword.ts';
import { PHRASES } from '../../src/config/keywords/phrases.ts';
import { strangerIn } from '../../src/config/keywords/strangers.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { load } from './world.ts';

interface Row {
  readonly block: string;
  readonly name: string;
  readonly form: string;
  readonly repeats: string;
  readonly notes: string;
  readonly kind: string;
}

const ROWS: readonly Row[] = readFileSync(new URL('keywords.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [block = '', name = '', form = '', , repeats = '', notes = '', , kind = ''] =
      line.split('\t');
    return { block, name, form, repeats, notes, kind };
  });

/** The list names a block by its path. */
function blockOf(path: string): BlockName {
  if (path === '(root)') return 'the top level';
  const last = path.split('/').at(-1) as string;
  return (last === 'vrrp_track_file' ? 'track_file' : last) as BlockName;
}

/** The list names a phrase by the keyword or entry that it belongs to. */
const PHRASES_OF: Readonly<Record<string, readonly PhraseName[]>> = {
  '(address entry)': ['address', 'static address'],
  '(route entry)': ['route', 'static route'],
  '(route entry)/encap ip': ['encapsulation ip'],
  '(route entry)/encap ip6': ['encapsulation ip6'],
  '(rule entry)': ['rule', 'static rule'],
  '(track entry)': ['tracked', 'weight'],
  '(unicast_peer entry)': ['peer'],
  '(lvs_method TUN)': ['tunnel'],
  linkbeat_interfaces: ['polled interface'],
  'global_defs/lvs_sync_daemon': ['sync daemon'],
  'global_defs/lvs_timeouts': ['timeouts of IPVS'],
  'global_defs/include_check': ['include checks'],
  'global_defs/vrrp_rx_bufs_policy': ['receive buffers'],
  'global_defs/lvs_flush_on_stop': ['flush on stop'],
  'global_defs/dynamic_interfaces': ['dynamic interfaces'],
  virtual_server_group: ['group entry'],
  '(route entry)/encap mpls': ['encapsulation'],
  '(route entry)/encap ila': ['encapsulation'],
};

/** Rows of words that stand at a position: the slot, or the option whose value they are. */
const AT_A_POSITION: Readonly<Record<string, string>> = {
  'global_defs/lvs_sync_daemon IFNAME': 'IFNAME',
  'global_defs/lvs_sync_daemon (VRRP_INSTANCE [ID])': 'INSTANCE',
  'virtual_server_group IP[-RANGE] [PORT]': 'ADDRESS[-LAST]',
  '(route entry)/encap mpls LABELS': 'mpls',
  '(route entry)/encap ila LOCATOR': 'ila',
};

/** The entry of a value word; a slot shows as its argument alone. */
function entryOf({ block, name }: Row): Pick<Keyword, 'argument'> | undefined {
  const wanted = AT_A_POSITION[`${block} ${name}`] ?? name;
  for (const phrase of (PHRASES_OF[block] ?? []).map((one) => PHRASES[one])) {
    const found = phrase.options.get(wanted) ?? phrase.slots.find((slot) => slot.name === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

const KEYWORDS = ROWS.filter(({ kind }) => kind === 'keyword');
const VALUE_WORDS = ROWS.filter(({ kind }) => kind === 'value word');

test('all 531 keywords are in the tables', () => {
  expect(KEYWORDS).toHaveLength(531);
  const missing = KEYWORDS.filter(({ block, name }) => !LANGUAGE[blockOf(block)]?.has(name));
  expect(missing.map(({ block, name }) => `${block} ${name}`)).toEqual([]);
});

test('all 158 words of values are in the phrases', () => {
  expect(VALUE_WORDS).toHaveLength(158);
  const missing = VALUE_WORDS.filter((row) => entryOf(row) === undefined);
  expect(missing.map(({ block, name }) => `${block} ${name}`)).toEqual([]);
});

test('all 7 words that are documented only are known strangers', () => {
  const rows = ROWS.filter(({ kind }) => kind === 'documented only');
  expect(rows).toHaveLength(7);
  const missing = rows.filter(
    ({ block, name }) => strangerIn(PHRASES_OF[block]?.[0] ?? blockOf(block), name) === null,
  );
  expect(missing.map(({ block, name }) => `${block} ${name}`)).toEqual([]);
});

/** `$NAME=VALUE` and `$NAME=...\` are told apart by their end, the others by their beginning. */
function isDirective(row: string): boolean {
  return DIRECTIVES.some(({ form }) => startOf(form) === startOf(row));
}

function startOf(form: string): string {
  if (form.startsWith('$NAME=')) return form.endsWith('\\') ? '$NAME=\\' : '$NAME=';
  if (form.startsWith('~LST')) return form.slice(0, '~LST({'.length).replace(/[^{]$/, '');
  const [, name = form] = /^(?:\$\{?)?([\w~@^#{$]+)/.exec(form) ?? [];
  return name.startsWith('_') ? name : `${form.startsWith('${') ? '{' : ''}${name}`;
}

test('all 24 directives are listed', () => {
  const rows = ROWS.filter(({ kind }) => kind === 'directive');
  expect(rows).toHaveLength(24);
  expect(rows.filter(({ name }) => !isDirective(name)).map(({ name }) => name)).toEqual([]);
  expect(DIRECTIVES).toHaveLength(24);
});

/** The scalar of an entry: of a phrase, that of its first slot that is one. */
function scalarsOf(argument: Argument): readonly Scalar[] {
  if (argument.is === 'either') return argument.of.flatMap(scalarsOf);
  if (argument.is === 'phrase') {
    return PHRASES[argument.of].slots.flatMap((slot) => scalarsOf(slot.argument));
  }
  const isScalar = ['integer', 'seconds', 'milliseconds', 'word', 'choice', 'address', 'form'];
  return isScalar.includes(argument.is) ? [argument as Scalar] : [];
}

const NUMBER = '(-?\\d+(?:\\.\\d+)?)';
const RANGED: readonly (readonly [RegExp, Scalar['is']])[] = [
  [new RegExp(`^(?:\\[?-?)?u?int\\b.*?${NUMBER}\\.\\.${NUMBER}`), 'integer'],
  [
    new RegExp(`^\\[?(?:all\\] )?(?:SECONDS |ID |N |uint seconds )?${NUMBER}\\.\\.${NUMBER}`),
    'integer',
  ],
  [new RegExp(`^decimal seconds ${NUMBER}\\.\\.${NUMBER}`), 'seconds'],
  [new RegExp(`^decimal ms ${NUMBER}\\.\\.${NUMBER}`), 'milliseconds'],
];

/** The range that a row tells, where it tells one. */
function rangeOf(form: string): readonly [kind: Scalar['is'], min: number, max: number] | null {
  for (const [pattern, kind] of RANGED) {
    const [, min, max] = pattern.exec(form) ?? [];
    if (min !== undefined && max !== undefined) return [kind, Number(min), Number(max)];
  }
  // Of seconds and microseconds the list tells no range, and keepalived has one.
  if (/^uint (micro)?seconds$/.test(form) || !/^uint\b(?!32|64)/.test(form)) return null;
  return ['integer', />=1/.test(form) ? 1 : 0, 4_294_967_295];
}

/** Every row with its entry. */
const ENTRIES: readonly (readonly [Row, Pick<Keyword, 'argument'>])[] = [
  ...KEYWORDS.map((row) => [row, LANGUAGE[blockOf(row.block)].get(row.name)] as const),
  ...VALUE_WORDS.map((row) => [row, entryOf(row)] as const),
].flatMap(([row, entry]) => (entry === undefined ? [] : [[row, entry] as const]));

const named = ({ block, name, form }: Row): string => `${block} ${name}: ${form}`;

/** keepalived takes more than kernels do; it is taken as the most that all of them take. */
const BEYOND_THE_KERNEL: readonly string[] = ['uthreshold', 'lthreshold', 'tcp', 'tcpfin', 'udp'];

test('every range of the list is that of the entry', () => {
  let compared = 0;
  const wrong = ENTRIES.filter(([{ name, form, notes }, { argument }]) => {
    const range = rangeOf(form);
    if (range === null) return false;
    const [kind, min, max] = range;
    compared += 1;
    const isSame = (one: Scalar): boolean => {
      if (!('min' in one) || one.is !== kind) return false;
      const isTolerant = notes.includes('0 becomes 1') || BEYOND_THE_KERNEL.includes(name);
      const wide = one.is === 'integer' && isTolerant ? one.tolerated : one;
      return wide?.min === min && wide.max === max;
    };
    return !scalarsOf(argument).some(isSame);
  });
  expect(wrong.map(([row]) => named(row))).toEqual([]);
  expect(compared).toBeGreaterThan(120);
});

test('every unit of the list is that of the entry', () => {
  const units = { seconds: 'seconds', bytes: 'octets', microseconds: 'microseconds' } as const;
  const wrong = ENTRIES.filter(([{ form }, { argument }]) => {
    const unit = /\buint (seconds|bytes|microseconds)/.exec(form)?.[1] as keyof typeof units;
    if (unit === undefined) return false;
    return !scalarsOf(argument).some((one) => one.is === 'integer' && one.unit === units[unit]);
  });
  expect(wrong.map(([row]) => named(row))).toEqual([]);
});

test('every choice of the list is that of the entry', () => {
  let compared = 0;
  const wrong = ENTRIES.filter(([{ form }, { argument }]) => {
    if (!/^[\w.-]+(\|[\w.-]+)+$/.test(form)) return false;
    const wanted = form.split('|').filter((one) => one !== 'SECONDS');
    compared += 1;
    return !scalarsOf(argument).some(
      (one) =>
        (one.is === 'choice' && [...one.of].sort().join() === [...wanted].sort().join()) ||
        // Schedulers: others are taken too.
        (one.is === 'form' && wanted.every((word) => FORMS[one.form].accepts(word))),
    );
  });
  expect(wrong.map(([row]) => named(row))).toEqual([]);
  expect(compared).toBeGreaterThan(15);
});

const KINDS: readonly (readonly [RegExp, Argument['is'] | readonly Argument['is'][]])[] = [
  [/^\[on\|off/, 'boolean'],
  [/^\(none/, 'flag'],
  [/^quoted-script/, 'script'],
  [/^(NAME |IP \[PORT\] )?(\(max 31 chars\) )?\{ .*\}/, ['block', 'entries']],
  [/^IP$/, 'address'],
  [/^IFNAME$/, 'form'],
  [/^decimal seconds/, 'seconds'],
  [/^(FILE|PATH|DIR|STRING|NAME)$/, ['word', 'form']],
];

/** Of keepalived a flag that is off by default; ours is on, and so can be switched off. */
const SWITCHABLE = ['check_unicast_src', 'vrrp_check_unicast_src'];

test('every other kind of argument is that of the entry', () => {
  const wrong = ENTRIES.filter(([{ name, form }, { argument }]) => {
    if (SWITCHABLE.includes(name)) return argument.is !== 'boolean';
    const [, kinds] = KINDS.find(([pattern]) => pattern.test(form)) ?? [];
    return kinds !== undefined && ![kinds].flat().includes(argument.is);
  });
  expect(wrong.map(([row]) => named(row))).toEqual([]);
});

/** What the list says of a keyword that stands more than once. */
function repeatsOf({ repeats }: Row): Repeats {
  if (/^(yes|merged|accumulates)/.test(repeats)) return 'list';
  if (/first (wins|value|non-zero)|: first wins/.test(repeats)) return 'first';
  return repeats === 'last wins if larger' ? 'largest' : 'last';
}

test('which one counts of several is what the list says', () => {
  const wrong = KEYWORDS.filter((row) => {
    const entry = LANGUAGE[blockOf(row.block)].get(row.name);
    return entry?.repeats !== repeatsOf(row);
  });
  expect(wrong.map((row) => `${row.block} ${row.name}: ${row.repeats}`)).toEqual([]);
});

test('every old word names the new one', () => {
  const old = KEYWORDS.filter(({ notes, repeats }) =>
    /deprecated|old spelling|spelling variant/.test(notes + repeats),
  );
  expect(old.length).toBeGreaterThan(12);
  const without = old.filter(({ block, name }) => {
    const entry = LANGUAGE[blockOf(block)].get(name);
    return entry?.insteadOf === null && entry.mend === null;
  });
  expect(without.map(({ block, name }) => `${block} ${name}`)).toEqual([]);
});

test('an old word and its new one take the same argument', () => {
  for (const [block, { name, insteadOf, sameAs, argument }] of ALL) {
    const other = insteadOf ?? sameAs;
    if (other === null) continue;
    const table = LANGUAGE[block as BlockName];
    expect(table.get(other)?.argument, `${block} ${name}`).toEqual(argument);
  }
});

const ALL: readonly (readonly [string, Keyword])[] = Object.entries(LANGUAGE).flatMap(
  ([block, table]) => [...table.values()].map((keyword) => [block, keyword] as const),
);

test('every entry has a line of help, and tells what holds without it', () => {
  for (const [block, { name, help, default: standard, unset }] of ALL) {
    expect(help.length, `${block} ${name}`).toBeGreaterThan(2);
    expect(help, `${block} ${name}`).not.toMatch(/[.\n]$/);
    expect(standard === null, `${block} ${name}`).toBe(unset !== '');
  }
});

test('every range is one', () => {
  for (const [block, { name, argument }] of ALL) {
    if (!('min' in argument)) continue;
    expect(argument.min, `${block} ${name}`).toBeLessThan(argument.max);
  }
});

describe('a word without effect', () => {
  const said = (text: string): readonly string[] =>
    load(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);

  test('is told of once, and what its block holds is checked all the same', () => {
    const text = `SSL {
    password secret
    certificat /etc/lvsd/ssl.pem
}
`;
    expect(said(text)).toEqual([
      'no-effect: "SSL" has no effect in this version',
      'unknown-keyword: there is no "certificat" in SSL',
    ]);
  });

  test('is checked for its value', () => {
    expect(said('global_defs {\n    snmp_rs_stats_update_interval never\n}\n')).toEqual([
      'no-effect: "snmp_rs_stats_update_interval" has no effect in this version',
      expect.stringContaining('bad-value: "never"'),
    ]);
  });
});
