/** The socket of the link between directors, on the loopback interface of this machine. */
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newIdentity, type OpenPeerSocket, openPeerSocket } from '../../src/kernel/peer-socket.ts';
import { freePort } from '../world/free-port.ts';

const LOOPBACK_INDEX = 1;
const closers: (() => void)[] = [];
/** Of the directors, for one test. */
let peerPort: number;

beforeEach(async () => {
  peerPort = await freePort('udp');
});

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Heard {
  readonly socket: OpenPeerSocket;
  readonly heard: string[];
  readonly drops: string[];
}

function open(source: string, unicastPeers: readonly string[], group: string | null): Heard {
  const heard: string[] = [];
  const drops: string[] = [];
  const socket = openPeerSocket(
    {
      interface: 'lo',
      interfaceIndex: LOOPBACK_INDEX,
      group,
      unicastPeers,
      source,
      port: peerPort,
    },
    {
      onDatagram: (octets, from) => void heard.push(`${Buffer.from(octets)} of ${from}`),
      onDrop: (reason) => void drops.push(reason),
      onError: () => {},
    },
  );
  closers.push(() => socket.close());
  return { socket, heard, drops };
}

/** As somebody else sends, from a port of his own. */
async function send(text: string, to: string, from: string, hopLimit: number): Promise<void> {
  const socket: Socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  socket.setTTL(hopLimit);
  await new Promise<void>((resolve) => socket.send(text, peerPort, to, () => resolve()));
  socket.close();
}

const POLL = { timeout: 10_000, interval: 5 };

test.each([
  ['127.0.0.1', null],
  ['127.0.0.1', '224.0.0.18'],
  ['::1', null],
  ['::1', 'ff02::12'],
])(
  'at %s with the group %s what is sent has the hop limit that is asked for',
  async (own, group) => {
    const { socket, heard, drops } = open(own, [own], group);
    socket.send(Buffer.from('one'), own);
    socket.send(Buffer.from('all'), null);
    // On this interface what goes to the group comes, too.
    const near = new Set([`one of ${own}`, `all of ${own}`]);
    await expect.poll(() => new Set(heard), POLL).toEqual(near);
    await send('far', own, own, 254);
    await expect.poll(() => drops, POLL).toEqual(['hop-limit']);
    expect(new Set(heard)).toEqual(near);
  },
);

test('without a group only named peers are heard', async () => {
  const { heard, drops } = open('127.0.0.1', ['127.0.0.2'], null);
  await send('peer', '127.0.0.1', '127.0.0.2', 255);
  await send('stranger', '127.0.0.1', '127.0.0.3', 255);
  await expect.poll(() => drops, POLL).toEqual(['unknown-peer']);
  expect(heard).toEqual(['peer of 127.0.0.2']);
});

test('what cannot be opened is a refusal with its reason', () => {
  expect(() => open('192.0.2.77', [], null)).toThrow(`UDP port ${peerPort} on lo: EADDRNOTAVAIL`);
  expect(newIdentity()).toMatch(/^[0-9a-f]{16}$/);
});
