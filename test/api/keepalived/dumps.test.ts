/**
 * Our dumps beside those that keepalived 2.2.7 wrote of the same directors (test/golden/keepalived: `a` is the backup of
 * `b`, `c` is alone and has virtual MACs, unicast peers, routes and rules; the password is masked there by us): the same fields in the same order.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dataDump } from '../../../src/api/keepalived/data.ts';
import { jsonDump } from '../../../src/api/keepalived/json.ts';
import { statsDump } from '../../../src/api/keepalived/stats.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Director } from '../../../src/model/director.ts';
import type { InstanceSnapshot, VrrpSnapshot } from '../../../src/model/snapshot-vrrp.ts';
import { environmentOf, MAIN_FILE } from '../../config/world.ts';

const CANARY = 'canary77';

function golden(name: string): string {
  return readFileSync(new URL(`../../golden/keepalived/${name}`, import.meta.url), 'utf8');
}

type Host = 'a' | 'b' | 'c';

function directorOf(host: Host | 'paths'): Director {
  const world = environmentOf({ [MAIN_FILE]: golden(`${host}.conf`) });
  const root = { uid: 0, gid: 0 };
  const environment = { ...world, program: () => 'good' as const, account: () => root };
  const { director, diagnostics } = loadConfig(MAIN_FILE, { mode: 'compat', environment });
  if (director === null) throw new Error(JSON.stringify(diagnostics));
  return director;
}

/** How much each had sent when it wrote its JSON. */
const SENT: Readonly<Record<Host, number>> = { a: 0, b: 4, c: 8 };

/** As the speaker would tell it: all of `a` are backups of `b`. */
function snapshotOf(director: Director, host: Host, sent = SENT[host]): VrrpSnapshot {
  const isMaster = host !== 'a';
  const instances = director.vrrp.instances.map((one): InstanceSnapshot => {
    const scripts = one.tracks.filter(({ kind }) => kind === 'script' || kind === 'interface');
    const tracked = scripts.map((track) => ({
      ...track,
      up: true,
      value: null,
      effectDelta: track.weightDelta,
      sinceMs: 0,
      detail: null,
    }));
    const bonus = tracked.reduce((sum, { weightDelta }) => sum + weightDelta, 0);
    return {
      name: one.name,
      interface: one.interface,
      vrid: one.vrid,
      family: one.family,
      version: one.version,
      group: one.name === 'VI_1' ? 'G1' : null,
      state: isMaster ? 'master' : 'backup',
      sinceMs: 1_795_851_148_261,
      reason: '',
      priority: one.priority,
      effectivePriority: one.priority + bonus,
      advertIntervalMs: one.advertIntervalMs,
      masterAddress: '192.0.2.2',
      masterPriority: one.name === 'VI_1' ? 150 : one.name === 'VI_2' ? 125 : 120,
      addresses: [],
      paths: [],
      advertPaths: [],
      virtualLinks: [],
      counters: {
        advertsSent: sent,
        advertsUnsent: 0,
        advertsReceived: isMaster ? 0 : 4,
        becameMaster: Number(isMaster),
        releasedMaster: 0,
        priorityZeroSent: 0,
        priorityZeroReceived: 0,
        announcementsSent: 0,
        addressesPutBack: 0,
        lifetimesOver: 0,
        pathsPutBack: 0,
        claimsByOthers: 0,
        answeredProbes: 0,
        overlaps: 0,
        gateLost: 0,
        foreign: 0,
        lesserMasters: 0,
        checksumForms: {},
        addressMismatches: 0,
        odd: {},
        dropped: {},
      },
      gate: { none: 'gate off' },
      lifetimeSeconds: null,
      trackers: tracked,
      gaveUpAtMs: null,
      alarms: [],
    };
  });
  const state = isMaster ? 'master' : 'backup';
  return {
    instances,
    groups: [{ name: 'G1', state, sinceMs: 0, members: ['VI_1'] }],
    scripts: [{ name: 'chk_web', up: true, sinceMs: 0, lastResult: 'exit code 0' }],
    leases: null,
    foreign: [],
    peers: [],
  };
}

/** Of each line what stands before its value, with its indentation. */
function labels(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(^ *[\w-][^=:]*?)(?: = |:| address |, ifindex).*$/, '$1'))
    .map((line) => line.replace(/^( *Num member fault) .*$/, '$1'));
}

