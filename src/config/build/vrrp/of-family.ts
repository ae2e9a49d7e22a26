/** Addresses that must be of the family of the virtual addresses of their instance. */
import { type Family, familyOf } from '../../../base/address.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

/** The address behind a keyword; null: there is none, or one of the other family. */
export function readOfFamily(
  section: Section,
  name: string,
  family: Family,
  { reports }: ScriptContext,
): string | null {
  const address = section.text(name);
  if (address === null || familyOf(address) === family) return address;
  reports.add({
    code: 'contradiction',
    span: section.find(name)?.span ?? section.span,
    message: `${name} ${address} is not of the family of the first virtual address`,
    hint: 'an instance speaks IPv4 or IPv6, as its first virtual_ipaddress does',
  });
  return null;
}
