/** Which packets are believed: rows R1 to R17 of the conformance list (RFC 3768 §7.1, RFC 9568 §7.1). */
import { describe, expect, test } from 'vitest';
import { addressBytes, type Family } from '../../../src/base/address.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { admit, type Listener } from '../../../src/vrrp/adverts/admit.ts';
import { type AuthOctets, encodeAdvert, NO_AUTH } from '../../../src/wire/vrrp.ts';
import { type ChecksumForm, fillChecksum } from '../../../src/wire/vrrp-checksum.ts';

const OWN = '192.0.2.2';
const PEER = '192.0.2.3';
const GROUP = '224.0.0.18';
const VIP = '192.0.2.10';

const HEARING = {
  intervalMaxMs: 10_000,
  dropOtherAddresses: false,
  compareOncePerSender: false,
  ownerIgnores: false,
} as const;

const instance = (over: Partial<VrrpInstance> = {}): VrrpInstance =>
  ({
    version: 2,
    family: 'ipv4',
    vrid: 51,
    advertIntervalMs: 1_000,
    multicastGroup: GROUP,
    unicast: null,
    authentication: { type: 'none' },
    hearing: HEARING,
    ...over,
  }) as VrrpInstance;

function listener(over: Partial<VrrpInstance> = {}, more: Partial<Listener> = {}): Listener {
  return {
    instance: instance(over),
    ownAddress: OWN,
    mainAddress: null,
    addressList: addressBytes(VIP),
    comparedSender: null,
    priority: 100,
    authenticate: () => null,
    ...more,
  };
}

interface Sent {
  readonly version?: 2 | 3;
  readonly family?: Family;
  readonly source?: string;
  readonly destination?: string;
  readonly hopLimit?: number;
  readonly intervalMs?: number;
  readonly auth?: AuthOctets;
  readonly addresses?: readonly string[];
  readonly form?: ChecksumForm;
  readonly behind?: Uint8Array;
  readonly priority?: number;
}

function packet(sent: Sent = {}) {
  const { source = PEER, destination = GROUP, hopLimit = 255, version = 2 } = sent;
  const message = encodeAdvert(
    {
      version,
      vrid: 51,
      priority: sent.priority ?? 120,
      intervalMs: sent.intervalMs ?? 1_000,
      addresses: sent.addresses ?? [VIP],
    },
    { family: sent.family ?? 'ipv4', source, destination },
    sent.auth ?? NO_AUTH,
    sent.form,
  );
  const payload = Buffer.concat([message, sent.behind ?? new Uint8Array(0)]);
  return { source, destination, hopLimit, header: new Uint8Array(0), payload };
}

const SECRET = { type: 1, key: 'secret' } as const;
const PASS = { authentication: { type: 'pass', key: 'secret' } } as const;
const AH = { authentication: { type: 'ah', key: 'secret' } } as const;
const peer = (over = {}) => ({ address: PEER, ttlMin: 0, ttlMax: 255, ...over });
const unicast = (over = {}, ...peers: ReturnType<typeof peer>[]) => ({
  unicast: {
    peers: peers.length > 0 ? peers : [peer()],
    ttl: 255,
    checkSource: true,
    oldChecksum: 'detect' as const,
    ...over,
  },
});
const TO_US = { destination: OWN } as const;

