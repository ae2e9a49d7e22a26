/**
 * What an operator's order means for a real server: less than its checks would give it, never more.
 *
 *                 free                     quiescent               out
 *   up            its weight               weight 0                absent
 *   not up        absent, or weight 0 with inhibit_on_failure      absent
 *   for quorum    counts while up          does not count          does not count
 */
import type { Order } from '../model/drain.ts';

export type Hold = 'free' | 'quiescent' | 'out';

export function holdOf(order: Order | null): Hold {
  if (order === null) return 'free';
  if (order.kind === 'disable') return 'out';
  return order.ended !== null && order.atEnd === 'remove' ? 'out' : 'quiescent';
}
