/** `lvsctl verify`, `zero`, `apply`, `confirm` and `rollback` against a daemon that answers what the test says. */
import { describe, expect, test } from 'vitest';
import type { ApplyRequest, ReloadReport, VerifyReport } from '../../src/api/protocol.ts';
import { apply, confirm, rollback } from '../../src/cli/apply.ts';
import { verify } from '../../src/cli/verify.ts';
import { zero } from '../../src/cli/zero.ts';
import type { ZeroRequest } from '../../src/model/zero.ts';
import { runAgainst as run } from './against-daemon.ts';

const GOOD: VerifyReport = {
  count: 0,
  drift: [],
  refused: [],
  foreignCount: 0,
  foreign: [],
  virtualServers: 3,
  converged: true,
};

const DRIFT: VerifyReport = {
  ...GOOD,
  count: 2,
  drift: ['~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 2'],
  foreignCount: 1,
  foreign: ['10.9.9.9:9 tcp'],
};

describe('zero', () => {
  const zeroed = (...virtualServers: string[]) => ({ virtualServers, absent: [] });

  test('says whose counters begin at 0', async () => {
    const asked: (string | null)[] = [];
    const duties = {
      zero: async ({ virtualServer }: ZeroRequest) => {
        asked.push(virtualServer);
        return virtualServer === null ? zeroed('a tcp', 'b tcp') : zeroed('10.0.0.1:80 tcp');
      },
    };
    expect(await run(zero, duties, {}, ['10.0.0.1:80'])).toEqual({
      code: 0,
      out: 'counters of 10.0.0.1:80 tcp and its real servers begin at 0\n',
      err: '',
    });
    expect(await run(zero, duties, {})).toMatchObject({
      out: 'counters of 2 virtual servers and their real servers begin at 0\n',
    });
    expect(asked).toEqual(['10.0.0.1:80', null]);
    const { out } = await run(zero, duties, { json: true });
    expect(JSON.parse(out)).toEqual(zeroed('a tcp', 'b tcp'));
  });

  test('has exit code 1 when the kernel lacks one', async () => {
    const report = { virtualServers: [], absent: ['10.0.0.1:80 tcp'] };
    expect(await run(zero, { zero: async () => report }, {})).toMatchObject({
      code: 1,
      err: 'not in the kernel: 10.0.0.1:80 tcp\n  hint: lvsctl verify tells why\n',
    });
  });
});

describe('verify', () => {
  test('tells what was put right, and what is not ours', async () => {
    expect(await run(verify, { verify: async () => DRIFT }, {})).toEqual({
      code: 0,
      out: `3 virtual servers in the kernel; put right: 2 changes of others
  ~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 2
  and 1 more
not ours, and left alone: 10.9.9.9:9 tcp
`,
      err: '',
    });
  });

  test('names twenty of the services that are not ours, and counts the rest', async () => {
    const foreign = Array.from({ length: 30 }, (_, at) => `10.9.9.9:${at} tcp`);
    const report = { ...GOOD, foreignCount: 10_000, foreign };
    const { out } = await run(verify, { verify: async () => report }, {});
    expect(out).toMatch(
      /left alone: 10\.9\.9\.9:0 tcp, .*:19 tcp and 9980 more: lvsctl show --json\n$/,
    );
  });

  test('has exit code 3 for that with --detailed-exitcode, and 0 when nothing was', async () => {
    const options = { detailedExitcode: true } as const;
    expect((await run(verify, { verify: async () => DRIFT }, options)).code).toBe(3);
    expect(await run(verify, { verify: async () => GOOD }, options)).toEqual({
      code: 0,
      out: '3 virtual servers in the kernel, all as they should be\n',
      err: '',
    });
  });

  test('has exit code 1 when the kernel refuses, or somebody is as fast', async () => {
    const refused = [{ reason: 'the kernel refused', hint: 'modprobe ip_vs_mh' }];
    expect(await run(verify, { verify: async () => ({ ...GOOD, refused }) }, {})).toMatchObject({
      code: 1,
      out: '3 virtual servers in the kernel\n',
      err: 'the kernel refused\n  hint: modprobe ip_vs_mh\n',
    });
    const raced = { ...DRIFT, converged: false };
    expect((await run(verify, { verify: async () => raced }, {})).code).toBe(1);
  });
});

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

describe('apply', () => {
  test('asks for a time to confirm, and tells how long it is', async () => {
    const asked: ApplyRequest[] = [];
    const answer = async (request: ApplyRequest): Promise<ReloadReport> => {
      asked.push(request);
      return { ...REPORT, confirmWithinMs: request.confirmMs };
    };
    expect(await run(apply, { apply: answer }, { confirm: '60s' }, ['/new.conf'])).toEqual({
      code: 0,
      out: 'applied: configuration ba9876543210 is in force for 60 s; lvsctl confirm keeps it\n',
      err: '',
    });
    expect((await run(apply, { apply: answer }, {})).out).toMatch(
      /^applied: configuration ba9876543210 is in force\n/,
    );
    expect(asked).toEqual([
      { file: '/new.conf', confirmMs: 60_000, allowEmpty: false },
      { file: null, confirmMs: null, allowEmpty: false },
    ]);
  });

  test.each(['', '0', '4s', '25h', '2d', '60 s', '-60', '1e3', '9999999'])(
    '--confirm "%s" is refused',
    async (confirm) => {
      await expect(run(apply, {}, { confirm })).rejects.toThrow(/a time from 5s to 24h is wanted/);
    },
  );
});

test('confirm and rollback tell what is in force', async () => {
  const unconfirmed = [{ process: 'vrrp', reason: 'it has not answered yet', hint: null } as const];
  const confirmed = async () => ({ digest: 'ba9876543210', unconfirmed });
  expect(await run(confirm, { confirm: confirmed }, {})).toEqual({
    code: 3,
    out: 'confirmed: configuration ba9876543210 stays in force\n',
    err: 'vrrp does not work by it yet: it has not answered yet\n',
  });
  expect(await run(rollback, { rollback: async () => REPORT }, { json: true })).toEqual({
    code: 0,
    out: `${JSON.stringify(REPORT, null, 2)}\n`,
    err: '',
  });
  expect(await run(rollback, { rollback: async () => REPORT }, {})).toMatchObject({
    code: 0,
    out: 'rolled back: configuration ba9876543210 is in force\n',
  });
});
