/**
 * Destinations as columns of numbers instead of an object each: a hundred thousand are read from a dump in
 * some twenty milliseconds, compared without making anything, and turned into objects where somebody wants
 * to look at one.
 */
import { addressFromBytes, familyOf, ipv4Number } from '../../base/address.ts';
import { hostIsLittleEndian } from '../../base/bytes.ts';
import { HEADER_OCTETS, TYPE_MASK } from '../nlattr.ts';
import { Counters } from './counters.ts';
import type { Destination, DestinationKey, Forwarding, Tunnel } from './destination.ts';
import { Layout } from './layout.ts';
import {
  AF,
  DestinationAttribute,
  FORWARDING,
  FORWARDING_MASK,
  nameOf,
  Top,
  TUNNEL_TYPE,
} from './numbers.ts';
import type { DestinationState } from './reply.ts';

const GENERIC_HEADER_OCTETS = 4;
const FORWARDING_NAMES = Array.from(
  { length: FORWARDING_MASK + 1 },
  (_, number): Forwarding => nameOf(FORWARDING, number) ?? 'other',
);

/** What a message must have: all of the destination itself. */
const NEEDED = [
  DestinationAttribute.address,
  DestinationAttribute.port,
  DestinationAttribute.forwarding,
  DestinationAttribute.weight,
  DestinationAttribute.upperThreshold,
  DestinationAttribute.lowerThreshold,
  DestinationAttribute.family,
].reduce((bits, type) => bits | (1 << type), 0);

export class DestinationColumns {
  count = 0;
  /** 2 or 10. */
  family: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Four numbers a destination, from network order; an IPv4 address is the first of them. */
  address: Uint32Array<ArrayBuffer> = new Uint32Array();
  port: Uint16Array<ArrayBuffer> = new Uint16Array();
  /** IP_VS_CONN_F_*, 0 to 7. */
  forwarding: Uint8Array<ArrayBuffer> = new Uint8Array();
  weight: Int32Array<ArrayBuffer> = new Int32Array();
  upperThreshold: Uint32Array<ArrayBuffer> = new Uint32Array();
  lowerThreshold: Uint32Array<ArrayBuffer> = new Uint32Array();
  tunnelType: Uint8Array<ArrayBuffer> = new Uint8Array();
  tunnelPort: Uint16Array<ArrayBuffer> = new Uint16Array();
  tunnelFlags: Uint16Array<ArrayBuffer> = new Uint16Array();
  activeConnections: Uint32Array<ArrayBuffer> = new Uint32Array();
  inactiveConnections: Uint32Array<ArrayBuffer> = new Uint32Array();
  persistentConnections: Uint32Array<ArrayBuffer> = new Uint32Array();
  /** Empty unless they were asked for. */
  readonly counters: Counters = new Counters();
  private readonly withStatistics: boolean;
  private readonly layout = new Layout();
  /** Of the address taken last. */
  private addressOctets = 0;
  private octets: Uint8Array | null = null;
  /** Where they begin in their buffer, of which the view is. */
  private start = 0;
  private view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

  /** `rows`: for so many there is room from the beginning. */
  constructor({
    withStatistics,
    rows = 0,
  }: { readonly withStatistics: boolean; readonly rows?: number }) {
    this.withStatistics = withStatistics;
    if (rows > 0) this.makeRoom(rows);
  }

  /**
   * Appends the destination of a message whose payload lies between these places. False, and nothing is
   * appended, if it is damaged or has a family that does not exist.
   */
  take(octets: Uint8Array, from: number, to: number): boolean {
    if (octets !== this.octets) this.look(octets);
    const start = this.start + from + GENERIC_HEADER_OCTETS;
    const nest = this.find(Top.destination, start, this.start + to);
    return nest >= 0 && this.takeNest(nest + HEADER_OCTETS, nest + this.u16(nest));
  }

  /** Forgets the rows from this one on. */
  cut(count: number): void {
    this.count = count;
  }

  hasKey(row: number, { address, port }: DestinationKey): boolean {
    return this.port[row] === port && this.hasAddress(row, address);
  }

  /** Of a destination whose key is the row's: whether all else is the same too. */
  isSame(row: number, destination: Destination): boolean {
    const { tunnel } = destination;
    return (
      FORWARDING_NAMES[this.forwarding[row] as number] === destination.forwarding &&
      this.weight[row] === destination.weight &&
      this.upperThreshold[row] === destination.upperThreshold &&
      this.lowerThreshold[row] === destination.lowerThreshold &&
      (tunnel === null || this.isSameTunnel(row, tunnel))
    );
  }

  destination(row: number): Destination {
    const forwarding = FORWARDING_NAMES[this.forwarding[row] as number] as Forwarding;
    return {
      address: this.addressText(row),
      port: this.port[row] as number,
      forwarding,
      tunnel: forwarding === 'tun' ? this.tunnel(row) : null,
      weight: this.weight[row] as number,
      upperThreshold: this.upperThreshold[row] as number,
      lowerThreshold: this.lowerThreshold[row] as number,
    };
  }

