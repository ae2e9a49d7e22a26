/** The real servers of one virtual server as they are read: each with its place, as columns, for a pool has ten thousand. */
import type { RealServer } from '../../model/virtual-server.ts';
import type { Span } from '../text/source.ts';
import type { Unread } from '../values/value.ts';
import { addressSpan } from './endpoint.ts';

/** A block of one real server, or of many that an earlier reading has made; the first of them is that. */
interface PlacedBlock {
  readonly block: Unread;
  readonly first: number;
}

/** With more new ones than that, names are looked up and not compared. */
const COMPARED_MAX = 64;

export class PlacedServers {
  /** No longer than need be: its memory is used as it is by the model. */
  private readonly all: RealServer[];
  private readonly checked: Uint8Array;
  private readonly found: PlacedBlock[] = [];
  /** Those that were read now. */
  private readonly fresh: RealServer[] = [];
  private readonly names: Names | null;
  private count = 0;

  constructor(blocks: readonly Unread[]) {
    const most = blocks.reduce((sum, { run }) => sum + (run?.count ?? 1), 0);
    const isNew = most === blocks.length || blocks.length > COMPARED_MAX;
    this.all = new Array(most);
    this.checked = new Uint8Array(most);
    this.names = isNew ? new Names() : null;
  }

  get servers(): readonly RealServer[] {
    if (this.all.length > this.count) this.all.length = this.count;
    return this.all;
  }

  /** The blocks that they were read from. */
  get places(): readonly Unread[] {
    return this.found.map(({ block }) => block);
  }

  /** For each real server, whether it has a checker: 0 or 1. */
  get isChecked(): Uint8Array {
    return this.checked.subarray(0, this.count);
  }

  /** Where the address of one is written. */
  placeOf(at: number): Span {
    const found = this.found.findLast(({ first }) => first <= at) as PlacedBlock;
    return addressSpan(found.block);
  }

  /** False: its address and port are taken. */
  add(block: Unread, server: RealServer, isChecked: boolean): boolean {
    if (!this.isFree(server)) return false;
    this.found.push({ block, first: this.count });
    this.fresh.push(server);
    this.put(server, isChecked);
    return true;
  }

  /** What an earlier reading has made; each is unlike the others. Gives the first one that is taken. */
  addRun(block: Unread, servers: readonly RealServer[], isChecked: Uint8Array): RealServer | null {
    const from = block.run?.from ?? 0;
    const to = from + (block.run?.count ?? 0);
    this.found.push({ block, first: this.count });
    let twin: RealServer | null = null;
    for (let at = from; at < to; at += 1) {
      const server = servers[at] as RealServer;
      if (!(this.names?.add(server) ?? !this.isFresh(server))) twin ??= server;
      this.put(server, isChecked[at] === 1);
    }
    return twin;
  }

  private put(server: RealServer, isChecked: boolean): void {
    this.all[this.count] = server;
    this.checked[this.count] = isChecked ? 1 : 0;
    this.count += 1;
  }

  private isFree(server: RealServer): boolean {
    if (this.names !== null) return this.names.add(server);
    for (let at = 0; at < this.count; at += 1) {
      if (isTwin(this.all[at] as RealServer, server)) return false;
    }
    return true;
  }

  private isFresh(server: RealServer): boolean {
    for (const one of this.fresh) if (isTwin(one, server)) return true;
    return false;
  }
}

function isTwin(a: RealServer, b: RealServer): boolean {
  return a.address === b.address && a.port === b.port;
}

/** Addresses with their ports. Mostly an address has one, so that no name need be made of the two. */
class Names {
  private readonly ports = new Map<string, number | Set<number>>();

  /** False: it was there. */
  add({ address, port }: RealServer): boolean {
    const before = this.ports.get(address);
    if (before === undefined) {
      this.ports.set(address, port);
      return true;
    }
    const all = typeof before === 'number' ? new Set([before]) : before;
    if (all.has(port)) return false;
    this.ports.set(address, all.add(port));
    return true;
  }
}
