/** kill -9 on a host that stays plugged: of the MASTER's VRRP process alone, and of all that the program runs. */
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
  VIP,
} from './vrrp-sides.ts';

const INTERVAL_MS = 1000;
const WATCHED_MS = 6_000;
const FIRST_ADVERT_MS_MAX = 500;

interface Sample {
  /** From the kill to the next advertisement of the same director; Infinity: none while it was watched. */
  readonly advertMs: number;
  readonly silenceMs: number;
  /** How often another director became MASTER. */
  readonly lost: number;
}

/** From the kill to its last answer to ARP. */
interface Dead {
  readonly answersForMs: number;
}

interface Figures {
  readonly alone: readonly Sample[];
  readonly all: readonly Dead[];
}

function sampleOf(seen: readonly Seen[], killedMs: number): Sample {
  const adverts = advertsOf(seen);
  const next = adverts.find((one) => one.source === ADDRESS.director1 && one.atMs > killedMs);
  return {
    advertMs: (next?.atMs ?? Infinity) - killedMs,
    silenceMs: longestSilence(seen).ms,
    lost: adverts.some(({ source }) => source === ADDRESS.director2) ? 1 : 0,
  };
}

function deadOf(seen: readonly Seen[], killedMs: number): Dead {
  const claims = seen
    .filter((one) => one.what === 'claim')
    .filter(({ address }) => address === VIP);
  const dead = claims.find(({ atMs }) => atMs < killedMs)?.mac;
  const last = claims.findLast(({ mac }) => mac === dead);
  if (last === undefined) throw new Error('the master never answered');
  return { answersForMs: Math.max(0, last.atMs - killedMs) };
}

/** The instant of the kernel's timestamps. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

async function measure(side: Contender): Promise<Figures> {
  const { pair } = side;
  const alone: Sample[] = [];
  const all: Dead[] = [];
  side.start('director1');
  await pair.movesTo('director1');
  side.start('director2');
  for (let run = 0; run < RUNS; run += 1) {
    await side.isPaired('director1');
    const capture = await Capture.of(pair.lab, 'client');
    await pause(1_200);
    const pid = await side.vrrpPid('director1');
    const killedMs = wallMs();
    process.kill(pid, 'SIGKILL');
    await pause(WATCHED_MS);
    alone.push(sampleOf(await capture.end(), killedMs));
    // Who dies more than three times in a minute is started again ever later: that is not what is measured.
    await pair.stop('director1');
    side.start('director1');
    await pair.movesTo('director1');
  }
  for (let run = 0; run < RUNS; run += 1) {
    await pause(2_500);
    const capture = await Capture.of(pair.lab, 'client');
    await pause(300);
    const killedMs = wallMs();
    await pair.lab.powerOff('director1');
    await pause(WATCHED_MS);
    all.push(deadOf(await capture.end(), killedMs));
    side.start('director1');
    await pair.movesTo('director1');
  }
  return { alone, all };
}

export async function killed(): Promise<void> {
  const text = {
    director1: configuration({ priority: 150, intervalMs: INTERVAL_MS }),
    director2: configuration({ priority: 100, intervalMs: INTERVAL_MS }),
  };
  const found = await compete('killed', text, measure);
  const alone = { lvsd: found.lvsd.alone, keepalived: found.keepalived.alone };
  const what = 'kill -9 of the VRRP process';
  tellSamples(`${what}, role lost`, 'times', alone, ({ lost }) => lost);
  tellSamples(`${what}, longest silence`, 'ms', alone, ({ silenceMs }) => silenceMs);
  tellSamples(`${what}, next advertisement`, 'ms', alone, ({ advertMs }) => advertMs);
  const adverts = { name: 'lvsd', values: alone.lvsd.map(({ advertMs }) => advertMs) };
  tellLimit(`${what}, next advertisement`, 'ms', adverts, FIRST_ADVERT_MS_MAX, 1);
  const all = { lvsd: found.lvsd.all, keepalived: found.keepalived.all };
  const watched = `the dead director answers ARP, of ${WATCHED_MS} ms watched`;
  tellSamples(`kill -9 of everything, ${watched}`, 'ms', all, ({ answersForMs }) => answersForMs);
}
