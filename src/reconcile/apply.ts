/**
 * Brings the kernel's table to what is desired, and remembers what it holds. Start, reload, a failed
 * server and the repair of drift are the same act here: compare, change, and read again only when the
 * kernel shows that it holds something else than we thought.
 */
import { DirectorError } from '../base/error.ts';
import { atOnce, inSlices, STEP, type Steps } from '../base/slices.ts';
import { type Clock, systemClock } from '../base/time.ts';
import type { Leaving } from '../model/drain.ts';
import type { IpvsTable } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { IpvsPlan } from '../model/plan.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import { byNameSteps, type IpvsChange, keyOf, withChangesSteps } from './change.ts';
import { diffSteps, type IpvsDiff } from './ipvs.ts';
import { type CountedTable, planSteps } from './plan.ts';
import { type HeldTable, recogniseSteps } from './recognise.ts';
import { judge, type Outcome, type RefusedChange } from './refusal.ts';
import { renderChange } from './render.ts';
import { Turns } from './turns.ts';

/** What the reconciler needs of the kernel. */
export interface IpvsPort {
  readColumns(options: { readonly withStatistics: boolean }): Promise<CountedTable>;
  /** The same, given up as soon as it is not wanted any more: null. */
  readColumnsWhile(isWanted: () => boolean): Promise<CountedTable | null>;
  /** One outcome a change. Throws NETLINK_OVERRUN or NETLINK_TIMEOUT when outcomes were lost. */
  apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]>;
  /** Removes every service, whoever made it. */
  flush(): Promise<void>;
}

export interface Report {
  /** What was changed, in this order. */
  readonly applied: readonly IpvsChange[];
  /** Of `verify`: what others had changed in services of ours, as it had to be changed back. */
  readonly drift: readonly IpvsChange[];
  /** Services of others that were configured, and are ours from now on. */
  readonly takenOver: readonly ServiceKey[];
  /** What the kernel refused for good; tried again at the next occasion. */
  readonly refused: readonly RefusedChange[];
  /** Services of others, left alone. */
  readonly foreign: readonly ServiceKey[];
  /** Services that are ours now: to be kept for the next life of this process. */
  readonly owned: readonly ServiceKey[];
  /** How often the whole table was read. */
  readonly readings: number;
  /** False: others changed the table faster than we could, or answers were lost again and again. */
  readonly converged: boolean;
}

export interface IpvsReconcilerOptions {
  readonly ipvs: IpvsPort;
  /** Services that an earlier life of this process has reported as its own. */
  readonly owned: readonly ServiceKey[];
  /** By which long comparisons are cut into slices. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Is told before a change which services may be ours after it: who dies in the middle still knows. */
  readonly keepOwned?: (keys: readonly ServiceKey[]) => void;
}

/** Makes the table that is desired at this moment. */
export type MakeDesired = () => Steps<IpvsTable>;

/** Somebody who changes the table as fast as we do is not outrun but reported. */
const ROUNDS_MAX = 4;

/** A verification gives way to that many reconciliations, and then they wait for it: what others change is to be found. */
const GIVES_WAY_MAX = 8;

const NOTHING: IpvsTable = { services: [] };

/** A report in the making. */
interface Draft {
  applied: readonly IpvsChange[];
  drift: readonly IpvsChange[];
  takenOver: readonly ServiceKey[];
  refused: readonly RefusedChange[];
  foreign: readonly ServiceKey[];
  readings: number;
  converged: boolean;
}

export class IpvsReconciler {
  private readonly ipvs: IpvsPort;
  private readonly clock: Pick<Clock, 'now'>;
  private owned: readonly ServiceKey[];
  private readonly keepOwned: (keys: readonly ServiceKey[]) => void;
  /** Of the last caller: asked when a reconciliation begins. */
  private makeDesired: MakeDesired = () => made(NOTHING);
  /** What the newest reconciliation is about. */
  private desired: IpvsTable | null = null;
  /** What the last one that has ended was about. */
  private settled: IpvsTable | null = null;
  /** What the last reconciliation was refused, and the services that are absent for that. */
  private refusedBefore: ReadonlySet<string> = new Set();
  private absentBefore: ReadonlySet<string> = new Set();
  /** What the kernel holds as far as we know, or null before the first reading. */
  private known: IpvsTable | null = null;
  private firstReading: HeldTable | null = null;
  private readonly turns = new Turns();
  /** How often the verification that waits has given way. */
  private timesGivenWay = 0;

  constructor(options: IpvsReconcilerOptions) {
    this.ipvs = options.ipvs;
    this.owned = options.owned;
    this.clock = options.clock ?? systemClock;
    this.keepOwned = options.keepOwned ?? (() => {});
  }

  /** The table just now, so that the first comparison need not read it again. */
  hasRead(held: HeldTable): void {
    this.firstReading = held;
  }

  /**
   * Makes the table as desired. While one reconciliation runs only the newest table waits: callers
   * that were overtaken get the report of the one that overtook them. Throws when the kernel cannot be
   * asked at all.
   */
  reconcile(desired: IpvsTable): Promise<Report> {
    return this.reconcileTo(() => made(desired));
  }

