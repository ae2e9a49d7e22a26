/** `lvsctl reload`: makes the daemon read its file again, and tells whether it took it. */
import { openControl } from '../api/client.ts';
import type { ReloadReport } from '../api/protocol.ts';
import { type Command, Exit } from './command.ts';
import type { Terminal } from './terminal.ts';
import { plural } from './text.ts';

interface Options {
  readonly json?: true;
  readonly allowEmpty?: true;
}

/** It is in force, but not every process works by it yet. */
export const UNCONFIRMED = 3;

export const ALLOW_EMPTY_HELP =
  'also a file without a statement, by which everything that is in force is let go of';

export const reload: Command<Options> = {
  name: 'reload',
  summary: `read the configuration again: exit code 0 in force, 1 refused, 2 no daemon answers, ${UNCONFIRMED} not confirmed by every process`,
  declare(command) {
    command
      .option('--allow-empty', ALLOW_EMPTY_HELP)
      .option('--json', 'the report as one JSON object');
  },
  async run({ terminal, runDir }, options) {
    const how = { json: options.json === true, manner: 'reloaded' } as const;
    const request = { allowEmpty: options.allowEmpty === true };
    return tellReload(await openControl(runDir).reload(request), terminal, how);
  },
};

/** How a configuration has come into force for good. */
type Manner = 'reloaded' | 'applied' | 'rolled back';

/** Tells how a configuration came into force, or did not; gives the exit code. */
export function tellReload(
  report: ReloadReport,
  terminal: Terminal,
  { json, manner }: { readonly json: boolean; readonly manner: Manner },
): number {
  if (json) {
    terminal.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    terminal.writeError(renderReasons(report));
    terminal.write(renderOutcome(report, manner));
  }
  return exitCodeOf(report);
}

function exitCodeOf({ outcome, unconfirmed }: ReloadReport): number {
  if (outcome === 'refused') return Exit.failed;
  return unconfirmed.length > 0 ? UNCONFIRMED : Exit.ok;
}

/** What is wrong with a file, as the daemon has read it. */
export function renderMistakes(
  report: Pick<ReloadReport, 'path' | 'diagnostics' | 'rendered' | 'errors' | 'warnings'>,
): string {
  const { path, diagnostics, rendered, errors, warnings } = report;
  const more = errors + warnings - diagnostics.length;
  return more > 0 ? `${rendered}and ${more} more: lvsctl check ${path}\n` : rendered;
}

/** All that is wrong: mistakes with their lines, then processes. */
function renderReasons(report: ReloadReport): string {
  const { outcome, unconfirmed } = report;
  const verb = outcome === 'refused' ? 'cannot do its work' : 'has not confirmed it';
  return [
    renderMistakes(report),
    ...unconfirmed.map(
      ({ process, reason, hint }) =>
        `${process} ${verb}: ${reason}\n${hint === null ? '' : `  hint: ${hint}\n`}`,
    ),
  ].join('');
}

/** One line. */
function renderOutcome(report: ReloadReport, manner: Manner): string {
  const { outcome, path, digest, inForce, errors, warnings, confirmWithinMs } = report;
  const told = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`;
  switch (outcome) {
    case 'reloaded':
      return confirmWithinMs === null
        ? `${manner}: configuration ${digest} is in force${told}\n`
        : `applied: configuration ${digest} is in force for ${confirmWithinMs / 1000} s${told}; lvsctl confirm keeps it\n`;
    case 'unchanged':
      return `unchanged: configuration ${digest} stays in force${told}\n`;
    case 'refused': {
      const why = errors === 0 ? '' : `: ${plural(errors, 'error')} in ${path}`;
      return `refused${digest === null ? '' : `: ${digest}`}${why}; configuration ${inForce} stays in force\n`;
    }
  }
}
