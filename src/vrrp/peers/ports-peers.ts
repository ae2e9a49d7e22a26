/** What the link between directors asks of sockets and of the speaker, in its own words. */
import type { Family } from '../../base/address.ts';
import type { Millis } from '../../base/time.ts';
import type { PeerEntry, PeerReign } from '../../wire/peer-link.ts';
import type { NotePort } from './notes.ts';
import type { Duty } from './peer-table.ts';

/** Where directors hear each other: all instances of an interface and a family. */
export interface PeerPlace {
  /** Names it in all that follows. */
  readonly name: string;
  readonly interface: string;
  /** Another one of the same name has another index. */
  readonly interfaceIndex: number;
  readonly family: Family;
  /** All are told there; null: no instance speaks to a group. */
  readonly group: string | null;
  /** They are told, too. */
  readonly unicastPeers: readonly string[];
  /** An address of ours on the link. */
  readonly source: string;
  /** UDP, of both ends. */
  readonly port: number;
  /** What directors of one pair share, or null. */
  readonly key: Uint8Array | null;
  /** What they share, too, while a key is changed: some sign with the new one already, and others not yet. */
  readonly otherKeys: readonly Uint8Array[];
}

export interface PeerSocket {
  /** To one address, or to all of the place. What cannot be sent is lost. */
  send(octets: Uint8Array, to: string | null): void;
  close(): void;
}

export interface PeerPort {
  /** Throws when there can be no socket now. */
  open(place: PeerPlace, onDatagram: (octets: Uint8Array, from: string) => void): PeerSocket;
  /** 16 hexadecimal digits that nobody can guess. */
  identity(): string;
  /** Absent: nobody writes notes, and none is read. */
  readonly notes?: NotePort;
}

/** What the speaker answers. Of an instance it is told on its main path, on whatever link a peer spoke of it. */
export interface PeerDuties {
  entriesOf(place: string): readonly PeerEntry[];
  /** The same instance on its main path; null: there is none. */
  mainOf(duty: Duty): Duty | null;
  /** These will be free in a moment. */
  promise(duties: readonly Duty[]): void;
  /** These are free. */
  take(duties: readonly Duty[], from: string): void;
  /** A peer asks for these, of which this director is master. */
  give(duties: readonly Duty[], life: string, from: string): void;
  /** A peer was master of this, and has given way to us: how long we had been by then. */
  yielded(duty: Duty, reign: PeerReign, from: string): Millis;
  /** The peer that we gave way to had been master of this for so long. */
  reigned(duty: Duty, reignMs: Millis, from: string): void;
}
