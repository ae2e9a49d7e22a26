// needs: ipvs; takes 45 s
/** `isolation_anchor real_servers`: a director that sees neither peers nor real servers is of no use, and says so itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './lab.ts';
import { type DirectorName, Pair } from './pair.ts';

/** All real servers have to fail their checks first. */
const STANDS_DOWN_MS = 30_000;

let pair: Pair;

beforeAll(async () => {
  pair = await Pair.layOut('isolation', 'lvs-dr', (text) =>
    text.replace(
      'interface eth0',
      'interface eth0\n    isolation_anchor {\n        real_servers\n    }',
    ),
  );
  pair.start('director1');
  pair.start('director2');
  await pair.serves('director1');
  await eventually('director2 knows its real servers', () => {
    return pair.inKernel('director2').length === pair.servers.length;
  });
});

afterAll(() => pair.close());

const statesOf = async (director: DirectorName): Promise<string> =>
  (await pair.states(director)).join();

/** No cable is pulled: the switches carry nothing from director1 to director2 and the real servers, or do again. */
async function cutOff(isCut: boolean): Promise<void> {
  for (const director of ['director1', 'director2'] as const) {
    await pair.lab.switchPort(director, 'eth0', 'isolated', isCut ? 'on' : 'off');
  }
  await pair.lab.rewire('director1', 'eth1', isCut ? null : 'servers');
}

test('it stands down, the one that sees real servers serves, and it comes back', async () => {
  await cutOff(true);
  await eventually(
    'director1 stands down',
    async () => !(await pair.holds('director1')),
    STANDS_DOWN_MS,
  );
  expect(await statesOf('director1')).toBe('fault,fault');
  const vrrp = (await pair.snapshot('director1'))?.vrrp;
  expect(vrrp?.instances.find(({ name }) => name === 'clients')?.reason).toBe(
    'isolated: no anchor answers and no peer is heard',
  );
  // It hears no peer either, and is not isolated: it serves.
  await pair.serves('director2');
  expect(await pair.spread('director2', 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
  expect(await pair.holds('director1')).toBe(false);
  await cutOff(false);
  await pair.serves('director1');
  await eventually('director2 gives way', async () => !(await pair.holds('director2')));
  expect(await statesOf('director2')).toBe('backup,backup');
  expect(await pair.spread('director1', 6)).toEqual({ rs1: 1, rs2: 2, rs3: 3 });
});
