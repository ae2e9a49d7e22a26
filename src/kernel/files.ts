/**
 * Watches a small file: inotify(7) tells of its directory, so that a file which is created, renamed over or
 * deleted is heard of; once a second it is looked at anyhow, for what inotify does not tell (network file
 * systems, the target of a symbolic link, a directory that is not there yet).
 */
import { constants, type FSWatcher, mkdirSync, watch, writeFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Cancel, Clock, Millis } from '../base/time.ts';

const LOOK_AGAIN_MS: Millis = 1_000;

/** A number fits; what is behind it is not read. */
const OCTETS_MAX = 256;

/** Tells what is in the file, soon and whenever it changes; null: there is no such regular file. */
export function watchFile(
  clock: Clock,
  path: string,
  onText: (text: string | null) => void,
): Cancel {
  const watched = new WatchedFile(clock, path, onText);
  return () => watched.close();
}

/** Writes a file, and the directory of it; one that is there only with `overwrite`. */
export function createFile(path: string, text: string, overwrite: boolean): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, text, { flag: overwrite ? 'w' : 'wx', mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

class WatchedFile {
  private readonly clock: Clock;
  private readonly path: string;
  private readonly onText: (text: string | null) => void;
  private watcher: FSWatcher | null = null;
  /** The directory that is watched: another one of its name is another one. */
  private inode: number | null = null;
  private cancel: Cancel = () => {};
  private text: string | null | undefined;
  private isLooking = false;
  private lookAgain = false;
  private closed = false;

  constructor(clock: Clock, path: string, onText: (text: string | null) => void) {
    this.clock = clock;
    this.path = path;
    this.onText = onText;
    void this.look();
  }

  close(): void {
    this.closed = true;
    this.cancel();
    this.unwatch();
  }

  /** One look at a time; what happens during one is looked at after it. */
  private async look(): Promise<void> {
    if (this.isLooking) {
      this.lookAgain = true;
      return;
    }
    this.isLooking = true;
    this.cancel();
    do {
      this.lookAgain = false;
      await this.watchDirectory();
      const text = await readStart(this.path);
      if (this.closed) return;
      if (text !== this.text) {
        this.text = text;
        this.onText(text);
      }
    } while (this.lookAgain);
    this.isLooking = false;
    if (this.closed) return;
    this.cancel = this.clock.wakeAt(this.clock.now() + LOOK_AGAIN_MS, () => void this.look());
  }

  private async watchDirectory(): Promise<void> {
    const directory = dirname(this.path);
    const inode = await stat(directory).then(
      ({ ino }) => ino,
      () => null,
    );
    if (this.closed || inode === this.inode) return;
    this.unwatch();
    if (inode === null) return;
    try {
      const name = basename(this.path);
      this.watcher = watch(directory, { persistent: false }, (_, changed) => {
        if (changed === null || changed === name) void this.look();
      });
      this.watcher.on('error', () => this.unwatch());
      this.inode = inode;
    } catch {
      // No more watches, or no inotify: the look once a second is left.
    }
  }

  private unwatch(): void {
    this.watcher?.close();
    this.watcher = null;
    this.inode = null;
  }
}

/** The first octets of a regular file, or null. A FIFO of that name must not make us wait. */
async function readStart(path: string): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(OCTETS_MAX), 0, OCTETS_MAX, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return null;
  } finally {
    await file.close().catch(() => {});
  }
}
