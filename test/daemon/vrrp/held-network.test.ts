/** The lifetimes of virtual addresses: what the kernel is asked for, and when. */
import { describe, expect, test } from 'vitest';
import { DirectorError } from '../../../src/base/error.ts';
import { type LogRecord, logTo } from '../../../src/base/log.ts';
import type { Clock } from '../../../src/base/time.ts';
import { HeldNetwork } from '../../../src/daemon/vrrp/held-network.ts';
import { KnownLinks } from '../../../src/daemon/vrrp/links.ts';
import type { Network } from '../../../src/kernel/network.ts';
import type { ChangeOutcome, NetworkChange } from '../../../src/kernel/network-change.ts';
import type { VirtualAddress } from '../../../src/model/vrrp.ts';
import { encodeNewAddress } from '../../../src/wire/rtnl/addresses.ts';
import { simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

const [VIP] = instanceOf({}).addresses as [VirtualAddress];
const NO_PATHS = { routes: [], rules: [] };

/** A kernel that removes an address when its time is over, as the real one does. */
class SimulatedKernel {
  readonly until = new Map<string, number>();
  readonly batches: (readonly NetworkChange[])[] = [];
  /** It takes no address. */
  isRefusing = false;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get network(): Network {
    const link = { name: 'eth0', index: 7, up: true, running: true, vrfTable: null };
    return {
      readLinks: async () => [link],
      readAddresses: async () => [],
      change: async (changes: readonly NetworkChange[]) => {
        this.batches.push(changes);
        return changes.map((one) => this.apply(one));
      },
    } as unknown as Network;
  }

  holds(address: string): boolean {
    return (this.until.get(address) ?? 0) > this.clock.now();
  }

  private apply(change: NetworkChange): ChangeOutcome {
    if (change.do === 'remove-address') this.until.delete(change.address.address);
    if (change.do !== 'add-address' && change.do !== 'prolong-address') return 'changed';
    const { address, validSeconds, preferredSeconds } = change.address;
    if (this.isRefusing) return new DirectorError('NETLINK_REFUSED', `${address}: EACCES`);
    if (change.do === 'add-address' && this.holds(address)) return 'unchanged';
    expect(preferredSeconds ?? 0).toBeLessThanOrEqual(validSeconds ?? Infinity);
    this.asked += 1;
    this.until.set(address, this.clock.now() + (validSeconds ?? Infinity) * 1000);
    return 'changed';
  }

  asked = 0;
}

async function world(isAdvertising: () => boolean = () => false) {
  const simulated = simulatedClock();
  let pausedMs = 0;
  // While the process is stopped time goes on, and its wake-ups wait.
  const clock: Clock = {
    ...simulated,
    now: () => simulated.now() + pausedMs,
    wakeAt: (at, run) => simulated.wakeAt(at - pausedMs, run),
  };
  const stop = (ms: number): void => {
    pausedMs += ms;
  };
  const kernel = new SimulatedKernel(clock);
  const links = new KnownLinks(kernel.network);
  await links.read();
  const logged: LogRecord[] = [];
  const log = logTo((record) => void logged.push(record));
  const held = new HeldNetwork(kernel.network, links, { log, clock, isAdvertising });
  /** Turns of the event loop between the steps of simulated time, as in a live process. */
  const live = async (ms: number): Promise<void> => {
    for (const end = clock.now() + ms; clock.now() < end; ) {
      await simulated.settleBy(50);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, kernel, held, live, stop, logged };
}

describe('an address with a lifetime', () => {
  test('is there as long as the process lives, and is asked for three times in its time', async () => {
    const { kernel, held, live } = await world();
    await held.hold([VIP], NO_PATHS, 3);
    for (let second = 0; second < 30; second += 1) {
      await live(1_000);
      expect(kernel.holds(VIP.address)).toBe(true);
    }
    expect(kernel.asked).toBeGreaterThanOrEqual(25);
    expect(kernel.asked).toBeLessThanOrEqual(32);
  });

  test('goes by itself when nobody prolongs it', async () => {
    const { clock, kernel, held, live } = await world();
    await held.hold([VIP], NO_PATHS, 3);
    await live(10_000);
    held.close();
    await live(3_000);
    expect(clock.now()).toBe(13_000);
    expect(kernel.holds(VIP.address)).toBe(false);
  });

  test('who was stopped for longer than it lasts does not bring it back', async () => {
    const { kernel, held, live, stop } = await world();
    await held.hold([VIP], NO_PATHS, 2);
    await live(1_000);
    expect(held.hasRunOut(VIP)).toBe(false);
    stop(5_000);
    await live(2_000);
    expect(kernel.holds(VIP.address)).toBe(false);
    // And when the kernel says that it has gone, nobody else has removed it.
    expect(held.hasRunOut(VIP)).toBe(true);
    await held.hold([VIP], NO_PATHS, 2);
    expect(held.hasRunOut(VIP)).toBe(false);
    await live(5_000);
    expect(kernel.holds(VIP.address)).toBe(true);
  });

  test('is not prolonged any more when it is released', async () => {
    const { kernel, held, live } = await world();
    await held.hold([VIP], NO_PATHS, 2);
    await live(500);
    await held.release([VIP], NO_PATHS);
    await live(5_000);
    expect(kernel.until.size).toBe(0);
  });

  test('one that is there already, from an earlier life, is given it; without `gate` it stays for ever', async () => {
    const { kernel, held, live } = await world();
    kernel.until.set(VIP.address, 400);
    await held.hold([VIP], NO_PATHS, 3);
    await live(1_000);
    expect(kernel.holds(VIP.address)).toBe(true);
    await held.hold([VIP], NO_PATHS, null);
    expect(kernel.until.get(VIP.address)).toBe(Infinity);
    const { asked } = kernel;
    await live(5_000);
    expect(kernel.asked).toBe(asked);
  });

  test('a preferred lifetime of the configuration is not longer than the valid one', async () => {
    const { kernel, held, live } = await world();
    await held.hold([{ ...VIP, preferredSeconds: 600 }], NO_PATHS, 3);
    await live(5_000);
    expect(kernel.holds(VIP.address)).toBe(true);
  });

  test('5100 of them are prolonged together, some of them a turn', async () => {
    const { kernel, held, live } = await world();
    const all = Array.from({ length: 5_100 }, (_, at) => ({
      ...VIP,
      address: `10.1.${at >> 8}.${at & 255}`,
    }));
    for (const one of all) void held.hold([one], NO_PATHS, 3);
    await live(12_000);
    expect(all.every(({ address }) => kernel.holds(address))).toBe(true);
    expect(kernel.asked / all.length).toBeLessThan(14);
  });
});

describe('the addresses of hundreds of instances', () => {
  const part = (instance: number): readonly VirtualAddress[] =>
    Array.from({ length: 20 }, (_, at) => ({ ...VIP, address: `10.2.${instance}.${at}` }));

  test('go to the kernel in order, and the first are done before the last are asked for', async () => {
    const { kernel, held, live } = await world();
    const batchesWhenDone: number[] = [];
    for (let instance = 0; instance < 100; instance += 1) {
      void held
        .hold(part(instance), NO_PATHS, 3)
        .then(() => batchesWhenDone.push(kernel.batches.length));
    }
    await live(800);
    expect(batchesWhenDone[0]).toBe(1);
    expect(batchesWhenDone).toHaveLength(100);
    expect(Math.max(...kernel.batches.map(({ length }) => length))).toBeLessThanOrEqual(128);
    const asked = kernel.batches.flat().map((one) => 'address' in one && one.address.address);
    const all = Array.from({ length: 100 }, (_, instance) => part(instance)).flat();
    expect(asked).toEqual(all.map(({ address }) => address));
  });

  test('wait until all that are due have advertised, but not for ever', async () => {
    let isAdvertising = true;
    const { kernel, held, live } = await world(() => isAdvertising);
    void held.hold(part(1), NO_PATHS, null);
    await live(100);
    expect(kernel.batches).toEqual([]);
    isAdvertising = false;
    await live(50);
    expect(kernel.batches).toHaveLength(1);
    isAdvertising = true;
    void held.hold(part(2), NO_PATHS, null);
    await live(300);
    expect(kernel.batches).toHaveLength(2);
  });

  test('one that is released while others wait is not there in the end', async () => {
    const { kernel, held, live } = await world();
    for (let instance = 0; instance < 100; instance += 1) {
      void held.hold(part(instance), NO_PATHS, 3);
    }
    void held.release(part(99), NO_PATHS);
    await live(2_000);
    expect(kernel.holds('10.2.98.19')).toBe(true);
    for (const { address } of part(99)) expect(kernel.holds(address)).toBe(false);
  });

  test('are foreseen: what is asked for is the same', async () => {
    const { kernel, held } = await world();
    const addresses = part(1);
    await held.foresee(addresses, 3);
    expect(kernel.asked).toBe(0);
    await held.hold(addresses, NO_PATHS, 3);
    const [batch = []] = kernel.batches;
    expect(batch).toHaveLength(20);
    for (const change of batch) {
      if (change.do !== 'prolong-address') throw new Error(change.do);
      expect(change.payload).toEqual(encodeNewAddress(change.address));
      expect(change.address.validSeconds).toBe(3);
    }
    // Under another lifetime it is another request.
    await held.hold(addresses, NO_PATHS, 9);
    expect(kernel.batches.at(-1)?.[0]).toMatchObject({ address: { validSeconds: 9 } });
  });
});

test('what the kernel refuses again and again is told of some, and when it takes them', async () => {
  const { kernel, held, live, logged } = await world();
  kernel.isRefusing = true;
  const many = Array.from({ length: 200 }, (_, at) => ({ ...VIP, address: `10.0.1.${at}` }));
  await held.hold(many, NO_PATHS, 3);
  expect(logged.map(({ message }) => message)).toEqual(
    Array(10).fill('address, route or rule could not be changed'),
  );
  await live(9_000);
  expect(logged).toHaveLength(10);
  kernel.isRefusing = false;
  await live(3_000);
  expect(logged.slice(10).map(({ message }) => message)).toEqual([
    'addresses, routes and rules can be changed again',
  ]);
});

describe('an address that a reload wants in another way', () => {
  const BESIDE = { ...VIP, address: '10.0.0.101' };
  const asked = (changes: readonly NetworkChange[] = []): readonly string[] =>
    changes.map((one) => `${one.do} ${'address' in one ? one.address.address : ''}`);

  test.each([
    ['label', { label: 'eth0:1' }],
    ['scope', { scope: 'link' }],
    ['broadcast', { broadcast: 'default' }],
    ['noprefixroute', { flags: ['noprefixroute'] }],
  ] as const)(
    '%s: is taken off and put on in one send, with what may go with it',
    async (_, over) => {
      for (const seconds of [3, null]) {
        const { kernel, held } = await world();
        await held.hold([VIP, BESIDE], NO_PATHS, seconds);
        kernel.batches.length = 0;
        await held.hold([{ ...VIP, ...over }], NO_PATHS, seconds);
        const [batch, ...more] = kernel.batches;
        expect(more).toEqual([]);
        expect(asked(batch)).toEqual([
          'remove-address 10.0.0.100',
          'prolong-address 10.0.0.100',
          'prolong-address 10.0.0.101',
        ]);
        expect(batch?.map((one) => 'address' in one && 'scope' in one.address)).toEqual([
          false,
          true,
          true,
        ]);
        // The kernel tells of each of them once, and of a second time somebody else is to blame.
        for (const { address } of [VIP, BESIDE]) {
          const is = (one: VirtualAddress): boolean => one.address === address;
          expect(held.isRemade(is)).toBe(true);
          expect(held.isRemade(is)).toBe(false);
        }
        await held.hold([{ ...VIP, ...over }], NO_PATHS, seconds);
        expect(kernel.batches.at(-1)?.some((one) => one.do === 'remove-address')).toBe(false);
      }
    },
  );

  test('preferred_lft, and flags of IPv6: are changed where it stands', async () => {
    const six = { ...VIP, address: 'fd00::100', prefixLength: 64 };
    for (const [before, after] of [
      [VIP, { ...VIP, preferredSeconds: 0 }],
      [six, { ...six, flags: ['noprefixroute', 'home'] }],
    ] as const) {
      for (const seconds of [3, null]) {
        const { kernel, held } = await world();
        await held.hold([before], NO_PATHS, seconds);
        await held.hold([after], NO_PATHS, seconds);
        expect(asked(kernel.batches.at(-1))).toEqual([`prolong-address ${before.address}`]);
      }
    }
  });

  test('goes on with its new label when it is prolonged', async () => {
    const { kernel, held, live } = await world();
    await held.hold([VIP], NO_PATHS, 3);
    await held.hold([{ ...VIP, label: 'eth0:1' }], NO_PATHS, 3);
    await live(2_000);
    expect(kernel.batches.at(-1)).toMatchObject([{ address: { label: 'eth0:1' } }]);
    expect(kernel.holds(VIP.address)).toBe(true);
  });
});
