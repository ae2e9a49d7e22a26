/**
 * An acceptor whose memory is an etcd cluster. A process like this runs beside each director and answers that one
 * only; all of them together are one acceptor, because what each promises is one key of etcd, written by compare
 * and swap. The key goes with a lease of etcd that is granted anew for each promise:
 *
 *   question heard ─▶ grant a lease of T_a or more ─▶ swap the key to (node, lease) ─▶ granted
 *                                                   └▶ another node has it ─────────▶ held
 *
 * A grant and a swap go through the log of etcd, after the question was heard: so the key stays for T_a from then,
 * whichever member leads, and until it has gone no swap of another node can succeed. An answer that comes late or
 * never, or a swap that is done after nobody waits for it, promises more than was told, never less.
 */
import { reasonAndHint } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Clock, Instant, Millis } from '../base/time.ts';
import { type EtcdEntry, type EtcdSwap, type EtcdSwapped, NO_REVISION } from '../wire/etcd.ts';
import type { LeaseAsk, LeaseRelease } from '../wire/lease.ts';
import type { LeaseKey, NodeId, Verdict } from './acceptor.ts';
import { type AcceptorSelf, unfitQuestion } from './admit.ts';
import { answerTo, type Holding, type Reaction, refusalOf } from './lease-acceptor.ts';

/** Questions that wait for etcd; more are as good as lost, and asked again. */
const WAITING_MAX = 16;
/** The value of a key that was given back. */
const NOBODY = 'nobody';

/** Each throws DirectorError ETCD_FAILED. */
export interface EtcdPort {
  grant(seconds: number): Promise<{ readonly lease: string; readonly seconds: number }>;
  swap(swap: EtcdSwap): Promise<EtcdSwapped>;
  /** Whole seconds that a lease has left; 0: it is over. */
  secondsLeft(lease: string): Promise<number>;
}

export interface EtcdAcceptorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly etcd: EtcdPort;
}

/** A key as it was seen last. */
interface Seen {
  readonly revision: string;
  readonly holder: NodeId | null;
  readonly lease: string | null;
  /** Before this it does not end by itself, and nothing is promised beyond the other. */
  readonly heldUntil: Instant;
  readonly endsBy: Instant;
}

interface Asked {
  readonly round: number;
  readonly verdict: Promise<Verdict | null>;
}

const UNSEEN: Seen = {
  revision: NO_REVISION,
  holder: null,
  lease: null,
  heldUntil: -Infinity,
  endsBy: -Infinity,
};

export class EtcdAcceptor {
  readonly self: AcceptorSelf;
  private readonly ports: EtcdAcceptorPorts;
  private readonly prefix: string;
  private readonly known = new Set<NodeId>();
  private readonly seen = new Map<LeaseKey, Seen>();
  private readonly heard = new Map<LeaseKey, Map<NodeId, number>>();
  /** The last question of each node for each set of leases. */
  private readonly asked = new Map<string, Asked>();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private refusal: string | null = null;

  /** `prefix`: of the keys, the same in all processes of a group of directors and in none of another. */
  constructor(ports: EtcdAcceptorPorts, self: AcceptorSelf, prefix: string) {
    this.ports = ports;
    this.self = self;
    this.prefix = prefix;
  }

  async take(question: LeaseAsk | LeaseRelease): Promise<Reaction> {
    const { clock } = this.ports;
    const now = clock.now();
    const unfit = unfitQuestion(this.self, question, { known: this.known, now });
    if (unfit !== null) {
      return { answer: refusalOf(this.self, question, { unfit, now }), freed: [], unfit };
    }
    this.known.add(question.node);
    const verdict =
      question.type === 'ask' ? await this.ask(question) : await this.release(question);
    const answer =
      verdict === null ? null : answerTo(this.self, question, { verdict, now: clock.now() });
    return { answer, freed: [], unfit: null };
  }

  /** What an earlier life has promised is in etcd: it need not be waited for. */
  silentForMs(): Millis {
    return 0;
  }

