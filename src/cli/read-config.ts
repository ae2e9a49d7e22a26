/** How the commands read a configuration: which file, in which mode, and what is said when it is refused. */
import type { Command as Commander } from 'commander';
import { isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../config/diagnostics/render.ts';
import { severityOf } from '../config/diagnostics/severity.ts';
import { commandEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import { type EffectiveBlock, effectiveConfig } from '../config/show/effective.ts';
import { Exit } from './command.ts';
import { chosenFile } from './default-file.ts';
import type { Terminal } from './terminal.ts';

export interface ReadingOptions {
  readonly compat?: true;
  readonly configId?: string;
}

export function declareReading(command: Commander): Commander {
  return command
    .option('--compat', 'mistakes that keepalived lives with are no obstacle')
    .option('--config-id <id>', 'identity for lines that begin with @ID');
}

export interface ReadTree {
  /** Null: the file has errors, which have been told. */
  readonly whole: EffectiveBlock | null;
  readonly exitCode: number;
}

export function readTree(
  named: string | undefined,
  { compat, configId }: ReadingOptions,
  terminal: Terminal,
): ReadTree {
  const { path, mode } = chosenFile(named, compat);
  const options = {
    environment: commandEnvironment(),
    ...(configId === undefined ? {} : { configId }),
  };
  const { diagnostics, outline } = loadConfig(path, { ...options, mode });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) {
    return { whole: effectiveConfig(outline.root, diagnostics), exitCode: Exit.ok };
  }
  terminal.writeError(renderDiagnostics(errors, { colour: terminal.colour }));
  const wouldStart = errors.every(({ code }) => severityOf(code, 'compat') === 'warning');
  if (wouldStart) {
    terminal.writeError(`\n${path} is refused; with --compat it is read as keepalived reads it\n`);
  }
  return { whole: null, exitCode: isUnreadable(errors) ? Exit.usage : Exit.failed };
}
