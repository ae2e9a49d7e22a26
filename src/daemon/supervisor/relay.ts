/**
 * Passes on runs of tracked scripts, to `notify` and back. A run that was lost with it is asked for again: a script of
 * which nothing is known must not count as failed.
 */
import type { ProcessName, RanMessage, RunMessage } from '../ipc.ts';

/** Sends to a process, if it runs. */
export type SendTo = (name: ProcessName, message: RunMessage | RanMessage) => void;

interface Asked {
  readonly by: ProcessName;
  readonly message: RunMessage;
}

export class Relay {
  private readonly send: SendTo;
  /** Runs that were not answered, by the number that we have given them. */
  private readonly asked = new Map<number, Asked>();
  private nextId = 1;

  constructor(send: SendTo) {
    this.send = send;
  }

  run(by: ProcessName, message: RunMessage): void {
    const id = this.nextId++;
    this.asked.set(id, { by, message });
    this.send('notify', { ...message, id });
  }

  ran({ id, outcome }: RanMessage): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (asked !== undefined) this.send(asked.by, { type: 'ran', id: asked.message.id, outcome });
  }

  /** A process has begun, perhaps again: what it had asked for, nobody waits for any more. */
  started(name: ProcessName): void {
    for (const [id, { by, message }] of this.asked) {
      if (by === name) this.asked.delete(id);
      else if (name === 'notify') this.send('notify', { ...message, id });
    }
  }
}
