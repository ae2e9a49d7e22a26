/**
 * Which scenarios run side by side. They wait most of their time, so that several guests fit on one machine: the files
 * of a kernel are dealt out to lanes by how long they take, the longest first.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Kernel, PlacedFile } from './kernels.ts';

/** Files that one run of vitest takes, one after another. */
export interface Lane {
  /** `uml2`: in names of files and before each line that it prints. */
  readonly name: string;
  readonly kernel: Kernel;
  readonly files: readonly string[];
}

/** Lanes of one phase run side by side, phases one after another. */
export type Phase = readonly Lane[];

/** What the machine has to give. */
export interface Machine {
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** A file's length, in seconds. */
export type Lengths = Readonly<Record<string, number>>;

/** Memory of a guest that runs scenarios: with time its page cache fills all of it. */
export const SCENARIO_GUEST_MIB = 2048;
/** What is left for everything else. */
const RESERVED_MIB = 1024;
/** More than these disturb each other: a guest that works keeps half a CPU busy. */
const GUESTS_MAX = 4;
const HOST_LANES_MAX = 2;

/** At least one, however little there is. */
export function guestsAtOnce({ cpus, memoryMiB }: Machine): number {
  const fit = Math.floor((memoryMiB - RESERVED_MIB) / SCENARIO_GUEST_MIB);
  return Math.max(1, Math.min(cpus + 1, GUESTS_MAX, fit));
}

/**
 * The host's scenarios beside those of user-mode Linux; then qemu, which takes the CPUs for itself but for the few that
 * go without IPv6; then, alone, what takes the time of something.
 */
export function phases(
  files: readonly PlacedFile[],
  machine: Machine,
  lengths: Lengths,
): readonly Phase[] {
  const isTimed = ({ needs }: PlacedFile): boolean => needs.includes('timing');
  const on = (kernel: Kernel, timed = false): readonly PlacedFile[] =>
    files.filter((one) => one.kernel === kernel && isTimed(one) === timed);
  const lanes = (kernel: Kernel, count: number): Phase =>
    deal(on(kernel), count, lengths).map((dealt, at, { length }) => ({
      name: length === 1 ? kernel : `${kernel}${at + 1}`,
      kernel,
      files: dealt,
    }));
  const timed = on('host', true).map(({ file }) => file);
  return [
    [
      ...lanes('host', Math.min(machine.cpus, HOST_LANES_MAX)),
      ...lanes('uml', guestsAtOnce(machine)),
    ],
    [...lanes('qemu', 1), ...lanes('umlv4', 1)],
    timed.length === 0 ? [] : [{ name: 'timed', kernel: 'host' as const, files: timed }],
  ].filter((phase) => phase.length > 0);
}

/** The longest first, each to the lane that has least so far; no lane is empty. */
function deal(
  files: readonly PlacedFile[],
  count: number,
  lengths: Lengths,
): readonly (readonly string[])[] {
  // Each at least one: a lane that has a file counts as longer than one that has none.
  const secondsOf = ({ file, seconds }: PlacedFile): number =>
    Math.max(1, lengths[file] ?? seconds);
  const dealt = Array.from({ length: Math.min(count, files.length) }, () => ({
    seconds: 0,
    files: [] as string[],
  }));
  for (const one of files.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const shortest = dealt.reduce((least, lane) => (lane.seconds < least.seconds ? lane : least));
    shortest.seconds += secondsOf(one);
    shortest.files.push(one.file);
  }
  return dealt.map((lane) => lane.files);
}

/** How long each file took when it last ran here. */
export function readLengths(path: string): Lengths {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Lengths;
  } catch {
    return {};
  }
}

export function rememberLengths(path: string, lengths: Lengths): void {
  writeFileSync(path, `${JSON.stringify({ ...readLengths(path), ...lengths }, null, 2)}\n`);
}
