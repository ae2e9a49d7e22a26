import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openControl } from '../../src/api/client.ts';
import {
  CONTROL_SOCKET,
  type ReloadReport,
  type Snapshot,
  type SnapshotRequest,
} from '../../src/api/protocol.ts';
import { type ControlServer, openControlServer } from '../../src/api/server.ts';
import { DirectorError } from '../../src/base/error.ts';
import { type LogRecord, logTo, silentLog } from '../../src/base/log.ts';
import type { SteerReport, SteerRequest } from '../../src/model/drain.ts';
import { dutiesOf } from './duties.ts';

const report: ReloadReport = {
  outcome: 'refused',
  path: '/etc/lvsd/lvsd.conf',
  digest: '0123456789ab',
  inForce: 'ba9876543210',
  errors: 1,
  warnings: 0,
  diagnostics: [],
  rendered: 'error[unknown-keyword]',
  unconfirmed: [],
  confirmWithinMs: null,
};
const snapshot = { version: '1', processes: [] } as unknown as Snapshot;

let runDir: string;
let server: ControlServer | null = null;

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'lvs-control-'));
});

afterEach(() => {
  server?.close();
  server = null;
  rmSync(runDir, { recursive: true });
});

async function serve(maySteer = true): Promise<void> {
  server = await openControlServer({
    runDir,
    log: silentLog,
    maySteer: () => maySteer,
    duties: dutiesOf({ snapshot: async () => snapshot, reload: async () => report }),
  });
}

