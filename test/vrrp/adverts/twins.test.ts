/** Which of two packets brings an advertisement that another path has brought already. */
import { describe, expect, test } from 'vitest';
import { LatestByPath, Twins } from '../../../src/vrrp/adverts/twins.ts';

const A = { sender: '10.0.0.1', priority: 150 };
const RESIGNS = { sender: '10.0.0.1', priority: 0 };
const WITHIN_MS = 500;

describe('in which nothing tells', () => {
  test('the same of the same sender on another path, soon', () => {
    const twins = new Twins();
    expect(twins.isTwin('main', A, WITHIN_MS, 0)).toBe(false);
    expect(twins.isTwin('eth1', A, WITHIN_MS, 3)).toBe(true);
    expect(twins.isTwin('eth2', A, WITHIN_MS, 3)).toBe(true);
  });

  test('not the same path, not another sender or priority, not later', () => {
    const twins = new Twins();
    expect(twins.isTwin('main', A, WITHIN_MS, 0)).toBe(false);
    expect(twins.isTwin('main', A, WITHIN_MS, 10)).toBe(false);
    expect(twins.isTwin('eth1', RESIGNS, WITHIN_MS, 10)).toBe(false);
    expect(twins.isTwin('eth1', { ...A, sender: '10.0.0.9' }, WITHIN_MS, 10)).toBe(false);
    expect(twins.isTwin('eth1', A, WITHIN_MS, 510)).toBe(false);
  });

  test('one that is overtaken by the priority 0 of its sender', () => {
    const twins = new Twins();
    expect(twins.isTwin('main', A, WITHIN_MS, 0)).toBe(false);
    expect(twins.isTwin('main', RESIGNS, WITHIN_MS, 5)).toBe(false);
    expect(twins.isTwin('eth1', A, WITHIN_MS, 20)).toBe(true);
    expect(twins.isTwin('eth1', RESIGNS, WITHIN_MS, 25)).toBe(true);
  });

  test('two answers in a row on a fast and a slow path', () => {
    const twins = new Twins();
    const seen = [
      ['main', 0],
      ['main', 1],
      ['eth1', 20],
      ['eth1', 21],
      ['eth1', 22],
    ] as const;
    expect(seen.map(([path, at]) => twins.isTwin(path, A, WITHIN_MS, at))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  test('a flood of senders is no reason to remember more', () => {
    const twins = new Twins();
    twins.isTwin('main', A, WITHIN_MS, 0);
    for (let at = 0; at < 20; at += 1) {
      twins.isTwin('main', { ...A, sender: `10.0.0.${at + 9}` }, WITHIN_MS, 1);
    }
    expect(twins.isTwin('eth1', A, WITHIN_MS, 2)).toBe(false);
  });
});

describe('the latest mark of a sender on a path', () => {
  test('is passed by later ones only, each path for itself', () => {
    const latest = new LatestByPath<number>((one, other) => one > other);
    expect(latest.take('main', 'a', 5)).toBe(true);
    expect(latest.take('main', 'a', 5)).toBe(false);
    expect(latest.take('main', 'a', 4)).toBe(false);
    expect(latest.take('eth1', 'a', 4)).toBe(true);
    expect(latest.take('main', 'b', 1)).toBe(true);
    expect(latest.take('main', 'a', 6)).toBe(true);
  });

  test('of those heard least lately is forgotten', () => {
    const latest = new LatestByPath<number>((one, other) => one > other);
    for (let sender = 0; sender < 300; sender += 1) latest.take('main', String(sender), 1);
    expect(latest.take('main', '0', 1)).toBe(true);
    expect(latest.take('main', '299', 1)).toBe(false);
  });
});
