import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import {
  addressBytes,
  addressFromBytes,
  ipv4Number,
  ipv4Text,
  netmaskNumber,
  netmaskOf,
  parseAddress,
  prefixLengthOf,
  prefixLengthOfNumber,
} from '../../src/base/address.ts';

describe('the octets of a canonical address', () => {
  test.each(['::', '::1', 'fd00::', 'fd00::1', '1:2:3:4:5:6:7:8', '1::8', '::ffff:a00:1'])(
    '%s: those that ipaddr.js gives',
    (address) => {
      expect(parseAddress(address)).toBe(address);
      expect(Array.from(addressBytes(address))).toEqual(ipaddr.parse(address).toByteArray());
    },
  );

  test.each([
    ['0:0:1:0:0:1:1:1', '::1:0:0:1:1:1'],
    ['1:0:0:1:0:0:0:1', '1:0:0:1::1'],
    ['0:1:1:1:1:1:1:0', '0:1:1:1:1:1:1:0'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:1:1:1:1:1:0:0', '1:1:1:1:1:1::'],
  ])(
    '%s: the first of the longest runs of zeros is left out (RFC 5952 §4.2.3)',
    (text, canonical) => {
      expect(parseAddress(text)).toBe(canonical);
      expect(addressFromBytes(Uint8Array.from(ipaddr.parse(text).toByteArray()))).toBe(canonical);
    },
  );

  test('come back as the same text, of either family (property)', () => {
    const octets = fc.constantFrom(4, 16).chain((count) => {
      const octet = fc.oneof(fc.constant(0), fc.nat(255));
      return fc.array(octet, { minLength: count, maxLength: count });
    });
    fc.assert(
      fc.property(octets, (each) => {
        const address = addressFromBytes(Uint8Array.from(each));
        expect(address).toBe(parseAddress(address));
        expect(Array.from(addressBytes(address))).toEqual(each);
        expect(Array.from(addressBytes(address))).toEqual(ipaddr.parse(address).toByteArray());
      }),
    );
  });

  test('of IPv4 make a number', () => {
    expect(ipv4Number('10.0.0.1')).toBe(0x0a000001);
    expect(ipv4Number('255.255.255.255')).toBe(0xffffffff);
  });
});

test('netmasks as numbers agree with those as text', () => {
  for (let length = 0; length <= 32; length += 1) {
    const number = netmaskNumber(length);
    expect(ipv4Text(number)).toBe(netmaskOf(length));
    expect(prefixLengthOfNumber(number)).toBe(length);
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
      expect(prefixLengthOfNumber(number)).toBe(prefixLengthOf(ipv4Text(number)));
    }),
  );
});
