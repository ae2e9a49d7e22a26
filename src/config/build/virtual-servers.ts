/** Sections → virtual servers of the model: what they hand down is filled in here. */

import { familyOf, prefixLengthOf } from '../../base/address.ts';
import { nearestOf } from '../../base/nearest.ts';
import { parseSpan } from '../../base/span.ts';
import type { Millis } from '../../base/time.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type {
  HealthConfig,
  Persistence,
  RealServer,
  SchedulerFlags,
  SorryServer,
  VirtualServer,
} from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Mode } from '../diagnostics/severity.ts';
import { SCHEDULERS } from '../keywords/schedulers.ts';
import type { Lesson, Memory } from '../memory.ts';
import { valueSpan } from '../rules/written.ts';
import { placeIn, type Run } from '../text/pool.ts';
import type { Span } from '../text/source.ts';
import { endpointOf } from '../values/endpoint.ts';
import type { Section, Setting } from '../values/section.ts';
import type { Unread } from '../values/value.ts';
import { Alikes } from './alike.ts';
import { readPacingWords } from './checks.ts';
import { addressSpan, isPortIgnored, portFor, tellNoHost, tellPortIgnored } from './endpoint.ts';
import { type Forwarding, forwardingIn, NAT } from './forwarding.ts';
import { readGroups, tellUnusedGroups } from './groups.ts';
import { PlacedServers } from './placed.ts';
import { readProcess } from './process.ts';
import { realServerLesson } from './real-server-lesson.ts';
import { type Parent, readRealServers, type Twins, tellOtherFamily } from './real-servers.ts';
import { readScript, type ScriptContext } from './scripts.ts';
import {
  type Groups,
  type Line,
  readServices,
  type Services,
  type Taken,
  takeAlone,
  takeServices,
} from './services.ts';

const DEFAULT_SCHEDULER = 'wlc';
const PERSISTENCE_SECONDS = 360;
const MH = 'mh';
/** The kernel takes it for a service without scheduler. */
const NO_SCHEDULER = 'none';
/** CONFIG_IP_VS_MH_TAB_INDEX 12, which is its default: net/netfilter/ipvs/ip_vs_mh.c. */
const MH_TABLE_ENTRIES = 4_093;
/** Services × real servers of one virtual server: each is an entry in the kernel. */
const ENTRIES_MAX = 1_000_000;

export interface ServerContext extends ScriptContext {
  readonly mode: Mode;
}

/** Sees each virtual server, whose section is not kept. */
export interface LookAt {
  settings(section: Section): void;
  realServers(section: Section, placed: PlacedServers, reports: Reports): void;
}

interface Ground {
  readonly root: Section;
  readonly globals: Section;
  readonly memory: Memory | null;
}

export function buildHealth(
  { root, globals, memory }: Ground,
  context: ServerContext,
  look: LookAt,
): Omit<HealthConfig, 'settings' | 'listeners' | 'directorName'> {
  const { reports } = context;
  const virtualServers: VirtualServer[] = [];
  const taken: Taken = new Map();
  const pools = new Map<string, Twins>();
  const groups: Groups = {
    byName: readGroups(root, reports),
    unusable: root.namesOf('virtual_server_group'),
  };
  const alikes = new Alikes(context);
  const take = (server: VirtualServer, lines: readonly Line[], block: Span): void => {
    const keys = takeServices({ server, lines, block }, taken, reports);
    if (keys.length === server.keys.length) virtualServers.push(server);
    else if (keys.length > 0) virtualServers.push({ ...server, keys });
  };
  const takeAgain = (run: Run, span: Span): void => {
    const lessons = memory?.recallRun(run, span) ?? [];
    for (const [at, { server, told }] of lessons.entries()) {
      for (const one of told) reports.tell(one);
      if (takeAlone(server, taken, true)) {
        virtualServers.push(server);
      } else {
        const place = placeIn(run, at, span);
        take(server, [{ keys: server.keys, place: () => place }], place);
      }
    }
  };
  for (const block of root.unread('virtual_server')) {
    if (block.run !== null) {
      takeAgain(block.run, block.span);
      continue;
    }
    let lines: readonly Line[] | null = null;
    const build = (): Built => {
      const { attempts } = reports;
      const questions = memory?.questions;
      const section = block.read();
      const services = readServices(section, groups, reports);
      lines = services?.lines ?? null;
      const pool = { globals, twins: twinsOf(section, pools), memory, head: block.head };
      const { server, placed, parent, lesson } =
        services === null ? NOTHING : buildVirtualServer(section, services, pool, context);
      look.settings(section);
      look.realServers(section, placed, reports);
      const isSilent = reports.attempts === attempts && memory?.questions === questions;
      if (server !== null && parent !== null && isSilent) alikes.learn(block, server, parent);
      return { server, realServers: lesson };
    };
    const server = remembering(block, memory, reports, () => {
      return (reports.takesNotes ? null : alikes.read(block)) ?? build();
    });
    if (server === null) continue;
    if (lines === null && takeAlone(server, taken, memory !== null)) {
      virtualServers.push(server);
    } else {
      // What is remembered has been made of one line.
      take(server, lines ?? [{ keys: server.keys, place: () => block.span }], block.span);
    }
  }
  tellUnusedGroups(groups.byName, reports);
  return {
    virtualServers,
    flushAtStart: globals.has('lvs_flush'),
    process: readProcess(globals, 'checker'),
  };
}

