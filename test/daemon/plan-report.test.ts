/** Of the configuration a plan tells what the lines of the kernel's table do not tell already. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planReport } from '../../src/daemon/plan-report.ts';
import { type GoodReading, inForce, readConfiguration } from '../../src/daemon/reload.ts';
import type { IpvsPlan } from '../../src/model/plan.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvs-plan-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Values {
  readonly scheduler?: string;
  readonly delay?: number;
  readonly method?: string;
  readonly weights: readonly [number, number];
}

const virtualServer = (port: number, values: Values): string => `
virtual_server 10.0.0.1 ${port} {
    lvs_sched ${values.scheduler ?? 'wrr'}
    lvs_method ${values.method ?? 'DR'}
    delay_loop ${values.delay ?? 6}
    protocol TCP
    real_server 10.1.0.3 ${port} { weight ${values.weights[0]} }
    real_server 10.1.0.4 ${port} {
        weight ${values.weights[1]}
        TCP_CHECK { connect_timeout 3 }
    }
}
`;

function readingOf(name: string, ...servers: readonly string[]): GoodReading {
  const path = join(folder, name);
  writeFileSync(path, servers.join(''));
  const source = { path, mode: 'default', configId: 'lb1', memory: null } as const;
  return readConfiguration(source) as GoodReading;
}

const change = (port: number, realServer: string | null): IpvsPlan['changes'][number] => ({
  text: '~',
  change: realServer === null ? 'edit-service' : 'edit-destination',
  virtualServer: `10.0.0.1:${port} tcp`,
  realServer,
  cuts: null,
  drains: null,
});

function settingsBeside(changes: IpvsPlan['changes'], before: GoodReading, after: GoodReading) {
  const ipvs: IpvsPlan = {
    count: changes.length,
    changes,
    driftCount: 0,
    drift: [],
    refusedBeforeCount: 0,
    refusedBefore: [],
    takenOver: [],
    unchanged: { virtualServers: 0, realServers: 0 },
  };
  const readings = { before: inForce(before), after };
  return planReport(readings, { ipvs, vrrp: null, unasked: [] }).settings;
}

test('a weight is told by its real server in the table, and by no other one', () => {
  const before = readingOf('old', virtualServer(80, { weights: [1, 1] }));
  const after = readingOf('new', virtualServer(80, { weights: [2, 3], delay: 9 }));
  expect(settingsBeside([change(80, '10.1.0.3:80')], before, after)).toEqual([
    '~ virtual_server 10.0.0.1 80 tcp: delay_loop 6 → 9',
    '~ virtual_server 10.0.0.1 80 tcp / real_server 10.1.0.4 80: weight 1 → 3',
  ]);
});

test('a scheduler is told by the virtual server itself, a method by its real servers as well', () => {
  const before = readingOf(
    'old',
    virtualServer(80, { weights: [1, 1] }),
    virtualServer(81, { weights: [1, 1] }),
  );
  const after = readingOf(
    'new',
    virtualServer(80, { weights: [1, 1], scheduler: 'rr' }),
    virtualServer(81, { weights: [1, 1], method: 'NAT' }),
  );
  const byReal = [change(80, '10.1.0.3:80'), change(81, '10.1.0.3:81'), change(81, '10.1.0.4:81')];
  expect(settingsBeside(byReal, before, after)).toEqual([
    '~ virtual_server 10.0.0.1 80 tcp: lvs_sched wrr → rr',
  ]);
  expect(settingsBeside([change(80, null), ...byReal], before, after)).toEqual([]);
});
