/** Which BFD sessions are up, as the bfd process tells it, for the checkers that follow one. */
import type { Cancel } from '../base/time.ts';
import type { BfdStates } from '../model/bfd.ts';

export interface SessionPort {
  /** Null: not known yet. */
  isUp(session: string): boolean | null;
  /** Calls when that is something else. */
  watch(session: string, onChange: () => void): Cancel;
}

export class Sessions implements SessionPort {
  private states: BfdStates = {};
  private readonly watchers = new Map<string, Set<() => void>>();

  isUp(session: string): boolean | null {
    return this.states[session] ?? null;
  }

  watch(session: string, onChange: () => void): Cancel {
    const watchers = this.watchers.get(session) ?? new Set();
    this.watchers.set(session, watchers.add(onChange));
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.watchers.get(session) === watchers) {
        this.watchers.delete(session);
      }
    };
  }

  tell(states: BfdStates): void {
    const before = this.states;
    this.states = states;
    for (const [session, watchers] of [...this.watchers]) {
      if (before[session] === states[session]) continue;
      for (const onChange of [...watchers]) onChange();
    }
  }
}
