/** What the kernel takes for the name of an interface (`dev_valid_name`), and what it shows beside it. */
import { parseAddress } from '../../base/address.ts';

/** IFNAMSIZ is 16 with the closing NUL. */
const LENGTH_MAX = 15;

export function isInterfaceName(text: string): boolean {
  const isShort = text.length > 0 && Buffer.byteLength(text) <= LENGTH_MAX;
  // "eth0@if2" is how ip shows a name and what it is bound to; an address is no name either.
  return isShort && !/[\s/@:]/.test(text) && text !== '.' && text !== '..' && !parseAddress(text);
}
