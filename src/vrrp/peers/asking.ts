/** A master that leaves asks a peer to be ready: again and again for a while, of each peer one thing after the other. */
import type { Cancel, Clock, Millis } from '../../base/time.ts';

/**
 * How often a leaving master asks, and how long it waits for "ready" each time. Counted, not timed as a whole: whoever
 * is woken late finds the answer only after it has asked again.
 */
const TIMES = 3;
const ASK_AGAIN_MS: Millis = 20;

/** Place → token of a peer that is ready there. */
export type Tokens = ReadonlyMap<string, string>;

interface Asked {
  readonly tokens: Map<string, string>;
  isEnough(tokens: Tokens): boolean;
  onReady(): void;
}

export class Asking {
  private readonly clock: Clock;
  /** By the life that is asked. */
  private readonly asked = new Map<string, Asked>();
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** `isEnough`: it is ready for all; `tell`: says it once. Null: it was not in time. */
  ask(
    life: string,
    isEnough: (tokens: Tokens) => boolean,
    tell: (tokens: Tokens) => void,
  ): Promise<Tokens | null> {
    const before = this.turns.get(life);
    const own =
      before === undefined
        ? this.askNow(life, isEnough, tell)
        : before.then(() => this.askNow(life, isEnough, tell));
    const turn = own.finally(() => {
      if (this.turns.get(life) === turn) this.turns.delete(life);
    });
    this.turns.set(life, turn);
    return own;
  }

  /** A peer is ready on a place. */
  ready(life: string, place: string, token: string): void {
    const asked = this.asked.get(life);
    if (asked === undefined) return;
    asked.tokens.set(place, token);
    if (asked.isEnough(asked.tokens)) asked.onReady();
  }

  private async askNow(
    life: string,
    isEnough: (tokens: Tokens) => boolean,
    tell: (tokens: Tokens) => void,
  ): Promise<Tokens | null> {
    const tokens = new Map<string, string>();
    const isReady = await new Promise<boolean>((resolve) => {
      let cancel: Cancel = () => {};
      let times = 0;
      const end = (ready: boolean): void => {
        cancel();
        resolve(ready);
      };
      const again = (): void => {
        if (times === TIMES) {
          end(false);
          return;
        }
        times += 1;
        tell(tokens);
        cancel = this.clock.wakeAt(this.clock.now() + ASK_AGAIN_MS, again);
      };
      this.asked.set(life, { tokens, isEnough, onReady: () => end(true) });
      again();
    });
    this.asked.delete(life);
    return isReady ? tokens : null;
  }
}
