/** `lvsctl plan` against a daemon that answers what the test says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PlanReport, PlanRequest } from '../../src/api/protocol.ts';
import { plan } from '../../src/cli/plan.ts';
import type { IpvsPlan } from '../../src/model/plan.ts';
import { runAgainst } from './against-daemon.ts';

const IPVS: IpvsPlan = {
  count: 0,
  changes: [],
  driftCount: 0,
  drift: [],
  refusedBeforeCount: 0,
  refusedBefore: [],
  takenOver: [],
  unchanged: { virtualServers: 1, realServers: 3 },
};

const REPORT: PlanReport = {
  outcome: 'nothing',
  path: '/etc/lvsd/lvsd.conf',
  digest: '0123456789ab',
  inForce: '0123456789ab',
  errors: 0,
  warnings: 0,
  diagnostics: [],
  rendered: '',
  ipvs: IPVS,
  vrrp: { changes: [], unchanged: { instances: 2 } },
  unasked: [],
  settings: [],
  settingsCount: 0,
};

const CHANGES: PlanReport = {
  ...REPORT,
  outcome: 'changes',
  digest: 'ba9876543210',
  ipvs: {
    ...IPVS,
    count: 5,
    changes: [
      {
        text: '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 1 → 3',
        change: 'edit-destination',
        virtualServer: '10.0.0.1:80 tcp',
        realServer: '10.1.0.3:80',
        cuts: null,
        drains: null,
      },
      {
        text: '- real server 10.1.0.4:80 of 10.0.0.1:80 tcp',
        change: 'remove-destination',
        virtualServer: '10.0.0.1:80 tcp',
        realServer: '10.1.0.4:80',
        cuts: { active: 3, inactive: 1, persistent: 0 },
        drains: null,
      },
      {
        text: '- real server 10.1.0.5:80 of 10.0.0.1:80 tcp',
        change: 'remove-destination',
        virtualServer: '10.0.0.1:80 tcp',
        realServer: '10.1.0.5:80',
        cuts: { active: 0, inactive: 0, persistent: 0 },
        drains: null,
      },
    ],
    driftCount: 1,
    drift: [
      {
        text: '~ virtual server 10.0.0.1:80 tcp: lc → wrr',
        change: 'edit-service',
        virtualServer: '10.0.0.1:80 tcp',
        realServer: null,
        cuts: null,
        drains: null,
      },
    ],
    takenOver: ['10.0.0.2:80 tcp'],
  },
  vrrp: {
    changes: [
      {
        text: '~ instance VI_1: effective priority 100 → 150',
        change: 'edit',
        instance: 'VI_1',
        about: 'priority',
        name: 'VI_1',
        differences: [{ name: 'effective priority', from: '100', to: '150' }],
      },
    ],
    unchanged: { instances: 1 },
  },
  settings: ['~ vrrp_instance VI_1: advert_int 1 → 2'],
  settingsCount: 1,
  unasked: [{ process: 'health', reason: 'it does not run yet', hint: null }],
};

async function run(
  report: PlanReport,
  options: { json?: true; detailedExitcode?: true } = {},
  args: readonly string[] = [],
) {
  const asked: PlanRequest[] = [];
  const answer = async (request: PlanRequest): Promise<PlanReport> => {
    asked.push(request);
    return report;
  };
  return { ...(await runAgainst(plan, { plan: answer }, options, args)), asked };
}

test('what would change is told by its effects, with the connections that end', async () => {
  const { code, out, err, asked } = await run(CHANGES);
  expect(out).toBe(`/etc/lvsd/lvsd.conf: configuration 0123456789ab → ba9876543210
IPVS table
  ~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 1 → 3
  - real server 10.1.0.4:80 of 10.0.0.1:80 tcp (cuts 3 active connections, 1 inactive one)
  - real server 10.1.0.5:80 of 10.0.0.1:80 tcp
  and 2 more
VRRP
  ~ instance VI_1: effective priority 100 → 150
settings
  ~ vrrp_instance VI_1: advert_int 1 → 2
unknown
  ? health: it does not run yet
differs already, and is put right every 10 s with or without a reload
  ~ virtual server 10.0.0.1:80 tcp: lc → wrr
made by somebody else, and ours from then on: virtual server 10.0.0.2:80 tcp
unchanged: 1 virtual server, 3 real servers, 1 VRRP instance
`);
  expect({ code, err, asked }).toEqual({ code: 0, err: '', asked: [{ file: null }] });
});

test('with --detailed-exitcode changes are exit code 3, and nothing is 0', async () => {
  expect((await run(CHANGES, { detailedExitcode: true })).code).toBe(3);
  const { code, out } = await run(REPORT, { detailedExitcode: true });
  expect(code).toBe(0);
  expect(out).toBe(`/etc/lvsd/lvsd.conf is the configuration in force, 0123456789ab
nothing would change: 1 virtual server, 3 real servers, 2 VRRP instances
`);
});

test('a file with mistakes is told with them, exit code 1', async () => {
  const answer = await run({
    ...REPORT,
    outcome: 'refused',
    errors: 1,
    rendered: 'error[unknown-keyword]: …\n',
    ipvs: null,
    vrrp: null,
  });
  expect(answer).toMatchObject({
    code: 1,
    out: 'a reload would be refused: 1 error in /etc/lvsd/lvsd.conf; configuration 0123456789ab would stay in force\n',
    err: 'error[unknown-keyword]: …\nand 1 more: lvsctl check /etc/lvsd/lvsd.conf\n',
  });
});

test('a file is named by its whole path, and with --json the report is printed', async () => {
  const { out, asked } = await run(CHANGES, { json: true }, ['new.conf']);
  expect(JSON.parse(out)).toEqual(CHANGES);
  expect(asked).toEqual([{ file: join(process.cwd(), 'new.conf') }]);
});

test('what is piped in cannot be read by the daemon', async () => {
  await expect(run(REPORT, {}, ['-'])).rejects.toMatchObject({ code: 'USAGE' });
});
