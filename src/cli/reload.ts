/** `lvsctl reload`: makes the daemon read its file again, and tells whether it took it. */
import { openControl } from '../api/client.ts';
import type { ReloadReport } from '../api/protocol.ts';
import { type Command, Exit } from './command.ts';
import { plural } from './text.ts';

interface Options {
  readonly json?: true;
}

/** It is in force, but not every process works by it yet. */
const UNCONFIRMED = 3;

export const reload: Command<Options> = {
  name: 'reload',
  summary: `read the configuration again: exit code 0 in force, 1 refused, 2 no daemon answers, ${UNCONFIRMED} not confirmed by every process`,
  declare(command) {
    command.option('--json', 'the report as one JSON object');
  },
  async run({ terminal, runDir }, options) {
    const report = await openControl(runDir).reload();
    if (options.json) {
      terminal.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      terminal.writeError(renderReasons(report));
      terminal.write(renderOutcome(report));
    }
    return exitCodeOf(report);
  },
};

function exitCodeOf({ outcome, unconfirmed }: ReloadReport): number {
  if (outcome === 'refused') return Exit.failed;
  return unconfirmed.length > 0 ? UNCONFIRMED : Exit.ok;
}

/** All that is wrong: mistakes with their lines, then processes. */
function renderReasons(report: ReloadReport): string {
  const { outcome, path, diagnostics, rendered, errors, warnings, unconfirmed } = report;
  const more = errors + warnings - diagnostics.length;
  const verb = outcome === 'refused' ? 'cannot do its work' : 'has not confirmed it';
  return [
    rendered,
    more > 0 ? `and ${more} more: lvsctl check ${path}\n` : '',
    ...unconfirmed.map(
      ({ process, reason, hint }) =>
        `${process} ${verb}: ${reason}\n${hint === null ? '' : `  hint: ${hint}\n`}`,
    ),
  ].join('');
}

/** One line. */
function renderOutcome(report: ReloadReport): string {
  const { outcome, path, digest, inForce, errors, warnings } = report;
  const told = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`;
  switch (outcome) {
    case 'reloaded':
      return `reloaded: configuration ${digest} is in force${told}\n`;
    case 'unchanged':
      return `unchanged: configuration ${digest} stays in force${told}\n`;
    case 'refused': {
      const why = errors === 0 ? '' : `: ${plural(errors, 'error')} in ${path}`;
      return `refused: ${digest}${why}; configuration ${inForce} stays in force\n`;
    }
  }
}
