/** HTTP_GET and SSL_GET against real servers, and servers that misbehave. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, describe, expect, test } from 'vitest';
import { nextTurn, sleep, systemClock } from '../../../src/base/time.ts';
import type { Verdict } from '../../../src/health/checker.ts';
import { checkHttp } from '../../../src/health/checkers/http.ts';
import type { Aimed, HttpCheck, HttpUrl } from '../../../src/model/checker.ts';
import { httpCheck, httpUrl, target } from '../make.ts';
import { attempt, Servers } from './world.ts';

const servers = new Servers();
afterAll(() => servers.close());

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const ok = 'HTTP/1.0 200 OK\r\n\r\n';

/** Sends the parts one after the other, a turn of the loop apart, then closes. */
const says =
  (...parts: string[]) =>
  (socket: Socket): void => {
    socket.once('data', async () => {
      for (const part of parts) {
        socket.write(part);
        await nextTurn();
      }
      socket.end();
    });
  };

/** Sends `text` and keeps the connection open. */
const saysAndStays =
  (text: string) =>
  (socket: Socket): void => {
    socket.once('data', () => socket.write(text));
  };

interface Asked {
  readonly url?: Partial<HttpUrl>;
  readonly check?: Partial<Omit<Aimed<HttpCheck>, 'pacing'>>;
  readonly silenceMs?: number;
  readonly totalMs?: number;
}

/** Where the server talks on or has said all: far more than that takes, on a machine that does much else. */
const PATIENT = { silenceMs: 10_000, totalMs: 30_000 };

async function ask(port: number, asked: Asked = {}): Promise<Verdict> {
  const url = httpUrl('/', asked.url);
  const check = httpCheck({}, { target: target('127.0.0.1', port), urls: [url], ...asked.check });
  return await attempt((a) => checkHttp({ check, url }, a), {
    silenceMs: asked.silenceMs ?? PATIENT.silenceMs,
    totalMs: asked.totalMs ?? PATIENT.totalMs,
  });
}

/** `up`, or the reason why not. */
function inBrief(verdict: Verdict): string {
  return verdict.up ? 'up' : verdict.reason;
}

const codes = (...ranges: [number, number][]): Partial<HttpUrl> => ({
  statusCodes: ranges.map(([first, last]) => ({ first, last })),
});

