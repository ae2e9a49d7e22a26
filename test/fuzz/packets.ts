/**
 * What a stranger on the link may send: good packets with octets changed, cut or added, at directors that believe
 * only what is signed. None may throw, be taken, or cost more than a few octets of memory.
 */
import { silentLog } from '../../src/base/log.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import type { ReceivedPacket } from '../../src/vrrp/adverts/admit.ts';
import type { AdvertPlace } from '../../src/vrrp/adverts/ports-adverts.ts';
import { noGate } from '../../src/vrrp/holding/gate.ts';
import { VrrpSpeaker } from '../../src/vrrp/speaker.ts';
import { decodeIpv4, encodeIpv4Header, stampIpv4Header } from '../../src/wire/ip.ts';
import { CHECKSUM_OFFSET, fillChecksum } from '../../src/wire/vrrp-checksum.ts';
import { type SimulatedClock, simulatedClock } from '../world/clock.ts';
import { configOf, instanceOf } from '../world/director.ts';
import { octetsOf } from './cost.ts';

const KEY = '5a'.repeat(32);
const IPV4_HEADER_OCTETS = 20;
const PEER_4 = '10.0.0.9';
const PEER_6 = 'fe80::9';
/** What an input may cost. */
export const INPUT_OCTETS_MAX = 4096;

const signing = {
  keys: [{ id: 1, key: KEY }],
  activeKey: 1,
  mode: 'enforce',
  antiReplay: 'time',
  windowMs: 5_000,
} as const;

const address = (text: string): VrrpInstance['addresses'][number] => ({
  ...(instanceOf().addresses[0] as VrrpInstance['addresses'][number]),
  address: text,
});

const many = Array.from({ length: 255 }, (_, at) => address(`10.0.1.${at}`));
const none = { authentication: { type: 'none' }, signing } as const;
const v6 = {
  family: 'ipv6',
  multicastGroup: 'ff02::12',
  addresses: [address('fe80::100'), address('fd00::100')],
} as const;

/** Each an instance of the directors under test; of the peer with a higher priority. */
const KINDS: readonly Partial<VrrpInstance>[] = [
  { vrid: 51, version: 2, ...none },
  { vrid: 52, version: 3, ...none },
  { vrid: 53, version: 3, ...none, ...v6 },
  { vrid: 54, version: 2, authentication: { type: 'ah', key: 's3cret12' } },
  { vrid: 55, version: 3, ...none, addresses: many },
  {
    vrid: 56,
    version: 3,
    ...none,
    unicast: {
      peers: [{ address: PEER_4, ttlMin: 255, ttlMax: 255 }],
      ttl: 255,
      checkSource: true,
      oldChecksum: 'detect',
    },
  },
  {
    vrid: 57,
    version: 3,
    ...none,
    sidePaths: [{ name: 'eth1', interface: 'eth1', sourceAddress: null, unicast: null }],
  },
];

interface Sent {
  readonly place: string;
  readonly packet: ReceivedPacket;
}

/** A speaker whose sockets are in our hands. */
class Ears {
  readonly speaker: VrrpSpeaker;
  readonly places = new Map<string, (packet: ReceivedPacket) => void>();
  readonly sent: Sent[] = [];

  constructor(clock: SimulatedClock, own: { readonly ipv4: string; readonly ipv6: string }) {
    this.speaker = new VrrpSpeaker({
      clock,
      log: silentLog,
      adverts: { open: (place, onPacket) => this.open(place, onPacket) },
      links: {
        find: (_, family) => ({
          index: 1,
          running: true,
          primaryAddress: own[family],
          addresses: new Set([own[family]]),
        }),
      },
      files: { watch: () => () => {}, create: () => {} },
      processes: { watch: () => () => {} },
      addresses: { hold: async () => {}, release: async () => {} },
      gate: noGate('not simulated'),
      announcer: { announce: () => {}, probe: () => {} },
      statics: { faultOf: () => null },
      notify: { changed: () => {}, renamed: () => {} },
      runScript: async () => ({ ok: true, reason: '' }),
      bfdUp: () => null,
    });
  }

  private open(place: AdvertPlace, onPacket: (packet: ReceivedPacket) => void) {
    const key = JSON.stringify(place);
    this.places.set(key, onPacket);
    return {
      path: (target: { source: string; destination: string; hopLimit: number }) => {
        const isIpv4 = place.family === 'ipv4';
        const fields = { ...target, protocol: place.protocol };
        const header = isIpv4 ? encodeIpv4Header(fields) : new Uint8Array(0);
        const stamp = (octets: number, identification: number): Uint8Array => {
          const totalOctets = IPV4_HEADER_OCTETS + octets;
          if (isIpv4) stampIpv4Header(header, { totalOctets, identification });
          return header;
        };
        return {
          header: stamp,
          send: (payload: Uint8Array, identification: number) => {
            const own = Uint8Array.from(stamp(payload.length, identification));
            const packet = { ...target, header: own, payload: Uint8Array.from(payload) };
            this.sent.push({ place: key, packet });
          },
        };
      },
      filter: () => {},
      close: async () => {},
    };
  }

  configure(priority: number, initialState: VrrpInstance['initialState']): void {
    const instances = KINDS.map((kind, at) =>
      instanceOf({ ...kind, name: `VI_${at}`, priority, initialState }),
    );
    this.speaker.configure(configOf(instances));
  }

