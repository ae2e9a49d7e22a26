/**
 * A reply of IPVS that is cut short, or lacks what it must have. What it told of would look as if it were not there, so
 * that the whole reading is not believed, and nothing is changed by it.
 */
import { DirectorError } from '../base/error.ts';

/** Of the reply, for whoever is told of it. */
const SHOWN_OCTETS_MAX = 32;

/** `about`: what the reply is to tell of, and which of several it is. */
export function damagedReply(about: string, reply: Uint8Array | undefined): DirectorError {
  const octets = reply ?? new Uint8Array();
  const start = Buffer.from(octets.subarray(0, SHOWN_OCTETS_MAX)).toString('hex');
  const more = octets.length > SHOWN_OCTETS_MAX ? '…' : '';
  const shown = octets.length === 0 ? 'no octets' : `${octets.length} octets: ${start}${more}`;
  return new DirectorError(
    'NETLINK_DAMAGED',
    `the kernel's reply about ${about} is damaged (${shown})`,
    {
      hint: 'nothing is changed until a reading is whole; if it comes again, the module ip_vs of this kernel is broken, or newer than this program: report it with "uname -r"',
    },
  );
}

/** Each of a dump. @throws DirectorError NETLINK_DAMAGED */
export function decodeEach<T>(
  about: string,
  payloads: readonly Uint8Array[],
  decode: (payload: Uint8Array) => T | null,
): readonly T[] {
  return payloads.map((payload, at) => {
    const decoded = decode(payload);
    if (decoded === null) throw damagedReply(`${about} ${at + 1} of ${payloads.length}`, payload);
    return decoded;
  });
}
