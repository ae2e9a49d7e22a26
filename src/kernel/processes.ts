/**
 * What runs on this host, from /proc (proc(5)). The kernel's process connector would tell at once, but only in
 * the first network and user namespace, and of every fork of the host; a look costs a list of numbers, and
 * the files of those that are new. One file is read at a time, and never by the thread that speaks VRRP: the command
 * line of a process that hangs can make its reader hang.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { Cancel, Clock, Millis } from '../base/time.ts';

/** Between two looks. */
const LOOK_EVERY_MS: Millis = 500;

/** A new process may become another program in its first looks (fork, then exec). */
const YOUNG_LOOKS = 4;

/** One that is older changes its name rarely: each is read again after so many looks. */
const OLD_LOOKS = 20;

const COMMAND_LINE_OCTETS_MAX = 4_096;

export interface ProcessFacts {
  /** The short name: 15 octets at most. */
  readonly comm: string;
  /** Its command line; empty for a thread of the kernel, and where nobody asked for it. */
  readonly argv: readonly string[];
}

export interface ProcessListener {
  readonly wantsCommandLines: boolean;
  /** New, or another one; null: it has ended. Tells whether it is to be looked at each time. */
  onProcess(pid: number, facts: ProcessFacts | null): boolean;
  onRound(): void;
}

/** Looks at once, and again and again until it is cancelled. */
export function watchProcesses(clock: Clock, listener: ProcessListener, proc = '/proc'): Cancel {
  const scan = new Scan(clock, listener, proc);
  return () => scan.close();
}

interface Seen {
  looks: number;
  /** In the last look that found it. */
  round: number;
  isWatched: boolean;
  /** What was told last. */
  text: string;
}

class Scan {
  private readonly clock: Clock;
  private readonly listener: ProcessListener;
  private readonly proc: string;
  private readonly seen = new Map<number, Seen>();
  private round = 0;
  private cancel: Cancel = () => {};
  private closed = false;

  constructor(clock: Clock, listener: ProcessListener, proc: string) {
    this.clock = clock;
    this.listener = listener;
    this.proc = proc;
    void this.look();
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private async look(): Promise<void> {
    const startedAt = this.clock.now();
    const names = await readdir(this.proc).catch(() => null);
    this.round += 1;
    for (const name of names ?? []) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const seen = this.seen.get(pid) ?? this.welcome(pid);
      seen.round = this.round;
      if (this.isDue(pid, seen)) await this.read(pid, seen);
      if (this.closed) return;
      seen.looks += 1;
    }
    if (this.closed) return;
    if (names !== null) {
      this.forgetGone();
      this.listener.onRound();
    }
    const next = Math.max(this.clock.now(), startedAt + LOOK_EVERY_MS);
    this.cancel = this.clock.wakeAt(next, () => void this.look());
  }

  private welcome(pid: number): Seen {
    const seen: Seen = { looks: 0, round: 0, isWatched: false, text: '' };
    this.seen.set(pid, seen);
    return seen;
  }

  private isDue(pid: number, { looks, isWatched }: Seen): boolean {
    return isWatched || looks < YOUNG_LOOKS || (looks + pid) % OLD_LOOKS === 0;
  }

  private async read(pid: number, seen: Seen): Promise<void> {
    const facts = await readProcess(`${this.proc}/${pid}`, this.listener.wantsCommandLines);
    if (this.closed) return;
    const text = facts === null ? '' : [facts.comm, ...facts.argv].join('\0');
    if (text === seen.text) return;
    seen.text = text;
    seen.isWatched = this.listener.onProcess(pid, facts) && facts !== null;
  }

  private forgetGone(): void {
    for (const [pid, seen] of this.seen) {
      if (seen.round === this.round) continue;
      this.seen.delete(pid);
      if (seen.text !== '') this.listener.onProcess(pid, null);
    }
  }
}

/** Null: it has ended; one that nobody has waited for yet (a zombie) has ended too. */
async function readProcess(directory: string, wantsArgv: boolean): Promise<ProcessFacts | null> {
  const stat = await readFile(`${directory}/stat`, 'latin1').catch(() => null);
  // PID (NAME) STATE …: the name may have brackets and blanks in it.
  const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(stat ?? '') ?? [];
  if (name === undefined || state === 'Z' || state === 'X') return null;
  const comm = Buffer.from(name, 'latin1').toString();
  if (!wantsArgv) return { comm, argv: [] };
  const line = await readFile(`${directory}/cmdline`).catch(() => null);
  const words = line?.toString('utf8', 0, COMMAND_LINE_OCTETS_MAX).split('\0') ?? [];
  return { comm, argv: words.at(-1) === '' ? words.slice(0, -1) : words };
}
