/**
 * The MASTER's host dies without a word. Times count from its last advertisement, so that chance does not decide where
 * in its interval it died; the protocol's own time, 3 intervals and the skew, is taken off.
 */
import type { DuoHost } from '../lab/duo.ts';
import { pause } from '../lab/lab.ts';
import { tellLimit } from './figures.ts';
import { advertsOf, Capture, longestSilence, type Seen } from './vrrp-capture.ts';
import {
  ADDRESS,
  type Contender,
  compete,
  configuration,
  RUNS,
  tellSamples,
} from './vrrp-sides.ts';

const INTERVALS_MS = [1000, 100, 10];
const PRIORITY = 100;
const ALLOWED_MS = 50;

interface Sample {
  /** From the last advertisement of the old master to the first answer of the new one, beyond the protocol's time. */
  readonly excessMs: number;
  /** Longest time without an answer. */
  readonly silenceMs: number;
}

function sampleOf(seen: readonly Seen[], dead: string, intervalMs: number): Sample {
  const adverts = advertsOf(seen);
  const last = adverts.findLast(({ source }) => source === dead);
  const successor = adverts.find(({ source }) => source !== dead);
  if (last === undefined || successor === undefined) {
    const heard = adverts.map(({ source, priority }) => `${source} ${priority}`).join(', ');
    throw new Error(`${dead} died and nobody took over: ${heard}`);
  }
  const silence = longestSilence(seen);
  const protocolMs = 3 * intervalMs + ((256 - PRIORITY) / 256) * intervalMs;
  return { excessMs: silence.endMs - last.atMs - protocolMs, silenceMs: silence.ms };
}

/** Neither preempts, so that whoever was started again stays backup until the other one dies. */
async function measure(side: Contender, intervalMs: number): Promise<readonly Sample[]> {
  const { pair } = side;
  const samples: Sample[] = [];
  let [master, backup]: [DuoHost, DuoHost] = ['director1', 'director2'];
  side.start(master);
  await pair.movesTo(master);
  for (let run = 0; run < RUNS; run += 1) {
    side.start(backup);
    await side.isPaired(master);
    await pause(500 + 2 * intervalMs + Math.random() * intervalMs);
    const capture = await Capture.of(pair.lab, 'client');
    await pause(3 * intervalMs + 100);
    await pair.powerOff(master);
    await pair.movesTo(backup);
    await pause(300);
    samples.push(sampleOf(await capture.end(), ADDRESS[master], intervalMs));
    await pair.lab.plug(master, 'eth0', true);
    [master, backup] = [backup, master];
  }
  return samples;
}

export async function death(): Promise<void> {
  for (const intervalMs of INTERVALS_MS) {
    const text = configuration({ priority: PRIORITY, intervalMs, preempt: false });
    const samples = await compete(
      `death${intervalMs}`,
      { director1: text, director2: text },
      (side) => measure(side, intervalMs),
    );
    const what = `host dies, advert_int ${intervalMs / 1000}`;
    tellSamples(`${what}, longest silence`, 'ms', samples, ({ silenceMs }) => silenceMs);
    tellSamples(`${what}, beyond the protocol`, 'ms', samples, ({ excessMs }) => excessMs);
    const side = { name: 'lvsd', values: samples.lvsd.map(({ excessMs }) => excessMs) };
    tellLimit(`${what}, beyond the protocol, p99`, 'ms', side, ALLOWED_MS, 0.99);
  }
}
