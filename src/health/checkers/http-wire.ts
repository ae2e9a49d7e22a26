/**
 * The connection as undici sees it. undici is made for servers that are asked often and speak modern
 * HTTP; a checker must ask once, in keepalived's words, and hear what the server really said:
 *
 *   undici ──▶ its request is dropped, ours is sent ──────────────▶ server
 *   undici ◀── first line mended if its protocol word is unusual ◀── server
 *                                   └──▶ the raw octets, for limits and digests
 */
import type { Hash } from 'node:crypto';
import { Duplex } from 'node:stream';

/** A reply that is not HTTP as keepalived reads it. */
export class BadReply extends Error {}

/** A reply of more octets than anyone should send to a checker. */
export class ReplyTooLarge extends Error {}

/** Longest first line of a reply; also bounds what is kept while it has not ended. */
const STATUS_LINE_BYTES_MAX = 1024;

const NO_STATUS = 'no HTTP status line';

const HEADER_END = '\r\n\r\n';

export interface WireOptions {
  /** What to send, whole. */
  readonly request: Buffer;
  readonly replyBytesMax: number;
  /** Something has come. */
  readonly onOctets: () => void;
  /** Takes the reply after its header, exactly as it came, chunk sizes included. */
  readonly rawHash: Hash | null;
}

export class HttpWire extends Duplex {
  /** How the server left: in good order, or by an error such as a reset; null while it stays. */
  left: 'ended' | Error | null = null;
  private readonly connection: Duplex;
  private readonly options: WireOptions;
  private asked = false;
  private octets = 0;
  /** The first line as far as it has come; null once it has passed. */
  private firstLine: Buffer | null = Buffer.alloc(0);
  /** The last octets of the header so far; null in the body. */
  private headerTail: Buffer | null = Buffer.alloc(0);

  constructor(connection: Duplex, options: WireOptions) {
    super();
    this.connection = connection;
    this.options = options;
    connection.on('data', (chunk: Buffer) => this.hear(chunk));
    connection.on('end', () => this.hearEnd());
    connection.on('error', (error) => {
      this.left = error;
      this.destroy(error);
    });
    connection.on('close', () => {
      if (this.left === null) this.destroy();
    });
  }

  override _write(_theirs: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.asked) this.connection.write(this.options.request);
    this.asked = true;
    done();
  }

  override _read(): void {
    this.connection.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connection.destroy();
    done(error);
  }

  private hear(chunk: Buffer): void {
    try {
      this.count(chunk.length);
      const passed = this.firstLine === null ? chunk : this.passFirstLine(this.firstLine, chunk);
      if (passed === null) return;
      this.findBody(passed);
      if (!this.push(passed)) this.connection.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  private hearEnd(): void {
    this.left = 'ended';
    if (this.firstLine !== null && this.firstLine.length > 0) this.destroy(new BadReply(NO_STATUS));
    else this.push(null);
  }

  private count(octets: number): void {
    const { onOctets, replyBytesMax } = this.options;
    onOctets();
    this.octets += octets;
    if (this.octets > replyBytesMax) throw new ReplyTooLarge(`over ${replyBytesMax} octets`);
  }

  /** Holds the first line back until it has ended; then gives all that has come. */
  private passFirstLine(before: Buffer, chunk: Buffer): Buffer | null {
    const come = Buffer.concat([before, chunk]);
    const end = come.indexOf('\r\n');
    if (end < 0 && come.length <= STATUS_LINE_BYTES_MAX) {
      this.firstLine = come;
      return null;
    }
    this.firstLine = null;
    const line = come.toString('latin1', 0, Math.max(0, end));
    const mended = mendStatusLine(line);
    if (mended === null) throw new BadReply(NO_STATUS);
    if (mended === line) return come;
    return Buffer.concat([Buffer.from(mended, 'latin1'), come.subarray(end)]);
  }

  private findBody(chunk: Buffer): void {
    const { rawHash } = this.options;
    if (rawHash === null) return;
    if (this.headerTail === null) {
      rawHash.update(chunk);
      return;
    }
    const come = Buffer.concat([this.headerTail, chunk]);
    const end = come.indexOf(HEADER_END);
    if (end < 0) {
      this.headerTail = Buffer.from(come.subarray(1 - HEADER_END.length));
      return;
    }
    this.headerTail = null;
    rawHash.update(come.subarray(end + HEADER_END.length));
  }
}

/**
 * Any protocol word will do (`ICY`, `HTTP/2.0`), but a blank must follow the code. Gives the line
 * with a word that undici reads, or null.
 */
function mendStatusLine(line: string): string | null {
  const rest = /^\S+( \d{3} .*)$/.exec(line)?.[1];
  if (rest === undefined) return null;
  return /^HTTP\/1\.[01] /.test(line) ? line : `HTTP/1.1${rest}`;
}
