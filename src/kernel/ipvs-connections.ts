/**
 * The connection table as text, ip_vs_conn_sync: which entries were learnt from another director. A
 * line each, and there may be millions: it is read in pieces, up to a limit, off the main thread.
 */
import { closeSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';

/** Of the thread's network namespace, which may be another one than the process's. */
const TABLE = '/proc/thread-self/net/ip_vs_conn_sync';
/** About a hundred thousand connections. */
const OCTETS_MAX = 10 * 1024 * 1024;
const PIECE_OCTETS = 64 * 1024;

const readSome = promisify(read);

export interface LearntConnections {
  readonly connections: number;
  /** False: the table has more lines than were read. */
  readonly isAll: boolean;
}

/** Null: this kernel has no such table, or we may not read it. Opened in this turn, by this thread. */
export async function countLearntConnections(): Promise<LearntConnections | null> {
  try {
    const fd = openSync(TABLE, 'r');
    try {
      return await countIn(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

async function countIn(fd: number): Promise<LearntConnections> {
  const piece = Buffer.allocUnsafe(PIECE_OCTETS);
  let connections = 0;
  let rest = '';
  let octets = 0;
  while (octets < OCTETS_MAX) {
    const { bytesRead } = await readSome(fd, piece, 0, PIECE_OCTETS, null);
    if (bytesRead === 0) return { connections: connections + learntIn(rest), isAll: true };
    octets += bytesRead;
    const text = rest + piece.toString('latin1', 0, bytesRead);
    const end = text.lastIndexOf('\n') + 1;
    connections += learntIn(text.slice(0, end));
    rest = text.slice(end);
  }
  return { connections, isAll: false };
}

/** The last column but one is LOCAL or SYNC. */
export function learntIn(lines: string): number {
  return lines.match(/ SYNC +\d+ *$/gm)?.length ?? 0;
}