  /** As far as it is known here. */
  holdings(now: Instant): readonly Holding[] {
    return [...this.seen].flatMap(([key, { holder, heldUntil }]) =>
      holder === null || now >= heldUntil ? [] : [{ key, holder, leftMs: heldUntil - now }],
    );
  }

  private async ask(question: LeaseAsk): Promise<Verdict | null> {
    const { node, round, keys } = question;
    const heard = Math.max(...keys.map((key) => this.heardOf(key, node)));
    const id = `${node} ${keys.join()}`;
    const known = this.asked.get(id);
    // The same question again: the answer is the same, and counts from when it was asked first.
    if (known?.round === round && round === heard) return known.verdict;
    if (round <= heard) return { granted: false, why: 'old', heard };
    for (const key of keys) this.hear(key, node, round);
    const verdict = this.inTurn(() => this.promise(question));
    this.asked.set(id, { round, verdict });
    const result = await verdict;
    // Nothing was found out: the next one that asks has another try.
    if (result === null && this.asked.get(id)?.round === round) this.forget(id, keys, node);
    return result;
  }

  private async release({ node, round, keys }: LeaseRelease): Promise<null> {
    const meant = keys.filter((key) => round >= this.heardOf(key, node));
    for (const key of meant) this.hear(key, node, round);
    for (const [id, { round: before }] of this.asked) {
      if (id === `${node} ${keys.join()}` && before <= round) this.asked.delete(id);
    }
    if (meant.length > 0) await this.inTurn(() => this.giveBack(meant, node));
    return null;
  }

  /** One after the other. Null: etcd did not do it, or too many wait. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.waiting >= WAITING_MAX) return null;
    this.waiting += 1;
    const result = this.turn.then(work).then(
      (value) => {
        this.tellBack();
        return value;
      },
      (error: unknown) => {
        this.tellRefusal(error);
        return null;
      },
    );
    this.turn = result;
    try {
      return await result;
    } finally {
      this.waiting -= 1;
    }
  }

  private async promise({ node, keys, promiseMs }: LeaseAsk): Promise<Verdict | null> {
    const isOthers = (key: LeaseKey): boolean => (this.seenOf(key).holder ?? node) !== node;
    if (keys.some(isOthers)) await this.look(keys);
    // What was seen may not be so any more: then it is known how it is, and tried once more.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const held = this.heldByOther(keys, node);
      if (held !== null) return held;
      const { clock, etcd } = this.ports;
      const now = clock.now();
      // Never for less than what was promised to it before.
      const untilMs = keys.map((key) => this.promisedUntil(key, node) - now);
      const neededMs = Math.max(promiseMs, ...untilMs);
      const { lease, seconds } = await etcd.grant(Math.ceil(neededMs / 1000));
      if (seconds * 1000 < neededMs) return null;
      if (!(await this.swap(keys, { value: String(node), lease }))) continue;
      const until = now + neededMs;
      for (const key of keys) {
        const { revision } = this.seenOf(key);
        this.seen.set(key, { revision, holder: node, lease, heldUntil: until, endsBy: until });
      }
      return { granted: true };
    }
    return null;
  }

  private promisedUntil(key: LeaseKey, node: NodeId): Instant {
    const { holder, endsBy } = this.seenOf(key);
    return holder === node ? endsBy : -Infinity;
  }

  /** Null: nobody else has any of them. What is gone before its time may be relied upon until then. */
  private heldByOther(keys: readonly LeaseKey[], node: NodeId): Verdict | null {
    const { clock } = this.ports;
    let verdict: Extract<Verdict, { why: 'held' }> | null = null;
    for (const key of keys) {
      const { holder, heldUntil } = this.seenOf(key);
      if (holder === null || holder === node) continue;
      const freeInMs = Math.max(0, heldUntil - clock.now());
      if (freeInMs <= (verdict?.freeInMs ?? -1)) continue;
      verdict = { granted: false, why: 'held', holder, freeInMs };
    }
    return verdict;
  }

