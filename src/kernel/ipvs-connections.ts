/**
 * The connection table as text, /proc/net/ip_vs_conn_sync: which entries were learnt from another director. A
 * line each, and there may be millions: it is read in pieces, up to a limit, off the main thread.
 */
import { open } from 'node:fs/promises';

const TABLE = '/proc/net/ip_vs_conn_sync';
/** About a hundred thousand connections. */
const OCTETS_MAX = 10 * 1024 * 1024;
const PIECE_OCTETS = 64 * 1024;

export interface LearntConnections {
  readonly connections: number;
  /** False: the table has more lines than were read. */
  readonly isAll: boolean;
}

/** Null: this kernel has no such table, or we may not read it. */
export async function countLearntConnections(): Promise<LearntConnections | null> {
  try {
    const file = await open(TABLE);
    try {
      return await countIn(file);
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

interface Source {
  read(
    buffer: Uint8Array,
    at: number,
    octets: number,
    from: null,
  ): Promise<{ readonly bytesRead: number }>;
}

async function countIn(file: Source): Promise<LearntConnections> {
  const piece = Buffer.allocUnsafe(PIECE_OCTETS);
  let connections = 0;
  let rest = '';
  let octets = 0;
  while (octets < OCTETS_MAX) {
    const { bytesRead } = await file.read(piece, 0, PIECE_OCTETS, null);
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
