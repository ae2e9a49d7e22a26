/** The elements of a set as nf_tables tells them: a dump of NFT_MSG_GETSETELEM, a message for some of them. */
import { hostIsLittleEndian } from '../../base/bytes.ts';
import { Attributes, HEADER_OCTETS, orNull } from '../nlattr.ts';
import type { NftElement } from './message.ts';

const ELEMENTS = 3;
const ElementAttribute = { key: 1, timeout: 4, expires: 5 } as const;
const DATA_VALUE = 1;
const FAMILY_OCTETS = 4;

/** Null if damaged. */
export function decodeElements(payload: Uint8Array): readonly NftElement[] | null {
  return orNull(() => {
    const attributes = new Attributes(payload, FAMILY_OCTETS);
    if (!attributes.has(ELEMENTS)) return [];
    return listItems(attributes.bytes(ELEMENTS)).map(decodeElement);
  });
}

function decodeElement(item: Uint8Array): NftElement {
  const element = new Attributes(item);
  const { key, timeout, expires } = ElementAttribute;
  const octets = element.nest(key).bytes(DATA_VALUE);
  const timeoutMs = element.has(timeout) ? u64Be(element.bytes(timeout, 8)) : null;
  const leftMs = element.has(expires) ? { leftMs: u64Be(element.bytes(expires, 8)) } : {};
  return { key: octets, timeoutMs, ...leftMs };
}

/** As a number: exact up to 2^53. */
function u64Be(octets: Uint8Array): number {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** The values of a list, whose attributes all have the same type. `Attributes` has checked the whole of it. */
function listItems(list: Uint8Array): readonly Uint8Array[] {
  new Attributes(list);
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const items: Uint8Array[] = [];
  for (let at = 0; list.length - at >= HEADER_OCTETS; ) {
    const length = view.getUint16(at, hostIsLittleEndian);
    items.push(list.subarray(at + HEADER_OCTETS, at + length));
    at += (length + 3) & ~3;
  }
  return items;
}
