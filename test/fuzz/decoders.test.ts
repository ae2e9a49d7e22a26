/** No octets make a decoder throw, or cost much memory. More of them: `npm run fuzz`. */
import { describe, expect, test } from 'vitest';
import { decodeMessages } from '../../src/wire/nlmsg.ts';
import { octetsOf } from './cost.ts';
import { faultOf, Mutants, OF_STRANGERS, OF_THE_KERNEL, readingsOf } from './decoders.ts';
import { INPUT_OCTETS_MAX } from './packets.ts';

const INPUTS = 1_000_000;
const MEASURED = 100;
const ALL = [...OF_STRANGERS, OF_THE_KERNEL];

describe.each(ALL.map((decoder) => [decoder.name, decoder] as const))(
  'vrrp-R18: %s',
  (_, decoder) => {
    test('its seeds are read', () => {
      expect(decoder.seeds.length).toBeGreaterThan(0);
      for (const seed of decoder.seeds) expect(() => decoder.decode(seed)).not.toThrow();
    });

    test('no input throws', { timeout: 120_000 }, () => {
      expect(faultOf(decoder, 1, INPUTS)).toBe(null);
    });
  },
);

describe.each(OF_STRANGERS.map((decoder) => [decoder.name, decoder] as const))(
  '%s',
  (_, decoder) => {
    test('none costs more than 4 KiB', () => {
      expect(
        costliest(decoder.seeds, (octets) => [{ read: () => decoder.decode(octets), times: 1 }]),
      ).toBeLessThanOrEqual(INPUT_OCTETS_MAX);
    });
  },
);

test('netlink: no message costs more than 4 KiB, whatever it is read as', () => {
  expect(
    costliest(OF_THE_KERNEL.seeds, (octets) => {
      const messages = decodeMessages(octets) ?? [];
      const split = { read: () => decodeMessages(octets), times: Math.max(1, messages.length) };
      const [first] = messages;
      const read = first === undefined ? [] : readingsOf(first);
      return [split, ...read.map((one) => ({ read: one, times: 1 }))];
    }),
  ).toBeLessThanOrEqual(INPUT_OCTETS_MAX);
});

/** Something that is done with an input; `times`: it is for so many. */
interface Reading {
  read(): unknown;
  readonly times: number;
}

/** The most octets that one of the readings of one mutant has taken. */
function costliest(
  seeds: readonly Uint8Array[],
  readings: (octets: Uint8Array) => readonly Reading[],
): number {
  const mutants = new Mutants(2);
  let most = 0;
  for (let at = 0; at < MEASURED; at += 1) {
    for (const { read, times } of readings(mutants.of(seeds))) {
      most = Math.max(most, octetsOf(read) / times);
    }
  }
  return most;
}
