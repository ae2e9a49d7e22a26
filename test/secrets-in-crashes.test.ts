/**
 * vrrp-U5: the password of etcd is in nothing that is told, whatever answers in the place of etcd; and a process that
 * crashes with secrets in its memory prints none.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeError } from '../src/base/error.ts';
import { openEtcd } from '../src/kernel/etcd.ts';
import type { Signing, VrrpInstance } from '../src/model/vrrp.ts';
import { load } from './config/world.ts';
import { simulatedClock } from './world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from './world/director.ts';
import { SimulatedLink } from './world/link.ts';
import { PeerWire } from './world/peer-wire.ts';

/** Plain, in base64, and in hexadecimal. */
const CANARY = /canary|Y2FuYXJ5|63616e617279/i;
/** As JSON it is written otherwise. */
const PASSWORD = 'canary"\\of-etcd';
const TOKEN = 'canary-token.1';
const ANSWER_MS_MAX = 2_000;
const WITNESS_PORT = 42_479;

const folder = mkdtempSync(join(tmpdir(), 'lvs-etcd-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

/** What is answered to a request as it came, head and body. */
type Answer = (request: string) => string;

const http = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const bodyOf = (request: string): string => request.slice(request.indexOf('\r\n\r\n') + 4);
const isLogin = (request: string): boolean => request.startsWith('POST /v3/auth/authenticate');
/** Gives a token, and answers so to whoever shows it. */
const afterLogin =
  (answer: Answer): Answer =>
  (request) =>
    isLogin(request) ? http('200 OK', JSON.stringify({ token: TOKEN })) : answer(request);

let server: Server;
let answer: Answer = () => '';
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    let heard = '';
    socket.on('error', () => {});
    socket.on('data', (octets) => {
      heard += octets.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(heard)?.[1] ?? Number.NaN);
      if (heard.includes('\r\n\r\n') && bodyOf(heard).length >= length) {
        const reply = answer(heard);
        heard = '';
        if (reply === '') socket.destroy();
        else socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

describe('the password and the token of etcd', () => {
  test.each<[string, Answer]>([
    ['hangs up', () => ''],
    ['is no HTTP server, and sends back what it hears', (request) => `\0${request}`],
    ['sends back the body as its reason', (request) => http('400 No', told(bodyOf(request)))],
    ['sends back all as its reason', (request) => http('401 No', told(request))],
    ['sends back the body', (request) => http('200 OK', bodyOf(request))],
    ['hangs up after the login', afterLogin(() => '')],
    ['sends back the head after the login', afterLogin((request) => http('400 No', told(request)))],
    ['sends back octets after the login', afterLogin((request) => `\0${request}`)],
  ])('vrrp-U5: are in no error when what answers %s', async (_, how) => {
    let asked = 0;
    answer = (request) => {
      asked += 1;
      // It is a secret that this request held.
      expect(request).toMatch(CANARY);
      return how(request);
    };
    const etcd = openEtcd({
      endpoints: [url()],
      ca: null,
      identity: null,
      user: { name: 'lvsd', password: PASSWORD },
    });
    const error = await etcd.grant(2, ANSWER_MS_MAX).catch((one: unknown) => one);
    etcd.close();
    expect(asked).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: 'ETCD_FAILED' });
    // Node prints an error that nobody catches with all that it holds.
    const shown = inspect(error, { depth: Infinity, showHidden: true });
    expect(`${describeError(error)}\n${shown}\n${JSON.stringify(error)}`).not.toMatch(CANARY);
  });
});

/** As etcd tells why it refuses. */
function told(reason: string): string {
  return JSON.stringify({ error: reason, message: reason, code: 16 });
}

let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

/** All that a process prints until it ends, and its exit code. */
function printed(process: ChildProcess): Promise<{ readonly text: string; readonly code: number }> {
  child = process;
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    stream?.on('data', (octets) => {
      text += octets;
    });
  }
  return new Promise((resolve) =>
    process.on('close', (code) => resolve({ text, code: code ?? 0 })),
  );
}

/** Throws on SIGUSR2 what nobody catches. */
const CRASHER = `data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { throw new Error('broken on purpose') });",
)}`;

function witness(...more: readonly string[]): ChildProcess {
  const keyFile = secretFile('key', 'canary-lease-canary-lease-canary-lease\n');
  const args = ['witness', '--listen', `127.0.0.1:${WITNESS_PORT}`, '--key-file', keyFile, ...more];
  return spawn(process.execPath, ['--import', CRASHER, 'dist/src/lvsctl.js', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('what a process prints', () => {
  test('vrrp-U5: that crashes with the password of etcd and the key of the lease holds neither', async () => {
    const passwordFile = secretFile('password', `${PASSWORD}\n`);
    const login = ['--etcd-user', 'lvsd', '--etcd-password-file', passwordFile];
    const running = witness('--etcd', url(), ...login);
    const ended = printed(running);
    await new Promise<void>((resolve) => running.stdout?.once('data', () => resolve()));
    running.kill('SIGUSR2');
    const { text, code } = await ended;
    expect(code).not.toBe(0);
    expect(text).toContain('witness started');
    expect(text).toContain('broken on purpose');
    expect(text).not.toMatch(CANARY);
  });

  test('vrrp-U5: that crashes with the password of the mail server holds none', async () => {
    const { director } = load(`global_defs {
    smtp_server 127.0.0.1
    smtp_user lb1
    smtp_password canary-mail
    notification_email {
        ops@example.org
    }
    smtp_alert_vrrp
}
`);
    const config = director?.notify;
    expect(JSON.stringify(config)).toMatch(CANARY);
    const running = fork('dist/src/daemon/notify-process.js', ['debug'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--import', CRASHER],
      env: { ...process.env, LVSD_RUN_DIR: folder },
    });
    const ended = printed(running);
    const records: unknown[] = [];
    await new Promise<void>((resolve) => {
      running.on('message', (message: { readonly type: string }) => {
        records.push(message);
        if (message.type === 'ready') resolve();
      });
      running.send({ type: 'configure', revision: 1, config, quietMs: 0, will: null });
    });
    // It is no notice at all, and what comes of it nobody catches.
    running.send({ type: 'tell', id: 1, notice: { about: 'vrrp', canary: config }, left: null });
    running.send({ type: 'tell', id: 2, notice: null, left: null });
    const { text, code } = await ended;
    expect(code).not.toBe(0);
    expect(text).toMatch(/TypeError/);
    expect(`${text}${JSON.stringify(records)}`).not.toMatch(CANARY);
  });

  test('vrrp-U5: that refuses a URL with a password in it does not repeat it', async () => {
    for (const where of ['http://lvsd:canary@127.0.0.1:2379', 'lvsd:canary@127.0.0.1:2379']) {
      const { text, code } = await printed(witness('--etcd', where));
      expect(code).not.toBe(0);
      expect(text).toContain('********@127.0.0.1:2379 is no URL of a member of etcd');
      expect(text).not.toMatch(CANARY);
    }
  });
});

/** Every value that differs from this one in one place, where it is nothing, or of another kind, or there twice. */
function* spoilt(value: unknown): Generator<unknown> {
  yield null;
  yield 7;
  yield `${value}${value}`;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    for (const other of spoilt(part)) {
      if (Array.isArray(value)) yield value.with(Number(name), other);
      else yield { ...value, [name]: other };
    }
  }
}

/** What is near a secret when it is used. */
const SPOILT_PARTS = ['authentication', 'signing', 'addresses', 'family', 'version'] as const;

test('vrrp-U5: no error that a broken configuration makes of the VRRP process holds a secret', async () => {
  const signing: Signing = {
    keys: [{ id: 1, key: Buffer.from('canary-hmac-canary-hmac-canary-hmac').toString('hex') }],
    activeKey: 1,
    mode: 'enforce',
    antiReplay: 'time',
    windowMs: 10_000,
  };
  const password = instanceOf({ authentication: { type: 'pass', key: 'canary12' } });
  const instances = [
    password,
    instanceOf({ name: 'VI_2', vrid: 52, authentication: { type: 'none' }, signing }),
    instanceOf({ name: 'VI_3', vrid: 53, authentication: { type: 'ah', key: 'canary34' } }),
  ];
  const errors: string[] = [];
  for (const [at, instance] of instances.entries()) {
    const others = SPOILT_PARTS.flatMap((part) =>
      [...spoilt(instance[part])].map((other) => ({ ...instance, [part]: other })),
    );
    for (const other of others) {
      const clock = simulatedClock();
      const world = {
        clock,
        links: { eth0: new SimulatedLink(clock) },
        peers: new PeerWire(clock),
      };
      const director = new SimulatedDirector('one', 1, world);
      try {
        director.speaker.configure(configOf(instances.with(at, other as VrrpInstance)));
        await clock.settleTo(5_000);
      } catch (error) {
        errors.push(inspect(error, { depth: Infinity, showHidden: true }));
      }
      errors.push(JSON.stringify(director.logged));
    }
  }
  expect(errors.filter((text) => text.includes('TypeError')).length).toBeGreaterThan(20);
  expect(errors.find((text) => CANARY.test(text))).toBeUndefined();
});
