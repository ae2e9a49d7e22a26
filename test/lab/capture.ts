/**
 * What passes a host's interface, with the kernel's own timestamps: a busy machine delays who looks at the packets,
 * and not what is measured. tcpdump keeps them, here they are read (pcap-savefile(5)).
 */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { eventually, type Lab, type Running } from './lab.ts';

export interface Frame {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Its first octets. */
  readonly octets: Buffer;
}

export interface CaptureOptions {
  /** pcap-filter(7). */
  readonly filter: string;
  readonly direction: 'in' | 'inout';
}

export const ETHERNET_OCTETS = 14;

const OCTETS = 96;
const BUFFER_KIB = 32_768;
const FILE_HEADER_OCTETS = 24;
const RECORD_HEADER_OCTETS = 16;
const READ_OCTETS = 1024 * 1024;

let capturesMade = 0;

export class FrameCapture {
  private readonly lab: Lab;
  private readonly name: string;
  private readonly file: string;
  private readonly tcpdump: Running;
  private readonly frames: Frame[] = [];
  /** What of the file was read already. */
  private readTo = FILE_HEADER_OCTETS;

  private constructor(lab: Lab, name: string, file: string, tcpdump: Running) {
    this.lab = lab;
    this.name = name;
    this.file = file;
    this.tcpdump = tcpdump;
  }

  /** What passes `eth0` of a host, until it is ended. */
  static async of(
    lab: Lab,
    host: string,
    { filter, direction }: CaptureOptions,
  ): Promise<FrameCapture> {
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
    const what = ['-U', '-i', 'eth0', '-Q', direction, '-w', file, filter];
    const tcpdump = lab.start(host, name, 'tcpdump', '-n', '-Z', 'root', ...size, ...what);
    const capture = new FrameCapture(lab, name, file, tcpdump);
    await eventually('tcpdump listens', () => capture.said(/listening on/) !== null);
    return capture;
  }

  /** @throws Error when the kernel could not keep all of them. */
  async end(): Promise<readonly Frame[]> {
    this.tcpdump.kill('SIGTERM');
    await this.tcpdump.ended;
    const frames = this.soFar();
    rmSync(this.file);
    await eventually('tcpdump tells what it lost', () => this.said(LOST) !== null);
    const lost = this.said(LOST)?.[1];
    if (lost !== '0') throw new Error(`tcpdump has lost ${lost} packets`);
    return frames;
  }

  /** In the order in which they passed. */
  soFar(): readonly Frame[] {
    const file = openSync(this.file, 'r');
    const buffer = Buffer.alloc(READ_OCTETS);
    for (let isMore = true; isMore; ) {
      const length = readSync(file, buffer, 0, READ_OCTETS, this.readTo);
      const taken = this.take(buffer.subarray(0, length));
      this.readTo += taken;
      isMore = taken > 0;
    }
    closeSync(file);
    return this.frames;
  }

  /** Whole records; gives their octets. */
  private take(records: Buffer): number {
    let at = 0;
    while (at + RECORD_HEADER_OCTETS <= records.length) {
      const atMs = records.readUInt32LE(at) * 1000 + records.readUInt32LE(at + 4) / 1e6;
      const from = at + RECORD_HEADER_OCTETS;
      const to = from + records.readUInt32LE(at + 8);
      if (to > records.length) break;
      this.frames.push({ atMs, octets: Buffer.from(records.subarray(from, to)) });
      at = to;
    }
    return at;
  }

  private said(what: RegExp): RegExpExecArray | null {
    try {
      return what.exec(this.lab.logOf(this.name));
    } catch {
      // It has said nothing yet.
      return null;
    }
  }
}

const LOST = /(\d+) packets? dropped by kernel/;

export function addressAt(octets: Buffer, at: number): string {
  return octets.subarray(at, at + 4).join('.');
}

export function macAt(octets: Buffer, at: number): string {
  return octets.toString('hex', at, at + 6);
}
