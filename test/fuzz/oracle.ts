/** What must be true of every load, whatever the files hold. */
import { runInThisContext } from 'node:vm';
import type { Diagnostic } from '../../src/config/diagnostics/diagnostic.ts';
import { edited, renderEdits, safeEdits } from '../../src/config/diagnostics/fix.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../src/config/diagnostics/render.ts';
import { Reports } from '../../src/config/diagnostics/reports.ts';
import type { Mode } from '../../src/config/diagnostics/severity.ts';
import type { ConfigEnvironment } from '../../src/config/environment.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { dumpDirector } from '../../src/config/show/dump.ts';
import { effectiveConfig } from '../../src/config/show/effective.ts';
import { formatConfig, textOf } from '../../src/config/show/format.ts';
import { formatFile } from '../../src/config/show/format-check.ts';
import { effectiveToJson, printEffective } from '../../src/config/show/print-effective.ts';
import { Expander } from '../../src/config/text/expand.ts';
import { positionOf, type SourceFile, type Span } from '../../src/config/text/source.ts';
import { environmentOf } from '../config/world.ts';
import { CANARY } from './corpus.ts';
import type { Files } from './mutate.ts';

export const MODES: readonly Mode[] = ['default', 'compat'];

/** One mutant takes about 1 ms, a dozen definitions that double themselves 200 ms; machines are busy. */
const MUTANT_MS_MAX = 1000;
/** Generators and includes may make of a few characters very many words, and those take their time. */
const WORD_MS_MAX = 0.02;
const SOURCE_MS_MAX = 3;
/** After so long it is taken for a hang, and stopped. */
const HANG_MS = 10_000;
/** A slow mutant is slow each time; a busy machine is not. */
const TRIES = 3;

/** A kind that stays the same while the mutant is made smaller, and what happened. */
export interface Fault {
  readonly kind: string;
  readonly detail: string;
}

/** Looks at many at once, which is cheaper; false: one of them has a fault, or one is slow. */
export function areWell(mutants: readonly Files[]): boolean {
  const fault = bounded(() => {
    for (const files of mutants) {
      for (const mode of MODES) {
        const startedAt = performance.now();
        const found = checked(files, mode);
        if (found !== null) return found;
        if (performance.now() - startedAt > MUTANT_MS_MAX) return { kind: 'slow', detail: '' };
      }
    }
    return null;
  });
  return fault === null;
}

/** Null: all is well. */
export function faultOf(files: Files, mode: Mode): Fault | null {
  let fault: Fault | null = null;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const startedAt = performance.now();
    fault = bounded(() => checked(files, mode));
    const tookMs = performance.now() - startedAt;
    if (fault !== null || tookMs <= MUTANT_MS_MAX) return fault;
    if (tookMs <= MUTANT_MS_MAX + allowanceMs(files)) return null;
    fault = { kind: 'slow', detail: `took ${Math.round(tookMs)} ms` };
  }
  return fault;
}

function allowanceMs(files: Files): number {
  const expander = new Expander({
    configId: '',
    files: environmentOf(files),
    reports: new Reports(),
    literal: false,
    keepsBraces: false,
    predefined: () => undefined,
  });
  expander.read('lvsd.conf');
  return WORD_MS_MAX * expander.tokens.count + SOURCE_MS_MAX * expander.sources.length;
}

/** Runs a function and stops it when it hangs, which nothing else could do inside one thread. */
function bounded(work: () => Fault | null): Fault | null {
  const held = globalThis as unknown as { fuzzWork: typeof work };
  held.fuzzWork = work;
  try {
    return runInThisContext('fuzzWork()', { timeout: HANG_MS }) as Fault | null;
  } catch (error) {
    const { code, stack = String(error), message } = error as Error & { readonly code?: string };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { kind: 'hang', detail: message };
    const place = stack.split('\n').find((line) => line.includes('/config/')) ?? '';
    return { kind: `exception ${message.slice(0, 40)} ${place.trim()}`, detail: stack };
  }
}

function checked(files: Files, mode: Mode): Fault | null {
  const environment = environmentOf(files);
  const loaded = loadConfig('lvsd.conf', { mode, environment, notes: mode === 'default' });
  return (
    wrongPlace(loaded) ??
    wrongForm(loaded) ??
    wrongRendering(files, loaded, mode) ??
    worseAfterFix(files, loaded, mode) ??
    (mode === 'compat' || loaded.director === null ? null : otherAfterFormat(environment))
  );
}

function wrongPlace({ diagnostics, sources }: LoadedConfig): Fault | null {
  const known = new Set(sources);
  for (const diagnostic of diagnostics) {
    const { span } = diagnostic;
    for (let at: Span | null = span; at !== null; at = at.definedAt ?? null) {
      const fault = outside(at, known);
      if (fault !== null) {
        return { kind: `place ${diagnostic.code}`, detail: `${fault}: ${describe(diagnostic)}` };
      }
    }
  }
  return null;
}

function outside({ file, start, end }: Span, known: ReadonlySet<SourceFile>): string | null {
  if (!known.has(file)) return `"${file.path}" was never read`;
  const isInside = 0 <= start && start <= end && end <= file.text.length;
  return isInside ? null : `${start}-${end} is not within 0-${file.text.length}`;
}

