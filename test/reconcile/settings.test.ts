/** What is changed in the kernel besides virtual servers, and that all is as before when nothing is wanted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SyncSettings } from '../../src/model/kernel-settings.ts';
import type { VrrpState } from '../../src/model/snapshot-vrrp.ts';
import {
  decideSettings,
  type HeldSettings,
  NOTHING_REMEMBERED,
  type Remembered,
  renderSettingChange,
  type SettingChange,
  type SettingsDecision,
  type SettingsQuestion,
} from '../../src/reconcile/settings.ts';
import type { SyncDaemon } from '../../src/wire/ipvs/daemon.ts';

const USUAL = { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 };
const NONE = { timeouts: null, sync: null, sysctls: {} };

function sync(over: Partial<SyncSettings> = {}): SyncSettings {
  const kernels = { maxlen: null, group: null, port: null, ttl: null };
  return { interface: 'eth0', instance: 'VI_1', syncId: 7, ...kernels, ...over };
}

function running(role: SyncDaemon['role'], over: Partial<SyncDaemon> = {}): SyncDaemon {
  const values = { maxlen: 1472, group: '224.0.0.81', port: 8848, ttl: 1 };
  return { role, interface: 'eth0', syncId: 7, ...values, ...over };
}

function decide(over: Partial<SettingsQuestion>): SettingsDecision {
  return decideSettings({
    wanted: NONE,
    held: { timeouts: USUAL, daemons: [], sysctls: {} },
    remembered: NOTHING_REMEMBERED,
    instanceState: null,
    interfaceIndex: 2,
    accepted: new Map(),
    ...over,
  });
}

function texts({ changes }: SettingsDecision): readonly string[] {
  return changes.map(renderSettingChange);
}

const held = (over: Partial<HeldSettings>): HeldSettings => ({
  timeouts: USUAL,
  daemons: [],
  sysctls: {},
  ...over,
});

describe('timeouts', () => {
  const timeouts = { tcpSeconds: 1800, tcpFinSeconds: 0, udpSeconds: 300 };

  test('one message for what differs; what was before is known before it is sent', () => {
    const decision = decide({ wanted: { ...NONE, timeouts } });
    expect(texts(decision)).toEqual(['timeouts tcp 900 → 1800 s']);
    const original = { tcpSeconds: 900, tcpFinSeconds: 0, udpSeconds: 300 };
    expect(decision.before.timeouts).toEqual(original);
    expect(decision.after.timeouts).toEqual(original);
  });

  test('what is not asked for any more is as before us, and forgotten', () => {
    const remembered = {
      ...NOTHING_REMEMBERED,
      timeouts: { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 0 },
    };
    const now = { tcpSeconds: 1800, tcpFinSeconds: 60, udpSeconds: 300 };
    const decision = decide({
      wanted: { ...NONE, timeouts: { tcpSeconds: 1800, tcpFinSeconds: 0, udpSeconds: 0 } },
      held: held({ timeouts: now }),
      remembered,
    });
    expect(texts(decision)).toEqual(['timeouts tcpfin 60 → 120 s']);
    expect(decision.before.timeouts).toEqual(remembered.timeouts);
    expect(decision.after.timeouts).toEqual({ tcpSeconds: 900, tcpFinSeconds: 0, udpSeconds: 0 });
  });
});

describe('sysctls', () => {
  test('one that the kernel lacks is named, and changes nothing', () => {
    const decision = decide({
      wanted: { ...NONE, sysctls: { est_nice: '5' } },
      held: held({ sysctls: { est_nice: null } }),
    });
    expect(decision).toMatchObject({ changes: [], missing: ['est_nice'], after: { sysctls: {} } });
  });

  test.each([
    ['blanks between two numbers', 'sync_threshold', '3\t50', '3 50', 0],
    ['what the kernel moves by itself', 'drop_entry', '2', '1', 0],
    ['but not from never to sometimes', 'drop_entry', '0', '1', 1],
    ['other numbers', 'sync_threshold', '3\t50', '3 40', 1],
  ])('%s', (_, name, reads, wanted, count) => {
    const decision = decide({
      wanted: { ...NONE, sysctls: { [name]: wanted } },
      held: held({ sysctls: { [name]: reads } }),
    });
    expect(decision.changes).toHaveLength(count);
  });

  test('what the kernel made of a value counts as that value, until somebody changes it', () => {
    const accepted = new Map([['est_cpulist', { wrote: 'all', reads: '0-3' }]]);
    const wanted = { ...NONE, sysctls: { est_cpulist: 'all' } };
    const as = (reads: string): SettingsDecision =>
      decide({ wanted, accepted, held: held({ sysctls: { est_cpulist: reads } }) });
    expect(texts(as('0-3'))).toEqual([]);
    expect(texts(as('0'))).toEqual(['net.ipv4.vs.est_cpulist 0 → all']);
  });

  test('a daemon that reads one at its start is started again', () => {
    const decision = decide({
      wanted: { timeouts: null, sync: sync(), sysctls: { sync_ports: '2' } },
      held: held({ daemons: [running('backup')], sysctls: { sync_ports: '1' } }),
    });
    expect(texts(decision)).toEqual([
      '- sync daemon backup on eth0, id 7',
      'net.ipv4.vs.sync_ports 1 → 2',
      '+ sync daemon backup on eth0, id 7',
    ]);
  });
});

describe('the sync daemon', () => {
  const started = (daemon: SyncDaemon, interfaceIndex: number | null = 2): Remembered => ({
    ...NOTHING_REMEMBERED,
    daemons: [{ daemon, interfaceIndex }],
  });
  const asked = (role: SyncDaemon['role']): SyncDaemon => ({
    ...running(role),
    ...{ maxlen: null, group: null, port: null, ttl: null },
  });

  test.each<[string, VrrpState | null, readonly string[]]>([
    ['nothing is known yet', null, ['+ sync daemon backup on eth0, id 7']],
    ['backup', 'backup', ['+ sync daemon backup on eth0, id 7']],
    ['fault', 'fault', ['+ sync daemon backup on eth0, id 7']],
    ['master', 'master', ['+ sync daemon master on eth0, id 7']],
  ])('starts: %s', (_, instanceState, changes) => {
    expect(texts(decide({ wanted: { ...NONE, sync: sync() }, instanceState }))).toEqual(changes);
  });

  test('the other role ends first', () => {
    const decision = decide({
      wanted: { ...NONE, sync: sync() },
      held: held({ daemons: [running('backup')] }),
      remembered: started(asked('backup')),
      instanceState: 'master',
    });
    expect(texts(decision)).toEqual([
      '- sync daemon backup on eth0, id 7',
      '+ sync daemon master on eth0, id 7',
    ]);
    expect(decision.after.daemons.map(({ daemon }) => daemon.role)).toEqual(['master']);
  });

  test('without an instance both run', () => {
    const decision = decide({ wanted: { ...NONE, sync: sync({ instance: null }) } });
    expect(texts(decision)).toEqual([
      '+ sync daemon master on eth0, id 7',
      '+ sync daemon backup on eth0, id 7',
    ]);
  });

  test.each<[string, Partial<SyncSettings>, Partial<SyncDaemon>, number]>([
    ['as asked', {}, {}, 0],
    ['another id', { syncId: 8 }, {}, 2],
    ['another interface', { interface: 'eth1' }, {}, 2],
    ['another port', { port: 9000 }, {}, 2],
    ['a port that is not asked for any more', {}, { port: 9000 }, 2],
    ['another group', { group: '224.0.0.82' }, {}, 2],
    ['a backup hears 1024 octets at least', { maxlen: 512 }, { maxlen: 1024 }, 0],
    ['an old kernel tells little', { port: 9000 }, { port: null, group: null, ttl: null }, 0],
  ])('one that runs is started anew where it must be: %s', (_, over, runs, count) => {
    const decision = decide({
      wanted: { ...NONE, sync: sync(over) },
      held: held({ daemons: [running('backup', runs)] }),
    });
    expect(decision.changes).toHaveLength(count);
  });

  test('a maxlen that is not asked for any more is the kernel’s again', () => {
    const decision = decide({
      wanted: { ...NONE, sync: sync() },
      held: held({ daemons: [running('backup', { maxlen: 2000 })] }),
      remembered: started({ ...asked('backup'), maxlen: 2000 }),
    });
    expect(decision.changes).toHaveLength(2);
  });

  test('another interface of the same name is joined anew; of one that is gone nothing is known', () => {
    const as = (interfaceIndex: number | null): SettingsDecision =>
      decide({
        wanted: { ...NONE, sync: sync() },
        held: held({ daemons: [running('backup')] }),
        remembered: started(asked('backup')),
        interfaceIndex,
      });
    expect([as(2), as(3), as(null)].map(({ changes }) => changes.length)).toEqual([0, 2, 0]);
  });

  test('one of somebody else is left alone, unless a sync daemon is configured', () => {
    const theirs = held({ daemons: [running('master'), running('backup')] });
    expect(decide({ held: theirs }).changes).toEqual([]);
    const ours = decide({ held: theirs, wanted: { ...NONE, sync: sync() } });
    expect(texts(ours)).toEqual(['- sync daemon master on eth0, id 7']);
  });

  test('ours ends when it is not configured any more', () => {
    const decision = decide({
      held: held({ daemons: [running('master'), running('backup', { syncId: 9 })] }),
      remembered: started(asked('master')),
    });
    expect(texts(decision)).toEqual(['- sync daemon master on eth0, id 7']);
    expect(decision.after).toEqual(NOTHING_REMEMBERED);
  });
});

/** A kernel that does what it is told. */
function after(now: HeldSettings, changes: readonly SettingChange[]): HeldSettings {
  let { timeouts, daemons, sysctls } = now;
  for (const change of changes) {
    if (change.do === 'set-sysctl') sysctls = { ...sysctls, [change.name]: change.to };
    if (change.do === 'stop-daemon') daemons = daemons.filter(({ role }) => role !== change.role);
    if (change.do === 'start-daemon') {
      const { daemon } = change;
      expect(daemons.some(({ role }) => role === daemon.role)).toBe(false);
      daemons = [
        ...daemons,
        {
          ...daemon,
          maxlen: daemon.maxlen ?? 1472,
          group: daemon.group ?? '224.0.0.81',
          port: daemon.port ?? 8848,
          ttl: daemon.ttl ?? 1,
        },
      ];
    }
    if (change.do === 'set-timeouts') {
      const { tcpSeconds, tcpFinSeconds, udpSeconds } = change.to;
      timeouts = {
        tcpSeconds: tcpSeconds || timeouts.tcpSeconds,
        tcpFinSeconds: tcpFinSeconds || timeouts.tcpFinSeconds,
        udpSeconds: udpSeconds || timeouts.udpSeconds,
      };
    }
  }
  return { timeouts, daemons, sysctls };
}

