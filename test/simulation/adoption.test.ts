/** A VRRP process that dies is followed by one that goes on where it ended. */
import { expect, test } from 'vitest';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { VirtualAddress } from '../../src/model/vrrp.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import { SimulatedWorld } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';

/** A sync group of two instances, each with an address. */
function director(name: string, hostPart: number): HostPlan {
  const priority = 100 + hostPart;
  const first = instanceOf({ priority });
  const address = { ...(first.addresses[0] as VirtualAddress), address: '10.0.1.100' };
  const second = instanceOf({ priority, name: 'VI_2', vrid: 52, addresses: [address] });
  const group = { name: 'G', members: ['VI_1', 'VI_2'], tracks: [], trackWeights: false };
  const config = configOf([first, second], {
    syncGroups: [{ ...group, notify: NOBODY_IS_TOLD }],
  });
  return { name, hostPart, clockRate: 1, config };
}

test('all members of a sync group go on, and no address is away for a moment', async () => {
  const kill = { at: 8_000, fault: { do: 'kill', host: 'B' }, forMs: null } as const;
  const hosts = [director('A', 1), director('B', 2)];
  const world = new SimulatedWorld({ seed: 1, hosts, faults: [kill] });
  await world.runTo(20_000);
  const later = world.journal.entries.filter(({ at }) => at > 8_000);
  expect(later.filter(({ what }) => what === 'holds' || what === 'releases')).toEqual([]);
  const states = later.filter((entry) => entry.what === 'state');
  expect(states.map(({ host, name, to }) => `${host} ${name} ${to}`)).toEqual([
    'B VI_1 master',
    'B VI_2 master',
    'B G master',
  ]);
});
