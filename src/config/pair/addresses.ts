/** The addresses of the instances of a pair: those that go over, and those that they speak from and to. */
import type { Report } from '../diagnostics/diagnostic.ts';
import { peersOf } from '../rules/unicast.ts';
import { writtenVips } from '../rules/whole.ts';
import { lastWritten, nameSpan, textOf } from '../rules/written.ts';
import type { Span } from '../text/source.ts';
import { onlyIn, type Pair, placeOf, placeOfWord, type Side } from './side.ts';

export function addresses({ here, there }: Pair): readonly Report[] {
  return ['virtual_ipaddress', 'virtual_ipaddress_excluded'].flatMap((name) => {
    const vips = ({ instance }: Side): readonly string[] =>
      writtenVips(instance, name).map(({ address }) => address);
    const [own, other] = [vips(here), vips(there)];
    const place = lastWritten(here.instance, name)?.word.span ?? nameSpan(here.instance);
    const only = [
      ...onlyIn(own, other).map((address) => `${address} is only here`),
      ...onlyIn(other, own).map((address) => `${address} is only in the other file`),
    ];
    if (only.length > 0) return [differing(here.name, place, only)];
    if (name === 'virtual_ipaddress_excluded' || own.join() === other.join()) return [];
    return [
      {
        code: 'pair-address-order',
        span: place,
        message: `${here.name} has the same virtual addresses in another order in the other file`,
        hint: 'write them in one order: the first one decides, and lists are compared as they stand',
      } as const,
    ];
  });
}

const NAMED_MAX = 3;

function differing(name: string, span: Span, only: readonly string[]): Report {
  const more = only.length - NAMED_MAX;
  const some = only.slice(0, NAMED_MAX).join(', ');
  return {
    code: 'pair-addresses',
    span,
    message: `the virtual addresses of ${name} differ: ${some}${more > 0 ? ` and ${more} more` : ''}`,
    hint: 'an address that one of them lacks is gone after a takeover',
  };
}

export function transports({ here, there }: Pair): readonly Report[] {
  const [own, other] = [here, there].map(({ instance }) => peersOf(instance).length > 0);
  if (own === other) return [];
  return [
    {
      code: 'pair-transport',
      span: own ? placeOfWord(here, 'unicast_peer') : nameSpan(here.instance),
      message: `${here.name} speaks ${own ? 'unicast' : 'multicast'} here and ${own ? 'multicast' : 'unicast'} in the other file`,
      hint: 'unicast_peer in both files, or in none',
    },
  ];
}

function sourceOf({ instance }: Side): string | null {
  return textOf(instance, 'unicast_src_ip') ?? textOf(instance, 'mcast_src_ip');
}

/** Each must name the address that the other speaks from. */
export function peers({ here, there }: Pair): readonly Report[] {
  const named = ({ instance }: Side): readonly string[] =>
    peersOf(instance).map(({ address }) => address);
  const [own, other] = [named(here), named(there)];
  if (own.length === 0 || other.length === 0) return [];
  const [source, otherSource] = [sourceOf(here), sourceOf(there)];
  const found: Report[] = [];
  if (otherSource !== null && !own.includes(otherSource)) {
    found.push({
      code: 'pair-peers',
      span: placeOfWord(here, 'unicast_peer'),
      message: `the other director speaks from ${otherSource}, which is no unicast_peer here`,
      hint: `write ${otherSource} into unicast_peer`,
    });
  }
  if (source !== null && !other.includes(source)) {
    found.push({
      code: 'pair-peers',
      span: placeOf(
        here,
        lastWritten(here.instance, 'unicast_src_ip') ? 'unicast_src_ip' : 'mcast_src_ip',
      ),
      message: `this director speaks from ${source}, which is no unicast_peer in the other file`,
      hint: `write ${source} into its unicast_peer`,
    });
  }
  return found;
}
