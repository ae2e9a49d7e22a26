/** What goes between two directors of one pair beside the main path: `advert_paths` and the link of hand-overs. */
import { parseAddress } from '../../base/address.ts';
import { PEER_PORT } from '../../model/peer-link.ts';
import type { Report } from '../diagnostics/diagnostic.ts';
import { nameSpan, valueSpan } from '../rules/written.ts';
import type { Span } from '../text/source.ts';
import type { Said } from '../values/phrase.ts';
import type { Section } from '../values/section.ts';

interface WrittenPath {
  readonly span: Span;
  readonly link: string;
  /** Null: it is not written. */
  readonly source: string | null;
  /** None: it goes by multicast. */
  readonly peers: readonly string[];
}

function pathsOf(instance: Section): readonly WrittenPath[] {
  return instance.said('advert_paths').flatMap(({ slots, options, repeated }) => {
    const [word] = slots.get('IFNAME') ?? [];
    if (word === undefined) return [];
    const addressIn = (said: Said | undefined): string | null =>
      parseAddress(said?.words[0]?.text ?? '');
    const peers = (repeated.get('peer') ?? []).flatMap((said) => addressIn(said) ?? []);
    return { span: word.span, link: word.text, source: addressIn(options.get('src')), peers };
  });
}

/** Whether each path of an instance has one on the other side that it is heard on. */
export function comparePaths(here: Section, there: Section): readonly Report[] {
  const [own, other] = [pathsOf(here), pathsOf(there)];
  const told = unmatched(own, other).map(({ span, ...path }) =>
    report(span, path, 'the other file'),
  );
  const missing = unmatched(other, own).map((path) => report(nameSpan(here), path, 'this file'));
  return [...told, ...missing];
}

function report(
  span: Span,
  { link, peers }: Pick<WrittenPath, 'link' | 'peers'>,
  where: string,
): Report {
  const what = peers.length === 0 ? link : `${link} to ${peers.join(', ')}`;
  return {
    code: 'pair-advert-paths',
    span,
    message: `the path of advertisements by ${what} has no counterpart in ${where}`,
    hint: 'a path is worth something where both directors have it: nothing is heard on it otherwise',
  };
}

/** Interfaces have different names on two machines: of those by multicast only the number tells. */
function unmatched(
  some: readonly WrittenPath[],
  others: readonly WrittenPath[],
): readonly WrittenPath[] {
  const isMulticast = ({ peers }: WrittenPath): boolean => peers.length === 0;
  const [own, other] = [some.filter(isMulticast), others.filter(isMulticast)];
  const namesakes = new Set(other.map(({ link }) => link));
  const tooMany = Math.max(0, own.length - other.length);
  const alone = own.filter(({ link }) => !namesakes.has(link)).slice(0, tooMany);
  const toPeers = others.filter((path) => !isMulticast(path));
  const unheard = some.filter(
    (path) => !isMulticast(path) && !toPeers.some((back) => hearEachOther(path, back)),
  );
  return [...alone, ...unheard];
}

/** Whether each names the address that the other speaks from, where that is written. */
function hearEachOther(one: WrittenPath, other: WrittenPath): boolean {
  return (
    (other.source === null || one.peers.includes(other.source)) &&
    (one.source === null || other.peers.includes(one.source))
  );
}

/** The UDP port on which hand-overs are prepared. */
export function comparePeerLink(here: Section, there: Section): readonly Report[] {
  const [own, other] = [portOf(here), portOf(there)];
  const setting = here.find('peer_link_port') ?? there.find('peer_link_port');
  if (own === other || setting === null) return [];
  return [
    {
      code: 'pair-peer-link',
      span: valueSpan(setting),
      message: `peer_link_port is ${own} here and ${other} in the other file`,
      hint: 'the same in both files: as it is, no director makes the other ready for a hand-over',
    },
  ];
}

function portOf(globals: Section): string {
  const port = globals.number('peer_link_port');
  return globals.text('peer_link_port') ?? String(port ?? PEER_PORT);
}
