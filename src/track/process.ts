/**
 * Tracked processes: how many run of a program, compared with a quorum. A gain counts after `fork_delay`, a
 * loss after `terminate_delay`; what is found first counts at once.
 */
import type { Cancel } from '../base/time.ts';
import type { VrrpTrackProcess } from '../model/vrrp.ts';
import { type Reading, type Tracker, type TrackPorts, UNKNOWN } from './tracker.ts';

export interface ProcessFacts {
  /** The short name: 15 octets at most. */
  readonly comm: string;
  /** Its command line; empty for a thread of the kernel, and where nobody asked for it. */
  readonly argv: readonly string[];
}

const COMM_OCTETS_MAX = 15;

/** Whether this is the program that is meant. */
export function isMeant(
  { command, parameters, fullCommand, parameterMatch }: VrrpTrackProcess,
  { comm, argv }: ProcessFacts,
): boolean {
  if (!(fullCommand ? isProgram(command, argv[0] ?? '') : isShortName(command, comm))) return false;
  const own = argv.slice(1);
  switch (parameterMatch) {
    case null:
      return true;
    case 'exact':
      return own.length === parameters.length && own.every((word, at) => word === parameters[at]);
    case 'initial':
      return parameters.every((word, at) => word === own[at]);
    case 'partial':
      return parameters.every((word) => own.includes(word));
  }
}

/** Of a path the last part: the kernel's short name has no directory. */
function isShortName(command: string, comm: string): boolean {
  const name = Buffer.from(lastPart(command)).subarray(0, COMM_OCTETS_MAX);
  return name.equals(Buffer.from(comm));
}

/** A path is compared whole, a name with the last part. */
function isProgram(command: string, program: string): boolean {
  return command.includes('/') ? program === command : lastPart(program) === command;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export class TrackedProcess implements Tracker {
  readonly kind = 'process';
  config: VrrpTrackProcess;
  reading: Reading = UNKNOWN;
  sinceMs: number;
  private readonly pids = new Set<number>();
  private readonly clock: TrackPorts['clock'];
  private readonly onChange: () => void;
  private cancel: Cancel | null = null;

  constructor(config: VrrpTrackProcess, clock: TrackPorts['clock'], onChange: () => void) {
    this.config = config;
    this.clock = clock;
    this.onChange = onChange;
    this.sinceMs = clock.wallTimeMs();
  }

  get name(): string {
    return this.config.name;
  }

  get detail(): string | null {
    if (this.reading.up === null) return null;
    const { size } = this.pids;
    return `${size} process${size === 1 ? '' : 'es'}${this.cancel === null ? '' : ', and is waited for'}`;
  }

  get wantsCommandLines(): boolean {
    return this.config.fullCommand || this.config.parameterMatch !== null;
  }

  /** A process is new, is another one, or has ended; tells whether it counts. */
  see(pid: number, facts: ProcessFacts | null): boolean {
    const counts = facts !== null && isMeant(this.config, facts);
    if (counts) this.pids.add(pid);
    else this.pids.delete(pid);
    return counts;
  }

  /** All have been looked at. */
  settle(): void {
    const { quorum, quorumMax, forkDelayMs, terminateDelayMs } = this.config;
    const { size } = this.pids;
    const up = size >= quorum && size <= (quorumMax ?? Infinity);
    if (up === this.reading.up) {
      this.close();
      return;
    }
    const waitMs = up ? forkDelayMs : terminateDelayMs;
    if (this.reading.up === null || waitMs === 0) {
      this.close();
      this.become(up);
    } else {
      this.cancel ??= this.clock.wakeAt(this.clock.now() + waitMs, () => {
        this.cancel = null;
        this.become(up);
      });
    }
  }

  close(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private become(up: boolean): void {
    this.reading = { up, value: null };
    this.sinceMs = this.clock.wallTimeMs();
    this.onChange();
  }
}
