/** What BFD asks of the outside, in its own words; the wiring in daemon/ answers. */
import type { Family } from '../base/address.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../base/time.ts';
import type { BfdInstance, BfdStates } from '../model/bfd.ts';
import type { Received } from './admit.ts';

/** Which neighbours a socket hears. */
export interface Reach {
  readonly family: Family;
  readonly multihop: boolean;
}

export interface ListenPort {
  /** Throws a DirectorError when there can be no socket now: it is asked for again later. */
  open(reach: Reach, onDatagram: (datagram: Omit<Received, 'multihop'>) => void): Closable;
}

export interface SendPort {
  /** Throws a DirectorError when there can be no socket now: it is asked for again later. */
  open(instance: BfdInstance): PacketSocket;
}

export interface Closable {
  close(): void;
}

export interface PacketSocket extends Closable {
  /** Throws a DirectorError when the kernel refuses. */
  send(payload: Uint8Array): void;
}

export interface BfdPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly listener: ListenPort;
  readonly sender: SendPort;
  /** Resolves when what had come to the sockets before has been given to us. */
  turn(): Promise<void>;
  /** Which sessions are up has changed, or is known now. */
  onStates(states: BfdStates): void;
}
