/** The MASTER is stopped, and comes back and preempts: how long the client has no answer, and how long two answer. */
import { pause } from '../lab/lab.ts';
import { overlapMs } from '../lab/probe.ts';
import { tellLimit } from './figures.ts';
import { Capture, longestSilence, type Seen } from './vrrp-capture.ts';
import { type Contender, compete, configuration, RUNS, tellSamples, VIP } from './vrrp-sides.ts';

const INTERVALS_MS = [1000, 100];
const BLACKOUT_MS_MAX = 10;

interface Sample {
  readonly silenceMs: number;
  readonly overlapMs: number;
}

interface Samples {
  readonly away: readonly Sample[];
  readonly back: readonly Sample[];
}

function sampleOf(seen: readonly Seen[]): Sample {
  const claims = seen
    .filter((one) => one.what === 'claim')
    .filter(({ address }) => address === VIP);
  return { silenceMs: longestSilence(seen).ms, overlapMs: overlapMs(claims) };
}

async function measure(side: Contender, intervalMs: number): Promise<Samples> {
  const { pair } = side;
  const [away, back]: [Sample[], Sample[]] = [[], []];
  side.start('director1');
  await pair.movesTo('director1');
  side.start('director2');
  for (let run = 0; run < RUNS; run += 1) {
    await side.isPaired('director1');
    await pause(Math.random() * intervalMs);
    const stopped = await Capture.of(pair.lab, 'client');
    await pause(200);
    await pair.stop('director1');
    await pair.movesTo('director2');
    await pause(300);
    away.push(sampleOf(await stopped.end()));
    const returned = await Capture.of(pair.lab, 'client');
    side.start('director1');
    await pair.movesTo('director1');
    await pause(300);
    back.push(sampleOf(await returned.end()));
  }
  return { away, back };
}

export async function handover(): Promise<void> {
  for (const intervalMs of INTERVALS_MS) {
    const text = {
      director1: configuration({ priority: 150, intervalMs }),
      director2: configuration({ priority: 100, intervalMs }),
    };
    const found = await compete(`handover${intervalMs}`, text, (side) => measure(side, intervalMs));
    for (const way of ['away', 'back'] as const) {
      const samples = { lvsd: found.lvsd[way], keepalived: found.keepalived[way] };
      const act = way === 'away' ? 'planned stop' : 'return';
      const what = `${act}, advert_int ${intervalMs / 1000}`;
      tellSamples(`${what}, longest silence`, 'ms', samples, ({ silenceMs }) => silenceMs);
      tellSamples(`${what}, two answer`, 'ms', samples, (one) => one.overlapMs);
      const silences = { name: 'lvsd', values: samples.lvsd.map(({ silenceMs }) => silenceMs) };
      tellLimit(`${what}, longest silence`, 'ms', silences, BLACKOUT_MS_MAX);
    }
  }
}
