/** What a configuration tracks, and who may preempt: from the file to the model. */
import { describe, expect, test } from 'vitest';
import type { VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import { load } from './world.ts';

const vrrpOf = (text: string): VrrpConfig => {
  const { director, diagnostics } = load(text, { mode: 'compat' });
  if (director === null) throw new Error(JSON.stringify(diagnostics));
  return director.vrrp;
};

const instanceText = (lines: string, name = 'VI_1', vrid = 51): string =>
  `vrrp_instance ${name} {
    interface eth0
    virtual_router_id ${vrid}
    virtual_ipaddress { 192.0.2.${vrid}/24 }
    ${lines}
}
`;

const instanceOf = (lines: string, before = ''): VrrpInstance => {
  const [instance] = vrrpOf(before + instanceText(lines)).instances;
  if (instance === undefined) throw new Error('no instance');
  return instance;
};

const codesOf = (text: string): readonly string[] => load(text).diagnostics.map(({ code }) => code);

describe('track_file', () => {
  test('is declared under both words, with weight 1 unless it says otherwise', () => {
    const { trackFiles, instances } = vrrpOf(`
track_file a { file /run/a }
vrrp_track_file b {
    file /run/b
    weight -3 reverse
    init_file 7 overwrite
}
${instanceText('track_file {\na\nb\nb weight 5 noreverse\n}')}`);
    expect(trackFiles).toEqual([
      { name: 'a', path: '/run/a', init: null },
      { name: 'b', path: '/run/b', init: { value: 7, overwrite: true } },
    ]);
    expect(instances[0]?.tracks).toEqual([
      { kind: 'file', name: 'a', weightDelta: 1, reverse: false },
      { kind: 'file', name: 'b', weightDelta: -3, reverse: true },
      { kind: 'file', name: 'b', weightDelta: 5, reverse: false },
    ]);
  });

  test('that is not there, or has no path, is told of', () => {
    expect(codesOf(instanceText('track_file {\nnone\n}'))).toContain('unknown-reference');
    expect(codesOf('track_file a { weight 1 }')).toContain('missing-keyword');
    expect(codesOf('track_file a { file run/a }')).toContain('bad-value');
  });
});

describe('track_process', () => {
  const processOf = (lines: string) =>
    vrrpOf(`vrrp_track_process p {\n${lines}\n}`).trackProcesses[0];

  test('has a quorum of 1 and no delay', () => {
    expect(processOf('process haproxy')).toEqual({
      name: 'p',
      command: 'haproxy',
      parameters: [],
      fullCommand: false,
      parameterMatch: null,
      quorum: 1,
      quorumMax: null,
      forkDelayMs: 0,
      terminateDelayMs: 0,
    });
  });

  test('with parameters is compared whole', () => {
    expect(processOf('process /usr/bin/a -b c')).toMatchObject({
      command: '/usr/bin/a',
      parameters: ['-b', 'c'],
      fullCommand: true,
      parameterMatch: 'exact',
    });
    expect(processOf('process a -b\nparam_match initial')?.parameterMatch).toBe('initial');
    expect(processOf('process a -b\nparam_match partial')?.parameterMatch).toBe('partial');
    expect(processOf('process a\nparam_match')?.parameterMatch).toBe('exact');
  });

  test.each([
    ['quorum_max 0', 0, 0],
    ['quorum_max 3', 1, 3],
    ['quorum 2\nquorum_max 4', 2, 4],
  ])('%j', (lines, quorum, quorumMax) => {
    expect(processOf(`process a\n${lines}`)).toMatchObject({ quorum, quorumMax });
  });

  test('has one delay for both ways, or one each', () => {
    expect(processOf('process a\ndelay 1.5\nfork_delay 0.2')).toMatchObject({
      forkDelayMs: 200,
      terminateDelayMs: 1_500,
    });
  });

  test('that can never be up, or has no program, is told of', () => {
    const text = 'vrrp_track_process p {\nprocess a\nquorum 3\nquorum_max 2\n}\n';
    expect(codesOf(text)).toContain('contradiction');
    expect(codesOf('vrrp_track_process p {\nquorum 3\n}\n')).toContain('missing-keyword');
  });
});

test('interface_up_down_delays: down first, then up', () => {
  const { linkDelays } = vrrpOf('interface_up_down_delays {\neth0 1.5 2\neth1 3\n}\n');
  expect(linkDelays).toEqual([
    { interface: 'eth0', downMs: 1_500, upMs: 2_000 },
    { interface: 'eth1', downMs: 3_000, upMs: 0 },
  ]);
});

describe('preempt_delay', () => {
  test.each([
    ['preempt_delay 5', 5_000],
    ['state BACKUP\npreempt_delay 5', 5_000],
    ['state MASTER\npreempt_delay 5', 0],
    ['nopreempt\npreempt_delay 5', 0],
    ['priority 255\npreempt_delay 5', 0],
    ['strict_mode\npreempt_delay 5', 0],
  ])('%j', (lines, expected) => {
    expect(instanceOf(lines).preemptDelayMs).toBe(expected);
  });
});

describe('strict mode', () => {
  test('drops what the standard does not have', () => {
    const lines = 'state MASTER\nauthentication {\nauth_type PASS\nauth_pass x\n}';
    const strict = instanceOf(lines, 'global_defs {\nvrrp_strict\n}\n');
    expect(strict).toMatchObject({
      strict: true,
      authentication: { type: 'none' },
      initialState: 'backup',
      accept: false,
    });
    expect(strict.announce).toMatchObject({ lowerPriorityRepeat: 0, lowerPriorityDelayMs: 0 });
    expect(strict.hearing.ownerIgnores).toBe(true);
  });

  test.each([
    ['', true],
    ['priority 255\nno_accept', true],
    ['strict_mode', false],
    ['strict_mode\naccept', false],
    ['strict_mode\nversion 3', false],
    ['strict_mode\npriority 255', true],
  ])('%j accepts packets: %s', (lines, expected) => {
    expect(instanceOf(lines).accept).toBe(expected);
  });
});

test('a tracked script has its interval as its limit, unless it has one of its own', () => {
  const limits = (lines: string): unknown => {
    const text = `vrrp_script s {\nscript /bin/true\n${lines}\n}\n`;
    const [script] = vrrpOf(text + instanceText('track_script {\ns\n}')).scripts;
    return script && [script.intervalMs, script.timeoutMs];
  };
  expect(limits('interval 7')).toEqual([7_000, 7_000]);
  expect(limits('interval 7\ntimeout 3')).toEqual([7_000, 3_000]);
  expect(limits('interval 2\ntimeout 9')).toEqual([2_000, 9_000]);
});

test('timer_expired_backup counts intervals', () => {
  expect(instanceOf('').lateTimerAdverts).toBeNull();
  expect(instanceOf('nopreempt\ntimer_expired_backup').lateTimerAdverts).toBe(1);
  expect(instanceOf('nopreempt\nthread_timer_expired 3').lateTimerAdverts).toBe(3);
});

test('the group tracks for all of its members, and may let weights count', () => {
  const text = (more: string): string => `track_file a { file /run/a }
vrrp_sync_group G {
    group { VI_1 VI_2 }
    track_file {
        a weight 0
    }
    ${more}
}
${instanceText('', 'VI_1', 51)}${instanceText('', 'VI_2', 52)}`;
  const [group] = vrrpOf(text('')).syncGroups;
  expect(group?.tracks).toEqual([{ kind: 'file', name: 'a', weightDelta: 0, reverse: false }]);
  expect(group?.trackWeights).toBe(false);
  expect(vrrpOf(text('global_tracking')).syncGroups[0]?.trackWeights).toBe(true);
  expect(vrrpOf(text('sync_group_tracking_weight')).syncGroups[0]?.trackWeights).toBe(true);
});
