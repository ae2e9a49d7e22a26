/** `-` for a file: what is piped into a command is read, and never written. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const UNTIDY = 'global_defs\n{\nrouter_id  a\n}';
const TYPO = 'global_defs {\n    router_idd a\n}\n';

function lvsctl(line: string, input: string): { exitCode: number | null; text: string } {
  const options = { input, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;
  const ran = spawnSync(process.execPath, ['dist/bin/lvsctl.js', ...line.split(' ')], options);
  return { exitCode: ran.status, text: ran.stdout + ran.stderr };
}

test.each([
  ['check -', TYPO, 1, 'there is no "router_idd" in global_defs\n --> -:2:5'],
  ['check -', UNTIDY, 0, '-: 0 errors, 0 warnings'],
  ['lint -', UNTIDY, 0, '-: 0 traps found'],
  ['config show --changed -', UNTIDY, 0, 'router_id a'],
  ['config fmt -', UNTIDY, 0, 'global_defs {\n    router_id a\n}\n'],
  ['config diff - -', UNTIDY, 0, ''],
  ['check - --peer -', 'x {\n', 1, '- and -: 4 errors'],
  ['config fmt --check -', UNTIDY, 1, '-:1'],
  ['config fmt -w -', UNTIDY, 2, '--write is for files'],
  ['check --fix -', UNTIDY, 2, '--fix mends files in place'],
])('lvsctl %s', (line, input, exitCode, said) => {
  const ran = lvsctl(line, input);
  expect(ran.text).toContain(said);
  expect(ran.exitCode).toBe(exitCode);
});

/** Through a real pipe, as a shell makes one. */
test.each([
  ['what has no end is not read to its end', 'yes', '-', 'it is larger than'],
  ['a pipe by its name is told how to be read', 'true', '/dev/stdin', 'is read as "-"'],
])('%s', (_, program, file, said) => {
  const line = `${program} | ${process.execPath} dist/bin/lvsctl.js check ${file}`;
  const ran = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  expect(ran.stdout).toContain(said);
  expect(ran.status).toBe(2);
});
