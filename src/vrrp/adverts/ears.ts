/**
 * Sockets shared by the instances of a link, family and way of sending: to whom a packet belongs, who else is on
 * the link, and when there is so much of what is nobody's that the kernel shall drop it.
 */
import type { Log } from '../../base/log.ts';
import type { Cancel, Clock, Instant, Millis } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { ForeignRouter } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { AH_OCTETS, AH_PROTOCOL } from '../../wire/ah.ts';
import { addressesIn, decodeAdvert, vridOf } from '../../wire/vrrp.ts';
import { isMulticast, type ReceivedPacket } from './admit.ts';
import type { AdvertPlace, AdvertPort, AdvertSocket } from './ports-adverts.ts';
import type { SpentStamps } from './replay.ts';
import { protocolOf } from './signature.ts';

/** Packets a second that may be in vain: every VRID of a link at 10 ms is far more, and nobody has that. */
const VAIN_A_SECOND_MAX = 500;
/** How long the kernel drops them before we listen to everything again. */
const FILTER_MS: Millis = 10_000;
/** A virtual router of others is forgotten when nothing was heard of it for this time. */
const FOREIGN_MS: Millis = 60_000;
const FOREIGN_MAX = 16;
const FOREIGN_ADDRESSES_SHOWN = 4;

export interface EarMember {
  readonly instance: VrrpInstance;
  /** Whether it was taken. */
  onPacket(packet: ReceivedPacket): boolean;
}

export interface EarPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly adverts: AdvertPort;
}

export class Ears {
  /** What the instances of an earlier life have sent and heard; they take it when they begin. */
  spentBefore: SpentStamps = new Map();
  private readonly ports: EarPorts;
  private readonly ears = new Map<string, Ear>();

  constructor(ports: EarPorts) {
    this.ports = ports;
  }

  /** @throws what opening a socket throws. */
  join(member: EarMember): Ear {
    const place = placeOf(member.instance);
    const key = JSON.stringify(place);
    const ear = this.ears.get(key) ?? this.open(place, key);
    this.ears.set(key, ear);
    ear.add(member);
    return ear;
  }

  private open(place: AdvertPlace, key: string): Ear {
    const parts = {
      ...this.ports,
      othersHear: (vrid: number) =>
        [...this.ears.values()].some((ear) => ear.isBeside(place) && ear.hears(vrid)),
    };
    return new Ear(place, parts, () => this.ears.delete(key));
  }

  foreign(): readonly ForeignRouter[] {
    return [...this.ears.values()].flatMap((ear) => ear.foreign());
  }
}

function placeOf(instance: VrrpInstance): AdvertPlace {
  const { interface: link, family, unicast, multicastGroup, links } = instance;
  const group = unicast === null ? multicastGroup : null;
  // What comes from peers to our own address comes to the interface itself.
  const virtual =
    group === null || links.own?.kind !== 'macvlan'
      ? null
      : { link: links.own.name, sendsFromBase: links.sendsFromBase };
  return { interface: link, family, protocol: protocolOf(instance), group, virtual };
}

interface EarParts extends EarPorts {
  /** Whether the one on the same interface for what is sent in the other way hears this VRID. */
  othersHear(vrid: number): boolean;
}

interface Foreign extends ForeignRouter {
  readonly heardAt: Instant;
}

export class Ear {
  readonly socket: AdvertSocket;
  /** Packets of others on the link since the socket was opened. */
  foreignCount = 0;
  private readonly place: AdvertPlace;
  private readonly ports: EarParts;
  private readonly onEmpty: () => void;
  private readonly members = new Set<EarMember>();
  private byVrid: ReadonlyMap<number, readonly EarMember[]> = new Map();
  private readonly others = new Map<string, Foreign>();
  private vain = { since: -Infinity, count: 0 };
  private cancelFilter: Cancel | null = null;
  private readonly strangers: Trouble;
  private readonly floods: Trouble;

  constructor(place: AdvertPlace, ports: EarParts, onEmpty: () => void) {
    this.place = place;
    this.ports = ports;
    this.onEmpty = onEmpty;
    this.strangers = new Trouble(ports, {
      level: 'warn',
      message: 'another virtual router is on the link',
      over: null,
      newsMax: FOREIGN_MAX,
    });
    this.floods = new Trouble(ports, {
      level: 'warn',
      message: 'a flood of VRRP packets: for 10 s the kernel drops what is not for us',
      over: null,
    });
    this.socket = ports.adverts.open(place, (packet) => this.onPacket(packet));
  }

  add(member: EarMember): void {
    this.members.add(member);
    this.index();
  }

