/** The whole table as it was read: services as objects, their destinations as columns. */
import { DestinationColumns } from './columns.ts';
import { Counters } from './counters.ts';
import type { Destination } from './destination.ts';
import { type DestinationState, type ServiceState, takeServiceCounters } from './reply.ts';
import { RowIndex } from './row-index.ts';

/** `Told`: what is known of each service. */
export class TableColumns<Told = ServiceState> {
  readonly destinations: DestinationColumns;
  /** In no particular order: the kernel's is that of its hash. No key twice. */
  readonly services: Told[] = [];
  /** Of each service; empty unless they were asked for. */
  readonly serviceCounters: Counters = new Counters();
  /** The rows of service `at` begin at `firstRow[at]` and end where those of the next begin. */
  private readonly firstRow: number[] = [];
  private readonly index: RowIndex;
  /** The service whose rows the index holds, and how many different ones it has. */
  private indexed = -1;
  private keys = 0;

  constructor(options: { readonly withStatistics: boolean }) {
    this.destinations = new DestinationColumns(options);
    this.index = new RowIndex(this.destinations);
  }

  /**
   * The rows that are appended from now on are this service's. Its counters are taken from the message that
   * told of it.
   */
  open(service: Told, message?: Uint8Array): void {
    if (message !== undefined) {
      takeServiceCounters(this.serviceCounters, this.services.length, message);
    }
    this.services.push(service);
    this.firstRow.push(this.destinations.count);
    this.indexed = -1;
  }

  /** Forgets what was appended for the last service. */
  restart(): void {
    this.destinations.cut(this.firstRow.at(-1) ?? 0);
    this.indexed = -1;
  }

  /** Objects for the destinations of a service, each once, though changes may have cut into the dump. */
  destinationsOf(at: number): Destination[] {
    return this.rowsOf(at).map((row) => this.destinations.destination(row));
  }

  statesOf(at: number): DestinationState[] {
    return this.rowsOf(at).map((row) => this.destinations.state(row));
  }

  /** Rows of a service, one a destination. */
  rowsOf(at: number): readonly number[] {
    const { first, end } = this.placeOf(at);
    if (this.indexOf(at) < end - first) return this.index.rows();
    return Array.from({ length: end - first }, (_, row) => first + row);
  }

  /** The row of a destination, or -1. Quick for many of one service after another. */
  find(at: number, key: { readonly address: string; readonly port: number }): number {
    this.indexOf(at);
    return this.index.find(key);
  }

  /** Whether a service holds these and no others, all of them as they are given. */
  holdsExactly(at: number, destinations: readonly Destination[]): boolean {
    if (this.indexOf(at) !== destinations.length) return false;
    return destinations.every((destination) => {
      const row = this.index.find(destination);
      return row >= 0 && this.destinations.isSame(row, destination);
    });
  }

  /** Gives how many different destinations the service has. */
  private indexOf(at: number): number {
    if (this.indexed !== at) {
      const { first, end } = this.placeOf(at);
      this.keys = this.index.open(first, end);
      this.indexed = at;
    }
    return this.keys;
  }

  private placeOf(at: number): { readonly first: number; readonly end: number } {
    const end = this.firstRow[at + 1] ?? this.destinations.count;
    return { first: this.firstRow[at] ?? end, end };
  }
}
