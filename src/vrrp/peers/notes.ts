/**
 * Notes between directors: what others than VRRP have to say to their like on another director. VRRP owns the link and
 * its key, and knows nothing of what they say. They are passed on only where there is a key, to one director at a time,
 * and not more of them than cost an advertisement nothing.
 */
import type { Clock, Instant } from '../../base/time.ts';
import type { PeerLink } from '../../model/peer.ts';
import type { Peer } from './peer-table.ts';

/** Who writes and reads them. */
export interface NotePort {
  heard(life: string, note: Uint8Array): void;
  /** The directors that are heard are others than before. */
  linksAre(links: readonly PeerLink[]): void;
}

/** Each costs some ten microseconds, and a message to another process. */
const NOTES_A_SECOND_MAX = 200;

interface Heard {
  readonly place: string;
  readonly isSigned: boolean;
  readonly peer: Peer;
}

export class Notes {
  private readonly clock: Clock;
  private readonly port: NotePort;
  private told = '[]';
  private credit = NOTES_A_SECOND_MAX;
  private creditAt: Instant = 0;

  constructor(clock: Clock, port: NotePort) {
    this.clock = clock;
    this.port = port;
  }

  /** Those that are heard now, on all places. */
  look(heard: readonly Heard[]): void {
    const lives = [...new Set(heard.map(({ peer }) => peer.life))].sort();
    const links = lives.flatMap((life): readonly PeerLink[] => {
      const best = bestOf(heard.filter(({ peer }) => peer.life === life));
      return best === null ? [] : [{ life, address: best.peer.address, isSigned: best.isSigned }];
    });
    const text = JSON.stringify(links);
    if (text === this.told) return;
    this.told = text;
    this.port.linksAre(links);
  }

  /** False: there are too many. */
  pass(life: string, note: Uint8Array): boolean {
    const now = this.clock.now();
    const earned = ((now - this.creditAt) / 1000) * NOTES_A_SECOND_MAX;
    this.credit = Math.min(NOTES_A_SECOND_MAX, this.credit + earned);
    this.creditAt = now;
    if (this.credit < 1) return false;
    this.credit -= 1;
    this.port.heard(life, note);
    return true;
  }
}

/** With a key rather than without, by its name among those. */
function bestOf(heard: readonly Heard[]): Heard | null {
  const [first] = heard.toSorted(
    (one, other) =>
      Number(other.isSigned) - Number(one.isSigned) || (one.place < other.place ? -1 : 1),
  );
  return first ?? null;
}
