/** The advertisements of one instance: what it sends, what it lets in, and what is wrong with either. */
import { describeError } from '../../base/error.ts';
import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { type Advert, addressesIn } from '../../wire/vrrp.ts';
import type { ChecksumForm } from '../../wire/vrrp-checksum.ts';
import type { Counters } from '../counters.ts';
import { Alarms } from '../evidence/alarms.ts';
import type { Heard } from '../machine/state.ts';
import type { VrrpPorts } from '../ports.ts';
import {
  type Admitted,
  admit,
  type DropReason,
  type Listener,
  type ReceivedPacket,
} from './admit.ts';
import type { Ear, EarMember, Ears } from './ears.ts';
import { Outgoing } from './outgoing.ts';
import type { Spent } from './replay.ts';
import { AhSequence, TrailerSigner } from './signature.ts';

/** Peers whose form of the checksum has been logged. */
const PEERS_REMEMBERED_MAX = 64;
const ADDRESSES_SHOWN = 4;

/** In its ear, and able to send. */
interface Link {
  readonly source: string;
  readonly ear: Ear;
  readonly member: EarMember;
  outgoing: Outgoing;
}

export class Advertiser {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'log'>;
  private readonly ears: Ears;
  private readonly counters: Counters;
  private readonly alarms: Alarms;
  private readonly signer: TrailerSigner;
  private readonly ah: AhSequence;
  private link: Link | null = null;
  /** Why it has no socket, though it should. */
  private why: string | null = null;
  private instance: VrrpInstance | null = null;
  /** A peer sends the checksum of keepalived up to 1.3.6. */
  private hasOldPeer = false;
  private comparedSender: string | null = null;
  private readonly formsOfPeers = new Map<string, ChecksumForm>();

  constructor(ports: Pick<VrrpPorts, 'clock' | 'log'>, ears: Ears, counters: Counters) {
    this.ports = ports;
    this.ears = ears;
    this.counters = counters;
    this.alarms = new Alarms(ports.log);
    this.signer = new TrailerSigner(ports.clock);
    this.ah = new AhSequence(ports.clock.wallTimeMs());
  }

  /** Why nothing can be heard; null: something can, or there is nothing to listen on. */
  get deafness(): string | null {
    return this.why;
  }

  /** What must not be forgotten at a restart; null: nothing is signed. */
  get spent(): Spent | null {
    return this.signer.spent;
  }

  get foreignCount(): number {
    return this.link?.ear.foreignCount ?? 0;
  }

  lastingAlarms(instance: VrrpInstance): readonly AlarmSnapshot[] {
    return this.alarms.lasting(instance.advertIntervalMs, this.ports.clock.now());
  }

  /** Takes its place on the link, or another one when what it is there changes; `source` null: there is no link. */
  listen(
    instance: VrrpInstance,
    source: string | null,
    onPacket: (packet: ReceivedPacket) => boolean,
  ): void {
    if (this.link !== null && this.link.source === source && this.instance === instance) return;
    const before = this.link;
    const spentBefore = this.ears.spentBefore.get(instance.name);
    if (this.instance === null && spentBefore !== undefined) this.signer.restore(spentBefore);
    this.link = null;
    this.instance = instance;
    this.comparedSender = null;
    this.signer.use(instance.signing);
    // The new place first: the socket that both are of stays open.
    if (source !== null) this.join(instance, source, onPacket);
    void before?.ear.leave(before.member);
  }

