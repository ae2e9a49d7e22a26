/**
 * The FIFOs of a configuration, and the programs that read them. A line that finds no room is lost: who does
 * not read does not hold up anybody. That is told, and how many it were when there is room again.
 */
import { reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Cancel, Clock, Millis } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { FifoSettings, Notice } from '../model/notice.ts';
import type { Script, ScriptEnd } from '../model/script.ts';
import { serverLine } from './server.ts';
import { vrrpLine } from './vrrp.ts';

export interface FifoPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** @throws DirectorError when the path holds something else. */
  open(settings: FifoSettings): FifoEnd;
  /** Starts a reader, which runs until it is told to end. */
  start(
    script: Script,
    path: string,
  ): { readonly ended: Promise<ScriptEnd>; readonly end: () => void };
}

export interface FifoEnd {
  /** False: there was no room. */
  write(line: string): boolean;
  close(remove: boolean): void;
}

/** A reader that ends is started again after this time, and after twice as long the next time. */
const RESTART_AFTER_MS: Millis = 1_000;
const RESTART_AFTER_MS_MAX: Millis = 60_000;

export class Fifos {
  private readonly ports: FifoPorts;
  private open: readonly OpenFifo[] = [];
  private lostBefore = 0;

  constructor(ports: FifoPorts) {
    this.ports = ports;
  }

  get lost(): number {
    return this.open.reduce((sum, { lost }) => sum + lost, this.lostBefore);
  }

  /** One that stays keeps what waits in it; its reader is started anew, as keepalived does. */
  configure(wanted: readonly FifoSettings[]): void {
    const before = this.open;
    this.open = wanted.map((settings) => {
      const known = before.find((one) => one.settings.path === settings.path);
      known?.adopt(settings);
      return known ?? new OpenFifo(settings, this.ports);
    });
    for (const one of before) {
      if (this.open.includes(one)) continue;
      this.lostBefore += one.lost;
      one.close();
    }
  }

  tell(notice: Notice): void {
    const line = notice.about === 'vrrp' ? vrrpLine(notice) : serverLine(notice);
    const topic = notice.about === 'vrrp' ? 'vrrp' : 'servers';
    for (const one of this.open) {
      const { tells } = one.settings;
      if (tells === 'everything' || tells === topic) one.write(`${line}\n`);
    }
  }

  close(): void {
    for (const one of this.open) one.close();
  }
}

class OpenFifo {
  settings: FifoSettings;
  lost = 0;
  private readonly ports: FifoPorts;
  private end: FifoEnd | null = null;
  private readonly unread: Trouble;
  private endReader: () => void = () => {};
  private cancelRestart: Cancel = () => {};

  constructor(settings: FifoSettings, ports: FifoPorts) {
    this.settings = settings;
    this.ports = ports;
    this.unread = new Trouble(ports, {
      level: 'warn',
      message: 'nobody reads the FIFO: what it is told is lost',
      over: 'the FIFO is read again',
    });
    this.begin();
  }

  adopt(settings: FifoSettings): void {
    this.settings = settings;
    this.stopReader();
    if (this.end === null) this.begin();
    else this.startReader(RESTART_AFTER_MS);
  }

  write(line: string): void {
    if (this.end === null) return;
    const fields = { fifo: this.settings.path };
    if (this.end.write(line)) {
      this.unread.wentWell(fields);
      return;
    }
    this.lost += 1;
    this.unread.happened(fields);
  }

  close(): void {
    this.stopReader();
    this.end?.close(true);
  }

  private begin(): void {
    try {
      this.end = this.ports.open(this.settings);
    } catch (error) {
      this.ports.log.error({ fifo: this.settings.path, ...reasonAndHint(error) }, 'FIFO not used');
      return;
    }
    this.startReader(RESTART_AFTER_MS);
  }

  private startReader(againAfterMs: Millis): void {
    const { clock, log, start } = this.ports;
    const { reader, path } = this.settings;
    if (reader === null) return;
    const { ended, end } = start(reader, path);
    let wanted = true;
    this.endReader = () => {
      wanted = false;
      end();
    };
    const again = (fields: object): void => {
      if (!wanted) return;
      log.warn({ fifo: path, ...fields, againInMs: againAfterMs }, 'reader of the FIFO has ended');
      const next = Math.min(2 * againAfterMs, RESTART_AFTER_MS_MAX);
      this.cancelRestart = clock.wakeAt(clock.now() + againAfterMs, () => this.startReader(next));
    };
    ended.then(
      ({ exitCode, signal }) => again({ exitCode, signal }),
      (error: unknown) => again(reasonAndHint(error)),
    );
  }

  private stopReader(): void {
    this.cancelRestart();
    this.endReader();
    this.endReader = () => {};
  }
}
