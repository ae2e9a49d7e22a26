// needs: ipvs; takes 30 s
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, pause } from './lab.ts';
import { Pair, VIP } from './pair.ts';
import { OVERLAP_MS_MAX } from './probe.ts';

/** Processes of a director by the name of their module. */
async function pidOf(pair: Pair, name: 'supervisor' | 'vrrp' | 'health'): Promise<number> {
  const snapshot = await pair.snapshot('director1');
  const pid = snapshot?.processes.find((one) => one.name === name)?.pid;
  if (pid === null || pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

describe('a pair of directors in DR mode, conf/lvs-dr', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.layOut('pair');
    await pair.client.probe(VIP, '192.0.2.100');
    pair.start('director1');
    pair.start('director2');
    await pair.serves('director1');
  });

  afterAll(() => pair.close());

  test('spreads connections exactly by weight', async () => {
    expect(await pair.spread('director1', 60)).toEqual({ rs1: 10, rs2: 20, rs3: 30 });
  });

  test('takes a failed real server out, and back when it answers again', async () => {
    const [, rs2] = pair.servers;
    await rs2?.stopServing();
    await eventually('it is out', () => !pair.inKernel('director1').includes('198.51.100.22'));
    const shown = await pair.show('director1');
    expect(shown).toMatch(/198\.51\.100\.22:80 .* 2 → absent .*ECONNREFUSED/);
    await rs2?.serve(80, 'rs2');
    await eventually('it is back', () => pair.inKernel('director1').includes('198.51.100.22'));
  });

  test.each(['health', 'supervisor'] as const)(
    'leaves the IPVS table as it is when its %s process is killed, and adopts it',
    async (name) => {
      const before = [...pair.inKernel('director1')].sort();
      const pid = await pidOf(pair, name);
      process.kill(pid, 'SIGKILL');
      for (let look = 0; look < 40; look += 1) {
        expect([...pair.inKernel('director1')].sort()).toEqual(before);
        await pause(50);
      }
      await eventually('there is another one', async () => {
        const now = await pidOf(pair, name).catch(() => pid);
        return now !== pid;
      });
      await pair.serves('director1');
      expect([...pair.inKernel('director1')].sort()).toEqual(before);
      expect(await pair.spread('director1', 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
    },
  );

  test('moves as one when the master loses its power, and nobody else answered ARP meanwhile', async () => {
    await pair.powerOff('director1');
    await pair.serves('director2', 30_000);
    expect(await pair.spread('director2', 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
    const { holders, overlapMs } = await pair.client.endProbe();
    expect(holders).toHaveLength(2);
    expect(overlapMs).toBeLessThanOrEqual(OVERLAP_MS_MAX);
  });

  test('leaves nothing behind when it is stopped', async () => {
    const daemon = pair.daemon('director2');
    daemon.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    const { stdout } = await pair.lab.run('director2', 'ipvsadm', '-Ln');
    expect(stdout).not.toContain(VIP);
    expect((await pair.lab.ip('director2', 'addr', 'show')).stdout).not.toContain(VIP);
  });
});
