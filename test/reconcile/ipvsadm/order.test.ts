/** The C library's sort, which ipvsadm uses with a comparison that may contradict itself. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeSorted } from '../../../src/reconcile/ipvsadm/order.ts';

const bySubtraction = (a: number, b: number): number => (a - b) | 0;

test('sorts, and leaves what compares equal as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), (numbers) => {
      const byTens = (a: number, b: number): number => Math.trunc(a / 10) - Math.trunc(b / 10);
      expect(mergeSorted(numbers, byTens)).toEqual(numbers.toSorted(byTens));
    }),
  );
});

test('halves are merged as the C library does where the comparison contradicts itself', () => {
  // What qsort(3) of glibc 2.36 made of them.
  expect(mergeSorted([1.5e9, 0, -1.3e9], bySubtraction)).toEqual([1.5e9, -1.3e9, 0]);
  expect(mergeSorted([0, 1.5e9, -1.3e9], bySubtraction)).toEqual([0, 1.5e9, -1.3e9]);
  expect(mergeSorted([-2e9, 7, 2e9, -1.3e9, 1.5e9, 0, -1], bySubtraction)).toEqual([
    -2e9, -1, 0, 7, 1.5e9, 2e9, -1.3e9,
  ]);
});
