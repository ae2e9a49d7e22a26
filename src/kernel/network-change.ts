/** Changes of addresses, routes and policy rules → requests, and what the kernel's answers mean. */
import { DirectorError } from '../base/error.ts';
import { nameOfRoutingTable } from '../model/names.ts';
import { MessageFlag } from '../wire/nlmsg.ts';
import {
  encodeDeleteAddress,
  encodeNewAddress,
  type LinkAddress,
  type LinkAddressKey,
} from '../wire/rtnl/addresses.ts';
import { RouteMessage } from '../wire/rtnl/numbers.ts';
import {
  encodeDeleteRoute,
  encodeNewRoute,
  type Route,
  type RouteKey,
} from '../wire/rtnl/routes.ts';
import { encodeRule, type RoutingRule } from '../wire/rtnl/rules.ts';
import {
  encodeDeleteLink,
  encodeNewLink,
  encodeSetLink,
  type LinkSettings,
  type NewLink,
} from '../wire/rtnl/virtual-links.ts';
import { type NetlinkReply, type NetlinkRequest, refuse, replyName } from './netlink.ts';

export type AddressChange =
  | { readonly do: 'add-address'; readonly address: LinkAddress }
  | { readonly do: 'remove-address'; readonly address: LinkAddressKey };

/** `add`: only where there is none like it; the others: before or after those that are like it. */
export type RoutePlace = 'add' | 'prepend' | 'append';

export type LinkChange =
  | { readonly do: 'add-link'; readonly link: NewLink }
  | { readonly do: 'set-link'; readonly name: string; readonly settings: LinkSettings }
  | { readonly do: 'remove-link'; readonly name: string; readonly index: number };

export type NetworkChange =
  | AddressChange
  /** Adds it, or gives it the lifetime that is told. `payload`: the address as the kernel reads it, if it is at hand. */
  | {
      readonly do: 'prolong-address';
      readonly address: LinkAddress;
      readonly payload?: Uint8Array;
    }
  | LinkChange
  | { readonly do: 'add-route'; readonly route: Route; readonly place: RoutePlace }
  | { readonly do: 'remove-route'; readonly route: RouteKey }
  | { readonly do: 'add-rule'; readonly rule: RoutingRule }
  | { readonly do: 'remove-rule'; readonly rule: RoutingRule };

/** `unchanged`: it was there already, or gone already. */
export type ChangeOutcome = 'changed' | 'unchanged' | DirectorError;

const PLACE: Readonly<Record<RoutePlace, number>> = {
  add: MessageFlag.create | MessageFlag.exclusive,
  prepend: MessageFlag.create,
  append: MessageFlag.create | MessageFlag.append,
};

export function toRequest(change: NetworkChange): NetlinkRequest {
  const exclusive = MessageFlag.create | MessageFlag.exclusive;
  switch (change.do) {
    case 'add-address': {
      const payload = encodeNewAddress(change.address);
      return { type: RouteMessage.newAddress, flags: exclusive, payload };
    }
    case 'prolong-address': {
      const flags = MessageFlag.create | MessageFlag.replace;
      const payload = change.payload ?? encodeNewAddress(change.address);
      return { type: RouteMessage.newAddress, flags, payload };
    }
    case 'remove-address':
      return { type: RouteMessage.deleteAddress, payload: encodeDeleteAddress(change.address) };
    case 'add-route': {
      const payload = encodeNewRoute(change.route);
      return { type: RouteMessage.newRoute, flags: PLACE[change.place], payload };
    }
    case 'remove-route':
      return { type: RouteMessage.deleteRoute, payload: encodeDeleteRoute(change.route) };
    case 'add-rule':
      return {
        type: RouteMessage.newRule,
        flags: exclusive,
        payload: encodeRule(change.rule),
      };
    case 'remove-rule':
      return { type: RouteMessage.deleteRule, payload: encodeRule(change.rule) };
    case 'add-link':
      return { type: RouteMessage.newLink, flags: exclusive, payload: encodeNewLink(change.link) };
    case 'set-link': {
      const payload = encodeSetLink(change.name, change.settings);
      return { type: RouteMessage.newLink, payload };
    }
    case 'remove-link':
      return { type: RouteMessage.deleteLink, payload: encodeDeleteLink(change.index) };
  }
}

/** What is gone with its interface, its table or its family is gone. */
const GONE: readonly string[] = ['EADDRNOTAVAIL', 'ENODEV', 'ESRCH', 'ENOENT', 'EAFNOSUPPORT'];

export function toOutcome(change: NetworkChange, reply: NetlinkReply): ChangeOutcome {
  if (reply.errno === 0) return 'changed';
  const name = replyName(reply);
  const isAddition = change.do.startsWith('add-') || change.do === 'prolong-address';
  const isRemoval = change.do.startsWith('remove-');
  if ((isAddition && name === 'EEXIST') || (isRemoval && GONE.includes(name))) return 'unchanged';
  if (name === 'ENODEV') {
    const message = `no interface for ${subjectOf(change)}`;
    return new DirectorError('INTERFACE_MISSING', message, { errno: reply.errno });
  }
  try {
    const act = isAddition ? 'adding' : isRemoval ? 'removing' : 'setting';
    return refuse(reply, `${act} ${subjectOf(change)}`);
  } catch (error) {
    if (error instanceof DirectorError) return error;
    throw error;
  }
}

function subjectOf(change: NetworkChange): string {
  switch (change.do) {
    case 'add-address':
    case 'prolong-address':
    case 'remove-address': {
      const { address, prefixLength, interfaceIndex } = change.address;
      return `${address}/${prefixLength} on interface ${interfaceIndex}`;
    }
    case 'add-route':
    case 'remove-route': {
      const { destination, table } = change.route;
      return `the route to ${destination.address}/${destination.length} in table ${nameOfRoutingTable(table)}`;
    }
    case 'add-link':
      return `the ${change.link.kind} ${change.link.name}`;
    case 'set-link':
    case 'remove-link':
      return `interface ${change.name}`;
    case 'add-rule':
    case 'remove-rule': {
      const { family, priority } = change.rule;
      return `the ${family} rule of priority ${priority ?? 'the kernel’s choice'}`;
    }
  }
}
