/** The speaker over ports: two of them on a simulated link, what they tell, and what a reload keeps. */
import { describe, expect, test } from 'vitest';
import { DirectorError } from '../../src/base/error.ts';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Received } from '../../src/bfd/admit.ts';
import { BfdSpeaker } from '../../src/bfd/speaker.ts';
import type { BfdInstance, BfdStates } from '../../src/model/bfd.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';

const PROCESS = { realtimePriority: null, niceness: null, lockMemory: false };

function instance(over: Partial<BfdInstance> = {}): BfdInstance {
  return {
    name: 'peer',
    neighbour: '192.0.2.3',
    source: null,
    multihop: false,
    passive: false,
    minTxMs: 50,
    minRxMs: 50,
    idleTxMs: 1_000,
    multiplier: 3,
    hopLimit: 255,
    hopLimitMin: 255,
    weightDelta: 0,
    reverse: false,
    tellsVrrp: true,
    tellsCheckers: true,
    ...over,
  };
}

/** A link with a speaker at each address. */
class World {
  readonly clock: SimulatedClock = simulatedClock();
  readonly records: LogRecord[] = [];
  readonly told: Record<string, BfdStates> = {};
  isCut = false;
  /** What the kernel says to what is sent; null: it sends it. */
  refusal: DirectorError | null = null;
  /** The port is somebody else's. */
  isTaken = false;
  opened = 0;
  private readonly ears = new Map<string, (datagram: Omit<Received, 'multihop'>) => void>();

  speaker(address: string, seed: number): BfdSpeaker {
    const key = (multihop: boolean, at: string): string => `${at} ${multihop}`;
    return new BfdSpeaker({
      clock: this.clock,
      random: seededRandom(seed),
      log: logTo((record) => this.records.push(record)),
      turn: async () => {},
      listener: {
        open: ({ multihop }, onDatagram) => {
          if (this.isTaken) throw new DirectorError('SOCKET_FAILED', 'EADDRINUSE');
          this.opened += 1;
          this.ears.set(key(multihop, address), onDatagram);
          return { close: () => this.ears.delete(key(multihop, address)) };
        },
      },
      sender: {
        open: ({ neighbour, multihop, hopLimit }) => ({
          send: (payload) => {
            if (this.refusal !== null) throw this.refusal;
            if (this.isCut) return;
            const to = this.ears.get(key(multihop, neighbour));
            to?.({ source: address, destination: neighbour, hopLimit, payload });
          },
          close: () => {},
        }),
      },
      onStates: (states) => {
        this.told[address] = states;
      },
    });
  }
}

async function pair(over: Partial<BfdInstance> = {}) {
  const world = new World();
  const one = world.speaker('192.0.2.2', 1);
  const two = world.speaker('192.0.2.3', 2);
  one.configure({ instances: [instance(over)], process: PROCESS });
  two.configure({
    instances: [instance({ ...over, neighbour: '192.0.2.2' })],
    process: PROCESS,
  });
  await world.clock.settleBy(4_000);
  return { world, one, two };
}

const stateOf = (speaker: BfdSpeaker): string | undefined => speaker.snapshot().sessions[0]?.state;

test('what cannot be sent is told once, and when it is sent again', async () => {
  const { world, one } = await pair();
  world.refusal = new DirectorError('SOCKET_FAILED', 'nothing can be sent to 192.0.2.3: EPERM');
  await world.clock.settleBy(9_000);
  expect(one.snapshot().sessions[0]?.trouble).toContain('EPERM');
  world.refusal = null;
  await world.clock.settleBy(5_000);
  expect(one.snapshot().sessions[0]?.trouble).toBe(null);
  const told = world.records.filter(({ message }) => message.startsWith('BFD'));
  const each = told.map(({ message }) => message);
  // Of each of the two speakers.
  expect(each.toSorted()).toEqual([
    'BFD cannot be sent',
    'BFD cannot be sent',
    'BFD is sent again',
    'BFD is sent again',
  ]);
});

test('a link that takes every second packet is one trouble', async () => {
  const { world } = await pair();
  const refusal = new DirectorError('SOCKET_FAILED', 'nothing can be sent: ENOBUFS');
  for (let time = 0; time < 1_000; time += 1) {
    world.refusal = time % 2 === 0 ? refusal : null;
    await world.clock.settleBy(60);
  }
  expect(world.records.filter(({ message }) => message.startsWith('BFD')).length).toBeLessThan(14);
});

