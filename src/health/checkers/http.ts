/**
 * HTTP_GET and SSL_GET: one GET of one url; up if the status code is wanted and, where the url has a
 * digest, the MD5 of the body is right. undici reads the reply; only its
 * client is loaded, which takes half the memory and a quarter of the time of the whole.
 *
 * Unlike keepalived, a complete reply is enough: the server may then keep its connection open.
 */
import { createHash, type Hash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dispatcher, Client as UndiciClient } from 'undici';
import { formatEndpoint } from '../../base/endpoint.ts';
import type { Aimed, HttpCheck, HttpUrl } from '../../model/checker.ts';
import {
  type Attempt,
  type Checker,
  errorCode,
  type Failure,
  failureOf,
  type Verdict,
} from '../checker.ts';
import { BadReply, HttpWire, ReplyTooLarge } from './http-wire.ts';

const Client = createRequire(import.meta.url)(
  'undici/lib/dispatcher/client.js',
) as typeof UndiciClient;

export interface HttpQuestion {
  readonly check: Aimed<HttpCheck>;
  readonly url: HttpUrl;
}

/** A larger header fails, as keepalived fails one of 20 kB. */
const HEADER_BYTES_MAX = 16 * 1024;

/** A larger reply fails: an endless one must end. The body is digested as it comes, never kept. */
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

/** Of `102 Processing` and its like before the reply proper: each is small, and costs as much as a whole one. */
const INTERIM_REPLIES_MAX = 100;

export const checkHttp: Checker<HttpQuestion> = async (question, attempt) => {
  try {
    const socket = await attempt.dial(question.check.target, attempt.signal);
    return await askOver(socket, question, attempt).finally(() => socket.destroy());
  } catch (error) {
    return failureOf(error, attempt.signal, 'connecting');
  }
};

async function askOver(socket: Socket, question: HttpQuestion, attempt: Attempt): Promise<Verdict> {
  if (!question.check.tls) return await exchange(socket, question, attempt);
  const { secure } = await import('./tls.ts');
  attempt.signal.throwIfAborted();
  const secured = await secure(socket, attempt.signal);
  return 'up' in secured ? secured : await exchange(secured, question, attempt);
}

