/**
 * What operators are to be told, until they are: the process `notify` says what it has taken, and what of it is left to
 * do. When it dies, its successor is told what the dead one knew of states, and then all that is left, in order. A
 * script that had begun is not begun again.
 */
import type { Log } from '../../base/log.ts';
import type { Errand, Notice, RenamedNotice } from '../../model/notice.ts';
import { StateBook } from '../../notify/state-book.ts';
import type { LeftMessage, TellMessage } from '../ipc.ts';

/** More than wait for scripts and mail there. Beyond, the oldest would not be told again: it is history. */
const KEPT_MAX = 10_000;

/** Who has died of so many lives in a row may have died of what it was told. */
const LIVES_MAX = 3;

interface Kept {
  readonly notice: Notice | RenamedNotice;
  /** Null: nobody has taken it yet. */
  left: readonly Errand[] | null;
  /** How many have been told of it. */
  lives: number;
}

export interface OutboxPorts {
  readonly log: Log;
  /** Whether there is such a process; without one nobody is to be told. */
  isWanted(): boolean;
  send(message: TellMessage): void;
}

export class Outbox {
  private readonly ports: OutboxPorts;
  /** By number, in the order in which they came. */
  private readonly kept = new Map<number, Kept>();
  private readonly states = new StateBook();
  /** The newest that was mailed of each: the same is not mailed twice. */
  private readonly mailed = new StateBook();
  private nextId = 1;
  private forgotten = 0;
  private isReady = false;

  constructor(ports: OutboxPorts) {
    this.ports = ports;
  }

  add(notice: Notice | RenamedNotice): void {
    if (!this.ports.isWanted()) return;
    const id = this.nextId++;
    const one: Kept = { notice, left: null, lives: 0 };
    this.kept.set(id, one);
    if (this.isReady) this.send(id, one);
    if (this.kept.size <= KEPT_MAX) return;
    const [oldest] = this.kept.keys();
    if (oldest !== undefined) this.kept.delete(oldest);
    this.forgotten += 1;
  }

  /** It has taken this one, or has done some of it. */
  left({ id, errands }: LeftMessage): void {
    const one = this.kept.get(id);
    if (one === undefined) return;
    if (one.left === null) this.learn(one.notice, errands);
    one.left = errands;
    if (errands.length === 0) this.kept.delete(id);
    if (this.kept.size === 0) this.forgotten = 0;
  }

  /** Another process begins. What the one before it has said last may be still to come. */
  started(): void {
    this.isReady = false;
  }

  /** It works. */
  ready(): void {
    if (this.isReady) return;
    this.isReady = true;
    for (const notice of [...this.mailed.all, ...this.states.all]) {
      this.ports.send({ type: 'tell', id: 0, notice, left: [] });
    }
    for (const [id, one] of this.kept) this.send(id, one);
    if (this.forgotten > 0) {
      this.ports.log.warn({ count: this.forgotten }, 'changes that may not have been told');
      this.forgotten = 0;
    }
  }

  private send(id: number, one: Kept): void {
    const { notice, left } = one;
    if (one.lives < LIVES_MAX) {
      one.lives += 1;
      this.ports.send({ type: 'tell', id, notice, left });
      return;
    }
    this.kept.delete(id);
    const reason = `the process that tells has died ${LIVES_MAX} times meanwhile`;
    this.ports.log.error({ change: describe(notice), reason }, 'change not told');
  }

  private learn(notice: Notice | RenamedNotice, errands: readonly Errand[]): void {
    if (notice.about === 'names') {
      this.states.rename(notice.renamings);
      this.mailed.rename(notice.renamings);
    } else if (notice.about === 'vrrp') {
      const isGone = notice.state === 'STOP' || notice.state === 'DELETED';
      this.states.learn(notice);
      if (isGone || errands.includes('mail')) this.mailed.learn(notice);
    }
  }
}

function describe(notice: Notice | RenamedNotice): string {
  switch (notice.about) {
    case 'vrrp':
      return `${notice.kind} ${notice.name} ${notice.state}`;
    case 'server':
      return `${notice.virtualServer.name} ${notice.up ? 'UP' : 'DOWN'}`;
    case 'names':
      return notice.renamings.map(({ from, to }) => `${from} is ${to}`).join(', ');
  }
}
