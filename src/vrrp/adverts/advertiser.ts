/** The advertisements of one instance: what it sends on each of its paths, and what it lets in. */
import type { AdvertPathSnapshot, AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Advert } from '../../wire/vrrp.ts';
import type { ChecksumForm } from '../../wire/vrrp-checksum.ts';
import type { Counters } from '../counters.ts';
import type { Heard } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import {
  type Admitted,
  admit,
  type DropReason,
  type Listener,
  type ReceivedPacket,
} from './admit.ts';
import type { Ears } from './ears.ts';
import { PathLink, type Standing } from './path-link.ts';
import { PathRecord, PathWatch } from './path-watch.ts';
import { Remarks } from './remarks.ts';
import type { Spent } from './replay.ts';
import { type FindLink, type PathSource, type SideLink, SidePaths } from './side-paths.ts';
import { AhSequence, TrailerSigner } from './signature.ts';
import { Twins } from './twins.ts';

/** `side`: the further path that it came by; null: the main one. True: it was taken. */
export type OnPacket = (packet: ReceivedPacket, side: SideLink | null) => boolean;

export class Advertiser {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'log'>;
  private readonly ears: Ears;
  private readonly counters: Counters;
  private readonly remarks: Remarks;
  private readonly signer: TrailerSigner;
  private readonly ah: AhSequence;
  private readonly main: PathLink;
  private readonly mainRecord = new PathRecord('main', true);
  private readonly watch: PathWatch;
  private readonly sides: SidePaths;
  private readonly twins = new Twins();
  /** Why the main path has no socket, though it should. */
  private why: string | null = null;
  private instance: VrrpInstance | null = null;
  /** A peer sends the checksum of keepalived up to 1.3.6. */
  private hasOldPeer = false;
  private comparedSender: string | null = null;

  constructor(ports: Pick<VrrpPorts, 'clock' | 'log'>, ears: Ears, counters: Counters) {
    this.ports = ports;
    this.ears = ears;
    this.counters = counters;
    this.remarks = new Remarks(ports, counters);
    this.signer = new TrailerSigner(ports.clock);
    this.ah = new AhSequence(ports.clock.wallTimeMs());
    this.watch = new PathWatch(ports);
    this.main = this.newLink();
    this.sides = new SidePaths(this.watch, this.mainRecord, () => this.newLink());
  }

  private newLink(): PathLink {
    const { ports, counters, ears, signer, ah } = this;
    const formFor = (instance: VrrpInstance): ChecksumForm => this.formFor(instance);
    return new PathLink({ ports, counters, ears, signer, ah, formFor });
  }

  /** Why nothing can be heard on the main path; null: something can, or there is nothing to listen on. */
  get deafness(): string | null {
    return this.why;
  }

  /** A path wants a socket, and has none. */
  get wantsSocket(): boolean {
    return this.why !== null || this.sides.wantsSocket;
  }

  /** What must not be forgotten at a restart; null: nothing is signed. */
  get spent(): Spent | null {
    return this.signer.spent;
  }

  get foreignCount(): number {
    return this.main.foreignCount;
  }

  lastingAlarms(instance: VrrpInstance): readonly AlarmSnapshot[] {
    return [
      ...this.remarks.lastingAlarms(instance),
      ...this.watch.lastingAlarms(),
      ...this.main.lastingAlarms(),
      ...this.sides.lastingAlarms(),
    ];
  }

  /** None, where there is but the main path. */
  paths(): readonly AdvertPathSnapshot[] {
    return this.watch.snapshot();
  }

  /** From where on further paths who has this address on the main one was heard last. */
  sideSourcesOf(sender: string): readonly PathSource[] {
    return this.sides.sourcesOf(sender);
  }

