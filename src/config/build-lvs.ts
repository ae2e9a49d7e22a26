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
import { tellVirtualServer } from './rules.ts';
import type { Section } from './section.ts';

const DEFAULT_SCHEDULER = 'wlc';
const METHODS: Readonly<Record<string, ForwardingMethod>> = { NAT: 'nat', DR: 'dr', TUN: 'tun' };
const PERSISTENCE_SECONDS = 360;

export function buildHealth(root: Section, globals: Section, context: ScriptContext): HealthConfig {
  const virtualServers: VirtualServer[] = [];
  const names = new Set<string>();
  for (const section of root.each('virtual_server')) {
    tellVirtualServer(section, context.reports);
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
  const forwarding = readMethod(section, ['lvs_method', 'lb_kind'], 'nat', context);
  const real = section
    .sections('real_server')
    .flatMap(
      (inner) => buildRealServer(inner, { section, key, forwarding, globals }, context) ?? [],
    );
  const realServers = withoutDuplicates(real, section, context);
  if (realServers.length === 0 && section.mentions('real_server')) return null;
  if (realServers.length === 0) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `virtual_server ${formatService(key)} has no real_server`,
    });
    return null;
  }
  const total = realServers.reduce((sum, one) => sum + one.weight, 0);
  return {
    key,
    scheduler: readScheduler(section, context),
    schedulerFlags: readSchedulerFlags(section, context),
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

/** `IP [PORT]` or `fwmark N` in front of the block. */
function readKey(section: Section, context: ScriptContext): ServiceKey | null {
  const [first, second] = section.label;
  const { reports } = context;
  if (first?.text === 'fwmark') {
    const mark = Number(second?.text);
    if (Number.isInteger(mark) && mark > 0 && mark <= 4_294_967_295) {
      const family = section.text('ip_family') === 'inet6' ? 'ipv6' : 'ipv4';
      return { kind: 'fwmark', family, mark };
    }
    reports.add({
      code: 'bad-value',
      span: (second ?? first).span,
      message: 'a firewall mark is a number from 1 to 4294967295',
    });
    return null;
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
  const endpoint = readEndpoint(section.label, section, context);
  if (endpoint === null) return null;
  const protocol = (section.text('protocol')?.toLowerCase() ?? null) as Protocol | null;
  if (protocol === null && !section.mentions('protocol')) {
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

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `IP [PORT]`; without port, or 0: every port. */
function readEndpoint(
  [addressWord, portWord]: readonly Word[],
  section: Section,
  { reports }: ScriptContext,
): Endpoint | null {
  const address = addressWord === undefined ? null : parseAddress(addressWord.text);
  if (address === null) {
    reports.add({
      code: addressWord === undefined ? 'missing-argument' : 'bad-value',
      span: addressWord?.span ?? section.span,
      message:
        addressWord === undefined
          ? `"${section.block}" needs an address`
          : `"${addressWord.text}" is no IP address`,
      hint: `${section.block} IP PORT { … }`,
    });
    return null;
  }
  const port = portWord === undefined ? 0 : Number(portWord.text);
  if (portWord !== undefined && !(/^\d+$/.test(portWord.text) && port <= 65_535)) {
    reports.add({
      code: /^\d+$/.test(portWord.text) ? 'out-of-range' : 'bad-value',
      span: portWord.span,
      message: `"${portWord.text}" is no port`,
      hint: 'a port is a number from 1 to 65535; 0 or none means every port',
    });
    return null;
  }
  return { address, port };
}

function readMethod(
  section: Section,
  names: readonly string[],
  otherwise: ForwardingMethod,
  { reports }: ScriptContext,
): ForwardingMethod {
  const word = section.words(...names)[0];
  if (word === undefined) {
    if (
      section.block === 'virtual_server' &&
      names[0] === 'lvs_method' &&
      !section.mentions(...names)
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
  const method = METHODS[word.text];
  if (method !== undefined) return method;
  const meant = METHODS[word.text.toUpperCase()] === undefined ? null : word.text.toUpperCase();
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${word.text}" is no forwarding method`,
    hint: 'one of NAT, DR, TUN, in capital letters',
    ...(meant === null ? {} : { suggestion: meant }),
  });
  return otherwise;
}

function readScheduler(section: Section, { reports }: ScriptContext): string {
  const name = section.text('lvs_sched', 'lb_algo');
  if (name === null && !section.mentions('lvs_sched', 'lb_algo')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `this virtual_server names no lvs_sched: keepalived takes ${DEFAULT_SCHEDULER}`,
      hint: `write "lvs_sched ${DEFAULT_SCHEDULER}", or another one: ${SCHEDULERS.join(' ')}`,
    });
  }
  return name ?? DEFAULT_SCHEDULER;
}

/** Flags of schedulers; one that its scheduler does not have is told. */
function readSchedulerFlags(
  section: Section,
  { reports }: ScriptContext,
): VirtualServer['schedulerFlags'] {
  const scheduler = section.text('lvs_sched', 'lb_algo');
  const isSet = (flag: string): boolean => {
    const flags = ['sh', 'mh'].flatMap((owner) => {
      const setting = section.find(`${owner}-${flag}`);
      return setting === null ? [] : [{ owner, setting }];
    });
    for (const { owner, setting } of flags) {
      if (scheduler === null || scheduler === owner) continue;
      reports.add({
        code: 'contradiction',
        span: setting.span,
        message: `${owner}-${flag} is for the scheduler ${owner}, and this virtual_server has ${scheduler}`,
        hint: `write "lvs_sched ${owner}", or remove it`,
      });
    }
    return flags.some(({ owner }) => scheduler === owner);
  };
  return { fallback: isSet('fallback'), port: isSet('port') };
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
  if (everyPort && timeout === null && granularity === null) {
    reports.add({
      code: 'adjusted',
      span: section.span,
      message: `a virtual_server of every port is persistent: ${PERSISTENCE_SECONDS} s`,
      hint: 'write persistence_timeout, or a port',
    });
  }
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
  const endpoint = readEndpoint(section.words('sorry_server'), section, context);
  if (endpoint === null) return null;
  const method = readMethod(section, ['sorry_server_lvs_method'], forwarding, context);
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
      code: 'adjusted',
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
  readonly globals: Section;
}

function buildRealServer(
  section: Section,
  parent: Parent,
  context: ScriptContext,
): RealServer | null {
  const endpoint = readEndpoint(section.label, section, context);
  if (endpoint === null) return null;
  const forwarding = readMethod(section, ['lvs_method', 'lb_kind'], parent.forwarding, context);
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

function withoutDuplicates(
  servers: readonly RealServer[],
  section: Section,
  { reports }: ScriptContext,
): readonly RealServer[] {
  const seen = new Set<string>();
  const inners = section.sections('real_server');
  return servers.filter((server) => {
    const name = formatEndpoint(server.address, server.port);
    if (!seen.has(name)) {
      seen.add(name);
      return true;
    }
    const again = inners.findLast((inner) => inner.label[0]?.text === server.address);
    reports.add({
      code: 'duplicate',
      span: again?.label[0]?.span ?? section.span,
      message: `${name} is a real_server of this virtual_server already`,
    });
    return false;
  });
}

function readChecks(
  real: Section,
  parent: Parent,
  endpoint: Endpoint,
  context: ScriptContext,
): readonly Check[] {
  const scopes = [real, parent.section];
  const port = endpoint.port || (parent.key.kind === 'address' ? parent.key.port : 0);
  const tcp = real.sections('TCP_CHECK').map(
    (section): Check => ({
      kind: 'tcp',
      target: readTarget(section, { ...endpoint, port }),
      pacing: readPacing([section, ...scopes], parent.globals, 1),
    }),
  );
  const http = real
    .sections('HTTP_GET', 'SSL_GET')
    .flatMap((section) => readHttp(section, scopes, { ...endpoint, port }, parent, context) ?? []);
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
  scopes: readonly Section[],
  globals: Section,
  retryDelaySeconds: number,
): CheckPacing {
  const first = (names: readonly string[], otherwise: number): number => {
    for (const scope of scopes) {
      const value = scope.number(...names);
      if (value !== null) return value;
    }
    return otherwise;
  };
  const delayLoopMs = first(['delay_loop'], 60) * 1000;
  return {
    delayLoopMs,
    retry: first(['retry', 'nb_get_retry'], 1),
    delayBeforeRetryMs: first(['delay_before_retry'], retryDelaySeconds) * 1000,
    warmupMs: first(['warmup'], delayLoopMs / 1000) * 1000,
    connectTimeoutMs: first(['connect_timeout'], 5) * 1000,
    alpha: inherited('alpha', ...scopes),
    logAllFailures:
      scopes[0]?.boolean('log_all_failures') ??
      globals.boolean('checker_log_all_failures') ??
      false,
  };
}

function readHttp(
  section: Section,
  scopes: readonly Section[],
  endpoint: Endpoint,
  parent: Parent,
  context: ScriptContext,
): Check | null {
  const urls = section.sections('url').map((url) => readUrl(url, context));
  if (urls.length === 0) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `${section.block} asks for no url`,
      hint: 'url { path / }',
    });
    return null;
  }
  const target = readTarget(section, endpoint);
  const named = [section, ...scopes].map((scope) => scope.text('virtualhost'));
  const protocol = section.text('http_protocol') ?? '1.0';
  return {
    kind: 'http',
    tls: section.block === 'SSL_GET',
    target,
    pacing: readPacing([section, ...scopes], parent.globals, 3),
    httpVersion: protocol === '1.1' ? '1.1' : protocol === '1.0' ? '1.0' : '1.0c',
    host: named.find((name) => name !== null) ?? formatEndpoint(target.address, target.port),
    urls,
    fastRecovery: section.boolean('fast_recovery') ?? false,
  };
}

function readUrl(section: Section, context: ScriptContext): HttpUrl {
  const digest = section.text('digest')?.toLowerCase() ?? null;
  if (digest !== null && !/^[0-9a-f]{32}$/.test(digest)) {
    context.reports.add({
      code: 'bad-value',
      span: section.find('digest')?.span ?? section.span,
      message: `"${digest}" is no MD5`,
      hint: '32 hexadecimal digits',
    });
  }
  const words = section.words('status_code');
  return {
    path: section.text('path') ?? '/',
    digest,
    statusCodes:
      words.length === 0
        ? [{ first: 200, last: 299 }]
        : words.flatMap((word) => readRange(word, context)),
    virtualHost: section.text('virtualhost'),
  };
}

function readRange(word: Word, { reports }: ScriptContext): readonly StatusRange[] {
  const found = /^(\d{3})(?:-(\d{3}))?$/.exec(word.text);
  const first = Number(found?.[1]);
  const last = Number(found?.[2] ?? found?.[1]);
  if (found !== null && first >= 100 && last >= first) return [{ first, last }];
  reports.add({
    code: 'bad-value',
    span: word.span,
    message: `"${word.text}" is no status code`,
    hint: 'codes from 100 to 999, or ranges such as 200-299',
  });
  return [];
}
