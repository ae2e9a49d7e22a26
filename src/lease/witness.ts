/**
 * A witness: an acceptor on a machine that is no director. It serves any list that it is on, and several groups
 * of directors, each with keys of its own: a group is a world for itself, whichever of its keys is used.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import type { Log } from '../base/log.ts';
import type { Clock, Instant, Millis } from '../base/time.ts';
import type { LeaseEndpoint } from '../model/lease.ts';
import {
  decodeLease,
  encodeLease,
  formatLeaseKey,
  type Keyring,
  keyringOf,
  type LeaseAsk,
  type LeaseRelease,
  signingKey,
} from '../wire/lease.ts';
import type { NodeId } from './acceptor.ts';
import type { AcceptorSelf } from './admit.ts';
import { type Holding, LeaseAcceptor, type Reaction } from './lease-acceptor.ts';
import type { LeasePorts } from './ports.ts';

export interface WitnessSelf {
  /** The keys of each group of directors; several of one while they are changed. */
  readonly groups: readonly (readonly string[])[];
  /** Of every address and port by which the directors may name it. */
  readonly names: ReadonlySet<NodeId>;
  readonly promiseMsMax: Millis;
  /** Absent: one with a memory of its own. */
  readonly acceptorOf?: (self: AcceptorSelf) => WitnessAcceptor;
}

/** What a witness promises by: its own memory, or what several of them share (etcd-acceptor.ts). */
export interface WitnessAcceptor {
  take(question: LeaseAsk | LeaseRelease, now: Instant): Reaction | Promise<Reaction>;
  silentForMs(now: Instant): Millis;
  holdings(now: Instant): readonly Holding[];
}

export interface WitnessSnapshot {
  /** Until it speaks; 0: it does. */
  readonly silentForMs: Millis;
  readonly leases: readonly {
    readonly lease: string;
    /** Address and port that its last question came from. */
    readonly holder: string;
    readonly leftMs: Millis;
  }[];
  readonly directors: readonly {
    readonly endpoint: string;
    readonly questions: number;
    readonly heardAgoMs: Millis;
  }[];
  /** Datagrams that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

interface Director {
  endpoint: string;
  questions: number;
  heardAt: Instant;
}

export class Witness {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly datagrams: LeasePorts['datagrams'];
  private readonly keyring: Keyring;
  /** By the identifier of the key. */
  private readonly acceptors: ReadonlyMap<number, WitnessAcceptor>;
  private readonly directors = new Map<NodeId, Director>();
  private readonly refused = new Map<string, number>();

  constructor(
    { clock, log, draw, datagrams }: Pick<LeasePorts, 'clock' | 'log' | 'draw' | 'datagrams'>,
    { groups, names, promiseMsMax, acceptorOf }: WitnessSelf,
  ) {
    this.clock = clock;
    this.log = log;
    this.datagrams = datagrams;
    const keys = groups.map((secrets) => secrets.map((secret) => signingKey(Buffer.from(secret))));
    this.keyring = keyringOf(keys.flat());
    this.acceptors = new Map(
      keys.flatMap((ofGroup) => {
        const now = clock.now();
        const self = { names, list: null, birth: { draw: draw(), at: now }, promiseMsMax };
        const acceptor = acceptorOf?.(self) ?? new LeaseAcceptor(self, now);
        return ofGroup.map(({ id }) => [id, acceptor] as const);
      }),
    );
  }

  onDatagram(octets: Uint8Array, from: LeaseEndpoint): void {
    const decoded = decodeLease(octets, this.keyring);
    if ('drop' in decoded) {
      this.refuse(decoded.drop, from);
      return;
    }
    const { message, key } = decoded;
    const acceptor = this.acceptors.get(key.id);
    if (message.type === 'answer' || acceptor === undefined) {
      this.refuse('answer', from);
      return;
    }
    const before = new Map(acceptor.holdings(this.clock.now()).map((one) => [one.key, one.holder]));
    const react = ({ answer, unfit }: Reaction): void => {
      const now = this.clock.now();
      if (unfit === null) this.note(message.node, from, now);
      else this.refuse(unfit, from);
      if (answer !== null) this.datagrams.send(encodeLease(answer, key), from);
      for (const { key: lease, holder } of acceptor.holdings(now)) {
        if (before.get(lease) === holder) continue;
        const fields = { lease: formatLeaseKey(lease), to: this.nameOf(holder), reason: 'asked' };
        this.log.info(fields, 'voice given');
      }
    };
    const reaction = acceptor.take(message, this.clock.now());
    if (reaction instanceof Promise) void reaction.then(react);
    else react(reaction);
  }

  snapshot(): WitnessSnapshot {
    const now = this.clock.now();
    const acceptors = [...new Set(this.acceptors.values())];
    return {
      silentForMs: Math.max(0, ...acceptors.map((one) => one.silentForMs(now))),
      leases: acceptors.flatMap((one) =>
        one.holdings(now).map(({ key, holder, leftMs }) => ({
          lease: formatLeaseKey(key),
          holder: this.nameOf(holder),
          leftMs,
        })),
      ),
      directors: [...this.directors.values()].map(({ endpoint, questions, heardAt }) => ({
        endpoint,
        questions,
        heardAgoMs: now - heardAt,
      })),
      refused: Object.fromEntries(this.refused),
    };
  }

  private nameOf(node: NodeId): string {
    return this.directors.get(node)?.endpoint ?? 'unknown';
  }

  private note(node: NodeId, from: LeaseEndpoint, now: Instant): void {
    const endpoint = formatEndpoint(from.address, from.port);
    const known = this.directors.get(node);
    if (known === undefined) {
      this.directors.set(node, { endpoint, questions: 1, heardAt: now });
      this.log.info({ director: endpoint }, 'a director asks');
      return;
    }
    known.endpoint = endpoint;
    known.questions += 1;
    known.heardAt = now;
  }

  private refuse(reason: string, from: LeaseEndpoint): void {
    const count = (this.refused.get(reason) ?? 0) + 1;
    this.refused.set(reason, count);
    // Every director begins with an epoch that is not known to it, or not fresh. The rest is told once by name.
    const level = count === 1 && reason !== 'epoch' ? 'warn' : 'debug';
    this.log[level]({ reason, source: formatEndpoint(from.address, from.port) }, 'refused');
  }
}
