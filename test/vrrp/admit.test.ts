/** Which packets are believed: RFC 3768 §7.1, RFC 9568 §7.1. */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { admit, vridOf } from '../../src/vrrp/admit.ts';
import { encodeAdvert } from '../../src/wire/vrrp.ts';

const OWN = '192.0.2.2';
const PEER = '192.0.2.3';
const GROUP = '224.0.0.18';

const instance = (over: Partial<VrrpInstance> = {}): VrrpInstance =>
  ({
    version: 2,
    family: 'ipv4',
    vrid: 51,
    advertIntervalMs: 1_000,
    multicastGroup: GROUP,
    authentication: { type: 'none' },
    ...over,
  }) as VrrpInstance;

interface Sent {
  readonly version?: 2 | 3;
  readonly source?: string;
  readonly destination?: string;
  readonly hopLimit?: number;
  readonly intervalMs?: number;
  readonly key?: string | null;
  readonly addresses?: readonly string[];
}

function packet(sent: Sent = {}) {
  const { source = PEER, destination = GROUP, hopLimit = 255, key = null } = sent;
  const payload = encodeAdvert(
    {
      version: sent.version ?? 2,
      vrid: 51,
      priority: 120,
      intervalMs: sent.intervalMs ?? 1_000,
      addresses: sent.addresses ?? ['192.0.2.10'],
    },
    { family: 'ipv4', source, destination },
    key,
  );
  return { source, destination, hopLimit, payload };
}

const PASS = { authentication: { type: 'pass', key: 'secret' } } as const;

describe('an advertisement', () => {
  test('of a peer is admitted', () => {
    expect(admit(instance(), OWN, packet())).toMatchObject({ vrid: 51, priority: 120 });
  });

  test.each<[string, Partial<VrrpInstance>, Sent, string]>([
    ['that has passed a router', {}, { hopLimit: 254 }, 'ttl'],
    ['of another version', {}, { version: 3 }, 'version'],
    ['with another interval, in version 2', {}, { intervalMs: 2_000 }, 'interval'],
    ['with a password where none is wanted', {}, { key: 'secret' }, 'authentication-type'],
    ['without the password', PASS, {}, 'authentication-type'],
    ['with another password', PASS, { key: 'other' }, 'authentication'],
    ['with the beginning of the password', PASS, { key: 'secre' }, 'authentication'],
    ['to another group', {}, { destination: '224.0.0.19' }, 'destination'],
    ['from our own address', {}, { source: OWN }, 'own-address'],
    ['without an address, in version 3', { version: 3 }, { version: 3, addresses: [] }, 'length'],
    ['with interval 0, in version 3', { version: 3 }, { version: 3, intervalMs: 0 }, 'interval'],
  ])('%s is dropped', (_, over, sent, reason) => {
    expect(admit(instance(over), OWN, packet(sent))).toEqual({ drop: reason });
  });

  test('of version 3 may have an interval of its own', () => {
    const sent = packet({ version: 3, intervalMs: 100 });
    expect(admit(instance({ version: 3 }), OWN, sent)).toMatchObject({ intervalMs: 100 });
  });

  test('with the password is admitted', () => {
    expect(admit(instance(PASS), OWN, packet({ key: 'secret' }))).toMatchObject({ vrid: 51 });
  });
});

test('every truncation of a good packet is dropped, and none throws', () => {
  const whole = packet();
  for (let length = 0; length < whole.payload.length; length += 1) {
    const payload = whole.payload.subarray(0, length);
    expect(admit(instance(), OWN, { ...whole, payload })).toHaveProperty('drop');
  }
  expect(vridOf(new Uint8Array(1))).toBeNull();
});
