/**
 * Generic netlink (include/uapi/linux/genetlink.h): the 4-octet header in front of the attributes, and
 * the question to the controller under which number a family is registered today.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    command    |    version    |           reserved            |
 *   +---------------+---------------+-------------------------------+
 */
import { ByteWriter, Truncated } from '../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from './nlattr.ts';

/** GENL_ID_CTRL: the message type of the controller, the only one that never changes. */
export const CONTROLLER_FAMILY_ID = 16;

const HEADER_OCTETS = 4;

/** CTRL_CMD_GETFAMILY. */
const GET_FAMILY = 3;

/** CTRL_ATTR_*. */
const ControllerAttribute = { familyId: 1, familyName: 2 } as const;

export interface GenericMessage {
  readonly command: number;
  readonly attributes: Attributes;
}

export function writeGenericHeader(out: ByteWriter, command: number, version: number): void {
  const at = out.reserve(HEADER_OCTETS);
  out
    .setU32Host(at, 0)
    .setU8(at, command)
    .setU8(at + 1, version);
}

/** Throws `Truncated` if cut short. */
export function decodeGeneric(payload: Uint8Array): GenericMessage {
  const [command] = payload;
  if (command === undefined || payload.length < HEADER_OCTETS) {
    throw new Truncated(0, HEADER_OCTETS, payload.length);
  }
  return { command, attributes: new Attributes(payload, HEADER_OCTETS) };
}

/** Asks which id a family has; the kernel loads the family's module if it can. */
export function encodeFamilyLookup(name: string): Uint8Array {
  const out = new ByteWriter();
  writeGenericHeader(out, GET_FAMILY, 1);
  new AttributeWriter(out).text(ControllerAttribute.familyName, name);
  return out.finish();
}

/** The message type under which a family is reached, or null if this is no such answer. */
export function decodeFamilyId(payload: Uint8Array): number | null {
  return orNull(() => decodeGeneric(payload).attributes.u16Host(ControllerAttribute.familyId));
}
