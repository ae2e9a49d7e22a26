/**
 * Ports of this machine that nobody has, so that tests that run twice at once do not meet: below those that Linux gives to
 * whoever asks for any (from 32768 on), which may be taken while a server of a test is away for a moment.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { systemRandom } from '../../src/base/random.ts';

const FIRST = 20_000;
const COUNT = 12_000;

/** One that can be opened now on `address`. */
export async function freePort(kind: 'tcp' | 'udp', address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(systemRandom() * COUNT);
    if (await (kind === 'tcp' ? canListen : canBind)(port, address)) return port;
  }
}

function canListen(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

function canBind(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}
