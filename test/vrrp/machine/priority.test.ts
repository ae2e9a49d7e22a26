/** Tracked things → effective priority or fault; members → group (behaviour of keepalived 2.4). */
import { describe, expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../../src/model/script.ts';
import type { SyncGroup, Track } from '../../../src/model/vrrp.ts';
import {
  effectivePriority,
  faultOf,
  isUndecided,
  type Tracked,
} from '../../../src/vrrp/machine/priority.ts';
import {
  groupFault,
  groupState,
  memberTracks,
  pulled,
} from '../../../src/vrrp/machine/sync-group.ts';

const tracked = (weightDelta: number, up: boolean | null, reverse = false): Tracked => ({
  track: { kind: 'script', name: 'check', weightDelta, reverse },
  up,
  value: null,
});

describe('the effective priority', () => {
  test.each([
    ['a weight above 0 is added while up', 100, [tracked(20, true)], 120],
    ['and not while down', 100, [tracked(20, false)], 100],
    ['a weight below 0 counts while down', 100, [tracked(-20, false)], 80],
    ['and not while up', 100, [tracked(-20, true)], 100],
    ['reverse swaps the two', 100, [tracked(20, false, true), tracked(-30, true, true)], 90],
    ['what is not known yet counts nothing', 100, [tracked(20, null), tracked(-20, null)], 100],
    ['weights add up', 100, [tracked(20, true), tracked(-50, false)], 70],
    ['it is 254 at most', 250, [tracked(20, true)], 254],
    ['it is 1 at least', 10, [tracked(-20, false)], 1],
    ['the owner’s never moves', 255, [tracked(-20, false)], 255],
  ] as const)('%s', (_, base, things, expected) => {
    expect(effectivePriority(base, things)).toBe(expected);
  });
});

describe('a tracked thing without weight', () => {
  test('is a fault when it is down, and the reverse of one when it is up', () => {
    expect(faultOf([tracked(0, true)])).toBeNull();
    expect(faultOf([tracked(0, false)])).toBe('script check is down');
    expect(faultOf([tracked(0, true, true)])).toBe('script check is down');
    expect(faultOf([tracked(-20, false)])).toBeNull();
  });

  test('keeps an instance waiting until it is heard of', () => {
    expect(isUndecided([tracked(0, null)])).toBe(true);
    expect(isUndecided([tracked(20, null), tracked(0, true)])).toBe(false);
  });
});

describe('what a member of a sync group tracks', () => {
  const track = (kind: Track['kind'], weightDelta: number): Track => ({
    kind,
    name: 'x',
    weightDelta,
    reverse: false,
  });
  const group = (trackWeights: boolean): SyncGroup => ({
    name: 'G',
    members: [],
    tracks: [track('process', 7)],
    trackWeights,
    notify: NOBODY_IS_TOLD,
  });

  test.each([
    ['an interface loses its weight', track('interface', -20), [track('interface', 0)]],
    ['a weighted script is not tracked', track('script', -20), []],
    ['nor a process', track('process', 20), []],
    ['nor a session', track('bfd', 20), []],
    ['nor a file', track('file', 2), []],
    ['but one of the default weight is, without', track('file', 1), [track('file', 0)]],
    ['what has no weight is tracked', track('script', 0), [track('script', 0)]],
  ] as const)('%s', (_, one, expected) => {
    const tracks = memberTracks({ tracks: [one] }, group(false));
    expect(tracks).toEqual([...expected, track('process', 7)]);
    const weighted = memberTracks({ tracks: [one] }, group(true));
    expect(weighted).toEqual([one, track('process', 7)]);
    expect(memberTracks({ tracks: [one] }, null)).toEqual([one]);
  });
});

describe('a sync group', () => {
  test.each([
    [['master', 'master'], 'master'],
    [['master', 'backup'], 'backup'],
    [['master', 'fault'], 'fault'],
    [['init', 'backup'], 'init'],
    [[], 'init'],
  ] as const)('of %j is %s', (members, state) => {
    expect(groupState(members)).toBe(state);
  });

  test('has the fault of any member, by its name', () => {
    const members = [
      { name: 'a', fault: null },
      { name: 'b', fault: 'interface eth1 is down' },
    ];
    expect(groupFault(members)).toBe('sync group: b: interface eth1 is down');
    expect(groupFault(members.slice(0, 1))).toBeNull();
  });

  test('pulls the others to master and to backup', () => {
    expect(pulled('backup', 'master')).toEqual({ type: 'group-master' });
    expect(pulled('master', 'backup')).toEqual({ type: 'group-backup' });
    expect(pulled('init', 'backup')).toBeNull();
  });
});
