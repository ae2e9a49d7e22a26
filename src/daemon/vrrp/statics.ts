/**
 * Static addresses, routes and rules: there from start to stop, put back when somebody removes them. While one
 * is not there, the instances that follow it are in FAULT.
 */
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { PlannedVrrpChange } from '../../model/plan.ts';
import type { Static, Statics } from '../../model/vrrp.ts';
import { staticChanges } from '../../vrrp/forecast/held-changes.ts';
import {
  describeLost,
  type Gone,
  type Held,
  isNothing,
  lostOf,
  NOTHING,
} from '../../vrrp/holding/held.ts';
import type { StaticPort } from '../../vrrp/ports.ts';
import type { HeldNetwork } from './held-network.ts';

/** Of what is put back, so many are named at once. */
const NAMED_MAX = 16;

interface Entry {
  /** This one alone. */
  readonly held: Held;
  readonly followers: readonly string[];
  isThere: boolean;
}

const NO_STATICS: Statics = { addresses: [], routes: [], rules: [] };

export class StaticEntries implements StaticPort {
  private readonly network: HeldNetwork;
  private readonly onChange: () => void;
  private readonly removals: Trouble;
  private entries: readonly Entry[] = [];
  private configured = NO_STATICS;

  /** `onChange`: one of them is there now, or is not any more. */
  constructor(
    network: HeldNetwork,
    ports: { readonly clock: Clock; readonly log: Log },
    onChange: () => void,
  ) {
    this.network = network;
    this.removals = new Trouble(ports, {
      level: 'warn',
      message: 'static entry that others removed is put back',
      over: null,
      newsMax: NAMED_MAX,
    });
    this.onChange = onChange;
  }

  /** What has left goes, what is new comes, what stays is not touched. Resolves when that is done. */
  async configure(statics: Statics): Promise<void> {
    this.configured = statics;
    const before = new Map(this.entries.map((entry) => [keyOf(entry.held), entry]));
    this.entries = entriesOf(statics).map(({ held, followers }) => {
      const key = keyOf(held);
      const isThere = before.get(key)?.isThere ?? false;
      before.delete(key);
      return { held, followers, isThere };
    });
    const gone = [...before.values()];
    await Promise.all(gone.map(({ held }) => this.network.release(held.addresses, held)));
    await this.retry();
  }

  /** What `configure` would do at once; nothing is changed. */
  plan(statics: Statics): readonly PlannedVrrpChange[] {
    return staticChanges(this.configured, statics);
  }

  faultOf(instanceName: string): string | null {
    const missing = this.entries.find(
      ({ followers, isThere }) => !isThere && followers.includes(instanceName),
    );
    return missing === undefined ? null : `static ${describeLost(missing.held)} is not there`;
  }

  gone(gone: Gone): void {
    for (const entry of this.entries) {
      if (!entry.isThere || isNothing(lostOf(entry.held, gone))) continue;
      const what = describeLost(entry.held);
      this.removals.happened({ what }, what);
      void this.hold(entry);
    }
  }

  /** An interface may be there now that was missing. */
  async retry(): Promise<void> {
    await Promise.all(
      this.entries.filter(({ isThere }) => !isThere).map((entry) => this.hold(entry)),
    );
  }

  /** Puts all of them where they may have been lost: with their interface, without a word. */
  async holdAgain(): Promise<void> {
    await Promise.all(this.entries.map((entry) => this.hold(entry)));
  }

  async release(): Promise<void> {
    const { entries } = this;
    this.entries = [];
    await Promise.all(entries.map(({ held }) => this.network.release(held.addresses, held)));
  }

  private async hold(entry: Entry): Promise<void> {
    const before = entry.isThere;
    entry.isThere = await this.network.tryHold(entry.held);
    if (entry.isThere !== before) this.onChange();
  }
}

function entriesOf({ addresses, routes, rules }: Statics): readonly Omit<Entry, 'isThere'>[] {
  const entries = <One>(
    list: readonly Static<One>[],
    held: (one: One) => Partial<Held>,
  ): readonly Omit<Entry, 'isThere'>[] =>
    list.map(({ entry, followers }) => ({ held: { ...NOTHING, ...held(entry) }, followers }));
  return [
    ...entries(addresses, (one) => ({ addresses: [one] })),
    ...entries(routes, (one) => ({ routes: [one] })),
    ...entries(rules, (one) => ({ rules: [one] })),
  ];
}

function keyOf(held: Held): string {
  return JSON.stringify(held);
}
