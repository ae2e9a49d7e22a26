/** Inputs that are too much for anyone, and what must be said of each within bounded time and memory. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface Heavy {
  readonly name: string;
  /** What the report holds; null: whatever it says, it ends. */
  readonly says: RegExp | null;
  /** Writes the files into a folder, and gives the path to check. */
  write(folder: string): string;
  /** Only in `npm run fuzz`, because it takes long. */
  readonly isLong?: true;
}

const MEBI = 1024 * 1024;

/** The main file of a case. */
function main(name: string, says: RegExp | null, text: () => string, isLong?: true): Heavy {
  const write = (folder: string): string => mainFile(folder, text());
  return { name, says, write, ...(isLong === undefined ? {} : { isLong }) };
}

function mainFile(folder: string, text: string): string {
  const path = join(folder, 'lvsd.conf');
  writeFileSync(path, text);
  return path;
}

const numbered = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

const instance = (at: number): string =>
  `vrrp_instance V${at} {\n interface e${at}\n virtual_router_id ${1 + (at % 255)}\n}\n`;

const realServer = (at: number): string =>
  `real_server 10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255} 80 { weight ${at % 100} }\n`;

const TRUE = 'script "/bin/true"\n';

const LINES: readonly (readonly [string, string])[] = [
  ['a', 'letters'],
  ['$', 'dollar signs'],
  ['${B}', 'uses of a word'],
  ['$A ', 'uses of nothing'],
  ['${A', 'uses that do not end'],
  ['${A ', 'uses with blanks that do not end'],
  ['"', 'quotes'],
  ['" ', 'quotes and blanks'],
  ['\\', 'backslashes'],
  ['\\a', 'escaped letters'],
  ['{', 'opening braces'],
  ['}', 'closing braces'],
  ['{}', 'empty blocks'],
  ['a{', 'blocks in blocks'],
  [' ', 'blanks'],
  ['\t', 'tabs'],
  ['a ', 'words'],
  ['~SEQ(', 'generators that do not end'],
  ['~SEQ(i, 1)', 'generators'],
  ['~LST({a,', 'lists that do not end'],
  ['\0', 'NULs'],
  ['\u201c', 'typographic quotes'],
  ['\u00a0a', 'no-break spaces'],
  ['\r', 'carriage returns'],
  ['#', 'comment signs'],
  ['@a ', 'conditions'],
  ['auth_pass ', 'words of a password'],
  ['\u2028', 'line separators'],
];

const PREFIXES: readonly (readonly [string, string])[] = [
  ['', 'a line of'],
  ['$A=', 'a definition of'],
  ['x $A ', 'a line with a use and'],
  ['include ', 'an include of'],
  ['~LST(a, ', 'a list of'],
  ['global_defs { router_id ', 'a value of'],
];

function longLine(prefix: string, unit: string, name: string, length: number): Heavy {
  return main(
    name,
    null,
    () => `$B=b\n${prefix}${unit.repeat(length / unit.length)}\n}\nx $A\n  $A\n`,
  );
}

/** Every sign in every place: together they are read in one process. */
export function longLines(length: number): readonly Heavy[] {
  return PREFIXES.flatMap(([prefix, place]) =>
    LINES.map(([unit, signs]) => longLine(prefix, unit, `${place} ${signs}`, length)),
  );
}