  /** The same for a table that takes long to make: it is made when its turn has come, so that none is out of date. */
  reconcileTo(makeDesired: MakeDesired): Promise<Report> {
    this.makeDesired = makeDesired;
    return this.turns.share('reconcile', async () => {
      // That of the last caller, whoever waited first.
      this.desired = await this.inSlices(this.makeDesired());
      return this.run(this.desired, newDraft(this.desired));
    });
  }

  /**
   * Reads the table anew and repairs what others have changed in it, and what was refused before. While it reads it
   * gives way to a reconciliation, and begins anew after it.
   */
  verify(): Promise<Report> {
    return this.turns.share('verify', () => this.verifyOrGiveWay());
  }

  /** Empties the whole table, whoever made what it holds; what was asked for before has its turn first. */
  async flush(): Promise<void> {
    this.makeDesired = () => made(NOTHING);
    await this.turns.take('reconcile', async () => {
      await this.ipvs.flush();
      this.known = null;
      this.desired = NOTHING;
      this.settled = NOTHING;
      this.owned = [];
      return NOTHING;
    });
  }

  /** Takes everything that the table holds for ours: what is not desired goes with the next change. */
  adopt(held: HeldTable): void {
    this.owned = held.services.map(({ key }) => key);
  }

  /**
   * What `reconcile` would change, against the table read anew. Changes nothing. `leaving`: those in the desired
   * table that are there to be drained.
   */
  plan(desired: IpvsTable, leaving: readonly Leaving[] = []): Promise<IpvsPlan> {
    const read = async (): Promise<IpvsPlan> => {
      const held = await this.ipvs.readColumns({ withStatistics: false });
      const current = this.desired ?? desired;
      const wasRefused = (change: IpvsChange): boolean => this.wasRefused(change);
      const { owned } = this;
      return this.inSlices(planSteps({ desired, current, held, owned, leaving, wasRefused }));
    };
    // No change of ours cuts into the reading.
    return this.turns.take('plan', async () => {
      const first = await read();
      // What looks like drift may be a reading that somebody's changes cut into.
      return first.driftCount === 0 ? first : read();
    });
  }

  private async verifyOrGiveWay(): Promise<Report | null> {
    // What is desired after this has been read is the next reconciliation's.
    const { desired } = this;
    const draft = newDraft(desired);
    if (desired && !(await this.confirmDrift(desired, draft))) {
      this.timesGivenWay += 1;
      return null;
    }
    this.timesGivenWay = 0;
    return this.run(desired, draft);
  }

  private async run(desired: IpvsTable | null, draft: Draft): Promise<Report> {
    for (let round = 1; desired && !draft.converged && round <= ROUNDS_MAX; round += 1) {
      draft.converged = await this.attempt(desired, draft);
    }
    this.settled = desired;
    this.refusedBefore = new Set(draft.refused.map(({ change }) => renderChange(change)));
    this.absentBefore = new Set(
      draft.refused.flatMap(({ change }) =>
        change.do === 'add-service' ? formatService(change.service.key) : [],
      ),
    );
    return { ...draft, owned: this.owned };
  }

  /**
   * A reading that changes cut into can miss entries or give them twice, so a difference counts only
   * if the next reading shows it too. What is new in the desired table, or was refused before, is no drift.
   * False: a reconciliation waits, and what we know of the table is as before.
   */
  private async confirmDrift(desired: IpvsTable, draft: Draft): Promise<boolean> {
    this.firstReading = null;
    const first = await this.readUnlessHurried(draft);
    if (first === null) return false;
    const seen = await this.recognise(desired, first);
    if ((await this.diff(desired, seen)).changes.length === 0) {
      this.known = seen;
      return true;
    }
    const second = await this.readUnlessHurried(draft);
    if (second === null) return false;
    this.known = await this.recognise(desired, second);
    if (this.settled === null) return true;
    const { changes } = await this.diff(this.settled, this.known);
    draft.drift = changes.filter((change) => !this.wasRefused(change));
    return true;
  }

  private readUnlessHurried(draft: Draft): Promise<CountedTable | null> {
    draft.readings += 1;
    const mayGiveWay = this.timesGivenWay < GIVES_WAY_MAX;
    return this.ipvs.readColumnsWhile(() => !(mayGiveWay && this.turns.awaits('reconcile')));
  }

  /** The real servers of a service that was refused are not told as refused, but are as absent. */
  private wasRefused(change: IpvsChange): boolean {
    if (this.refusedBefore.size === 0) return false;
    return (
      this.absentBefore.has(formatService(keyOf(change))) ||
      this.refusedBefore.has(renderChange(change))
    );
  }

