/** A machine for configurations to be read on: files by path, some interfaces, accounts and programs. */
import type { Word } from '../../src/config/ast.ts';
import { type EffectiveBlock, effectiveConfig } from '../../src/config/effective.ts';
import type { ConfigEnvironment, Network } from '../../src/config/environment.ts';
import { globMatcher } from '../../src/config/glob.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';

const PROGRAMS: Readonly<Record<string, 'good' | 'not-executable'>> = {
  '/bin/true': 'good',
  '/etc/lvsd/notify.sh': 'good',
  '/etc/lvsd/plain.txt': 'not-executable',
};

const NETWORKS: Readonly<Record<string, readonly Network[]>> = {
  eth0: [
    { address: '192.0.2.2', prefixLength: 24 },
    { address: '2001:db8::2', prefixLength: 64 },
  ],
  eth1: [{ address: '198.51.100.2', prefixLength: 24 }],
};

export function environmentOf(files: Readonly<Record<string, string>>): ConfigEnvironment {
  return {
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? { error: 'ENOENT' } : { text };
    },
    listFiles: (pattern) => Object.keys(files).filter(globMatcher(pattern)),
    hostName: () => 'lb1.example',
    interfaces: () => ['lo', 'eth0', 'eth1'],
    networks: (link) => NETWORKS[link] ?? null,
    account: (user) => (user === 'nobody' ? { uid: 65534, gid: 65534 } : null),
    program: (path) => PROGRAMS[path] ?? 'missing',
    variable: () => undefined,
    random: () => 0.5,
  };
}

/** Reads a configuration, with further files that it may include. */
export function load(
  text: string,
  options: {
    readonly mode?: 'default' | 'compat';
    readonly files?: Readonly<Record<string, string>>;
    readonly configId?: string;
    readonly notes?: boolean;
  } = {},
): LoadedConfig {
  const { mode = 'default', files = {}, configId, notes = false } = options;
  return loadConfig('lvsd.conf', {
    mode,
    notes,
    environment: environmentOf({ 'lvsd.conf': text, ...files }),
    ...(configId === undefined ? {} : { configId }),
  });
}

/** What is in force, as keepalived would start with it. */
export function treeOf(text: string): EffectiveBlock {
  const { diagnostics, outline } = load(text, { mode: 'compat' });
  return effectiveConfig(outline.root, diagnostics);
}

/** The words of a line, as the parser gives them. */
export function words(line: string): [Word, ...Word[]] {
  const file = { path: 'lvsd.conf', text: line, order: 0, includedAt: null };
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
    text,
    quoted: false,
    span: { file, start: index, end: index + text.length },
  })) as [Word, ...Word[]];
}
