/** A process for uplink.test.ts that serves by ipc.ts as vrrp and health do; its configuration says how it fails. */
import { DirectorError } from '../../src/base/error.ts';
import { openUplink } from '../../src/daemon/ipc.ts';

export interface Lesson {
  readonly name: string;
  /** `refusal`: the kernel does not do what is needed. `bug`: a broken invariant. */
  readonly failure?: 'refusal' | 'bug';
}

let learnt: Lesson | null = null;

const { serve } = openUplink('info');
serve<Lesson>({
  async configure(lesson) {
    if (lesson.failure === 'refusal') {
      throw new DirectorError('NETLINK_TIMEOUT', 'the kernel did not answer', { hint: 'wait' });
    }
    if (lesson.failure === 'bug') throw new Error('broken invariant');
    learnt = lesson;
  },
  answer: async () => learnt,
  stop: async () => {},
  orphaned: async () => {},
});