  /** One comparison and its changes. False: the table was not what we knew, so compare again. */
  private async attempt(desired: IpvsTable, draft: Draft): Promise<boolean> {
    const actual = await this.actual(desired, draft);
    const { changes, takenOver, foreign, foreignEntries } = await this.diff(desired, actual);
    draft.foreign = foreign;
    draft.takenOver = unique([...draft.takenOver, ...takenOver]);
    const ownedBefore = this.owned;
    await this.inSlices(this.ownAhead(changes, takenOver));
    const outcomes = changes.length === 0 ? [] : await this.send(changes);
    if (outcomes === null) return false;
    this.owned = ownedBefore;
    const { done, refused, stale } = await this.inSlices(judge(changes, outcomes));
    draft.applied = draft.applied.length === 0 ? done : [...draft.applied, ...done];
    draft.refused = refused;
    if (done.length === changes.length) {
      // All is as desired: the desired objects are passed over at a glance by the next comparison.
      this.known = { services: [...desired.services, ...foreignEntries] };
      this.owned = keysOf(desired, this.owned);
    } else {
      await this.book({ desired, actual, done, stale });
    }
    return !stale;
  }

  /** What is about to be made is ours, and stays so if the answers are lost. */
  private *ownAhead(changes: readonly IpvsChange[], takenOver: readonly ServiceKey[]): Steps<void> {
    const ahead = [...takenOver];
    for (const [at, change] of changes.entries()) {
      if (change.do === 'add-service') ahead.push(change.service.key);
      if (at % STEP === 0) yield;
    }
    if (ahead.length === 0) return;
    this.owned = yield* uniqueSteps([...this.owned, ...ahead]);
    yield;
    this.keepOwned(this.owned);
    yield;
  }

  /** Updates what we know and own by what was done, when that was not all. */
  private async book(result: {
    desired: IpvsTable;
    actual: IpvsTable;
    done: readonly IpvsChange[];
    stale: boolean;
  }): Promise<void> {
    const { desired, actual, done, stale } = result;
    if (stale) {
      // The table is unknown, but what we have made is ours whatever comes next.
      this.known = null;
      const made = done.flatMap((change) =>
        change.do === 'add-service' ? change.service.key : [],
      );
      this.owned = unique([...this.owned, ...made]);
      return;
    }
    this.known = await this.inSlices(withChangesSteps(actual, done));
    this.owned = await this.inSlices(
      ownedIn(this.known, [...this.owned, ...desired.services.map((entry) => entry.service.key)]),
    );
  }

  /** Null: the kernel's answers were lost, so any of the changes may have been made. */
  private async send(changes: readonly IpvsChange[]): Promise<readonly Outcome[] | null> {
    try {
      return await this.ipvs.apply(changes);
    } catch (error) {
      this.known = null;
      if (error instanceof DirectorError && LOST_ANSWERS.includes(error.code)) return null;
      throw error;
    }
  }

  private async actual(desired: IpvsTable, draft: Draft): Promise<IpvsTable> {
    if (this.known === null) this.known = await this.recognise(desired, await this.read(draft));
    return this.known;
  }

  private async read(draft: Draft): Promise<HeldTable> {
    const { firstReading } = this;
    this.firstReading = null;
    if (firstReading !== null) return firstReading;
    draft.readings += 1;
    return this.ipvs.readColumns({ withStatistics: false });
  }

  /** Nobody else changes what we know and own meanwhile: who does has a turn of his own. */
  private diff(desired: IpvsTable, actual: IpvsTable): Promise<IpvsDiff> {
    return this.inSlices(diffSteps({ desired, actual, owned: this.owned }));
  }

  private recognise(desired: IpvsTable, held: HeldTable): Promise<IpvsTable> {
    return this.inSlices(recogniseSteps(desired, held));
  }

  private inSlices<Result>(steps: Steps<Result>): Promise<Result> {
    return inSlices(steps, this.clock);
  }
}

function* made(table: IpvsTable): Steps<IpvsTable> {
  yield;
  return table;
}

function newDraft(desired: IpvsTable | null): Draft {
  return {
    applied: [],
    drift: [],
    takenOver: [],
    refused: [],
    foreign: [],
    readings: 0,
    converged: desired === null,
  };
}

const LOST_ANSWERS: readonly string[] = ['NETLINK_OVERRUN', 'NETLINK_TIMEOUT'];

/** The keys of a table; the same list as before, if these are the same objects. */
function keysOf({ services }: IpvsTable, before: readonly ServiceKey[]): readonly ServiceKey[] {
  const isSame =
    services.length === before.length &&
    services.every(({ service }, at) => service.key === before[at]);
  return isSame ? before : services.map(({ service }) => service.key);
}

/** Those of the keys that the table holds. */
function* ownedIn(table: IpvsTable, keys: readonly ServiceKey[]): Steps<readonly ServiceKey[]> {
  const held = yield* byNameSteps(table);
  const once = yield* uniqueSteps(keys);
  return once.filter((key) => held.has(formatService(key)));
}

function unique(keys: readonly ServiceKey[]): readonly ServiceKey[] {
  return atOnce(uniqueSteps(keys));
}

/** Each key once, the last one of those with the same name. */
function* uniqueSteps(keys: readonly ServiceKey[]): Steps<readonly ServiceKey[]> {
  const byName = new Map<string, ServiceKey>();
  for (const key of keys) if (byName.set(formatService(key), key).size % STEP === 0) yield;
  return [...byName.values()];
}
