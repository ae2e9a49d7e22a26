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

/** One instance on each of the links that it speaks on, its main path first. */
export type Ways = readonly Duty[];

export interface Peer {
  readonly life: string;
  readonly address: string;
  readonly heardAt: Instant;
  /** Of its words: what was said last counts, on whatever link it came. */
  readonly sequence: number;
  readonly entries: readonly PeerEntry[];
}

/** On several links one message may overtake another: so far back they are still taken, each once. */
const WINDOW = 64;

interface Known {
  /** The highest of those heard, and how often each of the window below it was. */
  sequence: number;
  readonly heard: Map<number, number>;
  /** By place. */
  readonly places: Map<string, Peer>;
  /** By place, of those where it has not said that it is there: what its advertisements come from. */
  readonly learned: Map<string, string>;
}

/** `twin`: it was heard before, and may come so often. `old`: it is a repetition, or is much older than what was heard. */
export type Hearing = 'new' | 'twin' | 'old';

export class PeerTable {
  private readonly lives = new Map<string, Known>();

  /** `copies`: so often one message may come, by several ways. Of more lives than are kept all is old. */
  hear(
    { place, address, now }: { readonly place: string; readonly address: string; now: Instant },
    message: PeerMessage,
    copies: number,
  ): Hearing {
    const { life, sequence, entries, kind } = message;
    const known = this.lives.get(life) ?? this.admit(now);
    if (known === null) return 'old';
    const hearing = note(known, sequence, copies);
    if (hearing !== 'new') return hearing;
    this.lives.set(life, known);
    if (kind === 'hello' && sequence > (known.places.get(place)?.sequence ?? -1)) {
      known.places.set(place, { life, address, heardAt: now, sequence, entries });
    }
    return 'new';
  }

  /** Whether this life has said there that it is there. */
  hasHeard(place: string, life: string): boolean {
    return this.lives.get(life)?.places.has(place) ?? false;
  }

  /** Of the director of ours that was heard last from this address, however long ago; null: none ever was. */
  lifeAt(place: string, address: string): string | null {
    let found: string | null = null;
    let heardAt = -Infinity;
    for (const [life, { places, learned }] of this.lives) {
      const peer = places.get(place);
      const isThere = (peer?.address ?? learned.get(place)) === address;
      if (!isThere || (peer?.heardAt ?? 0) <= heardAt) continue;
      found = life;
      heardAt = peer?.heardAt ?? 0;
    }
    return found;
  }

  /** By what it is known where it was not heard: its advertisements told. */
  learn(life: string, place: string, address: string): void {
    this.lives.get(life)?.learned.set(place, address);
  }

  /** By place, however long ago. */
  addressOf(life: string, place: string): string | null {
    const known = this.lives.get(life);
    return known?.places.get(place)?.address ?? known?.learned.get(place) ?? null;
  }

  /** Those heard lately on this place. */
  at(place: string, now: Instant): readonly Peer[] {
    return [...this.lives.keys()].flatMap((life) => this.lately(life, place, now) ?? []);
  }

  /** What this life said last of an instance, on whatever link; null: nothing lately. */
  saidOf(life: string, ways: Ways, now: Instant): PeerEntry | null {
    let said: PeerEntry | null = null;
    let latest = -1;
    for (const { place, vrid } of ways) {
      const peer = this.lately(life, place, now);
      const entry = peer?.entries.find((one) => one.vrid === vrid);
      if (peer === null || entry === undefined || peer.sequence <= latest) continue;
      said = entry;
      latest = peer.sequence;
    }
    return said;
  }

  /** The one that can take all of these; of several that of the highest priority. `only`: no other life than this. */
  successorFor(unit: readonly Ways[], now: Instant, only: string | null = null): Successor | null {
    let best: { readonly life: string; readonly priority: number } | null = null;
    for (const life of this.lives.keys()) {
      if (only !== null && life !== only) continue;
      const priorities = unit.map((ways) => {
        const said = this.saidOf(life, ways, now);
        return said?.canTake && said.state === 'backup' ? said.priority : null;
      });
      if (priorities.includes(null)) continue;
      const priority = Math.min(...(priorities as number[]));
      if (best === null || priority > best.priority) best = { life, priority };
    }
    return best === null ? null : this.reach(best.life, now);
  }

  /** The one that says that it is master of all of these. */
  masterOf(unit: readonly Ways[], now: Instant): Successor | null {
    for (const life of this.lives.keys()) {
      if (this.isMaster(life, unit, now)) return this.reach(life, now);
    }
    return null;
  }

  isMaster(life: string, unit: readonly Ways[], now: Instant): boolean {
    return unit.every((ways) => this.saidOf(life, ways, now)?.state === 'master');
  }

  private reach(life: string, now: Instant): Successor {
    const places = [...(this.lives.get(life)?.places ?? [])];
    return { life, places: new Map(places.filter(([, peer]) => isLately(peer, now))) };
  }

  private lately(life: string, place: string, now: Instant): Peer | null {
    const peer = this.lives.get(life)?.places.get(place);
    return peer !== undefined && isLately(peer, now) ? peer : null;
  }

  private admit(now: Instant): Known | null {
    if (this.lives.size >= LIVES_MAX) this.forgetSilent(now);
    return this.lives.size >= LIVES_MAX
      ? null
      : { sequence: -1, heard: new Map(), places: new Map(), learned: new Map() };
  }

  private forgetSilent(now: Instant): void {
    for (const [life, { places }] of this.lives) {
      const isSilent = [...places.values()].every(({ heardAt }) => now - heardAt > SILENT_MS);
      if (isSilent) this.lives.delete(life);
    }
  }
}

function isLately({ heardAt }: Peer, now: Instant): boolean {
  return now - heardAt <= SILENT_MS;
}

/** As heard once more. */
function note(known: Known, sequence: number, copies: number): Hearing {
  if (sequence <= known.sequence - WINDOW) return 'old';
  const times = (known.heard.get(sequence) ?? 0) + 1;
  known.heard.set(sequence, times);
  if (times > 1) return times <= copies ? 'twin' : 'old';
  known.sequence = Math.max(known.sequence, sequence);
  for (const old of known.heard.keys()) if (old <= known.sequence - WINDOW) known.heard.delete(old);
  return 'new';
}

/** A peer that something is agreed upon with. */
export interface Successor {
  readonly life: string;
  /** By place, where it was heard lately. */
  readonly places: ReadonlyMap<string, Peer>;
}
