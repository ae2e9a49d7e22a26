/**
 * Links and addresses of this network namespace by route netlink: read them, add and remove addresses,
 * and hear of every change. Sets nothing by itself and remembers nothing.
 */
import { DirectorError } from '../base/error.ts';
import { type Clock, systemClock } from '../base/time.ts';
import { decodeMessages, MessageFlag } from '../wire/nlmsg.ts';
import {
  decodeAddress,
  decodeLink,
  decodeNotification,
  encodeDeleteAddress,
  encodeGetAddresses,
  encodeGetLink,
  encodeGetLinks,
  encodeNewAddress,
  type Link,
  type LinkAddress,
  type LinkAddressKey,
  type LinkAddressState,
  RouteGroup,
  RouteMessage,
  type RouteNotification,
} from '../wire/rtnl.ts';
import { loadAddon, type NativeHandle } from './addon.ts';
import {
  NetlinkClient,
  type NetlinkReply,
  type NetlinkRequest,
  refuse,
  replyName,
} from './netlink.ts';
import { NetlinkProtocol, type OpenNetlinkSocket, openNetlinkSocket } from './netlink-socket.ts';

/** `overrun`: notifications were lost, so everything must be read again. */
export type NetworkEvent = RouteNotification | { readonly event: 'overrun' };

export type AddressChange =
  | { readonly do: 'add-address'; readonly address: LinkAddress }
  | { readonly do: 'remove-address'; readonly address: LinkAddressKey };

/** `unchanged`: it was there already, or gone already. */
export type AddressOutcome = 'changed' | 'unchanged';

export interface Network {
  readLinks(): Promise<readonly Link[]>;
  /** Null if there is no link of this name. */
  readLink(name: string): Promise<Link | null>;
  readAddresses(): Promise<readonly LinkAddressState[]>;
  addAddress(address: LinkAddress): Promise<AddressOutcome>;
  removeAddress(address: LinkAddressKey): Promise<AddressOutcome>;
  /** Many in one send, in order. Throws for the first refusal, after all have been tried. */
  changeAddresses(changes: readonly AddressChange[]): Promise<readonly AddressOutcome[]>;
  /** Hears of links and addresses from now on, until the function it gives is called. */
  watch(onChange: (event: NetworkEvent) => void): () => void;
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

  async readAddresses(): Promise<readonly LinkAddressState[]> {
    const reply = await this.netlink.dump({
      type: RouteMessage.getAddress,
      payload: encodeGetAddresses(),
    });
    if (reply.errno !== 0) refuse(reply, 'reading the addresses');
    return reply.data.flatMap((payload) => decodeAddress(payload) ?? []);
  }

  async addAddress(address: LinkAddress): Promise<AddressOutcome> {
    const [outcome] = await this.changeAddresses([{ do: 'add-address', address }]);
    return outcome as AddressOutcome;
  }

  async removeAddress(address: LinkAddressKey): Promise<AddressOutcome> {
    const [outcome] = await this.changeAddresses([{ do: 'remove-address', address }]);
    return outcome as AddressOutcome;
  }

  async changeAddresses(changes: readonly AddressChange[]): Promise<readonly AddressOutcome[]> {
    const replies = await this.netlink.request(changes.map(toRequest));
    return changes.map((change, at) => toOutcome(change, replies[at] as NetlinkReply));
  }

  watch(onChange: (event: NetworkEvent) => void): () => void {
    const watch = new Watch(onChange);
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
}

function toRequest(change: AddressChange): NetlinkRequest {
  return change.do === 'add-address'
    ? {
        type: RouteMessage.newAddress,
        flags: MessageFlag.create | MessageFlag.exclusive,
        payload: encodeNewAddress(change.address),
      }
    : { type: RouteMessage.deleteAddress, payload: encodeDeleteAddress(change.address) };
}

function toOutcome(change: AddressChange, reply: NetlinkReply): AddressOutcome {
  if (reply.errno === 0) return 'changed';
  const name = replyName(reply);
  if (change.do === 'add-address' && name === 'EEXIST') return 'unchanged';
  // An address on an interface that is gone is gone too.
  if (change.do === 'remove-address' && ['EADDRNOTAVAIL', 'ENODEV'].includes(name)) {
    return 'unchanged';
  }
  const { address, prefixLength, interfaceIndex } = change.address;
  const where = `${address}/${prefixLength} on interface ${interfaceIndex}`;
  if (name === 'ENODEV') {
    throw new DirectorError('INTERFACE_MISSING', `no interface ${interfaceIndex} for ${address}`, {
      errno: reply.errno,
    });
  }
  return refuse(reply, change.do === 'add-address' ? `adding ${where}` : `removing ${where}`);
}

/** A socket in the multicast groups: the addon's, because npm `netlink` dies of an overrun. */
class Watch {
  private readonly onChange: (event: NetworkEvent) => void;
  private handle: NativeHandle | null;

  constructor(onChange: (event: NetworkEvent) => void) {
    this.onChange = onChange;
    const addon = loadAddon();
    const fd = addon.openNetlinkWatch(NetlinkProtocol.route, Object.values(RouteGroup));
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
