/** An acceptor whose memory is etcd: many processes, one voice, whatever becomes of requests and replies. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { Millis } from '../../src/base/time.ts';
import { epochAt } from '../../src/lease/epoch.ts';
import { EtcdAcceptor, type EtcdPort } from '../../src/lease/etcd-acceptor.ts';
import type { Reaction } from '../../src/lease/lease-acceptor.ts';
import {
  etcdId,
  type LeaseAnswer,
  type LeaseAsk,
  type LeaseRelease,
} from '../../src/wire/lease.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { SimulatedEtcd } from '../world/etcd.ts';

const PROMISE_MS = 3_000;

interface World {
  readonly clock: SimulatedClock;
  readonly etcd: SimulatedEtcd;
  readonly logged: LogRecord[];
  /** How long a way to etcd or back takes now; null: it is lost. */
  wayMs: Millis | null;
  /** `port`: another way to etcd than that of this world. */
  acceptor(port?: EtcdPort): EtcdAcceptor;
}

function world(way?: () => Millis | null): World {
  const clock = simulatedClock();
  const etcd = new SimulatedEtcd(clock);
  const logged: LogRecord[] = [];
  const one: World = {
    clock,
    etcd,
    logged,
    wayMs: 2,
    acceptor: (port = etcd.port(way ?? (() => one.wayMs))) =>
      new EtcdAcceptor(
        {
          clock,
          log: logTo((record) => void logged.push(record)),
          etcd: port,
        },
        { names: new Set([etcdId()]), list: null, birth: BIRTH, promiseMsMax: 10_000 },
        '/lease/',
      ),
  };
  return one;
}

/** In place of the epoch that the acceptor tells now. */
const NEWEST = -1;
const BIRTH = { draw: 7, at: 0 };

function common(node: number, round: number, keys: readonly number[]) {
  return { list: 1, node, acceptor: etcdId(), round, epoch: NEWEST, life: node, keys };
}

function ask(node: number, round: number, keys: readonly number[] = [51]): LeaseAsk {
  return { type: 'ask', ...common(node, round, keys), promiseMs: PROMISE_MS, priority: 100 };
}

function release(node: number, round: number, keys: readonly number[] = [51]): LeaseRelease {
  return { type: 'release', ...common(node, round, keys) };
}

/** As a director asks that hears the acceptor. */
function take<Question extends LeaseAsk | LeaseRelease>(
  acceptor: EtcdAcceptor,
  question: Question,
  now: number,
): Promise<Reaction> {
  const epoch = question.epoch === NEWEST ? epochAt(BIRTH, now) : question.epoch;
  return acceptor.take({ ...question, epoch });
}

async function answer(
  { clock }: World,
  acceptor: EtcdAcceptor,
  question: LeaseAsk | LeaseRelease,
): Promise<LeaseAnswer | null> {
  let result: LeaseAnswer | null | undefined;
  void take(acceptor, question, clock.now()).then((reaction) => {
    result = reaction.answer;
  });
  for (let ms = 0; ms < 10_000 && result === undefined; ms += 5) await clock.settleBy(5);
  return result ?? null;
}

