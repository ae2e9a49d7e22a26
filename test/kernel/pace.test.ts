import { describe, expect, test } from 'vitest';
import { type MessageCost, SendPace } from '../../src/kernel/pace.ts';

const plain = (): MessageCost => 'plain';
const rebind = (): MessageCost => 'rebind';

describe('one send', () => {
  test('has 128 messages at first, and up to 256 when they turn out to be cheap', () => {
    const pace = new SendPace();
    expect(pace.next(0, 1000, plain)).toBe(128);
    pace.took(0.1);
    expect(pace.next(128, 1000, plain)).toBe(256);
    pace.took(0.1);
    expect(pace.next(384, 1000, plain)).toBe(256);
    expect(pace.next(990, 1000, plain)).toBe(10);
  });

  test('has fewer when they turn out to be dear', () => {
    const pace = new SendPace();
    pace.next(0, 1000, plain);
    pace.took(16);
    expect(pace.next(128, 1000, plain)).toBe(32);
    pace.took(4);
    expect(pace.next(160, 1000, plain)).toBe(32);
  });

  test('has one message that gives a service another scheduler, until that is seen to be cheap', () => {
    const pace = new SendPace();
    const sizes = [0.2, 0.2, 0.2, 0.2, 16, 16].map((ms) => {
      const size = pace.next(0, 1000, rebind);
      pace.took(ms * size);
      return size;
    });
    expect(sizes).toEqual([1, 2, 4, 8, 16, 1]);
  });

  test('counts dear messages among cheap ones', () => {
    const pace = new SendPace();
    const mixed = (at: number): MessageCost => (at % 11 === 10 ? 'bind' : 'plain');
    expect(pace.next(0, 1000, mixed)).toBeLessThan(128);
    expect(pace.next(0, 1000, mixed)).toBeGreaterThan(50);
  });

  test('makes progress whatever it costs', () => {
    const pace = new SendPace();
    pace.next(0, 10, plain);
    pace.took(60_000);
    expect(pace.next(0, 10, plain)).toBe(1);
  });
});
