/** What the kernel is told to drop: the program, run as the kernel runs it. */
import { describe, expect, test } from 'vitest';
import { AH_OCTETS, AH_PROTOCOL } from '../../src/wire/ah.ts';
import { encodeIpv4Header } from '../../src/wire/ip.ts';
import { type FilterOptions, OPEN_FILTER, vrrpFilter } from '../../src/wire/vrrp-filter.ts';
import { runFilter } from './bpf.ts';

const VRIDS = [1, 31, 32, 51, 128, 255];

interface Sent {
  readonly first?: number;
  readonly vrid: number;
  readonly hopLimit?: number;
  readonly options?: number;
}

function passes(options: FilterOptions, sent: Sent): boolean {
  const { first = 0x31, vrid, hopLimit = 255 } = sent;
  const message = [first, vrid, 100, 1, 0, 100, 0, 0, 10, 0, 0, 1];
  if (options.family === 'ipv6') {
    const header = new Uint8Array(40);
    header[7] = hopLimit;
    return runFilter(vrrpFilter(options), { network: header, data: Uint8Array.from(message) }) > 0;
  }
  const fields = { source: '10.0.0.1', destination: '224.0.0.18', hopLimit, protocol: 112 };
  const header = [...encodeIpv4Header(fields), ...new Array(sent.options ?? 0).fill(1)];
  header[0] = 0x40 | (header.length / 4);
  const before = options.protocol === AH_PROTOCOL ? new Array(AH_OCTETS).fill(0) : [];
  const packet = Uint8Array.from([...header, ...before, ...message]);
  return runFilter(vrrpFilter(options), { network: packet, data: packet }) > 0;
}

describe.each<[string, FilterOptions]>([
  ['IPv4', { family: 'ipv4', protocol: 112, unicast: false, vrids: VRIDS }],
  [
    'IPv4, in an authentication header',
    { family: 'ipv4', protocol: 51, unicast: false, vrids: VRIDS },
  ],
  ['IPv4, unicast', { family: 'ipv4', protocol: 112, unicast: true, vrids: VRIDS }],
  ['IPv6', { family: 'ipv6', protocol: 112, unicast: false, vrids: VRIDS }],
  ['IPv6, unicast', { family: 'ipv6', protocol: 112, unicast: true, vrids: VRIDS }],
])('%s', (_, options) => {
  test('exactly our VRIDs come through', () => {
    const through = Array.from({ length: 256 }, (__, vrid) => vrid).filter((vrid) =>
      passes(options, { vrid }),
    );
    expect(through).toEqual(VRIDS);
  });

  test('only advertisements of version 2 and 3', () => {
    const through = Array.from({ length: 256 }, (__, first) => first).filter((first) =>
      passes(options, { vrid: 51, first }),
    );
    expect(through).toEqual([0x21, 0x31]);
  });

  test('of multicast only what has passed no router', () => {
    expect(passes(options, { vrid: 51, hopLimit: 254 })).toBe(options.unicast);
  });

  test('options in the header do not hide the VRID', () => {
    expect(passes(options, { vrid: 51, options: 8 })).toBe(true);
    expect(passes(options, { vrid: 52, options: 8 })).toBe(false);
  });

  test('it fits into what the kernel takes', () => {
    expect(vrrpFilter(options).length / 4).toBeLessThanOrEqual(64);
  });
});

test('without vrids nothing, and without a filter everything comes through', () => {
  expect(passes({ family: 'ipv4', protocol: 112, unicast: false, vrids: [] }, { vrid: 1 })).toBe(
    false,
  );
  const nothing = new Uint8Array(0);
  expect(runFilter(OPEN_FILTER, { network: nothing, data: nothing })).toBeGreaterThan(0);
});
