/** Damaged messages: each decoder gives a value or null, and none throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGeneric } from '../../../src/wire/genl.ts';
import {
  decodeDaemon,
  decodeDestination,
  decodeInfo,
  decodeService,
  decodeTimeouts,
} from '../../../src/wire/ipvs/reply.ts';
import { decodeRequest } from '../../../src/wire/ipvs/request.ts';
import { onlyMessage, readCaptures } from '../capture.ts';

const DECODERS = {
  decodeRequest,
  decodeService,
  decodeDestination,
  decodeDaemon,
  decodeTimeouts,
  decodeInfo,
};

const DECODERS_SILENT = Object.values(DECODERS).map(() => null);

/** Data of the family, not acknowledgements. */
const PAYLOADS = readCaptures('ipvs')
  .flatMap(({ requests, replies }) => [...requests, ...replies])
  .map(onlyMessage)
  .filter(({ type }) => type >= 0x1c)
  .map(({ payload }) => payload);

const readAll = (payload: Uint8Array) => Object.values(DECODERS).map((decode) => decode(payload));

/** Where the attributes of a payload begin, those within nests too. */
function attributesOf(payload: Uint8Array): readonly number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const walk = (from: number, end: number, depth: number): number[] => {
    const found: number[] = [];
    for (let at = from; at + 4 <= end; ) {
      const length = view.getUint16(at, true);
      if (length < 4) break;
      found.push(at);
      if (depth < 2) found.push(...walk(at + 4, Math.min(end, at + length), depth + 1));
      at += (length + 3) & ~3;
    }
    return found;
  };
  return walk(4, payload.length, 0);
}

describe('a message of the kernel', () => {
  test('cut short anywhere is refused, unless what is left is whole', () => {
    for (const payload of PAYLOADS) {
      for (let octets = 0; octets < payload.length; octets += 1) {
        const cut = payload.subarray(0, octets);
        expect(decodeService(cut)).toBeNull();
        expect(decodeDestination(cut)).toBeNull();
        expect(decodeDaemon(cut)).toBeNull();
        expect(decodeInfo(cut)).toBeNull();
        // Without its nest a request may be another: the dump of all, or to zero all.
        if (octets > 4) expect(withoutTimeouts(decodeRequest(cut), payload, octets)).toBeNull();
      }
    }
  });

  test('with any attribute that lies about its length throws nothing; a nest that lies is refused', () => {
    const NEST_AT = 4;
    for (const payload of PAYLOADS) {
      for (const at of attributesOf(payload)) {
        for (const length of [0, 1, 3, 0xfffc, 0xffff]) {
          const lying = Uint8Array.from(payload);
          new DataView(lying.buffer).setUint16(at, length, true);
          expect(() => readAll(lying)).not.toThrow();
          if (at === NEST_AT) expect(readAll(lying)).toEqual(DECODERS_SILENT);
        }
      }
    }
  });

  test('with any attribute renamed, shortened or lengthened throws nothing', () => {
    const edit = fc.record({
      payload: fc.constantFrom(...PAYLOADS),
      which: fc.nat(),
      field: fc.constantFrom(0, 2),
      value: fc.integer({ min: 0, max: 0xffff }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 1 }), ([one]) => {
        if (!one) return;
        const places = attributesOf(one.payload);
        const lying = Uint8Array.from(one.payload);
        const at = places[one.which % Math.max(1, places.length)];
        if (at === undefined) return;
        new DataView(lying.buffer).setUint16(at + one.field, one.value, true);
        readAll(lying);
      }),
      { numRuns: 3000 },
    );
  });

  test('with random octets overwritten throws nothing', () => {
    const damage = fc.record({
      payload: fc.constantFrom(...PAYLOADS),
      places: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(damage, ({ payload, places }) => {
        const damaged = Uint8Array.from(payload);
        for (const [at, octet] of places) damaged[at % damaged.length] = octet;
        readAll(damaged);
      }),
      { numRuns: 3000 },
    );
  });

  test('of random octets throws nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (payload) => {
        readAll(payload);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Timeouts stand side by side and each may be absent; up to 3 octets at the end are ignored. */
function withoutTimeouts(value: unknown, payload: Uint8Array, octets: number): unknown {
  const SET_CONFIG = 12;
  if (decodeGeneric(payload).command === SET_CONFIG) return null;
  return octets < 8 ? null : value;
}
