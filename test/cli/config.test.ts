/** `lvsctl config show`, `diff` and `fmt` on files: exit codes, what is said, and the examples of the docs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ran, run } from './run.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsctl-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Words that name a file of the folder stand for it; the folder is not in what comes out. */
async function lvsctl(line: string): Promise<Ran> {
  const words = line.split(' ').map((word) => (word.endsWith('.conf') ? join(folder, word) : word));
  const { output, errors, exitCode } = await run(words);
  const plain = (text: string): string => text.replaceAll(`${folder}/`, '');
  return { output: plain(output), errors: plain(errors), exitCode };
}

const GOOD = 'global_defs {\n    router_id a\n}\n';

describe('exit codes', () => {
  beforeEach(() => {
    write('good.conf', GOOD);
    write('other.conf', GOOD.replace('router_id a', 'router_id b'));
    write('same.conf', GOOD.replace('{\n', '{\n\n# why\n'));
    write(
      'inert.conf',
      GOOD.replace('router_id a', 'router_id a\n    snmp_socket udp:127.0.0.1:705'),
    );
    write('bad.conf', 'global_def {\n}\n');
    write('open.conf', 'global_defs {\n');
    write('untidy.conf', 'global_defs\n{\nrouter_id  a\n}');
  });

  test.each([
    ['config show good.conf', 0],
    ['config show bad.conf', 1],
    ['config show bad.conf --compat', 0],
    ['config show nowhere.conf', 2],
    ['config show --nonsense', 2],
    ['config diff good.conf same.conf', 0],
    ['config diff good.conf other.conf', 1],
    ['config diff good.conf other.conf --detailed-exitcode', 1],
    ['config diff good.conf inert.conf', 1],
    ['config diff good.conf inert.conf --detailed-exitcode', 3],
    ['config diff good.conf bad.conf', 2],
    ['config diff good.conf nowhere.conf', 2],
    ['config diff good.conf', 2],
    ['config fmt good.conf', 0],
    ['config fmt good.conf --check', 0],
    ['config fmt untidy.conf', 0],
    ['config fmt untidy.conf --check', 1],
    ['config fmt open.conf', 1],
    ['config fmt nowhere.conf', 2],
    ['config fmt good.conf --check --write', 2],
  ])('%s: %i', async (line, exitCode) => {
    expect(await lvsctl(line)).toMatchObject({ exitCode });
  });

  test('a refused file is told on standard error, and nothing is printed', async () => {
    const { output, errors } = await lvsctl('config show bad.conf');
    expect(output).toBe('');
    expect(errors).toContain('did you mean "global_defs"?');
    expect(errors).toContain('--compat');
  });

  test('nobody is sent to --compat where it does not help', async () => {
    write('bomb.conf', `$A=\${A}\${A}\nglobal_defs {\n router_id \${A}\n}\n`);
    expect((await lvsctl('config show bomb.conf')).errors).not.toContain('--compat');
  });

  test('--write writes what is printed otherwise, and only then', async () => {
    const { output } = await lvsctl('config fmt untidy.conf');
    expect(readFileSync(join(folder, 'untidy.conf'), 'utf8')).not.toBe(output);
    expect(await lvsctl('config fmt untidy.conf -w')).toMatchObject({ output: '', exitCode: 0 });
    expect(readFileSync(join(folder, 'untidy.conf'), 'utf8')).toBe(output);
    expect(output).toBe(GOOD);
  });

  test('a file that would mean something else is left alone', async () => {
    const text = '$X=1\nglobal_defs $X{ }\n';
    write('odd.conf', text);
    const { errors, exitCode } = await lvsctl('config fmt odd.conf -w');
    expect(exitCode).toBe(1);
    expect(errors).toContain('might mean something else');
    expect(readFileSync(join(folder, 'odd.conf'), 'utf8')).toBe(text);
  });
});

describe('what is printed', () => {
  test('--check shows no secret', async () => {
    write('a.conf', 'vrrp_instance a {\nauthentication {\nauth_pass   canary\n}\n}\n');
    const { output } = await lvsctl('config fmt a.conf --check');
    expect(output).toContain('+         auth_pass ******');
    expect(output).not.toContain('canary');
  });

  test('--json can be read by machines', async () => {
    write('a.conf', GOOD);
    write('b.conf', GOOD.replace('router_id a', 'router_id b'));
    const shown = JSON.parse((await lvsctl('config show a.conf --json --changed')).output);
    expect(shown.blocks[0].settings).toEqual([
      {
        keyword: 'router_id',
        value: 'a',
        origin: { file: 'a.conf', line: 2, column: 5 },
        hasEffect: true,
      },
    ]);
    expect(JSON.parse((await lvsctl('config diff a.conf b.conf --json')).output)).toEqual([
      {
        kind: 'changed',
        path: ['global_defs'],
        keyword: 'router_id',
        before: 'a',
        after: 'b',
        secret: false,
        inert: false,
      },
    ]);
  });

  test('is what docs/operating.md says', async () => {
    const docs = new URL('../../docs/operating.md', import.meta.url);
    const text = readFileSync(docs, 'utf8');
    const [web = '', next = ''] = [...text.matchAll(/^```\n([^`]*)^```$/gm)].map(([, one]) => one);
    write('web.conf', web);
    write('new.conf', next);
    const examples = [...text.matchAll(/^```console\n\$ lvsctl (config .*)\n([^`]*)^```$/gm)];
    let now = text;
    for (const [whole, line = '', output = ''] of examples) {
      const ran = await lvsctl(line);
      if (process.env.UPDATE_GOLDEN) {
        now = now.replace(whole, () =>
          whole.replace(`${line}\n${output}`, () => `${line}\n${ran.output}`),
        );
      } else expect(ran.output, line).toBe(output);
    }
    if (process.env.UPDATE_GOLDEN) writeFileSync(docs, now);
    expect(examples).toHaveLength(3);
  });
});
