/** Trailers of `auth_hmac` and authentication headers, from the octets to the verdict. Rows U1 to U4, N1. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { Signing, VrrpInstance } from '../../../src/model/vrrp.ts';
import type { ReceivedPacket } from '../../../src/vrrp/adverts/admit.ts';
import { Advertiser, type OnPacket } from '../../../src/vrrp/adverts/advertiser.ts';
import { Ears } from '../../../src/vrrp/adverts/ears.ts';
import type { SideLink } from '../../../src/vrrp/adverts/side-paths.ts';
import { Counters } from '../../../src/vrrp/counters.ts';
import type { LinkFacts } from '../../../src/vrrp/ports.ts';
import { encodeIpv4Header, stampIpv4Header } from '../../../src/wire/ip.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

const KEY_1 = '11'.repeat(32);
const KEY_2 = '22'.repeat(32);
const US = '10.0.0.1';
const PEER = '10.0.0.2';

const signing = (over: Partial<Signing> = {}): Signing => ({
  keys: [{ id: 1, key: KEY_1 }],
  activeKey: 1,
  mode: 'enforce',
  antiReplay: 'time',
  windowMs: 5_000,
  ...over,
});

/** One that sends and hears; what it sends is kept. */
class End {
  readonly counters = new Counters();
  readonly sent: ReceivedPacket[] = [];
  /** By interface, what hears there. */
  private readonly ears = new Map<string, (packet: ReceivedPacket) => void>();
  readonly advertiser: Advertiser;
  instance: VrrpInstance;

  constructor(clock: SimulatedClock, source: string, over: Partial<VrrpInstance>) {
    const adverts = {
      open: (
        place: { readonly protocol: number; readonly interface: string },
        onPacket: (packet: ReceivedPacket) => void,
      ) => {
        this.ears.set(place.interface, onPacket);
        return {
          path: (target: { source: string; destination: string; hopLimit: number }) => {
            const header = encodeIpv4Header({ ...target, protocol: place.protocol });
            const stamp = (octets: number, identification: number): Uint8Array => {
              stampIpv4Header(header, { totalOctets: 20 + octets, identification });
              return header;
            };
            return {
              header: stamp,
              send: (payload: Uint8Array, identification: number) =>
                void this.sent.push({
                  ...target,
                  header: Uint8Array.from(stamp(payload.length, identification)),
                  payload: Uint8Array.from(payload),
                }),
            };
          },
          filter: () => {},
          close: async () => {},
        };
      },
    };
    const ports = { clock, log: silentLog };
    this.advertiser = new Advertiser(ports, new Ears({ ...ports, adverts }), this.counters);
    this.instance = instanceOf({ authentication: { type: 'none' }, ...over });
    this.advertiser.listen(this.instance, source, () => true);
  }

  change(source: string, over: Partial<VrrpInstance>): void {
    this.instance = { ...this.instance, ...over };
    this.advertiser.listen(this.instance, source, () => true);
  }

  send(priority = 120): ReceivedPacket {
    this.advertiser.send(priority);
    return this.sent.at(-1) as ReceivedPacket;
  }

  ear(link: string): ((packet: ReceivedPacket) => void) | undefined {
    return this.ears.get(link);
  }

  /** Null: it was taken; else why not. */
  hear(packet: ReceivedPacket): string | null {
    const before = this.counters.read().dropped;
    if (this.advertiser.hear(this.instance, 100, packet) !== null) return null;
    const after = Object.entries(this.counters.read().dropped);
    return after.find(([why, count]) => count !== before[why])?.[0] ?? 'nothing was said';
  }
}

function ends(ours: Partial<VrrpInstance>, theirs: Partial<VrrpInstance> = ours) {
  const clock = simulatedClock();
  return { clock, us: new End(clock, US, ours), peer: new End(clock, PEER, theirs) };
}

const spoil = (packet: ReceivedPacket, at: number): ReceivedPacket => {
  const payload = Uint8Array.from(packet.payload);
  payload[at] = (payload[at] as number) ^ 1;
  return { ...packet, payload };
};

