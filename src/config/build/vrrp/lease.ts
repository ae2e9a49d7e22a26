/** `split_brain_policy` and `lease`: which instances wait for a lease, and whom they ask for it. */
import { familyOf, parseEndpoint, prefixContains } from '../../../base/address.ts';
import { formatEndpoint } from '../../../base/endpoint.ts';
import {
  LEASE_PORT,
  type LeaseAcceptorConfig,
  type LeaseConfig,
  type LeaseSubject,
} from '../../../model/lease.ts';
import type { SyncGroup, VrrpInstance } from '../../../model/vrrp.ts';
import type { Reports } from '../../diagnostics/reports.ts';
import type { Word } from '../../text/ast.ts';
import { merged, type Section } from '../../values/section.ts';
import { parseEtcdAcceptor } from '../etcd-acceptor.ts';
import type { ScriptContext } from '../scripts.ts';
import { nameOf } from './names.ts';

const ACCEPTORS_MIN = 3;
const ACCEPTORS_MAX = 15;
const HOLD_MS_MIN = 300;
const HOLD_MS_MAX = 60_000;
const ADVERTS_A_LEASE = 3;

const EXAMPLE = 'lease { acceptor 192.0.2.1  acceptor 192.0.2.2  acceptor 192.0.2.3  key "…" }';

export interface LeaseSources {
  readonly root: Section;
  readonly globals: Section;
  readonly instances: readonly { readonly section: Section; readonly instance: VrrpInstance }[];
  readonly groups: readonly SyncGroup[];
}

/** Null: no instance waits for one. */
export function buildLease(sources: LeaseSources, context: ScriptContext): LeaseConfig | null {
  const { root, globals } = sources;
  const block = merged(root.sections('lease'));
  const waiting = subjectsOf(sources, block?.number('time') ?? null, context.reports);
  if (block === null) {
    if (waiting.length > 0 && !root.spoils('lease')) tellNoBlock(sources, context.reports);
    return null;
  }
  // What is in a block that nobody needs is nobody's trouble.
  if (waiting.length === 0) {
    if (!globals.spoils('split_brain_policy')) tellUnused(block, context.reports);
    return null;
  }
  const acceptors = readAcceptors(block, context);
  const secrets = block.words('key').map(({ text }) => text);
  if (!block.mentions('key')) {
    context.reports.add({
      code: 'lease-unusable',
      span: block.span,
      message: 'lease has no key',
      hint: 'key "…", the same on all directors and witnesses; "openssl rand -hex 32" makes one',
    });
  }
  const subjects = withoutSharedKeys(waiting, sources.instances, context.reports);
  if (acceptors !== null && secrets.length > 0) return { acceptors, secrets, subjects };
  // Such values are told; but whoever wants a lease must not start without, whatever the mode.
  if (block.spoils('acceptor', 'key')) {
    context.reports.add({
      code: 'lease-unusable',
      span: block.span,
      message: 'no lease can be asked for with what is wrong in it',
      hint: EXAMPLE,
    });
  }
  return null;
}

function tellNoBlock({ root, globals, instances }: LeaseSources, reports: Reports): void {
  const places = [
    globals,
    ...root.sections('vrrp_sync_group'),
    ...instances.map((one) => one.section),
  ];
  const policy = places.map((one) => one.find('split_brain_policy')).find((one) => one !== null);
  reports.add({
    code: 'lease-unusable',
    span: policy?.span ?? root.span,
    message: 'split_brain_policy lease needs a "lease" block that says who is asked',
    hint: EXAMPLE,
  });
}

function tellUnused(block: Section, reports: Reports): void {
  reports.add({
    code: 'unused',
    span: block.span,
    message: 'no instance waits for a lease',
    hint: 'write "split_brain_policy lease" into global_defs, or remove the block',
  });
}

