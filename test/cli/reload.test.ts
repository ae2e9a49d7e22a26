/** `lvsctl reload` against a daemon that answers what the test says. */
import { expect, test } from 'vitest';
import type { ReloadReport } from '../../src/api/protocol.ts';
import { DirectorError } from '../../src/base/error.ts';
import { reload } from '../../src/cli/reload.ts';
import { runAgainst } from './against-daemon.ts';

const REPORT: ReloadReport = {
  outcome: 'reloaded',
  path: '/etc/lvsd/lvsd.conf',
  digest: 'ba9876543210',
  inForce: 'ba9876543210',
  errors: 0,
  warnings: 0,
  diagnostics: [],
  rendered: '',
  unconfirmed: [],
  confirmWithinMs: null,
};

function run(answer: () => Promise<ReloadReport>, options: { json?: true } = {}) {
  return runAgainst(reload, { reload: answer }, options);
}

test('a configuration that came into force is told with its warnings, exit code 0', async () => {
  const rendered = 'warning[no-effect]: …\n';
  const answer = await run(async () => ({ ...REPORT, warnings: 1, rendered }));
  expect(answer).toEqual({
    code: 0,
    out: 'reloaded: configuration ba9876543210 is in force, 1 warning\n',
    err: 'warning[no-effect]: …\nand 1 more: lvsctl check /etc/lvsd/lvsd.conf\n',
  });
});

test('an unchanged file is told as such, exit code 0', async () => {
  expect(await run(async () => ({ ...REPORT, outcome: 'unchanged' }))).toEqual({
    code: 0,
    out: 'unchanged: configuration ba9876543210 stays in force\n',
    err: '',
  });
});

test('a file that cannot be read has no digest', async () => {
  const { out } = await run(async () => ({
    ...REPORT,
    outcome: 'refused',
    digest: null,
    inForce: '0123456789ab',
    errors: 1,
  }));
  expect(out).toBe(
    'refused: 1 error in /etc/lvsd/lvsd.conf; configuration 0123456789ab stays in force\n',
  );
});

test('a refused file is told with both digests, exit code 1', async () => {
  const answer = await run(async () => ({
    ...REPORT,
    outcome: 'refused',
    inForce: '0123456789ab',
    errors: 107,
    rendered: 'error[unknown-keyword]: …\n',
    diagnostics: Array.from({ length: 100 }, () => ({
      code: 'unknown-keyword',
      severity: 'error',
      file: '/etc/lvsd/lvsd.conf',
      line: 1,
      column: 1,
      length: 8,
      message: 'there is no "nonsense"',
      hint: null,
      suggestion: null,
    })),
  }));
  expect(answer).toEqual({
    code: 1,
    out: 'refused: ba9876543210: 107 errors in /etc/lvsd/lvsd.conf; configuration 0123456789ab stays in force\n',
    err: 'error[unknown-keyword]: …\nand 7 more: lvsctl check /etc/lvsd/lvsd.conf\n',
  });
});

test('one that this machine cannot serve is told with the process and the cure, exit code 1', async () => {
  const unconfirmed = [
    { process: 'health', reason: 'the kernel has no IPVS', hint: 'modprobe ip_vs' } as const,
  ];
  const report = { ...REPORT, outcome: 'refused', inForce: '0123456789ab', unconfirmed } as const;
  expect(await run(async () => report)).toEqual({
    code: 1,
    out: 'refused: ba9876543210; configuration 0123456789ab stays in force\n',
    err: 'health cannot do its work: the kernel has no IPVS\n  hint: modprobe ip_vs\n',
  });
});

test('one that a process has not confirmed is told with the process, exit code 3', async () => {
  const unconfirmed = [{ process: 'vrrp', reason: 'it has not answered yet', hint: null } as const];
  expect(await run(async () => ({ ...REPORT, unconfirmed }))).toEqual({
    code: 3,
    out: 'reloaded: configuration ba9876543210 is in force\n',
    err: 'vrrp has not confirmed it: it has not answered yet\n',
  });
});

test('with --json it prints the whole report and nothing else, and the exit codes are the same', async () => {
  const report = { ...REPORT, outcome: 'refused', errors: 1, rendered: 'error' } as const;
  const { code, out, err } = await run(async () => report, { json: true });
  expect(JSON.parse(out)).toEqual(report);
  expect({ code, err }).toEqual({ code: 1, err: '' });
});

test('a daemon that stops says so', async () => {
  const stopping = new DirectorError('DAEMON_STOPPING', 'lvsd is stopping', { hint: 'wait' });
  await expect(run(() => Promise.reject(stopping))).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    message: 'lvsd is stopping',
    hint: 'wait',
  });
});
