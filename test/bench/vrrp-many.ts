/** 255 instances with 20 addresses each: a pair that starts cold, and all of them taken over when the host dies. */
import { eventually, pause } from '../lab/lab.ts';
import { tellLimit } from './figures.ts';
import { type Advert, advertsOf, Capture, type Seen } from './vrrp-capture.ts';
import {
  ADDRESS,
  both,
  type Contender,
  compete,
  configuration,
  megabytesOf,
  RUNS,
  tellSamples,
} from './vrrp-sides.ts';

const MANY = { instances: 255, addresses: 20 };
const INTERVAL_MS = 1000;
const ALL = MANY.instances * MANY.addresses;
const SETTLED_MS = 8_000;
/** Three intervals and the skew, and a second more. */
const TAKEN_OVER_MS = 4_600;
const MEMORY_MB_MAX = 45;

interface Sample {
  /** Instances of which MASTER changed more than once in a cold start. */
  readonly changedTwice: number;
  readonly changed: number;
  /** From the last advertisement of the dead to the first claim of the last address. */
  readonly takeoverMs: number;
  /** The same, of the first advertisement of each instance. */
  readonly mastersMs: number;
  /** The VRRP process of the MASTER. */
  readonly megabytes: number;
}

function mastersOf(adverts: readonly Advert[]): ReadonlyMap<number, readonly string[]> {
  const masters = new Map<number, string[]>();
  for (const { vrid, source } of adverts) {
    const known = masters.get(vrid) ?? [];
    if (known.at(-1) !== source) known.push(source);
    masters.set(vrid, known);
  }
  return masters;
}

function takeoverOf(seen: readonly Seen[]): Pick<Sample, 'takeoverMs' | 'mastersMs'> {
  const adverts = advertsOf(seen);
  const lastMs = adverts.findLast(({ source }) => source === ADDRESS.director1)?.atMs ?? 0;
  const firstAdverts = new Map<number, number>();
  const firstClaims = new Map<string, number>();
  for (const one of seen) {
    if (one.atMs <= lastMs) continue;
    if (one.what === 'advert' && !firstAdverts.has(one.vrid)) firstAdverts.set(one.vrid, one.atMs);
    if (one.what !== 'claim' || !one.address.startsWith('10.')) continue;
    if (!firstClaims.has(one.address)) firstClaims.set(one.address, one.atMs);
  }
  if (firstAdverts.size < MANY.instances || firstClaims.size < ALL) {
    throw new Error(`only ${firstAdverts.size} instances, ${firstClaims.size} addresses came over`);
  }
  return {
    takeoverMs: Math.max(...firstClaims.values()) - lastMs,
    mastersMs: Math.max(...firstAdverts.values()) - lastMs,
  };
}

async function holdsAll({ pair }: Contender, host: 'director1' | 'director2'): Promise<void> {
  await eventually(
    `${host} holds all addresses`,
    async () => {
      const { stdout } = await pair.lab.ip(host, '-o', 'addr', 'show', 'dev', 'eth0', 'to', '10/8');
      return stdout.split('\n').length - 1 === ALL;
    },
    60_000,
  );
}

async function measure(side: Contender): Promise<readonly Sample[]> {
  const { pair } = side;
  const samples: Sample[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const cold = await Capture.of(pair.lab, 'client', 'ip proto 112');
    side.start('director1');
    side.start('director2');
    await holdsAll(side, 'director1');
    await pause(SETTLED_MS);
    const masters = [...mastersOf(advertsOf(await cold.end())).values()];
    const megabytes = megabytesOf(await side.vrrpPid('director1'));
    const death = await Capture.of(pair.lab, 'client', 'ip proto 112 or arp');
    await pause(500);
    await pair.lab.powerOff('director1');
    await pair.lab.plug('director1', 'eth0', false);
    // To list 5100 addresses again and again takes half a CPU from what is measured.
    await pause(TAKEN_OVER_MS);
    await holdsAll(side, 'director2');
    await pause(1_000);
    samples.push({
      changed: masters.filter(({ length }) => length > 1).length,
      changedTwice: masters.filter(({ length }) => length > 2).length,
      megabytes,
      ...takeoverOf(await death.end()),
    });
    await pair.lab.powerOff('director2');
    for (const host of ['director1', 'director2']) {
      await pair.lab.ip(host, 'addr', 'flush', 'dev', 'eth0', 'to', '10/8');
    }
    await pair.lab.plug('director1', 'eth0', true);
  }
  return samples;
}

export async function many(): Promise<void> {
  const text = {
    director1: configuration({ priority: 150, intervalMs: INTERVAL_MS, many: MANY }),
    director2: configuration({ priority: 100, intervalMs: INTERVAL_MS, many: MANY }),
  };
  // In turn: two times 5100 addresses would be more than one director has to do.
  const samples = await compete('many', text, measure, { inTurn: true });
  tellSamples(
    '255 × 20, cold start, instances that changed hands',
    '',
    samples,
    (one) => one.changed,
  );
  const twice = samples.lvsd.map(({ changedTwice }) => changedTwice);
  const theirTwice = samples.keepalived.map(({ changedTwice }) => changedTwice);
  const [ours] = both({ lvsd: twice, keepalived: theirTwice });
  tellSamples('255 × 20, cold start, more than once', '', samples, (one) => one.changedTwice);
  tellLimit('255 × 20, cold start, more than once', '', ours, 0, 1);
  tellSamples('255 × 20, host dies, all MASTER', 'ms', samples, ({ mastersMs }) => mastersMs);
  tellSamples('255 × 20, host dies, all announced', 'ms', samples, (one) => one.takeoverMs);
  const memory = '255 × 20, memory (PSS) of the VRRP process';
  tellSamples(memory, 'MB', samples, ({ megabytes }) => megabytes);
  const megabytes = samples.lvsd.map((one) => one.megabytes);
  tellLimit(memory, 'MB', { name: 'lvsd', values: megabytes }, MEMORY_MB_MAX);
}
