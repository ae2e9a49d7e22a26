import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DestinationColumns } from '../../../src/wire/ipvs/columns.ts';
import {
  type DestinationState,
  decodeDestination,
  encodeDestinationReply,
} from '../../../src/wire/ipvs/reply.ts';
import { RowIndex } from '../../../src/wire/ipvs/row-index.ts';
import { NO_STATISTICS } from '../../../src/wire/ipvs/statistics.ts';
import { TableColumns } from '../../../src/wire/ipvs/table.ts';
import { captureNamed, onlyMessage, readCaptures } from '../capture.ts';
import { arbitraryDestinationState, arbitraryServiceState } from './arbitrary.ts';

const captures = readCaptures('ipvs');
const PAYLOADS = ['GET_DEST dump: OK', 'with PAD (U): GET_DEST dump']
  .flatMap((title) => captureNamed(captures, title).replies)
  .map(onlyMessage)
  .filter(({ type }) => type >= 16)
  .map(({ payload }) => payload);

const columnsWith = (...payloads: readonly Uint8Array[]): DestinationColumns => {
  const columns = new DestinationColumns({ withStatistics: true });
  for (const payload of payloads) expect(columns.take(payload, 0, payload.length)).toBe(true);
  return columns;
};

/** Each address and port once: the last. */
const unlike = (destinations: readonly DestinationState[]): readonly DestinationState[] => [
  ...new Map(destinations.map((one) => [`${one.address} ${one.port}`, one])).values(),
];

describe('a row', () => {
  test('holds what a captured message says', () => {
    const columns = columnsWith(...PAYLOADS);
    expect(PAYLOADS.map((_, row) => columns.state(row))).toEqual(PAYLOADS.map(decodeDestination));
  });

  test('holds any destination, wherever its message lies (property)', () => {
    const placed = fc.tuple(arbitraryDestinationState, fc.boolean(), fc.nat(3));
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 200 }), fc.boolean(), (each, withStatistics) => {
        const columns = new DestinationColumns({ withStatistics });
        for (const [destination, padded, words] of each) {
          const payload = encodeDestinationReply(destination, padded);
          const octets = new Uint8Array(4 * words + payload.length + 8).fill(0xee);
          octets.set(payload, 4 * words);
          expect(columns.take(octets, 4 * words, 4 * words + payload.length)).toBe(true);
        }
        const statistics = withStatistics ? {} : { statistics: NO_STATISTICS };
        const held = each.map(([one]) => ({ ...one, ...statistics }));
        expect(each.map((_, row) => columns.state(row))).toEqual(held);
      }),
      { numRuns: 30 },
    );
  });

  test('leaves the counters out unless they are asked for', () => {
    const columns = new DestinationColumns({ withStatistics: false });
    for (const payload of PAYLOADS) columns.take(payload, 0, payload.length);
    expect(columns.state(3).statistics).toEqual(NO_STATISTICS);
  });

  test('is not made of a message cut short, and the row is free for the next', () => {
    for (const payload of PAYLOADS) {
      const columns = new DestinationColumns({ withStatistics: true });
      for (let octets = 0; octets < payload.length; octets += 1) {
        expect(columns.take(payload, 0, octets)).toBe(false);
      }
      expect(columns.count).toBe(0);
      expect(columns.take(payload, 0, payload.length)).toBe(true);
      expect(columns.state(0)).toEqual(decodeDestination(payload));
    }
  });

  test('of damaged octets agrees with the codec, or is not made; nothing throws (property)', () => {
    const damage = fc.record({
      payload: fc.constantFrom(...PAYLOADS),
      places: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(damage, fc.boolean(), ({ payload, places }, withStatistics) => {
        const damaged = Uint8Array.from(payload);
        for (const [at, octet] of places) damaged[at % damaged.length] = octet;
        const columns = new DestinationColumns({ withStatistics });
        // A sound one before it: those that look alike are read in another way.
        columns.take(payload, 0, payload.length);
        const taken = columns.take(damaged, 0, damaged.length);
        const decoded = decodeDestination(damaged);
        if (taken && decoded !== null) {
          const { statistics: _, ...row } = columns.state(1);
          expect(decoded).toMatchObject(row);
        }
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (payload) => {
        new DestinationColumns({ withStatistics: true }).take(payload, 0, payload.length);
      }),
    );
  });
});

