/** Addresses as text: what is one, and that each has one text only. */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/address.ts';

/** What ipaddr.js says of a text without colon: four decimal numbers, none with a leading zero. */
function byIpaddr(text: string): string | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text).toString() : null;
}

const octet = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.integer({ min: 0, max: 99 }).map((number) => `0${number}`),
  fc.constantFrom('', ' 1', '1 ', '+1', '-1', '0x1', '1e1', '00', '256', '1\n', '٣'),
);
const parts = fc.oneof(
  { weight: 3, arbitrary: fc.array(octet, { minLength: 4, maxLength: 4 }) },
  fc.array(octet, { maxLength: 6 }),
);

describe('an IPv4 address', () => {
  test('is what ipaddr.js takes for one, written as it writes it', () => {
    fc.assert(
      fc.property(parts, (some) => {
        const text = some.join('.');
        expect(parseAddress(text)).toBe(byIpaddr(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is taken as it stands when it is one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parseAddress(text)).toBe(text);
        expect(byIpaddr(text)).toBe(text);
      }),
    );
  });

  test.each([
    '010.0.0.1',
    '10.0.0.01',
    '10.0.0',
    '10.0.0.1.',
    '.10.0.0.1',
    '10.0.0.1.1',
    '10.0.0.256',
    '10.0.0.1/24',
    '10.0.0.1 ',
    '10.0.0.1\n',
    '0x0a.0.0.1',
    '10',
    '',
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

test('an IPv6 address is written as RFC 5952 wants it', () => {
  expect(parseAddress('FD00:0:0:0::1')).toBe('fd00::1');
  expect(parseAddress('::ffff:192.0.2.1')).toBe('::ffff:c000:201');
  expect(parseAddress('fe80::1%eth0')).toBeNull();
  expect(parseAddress('fd00::1::2')).toBeNull();
});
