/**
 * Who works with the table next: one at a time, a reconciliation before everybody else that waits. Callers who wait for
 * the same kind of turn may share it.
 */

/** In this order those that wait have their turns. */
const KINDS = ['reconcile', 'plan', 'verify'] as const;
export type TurnKind = (typeof KINDS)[number];

interface Turn {
  readonly kind: TurnKind;
  /** Null: it gives way, and wants its turn again. */
  readonly run: () => Promise<unknown>;
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class Turns {
  private readonly waiting: Record<TurnKind, Turn[]> = { reconcile: [], plan: [], verify: [] };
  private working = false;

  awaits(kind: TurnKind): boolean {
    return this.waiting[kind].length > 0;
  }

  /** A turn of its own. */
  take<T>(kind: TurnKind, run: () => Promise<T | null>): Promise<T> {
    const turn = turnOf(kind, run);
    this.waiting[kind].push(turn);
    void this.work();
    return turn.promise as Promise<T>;
  }

  /** The turn of this kind that waits already, if there is one. */
  share<T>(kind: TurnKind, run: () => Promise<T | null>): Promise<T> {
    const [first] = this.waiting[kind];
    return first === undefined ? this.take(kind, run) : (first.promise as Promise<T>);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    // Those who come at the same moment wait together.
    await Promise.resolve();
    for (let turn = this.next(); turn !== undefined; turn = this.next()) await this.give(turn);
    this.working = false;
  }

  private next(): Turn | undefined {
    for (const kind of KINDS) {
      const turn = this.waiting[kind].shift();
      if (turn !== undefined) return turn;
    }
    return undefined;
  }

  private async give(turn: Turn): Promise<void> {
    try {
      const value = await turn.run();
      if (value === null) this.waiting[turn.kind].unshift(turn);
      else turn.resolve(value);
    } catch (error) {
      turn.reject(error);
    }
  }
}

function turnOf(kind: TurnKind, run: () => Promise<unknown>): Turn {
  let resolve: Turn['resolve'] = () => {};
  let reject: Turn['reject'] = () => {};
  const promise = new Promise<unknown>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { kind, run, promise, resolve, reject };
}
