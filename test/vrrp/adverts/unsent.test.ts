/** Advertisements that the kernel does not take: counted, told at growing intervals, and told when it is over. */
import { expect, test } from 'vitest';
import { DirectorError } from '../../../src/base/error.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

const GROUP = '224.0.0.18';
const TO_GROUP = `eth0 ${GROUP}`;
const HINT = 'the queue of the interface is full';
const FULL = new DirectorError('SOCKET_FAILED', 'VRRP on eth0: ENOBUFS', { hint: HINT });

async function master(over: Partial<VrrpInstance> = {}) {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock), eth1: new SimulatedLink(clock) };
  const director = new SimulatedDirector('one', 1, { clock, links });
  director.speaker.configure(configOf([instanceOf({ advertIntervalMs: 10, ...over })]));
  await clock.settleTo(1_000);
  expect(director.state()).toBe('master');
  const told = () =>
    director.logged.filter(({ message }) => message.startsWith('advertisements are'));
  const shown = () => {
    const [instance] = director.speaker.snapshot().instances;
    if (instance === undefined) throw new Error('there is no instance');
    return instance;
  };
  return { clock, director, told, shown };
}

test('a MASTER that cannot send stays MASTER, counts each and tells a few', async () => {
  const { clock, director, told, shown } = await master();
  const before = shown().counters.advertsSent;
  director.refusals.set(TO_GROUP, FULL);
  await clock.settleBy(60_000);
  expect(director.state()).toBe('master');
  expect(shown().counters).toMatchObject({ advertsSent: before, advertsUnsent: 6_000 });
  expect(shown().alarms).toEqual([
    { name: 'adverts-unsent', source: 'eth0', detail: 'VRRP on eth0: ENOBUFS' },
  ]);
  const fields = {
    instance: 'VI_1',
    interface: 'eth0',
    to: [GROUP],
    reason: 'VRRP on eth0: ENOBUFS',
    hint: HINT,
  };
  expect(told()).toEqual([
    { level: 'warn', message: 'advertisements are not sent', fields },
    {
      level: 'warn',
      message: 'advertisements are not sent',
      fields: { ...fields, times: 1_001, forMs: 10_000 },
    },
  ]);
});

test('when it can again it tells how many were lost, and for how long', async () => {
  const { clock, director, told, shown } = await master();
  director.refusals.set(TO_GROUP, FULL);
  await clock.settleBy(5_000);
  director.refusals.clear();
  await clock.settleBy(1_000);
  expect(told().slice(1)).toEqual([
    {
      level: 'info',
      message: 'advertisements are sent again',
      fields: { instance: 'VI_1', interface: 'eth0', times: 500, forMs: 4_990 },
    },
  ]);
  expect(shown().alarms).toEqual([]);
});

test('of unicast peers those are named that are not reached; the others are sent all', async () => {
  const peer = (address: string) => ({ address, ttlMin: 0, ttlMax: 255 });
  const { clock, director, told, shown } = await master({
    unicast: {
      peers: [peer('10.0.0.2'), peer('10.9.0.2')],
      ttl: 255,
      checkSource: true,
      oldChecksum: 'never',
    },
  });
  const before = shown().counters.advertsSent;
  director.refusals.set('eth0 10.9.0.2', new DirectorError('SOCKET_FAILED', 'ENETUNREACH'));
  await clock.settleBy(1_000);
  expect(shown().counters).toMatchObject({ advertsSent: before + 100, advertsUnsent: 100 });
  expect(told().map(({ fields }) => fields.to)).toEqual([['10.9.0.2']]);
});

test('a further path that sends is enough for it to count as sent', async () => {
  const { clock, director, shown } = await master({
    sidePaths: [{ name: 'eth1', interface: 'eth1', sourceAddress: null, unicast: null }],
  });
  const before = shown().counters.advertsSent;
  const sent = (): readonly number[] => shown().advertPaths.map(({ counters }) => counters.sent);
  const [main = 0, side = 0] = sent();
  director.refusals.set(TO_GROUP, FULL);
  await clock.settleBy(1_000);
  expect(shown().counters).toMatchObject({ advertsSent: before + 100, advertsUnsent: 100 });
  expect(sent()).toEqual([main, side + 100]);
});
