/** Of the configuration a plan tells what the lines of the kernel's table do not tell already. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planReport } from '../../../src/daemon/health/plan-report.ts';
import { type GoodReading, inForce, readConfiguration } from '../../../src/daemon/reload/reload.ts';
import type { IpvsPlan } from '../../../src/model/plan.ts';
import { planVrrp } from '../../../src/vrrp/forecast/forecast.ts';
import { staticChanges } from '../../../src/vrrp/forecast/held-changes.ts';

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

test('what hands down to real servers is told by them: weights, and all of a sorry server', () => {
  const text = (more: string): string => `virtual_server 10.0.0.1 80 {
    lvs_sched wrr
    lvs_method DR
    protocol TCP
    ${more}
    real_server 10.1.0.3 80 { TCP_CHECK { connect_timeout 3 } }
}
`;
  const before = readingOf('old', text('weight 1\nsorry_server 10.9.9.9 80'));
  const after = readingOf(
    'new',
    text('weight 2\nsorry_server 10.9.9.9 80\nsorry_server_inhibit\nsorry_server_lvs_method NAT'),
  );
  const told = settingsBeside(
    [change(80, '10.1.0.3:80'), change(80, '10.9.9.9:80')],
    before,
    after,
  );
  expect(told).toEqual([]);
  expect(settingsBeside([], before, after)).toHaveLength(3);
});

test('flags and engines of a scheduler are told by the virtual server itself', () => {
  const text = (more: string): string => `virtual_server 10.0.0.1 80 {
    lvs_sched sh
    lvs_method DR
    protocol UDP
    persistence_timeout 60
    ${more}
    real_server 10.1.0.3 80 { }
}
`;
  const before = readingOf('old', text(''));
  const after = readingOf('new', text('persistence_engine sip\nflag-3'));
  const udp = { ...change(80, null), virtualServer: '10.0.0.1:80 udp' };
  expect(settingsBeside([udp], before, after)).toEqual([]);
  expect(settingsBeside([], before, after)).toHaveLength(2);
});

test('what all services of a group or a mark tell is not told once more', () => {
  const text = (scheduler: string, weight: number): string => `
virtual_server_group web {
    10.0.0.1 80
    fwmark 9
}
virtual_server group web {
    lvs_sched ${scheduler}
    lvs_method DR
    protocol TCP
    real_server 10.1.0.3 80 { weight ${weight} }
}
virtual_server fwmark 7 {
    lvs_sched ${scheduler}
    lvs_method DR
    real_server 10.1.0.3 80 { weight ${weight} }
}
`;
  const [before, after] = [readingOf('old', text('rr', 1)), readingOf('new', text('wrr', 2))];
  // With DR a firewall mark sends to whatever port the client asked for.
  const own = (virtualServer: string, realServer: string) => [
    { ...change(80, null), virtualServer },
    { ...change(80, realServer), virtualServer },
  ];
  const ofMark = own('fwmark 7 ipv4', '10.1.0.3:0');
  const ofGroup = [...own('10.0.0.1:80 tcp', '10.1.0.3:80'), ...own('fwmark 9 ipv4', '10.1.0.3:0')];
  expect(settingsBeside([...ofMark, ...ofGroup], before, after)).toEqual([]);
  expect(settingsBeside([...ofMark, ...ofGroup.slice(0, 2)], before, after)).toEqual([
    '~ virtual_server group web: lvs_sched rr → wrr',
    '~ virtual_server group web / real_server 10.1.0.3 80: weight 1 → 2',
  ]);
});

const instanceText = (lines: string, address: string): string => `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    ${lines}
    virtual_ipaddress { ${address} }
}
`;

function settingsBesideVrrp(before: GoodReading, after: GoodReading) {
  const sides = [before, after].map(({ director }) => {
    const [instance] = director.vrrp.instances;
    if (instance === undefined) throw new Error('no instance');
    const { priority, tracks } = instance;
    const whole = { priority, tracks, group: null, fault: null, isUndecided: false };
    return { instance, state: 'master' as const, ...whole };
  });
  const vrrp = planVrrp([{ before: sides[0] ?? null, after: sides[1] ?? null }]);
  const readings = { before: inForce(before), after };
  const { settings } = planReport(readings, { ipvs: null, vrrp, unasked: [] });
  return { settings, lines: vrrp.changes.length };
}

test('what the instances tell by its effect is no setting, and what they do not tell is', () => {
  const before = readingOf('old', instanceText('advert_int 1', '192.0.2.10/24'));
  const after = readingOf(
    'new',
    instanceText(
      'advert_int 2\npriority 150\nnopreempt\ntrack_interface { eth1 }\ngarp_master_refresh 60',
      '192.0.2.10/24 label eth0:1',
    ),
  );
  expect(settingsBesideVrrp(before, after)).toEqual({
    settings: ['~ vrrp_instance VI_1: garp_master_refresh 0 → 60'],
    lines: 3,
  });
});

test('static addresses are told by their effect alone', () => {
  const text = (line: string): string => `static_ipaddress { ${line} }\n`;
  const before = readingOf('old', text('10.9.0.1/24 dev eth0'));
  const settingsOf = (line: string): readonly string[] => {
    const after = readingOf('new', text(line));
    const changes = staticChanges(before.director.vrrp.statics, after.director.vrrp.statics);
    const vrrp = { changes, unchanged: { instances: 0 } };
    const readings = { before: inForce(before), after };
    return planReport(readings, { ipvs: null, vrrp, unasked: [] }).settings;
  };
  expect(settingsOf('10.9.0.1/24 dev eth0 label eth0:s')).toEqual([]);
  expect(settingsOf('10.9.0.1/24 dev eth0\n10.9.0.2/24 dev eth0')).toEqual([]);
});
