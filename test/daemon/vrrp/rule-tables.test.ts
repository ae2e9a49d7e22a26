/** Which default routes packets of this director take, by policy rules. */
import { describe, expect, test } from 'vitest';
import { ownNextHops } from '../../../src/daemon/vrrp/rule-tables.ts';
import type { NextHop } from '../../../src/wire/rtnl/default-routes.ts';
import type { RoutingRule } from '../../../src/wire/rtnl/rules.ts';
import { RULES, ruleOf } from './rules.ts';

const hop = (gateway: string, table: number): NextHop => ({ gateway, interfaceIndex: 2, table });
const MAIN = hop('192.0.2.254', 254);
const OTHER = hop('192.0.2.253', 100);

const OWN = '192.0.2.2';

/** What is found with these rules before those of every Linux. */
function found(rules: readonly Partial<RoutingRule>[], hops = [MAIN, OTHER]): readonly string[] {
  const before = rules.map((over) =>
    ruleOf({ priority: 100, action: { do: 'table', table: 100 }, ...over }),
  );
  return ownNextHops({ rules: [...before, ...RULES], hops }, [OWN, '192.0.2.10']).map(
    ({ gateway }) => gateway,
  );
}

const MAIN_ONLY = ['192.0.2.254'];
const OTHER_ONLY = ['192.0.2.253'];
const BOTH = ['192.0.2.254', '192.0.2.253'];

test('without rules of their own it is the main table', () => {
  expect(found([])).toEqual(MAIN_ONLY);
});

describe('a rule to another table', () => {
  test.each<[string, Partial<RoutingRule>, readonly string[]]>([
    ['for all: that table alone', {}, OTHER_ONLY],
    ['for what this machine sends', { inputInterface: 'lo' }, OTHER_ONLY],
    ['for what nobody has marked', { mark: { value: 0, mask: 0xff } }, OTHER_ONLY],
    ['for all but marked packets', { not: true, mark: { value: 7, mask: null } }, OTHER_ONLY],
    ['from an address of ours: beside', { source: { address: OWN, length: 32 } }, BOTH],
    ['from a network of ours', { source: { address: '192.0.2.0', length: 28 } }, BOTH],
    ['from everywhere', { source: { address: '0.0.0.0', length: 0 } }, OTHER_ONLY],
    ['from an address of others', { source: { address: '192.0.2.3', length: 32 } }, MAIN_ONLY],
    ['for what comes in on a link', { inputInterface: 'eth0' }, MAIN_ONLY],
    ['for a mark', { mark: { value: 1, mask: null } }, MAIN_ONLY],
    ['to some network', { destination: { address: '10.0.0.0', length: 8 } }, MAIN_ONLY],
    ['for sockets bound to a link', { outputInterface: 'eth0' }, MAIN_ONLY],
    ['for an account', { users: { first: 1000, last: 1000 } }, MAIN_ONLY],
    ['for a protocol', { ipProtocol: 6 }, MAIN_ONLY],
    ['whose default routes do not count', { suppressPrefixLength: 0 }, MAIN_ONLY],
  ])('%s', (_, over, gateways) => {
    expect(found([over])).toEqual(gateways);
  });
});

test('a table without a default route leaves it to the next rule', () => {
  expect(found([{}], [MAIN])).toEqual(MAIN_ONLY);
});

test('what a tunnel does: the main table without its default routes, then its own for what is not marked', () => {
  const main = { suppressPrefixLength: 0, action: { do: 'table', table: 254 } } as const;
  expect(found([main, { not: true, mark: { value: 51_820, mask: null } }])).toEqual(OTHER_ONLY);
});

test('a jump leaves rules out', () => {
  const jump = { action: { do: 'goto', priority: 32_766 } } as const;
  expect(found([jump, { priority: 200 }])).toEqual(MAIN_ONLY);
});

test('what is refused has no router', () => {
  expect(found([{ action: { do: 'unreachable' } }])).toEqual([]);
});

test('of thousands of addresses some are looked at', () => {
  const sources = Array.from({ length: 5_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
  const rule = ruleOf({
    priority: 100,
    source: { address: '10.0.0.0', length: 8 },
    action: { do: 'table', table: 100 },
  });
  const hops = ownNextHops({ rules: [rule, ...RULES], hops: [MAIN, OTHER] }, sources);
  expect(hops).toEqual([MAIN, OTHER]);
});