/** What an earlier reading has made of a block; or what is made of it now, if need be for the next reading. */
function remembering(
  block: Unread,
  memory: Memory | null,
  reports: Reports,
  build: () => Built,
): VirtualServer | null {
  if (memory === null || !block.isPlain) return build().server;
  const recalled = block.remembered === null ? null : memory.recall(block);
  if (recalled !== null) {
    for (const told of recalled.told) reports.tell(told);
    memory.learn(block, recalled);
    return recalled.server;
  }
  const { questions } = memory;
  const {
    result: { server, realServers },
    told,
  } = reports.listening(build);
  // The machine may answer otherwise next time; a group has its services from elsewhere.
  const isClosed = memory.questions === questions && server?.group === null && !reports.isFull;
  if (isClosed) memory.learn(block, { server, told, realServers });
  return server;
}

/** Virtual servers that say the same hand down the same. */
function twinsOf(section: Section, pools: Map<string, Twins>): Twins {
  const signature = section.signature();
  const twins = pools.get(signature) ?? new Map();
  pools.set(signature, twins);
  return twins;
}

interface Built extends Pick<Lesson, 'realServers'> {
  /** Null: it cannot be used. */
  readonly server: VirtualServer | null;
}

interface BuiltServer {
  /** Null: it cannot be used. */
  readonly server: VirtualServer | null;
  readonly placed: PlacedServers;
  readonly parent: Parent | null;
  readonly lesson: Lesson['realServers'];
}

const NOTHING: BuiltServer = {
  server: null,
  placed: new PlacedServers([]),
  parent: null,
  lesson: null,
};

function buildVirtualServer(
  section: Section,
  services: Services,
  pool: Pick<Parent, 'globals' | 'twins' | 'memory' | 'head'>,
  context: ServerContext,
): BuiltServer {
  const forwarding = readMethod(section, context);
  const pacing = readPacingWords(section);
  const parent = { section, services, forwarding, pacing, ...pool };
  const { reports } = context;
  const { attempts } = reports;
  const questions = pool.memory?.questions;
  const placed = readRealServers(section.unread('real_server'), parent, context);
  const isSilent = reports.attempts === attempts && pool.memory?.questions === questions;
  const lesson = isSilent
    ? realServerLesson(section.span, () => section.signature(), placed)
    : null;
  if (!section.mentions('real_server')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `virtual_server ${nameOfVirtualServer(services)} has no real_server`,
    });
  }
  const { servers: realServers } = placed;
  if (realServers.length === 0) return { ...NOTHING, parent };
  const { keys, group } = services;
  const server = {
    keys,
    group,
    ...readBalancing(section, context),
    onePacket: readOnePacket(section, services, context),
    persistence: readPersistence(section, services, context),
    realServers,
    sorryServer: readSorryServer(section, services, forwarding, context),
    ...readQuorum(section, realServers, reports),
    quorumUp: readScript(section, 'quorum_up', context),
    quorumDown: readScript(section, 'quorum_down', context),
    mails: section.boolean('smtp_alert') ?? context.defaults.mailsServers ?? false,
    omega: section.has('omega'),
    drainOnRemoveMs: readDrainOnRemove(section) ?? readDrainOnRemove(pool.globals) ?? 0,
  };
  tellTooMany(server, section, reports);
  return { server, placed, parent, lesson };
}

function tellTooMany(server: VirtualServer, section: Section, reports: Reports): void {
  const { scheduler, keys, realServers, sorryServer } = server;
  const entries = realServers.length + (sorryServer?.inhibit ? 1 : 0);
  const setting = section.find('lvs_sched');
  if (scheduler === MH && entries > MH_TABLE_ENTRIES) {
    reports.add({
      code: 'out-of-range',
      span: setting === null ? section.span : valueSpan(setting),
      message: `mh takes at most ${MH_TABLE_ENTRIES} real servers, as many as its table has entries, and here are ${entries}`,
      hint: 'another scheduler, such as sh or wrr, or several virtual servers',
    });
  }
  if (keys.length * entries <= ENTRIES_MAX) return;
  reports.add({
    code: 'too-large',
    span: section.label[1]?.span ?? section.span,
    message: `${keys.length} services with ${entries} real servers each: more than ${ENTRIES_MAX} entries in the kernel`,
    hint: 'mark the packets in the firewall, and write fwmark MARK in place of the addresses',
  });
}

