/** A machine for configurations to be read on: files by path, some interfaces, accounts and programs. */

import type { ConfigEnvironment, Network } from '../../src/config/environment.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { type EffectiveBlock, effectiveConfig } from '../../src/config/show/effective.ts';
import type { Word } from '../../src/config/text/ast.ts';
import { nameMatcher } from '../../src/config/text/glob.ts';

const PROGRAMS: Readonly<Record<string, 'good' | 'not-executable'>> = {
  '/bin/true': 'good',
  '/etc/lvsd/notify.sh': 'good',
  '/etc/lvsd/shared.sh': 'good',
  '/etc/lvsd/plain.txt': 'not-executable',
};

const NETWORKS: Readonly<Record<string, readonly Network[]>> = {
  eth0: [
    { address: '192.0.2.2', prefixLength: 24 },
    { address: '2001:db8::2', prefixLength: 64 },
  ],
  eth1: [{ address: '198.51.100.2', prefixLength: 24 }],
};

export const MAIN_FILE = 'lvsd.conf';
/** Where the files of this machine lie. */
const FOLDER = '/etc/lvsd/';

function withoutFolder(path: string): string {
  return path.startsWith(FOLDER) ? path.slice(FOLDER.length) : path;
}

export interface WorldFile {
  readonly text: string;
  readonly is?: 'unreadable' | 'executable' | undefined;
}

export function environmentOf(
  files: Readonly<Record<string, string | WorldFile>>,
  variables: Readonly<Record<string, string>> = {},
): ConfigEnvironment {
  return {
    readFile: (path) => {
      const file = files[withoutFolder(path)];
      if (file === undefined) return { error: 'ENOENT' };
      if (typeof file === 'string') return { text: file };
      return file.is === 'unreadable' ? { error: 'EACCES' } : { text: file.text };
    },
    listFiles: (pattern) => {
      const matches = pathMatcher(withoutFolder(pattern));
      return Object.entries(files)
        .filter(([, file]) => typeof file === 'string' || file.is !== 'executable')
        .flatMap(([path]) => (matches(path) ? [path] : []))
        .sort();
    },
    absolutePath: (path) => (path.startsWith('/') ? path : FOLDER + path),
    hostName: () => 'lb1.example',
    interfaces: () => ['lo', 'eth0', 'eth1'],
    networks: (link) => NETWORKS[link] ?? null,
    mtu: (link) => (link === 'eth1' ? 1280 : link === 'eth0' ? 1500 : null),
    account: (user) => (user === 'nobody' ? { uid: 65534, gid: 65534 } : null),
    program: (path) => PROGRAMS[path] ?? 'missing',
    isOpenToOthers: (path) => path.includes('open'),
    whoCanChange: (path) =>
      path.includes('shared') ? `${path} can be written by its group` : null,
    variable: (name) => variables[name],
    random: () => 0.5,
  };
}

/** Part by part, as the folders of a real machine are searched. */
function pathMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.split('/').map(nameMatcher);
  return (path) => {
    const names = path.split('/');
    return names.length === parts.length && names.every((name, at) => parts[at]?.(name));
  };
}

/** Reads a configuration, with further files that it may include. */
export function load(
  text: string,
  options: {
    readonly mode?: 'default' | 'compat';
    readonly files?: Readonly<Record<string, string | WorldFile>>;
    readonly configId?: string;
    readonly notes?: boolean;
    readonly variables?: Readonly<Record<string, string>>;
    /** Another file to begin with. */
    readonly mainFile?: string;
  } = {},
): LoadedConfig {
  const { mode = 'default', files = {}, configId, notes = false } = options;
  const { variables, mainFile = MAIN_FILE } = options;
  return loadConfig(mainFile, {
    mode,
    notes,
    environment: environmentOf({ [MAIN_FILE]: text, ...files }, variables),
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
