/** The side of the link between directors that is asked: what a message of a peer has this director do, and answer. */
import type { Clock } from '../../base/time.ts';
import { NO_REIGN, type PeerMessage } from '../../wire/peer-link.ts';
import type { PeerPost } from './peer-post.ts';
import type { PeerSockets } from './peer-sockets.ts';
import type { Duty, PeerTable } from './peer-table.ts';
import type { PeerDuties } from './ports-peers.ts';
import { Promises } from './promises.ts';

interface AnswersParts {
  readonly clock: Clock;
  readonly table: PeerTable;
  readonly post: PeerPost;
  readonly sockets: PeerSockets;
  readonly duties: PeerDuties;
  /** 16 hexadecimal digits that nobody can guess. */
  newToken(): string;
  /** A message came to nothing. */
  drop(reason: string): void;
}

export class Answers {
  private readonly parts: AnswersParts;
  private readonly promises = new Promises();

  constructor(parts: AnswersParts) {
    this.parts = parts;
  }

  onPrepare(place: string, message: PeerMessage, from: string): void {
    const { duties, clock, newToken } = this.parts;
    const able = new Set(
      duties
        .entriesOf(place)
        .filter(({ canTake, state }) => canTake && state === 'backup')
        .map(({ vrid }) => vrid),
    );
    if (!message.entries.every(({ vrid }) => able.has(vrid))) return;
    const { life, entries } = message;
    const meant = this.meantBy(place, message);
    const token = this.promises.promise(life, meant, { newToken, now: clock.now() });
    duties.promise(meant);
    this.reply(place, from, 'ready', { to: life, token, entries });
  }

  /** By several links it comes several times, and is obeyed once. */
  onTake(place: string, message: PeerMessage, from: string): void {
    const { clock, duties, drop } = this.parts;
    const { life, token } = message;
    const meant = this.meantBy(place, message);
    const taken = this.promises.redeem(life, meant, { token, now: clock.now() });
    if (taken === null) drop('token');
    else if (taken.length > 0) duties.take(taken, from);
  }

  onWant(place: string, message: PeerMessage, from: string): void {
    this.parts.duties.give(this.meantBy(place, message), message.life, from);
  }

  onYielded(place: string, { life, entries, reigns }: PeerMessage, from: string): void {
    const own = entries.map(({ vrid }, at) => {
      const main = this.parts.duties.mainOf({ place, vrid });
      if (main === null) return NO_REIGN;
      const source = this.sourceOf(life, main, from);
      return {
        forMs: this.parts.duties.yielded(main, reigns[at] ?? NO_REIGN, source),
        agoMs: 0,
      };
    });
    this.reply(place, from, 'reigned', { to: life, entries, reigns: own });
  }

  onReigned(place: string, { life, entries, reigns }: PeerMessage, from: string): void {
    for (const [at, { vrid }] of entries.entries()) {
      const main = this.parts.duties.mainOf({ place, vrid });
      if (main === null) continue;
      const source = this.sourceOf(life, main, from);
      this.parts.duties.reigned(main, reigns[at]?.forMs ?? 0, source);
    }
  }

  /** By whichever link the peer speaks, its address on the main path is what is known of it everywhere else. */
  private sourceOf(life: string, main: Duty, from: string): string {
    return this.parts.table.addressOf(life, main.place) ?? from;
  }

  private meantBy(place: string, { entries }: PeerMessage): readonly Duty[] {
    return entries.flatMap(({ vrid }) => this.parts.duties.mainOf({ place, vrid }) ?? []);
  }

  /** The way that the question came. */
  private reply(
    place: string,
    from: string,
    kind: 'ready' | 'reigned',
    rest: Parameters<PeerPost['send']>[2],
  ): void {
    const open = this.parts.sockets.at(place);
    if (open !== null) this.parts.post.send([{ open, to: from }], kind, rest);
  }
}
