/** What a file said when it was read, as its reader is told: the answer to a reload, and `lvsctl show`. */
import type { RefusedConfiguration, ReloadReport, Unconfirmed } from '../../api/protocol.ts';
import type { Diagnostic } from '../../config/diagnostics/diagnostic.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../config/diagnostics/render.ts';
import type { LoadedConfig } from '../../config/load.ts';

/** A file of garbage has a mistake in each line; `lvsctl check` tells them all. */
const REPORTED_MAX = 100;
/** Errors in a snapshot and in a record of the log. */
const KEPT_MAX = 5;
/** A message quotes words of the file, and a word may be as long as the file. */
const MESSAGE_CHARACTERS_MAX = 200;

export function reloadReport(
  loaded: LoadedConfig,
  told: Pick<ReloadReport, 'outcome' | 'path' | 'inForce' | 'unconfirmed' | 'confirmWithinMs'>,
): ReloadReport {
  const { diagnostics } = loaded;
  const errors = errorsOf(loaded);
  const chosen =
    diagnostics.length <= REPORTED_MAX
      ? diagnostics
      : [...errors, ...diagnostics.filter(isWarning)].slice(0, REPORTED_MAX);
  return {
    ...told,
    digest: digestOf(loaded),
    errors: errors.length,
    warnings: warningsOf(loaded),
    diagnostics: diagnosticsToJson(chosen.map(shortened)),
    rendered: renderDiagnostics(chosen.map(shortened), { colour: false }),
  };
}

export function refusedConfiguration(
  loaded: LoadedConfig,
  told: { readonly atMs: number; readonly processes: readonly Unconfirmed[] },
): RefusedConfiguration {
  const errors = errorsOf(loaded);
  return {
    ...told,
    digest: digestOf(loaded),
    errors: errors.length,
    diagnostics: diagnosticsToJson(errors.slice(0, KEPT_MAX).map(shortened)),
  };
}

/** Null if nothing could be read: that of an empty text would look like one of something. */
function digestOf({ sources, digest, diagnostics }: LoadedConfig): string | null {
  const isUnread = diagnostics.some(({ code }) => code === 'unreadable-file');
  return isUnread && sources.every(({ text }) => text === '') ? null : digest;
}

export function warningsOf({ diagnostics }: LoadedConfig): number {
  return diagnostics.filter(isWarning).length;
}

function shortened(diagnostic: Diagnostic): Diagnostic {
  const { message } = diagnostic;
  if (message.length <= MESSAGE_CHARACTERS_MAX) return diagnostic;
  return { ...diagnostic, message: `${message.slice(0, MESSAGE_CHARACTERS_MAX)}…` };
}

function errorsOf({ diagnostics }: LoadedConfig): readonly Diagnostic[] {
  return diagnostics.filter((one) => !isWarning(one));
}

function isWarning({ severity }: Diagnostic): boolean {
  return severity === 'warning';
}
