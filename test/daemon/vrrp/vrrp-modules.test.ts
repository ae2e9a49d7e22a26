/** The process that advertises is small: what speaks HTTP, TLS, SMTP or DNS is loaded by others. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BUNDLE = join(ROOT, 'dist', 'bin', 'daemon', 'vrrp-process.js');

/** Loads the process as it is installed, with what it needs, tells what Node has loaded for it, and ends. */
const PROGRAM = `
process.send = () => {};
await import(process.argv[1]);
const packages = Object.keys((await import('node:module')).default._cache);
console.log(JSON.stringify([...process.moduleLoadList, ...packages]));
process.exit();
`;

test('the VRRP process loads neither HTTP nor TLS nor a resolver', () => {
  expect(existsSync(BUNDLE), 'node test/setup.mjs builds dist/').toBe(true);
  const args = ['--input-type=module', '-e', PROGRAM, BUNDLE, 'info'];
  const loaded = JSON.parse(execFileSync(process.execPath, args).toString()) as string[];
  const names = loaded.map((name) => name.replace(/^(?:NativeModule|Internal Binding) /, ''));
  expect(names).toContain('net');
  const heavy =
    /^(?:_?http|https|http2|_?tls|dns$|dns\/|internal\/http|internal\/tls)|\/(?:undici|nodemailer|pino)\//;
  expect(names.filter((name) => heavy.test(name))).toEqual([]);
});
