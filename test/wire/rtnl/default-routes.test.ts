import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { decodeDefaultRoute, encodeGetRoutes } from '../../../src/wire/rtnl/default-routes.ts';
import { decodeNotification } from '../../../src/wire/rtnl/notification.ts';
import { RouteMessage } from '../../../src/wire/rtnl/numbers.ts';

/** As Linux 6.1 tells of it, on a little-endian machine: family, lengths, TOS, table, origin, scope, type, flags. */
const HEAD4 = '02000000fe030001' + '00000000';
const HEAD6 = '0a000000fe030001' + '00000000';
const MAIN = '08000f00fe000000';
const OIF3 = '0800040003000000';
const VIA_254 = '08000500c00002fe';

test.each<[string, string, ReturnType<typeof decodeDefaultRoute>]>([
  [
    'one router',
    HEAD4 + MAIN + VIA_254 + OIF3,
    [{ gateway: '192.0.2.254', interfaceIndex: 3, table: 254 }],
  ],
  [
    'a router of IPv6',
    `${HEAD6}${MAIN}14000500fe800000000000000000000000000001${OIF3}`,
    [{ gateway: 'fe80::1', interfaceIndex: 3, table: 254 }],
  ],
  [
    'IPv4 by a router of IPv6 (RFC 5549)',
    `${HEAD4}${MAIN}160012000a00fe8000000000000000000000000000010000${OIF3}`,
    [{ gateway: 'fe80::1', interfaceIndex: 3, table: 254 }],
  ],
  [
    'two routers',
    `${HEAD4}${MAIN}24000900` +
      '1000000003000000' +
      '08000500c00002fe' +
      '1000000004000000' +
      '08000500c00002fd',
    [
      { gateway: '192.0.2.254', interfaceIndex: 3, table: 254 },
      { gateway: '192.0.2.253', interfaceIndex: 4, table: 254 },
    ],
  ],
  ['a tunnel, which has no router', HEAD4 + MAIN + OIF3, []],
  ['a route to a network', `02180000fe030001${'00000000'}${MAIN}${VIA_254}${OIF3}`, null],
  [
    'of another table',
    `${HEAD4}08000f0064000000${VIA_254}${OIF3}`,
    [{ gateway: '192.0.2.254', interfaceIndex: 3, table: 100 }],
  ],
  ['one that leads nowhere', `02000000fe030006${'00000000'}${MAIN}`, null],
  ['one for some sources only', `0a004000fe030001${'00000000'}${MAIN}${OIF3}`, null],
  ['an entry of the cache', `02000000fe030001${'00020000'}${MAIN}${VIA_254}${OIF3}`, null],
  ['another family', `80000000fe030001${'00000000'}`, null],
])('the default route: %s', (_, hex, hops) => {
  expect(decodeDefaultRoute(fromHex(hex))).toEqual(hops);
});

test('cut short anywhere it is refused or names fewer routers, and never throws', () => {
  const whole = fromHex(
    `${HEAD4}${MAIN}24000900100000000300000008000500c00002fe100000000400000008000500c00002fd`,
  );
  for (let octets = 0; octets < whole.length; octets += 1) {
    expect((decodeDefaultRoute(whole.subarray(0, octets)) ?? []).length).toBeLessThan(2);
  }
});

test('all routes of a family are asked for', () => {
  expect(toHex(encodeGetRoutes('ipv6'))).toBe('0a0000000000000000000000');
});

test('a new route is told of if it is a default one', () => {
  const tell = (hex: string) => decodeNotification(RouteMessage.newRoute, fromHex(hex));
  expect(tell(HEAD4 + MAIN)).toEqual({ event: 'default-route' });
  expect(tell(`02180000fe030001${'00000000'}`)).toBeNull();
  expect(tell('0200')).toBeNull();
});
