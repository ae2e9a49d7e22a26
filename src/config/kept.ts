/**
 * The texts of a configuration as they were read: all files, and which of them each pattern found. From
 * them the same configuration can be read again, whatever has become of the files.
 */
import type { ConfigEnvironment } from './environment.ts';
import type { FileText } from './text/include.ts';

export interface KeptFiles {
  /** By path; also those that could not be read, with the reason. */
  readonly files: Readonly<Record<string, FileText>>;
  /** Paths by the pattern that an include asked for. */
  readonly listings: Readonly<Record<string, readonly string[]>>;
}

/** The same environment, and what has been read through it so far. */
export function recorded(environment: ConfigEnvironment): {
  readonly environment: ConfigEnvironment;
  readonly kept: KeptFiles;
} {
  const files: Record<string, FileText> = {};
  const listings: Record<string, readonly string[]> = {};
  const readFile = (path: string): FileText => {
    const read = environment.readFile(path);
    files[path] = read;
    return read;
  };
  const listFiles: ConfigEnvironment['listFiles'] = (pattern) => {
    const found = environment.listFiles(pattern);
    if (!('error' in found)) listings[pattern] = found;
    return found;
  };
  return { environment: { ...environment, readFile, listFiles }, kept: { files, listings } };
}

/** This machine as it is now, but for the files: those are the ones that were kept. */
export function keptEnvironment(
  environment: ConfigEnvironment,
  kept: KeptFiles,
): ConfigEnvironment {
  return {
    ...environment,
    readFile: (path) => kept.files[path] ?? { error: 'ENOENT' },
    listFiles: (pattern) => kept.listings[pattern] ?? [],
  };
}