/** One a sync group, and one an instance that is in none. */
function subjectsOf(
  { root, globals, instances, groups }: LeaseSources,
  seconds: number | null,
  reports: Reports,
): readonly LeaseSubject[] {
  const general = globals.text('split_brain_policy') ?? 'availability';
  const sections = new Map(root.sections('vrrp_sync_group').map((one) => [nameOf(one), one]));
  const grouped = new Set(groups.flatMap(({ members }) => members));
  const subject = (name: string, members: LeaseSources['instances']): LeaseSubject => ({
    name,
    instances: members.map(({ instance }) => instance.name),
    keys: members.map(({ instance }) => leaseKeyOf(instance)),
    holdMs: seconds === null ? holdMsOf(members) : seconds * 1000,
  });
  const subjects: LeaseSubject[] = [];
  for (const group of groups) {
    const policy = sections.get(group.name)?.text('split_brain_policy') ?? general;
    const members = instances.filter(({ instance }) => group.members.includes(instance.name));
    for (const { section } of members) tellOtherPolicy(section, group.name, policy, reports);
    if (policy === 'lease' && members.length > 0) subjects.push(subject(group.name, members));
  }
  for (const one of instances) {
    if (grouped.has(one.instance.name)) continue;
    const policy = one.section.text('split_brain_policy') ?? general;
    if (policy === 'lease') subjects.push(subject(one.instance.name, [one]));
  }
  return subjects;
}

/** As wire/lease.ts writes it: what is a lease on this director has to be the same on the other. */
function leaseKeyOf({ family, vrid }: VrrpInstance): number {
  return family === 'ipv6' ? 0x100 | vrid : vrid;
}

function holdMsOf(members: LeaseSources['instances']): number {
  const shortest = Math.min(...members.map(({ instance }) => instance.advertIntervalMs));
  return Math.min(HOLD_MS_MAX, Math.max(HOLD_MS_MIN, ADVERTS_A_LEASE * shortest));
}

function tellOtherPolicy(section: Section, group: string, policy: string, reports: Reports): void {
  const own = section.find('split_brain_policy');
  if (own === null || section.text('split_brain_policy') === policy) return;
  reports.add({
    code: 'contradiction',
    span: own.span,
    message: `${nameOf(section)} is a member of ${group}, whose split_brain_policy is ${policy}`,
    hint: 'a sync group has one lease: write the policy into the vrrp_sync_group',
  });
}

/** A lease is known by family and VRID, because interfaces may have other names on another director. */
function withoutSharedKeys(
  subjects: readonly LeaseSubject[],
  instances: LeaseSources['instances'],
  reports: Reports,
): readonly LeaseSubject[] {
  const taken = new Map<number, string>();
  return subjects.filter(({ keys, instances: names }) => {
    const shared = keys.findIndex((key, at) => taken.has(key) || keys.indexOf(key) !== at);
    if (shared < 0) {
      for (const [at, key] of keys.entries()) taken.set(key, names[at] as string);
      return true;
    }
    const name = names[shared] as string;
    const built = instances.find(({ instance }) => instance.name === name);
    const key = keys[shared] as number;
    const other = taken.get(key) ?? (names[keys.indexOf(key)] as string);
    if (built !== undefined) {
      reports.add({
        code: 'lease-unusable',
        span: built.section.find('virtual_router_id')?.span ?? built.section.span,
        message: `${other} has virtual_router_id ${built.instance.vrid} too, and a lease is known by this number`,
        hint: 'with split_brain_policy lease each instance of a family has a number of its own',
      });
    }
    return false;
  });
}

