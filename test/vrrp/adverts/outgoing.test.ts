/** What is sent, to whom, and what it costs: rows T1 to T6, N1 and N2 of the conformance list. */
import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/time.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { Outgoing } from '../../../src/vrrp/adverts/outgoing.ts';
import type { AdvertTarget } from '../../../src/vrrp/adverts/ports-adverts.ts';
import { AhSequence, TrailerSigner } from '../../../src/vrrp/adverts/signature.ts';
import { decodeIpv4, encodeIpv4Header, stampIpv4Header } from '../../../src/wire/ip.ts';
import { decodeAdvert } from '../../../src/wire/vrrp.ts';
import type { ChecksumForm } from '../../../src/wire/vrrp-checksum.ts';
import { instanceOf } from '../../world/director.ts';

const SOURCE = '10.0.0.1';
const clock: Clock = systemClock;

interface Sent extends AdvertTarget {
  readonly payload: Uint8Array;
  readonly identification: number;
}

type OnSend = (target: AdvertTarget, payload: Uint8Array, identification: number) => void;

function outgoing(over: Partial<VrrpInstance>, form: ChecksumForm, onSend: OnSend) {
  const instance = instanceOf({ authentication: { type: 'none' }, ...over });
  const signer = new TrailerSigner(clock);
  signer.use(instance.signing);
  return new Outgoing({
    instance,
    source: instance.family === 'ipv6' ? 'fe80::1' : SOURCE,
    mainAddress: null,
    form,
    signer,
    ah: new AhSequence(0),
    socket: {
      path: (target) => ({
        header: () => new Uint8Array(0),
        send: (payload, identification) => onSend(target, payload, identification),
      }),
      filter: () => {},
      close: async () => {},
    },
  });
}

function sentOf(
  over: Partial<VrrpInstance>,
  form: ChecksumForm = 'pseudo-header',
): readonly Sent[] {
  const sent: Sent[] = [];
  outgoing(over, form, (target, payload, identification) =>
    sent.push({ ...target, payload: Uint8Array.from(payload), identification }),
  ).send(120, null, null);
  return sent;
}

const peers = (...addresses: string[]) => ({
  peers: addresses.map((address) => ({ address, ttlMin: 0, ttlMax: 255 })),
  ttl: 3,
  checkSource: true,
  oldChecksum: 'detect' as const,
});

describe('an advertisement', () => {
  test.each<[string, Partial<VrrpInstance>, string, string]>([
    ['vrrp-T1: goes to 224.0.0.18', {}, '224.0.0.18', SOURCE],
    ['vrrp-T1: goes to mcast_dst_ip', { multicastGroup: '224.0.0.99' }, '224.0.0.99', SOURCE],
    [
      'vrrp-T1: of IPv6 goes to ff02::12',
      { family: 'ipv6', version: 3, multicastGroup: 'ff02::12', addresses: [] },
      'ff02::12',
      'fe80::1',
    ],
  ])('%s, vrrp-T2: with TTL 255, vrrp-T3: from its source', (_, over, destination, source) => {
    expect(sentOf(over)).toMatchObject([{ destination, source, hopLimit: 255 }]);
  });

  test('vrrp-T2: to peers has unicast_ttl', () => {
    expect(sentOf({ unicast: peers('10.0.0.2', '10.0.0.3') })).toMatchObject([
      { destination: '10.0.0.2', hopLimit: 3 },
      { destination: '10.0.0.3', hopLimit: 3 },
    ]);
  });

  test.each(['pseudo-header', 'message', 'old-unicast'] as const)(
    'vrrp-N1: has a checksum that is right for each peer: %s',
    (form) => {
      const over = { version: 3, unicast: peers('10.0.0.2', '10.0.0.3', '10.0.0.2') } as const;
      for (const { payload, source, destination } of sentOf(over, form)) {
        expect(decodeAdvert(payload, { family: 'ipv4', source, destination })).toMatchObject({
          priority: 120,
          checksumForm: form,
        });
      }
    },
  );

  test('vrrp-T6: has an identification of its own, that grows and is never 0', () => {
    const seen: number[] = [];
    const out = outgoing({}, 'message', (_, __, identification) => seen.push(identification));
    for (let count = 0; count < 70_000; count += 1) out.send(100, null, null);
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    expect(seen.includes(0)).toBe(false);
    expect(seen.slice(65_533, 65_537)).toEqual([65_534, 65_535, 1, 2]);
  });

  test('vrrp-T6: has the IPv4 header that keepalived sends: class 0xC0, no options, may be fragmented', () => {
    const header = encodeIpv4Header({
      source: SOURCE,
      destination: '224.0.0.18',
      hopLimit: 255,
      protocol: 112,
    });
    stampIpv4Header(header, { totalOctets: 24, identification: 0x1234 });
    expect(Buffer.from(header).toString('hex')).toBe(
      '45c000181234' + '0000ff7000000a000001e0000012',
    );
    expect(decodeIpv4(Uint8Array.from([...header, 1, 2, 3, 4]))).toMatchObject({
      source: SOURCE,
      destination: '224.0.0.18',
      hopLimit: 255,
      protocol: 112,
      payload: Uint8Array.of(1, 2, 3, 4),
    });
  });
});

test('sending again costs next to no memory', () => {
  const out = outgoing(
    { version: 3, unicast: peers('10.0.0.2', '10.0.0.3') },
    'pseudo-header',
    () => {},
  );
  const sends = 20_000;
  let least = Infinity;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const before = process.memoryUsage();
    for (let count = 0; count < sends; count += 1) out.send(count & 1 ? 100 : 120, null, null);
    const after = process.memoryUsage();
    const cost = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    if (cost >= 0) least = Math.min(least, cost / sends);
  }
  expect(least).toBeLessThan(256);
});
