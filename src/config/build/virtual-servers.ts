/** Sections → virtual servers of the model: what they hand down is filled in here. */
import { addressBits, familyOf, prefixLengthOf } from '../../base/address.ts';
import { formatService, nameOfVirtualServer } from '../../model/names.ts';
import type {
  ForwardingMethod,
  HealthConfig,
  Persistence,
  Protocol,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/diagnostic.ts';
import { SCHEDULERS } from '../keywords/lvs.ts';
import type { Memory } from '../memory.ts';
import type { Word } from '../text/ast.ts';
import type { Span } from '../text/source.ts';
import type { Section } from '../values/section.ts';
import type { Unread } from '../values/value.ts';
import { readPacingWords } from './checks.ts';
import { endpointOf, methodIn, portFor } from './endpoint.ts';
import { type Parent, type Placed, readRealServers, type Twins } from './real-servers.ts';
import { readScript, type ScriptContext } from './scripts.ts';

const DEFAULT_SCHEDULER = 'wlc';
const PERSISTENCE_SECONDS = 360;
const MARK_MAX = 4_294_967_295;

/** Sees each virtual server, whose section is not kept. */
export type LookAt = (section: Section, realServers: readonly Placed[]) => void;

interface Ground {
  readonly root: Section;
  readonly globals: Section;
  readonly memory: Memory | null;
}

export function buildHealth(
  { root, globals, memory }: Ground,
  context: ScriptContext,
  look: LookAt,
): Omit<HealthConfig, 'settings'> {
  const virtualServers: VirtualServer[] = [];
  const names = new Set<string>();
  const pools = new Map<string, Twins>();
  for (const block of root.unread('virtual_server')) {
    const server = remembering(block, memory, context.reports, () => {
      const section = block.read();
      const pool = { globals, twins: twinsOf(section, pools) };
      const { server, realServers } = buildVirtualServer(section, pool, context);
      look(section, realServers);
      return server;
    });
    if (server === null) continue;
    const name = nameOfVirtualServer(server);
    if (names.has(name)) {
      context.reports.add({
        code: 'duplicate',
        span: block.span,
        message: `there is a virtual_server ${name} already`,
        hint: 'put all its real servers into one block',
      });
      continue;
    }
    names.add(name);
    virtualServers.push(server);
  }
  return {
    virtualServers,
    flushAtStart: globals.has('lvs_flush'),
    process: {
      realtimePriority: globals.number('checker_rt_priority'),
      niceness: globals.number('checker_priority'),
      lockMemory: globals.has('checker_no_swap'),
    },
  };
}

/** What an earlier reading has made of a block; or what is made of it now, if need be for the next reading. */
function remembering(
  block: Unread,
  memory: Memory | null,
  reports: Reports,
  build: () => VirtualServer | null,
): VirtualServer | null {
  if (memory === null || !block.isPlain) return build();
  const recalled = block.remembered === null ? null : memory.recall(block);
  if (recalled !== null) {
    for (const told of recalled.told) reports.tell(told);
    memory.learn(block, recalled);
    return recalled.server;
  }
  const { questions } = memory;
  const { result: server, told } = reports.listening(build);
  // The machine may answer otherwise next time; a group has its services from elsewhere.
  const isClosed = memory.questions === questions && server?.group === null && !reports.isFull;
  if (isClosed) memory.learn(block, { server, told });
  return server;
}

/** Virtual servers that say the same hand down the same. */
function twinsOf(section: Section, pools: Map<string, Twins>): Twins {
  const signature = section.signature();
  const twins = pools.get(signature) ?? new Map();
  pools.set(signature, twins);
  return twins;
}

interface BuiltServer {
  /** Null: it cannot be used. */
  readonly server: VirtualServer | null;
  readonly realServers: readonly Placed[];
}

function buildVirtualServer(
  section: Section,
  pool: Pick<Parent, 'globals' | 'twins'>,
  context: ScriptContext,
): BuiltServer {
  const key = readKey(section, context);
  if (key === null) return { server: null, realServers: [] };
  const forwarding = readMethod(section, context);
  const pacing = readPacingWords(section);
  const placed = readRealServers({ section, key, forwarding, pacing, ...pool }, context);
  if (!section.mentions('real_server')) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `virtual_server ${formatService(key)} has no real_server`,
    });
  }
  if (placed.length === 0) return { server: null, realServers: placed };
  const realServers = placed.map(({ server }) => server);
  const total = realServers.reduce((sum, one) => sum + one.weight, 0);
  const server = {
    keys: [key],
    group: null,
    scheduler: readScheduler(section, context),
    schedulerFlags: readSchedulerFlags(section),
    onePacket: readOnePacket(section, key, context),
    persistence: readPersistence(section, key, context),
    realServers,
    sorryServer: readSorryServer(section, key, forwarding, context),
    ...readQuorum(section, total, context),
    quorumUp: readScript(section, 'quorum_up', context),
    quorumDown: readScript(section, 'quorum_down', context),
    omega: section.has('omega'),
  };
  return { server, realServers: placed };
}

