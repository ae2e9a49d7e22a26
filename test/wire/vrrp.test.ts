/** The octets of VRRP: rows P1 to P15 and C1 to C7 of the conformance list. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../src/base/address.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  type Advert,
  type AdvertDrop,
  type AdvertFields,
  type AuthOctets,
  addressesIn,
  decodeAdvert,
  encodeAdvert,
  NO_AUTH,
  sameAddresses,
  setPriority,
} from '../../src/wire/vrrp.ts';
import {
  type ChecksumForm,
  type Envelope,
  fillChecksum,
  readChecksum,
  readdressed,
  setWord,
  VRRP_PROTOCOL,
  writeChecksum,
} from '../../src/wire/vrrp-checksum.ts';

const v4: Envelope = { family: 'ipv4', source: '10.55.0.1', destination: '224.0.0.18' };
const v4Unicast: Envelope = { ...v4, destination: '10.55.0.2' };
const v6: Envelope = {
  family: 'ipv6',
  source: 'fe80::f4cc:1eff:feef:e143',
  destination: 'ff02::12',
};
const one = { vrid: 51, addresses: ['10.55.0.100'] } as const;
const two = { vrid: 51, addresses: ['fe80::100', 'fd55::100'] } as const;
const LIST_6 = 'fe800000000000000000000000000100fd550000000000000000000000000100';
const PASS: AuthOctets = { type: 1, key: 's3cret12' };

interface Golden {
  readonly fields: AdvertFields;
  readonly auth?: AuthOctets;
  readonly envelope: Envelope;
  readonly form: ChecksumForm;
  readonly hex: string;
}

/** Octets that keepalived 2.2.7 put on the wire; those without pseudo-header are RFC 9568's. */
const CAPTURED: readonly (readonly [string, Golden])[] = [
  [
    'v2, PASS',
    {
      fields: { version: 2, ...one, priority: 150, intervalMs: 1000 },
      auth: PASS,
      envelope: v4,
      form: 'message',
      hex: '213396010101cfe20a3700647333637265743132',
    },
  ],
  [
    'v2, PASS, priority 100',
    {
      fields: { version: 2, ...one, priority: 100, intervalMs: 1000 },
      auth: PASS,
      envelope: v4,
      form: 'message',
      hex: '21336401010101e30a3700647333637265743132',
    },
  ],
  [
    'v2, PASS, priority 0',
    {
      fields: { version: 2, ...one, priority: 0, intervalMs: 1000 },
      auth: PASS,
      envelope: v4,
      form: 'message',
      hex: '21330001010165e30a3700647333637265743132',
    },
  ],
  [
    'v2, no authentication',
    {
      fields: { version: 2, ...one, priority: 150, intervalMs: 1000 },
      envelope: v4,
      form: 'message',
      hex: '2133960100013e2f0a3700640000000000000000',
    },
  ],
  [
    'v3 over IPv4, pseudo-header',
    {
      fields: { version: 3, ...one, priority: 150, intervalMs: 200 },
      envelope: v4,
      form: 'pseudo-header',
      hex: '31339601001443550a370064',
    },
  ],
  [
    'v3 over IPv4, message only',
    {
      fields: { version: 3, ...one, priority: 150, intervalMs: 200 },
      envelope: v4,
      form: 'message',
      hex: '3133960100142e1c0a370064',
    },
  ],
  [
    'v3 over IPv4, priority 0',
    {
      fields: { version: 3, ...one, priority: 0, intervalMs: 200 },
      envelope: v4,
      form: 'pseudo-header',
      hex: '313300010014d9550a370064',
    },
  ],
  [
    'v3 over IPv4, unicast',
    {
      fields: { version: 3, ...one, priority: 150, intervalMs: 200 },
      envelope: v4Unicast,
      form: 'pseudo-header',
      hex: '313396010014192f0a370064',
    },
  ],
  [
    'v3 over IPv4, unicast of keepalived before 1.3.7',
    {
      fields: { version: 3, ...one, priority: 150, intervalMs: 200 },
      envelope: v4Unicast,
      form: 'old-unicast',
      hex: '31339601001443550a370064',
    },
  ],
  [
    'v3 over IPv6',
    {
      fields: { version: 3, ...two, priority: 150, intervalMs: 200 },
      envelope: v6,
      form: 'pseudo-header',
      hex: `31339602001448b1${LIST_6}`,
    },
  ],
  [
    'v3 over IPv6, priority 0',
    {
      fields: { version: 3, ...two, priority: 0, intervalMs: 200 },
      envelope: v6,
      form: 'pseudo-header',
      hex: `313300020014deb1${LIST_6}`,
    },
  ],
];

