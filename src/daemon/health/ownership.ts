/**
 * Which services in the IPVS table are ours, written down for the next life of the health process: what is
 * not in the file was made by somebody else.
 */
import { readFileSync } from 'node:fs';
import { errnoName } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { ServiceKey } from '../../model/virtual-server.ts';
import { writeWhole } from '../durable.ts';

export class Ownership {
  private readonly path: string;
  private readonly log: Log;
  private current: readonly ServiceKey[];
  /** What the file holds, as far as we have written it. */
  private text = '';

  /** Begins with what an earlier life has left; none when it left no word. */
  constructor(path: string, log: Log) {
    this.path = path;
    this.log = log;
    this.current = readKeys(path);
  }

  get keys(): readonly ServiceKey[] {
    return this.current;
  }

  /** The same list again costs nothing. */
  keep(keys: readonly ServiceKey[]): void {
    if (keys === this.current && this.text !== '') return;
    this.current = keys;
    const text = JSON.stringify(keys);
    if (text === this.text) return;
    try {
      writeWhole(this.path, text);
      this.text = text;
    } catch (error) {
      const fields = { path: this.path, reason: errnoName(error) };
      this.log.error(fields, 'what is ours in the IPVS table could not be written down');
    }
  }
}

function readKeys(path: string): readonly ServiceKey[] {
  try {
    const told: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(told) ? (told as readonly ServiceKey[]) : [];
  } catch {
    return [];
  }
}
