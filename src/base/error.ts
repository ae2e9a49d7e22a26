/**
 * Errors of two kinds: a refusal (`DirectorError`), which names what was refused, why and how to mend
 * it, and a broken invariant, which is a crash. Bad input is neither: it is a value.
 */

/** Every refusal this program can give. Cause and cure stand beside each. */
export type ErrorCode =
  /** The native addon is not built or was built for another Node. Cure: `npm run build:native`. */
  | 'ADDON_MISSING'
  /** The kernel has no IPVS. Cure: `modprobe ip_vs`. */
  | 'IPVS_UNAVAILABLE'
  /** The kernel refused one IPVS change; the message names the entry and the errno. */
  | 'IPVS_REFUSED'
  /** The kernel has no nf_tables, or a table of our name is another's. Cure: `modprobe nf_tables`. */
  | 'NFTABLES_UNAVAILABLE'
  /** A capability is missing. Cure: run as root, or grant the capability named. */
  | 'NOT_PERMITTED'
  /** A netlink request got no answer in time. */
  | 'NETLINK_TIMEOUT'
  /** The kernel refused a netlink request that is not about IPVS. */
  | 'NETLINK_REFUSED'
  /** Replies were lost because the receive buffer overran: what was read must be read again. */
  | 'NETLINK_OVERRUN'
  /** A reply of the kernel is cut short, or lacks something: none of what was read is believed. */
  | 'NETLINK_DAMAGED'
  /** An interface that is needed does not exist. */
  | 'INTERFACE_MISSING'
  /** A network namespace that the configuration names does not exist. Cure: `ip netns add NAME`. */
  | 'NAMESPACE_MISSING'
  /** A socket could not be opened or set up. */
  | 'SOCKET_FAILED'
  /** etcd does not answer, or refuses: its address, its certificates, or the user. */
  | 'ETCD_FAILED'
  /** The configuration cannot be read or has errors. Cure: `lvsctl check`. */
  | 'CONFIG_INVALID'
  /** No daemon answers on the control socket. Cure: start `lvsd`, or give the right `--run-dir`. */
  | 'DAEMON_UNREACHABLE'
  /** Another daemon already uses the same run directory. */
  | 'DAEMON_RUNNING'
  /** The daemon is on its way out and begins nothing any more. */
  | 'DAEMON_STOPPING'
  /** A process of the daemon does not run, or does not answer. */
  | 'PROCESS_SILENT'
  /** Another configuration is in force for a time only. Cure: `lvsctl confirm` or `lvsctl rollback`. */
  | 'CONFIRM_PENDING'
  /** Nothing waits for `lvsctl confirm`. */
  | 'NOTHING_PENDING'
  /** There is no earlier configuration to roll back to. */
  | 'NOTHING_EARLIER'
  /** An operator named a real server or virtual server that is not there, or could be several. */
  | 'UNKNOWN_SERVER'
  /** Without this real server a virtual server serves nobody, or by its sorry server only. Cure: `--force`. */
  | 'SERVICE_NEEDED'
  /** More real servers are drained and disabled than anybody orders one by one. Cure: `lvsctl enable` some. */
  | 'TOO_MANY_ORDERS'
  /** An operator named a VRRP instance or sync group that is not there. */
  | 'UNKNOWN_INSTANCE'
  /** Nobody could take over what was to be given up. Cure: mend the peer, or `lvsctl failover --force`. */
  | 'NO_SUCCESSOR'
  /** The run directory, or the pid file, cannot be written. Cure: `lvsd --run-dir DIR`, `--pid FILE`. */
  | 'RUN_DIR_UNWRITABLE'
  /** The state directory cannot be written. Cure: `lvsd --state-dir DIR`. */
  | 'STATE_UNWRITABLE'
  /** The daemon refused a request of the control socket. */
  | 'REQUEST_REFUSED'
  /** A path that is to be a FIFO holds something else, or cannot be made. Cure: remove what is there. */
  | 'FIFO_REFUSED'
  /** A script could not be started. */
  | 'SCRIPT_FAILED'
  /** What was to be printed could not be: a full disk, for one. */
  | 'OUTPUT_FAILED'
  /** Command-line arguments that make no sense. */
  | 'USAGE';

export interface ErrorDetails {
  /** What to do about it, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** The kernel's number, positive, when the kernel refused. */
  readonly errno?: number;
}

/** A refusal: a sentence with the names in it, and what to do. */
export class DirectorError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly errno: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DirectorError';
    this.code = code;
    this.hint = details.hint;
    this.errno = details.errno;
  }
}

/** Crashes with `why` unless `condition` holds. `why` says what makes it hold. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${why}`);
}

/** The end of a `switch` over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected ${JSON.stringify(value)}`);
}

/** The name of a system error (`ECONNREFUSED`), or its message when it has none. */
export function errnoName(error: unknown): string {
  if (error instanceof Error) {
    const { code } = error as NodeJS.ErrnoException;
    return typeof code === 'string' ? code : error.message;
  }
  return String(error);
}

/** What a person reads: the message and, on a line of its own, the hint. */
export function describeError(error: unknown): string {
  if (error instanceof DirectorError && error.hint !== undefined) {
    return `${error.message}\n  hint: ${error.hint}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The same for a record of the log, where the hint is a field of its own. */
export function reasonAndHint(error: unknown): { readonly reason: string; readonly hint?: string } {
  if (error instanceof DirectorError && error.hint !== undefined) {
    return { reason: error.message, hint: error.hint };
  }
  return { reason: describeError(error) };
}
