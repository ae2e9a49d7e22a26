/** The watch over a link in memory: hosts that answer for their addresses, and time that a test lets pass. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { ArpClaim, ArpHost } from '../../src/health/arp-questions.ts';
import { ArpWatch } from '../../src/health/arp-watch.ts';
import { simulatedClock } from '../world/clock.ts';
import { realServer, serviceKey, virtualServer } from './make.ts';

const VIP = '192.0.2.10';
const LINK = {
  index: 3,
  name: 'eth1',
  mac: '02:00:00:00:01:02',
  networks: [{ address: '198.51.100.2', prefixLength: 24 }],
};
const WEB = virtualServer({
  keys: [serviceKey(VIP)],
  realServers: [realServer('198.51.100.21'), realServer('198.51.100.22')],
});

function world() {
  const clock = simulatedClock();
  const records: LogRecord[] = [];
  /** Who answers for an address: MACs. */
  const answering = new Map([
    ['198.51.100.21', ['02:00:00:00:01:21']],
    ['198.51.100.22', ['02:00:00:00:01:22']],
  ]);
  const asked: string[] = [];
  const held = new Set([VIP]);
  const state = { open: 0, opened: 0, fault: null as Error | null };
  const watch = new ArpWatch({
    clock,
    log: logTo((record) => records.push(record)),
    readHost: async (): Promise<ArpHost> => ({ links: [LINK], held }),
    openAsker: (_, onClaim: (claim: ArpClaim) => void) => {
      if (state.fault !== null) throw state.fault;
      state.open += 1;
      state.opened += 1;
      return {
        ask: (address) => {
          asked.push(address);
          for (const mac of answering.get(address) ?? []) onClaim({ address, mac });
        },
        close: () => {
          state.open -= 1;
        },
      };
    },
  });
  const told = () => records.map(({ level, message }) => `${level}: ${message}`);
  return { clock, watch, records, told, answering, asked, held, state };
}

const ANSWERS = 'warn: real server answers ARP for a virtual address';
const MENDED = 'info: real server no longer answers ARP';

describe('a silent link', () => {
  test('is asked for the virtual address only: soon after the start, then each minute', async () => {
    const { clock, watch, asked, told, state } = world();
    watch.configure([WEB]);
    await clock.settleTo(4_999);
    expect(asked).toEqual([]);
    await clock.settleTo(6_000);
    expect(asked).toEqual([VIP]);
    expect(state.open).toBe(0);
    await clock.settleTo(70_000);
    expect(asked).toEqual([VIP, VIP]);
    expect(told()).toEqual([]);
    expect(watch.faults).toEqual([]);
  });

  test('without DR and TUN nothing is armed', () => {
    const { clock, watch } = world();
    const nat = realServer('198.51.100.21', { forwarding: 'nat' });
    watch.configure([virtualServer({ realServers: [nat] })]);
    expect(clock.armed).toBe(0);
  });

  test('nothing is asked on a director that does not hold the address', async () => {
    const { clock, watch, held, state } = world();
    held.clear();
    watch.configure([WEB]);
    await clock.settleTo(130_000);
    expect(state.opened).toBe(0);
  });
});

describe('a real server that answers', () => {
  test('is named once in the log, with what to do, and told as long as it lasts', async () => {
    const { clock, watch, answering, told, records } = world();
    answering.set(VIP, ['02:00:00:00:01:22']);
    watch.configure([WEB]);
    await clock.settleTo(200_000);
    expect(told()).toEqual([ANSWERS]);
    expect(records[0]?.fields).toMatchObject({
      realServer: '198.51.100.22',
      virtualAddresses: [VIP],
      mac: '02:00:00:00:01:22',
      interface: 'eth1',
      hint: 'on it: lvsctl realserver setup --vip 192.0.2.10',
    });
    expect(watch.faults).toMatchObject([{ realServer: '198.51.100.22', virtualAddress: VIP }]);
  });

  test('is told as mended after two silent rounds, and again if it falls back', async () => {
    const { clock, watch, answering, told } = world();
    answering.set(VIP, ['02:00:00:00:01:22']);
    watch.configure([WEB]);
    await clock.settleTo(6_500);
    answering.delete(VIP);
    // While there is a fault it is asked each ten seconds.
    await clock.settleTo(18_000);
    expect(told()).toEqual([ANSWERS]);
    await clock.settleTo(30_000);
    expect(told()).toEqual([ANSWERS, MENDED]);
    expect(watch.faults).toEqual([]);
    answering.set(VIP, ['02:00:00:00:01:21', '02:00:00:00:01:22']);
    await clock.settleTo(100_000);
    expect(told()).toEqual([ANSWERS, MENDED, ANSWERS, ANSWERS]);
  });

  test('is forgotten without a word when it leaves the configuration', async () => {
    const { clock, watch, answering, told } = world();
    answering.set(VIP, ['02:00:00:00:01:22']);
    watch.configure([WEB]);
    await clock.settleTo(7_000);
    watch.configure([virtualServer({ ...WEB, realServers: [realServer('198.51.100.21')] })]);
    await clock.settleTo(20_000);
    expect(told()).toEqual([ANSWERS]);
    expect(watch.faults).toEqual([]);
  });
});

test('a stranger that answers is nobody’s fault here, and the real servers are asked each time', async () => {
  const { clock, watch, answering, asked, told } = world();
  answering.set(VIP, ['02:99:00:00:00:01']);
  watch.configure([WEB]);
  await clock.settleTo(70_000);
  expect(asked).toHaveLength(2 * 3);
  expect(told()).toEqual([]);
});

test('of very many addresses each has its turn, and no round asks for all', async () => {
  const { clock, watch, asked, held } = world();
  const many = Array.from({ length: 300 }, (_, at) => `192.0.${at >> 8}.${at & 0xff}`);
  for (const address of many) held.add(address);
  const realServers = [realServer('198.51.100.21')];
  const keys = many.map((address) => serviceKey(address));
  watch.configure([virtualServer({ keys, realServers })]);
  await clock.settleTo(10_000);
  expect(asked).toHaveLength(256);
  await clock.settleTo(80_000);
  expect(new Set(asked).size).toBe(300);
});

test('what stands in the way is told once, and asking goes on', async () => {
  const { clock, watch, told, state, answering } = world();
  answering.set(VIP, ['02:00:00:00:01:22']);
  state.fault = new Error('no ARP socket');
  watch.configure([WEB]);
  await clock.settleTo(130_000);
  expect(told()).toEqual(['warn: who answers ARP for virtual addresses could not be asked']);
  state.fault = null;
  await clock.settleTo(200_000);
  expect(told().at(-1)).toBe(ANSWERS);
});

test('after close nothing is asked, and no socket stays open', async () => {
  const { clock, watch, state, asked } = world();
  watch.configure([WEB]);
  await clock.settleTo(5_100);
  watch.close();
  await clock.settleTo(300_000);
  expect(state.open).toBe(0);
  expect(asked).toEqual([VIP]);
});
