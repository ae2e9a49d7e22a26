/** Heads of sync messages as the kernel writes them, and what is none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import { decodeSyncHead } from '../../../src/wire/ipvs/sync-message.ts';

/** A head and as many octets as it says. */
function message(head: string, octets: number): Uint8Array {
  const whole = new Uint8Array(octets);
  whole.set(fromHex(head));
  return whole;
}

test.each([
  ['version 1', message('00 07 002c 01 01 0000'.replaceAll(' ', ''), 44), [1, 7, 1]],
  ['version 1 without an entry', message('0033000800010000', 8), [1, 51, 0]],
  ['version 0', message('02070034', 52), [0, 7, 2]],
  ['version 0 without an entry', message('00070004', 4), [0, 7, 0]],
] as const)('%s', (_, octets, [version, syncId, entries]) => {
  expect(decodeSyncHead(octets)).toEqual({ version, syncId, entries });
});

describe('no sync message', () => {
  const good = message('0007002c01010000', 44);

  test('what is cut, at every length, and what is too long', () => {
    for (let octets = 0; octets < good.length; octets += 1) {
      expect(decodeSyncHead(good.subarray(0, octets)), `${octets}`).toBeNull();
    }
    expect(decodeSyncHead(message('0007002c01010000', 45))).toBeNull();
  });

  test('whatever comes, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        const head = decodeSyncHead(octets);
        expect(head === null || head.syncId === octets[1]).toBe(true);
      }),
    );
  });
});
