// needs: ipvs; takes 25 s
/** conf/lvs-nat: requests and answers both pass the director, and the ports differ. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIENT, Pair, VIP } from './pair.ts';
import { OVERLAP_MS_MAX } from './probe.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await Pair.layOut('nat', 'lvs-nat');
  await pair.client.probe(VIP, CLIENT);
  pair.start('director1');
  pair.start('director2');
  await pair.serves('director1');
});

afterAll(() => pair.close());

test('spreads connections exactly by weight', async () => {
  expect(await pair.spread('director1', 60)).toEqual({ rs1: 10, rs2: 20, rs3: 30 });
});

test('the other director takes both sides over, and answers come back through it', async () => {
  const daemon = pair.daemon('director1');
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);
  await pair.serves('director2', 20_000);
  expect(await pair.spread('director2', 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
  const { holders, overlapMs } = await pair.client.endProbe();
  expect(holders).toHaveLength(2);
  expect(overlapMs).toBeLessThanOrEqual(OVERLAP_MS_MAX);
});
