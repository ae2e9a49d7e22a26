/** Sends announcements on the link of an interface, over a socket for each interface that is opened when needed. */
import { errnoName } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock, Instant, Millis } from '../../base/time.ts';
import { Trouble, type TroubleWords } from '../../base/trouble.ts';
import { type Claim, type Neighbours, openNeighbours } from '../../kernel/neighbours.ts';
import { readSysctl } from '../../kernel/sysctl.ts';
import type { AnnounceTiming } from '../../model/vrrp.ts';
import type { AnnouncePort } from '../../vrrp/ports.ts';
import type { Link } from '../../wire/rtnl/links.ts';
import type { KnownLinks } from './links.ts';

/** Whether an interface forwards is asked once for the announcements of so long. */
const FORWARDING_MS: Millis = 1_000;

const UNANNOUNCED: TroubleWords = {
  level: 'warn',
  message: 'addresses could not be announced',
  over: 'addresses can be announced again',
};
const UNASKED: TroubleWords = {
  level: 'warn',
  message: 'the link could not be asked for an address',
  over: 'the link can be asked again',
};

/** What cannot be sent on one interface. */
interface Troubles {
  readonly unannounced: Trouble;
  readonly unasked: Trouble;
}

interface Open {
  /** As it was known last. */
  link: Link;
  /** Another interface of the same name, or another MAC, needs another socket. */
  readonly identity: string;
  readonly port: Neighbours;
}

export interface LinkAnnouncerPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Somebody else says on the link that an address is his. */
  onClaim(claim: Claim, link: string): void;
}

export class LinkAnnouncer implements AnnouncePort {
  private readonly links: KnownLinks;
  private readonly ports: LinkAnnouncerPorts;
  private readonly neighbours = new Map<string, Open>();
  /** By interface: of thousands of addresses one is told. */
  private readonly troubles = new Map<string, Troubles>();
  private readonly forwarding = new Map<string, { readonly at: Instant; readonly on: boolean }>();

  constructor(links: KnownLinks, ports: LinkAnnouncerPorts) {
    this.links = links;
    this.ports = ports;
  }

  announce(linkName: string, address: string, form: AnnounceTiming['form']): void {
    try {
      this.on(linkName)?.announce(address, form);
    } catch (error) {
      const fields = { interface: linkName, address, reason: errnoName(error) };
      this.troublesOn(linkName).unannounced.happened(fields);
      return;
    }
    this.troubles.get(linkName)?.unannounced.wentWell({ interface: linkName });
  }

  probe(linkName: string, address: string, from: string | null): void {
    try {
      this.on(linkName)?.probe(address, from ?? undefined);
    } catch (error) {
      const fields = { interface: linkName, address, reason: errnoName(error) };
      this.troublesOn(linkName).unasked.happened(fields);
      return;
    }
    this.troubles.get(linkName)?.unasked.wentWell({ interface: linkName });
  }

  private troublesOn(linkName: string): Troubles {
    const known = this.troubles.get(linkName);
    if (known !== undefined) return known;
    const { ports } = this;
    const fresh = {
      unannounced: new Trouble(ports, UNANNOUNCED),
      unasked: new Trouble(ports, UNASKED),
    };
    this.troubles.set(linkName, fresh);
    return fresh;
  }

  private on(linkName: string): Neighbours | null {
    const link = this.links.link(linkName);
    const known = this.neighbours.get(linkName);
    if (known !== undefined && known.link === link) return known.port;
    const mac = this.links.macOf(linkName);
    if (link === null || mac === null) return null;
    const identity = `${link.index} ${link.mac}`;
    if (known?.identity === identity) {
      known.link = link;
      return known.port;
    }
    known?.port.close();
    const port = openNeighbours({
      interfaceIndex: link.index,
      mac,
      forwardsIpv6: () => this.forwards(linkName),
      onClaim: (claim) => this.ports.onClaim(claim, linkName),
    });
    this.neighbours.set(linkName, { link, identity, port });
    return port;
  }

  private forwards(linkName: string): boolean {
    const now = this.ports.clock.now();
    const known = this.forwarding.get(linkName);
    if (known !== undefined && now - known.at < FORWARDING_MS) return known.on;
    // A dot in the name of an interface is none of the path.
    const name = linkName.replaceAll('.', '/');
    const on = (readSysctl(`net.ipv6.conf.${name}.forwarding`) ?? 0) !== 0;
    this.forwarding.set(linkName, { at: now, on });
    return on;
  }
}
