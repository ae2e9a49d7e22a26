/** Where the configuration comes from, and reading it: the same at start and at reload. */
import { existsSync } from 'node:fs';
import { systemEnvironment } from '../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { Memory } from '../config/memory.ts';

/** Our own file is held to our rules; keepalived's starts as keepalived would start it. */
const OWN_FILE = '/etc/lvsd/lvsd.conf';
const KEEPALIVED_FILE = '/etc/keepalived/keepalived.conf';

export interface ConfigSource {
  readonly path: string;
  readonly mode: 'default' | 'compat';
  /** Identity for `@ID` lines, or undefined for the host name up to its first dot. */
  readonly configId: string | undefined;
  /** Of the readings so far: what has not changed is not read again. */
  readonly memory: Memory;
}

/** The file that was asked for, else our own, else keepalived's. */
export function chooseSource(
  asked: string | undefined,
  configId: string | undefined,
): ConfigSource {
  const memory = new Memory();
  if (asked !== undefined) return { path: asked, mode: 'default', configId, memory };
  if (!existsSync(OWN_FILE) && existsSync(KEEPALIVED_FILE)) {
    return { path: KEEPALIVED_FILE, mode: 'compat', configId, memory };
  }
  return { path: OWN_FILE, mode: 'default', configId, memory };
}

/** Reads and validates; never throws on bad input. */
export function readConfiguration(source: ConfigSource): LoadedConfig {
  return loadConfig(source.path, {
    mode: source.mode,
    memory: source.memory,
    ...(source.configId === undefined ? {} : { configId: source.configId }),
    environment: systemEnvironment(),
  });
}
