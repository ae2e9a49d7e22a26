/** How the lab's scenarios are dealt out to guests (test/lab/lanes.ts): none is lost, none runs twice. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KERNELS, type Need, type PlacedFile } from '../lab/kernels.ts';
import { guestsAtOnce, phases } from '../lab/lanes.ts';

const TWO_CPUS = { cpus: 2, memoryMiB: 16_384 };

function file(name: string, seconds: number, kernel: PlacedFile['kernel'] = 'uml'): PlacedFile {
  return { file: name, needs: ['root'], seconds, kernel };
}

test.each([
  [{ cpus: 1, memoryMiB: 16_384 }, 2],
  [TWO_CPUS, 3],
  [{ cpus: 16, memoryMiB: 65_536 }, 4],
  [{ cpus: 16, memoryMiB: 5_500 }, 2],
  [{ cpus: 2, memoryMiB: 900 }, 1],
])('%o has so many guests at once: %i', (machine, guests) => {
  expect(guestsAtOnce(machine)).toBe(guests);
});

describe('phases', () => {
  test('the longest file goes first, and each to the guest that has least', () => {
    const files = [file('a', 10), file('b', 90), file('c', 40), file('d', 30), file('e', 15)];
    const [first] = phases(files, TWO_CPUS, {});
    expect(first?.map(({ name, files: dealt }) => [name, dealt])).toEqual([
      ['uml1', ['b']],
      ['uml2', ['c', 'a']],
      ['uml3', ['d', 'e']],
    ]);
  });

  test('what a file took here last time counts more than what it says', () => {
    const files = [file('a', 10), file('b', 20), file('c', 30)];
    const [first] = phases(files, { cpus: 1, memoryMiB: 16_384 }, { a: 100 });
    expect(first?.map(({ files: dealt }) => dealt)).toEqual([['a'], ['c', 'b']]);
  });

  test('qemu follows the others, and what takes the time comes last and alone', () => {
    const timed = { ...file('timed', 5, 'host'), needs: ['root', 'timing'] as Need[] };
    const files = [
      file('q', 9, 'qemu'),
      timed,
      file('u', 9),
      file('h', 9, 'host'),
      file('4', 9, 'umlv4'),
    ];
    const found = phases(files, TWO_CPUS, {}).map((phase) => phase.map(({ name }) => name));
    expect(found).toEqual([['host', 'uml'], ['qemu', 'umlv4'], ['timed']]);
  });

  test('every file is in one lane, whatever the machine has (property)', () => {
    const anyFile = fc.record({
      seconds: fc.nat(3),
      kernel: fc.constantFrom(...KERNELS),
      timed: fc.boolean(),
    });
    const anyMachine = fc.record({
      cpus: fc.integer({ min: 1, max: 64 }),
      memoryMiB: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(anyFile), anyMachine, (made, machine) => {
        const files = made.map(({ seconds, kernel, timed }, at): PlacedFile => {
          const isTimed = timed && kernel === 'host';
          return { file: `${at}`, needs: isTimed ? ['root', 'timing'] : ['root'], seconds, kernel };
        });
        const lanes = phases(files, machine, {}).flat();
        const dealt = lanes.flatMap((lane) => lane.files);
        expect(dealt.toSorted()).toEqual(files.map((one) => one.file).toSorted());
        expect(new Set(lanes.map(({ name }) => name)).size).toBe(lanes.length);
        expect(lanes.every((lane) => lane.files.length > 0)).toBe(true);
      }),
    );
  });
});
