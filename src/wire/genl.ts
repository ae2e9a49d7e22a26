/**
 * Generic netlink (include/uapi/linux/genetlink.h): the 4-octet header in front of the attributes, and
 * the question to the controller under which number a family is registered today.
 *
 *   +---------------+---------------+-------------------------------+
 *   |    command    |    version    |           reserved            |
 *   +---------------+---------------+-------------------------------+
 */
import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { Attributes, AttributeWriter, orNull } from './nlattr.ts';

/** GENL_ID_CTRL: the message type of the controller, the only one that never changes. */
export const CONTROLLER_FAMILY_ID = 16;

/** CTRL_CMD_GETFAMILY. */
const GET_FAMILY = 3;

/** CTRL_ATTR_*. */
const ControllerAttribute = { familyId: 1, familyName: 2 } as const;

export interface GenericMessage {
  readonly command: number;
  readonly attributes: Attributes;
}

/** Header and attributes: the payload of a netlink message. */
export function encodeGeneric(
  command: number,
  version: number,
  attributes: AttributeWriter,
): Uint8Array {
  return new ByteWriter(256).u8(command).u8(version).zeros(2).raw(attributes.finish()).finish();
}

/** Throws `Truncated` if cut short. */
export function decodeGeneric(payload: Uint8Array): GenericMessage {
  const reader = new ByteReader(payload);
  const command = reader.u8();
  reader.skip(3);
  return { command, attributes: new Attributes(reader.rest()) };
}

/** Asks which id a family has; the kernel loads the family's module if it can. */
export function encodeFamilyLookup(name: string): Uint8Array {
  return encodeGeneric(
    GET_FAMILY,
    1,
    new AttributeWriter().text(ControllerAttribute.familyName, name),
  );
}

/** The message type under which a family is reached, or null if this is no such answer. */
export function decodeFamilyId(payload: Uint8Array): number | null {
  return orNull(() => decodeGeneric(payload).attributes.u16Host(ControllerAttribute.familyId));
}