const body = 'x'.repeat(1000);
const chunks = '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const withLength = (length: number): string =>
  `HTTP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('a reply', () => {
  const replies: [string, string, (socket: Socket) => void, Partial<HttpUrl>?][] = [
    ['200', 'up', says('HTTP/1.0 200 OK\r\n\r\nhello')],
    ['204', 'up', says('HTTP/1.0 204 No Content\r\n\r\n')],
    ['299', 'up', says('HTTP/1.0 299 Strange\r\n\r\n')],
    ['100 alone', 'bad-reply', says('HTTP/1.1 100 Continue\r\n\r\n')],
    [
      '101',
      'bad-reply',
      says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
    ['199', 'closed', says('HTTP/1.1 199 Odd\r\n\r\n')],
    ['300', 'status', says('HTTP/1.0 300 Choices\r\n\r\n')],
    ['301 is not followed', 'status', says('HTTP/1.0 301 Moved\r\nLocation: /x\r\n\r\n')],
    [
      '301 that is wanted',
      'up',
      says('HTTP/1.0 301 Moved\r\nLocation: /x\r\n\r\n'),
      codes([200, 200], [301, 301]),
    ],
    ['304', 'status', says('HTTP/1.0 304 Not Modified\r\n\r\n')],
    ['404', 'status', says('HTTP/1.0 404 Not Found\r\n\r\n')],
    ['500', 'status', says('HTTP/1.0 500 Broken\r\n\r\nsorry')],
    ['203 of 200-204', 'up', says('HTTP/1.0 203 OK\r\n\r\n'), codes([200, 204])],
    ['205 of 200-204', 'status', says('HTTP/1.0 205 OK\r\n\r\n'), codes([200, 204])],
    ['header only, then close', 'up', says('HTTP/1.0 200 OK\r\nServer: x\r\n\r\n')],
    ['content-length too large', 'up', says(withLength(2000))],
    ['content-length too small', 'up', says(withLength(10))],
    ['empty', 'closed', says('')],
    ['header cut off', 'closed', says('HTTP/1.0 200 OK\r\nServ')],
    ['status line in pieces', 'up', says('HT', 'TP/1.0 2', '00 OK\r', '\n\r', '\nhello')],
    ['ICY 200 OK', 'up', says('ICY 200 OK\r\n\r\nmusic')],
    ['HTTP/2.0 200 OK', 'up', says('HTTP/2.0 200 OK\r\n\r\nhello')],
    ['HTTP/1.1 200 without a blank after it', 'bad-reply', says('HTTP/1.1 200\r\n\r\nhello')],
    ['no status line', 'bad-reply', says('hello\r\n\r\n')],
    ['LF line ends', 'bad-reply', says('HTTP/1.0 200 OK\nServer: x\n\nhello')],
    ['LF line ends after the first', 'bad-reply', says('HTTP/1.0 200 OK\r\nServer: x\n\nhello')],
    ['100 then 200', 'bad-reply', says(`HTTP/1.1 100 Continue\r\n\r\n${ok}hello`)],
    ['header of 20 kB', 'too-large', says(`HTTP/1.0 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)],
    ['header that is broken', 'bad-reply', says('HTTP/1.0 200 OK\r\n: : :\x00\r\n\r\n')],
    [
      'two content-lengths',
      'bad-reply',
      says('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    ],
    [
      'complete, connection left open',
      'up',
      saysAndStays('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    ],
    ['chunked, connection left open', 'up', saysAndStays(chunked)],
    ['wanted MD5', 'up', says(`${ok}hello`), { digest: md5('hello') }],
    ['other MD5', 'digest', says(`${ok}hello`), { digest: md5('other') }],
    [
      '500 with the right MD5',
      'status',
      says('HTTP/1.0 500 Broken\r\n\r\nhello'),
      { digest: md5('hello') },
    ],
    [
      'MD5 of the first content-length octets',
      'up',
      says(withLength(10)),
      { digest: md5('x'.repeat(10)) },
    ],
    ['MD5 of octets beyond content-length', 'digest', says(withLength(10)), { digest: md5(body) }],
    [
      'MD5 of a body shorter than its content-length',
      'up',
      says(withLength(2000)),
      { digest: md5(body) },
    ],
    ['MD5 of raw chunks', 'up', says(chunked), { digest: md5(chunks) }],
    ['MD5 of decoded chunks', 'digest', says(chunked), { digest: md5('hello world') }],
    ['MD5 of raw chunks in pieces', 'up', says(...chunked), { digest: md5(chunks) }],
    ['MD5 of an empty body', 'up', says(ok), { digest: md5('') }],
  ];
  test.each(replies)('%s: %s', async (_name, wanted, behave, url = {}) => {
    const port = await servers.listen(behave);
    expect(inBrief(await ask(port, { url }))).toBe(wanted);
  });

  test('a reset in the body is a failure', async () => {
    const port = await servers.listen((socket) => {
      socket.once('data', async () => {
        socket.write(`${ok}hel`);
        // What is reset together with its data looks like an end: Linux gives the data, then EOF.
        await sleep(systemClock, 20);
        // Node runs a timer that is late before it reads.
        for (let turn = 0; turn < 3; turn++) await nextTurn();
        socket.resetAndDestroy();
      });
    });
    expect(inBrief(await ask(port))).toBe('ECONNRESET');
  });

  test('a body of 20 MB is read to its end', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const whole = createHash('md5');
    for (let at = 0; at < 20; at++) whole.update(piece);
    const port = await servers.listen((socket) => {
      socket.once('data', () => {
        socket.write(ok);
        for (let at = 0; at < 20; at++) socket.write(piece);
        socket.end();
      });
    });
    expect(inBrief(await ask(port, { url: { digest: whole.digest('hex') } }))).toBe('up');
  });
});

