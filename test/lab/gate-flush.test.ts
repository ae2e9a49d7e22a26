// needs: root, nftables
/** A firewall that flushes the rules of everybody takes the gate with it: it is made anew, and no role changes. */
import { afterEach, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually } from './lab.ts';

const VIP = '192.0.2.10';
const OTHER = '192.0.2.11';

const TEXT = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    virtual_ipaddress {
        ${VIP}/24
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    version 3
    advert_int 0.5
    no_accept
    virtual_ipaddress {
        ${OTHER}/24
    }
}
`;

let pair: Duo | null = null;

afterEach(async () => {
  await pair?.close();
  pair = null;
});

async function elementsOf(duo: Duo, set: string): Promise<string> {
  const { stdout } = await duo.lab.run('director1', 'nft', 'list', 'set', 'inet', 'lvsd', set);
  return stdout;
}

test('after "nft flush ruleset" the gate is there again, for all that are MASTER', async () => {
  pair = await Duo.withText('flush', { director1: TEXT, director2: TEXT });
  const duo = pair;
  pair.start('director1');
  await pair.movesTo('director1');
  await pair.movesTo('director1', OTHER);
  const before = (await pair.snapshot('director1'))?.vrrp;
  await pair.lab.run('director1', 'nft', 'flush', 'ruleset');
  await eventually('both are guarded and open again', async () => {
    const sets = await Promise.all(['guarded4', 'open4'].map((set) => elementsOf(duo, set)));
    return sets.every((set) => set.includes(VIP) && set.includes(OTHER));
  });
  expect(await elementsOf(pair, 'refused4')).toContain(OTHER);
  const after = (await pair.snapshot('director1'))?.vrrp;
  const roles = (of: typeof before) => of?.instances.map(({ state, sinceMs }) => [state, sinceMs]);
  expect(roles(after)).toEqual(roles(before));

  // Who takes them over is not guarded by us any more.
  await pair.stop('director1');
  const { stdout } = await pair.lab.run('director1', 'nft', 'list', 'tables');
  expect(stdout).toBe('');
});
