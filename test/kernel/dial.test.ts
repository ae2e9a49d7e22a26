import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dial } from '../../src/kernel/dial.ts';
import type { DialTarget } from '../../src/model/checker.ts';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((socket) => {
    // The client may go before it has read everything.
    socket.on('error', () => {});
    socket.end(`${socket.remotePort}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
});

const plain: DialTarget = {
  address: '127.0.0.1',
  port: 0,
  bindAddress: null,
  bindPort: 0,
  bindInterface: null,
  fwmark: 0,
};

const isRoot = process.getuid?.() === 0;

describe.each([
  ['by Node', plain, true],
  ['with a firewall mark', { ...plain, fwmark: 7 }, isRoot],
  ['by an interface', { ...plain, bindInterface: 'lo' }, isRoot],
] as const)('a connection %s', (_, target, possible) => {
  test.runIf(possible)('is made, and carries data', async () => {
    const socket = await dial({ ...target, port }, new AbortController().signal);
    const heard = await new Promise<string>((resolve) => {
      socket.once('data', (part: Buffer) => resolve(part.toString()));
    });
    expect(Number(heard)).toBeGreaterThan(0);
    socket.destroy();
  });

  test.runIf(possible)('that is refused says so', async () => {
    const closed = { ...target, port: 1 };
    await expect(dial(closed, new AbortController().signal)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  test.runIf(possible)('is given up at the deadline', async () => {
    const control = new AbortController();
    // TEST-NET-1 has no hosts: nobody answers, or the kernel says that there is no way.
    const attempt = dial({ ...target, address: '192.0.2.1', port: 9 }, control.signal);
    control.abort(new Error('deadline'));
    await expect(attempt).rejects.toThrow(/deadline|ENETUNREACH|EHOSTUNREACH|EPERM/);
  });

  test.runIf(possible)('leaves from the port that was asked for', async () => {
    const bindPort = 40_000 + (process.pid % 10_000);
    const socket = await dial({ ...target, port, bindPort }, new AbortController().signal);
    expect(socket.localPort).toBe(bindPort);
    socket.destroy();
  });
});
