/** Requests for macvlans and ipvlans, octet by octet what ip(8) sends for the same, and what the kernel tells of one. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { decodeLink } from '../../../src/wire/rtnl/links.ts';
import {
  decodeIpv4Settings,
  encodeDeleteLink,
  encodeNewLink,
  encodeSetLink,
  type NewLink,
} from '../../../src/wire/rtnl/virtual-links.ts';
import { captureNamed, onlyMessage, payloadOf, readCaptures } from '../capture.ts';

const captures = readCaptures('rtnl-links');
const asked = (title: string): string =>
  sorted(payloadOf(captureNamed(captures, title).requests[0])).join('\n');

/** Header and attributes, these in the order of their types: ip(8) has them as its words stand. */
function sorted(payload: Uint8Array): readonly string[] {
  const attributes: string[] = [];
  for (let at = 16; at < payload.length; ) {
    const length = (payload[at] as number) | ((payload[at + 1] as number) << 8);
    const type = ((payload[at + 2] as number) | ((payload[at + 3] as number) << 8)) & 0x3fff;
    attributes.push(`${type} ${toHex(payload.subarray(at + 4, at + length))}`);
    at += (length + 3) & ~3;
  }
  return [toHex(payload.subarray(0, 16)), ...attributes.toSorted()];
}

const MACVLAN: NewLink = {
  name: 'vrrp.51',
  kind: 'macvlan',
  baseIndex: 3,
  mac: '00:00:5e:00:01:33',
  isolation: 'private',
};

const IPVLAN: NewLink = { ...MACVLAN, kind: 'ipvlan', name: 'vrrp.52', mac: null };

describe('a link is asked for as by', () => {
  test('ip link add type macvlan mode private', () => {
    const wanted = asked('ip link add link eth0 name vrrp.51').split('\n');
    // ip(8) sets the group in the same message; we set it in the one that follows.
    const group = wanted.filter((one) => one.startsWith('27 '));
    expect(group).toEqual(['27 07000000']);
    expect(sorted(encodeNewLink(MACVLAN))).toEqual(wanted.filter((one) => !group.includes(one)));
  });

  test.each(['private', 'bridge'] as const)('ip link add type ipvlan mode l2 %s', (isolation) => {
    const title = `ip link add link eth0 name vrrp.52 type ipvlan mode l2 ${isolation}`;
    expect(sorted(encodeNewLink({ ...IPVLAN, isolation })).join('\n')).toBe(asked(title));
  });

  test.each([
    ['ip link set dev vrrp.51 addrgenmode none', { noGeneratedAddress: true }],
    ['ip link set dev vrrp.51 alias lvs', { alias: 'lvs' }],
    ['ip link set dev vrrp.51 up', { up: true }],
    ['ip link set dev vrrp.51 master p0', { masterIndex: 2 }],
  ] as const)('%s', (title, settings) => {
    // What ip(8) leaves to chance is the padding, and the NUL at the end of an alias is not needed.
    const own = sorted(encodeSetLink(4, settings)).join('\n');
    expect(own).toBe(asked(title).replace(/(20 .*)00$/, '$1'));
  });

  test('ip link del', () => {
    expect(sorted(encodeDeleteLink(4)).join('\n')).toBe(asked('ip link del dev vrrp.51'));
  });
});

describe('a macvlan', () => {
  const payload = onlyMessage(captureNamed(captures, 'ip link show').replies[0]).payload;

  test('is known by its kind, base, mode, MAC, group and alias', () => {
    expect(decodeLink(payload)).toMatchObject({
      index: 4,
      name: 'vrrp.51',
      kind: 'macvlan',
      isolation: 'private',
      lowerIndex: 3,
      mac: '00:00:5e:00:01:33',
      group: 7,
      alias: 'lvs',
    });
  });

  test('has settings of its own, of which the kernel tells', () => {
    expect(decodeIpv4Settings(payload)).toMatchObject({ arpIgnore: 0, sendRedirects: 1 });
  });

  test('that is damaged has none, and nothing throws', () => {
    for (let octets = 0; octets < payload.length; octets += 1) {
      const part = payload.subarray(0, octets);
      expect(() => [decodeIpv4Settings(part), decodeLink(part)]).not.toThrow();
    }
  });
});
