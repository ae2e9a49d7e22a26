/** The other end of the control socket: what `lvsctl` asks a running daemon. */
import { request } from 'node:http';
import { join } from 'node:path';
import { DirectorError, errnoName } from '../base/error.ts';
import type { Millis } from '../base/time.ts';
import type { SteerReport } from '../model/drain.ts';
import {
  type Answers,
  type ApiError,
  CONTROL_SOCKET,
  type DrainRequest,
  EVERYTHING,
  type ServerRequest,
} from './protocol.ts';

const REPLY_MS_MAX: Millis = 15_000;
/** The answer to a reload may wait for the one that runs; each waits for its processes. */
const STEER_MS_MAX: Millis = 60_000;

/** The daemon of one run directory. */
export interface Control extends Answers {
  drain(request: DrainRequest): Promise<SteerReport>;
  disable(request: ServerRequest): Promise<SteerReport>;
  enable(request: ServerRequest): Promise<SteerReport>;
}

/** Connects at each request. @throws DirectorError DAEMON_UNREACHABLE or REQUEST_REFUSED. */
export function openControl(runDir: string): Control {
  const steer = <Reply>(what: string, body?: object): Promise<Reply> =>
    ask<Reply>(runDir, { method: 'POST', path: `/v1/${what}`, timeout: STEER_MS_MAX, body });
  const look = <Reply>(what: string): Promise<Reply> =>
    ask(runDir, { method: 'GET', path: `/v1/${what}`, timeout: REPLY_MS_MAX, body: undefined });
  return {
    snapshot: ({ withStatistics } = EVERYTHING) => look(withStatistics ? 'snapshot' : 'topology'),
    reload: (request) => steer('reload', request),
    plan: (request) => steer('plan', request),
    apply: (request) => steer('apply', request),
    confirm: () => steer('confirm'),
    rollback: () => steer('rollback'),
    verify: () => steer('verify'),
    zero: (request) => steer('zero', request),
    drains: () => look('drains'),
    drain: (request) => steer('drain', request),
    disable: (request) => steer('disable', request),
    enable: (request) => steer('enable', request),
    failOver: (request) => steer('failover', request),
  };
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly timeout: Millis;
  readonly body: object | undefined;
}

function ask<Reply>(runDir: string, { method, path, timeout, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socketPath = join(runDir, CONTROL_SOCKET);
    // Without an agent: one request, and nothing is kept open that the process would wait for.
    const options = { socketPath, method, path, timeout, agent: false };
    const call = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', (error) => reject(unreachableDaemon(socketPath, error)));
      response.on('end', () => {
        try {
          const told: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
          if (response.statusCode === 200) resolve(told as Reply);
          else reject(refusal(told as ApiError));
        } catch (error) {
          reject(unreachableDaemon(socketPath, error as Error));
        }
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    call.on('error', (error) => reject(unreachableDaemon(socketPath, error)));
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function refusal(body: ApiError): DirectorError {
  return new DirectorError(
    'REQUEST_REFUSED',
    body.error,
    body.hint === undefined ? {} : { hint: body.hint },
  );
}

function unreachableDaemon(socketPath: string, cause: Error): DirectorError {
  const reason = errnoName(cause);
  const denied = reason === 'EACCES' || reason === 'EPERM';
  return new DirectorError('DAEMON_UNREACHABLE', `no lvsd answers on ${socketPath}: ${reason}`, {
    hint: denied
      ? 'run lvsctl as root or as a member of the group that owns the socket'
      : 'is lvsd running? With another run directory, say so: lvsctl --run-dir DIR',
    cause,
  });
}
