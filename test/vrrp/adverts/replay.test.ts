/** Signed advertisements once, and never again, whatever clocks do. */
import { describe, expect, test } from 'vitest';
import { ahead, ReplayGuard, Stamps, stampAt } from '../../../src/vrrp/adverts/replay.ts';
import type { Stamp } from '../../../src/wire/vrrp-hmac.ts';

const TIME = { antiReplay: 'time', windowMs: 5_000 } as const;
const MONOTONIC = { antiReplay: 'monotonic', windowMs: 5_000 } as const;
const PEER = '192.0.2.3';
const TODAY = Date.UTC(2026, 10, 28);
const TEN_YEARS_MS = 10 * 365.25 * 86_400_000;

/** Sender and receiver, each with a monotonic and a wall clock, and what was sent, for those who listen. */
class Scene {
  now = 1_000_000;
  senderWall = TODAY;
  receiverWall = TODAY;
  guard = new ReplayGuard();
  stamps = new Stamps(TIME.windowMs);
  readonly recorded: Stamp[] = [];

  pass(ms: number): void {
    this.now += ms;
    this.senderWall += ms;
    this.receiverWall += ms;
  }

  hear(stamp: Stamp): string | null {
    return this.guard.take(PEER, stamp, TIME, { now: this.now, wallMs: this.receiverWall });
  }

  send(): Stamp {
    const stamp = this.stamps.next({ now: this.now, wallMs: this.senderWall });
    this.recorded.push(stamp);
    return stamp;
  }

  /** So many advertisements, one a second: what is said of each that is not taken. */
  run(count: number): readonly (string | null)[] {
    return Array.from({ length: count }, () => {
      this.pass(1_000);
      return this.hear(this.send());
    }).filter((refused) => refused !== null);
  }

  replayAll(): readonly (string | null)[] {
    return this.recorded.map((stamp) => this.hear(stamp));
  }
}

const allRefused = (verdicts: readonly (string | null)[]): boolean =>
  verdicts.every((verdict) => verdict === 'replay' || verdict === 'clock');

describe('what was heard', () => {
  test('is not heard again, at once or later', () => {
    const scene = new Scene();
    expect(scene.run(20)).toEqual([]);
    expect(allRefused(scene.replayAll())).toBe(true);
    scene.pass(600_000);
    expect(allRefused(scene.replayAll())).toBe(true);
  });

  test('and what was kept back, by who listened in between, is too late', () => {
    const scene = new Scene();
    scene.run(5);
    scene.pass(1_000);
    const kept = scene.send();
    scene.pass(10_000);
    expect(scene.hear(kept)).toBe('clock');
  });
});

