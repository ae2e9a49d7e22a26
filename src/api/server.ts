/**
 * The daemon's end of the control socket: Node's HTTP server on a unix socket in the run directory.
 * Reading is for whoever may open the socket; steering only for root and the daemon's own account.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DirectorError, describeError, errnoName, reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { systemClock } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { SteerReport, SteerRequest } from '../model/drain.ts';
import { type Answers, type ApiError, CONTROL_SOCKET } from './protocol.ts';
import {
  parseApplyRequest,
  parseDrainRequest,
  parseFailoverRequest,
  parsePlanRequest,
  parseReloadRequest,
  parseServerRequest,
  parseZeroRequest,
} from './requests.ts';

/** Connections at once: a person, a monitor and some scripts; more is a mistake or an attack. */
const CONNECTIONS_MAX = 32;
/** A request line and headers larger than this are refused by Node with 431. */
const HEADER_BYTES_MAX = 8 * 1024;
/** Two paths of the longest kind that Linux knows. */
const BODY_BYTES_MAX = 16 * 1024;
const REQUEST_MS_MAX = 5_000;
/** Different requests that fail are told at once, so many of them. */
const NEWS_MAX = 16;

export interface ControlDuties extends Answers {
  steer(request: SteerRequest): Promise<SteerReport>;
}

export interface ControlServerOptions {
  readonly runDir: string;
  readonly duties: ControlDuties;
  readonly log: Log;
  /** Whether the process at the other end may steer, as the kernel tells (SO_PEERCRED). */
  maySteer(socket: Socket): boolean;
}

/** What clients ask for in vain: they are told, and who asks all the time does not fill the log. */
interface Troubles {
  readonly forbidden: Trouble;
  readonly refused: Trouble;
  readonly failed: Trouble;
}

export interface ControlServer {
  close(): void;
}

/** `body`: what came with the request, undefined when nothing did. @throws DirectorError USAGE */
type Route = (duties: ControlDuties, body: unknown) => Promise<object>;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v1/snapshot': (duties) => duties.snapshot(),
  'GET /v1/topology': (duties) => duties.snapshot({ withStatistics: false }),
  'POST /v1/reload': (duties, body) => duties.reload(parseReloadRequest(body)),
  'POST /v1/plan': (duties, body) => duties.plan(parsePlanRequest(body)),
  'POST /v1/apply': (duties, body) => duties.apply(parseApplyRequest(body)),
  'POST /v1/confirm': (duties) => duties.confirm(),
  'POST /v1/rollback': (duties) => duties.rollback(),
  'POST /v1/verify': (duties) => duties.verify(),
  'POST /v1/zero': (duties, body) => duties.zero(parseZeroRequest(body)),
  'GET /v1/drains': (duties) => duties.drains(),
  'POST /v1/drain': (duties, body) => {
    const { timeoutMs, atEnd, ...server } = parseDrainRequest(body);
    return duties.steer({ ...server, want: { kind: 'drain', timeoutMs, atEnd } });
  },
  'POST /v1/disable': (duties, body) =>
    duties.steer({ ...parseServerRequest(body), want: { kind: 'disable' } }),
  'POST /v1/enable': (duties, body) =>
    duties.steer({ ...parseServerRequest(body), want: { kind: 'enable' } }),
  'POST /v1/failover': (duties, body) => duties.failOver(parseFailoverRequest(body)),
};

/**
 * Opens the socket, readable and writable for the daemon's account and group.
 * @throws DirectorError DAEMON_RUNNING when another daemon answers on it; SOCKET_FAILED.
 */
export async function openControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const path = join(options.runDir, CONTROL_SOCKET);
  refuseLongPath(path);
  mkdirSync(options.runDir, { recursive: true, mode: 0o755 });
  if (await answers(path)) {
    throw new DirectorError('DAEMON_RUNNING', `another lvsd already runs in ${options.runDir}`, {
      hint: 'stop it first, or give this one another --run-dir',
    });
  }
  rmSync(path, { force: true });
  const troubles = troublesTo(options.log);
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_MS_MAX },
    (request, response) => void answer(request, response, options, troubles),
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, path);
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(path, { force: true });
    },
  };
}

function troublesTo(log: Log): Troubles {
  const trouble = (level: 'error' | 'warn', message: string): Trouble =>
    new Trouble({ clock: systemClock, log }, { level, message, over: null, newsMax: NEWS_MAX });
  return {
    forbidden: trouble('warn', 'request refused: not root'),
    refused: trouble('warn', 'request failed'),
    failed: trouble('error', 'request failed'),
  };
}

/** Without its final NUL: sun_path in include/uapi/linux/un.h. Node 20 cuts a longer one in silence. */
const PATH_BYTES_MAX = 107;

function refuseLongPath(path: string): void {
  const octets = Buffer.byteLength(path);
  if (octets <= PATH_BYTES_MAX) return;
  const what = `the path of the control socket has ${octets} octets, and may have ${PATH_BYTES_MAX}`;
  throw new DirectorError('SOCKET_FAILED', `${what}: ${path}`, {
    hint: 'give lvsd a shorter --run-dir',
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new DirectorError(
          'SOCKET_FAILED',
          `cannot open the control socket ${path}: ${errnoName(cause)}`,
          { cause, hint: 'give lvsd a directory that it may write: --run-dir DIR' },
        ),
      ),
    );
    const mask = process.umask(0o117);
    server.listen(path, () => resolve());
    process.umask(mask);
  });
}

/** A socket file without anybody behind it is left from a daemon that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlServerOptions,
  { forbidden, refused, failed }: Troubles,
): Promise<void> {
  const name = `${request.method} ${request.url}`;
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
  if (route === undefined) {
    request.resume();
    reply(response, 404, { error: `no such request: ${name}`, hint: knownRequests() });
    return;
  }
  if (request.method !== 'GET' && !options.maySteer(request.socket)) {
    request.resume();
    forbidden.happened({ request: name }, name);
    reply(response, 403, { error: 'only root may steer the daemon' });
    return;
  }
  try {
    reply(response, 200, await route(options.duties, await readBody(request)));
  } catch (error) {
    // A refusal is nothing that anybody but who asked must act on.
    const fields = { request: name, ...reasonAndHint(error) };
    const trouble = error instanceof DirectorError ? refused : failed;
    trouble.happened(fields, `${name} ${fields.reason}`);
    reply(response, statusOf(error), toApiError(error));
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof DirectorError)) return 500;
  if (error.code === 'UNKNOWN_SERVER' || error.code === 'UNKNOWN_INSTANCE') return 404;
  if (error.code === 'NO_SUCCESSOR' || error.code === 'SERVICE_NEEDED') return 409;
  return error.code === 'USAGE' ? 400 : 503;
}

/** The JSON that comes with a request; undefined: nothing does. @throws DirectorError USAGE */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let octets = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    octets += part.length;
    if (octets > BODY_BYTES_MAX) {
      throw new DirectorError('USAGE', `a request has at most ${BODY_BYTES_MAX} octets`);
    }
    parts.push(part);
  }
  if (octets === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (cause) {
    throw new DirectorError('USAGE', 'the request is no JSON', { cause });
  }
}

function toApiError(error: unknown): ApiError {
  if (!(error instanceof DirectorError)) return { error: describeError(error) };
  const { message, hint } = error;
  return hint === undefined ? { error: message } : { error: message, hint };
}

function knownRequests(): string {
  return `there are ${Object.keys(ROUTES).join(', ')}`;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