  /** Takes its place on each of its paths, or another one when what it is there changes; `source` null: the main one is not there. */
  listen(
    instance: VrrpInstance,
    source: string | null,
    onPacket: OnPacket,
    find: FindLink = () => null,
  ): void {
    const standing = source === null ? null : { instance, source, mainAddress: null };
    if (this.instance !== instance || !this.main.isThere(standing)) {
      this.listenOnMain(instance, standing, onPacket);
    }
    if (!this.sides.areThere) return;
    this.watch.found(instance.name, this.mainRecord, this.whyMainIsDown(instance, find));
    this.sides.listen(instance, source, find, onPacket);
  }

  private listenOnMain(
    instance: VrrpInstance,
    standing: Standing | null,
    onPacket: OnPacket,
  ): void {
    const spentBefore = this.ears.spentBefore.get(instance.name);
    if (this.instance === null && spentBefore !== undefined) this.signer.restore(spentBefore);
    if (this.instance !== instance) this.sides.adopt(instance);
    this.instance = instance;
    this.comparedSender = null;
    this.signer.use(instance.signing);
    this.main.listen(standing, (packet) => onPacket(packet, null));
    // Where there is nothing to listen on, it remains as deaf as it was.
    if (standing === null) return;
    const { deafness: reason } = this.main;
    if (reason !== null && reason !== this.why) {
      this.ports.log.error({ instance: instance.name, reason }, 'deaf');
    }
    this.why = reason;
  }

  private whyMainIsDown({ interface: link }: VrrpInstance, find: FindLink): string | null {
    const facts = find(link);
    if (facts === null) return `there is no interface ${link}`;
    if (!facts.running) return `interface ${link} is down`;
    if (this.main.standing !== null) return null;
    return this.why ?? `interface ${link} has no address`;
  }

  /** The form of the checksum that is sent, chosen as keepalived does. */
  private formFor({ version, family, bareChecksum, unicast }: VrrpInstance): ChecksumForm {
    if (version === 2) return 'message';
    if (family === 'ipv6') return 'pseudo-header';
    if (bareChecksum) return 'message';
    const isOld =
      unicast !== null &&
      (unicast.oldChecksum === 'always' || (unicast.oldChecksum === 'detect' && this.hasOldPeer));
    return isOld ? 'old-unicast' : 'pseudo-header';
  }

  /** The interface of the main path is another one of its name. */
  leaveMain(): void {
    void this.main.hangUp();
  }

  /** The same of further paths; sockets are shared, and so all leave before one comes again. */
  leaveReplaced(find: FindLink): void {
    this.sides.leaveReplaced(find);
  }

  /** Sockets on this interface are of no use any more, if a further path has some. */
  linkRenewed(name: string): void {
    this.sides.linkRenewed(name);
  }

  /** Resolves when what was to be sent has been sent. */
  async hangUp(): Promise<void> {
    await Promise.all([this.main.hangUp(), this.sides.hangUp()]);
  }

  /** By all paths; it counts as sent if one of them takes it. */
  send(priority: number): void {
    if (this.main.standing === null && !this.sides.areThere) return;
    const stamp = this.signer.nextStamp();
    const sequence = this.instance?.authentication.type === 'ah' ? this.ah.next() : null;
    const isByMain = this.main.standing !== null && this.main.send(priority, stamp, sequence);
    if (isByMain) this.mainRecord.sent += 1;
    const isBySide = this.sides.areThere && this.sides.send(priority, stamp, sequence);
    if (!isByMain && !isBySide) return;
    this.counters.add('advertsSent');
    if (priority === 0) this.counters.add('priorityZeroSent');
  }

  /** The advertisement in a packet for this VRID, `twin` when another path has brought it, or null when it was dropped. */
  hear(
    instance: VrrpInstance,
    priority: number,
    packet: ReceivedPacket,
    side: SideLink | null = null,
  ): Heard | 'twin' | null {
    const { standing } = side?.link ?? this.main;
    if (standing === null) return null;
    const admitted = this.admit(standing, priority, packet, side);
    if ('drop' in admitted) {
      this.drop(instance, admitted.drop, packet, side);
      return null;
    }
    if (this.sides.areThere && this.isTwin(instance, admitted, packet, side)) return 'twin';
    return this.take(instance, priority, admitted, side);
  }

