/** What this director says to others of ours: each message with its place in the sequence, on the links that are open. */
import {
  encodePeerMessage,
  type PeerEntry,
  type PeerMessage,
  type PeerMessageKind,
} from '../../wire/peer-link.ts';
import type { Tokens } from './asking.ts';
import type { Open, PeerSockets } from './peer-sockets.ts';
import type { Successor } from './peer-table.ts';

type Rest = Partial<Pick<PeerMessage, 'to' | 'token' | 'note' | 'reigns'>> &
  Pick<PeerMessage, 'entries'>;

/** A link, and the address of who is told there; null: all are. */
export interface Addressee {
  readonly open: Open;
  readonly to: string | null;
}

/** Of an instance each, by place. */
export type EntriesByPlace = ReadonlyMap<string, readonly PeerEntry[]>;

export class PeerPost {
  readonly life: string;
  private readonly sockets: PeerSockets;
  private sequence = 0;

  constructor(life: string, sockets: PeerSockets) {
    this.life = life;
    this.sockets = sockets;
  }

  /** One message by each of these ways: who has heard it on one does not hear it on another. */
  send(addressees: readonly Addressee[], kind: PeerMessageKind, rest: Rest): void {
    this.sequence += 1;
    const { life, sequence } = this;
    const none = { to: null, token: null, note: null, reigns: [] };
    for (const { open, to } of addressees) {
      const { family, key } = open.place;
      const message = { kind, family, life, sequence, ...none, ...rest };
      open.socket.send(encodePeerMessage(message, key), to);
    }
  }

  /** On each link where the peer was heard lately, what of these it has said there that it has. */
  tellEach(
    { life, places }: Successor,
    entries: EntriesByPlace,
    kind: 'prepare' | 'take' | 'want',
    tokens: Tokens,
  ): void {
    for (const open of this.sockets.all) {
      const { name } = open.place;
      const peer = places.get(name);
      const theirs = new Set(peer?.entries.map(({ vrid }) => vrid));
      const meant = (entries.get(name) ?? []).filter(({ vrid }) => theirs.has(vrid));
      if (peer === undefined || meant.length === 0) continue;
      const token = tokens.get(name) ?? null;
      this.send([{ open, to: peer.address }], kind, { to: life, token, entries: meant });
    }
  }
}
