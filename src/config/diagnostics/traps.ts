/** Findings with the whole story: grouped by trap for a person, a list of all traps, the page of the manual. */
import { styleText } from 'node:util';
import { editDistance } from '../../base/nearest.ts';
import type { JsonDiagnostic } from '../../model/json-diagnostic.ts';
import type { DiagnosticCode } from './codes.ts';
import type { Diagnostic, Severity } from './diagnostic.ts';
import { ALL_CODES, EXPLANATIONS } from './explanations.ts';
import { diagnosticsToJson, type RenderStyle, renderDiagnostics } from './render.ts';
import { severityOf } from './severity.ts';

const LINE_CHARACTERS_MAX = 96;

/** Places of one trap that are shown: whoever has made a mistake in each of a thousand servers knows. */
const PLACES_SHOWN_MAX = 10;

/** Each trap once, in the order of the text: its places, then what it is about. */
export function renderTraps(diagnostics: readonly Diagnostic[], style: RenderStyle): string {
  return groups(diagnostics)
    .map(([code, found]) => {
      const more = found.length - PLACES_SHOWN_MAX;
      const rest = more > 0 ? `  … and ${more} more of this kind (--json lists all)\n` : '';
      const places = renderDiagnostics(found.slice(0, PLACES_SHOWN_MAX), style);
      return `${places}${rest}\n${wrap(EXPLANATIONS[code].text, '  ')}\n`;
    })
    .join('\n');
}

function groups(
  diagnostics: readonly Diagnostic[],
): readonly (readonly [DiagnosticCode, readonly Diagnostic[]])[] {
  const found = new Map<DiagnosticCode, Diagnostic[]>();
  for (const one of diagnostics) {
    const group = found.get(one.code);
    if (group === undefined) found.set(one.code, [one]);
    else group.push(one);
  }
  return [...found];
}

export function countTraps(diagnostics: readonly Diagnostic[]): number {
  return new Set(diagnostics.map(({ code }) => code)).size;
}

/** As `lvsctl check --json`, with the story of each. */
export function trapsToJson(
  diagnostics: readonly Diagnostic[],
): readonly (JsonDiagnostic & { readonly explanation: string })[] {
  return diagnosticsToJson(diagnostics).map((one, at) => ({
    ...one,
    explanation: EXPLANATIONS[(diagnostics[at] as Diagnostic).code].text,
  }));
}

export function renderExplanation(code: DiagnosticCode, { colour }: RenderStyle): string {
  const { title, text } = EXPLANATIONS[code];
  const heading = `${severityOf(code, 'default')}[${code}]: ${title}`;
  const shown = colour ? styleText('bold', heading, { validateStream: false }) : heading;
  return `${shown}\n\n${wrap(text, '  ')}`;
}

/** One line a trap. */
export function renderTrapList(): string {
  const width = Math.max(...ALL_CODES.map((code) => code.length));
  return ALL_CODES.map((code) => {
    const severity = severityOf(code, 'default').padEnd('warning'.length);
    return `${code.padEnd(width)}  ${severity}  ${EXPLANATIONS[code].title}\n`;
  }).join('');
}

/** The code that was probably meant. */
export function nearestCode(text: string): DiagnosticCode | null {
  const distances = ALL_CODES.map((code) => ({ code, distance: editDistance(text, code) }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, text.length / 3) ? best.code : null;
}

const SEVERITIES: readonly (readonly [Severity, string])[] = [
  ['error', 'Errors'],
  ['warning', 'Warnings'],
  ['note', 'Notes, which only `lvsctl lint` tells'],
];

/** docs/traps.md. */
export function renderTrapsPage(): string {
  const parts = SEVERITIES.map(([severity, heading]) => {
    const codes = ALL_CODES.filter((code) => severityOf(code, 'default') === severity).sort();
    const entries = codes.map(
      (code) =>
        `### \`${code}\`: ${EXPLANATIONS[code].title}\n\n${wrap(EXPLANATIONS[code].text, '')}`,
    );
    return `## ${heading}\n\n${entries.join('\n')}`;
  });
  return `# Traps\n\nWhat \`lvsctl lint\` explains, and \`lvsctl lint --explain CODE\` prints. Made of src/config/diagnostics/explanations/.\n\n${parts.join('\n')}`;
}

function wrap(text: string, margin: string): string {
  const lines: string[] = [];
  let line = margin.trimEnd();
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > LINE_CHARACTERS_MAX && line.trim() !== '') {
      lines.push(line);
      line = '';
    }
    line = line.trim() === '' ? margin + word : `${line} ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}