function readMethod(section: Section, { reports }: ScriptContext): Forwarding {
  if (!section.mentions('lvs_method', 'lb_kind')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no lvs_method: keepalived takes NAT',
      hint: 'write "lvs_method NAT", or DR or TUN if that is meant',
    });
  }
  return forwardingIn(section, 'lvs_method', reports) ?? NAT;
}

function readBalancing(
  section: Section,
  { reports, mode }: ServerContext,
): Pick<VirtualServer, 'scheduler' | 'schedulerFlags'> {
  const setting = section.find('lvs_sched');
  const scheduler = readScheduler(setting, section, mode, reports);
  const isMh = scheduler === MH;
  const fallback = section.has(`${scheduler}-fallback`) || section.has('flag-1');
  if (isMh && !fallback && setting !== null) {
    reports.add({
      code: 'adjusted',
      span: valueSpan(setting),
      message: 'mh always takes another server when the hashed one is down: mh-fallback is set',
      hint: 'write mh-fallback below lvs_sched',
    });
  }
  const schedulerFlags: SchedulerFlags = {
    // Without it, clients of a real server with weight 0 are refused, on every director of a set.
    fallback: fallback || isMh,
    port: section.has(`${scheduler}-port`) || section.has('flag-2'),
    third: section.has('flag-3'),
  };
  return { scheduler, schedulerFlags };
}

function readScheduler(
  setting: Setting | null,
  section: Section,
  mode: Mode,
  reports: Reports,
): string {
  if (!section.mentions('lvs_sched', 'lb_algo')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `this virtual_server names no lvs_sched: keepalived takes ${DEFAULT_SCHEDULER}`,
      hint: `write "lvs_sched ${DEFAULT_SCHEDULER}", or another one: ${SCHEDULERS.join(' ')}`,
    });
  }
  const name = setting?.value.is === 'text' ? setting.value.text : null;
  if (setting === null || name === null) return DEFAULT_SCHEDULER;
  if (SCHEDULERS.includes(name)) return name;
  tellScheduler(name, setting, mode, reports);
  // keepalived knows no others, and starts with its default.
  return mode === 'compat' ? DEFAULT_SCHEDULER : name;
}

function tellScheduler(name: string, setting: Setting, mode: Mode, reports: Reports): void {
  const known = `known are ${SCHEDULERS.join(' ')}`;
  const nearest = nearestOf(name, SCHEDULERS);
  const message =
    mode === 'compat'
      ? `"${name}" is no scheduler that keepalived knows: it takes ${DEFAULT_SCHEDULER}`
      : name === NO_SCHEDULER
        ? 'under "none" the kernel refuses every connection'
        : `"${name}" is no scheduler of the kernel's own: it must have a module ip_vs_${name}`;
  const hint = nearest === null ? known : `did you mean "${nearest}"? ${known}`;
  reports.add({
    code: 'unknown-scheduler',
    span: valueSpan(setting),
    message,
    hint,
    ...(nearest === null ? {} : { suggestion: nearest }),
  });
}

function readOnePacket(section: Section, { keys }: Services, { reports }: ScriptContext): boolean {
  const setting = section.find('ops');
  if (setting === null) return false;
  if (keys.every((key) => key.kind === 'fwmark' || key.protocol === 'udp')) return true;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: 'one-packet scheduling (ops) is for UDP and firewall marks',
  });
  return false;
}

function readPersistence(
  section: Section,
  services: Services,
  { reports }: ScriptContext,
): Persistence | null {
  const timeout = section.number('persistence_timeout');
  const everyPort = services.ports.has(0);
  if (timeout === null && !section.has('persistence_granularity') && !everyPort) {
    tellEngineAlone(section, reports);
    return null;
  }
  if (everyPort && timeout === null) tellPersistence(section, services, reports);
  return {
    timeoutSeconds: timeout ?? PERSISTENCE_SECONDS,
    granularityBits: readGranularity(section, services, reports),
    engine: readEngine(section, services, reports),
  };
}

