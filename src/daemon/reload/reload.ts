/** Where the configuration comes from, and reading it: the same at start and at reload. */
import { resolve } from 'node:path';
import { defaultFile, KEEPALIVED_FILE } from '../../config/default-files.ts';
import { systemEnvironment } from '../../config/environment.ts';
import { type KeptFiles, keptEnvironment, recorded } from '../../config/kept.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { Memory } from '../../config/memory.ts';
import type { Director } from '../../model/director.ts';
import { hasWork } from '../../model/kernel-settings.ts';

/** Our own file is held to our rules; keepalived's starts as keepalived would start it. */

export interface ConfigSource {
  readonly path: string;
  readonly mode: 'default' | 'compat';
  /** Identity for `@ID` lines, or undefined for the host name up to its first dot. */
  readonly configId: string | undefined;
  /** Network namespace, whatever the file says. */
  readonly namespace?: string;
  /** What earlier readings found, of which there is no outline then; null: all is read. */
  readonly memory: Memory | null;
}

/** As an operator asks for one. */
export interface AskedSource {
  readonly useFile?: string;
  readonly configId?: string;
  readonly namespace?: string;
}

/** The file that was asked for, else our own, else keepalived's. */
export function chooseSource({ useFile, configId, namespace }: AskedSource): ConfigSource {
  const memory = new Memory();
  const rest = { configId, memory, ...(namespace === undefined ? {} : { namespace }) };
  // Absolute: lvsctl names the same file from another folder.
  if (useFile !== undefined) return { path: resolve(useFile), mode: 'default', ...rest };
  const path = defaultFile();
  return { path, mode: path === KEEPALIVED_FILE ? 'compat' : 'default', ...rest };
}

/** A configuration as it was read, and the means to read it again. */
export interface Reading extends LoadedConfig {
  readonly source: ConfigSource;
  readonly kept: KeptFiles;
}

/** One that may come into force. */
export type GoodReading = Reading & { readonly director: Director };

/** What is kept of the one in force: its texts, not the tree that was made of them. */
export type InForce = Pick<GoodReading, 'director' | 'digest' | 'source' | 'kept'>;

export function inForce({ director, digest, source, kept }: GoodReading): InForce {
  return { director, digest, source, kept };
}

/** Reads and validates; never throws on bad input. With `kept` the files are those, not the disk's. */
export function readConfiguration(source: ConfigSource, kept?: KeptFiles): Reading {
  const system = systemEnvironment();
  const files = recorded(kept === undefined ? system : keptEnvironment(system, kept));
  const loaded = loadConfig(source.path, {
    mode: source.mode,
    ...(source.memory === null || kept !== undefined ? {} : { memory: source.memory }),
    ...(source.configId === undefined ? {} : { configId: source.configId }),
    ...(source.namespace === undefined ? {} : { namespace: source.namespace }),
    environment: files.environment,
  });
  const { director, diagnostics, sources, digest, outline } = loaded;
  return { director, diagnostics, sources, digest, outline, source, kept: files.kept };
}

/**
 * A text without a statement would let go of everything: what a full disk or a template that failed leaves behind. Where
 * something is in force it is an error.
 */
export function refuseEmpty(reading: Reading): Reading {
  const isEmpty = reading.diagnostics.some(({ code }) => code === 'empty');
  if (!isEmpty) return reading;
  const diagnostics = reading.diagnostics.map((one) =>
    one.code === 'empty' ? { ...one, severity: 'error' as const, hint: EMPTY_HINT } : one,
  );
  return { ...reading, director: null, diagnostics };
}

const EMPTY_HINT =
  'everything that is in force would be let go of; if that is meant: lvsctl reload --allow-empty';

/** Whether there is nothing that an empty text could let go of. */
export function holdsNothing({ vrrp, bfd, health }: Director): boolean {
  const { addresses, routes, rules } = vrrp.statics;
  const counts = [vrrp.instances, bfd.instances, health.virtualServers, addresses, routes, rules];
  return counts.every(({ length }) => length === 0) && !hasWork(health.settings);
}

/** The reading, if it has no errors. */
export function goodReading(reading: Reading): GoodReading | null {
  const { director } = reading;
  return director === null ? null : { ...reading, director };
}