  state(row: number): DestinationState {
    return {
      ...this.destination(row),
      activeConnections: this.activeConnections[row] as number,
      inactiveConnections: this.inactiveConnections[row] as number,
      persistentConnections: this.persistentConnections[row] as number,
      statistics: this.counters.statistics(row),
    };
  }

  addressText(row: number): string {
    const octets = new Uint8Array(this.family[row] === AF.ipv4 ? 4 : 16);
    const view = new DataView(octets.buffer);
    for (let word = 0; word < octets.length / 4; word += 1) {
      view.setUint32(4 * word, this.address[4 * row + word] as number);
    }
    return addressFromBytes(octets);
  }

  private hasAddress(row: number, address: string): boolean {
    if (familyOf(address) === 'ipv4') {
      return this.family[row] === AF.ipv4 && this.address[4 * row] === ipv4Number(address);
    }
    return this.family[row] === AF.ipv6 && this.addressText(row) === address;
  }

  private isSameTunnel(row: number, { type, port, flags }: Tunnel): boolean {
    return (
      (nameOf(TUNNEL_TYPE, this.tunnelType[row] as number) ?? 'other') === type &&
      this.tunnelPort[row] === port &&
      this.tunnelFlags[row] === flags
    );
  }

  private tunnel(row: number): Tunnel {
    return {
      type: nameOf(TUNNEL_TYPE, this.tunnelType[row] as number) ?? 'other',
      port: this.tunnelPort[row] as number,
      flags: this.tunnelFlags[row] as number,
    };
  }

  /** Dumps come in pieces of one buffer: a view of all of it serves them all. */
  private look(octets: Uint8Array): void {
    this.octets = octets;
    this.start = octets.byteOffset;
    if (octets.buffer !== this.view.buffer) this.view = new DataView(octets.buffer);
  }

  /** Where an attribute of this type begins, or -1. */
  private find(type: number, from: number, to: number): number {
    for (let at = from; to - at >= HEADER_OCTETS; ) {
      const length = this.u16(at);
      if (length < HEADER_OCTETS || length > to - at) return -1;
      if ((this.u16(at + 2) & TYPE_MASK) === type) return at;
      at += (length + 3) & ~3;
    }
    return -1;
  }

  private takeNest(from: number, to: number): boolean {
    const row = this.count;
    if (row === this.port.length) this.makeRoom(Math.max(256, 4 * row));
    if (this.layout.fits(this.view, from, to)) {
      if (!this.takeKnown(row, from)) return false;
      if (this.withStatistics && !this.takeKnownCounters(row, from)) return false;
    } else {
      if (!this.takeAttributes(row, from, to)) return false;
      this.layout.learn(this.view, from, to);
    }
    this.count += 1;
    return true;
  }

  /** A message like the one before, attribute for attribute: the values stand at the same places. */
  private takeKnown(row: number, from: number): boolean {
    const { view } = this;
    const { place } = this.layout;
    const at = (type: number): number => from + (place[type] as number);
    const family = this.u16(at(DestinationAttribute.family));
    if (family !== AF.ipv4 && family !== AF.ipv6) return false;
    this.family[row] = family;
    const address = at(DestinationAttribute.address);
    for (let word = 0; word < 4; word += 1) {
      this.address[4 * row + word] = view.getUint32(address + 4 * word, false);
    }
    this.port[row] = view.getUint16(at(DestinationAttribute.port), false);
    this.forwarding[row] = this.u32(at(DestinationAttribute.forwarding)) & FORWARDING_MASK;
    this.weight[row] = this.u32(at(DestinationAttribute.weight));
    this.upperThreshold[row] = this.u32(at(DestinationAttribute.upperThreshold));
    this.lowerThreshold[row] = this.u32(at(DestinationAttribute.lowerThreshold));
    this.activeConnections[row] = this.u32(at(DestinationAttribute.activeConnections));
    this.inactiveConnections[row] = this.u32(at(DestinationAttribute.inactiveConnections));
    this.persistentConnections[row] = this.u32(at(DestinationAttribute.persistentConnections));
    this.tunnelType[row] = view.getUint8(at(DestinationAttribute.tunnelType));
    this.tunnelPort[row] = view.getUint16(at(DestinationAttribute.tunnelPort), false);
    this.tunnelFlags[row] = this.u16(at(DestinationAttribute.tunnelFlags));
    return true;
  }

  /** Those of 64 bits, where they are there. */
  private takeKnownCounters(row: number, from: number): boolean {
    const { place, size } = this.layout;
    const { statistics, statistics64 } = DestinationAttribute;
    const isWide = place[statistics64] !== 0;
    const type = isWide ? statistics64 : statistics;
    this.counters.clear(row);
    if (place[type] === 0) return true;
    const at = from + (place[type] as number);
    return this.counters.take(row, this.view, at, at + (size[type] as number), isWide ? 8 : 4);
  }

