/** A machine for configurations to be read on: files by path, some interfaces, accounts and programs. */
import { type EffectiveBlock, effectiveConfig } from '../../src/config/effective.ts';
import type { ConfigEnvironment } from '../../src/config/environment.ts';
import { type LoadedConfig, loadConfig, readRoot } from '../../src/config/load.ts';

const PROGRAMS: Readonly<Record<string, 'good' | 'not-executable'>> = {
  '/bin/true': 'good',
  '/etc/lvsd/notify.sh': 'good',
  '/etc/lvsd/plain.txt': 'not-executable',
};

export function environmentOf(files: Readonly<Record<string, string>>): ConfigEnvironment {
  return {
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? { error: 'ENOENT' } : { text };
    },
    listFiles: (pattern) => {
      const form = new RegExp(
        `^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*')}$`,
      );
      return Object.keys(files).filter((path) => form.test(path));
    },
    hostName: () => 'lb1.example',
    interfaces: () => ['lo', 'eth0', 'eth1'],
    account: (user) => (user === 'nobody' ? { uid: 65534, gid: 65534 } : null),
    program: (path) => PROGRAMS[path] ?? 'missing',
    variable: () => undefined,
  };
}

/** Reads a configuration, with further files that it may include. */
export function load(
  text: string,
  options: {
    readonly mode?: 'default' | 'compat';
    readonly files?: Readonly<Record<string, string>>;
    readonly configId?: string;
  } = {},
): LoadedConfig {
  const { mode = 'default', files = {}, configId } = options;
  return loadConfig('lvsd.conf', {
    mode,
    environment: environmentOf({ 'lvsd.conf': text, ...files }),
    ...(configId === undefined ? {} : { configId }),
  });
}

/** What is in force, as keepalived would start with it. */
export function treeOf(text: string): EffectiveBlock {
  const { diagnostics } = load(text, { mode: 'compat' });
  const root = readRoot('lvsd.conf', { environment: environmentOf({ 'lvsd.conf': text }) });
  return effectiveConfig(root, diagnostics);
}
