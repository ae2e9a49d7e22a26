/** The mark behind an advertisement on a further path: octets and back, and nothing that is none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { encodePathMark, PATH_MARK_OCTETS, readPathMark } from '../../src/wire/vrrp-path-mark.ts';

describe.each([
  ['ipv4', '192.0.2.1', '4c56534101040000c0000201000000000000000000000000'],
  ['ipv6', 'fe80::1', '4c56534101060000fe800000000000000000000000000001'],
] as const)('of %s', (family, address, hex) => {
  const other = family === 'ipv4' ? 'ipv6' : 'ipv4';

  test('has these octets, and is read from them, whatever stands behind', () => {
    const mark = encodePathMark(address, family);
    expect(toHex(mark)).toBe(hex);
    expect(readPathMark(Uint8Array.from([...mark, 1, 2, 3]), family)).toBe(address);
  });

  test('is none when it is cut short, of another family, or of another version', () => {
    const mark = encodePathMark(address, family);
    for (let length = 0; length < PATH_MARK_OCTETS; length += 1) {
      expect(readPathMark(mark.subarray(0, length), family)).toBe(null);
    }
    expect(readPathMark(mark, other)).toBe(null);
    for (const at of [0, 3, 4, 5]) {
      const spoilt = Uint8Array.from(mark);
      spoilt[at] = (spoilt[at] as number) ^ 0xff;
      expect(readPathMark(spoilt, family)).toBe(null);
    }
  });
});

test('whatever octets there are, it does not throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      expect(readPathMark(octets, 'ipv4')).toBe(null);
    }),
  );
});
