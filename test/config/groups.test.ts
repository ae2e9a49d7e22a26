/** Groups of services and their limits; what is told of mistakes in them is in the golden files. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes, addressFromBytes, familyOf } from '../../src/base/address.ts';
import { addressesIn, parseAddressRange, sizeOf } from '../../src/config/build/address-range.ts';
import { formatService } from '../../src/model/names.ts';
import { load } from './world.ts';

const group = (lines: string, protocol = 'TCP', name = 'web'): string =>
  `virtual_server_group ${name} {\n${lines}\n}\nvirtual_server group ${name} {
    lvs_sched rr
    lvs_method DR
    protocol ${protocol}
    real_server 198.51.100.21 80 { TCP_CHECK { } }
    real_server 198.51.100.22 80 { TCP_CHECK { } }
}
`;

const servicesOf = (text: string): readonly (readonly string[])[] =>
  (load(text).director?.health.virtualServers ?? []).map(({ keys }) => keys.map(formatService));

const codesOf = (text: string): readonly string[] =>
  load(text).diagnostics.map(({ code, severity }) => `${severity} ${code}`);

const arbitraryAddress = fc
  .oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  )
  .map((octets) => addressFromBytes(octets));

describe('a range of addresses', () => {
  test.each([
    ['192.0.2.254-255', ['192.0.2.254', '192.0.2.255']],
    ['192.0.2.255-192.0.3.1', ['192.0.2.255', '192.0.3.0', '192.0.3.1']],
    ['192.0.2.7-192.0.2.7', ['192.0.2.7']],
    ['192.0.2.4/31', ['192.0.2.4', '192.0.2.5']],
    ['192.0.2.4/32', ['192.0.2.4']],
    ['2001:db8::fe-101', ['2001:db8::fe', '2001:db8::ff', '2001:db8::100', '2001:db8::101']],
    ['2001:db8::ffff-2001:db8::1:0', ['2001:db8::ffff', '2001:db8::1:0']],
    ['2001:db8::8/127', ['2001:db8::8', '2001:db8::9']],
    ['255.255.255.255', ['255.255.255.255']],
  ])('%s has all of them', (text, addresses) => {
    const range = parseAddressRange(text);
    expect(range && addressesIn(range)).toEqual(addresses);
  });

  test.each([
    '192.0.2.5-5',
    '192.0.2.5-4',
    '192.0.2.5-256',
    '192.0.2.5-192.0.2.4',
    '192.0.2.5-2001:db8::5',
    '192.0.2.5/31',
    '192.0.2.4/33',
    '192.0.2.4/',
    '192.0.2.4-',
    '192.0.2.4-5-6',
    '2001:db8::5-5',
    '2001:db8::5-10000',
    '2001:db8::1/127',
    'eth0',
    '',
  ])('is not "%s"', (text) => {
    expect(parseAddressRange(text)).toBeNull();
  });

  test('of two whole addresses begins and ends with these, and has no address twice', () => {
    fc.assert(
      fc.property(arbitraryAddress, fc.nat(600), (first, more) => {
        const octets = addressBytes(first);
        // Somewhere behind, as far as the last two octets reach.
        const end = Math.min(0xffff, ((octets.at(-2) ?? 0) << 8) + (octets.at(-1) ?? 0) + more);
        octets[octets.length - 2] = end >> 8;
        octets[octets.length - 1] = end & 0xff;
        const last = addressFromBytes(octets);
        const range = parseAddressRange(`${first}-${last}`);
        const addresses = range === null ? [] : addressesIn(range);
        expect([addresses[0], addresses.at(-1)]).toEqual([first, last]);
        expect(new Set(addresses).size).toBe(range && sizeOf(range));
        expect(addresses.every((address) => familyOf(address) === familyOf(first))).toBe(true);
      }),
    );
  });
});

describe('a group', () => {
  test('may be used by several virtual servers of different protocols', () => {
    const [tcp, udp] = [group('192.0.2.10 80'), group('192.0.2.10 80', 'UDP')];
    const second = udp.slice(udp.indexOf('virtual_server group'));
    expect(codesOf(tcp + second)).toEqual([]);
    expect(servicesOf(tcp + second)).toEqual([['192.0.2.10:80 tcp'], ['192.0.2.10:80 udp']]);
  });

  test('may stand below its use', () => {
    const text = group('192.0.2.10 80');
    const at = text.indexOf('virtual_server group');
    expect(servicesOf(text.slice(at) + text.slice(0, at))).toEqual([['192.0.2.10:80 tcp']]);
  });

  test('of firewall marks needs no protocol', () => {
    const text = group('fwmark 1\nfwmark 2 inet').replace('protocol TCP', '');
    expect(codesOf(text)).toEqual([]);
    expect(servicesOf(text)).toEqual([['fwmark 1 ipv4', 'fwmark 2 ipv4']]);
  });

  test('whose braces are missing is told once, and not looked for', () => {
    const text = group('192.0.2.10 80').replace(/\{\n192[^}]*\}/, '');
    expect(codesOf(text)).toEqual(['error missing-open-brace']);
  });

  test('may have a hundred thousand services, and no millions', () => {
    expect(codesOf(group('10.0.0.0/15 80'))).toEqual([]);
    expect(servicesOf(group('10.0.0.0/15 80'))[0]).toHaveLength(131_072);
    expect(codesOf(group('10.0.0.0/15 80\n10.2.0.0 80\n10.2.0.1 80'))).toEqual(['error too-large']);
    expect(codesOf(group('10.0.0.0/15 80') + group('10.2.0.0 80', 'TCP', 'other'))).toEqual([
      'error too-large',
    ]);
  });

  test('may have a million real servers in the kernel, and no more', () => {
    const real = (count: number): string =>
      group('10.0.0.0/15 80').replace(
        /( *real_server .*\n)+/,
        `~SEQ(i, 1, ${count}) real_server 198.51.100.\${i} 80 { TCP_CHECK { } }\n`,
      );
    expect(codesOf(real(7))).toEqual([]);
    expect(codesOf(real(8))).toEqual(['error too-large']);
  });
});

test('mh takes as many real servers as its table has entries', () => {
  const pool = (count: number, more = ''): string => `virtual_server 192.0.2.10 80 {
    lvs_sched mh
    mh-fallback
    lvs_method NAT
    protocol TCP
    ${more}
    ~SEQ(i, 1, ${count}) real_server 198.51.100.21 \${i} { TCP_CHECK { } }
}
`;
  expect(codesOf(pool(4_093))).toEqual([]);
  expect(codesOf(pool(4_094))).toEqual(['error out-of-range']);
  expect(codesOf(pool(4_094).replace('lvs_sched mh\n    mh-fallback', 'lvs_sched wrr'))).toEqual(
    [],
  );
  // The sorry server takes a place when it stays in the kernel.
  const sorry = 'sorry_server 198.51.100.99 80';
  expect(codesOf(pool(4_093, sorry))).toEqual([]);
  expect(codesOf(pool(4_093, `${sorry}\nsorry_server_inhibit`))).toEqual(['error out-of-range']);
});