describe('rows are found by address and port', () => {
  test('each of them, and no other (property)', () => {
    const many = fc.array(arbitraryDestinationState, { maxLength: 100 });
    fc.assert(
      fc.property(many, many, (held, others) => {
        const columns = columnsWith(...held.map((one) => encodeDestinationReply(one)));
        const index = new RowIndex();
        const distinct = unlike(held);
        expect(index.open(columns, 0, columns.count)).toBe(distinct.length);
        for (const one of distinct) expect(columns.state(index.find(one))).toEqual(one);
        const names = new Set(held.map(({ address, port }) => `${address} ${port}`));
        for (const one of others) {
          if (!names.has(`${one.address} ${one.port}`)) expect(index.find(one)).toBe(-1);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of one network quickly, with few collisions', () => {
    const columns = new DestinationColumns({ withStatistics: false });
    const base = decodeDestination(PAYLOADS[0] as Uint8Array) as DestinationState;
    const all = Array.from({ length: 20_000 }, (_, at) => ({
      ...base,
      address: `10.${at >> 16}.${(at >> 8) & 0xff}.${at & 0xff}`,
    }));
    for (const one of all) {
      const payload = encodeDestinationReply(one);
      columns.take(payload, 0, payload.length);
    }
    const index = new RowIndex();
    const before = process.cpuUsage();
    expect(index.open(columns, 0, columns.count)).toBe(all.length);
    for (const [row, one] of all.entries()) expect(index.find(one)).toBe(row);
    // Not by the clock: the machine may do much else.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2_000);
  });
});

describe('a table', () => {
  const entry = fc.tuple(
    arbitraryServiceState,
    fc.array(arbitraryDestinationState, { maxLength: 9 }),
  );

  test('gives the destinations of each service, and knows whether they are those (property)', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        (entries, sheetRows) => {
          const table = new TableColumns({ withStatistics: true, sheetRows });
          for (const [service, destinations] of entries) {
            table.open(service);
            for (const one of destinations) {
              const payload = encodeDestinationReply(one);
              table.take(payload, 0, payload.length);
            }
          }
          entries.forEach(([service, destinations], at) => {
            const wanted = unlike(destinations);
            expect(table.services[at]).toBe(service);
            expect(new Set(table.statesOf(at))).toEqual(new Set(wanted));
            expect(table.holdsExactly(at, wanted)).toBe(true);
            expect(table.holdsExactly(at, wanted.toReversed())).toBe(true);
            if (wanted.length === 0) return;
            expect(table.holdsExactly(at, wanted.slice(1))).toBe(false);
            const [first, ...rest] = wanted as [DestinationState];
            const heavier = { ...first, weight: (first.weight + 1) % 2 ** 31 };
            expect(table.holdsExactly(at, [heavier, ...rest])).toBe(false);
            const moved = { ...first, port: (first.port + 1) % 65536 };
            const isHeld = wanted.some(
              (one) => one.address === moved.address && one.port === moved.port,
            );
            expect(isHeld || !table.holdsExactly(at, [moved, ...rest])).toBe(true);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('forgets the dump that was cut into', () => {
    const table = new TableColumns({ withStatistics: false });
    const [service] = fc.sample(arbitraryServiceState, { numRuns: 1, seed: 1 });
    if (!service) throw new Error('no sample');
    table.open(service);
    for (const payload of PAYLOADS) table.take(payload, 0, payload.length);
    table.restart();
    expect(table.statesOf(0)).toEqual([]);
  });
});
