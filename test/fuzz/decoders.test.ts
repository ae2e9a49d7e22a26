/** No octets make a decoder throw, or cost much memory. More of them: `npm run fuzz`. */
import { describe, expect, test } from 'vitest';
import { octetsOf } from './cost.ts';
import { faultOf, Mutants, OF_STRANGERS, OF_THE_KERNEL } from './decoders.ts';
import { INPUT_OCTETS_MAX } from './packets.ts';

/** Of each that hears strangers; what the kernel tells takes longer to read, and is of no stranger. */
const INPUTS = 1_000_000;
const INPUTS_OF_KERNEL = 250_000;
const MEASURED = 100;

describe.each([
  ...OF_STRANGERS.map((decoder) => [decoder.name, INPUTS, decoder] as const),
  [OF_THE_KERNEL.name, INPUTS_OF_KERNEL, OF_THE_KERNEL] as const,
])('vrrp-R18: %s', (_, inputs, decoder) => {
  test('its seeds are read', () => {
    expect(decoder.seeds.length).toBeGreaterThan(0);
    for (const seed of decoder.seeds) expect(() => decoder.decode(seed)).not.toThrow();
  });

  test('no input throws', { timeout: 120_000 }, () => {
    expect(faultOf(decoder, 1, inputs)).toBe(null);
  });
});

describe.each(OF_STRANGERS.map((decoder) => [decoder.name, decoder] as const))(
  '%s',
  (_, decoder) => {
    test('none costs more than 4 KiB', () => {
      const mutants = new Mutants(2);
      let most = 0;
      for (let at = 0; at < MEASURED; at += 1) {
        const octets = mutants.of(decoder.seeds);
        most = Math.max(
          most,
          octetsOf(() => decoder.decode(octets)),
        );
      }
      expect(most).toBeLessThanOrEqual(INPUT_OCTETS_MAX);
    });
  },
);
