/** The sockets of one life of a simulated VRRP process, on the links of its host: of advertisements, and of peers. */
import type { AdvertPort } from '../vrrp/adverts/ports-adverts.ts';
import type { PeerPort } from '../vrrp/peers/ports-peers.ts';
import type { Attachment, SimulatedNetwork } from './network.ts';
import type { ProcessTime } from './time.ts';

/** Protocol number of what directors tell each other beside VRRP. */
const UDP = 17;

export interface SocketOwner {
  readonly host: string;
  readonly network: SimulatedNetwork;
  /** What comes is read when the process reads. */
  readonly clock: ProcessTime;
}

export function advertSockets({ host, network, clock }: SocketOwner): AdvertPort {
  return {
    open(place, onPacket) {
      const port = network.attach({
        host,
        place,
        onPacket: (packet) => clock.receive(() => onPacket(packet)),
      });
      const header = new Uint8Array(0);
      return {
        path: (to) => ({
          header: () => header,
          send: (payload) => port.send({ ...to, header, payload }),
        }),
        filter: () => {},
        close: async () => port.close(),
      };
    },
  };
}

/** One end for the group, and one for what comes to our own address. */
export function peerSockets({ host, network, clock }: SocketOwner): Pick<PeerPort, 'open'> {
  return {
    open({ interface: link, family, group, unicastPeers, source }, onDatagram) {
      const attach = (heard: string | null): Attachment =>
        network.attach({
          host,
          place: { interface: link, family, protocol: UDP, group: heard, virtual: null },
          onPacket: ({ payload, source: from }) => clock.receive(() => onDatagram(payload, from)),
        });
      const own = attach(null);
      const ofGroup = group === null ? null : attach(group);
      const packet = { source, hopLimit: 255, header: new Uint8Array(0) };
      return {
        send: (payload, to) => {
          if (to === null && group !== null)
            ofGroup?.send({ ...packet, destination: group, payload });
          for (const destination of to === null ? unicastPeers : [to]) {
            own.send({ ...packet, destination, payload });
          }
        },
        close: () => {
          own.close();
          ofGroup?.close();
        },
      };
    },
  };
}