describe('two speakers on a link', () => {
  test('are up for each other, and tell so', async () => {
    const { world, one, two } = await pair();
    expect([stateOf(one), stateOf(two)]).toEqual(['up', 'up']);
    expect(world.told).toEqual({ '192.0.2.2': { peer: true }, '192.0.2.3': { peer: true } });
    expect(one.snapshot().sessions[0]).toMatchObject({
      transmitMs: 50,
      detectionMs: 150,
      peer: { state: 'up', minTxMs: 50, multiplier: 3 },
      trouble: null,
    });
  });

  test('tell within the detection time that the link is cut, and when it is mended', async () => {
    const { world } = await pair();
    world.isCut = true;
    await world.clock.settleBy(150);
    expect(world.told).toEqual({ '192.0.2.2': { peer: false }, '192.0.2.3': { peer: false } });
    world.isCut = false;
    await world.clock.settleBy(4_000);
    expect(world.told).toEqual({ '192.0.2.2': { peer: true }, '192.0.2.3': { peer: true } });
  });

  test('one that stops takes the other down at once', async () => {
    const { world, one, two } = await pair();
    one.stop();
    expect(stateOf(two)).toBe('down');
    expect(two.snapshot().sessions[0]?.peer?.state).toBe('admin-down');
    expect(world.told['192.0.2.3']).toEqual({ peer: false });
  });

  test('what comes from too far is dropped, counted, and told once', async () => {
    const { world, one } = await pair({ hopLimit: 64 });
    await world.clock.settleBy(20_000);
    const [session] = one.snapshot().sessions;
    expect(session?.state).toBe('down');
    expect(session?.dropped['hop-limit']).toBeGreaterThan(10);
    const warned = world.records.filter(({ level }) => level === 'warn');
    expect(warned).toMatchObject([
      { fields: { bfd: 'peer', reason: 'hop-limit', hopLimit: 64 } },
      { fields: { bfd: 'peer', reason: 'hop-limit', hopLimit: 64 } },
    ]);
  });
});

test('a session is not known to be down before it had time to come up', async () => {
  const world = new World();
  const alone = world.speaker('192.0.2.2', 1);
  alone.configure({ instances: [instance()], process: PROCESS });
  await world.clock.settleBy(4_900);
  expect(world.told['192.0.2.2']).toBeUndefined();
  await world.clock.settleBy(200);
  expect(world.told['192.0.2.2']).toEqual({ peer: false });
});

test('a port that somebody else holds is asked for again, and told meanwhile', async () => {
  const world = new World();
  world.isTaken = true;
  const speaker = world.speaker('192.0.2.2', 1);
  speaker.configure({ instances: [instance()], process: PROCESS });
  await world.clock.settleBy(3_000);
  expect(speaker.snapshot().sessions[0]?.trouble).toBe('EADDRINUSE');
  expect(world.records.filter(({ level }) => level === 'error')).toHaveLength(1);
  world.isTaken = false;
  await world.clock.settleBy(1_100);
  expect(speaker.snapshot().sessions[0]?.trouble).toBeNull();
});

describe('a reload', () => {
  test('does not disturb sessions that are defined as before', async () => {
    const { world, one, two } = await pair();
    const before = one.snapshot().sessions[0];
    const other = instance({ name: 'other', neighbour: '192.0.2.9' });
    one.configure({ instances: [other, instance()], process: PROCESS });
    await world.clock.settleBy(100);
    const after = one.snapshot().sessions[1];
    expect(after?.discriminator).toBe(before?.discriminator);
    expect([after?.state, after?.wentDown, stateOf(two)]).toEqual(['up', 0, 'up']);
    expect(after?.sinceMs).toBe(before?.sinceMs);
    expect(world.opened).toBe(2);
  });

  test('changes intervals in place, by agreement', async () => {
    const { world, one, two } = await pair();
    one.configure({ instances: [instance({ minTxMs: 200, minRxMs: 300 })], process: PROCESS });
    await world.clock.settleBy(1_000);
    expect(one.snapshot().sessions[0]).toMatchObject({ transmitMs: 200, detectionMs: 900 });
    expect(two.snapshot().sessions[0]).toMatchObject({ transmitMs: 300, detectionMs: 600 });
    expect([stateOf(one), two.snapshot().sessions[0]?.wentDown]).toEqual(['up', 0]);
  });

  test('ends a session that is gone, and begins another one where its ends are others', async () => {
    const { world, one, two } = await pair();
    one.configure({ instances: [instance({ source: '192.0.2.2' })], process: PROCESS });
    expect(two.snapshot().sessions[0]?.wentDown).toBe(1);
    await world.clock.settleBy(4_000);
    expect([stateOf(one), stateOf(two)]).toEqual(['up', 'up']);
    one.configure({ instances: [], process: PROCESS });
    expect(stateOf(two)).toBe('down');
    expect(world.told['192.0.2.2']).toEqual({});
  });
});
