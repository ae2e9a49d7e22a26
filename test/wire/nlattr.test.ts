import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, Truncated, toHex } from '../../src/base/bytes.ts';
import { AttributeMissing, Attributes, AttributeWriter, orNull } from '../../src/wire/nlattr.ts';

const ALL = new AttributeWriter()
  .u8(1, 0x12)
  .u16Host(2, 0x1234)
  .u16Be(3, 0x1234)
  .u32Host(4, 0xfedcba98)
  .u32Be(5, 0xfedcba98)
  .text(6, 'wrr')
  .bytes(7, fromHex('0102030405'))
  .nest(8, new AttributeWriter().u8(1, 9))
  .finish();

describe('attributes', () => {
  test('are padded to 4 octets, and the padding does not count', () => {
    expect(toHex(new AttributeWriter().u16Be(4, 80).u8(1, 7).finish())).toBe(
      '0600040000500000' + '0500010007000000',
    );
  });

  test('come back as they were written', () => {
    const attributes = new Attributes(ALL);
    expect(attributes.u8(1)).toBe(0x12);
    expect(attributes.u16Host(2)).toBe(0x1234);
    expect(attributes.u16Be(3)).toBe(0x1234);
    expect(attributes.u32Host(4)).toBe(0xfedcba98);
    expect(attributes.i32Host(4)).toBe(0xfedcba98 - 2 ** 32);
    expect(attributes.u32Be(5)).toBe(0xfedcba98);
    expect(attributes.text(6, null)).toBe('wrr');
    expect(toHex(attributes.bytes(7))).toBe('0102030405');
    expect(attributes.nest(8).u8(1)).toBe(9);
  });

  test('are found whether or not their nest is marked as one (NLA_F_NESTED)', () => {
    expect(new Attributes(fromHex('0c000180' + '0500010007000000')).nest(1).u8(1)).toBe(7);
  });

  test('that are absent have the value given for that, or are missed', () => {
    const attributes = new Attributes(new Uint8Array());
    expect(attributes.u32Host(1, 5)).toBe(5);
    expect(attributes.text(1, null)).toBeNull();
    expect(() => attributes.u32Host(1)).toThrow(AttributeMissing);
    expect(() => attributes.bytes(1)).toThrow(AttributeMissing);
  });

  test('shorter than their type are refused, longer ones are cut', () => {
    const attributes = new Attributes(
      fromHex('0500010007000000' + '0c000200' + '0700000001020304'),
    );
    expect(() => attributes.u16Host(1)).toThrow(Truncated);
    expect(attributes.u32Host(2)).toBe(7);
  });

  test.each([1, 19, 20, 64, 0x3fff])('of type %i, given twice: the last counts', (type) => {
    const list = new AttributeWriter().u8(type, 1).u8(7, 5).u8(type, 2).finish();
    const read = new Attributes(list);
    expect([read.u8(type), read.u8(7), read.has(type), read.has(type - 1)]).toEqual([
      2,
      5,
      true,
      false,
    ]);
    expect(read.bytes(type)).toEqual(Uint8Array.of(2));
  });

  test('ignore up to 3 stray octets at the end, as the kernel does', () => {
    expect(new Attributes(fromHex('0500010007000000' + 'ffffff')).u8(1)).toBe(7);
  });

  test.each([
    ['a length beyond the end', '0900010007000000'],
    ['a length shorter than the header', '0300010007000000'],
    ['a length of zero', '0000010007000000'],
  ])('with %s are refused', (_, hex) => {
    expect(() => new Attributes(fromHex(hex))).toThrow(Truncated);
  });

  test('made of anything are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        orNull(() => new Attributes(octets).nest(1).text(2, ''));
      }),
    );
  });
});
