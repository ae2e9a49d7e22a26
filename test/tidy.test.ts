/** The rules of the code as a test: who may import whom, doors to time and chance, how files are named. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;

/** Folders of src and what each may import besides itself and base. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: [],
  model: [],
  config: ['model'],
  vrrp: ['model', 'wire', 'track'],
  bfd: ['model', 'wire'],
  track: ['model', 'wire'],
  lease: ['model', 'wire'],
  health: ['model', 'wire'],
  drain: ['model', 'wire'],
  reconcile: ['model', 'wire'],
  kernel: ['model', 'wire'],
  notify: ['model', 'kernel'],
  realserver: ['model', 'kernel'],
  api: ['model', 'reconcile'],
  simulation: ['model', 'wire', 'vrrp', 'lease', 'track', 'health'],
  cli: [
    'model',
    'wire',
    'config',
    'reconcile',
    'api',
    'lease',
    'realserver',
    'kernel',
    'simulation',
  ],
  daemon: [
    'model',
    'wire',
    'config',
    'vrrp',
    'bfd',
    'track',
    'lease',
    'health',
    'drain',
    'reconcile',
    'kernel',
    'notify',
    'api',
  ],
};

/** Words and the only places where they may stand. */
const DOORS: readonly { readonly word: RegExp; readonly only: RegExp; readonly instead: string }[] =
  [
    {
      word: /\bDate\.now\(|\bnew Date\(\)/,
      only: /^src\/base\/time\.ts$/,
      instead: 'take a Clock',
    },
    { word: /\bset(Timeout|Interval)\(/, only: /^src\/base\/time\.ts$/, instead: 'take a Clock' },
    { word: /\bMath\.random\(/, only: /^src\/base\/random\.ts$/, instead: 'take a Random' },
    {
      word: /\bprocess\.exit\(/,
      only: /^src\/(base\/exit|daemon\/ipc)\.ts$/,
      instead: 'return an exit code',
    },
    { word: /from 'netlink/, only: /^src\/kernel\//, instead: 'go through kernel/netlink.ts' },
    {
      word: /require\('raw-socket'\)/,
      only: /^src\/kernel\/packets-npm\.ts$/,
      instead: 'use packets-npm.ts',
    },
    {
      word: /from 'undici/,
      only: /^src\/(health\/checkers\/|kernel\/etcd\.ts)/,
      instead: 'use a checker',
    },
    { word: /from 'p-limit'/, only: /^src\/health\/rounds\.ts$/, instead: 'use rounds.ts' },
  ];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

const sources = filesBelow('src').map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));

/** `src/a/b.ts:7: what is wrong`, for each line that has something wrong. */
function faults(find: (line: string, path: string) => string | null): readonly string[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, at) => {
      const fault = find(line, path);
      return fault === null ? [] : [`${path}:${at + 1}: ${fault}`];
    }),
  );
}

test('each folder imports only what it may', () => {
  const found = faults((line, path) => {
    const target = /(?:from|import\()\s*'(\.[^']*)'/.exec(line)?.[1];
    const [, folder = '', rest] = path.split('/');
    if (target === undefined || rest === undefined) return null;
    const [, other = ''] = normalize(join(dirname(path), target)).split('/');
    const allowed = other === folder || other === 'base' || MAY_IMPORT[folder]?.includes(other);
    return allowed ? null : `${folder}/ may not import ${other}/`;
  });
  expect(found).toEqual([]);
});

test('the codec of IPVS could be a package of its own', () => {
  const mayUse = /^(\.\/|\.\.\/(nlattr|genl)\.ts$|\.\.\/\.\.\/base\/)/;
  const found = faults((line, path) => {
    const target = /(?:from|import\()\s*'([^']*)'/.exec(line)?.[1];
    if (target === undefined || !path.startsWith('src/wire/ipvs/')) return null;
    return mayUse.test(target) ? null : `${target} is more than netlink's formats and base/`;
  });
  expect(found).toEqual([]);
});

test('imports name the file that holds the thing', () => {
  const found = faults((line) => {
    const target = /from '(\.[^']*)'/.exec(line)?.[1];
    if (/^export (\*|\{[^}]*\}) from/.test(line))
      return 'an import names the file, so re-export nothing';
    return target === undefined || target.endsWith('.ts') ? null : `${target} must end in .ts`;
  });
  expect(found).toEqual([]);
});

test('time, chance and the doors to the system are used in one place', () => {
  const found = faults((line, path) => {
    const door = DOORS.find(({ word, only }) => word.test(line) && !only.test(path));
    return door === undefined || /^\s*(\*|\/\/|\/\*)/.test(line) ? null : door.instead;
  });
  expect(found).toEqual([]);
});

test('each file says what it is in its first lines, and has a name of small letters', () => {
  for (const { path, text } of sources) {
    expect(text.replace(/^#!.*\n/, ''), path).toMatch(/^\/\*\*/);
    expect(basename(path), path).toMatch(/^[a-z0-9-]+\.(d\.)?ts$/);
  }
});

test('nothing stands at the top level that does not belong there', () => {
  const known = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'conf',
    'dist',
    'docs',
    'native',
    'node_modules',
    'package-lock.json',
    'package.json',
    'src',
    'test',
    'tsconfig.json',
  ];
  const stray = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !known.includes(name));
  expect(stray).toEqual([]);
});