const arbitraryTimeout = fc.integer({ min: 0, max: 5 });
const arbitraryWanted = fc.record({
  timeouts: fc.option(
    fc.record({
      tcpSeconds: arbitraryTimeout,
      tcpFinSeconds: arbitraryTimeout,
      udpSeconds: arbitraryTimeout,
    }),
  ),
  sync: fc.option(
    fc.record({
      interface: fc.constantFrom('eth0', 'eth1'),
      instance: fc.constantFrom('VI_1', null),
      syncId: fc.integer({ min: 0, max: 2 }),
      maxlen: fc.constantFrom(null, 1024, 2000),
      group: fc.constantFrom(null, '224.0.0.82'),
      port: fc.constantFrom(null, 8848, 9000),
      ttl: fc.constantFrom(null, 3),
    }),
  ),
  sysctls: fc.dictionary(fc.constantFrom('a', 'b', 'sync_ports'), fc.constantFrom('0', '1', '2')),
});

test('whatever is asked for in turn: it is so, a second look changes nothing, and the end is the beginning', () => {
  const steps = fc.array(
    fc.record({
      wanted: arbitraryWanted,
      instanceState: fc.constantFrom<VrrpState | null>('master', 'backup', 'fault', null),
      /** The process dies after so many changes, and only what it kept before is known. */
      diesAfter: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const beginning = held({ sysctls: { a: '0', b: '1', sync_ports: '1' } });
      let now = beginning;
      let remembered: Remembered = NOTHING_REMEMBERED;
      for (const { wanted, instanceState, diesAfter } of all) {
        const question = { wanted, instanceState };
        const decision = decide({ ...question, held: now, remembered });
        if (diesAfter !== null && diesAfter < decision.changes.length) {
          now = after(now, decision.changes.slice(0, diesAfter));
          remembered = decision.before;
          continue;
        }
        now = after(now, decision.changes);
        remembered = decision.after;
        const again = decide({ ...question, held: now, remembered });
        expect(again.changes).toEqual([]);
        expect(again.after).toEqual(remembered);
      }
      const end = decide({ held: now, remembered });
      expect(after(now, end.changes)).toEqual(beginning);
      expect(end.after).toEqual(NOTHING_REMEMBERED);
    }),
  );
});
