// needs: root
/** What the kernel makes of routes and rules of ours, beside what it makes of those that ip(8) asks for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/time.ts';
import { inNetwork } from '../../src/kernel/namespace.ts';
import { openNetlinkSocket } from '../../src/kernel/netlink-socket.ts';
import { type Network, openNetwork } from '../../src/kernel/network.ts';
import type { NetworkChange } from '../../src/kernel/network-change.ts';
import { wantedRoute, wantedRule } from '../../src/reconcile/paths.ts';
import type { Route } from '../../src/wire/rtnl/routes.ts';
import { ROUTE_LINES, RULE_LINES, routeOf, ruleOf } from '../wire/rtnl/lines.ts';
import { Lab } from './lab.ts';

let lab: Lab;
let network: Network;
let indexes: ReadonlyMap<string, number>;

beforeAll(async () => {
  lab = new Lab('routes');
  // Two hosts of one address do not meet.
  for (const host of ['ours', 'theirs']) {
    await lab.bridge(host, { isCaptured: false });
    await lab.host(host, { eth0: { bridge: host, address: '10.0.0.1/24' } });
    await lab.ip(host, 'addr', 'add', 'fd00::1/64', 'dev', 'eth0', 'nodad');
  }
  network = openNetwork(systemClock, (...socket) =>
    inNetwork(lab.netns('ours'), () => openNetlinkSocket(...socket)),
  );
  indexes = new Map((await network.readLinks()).map(({ name, index }) => [name, index]));
}, 30_000);

afterAll(async () => {
  network?.close();
  await lab?.close();
});

/** Without the links' own, and what is left of a lifetime. */
function paths(host: string): Promise<readonly string[]> {
  const ask = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await lab.ip(host, ...words)).stdout
      .split('\n')
      .filter((line) => !line.includes('proto kernel'))
      .map((line) => line.replace(/expires \d+sec/, 'expires').trim());
  return Promise.all([
    ask('-4', '-d', 'route', 'show', 'table', 'all'),
    ask('-6', '-d', 'route', 'show', 'table', 'all'),
    ask('-4', '-d', 'rule', 'show'),
    ask('-6', '-d', 'rule', 'show'),
  ]).then((parts) => parts.flat());
}

function wanted(line: string): Route {
  const route = wantedRoute(routeOf(line), { indexes, vrfTables: new Map() });
  if ('missing' in route) throw new Error(`no interface ${route.missing}`);
  return route;
}

async function change(changes: readonly NetworkChange[]): Promise<void> {
  expect(await network.change(changes)).toEqual(changes.map(() => 'changed'));
}

test('routes and rules are those of ip(8), whatever they say, and each can be removed', async () => {
  const empty = await paths('ours');
  expect(await paths('theirs')).toEqual(empty);
  const routes = ROUTE_LINES.map(({ line }) => ({
    route: wanted(line),
    place: routeOf(line).place,
  }));
  const rules = RULE_LINES.map(({ line }) => wantedRule(ruleOf(line)));
  await change(routes.map((one) => ({ do: 'add-route', ...one })));
  await change(rules.map((rule) => ({ do: 'add-rule', rule })));
  for (const { ip } of [...ROUTE_LINES, ...RULE_LINES]) await lab.ip('theirs', ...ip.split(' '));
  const theirs = await paths('theirs');
  expect(await paths('ours')).toEqual(theirs);
  expect(theirs.length).toBeGreaterThanOrEqual(
    empty.length + ROUTE_LINES.length + RULE_LINES.length,
  );
  await change(rules.map((rule) => ({ do: 'remove-rule', rule })));
  await change(routes.map(({ route }) => ({ do: 'remove-route', route })));
  expect(await paths('ours')).toEqual(empty);
}, 30_000);
