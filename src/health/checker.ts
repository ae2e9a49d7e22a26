/**
 * What a checker is: it asks its server once and answers with a verdict. When to ask, how many
 * failures to forgive, weights and logs belong to others (pacing.ts, rounds.ts, monitor.ts).
 */
import type { Socket } from 'node:net';
import { DirectorError } from '../base/error.ts';
import type { Millis } from '../base/time.ts';
import type { DialTarget } from '../model/checker.ts';

/** Why a check failed: the name of the system's error, or one of these words. */
export type FailureReason =
  | `E${string}`
  /** The deadline passed; the detail tells what was waited for. */
  | 'timeout'
  /** The TLS handshake failed. */
  | 'tls'
  /** The server closed the connection before its reply was complete. */
  | 'closed'
  /** What came is not HTTP. */
  | 'bad-reply'
  /** The reply exceeds a limit of ours. */
  | 'too-large'
  /** The status code is none of those wanted. */
  | 'status'
  /** The MD5 of the body is another. */
  | 'digest'
  /** The director itself refused; the detail holds its sentence. */
  | 'refused-by-director'
  /** Anything else; the detail holds the message. */
  | 'error';

export interface Failure {
  readonly up: false;
  readonly reason: FailureReason;
  readonly detail?: string;
}

export type Verdict =
  | { readonly up: true; readonly latencyMs: Millis; readonly detail?: string }
  | Failure;

/**
 * Connects as the target wants it (source, interface, mark). Rejects with the system's error, and
 * promptly when the signal aborts. The socket belongs to the caller.
 */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Socket>;

/** What a checker is given for one attempt. */
export interface Attempt {
  readonly dial: Dial;
  /** Aborts at the deadline: the checker then lets go of everything and answers at once. */
  readonly signal: AbortSignal;
  /** The server is talking: the deadline moves on, though never beyond a limit (rounds.ts). */
  readonly progress: () => void;
  readonly elapsedMs: () => Millis;
}

/**
 * Asks once. Rejects only when the question could not be put for a lack of our own (`isOwnLack`):
 * that says nothing about the server.
 */
export type Checker<Question> = (question: Question, attempt: Attempt) => Promise<Verdict>;

/** Files, memory, buffers: what the director has run out of, not the server. */
const OWN_LACKS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

export function isOwnLack(error: unknown): boolean {
  const code = errorCode(error);
  return code !== null && OWN_LACKS.has(code);
}

/** The verdict on an attempt that ended with `error`, while waiting for `stage`. */
export function failureOf(error: unknown, signal: AbortSignal, stage: string): Failure {
  if (isOwnLack(error)) throw error;
  if (signal.aborted) return { up: false, reason: 'timeout', detail: stage };
  if (error instanceof DirectorError) {
    return { up: false, reason: 'refused-by-director', detail: error.message };
  }
  const code = errorCode(error);
  if (code !== null && isErrno(code)) return { up: false, reason: code, detail: stage };
  return { up: false, reason: 'error', detail: messageOf(error) };
}

/** `ECONNREFUSED (connecting)`: a failure as part of a sentence. */
export function describeFailure(failure: Failure): string {
  return failure.detail === undefined ? failure.reason : `${failure.reason} (${failure.detail})`;
}

export function errorCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}

/** System errors have names such as ECONNRESET; Node's own (`ERR_…`) and libraries' have others. */
export function isErrno(code: string): code is `E${string}` {
  return /^E[A-Z0-9]+$/.test(code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
