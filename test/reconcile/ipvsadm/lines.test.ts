/** Counters as ipvsadm 1.31 printed them, and addresses as inet_ntop(3) writes them. */
import { describe, expect, test } from 'vitest';
import { Lines } from '../../../src/reconcile/ipvsadm/lines.ts';
import { addressWords } from '../../../src/reconcile/ipvsadm/order.ts';

function written(write: (lines: Lines) => void): string {
  const lines = new Lines(1);
  write(lines);
  return Buffer.from(lines.take()).toString();
}

describe('a counter', () => {
  const counter = (value: bigint, exact: boolean): string =>
    written((lines) => lines.counter(Number(value >> 32n), Number(value & 0xffff_ffffn), exact));

  test.each<[bigint, string, string]>([
    [0n, '        0', '        0'],
    [99_999_999n, ' 99999999', ' 99999999'],
    [100_000_000n, '  100000K', ' 100000000'],
    [999_999_999n, '  999999K', ' 999999999'],
    [1_000_000_000n, '    1000M', ' 1000000000'],
    [99_999_999_999n, '   99999M', ' 99999999999'],
    [100_000_000_000n, '     100G', ' 100000000000'],
    [99_999_999_999_999n, '   99999G', ' 99999999999999'],
    [100_000_000_000_000n, '     100T', ' 100000000000000'],
    [9_007_199_254_740_993n, '    9007T', ' 9007199254740993'],
    [12_345_678_901_234_567_890n, '12345678T', ' 12345678901234567890'],
    [18_446_744_073_709_551_615n, '18446744T', ' 18446744073709551615'],
  ])('%d', (value, rounded, exact) => {
    expect(counter(value, false)).toBe(rounded);
    expect(counter(value, true)).toBe(exact);
  });
});

describe('an IPv6 address', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::1:0', '::0.1.0.0'],
    ['::102:304', '::1.2.3.4'],
    ['::ffff:102:304', '::ffff:1.2.3.4'],
    ['::1:0:2', '::1:0:2'],
    ['::fffe:1:2', '::fffe:1:2'],
    ['fd00:0:1:2:3:2:1:1', 'fd00:0:1:2:3:2:1:1'],
    ['fd00:0:0:2:0:0:1:1', 'fd00::2:0:0:1:1'],
    ['fd00:0:1:0:0:2:0:0', 'fd00:0:1::2:0:0'],
    ['fd00:0:0:1:0:0:0:1', 'fd00:0:0:1::1'],
    ['2001:db8:10:200:3000:4:50:600', '2001:db8:10:200:3000:4:50:600'],
  ])('%s', (address, text) => {
    expect(written((lines) => lines.ipv6(addressWords(address), 0))).toBe(text);
  });
});