function read(octets: Uint8Array, envelope: Envelope): Advert {
  const advert = decodeAdvert(octets, envelope);
  if ('drop' in advert) throw new Error(`dropped: ${advert.drop}`);
  return advert;
}

function dropOf(octets: Uint8Array, envelope: Envelope, expected: 2 | 3 | null = null): unknown {
  return (decodeAdvert(octets, envelope, expected) as AdvertDrop).drop;
}

describe.each(CAPTURED)('%s', (_, { fields, auth = NO_AUTH, envelope, form, hex }) => {
  test('is written as captured', () => {
    expect(toHex(encodeAdvert(fields, envelope, auth, form))).toBe(hex);
  });

  test('is read as it was meant', () => {
    const { addresses, ...rest } = fields;
    const advert = read(fromHex(hex), envelope);
    expect(advert).toMatchObject({ ...rest, authType: auth.type, checksumForm: form });
    expect(addressesIn(advert.addressList, envelope.family)).toEqual(addresses);
  });

  test('vrrp-R4: every truncation is dropped, and what stands behind is given apart', () => {
    const octets = fromHex(hex);
    for (let length = 0; length < octets.length; length += 1) {
      expect(dropOf(octets.subarray(0, length), envelope)).toBe('length');
    }
    expect(read(fromHex(`${hex}0102`), envelope).rest).toEqual(Uint8Array.of(1, 2));
  });

  test('vrrp-C6: a flipped bit is dropped', () => {
    const octets = fromHex(hex);
    for (let bit = 16; bit < octets.length * 8; bit += 1) {
      const flipped = Uint8Array.from(octets);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeAdvert(flipped, envelope)).toHaveProperty('drop');
    }
  });

  test('vrrp-C7: a patched priority is what is written anew', () => {
    const octets = encodeAdvert({ ...fields, priority: 1 }, envelope, auth, form);
    setPriority(octets, fields.priority);
    expect(toHex(octets)).toBe(hex);
  });
});

const good = fromHex('31339601001443550a370064');
const with0 = (at: number, octet: number): Uint8Array => {
  const octets = Uint8Array.from(good);
  octets[at] = octet;
  fillChecksum(octets, 'pseudo-header', v4);
  return octets;
};

test('vrrp-P1: the protocol number is 112', () => {
  expect(VRRP_PROTOCOL).toBe(112);
});

test('vrrp-P2: other versions and other types are dropped, and the version that is not ours', () => {
  expect(dropOf(with0(0, 0x11), v4)).toBe('version');
  expect(dropOf(with0(0, 0x41), v4)).toBe('version');
  for (const type of [0, 2, 15]) expect(dropOf(with0(0, 0x30 | type), v4)).toBe('type');
  expect(dropOf(good, v4, 2)).toBe('version');
  expect(dropOf(good, v4, 3)).toBeUndefined();
});

test('vrrp-P3: every VRID is read', () => {
  for (const vrid of [1, 128, 255]) expect(read(with0(1, vrid), v4).vrid).toBe(vrid);
});

test('vrrp-P4: every priority is read, 0 and 255 too', () => {
  for (const priority of [0, 1, 100, 254, 255]) {
    expect(read(with0(2, priority), v4).priority).toBe(priority);
  }
});

test('vrrp-P5: a message without addresses is read; who may send one is decided later', () => {
  const fields = { version: 3, vrid: 1, priority: 1, intervalMs: 1000, addresses: [] } as const;
  expect(read(encodeAdvert(fields, v4), v4)).toMatchObject({ count: 0 });
});

