/**
 * Reloads of a seed: addresses move between two instances of each director, which may be merged, have other names, and
 * take packets to their addresses or not. All directors get the same, one shortly after the other.
 */
import type { Random } from '../../src/base/random.ts';
import type { VirtualAddress, VrrpConfig, VrrpInstance } from '../../src/model/vrrp.ts';
import type { HostPlan } from '../../src/simulation/host.ts';
import type { PlannedFault } from '../../src/simulation/world.ts';
import { instanceOf } from '../world/director.ts';

/** So many of the seeds have reloads. */
const RELOAD_SHARE = 0.4;
const FIRST_AT_MS = 2_000;
const LAST_AT_MS = 14_000;
/** Between the first director and the last one. */
const APART_MS = 50;

const POOL: readonly VirtualAddress[] = [
  ['10.0.0.100', 'eth0'],
  ['10.0.0.101', 'eth0'],
  ['10.0.1.100', 'eth1'],
  ['10.0.1.101', 'eth1'],
].map(([address = '', link = '']) => ({
  ...(instanceOf().addresses[0] as VirtualAddress),
  address,
  interface: link,
}));

/** What is the same on all directors; `null`: there is no such instance. */
type Layout = readonly [LaidOut, LaidOut | null];
type LaidOut = Pick<VrrpInstance, 'name' | 'addresses' | 'accept'>;

export function reloads(
  random: Random,
  hosts: readonly HostPlan[],
): { readonly hosts: readonly HostPlan[]; readonly faults: readonly PlannedFault[] } {
  if (random() >= RELOAD_SHARE) return { hosts, faults: [] };
  const first = layOut(random, hosts);
  const count = 1 + Math.floor(random() * 3);
  const each = Array.from({ length: count }, (): Reload => {
    const at = FIRST_AT_MS + random() * (LAST_AT_MS - FIRST_AT_MS);
    const layout = layOut(random, hosts);
    return { at, layout, lateMs: hosts.map(() => random() * APART_MS) };
  });
  const faults = inOrder(each).flatMap(({ at, layout, lateMs }) =>
    hosts.map(
      (host, place): PlannedFault => ({
        at: at + (lateMs[place] ?? 0),
        fault: { do: 'reload', host: host.name, config: under(host.config, layout) },
        forMs: null,
      }),
    ),
  );
  const begun = hosts.map((host) => ({ ...host, config: under(host.config, first) }));
  return { hosts: begun, faults };
}

interface Reload {
  readonly at: number;
  readonly layout: Layout;
  /** Of each director. */
  readonly lateMs: readonly number[];
}

/** None begins before all directors have had the one before: in the end all have the same. */
function inOrder(reloads: readonly Reload[]): readonly Reload[] {
  let free = 0;
  return reloads
    .toSorted((a, b) => a.at - b.at)
    .map((one) => {
      const at = Math.max(one.at, free);
      free = at + APART_MS;
      return { ...one, at };
    });
}

function layOut(random: Random, hosts: readonly HostPlan[]): Layout {
  // A lease goes by the names of its instances, and one of a single instance is not for another one.
  const isLeased = hosts.some(({ config }) => config.lease !== null);
  const isGrouped = hosts.some(({ config }) => config.syncGroups.length > 0);
  const isMerged = isLeased ? !isGrouped : random() < 0.3;
  // Each has one at least: without any there is nothing to advertise.
  const [ofOne, ofTwo] = random() < 0.5 ? [0, 2] : [3, 1];
  const owners = POOL.map((_, at) => {
    if (isMerged || at === ofOne) return 0;
    return at === ofTwo || random() < 0.5 ? 1 : 0;
  });
  const name = (one: string): string => (!isLeased && random() < 0.2 ? `${one}_renamed` : one);
  const laidOut = (number: 0 | 1): LaidOut => ({
    name: name(`VI_${number + 1}`),
    addresses: POOL.filter((_, at) => owners[at] === number),
    accept: random() < 0.7,
  });
  const [one, two] = [laidOut(0), laidOut(1)];
  return [one, isMerged ? null : two];
}

/** The configuration of a director with the instances of a layout. */
function under(config: VrrpConfig, [one, two]: Layout): VrrpConfig {
  const [first = instanceOf(), second] = config.instances;
  const other = second ?? { ...first, interface: 'eth1', vrid: 52 };
  const instances = [{ ...first, ...one }, ...(two === null ? [] : [{ ...other, ...two }])];
  const members = instances.map(({ name }) => name);
  return {
    ...config,
    instances,
    syncGroups: config.syncGroups.map((group) => ({ ...group, members })),
  };
}
