/** A path of an instance at work: its place among those who hear there, and what is sent from it. */
import { describeError, reasonAndHint } from '../../base/error.ts';
import { Trouble } from '../../base/trouble.ts';
import type { AlarmSnapshot } from '../../model/snapshot-vrrp.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { ChecksumForm } from '../../wire/vrrp-checksum.ts';
import type { Stamp } from '../../wire/vrrp-hmac.ts';
import type { Counters } from '../counters.ts';
import type { VrrpPorts } from '../ports.ts';
import type { ReceivedPacket } from './admit.ts';
import type { Ear, EarMember, Ears } from './ears.ts';
import { Outgoing, type Unsent } from './outgoing.ts';
import type { AhSequence, TrailerSigner } from './signature.ts';

/** It is shown for so many intervals after the last one that could not be sent. */
const UNSENT_INTERVALS = 3;
const DESTINATIONS_TOLD_MAX = 4;

/** What an instance is on a path. */
export interface Standing {
  /** With the interface, the source and the peers of the path. */
  readonly instance: VrrpInstance;
  readonly source: string;
  /** Of a further path: our address on the main one. Null: this is the main path. */
  readonly mainAddress: string | null;
}

/** In its ear, and able to send. */
interface Link extends Standing {
  readonly ear: Ear;
  readonly member: EarMember;
  outgoing: Outgoing;
}

interface PathLinkParts {
  readonly ports: Pick<VrrpPorts, 'clock' | 'log'>;
  readonly counters: Counters;
  readonly ears: Ears;
  readonly signer: TrailerSigner;
  readonly ah: AhSequence;
  /** The form of the checksum that is sent. */
  formFor(instance: VrrpInstance): ChecksumForm;
}

export class PathLink {
  private readonly parts: PathLinkParts;
  private link: Link | null = null;
  private why: string | null = null;
  /** The kernel does not take what is sent. */
  private readonly unsent: Trouble;

  constructor(parts: PathLinkParts) {
    this.parts = parts;
    this.unsent = new Trouble(parts.ports, {
      level: 'warn',
      message: 'advertisements are not sent',
      over: 'advertisements are sent again',
    });
  }

  /** Why it has no socket, though it should; null: it has, or should not. */
  get deafness(): string | null {
    return this.why;
  }

  /** Null: it is not there. */
  get standing(): Standing | null {
    return this.link;
  }

  /** The addresses as they are sent: a view. */
  get addressList(): Uint8Array | null {
    return this.link?.outgoing.addressList ?? null;
  }

  /** Packets of others at its place. */
  get foreignCount(): number {
    return this.link?.ear.foreignCount ?? 0;
  }

  isThere(standing: Standing | null): boolean {
    const { link } = this;
    if (link === null || standing === null) return false;
    return (
      link.instance === standing.instance &&
      link.source === standing.source &&
      link.mainAddress === standing.mainAddress
    );
  }

  /** Takes its place on the link, or another one when what it is there changes; null: there is no link. */
  listen(standing: Standing | null, onPacket: EarMember['onPacket']): void {
    if (this.isThere(standing)) return;
    const before = this.link;
    this.link = null;
    this.why = null;
    // The new place first: the socket that both are of stays open.
    if (standing !== null) this.join(standing, onPacket);
    void before?.ear.leave(before.member);
  }

  private join(standing: Standing, onPacket: (packet: ReceivedPacket) => boolean): void {
    const { instance } = standing;
    try {
      const member = { instance, onPacket };
      const ear = this.parts.ears.join(member);
      this.link = { ...standing, ear, member, outgoing: this.outgoingOf(standing, ear) };
    } catch (error) {
      this.why = describeError(error);
    }
  }

  private outgoingOf(standing: Standing, ear: Ear): Outgoing {
    const { signer, ah, formFor } = this.parts;
    const { instance, source, mainAddress } = standing;
    const form = formFor(instance);
    return new Outgoing({ instance, source, mainAddress, form, socket: ear.socket, signer, ah });
  }

  /** The form of the checksum is another one now. */
  reform(): void {
    if (this.link !== null) this.link.outgoing = this.outgoingOf(this.link, this.link.ear);
  }

  /** What the kernel does not take is counted and told. False: nobody is sent anything. */
  send(priority: number, stamp: Stamp | null, sequence: number | null): boolean {
    const { link } = this;
    if (link === null) return false;
    const unsent = link.outgoing.send(priority, stamp, sequence);
    if (unsent === null) {
      if (this.unsent.isOn) this.unsent.wentWell(placeOf(link));
      return true;
    }
    this.note(link, unsent);
    return unsent.destinations.length < link.outgoing.copies;
  }

  private note(link: Link, { destinations, error }: Unsent): void {
    this.parts.counters.add('advertsUnsent', destinations.length);
    const to = destinations.slice(0, DESTINATIONS_TOLD_MAX);
    this.unsent.happened({ ...placeOf(link), to, ...reasonAndHint(error) });
  }

  /** While what is sent is refused. */
  lastingAlarms(): readonly AlarmSnapshot[] {
    if (this.link === null) return [];
    const { interface: source, advertIntervalMs } = this.link.instance;
    const detail = this.unsent.reasonWithin(UNSENT_INTERVALS * advertIntervalMs);
    return detail === null ? [] : [{ name: 'adverts-unsent', source, detail }];
  }

  /** Resolves when what was to be sent has been sent. */
  async hangUp(): Promise<void> {
    const { link } = this;
    this.link = null;
    await link?.ear.leave(link.member);
  }
}

function placeOf({ instance: { name: instance, interface: link } }: Standing): {
  readonly instance: string;
  readonly interface: string;
} {
  return { instance, interface: link };
}
