/** Policy rules as a kernel has them: those of every Linux, and others. */
import type { RoutingRule } from '../../../src/wire/rtnl/rules.ts';

export function ruleOf(over: Partial<RoutingRule>): RoutingRule {
  return {
    family: 'ipv4',
    priority: 0,
    not: false,
    source: null,
    destination: null,
    tos: 0,
    mark: null,
    inputInterface: null,
    outputInterface: null,
    tunnelId: null,
    users: null,
    ipProtocol: null,
    sourcePorts: null,
    destinationPorts: null,
    suppressPrefixLength: null,
    suppressInterfaceGroup: null,
    realms: null,
    protocol: 2,
    action: { do: 'table', table: 254 },
    ...over,
  };
}

/** `local`, `main` and `default`. */
export const RULES: readonly RoutingRule[] = [
  ruleOf({ priority: 0, action: { do: 'table', table: 255 } }),
  ruleOf({ priority: 32_766 }),
  ruleOf({ priority: 32_767, action: { do: 'table', table: 253 } }),
];
