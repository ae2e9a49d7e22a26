/** What a client sees pass its interface of VRRP, of echo replies and of ARP. */
import { addressAt, ETHERNET_OCTETS, type Frame, FrameCapture, macAt } from '../lab/capture.ts';
import type { Lab } from '../lab/lab.ts';

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

const FILTER = 'ip proto 112 or icmp[icmptype] == icmp-echoreply or arp';
const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
const PROTOCOL = { icmp: 1, vrrp: 112 } as const;
const ARP_REPLY = 2;

export class Capture {
  private readonly frames: FrameCapture;

  private constructor(frames: FrameCapture) {
    this.frames = frames;
  }

  /** What comes in at `eth0` of a host, until it is ended. */
  static async of(lab: Lab, host: string, filter: string = FILTER): Promise<Capture> {
    return new Capture(await FrameCapture.of(lab, host, { filter, direction: 'in' }));
  }

  async end(): Promise<readonly Seen[]> {
    return (await this.frames.end()).flatMap((frame) => seenIn(frame) ?? []);
  }
}

/** The capture filter lets through only whole headers of these. */
function seenIn({ atMs, octets: frame }: Frame): Seen | null {
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
