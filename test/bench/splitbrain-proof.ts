/** That the prober finds two holders when there are two: the directors do not hear each other, and nothing forbids it. */
import { togetherWhenCutMs } from '../lab/trial.ts';
import { Trio } from '../lab/trio.ts';

const INTERVAL_MS = 200;
const CUT_MS = 3_000;
/** Less than the backup's wait for its master: it is MASTER for most of the rest. */
const TOGETHER_MS_MIN = 1_000;

export async function proof(): Promise<void> {
  for (const policy of ['availability', 'lease'] as const) {
    const trio = await Trio.layOut(`splitbrain-${policy}`, { policy, intervalMs: INTERVAL_MS });
    try {
      await trio.startAll();
      const ms = await togetherWhenCutMs(trio, CUT_MS);
      const isRight = policy === 'lease' ? ms === 0 : ms >= TOGETHER_MS_MIN;
      const said = isRight ? 'as it has to be' : 'WRONG';
      const what = `directors cut off from each other for ${CUT_MS} ms, ${policy}`;
      process.stdout.write(`${what}: two answer for ${ms.toFixed(0)} ms, ${said}\n`);
      if (!isRight) process.exitCode = 1;
    } finally {
      await trio.close();
    }
  }
}
