/**
 * A master whose host dies, and one that is stopped: a pair of ours beside a pair of keepalived, in the
 * same run, as a client on the link sees it. Times count from the last advertisement of the old master, so
 * that chance does not decide where in its interval it died.
 */

import type { Agent } from '../lab/agent-client.ts';
import type { Observation } from '../lab/agent-protocol.ts';
import { Duo } from '../lab/duo.ts';
import { pause } from '../lab/lab.ts';
import { type Side, tellBoth, tellLimit } from './figures.ts';

const RUNS = Number(process.env.BENCH_RUNS || 10);
const VIP = '192.0.2.10';
const BACKUP_PRIORITY = 100;
const SKEW_MS = ((256 - BACKUP_PRIORITY) / 256) * 1000;
const ALLOWED_MS = 20;

interface Sample {
  /** From the last advertisement of the old master to the first answer of the new one. */
  readonly takeoverMs: number;
  /** From that advertisement to the first one of the new master. */
  readonly masterMs: number;
  /** Longest time without an answer. */
  readonly silenceMs: number;
}

function configuration(priority: number): string {
  return `global_defs {
    router_id p${priority}
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

function sampleOf({ adverts, answeredAtMs }: Observation): Sample {
  const first = adverts[0]?.source;
  const last = adverts.findLast(({ source }) => source === first);
  const successor = adverts.find(({ source }) => source !== first);
  if (last === undefined || successor === undefined) throw new Error('nobody took over');
  const answers = [...answeredAtMs];
  let [silenceMs, endsAt] = [0, 0];
  for (let at = 1; at < answers.length; at += 1) {
    const gap = (answers[at] as number) - (answers[at - 1] as number);
    if (gap > silenceMs) [silenceMs, endsAt] = [gap, answers[at] as number];
  }
  return { takeoverMs: endsAt - last.atMs, masterMs: successor.atMs - last.atMs, silenceMs };
}

type Start = (pair: Duo, host: 'director1' | 'director2') => void;

interface Contender {
  readonly pair: Duo;
  readonly client: Agent;
  readonly start: Start;
  readonly dead: Sample[];
  readonly stopped: Sample[];
}

async function contender(name: string, start: Start): Promise<Contender> {
  const text = { director1: configuration(150), director2: configuration(BACKUP_PRIORITY) };
  const pair = await Duo.withText(`bench-${name}`, text);
  start(pair, 'director2');
  await pair.movesTo('director2');
  return { pair, client: pair.lab.agent('client'), start, dead: [], stopped: [] };
}

async function oneRun(
  { pair, client, start }: Contender,
  end: (pair: Duo) => Promise<void>,
): Promise<Sample> {
  start(pair, 'director1');
  await pair.movesTo('director1');
  await client.observe(VIP);
  await pause(1_500 + Math.random() * 1_000);
  await end(pair);
  await pair.movesTo('director2');
  await pause(1_200);
  const sample = sampleOf(await client.endObserve());
  await pair.lab.plug('director1', 'eth0', true);
  return sample;
}

async function measure(one: Contender): Promise<void> {
  for (let run = 0; run < RUNS; run += 1) {
    one.dead.push(await oneRun(one, (pair) => pair.powerOff('director1')));
    one.stopped.push(await oneRun(one, (pair) => pair.stop('director1')));
  }
}

const ours = await contender('ours', (pair, host) => pair.start(host));
const theirs = await contender('keepalived', (pair, host) => pair.startKeepalived(host));
await Promise.all([measure(ours), measure(theirs)]);

const side = (one: Contender, name: string, what: 'dead' | 'stopped', key: keyof Sample): Side => ({
  name,
  values: one[what].map((sample) => sample[key]),
});
const both = (what: 'dead' | 'stopped', key: keyof Sample): readonly [Side, Side] => [
  side(ours, 'lvsd', what, key),
  side(theirs, 'keepalived', what, key),
];
tellBoth('host dies, last advertisement to first answer', 'ms', ...both('dead', 'takeoverMs'));
tellBoth('host dies, longest time without an answer', 'ms', ...both('dead', 'silenceMs'));
tellBoth('planned stop, longest time without an answer', 'ms', ...both('stopped', 'silenceMs'));
const stopped = side(ours, 'lvsd', 'stopped', 'masterMs');
tellLimit('planned stop, priority 0 to MASTER', 'ms', stopped, SKEW_MS + ALLOWED_MS);
await Promise.all([ours.pair.close(), theirs.pair.close()]);
