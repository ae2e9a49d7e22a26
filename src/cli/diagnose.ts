/** Reading a configuration, and the peer's beside it: what `check` and `lint` have in common. */
import { existsSync } from 'node:fs';
import type { Command as Commander } from 'commander';
import { type Diagnostic, isOfThisHost, type Mode } from '../config/diagnostic.ts';
import { systemEnvironment } from '../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { comparePair } from '../config/pair.ts';

export const OWN_FILE = '/etc/lvsd/lvsd.conf';
export const KEEPALIVED_FILE = '/etc/keepalived/keepalived.conf';

export interface ReadingOptions {
  readonly compat?: true;
  readonly configId?: string;
  readonly peer?: string;
  readonly peerId?: string;
}

export function declareReading(command: Commander): void {
  command
    .argument('[file]', `default ${OWN_FILE}, else ${KEEPALIVED_FILE}`)
    .option('--config-id <id>', 'identity for lines that begin with @ID')
    .option('--peer <file>', 'the file of the other director: whether the two fit together')
    .option('--peer-id <id>', 'identity of the other director; default: as --config-id');
}

/** The file that was named, else the one that `lvsd` would read. */
export function chosenFile(file: string | undefined): string {
  return file ?? (existsSync(OWN_FILE) ? OWN_FILE : KEEPALIVED_FILE);
}

/**
 * All that is to be said: of the file, of the peer's, of the two together. Of the peer's file nothing is
 * said that only its own machine can tell.
 */
export function diagnose(
  file: string | undefined,
  options: ReadingOptions,
  notes: boolean,
): readonly Diagnostic[] {
  const path = chosenFile(file);
  const isFallback = file === undefined && path === KEEPALIVED_FILE;
  const mode: Mode = options.compat || isFallback ? 'compat' : 'default';
  const read = (which: string, id: string | undefined): LoadedConfig =>
    loadConfig(which, {
      mode,
      notes,
      ...(id === undefined ? {} : { configId: id }),
      environment: systemEnvironment(),
    });
  const own = read(path, options.configId);
  if (options.peer === undefined) return own.diagnostics;
  const other = read(options.peer, options.peerId ?? options.configId);
  const ofPeer = other.diagnostics.filter(({ code }) => !isOfThisHost(code));
  const both = [...own.diagnostics, ...ofPeer];
  if (isUnreadable(both)) return both;
  return [...both, ...comparePair(own.outline, other.outline, { mode, notes })];
}

export function isUnreadable(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ code }) => code === 'unreadable-file');
}
