/**
 * Links and addresses of this network namespace by route netlink: read them, change addresses, routes and
 * rules, and hear of every change. Sets nothing by itself and remembers nothing.
 */
import type { Family } from '../base/address.ts';
import { DirectorError } from '../base/error.ts';
import { type Clock, systemClock } from '../base/time.ts';
import { decodeMessages } from '../wire/nlmsg.ts';
import {
  decodeAddress,
  encodeGetAddresses,
  type LinkAddress,
  type LinkAddressKey,
  type LinkAddressState,
} from '../wire/rtnl/addresses.ts';
import { decodeDefaultRoute, encodeGetRoutes, type NextHop } from '../wire/rtnl/default-routes.ts';
import { decodeLink, encodeGetLink, encodeGetLinks, type Link } from '../wire/rtnl/links.ts';
import { decodeNotification, type RouteNotification } from '../wire/rtnl/notification.ts';
import { RouteGroup, RouteMessage } from '../wire/rtnl/numbers.ts';
import { decodeRule, encodeGetRules, type RoutingRule } from '../wire/rtnl/rules.ts';
import { decodeIpv4Settings, type Ipv4Settings } from '../wire/rtnl/virtual-links.ts';
import { loadAddon, type NativeHandle } from './addon.ts';
import { NetlinkClient, type NetlinkReply, refuse, replyName } from './netlink.ts';
import { NetlinkProtocol, type OpenNetlinkSocket, openNetlinkSocket } from './netlink-socket.ts';
import { type ChangeOutcome, type NetworkChange, toOutcome, toRequest } from './network-change.ts';

/** `overrun`: notifications were lost, so everything must be read again. */
export type NetworkEvent = RouteNotification | { readonly event: 'overrun' };

/** What a watch hears of: `paths` of routes and rules. */
export type NetworkTopic = 'links' | 'paths';

const GROUPS: Readonly<Record<NetworkTopic, readonly number[]>> = {
  links: [RouteGroup.link, RouteGroup.ipv4Address, RouteGroup.ipv6Address],
  paths: [RouteGroup.ipv4Route, RouteGroup.ipv4Rule, RouteGroup.ipv6Route, RouteGroup.ipv6Rule],
};

/** What a kernel without policy routing says (CONFIG_IP_MULTIPLE_TABLES). */
const NO_RULES: readonly string[] = ['EOPNOTSUPP', 'EAFNOSUPPORT'];

export interface Network {
  readLinks(): Promise<readonly Link[]>;
  /** Null if there is no link of this name. */
  readLink(name: string): Promise<Link | null>;
  readAddresses(): Promise<readonly LinkAddressState[]>;
  /** Routers of the default routes of all tables: all routes of the family are read for it. */
  readNextHops(family: Family): Promise<readonly NextHop[]>;
  /** In the order in which they are asked; null: this kernel knows but the main table. */
  readRules(family: Family): Promise<readonly RoutingRule[] | null>;
  /** Of `/proc/sys/net/ipv4/conf/NAME`; null if there is no such link. */
  readIpv4Settings(name: string): Promise<Required<Ipv4Settings> | null>;
  /** @throws DirectorError what the kernel refuses */
  addAddress(address: LinkAddress): Promise<ChangeOutcome>;
  /** @throws DirectorError what the kernel refuses */
  removeAddress(address: LinkAddressKey): Promise<ChangeOutcome>;
  /** Many in one send, in order; one that is refused keeps none of the others. */
  change(changes: readonly NetworkChange[]): Promise<readonly ChangeOutcome[]>;
  /** Hears of links and addresses, or of routes and rules that went, until the function it gives is called. */
  watch(onChange: (event: NetworkEvent) => void, topic?: NetworkTopic): () => void;
  /** Ends the watches too. */
  close(): void;
}

export function openNetwork(
  clock: Clock = systemClock,
  openSocket: OpenNetlinkSocket = openNetlinkSocket,
): Network {
  const protocol = NetlinkProtocol.route;
  return new KernelNetwork(new NetlinkClient({ protocol, clock, openSocket }));
}

class KernelNetwork implements Network {
  private readonly netlink: NetlinkClient;
  private readonly watches = new Set<Watch>();

  constructor(netlink: NetlinkClient) {
    this.netlink = netlink;
  }

  async readLinks(): Promise<readonly Link[]> {
    const reply = await this.netlink.dump({
      type: RouteMessage.getLink,
      payload: encodeGetLinks(),
    });
    if (reply.errno !== 0) refuse(reply, 'reading the interfaces');
    return reply.data.flatMap((payload) => decodeLink(payload) ?? []);
  }