function section(text: string, title: string): string {
  const [, rest = ''] = text.split(`------< ${title} >------\n`);
  return rest.split('------<')[0] ?? '';
}

/** Facts of keepalived's own insides: its descriptors, and when its timers are due. */
const ITS_OWN = /^ {3}(fd_in|Read timeout|Master down timer|Using src_ip)/;

function without(text: string): string {
  const lines = text.split('\n').filter((line) => !ITS_OWN.test(line));
  // "Flags:" alone is how keepalived writes nopreempt.
  return (
    lines
      .join('\n')
      .replaceAll('Flags:\n   W', 'Flags: none\n   W')
      // It begins the names of all its links so; of ours those for IPv6 have another one.
      .replaceAll('vrrp6.', 'vrrp.')
      // A rule without priority gets one of keepalived; with us the kernel chooses it.
      .replaceAll(/ priority 1638\d/g, '')
      .replace(/, ifindex \d+/g, '')
  );
}

describe.each(['a', 'b', 'c'] as const)('director %s', (host) => {
  const director = directorOf(host);
  const snapshot = snapshotOf(director, host);

  test('data: VRRP line by line, but for what is a fact of keepalived itself', () => {
    const [theirs, ours] = [golden(`${host}.data`), dataDump(director, snapshot)];
    for (const title of ['VRRP Topology', 'VRRP Sync groups', 'VRRP Scripts']) {
      const [wanted, found] = [section(theirs, title), section(ours, title)].map(without);
      expect(labels(found as string), title).toEqual(labels(wanted as string));
      // Values too, where they are no times and no links of that machine.
      const isStable = (line: string): boolean => !/Last transition|Master router/.test(line);
      expect(stable(found as string, isStable), title).toEqual(stable(wanted as string, isStable));
    }
  });

  test('data: what we tell of global definitions has the places that it has there', () => {
    const theirs = labels(section(golden(`${host}.data`), 'Global definitions'));
    const ours = labels(section(dataDump(director, snapshot), 'Global definitions'));
    const places = ours.filter((line) => line !== '').map((line) => theirs.indexOf(line));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test('statistics: every line', () => {
    const theirs = golden(`${host}.stats`);
    const sent = Number(/Sent: (\d+)/.exec(theirs)?.[1]);
    expect(statsDump(snapshotOf(director, host, sent))).toBe(theirs);
  });

  test('JSON: every key in its order, every value but times', () => {
    const theirs = JSON.parse(golden(`${host}.json`)) as Record<string, object>[];
    const ours = JSON.parse(jsonDump(director, snapshot)) as Record<string, object>[];
    for (const [at, one] of ours.entries()) {
      for (const part of ['data', 'stats']) {
        const [wanted, found] = [theirs[at]?.[part] ?? {}, one[part] ?? {}];
        expect(Object.keys(found)).toEqual(Object.keys(wanted));
        const all = [found, wanted].map((it) =>
          without(JSON.stringify({ ...it, last_transition: 0 })),
        );
        expect(all[0]).toBe(all[1]);
      }
    }
    expect(ours).toHaveLength(theirs.length);
  });

  test('vrrp-U5: no dump has the password', () => {
    expect(golden(`${host}.conf`).includes(CANARY)).toBe(host !== 'c');
    const dumps = [dataDump(director, snapshot), statsDump(snapshot), jsonDump(director, snapshot)];
    expect(dumps.join('')).not.toContain(CANARY);
  });
});

function stable(text: string, isStable: (line: string) => boolean): string[] {
  return text.split('\n').filter(isStable);
}

test('version 2 of the JSON is an object', () => {
  const director = directorOf('a');
  const text = jsonDump({ ...director, dumps: { ...director.dumps, jsonVersion: 2 } }, null);
  expect(JSON.parse(text)).toEqual({ vrrp: [] });
});

test('what a process has not told yet is not made up', () => {
  const director = directorOf('a');
  expect(JSON.parse(jsonDump(director, null))).toEqual([]);
  expect(statsDump(null)).toBe('');
  expect(dataDump(director, null)).toContain('   State = INIT\n');
});

test('routes and rules are written as keepalived does, with all their attributes', () => {
  const director = directorOf('paths');
  const [, rest = ''] = dataDump(director, null).split(/^(?= {3}Virtual Routes :$)/m);
  const [ours = ''] = rest.split('   Using smtp notification');
  expect(ours).toBe(without(golden('paths.txt')));
});
