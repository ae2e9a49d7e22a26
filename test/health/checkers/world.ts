/** Real servers on the loopback, each with one way to behave, and attempts against them. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../../src/base/time.ts';
import type { Attempt, Dial, Verdict } from '../../../src/health/checker.ts';

/** Servers of one test file; `close` ends them and all their connections. */
export class Servers {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  /** Serves each connection with `behave`; gives the port. */
  async listen(behave: (socket: Socket) => void): Promise<number> {
    return await this.add(
      createServer((socket) => {
        behave(socket);
        socket.resume(); // or it would never notice that the other side has gone
      }),
    );
  }

  async add(server: Server): Promise<number> {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  /** Connections that the servers still hold. */
  get open(): number {
    return this.sockets.size;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) server.close();
  }
}

/** What kernel/dial.ts does, without source, interface and mark. */
export const dial: Dial = (target, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: target.address, port: target.port });
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(socket);
    });
  });

/** Lets a checker try once for as long as the server talks every `silenceMs`, and `totalMs` in all. */
export async function attempt(
  ask: (attempt: Attempt) => Promise<Verdict>,
  { silenceMs, totalMs }: { silenceMs: number; totalMs: number },
): Promise<Verdict> {
  const controller = new AbortController();
  const startedAt = systemClock.now();
  const end = (): void => controller.abort();
  const cancelTotal = systemClock.wakeAt(startedAt + totalMs, end);
  let cancel = systemClock.wakeAt(startedAt + silenceMs, end);
  try {
    return await ask({
      dial,
      signal: controller.signal,
      progress: () => {
        cancel();
        cancel = systemClock.wakeAt(systemClock.now() + silenceMs, end);
      },
      elapsedMs: () => systemClock.now() - startedAt,
    });
  } finally {
    cancel();
    cancelTotal();
  }
}
