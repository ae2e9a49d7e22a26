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
import { Trouble } from '../base/trouble.ts';
import type { EtcdSwap, EtcdSwapped } from '../wire/etcd.ts';
import type { LeaseAsk, LeaseRelease } from '../wire/lease.ts';
import type { LeaseKey, NodeId, Verdict } from './acceptor.ts';
import { type AcceptorSelf, unfitQuestion } from './admit.ts';
import { beginJob, type EtcdCall, type EtcdReply, type EtcdStep, goOn } from './etcd-job.ts';
import {
  answerAsk,
  askId,
  type EtcdJob,
  type EtcdVoice,
  hearAsk,
  hearRelease,
  NEW_VOICE,
} from './etcd-voice.ts';
import { answerTo, type Holding, type Reaction, refusalOf } from './lease-acceptor.ts';

/** Questions that wait for etcd; more are as good as lost, and asked again. */
const WAITING_MAX = 16;

/** A request that is not answered by then is lost. */
const REQUEST_MS_MAX: Millis = 1_000;
/**
 * Of the time of a promise. Who holds a lease asks again after a third of it, and has two thirds left: for two members that
 * do not answer, and for the requests to a third one.
 */
const REQUEST_SHARE = 1 / 6;

/** Each throws DirectorError ETCD_FAILED, after `limitMs` at the latest; the next request goes to another member then. */
export interface EtcdPort {
  grant(
    seconds: number,
    limitMs: Millis,
  ): Promise<{ readonly lease: string; readonly seconds: number }>;
  swap(swap: EtcdSwap, limitMs: Millis): Promise<EtcdSwapped>;
  /** Whole seconds that a lease has left; 0: it is over. */
  secondsLeft(lease: string, limitMs: Millis): Promise<number>;
}

export interface EtcdAcceptorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly etcd: EtcdPort;
}

export class EtcdAcceptor {
  readonly self: AcceptorSelf;
  private readonly ports: EtcdAcceptorPorts;
  private readonly nameOf: (key: LeaseKey) => string;
  private readonly known = new Set<NodeId>();
  private voice: EtcdVoice = NEW_VOICE;
  /** What is being found out, by its question. */
  private readonly running = new Map<string, Promise<Verdict | null>>();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private limitMs: Millis = REQUEST_MS_MAX;
  private readonly silence: Trouble;
  private readonly removals: Trouble;

  /** `prefix`: of the keys, the same in all processes of a group of directors and in none of another. */
  constructor(ports: EtcdAcceptorPorts, self: AcceptorSelf, prefix: string) {
    this.ports = ports;
    this.silence = new Trouble(ports, {
      level: 'warn',
      message: 'etcd does not answer',
      over: 'etcd answers again',
    });
    this.removals = new Trouble(ports, {
      level: 'warn',
      message: 'a key of etcd is gone before its time: it still counts',
      over: null,
    });
    this.self = self;
    this.nameOf = (key) => `${prefix}${key}`;
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
    return [...this.voice.seen].flatMap(([key, { holder, heldUntil }]) =>
      holder === null || now >= heldUntil ? [] : [{ key, holder, leftMs: heldUntil - now }],
    );
  }

  private async ask(question: LeaseAsk): Promise<Verdict | null> {
    this.limitMs = Math.min(REQUEST_MS_MAX, Math.ceil(REQUEST_SHARE * question.promiseMs));
    const { voice, reception } = hearAsk(this.voice, question);
    this.voice = voice;
    const id = `${askId(question)} ${question.round}`;
    if (reception.is === 'answered') return reception.verdict;
    if (reception.is === 'awaited') return (await this.running.get(id)) ?? null;
    const verdict = this.inTurn(reception.job).then((found) => {
      this.running.delete(id);
      this.voice = answerAsk(this.voice, question, found);
      return found;
    });
    this.running.set(id, verdict);
    return verdict;
  }

  private async release(question: LeaseRelease): Promise<null> {
    const { voice, reception } = hearRelease(this.voice, question);
    this.voice = voice;
    if (reception.is === 'job') await this.inTurn(reception.job);
    return null;
  }

  /** One after the other. Null: etcd did not do it, or too many wait. */
  private async inTurn(job: EtcdJob): Promise<Verdict | null> {
    if (this.waiting >= WAITING_MAX) return null;
    this.waiting += 1;
    const result = this.turn
      .then(() => this.work(job))
      .then(
        (value) => {
          if (this.silence.isOn) this.silence.wentWell({});
          return value;
        },
        (error: unknown) => {
          this.silence.happened(reasonAndHint(error));
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

  private async work(job: EtcdJob): Promise<Verdict | null> {
    const { clock } = this.ports;
    let step = beginJob(this.voice, job, this.nameOf, clock.now());
    for (;;) {
      const { next } = step;
      this.note(step);
      if (next.call === null) return next.verdict;
      const { stage } = next;
      const reply = await this.perform(next.call);
      step = goOn(this.voice, { job, stage, reply }, this.nameOf, clock.now());
    }
  }

  private note({ voice, gone }: EtcdStep): void {
    this.voice = voice;
    for (const key of gone) this.removals.happened({ key: this.nameOf(key) }, `${key}`);
  }

  private async perform(call: EtcdCall): Promise<EtcdReply> {
    const { limitMs, ports } = this;
    const { etcd } = ports;
    switch (call.call) {
      case 'grant':
        return { call: 'grant', ...(await etcd.grant(call.seconds, limitMs)) };
      case 'swap':
        return { call: 'swap', swapped: await etcd.swap(call.swap, limitMs) };
      case 'seconds-left':
        return { call: 'seconds-left', seconds: await etcd.secondsLeft(call.lease, limitMs) };
    }
  }
}
