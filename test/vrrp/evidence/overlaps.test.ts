/** Two that were MASTER at once: what each of them tells of it when it is over, and who announces again. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { encodeAdvert } from '../../../src/wire/vrrp.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';
import { PeerWire } from '../../world/peer-wire.ts';

const GROUP = '224.0.0.18';
const VIP = '10.0.0.100';
const OURS_LOST = 'ours did not reach it';
const THEIRS_LOST = 'its advertisements did not reach us';
const MESSAGES = ['two were MASTER', 'two may have been MASTER'];

interface Pair {
  readonly clock: SimulatedClock;
  readonly link: SimulatedLink;
  /** The better one. */
  readonly one: SimulatedDirector;
  readonly two: SimulatedDirector;
  /** Takes the second one out of reach, or puts it back. */
  cut(isCut: boolean): void;
}

/** `ours`: both have the link between directors. */
function pairOf({ ours }: { readonly ours: boolean }, over: Partial<VrrpInstance> = {}): Pair {
  const clock = simulatedClock();
  const link = new SimulatedLink(clock);
  const peers = new PeerWire(clock);
  const world = { clock, links: { eth0: link }, ...(ours ? { peers } : {}) };
  const one = new SimulatedDirector('one', 1, world);
  const two = new SimulatedDirector('two', 2, world);
  one.speaker.configure(configOf([instanceOf({ ...over, priority: 150 })]));
  two.speaker.configure(configOf([instanceOf({ ...over, priority: 100 })]));
  const cut = (isCut: boolean): void => {
    link.setCut('two', isCut);
    if (isCut) peers.cut.add('10.0.0.2');
    else peers.cut.delete('10.0.0.2');
  };
  return { clock, link, one, two, cut };
}

function overlapsOf(director: SimulatedDirector): readonly unknown[] {
  return director.logged
    .filter(({ message }) => MESSAGES.includes(message))
    .map(({ message, fields }) => ({ message, ...fields }));
}

function countOf(director: SimulatedDirector): number | undefined {
  return director.speaker.snapshot().instances[0]?.counters.overlaps;
}

/** Cut for so long that both are MASTER, and healed. How many announcements follow of the better one. */
async function heal({ clock, one, two, cut }: Pair, atMs = 20_000): Promise<number> {
  await clock.settleTo(9_900);
  expect(`${one.state()} ${two.state()}`).toBe('master backup');
  cut(true);
  await clock.settleTo(atMs);
  expect(`${one.state()} ${two.state()}`).toBe('master master');
  const before = one.announced.length;
  cut(false);
  await clock.settleTo(atMs + 2_000);
  expect(`${one.state()} ${two.state()}`).toBe('master backup');
  return one.announced.length - before;
}

describe('two directors of ours', () => {
  test('tell the same when the link heals, and the better one announces again', async () => {
    const pair = pairOf({ ours: true });
    // The better one advertises first, and hears nothing of the other.
    expect(await heal(pair, 20_400)).toBe(5);
    const { one, two } = pair;
    expect(one.speaker.snapshot().instances[0]?.counters.lesserMasters).toBe(0);
    const [byOne, byTwo] = [overlapsOf(one), overlapsOf(two)];
    const told = { instance: 'VI_1', message: 'two were MASTER' };
    expect(byOne).toMatchObject([
      { ...told, source: '10.0.0.2', goesOn: 'this one', reason: OURS_LOST },
    ]);
    expect(byTwo).toMatchObject([
      { ...told, source: '10.0.0.1', goesOn: '10.0.0.1', reason: THEIRS_LOST },
    ]);
    const [{ forMs }] = byOne as [{ readonly forMs: number }];
    // The second has been MASTER since three intervals and its skew after the last that it heard.
    expect(forMs).toBeGreaterThan(7_000);
    expect(forMs).toBeLessThan(8_000);
    expect(byTwo).toMatchObject([{ forMs }]);
    expect([countOf(one), countOf(two)]).toEqual([1, 1]);
  });

  test.each([
    ['after the main path had worked', true],
    ['of which the main path never worked', false],
  ])('tell the same by a further path, while the main one is cut: %s', async (_, hasMain) => {
    const clock = simulatedClock();
    const [main, side] = [new SimulatedLink(clock), new SimulatedLink(clock)];
    const peers = new PeerWire(clock);
    const world = { clock, links: { eth0: main, eth2: side }, peers };
    const path = { name: 'eth2', interface: 'eth2', sourceAddress: null, unicast: null };
    const cut = (link: SimulatedLink, address: string, isCut: boolean): void => {
      link.setCut('two', isCut);
      if (isCut) peers.cut.add(address);
      else peers.cut.delete(address);
    };
    if (!hasMain) cut(main, '10.0.0.2', true);
    const [one, two] = [1, 2].map((hostPart) => {
      const director = new SimulatedDirector(hostPart === 1 ? 'one' : 'two', hostPart, world);
      const priority = 200 - 50 * hostPart;
      director.speaker.configure(configOf([instanceOf({ priority, sidePaths: [path] })]));
      return director;
    }) as [SimulatedDirector, SimulatedDirector];
    await clock.settleTo(9_900);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    cut(main, '10.0.0.2', true);
    cut(side, '10.0.2.2', true);
    await clock.settleTo(20_400);
    expect(`${one.state()} ${two.state()}`).toBe('master master');
    cut(side, '10.0.2.2', false);
    await clock.settleTo(22_400);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    const [byOne, byTwo] = [overlapsOf(one), overlapsOf(two)];
    const message = 'two were MASTER';
    const known = hasMain ? '10.0.0.2' : '10.0.2.2';
    expect(byOne).toMatchObject([{ message, source: known, reason: OURS_LOST }]);
    expect(byTwo).toMatchObject([{ message, source: '10.0.0.1', reason: THEIRS_LOST }]);
    expect([countOf(one), countOf(two)]).toEqual([1, 1]);
  });

  test('tell nothing when the better one takes over from one that is well', async () => {
    const { clock, one, two } = pairOf({ ours: true });
    await clock.settleTo(9_900);
    one.speaker.configure(configOf([]));
    await clock.settleTo(15_000);
    expect(two.state()).toBe('master');
    one.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    await clock.settleTo(30_000);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    expect([...overlapsOf(one), ...overlapsOf(two)]).toEqual([]);
  });

  test('of which the better one was dead meanwhile know that there were not two', async () => {
    const clock = simulatedClock();
    const world = { clock, links: { eth0: new SimulatedLink(clock) }, peers: new PeerWire(clock) };
    const two = new SimulatedDirector('two', 2, world);
    two.speaker.configure(configOf([instanceOf({ priority: 100 })]));
    await clock.settleTo(20_000);
    expect(two.state()).toBe('master');
    const one = new SimulatedDirector('one', 1, world);
    one.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    await clock.settleTo(30_000);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    expect([...overlapsOf(one), ...overlapsOf(two)]).toEqual([]);
  });

  test('of which one was not heard, though it heard the other: told once', async () => {
    const pair = pairOf({ ours: true });
    const { clock, one, two, link, cut } = pair;
    await clock.settleTo(9_900);
    cut(true);
    await clock.settleTo(15_000);
    // What the second sends arrives again, and it hears nothing.
    const deaf = link.attach({ host: 'ear', onPacket: () => {} });
    for (let count = 0; count < 5; count += 1) {
      deaf.send(advert(100));
      await clock.settleBy(1_000);
    }
    expect(countOf(one)).toBe(0);
    cut(false);
    await clock.settleTo(30_000);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    expect([countOf(one), countOf(two)]).toEqual([1, 1]);
    expect(overlapsOf(one)).toMatchObject([{ reason: OURS_LOST }]);
  });
});

