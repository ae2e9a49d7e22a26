/**
 * The side of the link between directors that asks: a master that leaves asks a peer to be ready and tells it to
 * take; who wants something back asks its master. By every link on which that peer was heard lately: one of them is
 * enough.
 */
import type { Log } from '../../base/log.ts';
import { type Clock, type Millis, sleep } from '../../base/time.ts';
import type { PeerEntry } from '../../wire/peer-link.ts';
import { Asking, type Tokens } from './asking.ts';
import type { EntriesByPlace, PeerPost } from './peer-post.ts';
import type { PeerTable, Successor, Ways } from './peer-table.ts';

/** How long each "take" is given, and how often it is looked whether the peer is master. */
const TAKE_AGAIN_MS: Millis = 10;
const LOOK_EVERY_MS: Millis = 1;
/** "take" and "want" are said more than once: a datagram may be lost, and is harmless twice. */
const TIMES = 3;
const NO_TOKENS: Tokens = new Map();

interface SuccessorsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly table: PeerTable;
  readonly post: PeerPost;
  entriesOf(place: string): readonly PeerEntry[];
}

export class Successors {
  private readonly parts: SuccessorsParts;
  private readonly asking: Asking;

  constructor(parts: SuccessorsParts) {
    this.parts = parts;
    this.asking = new Asking(parts.clock);
  }

  /**
   * Asks for each unit, which goes over as a whole, the best peer to be ready for it. Null: there is none, or it
   * did not say so in time. `only`: no other life than this.
   */
  async prepare(
    units: readonly (readonly Ways[])[],
    only: string | null,
  ): Promise<readonly (Ready | null)[]> {
    const { clock, table } = this.parts;
    const now = clock.now();
    const found = units.map((unit) => table.successorFor(unit, now, only));
    const ready = await Promise.all(
      byLife(units, found).map(
        async ({ peer, unit }) => [peer.life, await this.ask(peer, unit)] as const,
      ),
    );
    const tokens = new Map(ready);
    return found.map((successor, at) => {
      const given = successor === null ? null : (tokens.get(successor.life) ?? null);
      if (successor === null || given === null) return null;
      return this.readyFor(successor, units[at] as readonly Ways[], given);
    });
  }

  /** A peer is ready on a place. */
  ready(life: string, place: string, token: string): void {
    this.asking.ready(life, place, token);
  }

  /** Whether a peer of ours is master of one of these units. */
  hasMaster(units: readonly (readonly Ways[])[]): boolean {
    const { clock, table } = this.parts;
    return units.some((unit) => table.masterOf(unit, clock.now()) !== null);
  }

  /** Asks the masters of these units to hand them over: each of them once for all that it has. */
  want(units: readonly (readonly Ways[])[]): void {
    const { clock, table, post } = this.parts;
    const now = clock.now();
    const masters = units.map((unit) => table.masterOf(unit, now));
    for (const { peer, unit } of byLife(units, masters)) {
      const entries = this.entriesFor(unit);
      for (let time = 0; time < TIMES; time += 1) post.tellEach(peer, entries, 'want', NO_TOKENS);
    }
  }

  private readyFor(successor: Successor, unit: readonly Ways[], tokens: Tokens): Ready {
    const { clock, table, post } = this.parts;
    const isMaster = (): boolean => table.isMaster(successor.life, unit, clock.now());
    // As they are now: an instance that a reload removes is not among them any more when it is free.
    const entries = this.entriesFor(unit);
    return {
      address: addressOf(successor, unit),
      take: async () => {
        for (let time = 0; time < TIMES; time += 1) {
          post.tellEach(successor, entries, 'take', tokens);
          const until = clock.now() + TAKE_AGAIN_MS;
          while (clock.now() < until) {
            if (isMaster()) return true;
            await sleep(clock, LOOK_EVERY_MS);
          }
        }
        return isMaster();
      },
    };
  }

  /** Null: it was not ready for all of them in time. */
  private async ask(successor: Successor, unit: readonly Ways[]): Promise<Tokens | null> {
    const { log, post } = this.parts;
    const tokens = await this.asking.ask(
      successor.life,
      (given) => unit.every((ways) => ways.some((duty) => isNamed(successor, duty, given))),
      (known) => post.tellEach(successor, this.entriesFor(unit), 'prepare', known),
    );
    if (tokens !== null) return tokens;
    log.warn({ peer: addressOf(successor, unit) }, 'peer was not ready in time');
    return null;
  }

  private entriesFor(unit: readonly Ways[]): EntriesByPlace {
    const duties = unit.flat();
    const places = [...new Set(duties.map(({ place }) => place))];
    return new Map(
      places.map((name) => {
        const vrids = new Set(duties.flatMap(({ place, vrid }) => (place === name ? [vrid] : [])));
        return [name, this.parts.entriesOf(name).filter(({ vrid }) => vrids.has(vrid))];
      }),
    );
  }
}

/** A peer that waits for "take". */
export interface Ready {
  readonly address: string;
  /** All is free: it may have it. True: it says that it is master. */
  take(): Promise<boolean>;
}

/** Each peer with all that it is to be asked for at once. */
function byLife(
  units: readonly (readonly Ways[])[],
  peers: readonly (Successor | null)[],
): readonly { readonly peer: Successor; readonly unit: readonly Ways[] }[] {
  const lives = new Map<string, { readonly peer: Successor; readonly unit: Ways[] }>();
  for (const [at, peer] of peers.entries()) {
    if (peer === null) continue;
    const known = lives.get(peer.life) ?? { peer, unit: [] };
    known.unit.push(...(units[at] as readonly Ways[]));
    lives.set(peer.life, known);
  }
  return [...lives.values()];
}

/** Whether it was asked for this there, and said that it is ready. */
function isNamed({ places }: Successor, { place, vrid }: Ways[number], tokens: Tokens): boolean {
  const entries = places.get(place)?.entries ?? [];
  return tokens.has(place) && entries.some((entry) => entry.vrid === vrid);
}

/** On the first of the links that it is heard on. */
function addressOf({ places }: Successor, unit: readonly Ways[]): string {
  const [address] = unit.flat().flatMap(({ place }) => places.get(place)?.address ?? []);
  return address ?? '';
}
