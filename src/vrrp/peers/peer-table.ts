/** Which directors of ours are there, what they hold, and who can take something over. Pure but for what it keeps. */
import type { Instant, Millis } from '../../base/time.ts';
import type { PeerEntry, PeerMessage } from '../../wire/peer-link.ts';

/** Each director tells so often that it is there. */
export const HELLO_MS: Millis = 1_000;

/** Who was silent for so long is gone. */
const SILENT_MS: Millis = 3_500;

/** Of no more lives than these is anything kept: a flood of made-up ones is no reason to grow. */
const LIVES_MAX = 64;

/** An instance on a link: a place is an interface and a family. */
export interface Duty {
  readonly place: string;
  readonly vrid: number;
}

export interface Peer {
  readonly life: string;
  readonly address: string;
  readonly heardAt: Instant;
  readonly entries: readonly PeerEntry[];
}

/** On several links one message may overtake another: so far back they are still taken, each once. */
const WINDOW = 64;

interface Known {
  /** The highest of those heard, and which of the window below it were heard. */
  sequence: number;
  readonly heard: Set<number>;
  /** By place. */
  readonly places: Map<string, Peer>;
}

export class PeerTable {
  private readonly lives = new Map<string, Known>();

  /** False: it was heard before, is much older than what was heard of this life, or there are too many. */
  hear(place: string, address: string, message: PeerMessage, now: Instant): boolean {
    const known = this.lives.get(message.life) ?? this.admit(now);
    if (known === null || !isNew(known, message.sequence)) return false;
    this.lives.set(message.life, known);
    if (message.kind === 'hello') {
      const { life, entries } = message;
      known.places.set(place, { life, address, heardAt: now, entries });
    }
    return true;
  }

  /** Whether this life has said there that it is there. */
  hasHeard(place: string, life: string): boolean {
    return this.lives.get(life)?.places.has(place) ?? false;
  }

  knows(place: string, address: string): boolean {
    return this.lifeAt(place, address) !== null;
  }

  /** Of the director of ours that was heard last from this address, however long ago; null: none ever was. */
  lifeAt(place: string, address: string): string | null {
    let last: Peer | null = null;
    for (const { places } of this.lives.values()) {
      const peer = places.get(place);
      if (peer?.address === address && peer.heardAt > (last?.heardAt ?? -Infinity)) last = peer;
    }
    return last?.life ?? null;
  }

  /** Those heard lately on this place. */
  at(place: string, now: Instant): readonly Peer[] {
    return [...this.lives.values()].flatMap(({ places }) => {
      const peer = places.get(place);
      return peer !== undefined && now - peer.heardAt <= SILENT_MS ? [peer] : [];
    });
  }

  /**
   * The one that can take all of these, on each place by its address; of several that of the highest priority.
   * `only`: no other life than this.
   */
  successorFor(
    duties: readonly Duty[],
    now: Instant,
    only: string | null = null,
  ): Successor | null {
    let best: { readonly successor: Successor; readonly priority: number } | null = null;
    for (const [life, { places }] of this.lives) {
      if (only !== null && life !== only) continue;
      const priorities = duties.map(({ place, vrid }) => {
        const peer = places.get(place);
        if (peer === undefined || now - peer.heardAt > SILENT_MS) return null;
        const entry = peer.entries.find((one) => one.vrid === vrid);
        return entry?.canTake && entry.state === 'backup' ? entry.priority : null;
      });
      if (priorities.includes(null)) continue;
      const priority = Math.min(...(priorities as number[]));
      if (best === null || priority > best.priority) {
        const addresses = new Map([...places].map(([place, { address }]) => [place, address]));
        best = { successor: { life, addresses }, priority };
      }
    }
    return best?.successor ?? null;
  }

  /** The one that says that it is master of all of these. */
  masterOf(duties: readonly Duty[], now: Instant): Successor | null {
    for (const [life, { places }] of this.lives) {
      if (!this.isMaster(life, duties, now)) continue;
      return { life, addresses: new Map([...places].map(([name, peer]) => [name, peer.address])) };
    }
    return null;
  }

  isMaster(life: string, duties: readonly Duty[], now: Instant): boolean {
    const places = this.lives.get(life)?.places;
    return duties.every(({ place, vrid }) => {
      const peer = places?.get(place);
      if (peer === undefined || now - peer.heardAt > SILENT_MS) return false;
      return peer.entries.some((one) => one.vrid === vrid && one.state === 'master');
    });
  }

  private admit(now: Instant): Known | null {
    if (this.lives.size >= LIVES_MAX) this.forgetSilent(now);
    return this.lives.size >= LIVES_MAX
      ? null
      : { sequence: -1, heard: new Set(), places: new Map() };
  }

  private forgetSilent(now: Instant): void {
    for (const [life, { places }] of this.lives) {
      const isSilent = [...places.values()].every(({ heardAt }) => now - heardAt > SILENT_MS);
      if (isSilent) this.lives.delete(life);
    }
  }
}

/** Notes it as heard. */
function isNew(known: Known, sequence: number): boolean {
  if (sequence <= known.sequence - WINDOW || known.heard.has(sequence)) return false;
  known.heard.add(sequence);
  known.sequence = Math.max(known.sequence, sequence);
  for (const old of known.heard) if (old <= known.sequence - WINDOW) known.heard.delete(old);
  return true;
}

/** A peer that something is agreed upon with. */
export interface Successor {
  readonly life: string;
  /** By place. */
  readonly addresses: ReadonlyMap<string, string>;
}
