/** A journal × what must never be → where it was. Pure. */
import type { Instant, Millis } from '../base/time.ts';
import type { VrrpConfig, VrrpInstance } from '../model/vrrp.ts';
import { gateMs } from '../vrrp/holding/gate.ts';
import { allHeld } from '../vrrp/holding/held.ts';
import { YIELD_MS } from '../vrrp/machine/timers.ts';
import type { Entry } from './journal.ts';

/** Something that must not be, from when to when. */
export interface Finding {
  readonly rule: Rule;
  readonly text: string;
  readonly from: Instant;
  readonly to: Instant;
}

export type Rule =
  | 'two-masters'
  | 'two-holders'
  | 'no-master'
  | 'split-group'
  | 'master-without-address'
  | 'address-without-master'
  | 'master-without-gate'
  | 'wrong-accept'
  | 'answers-without-process';

/** After so long without a fault there is at most one master. */
export const HEALTH_MS: Millis = 4_000;

/** For how long each may be true before it is a finding. Whoever does not run answers while its gate is open. */
const GRACE_MS: Readonly<Record<Exclude<Rule, 'answers-without-process'>, Millis>> = {
  // A packet's way: whoever preempts is master before the other has heard of it.
  'two-masters': 5,
  'two-holders': 0,
  // All advertise for as long as a dead master is waited for, and ask who has the addresses.
  'no-master': 1_000,
  'split-group': 20,
  'master-without-address': YIELD_MS + 5,
  'address-without-master': 5,
  'master-without-gate': 5,
  'wrong-accept': 5,
};

/** A clock that is slow within what the lease allows, and as much again. */
const SLOW_CLOCK = 1.002;

export interface AuditedHost {
  readonly name: string;
  readonly config: VrrpConfig;
}

export interface Expected {
  /** Two holders are one too many even in sickness. */
  readonly lease: boolean;
  /** In health each instance has a master somewhere. Absent: it may have reasons to have none. */
  readonly alwaysMaster?: boolean;
}

/** What must not be, and for how long it may be so. */
interface Suspicion {
  readonly rule: Rule;
  readonly graceMs: Millis;
}

/** All findings of a journal that ends at `end`. */
export function audit(
  hosts: readonly AuditedHost[],
  entries: readonly Entry[],
  end: Instant,
  expected: Expected,
): readonly Finding[] {
  const scene = new Scene(hosts);
  const open = new Map<string, Suspicion & { readonly from: Instant }>();
  const findings: Finding[] = [];
  const examine = (at: Instant): void => {
    const found = scene.look(at, expected);
    for (const [text, { rule, from, graceMs }] of open) {
      if (found.has(text)) continue;
      open.delete(text);
      if (at - from > graceMs) findings.push({ rule, text, from, to: at });
    }
    for (const [text, one] of found) if (!open.has(text)) open.set(text, { ...one, from: at });
  };
  for (const [index, entry] of entries.entries()) {
    const isHealthyAt = scene.healthyAt;
    if (isHealthyAt !== null && isHealthyAt > scene.at && isHealthyAt < entry.at) {
      examine(isHealthyAt);
    }
    scene.take(entry);
    // What happens at one instant happens together.
    if (entries[index + 1]?.at !== entry.at) examine(entry.at);
  }
  if (scene.healthyAt !== null && scene.healthyAt < end)
    examine(Math.max(scene.at, scene.healthyAt));
  for (const [text, { rule, from, graceMs }] of open) {
    if (end - from > graceMs) findings.push({ rule, text, from, to: end });
  }
  return findings;
}

/** How everything stands at one moment of the journal. */
class Scene {
  at: Instant = 0;
  private hosts: readonly AuditedHost[];
  /** `HOST INSTANCE` → state. */
  private readonly states = new Map<string, string>();
  private readonly running = new Map<string, boolean>();
  /** Address → hosts that answer for it. */
  private readonly holders = new Map<string, Set<string>>();
  /** `HOST ADDRESS`: what gates guard, and what packets are dropped to. */
  private readonly guarded = new Set<string>();
  private readonly refused = new Set<string>();
  private wellSince: Instant | null = 0;

  constructor(hosts: readonly AuditedHost[]) {
    this.hosts = hosts;
  }

  /** From when on the world has been well for long enough; null: something is wrong. */
  get healthyAt(): Instant | null {
    return this.wellSince === null ? null : this.wellSince + HEALTH_MS;
  }

  take(entry: Entry): void {
    this.at = entry.at;
    switch (entry.what) {
      case 'state':
        if (entry.kind === 'instance') this.states.set(`${entry.host} ${entry.name}`, entry.to);
        break;
      case 'process':
        this.running.set(entry.host, entry.is === 'runs');
        if (entry.is === 'dead') this.forget(entry.host);
        break;
      case 'holds':
        this.holdersOf(entry.address).add(entry.host);
        break;
      case 'releases':
        this.holdersOf(entry.address).delete(entry.host);
        break;
      case 'guards':
        this.guarded.add(`${entry.host} ${entry.address}`);
        break;
      case 'unguards':
        this.guarded.delete(`${entry.host} ${entry.address}`);
        break;
      case 'refuses':
        this.refused.add(`${entry.host} ${entry.address}`);
        break;
      case 'permits':
        this.refused.delete(`${entry.host} ${entry.address}`);
        break;
      case 'reload':
        this.forget(entry.host);
        this.hosts = this.hosts.map((one) =>
          one.name === entry.host ? { name: one.name, config: entry.config } : one,
        );
        break;
      case 'health':
        this.wellSince = entry.isWell ? entry.at : null;
        break;
      case 'weight':
      case 'fault':
        break;
    }
  }

