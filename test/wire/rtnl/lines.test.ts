/** Lines of a configuration, octet by octet what ip(8) sends for the same; test/lab/routes.test.ts asks a kernel. */
import { expect, test } from 'vitest';
import { wantedRoute, wantedRule } from '../../../src/reconcile/paths.ts';
import { encodeNewRoute } from '../../../src/wire/rtnl/routes.ts';
import { encodeRule } from '../../../src/wire/rtnl/rules.ts';
import { captureNamed, payloadOf, readCaptures } from '../capture.ts';
import { sorted } from './attributes.ts';
import { ROUTE_LINES, RULE_LINES, routeOf, ruleOf } from './lines.ts';

const captures = readCaptures('rtnl-lines');
const asked = (words: string): Uint8Array =>
  payloadOf(captureNamed(captures, `ip ${words}`).requests[0]);

const KNOWN = { indexes: new Map([['eth0', 2]]), vrfTables: new Map() };
/** `struct rtmsg`, and `struct fib_rule_hdr`. */
const HEADER_OCTETS = 12;

test.each(ROUTE_LINES)('the route $line is asked for as by ip(8)', ({ line, ip }) => {
  const route = wantedRoute(routeOf(line), KNOWN);
  if ('missing' in route) throw new Error(`no interface ${route.missing}`);
  const payload = encodeNewRoute(route);
  expect(sorted(payload, HEADER_OCTETS, true)).toEqual(sorted(asked(ip), HEADER_OCTETS, true));
});

test.each(RULE_LINES)('the rule $line is asked for as by ip(8)', ({ line, ip }) => {
  const payload = encodeRule(wantedRule(ruleOf(line)));
  expect(sorted(payload, HEADER_OCTETS)).toEqual(sorted(asked(ip), HEADER_OCTETS));
});