describe('an acceptor whose memory is etcd', () => {
  test('promises to one director, and tells the other who has it and for how long', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    expect(await answer(w, one, ask(1, 10))).toMatchObject({ verdict: 'granted', round: 10 });
    const held = await answer(w, two, ask(2, 20));
    expect(held).toMatchObject({ verdict: 'held', holder: 1 });
    expect(held?.freeInMs).toBeGreaterThan(1_900);
    expect(held?.freeInMs).toBeLessThanOrEqual(3_000);
    // As long as it asks again it keeps it.
    for (let round = 11; round < 20; round += 1) {
      await w.clock.settleBy(1_000);
      expect(await answer(w, one, ask(1, round))).toMatchObject({ verdict: 'granted' });
      expect(await answer(w, two, ask(2, round + 20))).toMatchObject({ verdict: 'held' });
    }
    await w.clock.settleBy(4_100);
    expect(await answer(w, two, ask(2, 50))).toMatchObject({ verdict: 'granted' });
    expect(await answer(w, one, ask(1, 60))).toMatchObject({ verdict: 'held', holder: 2 });
  });

  test('what is given back is free at once, for others too', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    await answer(w, one, ask(1, 10));
    expect(await answer(w, two, ask(2, 20))).toMatchObject({ verdict: 'held' });
    expect(await answer(w, one, release(1, 10))).toBeNull();
    expect(await answer(w, two, ask(2, 21))).toMatchObject({ verdict: 'granted' });
    expect(await answer(w, one, ask(1, 11))).toMatchObject({ verdict: 'held', holder: 2 });
  });

  test('an old release, heard again, takes nothing from anybody', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    await answer(w, one, ask(1, 10));
    await answer(w, one, ask(1, 11));
    await answer(w, one, release(1, 10));
    expect(await answer(w, two, ask(2, 20))).toMatchObject({ verdict: 'held', holder: 1 });
  });

  test.each(['the same process', 'one that was started again'])(
    'a shorter promise does not cut an earlier one off: %s',
    async (who) => {
      const w = world();
      const [one, two] = [w.acceptor(), w.acceptor()];
      await answer(w, one, { ...ask(1, 10), promiseMs: 9_000 });
      const next = who === 'the same process' ? one : w.acceptor();
      expect(await answer(w, next, ask(1, 11))).toMatchObject({ verdict: 'granted' });
      await w.clock.settleBy(8_500);
      expect(await answer(w, two, ask(2, 20))).toMatchObject({ verdict: 'held', holder: 1 });
    },
  );

  test('grants all leases of a question or none', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    await answer(w, one, ask(1, 10, [51]));
    expect(await answer(w, two, ask(2, 20, [51, 52]))).toMatchObject({ verdict: 'held' });
    expect(await answer(w, one, ask(1, 11, [52]))).toMatchObject({ verdict: 'granted' });
  });

  test('a question that is repeated has the answer that it had, and an older one is too late', async () => {
    const w = world();
    const one = w.acceptor();
    await answer(w, one, ask(1, 10));
    const { revision } = w.etcd.keys.get('/lease/51') as { revision: string };
    expect(await answer(w, one, ask(1, 10))).toMatchObject({ verdict: 'granted', round: 10 });
    expect(w.etcd.keys.get('/lease/51')).toMatchObject({ revision });
    expect(await answer(w, one, ask(1, 9))).toMatchObject({ verdict: 'old', heard: 10 });
  });

  test('of another epoch or another acceptor is not heard', async () => {
    const w = world();
    const one = w.acceptor();
    expect(await answer(w, one, { ...ask(1, 10), epoch: 6 })).toMatchObject({ verdict: 'epoch' });
    expect(await answer(w, one, { ...ask(1, 10), acceptor: 5 })).toBeNull();
    expect(w.etcd.keys.size).toBe(0);
  });

  test('says nothing while etcd does not answer, tells it once, and has another try for the same question', async () => {
    const w = world();
    const one = w.acceptor();
    w.wayMs = null;
    for (let time = 0; time < 3; time += 1) {
      expect(await answer(w, one, ask(1, 10))).toBeNull();
    }
    w.wayMs = 2;
    expect(await answer(w, one, ask(1, 10))).toMatchObject({ verdict: 'granted' });
    expect(w.logged.map(({ message }) => message)).toEqual([
      'etcd does not answer',
      'etcd answers again',
    ]);
  });

  test('of members that fail in turn, each for a reason of its own, little is said', async () => {
    const w = world();
    const refusing = w.etcd.port(() => 2);
    let requests = 0;
    const grant = async (): Promise<never> => {
      requests += 1;
      throw new Error(`member ${requests % 10} is silent`);
    };
    const one = w.acceptor({ ...refusing, grant });
    for (let round = 10; round < 510; round += 1) await answer(w, one, ask(1, round));
    expect(requests).toBe(500);
    expect(w.logged.length).toBeLessThan(7);
  });

  test('a request that is not answered is given up after a sixth of the promise, and another one made', async () => {
    const w = world();
    const one = w.acceptor();
    w.wayMs = null;
    const begunAt = w.clock.now();
    expect(await answer(w, one, ask(1, 10))).toBeNull();
    expect(w.clock.now() - begunAt).toBe(PROMISE_MS / 6);
    w.wayMs = 2;
    expect(await answer(w, one, ask(1, 10))).toMatchObject({ verdict: 'granted' });
    // Of a long promise no more than a second.
    w.wayMs = null;
    const longerAt = w.clock.now();
    expect(await answer(w, one, { ...ask(1, 11), promiseMs: 9_000 })).toBeNull();
    expect(w.clock.now() - longerAt).toBe(1_000);
  });

  test('a slow etcd that has done it in the end has promised nothing that was told', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    w.wayMs = 700;
    expect(await answer(w, one, ask(1, 10))).toBeNull();
    w.wayMs = 2;
    expect(await answer(w, one, ask(1, 11))).toMatchObject({ verdict: 'granted' });
    expect(await answer(w, two, ask(2, 20))).toMatchObject({ verdict: 'held' });
  });

  test('a key that somebody removed still counts for who has seen it, and is made again by who has it', async () => {
    const w = world();
    const [one, two] = [w.acceptor(), w.acceptor()];
    await answer(w, one, ask(1, 10));
    expect(await answer(w, two, ask(2, 20))).toMatchObject({ verdict: 'held' });
    w.etcd.keys.clear();
    expect(await answer(w, two, ask(2, 21))).toMatchObject({ verdict: 'held', holder: 1 });
    expect(w.logged.at(-1)?.message).toBe('a key of etcd is gone before its time: it still counts');
    expect(await answer(w, one, ask(1, 11))).toMatchObject({ verdict: 'granted' });
    w.etcd.keys.clear();
    expect(await answer(w, two, ask(2, 22))).toMatchObject({ verdict: 'held' });
    await w.clock.settleBy(3_100);
    expect(await answer(w, two, ask(2, 23))).toMatchObject({ verdict: 'granted' });
  });

  test('one that is started again goes on from what is in etcd', async () => {
    const w = world();
    await answer(w, w.acceptor(), ask(1, 10));
    const again = w.acceptor();
    expect(again.silentForMs()).toBe(0);
    expect(await answer(w, again, ask(2, 20))).toMatchObject({ verdict: 'held', holder: 1 });
    expect(await answer(w, again, ask(1, 11))).toMatchObject({ verdict: 'granted' });
  });
});

