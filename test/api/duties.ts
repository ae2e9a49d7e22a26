/** A daemon's answers for a test that asks for some of them only. */
import type { ControlDuties } from '../../src/api/server.ts';

const notAsked = (): Promise<never> => Promise.reject(new Error('not asked'));

export function dutiesOf(some: Partial<ControlDuties>): ControlDuties {
  return {
    snapshot: notAsked,
    reload: notAsked,
    plan: notAsked,
    apply: notAsked,
    confirm: notAsked,
    rollback: notAsked,
    verify: notAsked,
    zero: notAsked,
    drains: notAsked,
    steer: notAsked,
    failOver: notAsked,
    ...some,
  };
}
