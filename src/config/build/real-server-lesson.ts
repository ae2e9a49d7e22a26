/** What of a virtual server's real servers can be remembered for the next reading. */
import type { RealServer } from '../../model/virtual-server.ts';
import type { RealServerLesson } from '../memory.ts';
import { PoolBuilder, type Run } from '../text/pool.ts';
import type { Extent, Span } from '../text/source.ts';

/** Fewer are as soon read. */
const SERVERS_MIN = 32;

interface Placed {
  readonly servers: readonly RealServer[];
  readonly isChecked: Uint8Array;
  /** Their blocks, or runs of them. */
  readonly places: Iterable<{ readonly run: Run | null; readonly extent: Extent | null }>;
}

/**
 * Null: they are few, or not all of their blocks stand in one piece. `span` and `signature` are those of the virtual
 * server, whose text is all in one file; nothing was told of any of its real servers.
 */
export function realServerLesson(
  { file, start: origin }: Span,
  signature: () => string,
  { servers, isChecked, places }: Placed,
): RealServerLesson | null {
  if (servers.length < SERVERS_MIN) return null;
  const capacity = servers.length;
  const pool = new PoolBuilder('real_server', { text: file.text, origin, capacity });
  for (const { run, extent } of places) {
    const isTaken =
      extent !== null && (run === null ? pool.add(extent) : pool.addRun(run, extent.start));
    if (!isTaken) return null;
  }
  return { signature: signature(), servers, isChecked, blocks: pool.places };
}