describe('a director beside one that is none of ours', () => {
  test('gives way, and cannot know whether the other was dead', async () => {
    const pair = pairOf({ ours: false });
    await heal(pair);
    expect(overlapsOf(pair.two)).toMatchObject([
      { message: 'two may have been MASTER', reason: THEIRS_LOST, goesOn: '10.0.0.1' },
    ]);
  });

  test('higher_prio_send_advert: the one that goes on knows it, and announces when the other is silent', async () => {
    const pair = pairOf({ ours: false }, { answerHigherPriority: true });
    const { clock, one } = pair;
    await heal(pair);
    const before = one.announced.length;
    await clock.settleTo(24_900);
    expect(one.announced.length - before).toBe(5);
    expect(overlapsOf(one)).toMatchObject([
      {
        message: 'two were MASTER',
        goesOn: 'this one',
        reason: 'its advertisements are heard again',
      },
    ]);
    expect(countOf(pair.two)).toBe(1);
  });

  test('after it resigned says nothing when that one comes back', async () => {
    const { clock, one, two } = pairOf({ ours: false });
    await clock.settleTo(6_000);
    one.speaker.configure(configOf([]));
    await clock.settleTo(10_000);
    expect(two.state()).toBe('master');
    one.speaker.configure(configOf([instanceOf({ priority: 150 })]));
    await clock.settleTo(20_000);
    expect(`${one.state()} ${two.state()}`).toBe('master backup');
    expect([countOf(one), countOf(two)]).toEqual([0, 0]);
  });

  test('who is made up again and again is told at most once a second', async () => {
    const clock = simulatedClock();
    const link = new SimulatedLink(clock);
    const one = new SimulatedDirector('one', 1, { clock, links: { eth0: link } });
    const over = { advertIntervalMs: 10, version: 3, authentication: { type: 'none' } } as const;
    one.speaker.configure(configOf([instanceOf({ ...over, priority: 150 })]));
    await clock.settleTo(2_000);
    const stranger = link.attach({ host: 'stranger', onPacket: () => {} });
    for (let count = 0; count < 100; count += 1) {
      stranger.send(advert(50, 10));
      // Silent for longer than three intervals each time.
      await clock.settleBy(50);
    }
    expect(one.state()).toBe('master');
    expect(countOf(one)).toBeGreaterThan(2);
    expect(countOf(one)).toBeLessThanOrEqual(6);
  });
});

function advert(priority: number, intervalMs = 1_000) {
  const [source, destination] = ['10.0.0.2', GROUP];
  const version = intervalMs < 1_000 ? 3 : 2;
  const payload = encodeAdvert(
    { version, vrid: 51, priority, intervalMs, addresses: [VIP] },
    { family: 'ipv4', source, destination },
    version === 2 ? { type: 1, key: 'secret' } : undefined,
  );
  return { source, destination, hopLimit: 255, header: new Uint8Array(0), payload };
}
