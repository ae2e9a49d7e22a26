/**
 * The advertisement of an instance, kept as octets: what is sent again and again is only patched where it differs.
 *
 *    authentication header (AH only, 24) │ message │ mark (further paths only, 24) │ trailer (auth_hmac only, 28)
 */
import { addressBytes } from '../../base/address.ts';
import { DirectorError } from '../../base/error.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { AH_OCTETS } from '../../wire/ah.ts';
import {
  AUTH_TYPE,
  type AuthOctets,
  addressOctets,
  encodeAdvert,
  NO_AUTH,
  setPriority,
} from '../../wire/vrrp.ts';
import {
  type ChecksumForm,
  readChecksum,
  readdressed,
  writeChecksum,
} from '../../wire/vrrp-checksum.ts';
import { type Signed, type Stamp, TRAILER_OCTETS } from '../../wire/vrrp-hmac.ts';
import { encodePathMark } from '../../wire/vrrp-path-mark.ts';
import type { AdvertPath, AdvertSocket } from './ports-adverts.ts';
import type { AhSequence, TrailerSigner } from './signature.ts';

const HOP_LIMIT = 255;
const VRRP_HEADER_OCTETS = 8;
const NO_MARK = new Uint8Array(0);

export interface OutgoingOptions {
  /** As it is on the path. */
  readonly instance: VrrpInstance;
  readonly source: string;
  /** Of a further path: our address on the main one. Null: this is the main path. */
  readonly mainAddress: string | null;
  readonly form: ChecksumForm;
  readonly socket: AdvertSocket;
  readonly signer: TrailerSigner;
  readonly ah: AhSequence;
}

interface Way {
  readonly path: AdvertPath;
  readonly name: string;
  readonly destination: Uint8Array;
}

/** What of an advertisement the kernel did not take. */
export interface Unsent {
  /** So many destinations are not sent it; there may be others that are. */
  readonly destinations: readonly string[];
  /** Of the first. */
  readonly error: DirectorError;
}

export class Outgoing {
  private readonly options: OutgoingOptions;
  private readonly payload: Uint8Array;
  private readonly message: Uint8Array;
  private readonly trailer: Uint8Array | null;
  private readonly signed: Signed;
  private readonly ways: readonly Way[];
  /** The destination that the checksum is for. */
  private addressee: Uint8Array;
  private identification = 0;

  constructor(options: OutgoingOptions) {
    const { instance, source, mainAddress, form, socket, signer } = options;
    const { family, unicast, multicastGroup } = instance;
    this.options = options;
    const destinations =
      unicast === null ? [multicastGroup] : unicast.peers.map(({ address }) => address);
    const hopLimit = unicast?.ttl ?? HOP_LIMIT;
    this.ways = destinations.map((destination) => ({
      path: socket.path({ source, destination, hopLimit }),
      name: destination,
      destination: addressBytes(destination),
    }));
    const destination = destinations[0] ?? multicastGroup;
    this.addressee = addressBytes(destination);
    const message = encodeAdvert(
      {
        ...instance,
        intervalMs: instance.advertIntervalMs,
        addresses: instance.addresses.map(({ address }) => address),
      },
      { family, source, destination },
      authOf(instance),
      form,
    );
    const mark = mainAddress === null ? NO_MARK : encodePathMark(mainAddress, family);
    const before = instance.authentication.type === 'ah' ? AH_OCTETS : 0;
    const end = before + message.length;
    const signedEnd = end + mark.length;
    this.payload = new Uint8Array(signedEnd + (signer.signs ? TRAILER_OCTETS : 0));
    this.payload.set(message, before);
    this.payload.set(mark, end);
    this.message = this.payload.subarray(before, end);
    this.trailer = signer.signs ? this.payload.subarray(signedEnd) : null;
    this.signed = {
      envelope: { family, source },
      message: this.payload.subarray(before, signedEnd),
    };
  }

  /** The addresses as they are sent: a view. */
  get addressList(): Uint8Array {
    const { addresses, family } = this.options.instance;
    const octets = addresses.length * addressOctets(family);
    return this.message.subarray(VRRP_HEADER_OCTETS, VRRP_HEADER_OCTETS + octets);
  }

  /** How many copies are sent: one for each destination. */
  get copies(): number {
    return this.ways.length;
  }

  /**
   * One copy for each destination, of one signature and one sequence number, which all paths share. Null: the kernel
   * has taken all of them.
   */
  send(priority: number, stamp: Stamp | null, sequence: number | null): Unsent | null {
    const { instance, signer, ah, form } = this.options;
    setPriority(this.message, priority);
    if (this.trailer !== null && stamp !== null) signer.sign(this.trailer, this.signed, stamp);
    let unsent: Unsent | null = null;
    for (const { path, name, destination } of this.ways) {
      if (form === 'pseudo-header') this.addressTo(destination);
      this.identification = (this.identification % 0xffff) + 1;
      if (sequence !== null) {
        const header = path.header(this.payload.length, this.identification);
        ah.write(this.payload, header, instance, sequence);
      }
      try {
        path.send(this.payload, this.identification);
      } catch (error) {
        unsent = withUnsent(unsent, name, error);
      }
    }
    return unsent;
  }

  private addressTo(destination: Uint8Array): void {
    if (destination === this.addressee) return;
    const checksum = readdressed(readChecksum(this.message), this.addressee, destination);
    writeChecksum(this.message, checksum);
    this.addressee = destination;
  }
}

/** One more destination that is not sent it; the others are. */
function withUnsent(unsent: Unsent | null, destination: string, error: unknown): Unsent {
  if (!(error instanceof DirectorError)) throw error;
  const destinations = [...(unsent?.destinations ?? []), destination];
  return { destinations, error: unsent?.error ?? error };
}

function authOf({ authentication }: VrrpInstance): AuthOctets {
  // Of AH the data is there and unused: the key must not be in it.
  if (authentication.type === 'ah') return { type: AUTH_TYPE.ah, key: '' };
  if (authentication.type === 'pass') return { type: AUTH_TYPE.pass, key: authentication.key };
  return NO_AUTH;
}