  /** Every state, and how many advertisements were believed. */
  look(): string {
    return this.speaker
      .snapshot()
      .instances.map(({ state, counters }) => `${state} ${counters.advertsReceived}`)
      .join(', ');
  }
}

/** Masters and backups, and good packets that would change their roles. */
export class PacketFuzzer {
  private readonly random: Random;
  private readonly masters: Ears;
  private readonly backups: Ears;
  private readonly seeds: readonly Sent[];
  private readonly before: string;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const clock = simulatedClock();
    const own = { ipv4: '10.0.0.1', ipv6: 'fe80::1' };
    this.masters = new Ears(clock, own);
    this.masters.configure(100, 'master');
    clock.advanceBy(10_000);
    const peer = new Ears(clock, { ipv4: PEER_4, ipv6: PEER_6 });
    peer.configure(200, 'master');
    clock.advanceBy(10_000);
    this.backups = new Ears(clock, own);
    this.backups.configure(100, 'backup');
    // The peer of unicast sends to itself in its configuration; to us it is the packet that counts.
    this.seeds = peer.sent.slice(-KINDS.length * 4).map(({ place, packet }) => ({
      place,
      packet: packet.destination === PEER_4 ? { ...packet, destination: own.ipv4 } : packet,
    }));
    this.before = this.look();
  }

  private look(): string {
    return `${this.masters.look()} | ${this.backups.look()}`;
  }

  /** What went wrong in so many inputs; null: nothing. */
  run(count: number): string | null {
    for (let at = 0; at < count; at += 1) {
      const input = this.next();
      try {
        this.give(input);
      } catch (error) {
        return `input ${at}, ${describe(input)}: ${error}`;
      }
    }
    return this.before === this.look() ? null : `${this.before} became ${this.look()}`;
  }

  /** The most that one of so many inputs costs, in octets of memory. */
  costliest(count: number): number {
    let most = 0;
    for (let at = 0; at < count; at += 1) {
      const input = this.next();
      most = Math.max(
        most,
        octetsOf(() => deliver(this.masters, input)),
      );
    }
    return most;
  }

  private next(): Sent {
    const seed = this.seeds[this.below(this.seeds.length)] as Sent;
    return { place: seed.place, packet: this.mutated(seed.packet) };
  }

  private give(input: Sent): void {
    deliver(this.masters, input);
    deliver(this.backups, input);
  }

  /** Never the packet itself: at least one octet of what is behind the header and signed differs. */
  private mutated(packet: ReceivedPacket): ReceivedPacket {
    for (;;) {
      const other = this.mutant(packet);
      if (other !== null && !isSigned(packet.payload, other.payload)) return other;
    }
  }

  /** Null: the kernel would give us no such packet. */
  private mutant(packet: ReceivedPacket): ReceivedPacket | null {
    const payload = this.changed(packet.payload);
    if (packet.header.length === 0) return { ...packet, payload, hopLimit: this.hopLimit() };
    const header = this.chance(0.1) ? this.changed(packet.header) : packet.header;
    const whole = Buffer.concat([header, payload]);
    if (this.chance(0.9) && header === packet.header) {
      stampIpv4Header(whole, { totalOctets: whole.length, identification: 1 });
    }
    const decoded = decodeIpv4(whole);
    return 'drop' in decoded ? null : { ...decoded, hopLimit: this.hopLimit() };
  }

  private changed(octets: Uint8Array): Uint8Array {
    let copy = Uint8Array.from(octets);
    for (let count = 1 + this.below(3); count > 0; count -= 1) {
      const at = this.below(copy.length);
      const way = this.below(6);
      if (way === 0) copy = copy.slice(0, at);
      else if (way === 1) copy = Buffer.concat([copy, copy.subarray(at)]);
      else if (way === 2) copy[at] = this.below(256);
      else if (way === 3) copy[at] = [0, 1, 127, 128, 255][this.below(5)] as number;
      else copy[at] = (copy[at] ?? 0) ^ (1 << this.below(8));
    }
    // Half of them with a checksum that is right: what is behind it is reached, too.
    if (copy.length >= 8 && this.chance(0.5)) this.mend(copy);
    return copy;
  }

  private mend(octets: Uint8Array): void {
    const listOctets = (octets[3] as number) * 4 + ((octets[0] as number) >> 4 === 2 ? 8 : 0);
    const message = octets.subarray(0, Math.min(octets.length, 8 + listOctets));
    const envelope = { family: 'ipv4', source: PEER_4, destination: '224.0.0.18' } as const;
    fillChecksum(message, (octets[0] as number) >> 4 === 2 ? 'message' : 'pseudo-header', envelope);
  }

  private hopLimit(): number {
    return this.chance(0.95) ? 255 : this.below(256);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }
}

function deliver({ places }: Ears, { place, packet }: Sent): void {
  places.get(place)?.(packet);
}

/** The checksum is no part of what is signed: another form of it is as good. */
function isSigned(good: Uint8Array, other: Uint8Array): boolean {
  return (
    good.length === other.length &&
    good.every(
      (octet, at) => at === CHECKSUM_OFFSET || at === CHECKSUM_OFFSET + 1 || octet === other[at],
    )
  );
}

function describe({ place, packet }: Sent): string {
  return `${place} ${Buffer.from(packet.payload).toString('hex')}`;
}
