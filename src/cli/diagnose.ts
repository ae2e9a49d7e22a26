/** Everything that is to be said of a configuration, and of the peer's beside it: for `check` and `lint`. */
import type { Command as Commander } from 'commander';
import { defaultFile } from '../config/default-files.ts';
import { type Diagnostic, isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { isOfThisHost } from '../config/diagnostics/severity.ts';
import { commandEnvironment } from '../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { comparePair } from '../config/pair/compare.ts';
import { chosenFile } from './default-file.ts';
import type { ReadingOptions } from './read-config.ts';

export interface PairOptions extends ReadingOptions {
  readonly peer?: string;
  readonly peerId?: string;
}

export function declarePeer(command: Commander): void {
  command
    .option('--peer <file>', 'the file of the other director: whether the two fit together')
    .option('--peer-id <id>', 'identity of the other director; default: as --config-id');
}

/** What the last line speaks of. */
export function subjectOf(file: string | undefined, { peer }: PairOptions): string {
  const own = file ?? defaultFile();
  return peer === undefined ? own : `${own} and ${peer}`;
}

/**
 * Of the file, of the peer's, of the two together. Of the peer's file nothing is said that only its own
 * machine can tell.
 */
export function diagnose(
  file: string | undefined,
  options: PairOptions,
  notes: boolean,
): readonly Diagnostic[] {
  const { path, mode } = chosenFile(file, options.compat);
  const read = (which: string, id: string | undefined): LoadedConfig =>
    loadConfig(which, {
      mode,
      notes,
      ...(id === undefined ? {} : { configId: id }),
      environment: commandEnvironment(),
    });
  const own = read(path, options.configId);
  if (options.peer === undefined) return own.diagnostics;
  const other = read(options.peer, options.peerId ?? options.configId);
  // Once is enough for both of what is said of a word itself, wherever it stands.
  const ofWords = new Set(
    own.diagnostics.flatMap(({ code, message }) => (code === 'not-keepalived' ? [message] : [])),
  );
  const ofPeer = other.diagnostics.filter(
    ({ code, message }) => !isOfThisHost(code) && !ofWords.has(message),
  );
  const both = [...own.diagnostics, ...ofPeer];
  if (isUnreadable(both)) return both;
  return [...both, ...comparePair(own.outline, other.outline, { mode, notes })];
}
