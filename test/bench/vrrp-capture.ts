/**
 * What passes a host's interface, with the kernel's own timestamps: a busy machine delays who looks at the packets,
 * and not what is measured. tcpdump keeps them, here they are read (pcap-savefile(5)).
 */
import { readFileSync, rmSync } from 'node:fs';
import { eventually, type Lab, type Running } from '../lab/lab.ts';

export type Seen =
  | {
      readonly what: 'advert';
      readonly atMs: number;
      readonly source: string;
      readonly vrid: number;
      readonly priority: number;
    }
  /** To an echo request. */
  | { readonly what: 'answer'; readonly atMs: number; readonly mac: string }
  /** An ARP reply, or a gratuitous ARP. */
  | {
      readonly what: 'claim';
      readonly atMs: number;
      readonly mac: string;
      readonly address: string;
    };

export type Advert = Extract<Seen, { what: 'advert' }>;

const OCTETS = 96;
const BUFFER_KIB = 32_768;
const FILTER = 'ip proto 112 or icmp[icmptype] == icmp-echoreply or arp';
const FILE_HEADER_OCTETS = 24;
const RECORD_HEADER_OCTETS = 16;
const ETHERNET_OCTETS = 14;
const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
const PROTOCOL = { icmp: 1, vrrp: 112 } as const;
const ARP_REPLY = 2;

let capturesMade = 0;

export class Capture {
  private readonly tcpdump: Running;
  private readonly file: string;

  private constructor(tcpdump: Running, file: string) {
    this.tcpdump = tcpdump;
    this.file = file;
  }

  /** What comes in at `eth0` of a host, until it is ended. */
  static async of(lab: Lab, host: string, filter: string = FILTER): Promise<Capture> {
    capturesMade += 1;
    const name = `capture${capturesMade}`;
    const file = `/run/${name}.pcap`;
    // Not in blocks: of the last one, tcpdump would keep nothing.
    const size = [
      '--immediate-mode',
      '-s',
      `${OCTETS}`,
      '-B',
      `${BUFFER_KIB}`,
      '--time-stamp-precision=nano',
    ];
    const what = ['-i', 'eth0', '-Q', 'in', '-w', file, filter];
    const tcpdump = lab.start(host, name, 'tcpdump', '-n', '-Z', 'root', ...size, ...what);
    await eventually('tcpdump listens', () => listens(lab, name));
    return new Capture(tcpdump, file);
  }

  async end(): Promise<readonly Seen[]> {
    this.tcpdump.kill('SIGTERM');
    await this.tcpdump.ended;
    const seen = readSeen(readFileSync(this.file));
    rmSync(this.file);
    return seen;
  }
}

function listens(lab: Lab, name: string): boolean {
  try {
    return lab.logOf(name).includes('listening on');
  } catch {
    // It has said nothing yet.
    return false;
  }
}

function readSeen(file: Buffer): readonly Seen[] {
  const seen: Seen[] = [];
  let at = FILE_HEADER_OCTETS;
  while (at + RECORD_HEADER_OCTETS <= file.length) {
    const atMs = file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1e6;
    const octets = file.readUInt32LE(at + 8);
    at += RECORD_HEADER_OCTETS;
    if (at + octets > file.length) break;
    const one = readFrame(file.subarray(at, at + octets), atMs);
    if (one !== null) seen.push(one);
    at += octets;
  }
  return seen;
}

/** The capture filter lets through only whole headers of these. */
function readFrame(frame: Buffer, atMs: number): Seen | null {
  const type = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET_OCTETS);
  if (type === ETHERTYPE.arp) {
    const [address, target] = [addressAt(packet, 14), addressAt(packet, 24)];
    if (packet.readUInt16BE(6) !== ARP_REPLY && address !== target) return null;
    return { what: 'claim', atMs, mac: macAt(packet, 8), address };
  }
  if (type !== ETHERTYPE.ipv4) return null;
  const payload = packet.subarray((packet.readUInt8(0) & 0x0f) * 4);
  if (packet[9] === PROTOCOL.icmp) return { what: 'answer', atMs, mac: macAt(frame, 6) };
  if (packet[9] !== PROTOCOL.vrrp) return null;
  const source = addressAt(packet, 12);
  const [, vrid = 0, priority = 0] = payload;
  return { what: 'advert', atMs, source, vrid, priority };
}

function addressAt(octets: Buffer, at: number): string {
  return octets.subarray(at, at + 4).join('.');
}

function macAt(octets: Buffer, at: number): string {
  return octets.toString('hex', at, at + 6);
}

export function advertsOf(seen: readonly Seen[]): readonly Advert[] {
  return seen.filter((one) => one.what === 'advert');
}

/** The longest time between two answers to the client, and when it ended. */
export function longestSilence(seen: readonly Seen[]): {
  readonly ms: number;
  readonly endMs: number;
} {
  const answers = seen.filter(({ what }) => what === 'answer');
  let longest = { ms: 0, endMs: 0 };
  for (const [before, { atMs }] of answers.slice(1).entries()) {
    const ms = atMs - (answers[before] as Seen).atMs;
    if (ms > longest.ms) longest = { ms, endMs: atMs };
  }
  return longest;
}
