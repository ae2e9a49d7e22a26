/** What an instance or group follows, and by how much it moves the priority. */
import type { Track, VrrpScript } from '../../../model/vrrp.ts';
import type { Word } from '../../text/ast.ts';
import type { Said } from '../../values/phrase.ts';
import type { Section } from '../../values/section.ts';
import { sessionNamed } from '../bfd-sessions.ts';
import type { ScriptContext } from '../scripts.ts';
import { someOf } from './names.ts';

const WEIGHT_MAX = 253;

export interface DeclaredScripts {
  /** By name; of two with one name the first counts. */
  readonly usable: ReadonlyMap<string, VrrpScript>;
  /** Also of those that are not. */
  readonly names: ReadonlySet<string>;
}

export const NO_SCRIPTS: DeclaredScripts = { usable: new Map(), names: new Set() };

export function readTracks(
  section: Section,
  name: 'track_interface' | 'track_script',
  scripts: DeclaredScripts,
  context: ScriptContext,
): readonly Track[] {
  return section.said(name).flatMap((said) => {
    const [first] = said.words;
    if (first === undefined) return [];
    const script = scripts.usable.get(first.text);
    if (name === 'track_script' && script === undefined) {
      // What is wrong with a script that is declared has been told there.
      if (!scripts.names.has(first.text)) tellUnknownScript(first, scripts, context);
      return [];
    }
    return [{ name: first.text, ...trackedWeight(said.options.get('weight'), script) }];
  });
}

/** Sessions of BFD that the block tracks. */
export function readBfdTracks(
  section: Section,
  { sessions, reports }: ScriptContext,
): readonly Track[] {
  return section.said('track_bfd').flatMap((said) => {
    const [first] = said.words;
    const session = first && sessionNamed(first, 'vrrp', sessions, reports);
    if (!session) return [];
    return [{ name: session.name, ...trackedWeight(said.options.get('weight'), session) }];
  });
}

interface Weight {
  readonly weightDelta: number;
  readonly reverse: boolean;
}

/** `-20 reverse`, behind the word weight. */
export function weightOf(said: Said | undefined): Weight {
  const [number] = said?.slots.get('WEIGHT') ?? [];
  const asked = number === undefined ? 0 : Number(number.text);
  // keepalived takes ±254 of an interface as ±253.
  const weightDelta = Math.min(WEIGHT_MAX, Math.max(-WEIGHT_MAX, asked));
  return { weightDelta, reverse: said?.options.has('reverse') ?? false };
}

/** The weight of the entry, else that of what is tracked. */
function trackedWeight(said: Said | undefined, script: Weight | undefined): Weight {
  if (said === undefined) {
    return { weightDelta: script?.weightDelta ?? 0, reverse: script?.reverse ?? false };
  }
  const own = weightOf(said);
  const inherited = !said.options.has('noreverse') && (script?.reverse ?? false);
  return { ...own, reverse: own.reverse || inherited };
}

function tellUnknownScript(
  { text, span }: Word,
  scripts: DeclaredScripts,
  { reports }: ScriptContext,
): void {
  const known = someOf([...scripts.usable.keys()]);
  reports.add({
    code: 'unknown-reference',
    span,
    message: `there is no vrrp_script "${text}"`,
    hint: known === '' ? 'declare it: vrrp_script NAME { … }' : `there are ${known}`,
  });
}
