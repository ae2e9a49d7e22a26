/**
 * All that the configuration tracks, by kind and name. A reload keeps what is the same: the result of a
 * script, the number of a file, the processes that were counted.
 */
import type { Cancel } from '../base/time.ts';
import type { Track, TrackKind, VrrpConfig } from '../model/vrrp.ts';
import { TrackedBfd } from './bfd.ts';
import { TrackedFile } from './file.ts';
import { TrackedInterface } from './interface.ts';
import { TrackedProcess } from './process.ts';
import { firstState, isSameScript, TrackedScript } from './script.ts';
import { type Reading, type Tracker, type TrackPorts, UNKNOWN } from './tracker.ts';

export class Trackers {
  private readonly ports: TrackPorts;
  private readonly onChange: () => void;
  private interfaces: ReadonlyMap<string, TrackedInterface> = new Map();
  private sessions: ReadonlyMap<string, TrackedBfd> = new Map();
  private scripts: ReadonlyMap<string, TrackedScript> = new Map();
  private files: ReadonlyMap<string, TrackedFile> = new Map();
  private processes: ReadonlyMap<string, TrackedProcess> = new Map();
  private unwatch: Cancel = () => {};

  /** `onChange`: a reading is another one. It is not called from within `configure` and `look`. */
  constructor(ports: TrackPorts, onChange: () => void) {
    this.ports = ports;
    this.onChange = onChange;
  }

  configure(config: VrrpConfig): void {
    const { ports, onChange } = this;
    const linkNames = [
      ...config.instances.map((instance) => instance.interface),
      ...namesOf(config, 'interface'),
    ];
    const delays = new Map(config.linkDelays.map((delay) => [delay.interface, delay]));
    this.interfaces = succeed(this.interfaces, new Set(linkNames), (name, known) => {
      const tracker = known ?? new TrackedInterface(name, ports, onChange);
      tracker.setDelay(delays.get(name) ?? null);
      return tracker;
    });
    this.sessions = succeed(this.sessions, namesOf(config, 'bfd'), (name, known) => {
      return known ?? new TrackedBfd(name, ports);
    });
    this.adoptScripts(config);
    this.adoptFiles(config);
    this.adoptProcesses(config);
    this.look();
  }

  /** Links or BFD sessions may have changed. */
  look(): void {
    for (const link of this.interfaces.values()) link.look();
    for (const session of this.sessions.values()) session.look();
  }

  /** What is tracked, or undefined: nothing of this kind has this name. */
  find({ kind, name }: Pick<Track, 'kind' | 'name'>): Tracker | undefined {
    switch (kind) {
      case 'interface':
        return this.interfaces.get(name);
      case 'script':
        return this.scripts.get(name);
      case 'file':
        return this.files.get(name);
      case 'process':
        return this.processes.get(name);
      case 'bfd':
        return this.sessions.get(name);
    }
  }

  /** Whether an interface runs, when that has lasted for as long as it must. */
  isRunning(link: string): boolean {
    return this.interfaces.get(link)?.reading.up ?? false;
  }

  /** What a reading would be right after a reload with `config`. */
  foresee(config: VrrpConfig, { kind, name }: Pick<Track, 'kind' | 'name'>): Reading {
    if (kind === 'script') {
      const script = config.scripts.find((one) => one.name === name);
      if (script === undefined) return UNKNOWN;
      const known = values(this.scripts).find((one) => isSameScript(one.config, script));
      return known?.reading ?? { up: firstState(script).up, value: null };
    }
    if (kind === 'file') {
      const file = config.trackFiles.find((one) => one.name === name);
      const known = values(this.files).find((one) => one.config.path === file?.path);
      return known?.reading ?? UNKNOWN;
    }
    if (kind === 'interface') {
      const known = this.interfaces.get(name)?.reading;
      return known ?? { up: this.ports.links.find(name, 'ipv4')?.running ?? false, value: null };
    }
    return this.find({ kind, name })?.reading ?? UNKNOWN;
  }

  allScripts(): readonly TrackedScript[] {
    return values(this.scripts);
  }

  close(): void {
    this.unwatch();
    for (const all of [
      this.interfaces,
      this.sessions,
      this.scripts,
      this.files,
      this.processes,
    ] as const) {
      for (const tracker of all.values()) tracker.close();
    }
  }

  private adoptScripts(config: VrrpConfig): void {
    const left = new Set(this.scripts.values());
    const next = new Map<string, TrackedScript>();
    for (const script of config.scripts) {
      if (next.has(script.name)) continue;
      const known = [...left].find((one) => isSameScript(one.config, script));
      if (known !== undefined) {
        left.delete(known);
        known.adopt(script);
      }
      next.set(script.name, known ?? new TrackedScript(script, this.ports, this.onChange));
    }
    for (const script of left) script.close();
    this.scripts = next;
  }

  private adoptFiles(config: VrrpConfig): void {
    const left = new Map(values(this.files).map((file) => [file.config.path, file]));
    const next = new Map<string, TrackedFile>();
    for (const file of config.trackFiles) {
      if (next.has(file.name)) continue;
      const known = left.get(file.path);
      left.delete(file.path);
      if (known !== undefined) known.config = file;
      next.set(file.name, known ?? new TrackedFile(file, this.ports, this.onChange));
    }
    for (const file of left.values()) file.close();
    this.files = next;
  }

  /** One look at all processes serves all that count them. */
  private adoptProcesses({ trackProcesses }: VrrpConfig): void {
    const byName = new Map(trackProcesses.map((one) => [one.name, one]));
    const { clock } = this.ports;
    this.unwatch();
    this.unwatch = () => {};
    const before = this.processes;
    this.processes = succeed(before, new Set(byName.keys()), (name, known) => {
      const config = byName.get(name) as (typeof trackProcesses)[number];
      const next = new TrackedProcess(config, clock, this.onChange);
      // It is counted anew; until then what was known counts.
      if (known !== undefined) {
        known.close();
        next.reading = known.reading;
        next.sinceMs = known.sinceMs;
      }
      return next;
    });
    const counted = values(this.processes);
    if (counted.length === 0) return;
    this.unwatch = this.ports.processes.watch({
      wantsCommandLines: counted.some((one) => one.wantsCommandLines),
      onProcess: (pid, facts) =>
        counted.reduce((isWatched, one) => one.see(pid, facts) || isWatched, false),
      onRound: () => {
        for (const one of counted) one.settle();
      },
    });
  }
}

function values<T>(all: ReadonlyMap<string, T>): readonly T[] {
  return [...all.values()];
}

function namesOf({ instances, syncGroups }: VrrpConfig, kind: TrackKind): ReadonlySet<string> {
  const tracks = [...instances, ...syncGroups].flatMap((one) => one.tracks);
  return new Set(tracks.filter((one) => one.kind === kind).map(({ name }) => name));
}

/** What is wanted by name, made of what there was; the rest is closed. */
function succeed<T extends Tracker>(
  before: ReadonlyMap<string, T>,
  names: ReadonlySet<string>,
  make: (name: string, known: T | undefined) => T,
): ReadonlyMap<string, T> {
  for (const [name, tracker] of before) if (!names.has(name)) tracker.close();
  return new Map([...names].map((name) => [name, make(name, before.get(name))]));
}