  private takeAttributes(row: number, from: number, to: number): boolean {
    this.clear(row);
    let seen = 0;
    for (let at = from; to - at >= HEADER_OCTETS; ) {
      const length = this.u16(at);
      if (length < HEADER_OCTETS || length > to - at) return false;
      const type = this.u16(at + 2) & TYPE_MASK;
      if (!this.takeAttribute(row, type, at + HEADER_OCTETS, length - HEADER_OCTETS)) return false;
      if (type < 32) seen |= 1 << type;
      at += (length + 3) & ~3;
    }
    if ((seen & NEEDED) !== NEEDED) return false;
    const family = this.family[row];
    return family === AF.ipv4 || (family === AF.ipv6 && this.addressOctets >= 16);
  }

  /** False if it is too short for its type. */
  private takeAttribute(row: number, type: number, at: number, size: number): boolean {
    switch (type) {
      case DestinationAttribute.address:
        return this.takeAddress(row, at, size);
      case DestinationAttribute.port:
        if (size < 2) return false;
        this.port[row] = this.view.getUint16(at, false);
        return true;
      case DestinationAttribute.forwarding:
        if (size < 4) return false;
        this.forwarding[row] = this.u32(at) & FORWARDING_MASK;
        return true;
      case DestinationAttribute.weight:
        if (size < 4) return false;
        this.weight[row] = this.u32(at);
        return true;
      case DestinationAttribute.upperThreshold:
        if (size < 4) return false;
        this.upperThreshold[row] = this.u32(at);
        return true;
      case DestinationAttribute.lowerThreshold:
        if (size < 4) return false;
        this.lowerThreshold[row] = this.u32(at);
        return true;
      case DestinationAttribute.activeConnections:
        if (size < 4) return false;
        this.activeConnections[row] = this.u32(at);
        return true;
      case DestinationAttribute.inactiveConnections:
        if (size < 4) return false;
        this.inactiveConnections[row] = this.u32(at);
        return true;
      case DestinationAttribute.persistentConnections:
        if (size < 4) return false;
        this.persistentConnections[row] = this.u32(at);
        return true;
      case DestinationAttribute.family:
        if (size < 2) return false;
        // Numbers that do not fit are none of the two either way.
        this.family[row] = Math.min(this.u16(at), 0xff);
        return true;
      case DestinationAttribute.tunnelType:
        if (size < 1) return false;
        this.tunnelType[row] = this.view.getUint8(at);
        return true;
      case DestinationAttribute.tunnelPort:
        if (size < 2) return false;
        this.tunnelPort[row] = this.view.getUint16(at, false);
        return true;
      case DestinationAttribute.tunnelFlags:
        if (size < 2) return false;
        this.tunnelFlags[row] = this.u16(at);
        return true;
      case DestinationAttribute.statistics:
        return !this.withStatistics || this.counters.take(row, this.view, at, at + size, 4);
      // Comes after the other, and so counts.
      case DestinationAttribute.statistics64:
        return !this.withStatistics || this.counters.take(row, this.view, at, at + size, 8);
      default:
        return true;
    }
  }

  /** All 16 octets where they are there; an IPv4 address needs 4 of them only. */
  private takeAddress(row: number, at: number, size: number): boolean {
    if (size < 4) return false;
    this.addressOctets = size;
    const words = Math.min(4, size >>> 2);
    for (let word = 0; word < words; word += 1) {
      this.address[4 * row + word] = this.view.getUint32(at + 4 * word, false);
    }
    return true;
  }

  private u16(at: number): number {
    return this.view.getUint16(at, hostIsLittleEndian);
  }

  private u32(at: number): number {
    return this.view.getUint32(at, hostIsLittleEndian);
  }

  /** Of what a message need not have. */
  private clear(row: number): void {
    this.address.fill(0, 4 * row, 4 * row + 4);
    this.tunnelType[row] = 0;
    this.tunnelPort[row] = 0;
    this.tunnelFlags[row] = 0;
    this.activeConnections[row] = 0;
    this.inactiveConnections[row] = 0;
    this.persistentConnections[row] = 0;
    if (this.withStatistics) this.counters.clear(row);
  }

  /** Fourfold each time: what is not used of it is no memory yet, and what is copied is a third of all. */
  private makeRoom(rows: number): void {
    this.family = copied(new Uint8Array(rows), this.family);
    this.address = copied(new Uint32Array(4 * rows), this.address);
    this.port = copied(new Uint16Array(rows), this.port);
    this.forwarding = copied(new Uint8Array(rows), this.forwarding);
    this.weight = copied(new Int32Array(rows), this.weight);
    this.upperThreshold = copied(new Uint32Array(rows), this.upperThreshold);
    this.lowerThreshold = copied(new Uint32Array(rows), this.lowerThreshold);
    this.tunnelType = copied(new Uint8Array(rows), this.tunnelType);
    this.tunnelPort = copied(new Uint16Array(rows), this.tunnelPort);
    this.tunnelFlags = copied(new Uint16Array(rows), this.tunnelFlags);
    this.activeConnections = copied(new Uint32Array(rows), this.activeConnections);
    this.inactiveConnections = copied(new Uint32Array(rows), this.inactiveConnections);
    this.persistentConnections = copied(new Uint32Array(rows), this.persistentConnections);
    if (this.withStatistics) this.counters.makeRoom(rows);
  }
}

function copied<Column extends { set(from: Column): void }>(column: Column, from: Column): Column {
  column.set(from);
  return column;
}
