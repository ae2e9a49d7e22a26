/** The MASTER's VRRP process is stopped, and its kernel works on: how long the address is answered for, and by two. */
import { lastAnswerMs, togetherMs } from '../lab/holders.ts';
import { eventually, pause } from '../lab/lab.ts';
import { type Program, Trio } from '../lab/trio.ts';
import { tellLimit } from './figures.ts';
import { tellSamples } from './vrrp-sides.ts';

const INTERVAL_MS = 1_000;
/** Three intervals, if the configuration does not say otherwise. */
const GATE_MS = 3 * INTERVAL_MS;
const LATE_MS_MAX = 20;
const WATCHED_MS = 6_000;
const STOPS = 5;

interface Sample {
  /** From the stop to its last answer. */
  readonly answersForMs: number;
  readonly togetherMs: number;
}

/** director1 is MASTER, and still is at a random moment of one of its next intervals. */
async function settled(trio: Trio): Promise<void> {
  const isMaster = (): boolean => trio.holders().join() === 'director1';
  do {
    await eventually('director1 is MASTER', isMaster, 30_000);
    await pause(INTERVAL_MS * (2 + Math.random()));
  } while (!isMaster());
}

async function measure(program: Program): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const options = { policy: 'availability', intervalMs: INTERVAL_MS, program } as const;
  const trio = await Trio.layOut(`splitbrain-stopped-${program}`, options);
  try {
    await trio.startAll();
    for (let run = 0; run < STOPS; run += 1) {
      await settled(trio);
      const watch = await trio.watch();
      const stoppedMs = Date.now();
      trio.signal('director1', 'vrrp', 'SIGSTOP');
      await pause(WATCHED_MS);
      const report = await watch.end();
      trio.signal('director1', 'vrrp', 'SIGCONT');
      const lastMs = lastAnswerMs(report, trio.macOf('director1'));
      samples.push({ answersForMs: lastMs - stoppedMs, togetherMs: togetherMs(report) });
    }
    return samples;
  } finally {
    await trio.close();
  }
}

export async function stopped(): Promise<void> {
  const [lvsd, keepalived] = await Promise.all([measure('lvsd'), measure('keepalived')]);
  const samples = { lvsd, keepalived };
  const what = `SIGSTOP of the MASTER's VRRP process, ${WATCHED_MS} ms watched`;
  tellSamples(`${what}, it answers for`, 'ms', samples, ({ answersForMs }) => answersForMs);
  tellSamples(`${what}, two answer for`, 'ms', samples, (one) => one.togetherMs);
  const side = { name: 'lvsd', values: lvsd.map(({ answersForMs }) => answersForMs) };
  tellLimit(`${what}, it answers for`, 'ms', side, GATE_MS + LATE_MS_MAX, 1);
}
