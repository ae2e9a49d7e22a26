/**
 * The acceptors that a director asks, in the order of the list, with what each has told last. A majority is one of a
 * list: with another list everything is asked anew.
 */
import { formatEndpoint } from '../base/endpoint.ts';
import type { LeaseAcceptorConfig } from '../model/lease.ts';
import type { AcceptorSnapshot } from '../model/snapshot-lease.ts';
import { etcdId, type LeaseAnswer, listIdOf, nodeIdOf } from '../wire/lease.ts';
import type { NodeId, Verdict } from './acceptor.ts';

/** One acceptor of the list. */
export interface Seat {
  readonly endpoint: LeaseAcceptorConfig;
  readonly id: NodeId;
  /** As it told last; 0: it has not. */
  epoch: number;
  answer: string | null;
  answeredAtMs: number | null;
}

export class AcceptorList {
  /** Names it: whoever has another one asks for something else. */
  id = 0;
  seats: readonly Seat[] = [];

  /** Those that stay are kept with what is known of them. True: it is another list than before. */
  configure(acceptors: readonly LeaseAcceptorConfig[]): boolean {
    this.seats = acceptors.map((endpoint) => {
      const { address, port, isEtcd } = endpoint;
      const id = isEtcd ? etcdId() : nodeIdOf(address, port);
      const fresh = { endpoint, id, epoch: 0, answer: null, answeredAtMs: null };
      return this.seats.find((seat) => seat.id === id) ?? fresh;
    });
    const before = this.id;
    this.id = listIdOf(this.seats.map(({ id }) => id));
    return this.id !== before;
  }

  nameOf(node: NodeId | null): string | null {
    const endpoint = this.seats.find(({ id }) => id === node)?.endpoint;
    return endpoint === undefined ? null : formatEndpoint(endpoint.address, endpoint.port);
  }

  /** What each said last, in a line. */
  answers(): string {
    return this.seats
      .map(
        ({ endpoint, answer }) =>
          `${endpoint.isEtcd ? 'etcd' : endpoint.address}: ${answer ?? 'no answer'}`,
      )
      .join(', ');
  }

  snapshot(own: NodeId): readonly AcceptorSnapshot[] {
    return this.seats.map(({ endpoint, id, answer, answeredAtMs }) => ({
      endpoint: nameOfAcceptor(endpoint),
      isOwn: id === own,
      answer,
      answeredAtMs,
    }));
  }
}

export function nameOfAcceptor({ address, port, isEtcd }: LeaseAcceptorConfig): string {
  const endpoint = formatEndpoint(address, port);
  return isEtcd ? `etcd by ${endpoint}` : endpoint;
}

/** Why an acceptor serves us not at all, where a person must mend that; null: it does, or it mends itself. */
export function refusalIn({ verdict, freeInMs }: LeaseAnswer): string | null {
  if (verdict === 'list') return 'its list of acceptors is another one';
  if (verdict === 'time') return `it promises nothing for longer than ${freeInMs} ms`;
  return null;
}

/** Null: the acceptor serves us not at all. */
export function verdictIn({ verdict, holder, heard, freeInMs }: LeaseAnswer): Verdict | null {
  switch (verdict) {
    case 'granted':
      return { granted: true };
    case 'held':
      return { granted: false, why: 'held', holder, freeInMs };
    case 'silent':
      return { granted: false, why: 'silent', freeInMs };
    case 'old':
      return { granted: false, why: 'old', heard };
    default:
      return null;
  }
}