  async readLink(name: string): Promise<Link | null> {
    const [reply] = await this.netlink.request([
      { type: RouteMessage.getLink, payload: encodeGetLink(name) },
    ]);
    if (reply && reply.errno !== 0) {
      if (replyName(reply) === 'ENODEV') return null;
      refuse(reply, `reading interface ${name}`);
    }
    return (reply?.data[0] && decodeLink(reply.data[0])) ?? null;
  }

  async readIpv4Settings(name: string): Promise<Required<Ipv4Settings> | null> {
    const [reply] = await this.netlink.request([
      { type: RouteMessage.getLink, payload: encodeGetLink(name) },
    ]);
    if (reply && reply.errno !== 0) {
      if (replyName(reply) === 'ENODEV') return null;
      refuse(reply, `reading interface ${name}`);
    }
    return (reply?.data[0] && decodeIpv4Settings(reply.data[0])) ?? null;
  }

  async readAddresses(): Promise<readonly LinkAddressState[]> {
    const reply = await this.netlink.dump({
      type: RouteMessage.getAddress,
      payload: encodeGetAddresses(),
    });
    if (reply.errno !== 0) refuse(reply, 'reading the addresses');
    return reply.data.flatMap((payload) => decodeAddress(payload) ?? []);
  }

  async readNextHops(family: Family): Promise<readonly NextHop[]> {
    const reply = await this.netlink.dump({
      type: RouteMessage.getRoute,
      payload: encodeGetRoutes(family),
    });
    if (reply.errno !== 0) refuse(reply, 'reading the routes');
    return reply.data.flatMap((payload) => decodeDefaultRoute(payload) ?? []);
  }

  async readRules(family: Family): Promise<readonly RoutingRule[] | null> {
    const reply = await this.netlink.dump({
      type: RouteMessage.getRule,
      payload: encodeGetRules(family),
    });
    if (reply.errno !== 0 && NO_RULES.includes(replyName(reply))) return null;
    if (reply.errno !== 0) refuse(reply, 'reading the rules');
    return reply.data.flatMap((payload) => decodeRule(payload) ?? []);
  }

  addAddress(address: LinkAddress): Promise<ChangeOutcome> {
    return this.changeOne({ do: 'add-address', address });
  }

  removeAddress(address: LinkAddressKey): Promise<ChangeOutcome> {
    return this.changeOne({ do: 'remove-address', address });
  }

  async change(changes: readonly NetworkChange[]): Promise<readonly ChangeOutcome[]> {
    const replies = await this.netlink.request(changes.map(toRequest));
    return changes.map((change, at) => toOutcome(change, replies[at] as NetlinkReply));
  }

  watch(onChange: (event: NetworkEvent) => void, topic: NetworkTopic = 'links'): () => void {
    const watch = new Watch(onChange, GROUPS[topic]);
    this.watches.add(watch);
    return () => {
      this.watches.delete(watch);
      watch.close();
    };
  }

  close(): void {
    for (const watch of this.watches) watch.close();
    this.watches.clear();
    this.netlink.close();
  }

  private async changeOne(change: NetworkChange): Promise<ChangeOutcome> {
    const [outcome] = await this.change([change]);
    if (outcome instanceof DirectorError) throw outcome;
    return outcome as ChangeOutcome;
  }
}

/** A socket in the multicast groups: the addon's, because npm `netlink` dies of an overrun. */
class Watch {
  private readonly onChange: (event: NetworkEvent) => void;
  private handle: NativeHandle | null;

  constructor(onChange: (event: NetworkEvent) => void, groups: readonly number[]) {
    this.onChange = onChange;
    const addon = loadAddon();
    const fd = addon.openNetlinkWatch(NetlinkProtocol.route, groups);
    this.handle = addon.receive(
      fd,
      (datagram) => this.onDatagram(datagram),
      () => this.onChange({ event: 'overrun' }),
    );
  }

  close(): void {
    if (this.handle !== null) loadAddon().stopReceiving(this.handle);
    this.handle = null;
  }

  private onDatagram(datagram: Uint8Array): void {
    const messages = decodeMessages(datagram);
    if (messages === null) this.onChange({ event: 'overrun' });
    for (const { type, payload } of messages ?? []) {
      const change = decodeNotification(type, payload);
      if (change) this.onChange(change);
    }
  }
}
