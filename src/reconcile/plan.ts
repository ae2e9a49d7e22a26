/**
 * What a reload would change in the kernel's table, told beforehand: the same comparison that the reload
 * makes, against the table as it has just been read, with the connections that would be cut. Pure.
 */
import { STEP, type Steps } from '../base/slices.ts';
import type { Leaving } from '../model/drain.ts';
import type { Destination, IpvsTable } from '../model/ipvs-table.ts';
import { formatService } from '../model/names.ts';
import type { Connections, IpvsPlan, PlannedChange, PlannedDrain } from '../model/plan.ts';
import type { ServiceKey } from '../model/virtual-server.ts';
import { destinationName, type IpvsChange, keyOf } from './change.ts';
import { diffSteps, type IpvsDiff } from './ipvs.ts';
import { type HeldTable, recogniseSteps } from './recognise.ts';
import { asTold, renderChange } from './render.ts';

/** One entry a row. */
interface ConnectionColumns {
  readonly activeConnections: ArrayLike<number>;
  readonly inactiveConnections: ArrayLike<number>;
  readonly persistentConnections: ArrayLike<number>;
}

/** A table as it was read, with its connections. */
export interface CountedTable extends HeldTable {
  /** The row of a real server in the columns of service `at`, or -1. */
  find(at: number, key: { readonly address: string; readonly port: number }): number;
  rowsOf(at: number): readonly number[];
  columnsOf(at: number): ConnectionColumns;
}

/** Lines of a plan that are told one by one; of a larger one the rest is a count. */
const CHANGES_TOLD_MAX = 10_000;

export interface PlanInput {
  /** By the configuration that is to come. */
  readonly desired: IpvsTable;
  /** By the one in force. */
  readonly current: IpvsTable;
  readonly held: CountedTable;
  readonly owned: readonly ServiceKey[];
  /** Those of the desired table that would be drained first. */
  readonly leaving: readonly Leaving[];
  /** What the kernel did not take the last time. */
  readonly wasRefused: (change: IpvsChange) => boolean;
}

export function* planSteps(input: PlanInput): Steps<IpvsPlan> {
  const { desired, current, held, owned, leaving, wasRefused } = input;
  const compare = function* (table: IpvsTable): Steps<IpvsDiff> {
    const actual = yield* recogniseSteps(table, held);
    const diff = yield* diffSteps({ desired: table, actual, owned });
    return { ...diff, changes: asTold(diff.changes) };
  };
  const told = new Told(held, leaving);
  // What is not as the configuration in force says is put right without a reload, too.
  const pending = new Set<string>();
  for (const change of (yield* compare(current)).changes) {
    if (pending.add(renderChange(change)).size % STEP === 0) yield;
  }
  const { changes: all, takenOver } = yield* compare(desired);
  const isPending = (change: IpvsChange): boolean => pending.has(renderChange(change));
  const [known, changes] = pending.size === 0 ? [[], all] : yield* parted(all, isPending);
  const [refusedBefore, drift] = yield* parted(known, wasRefused);
  return {
    count: changes.length,
    changes: yield* told.all(changes),
    driftCount: drift.length,
    drift: yield* told.all(drift),
    refusedBeforeCount: refusedBefore.length,
    refusedBefore: yield* told.all(refusedBefore),
    takenOver: takenOver.map(formatService),
    unchanged: yield* unchangedIn(desired, all),
  };
}

function* parted<T>(
  all: readonly T[],
  isFirst: (one: T) => boolean,
): Steps<readonly [first: T[], others: T[]]> {
  const [first, others]: [T[], T[]] = [[], []];
  for (let at = 0; at < all.length; at += 1) {
    if (at % STEP === 0) yield;
    const one = all[at] as T;
    (isFirst(one) ? first : others).push(one);
  }
  return [first, others];
}

function* unchangedIn(
  desired: IpvsTable,
  changes: readonly IpvsChange[],
): Steps<IpvsPlan['unchanged']> {
  const touched = new Set<string>();
  let realServers = 0;
  for (let at = 0; at < changes.length; at += 1) {
    if (at % STEP === 0) yield;
    const change = changes[at] as IpvsChange;
    touched.add(formatService(keyOf(change)));
    if (change.do === 'add-destination' || change.do === 'edit-destination') realServers -= 1;
  }
  let virtualServers = 0;
  for (const { service, destinations } of desired.services) {
    realServers += destinations.length;
    if (!touched.has(formatService(service.key))) virtualServers += 1;
  }
  return { virtualServers, realServers };
}

/** Changes in words, with the connections that the table read counts for them. */
class Told {
  private readonly held: CountedTable;
  private readonly places: ReadonlyMap<string, number>;
  private readonly leaving: ReadonlyMap<string, Leaving>;

  constructor(held: CountedTable, leaving: readonly Leaving[]) {
    this.held = held;
    this.leaving = new Map(
      leaving.map((one) => [leavingName(one.service.key, one.destination), one]),
    );
    this.places = new Map(held.services.map(({ key }, at) => [formatService(key), at]));
  }

  *all(changes: readonly IpvsChange[]): Steps<readonly PlannedChange[]> {
    const told: PlannedChange[] = [];
    for (const change of changes.slice(0, CHANGES_TOLD_MAX)) {
      const count = told.push({
        text: renderChange(change),
        change: change.do,
        virtualServer: formatService(keyOf(change)),
        realServer: 'destination' in change ? destinationName(change.destination) : null,
        cuts: this.cutBy(change),
        drains: this.drainOf(change),
      });
      if (count % STEP === 0) yield;
    }
    return told;
  }

  private cutBy(change: IpvsChange): Connections | null {
    const at = this.places.get(formatService(keyOf(change)));
    if (at === undefined) return null;
    if (change.do === 'remove-service') return this.sum(at, this.held.rowsOf(at));
    if (change.do !== 'remove-destination') return null;
    const row = this.held.find(at, change.destination);
    return row < 0 ? null : this.sum(at, [row]);
  }

  private drainOf(change: IpvsChange): PlannedDrain | null {
    if (change.do !== 'edit-destination') return null;
    const one = this.leaving.get(leavingName(change.key, change.destination));
    const at = this.places.get(formatService(change.key));
    if (one === undefined || at === undefined) return null;
    const row = this.held.find(at, change.destination);
    return { ...this.sum(at, row < 0 ? [] : [row]), withinMs: one.untilMs - one.sinceMs };
  }

  private sum(at: number, rows: readonly number[]): Connections {
    const { activeConnections, inactiveConnections, persistentConnections } =
      this.held.columnsOf(at);
    const total = (counts: ArrayLike<number>): number =>
      rows.reduce((sum, row) => sum + (counts[row] as number), 0);
    return {
      active: total(activeConnections),
      inactive: total(inactiveConnections),
      persistent: total(persistentConnections),
    };
  }
}

function leavingName(key: ServiceKey, destination: Destination): string {
  return `${destinationName(destination)} of ${formatService(key)}`;
}
