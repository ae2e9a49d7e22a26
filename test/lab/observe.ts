/** What a client on the link sees of a failover: advertisements, and answers of an address to echo requests. */
import { createRequire } from 'node:module';
import { internetChecksum } from '../../src/base/checksum.ts';
import { openNetwork } from '../../src/kernel/network.ts';
import { openVrrpSocket } from '../../src/kernel/packets.ts';
import { applyProcessSettings } from '../../src/kernel/scheduling.ts';
import { decodeIpv4 } from '../../src/wire/ip.ts';
import { decodeAdvert } from '../../src/wire/vrrp.ts';
import type { Observation } from './agent-protocol.ts';

const GROUP = '224.0.0.18';
const ICMP = { protocol: 1, echoRequest: 8, echoReply: 0 } as const;
const AF_IPV4 = 1;
const ECHO_EVERY_MS = 2;
const IDENTIFIER = process.pid & 0xffff;

interface RawSocket {
  on(event: 'message', listener: (octets: Buffer) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  send(octets: Buffer, from: number, length: number, to: string, done: () => void): void;
  close(): void;
}

function echoRequest(sequence: number): Buffer {
  const octets = Buffer.alloc(8);
  octets[0] = ICMP.echoRequest;
  octets.writeUInt16BE(IDENTIFIER, 4);
  octets.writeUInt16BE(sequence & 0xffff, 6);
  octets.writeUInt16BE(internetChecksum(octets), 2);
  return octets;
}

/** Starts to look; gives what ends it. Times are milliseconds of one clock. */
export async function observe(address: string, link: string): Promise<() => Promise<Observation>> {
  const network = openNetwork();
  const found = await network.readLink(link);
  network.close();
  if (found === null) throw new Error(`there is no ${link}`);
  // A busy machine must not keep it from asking.
  applyProcessSettings({ realtimePriority: 10, niceness: null, lockMemory: false });
  const adverts: { atMs: number; source: string; priority: number }[] = [];
  const answeredAtMs: number[] = [];
  const vrrp = openVrrpSocket(
    { interface: link, interfaceIndex: found.index, family: 'ipv4', protocol: 112, group: GROUP },
    {
      onPacket: ({ source, destination, payload }) => {
        const advert = decodeAdvert(payload, { family: 'ipv4', source, destination });
        if ('drop' in advert) return;
        adverts.push({ atMs: performance.now(), source, priority: advert.priority });
      },
      onDrop: () => {},
      onError: () => {},
    },
  );
  const raw = createRequire(import.meta.url)('raw-socket') as {
    createSocket(options: { addressFamily: number; protocol: number }): RawSocket;
  };
  const echo = raw.createSocket({ addressFamily: AF_IPV4, protocol: ICMP.protocol });
  echo.on('error', () => {});
  echo.on('message', (octets) => {
    const packet = decodeIpv4(octets);
    if ('drop' in packet || packet.source !== address) return;
    const isOurs =
      packet.payload[0] === ICMP.echoReply && identifierOf(packet.payload) === IDENTIFIER;
    if (!isOurs) return;
    answeredAtMs.push(performance.now());
    answered.add(sequenceOf(packet.payload));
  });
  const answered = new Set<number>();
  const sentAtMs: number[] = [];
  let sequence = 0;
  const timer = setInterval(() => {
    sentAtMs.push(performance.now());
    const request = echoRequest(sequence++);
    echo.send(request, 0, request.length, address, () => {});
  }, ECHO_EVERY_MS);
  return async () => {
    clearInterval(timer);
    echo.close();
    await vrrp.close();
    const echoes = sentAtMs.map((at, number) => ({
      sentAtMs: at,
      isAnswered: answered.has(number & 0xffff),
    }));
    return { adverts, answeredAtMs, echoes };
  };
}

function sequenceOf(payload: Uint8Array): number {
  return ((payload[6] ?? 0) << 8) | (payload[7] ?? 0);
}

function identifierOf(payload: Uint8Array): number {
  return ((payload[4] ?? 0) << 8) | (payload[5] ?? 0);
}
