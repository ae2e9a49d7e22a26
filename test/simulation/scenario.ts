/** A seed → directors, how they are set up, and what goes wrong with them. */

import { type Random, seededRandom } from '../../src/base/random.ts';
import { leaseTimes } from '../../src/lease/times.ts';
import type { LeaseConfig } from '../../src/model/lease.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import type { SidePath, SyncGroup, Track, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { WitnessPlan } from '../../src/simulation/lease.ts';
import type { Fault, PlannedFault, WorldPlan } from '../../src/simulation/world.ts';
import { configOf, instanceOf } from '../world/director.ts';
import { endpointOf, SECRET } from '../world/lease.ts';
import { reloads } from './reloads.ts';
import { varied } from './variety.ts';

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
  const directed = directors(random);
  // Another source again: what a seed was without a lease it is still.
  const world = leaseWorld(seededRandom(seed ^ 0x1ea5e), directed);
  const machines = [...world.hosts, ...world.witnesses];
  const paths = furtherPaths(seededRandom(seed ^ 0x9a745), world.hosts);
  const reloaded = reloads(seededRandom(seed ^ 0x4e10ad), paths.hosts);
  const count = 1 + upTo(random, 7);
  const faults = Array.from({ length: count }, () => randomFault(random, world.hosts));
  if (world.witnesses.length > 0)
    for (let more = upTo(random, 3); more > 0; more -= 1)
      faults.push(witnessFault(random, machines, world.witnesses));
  const all = [...faults, ...paths.faults, ...reloaded.faults];
  const plan = { seed, ...world, hosts: reloaded.hosts, faults: all };
  return varied(seededRandom(seed ^ 0x7a21e7), plan);
}

/** So many of the seeds have a further path, and cuts of single links. */
const PATHS_SHARE = 0.3;
const FURTHER: SidePath = { name: 'eth2', interface: 'eth2', sourceAddress: null, unicast: null };

function furtherPaths(
  random: Random,
  hosts: readonly HostPlan[],
): { readonly hosts: readonly HostPlan[]; readonly faults: readonly PlannedFault[] } {
  if (random() >= PATHS_SHARE) return { hosts, faults: [] };
  const withPath = hosts.map((host) => {
    const instances = host.config.instances.map((one) => ({ ...one, sidePaths: [FURTHER] }));
    return { ...host, config: { ...host.config, instances } };
  });
  const faults = Array.from({ length: 1 + upTo(random, 3) }, (): PlannedFault => {
    const { name: from } = pick(random, hosts);
    const { name: to } = pick(
      random,
      hosts.filter(({ name }) => name !== from),
    );
    const link = pick(random, ['eth0', 'eth2']);
    return { ...when(random), fault: { do: 'cut', from, to, link, oneWay: random() < 0.4 } };
  });
  return { hosts: withPath, faults };
}

/** So many of the seeds have a lease, and a witness where the directors alone are an even number. */
const LEASE_SHARE = 0.3;

function leaseWorld(
  random: Random,
  hosts: readonly HostPlan[],
): Pick<WorldPlan, 'hosts'> & { readonly witnesses: readonly WitnessPlan[] } {
  if (random() >= LEASE_SHARE)
    return { hosts: hosts.map((host) => gated(random, host)), witnesses: [] };
  const witnesses = hosts.length % 2 === 0 ? ['W'] : random() < 0.3 ? ['W1', 'W2'] : [];
  const acceptors = [...hosts, ...witnesses].map((_, at) => endpointOf(at + 1));
  const holdMs = pick(random, [1, 2, 3]) * 3 * intervalOf(hosts);
  return {
    hosts: hosts.map((host, at) => ({
      ...host,
      config: { ...host.config, lease: leaseOf(host.config, acceptors, holdMs) },
      leaseEndpoint: endpointOf(at + 1),
    })),
    witnesses: witnesses.map((name, at) => ({
      name,
      endpoint: endpointOf(hosts.length + at + 1),
      secrets: [SECRET],
      promiseMsMax: leaseTimes(holdMs, 100).promiseMs,
      clockRate: 1 + (random() - 0.5) / 500,
    })),
  };
}

function intervalOf([first]: readonly HostPlan[]): number {
  return first?.config.instances[0]?.advertIntervalMs ?? 1000;
}

/** A group has one lease for all of its members. */
function leaseOf(
  { instances, syncGroups }: VrrpConfig,
  acceptors: LeaseConfig['acceptors'],
  holdMs: number,
): LeaseConfig {
  const subject = {
    name: syncGroups[0]?.name ?? 'VI_1',
    instances: instances.map(({ name }) => name),
    keys: instances.map(({ vrid }) => vrid),
    holdMs,
  };
  return { acceptors, secrets: [SECRET], subjects: [subject] };
}

/** A few kernels have no gate, and gates may be shorter than what peers wait for. */
function gated(random: Random, host: HostPlan): HostPlan {
  if (random() > 0.1) return host;
  const gate = random() < 0.5 ? { mode: 'off' as const, timeMs: null } : null;
  const instances = host.config.instances.map((instance) => ({
    ...instance,
    gate: gate ?? { mode: 'auto' as const, timeMs: instance.advertIntervalMs * 1.5 },
  }));
  return { ...host, config: { ...host.config, instances } };
}

function witnessFault(
  random: Random,
  machines: readonly { readonly name: string }[],
  witnesses: readonly { readonly name: string }[],
): PlannedFault {
  const { name: host } = pick(random, witnesses);
  const others = machines.filter(({ name }) => name !== host);
  const verb = pick(random, ['cut', 'cut', 'pause', 'kill', 'crash', 'stop'] as const);
  const fault: Fault =
    verb === 'cut'
      ? { do: 'cut', from: host, to: pick(random, others).name, link: null, oneWay: random() < 0.3 }
      : { do: verb, host };
  return { ...when(random), fault };
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
  return { ...when(random), fault: faultOf(random, hosts) };
}

function when(random: Random): Pick<PlannedFault, 'at' | 'forMs'> {
  const at = random() * LAST_FAULT_AT_MS;
  const forMs = Math.min(HEALED_AT_MS - at, 10 + random() ** 2 * 10_000);
  return { at, forMs };
}

function faultOf(random: Random, hosts: readonly HostPlan[]): Fault {
  const { name: host, config } = pick(random, hosts);
  const { name: other } = pick(
    random,
    hosts.filter(({ name }) => name !== host),
  );
  const faults: readonly Fault[] = [
    { do: 'cut', from: host, to: other, link: null, oneWay: random() < 0.4 },
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