  private async giveBack(keys: readonly LeaseKey[], node: NodeId): Promise<void> {
    for (const key of keys) {
      const { holder, lease } = this.seenOf(key);
      if (holder !== node || lease === null) continue;
      // Not removed: who finds it gone before its time has to think of a hand that did it.
      if (await this.swap([key], { value: NOBODY, lease })) {
        this.seen.set(key, { ...UNSEEN, revision: this.seenOf(key).revision });
      }
    }
  }

  private async look(keys: readonly LeaseKey[]): Promise<void> {
    // No key has ever had this revision: nothing is written, and all are read.
    const compare = keys.map((key) => ({ key: this.nameOf(key), revision: '-1' }));
    await this.note(keys, (await this.ports.etcd.swap({ compare, write: [] })).found);
  }

  /** False: they were not as they were seen, and are seen now. */
  private async swap(
    keys: readonly LeaseKey[],
    { value, lease }: { readonly value: string; readonly lease: string },
  ): Promise<boolean> {
    const names = keys.map((key) => this.nameOf(key));
    const { isDone, revision, found } = await this.ports.etcd.swap({
      compare: keys.map((key, at) => ({
        key: names[at] as string,
        revision: this.seenOf(key).revision,
      })),
      write: names.map((key) => ({ key, value, lease })),
    });
    if (!isDone) await this.note(keys, found);
    else for (const key of keys) this.seen.set(key, { ...this.seenOf(key), revision });
    return isDone;
  }

  /** How keys are now, as etcd told. */
  private async note(keys: readonly LeaseKey[], found: readonly EtcdEntry[]): Promise<void> {
    const { clock, log, etcd } = this.ports;
    for (const key of keys) {
      const name = this.nameOf(key);
      const entry = found.find((one) => one.key === name);
      const before = this.seenOf(key);
      if (entry === undefined) {
        const isEarly = before.holder !== null && clock.now() < before.heldUntil;
        if (isEarly)
          log.warn({ key: name }, 'a key of etcd is gone before its time: it still counts');
        this.seen.set(key, isEarly ? { ...before, revision: NO_REVISION } : UNSEEN);
        continue;
      }
      const { revision, value, lease } = entry;
      const holder = /^\d+$/.test(value) ? Number(value) : null;
      const isHeld = holder !== null && lease !== null;
      // etcd tells whole seconds, the rest cut off, as it was at some moment between these two.
      const askedAt = clock.now();
      const leftMs = isHeld ? (await etcd.secondsLeft(lease)) * 1000 : 0;
      const heldUntil = askedAt + leftMs;
      const endsBy = clock.now() + leftMs + 1_000;
      this.seen.set(key, { revision, holder, lease, heldUntil, endsBy });
    }
  }

  private seenOf(key: LeaseKey): Seen {
    return this.seen.get(key) ?? UNSEEN;
  }

  private nameOf(key: LeaseKey): string {
    return `${this.prefix}${key}`;
  }

  /** As if this question had not been heard. */
  private forget(id: string, keys: readonly LeaseKey[], node: NodeId): void {
    const round = this.asked.get(id)?.round;
    this.asked.delete(id);
    for (const key of keys) {
      if (this.heardOf(key, node) === round) this.hear(key, node, round - 1);
    }
  }

  private tellRefusal(error: unknown): void {
    const fields = reasonAndHint(error);
    if (fields.reason === this.refusal) return;
    this.refusal = fields.reason;
    this.ports.log.warn(fields, 'etcd does not answer');
  }

  private tellBack(): void {
    if (this.refusal === null) return;
    this.refusal = null;
    this.ports.log.info({ reason: 'it has answered' }, 'etcd answers again');
  }

  private heardOf(key: LeaseKey, node: NodeId): number {
    return this.heard.get(key)?.get(node) ?? -1;
  }

  private hear(key: LeaseKey, node: NodeId, round: number): void {
    const ofKey = this.heard.get(key) ?? new Map<NodeId, number>();
    ofKey.set(node, round);
    this.heard.set(key, ofKey);
  }
}
