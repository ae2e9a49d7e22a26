/** What the multicast groups of route netlink tell: links, addresses, routes and rules that came or went. */
import { decodeAddress, type LinkAddressState } from './addresses.ts';
import { isDefaultRoute } from './default-routes.ts';
import { decodeLink, type Link } from './links.ts';
import { RouteMessage } from './numbers.ts';
import { decodeRoute, type RouteState } from './routes.ts';
import { decodeRule, type RoutingRule } from './rules.ts';

/** One thing that has changed. */
export type RouteNotification =
  | { readonly event: 'link'; readonly link: Link }
  | { readonly event: 'link-gone'; readonly link: Link }
  | { readonly event: 'address'; readonly address: LinkAddressState }
  | { readonly event: 'address-gone'; readonly address: LinkAddressState }
  /** A default route has come, or is another one now. */
  | { readonly event: 'default-route' }
  | { readonly event: 'route-gone'; readonly route: RouteState }
  | { readonly event: 'rule' }
  | { readonly event: 'rule-gone'; readonly rule: RoutingRule };

/** What a multicast message tells, or null if it is about something else. */
export function decodeNotification(type: number, payload: Uint8Array): RouteNotification | null {
  switch (type) {
    case RouteMessage.newLink:
    case RouteMessage.deleteLink: {
      const link = decodeLink(payload);
      return link && { event: type === RouteMessage.newLink ? 'link' : 'link-gone', link };
    }
    case RouteMessage.newAddress:
    case RouteMessage.deleteAddress: {
      const address = decodeAddress(payload);
      return (
        address && { event: type === RouteMessage.newAddress ? 'address' : 'address-gone', address }
      );
    }
    case RouteMessage.newRoute:
      return isDefaultRoute(payload) ? { event: 'default-route' } : null;
    case RouteMessage.deleteRoute: {
      const route = decodeRoute(payload);
      return route && { event: 'route-gone', route };
    }
    case RouteMessage.newRule:
      return { event: 'rule' };
    case RouteMessage.deleteRule: {
      const rule = decodeRule(payload);
      return rule && { event: 'rule-gone', rule };
    }
    default:
      return null;
  }
}
