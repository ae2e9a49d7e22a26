/**
 * The `bfd` process: connects the speaker with UDP sockets, and tells the supervisor which sessions are up.
 * Nothing else runs in it: a packet that is late by a few milliseconds can cost a session.
 */
import { type DirectorError, reasonAndHint } from '../base/error.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { nextTurn, sleep, systemClock } from '../base/time.ts';
import { Trouble } from '../base/trouble.ts';
import type { ListenPort } from '../bfd/ports.ts';
import { BfdSpeaker } from '../bfd/speaker.ts';
import { openBfdListener, openBfdSender } from '../kernel/datagrams.ts';
import { applyProcessSettings } from '../kernel/scheduling.ts';
import type { BfdConfig } from '../model/bfd.ts';
import type { BfdSnapshot } from '../model/snapshot-bfd.ts';
import { openUplink, type ProcessDuties, type Question, type Uplink } from './ipc.ts';

class BfdProcess implements ProcessDuties<BfdConfig> {
  private readonly log: Log;
  private readonly speaker: BfdSpeaker;
  private started = false;

  constructor({ log, tellBfdStates }: Uplink) {
    this.log = log;
    this.speaker = new BfdSpeaker({
      clock: systemClock,
      random: systemRandom,
      log,
      listener: { open: (...asked) => this.listen(...asked) },
      sender: { open: (instance) => openBfdSender(instance, systemRandom) },
      turn: nextTurn,
      onStates: tellBfdStates,
    });
  }

  async configure(config: BfdConfig, quietMs: number): Promise<void> {
    if (!this.started) {
      this.started = true;
      for (const warning of applyProcessSettings(config.process)) this.log.warn({}, warning);
      if (quietMs > 0) await sleep(systemClock, quietMs);
    }
    this.speaker.configure(config);
  }

  async answer({ ask }: Question<BfdConfig>): Promise<BfdSnapshot | null> {
    return ask === 'snapshot' ? this.speaker.snapshot() : null;
  }

  async stop(): Promise<void> {
    this.speaker.stop();
  }

  /** Its successor begins the sessions anew: the other ends are told, rather than left to find out. */
  orphaned(): Promise<void> {
    return this.stop();
  }

  private listen(...[reach, onDatagram]: Parameters<ListenPort['open']>) {
    const ports = { clock: systemClock, log: this.log };
    const trouble = new Trouble(ports, { level: 'warn', message: 'BFD socket', over: null });
    const onError = (error: DirectorError): void => trouble.happened(reasonAndHint(error));
    return openBfdListener(reach, { onDatagram, onError });
  }
}

const uplink = openUplink(process.argv[2] as LogLevel);
uplink.serve(new BfdProcess(uplink));
