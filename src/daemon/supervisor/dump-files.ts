/**
 * Dumps for exporters and operators, as files that only root reads. They may lie in /tmp, where others can
 * prepare links: a new file is made under a name of its own, and takes the place of whatever is there.
 */
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { DirectorError, errnoName } from '../../base/error.ts';
import { systemRandom } from '../../base/random.ts';

const MODE = 0o600;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Where keepalived puts a dump of this name. */
export function dumpPath(name: string, temporary: string = process.env.TMPDIR ?? '/tmp'): string {
  return resolve(temporary, name);
}

/** @throws DirectorError STATE_UNWRITABLE */
export function writeDump(path: string, text: string): void {
  const fresh = `${path}.${systemRandom().toString(36).slice(2)}`;
  try {
    const fd = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
    try {
      writeAll(fd, Buffer.from(text));
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    const hint = 'name another place: state_dump_file, stats_dump_file, json_dump_file, or TMPDIR';
    const why = `the dump ${path} cannot be written: ${errnoName(cause)}`;
    throw new DirectorError('STATE_UNWRITABLE', why, { cause, hint });
  }
}

function writeAll(fd: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; ) at += writeSync(fd, octets, at);
}
