// needs: ipvs; takes 170 s
/**
 * conf/lvs-sync: an order of one director is in force on both, and the backup knows the connections of the master,
 * with ipvsadm as judge.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './lab.ts';
import { type DirectorName, Pair, SERVICE } from './pair.ts';

const RS1 = '198.51.100.21:80';

describe('a pair of directors in DR mode with connection sync', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.layOut('drain-pair', 'lvs-sync');
    pair.start('director1');
    pair.start('director2');
    await pair.serves('director1');
    await eventually('director2 has its table, too', () => pair.inKernel('director2').length === 3);
  });

  afterAll(() => pair.close());

  /** As ipvsadm has it; null: it is not in the table. */
  async function weightOf(director: DirectorName): Promise<string | null> {
    const { stdout } = await pair.lab.run(director, 'ipvsadm', '-S', '-n');
    return /-r 198\.51\.100\.21:80 -g -w (\d+)/.exec(stdout)?.[1] ?? null;
  }

  const bothWeights = async (): Promise<readonly (string | null)[]> =>
    Promise.all([weightOf('director1'), weightOf('director2')]);

  /** `master eth1 52` */
  async function syncDaemons(director: DirectorName): Promise<string> {
    const { stdout } = await pair.lab.run(director, 'ipvsadm', '-l', '--daemon');
    return [...stdout.matchAll(/(master|backup) sync daemon \(mcast=(\w+), syncid=(\d+)/g)]
      .map(([, ...words]) => words.join(' '))
      .join();
  }

  test('the sync daemon has the role of its director', async () => {
    const roles = async (): Promise<readonly string[]> =>
      Promise.all([syncDaemons('director1'), syncDaemons('director2')]);
    await eventually('both run', async () => (await roles()).every((role) => role !== ''));
    expect(await roles()).toEqual(['master eth1 52', 'backup eth1 52']);
    expect(await pair.show('director1')).toMatch(/Connection sync\n.*\n {2}MASTER {2}on eth1/);
  });

  test('what is drained on one is drained on both, and each tells where that came from', async () => {
    const { stdout, stderr, code } = await pair.lvsctl('director1', 'drain', RS1, '--no-wait');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^198\.51\.100\.21:80 drains in .*, on backup too\n$/);
    expect(await bothWeights()).toEqual(['0', '0']);
    expect(await pair.show('director1')).toMatch(/drain.*; backup has it/);
    expect(await pair.show('director2')).toMatch(/drain.*; ordered on master; master has it/);
  });

  test('an order with --local is not', async () => {
    const { stdout } = await pair.lvsctl('director2', 'enable', RS1, '--local');
    expect(stdout).not.toContain('too');
    expect(await bothWeights()).toEqual(['0', '1']);
    await pair.lvsctl('director1', 'disable', RS1);
    expect(await bothWeights()).toEqual([null, null]);
  });

  test('it stays out when the master loses its power, and comes back on both by an order to the one that is left', async () => {
    await pair.powerOff('director1');
    await eventually('director2 is MASTER', async () =>
      (await pair.states('director2')).every((state) => state === 'master'),
    );
    expect(await pair.client.fetch(SERVICE, 5)).toEqual({ rs2: 2, rs3: 3 });
    await eventually('it tells of connections now', async () =>
      (await syncDaemons('director2')).includes('master'),
    );
    const { stdout, code } = await pair.lvsctl('director2', 'enable', RS1);
    expect({ stdout, code }).toMatchObject({ code: 0 });
    await eventually('rs1 serves', async () => (await weightOf('director2')) === '1');
    // It has the old order on its disk.
    await pair.powerOn('director1');
    await pair.serves('director1');
    expect(await bothWeights()).toEqual(['1', '1']);
    expect(await pair.client.fetch(SERVICE, 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
  });
});
