/** A seed → directors, how they are set up, and what goes wrong with them. */

import { type Random, seededRandom } from '../../src/base/random.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SyncGroup, Track, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { Fault, PlannedFault, WorldPlan } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';

/** Faults begin before this, and last until `HEALED_AT_MS` at most. */
const LAST_FAULT_AT_MS = 12_000;
const HEALED_AT_MS = 16_000;
/** Long enough after it for the invariants of health. */
export const END_MS = 23_000;

const NAMES = ['A', 'B', 'C', 'D', 'E'];
const SCRIPT = 'check';

export function scenarioOf(seed: number): WorldPlan {
  // Its own source: the network of the world takes its chances from the seed itself.
  const random = seededRandom(seed ^ 0x5eed);
  const hosts = directors(random);
  const faults = Array.from({ length: 1 + upTo(random, 7) }, () => randomFault(random, hosts));
  return { seed, hosts, faults };
}

function directors(random: Random): readonly HostPlan[] {
  const count = 2 + upTo(random, 3);
  const over = sharedSettings(random);
  const grouped = random() < 0.4;
  const samePriority = random() < 0.15;
  return NAMES.slice(0, count).map((name, at) => {
    const priority = samePriority ? 100 : 1 + upTo(random, 252);
    return {
      name,
      config: configure({ ...over, priority }, grouped, random),
      hostPart: at + 1,
      clockRate: 1 + (random() - 0.5) / 500,
    };
  });
}

/** What all directors of a pair have in common. */
function sharedSettings(random: Random): Partial<VrrpInstance> {
  const version = random() < 0.5 ? 2 : 3;
  const preempt = random() < 0.7;
  return {
    version,
    authentication: { type: 'none' },
    advertIntervalMs: version === 2 ? 1000 : pick(random, [100, 300, 1000]),
    preempt,
    preemptDelayMs: preempt && random() < 0.2 ? 2000 : 0,
    initialState: random() < 0.2 ? 'master' : 'backup',
  };
}

function configure(over: Partial<VrrpInstance>, grouped: boolean, random: Random): VrrpConfig {
  const weightDelta = pick(random, [0, -60, 60]);
  const tracks: readonly Track[] =
    random() < 0.5 ? [] : [{ kind: 'script', name: SCRIPT, weightDelta, reverse: false }];
  const first = instanceOf({ ...over, tracks });
  const [address] = first.addresses;
  const second = instanceOf({
    ...over,
    name: 'VI_2',
    interface: 'eth1',
    vrid: 52,
    addresses:
      address === undefined ? [] : [{ ...address, address: '10.0.1.100', interface: 'eth1' }],
  });
  return configOf(grouped ? [first, second] : [first], {
    scripts: tracks.length === 0 ? [] : [script(random)],
    syncGroups: grouped ? [GROUP] : [],
  });
}

const GROUP: SyncGroup = {
  name: 'G',
  members: ['VI_1', 'VI_2'],
  tracks: [],
  trackWeights: false,
  notify: NOBODY_IS_TOLD,
};

function script(random: Random): VrrpConfig['scripts'][number] {
  return {
    name: SCRIPT,
    script: { argv: ['/bin/check'], account: null },
    intervalMs: 500,
    timeoutMs: 500,
    weightDelta: 0,
    reverse: false,
    rise: 1 + upTo(random, 2),
    fall: 1 + upTo(random, 2),
    initFail: false,
  };
}

function randomFault(random: Random, hosts: readonly HostPlan[]): PlannedFault {
  const at = random() * LAST_FAULT_AT_MS;
  const forMs = Math.min(HEALED_AT_MS - at, 10 + random() ** 2 * 10_000);
  return { at, fault: faultOf(random, hosts), forMs };
}

function faultOf(random: Random, hosts: readonly HostPlan[]): Fault {
  const { name: host, config } = pick(random, hosts);
  const { name: other } = pick(
    random,
    hosts.filter(({ name }) => name !== host),
  );
  const faults: readonly Fault[] = [
    { do: 'cut', from: host, to: other, oneWay: random() < 0.4 },
    { do: 'weather', weather: weather(random) },
    { do: 'link-down', host, link: pick(random, config.instances).interface },
    { do: 'pause', host },
    { do: 'kill', host },
    { do: 'crash', host },
    { do: 'stop', host },
    { do: 'script', host, script: SCRIPT },
  ];
  return pick(random, faults);
}

function weather(random: Random): {
  lossShare: number;
  duplicateShare: number;
  delayMinMs: number;
  delayMaxMs: number;
} {
  return {
    lossShare: random() * 0.5,
    duplicateShare: random() * 0.5,
    delayMinMs: 0.2,
    delayMaxMs: 1 + random() ** 2 * 2_000,
  };
}

/** A whole number from 0 to `most`. */
function upTo(random: Random, most: number): number {
  return Math.floor(random() * (most + 1));
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