describe('a step of a wall clock', () => {
  test.each([
    ['ten years forward', TEN_YEARS_MS],
    ['ten years back', -TEN_YEARS_MS],
    ['a minute forward', 60_000],
    ['a minute back', -60_000],
  ])('%s, of the receiver, changes nothing and opens no replay', (_, step) => {
    const scene = new Scene();
    scene.run(10);
    scene.receiverWall += step;
    expect(scene.run(100)).toEqual([]);
    expect(allRefused(scene.replayAll())).toBe(true);
    scene.receiverWall -= step;
    expect(scene.run(10)).toEqual([]);
    expect(allRefused(scene.replayAll())).toBe(true);
  });

  test.each([
    ['ten years forward', TEN_YEARS_MS],
    ['ten years back', -TEN_YEARS_MS],
    ['a minute forward', 60_000],
    ['a minute back', -60_000],
  ])('%s, of a sender of ours, is followed', (_, step) => {
    const scene = new Scene();
    scene.run(10);
    scene.senderWall += step;
    expect(scene.run(300)).toEqual([]);
    scene.senderWall -= step;
    expect(scene.run(300)).toEqual([]);
    expect(allRefused(scene.replayAll())).toBe(true);
  });

  test('of a sender that follows its wall clock, as keepalived does, is refused until it is right again', () => {
    const scene = new Scene();
    scene.run(10);
    scene.pass(1_000);
    expect(scene.hear(stampAt(scene.senderWall + TEN_YEARS_MS))).toBe('clock');
    scene.pass(1_000);
    expect(scene.hear(stampAt(scene.senderWall))).toBe(null);
  });

  test('of both, forward and back, does not lock out a sender that began anew in between', () => {
    const scene = new Scene();
    // Both clocks are ten years ahead, and what is sent then is recorded.
    scene.senderWall += TEN_YEARS_MS;
    scene.receiverWall += TEN_YEARS_MS;
    expect(scene.run(10)).toEqual([]);
    const ahead10 = [...scene.recorded];
    scene.senderWall -= TEN_YEARS_MS;
    scene.receiverWall -= TEN_YEARS_MS;
    // The sender begins anew and remembers nothing; it was silent for as long.
    scene.stamps = new Stamps(TIME.windowMs);
    scene.pass(20_000);
    expect(scene.run(50)).toEqual([]);
    // And what was sent ten years ahead is still a replay, even when the receiver's clock is there again.
    scene.receiverWall += TEN_YEARS_MS;
    expect(allRefused(ahead10.map((stamp) => scene.hear(stamp)))).toBe(true);
    expect(scene.run(10)).toEqual([]);
  });
});

describe('a restart', () => {
  test('of the receiver keeps what was heard', () => {
    const scene = new Scene();
    scene.run(10);
    const kept = scene.guard.read();
    scene.guard = new ReplayGuard();
    scene.guard.restore(kept);
    expect(allRefused(scene.replayAll())).toBe(true);
    scene.receiverWall += TEN_YEARS_MS;
    expect(scene.run(10)).toEqual([]);
  });

  test('of the sender goes on behind what it has sent, also with a clock that is behind', () => {
    const scene = new Scene();
    scene.run(10);
    const { latest } = scene.stamps;
    scene.senderWall -= TEN_YEARS_MS;
    scene.stamps = new Stamps(TIME.windowMs, latest);
    expect(scene.run(10)).toEqual([]);
  });
});

test('monotonic: only what grows is taken, at whatever time', () => {
  const guard = new ReplayGuard();
  const take = (ticks: number, counter = 0): string | null =>
    guard.take(PEER, { ticks, counter }, MONOTONIC, { now: 0, wallMs: 0 });
  expect(take(1000)).toBe(null);
  expect(take(1000)).toBe('replay');
  expect(take(1000, 1)).toBe(null);
  expect(take(999)).toBe('replay');
  expect(take(2 ** 40)).toBe(null);
  expect(take(2000)).toBe('replay');
});

test('each sender has stamps of its own', () => {
  const guard = new ReplayGuard();
  const at = { now: 0, wallMs: TODAY };
  expect(guard.take('192.0.2.3', stampAt(TODAY), TIME, at)).toBe(null);
  expect(guard.take('192.0.2.4', stampAt(TODAY), TIME, at)).toBe(null);
  expect(guard.take('192.0.2.3', stampAt(TODAY), TIME, at)).toBe('replay');
});

test('stamps go round the ring of 2^48', () => {
  const last = { ticks: 2 ** 48 - 1, counter: 0 };
  expect(ahead({ ticks: 0, counter: 0 }, last)).toBe(1);
  expect(ahead(last, { ticks: 0, counter: 0 })).toBe(-1);
});

test('of two stamps at one time the counter tells the later', () => {
  const stamps = new Stamps(5_000);
  const at = { now: 5, wallMs: TODAY };
  const [first, second, third] = [stamps.next(at), stamps.next(at), stamps.next(at)];
  expect([second.counter, third.counter]).toEqual([1, 2]);
  expect(ahead(second, first)).toBeGreaterThan(0);
  expect(ahead(third, second)).toBeGreaterThan(0);
});
