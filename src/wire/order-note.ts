/**
 * What directors tell each other of the orders of operators, as JSON in a datagram of the link between them
 * (peer-link.ts). Text ⇄ values; nothing else than what is described here is taken. Times are milliseconds since
 * 1970 by the clock of who sends.
 *
 *   have ── this is what I have, as a digest; with `answer` it is the reply to one
 *   put  ── these, as batch N
 *   got  ── batch N is on my disk; not `taken`: I have no room for it
 */
import { parseAddress } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';

export interface NotedOrder {
  readonly kind: 'drain' | 'disable' | 'enable';
  /** `10.1.0.3:80` */
  readonly realServer: string;
  readonly virtualServer: string | null;
  readonly sinceMs: number;
  /** Of a drain; else null. */
  readonly untilMs: number | null;
  readonly atEnd: 'stay' | 'remove';
  readonly version: { readonly atMs: number; readonly director: string };
  readonly givenOn: string;
}

export type OrderNote =
  | {
      readonly kind: 'have';
      readonly isAnswer: boolean;
      readonly director: string;
      readonly name: string;
      /** Of all that it has: 64 hexadecimal digits. */
      readonly digest: string;
    }
  | {
      readonly kind: 'put';
      readonly batch: number;
      /** Now, by the clock of who sends. */
      readonly nowMs: number;
      readonly orders: readonly NotedOrder[];
    }
  | { readonly kind: 'got'; readonly batch: number; readonly isTaken: boolean };

/** With its header and tag it fits every link of IPv6. */
export const NOTE_OCTETS_MAX = 1_100;
const VIRTUAL_SERVER_CHARS_MAX = 512;
const NAME_CHARS_MAX = 64;
/** The year 10 889: what is added to it is exact. */
const MS_MAX = 2 ** 48;

export function encodeOrderNote(note: OrderNote): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

/** How many octets it adds to a `put`. */
export function octetsOf(order: NotedOrder): number {
  return Buffer.byteLength(JSON.stringify(order)) + 1;
}

/** A name as it may stand in a note: without what would move a cursor. */
export function notedName(name: string): string {
  const text = [...name].filter((char) => !isControl(char)).join('');
  return text.slice(0, NAME_CHARS_MAX);
}

/** Null: it is none. Never throws. */
export function decodeOrderNote(octets: Uint8Array): OrderNote | null {
  if (octets.length > NOTE_OCTETS_MAX) return null;
  try {
    return noteIn(JSON.parse(Buffer.from(octets).toString('utf8')));
  } catch {
    return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function noteIn(told: unknown): OrderNote | null {
  if (!isFields(told)) return null;
  switch (told.kind) {
    case 'have': {
      const { isAnswer, director, name, digest } = told;
      if (typeof isAnswer !== 'boolean' || !isHex(director, 16) || !isHex(digest, 64)) return null;
      return isText(name, NAME_CHARS_MAX)
        ? { kind: 'have', isAnswer, director, name, digest }
        : null;
    }
    case 'put': {
      const { batch, nowMs, orders } = told;
      if (!isNumber(batch) || !isNumber(nowMs) || !Array.isArray(orders)) return null;
      const found = orders.map(orderIn);
      if (found.length === 0 || found.includes(null)) return null;
      return { kind: 'put', batch, nowMs, orders: found as NotedOrder[] };
    }
    case 'got': {
      const { batch, isTaken } = told;
      if (!isNumber(batch) || typeof isTaken !== 'boolean') return null;
      return { kind: 'got', batch, isTaken };
    }
    default:
      return null;
  }
}

function orderIn(told: unknown): NotedOrder | null {
  if (!isFields(told) || !isFields(told.version)) return null;
  const { kind, realServer, virtualServer, sinceMs, untilMs, atEnd, givenOn, version } = told;
  if (kind !== 'drain' && kind !== 'disable' && kind !== 'enable') return null;
  if (!isEndpoint(realServer) || !isNumber(sinceMs)) return null;
  if (virtualServer !== null && !isText(virtualServer, VIRTUAL_SERVER_CHARS_MAX)) return null;
  if (untilMs !== null && !isNumber(untilMs)) return null;
  if (atEnd !== 'stay' && atEnd !== 'remove') return null;
  const { atMs, director } = version;
  if (!isNumber(atMs) || !isHex(director, 16) || !isText(givenOn, NAME_CHARS_MAX)) return null;
  const when = { sinceMs, untilMs, version: { atMs, director } };
  return { kind, realServer, virtualServer, ...when, atEnd, givenOn };
}

function isFields(told: unknown): told is Fields {
  return typeof told === 'object' && told !== null && !Array.isArray(told);
}

function isNumber(told: unknown): told is number {
  return Number.isInteger(told) && (told as number) >= 0 && (told as number) <= MS_MAX;
}

function isHex(told: unknown, digits: number): told is string {
  return typeof told === 'string' && told.length === digits && /^[0-9a-f]*$/.test(told);
}

function isText(told: unknown, charsMax: number): told is string {
  if (typeof told !== 'string' || told.length === 0 || told.length > charsMax) return false;
  return ![...told].some(isControl);
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/** As it is written everywhere, so that the same server has one name. Port 0: every port. */
function isEndpoint(told: unknown): told is string {
  if (typeof told !== 'string') return false;
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(told) ?? [];
  const address = parseAddress(host.replace(/^\[(.*)\]$/, '$1'));
  const port = Number(digits);
  return address !== null && port <= 65_535 && told === formatEndpoint(address, port);
}
