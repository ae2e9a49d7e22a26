/**
 * Servers that say their name and send back what they get, by TCP and UDP; and clients that compare, octet for
 * octet by way of a digest, what came back with what they sent.
 */
import { createHash } from 'node:crypto';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { EchoAttempt, EchoReport } from './agent-protocol.ts';

/** A connection that says nothing as long is given up; a datagram is sent again after a while. */
const SILENCE_MS_MAX = 20_000;
const AGAIN_AFTER_MS = 2_000;
const DATAGRAM_TRIES = 4;
const NEWLINE = 10;
/** Below those that the kernel gives. */
let nextPort = 10_000;

/** By both protocols, on a port of every address that the host has now. */
export async function serveEcho(name: string, port: number): Promise<void> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map(({ address }) => address)
    .filter((address) => !address.startsWith('fe80:'));
  const servers = [serveStream(name, port), ...addresses.map(serveDatagrams(name, port))];
  await Promise.all(servers.map((server) => once(server, 'listening')));
}

function serveStream(name: string, port: number): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`${name}\n`);
    socket.pipe(socket);
  }).listen(port, '::');
}

/** A socket for each address: the answer leaves with the one that was asked. */
function serveDatagrams(name: string, port: number): (own: string) => DatagramSocket {
  return (own) => {
    const socket = createSocket({ type: typeOf(own), recvBufferSize: 1 << 20 });
    socket.on('message', (octets, { address, port: from }) => {
      socket.send([Buffer.from(`${name}\n`), octets], from, address);
    });
    return socket.bind(port, own);
  };
}

function typeOf(address: string): 'udp4' | 'udp6' {
  return address.includes(':') ? 'udp6' : 'udp4';
}

/** Octets that no two attempts have in common. */
function contents(octets: number, seed: number): Buffer {
  const block = createHash('sha256').update(String(seed)).digest();
  return Buffer.alloc(octets, block);
}

function digestOf(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** Each attempt with a port of its own; one after another, so that the order is that of the scheduler. */
export async function echo(attempt: EchoAttempt): Promise<EchoReport> {
  const each = [];
  for (let time = 0; time < attempt.times; time += 1) {
    const octets = attempt.sizes[time % attempt.sizes.length] as number;
    const { text } = attempt;
    const sent = text === undefined ? contents(octets, time) : Buffer.from(text);
    each.push(
      attempt.protocol === 'tcp' ? await stream(attempt, sent) : await datagram(attempt, sent),
    );
  }
  const servers: Record<string, number> = {};
  for (const { server } of each) servers[server] = (servers[server] ?? 0) + 1;
  return { servers, damaged: each.filter(({ equal }) => !equal).length };
}

interface Answer {
  readonly server: string;
  readonly equal: boolean;
}

/** The name, then as many octets as were sent. */
function answerOf(received: Buffer, sent: Buffer): Answer {
  const at = received.indexOf(NEWLINE);
  const server = at < 0 ? 'cut short' : received.subarray(0, at).toString();
  return { server, equal: digestOf(received.subarray(at + 1)) === digestOf(sent) };
}

async function stream({ address, port, from }: EchoAttempt, sent: Buffer): Promise<Answer> {
  const socket = connect({ host: address, port, ...(from === null ? {} : { localAddress: from }) });
  socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy(new Error('silence')));
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  try {
    socket.end(sent);
    await once(socket, 'close');
    return answerOf(Buffer.concat(parts), sent);
  } catch (error) {
    return { server: `failed: ${(error as Error).message}`, equal: false };
  }
}

/** Sent again where no answer came: a path whose MTU is not known yet loses the first. */
async function datagram(attempt: EchoAttempt, sent: Buffer): Promise<Answer> {
  const { address, port, from, fromPort } = attempt;
  const socket = createSocket({ type: typeOf(address), recvBufferSize: 1 << 20 });
  // A port that was used within five minutes belongs to a connection that the director knows.
  socket.bind({ port: fromPort ?? nextPort++, ...(from === null ? {} : { address: from }) });
  const answered = once(socket, 'message') as Promise<[Buffer]>;
  answered.catch(() => {});
  try {
    for (let tries = 0; tries < DATAGRAM_TRIES; tries += 1) {
      socket.send(sent, port, address, () => {});
      const answer = await Promise.race([answered, pause(AGAIN_AFTER_MS, null)]);
      if (answer !== null) return answerOf(answer[0], sent);
    }
    return { server: 'failed: silence', equal: false };
  } catch (error) {
    return { server: `failed: ${(error as Error).message}`, equal: false };
  } finally {
    socket.close();
  }
}
