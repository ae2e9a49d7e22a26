/** Sets the counters of virtual servers to 0, those of their real servers with them, as `ipvsadm -Z` does. */
import { constants } from 'node:os';
import { DirectorError } from '../../base/error.ts';
import { formatService } from '../../model/names.ts';
import type { ServiceKey } from '../../model/virtual-server.ts';
import type { ZeroReport } from '../../model/zero.ts';

/** One that is not there ends nothing: the others are set. @throws DirectorError what the kernel refuses otherwise */
export async function zeroCounters(
  zero: (key: ServiceKey) => Promise<void>,
  keys: readonly ServiceKey[],
): Promise<ZeroReport> {
  const virtualServers: string[] = [];
  const absent: string[] = [];
  for (const key of keys) {
    const isThere = await zero(key).then(() => true, absentOrThrow);
    (isThere ? virtualServers : absent).push(formatService(key));
  }
  return { virtualServers, absent };
}

function absentOrThrow(error: unknown): false {
  if (error instanceof DirectorError && error.errno === constants.errno.ESRCH) return false;
  throw error;
}
