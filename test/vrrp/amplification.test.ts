/** Whoever forges advertisements that a MASTER answers gets a few answers for it, however many he sends. */
import { expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { encodeAdvert } from '../../src/wire/vrrp.ts';
import { simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../world/director.ts';
import { SimulatedLink } from '../world/link.ts';

const GROUP = '224.0.0.18';
const [ADDRESS] = instanceOf().addresses as [VrrpInstance['addresses'][number]];
const OWN = Array.from({ length: 20 }, (_, at) => `10.0.0.${100 + at}`);
const BESIDE = '10.0.0.200';
/** Of `garp_lower_prio_repeat`. */
const REPEAT = 5;

/** A MASTER of twenty addresses, another instance in its sync group, and a stranger on the link. */
async function attacked() {
  const clock = simulatedClock();
  const link = new SimulatedLink(clock, 0);
  const director = new SimulatedDirector('one', 1, { clock, links: { eth0: link } });
  const open: Partial<VrrpInstance> = { version: 3, authentication: { type: 'none' } };
  const instances = [
    instanceOf({ ...open, addresses: OWN.map((address) => ({ ...ADDRESS, address })) }),
    instanceOf({ ...open, name: 'VI_2', vrid: 52, addresses: [{ ...ADDRESS, address: BESIDE }] }),
  ];
  const { notify } = instanceOf();
  const group = { name: 'G', members: ['VI_1', 'VI_2'], tracks: [], trackWeights: false, notify };
  director.speaker.configure(configOf(instances, { syncGroups: [group] }));
  await clock.settleTo(20_000);
  expect(director.state()).toBe('master');
  const stranger = link.attach({ host: 'stranger', onPacket: () => {} });
  const send = (priority: number): void => {
    const source = '10.0.0.66';
    const payload = encodeAdvert(
      { version: 3, vrid: 51, priority, intervalMs: 1_000, addresses: OWN },
      { family: 'ipv4', source, destination: GROUP },
    );
    const envelope = { source, destination: GROUP, hopLimit: 255, header: new Uint8Array(0) };
    stranger.send({ ...envelope, payload });
  };
  const advertsSent = (): number =>
    director.speaker.snapshot().instances[0]?.counters.advertsSent ?? 0;
  const before = { announced: director.announced.length, advertsSent: advertsSent() };
  return {
    clock,
    director,
    send,
    advertsSent: () => advertsSent() - before.advertsSent,
    announced: () => director.announced.slice(before.announced),
  };
}

test('one advertisement of a lower priority is answered at once', async () => {
  const { clock, send, advertsSent, announced } = await attacked();
  send(1);
  await clock.settleBy(1);
  expect(advertsSent()).toBe(1);
  expect(announced()).toEqual([...OWN, BESIDE]);
  await clock.settleBy(400);
  expect(announced()).toHaveLength(REPEAT * (OWN.length + 1));
});

test.each([
  ['a lower priority', 1],
  ['priority 0', 0],
])('5 000 of %s in half a second are answered six times', async (_, priority) => {
  const { clock, send, advertsSent, announced } = await attacked();
  for (let at = 0; at < 500; at += 1) {
    for (let times = 0; times < 10; times += 1) send(priority);
    await clock.settleBy(1);
  }
  expect(advertsSent()).toBeGreaterThanOrEqual(4);
  expect(advertsSent()).toBeLessThanOrEqual(6);
  expect(announced().length).toBeLessThanOrEqual(REPEAT * (OWN.length + 1));
});

test('while it lasts the addresses are announced once a second, and once more when it is over', async () => {
  const { clock, send, announced } = await attacked();
  for (let at = 0; at < 350; at += 1) {
    send(1);
    await clock.settleBy(10);
  }
  const countOf = (address: string): number => announced().filter((one) => one === address).length;
  expect([countOf(OWN[0] as string), countOf(BESIDE)]).toEqual([4 * REPEAT, 4 * REPEAT]);
  await clock.settleBy(1_000);
  expect([countOf(OWN[0] as string), countOf(BESIDE)]).toEqual([5 * REPEAT, 5 * REPEAT]);
});