/** Sends the request and reads the reply, by a client of its own for a connection of its own. */
async function exchange(
  connection: Duplex,
  question: HttpQuestion,
  attempt: Attempt,
): Promise<Verdict> {
  const { url } = question;
  const hashes = url.digest === null ? null : { body: createHash('md5'), raw: createHash('md5') };
  const wire = new HttpWire(connection, {
    request: requestBytes(question),
    replyBytesMax: REPLY_BYTES_MAX,
    onOctets: attempt.progress,
    rawHash: hashes?.raw ?? null,
  });
  const reply = new ReplyReader({ url, wire, hashes, attempt });
  const client = new Client('http://real-server', {
    // Not at once: undici looks for the connection only when it has asked for one.
    connect: (_options, done) => queueMicrotask(() => done(null, wire as unknown as Socket)),
    maxHeaderSize: HEADER_BYTES_MAX,
    // Time is kept by the attempt's signal alone.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const onAbort = (): void => reply.onAbort();
  attempt.signal.addEventListener('abort', onAbort);
  client.dispatch({ method: 'GET', path: '/', reset: true }, reply);
  try {
    return await reply.verdict;
  } finally {
    attempt.signal.removeEventListener('abort', onAbort);
    await client.destroy();
  }
}

/**
 * The request in keepalived's order: servers answer HTTP/1.0 and 1.1 differently
 * (chunks), so undici's own request, which is always 1.1, will not do.
 */
function requestBytes({ check, url }: HttpQuestion): Buffer {
  const version = check.httpVersion === '1.1' ? '1.1' : '1.0';
  const lines = [`GET ${url.path} HTTP/${version}`, 'User-Agent: KeepAliveClient'];
  if (check.httpVersion !== '1.0') lines.push('Connection: close');
  const { address, port } = check.target;
  const host = url.virtualHost ?? check.host ?? formatEndpoint(address, port);
  lines.push(`Host: ${host}`, '', '');
  return Buffer.from(lines.join('\r\n'), 'utf8');
}

interface ReplyContext {
  readonly url: HttpUrl;
  readonly wire: HttpWire;
  /** MD5 of the body, and of all that follows the header as it came; null when nobody wants them. */
  readonly hashes: { readonly body: Hash; readonly raw: Hash } | null;
  readonly attempt: Attempt;
}

/** Makes a verdict of what undici tells about one reply. */
class ReplyReader implements Dispatcher.DispatchHandler {
  readonly verdict: Promise<Verdict>;
  private readonly context: ReplyContext;
  private give: (verdict: Verdict) => void = () => {};
  /** 0 until a header has come. */
  private status = 0;
  private interimReplies = 0;
  private chunked = false;

  constructor(context: ReplyContext) {
    this.context = context;
    this.verdict = new Promise((resolve) => {
      this.give = resolve;
    });
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) {
      // Interim: the reply proper follows.
      this.interimReplies += 1;
      if (this.interimReplies > INTERIM_REPLIES_MAX) this.give(TOO_MANY_INTERIM);
      return;
    }
    this.status = status;
    this.chunked = headers['transfer-encoding'] !== undefined;
    // An unwanted status decides; an error page may be long.
    if (!this.wantsStatus()) this.decide();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.context.hashes?.body.update(chunk);
  }

  onResponseEnd(): void {
    // undici takes a reset for the end of a body that has no length of its own.
    const { left } = this.context.wire;
    if (left instanceof Error) this.give(replyFailure(left));
    else this.decide();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // A body shorter than its content-length is a complete reply to keepalived.
    if (this.status !== 0 && this.context.wire.left === 'ended') this.decide();
    else this.give(replyFailure(error));
  }

  onAbort(): void {
    const detail = this.status === 0 ? 'waiting for the reply' : 'reading the body';
    this.give({ up: false, reason: 'timeout', detail });
  }

  private wantsStatus(): boolean {
    return this.context.url.statusCodes.some(
      ({ first, last }) => this.status >= first && this.status <= last,
    );
  }

  private decide(): void {
    const detail = `HTTP status ${this.status}`;
    const digest = this.digest();
    if (!this.wantsStatus()) {
      this.give({ up: false, reason: 'status', detail });
    } else if (digest !== this.context.url.digest) {
      this.give({ up: false, reason: 'digest', detail: `MD5 ${digest}` });
    } else {
      this.give({ up: true, latencyMs: this.context.attempt.elapsedMs(), detail });
    }
  }

  /**
   * keepalived knows no chunks: its digest, and so the operator's, is over their sizes as well.
   * Otherwise it is over the body, which ends with its content-length.
   */
  private digest(): string | null {
    const { hashes } = this.context;
    if (hashes === null) return null;
    return (this.chunked ? hashes.raw : hashes.body).copy().digest('hex');
  }
}

const TOO_MANY_INTERIM: Failure = {
  up: false,
  reason: 'too-large',
  detail: `over ${INTERIM_REPLIES_MAX} interim replies`,
};

function replyFailure(error: Error): Failure {
  const { message } = error;
  if (error instanceof BadReply) return { up: false, reason: 'bad-reply', detail: message };
  if (error instanceof ReplyTooLarge) return { up: false, reason: 'too-large', detail: message };
  const code = errorCode(error) ?? '';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { up: false, reason: 'too-large', detail: `header over ${HEADER_BYTES_MAX} octets` };
  }
  if (code === 'UND_ERR_SOCKET' && message.endsWith('closed')) {
    return { up: false, reason: 'closed', detail: 'before the reply was complete' };
  }
  if (code.startsWith('UND_ERR_') || error.name === 'HTTPParserError') {
    return { up: false, reason: 'bad-reply', detail: message };
  }
  return failureOf(error, NEVER, 'reading the reply');
}

/** For errors that are not the deadline's. */
const NEVER: AbortSignal = new AbortController().signal;
