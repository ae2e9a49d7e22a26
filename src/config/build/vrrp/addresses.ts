/** Virtual addresses of an instance. */
import { addressBits, type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { VirtualAddress } from '../../../model/vrrp.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import type { ScriptContext } from '../scripts.ts';

const ADVERTISED_MAX = 255;

/** Those of the family of the first, as many as an advertisement can hold. */
export function advertised(
  addresses: readonly VirtualAddress[],
  family: Family,
): readonly VirtualAddress[] {
  return addresses.filter((one) => familyOf(one.address) === family).slice(0, ADVERTISED_MAX);
}

export function readAddresses(
  section: Section,
  name: string,
  interfaceName: string,
  context: ScriptContext,
): readonly VirtualAddress[] {
  return section.said(name).flatMap((said) => virtualAddress(said, interfaceName, context) ?? []);
}

function virtualAddress(
  said: Said,
  interfaceName: string,
  context: ScriptContext,
): VirtualAddress | null {
  const [first] = said.words;
  const [text = '', length] = first?.text.split('/') ?? [];
  const address = parseAddress(text);
  if (address === null) return null;
  const textOf = (option: string): string | null =>
    said.options.get(option)?.words[0]?.text ?? null;
  return {
    address,
    prefixLength: length === undefined ? addressBits(familyOf(address)) : Number(length),
    interface: textOf('dev') ?? interfaceName,
    label: textOf('label'),
    scope: scopeOf(said.options.get('scope')?.words[0], context),
    broadcast: broadcastOf(textOf('broadcast')),
  };
}

function broadcastOf(value: string | null): string | null {
  if (value === '+') return 'default';
  return value === null || value === '-' ? null : parseAddress(value);
}

const SCOPES: Readonly<Record<string, VirtualAddress['scope']>> = {
  global: 'global',
  '0': 'global',
  site: 'site',
  '200': 'site',
  link: 'link',
  '253': 'link',
  host: 'host',
  '254': 'host',
};

/** The kernel knows 256 scopes, and the model those four that have names. */
function scopeOf(word: Word | undefined, { reports }: ScriptContext): VirtualAddress['scope'] {
  if (word === undefined) return 'global';
  const scope = SCOPES[word.text];
  if (scope !== undefined) return scope;
  reports.add({
    code: 'no-effect',
    span: word.span,
    message: `scope ${word.text} has no effect in this version: global is used`,
    hint: 'one of global, site, link, host',
  });
  return 'global';
}