/** Null: what is wrong with them has been told. */
function readAcceptors(
  block: Section,
  { reports, environment }: ScriptContext,
): readonly LeaseAcceptorConfig[] | null {
  const words = block.words('acceptor');
  const acceptors: LeaseAcceptorConfig[] = [];
  const tell = (word: Word, message: string, hint: string): void =>
    reports.add({ code: 'lease-unusable', span: word.span, message, hint });
  let isSound = !block.spoils('acceptor');
  const isIpv6 = words.some(({ text }) => parseEndpoint(text, LEASE_PORT)?.address.includes(':'));
  for (const word of words) {
    const port = parseEtcdAcceptor(word.text);
    const endpoint = port === null ? parseEndpoint(word.text, LEASE_PORT) : etcdAt(port, isIpv6);
    if (endpoint === null) continue;
    const fault = faultOf(endpoint, acceptors);
    if (fault === null) acceptors.push(endpoint);
    else {
      tell(word, fault.message, fault.hint);
      isSound = false;
    }
  }
  if (!isSound) return null;
  const wrong = wrongNumber(acceptors.length);
  if (wrong !== null) {
    const place = words.at(-1)?.span ?? block.span;
    reports.add({ code: 'lease-unusable', span: place, ...wrong });
    return null;
  }
  tellNotHere(block, acceptors, { reports, environment });
  return acceptors;
}

/** The process that asks it is at the same address of each director. */
function etcdAt(port: number, isIpv6: boolean): LeaseAcceptorConfig {
  return { address: isIpv6 ? '::1' : '127.0.0.1', port, isEtcd: true };
}

/** Null: it may stand behind those before it. */
function faultOf(
  { address, port, isEtcd }: LeaseAcceptorConfig,
  before: readonly LeaseAcceptorConfig[],
): { readonly message: string; readonly hint: string } | null {
  const [first] = before;
  const hint = 'each machine has one voice';
  if (isEtcd && before.some((one) => one.isEtcd)) {
    return { message: 'etcd is in the list already', hint };
  }
  if (!isEtcd && (prefixContains('127.0.0.0', 8, address) || address === '::1')) {
    const message = `${address} is another machine on each director`;
    return { message, hint: 'an address that all directors reach, or "acceptor etcd"' };
  }
  if (before.some((one) => one.address === address && one.port === port)) {
    return { message: `${formatEndpoint(address, port)} is in the list already`, hint };
  }
  if (first === undefined || familyOf(first.address) === familyOf(address)) return null;
  return {
    message: `${address} is not of the family of ${first.address}`,
    hint: 'all acceptors are asked over IPv4, or all over IPv6',
  };
}

function wrongNumber(count: number): { readonly message: string; readonly hint: string } | null {
  const witness = 'a third machine runs "lvsctl witness"';
  if (count < ACCEPTORS_MIN) {
    return {
      message: `${count === 0 ? 'no acceptor is' : count === 1 ? 'only 1 acceptor is' : `only ${count} acceptors are`} named: a majority that can lose one needs 3`,
      hint: `name each director and a witness: ${witness}`,
    };
  }
  if (count % 2 === 0) {
    return {
      message: `${count} acceptors can be halved: with ${count - 1} or ${count + 1} one half has a majority`,
      hint: `remove one, or add a witness: ${witness}`,
    };
  }
  if (count <= ACCEPTORS_MAX) return null;
  return {
    message: `${count} acceptors are more than ${ACCEPTORS_MAX}`,
    hint: 'three or five are enough',
  };
}

/** Decided by this machine: each director has a voice itself. */
function tellNotHere(
  block: Section,
  acceptors: readonly LeaseAcceptorConfig[],
  { reports, environment }: Pick<ScriptContext, 'reports' | 'environment'>,
): void {
  const interfaces = environment.interfaces();
  if (interfaces === null) return;
  const own = interfaces.flatMap((link) => environment.networks(link) ?? []);
  if (own.length === 0) return;
  if (acceptors.some((one) => !one.isEtcd && own.some(({ address }) => address === one.address)))
    return;
  reports.add({
    code: 'lease-not-here',
    span: block.words('acceptor')[0]?.span ?? block.span,
    message:
      'none of the acceptors is an address of this host: no lease can be asked for from here',
    hint: 'each director is an acceptor, by an address that the others reach',
  });
}