/** A netmask is of IPv4, a number of IPv6; in a group of both the clients of the other family stand alone. */
function readGranularity(
  section: Section,
  { family }: Services,
  reports: Reports,
): Persistence['granularityBits'] {
  const setting = section.find('persistence_granularity');
  const text = setting?.value.is === 'text' ? setting.value.text : null;
  const read = {
    ipv4: text === null ? null : prefixLengthOf(text),
    ipv6: text === null ? null : prefixNumber(text),
  };
  if (setting !== null && (family === null ? (read.ipv4 ?? read.ipv6) : read[family]) === null) {
    reports.add({
      code: 'bad-value',
      span: setting.span,
      message: `"${text}" is no granularity`,
      hint: family === 'ipv4' ? 'a netmask: 255.255.255.0' : 'a prefix length from 1 to 128',
    });
  }
  return { ipv4: read.ipv4 ?? 32, ipv6: read.ipv6 ?? 128 };
}

/** The one that the kernel has. */
const SIP = 'sip';

function readEngine(section: Section, { keys }: Services, reports: Reports): string | null {
  const setting = section.find('persistence_engine');
  const name = setting?.value.is === 'text' ? setting.value.text : null;
  const other = keys.find((key) => key.kind === 'address' && key.protocol !== 'udp');
  if (setting === null || name !== SIP || other?.kind !== 'address') return name;
  reports.add({
    code: 'contradiction',
    span: valueSpan(setting),
    message: `the engine sip reads UDP: the kernel would drop every packet of ${other.protocol.toUpperCase()}, so it is left out`,
    hint: 'write "protocol UDP", or remove the line',
  });
  return null;
}

function tellEngineAlone(section: Section, reports: Reports): void {
  const setting = section.find('persistence_engine');
  if (setting === null) return;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: 'a persistence_engine without persistence does nothing',
    hint: 'write persistence_timeout',
  });
}

/** The kernel takes every port only for clients that stay with their server. */
function tellPersistence({ label, span }: Section, { group }: Services, reports: Reports): void {
  const whose = group === null ? 'a virtual server of every port' : 'a group with every port';
  reports.add({
    code: 'adjusted',
    span: label[1]?.span ?? label[0]?.span ?? span,
    message: `${whose} is persistent: ${PERSISTENCE_SECONDS} s are taken`,
    hint: 'write persistence_timeout, or a port',
  });
}

function prefixNumber(text: string): number | null {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return bits >= 1 && bits <= 128 ? bits : null;
}

function readQuorum(
  section: Section,
  realServers: readonly RealServer[],
  reports: Reports,
): { readonly quorum: number; readonly hysteresis: number } {
  const total = realServers.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = section.number('quorum') ?? 1;
  const hysteresis = section.number('hysteresis') ?? 0;
  if (quorum > total && total > 0) {
    reports.add({
      code: 'contradiction',
      span: section.find('quorum')?.span ?? section.span,
      message: `a quorum of ${quorum} can never be met: all real servers together weigh ${total}`,
      hint: `at most ${total}`,
    });
  } else if (quorum + hysteresis > total && total > 0) {
    reports.add({
      code: 'contradiction',
      span: section.find('hysteresis')?.span ?? section.span,
      message: `quorum + hysteresis is ${quorum + hysteresis}, but all real servers together weigh ${total}`,
      hint: 'once lost, the quorum could not be gained again',
    });
  }
  return { quorum, hysteresis };
}

/** Null: the block does not say. */
function readDrainOnRemove(section: Section): Millis | null {
  const text = section.text('drain_on_remove');
  return text === null ? null : parseSpan(text);
}

function readSorryServer(
  section: Section,
  services: Services,
  ofServer: Forwarding,
  { reports }: ScriptContext,
): SorryServer | null {
  if (!section.has('sorry_server')) return null;
  const label = section.words('sorry_server');
  const where = { label, span: section.span };
  const [address, port] = label;
  const endpoint = endpointOf(address?.text ?? '', port?.text ?? '');
  if (endpoint === null) return null;
  if (tellNoHost(endpoint, 'sorry server', where, reports)) return null;
  const own = forwardingIn(section, 'sorry_server_lvs_method', reports);
  const { forwarding, tunnel } = own ?? ofServer;
  if (forwarding !== 'tun' && familyOf(endpoint.address) !== services.family) {
    tellOtherFamily(endpoint.address, services, addressSpan(where), reports);
    return null;
  }
  if (isPortIgnored(forwarding, endpoint.port, services)) {
    tellPortIgnored(forwarding, endpoint.port, services, where, reports);
  }
  return {
    address: endpoint.address,
    port: portFor(forwarding, endpoint.port, services),
    forwarding,
    tunnel,
    inhibit: section.has('sorry_server_inhibit'),
  };
}
