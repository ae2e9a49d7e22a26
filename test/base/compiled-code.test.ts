/** Programs start with code that V8 has compiled before, and only with code that is their own and whole. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compile, seal, unseal } from '../../src/base/compiled-code.ts';
import { LARGE, SMALL } from '../../src/daemon/supervisor/flags.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const copy = mkdtempSync(join(tmpdir(), 'lvsd-compiled-'));
const programs = join(copy, 'dist', 'bin');
cpSync(join(ROOT, 'dist', 'bin'), programs, { recursive: true });
cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
afterAll(() => rmSync(copy, { recursive: true }));

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

function codeFiles(): readonly string[] {
  return readdirSync(join(programs, 'compiled'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

/** Tells of each file of the programs whether V8 takes its code, with the flags that this runs with. */
const TAKEN = `
const { readFileSync, readdirSync } = require('node:fs');
const root = process.argv[2];
const { compile, compiledFile, unseal } = require(root + '/load.js');
const below = (folder) => readdirSync(folder).map((name) => folder + '/' + name);
const files = [...below(root), ...below(root + '/daemon'), ...below(root + '/chunks')];
const programs = files.filter((file) => /\\.main\\.js$|\\/chunks\\//.test(file));
const taken = programs.map((file) => {
  const source = readFileSync(file);
  const code = unseal(source, readFileSync(compiledFile(root, file)));
  return code !== null && !compile(file, source, code).cachedDataRejected;
});
console.log(JSON.stringify(taken));
`;

test.each([
  { flags: [], who: 'a program' },
  { flags: SMALL, who: 'a small process of the daemon' },
  { flags: LARGE, who: 'a large process of the daemon' },
])('V8 takes the code of each file, with the flags of $who', ({ flags }) => {
  const script = join(copy, 'taken.cjs');
  writeFileSync(script, TAKEN);
  const taken = JSON.parse(node(...flags, script, programs)) as readonly boolean[];
  expect(taken.length).toBeGreaterThan(20);
  expect(taken.every((one) => one)).toBe(true);
});

test('code is taken whole or not at all, and for its own source only', () => {
  const [source, code] = [Buffer.from('1 + 1'), Buffer.from('code of V8')];
  const sealed = seal(source, code);
  expect(unseal(source, sealed)).toEqual(code);
  expect(unseal(Buffer.from('1 + 2'), sealed)).toBeNull();
  for (let at = 0; at < sealed.length; at += 1) {
    const damaged = Buffer.from(sealed);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    expect(unseal(source, damaged), `octet ${at}`).toBeNull();
    expect(unseal(source, sealed.subarray(0, at)), `${at} octets`).toBeNull();
  }
});

test('a program whose code is damaged, cut off or gone starts from its source', () => {
  const files = codeFiles();
  expect(files.length).toBeGreaterThan(40);
  for (const file of files) {
    const octets = readFileSync(file);
    octets.fill(0, octets.length >> 1);
    writeFileSync(file, octets);
  }
  expect(node(join(programs, 'lvsctl.js'), '--version')).toBe(version);
  for (const file of files) writeFileSync(file, '');
  expect(node(join(programs, 'lvsctl.js'), '--version')).toBe(version);
  rmSync(join(programs, 'compiled'), { recursive: true });
  expect(node(join(programs, 'lvsctl.js'), '--version')).toBe(version);
});

test('they are compiled again where they lie', () => {
  node(join(programs, 'precompile.js'));
  expect(codeFiles().length).toBeGreaterThan(40);
});

test('a failure names the line and the column of the source', () => {
  const script = compile('/program.js', Buffer.from('const a = 1;\n throw new Error("no");'));
  expect(() => script.runInThisContext()()).toThrow('no');
  const first = compile('/program.js', Buffer.from('throw new Error("no")'));
  const where = (run: () => void): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).stack ?? '';
    }
    return '';
  };
  expect(where(script.runInThisContext())).toContain('/program.js:2:8');
  expect(where(first.runInThisContext())).toContain('/program.js:1:7');
});
