/** Checkers → one real server: up or down, and the weight that the kernel should hold for it. */
import { formatEndpoint } from '../base/endpoint.ts';
import type { Standing } from '../model/snapshot-health.ts';
import type { RealServer } from '../model/virtual-server.ts';

/** Up when all its checkers are; a real server without checkers is always up, also with `alpha`. */
export function judgeRealServer(checkers: readonly Standing[]): Standing {
  if (checkers.includes('down')) return 'down';
  return checkers.includes('awaiting') ? 'awaiting' : 'up';
}

/**
 * Which script a change of standing runs. The first failed check of an `alpha` server runs
 * `notify_down` although it never was up; falling back to `awaiting` runs none.
 */
export function announcement(from: Standing, to: Standing): 'up' | 'down' | null {
  return from === to || to === 'awaiting' ? null : to;
}

/** Its weight while it serves. Out of service it is absent, or holds weight 0 to keep connections. */
export function weightOf(
  server: Pick<RealServer, 'weight' | 'inhibitOnFailure'>,
  serves: boolean,
): number | null {
  if (serves) return server.weight;
  return server.inhibitOnFailure ? 0 : null;
}

/** `10.0.0.1:80`: what a log calls a real server, unique within its virtual server. */
export function nameOfRealServer({ address, port }: Pick<RealServer, 'address' | 'port'>): string {
  return formatEndpoint(address, port);
}
