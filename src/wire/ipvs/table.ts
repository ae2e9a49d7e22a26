/**
 * The whole table as it was read: services as objects, their destinations as columns. These are in sheets, so that
 * a large table is never copied to make room for more; all of one service stand in one sheet.
 */
import { DestinationColumns } from './columns.ts';
import { Counters } from './counters.ts';
import type { Destination } from './destination.ts';
import { type DestinationState, type ServiceState, takeServiceCounters } from './reply.ts';
import { RowIndex } from './row-index.ts';

const SHEET_ROWS = 4_096;
/** Of most services the last in a sheet is no longer. */
const MORE_ROWS = 1_024;

export interface TableOptions {
  readonly withStatistics: boolean;
  /** A sheet with so many destinations takes no further service. */
  readonly sheetRows?: number;
}

/** `Told`: what is known of each service. */
export class TableColumns<Told = ServiceState> {
  /** In no particular order: the kernel's is that of its hash. No key twice. */
  readonly services: Told[] = [];
  /** Of each service; empty unless they were asked for. */
  readonly serviceCounters: Counters = new Counters();
  private readonly options: TableOptions;
  /** The one that is being filled. */
  private sheet: DestinationColumns;
  /** Of each service: its sheet, and the row there where its own begin; they end where those of the next begin. */
  private readonly sheets: DestinationColumns[] = [];
  private readonly firstRow: number[] = [];
  private readonly index = new RowIndex();
  /** The service whose rows the index holds, and how many different ones it has. */
  private indexed = -1;
  private keys = 0;

  constructor(options: TableOptions) {
    this.options = options;
    this.sheet = new DestinationColumns(options);
  }

  /**
   * The rows that are appended from now on are this service's. Its counters are taken from the message that
   * told of it.
   */
  open(service: Told, message?: Uint8Array): void {
    if (message !== undefined) {
      takeServiceCounters(this.serviceCounters, this.services.length, message);
    }
    const { sheetRows = SHEET_ROWS } = this.options;
    if (this.sheet.count >= sheetRows) {
      const { withStatistics } = this.options;
      this.sheet = new DestinationColumns({ withStatistics, rows: sheetRows + MORE_ROWS });
    }
    this.services.push(service);
    this.sheets.push(this.sheet);
    this.firstRow.push(this.sheet.count);
    this.indexed = -1;
  }

  /** Appends a destination (DestinationColumns.take). */
  take(octets: Uint8Array, from: number, to: number): boolean {
    return this.sheet.take(octets, from, to);
  }

  /** Forgets what was appended for the last service. */
  restart(): void {
    this.sheet.cut(this.firstRow.at(-1) ?? 0);
    this.indexed = -1;
  }

  /** Where the destinations of a service stand. */
  columnsOf(at: number): DestinationColumns {
    return this.sheets[at] ?? this.sheet;
  }

  /** Objects for the destinations of a service, each once, though changes may have cut into the dump. */
  destinationsOf(at: number): Destination[] {
    const columns = this.columnsOf(at);
    return this.rowsOf(at).map((row) => columns.destination(row));
  }

  statesOf(at: number): DestinationState[] {
    const columns = this.columnsOf(at);
    return this.rowsOf(at).map((row) => columns.state(row));
  }

  /** Rows of a service in its columns, one a destination. */
  rowsOf(at: number): readonly number[] {
    const { first, end } = this.placeOf(at);
    if (this.indexOf(at) < end - first) return this.index.rows();
    return Array.from({ length: end - first }, (_, row) => first + row);
  }

  /** The row of a destination in the columns of its service, or -1. Quick for many of one service after another. */
  find(at: number, key: { readonly address: string; readonly port: number }): number {
    this.indexOf(at);
    return this.index.find(key);
  }

  /** Whether a service holds these and no others, all of them as they are given. */
  holdsExactly(at: number, destinations: readonly Destination[]): boolean {
    if (this.indexOf(at) !== destinations.length) return false;
    const columns = this.columnsOf(at);
    return destinations.every((destination) => {
      const row = this.index.find(destination);
      return row >= 0 && columns.isSame(row, destination);
    });
  }

  /** Gives how many different destinations the service has. */
  private indexOf(at: number): number {
    if (this.indexed !== at) {
      const { first, end } = this.placeOf(at);
      this.keys = this.index.open(this.columnsOf(at), first, end);
      this.indexed = at;
    }
    return this.keys;
  }

  private placeOf(at: number): { readonly first: number; readonly end: number } {
    const columns = this.columnsOf(at);
    const isLast = this.sheets[at + 1] !== columns;
    const end = isLast ? columns.count : (this.firstRow[at + 1] as number);
    return { first: this.firstRow[at] ?? end, end };
  }
}