test('never are two promises open at once, whatever is late, lost, repeated or given back', async () => {
  let grants = 0;
  const broken: string[] = [];
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = sequence(seed);
    const w = world(() => (random() < 0.1 ? null : Math.floor(random() ** 3 * 1_000)));
    const nodes = [1, 2, 3].map((node) => ({
      node,
      acceptor: w.acceptor(),
      round: 0,
      askedAt: 0,
      until: 0,
    }));
    for (let turn = 0; turn < 120; turn += 1) {
      const one = nodes[Math.floor(random() * 3)] as (typeof nodes)[number];
      if (random() < 0.05) one.acceptor = w.acceptor();
      if (random() < 0.2) {
        // Whoever gives it back uses nothing of it any more.
        one.until = 0;
        one.round += 1;
        void take(one.acceptor, release(one.node, one.round - 1), w.clock.now());
      } else {
        // Or the last question once more, which counts from when it was asked first.
        if (random() < 0.8) {
          one.round += 1;
          one.askedAt = w.clock.now();
        }
        const { round, askedAt } = one;
        void take(one.acceptor, ask(one.node, round), w.clock.now()).then(({ answer: given }) => {
          const until = askedAt + PROMISE_MS;
          if (given?.verdict !== 'granted' || one.round !== round || until <= w.clock.now()) return;
          grants += 1;
          one.until = Math.max(one.until, until);
          const open = nodes.filter((other) => other.until > w.clock.now());
          if (open.length > 1) broken.push(`seed ${seed}: ${open.map((other) => other.node)}`);
        });
      }
      await w.clock.settleBy(Math.floor(random() * 1_000));
    }
  }
  expect(broken).toEqual([]);
  expect(grants).toBeGreaterThan(1_000);
});

/** Numbers from 0 to 1, the same for a seed. */
function sequence(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    return state / 2 ** 32;
  };
}