  /** Resolves when what the member was to send has been sent. The last one closes the socket. */
  async leave(member: EarMember): Promise<void> {
    if (!this.members.delete(member)) return;
    this.index();
    if (this.members.size > 0) return;
    this.onEmpty();
    this.cancelFilter?.();
    await this.socket.close();
  }

  /** Whether it is on the same interface for unicast, and the other for multicast, or the other way round. */
  isBeside({ interface: link, family, protocol, group }: AdvertPlace): boolean {
    const { place } = this;
    return (
      place.interface === link &&
      place.family === family &&
      place.protocol === protocol &&
      (place.group === null) !== (group === null)
    );
  }

  hears(vrid: number): boolean {
    return this.byVrid.has(vrid);
  }

  foreign(): readonly ForeignRouter[] {
    const oldest = this.ports.clock.now() - FOREIGN_MS;
    for (const [key, { heardAt }] of this.others) if (heardAt < oldest) this.others.delete(key);
    return [...this.others.values()].map(({ heardAt: _, ...router }) => router);
  }

  private index(): void {
    const byVrid = new Map<number, EarMember[]>();
    for (const member of this.members) {
      const { vrid } = member.instance;
      byVrid.set(vrid, [...(byVrid.get(vrid) ?? []), member]);
    }
    this.byVrid = byVrid;
    if (this.cancelFilter !== null) this.socket.filter([...this.byVrid.keys()]);
  }

  private onPacket(packet: ReceivedPacket): void {
    const skipped = this.place.protocol === AH_PROTOCOL ? AH_OCTETS : 0;
    const vrid = vridOf(skipped === 0 ? packet.payload : packet.payload.subarray(skipped));
    // Every socket of a protocol hears what comes to our own addresses, and to the groups of all others.
    const isOther = (this.place.group === null) === isMulticast(packet.destination);
    if (isOther && vrid !== null && this.ports.othersHear(vrid)) return;
    const candidates = vrid === null ? undefined : this.byVrid.get(vrid);
    if (candidates === undefined) {
      this.hearForeign(packet, skipped);
      this.countVain();
    } else if (!memberFor(candidates, packet.source).onPacket(packet)) this.countVain();
  }

  /** Named once, and not for each packet. */
  private hearForeign(packet: ReceivedPacket, skipped: number): void {
    const { source, destination } = packet;
    // Every socket of a protocol hears what comes to our own addresses: it belongs to that of unicast.
    if ((this.place.group === null) === isMulticast(destination)) return;
    const { family, interface: link } = this.place;
    const advert = decodeAdvert(packet.payload.subarray(skipped), { family, source, destination });
    if ('drop' in advert) return;
    this.foreignCount += 1;
    const { vrid, priority } = advert;
    const key = `${vrid} ${source}`;
    const known = this.others.get(key);
    if (known === undefined && this.others.size >= FOREIGN_MAX) return;
    const heardAt = this.ports.clock.now();
    if (known !== undefined && known.priority === priority) {
      this.others.set(key, { ...known, heardAt });
      return;
    }
    const shown = advert.addressList.subarray(
      0,
      FOREIGN_ADDRESSES_SHOWN * (family === 'ipv4' ? 4 : 16),
    );
    const addresses = addressesIn(shown, family);
    this.others.set(key, { interface: link, family, vrid, source, priority, addresses, heardAt });
    if (known === undefined) {
      const fields = { interface: link, vrid, source, priority, addresses };
      this.strangers.happened(fields, key);
    }
  }

  private countVain(): void {
    const { clock } = this.ports;
    const now = clock.now();
    if (now - this.vain.since > 1_000) this.vain = { since: now, count: 0 };
    this.vain.count += 1;
    if (this.vain.count <= VAIN_A_SECOND_MAX || this.cancelFilter !== null) return;
    this.socket.filter([...this.byVrid.keys()]);
    this.cancelFilter = clock.wakeAt(now + FILTER_MS, () => {
      this.cancelFilter = null;
      this.socket.filter(null);
    });
    this.floods.happened({ interface: this.place.interface, packets: this.vain.count });
  }
}

/** A VRID may be used twice among peers, when no peer is of both: the sender tells which one is meant. */
function memberFor(candidates: readonly EarMember[], source: string): EarMember {
  const isPeer = ({ instance }: EarMember): boolean =>
    instance.unicast?.peers.some(({ address }) => address === source) ?? false;
  const [first] = candidates as readonly [EarMember, ...EarMember[]];
  return candidates.length === 1 ? first : (candidates.find(isPeer) ?? first);
}