  private admit(
    { instance, source, mainAddress }: Standing,
    priority: number,
    packet: ReceivedPacket,
    side: SideLink | null,
  ): Admitted | { readonly drop: DropReason } {
    const path = this.sides.areThere ? this.nameOf(side) : null;
    const listener: Listener = {
      instance,
      priority,
      ownAddress: source,
      mainAddress,
      addressList: (side?.link ?? this.main).addressList ?? NO_ADDRESSES,
      comparedSender: this.comparedSender,
      authenticate: (claim, from) => this.signer.check(claim, from, instance.family, path),
    };
    if (instance.authentication.type !== 'ah') return admit(listener, packet);
    const opened = this.ah.open(packet, instance, path);
    if ('drop' in opened) return opened;
    return admit({ ...listener, authenticate: opened.authenticate }, opened.packet);
  }

  private nameOf(side: SideLink | null): string {
    return (side?.record ?? this.mainRecord).name;
  }

  /** Notes by which path it came, too. */
  private isTwin(
    instance: VrrpInstance,
    { advert, sender, freshness }: Admitted,
    { source }: ReceivedPacket,
    side: SideLink | null,
  ): boolean {
    const { priority } = advert;
    const intervalMs = Math.min(advert.intervalMs, instance.hearing.intervalMaxMs);
    const rhythm = { intervalMs, missed: instance.downTimerAdverts };
    const record = side?.record ?? this.mainRecord;
    this.watch.heard(instance.name, record, { source, sender }, rhythm);
    if (freshness !== null) return freshness === 'twin';
    const now = this.ports.clock.now();
    return this.twins.isTwin(this.nameOf(side), { sender, priority }, intervalMs / 2, now);
  }

  private take(
    instance: VrrpInstance,
    priority: number,
    admitted: Admitted,
    side: SideLink | null,
  ): Heard {
    const { advert, sender, notes } = admitted;
    this.counters.add('advertsReceived');
    if (advert.priority === 0) this.counters.add('priorityZeroReceived');
    if (side === null) this.noteForm(instance, advert, sender);
    this.remarks.onOddities(instance, admitted);
    if (!notes.includes('addresses')) this.comparedSender = sender;
    if (advert.priority === 255 && priority === 255) {
      this.remarks.raise(instance, 'two-owners', sender, 'it has priority 255, too');
    }
    const intervalMs = this.learned(instance, advert, sender);
    return { source: sender, priority: advert.priority, intervalMs };
  }

  /** Of version 3 a backup adopts the interval of its master, but no more than it was told to. */
  private learned(instance: VrrpInstance, { intervalMs }: Advert, source: string): number {
    const { intervalMaxMs } = instance.hearing;
    if (instance.version === 2 || intervalMs <= intervalMaxMs) return intervalMs;
    const count = this.counters.odd('interval-clamped');
    if (count === 1) {
      const fields = { instance: instance.name, source, intervalMs, adoptedMs: intervalMaxMs };
      this.ports.log.warn(fields, 'the interval of another master is not adopted in full');
    }
    return intervalMaxMs;
  }

  private noteForm(instance: VrrpInstance, advert: Advert, source: string): void {
    this.remarks.onForm(instance, advert, source);
    if (advert.checksumForm !== 'old-unicast' || this.hasOldPeer) return;
    this.hasOldPeer = true;
    this.main.reform();
  }

  private drop(
    instance: VrrpInstance,
    reason: DropReason,
    packet: ReceivedPacket,
    side: SideLink | null,
  ): void {
    const count = side === null ? this.counters.drop(reason) : side.record.drop(reason);
    if (side === null) this.mainRecord.drop(reason);
    const path = side === null ? null : side.record.name;
    this.remarks.onDrop(instance, { reason, count, path }, packet);
  }
}

const NO_ADDRESSES = new Uint8Array(0);
