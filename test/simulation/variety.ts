/**
 * What else directors may have in common: IPv6, advertisements to each peer by its address, passwords, signatures whose
 * key is changed by reloads while all goes on, virtual MACs; and orders to hand over. It is laid over a world as it is.
 */
import type { Random } from '../../src/base/random.ts';
import { NO_LINKS } from '../../src/model/virtual-link.ts';
import type {
  Authentication,
  Signing,
  VirtualAddress,
  VrrpConfig,
  VrrpInstance,
} from '../../src/model/vrrp.ts';
import { type HostPlan, ownAddress } from '../../src/simulation/host.ts';
import type { PlannedFault, WorldPlan } from '../../src/simulation/world.ts';

/** So many of the seeds have something of each. */
const SHARES = {
  ipv6: 0.25,
  unicast: 0.3,
  password: 0.25,
  signed: 0.3,
  virtualMac: 0.2,
  orders: 0.35,
};
/** So many of those that are signed have their key changed. */
const ROTATION_SHARE = 0.6;

const KEYS = [1, 2].map((id) => ({ id, key: `0${id}`.repeat(32) }));
/** The keys that a director has, and the one that it signs with: first all know the new one, then all use it. */
const ROTATION: readonly Pick<Signing, 'keys' | 'activeKey'>[] = [
  { keys: KEYS.slice(0, 1), activeKey: 1 },
  { keys: KEYS, activeKey: 1 },
  { keys: KEYS, activeKey: 2 },
  { keys: KEYS.slice(1), activeKey: 2 },
];

interface Variety {
  readonly isIpv6: boolean;
  /** Null: to the group. */
  readonly unicast: { readonly checkSource: boolean } | null;
  readonly authentication: Authentication;
  /** Null: nothing is signed. */
  readonly signing: Omit<Signing, 'keys' | 'activeKey'> | null;
  readonly hasVirtualMac: boolean;
}

/** The world of a seed, with more in it. */
export function varied(random: Random, plan: WorldPlan): WorldPlan {
  const variety = pickVariety(random, plan);
  const begins = variety.signing === null || random() >= ROTATION_SHARE ? null : rotationOf(random);
  const hosts = plan.hosts.map((host) => ({
    ...host,
    config: dressed(host.config, variety, plan.hosts, host, begins === null ? 1 : 0),
  }));
  const reloads = plan.hosts.flatMap((host) => reloadsOf(host, plan, variety, begins ?? []));
  const others = plan.faults.filter(({ fault }) => fault.do !== 'reload');
  const orders = random() < SHARES.orders ? ordersOf(random, plan.hosts) : [];
  return { ...plan, hosts, faults: [...others, ...reloads, ...orders] };
}

function pickVariety(random: Random, { hosts }: WorldPlan): Variety {
  const isIpv6 = random() < SHARES.ipv6;
  const unicast = random() < SHARES.unicast ? { checkSource: random() < 0.5 } : null;
  const isSigned = random() < SHARES.signed;
  const hasPassword = random() < SHARES.password;
  const mode = random() < 0.7 ? 'enforce' : 'permissive';
  const antiReplay = random() < 0.7 ? 'time' : 'monotonic';
  const isVersion2 = !isIpv6 && hosts[0]?.config.instances[0]?.version === 2;
  return {
    isIpv6,
    unicast,
    // Version 3, and so IPv6, has none; nor is there one beside a signature.
    authentication:
      hasPassword && isVersion2 && !isSigned ? { type: 'pass', key: 'word' } : { type: 'none' },
    signing: isSigned ? { mode, antiReplay, windowMs: 10_000 } : null,
    hasVirtualMac: random() < SHARES.virtualMac,
  };
}

/** When each step of the change of the key begins. */
function rotationOf(random: Random): readonly number[] {
  const firstAt = 1_000 + random() * 6_000;
  const apartMs = 500 + random() * 3_000;
  return ROTATION.slice(1).map((_, step) => firstAt + step * apartMs);
}

