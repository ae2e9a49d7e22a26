import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import {
  decodeAddress,
  encodeDeleteAddress,
  encodeGetAddresses,
  encodeNewAddress,
  type LinkAddress,
  type LinkAddressState,
} from '../../../src/wire/rtnl/addresses.ts';
import { decodeLink, encodeGetLink, type Link } from '../../../src/wire/rtnl/links.ts';
import { decodeNotification } from '../../../src/wire/rtnl/notification.ts';
import { RouteMessage } from '../../../src/wire/rtnl/numbers.ts';
import { ETH0, ETH0_ADDRESS } from '../../world/eth0.ts';
import { captureNamed, onlyMessage, payloadOf, readCaptures } from '../capture.ts';

const captures = readCaptures('rtnl');
const requestOf = (title: string) => payloadOf(captureNamed(captures, title).requests[0]);
const messagesOf = (title: string) => captureNamed(captures, title).replies.map(onlyMessage);
const eventsOf = (title: string) =>
  messagesOf(title).map(({ type, payload }) => decodeNotification(type, payload));

const VETH: Link = { ...ETH0, index: 3, name: 'v0', lowerIndex: 2, kind: 'veth' };

const FIRST: LinkAddressState = {
  ...ETH0_ADDRESS,
  interfaceIndex: 3,
  label: 'v0:vip',
  broadcast: '10.0.0.255',
};

const SECOND = { ...FIRST, address: '10.0.0.6', label: 'v0', broadcast: null, secondary: true };

const V6: LinkAddressState = {
  ...FIRST,
  family: 'ipv6',
  address: 'fd00::5',
  prefixLength: 64,
  label: null,
  broadcast: null,
  noDad: true,
};

describe('a link', () => {
  test('is asked for by name as captured', () => {
    expect(toHex(encodeGetLink('v0'))).toBe(toHex(requestOf('RTM_GETLINK v0')));
    expect(toHex(encodeGetLink('nope'))).toBe(toHex(requestOf('RTM_GETLINK nope')));
  });

  test('is read with its flags, hardware address and the links around it', () => {
    expect(decodeLink(messagesOf('RTM_GETLINK v0')[0]?.payload as Uint8Array)).toEqual(VETH);
  });

  test('without carrier is up and not running', () => {
    const [event] = eventsOf('ip link del v0');
    expect(event).toMatchObject({ event: 'link', link: { name: 'v0', up: false, running: false } });
  });

  test('that leaves a bridge has not gone, though a message of the bridge says so', () => {
    expect(messagesOf('ip link set v1 nomaster').map(({ type }) => type)).toContain(
      RouteMessage.deleteLink,
    );
    expect(eventsOf('ip link set v1 nomaster').filter((event) => event !== null)).toEqual([]);
  });

  test('that is deleted goes with its addresses', () => {
    expect(eventsOf('ip link del v0').map((event) => event?.event)).toEqual([
      'link',
      'address-gone',
      'address-gone',
      'address-gone',
      'address-gone',
      'link-gone',
      'link-gone',
    ]);
  });
});

describe('an address', () => {
  test.each([
    ['ip addr add 10.0.0.5/24', FIRST],
    ['ip addr add 10.0.0.6/24', SECOND],
    ['ip addr add fd00::5/64', V6],
    ['ip addr add fd00::6/64', { ...V6, address: 'fd00::6', noDad: false, tentative: true }],
  ])('is heard of: %s', (title, address) => {
    expect(eventsOf(title)).toEqual([{ event: 'address', address }]);
  });

  test('of a point-to-point link is ours, not the peer’s', () => {
    const [event] = eventsOf('ip addr add 10.1.0.1 peer');
    expect(event).toMatchObject({ address: { address: '10.1.0.1', prefixLength: 32 } });
  });

  test('that is removed takes the secondary ones of its network along', () => {
    expect(eventsOf('ip addr del 10.0.0.5/24')).toEqual([
      { event: 'address-gone', address: SECOND },
      { event: 'address-gone', address: FIRST },
    ]);
  });

  test('is found in a dump of both families', () => {
    expect(toHex(encodeGetAddresses())).toBe(toHex(requestOf('RTM_GETADDR dump')));
    const addresses = messagesOf('RTM_GETADDR dump')
      .filter(({ type }) => type === RouteMessage.newAddress)
      .map(({ payload }) => decodeAddress(payload));
    expect(addresses.map((one) => `${one?.address}/${one?.prefixLength} ${one?.scope}`)).toEqual([
      '10.1.0.1/32 global',
      'fd00::6/64 global',
      'fd00::5/64 global',
      'fe80::ff:fe00:1/64 link',
    ]);
  });

  test('comes back from any encoding (property)', () => {
    const ipv4 = fc.record({
      interfaceIndex: fc.integer({ min: 1, max: 0x7fffffff }),
      family: fc.constant('ipv4' as const),
      address: fc.constantFrom('10.0.0.1', '192.0.2.255', '255.255.255.255'),
      prefixLength: fc.nat(32),
      scope: fc.constantFrom('global' as const, 'site', 'link', 'host'),
      label: fc.constantFrom(null, 'eth0:1', 'a-name-of-15-ch'),
      broadcast: fc.constantFrom(null, '10.0.0.255'),
      noDad: fc.constant(false),
    });
    const ipv6 = fc.record({
      interfaceIndex: fc.integer({ min: 1, max: 0x7fffffff }),
      family: fc.constant('ipv6' as const),
      address: fc.constantFrom('fd00::1', 'fe80::1', '2001:db8::ffff'),
      prefixLength: fc.nat(128),
      scope: fc.constantFrom('global' as const, 'link', 'host'),
      label: fc.constant(null),
      broadcast: fc.constant(null),
      noDad: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (address: LinkAddress) => {
        expect(decodeAddress(encodeNewAddress(address))).toMatchObject(address);
        const { interfaceIndex, family, prefixLength } = address;
        expect(decodeAddress(encodeDeleteAddress(address))).toMatchObject({
          interfaceIndex,
          family,
          prefixLength,
          address: address.address,
        });
      }),
    );
  });
});

test('messages cut short anywhere are refused or read, and none throws', () => {
  for (const { payload, type } of captures.flatMap(({ replies }) => replies.map(onlyMessage))) {
    for (let octets = 0; octets < payload.length; octets += 1) {
      decodeNotification(type, payload.subarray(0, octets));
    }
  }
  expect(decodeAddress(fromHex('02180000'))).toBeNull();
  expect(decodeLink(fromHex('00000100'))).toBeNull();
});