function wrongForm({ diagnostics, director }: LoadedConfig): Fault | null {
  const seen = new Set<string>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
    const key = `${code} ${span.file.path} ${span.start} ${message}`;
    if (seen.has(key)) return { kind: `twice ${code}`, detail: describe(diagnostic) };
    if (!/^[a-z-]+$/.test(code) || message === '') {
      return { kind: `form ${code}`, detail: describe(diagnostic) };
    }
    seen.add(key);
  }
  const hasError = diagnostics.some(({ severity }) => severity === 'error');
  if (hasError === (director !== null))
    return { kind: 'verdict', detail: 'errors, and a director' };
  return null;
}

/** A good configuration that is laid out anew means what it meant; and laid out once more it stays as it is. */
function otherAfterFormat(environment: ConfigEnvironment): Fault | null {
  const { before, after, obstacles, changesMeaning } = formatFile('lvsd.conf', { environment });
  if (obstacles.length > 0) return null;
  // What definitions make cannot be seen in a file that is laid out: then it is left alone.
  if (changesMeaning && !before.includes('$'))
    return { kind: 'format meaning', detail: after.slice(0, 2000) };
  const again = textOf(formatConfig(after));
  return again === after ? null : { kind: 'format again', detail: again.slice(0, 2000) };
}

function renderings(
  { diagnostics, director, outline }: LoadedConfig,
  mode: Mode,
): readonly string[] {
  const plain = [
    renderDiagnostics(diagnostics, { colour: false }),
    renderEdits(safeEdits(diagnostics)),
    director === null ? '' : dumpDirector(director),
  ];
  // The rest does not depend on the mode, and costs as much as reading.
  if (mode !== 'default') return plain;
  const whole = effectiveConfig(outline.root, diagnostics);
  return [
    ...plain,
    renderDiagnostics(diagnostics, { colour: true }),
    JSON.stringify(diagnosticsToJson(diagnostics)),
    printEffective(whole, { origins: true, changedOnly: false }),
    JSON.stringify(effectiveToJson(whole, { origins: false, changedOnly: true })),
  ];
}

/** What was torn out of its block is no password. */
const INTACT = new RegExp(
  `authentication\\s*\\{\\s*(auth_type[ \\t]+\\w+\\s+)?auth_pass[ \\t]+"?${CANARY}`,
  'g',
);

const TORN = /brace|quote|keyword|option|reference/;

/** Controls reach a terminal only where the renderer itself paints. */
function steersTerminal([plain = '']: readonly string[]): Fault | null {
  const at = plain.search(/(?![\t\n])\p{Cc}/u);
  if (at < 0) return null;
  return { kind: 'control', detail: JSON.stringify(plain.slice(Math.max(0, at - 200), at + 50)) };
}

function wrongRendering(files: Files, loaded: LoadedConfig, mode: Mode): Fault | null {
  const shown = renderings(loaded, mode);
  const steering = steersTerminal(shown);
  if (steering !== null) return steering;
  const text = Object.values(files).join('\n');
  if (text.split(CANARY).length - 1 !== (text.match(INTACT)?.length ?? 0)) return null;
  // A mistake in the structure makes other words of what it holds, and messages quote words.
  const isTorn = loaded.diagnostics.some(({ code }) => TORN.test(code));
  const [plain = ''] = shown;
  const lines = plain.split('\n').filter((line) => /^\d* \|/.test(line.trim()));
  const leak = (isTorn ? [lines.join('\n')] : shown).find((one) => one.includes(CANARY));
  if (leak === undefined) return null;
  const at = leak.indexOf(CANARY);
  return { kind: 'secret', detail: leak.slice(Math.max(0, at - 300), at + 50) };
}

/** What `check --fix` does must not make anything worse. */
function worseAfterFix(
  files: Files,
  { diagnostics, sources }: LoadedConfig,
  mode: Mode,
): Fault | null {
  const edits = safeEdits(diagnostics);
  // One mistake hides others: what is behind it, or in a block that nobody looked into.
  const mendedAt = new Set(edits.map(({ span }) => placeOf(span)));
  const hasOthers = diagnostics.some(
    ({ severity, span }) => severity === 'error' && !mendedAt.has(placeOf(span)),
  );
  if (edits.length === 0 || hasOthers) return null;
  const mended: Record<string, string> = { ...files };
  for (const file of sources) {
    if (file.path in files) mended[file.path] = edited(file, edits);
  }
  const after = loadConfig('lvsd.conf', { mode, environment: environmentOf(mended) });
  // What stands behind a word is looked at once the word is good.
  const linesOfEdits = new Set(edits.map(({ span }) => lineOf(span)));
  const worse = after.diagnostics.find(
    ({ severity, span }) => severity === 'error' && !linesOfEdits.has(lineOf(span)),
  );
  if (worse === undefined) return null;
  return { kind: `fix ${worse.code}`, detail: `new after --fix: ${describe(worse)}` };
}

function lineOf({ file, start }: Span): string {
  return `${file.path} ${positionOf(file, start).line}`;
}

function placeOf({ file, start }: Span): string {
  return `${file.path} ${start}`;
}

function describe({ code, message, span }: Diagnostic): string {
  return `${code} "${message.slice(0, 200)}" at ${span.file.path} ${span.start}-${span.end}`;
}
