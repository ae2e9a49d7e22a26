/** Small builders of configuration: a test names only what it is about. */
import type { OrderPort } from '../../src/health/ports.ts';
import type {
  Aimed,
  CheckPacing,
  DialTarget,
  HttpCheck,
  HttpUrl,
  TcpCheck,
} from '../../src/model/checker.ts';
import type { Script } from '../../src/model/script.ts';
import type {
  RealServer,
  ServiceKey,
  SorryServer,
  VirtualServer,
} from '../../src/model/virtual-server.ts';

export function pacing(changes: Partial<CheckPacing> = {}): CheckPacing {
  return {
    delayLoopMs: 2000,
    retry: 0,
    delayBeforeRetryMs: 500,
    warmupMs: 0,
    connectTimeoutMs: 1000,
    alpha: false,
    logAllFailures: false,
    ...changes,
  };
}

export function tcpCheck(changes: Partial<CheckPacing> = {}, port = 80): Aimed<TcpCheck> {
  return { kind: 'tcp', target: target('10.0.0.1', port), pacing: pacing(changes) };
}

export function target(address: string, port: number): DialTarget {
  return { address, port, bindAddress: null, bindPort: 0, bindInterface: null, fwmark: 0 };
}

export function httpUrl(path: string, changes: Partial<HttpUrl> = {}): HttpUrl {
  const statusCodes = [{ first: 200, last: 299 }];
  return { path, digest: null, statusCodes, virtualHost: null, ...changes };
}

export function httpCheck(
  changes: Partial<CheckPacing> = {},
  http: Partial<Omit<Aimed<HttpCheck>, 'pacing'>> = {},
): Aimed<HttpCheck> {
  return {
    kind: 'http',
    tls: false,
    target: target('10.0.0.1', 80),
    pacing: pacing(changes),
    httpVersion: '1.0',
    host: '10.0.0.1:80',
    urls: [httpUrl('/')],
    fastRecovery: false,
    ...http,
  };
}

/** Of operators: none. */
export const NO_ORDERS: OrderPort = { isEmpty: true, orderOf: () => null };

export function script(name: string): Script {
  return { argv: [name], account: null };
}

export function realServer(address: string, changes: Partial<RealServer> = {}): RealServer {
  return {
    address,
    port: 80,
    forwarding: 'dr',
    tunnel: null,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    inhibitOnFailure: false,
    checks: [],
    notifyUp: null,
    notifyDown: null,
    mails: false,
    ...changes,
  };
}

export function sorryServer(changes: Partial<SorryServer> = {}): SorryServer {
  return {
    address: '10.0.0.9',
    port: 80,
    forwarding: 'dr',
    tunnel: null,
    inhibit: false,
    ...changes,
  };
}

export function serviceKey(address = '192.0.2.1', port = 80): ServiceKey {
  return { kind: 'address', family: 'ipv4', protocol: 'tcp', address, port };
}

export function virtualServer(changes: Partial<VirtualServer> = {}): VirtualServer {
  return {
    keys: [serviceKey()],
    group: null,
    scheduler: 'wrr',
    schedulerFlags: { fallback: false, port: false, third: false },
    onePacket: false,
    persistence: null,
    realServers: [],
    sorryServer: null,
    quorum: 1,
    hysteresis: 0,
    quorumUp: null,
    quorumDown: null,
    mails: false,
    omega: false,
    drainOnRemoveMs: 0,
    ...changes,
  };
}