describe('vrrp-U4: a signed advertisement', () => {
  test('is taken once, of version 2 and 3', () => {
    for (const version of [2, 3] as const) {
      const { us, peer } = ends({ version, signing: signing() });
      const packet = peer.send();
      expect(us.hear(packet)).toBe(null);
      expect(us.hear(packet)).toBe('replay');
      expect(us.hear(peer.send())).toBe(null);
    }
  });

  test('has the trailer of the draft, computed here by hand', () => {
    const { peer } = ends({ version: 3, signing: signing() });
    const { payload } = peer.send();
    const [message, trailer] = [payload.subarray(0, 12), payload.subarray(12)];
    expect(trailer).toHaveLength(28);
    expect([...trailer.subarray(0, 4)]).toEqual([1, 1, 0, 0]);
    const zeroed = Buffer.from(message);
    zeroed.fill(0, 6, 8);
    const unsigned = Buffer.from(trailer);
    unsigned.fill(0, 12);
    const pseudo = Buffer.from([4, 3, 51, 0, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const tag = createHmac('sha256', Buffer.from(KEY_1, 'hex'))
      .update(Buffer.concat([pseudo, zeroed, unsigned]))
      .digest()
      .subarray(0, 16);
    expect(Buffer.from(trailer.subarray(12)).equals(tag)).toBe(true);
  });

  test('of which any bit is another one is refused, and spends no stamp', () => {
    const { us, peer } = ends({ signing: signing() });
    const packet = peer.send();
    for (let at = 0; at < packet.payload.length; at += 1) {
      // Reserved octets are signed too.
      expect(us.hear(spoil(packet, at)), `octet ${at}`).not.toBe(null);
    }
    expect(us.hear(packet)).toBe(null);
  });

  test('from another source is refused', () => {
    const { us, peer } = ends({ signing: signing() });
    expect(us.hear({ ...peer.send(), source: '10.0.0.9' })).toBe('authentication');
  });

  test('with a key that we have not, or another one of the same number, is refused', () => {
    const { us, peer } = ends(
      { signing: signing() },
      { signing: signing({ keys: [{ id: 2, key: KEY_2 }], activeKey: 2 }) },
    );
    expect(us.hear(peer.send())).toBe('unknown-key');
    peer.change(PEER, { signing: signing({ keys: [{ id: 1, key: KEY_2 }] }) });
    expect(us.hear(peer.send())).toBe('authentication');
  });

  test.each([
    ['enforce', 'unsigned'],
    ['permissive', null],
    ['receive-only', null],
  ] as const)('that is not signed: mode %s', (mode, verdict) => {
    const { us, peer } = ends({ signing: signing({ mode }) }, { signing: null });
    expect(us.hear(peer.send())).toBe(verdict);
  });

  test('is not sent by who only receives, and a wrong one is refused by everybody', () => {
    const { us, peer } = ends(
      { signing: signing({ mode: 'receive-only' }) },
      { signing: signing() },
    );
    expect(us.send().payload).toHaveLength(20);
    expect(us.hear(peer.send())).toBe(null);
    expect(us.hear(spoil(peer.send(), 47))).toBe('authentication');
  });

  test('is understood by who signs nothing: a peer may begin to sign', () => {
    const { us, peer } = ends({ signing: null }, { signing: signing() });
    expect(us.hear(peer.send())).toBe(null);
  });

  test('keys rotate without a moment in which one is refused', () => {
    const both = [
      { id: 1, key: KEY_1 },
      { id: 2, key: KEY_2 },
    ];
    const { clock, us, peer } = ends({ signing: signing() });
    const talk = (): void => {
      clock.advanceTo(clock.now() + 1_000);
      expect([us.hear(peer.send()), peer.hear(us.send())]).toEqual([null, null]);
    };
    talk();
    us.change(US, { signing: signing({ keys: both }) });
    talk();
    peer.change(PEER, { signing: signing({ keys: both }) });
    talk();
    us.change(US, { signing: signing({ keys: both, activeKey: 2 }) });
    talk();
    peer.change(PEER, { signing: signing({ keys: both, activeKey: 2 }) });
    talk();
    us.change(US, { signing: signing({ keys: [{ id: 2, key: KEY_2 }], activeKey: 2 }) });
    talk();
  });

  test('vrrp-N1: goes to each peer in one copy, all with one signature', () => {
    const unicast = {
      peers: [PEER, '10.0.0.3', '10.0.0.4'].map((address) => ({ address, ttlMin: 0, ttlMax: 255 })),
      ttl: 200,
      checkSource: true,
      oldChecksum: 'detect',
    } as const;
    const { us } = ends({ version: 3, unicast, signing: signing() });
    us.send(120);
    us.send(90);
    expect(us.sent.map(({ destination, hopLimit }) => [destination, hopLimit])).toEqual(
      [...unicast.peers, ...unicast.peers].map(({ address }) => [address, 200]),
    );
    const trailers = us.sent.map(({ payload }) =>
      Buffer.from(payload.subarray(12)).toString('hex'),
    );
    expect(new Set(trailers.slice(0, 3)).size).toBe(1);
    expect(new Set(trailers).size).toBe(2);
    for (const packet of us.sent) {
      const receiver = new End(simulatedClock(), packet.destination, {
        version: 3,
        unicast: { ...unicast, peers: [{ address: US, ttlMin: 200, ttlMax: 200 }] },
        signing: signing(),
      });
      // A checksum for its own destination, whichever copy it was.
      expect(receiver.hear(packet)).toBe(null);
      expect(receiver.counters.read().checksumForms).toEqual({ 'pseudo-header': 1 });
    }
  });
});

describe('vrrp-U3: an authentication header', () => {
  const AH = { authentication: { type: 'ah', key: 's3cret12' } } as const;

  test('is taken once, and only while its number grows', () => {
    const { us, peer } = ends(AH);
    const [first, second] = [peer.send(), peer.send()];
    expect(us.hear(first)).toBe(null);
    expect(us.hear(second)).toBe(null);
    expect([us.hear(first), us.hear(second)]).toEqual(['replay', 'replay']);
  });

  test('with another key is refused, and with any other octet', () => {
    const { us, peer } = ends(AH, { authentication: { type: 'ah', key: 'another' } });
    expect(us.hear(peer.send())).toBe('authentication');
    const same = ends(AH);
    const packet = same.peer.send();
    for (let at = 0; at < packet.payload.length; at += 1) {
      expect(same.us.hear(spoil(packet, at)), `octet ${at}`).not.toBe(null);
    }
    const header = Uint8Array.from(packet.header);
    header[15] = 99;
    expect(same.us.hear({ ...packet, header })).toBe('authentication');
    expect(same.us.hear(packet)).toBe(null);
  });

  test('on two paths counts once, and is no replay on the second', () => {
    const paths = {
      sidePaths: [{ name: 'eth1', interface: 'eth1', sourceAddress: null, unicast: null }],
    };
    const { us, peer } = ends({ ...AH, ...paths });
    const facts = (source: string): LinkFacts => ({
      index: 1,
      running: true,
      addresses: new Set([source]),
      primaryAddress: source,
    });
    const sides: SideLink[] = [];
    const onPacket: OnPacket = (_, side) => side !== null && sides.push(side) > 0;
    us.advertiser.listen(us.instance, US, onPacket, () => facts('10.0.1.1'));
    peer.advertiser.listen(
      peer.instance,
      PEER,
      () => true,
      () => facts('10.0.1.2'),
    );
    us.ear('eth1')?.(peer.send());
    const [side] = sides as [SideLink];
    const hear = (packet: ReceivedPacket, on: SideLink | null) =>
      us.advertiser.hear(us.instance, 100, packet, on);
    peer.send();
    const [main, further] = peer.sent.slice(-2) as [ReceivedPacket, ReceivedPacket];
    expect(further.source).toBe('10.0.1.2');
    expect(hear(further, side)).toMatchObject({ source: PEER, priority: 120 });
    expect(hear(main, null)).toBe('twin');
    expect([hear(main, null), hear(further, side)]).toEqual([null, null]);
    expect(us.counters.read().dropped).toEqual({ replay: 1 });
    expect(Object.fromEntries(side.record.dropped)).toEqual({ replay: 1 });
    // What was sent on one path is nothing on the other.
    peer.send();
    const [next] = peer.sent.slice(-2) as [ReceivedPacket];
    expect(hear(next, side)).toBe(null);
    expect(Object.fromEntries(side.record.dropped)).toEqual({ replay: 1, path: 1 });
  });

  test('does not have the key in it', () => {
    const { peer } = ends(AH);
    expect(Buffer.from(peer.send().payload).includes('s3cret12')).toBe(false);
  });

  test('of ours is later than all that was heard: keepalived takes no other', () => {
    const { us, peer } = ends(AH);
    for (let count = 0; count < 5_000; count += 1) peer.send();
    us.hear(peer.send());
    const sequence = (packet: ReceivedPacket): number =>
      Buffer.from(packet.payload).readUInt32BE(8);
    expect(sequence(us.send())).toBe(sequence(peer.sent.at(-1) as ReceivedPacket) + 1);
  });
});
