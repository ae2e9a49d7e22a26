/** A heap against a sorted list. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, NOWHERE, type Placed } from '../../src/base/heap.ts';

interface Entry extends Placed {
  readonly key: number;
  readonly order: number;
}

const byKey = (a: Entry, b: Entry): number => a.key - b.key || a.order - b.order;

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('push'), key: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pop'), key: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), key: fc.nat() }) },
);

test('whatever is added and taken away, the first is the least and each is there once (property)', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const heap = new Heap<Entry>(byKey);
      const all: Entry[] = [];
      let held: Entry[] = [];
      for (const { do: what, key } of actions) {
        if (what === 'push') {
          const entry = { key, order: all.length, place: NOWHERE };
          all.push(entry);
          held = [...held, entry].sort(byKey);
          heap.push(entry);
        } else if (what === 'pop') {
          expect(heap.pop()).toBe(held.shift());
        } else if (all.length > 0) {
          // Also one that is not there any more.
          const entry = all[key % all.length] as Entry;
          held = held.filter((one) => one !== entry);
          heap.delete(entry);
          expect(entry.place).toBe(NOWHERE);
        }
        expect(heap.first()).toBe(held[0]);
        expect(heap.size).toBe(held.length);
      }
      for (const entry of held) expect(heap.pop()).toBe(entry);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

test('what is cleared can be added again', () => {
  const heap = new Heap<Entry>(byKey);
  const entry = { key: 1, order: 0, place: NOWHERE };
  heap.push(entry);
  heap.clear();
  expect(heap.first()).toBeUndefined();
  heap.delete(entry);
  heap.push(entry);
  expect(heap.pop()).toBe(entry);
});