export const HEAVY: readonly Heavy[] = [
  main(
    'a definition that doubles itself',
    /more than 4096 uses of definitions in one line/,
    () => '$A=${A} ${A}\nrouter_id $A\n',
  ),
  main(
    'a definition that uses itself',
    /definitions within definitions, more than 32 deep/,
    () => '$A=x $A\nrouter_id $A\n',
  ),
  main('lines of a definition that use it', /more than 32 deep/, () => '$A=\\\n $A \\\n $A\n$A\n'),
  main(
    'definitions that grow',
    /more than 4096 uses of definitions in one line/,
    () =>
      `$A0=${'x'.repeat(1000)}\n${numbered(40, (at) => `$A${at + 1}=\${A${at}}\${A${at}}\n`)}x $A30\n`,
  ),
  main(
    'many definitions that grow',
    /more than \d+ (characters|lines|mistakes)/,
    () =>
      `$A=\${B}\${B}\${B}\${B}\n$B=\${C}\${C}\${C}\${C}\n$C=\${D}\${D}\${D}\${D}\n$D=${'x'.repeat(1000)}\n${numbered(10_000, () => 'x $A\n')}`,
  ),
  main(
    'a sequence of 1 000 000 000',
    /a sequence has at most 100000 values/,
    () => '~SEQ(i, 1000000000) real_server 10.0.0.$i 80 { }\n',
  ),
  main(
    'a list of many names and entries',
    /a list has at most 100000 values/,
    () => `~LST({${'a,'.repeat(100_000)}a}, ${'b,'.repeat(100_000)}b) x\n`,
  ),
  main(
    'sequences within sequences',
    /more than 500000 lines made by definitions/,
    () => '~SEQ(i, 100000) ~SEQ(j, 100000) ~SEQ(k, 100000) x$i$j$k\n',
  ),
  main('a million definitions', null, () => numbered(1_000_000, (at) => `$A${at}=${at}\n`), true),
  main(
    'a definition of a million lines',
    /more than 500000 lines/,
    () => `$A=\\\n${numbered(1_000_000, () => ' x y \\\n')} z\n$A\n`,
    true,
  ),
  main(
    'a definition of many lines within a line',
    /more than 1048576 characters/,
    () =>
      `$A=\\\n${numbered(300_000, () => ' x y \\\n')} z\n${numbered(1000, () => 'x ${A} ${A} y\n')}`,
  ),
  main(
    'a line with many uses and words',
    null,
    () =>
      `$A=b b b b b b b b b b b b b b b b b b b b b b b b b\n${numbered(50, () => `x ${'${A} '.repeat(4000)}\n`)}`,
  ),
  main('a million mistakes', /more than 10000 mistakes: the rest is not told/, () =>
    numbered(1_000_000, (at) => `mistake${at} x\n`),
  ),
  main('a million mistakes on one line', /more than 10000 mistakes/, () =>
    numbered(1_000_000, (at) => `m${at} { `),
  ),
  main(
    'a million words on one line',
    null,
    () => `global_defs {\nrouter_id ${'a '.repeat(MEBI)}\n}\n`,
  ),
  main(
    'a definition of many lines, used behind blanks',
    /more than \d+ lines/,
    () => `$A=\\\n${numbered(520_000, () => ' x \\\n')} z\n${' '.repeat(MEBI - 64)}$A\n`,
    true,
  ),
  ...['vrrp_instance A', 'real_server 10.0.0.1 80', 'virtual_server 10.0.0.1 80'].map((head) =>
    main(`9000 times ${head} in itself`, /blocks within blocks, more than 64 deep/, () => {
      return `${head} {\n`.repeat(9000) + '}\n'.repeat(9000);
    }),
  ),
  main('a million braces in braces', null, () => 'a {\n'.repeat(MEBI) + '}\n'.repeat(MEBI)),
  main('a million braces that never close', null, () => 'a {\n'.repeat(MEBI)),
  main('a million braces that close nothing', /more than 10000 mistakes/, () => '}\n'.repeat(MEBI)),
  main('more words than are read', /more than 8388608 words and braces/, () =>
    'a\n'.repeat(9 * MEBI),
  ),
  main('more characters than are read', /larger than 67108864 octets/, () =>
    'a '.repeat(50 * MEBI),
  ),
  main('60 MB of letters on one line', null, () => 'a'.repeat(60 * MEBI)),
  main('60 MB of blanks on one line', null, () => `x${' '.repeat(60 * MEBI)}y`, true),
  main('60 MB of dollar signs on one line', /more than 1048576 characters in a line/, () =>
    '$'.repeat(60 * MEBI),
  ),
  main('a binary', /is no text: it is full of NULs/, () => '\x7fELF'.padEnd(4096, '\0\x01')),
  main(
    'a binary that begins as text',
    null,
    () => `# text\n${numbered(200_000, (at) => String.fromCharCode(at % 256))}`,
  ),
  main(
    'a million virtual addresses',
    null,
    () =>
      `vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n${numbered(
        1_000_000,
        (at) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/24\n`,
      )}}\n}\n`,
    true,
  ),
  main(
    '100 000 virtual addresses',
    null,
    () =>
      `vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n${numbered(
        100_000,
        (at) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/24\n`,
      )}}\n}\n`,
  ),
  main('100 000 instances', /more than 500000 words/, () => numbered(100_000, instance)),
  main(
    '20 000 instances in a group',
    null,
    () =>
      `${numbered(20_000, instance)}vrrp_sync_group G {\n group {\n${numbered(20_000, (at) => `V${at}\n`)}}\n}\n`,
  ),
  main(
    '100 000 members that do not exist',
    /more than 10000 mistakes/,
    () =>
      `${numbered(1000, instance)}vrrp_sync_group G {\n group {\n${numbered(100_000, (at) => `W${at}\n`)}}\n}\n`,
    true,
  ),
  main(
    '30 000 scripts that are all tracked',
    null,
    () =>
      `${numbered(30_000, (at) => `vrrp_script s${at} {\n${TRUE}user nobody\n}\n`)}vrrp_instance V {\n interface eth0\n virtual_router_id 1\n track_script {\n${numbered(30_000, (at) => `s${at}\n`)}}\n}\n`,
    true,
  ),
  main(
    '200 000 bad values of one block',
    null,
    () => `vrrp_instance V {\n${numbered(200_000, () => 'priority x\n')}}\n`,
  ),
  main(
    'a million real servers of one virtual server',
    /more than 4000000 words in one/,
    () => `virtual_server 10.0.0.1 80 {\n${numbered(1_000_000, realServer)}}\n`,
  ),
  main(
    'a million real servers',
    null,
    () =>
      numbered(
        10_000,
        (at) => `virtual_server 10.1.${at >> 8}.${at & 255} 80 {\n${numbered(100, realServer)}}\n`,
      ),
    true,
  ),
  main(
    'a pattern of a million braces',
    /more than \d+ (characters|patterns) in/,
    () => `include ${'{a,b}'.repeat(200_000)}\n`,
  ),
  main(
    'a pattern of 500 braces',
    /more than 1024 patterns in one pattern with braces/,
    () => `include ${'{a,b}'.repeat(500)}\n`,
  ),
  main('a pattern of a thousand brackets', null, () => `include /usr/bin/${'['.repeat(2000)}\n`),
  main('patterns of a thousand stars', null, () =>
    numbered(20, () => `include /usr/bin/${'*a'.repeat(1000)}\n`),
  ),
  main('patterns over all folders', /look at more than 200000 names in folders/, () =>
    numbered(1000, () => 'include /*/*/*/*/*/*x\n'),
  ),
  main(
    'an include of devices',
    /it is no regular file|no file matches/,
    () => 'include /dev/zero\ninclude /proc/kmsg\ninclude /dev\ninclude /proc/self/mem\n',
  ),
  {
    name: 'a file that includes itself by another name',
    says: /more than 20000 files/,
    write: link,
    isLong: true,
  },
  {
    name: 'a million includes of an empty file',
    says: /more than 20000 files/,
    write: emptyIncludes,
  },
  { name: 'a chain of includes', says: /files within files, more than 32 deep/, write: chain },
  { name: 'a pipe', says: /it is no regular file/, write: pipe },
  { name: 'a folder', says: /it is a directory/, write: (folder) => folder },
  { name: 'a device without an end', says: /it is no regular file/, write: () => '/dev/zero' },
  { name: 'a socket', says: /cannot read/, write: socket },
  { name: 'a file that nobody may read', says: null, write: unreadable },
];

/** Each level reads it twice. */
function link(folder: string): string {
  for (let at = 0; at < 40; at += 1) {
    mkdirSync(join(folder, `d${at}`));
  }
  for (const name of ['a.conf', 'b.conf']) {
    writeFileSync(join(folder, name), 'include self/a.conf\ninclude self/b.conf\n');
  }
  symlinkSync('.', join(folder, 'self'));
  return mainFile(folder, 'include a.conf\ninclude b.conf\n');
}

function emptyIncludes(folder: string): string {
  writeFileSync(join(folder, 'empty'), '');
  return mainFile(folder, 'include empty\n'.repeat(1_000_000));
}

function chain(folder: string): string {
  for (let at = 0; at < 100; at += 1) {
    writeFileSync(join(folder, `${at}.conf`), `include ${at + 1}.conf\n`);
  }
  return mainFile(folder, 'include 0.conf\n');
}

function pipe(folder: string): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

function socket(folder: string): string {
  const path = join(folder, 'socket');
  createServer().listen(path).unref();
  return path;
}

function unreadable(folder: string): string {
  writeFileSync(join(folder, 'secret'), 'x');
  chmodSync(join(folder, 'secret'), 0);
  return mainFile(folder, 'includer secret\n');
}
