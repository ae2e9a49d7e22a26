/** `lvsctl lint` and `lvsctl check --peer` as an operator meets them: what they print and their exit codes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { lint } from '../../src/cli/lint.ts';
import { ALL_CODES } from '../../src/config/diagnostics/explanations.ts';
import { Screen } from './screen.ts';

let folder = '';
let screen = new Screen();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsctl-lint-'));
  screen = new Screen();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const instance = (inner: string): string =>
  `vrrp_instance VI_1 {\n interface lo\n virtual_router_id 7\n virtual_ipaddress {\n  127.0.0.7/8 dev lo\n }\n ${inner}\n}\n`;

test('a file without traps is told so, with exit code 0', async () => {
  const path = file('good.conf', instance('priority 150'));
  expect(await lint.run(screen.context, {}, [path])).toBe(0);
  expect(screen.written).toBe(`${path}: 0 traps found\n`);
});

test('a trap is told with its story, and exit code 1', async () => {
  const path = file('trap.conf', instance('state MASTER\n nopreempt'));
  expect(await lint.run(screen.context, {}, [path])).toBe(1);
  expect(screen.written).toContain('error[nopreempt-ignored]');
  expect(screen.written).toContain('a director that returns');
  expect(screen.written).toMatch(/: 1 trap found\n$/);
});

test('as JSON each finding has its story', async () => {
  const path = file('trap.conf', instance('state MASTER\n nopreempt'));
  expect(await lint.run(screen.context, { json: true }, [path])).toBe(1);
  expect(JSON.parse(screen.written)).toMatchObject(
    [{ code: 'nopreempt-ignored', line: 8, column: 2, explanation: /returns/ }].map((one) => ({
      ...one,
      explanation: expect.stringMatching(one.explanation),
    })),
  );
});

test('a file that is not there has exit code 2', async () => {
  expect(await lint.run(screen.context, {}, [join(folder, 'none.conf')])).toBe(2);
  const path = file('good.conf', instance('priority 150'));
  expect(await check.run(screen.context, { peer: join(folder, 'none.conf') }, [path])).toBe(2);
  expect(screen.written).not.toContain('pair-');
});

test('that keepalived does not know a word is told once of both files', async () => {
  const text = `global_defs {\nsplit_brain_policy availability\n}\n${instance('priority 150')}`;
  const [one, other] = [file('one.conf', text), file('other.conf', text)];
  await check.run(screen.context, { peer: other }, [one]);
  expect(screen.written.match(/keepalived does not know "split_brain_policy"/g)).toHaveLength(1);
});

test('every code is listed and explained; another word is refused with the one that was meant', async () => {
  expect(await lint.run(screen.context, { list: true }, [])).toBe(0);
  expect(screen.written.split('\n')).toHaveLength(ALL_CODES.length + 1);
  for (const code of ALL_CODES) {
    expect(screen.written).toContain(`${code} `);
    expect(await lint.run(screen.context, { explain: code }, [])).toBe(0);
  }
  expect(await lint.run(screen.context, { explain: 'fill-inn' }, [])).toBe(2);
  expect(screen.complaints).toContain('did you mean fill-in?');
});

test('check --peer tells what does not fit together, and nothing of the peer’s machine', async () => {
  const own = file('own.conf', instance('priority 150'));
  const peer = file('peer.conf', instance('priority 150').replace('interface lo', 'interface no0'));
  expect(await check.run(screen.context, {}, [own])).toBe(0);
  expect(await check.run(screen.context, { peer, detailedExitcode: true }, [own])).toBe(3);
  expect(screen.written).toContain('warning[pair-equal-priority]');
  expect(screen.written).not.toContain('unknown-interface');
  const owners = file('owner.conf', instance('priority 255'));
  expect(await check.run(screen.context, { peer: owners }, [owners])).toBe(1);
  expect(await check.run(screen.context, { peer: owners, compat: true }, [owners])).toBe(0);
});

test('one file with lines for each director is its own peer', async () => {
  const both = file('both.conf', instance('@lb1 priority 150\n @lb2 priority 100'));
  const options = { configId: 'lb1', peer: both } as const;
  expect(await check.run(screen.context, { ...options, peerId: 'lb2', strict: true }, [both])).toBe(
    0,
  );
  expect(await check.run(screen.context, { ...options, strict: true }, [both])).toBe(1);
});