describe('an advertisement', () => {
  test('of a peer is admitted, with nothing to say about it', () => {
    expect(admit(listener(), packet())).toMatchObject({ advert: { priority: 120 }, notes: [] });
  });

  test.each<[string, Partial<VrrpInstance>, Sent, string]>([
    ['vrrp-R3: that has passed a router', {}, { hopLimit: 254 }, 'ttl'],
    ['vrrp-R4: with something behind it', {}, { behind: new Uint8Array(3) }, 'length'],
    ['vrrp-R4: with what is as long as a trailer', {}, { behind: new Uint8Array(28) }, 'length'],
    ['vrrp-R5: of another version', {}, { version: 3 }, 'version'],
    ['vrrp-R5: of another version, the other way', { version: 3 }, {}, 'version'],
    ['vrrp-R9: with a password where none is wanted', {}, { auth: SECRET }, 'authentication-type'],
    ['vrrp-R9: without the password', PASS, {}, 'authentication-type'],
    [
      'vrrp-R9: with AH where a password is wanted',
      PASS,
      { auth: { type: 2, key: '' } },
      'authentication-type',
    ],
    ['vrrp-R9: with a password where AH is wanted', AH, { auth: SECRET }, 'authentication-type'],
    ['vrrp-R9: of an unknown type', {}, { auth: { type: 9, key: '' } }, 'authentication-type'],
    ['vrrp-R9: with another password', PASS, { auth: { type: 1, key: 'other' } }, 'authentication'],
    [
      'vrrp-R9: with the beginning of the password',
      PASS,
      { auth: { type: 1, key: 'secre' } },
      'authentication',
    ],
    ['vrrp-R10: with another interval, in version 2', {}, { intervalMs: 2_000 }, 'interval'],
    [
      'vrrp-R11: without an address, in version 3',
      { version: 3 },
      { version: 3, addresses: [] },
      'count',
    ],
    [
      'vrrp-R11: with interval 0, in version 3',
      { version: 3 },
      { version: 3, intervalMs: 0 },
      'interval',
    ],
    [
      'vrrp-R13: with other addresses, in version 2 under vrrp_strict',
      { hearing: { ...HEARING, dropOtherAddresses: true } },
      { addresses: ['192.0.2.11'] },
      'addresses',
    ],
    ['vrrp-R14: to another group', {}, { destination: '224.0.0.19' }, 'destination'],
    ['vrrp-R14: to our address, where multicast is spoken', {}, TO_US, 'destination'],
    ['vrrp-R14: to the group, where unicast is spoken', unicast(), {}, 'destination'],
    ['vrrp-R15: of who is no peer', unicast(), { ...TO_US, source: '192.0.2.9' }, 'unknown-peer'],
    [
      'vrrp-R15: of a peer from too far',
      unicast({}, peer({ ttlMin: 254 })),
      { ...TO_US, hopLimit: 253 },
      'ttl',
    ],
    ['vrrp-R15: of a peer from too near', unicast({}, peer({ ttlMax: 250 })), TO_US, 'ttl'],
    ['vrrp-R16: from our own address', {}, { source: OWN }, 'own-address'],
    [
      'to who owns the addresses and hears nobody',
      { hearing: { ...HEARING, ownerIgnores: true } },
      {},
      'owner',
    ],
  ])('%s is dropped', (_, over, sent, reason) => {
    const priority = reason === 'owner' ? 255 : 100;
    expect(admit(listener(over, { priority }), packet(sent))).toEqual({ drop: reason });
  });

  test('vrrp-R6: of another type is dropped, though its checksum is right', () => {
    const sent = packet();
    sent.payload[0] = 0x22;
    const envelope = { family: 'ipv4', source: PEER, destination: GROUP } as const;
    fillChecksum(sent.payload, 'message', envelope);
    expect(admit(listener(), sent)).toEqual({ drop: 'type' });
  });

  test('vrrp-U1: without authentication what stands in the place of a password is not looked at', () => {
    const sent = packet();
    sent.payload.set(Buffer.from('anything'), sent.payload.length - 8);
    const envelope = { family: 'ipv4', source: PEER, destination: GROUP } as const;
    fillChecksum(sent.payload, 'message', envelope);
    expect(admit(listener(), sent)).toMatchObject({ notes: [] });
  });

  test('vrrp-U2: a password has eight octets, filled up with zeros, and is compared whole', () => {
    const with8 = { authentication: { type: 'pass', key: 's3cret12' } } as const;
    const sent = packet({ auth: { type: 1, key: 's3cret12' } });
    expect(sent.payload.subarray(-8).toString()).toBe('s3cret12');
    expect(admit(listener(with8), sent)).toMatchObject({ notes: [] });
    for (let at = 0; at < 8; at += 1) {
      const key = [...'s3cret12'].with(at, 'X').join('');
      const wrong = packet({ auth: { type: 1, key } });
      expect(admit(listener(with8), wrong), key).toEqual({ drop: 'authentication' });
    }
    const short = packet({ auth: { type: 1, key: 'ab' } });
    expect([...short.payload.subarray(-8)]).toEqual([0x61, 0x62, 0, 0, 0, 0, 0, 0]);
  });

  test('vrrp-N2: of a peer behind routers is taken, if its hop limit is not bounded', () => {
    const far = packet({ ...TO_US, hopLimit: 60 });
    expect(admit(listener(unicast()), far)).toMatchObject({ notes: [] });
    expect(admit(listener(), packet({ hopLimit: 60 }))).toEqual({ drop: 'ttl' });
  });

  test('vrrp-R7: with the multicast group in its checksum is taken from a peer, and not of multicast', () => {
    const sent = { version: 3, form: 'old-unicast', ...TO_US } as const;
    expect(admit(listener({ version: 3, ...unicast() }), packet(sent))).toMatchObject({
      advert: { checksumForm: 'old-unicast' },
    });
    const { payload } = packet(sent);
    const group = { ...packet({ version: 3 }), payload, destination: '224.0.0.19' };
    const other = listener({ version: 3, multicastGroup: '224.0.0.19' });
    expect(admit(other, group)).toEqual({ drop: 'checksum' });
  });

  test('vrrp-R12: of version 3 with an interval of its own is admitted, and that is noted', () => {
    const sent = packet({ version: 3, intervalMs: 100 });
    expect(admit(listener({ version: 3 }), sent)).toMatchObject({
      advert: { intervalMs: 100 },
      notes: ['interval'],
    });
  });

  test('vrrp-P12: vrrp-R12: over IPv6 whose first address is not link-local is noted', () => {
    const over = { family: 'ipv6', version: 3, multicastGroup: 'ff02::12' } as const;
    const ours = Buffer.concat(['fe80::1', 'fd00::1'].map(addressBytes));
    const hear = (addresses: readonly string[]): unknown =>
      admit(
        listener(over, { ownAddress: 'fe80::2', addressList: ours }),
        packet({
          version: 3,
          family: 'ipv6',
          source: 'fe80::3',
          destination: 'ff02::12',
          addresses,
        }),
      );
    expect(hear(['fe80::1', 'fd00::1'])).toMatchObject({ notes: [] });
    expect(hear(['fd00::1', 'fe80::1'])).toMatchObject({ notes: ['link-local'] });
  });

  test('vrrp-R13: with other addresses is admitted, and that is noted once per sender if so asked', () => {
    const sent = packet({ addresses: ['192.0.2.11'] });
    expect(admit(listener(), sent)).toMatchObject({ notes: ['addresses'] });
    const hearing = { ...HEARING, compareOncePerSender: true };
    expect(admit(listener({ hearing }, { comparedSender: PEER }), sent)).toMatchObject({
      notes: [],
    });
    expect(admit(listener({ hearing }, { comparedSender: '192.0.2.8' }), sent)).toMatchObject({
      notes: ['addresses'],
    });
  });

  test('vrrp-R15: of who is no peer is taken when nobody checks', () => {
    const anybody = listener(unicast({ checkSource: false }));
    expect(admit(anybody, packet({ ...TO_US, source: '192.0.2.9', hopLimit: 60 }))).toMatchObject({
      advert: { priority: 120 },
    });
  });

  test('vrrp-R17: is asked for its signature last, when all else is right', () => {
    const asked: string[] = [];
    const authenticate = () => {
      asked.push('asked');
      return { drop: 'replay' } as const;
    };
    expect(admit(listener({}, { authenticate }), packet({ intervalMs: 2_000 }))).toEqual({
      drop: 'interval',
    });
    expect(asked).toEqual([]);
    expect(admit(listener({}, { authenticate }), packet())).toEqual({ drop: 'replay' });
  });

  test('with the password is admitted', () => {
    expect(admit(listener(PASS), packet({ auth: SECRET }))).toMatchObject({ notes: [] });
  });
});

test('vrrp-R18: every truncation of a good packet is dropped, and none throws', () => {
  const whole = packet();
  for (let length = 0; length < whole.payload.length; length += 1) {
    const payload = whole.payload.subarray(0, length);
    expect(admit(listener(), { ...whole, payload })).toHaveProperty('drop');
  }
});