  private join(
    instance: VrrpInstance,
    source: string,
    onPacket: (packet: ReceivedPacket) => boolean,
  ): void {
    try {
      const member = { instance, onPacket };
      const ear = this.ears.join(member);
      this.link = { source, ear, member, outgoing: this.outgoingOf(instance, source, ear) };
      this.why = null;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.why) this.ports.log.error({ instance: instance.name, reason }, 'deaf');
      this.why = reason;
    }
  }

  private outgoingOf(instance: VrrpInstance, source: string, ear: Ear): Outgoing {
    const { signer, ah } = this;
    return new Outgoing({
      instance,
      source,
      form: this.formFor(instance),
      socket: ear.socket,
      signer,
      ah,
    });
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

  /** Resolves when what was to be sent has been sent. */
  async hangUp(): Promise<void> {
    const { link } = this;
    this.link = null;
    await link?.ear.leave(link.member);
  }

  send(priority: number): void {
    if (this.link === null) return;
    this.link.outgoing.send(priority);
    this.counters.add('advertsSent');
    if (priority === 0) this.counters.add('priorityZeroSent');
  }

  /** The advertisement in a packet for this VRID, or null when it was dropped. */
  hear(instance: VrrpInstance, priority: number, packet: ReceivedPacket): Heard | null {
    const { link } = this;
    if (link === null) return null;
    const admitted = this.admit(instance, { priority, link }, packet);
    if ('drop' in admitted) {
      this.drop(instance, admitted.drop, packet);
      return null;
    }
    const { advert } = admitted;
    const { source } = packet;
    this.counters.add('advertsReceived');
    if (advert.priority === 0) this.counters.add('priorityZeroReceived');
    this.noteForm(instance, advert, source);
    this.noteOddities(instance, admitted, packet);
    if (advert.priority === 255 && priority === 255) {
      this.raise(instance, 'two-owners', source, 'it has priority 255, too');
    }
    const intervalMs = this.learned(instance, advert, source);
    return { source, priority: advert.priority, intervalMs };
  }

  private admit(
    instance: VrrpInstance,
    { priority, link }: { readonly priority: number; readonly link: Link },
    packet: ReceivedPacket,
  ): Admitted | { readonly drop: DropReason } {
    const listener: Listener = {
      instance,
      priority,
      ownAddress: link.source,
      addressList: link.outgoing.addressList,
      comparedSender: this.comparedSender,
      authenticate: (advert, from) => this.signer.check(advert, from, instance.family),
    };
    if (instance.authentication.type !== 'ah') return admit(listener, packet);
    const opened = this.ah.open(packet, instance);
    if ('drop' in opened) return opened;
    return admit({ ...listener, authenticate: opened.authenticate }, opened.packet);
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
    const { checksumForm } = advert;
    this.counters.form(checksumForm);
    if (this.formsOfPeers.get(source) === checksumForm) return;
    if (this.formsOfPeers.size < PEERS_REMEMBERED_MAX) this.formsOfPeers.set(source, checksumForm);
    const isUsual = checksumForm === (instance.version === 2 ? 'message' : 'pseudo-header');
    const level = isUsual ? 'debug' : 'info';
    this.ports.log[level]({ instance: instance.name, source, checksumForm }, 'form of a checksum');
    if (checksumForm !== 'old-unicast' || this.hasOldPeer || this.link === null) return;
    this.hasOldPeer = true;
    this.link.outgoing = this.outgoingOf(instance, this.link.source, this.link.ear);
  }

  private noteOddities(
    instance: VrrpInstance,
    { advert, notes }: Admitted,
    packet: ReceivedPacket,
  ): void {
    const { source } = packet;
    if (notes.includes('interval')) this.once(instance, source, 'interval-differs');
    if (notes.includes('link-local')) this.once(instance, source, 'first-address-not-link-local');
    if (!notes.includes('addresses')) {
      this.comparedSender = source;
      return;
    }
    this.counters.add('addressMismatches');
    this.raiseForAddresses(instance, advert, source);
  }

  private raiseForAddresses(instance: VrrpInstance, advert: Advert, source: string): void {
    const all = addressesIn(advert.addressList, instance.family);
    const more = all.length > ADDRESSES_SHOWN ? ` and ${all.length - ADDRESSES_SHOWN} more` : '';
    const list = `${all.slice(0, ADDRESSES_SHOWN).join(', ') || 'no address'}${more}`;
    this.raise(instance, 'address-list-mismatch', source, `it advertises ${list}`);
  }

  /** Something odd that is no reason to drop: counted, and logged the first time. */
  private once(instance: VrrpInstance, source: string, oddity: string): void {
    const level = this.counters.odd(oddity) === 1 ? 'warn' : 'debug';
    this.ports.log[level]({ instance: instance.name, source, oddity }, 'odd advertisement');
  }

  private drop(
    instance: VrrpInstance,
    reason: DropReason,
    { source, payload }: ReceivedPacket,
  ): void {
    const count = this.counters.drop(reason);
    // Once by name; a flood must not fill the log.
    const level = count === 1 ? 'warn' : 'debug';
    this.ports.log[level]({ instance: instance.name, reason, source }, 'packet dropped');
    switch (reason) {
      case 'interval':
        if (instance.version === 2) {
          const theirs = `its advert_int is ${payload[5]} s, ours ${instance.advertIntervalMs / 1000} s`;
          this.raise(instance, 'peer-interval-mismatch', source, theirs);
        }
        break;
      case 'own-address':
        this.raise(instance, 'duplicate-address', source, 'somebody else sends from it');
        break;
      case 'clock':
        this.raise(
          instance,
          'peer-clock',
          source,
          'its clock and ours differ by more than time_window',
        );
        break;
      case 'authentication':
      case 'replay':
      case 'unknown-key':
      case 'unsigned':
        this.raise(instance, 'not-authentic', source, reason);
        break;
      case 'addresses':
        this.raise(instance, 'address-list-mismatch', source, 'dropped: vrrp_strict');
        break;
      default:
    }
  }

  private raise(
    { name }: VrrpInstance,
    alarm: AlarmSnapshot['name'],
    source: string,
    detail: string,
  ): void {
    this.alarms.raise(name, alarm, source, detail, this.ports.clock.now());
  }
}