/** One is done on all directors before the next one begins, as far as they run. */
const APART_MS = 60;

/** Those of the plan and those that change the key, in the order of their time. */
function reloadsOf(
  host: HostPlan,
  { faults, hosts }: WorldPlan,
  variety: Variety,
  begins: readonly number[],
): readonly PlannedFault[] {
  const lateMs = (host.hostPart * APART_MS) / (hosts.length + 1);
  const steps = begins.map((at) => ({ at: at + lateMs, config: null }));
  const others = faults.flatMap(({ at, fault }) =>
    fault.do === 'reload' && fault.host === host.name ? [{ at, config: fault.config }] : [],
  );
  let { config } = host;
  let step = begins.length > 0 ? 0 : 1;
  return [...steps, ...others]
    .toSorted((a, b) => a.at - b.at)
    .map((one) => {
      if (one.config === null) step += 1;
      else config = one.config;
      const next = dressed(config, variety, hosts, host, step);
      return { at: one.at, fault: { do: 'reload', host: host.name, config: next }, forMs: null };
    });
}

function ordersOf(random: Random, hosts: readonly HostPlan[]): readonly PlannedFault[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, (): PlannedFault => {
    const host = (hosts[Math.floor(random() * hosts.length)] as HostPlan).name;
    const at = 2_000 + random() * 14_000;
    const forMs = random() < 0.75 ? 50 + random() * 4_000 : null;
    return { at, fault: { do: 'failover', host }, forMs };
  });
}

/** A configuration of a director as its variety has it. `step`: of the change of the key. */
function dressed(
  config: VrrpConfig,
  variety: Variety,
  hosts: readonly HostPlan[],
  { hostPart }: HostPlan,
  step: number,
): VrrpConfig {
  const family = variety.isIpv6 ? 'ipv6' : 'ipv4';
  const peers = hosts
    .filter((other) => other.hostPart !== hostPart)
    .map((other) => ({ address: ownAddress(other.hostPart, family), ttlMin: 255, ttlMax: 255 }));
  const { authentication, signing, hasVirtualMac } = variety;
  const keys = ROTATION[step] ?? ROTATION[0];
  const instances = config.instances.map((instance): VrrpInstance => {
    const own = `vrrp.${instance.vrid}`;
    const link = (one: VirtualAddress): string =>
      hasVirtualMac && one.interface === instance.interface ? own : one.interface;
    return {
      ...instance,
      ...(variety.isIpv6 ? { version: 3, family, multicastGroup: 'ff02::12' } : {}),
      addresses: instance.addresses.map((one) => ({
        ...(variety.isIpv6 ? inIpv6(one) : one),
        interface: link(one),
      })),
      unicast:
        variety.unicast === null
          ? null
          : { peers, ttl: 255, checkSource: variety.unicast.checkSource, oldChecksum: 'never' },
      authentication,
      signing: signing === null || keys === undefined ? null : { ...signing, ...keys },
      links: hasVirtualMac ? virtualLink(own, instance) : NO_LINKS,
    };
  });
  return { ...config, instances };
}

/** 10.0.1.100 → fe80::1:100, and 10.0.1.101 → fd00::1:101: an instance may have both kinds. */
function inIpv6(address: VirtualAddress): VirtualAddress {
  const [, , network, host] = address.address.split('.').map(Number);
  const prefix = host === 100 ? 'fe80' : 'fd00';
  return { ...address, address: `${prefix}::${network}:${host}`, prefixLength: 64 };
}

function virtualLink(
  name: string,
  { interface: base, vrid, family }: VrrpInstance,
): VrrpInstance['links'] {
  const mac = `00:00:5e:00:0${family === 'ipv6' ? 2 : 1}:${vrid.toString(16)}`;
  const own = {
    name,
    kind: 'macvlan',
    base,
    mac,
    isolation: 'private',
    group: 0,
    vrf: null,
  } as const;
  return { ...NO_LINKS, own, sendsFromBase: false };
}