  /** What must not be and is, in words that stay the same while it lasts. */
  look(at: Instant, { lease, alwaysMaster = false }: Expected): ReadonlyMap<string, Suspicion> {
    this.at = at;
    const found = new Map<string, Suspicion>();
    const isHealthy = this.healthyAt !== null && at >= this.healthyAt;
    if (isHealthy) {
      this.lookForMasters(found);
      if (alwaysMaster) this.lookForNone(found);
    }
    if (isHealthy || lease) this.lookForHolders(found);
    for (const host of this.hosts) {
      if (this.running.get(host.name)) this.lookAtHost(host, found);
      else this.lookAtGates(host, found);
    }
    return found;
  }

  private lookForMasters(found: Map<string, Suspicion>): void {
    const masters = new Map<string, string[]>();
    for (const [name, state] of this.states) {
      const [host = '', instance = ''] = name.split(' ');
      if (state === 'master') masters.set(instance, [...(masters.get(instance) ?? []), host]);
    }
    for (const [instance, hosts] of masters) {
      if (hosts.length > 1)
        found.set(`${instance}: ${hosts.join(' and ')} are MASTER`, suspect('two-masters'));
    }
  }

  private lookForNone(found: Map<string, Suspicion>): void {
    const names = new Set(
      this.hosts.flatMap(({ config }) => config.instances.map(({ name }) => name)),
    );
    for (const instance of names) {
      const isSomeone = this.hosts.some(
        ({ name }) => this.states.get(`${name} ${instance}`) === 'master',
      );
      if (!isSomeone) found.set(`nobody is MASTER of ${instance}`, suspect('no-master'));
    }
  }

  private lookForHolders(found: Map<string, Suspicion>): void {
    for (const [address, hosts] of this.holders) {
      if (hosts.size > 1)
        found.set(`${address}: ${[...hosts].join(' and ')} hold it`, suspect('two-holders'));
    }
  }

  private lookAtHost({ name, config }: AuditedHost, found: Map<string, Suspicion>): void {
    const stateOf = (instance: string): string => this.states.get(`${name} ${instance}`) ?? 'init';
    for (const { name: group, members } of config.syncGroups) {
      const masters = members.filter((member) => stateOf(member) === 'master');
      if (masters.length > 0 && masters.length < members.length) {
        found.set(`${group} is split on ${name}`, suspect('split-group'));
      }
    }
    for (const instance of config.instances) {
      const isMaster = stateOf(instance.name) === 'master';
      for (const { address } of allHeld(instance).addresses) {
        const holds = this.holders.get(address)?.has(name) ?? false;
        if (isMaster && !holds) {
          found.set(`${name} is MASTER and lacks ${address}`, suspect('master-without-address'));
        }
        if (isMaster && holds) this.lookAtGate(name, instance, address, found);
        if (!isMaster && holds) {
          found.set(
            `${name} is not MASTER and holds ${address}`,
            suspect('address-without-master'),
          );
        }
      }
    }
  }

  private lookAtGate(
    name: string,
    { gate, accept }: VrrpInstance,
    address: string,
    found: Map<string, Suspicion>,
  ): void {
    if (gate.mode !== 'off' && !this.guarded.has(`${name} ${address}`)) {
      found.set(`${name} is MASTER and has no gate for ${address}`, suspect('master-without-gate'));
    }
    if (this.refused.has(`${name} ${address}`) === accept) {
      const what = accept ? 'drops' : 'takes';
      found.set(`${name} is MASTER and ${what} packets to ${address}`, suspect('wrong-accept'));
    }
  }

  /** Its process is dead or paused: the kernel ends the answering. */
  private lookAtGates({ name, config }: AuditedHost, found: Map<string, Suspicion>): void {
    for (const instance of config.instances) {
      if (instance.gate.mode === 'off') continue;
      const lease = config.lease?.subjects.find(({ instances }) =>
        instances.includes(instance.name),
      );
      const graceMs = (lease?.holdMs ?? gateMs(instance)) * SLOW_CLOCK;
      for (const { address } of allHeld(instance).addresses) {
        if (this.holders.get(address)?.has(name) !== true) continue;
        const text = `${name} answers for ${address} and its process does not run`;
        found.set(text, { rule: 'answers-without-process', graceMs });
      }
    }
  }

  private holdersOf(address: string): Set<string> {
    const known = this.holders.get(address) ?? new Set<string>();
    this.holders.set(address, known);
    return known;
  }

  private forget(host: string): void {
    for (const name of this.states.keys())
      if (name.startsWith(`${host} `)) this.states.delete(name);
  }
}

function suspect(rule: keyof typeof GRACE_MS): Suspicion {
  return { rule, graceMs: GRACE_MS[rule] };
}