/** Sends raw octets and gives everything that comes back. */
function send(octets: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(runDir, CONTROL_SOCKET), () => socket.end(octets));
    let heard = '';
    socket.on('data', (part) => {
      heard += part;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}

describe('a daemon', () => {
  test('answers both requests with what it knows', async () => {
    await serve();
    expect(await openControl(runDir).snapshot()).toEqual(snapshot);
    expect(await openControl(runDir).reload({ allowEmpty: false })).toEqual(report);
  });

  test('gives its topology without what is counted', async () => {
    const asked: (SnapshotRequest | undefined)[] = [];
    server = await openControlServer({
      runDir,
      duties: dutiesOf({
        snapshot: async (request) => {
          asked.push(request);
          return snapshot;
        },
      }),
      log: silentLog,
      maySteer: () => false,
    });
    const control = openControl(runDir);
    await control.snapshot();
    await control.snapshot({ withStatistics: false });
    expect(asked).toEqual([undefined, { withStatistics: false }]);
  });

  test('lets only root steer, and everyone read', async () => {
    await serve(false);
    await expect(openControl(runDir).reload({ allowEmpty: false })).rejects.toMatchObject({
      code: 'REQUEST_REFUSED',
      message: 'only root may steer the daemon',
    });
    expect(await openControl(runDir).snapshot()).toEqual(snapshot);
  });

  test.each([
    ['plan', '{"file":"relative.conf"}', 'absolute path'],
    ['plan', '{"file":7}', 'absolute path'],
    ['plan', '{"files":"/x"}', 'has \\"files\\"'],
    ['plan', '[]', 'no JSON object'],
    ['plan', '{', 'no JSON'],
    ['apply', '{"confirmMs":4999}', 'between 5000 and 86400000'],
    ['apply', '{"confirmMs":"60s"}', 'between 5000'],
    ['drain', '{}', 'has no \\"realServer\\"'],
    ['drain', '{"realServer":"10.1.0.3:80","timeoutMs":999}', 'between 1000 and 2592000000'],
    ['drain', '{"realServer":"10.1.0.3:80","atEnd":"delete"}', 'that is not stay or remove'],
    ['disable', '{"realServer":"10.1.0.3:80","virtualServer":7}', 'that is no text'],
    ['zero', '{"virtualServer":7}', 'that is no text'],
    ['zero', '{"server":"x"}', 'has \\"server\\"'],
    ['enable', '{"realServer":"10.1.0.3:80","timeoutMs":1000}', 'has \\"timeoutMs\\"'],
    ['apply', `{"file":"/${'x'.repeat(20_000)}"}`, 'at most 16384 octets'],
  ])('takes no %s with %.40s', async (what, body, told) => {
    await serve();
    const head = `POST /v1/${what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    const heard = await send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    expect(heard).toContain(' 400 ');
    expect(heard).toContain(told);
  });

  test('takes a request to drain as it is written, and tells the progress to everyone', async () => {
    const asked: SteerRequest[] = [];
    const drains = { atMs: 1, orders: [], lifts: [], leaving: [], peers: [] };
    const steered = {
      realServer: '10.1.0.3:80',
      virtualServer: null,
      servers: [],
      order: null,
      before: [],
      peers: [{ name: 'lvs2', has: true }],
      notes: [],
    };
    const steer = async (request: SteerRequest): Promise<SteerReport> => {
      asked.push(request);
      if (request.virtualServer === null) return steered;
      throw new DirectorError('UNKNOWN_SERVER', 'there is no virtual server "x"');
    };
    let isRoot = true;
    server = await openControlServer({
      runDir,
      log: silentLog,
      maySteer: () => isRoot,
      duties: dutiesOf({ steer, drains: async () => drains }),
    });
    const control = openControl(runDir);
    const named = { realServer: '10.1.0.3:80', virtualServer: null, local: false, force: false };
    expect(await control.drain({ ...named, timeoutMs: null, atEnd: 'remove' })).toEqual(steered);
    await control.disable({ ...named, force: true });
    await control.enable({ ...named, local: true });
    expect(asked.map(({ want }) => want)).toEqual([
      { kind: 'drain', timeoutMs: null, atEnd: 'remove' },
      { kind: 'disable' },
      { kind: 'enable' },
    ]);
    expect(asked.map(({ local, force }) => ({ local, force }))).toEqual([
      { local: false, force: false },
      { local: false, force: true },
      { local: true, force: false },
    ]);
    await expect(control.enable({ ...named, virtualServer: 'x' })).rejects.toMatchObject({
      message: 'there is no virtual server "x"',
    });
    isRoot = false;
    await expect(control.disable(named)).rejects.toThrow('only root may steer the daemon');
    expect(await control.drains()).toEqual(drains);
  });

  test('names the requests there are when asked for another', async () => {
    await serve();
    const heard = await send('GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(heard).toContain('404');
    expect(heard).toContain('GET /v1/snapshot');
  });

  test('survives octets that are no HTTP, and headers without end', async () => {
    await serve();
    expect(await send('\0\x01\x02 nonsense\r\n\r\n')).toContain('400');
    expect(await send(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toContain('431');
    expect(await openControl(runDir).snapshot()).toEqual(snapshot);
  });

  test('shares its socket with its group and nobody else', async () => {
    await serve();
    expect(statSync(join(runDir, CONTROL_SOCKET)).mode & 0o777).toBe(0o660);
  });

  test('refuses a run directory in which another one runs', async () => {
    await serve();
    const second = openControlServer({
      runDir,
      log: silentLog,
      maySteer: () => true,
      duties: dutiesOf({ snapshot: async () => snapshot, reload: async () => report }),
    });
    await expect(second).rejects.toMatchObject({ code: 'DAEMON_RUNNING' });
  });

  test('takes over the socket file of one that was killed', async () => {
    writeFileSync(join(runDir, CONTROL_SOCKET), '');
    await serve();
    expect(await openControl(runDir).snapshot()).toEqual(snapshot);
  });
});

describe('lvsctl', () => {
  test('says that no daemon answers, and what to do', async () => {
    await expect(openControl(runDir).snapshot()).rejects.toMatchObject({
      code: 'DAEMON_UNREACHABLE',
      hint: expect.stringContaining('--run-dir'),
    });
  });

  test('is not hurt by a server that answers nonsense', async () => {
    const nonsense = createServer((_, response) => response.end('{"vrrp":'));
    await new Promise<void>((resolve) =>
      nonsense.listen(join(runDir, CONTROL_SOCKET), () => resolve()),
    );
    await expect(openControl(runDir).snapshot()).rejects.toMatchObject({
      code: 'DAEMON_UNREACHABLE',
    });
    nonsense.close();
  });
});

test('a socket whose path the kernel would cut is refused', async () => {
  const long = join(runDir, 'x'.repeat(200));
  const opening = openControlServer({
    runDir: long,
    log: silentLog,
    maySteer: () => true,
    duties: dutiesOf({}),
  });
  const path = join(long, CONTROL_SOCKET);
  await expect(opening).rejects.toMatchObject({
    code: 'SOCKET_FAILED',
    message: `the path of the control socket has ${path.length} octets, and may have 107: ${path}`,
    hint: 'give lvsd a shorter --run-dir',
  });
});

test('a refusal is logged with its reason and its hint, and is no error of the daemon', async () => {
  const records: LogRecord[] = [];
  server = await openControlServer({
    runDir,
    log: logTo((record) => records.push(record)),
    maySteer: () => true,
    duties: dutiesOf({
      rollback: async () => {
        throw new DirectorError('NOTHING_EARLIER', 'there is none', { hint: 'apply a file' });
      },
    }),
  });
  await expect(openControl(runDir).rollback()).rejects.toMatchObject({ hint: 'apply a file' });
  expect(records).toMatchObject([
    {
      level: 'warn',
      message: 'request failed',
      fields: { request: 'POST /v1/rollback', reason: 'there is none', hint: 'apply a file' },
    },
  ]);
});
