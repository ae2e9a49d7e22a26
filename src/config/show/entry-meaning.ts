/** Entries of lists by what they mean: `192.0.2.10` on eth0 and `192.0.2.10/32 dev eth0` are one address. */
import { addressBits, familyOf, parseAddress } from '../../base/address.ts';

const ADDRESS_LISTS: ReadonlySet<string> = new Set([
  'virtual_ipaddress',
  'virtual_ipaddress_excluded',
]);

/** The first address decides the family, and is the source that neighbours see. */
export function isOrdered(list: string): boolean {
  return list === 'virtual_ipaddress';
}

/** Words that are equal for entries that mean the same; the first says which thing the entry is about. */
export function entryMeaning(
  words: readonly string[],
  list: string,
  link: string,
): readonly string[] {
  const [first = '', ...options] = words;
  if (!ADDRESS_LISTS.has(list)) return words;
  return [addressMeaning(first), ...optionMeaning(options, link)];
}

function addressMeaning(text: string): string {
  const [written = '', length] = text.split('/');
  const address = parseAddress(written);
  return address === null ? text : `${address}/${length ?? addressBits(familyOf(address))}`;
}

const LONG_NAMES: Readonly<Record<string, string>> = { broadcast: 'brd' };

/** Options have a value each, but for the flags; their order says nothing. */
const FLAGS: ReadonlySet<string> = new Set([
  'no_track',
  'home',
  '-nodad',
  'noprefixroute',
  'autojoin',
  'mngtmpaddr',
]);

function optionMeaning(options: readonly string[], link: string): readonly string[] {
  const defaults = new Set([`dev ${link}`, 'scope global', 'brd -']);
  const found: string[] = [];
  for (let at = 0; at < options.length; at += 1) {
    const name = options[at] as string;
    if (FLAGS.has(name)) found.push(name);
    else {
      at += 1;
      found.push(`${LONG_NAMES[name] ?? name} ${options[at] ?? ''}`);
    }
  }
  return found.filter((option) => !defaults.has(option)).sort();
}
