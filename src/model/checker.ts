/** Checkers as configured, every default and inheritance already filled in. */
import type { Millis } from '../base/time.ts';

/** Where and how a checker connects. */
export interface CheckTarget {
  /** Null: the real server's, which so may share its checks with all others like it. */
  readonly address: string | null;
  /** 0 to 65535; 0 means that a service without port is checked at port 0 and always fails. */
  readonly port: number;
  /** Local address, or null for the kernel's choice. */
  readonly bindAddress: string | null;
  /** Local port, or 0 for the kernel's choice. */
  readonly bindPort: number;
  /** Interface the connection must leave by (SO_BINDTODEVICE), or null. */
  readonly bindInterface: string | null;
  /** Firewall mark of the connection's packets (SO_MARK); 0: none. */
  readonly fwmark: number;
}

/** One that somebody can connect to. */
export interface DialTarget extends CheckTarget {
  readonly address: string;
}

/** What all checkers share: keepalived's `delay_loop`, `retry` and `delay_before_retry`, and the way they begin. */
export interface CheckPacing {
  /** L: pause between two checks. */
  readonly delayLoopMs: Millis;
  /** R: failures that are forgiven before a real server is down. */
  readonly retry: number;
  /** D: pause before each of these retries. */
  readonly delayBeforeRetryMs: Millis;
  /** The first check is at 1 s plus a random part of this. */
  readonly warmupMs: Millis;
  readonly connectTimeoutMs: Millis;
  /** The real server is down until a check has succeeded. */
  readonly alpha: boolean;
  /** Log each failed attempt, not only the one that decides. */
  readonly logAllFailures: boolean;
}

export interface TcpCheck {
  readonly kind: 'tcp';
  readonly target: CheckTarget;
  readonly pacing: CheckPacing;
}

/** Inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

export interface HttpUrl {
  /** Request target as written, without fragment. */
  readonly path: string;
  /** MD5 of the body in lower-case hexadecimal, or null. In addition to the status. */
  readonly digest: string | null;
  readonly statusCodes: readonly StatusRange[];
  /** Host header of this url, or null for the checker's. */
  readonly virtualHost: string | null;
}

export interface HttpCheck {
  readonly kind: 'http';
  readonly tls: boolean;
  readonly target: CheckTarget;
  readonly pacing: CheckPacing;
  readonly httpVersion: '1.0' | '1.0c' | '1.1';
  /** Host header, of the checker, its real server or its virtual server; null: `IP:PORT` of the target. */
  readonly host: string | null;
  readonly urls: readonly HttpUrl[];
  /** After a first success check the remaining urls at once. */
  readonly fastRecovery: boolean;
}

/** BFD_CHECK: follows a session, and asks nobody. */
export interface BfdCheck {
  readonly kind: 'bfd';
  /** Name of the `bfd_instance`. */
  readonly session: string;
  /** Of it only `alpha` counts: a session tells of itself. */
  readonly pacing: CheckPacing;
}

/** Checks that connect. */
export type DialedCheck = TcpCheck | HttpCheck;

export type Check = DialedCheck | BfdCheck;

/** A check of one real server: its target has an address. */
export type Aimed<One extends DialedCheck = DialedCheck> = One extends DialedCheck
  ? Omit<One, 'target'> & { readonly target: DialTarget }
  : never;
