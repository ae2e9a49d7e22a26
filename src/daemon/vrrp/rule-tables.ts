/**
 * By which routers packets of this director itself leave, where policy rules choose the routing table (ip-rule(8)):
 * the rules are walked as the kernel does, for a packet to the world that nobody has marked. Pure.
 */
import { prefixContains } from '../../base/address.ts';
import type { NextHop } from '../../wire/rtnl/default-routes.ts';
import type { Prefix } from '../../wire/rtnl/numbers.ts';
import type { RoutingRule } from '../../wire/rtnl/rules.ts';

/** What packets come from that this machine sends. */
const LOOPBACK = 'lo';
const ROOT = 0;
/** Of those in the prefix of one rule, so many are looked at: a director may have thousands. */
const SOURCES_A_RULE_MAX = 8;

export interface Routing {
  /** In the order in which the kernel asks them. */
  readonly rules: readonly RoutingRule[];
  /** Of the default routes of all tables. */
  readonly hops: readonly NextHop[];
}

/** `sources`: addresses of this director. */
export function ownNextHops(routing: Routing, sources: Iterable<string>): readonly NextHop[] {
  const found = new Set<NextHop>();
  for (const source of [null, ...sourcesOfInterest(routing.rules, [...sources])]) {
    for (const hop of hopsFrom(routing, source)) found.add(hop);
  }
  return [...found];
}

/** Those that a rule is for. */
function sourcesOfInterest(
  rules: readonly RoutingRule[],
  sources: readonly string[],
): ReadonlySet<string> {
  const chosen = new Set<string>();
  for (const { source: prefix } of rules) {
    if (prefix === null) continue;
    let count = 0;
    for (const source of sources) {
      if (!isIn(prefix, source)) continue;
      chosen.add(source);
      count += 1;
      if (count === SOURCES_A_RULE_MAX) break;
    }
  }
  return chosen;
}

/** Null: none is chosen yet, as for most of what a program sends. */
function hopsFrom({ rules, hops }: Routing, source: string | null): readonly NextHop[] {
  let from = 0;
  for (const { priority, action, suppressPrefixLength, ...selector } of rules) {
    if ((priority ?? 0) < from || !isFor(selector, source)) continue;
    switch (action.do) {
      case 'table': {
        // A route whose prefix is so short does not count; that of a default route is the shortest.
        const inTable = hops.filter(({ table }) => table === action.table);
        if (suppressPrefixLength === null && inTable.length > 0) return inTable;
        break;
      }
      case 'goto':
        from = action.priority;
        break;
      case 'l3mdev':
      case 'nop':
        break;
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
        return [];
    }
  }
  return [];
}

function isFor(
  rule: Omit<RoutingRule, 'priority' | 'action' | 'suppressPrefixLength'>,
  source: string | null,
): boolean {
  const { source: from, destination, mark, inputInterface, users } = rule;
  const fits =
    (from === null || from.length === 0 || (source !== null && isIn(from, source))) &&
    (destination === null || destination.length === 0) &&
    (mark === null || mark.value === 0) &&
    (inputInterface === null || inputInterface === LOOPBACK) &&
    (users === null || users.first <= ROOT) &&
    rule.tos === 0 &&
    rule.outputInterface === null &&
    rule.tunnelId === null &&
    rule.ipProtocol === null &&
    rule.sourcePorts === null &&
    rule.destinationPorts === null;
  return fits !== rule.not;
}

function isIn({ address, length }: Prefix, source: string): boolean {
  return address === source || prefixContains(address, length, source);
}
