/** A process for uplink.test.ts that serves by ipc.ts as vrrp and health do; its configuration says how it fails. */
import { DirectorError } from '../../src/base/error.ts';
import { openUplink } from '../../src/daemon/ipc.ts';
import type { BfdStates } from '../../src/model/bfd.ts';
import type { VrrpStates } from '../../src/model/snapshot-vrrp.ts';

export interface Lesson {
  readonly name: string;
  /** `refusal`: the kernel does not do what is needed. `bug`: a broken invariant. */
  readonly failure?: 'refusal' | 'bug';
  /** The same, of work that nobody waits for. */
  readonly backgroundFailure?: 'refusal' | 'bug';
  /** Tells these once it has learnt this. */
  readonly states?: VrrpStates;
  readonly sessions?: BfdStates;
}

async function failInBackground(how: 'refusal' | 'bug'): Promise<void> {
  if (how === 'bug') throw new Error('broken invariant');
  throw new DirectorError('NOT_PERMITTED', 'the kernel refused', { hint: 'wait' });
}

let learnt: Lesson | null = null;
let heard: VrrpStates | null = null;
let heardSessions: BfdStates | null = null;

const { serve, tellVrrpStates, tellBfdStates } = openUplink('info');
serve<Lesson>({
  async configure(lesson) {
    if (lesson.failure === 'refusal') {
      throw new DirectorError('NETLINK_TIMEOUT', 'the kernel did not answer', { hint: 'wait' });
    }
    if (lesson.failure === 'bug') throw new Error('broken invariant');
    learnt = lesson;
    if (lesson.backgroundFailure !== undefined) void failInBackground(lesson.backgroundFailure);
    if (lesson.states !== undefined) tellVrrpStates(lesson.states);
    if (lesson.sessions !== undefined) tellBfdStates(lesson.sessions);
  },
  answer: async () => ({
    ...learnt,
    ...(heard === null ? {} : { heard }),
    ...(heardSessions === null ? {} : { heardSessions }),
  }),
  vrrpStates(states) {
    heard = states;
  },
  bfdStates(states) {
    heardSessions = states;
  },
  stop: async () => {},
  orphaned: async () => {},
});
