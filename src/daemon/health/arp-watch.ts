/** Connects the watch for real servers that answer ARP with the links of the namespace in which IPVS is. */

import { parseMac } from '../../base/address.ts';
import { invariant } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { ArpHost } from '../../health/arp-questions.ts';
import { ArpWatch } from '../../health/arp-watch.ts';
import { inNetwork } from '../../kernel/namespace.ts';
import { openNeighbours } from '../../kernel/neighbours.ts';
import { openNetlinkSocket } from '../../kernel/netlink-socket.ts';
import { openNetwork } from '../../kernel/network.ts';
import type { LinkAddressState } from '../../wire/rtnl/addresses.ts';
import type { Link } from '../../wire/rtnl/links.ts';

export interface ArpWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string | null;
}

export function openArpWatch({ clock, log, namespace }: ArpWatchOptions): ArpWatch {
  const network = openNetwork(clock, (...socket) =>
    inNetwork(namespace, () => openNetlinkSocket(...socket)),
  );
  return new ArpWatch({
    clock,
    log,
    readHost: async () => arpHost(await network.readLinks(), await network.readAddresses()),
    openAsker: ({ index, mac }, onClaim) => {
      const octets = parseMac(mac);
      invariant(octets !== null, 'only links with a MAC address are asked on');
      const neighbours = inNetwork(namespace, () =>
        openNeighbours({
          interfaceIndex: index,
          mac: octets,
          onClaim,
        }),
      );
      return {
        ask: (address) => neighbours.probe(address),
        close: () => neighbours.close(),
      };
    },
  });
}

export function arpHost(links: readonly Link[], addresses: readonly LinkAddressState[]): ArpHost {
  const own = addresses.filter(({ family }) => family === 'ipv4');
  return {
    held: new Set(own.map(({ address }) => address)),
    links: links.flatMap(({ index, name, mac, running, loopback, noArp }) => {
      if (!running || loopback || noArp || mac === null || parseMac(mac) === null) return [];
      const networks = own
        .filter(({ interfaceIndex }) => interfaceIndex === index)
        .map(({ address, prefixLength }) => ({ address, prefixLength }));
      return [{ index, name, mac, networks }];
    }),
  };
}
