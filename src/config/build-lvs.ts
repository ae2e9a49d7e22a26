/** Sections → virtual servers of the model: what they hand down is filled in here. */
import {
  addressBits,
  type Family,
  familyOf,
  parseAddress,
  prefixLengthOf,
} from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import type { Check, CheckPacing, CheckTarget, HttpUrl, StatusRange } from '../model/checker.ts';
import { formatService } from '../model/names.ts';
import type {
  ForwardingMethod,
  HealthConfig,
  Persistence,
  Protocol,
  RealServer,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../model/virtual-server.ts';
import type { Word } from './ast.ts';
import { readScript, type ScriptContext } from './build-script.ts';
import { SCHEDULERS } from './keywords/lvs.ts';
import type { Section } from './section.ts';

const DEFAULT_SCHEDULER = 'wlc';
const METHODS: Readonly<Record<string, ForwardingMethod>> = { NAT: 'nat', DR: 'dr', TUN: 'tun' };
const PERSISTENCE_SECONDS = 360;
const MARK_MAX = 4_294_967_295;
const PORT_MAX = 65_535;

/** `look` sees each virtual server's section, which is not kept. */
export function buildHealth(
  root: Section,
  globals: Section,
  context: ScriptContext,
  look: (virtualServer: Section) => void,
): HealthConfig {
  const virtualServers: VirtualServer[] = [];
  const names = new Set<string>();
  for (const section of root.each('virtual_server')) {
    look(section);
    const server = buildVirtualServer(section, globals, context);
    if (server === null) continue;
    const name = formatService(server.key);
    if (names.has(name)) {
      context.reports.add({
        code: 'duplicate',
        span: section.span,
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

function buildVirtualServer(
  section: Section,
  globals: Section,
  context: ScriptContext,
): VirtualServer | null {
  const key = readKey(section, context);
  if (key === null) return null;
  const forwarding = readMethod(section, 'lvs_method', 'nat', context);
  const pacing = readPacingWords(section);
  const realServers = readRealServers({ section, key, forwarding, pacing, globals }, context);
  if (!section.mentions('real_server')) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `virtual_server ${formatService(key)} has no real_server`,
    });
  }
  if (realServers.length === 0) return null;
  const total = realServers.reduce((sum, one) => sum + one.weight, 0);
  return {
    key,
    scheduler: readScheduler(section, context),
    schedulerFlags: {
      fallback: section.has('sh-fallback') || section.has('mh-fallback'),
      port: section.has('sh-port') || section.has('mh-port'),
    },
    onePacket: readOnePacket(section, key, context),
    persistence: readPersistence(section, key, context),
    realServers,
    sorryServer: readSorryServer(section, key, forwarding, context),
    ...readQuorum(section, total, context),
    quorumUp: readScript(section, 'quorum_up', context),
    quorumDown: readScript(section, 'quorum_down', context),
    omega: section.has('omega'),
  };
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
  const endpoint = endpointOf(section.label);
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

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `IP [PORT]`; without port, or 0: every port. Null: they are not, which has been told. */
function endpointOf([addressWord, portWord]: readonly Word[]): Endpoint | null {
  const address = parseAddress(addressWord?.text ?? '');
  const port = Number(portWord?.text ?? 0);
  return address !== null && port >= 0 && port <= PORT_MAX ? { address, port } : null;
}

function readMethod(
  section: Section,
  name: 'lvs_method' | 'sorry_server_lvs_method',
  otherwise: ForwardingMethod,
  { reports }: ScriptContext,
): ForwardingMethod {
  const [word] = section.words(name);
  if (word !== undefined) return METHODS[word.text] ?? otherwise;
  if (
    section.block === 'virtual_server' &&
    name === 'lvs_method' &&
    !section.mentions(name, 'lb_kind')
  ) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no lvs_method: keepalived takes NAT',
      hint: 'write "lvs_method NAT", or DR or TUN if that is meant',
    });
  }
  return otherwise;
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
  return { timeoutSeconds: timeout ?? PERSISTENCE_SECONDS, granularityBits: read ?? bits };
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
  const endpoint = endpointOf(section.words('sorry_server'));
  if (endpoint === null) return null;
  const method = readMethod(section, 'sorry_server_lvs_method', forwarding, context);
  return {
    address: endpoint.address,
    port: portFor(method, endpoint, key, section, context),
    forwarding: method,
    inhibit: section.has('sorry_server_inhibit'),
  };
}

/** DR and TUN cannot change the port: the real server is sent what the client sent. */
function portFor(
  forwarding: ForwardingMethod,
  { port }: Endpoint,
  key: ServiceKey,
  section: Section,
  { reports }: ScriptContext,
): number {
  const servicePort = key.kind === 'address' ? key.port : 0;
  if (forwarding === 'nat') return port === 0 ? servicePort : port;
  if (port !== servicePort && port !== 0 && key.kind === 'address') {
    reports.add({
      code: 'port-ignored',
      span: section.label[1]?.span ?? section.span,
      message: `${forwarding.toUpperCase()} cannot change the port: ${servicePort} is used instead of ${port}`,
      hint: 'write the port of the virtual server, or use NAT',
    });
  }
  return servicePort;
}

interface Parent {
  readonly section: Section;
  readonly key: ServiceKey;
  readonly forwarding: ForwardingMethod;
  readonly pacing: PacingWords;
  readonly globals: Section;
}

function buildRealServer(
  section: Section,
  parent: Parent,
  context: ScriptContext,
): RealServer | null {
  const endpoint = endpointOf(section.label);
  if (endpoint === null) return null;
  const forwarding = readMethod(section, 'lvs_method', parent.forwarding, context);
  if (!sameFamily(endpoint, parent.key.family, forwarding, section, context)) return null;
  const { upper, lower } = readThresholds(section, context);
  return {
    address: endpoint.address,
    port: portFor(forwarding, endpoint, parent.key, section, context),
    forwarding,
    weight: section.number('weight') ?? parent.section.number('weight') ?? 1,
    upperThreshold: upper,
    lowerThreshold: lower,
    inhibitOnFailure: inherited('inhibit_on_failure', section, parent.section),
    checks: readChecks(section, parent, endpoint, context),
    notifyUp: readScript(section, 'notify_up', context),
    notifyDown: readScript(section, 'notify_down', context),
  };
}

function sameFamily(
  { address }: Endpoint,
  family: Family,
  forwarding: ForwardingMethod,
  section: Section,
  { reports }: ScriptContext,
): boolean {
  if (familyOf(address) === family || forwarding === 'tun') return true;
  reports.add({
    code: 'contradiction',
    span: section.label[0]?.span ?? section.span,
    message: `${address} is of another family than its virtual_server`,
    hint: 'only TUN can forward to the other family',
  });
  return false;
}

function readThresholds(
  section: Section,
  { reports }: ScriptContext,
): { readonly upper: number; readonly lower: number } {
  const upper = section.number('uthreshold') ?? 0;
  const lower = section.number('lthreshold') ?? 0;
  if (lower <= upper) return { upper, lower };
  reports.add({
    code: 'contradiction',
    span: section.find('lthreshold')?.span ?? section.span,
    message: `lthreshold ${lower} is above uthreshold ${upper}`,
    hint: 'the lower one is where new connections are sent again',
  });
  return { upper, lower: 0 };
}

function inherited(name: string, ...sections: readonly Section[]): boolean {
  for (const section of sections) {
    const value = section.boolean(name);
    if (value !== null) return value;
  }
  return false;
}

/** Each address and port once. */
function readRealServers(parent: Parent, context: ScriptContext): readonly RealServer[] {
  const servers: RealServer[] = [];
  const seen = new Set<string>();
  for (const section of parent.section.sections('real_server')) {
    const server = buildRealServer(section, parent, context);
    if (server === null) continue;
    const name = formatEndpoint(server.address, server.port);
    if (seen.has(name)) {
      context.reports.add({
        code: 'duplicate',
        span: section.label[0]?.span ?? section.span,
        message: `${name} is a real_server of this virtual_server already`,
      });
      continue;
    }
    seen.add(name);
    servers.push(server);
  }
  return servers;
}

function readChecks(
  real: Section,
  parent: Parent,
  endpoint: Endpoint,
  context: ScriptContext,
): readonly Check[] {
  const port = endpoint.port || (parent.key.kind === 'address' ? parent.key.port : 0);
  const scopes = { real: readPacingWords(real), virtual: parent.pacing, globals: parent.globals };
  const tcp = real.sections('TCP_CHECK').map(
    (section): Check => ({
      kind: 'tcp',
      target: readTarget(section, { address: endpoint.address, port }),
      pacing: readPacing(section, scopes, 1),
    }),
  );
  const http = real.sections('HTTP_GET', 'SSL_GET').flatMap((section) => {
    const target = readTarget(section, { address: endpoint.address, port });
    const pacing = readPacing(section, scopes, 3);
    return readHttp([section, real, parent.section], { target, pacing }, context) ?? [];
  });
  return [...tcp, ...http];
}

function readTarget(section: Section, endpoint: Endpoint): CheckTarget {
  return {
    address: section.text('connect_ip') ?? endpoint.address,
    port: section.number('connect_port') ?? endpoint.port,
    bindAddress: section.text('bindto'),
    bindPort: section.number('bind_port') ?? 0,
    bindInterface: section.text('bind_if'),
    fwmark: section.number('fwmark') ?? 0,
  };
}

/** The nearest word counts: of the checker, its real server, its virtual server. */
function readPacing(
  section: Section,
  { real, virtual, globals }: PacingScopes,
  retryDelaySeconds: number,
): CheckPacing {
  const own = readPacingWords(section);
  const delayLoopSeconds =
    own.delayLoopSeconds ?? real.delayLoopSeconds ?? virtual.delayLoopSeconds ?? 60;
  return {
    delayLoopMs: delayLoopSeconds * 1000,
    retry: own.retry ?? real.retry ?? virtual.retry ?? 1,
    delayBeforeRetryMs:
      (own.retryDelaySeconds ??
        real.retryDelaySeconds ??
        virtual.retryDelaySeconds ??
        retryDelaySeconds) * 1000,
    warmupMs:
      (own.warmupSeconds ?? real.warmupSeconds ?? virtual.warmupSeconds ?? delayLoopSeconds) * 1000,
    connectTimeoutMs:
      (own.connectSeconds ?? real.connectSeconds ?? virtual.connectSeconds ?? 5) * 1000,
    alpha: own.alpha ?? real.alpha ?? virtual.alpha ?? false,
    logAllFailures:
      section.boolean('log_all_failures') ?? globals.boolean('checker_log_all_failures') ?? false,
  };
}

/** What one block says of pacing; null: nothing. A virtual server is asked once for all its checkers. */
interface PacingWords {
  readonly delayLoopSeconds: number | null;
  readonly retry: number | null;
  readonly retryDelaySeconds: number | null;
  readonly warmupSeconds: number | null;
  readonly connectSeconds: number | null;
  readonly alpha: boolean | null;
}

interface PacingScopes {
  readonly real: PacingWords;
  readonly virtual: PacingWords;
  readonly globals: Section;
}

function readPacingWords(section: Section): PacingWords {
  return {
    delayLoopSeconds: section.number('delay_loop'),
    retry: section.number('retry'),
    retryDelaySeconds: section.number('delay_before_retry'),
    warmupSeconds: section.number('warmup'),
    connectSeconds: section.number('connect_timeout'),
    alpha: section.boolean('alpha'),
  };
}

/** The first scope is the checker itself. */
function readHttp(
  scopes: readonly [Section, ...Section[]],
  { target, pacing }: { readonly target: CheckTarget; readonly pacing: CheckPacing },
  context: ScriptContext,
): Check | null {
  const [section] = scopes;
  const urls = section.sections('url').map(readUrl);
  if (urls.length === 0) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `${section.block} asks for no url`,
      hint: 'url { path / }',
    });
    return null;
  }
  const named = scopes.map((scope) => scope.text('virtualhost'));
  const protocol = section.text('http_protocol') ?? '1.0';
  return {
    kind: 'http',
    tls: section.block === 'SSL_GET',
    target,
    pacing,
    httpVersion: protocol === '1.1' ? '1.1' : protocol === '1.0' ? '1.0' : '1.0c',
    host: named.find((name) => name !== null) ?? formatEndpoint(target.address, target.port),
    urls,
    fastRecovery: section.boolean('fast_recovery') ?? false,
  };
}

function readUrl(section: Section): HttpUrl {
  const codes = section.words('status_code').map(({ text }) => statusRange(text));
  return {
    path: section.text('path') ?? '/',
    digest: section.text('digest')?.toLowerCase() ?? null,
    statusCodes: codes.length === 0 ? [{ first: 200, last: 299 }] : codes,
    virtualHost: section.text('virtualhost'),
  };
}

/** `200` or `200-299`. */
function statusRange(text: string): StatusRange {
  const [first = '', last = first] = text.split('-');
  return { first: Number(first), last: Number(last) };
}
