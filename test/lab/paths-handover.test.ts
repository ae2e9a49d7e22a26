// needs: root, timing
/** Planned hand-over while the main path is cut between the directors, and a further one is left. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { BLACKOUT_MS_MAX, blackoutMs, isSucceeded, watched } from './blackout.ts';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
const HOSTS = ['director1', 'director2'] as const;

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

/** What advertises is not to wait for whatever else this machine does. */
const realTime = (name: 'master' | 'backup'): string =>
  readFileSync(`conf/two-paths/${name}.conf`, 'utf8').replace(
    'global_defs {',
    'global_defs {\n    vrrp_rt_priority 50',
  );

test('it goes over at a stop, back by preemption, and by order, without a gap that a client sees', async () => {
  const text = { director1: realTime('master'), director2: realTime('backup') };
  const pair = await Duo.withText('paths-handover', text, { second: true });
  duo = pair;
  pair.start('director1');
  await pair.movesTo('director1');
  pair.start('director2');
  await eventually('director2 is ready', () => isSucceeded(pair, 'director1'), 10_000);
  for (const host of HOSTS) await pair.lab.switchPort(host, 'eth0', 'isolated', 'on');
  await pause(500);
  const client = pair.lab.agent('client');
  const stopped = await watched(client, VIP, () => pair.stop('director1'));
  await pair.movesTo('director2');
  const returned = await watched(client, VIP, async () => {
    pair.start('director1');
    await pair.movesTo('director1');
  });
  await eventually('director2 is ready again', () => isSucceeded(pair, 'director1'), 10_000);
  expect(await pair.show('director1')).toMatch(/peer 10\.0\.1\.3 on eth1, IPv4: vrid 51 BACKUP/);
  const ordered = await watched(client, VIP, async () => {
    const { stdout } = await pair.lvsctl('director1', 'failover');
    expect(stdout).toContain('handed over to 10.0.1.3');
  });
  const back = await watched(client, VIP, async () => {
    const { stdout } = await pair.lvsctl('director1', 'failover', '--back');
    expect(stdout).toContain('is MASTER here');
  });
  const blackouts = [stopped, returned, ordered, back].map(blackoutMs);
  console.log('main path cut', blackouts.map((ms) => ms.toFixed(1)).join(' '));
  for (const ms of blackouts) expect(ms).toBeLessThanOrEqual(BLACKOUT_MS_MAX);
  expect(pair.lab.logOf('director1')).not.toContain('datagram of a peer director dropped');
  expect(pair.lab.logOf('director2')).not.toContain('datagram of a peer director dropped');
});