test('vrrp-P6: version 2 has the authentication type and whole seconds', () => {
  const fields = { version: 2, ...one, priority: 9, intervalMs: 255_000 } as const;
  const octets = encodeAdvert(fields, v4, PASS);
  expect([octets[4], octets[5]]).toEqual([1, 255]);
  expect(read(octets, v4)).toMatchObject({ authType: 1, intervalMs: 255_000 });
});

test('vrrp-P7: version 3 has centiseconds in 12 bits; reserved bits are sent as 0 and ignored', () => {
  for (const centiseconds of [1, 100, 4095]) {
    const fields = { version: 3, ...one, priority: 9, intervalMs: centiseconds * 10 } as const;
    const octets = encodeAdvert(fields, v4);
    expect(((octets[4] as number) << 8) | (octets[5] as number)).toBe(centiseconds);
    octets[4] = (octets[4] as number) | 0xf0;
    fillChecksum(octets, 'pseudo-header', v4);
    expect(read(octets, v4).intervalMs).toBe(centiseconds * 10);
  }
});

test('vrrp-P8: the checksum stands in octets 6 and 7', () => {
  expect(toHex(good.subarray(6, 8))).toBe('4355');
});

test('vrrp-P9: the addresses begin at octet 8, of the family of the packet', () => {
  expect(toHex(read(good, v4).addressList)).toBe('0a370064');
  expect(toHex(read(fromHex(`31339602001448b1${LIST_6}`), v6).addressList)).toBe(LIST_6);
});

test('vrrp-P10: version 2 over IPv4 always ends in 8 octets of authentication data', () => {
  const fields = { version: 2, ...one, priority: 9, intervalMs: 1000 } as const;
  for (const auth of [NO_AUTH, PASS, { type: 1, key: 'ab' }]) {
    expect(encodeAdvert(fields, v4, auth)).toHaveLength(8 + 4 + 8);
  }
  const short = encodeAdvert(fields, v4, { type: 1, key: 'ab' });
  expect(toHex(read(short, v4).authData)).toBe('6162000000000000');
});

test('vrrp-P11: version 3 ends behind its addresses', () => {
  const fields = { version: 3, priority: 9, intervalMs: 1000 } as const;
  expect(encodeAdvert({ ...fields, ...one }, v4)).toHaveLength(12);
  expect(encodeAdvert({ ...fields, ...two }, v6)).toHaveLength(8 + 32);
});

test('vrrp-P13: the order of addresses is that of the configuration, and does not matter when compared', () => {
  const list = (...addresses: string[]): Uint8Array => Buffer.concat(addresses.map(addressBytes));
  const ours = list('10.0.0.1', '10.0.0.2', '10.0.0.3');
  expect(sameAddresses(ours, list('10.0.0.3', '10.0.0.1', '10.0.0.2'), 'ipv4')).toBe(true);
  expect(sameAddresses(ours, list('10.0.0.1', '10.0.0.2', '10.0.0.4'), 'ipv4')).toBe(false);
  expect(sameAddresses(ours, list('10.0.0.1', '10.0.0.2', '10.0.0.2'), 'ipv4')).toBe(false);
  expect(sameAddresses(ours, list('10.0.0.1', '10.0.0.2'), 'ipv4')).toBe(false);
  expect(sameAddresses(list('fe80::1', 'fd00::1'), list('fd00::1', 'fe80::1'), 'ipv6')).toBe(true);
});

test('vrrp-P14: version 2 over IPv6, which only keepalived had, has no authentication data', () => {
  const fields = { version: 2, ...two, priority: 9, intervalMs: 1000 } as const;
  const octets = encodeAdvert(fields, v6);
  expect(octets).toHaveLength(8 + 32);
  expect(read(octets, v6)).toMatchObject({ version: 2, count: 2, checksumForm: 'message' });
});

