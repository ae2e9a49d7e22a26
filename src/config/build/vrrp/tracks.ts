/** What an instance or group follows, and by how much it moves the priority. */
import type { Track, TrackKind, VrrpScript } from '../../../model/vrrp.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import { sessionNamed } from '../bfd-sessions.ts';
import type { ScriptContext } from '../scripts.ts';
import { someOf } from './names.ts';

const WEIGHT_MAX = 253;
const FILE_WEIGHT_MAX = 254;

/** The weight of what is tracked, for those who name none of their own. */
export interface Weight {
  readonly weightDelta: number;
  readonly reverse: boolean;
}

/** What may be tracked by name. */
export interface Declared {
  /** By name; of two with one name the first counts. */
  readonly usable: ReadonlyMap<string, Weight>;
  /** Also of those that are not. */
  readonly names: ReadonlySet<string>;
}

export interface DeclaredTrackers {
  readonly script: Declared;
  readonly file: Declared;
  readonly process: Declared;
}

const KEYWORDS = {
  interface: { keyword: 'track_interface', block: null },
  script: { keyword: 'track_script', block: 'vrrp_script' },
  file: { keyword: 'track_file', block: 'track_file' },
  process: { keyword: 'track_process', block: 'vrrp_track_process' },
} as const;

type Kind = keyof typeof KEYWORDS & TrackKind;

/** Everything that the block tracks, interfaces first. */
export function readTracks(
  section: Section,
  declared: DeclaredTrackers,
  context: ScriptContext,
): readonly Track[] {
  const kinds = Object.keys(KEYWORDS) as readonly Kind[];
  const tracks = kinds.flatMap((kind) => {
    const said = section.said(KEYWORDS[kind].keyword);
    return said.flatMap((one) => readTrack(one, kind, declared, context) ?? []);
  });
  return [...tracks, ...readSessions(section, context)];
}

/** Sessions of BFD that the block tracks. */
function readSessions(section: Section, { sessions, reports }: ScriptContext): readonly Track[] {
  return section.said('track_bfd').flatMap((said) => {
    const [first] = said.words;
    const session = first && sessionNamed(first, 'vrrp', sessions, reports);
    if (!session) return [];
    const weight = trackedWeight('bfd', said.options.get('weight'), session);
    return [{ kind: 'bfd' as const, name: session.name, ...weight }];
  });
}

function readTrack(
  said: Said,
  kind: Kind,
  declared: DeclaredTrackers,
  context: ScriptContext,
): Track | null {
  const [first] = said.words;
  if (first === undefined) return null;
  const weight = said.options.get('weight');
  if (kind === 'interface') return { kind, name: first.text, ...trackedWeight(kind, weight) };
  const known = declared[kind].usable.get(first.text);
  if (known !== undefined) return { kind, name: first.text, ...trackedWeight(kind, weight, known) };
  // What is wrong with one that is declared has been told there.
  if (!declared[kind].names.has(first.text)) tellUnknown(first, kind, declared[kind], context);
  return null;
}

export function declaredOf(
  all: readonly (readonly [string, Weight])[],
  names: ReadonlySet<string>,
): Declared {
  return { usable: new Map(all.toReversed()), names };
}

/** `-20 reverse`, behind the word weight. */
export function weightOf(said: Said | undefined, otherwise = 0, max: number = WEIGHT_MAX): Weight {
  const [number] = said?.slots.get('WEIGHT') ?? [];
  const asked = number === undefined ? otherwise : Number(number.text);
  // keepalived takes ±254 of an interface as ±253.
  const weightDelta = Math.min(max, Math.max(-max, asked));
  return { weightDelta, reverse: said?.options.has('reverse') ?? false };
}

/** Of a file or a process. */
export function weightOfFile(said: Said | undefined, otherwise: number): Weight {
  return weightOf(said, otherwise, FILE_WEIGHT_MAX);
}

/** The weight of the entry, else that of what is tracked. */
function trackedWeight(kind: TrackKind, said: Said | undefined, known?: Weight): Weight {
  if (said === undefined) {
    return { weightDelta: known?.weightDelta ?? 0, reverse: known?.reverse ?? false };
  }
  const isLarge = kind === 'file' || kind === 'process';
  const own = isLarge ? weightOfFile(said, 0) : weightOf(said);
  const inherited = !said.options.has('noreverse') && (known?.reverse ?? false);
  return { ...own, reverse: own.reverse || inherited };
}

function tellUnknown(
  { text, span }: Word,
  kind: Exclude<Kind, 'interface'>,
  declared: Declared,
  { reports }: ScriptContext,
): void {
  const { block } = KEYWORDS[kind];
  const known = someOf([...declared.usable.keys()]);
  reports.add({
    code: 'unknown-reference',
    span,
    message: `there is no ${block} "${text}"`,
    hint: known === '' ? `declare it: ${block} NAME { … }` : `there are ${known}`,
  });
}

/** The weight with which a script is declared. */
export function scriptWeights(
  scripts: readonly VrrpScript[],
): readonly (readonly [string, Weight])[] {
  return scripts.map((script) => [script.name, script]);
}
