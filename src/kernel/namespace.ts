/**
 * Network namespaces by name, as ip-netns(8) keeps them. A socket belongs to the namespace of the thread that
 * made it, and so does a process to that of the thread that started it: this thread goes there for as long
 * as one piece of work takes that does not wait, and comes back. libuv's other threads never go.
 */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DirectorError, errnoName } from '../base/error.ts';
import { loadAddon } from './addon.ts';

const FOLDER = '/run/netns';
/** Of this thread: that of the process may be another one. */
export const OWN_NETWORK = '/proc/thread-self/ns/net';

/**
 * Does `work` in a namespace; null: where we are. It must not wait: the thread would be elsewhere meanwhile.
 * @throws DirectorError NAMESPACE_MISSING, NOT_PERMITTED, or what `work` throws.
 */
export function inNetwork<Result>(name: string | null, work: () => Result): Result {
  if (name === null) return work();
  const addon = loadAddon();
  const home = openHome();
  try {
    const there = openNamespace(name);
    try {
      enter(there, name);
      try {
        return work();
      } finally {
        // If this fails we are lost, and the exception ends the process.
        addon.enterNetwork(home);
      }
    } finally {
      closeSync(there);
    }
  } finally {
    closeSync(home);
  }
}

/** Which namespace it is, whatever its name: `net:[4026531840]`. */
export function identityOfNetwork(name: string | null): string {
  return inNetwork(name, () => readlinkSync(OWN_NETWORK));
}

function enter(fd: number, name: string): void {
  try {
    loadAddon().enterNetwork(fd);
  } catch (cause) {
    const reason = errnoName(cause);
    if (reason === 'EINVAL') throw missing(name, 'its file is left over, and no namespace', cause);
    throw new DirectorError('NOT_PERMITTED', `cannot enter network namespace ${name}: ${reason}`, {
      hint: 'it needs CAP_SYS_ADMIN: run lvsd as root, or grant the capability',
      cause,
    });
  }
}

function openHome(): number {
  try {
    return openSync(OWN_NETWORK, 'r');
  } catch (cause) {
    const message = `our own network namespace cannot be opened: ${errnoName(cause)}`;
    throw new DirectorError('NOT_PERMITTED', message, { cause });
  }
}

function openNamespace(name: string): number {
  try {
    return openSync(join(FOLDER, name), 'r');
  } catch (cause) {
    const reason = errnoName(cause);
    throw missing(name, reason === 'ENOENT' ? null : reason, cause);
  }
}

function missing(name: string, why: string | null, cause: unknown): DirectorError {
  const known = namesOfNetworks().join(', ') || 'none';
  const reason = why === null ? '' : `: ${why}`;
  return new DirectorError('NAMESPACE_MISSING', `there is no network namespace ${name}${reason}`, {
    hint: `ip netns add ${name}; there are ${known}`,
    cause,
  });
}

function namesOfNetworks(): readonly string[] {
  try {
    return readdirSync(FOLDER);
  } catch {
    return [];
  }
}