/** `IP [PORT]` or `fwmark N` in front of the block; null: it has been told that there is no such thing. */
function readKey(section: Section, context: ScriptContext): ServiceKey | null {
  const [first, second] = section.label;
  const { reports } = context;
  if (first?.text === 'fwmark') {
    const mark = Number(second?.text);
    if (!(Number.isInteger(mark) && mark > 0 && mark <= MARK_MAX)) {
      if (second?.text === '0') tellMarkZero(second, context);
      return null;
    }
    return {
      kind: 'fwmark',
      family: section.text('ip_family') === 'inet6' ? 'ipv6' : 'ipv4',
      mark,
    };
  }
  if (first?.text === 'group') {
    reports.add({
      code: 'no-effect',
      span: first.span,
      message: 'a virtual_server of a group has no effect in this version',
      hint: 'write a virtual_server for each address of the group',
    });
    return null;
  }
  const endpoint = endpointOf(first?.text ?? '', second?.text ?? '');
  if (endpoint === null) return null;
  const protocol = (section.text('protocol')?.toLowerCase() ?? null) as Protocol | null;
  if (!section.mentions('protocol')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no protocol: keepalived takes UDP',
      hint: 'write "protocol TCP", or UDP if that is meant',
    });
  }
  return {
    kind: 'address',
    family: familyOf(endpoint.address),
    protocol: protocol ?? 'udp',
    ...endpoint,
  };
}

function tellMarkZero({ span }: Word, { reports }: ScriptContext): void {
  reports.add({
    code: 'out-of-range',
    span,
    message: 'firewall mark 0 is that of packets without mark: the kernel has no service for it',
    hint: 'a number from 1 to 4294967295',
  });
}

function readMethod(section: Section, { reports }: ScriptContext): ForwardingMethod {
  if (!section.mentions('lvs_method', 'lb_kind')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no lvs_method: keepalived takes NAT',
      hint: 'write "lvs_method NAT", or DR or TUN if that is meant',
    });
  }
  return methodIn(section, 'lvs_method') ?? 'nat';
}

function readScheduler(section: Section, { reports }: ScriptContext): string {
  if (!section.mentions('lvs_sched', 'lb_algo')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `this virtual_server names no lvs_sched: keepalived takes ${DEFAULT_SCHEDULER}`,
      hint: `write "lvs_sched ${DEFAULT_SCHEDULER}", or another one: ${SCHEDULERS.join(' ')}`,
    });
  }
  return section.text('lvs_sched') ?? DEFAULT_SCHEDULER;
}

/** Those of the scheduler; that another one's are of no use is told by the rules. */
function readSchedulerFlags(section: Section): VirtualServer['schedulerFlags'] {
  const scheduler = section.text('lvs_sched') ?? '';
  return { fallback: section.has(`${scheduler}-fallback`), port: section.has(`${scheduler}-port`) };
}

function readOnePacket(section: Section, key: ServiceKey, { reports }: ScriptContext): boolean {
  const setting = section.find('ops');
  if (setting === null) return false;
  if (key.kind === 'fwmark' || key.protocol === 'udp') return true;
  reports.add({
    code: 'contradiction',
    span: setting.span,
    message: 'one-packet scheduling (ops) is for UDP and firewall marks',
  });
  return false;
}

function readPersistence(
  section: Section,
  key: ServiceKey,
  { reports }: ScriptContext,
): Persistence | null {
  const timeout = section.number('persistence_timeout');
  const granularity = section.find('persistence_granularity');
  const everyPort = key.kind === 'address' && key.port === 0;
  const bits = addressBits(key.family);
  if (timeout === null && granularity === null && !everyPort) return null;
  if (everyPort && timeout === null) tellPersistence(section, reports);
  const text = section.text('persistence_granularity');
  const read =
    text === null ? bits : key.family === 'ipv4' ? prefixLengthOf(text) : prefixNumber(text);
  if (read === null && granularity !== null) {
    reports.add({
      code: 'bad-value',
      span: granularity.span,
      message: `"${text}" is no granularity`,
      hint: key.family === 'ipv4' ? 'a netmask: 255.255.255.0' : 'a prefix length from 1 to 128',
    });
  }
  const granularityBits = { ipv4: 32, ipv6: 128, [key.family]: read ?? bits };
  return { timeoutSeconds: timeout ?? PERSISTENCE_SECONDS, granularityBits };
}

/** The kernel takes every port only for clients that stay with their server. */
function tellPersistence({ label, span }: Section, reports: Reports): void {
  reports.add({
    code: 'adjusted',
    span: label[1]?.span ?? label[0]?.span ?? span,
    message: `a virtual server of every port is persistent: ${PERSISTENCE_SECONDS} s are taken`,
    hint: 'write persistence_timeout, or a port',
  });
}

function prefixNumber(text: string): number | null {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return bits >= 1 && bits <= 128 ? bits : null;
}

function readQuorum(
  section: Section,
  total: number,
  { reports }: ScriptContext,
): { readonly quorum: number; readonly hysteresis: number } {
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

function readSorryServer(
  section: Section,
  key: ServiceKey,
  forwarding: ForwardingMethod,
  context: ScriptContext,
): SorryServer | null {
  if (!section.has('sorry_server')) return null;
  const [address, port] = section.words('sorry_server');
  const endpoint = endpointOf(address?.text ?? '', port?.text ?? '');
  if (endpoint === null) return null;
  const method = methodIn(section, 'sorry_server_lvs_method') ?? forwarding;
  const place = (): Span => port?.span ?? section.span;
  return {
    address: endpoint.address,
    port: portFor(method, endpoint, key, place, context.reports),
    forwarding: method,
    inhibit: section.has('sorry_server_inhibit'),
  };
}
