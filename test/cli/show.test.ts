/** `lvsctl show` as a person reads it: one file a case. `UPDATE_GOLDEN=1` writes them anew. */

import { readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/api/protocol.ts';
import { renderSnapshot } from '../../src/cli/topology.ts';
import type { DrainOrder, Order } from '../../src/model/drain.ts';
import type { JsonDiagnostic } from '../../src/model/json-diagnostic.ts';
import type { CheckerSnapshot, RealServerHealth } from '../../src/model/snapshot-health.ts';
import type { DestinationSnapshot } from '../../src/model/snapshot-ipvs.ts';
import type {
  AdvertPathSnapshot,
  InstanceSnapshot,
  TrackerSnapshot,
} from '../../src/model/snapshot-vrrp.ts';
import { GIVEN } from '../drain/make.ts';

const FOLDER = new URL('../golden/show/', import.meta.url);
/** Local noon: the text shows local time. */
const NOW = new Date(2026, 10, 24, 12, 0, 0).getTime();

const ago = (seconds: number): number => NOW - seconds * 1_000;

const tracker = (over: Partial<TrackerSnapshot>): TrackerSnapshot => ({
  kind: 'script',
  name: 'check',
  up: true,
  value: null,
  weightDelta: 0,
  reverse: false,
  effectDelta: 0,
  sinceMs: ago(90),
  detail: null,
  ...over,
});

const instance = (over: Partial<InstanceSnapshot>): InstanceSnapshot => ({
  name: 'clients',
  interface: 'eth0',
  vrid: 51,
  family: 'ipv4',
  version: 2,
  group: 'LVS',
  state: 'master',
  sinceMs: ago(200),
  reason: 'no advertisement in time',
  priority: 150,
  effectivePriority: 150,
  advertIntervalMs: 1_000,
  masterAddress: '192.0.2.2',
  masterPriority: 150,
  addresses: ['192.0.2.10/24 dev eth0'],
  gate: { openForMs: 2_400 },
  lifetimeSeconds: 3,
  counters: {
    advertsSent: 200,
    advertsUnsent: 0,
    advertsReceived: 0,
    becameMaster: 1,
    releasedMaster: 0,
    priorityZeroSent: 0,
    priorityZeroReceived: 0,
    announcementsSent: 5,
    addressesPutBack: 0,
    lifetimesOver: 0,
    pathsPutBack: 0,
    claimsByOthers: 0,
    answeredProbes: 0,
    overlaps: 0,
    gateLost: 0,
    foreign: 0,
    checksumForms: {},
    addressMismatches: 0,
    odd: {},
    lesserMasters: 0,
    dropped: {},
  },
  paths: [],
  advertPaths: [],
  virtualLinks: [],
  trackers: [],
  gaveUpAtMs: null,
  alarms: [],
  ...over,
});

const advertPath = (over: Partial<AdvertPathSnapshot>): AdvertPathSnapshot => ({
  name: 'eth1',
  isMain: false,
  down: null,
  silentMs: null,
  heardMs: 400,
  heardFrom: '192.0.2.3',
  counters: {
    sent: 12,
    heard: 190,
    silences: over.silentMs ? 1 : 0,
    dropped: over.isMain ? { ttl: 2 } : {},
  },
  ...over,
});

const checker = (over: Partial<CheckerSnapshot>): CheckerSnapshot => ({
  kind: 'HTTP_GET',
  target: '198.51.100.21:80',
  urls: ['/'],
  standing: 'up',
  lastVerdict: { up: true, atMs: ago(1), latencyMs: 3.2, url: '/', reason: null, detail: null },
  lastFailure: null,
  forgivenFailures: 0,
  retry: 2,
  successes: 190,
  failures: 0,
  ...over,
});

const realServer = (last: number, over: Partial<RealServerHealth>): RealServerHealth => ({
  address: `198.51.100.${last}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  standing: 'up',
  sinceMs: ago(200),
  reason: 'start',
  configuredWeight: 1,
  effectiveWeight: 1,
  order: null,
  checkers: [checker({})],
  ...over,
});

const refused = { up: false, atMs: ago(4), latencyMs: null, url: '/', detail: null } as const;

const KEY = {
  kind: 'address',
  family: 'ipv4',
  protocol: 'tcp',
  address: '192.0.2.10',
  port: 80,
} as const;

const held = (last: number, weight: number, activeConnections: number) => ({
  address: `198.51.100.${last}`,
  port: 80,
  forwarding: 'dr' as const,
  weight,
  activeConnections,
  inactiveConnections: 12,
  persistentConnections: 0,
  statistics: null,
});

const mistake = (line: number): JsonDiagnostic => ({
  code: 'unknown-keyword',
  severity: 'error',
  file: '/etc/lvsd/lvsd.conf',
  line,
  column: 5,
  length: 8,
  message: 'there is no "internal" in vrrp_script',
  hint: line === 3 ? null : 'did you mean "interval"?',
  suggestion: 'interval',
});

const MASTER: Snapshot = {
  version: '0.1.0',
  global: {
    routerId: 'lb1',
    scriptUser: 'nobody',
    scriptSecurity: true,
    childWaitMs: 5_000,
    watchdogMs: { vrrp: 10_000, bfd: 10_000, health: 60_000 },
    netNamespace: null,
    vrrpStartupDelayMs: 0,
    flushAtStart: false,
  },
  atMs: NOW,
  runDir: '/run/lvsd',
  configuration: {
    path: '/etc/lvsd/lvsd.conf',
    digest: '0123456789ab',
    loadedAtMs: ago(3_700),
    warnings: 2,
    unconfirmed: [{ process: 'health', reason: 'it has not answered yet', hint: null }],
    refused: {
      atMs: ago(86_400),
      digest: 'ba9876543210',
      errors: 7,
      diagnostics: [3, 5, 8, 13, 21, 34].map((line) => mistake(line)),
      processes: [],
    },
    pin: null,
    pending: null,
  },
  processes: [
    { name: 'supervisor', pid: 10, startedAtMs: ago(3_700), restarts: 0 },
    { name: 'vrrp', pid: 11, startedAtMs: ago(3_700), restarts: 0 },
    { name: 'health', pid: null, startedAtMs: ago(60), restarts: 2 },
  ],
  vrrp: {
    groups: [{ name: 'LVS', state: 'master', sinceMs: ago(200), members: ['clients', 'servers'] }],
    instances: [
      instance({}),
      instance({
        name: 'servers',
        interface: 'eth1',
        vrid: 52,
        effectivePriority: 130,
        addresses: ['198.51.100.10/24 dev eth1'],
        counters: {
          ...instance({}).counters,
          addressesPutBack: 1,
          claimsByOthers: 3,
          foreign: 12,
          lesserMasters: 4,
          dropped: { ttl: 2, checksum: 1 },
        },
        alarms: [
          {
            name: 'peer-interval-mismatch',
            source: '198.51.100.3',
            detail: 'its advert_int is 2 s, ours 1 s',
          },
        ],
        trackers: [
          tracker({ kind: 'interface', name: 'eth2', up: true }),
          tracker({ name: 'check', up: false, weightDelta: -20, effectDelta: -20 }),
          tracker({
            kind: 'file',
            name: 'load',
            up: false,
            value: 7,
            weightDelta: 2,
            effectDelta: 14,
          }),
          tracker({ kind: 'process', name: 'haproxy', up: null, detail: '0 processes' }),
        ],
      }),
    ],
    scripts: [{ name: 'check', up: false, sinceMs: ago(30), lastResult: 'exit code 1' }],
    leases: null,
    peers: [
      {
        interface: 'eth0',
        family: 'ipv4',
        address: '192.0.2.3',
        heardMs: 400,
        instances: [
          { vrid: 51, priority: 100, state: 'backup', canTake: true },
          { vrid: 53, priority: 100, state: 'fault', canTake: false },
        ],
      },
    ],
    foreign: [
      {
        interface: 'eth1',
        family: 'ipv4',
        vrid: 77,
        source: '198.51.100.9',
        priority: 100,
        addresses: ['198.51.100.55'],
      },
    ],
  },
  bfd: null,
  health: {
    checksRunning: 1,
    checksWaiting: 0,
    arpFaults: [],
    virtualServers: [
      {
        keys: [KEY],
        group: null,
        scheduler: 'wrr',
        quorumMet: true,
        sinceMs: ago(200),
        quorum: 1,
        hysteresis: 0,
        upWeight: 4,
        sorryServer: {
          address: '198.51.100.99',
          port: 80,
          forwarding: 'dr',
          tunnel: null,
          inUse: false,
        },
        realServers: [
          realServer(21, {}),
          realServer(22, {
            standing: 'down',
            sinceMs: ago(4),
            configuredWeight: 2,
            effectiveWeight: null,
            checkers: [
              checker({
                standing: 'down',
                lastVerdict: { ...refused, reason: 'ECONNREFUSED' },
                lastFailure: { ...refused, reason: 'ECONNREFUSED' },
              }),
            ],
          }),
          realServer(23, { configuredWeight: 3, effectiveWeight: 3, checkers: [] }),
        ],
      },
    ],
  },
  settings: null,
  drains: null,
  notify: null,
  ipvs: {
    refused: [],
    drift: {
      verifiedAtMs: ago(4),
      repairs: 12,
      changes: 31,
      last: [
        {
          atMs: ago(64),
          count: 8,
          changes: [3, 4, 5, 6, 7, 8, 9].map(
            (weight) => `~ real server 198.51.100.21:80 of 192.0.2.10:80 tcp: weight ${weight} → 1`,
          ),
        },
        {
          atMs: ago(3_600),
          count: 1,
          changes: ['+ virtual server 192.0.2.10:80 tcp: wrr'],
        },
      ],
    },
    services: [
      {
        key: KEY,
        scheduler: 'wrr',
        owned: true,
        statistics: null,
        destinations: [held(21, 1, 7), held(23, 3, 1024)],
      },
      {
        key: { ...KEY, port: 8080 },
        scheduler: 'rr',
        owned: false,
        statistics: null,
        destinations: [],
      },
    ],
  },
};

const WITHOUT_VRRP = {
  vrrp: null,
  processes: MASTER.processes.filter(({ name }) => name !== 'vrrp'),
} as const;

/** Two services, of which one lacks a real server, and one that the kernel does not have. */
const GROUP: Snapshot = (() => {
  const keys = [10, 11, 12].map((last) => ({ ...KEY, address: `192.0.2.${last}` }));
  const reals = [
    realServer(21, { port: 0 }),
    realServer(22, { forwarding: 'nat', port: 8080 }),
    realServer(23, { forwarding: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'full' } }),
  ];
  const [one] = MASTER.health?.virtualServers ?? [];
  const service = (at: number, ...destinations: DestinationSnapshot[]) => ({
    key: keys[at] ?? KEY,
    scheduler: 'wrr',
    owned: true,
    statistics: null,
    destinations,
  });
  const server = one && { ...one, keys, group: 'web', realServers: reals };
  return {
    ...MASTER,
    ...WITHOUT_VRRP,
    health: {
      checksRunning: 0,
      checksWaiting: 0,
      arpFaults: [],
      virtualServers: server ? [server] : [],
    },
    ipvs: {
      drift: { verifiedAtMs: null, repairs: 0, changes: 0, last: [] },
      refused: [],
      services: [
        service(0, held(21, 1, 7), { ...held(22, 1, 3), port: 8080 }),
        service(1, { ...held(22, 1, 5), port: 8080 }),
      ],
    },
  };
})();

/** Real servers that an operator has taken from service, and one that a reload has removed. */
const DRAINING: Snapshot = (() => {
  const drain = (last: number, over: Partial<DrainOrder>): DrainOrder => ({
    kind: 'drain',
    realServer: `198.51.100.${last}:80`,
    virtualServer: null,
    sinceMs: ago(30),
    untilMs: null,
    atEnd: 'stay',
    ended: null,
    ...GIVEN,
    ...over,
  });
  const ended = (how: 'none-left' | 'timeout') => ({ how, atMs: ago(4), left: null });
  const orders: readonly Order[] = [
    drain(21, { untilMs: NOW + 570_000, atEnd: 'remove' }),
    drain(22, { ended: ended('timeout') }),
    drain(23, { ended: ended('none-left'), atEnd: 'remove' }),
    {
      kind: 'disable',
      realServer: '198.51.100.24:80',
      virtualServer: '192.0.2.10:80 tcp',
      sinceMs: ago(90_000),
      ...GIVEN,
    },
  ];
  const [one] = MASTER.health?.virtualServers ?? [];
  const realServers = orders.map((order, at) =>
    realServer(21 + at, { order, effectiveWeight: at < 2 ? 0 : null }),
  );
  return {
    ...MASTER,
    vrrp: null,
    health: {
      checksRunning: 0,
      checksWaiting: 0,
      arpFaults: [],
      virtualServers: one ? [{ ...one, upWeight: 0, quorumMet: false, realServers }] : [],
    },
    ipvs: {
      drift: { verifiedAtMs: null, repairs: 0, changes: 0, last: [] },
      refused: [],
      services: [
        {
          key: KEY,
          scheduler: 'wrr',
          owned: true,
          statistics: null,
          destinations: [held(21, 0, 7), { ...held(22, 0, 1), persistentConnections: 3 }],
        },
      ],
    },
    drains: {
      atMs: NOW,
      orders: [
        {
          order: drain(99, {}),
          servers: [],
          left: null,
          isOwn: true,
          peers: [{ name: 'lvs2', has: false }],
        },
        {
          order: drain(21, {}),
          servers: [{ virtualServer: '192.0.2.10:80 tcp', realServer: '198.51.100.21:80' }],
          left: null,
          isOwn: false,
          peers: [{ name: 'lvs2', has: true }],
        },
      ],
      lifts: [],
      peers: [{ address: '198.51.100.3', name: null, state: 'unsigned' }],
      leaving: [
        {
          virtualServer: '192.0.2.10:80 tcp',
          realServer: '198.51.100.25:80',
          sinceMs: ago(4),
          untilMs: NOW + 56_000,
          left: { active: 1, inactive: 0, persistent: 0 },
        },
      ],
    },
  };
})();

const HEARD = {
  sinceMs: ago(300),
  messages: 204,
  entries: 5210,
  lastAtMs: ago(1),
  lastFrom: '198.51.100.2',
  otherIds: 3,
};

const SETTINGS: NonNullable<Snapshot['settings']> = {
  timeouts: { tcpSeconds: 1800, tcpFinSeconds: 120, udpSeconds: 30 },
  timeoutsBefore: { tcpSeconds: 900, tcpFinSeconds: 0, udpSeconds: 300 },
  sync: {
    daemons: [
      {
        role: 'backup',
        interface: 'eth1',
        syncId: 51,
        maxlen: 1400,
        group: '224.0.0.81',
        port: 8848,
        ttl: 1,
        owned: true,
      },
      {
        role: 'master',
        interface: 'eth2',
        syncId: 9,
        maxlen: null,
        group: null,
        port: null,
        ttl: null,
        owned: false,
      },
    ],
    follows: 'VI_1',
    heard: HEARD,
    deaf: null,
    learnt: { connections: 812, isAll: false },
  },
  sysctls: [{ name: 'sync_threshold', value: '2\t40', before: '3\t50' }],
  refused: ['net.ipv4.vs.est_nice: this kernel has no such sysctl'],
};

const BFD: NonNullable<Snapshot['bfd']> = {
  sessions: [
    {
      name: 'uplink',
      neighbour: '192.0.2.1',
      source: '192.0.2.2',
      multihop: false,
      passive: true,
      state: 'up',
      sinceMs: ago(90),
      reason: 'neighbour hears us',
      diagnostic: 'none',
      discriminator: 305419896,
      minTxMs: 10,
      minRxMs: 10,
      multiplier: 5,
      transmitMs: 50,
      detectionMs: 150,
      peer: {
        state: 'up',
        diagnostic: 'none',
        discriminator: 7,
        minTxMs: 50,
        minRxMs: 50,
        multiplier: 3,
      },
      trouble: null,
      sent: 1_800,
      received: 1_790,
      wentUp: 2,
      wentDown: 1,
      dropped: {},
    },
    {
      name: 'far',
      neighbour: '2001:db8::1',
      source: '2001:db8::2',
      multihop: true,
      passive: false,
      state: 'down',
      sinceMs: ago(3),
      reason: 'nothing heard for 151 ms',
      diagnostic: 'detection-time-expired',
      discriminator: 4,
      minTxMs: 1_000,
      minRxMs: 50,
      multiplier: 3,
      transmitMs: 1_000,
      detectionMs: null,
      peer: null,
      trouble: 'nothing can be sent to 2001:db8::1: ENETUNREACH',
      sent: 7,
      received: 0,
      wentUp: 0,
      wentDown: 0,
      dropped: { 'hop-limit': 3 },
    },
  ],
  strangers: { 'no-session': 12 },
};

const CASES: Readonly<Record<string, Snapshot>> = {
  master: MASTER,
  backup: {
    ...MASTER,
    configuration: { ...MASTER.configuration, warnings: 0, unconfirmed: [], refused: null },
    vrrp: {
      groups: [],
      instances: [
        instance({
          state: 'backup',
          reason: 'gave up by order',
          masterAddress: '192.0.2.3',
          gaveUpAtMs: ago(200),
          advertPaths: [
            advertPath({ name: 'main', isMain: true, silentMs: 65_000, heardMs: 66_000 }),
            advertPath({ heardFrom: '198.51.100.3' }),
            advertPath({
              name: 'eth2 to 10.2.0.3',
              down: 'interface eth2 is down',
              heardMs: null,
              heardFrom: null,
            }),
          ],
          counters: { ...instance({}).counters, advertsUnsent: 12 },
          alarms: [
            {
              name: 'path-silent',
              source: 'main',
              detail: 'it hears nothing for 65 s, and others do',
            },
          ],
        }),
        instance({
          name: 'broken',
          state: 'fault',
          reason: 'interface eth9 is down',
          masterAddress: null,
          masterPriority: null,
        }),
      ],
      scripts: [],
      leases: null,
      peers: [],
      foreign: [],
    },
    health: null,
    ipvs: null,
  },
  group: GROUP,
  draining: DRAINING,
  'to-confirm': {
    ...MASTER,
    configuration: {
      ...MASTER.configuration,
      warnings: 0,
      unconfirmed: [],
      refused: null,
      pending: { before: 'ba9876543210', confirmMs: 60_000, untilMs: NOW + 43_000 },
    },
    ...WITHOUT_VRRP,
    health: null,
    ipvs: null,
  },
  'rolled-back': {
    ...MASTER,
    configuration: {
      ...MASTER.configuration,
      warnings: 0,
      unconfirmed: [],
      refused: null,
      pin: { reason: 'not-confirmed', fileDigest: 'ba9876543210', sinceMs: ago(90) },
    },
    ...WITHOUT_VRRP,
    health: null,
    ipvs: null,
  },
  settings: {
    ...MASTER,
    global: { ...MASTER.global, netNamespace: 'blue' },
    ...WITHOUT_VRRP,
    health: null,
    ipvs: null,
    settings: SETTINGS,
  },
  'settings-without-a-sync-daemon': {
    ...MASTER,
    ...WITHOUT_VRRP,
    health: null,
    ipvs: null,
    settings: {
      ...SETTINGS,
      sync: {
        daemons: [],
        follows: 'VI_1',
        heard: { ...HEARD, messages: 0, entries: 0, lastAtMs: null, lastFrom: null },
        deaf: 'EADDRINUSE',
        learnt: null,
      },
      sysctls: [],
    },
  },
  /** The kernel refused one service of a group, and of another four real servers; somebody else has many. */
  refused: {
    ...GROUP,
    ipvs: GROUP.ipvs && {
      ...GROUP.ipvs,
      services: [
        ...GROUP.ipvs.services,
        ...Array.from({ length: 23 }, (_, at) => ({
          key: { ...KEY, port: 9000 + at },
          scheduler: 'rr',
          owned: false,
          statistics: null,
          destinations: [held(21, 1, 0)],
        })),
      ],
      refused: [
        {
          virtualServer: '192.0.2.12:80 tcp',
          change: '+ virtual server 192.0.2.12:80 tcp: wdr',
          reason: 'the kernel refused to add virtual server 192.0.2.12:80 tcp: ENOENT',
          hint: 'the kernel has no scheduler "wdr": check the name, or modprobe ip_vs_wdr',
        },
        ...[31, 32, 33, 34].map((last) => ({
          virtualServer: '192.0.2.11:80 tcp',
          change: `+ real server 224.0.0.${last}:80 of 192.0.2.11:80 tcp: dr, weight 1`,
          reason: `the kernel refused to add real server 224.0.0.${last}:80 of 192.0.2.11:80 tcp: EINVAL`,
          hint: last === 31 ? 'a real server cannot be a multicast address' : null,
        })),
      ],
    },
  },
  /** And the VRRP process is silent. */
  'without-ipvs': {
    ...MASTER,
    configuration: {
      ...MASTER.configuration,
      warnings: 1,
      unconfirmed: [],
      refused: {
        atMs: ago(60),
        digest: 'ba9876543210',
        errors: 0,
        diagnostics: [],
        processes: [
          { process: 'health', reason: 'the kernel has no IPVS', hint: 'modprobe ip_vs' },
        ],
      },
    },
    vrrp: null,
    health: null,
    ipvs: null,
  },
  bfd: { ...MASTER, ...WITHOUT_VRRP, health: null, ipvs: null, bfd: BFD },
  'arp-fault': {
    ...MASTER,
    ...WITHOUT_VRRP,
    health: MASTER.health && {
      ...MASTER.health,
      arpFaults: [
        {
          realServer: '198.51.100.22',
          virtualAddress: '192.0.2.10',
          mac: '02:42:c6:33:64:16',
          interface: 'eth1',
          sinceMs: ago(75),
        },
      ],
    },
  },
};

test('what stands in a refused file does not steer the terminal', () => {
  const steering = { ...mistake(3), message: 'there is no "\u001b[2J\r"' };
  const { refused: was } = MASTER.configuration;
  const refused = was === null ? null : { ...was, errors: 1, diagnostics: [steering] };
  const snapshot = { ...MASTER, configuration: { ...MASTER.configuration, refused } };
  const text = renderSnapshot(snapshot, { colour: false });
  expect(text).toContain('there is no "\ufffd[2J\ufffd"');
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
});

test('why there is no gate is told with its hint, indented as the rest', () => {
  const gate = { none: 'the kernel has no nf_tables\n  hint: modprobe nf_tables' };
  const { vrrp } = MASTER;
  const snapshot = { ...MASTER, vrrp: vrrp && { ...vrrp, instances: [instance({ gate })] } };
  expect(renderSnapshot(snapshot, { colour: false })).toContain(
    '\n      no gate: the kernel has no nf_tables\n        hint: modprobe nf_tables\n',
  );
});

describe.each(Object.entries(CASES))('%s', (name, snapshot) => {
  test('is shown as expected', () => {
    const file = new URL(`${name}.txt`, FOLDER);
    const text = renderSnapshot(snapshot, { colour: false });
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
    else expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('is shown with the same words and columns in colour', () => {
    const plain = renderSnapshot(snapshot, { colour: false });
    expect(stripVTControlCharacters(renderSnapshot(snapshot, { colour: true }))).toBe(plain);
  });
});