test('vrrp-P15: 255 addresses go into one message', () => {
  const addresses = Array.from({ length: 255 }, (_, at) => `10.0.1.${at}`);
  const fields = { version: 3, vrid: 1, priority: 9, intervalMs: 1000, addresses } as const;
  const octets = encodeAdvert(fields, v4);
  expect(octets).toHaveLength(1028);
  expect(addressesIn(read(octets, v4).addressList, 'ipv4')).toEqual(addresses);
  const many = Array.from({ length: 90 }, (_, at) => `fd00::${(at + 1).toString(16)}`);
  expect(encodeAdvert({ ...fields, addresses: many }, v6)).toHaveLength(1448);
});

test('vrrp-C1: the field itself counts as 0', () => {
  const octets = Uint8Array.from(good);
  writeChecksum(octets, 0xabcd);
  fillChecksum(octets, 'pseudo-header', v4);
  expect(toHex(octets)).toBe(toHex(good));
});

test('vrrp-C2: of version 2 it is over the message and its authentication data, whoever sends it', () => {
  const octets = fromHex('213396010101cfe20a3700647333637265743132');
  const from = { ...v4, source: '10.9.9.9' };
  expect(read(octets, from).checksumForm).toBe('message');
  octets[19] = 0x33;
  expect(dropOf(octets, v4)).toBe('checksum');
});

test('vrrp-C3: over IPv6 only the pseudo-header is right', () => {
  const fields = { version: 3, ...two, priority: 9, intervalMs: 1000 } as const;
  expect(dropOf(encodeAdvert(fields, v6, NO_AUTH, 'message'), v6)).toBe('checksum');
  expect(dropOf(encodeAdvert(fields, v6), { ...v6, source: 'fe80::1' })).toBe('checksum');
});

test('vrrp-C4: of version 3 over IPv4 both forms are read and told apart', () => {
  expect(read(good, v4).checksumForm).toBe('pseudo-header');
  expect(read(fromHex('3133960100142e1c0a370064'), v4).checksumForm).toBe('message');
});

test('vrrp-C5: of unicast three forms are read and told apart', () => {
  const fields = { version: 3, ...one, priority: 150, intervalMs: 200 } as const;
  for (const form of ['pseudo-header', 'old-unicast', 'message'] as const) {
    const octets = encodeAdvert(fields, v4Unicast, NO_AUTH, form);
    expect(read(octets, v4Unicast).checksumForm).toBe(form);
  }
});

test('vrrp-C7: what changes is patched to what is computed anew, in 10^6 cases', () => {
  // A generator of its own: a million cases of fast-check would take minutes.
  let seed = 0x2545f491;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const address = (): string => `${random(224)}.${random(256)}.${random(256)}.${random(256)}`;
  let [source, destination] = [address(), address()];
  const octets = encodeAdvert(
    { version: 3, vrid: 7, priority: 1, intervalMs: 1000, addresses: [address()] },
    { family: 'ipv4', source, destination },
  );
  const full = Uint8Array.from(octets);
  let wrong = 0;
  for (let count = 0; count < 1_000_000; count += 1) {
    const next = address();
    switch (count % 3) {
      case 0:
        setPriority(octets, random(256));
        break;
      case 1:
        writeChecksum(
          octets,
          readdressed(readChecksum(octets), addressBytes(source), addressBytes(next)),
        );
        source = next;
        break;
      default:
        writeChecksum(
          octets,
          readdressed(readChecksum(octets), addressBytes(destination), addressBytes(next)),
        );
        destination = next;
    }
    full.set(octets);
    fillChecksum(full, 'pseudo-header', { family: 'ipv4', source, destination });
    if (readChecksum(full) !== readChecksum(octets)) wrong += 1;
  }
  expect(wrong).toBe(0);
});

test('vrrp-C7: the same of any word at any even place', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff }), fc.constantFrom(0, 2, 4, 8, 10), (word, at) => {
      const patched = Uint8Array.from(good);
      setWord(patched, at, word);
      const full = Uint8Array.from(patched);
      fillChecksum(full, 'pseudo-header', v4);
      expect(toHex(patched)).toBe(toHex(full));
    }),
  );
});
