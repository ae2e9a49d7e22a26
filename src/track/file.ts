/**
 * A tracked file: the number in it, multiplied by a weight, moves the priority. A file that is missing or
 * empty, or holds no number, counts as 0.
 */
import { describeError } from '../base/error.ts';
import type { Cancel } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { VrrpTrackFile } from '../model/vrrp.ts';
import { type Reading, type Tracker, type TrackPorts, UNKNOWN } from './tracker.ts';

const VALUE_MAX = 2_147_483_647;

/** The number that the text begins with, or null if it begins with none. */
export function valueIn(text: string): number | null {
  const [number] = /^\s*[+-]?\d+/.exec(text) ?? [];
  if (number === undefined) return null;
  return Math.min(VALUE_MAX, Math.max(-VALUE_MAX - 1, Number(number)));
}

type FilePorts = Pick<TrackPorts, 'clock' | 'log' | 'files'>;

export class TrackedFile implements Tracker {
  readonly kind = 'file';
  config: VrrpTrackFile;
  reading: Reading = UNKNOWN;
  sinceMs: number;
  detail: string | null = null;
  private readonly ports: FilePorts;
  private readonly onChange: () => void;
  private readonly cancel: Cancel;
  private readonly useless: Trouble;

  constructor(config: VrrpTrackFile, ports: FilePorts, onChange: () => void) {
    this.config = config;
    this.ports = ports;
    this.onChange = onChange;
    this.sinceMs = ports.clock.wallTimeMs();
    this.useless = new Trouble(ports, {
      level: 'warn',
      message: 'tracked file counts as 0',
      over: null,
    });
    this.begin();
    this.cancel = ports.files.watch(config.path, (text) => this.take(text));
  }

  get name(): string {
    return this.config.name;
  }

  close(): void {
    this.cancel();
  }

  /** Writes the first number into it, where that is wanted. */
  private begin(): void {
    const { init, path, name } = this.config;
    if (init === null) return;
    try {
      this.ports.files.create(path, `${init.value}\n`, init.overwrite);
    } catch (error) {
      const fields = { file: name, path, reason: describeError(error) };
      this.ports.log.error(fields, 'tracked file could not be written');
    }
  }

  private take(text: string | null): void {
    const value = text === null ? 0 : (valueIn(text) ?? 0);
    const isNumber = text === null || text.trim() === '' || valueIn(text) !== null;
    const detail = text === null ? 'there is no such file' : isNumber ? null : 'holds no number';
    if (detail !== this.detail && detail !== null) {
      const fields = { file: this.name, path: this.config.path, reason: detail };
      this.useless.happened(fields);
    }
    this.detail = detail;
    if (value === this.reading.value) return;
    // Without weight anything but 0 is a failure.
    this.reading = { up: value === 0, value };
    this.sinceMs = this.ports.clock.wallTimeMs();
    this.onChange();
  }
}