describe('a server that misbehaves ends the attempt, with the reason', () => {
  const brief = { silenceMs: 400, totalMs: 1000 };
  const cases: [string, Verdict, (socket: Socket) => void][] = [
    [
      'accepts and never answers',
      { up: false, reason: 'timeout', detail: 'waiting for the reply' },
      () => {},
    ],
    [
      'stops in the header',
      { up: false, reason: 'timeout', detail: 'waiting for the reply' },
      saysAndStays('HTTP/1.0 200 OK\r\nServer: '),
    ],
    [
      'stops in the body',
      { up: false, reason: 'timeout', detail: 'reading the body' },
      saysAndStays('HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhal'),
    ],
    [
      'trickles for ever',
      { up: false, reason: 'timeout', detail: 'reading the body' },
      (socket) => {
        socket.write(ok);
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'closes at once',
      { up: false, reason: 'closed', detail: 'before the reply was complete' },
      (socket) => socket.end(),
    ],
  ];
  test.each(cases)('%s', async (_name, verdict, behave) => {
    const port = await servers.listen(behave);
    expect(await ask(port, brief)).toEqual(verdict);
  });

  /** Writes for as long as somebody reads. */
  const floods =
    (begin: string, piece: string) =>
    (socket: Socket): void => {
      const block = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
      const pour = (): void => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.write(begin);
      socket.on('drain', pour);
      pour();
    };
  const endless: [string, string, (socket: Socket) => void][] = [
    ['endless body', 'too-large', floods(ok, 'x')],
    ['endless header', 'too-large', floods('HTTP/1.0 200 OK\r\n', 'X-More: y\r\n')],
    ['endless header line', 'too-large', floods('HTTP/1.0 200 OK\r\nX: ', 'y')],
    ['endless status line', 'bad-reply', floods('HTTP/1.0 200 ', 'y')],
    ['endless interim replies', 'too-large', floods('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    [
      'endless chunk extension',
      'too-large',
      floods('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'y'),
    ],
    [
      'endless trailer',
      'too-large',
      floods('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'X-More: y\r\n'),
    ],
  ];
  test.each(endless)('%s', async (_name, wanted, behave) => {
    const port = await servers.listen(behave);
    const before = process.memoryUsage();
    const verdict = await ask(port);
    const after = process.memoryUsage();
    expect(inBrief(verdict)).toBe(wanted);
    expect(after.rss - before.rss).toBeLessThan(96 * 1024 * 1024);
  });

  test('a few interim replies are passed over, and a hundred too many are not read to their end', async () => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n';
    const few = await servers.listen(says(interim.repeat(100), ok));
    expect(inBrief(await ask(few))).toBe('up');
    const many = await servers.listen(saysAndStays(interim.repeat(101)));
    expect(await ask(many)).toEqual({
      up: false,
      reason: 'too-large',
      detail: 'over 100 interim replies',
    });
  });

  test('no connection is left behind', async () => {
    await expect.poll(() => servers.open, { timeout: 10_000 }).toBe(0);
  });
});

describe('the request', () => {
  /** Answers with 200 and keeps what was asked. */
  async function heard(asked: Asked): Promise<string> {
    const { promise, resolve } = withResolver<string>();
    const port = await servers.listen((socket) => {
      socket.once('data', (request) => {
        resolve(request.toString());
        socket.end(ok);
      });
    });
    await ask(port, asked);
    return await promise;
  }

  const agent = 'User-Agent: KeepAliveClient';
  test.each([
    ['1.0', ['GET / HTTP/1.0', agent, 'Host: 10.0.0.1:80']],
    ['1.0c', ['GET / HTTP/1.0', agent, 'Connection: close', 'Host: 10.0.0.1:80']],
    ['1.1', ['GET / HTTP/1.1', agent, 'Connection: close', 'Host: 10.0.0.1:80']],
  ] as const)('version %s is sent as keepalived sends it', async (httpVersion, lines) => {
    expect(await heard({ check: { httpVersion } })).toBe([...lines, '', ''].join('\r\n'));
  });

  test('names the virtual host of the url before that of the checker, and any path', async () => {
    const url = { path: '/a b?c=%20"', virtualHost: 'www.example' };
    const request = await heard({ url, check: { host: 'other.example' } });
    expect(request).toContain('GET /a b?c=%20" HTTP/1.0\r\n');
    expect(request).toContain('\r\nHost: www.example\r\n');
  });
});

describe('SSL_GET', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssl-get-'));
  const [key, cert] = ['key', 'cert'].map((name) => join(folder, name)) as [string, string];
  const subject = ['-subj', '/CN=nobody', '-days', '1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  const identity = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const tls = { check: { tls: true } };

  test('a server that nobody vouches for is up', async () => {
    const port = await servers.add(createTlsServer(identity, says(`${ok}hello`)));
    expect(inBrief(await ask(port, { ...tls, url: { digest: md5('hello') } }))).toBe('up');
  });

  test('a connection cut without a TLS close ends the body', async () => {
    const port = await servers.add(
      createTlsServer(identity, (secured) => {
        const raw = (secured as unknown as { _parent: Socket })._parent;
        secured.once('data', () => secured.write(`${ok}hello`, () => raw.end()));
      }),
    );
    expect(inBrief(await ask(port, tls))).toBe('up');
  });

  test('a server that speaks no TLS fails in the handshake', async () => {
    const port = await servers.listen((socket) => socket.end('SSH-2.0-hello\r\n'));
    expect(inBrief(await ask(port, tls))).toBe('tls');
  });

  test('a server that is silent in the handshake fails at the deadline', async () => {
    const port = await servers.listen(() => {});
    expect(await ask(port, { ...tls, silenceMs: 400 })).toEqual({
      up: false,
      reason: 'timeout',
      detail: 'TLS handshake',
    });
  });

  test('a server that closes in the handshake has failed', async () => {
    const port = await servers.listen((socket) => socket.end());
    expect(inBrief(await ask(port, tls))).toMatch(/^(tls|ECONNRESET)$/);
  });
});

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
