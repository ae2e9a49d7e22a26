/**
 * The order in which ipvsadm lists: virtual servers by firewall mark, family, protocol, address and port; real
 * servers by address and port. It subtracts marks, and each 32 bits of an address, and looks at the sign of what
 * is left in 32 bits: fd00::1 comes before 2001:db8::1, and of three values that are far apart each may be before
 * the next. So the sort must be its sort, that of the C library, which merges halves.
 */
import { addressBytes } from '../../base/address.ts';
import { AF, PROTOCOL } from '../../wire/ipvs/numbers.ts';
import type { Service } from '../../wire/ipvs/service.ts';
import type { TableColumns } from '../../wire/ipvs/table.ts';

type Compare = (a: number, b: number) => number;

/** The places of the services in the table. */
export function orderServices({ services }: TableColumns): readonly number[] {
  const each = services.map(placeOf);
  return mergeSorted(
    services.map((_, at) => at),
    (a, b) => comparePlaces(each[a] as Place, each[b] as Place),
  );
}

/** The rows of a service's destinations. */
export function orderRows(table: TableColumns, service: number): readonly number[] {
  const { family, address, port } = table.columnsOf(service);
  return mergeSorted(table.rowsOf(service), (a, b) => {
    // The family of the first says how much of both is looked at.
    const words = family[a] === AF.ipv6 ? 4 : 1;
    for (let word = 0; word < words; word += 1) {
      const byWord = ((address[4 * a + word] as number) - (address[4 * b + word] as number)) | 0;
      if (byWord !== 0) return byWord;
    }
    return (port[a] as number) - (port[b] as number);
  });
}

interface Place {
  readonly mark: number;
  readonly family: number;
  readonly protocol: number;
  /** Four numbers, from network order; an IPv4 address is the first of them. */
  readonly address: readonly number[];
  readonly port: number;
}

const NO_ADDRESS = [0, 0, 0, 0];

function placeOf({ key }: Service): Place {
  const family = AF[key.family];
  if (key.kind === 'fwmark') {
    return { mark: key.mark, family, protocol: 0, address: NO_ADDRESS, port: 0 };
  }
  const { port } = key;
  const protocol = PROTOCOL[key.protocol];
  return { mark: 0, family, protocol, address: addressWords(key.address), port };
}

/** Of a canonical address. */
export function addressWords(address: string): readonly number[] {
  const octets = addressBytes(address);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return NO_ADDRESS.map((none, word) =>
    4 * word < octets.length ? view.getUint32(4 * word, false) : none,
  );
}

function comparePlaces(a: Place, b: Place): number {
  return (
    (a.mark - b.mark) | 0 ||
    a.family - b.family ||
    a.protocol - b.protocol ||
    compareWords(a.address, b.address) ||
    a.port - b.port
  );
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  for (let word = 0; word < 4; word += 1) {
    const byWord = ((a[word] as number) - (b[word] as number)) | 0;
    if (byWord !== 0) return byWord;
  }
  return 0;
}

/** The smaller half first, then the other; of two that compare equal the earlier one. */
export function mergeSorted(items: readonly number[], compare: Compare): readonly number[] {
  if (items.length <= 1) return items;
  const sorted = Int32Array.from(items);
  sortPart({ sorted, spare: new Int32Array(items.length), compare }, 0, items.length);
  return Array.from(sorted);
}

interface Sorting {
  readonly sorted: Int32Array;
  readonly spare: Int32Array;
  readonly compare: Compare;
}

function sortPart(sorting: Sorting, from: number, to: number): void {
  const middle = from + ((to - from) >> 1);
  if (middle === from) return;
  sortPart(sorting, from, middle);
  sortPart(sorting, middle, to);
  merge(sorting, from, middle, to);
}

function merge(
  { sorted, spare, compare }: Sorting,
  from: number,
  middle: number,
  to: number,
): void {
  let [left, right] = [from, middle];
  for (let at = from; at < to; at += 1) {
    const takesLeft =
      left < middle &&
      (right === to || compare(sorted[left] as number, sorted[right] as number) <= 0);
    spare[at] = sorted[takesLeft ? left++ : right++] as number;
  }
  sorted.set(spare.subarray(from, to), from);
}
