/** The advertisements of one instance: its socket, what it sends, and what it lets in. */
import { describeError } from '../base/error.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { encodeAdvert } from '../wire/vrrp.ts';
import { admit, type ReceivedPacket, vridOf } from './admit.ts';
import type { Counters } from './counters.ts';
import type { Heard } from './instance.ts';
import type { AdvertSocket, VrrpPorts } from './ports.ts';

export class Advertiser {
  private readonly ports: Pick<VrrpPorts, 'adverts' | 'log'>;
  private readonly counters: Counters;
  private socket: { readonly source: string; readonly port: AdvertSocket } | null = null;
  /** Why it has no socket, though it should. */
  private why: string | null = null;

  constructor(ports: Pick<VrrpPorts, 'adverts' | 'log'>, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
  }

  /** Why nothing can be heard; null: something can, or there is nothing to listen on. */
  get deafness(): string | null {
    return this.why;
  }

  /** Opens its socket, or another one when its address has changed; `source` null: there is no link. */
  listen(
    instance: VrrpInstance,
    source: string | null,
    onPacket: (packet: ReceivedPacket) => void,
  ): void {
    if (this.socket !== null && this.socket.source === source) return;
    void this.hangUp();
    if (source === null) return;
    try {
      this.socket = { source, port: this.ports.adverts.open(instance, source, onPacket) };
      this.why = null;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.why) this.ports.log.error({ instance: instance.name, reason }, 'deaf');
      this.why = reason;
    }
  }

  /** Resolves when what was to be sent has been sent. */
  async hangUp(): Promise<void> {
    const { socket } = this;
    this.socket = null;
    await socket?.port.close();
  }

  send(instance: VrrpInstance, priority: number): void {
    const { socket } = this;
    if (socket === null) return;
    const { family, multicastGroup, authentication, addresses } = instance;
    const envelope = { family, source: socket.source, destination: multicastGroup };
    const key = authentication.type === 'pass' ? authentication.key : null;
    const advert = {
      version: instance.version,
      vrid: instance.vrid,
      priority,
      intervalMs: instance.advertIntervalMs,
      addresses: addresses.map(({ address }) => address),
    };
    socket.port.send(encodeAdvert(advert, envelope, key));
    this.counters.add('advertsSent');
    if (priority === 0) this.counters.add('priorityZeroSent');
  }

  /**
   * The advertisement in a packet, or null when it is not for us or was dropped. `siblings`: the VRIDs of
   * all instances on this link, each of which hears everything.
   */
  hear(
    instance: VrrpInstance,
    ownAddress: string,
    packet: ReceivedPacket,
    siblings: readonly number[],
  ): Heard | null {
    const vrid = vridOf(packet.payload);
    if (vrid !== null && vrid !== instance.vrid) {
      if (!siblings.includes(vrid)) this.counters.add('foreign');
      return null;
    }
    const advert = admit(instance, ownAddress, packet);
    if ('drop' in advert) {
      this.drop(instance, advert.drop, packet.source);
      return null;
    }
    this.counters.add('advertsReceived');
    if (advert.priority === 0) this.counters.add('priorityZeroReceived');
    const { priority, intervalMs } = advert;
    return { source: packet.source, priority, intervalMs };
  }

  private drop({ name }: VrrpInstance, reason: string, source: string): void {
    const count = this.counters.drop(reason);
    // Once by name; a flood must not fill the log.
    const level = count === 1 ? 'warn' : 'debug';
    this.ports.log[level]({ instance: name, reason, source }, 'packet dropped');
  }
}
