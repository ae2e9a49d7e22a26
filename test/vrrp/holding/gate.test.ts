/** How long the gate is open and what becomes of an instance whose gate has shut. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { Counters } from '../../../src/vrrp/counters.ts';
import { Estate, Share } from '../../../src/vrrp/holding/estate.ts';
import { gateMs, hasRunOut, isRenewalDue, openUntil } from '../../../src/vrrp/holding/gate.ts';
import { Gatekeeper } from '../../../src/vrrp/holding/gatekeeper.ts';
import { skewMs } from '../../../src/vrrp/machine/timers.ts';
import type { GatePort } from '../../../src/vrrp/ports.ts';
import { type SimulatedClock, simulatedClock } from '../../world/clock.ts';
import { instanceOf } from '../../world/director.ts';

describe('the time of the gate', () => {
  test('is over before any peer takes over that heard the last advertisement', () => {
    for (const advertIntervalMs of [10, 100, 1000, 40_950]) {
      for (const downTimerAdverts of [1, 2, 3]) {
        const instance = instanceOf({ version: 3, advertIntervalMs, downTimerAdverts });
        const leastSkewMs = skewMs(3, 128, advertIntervalMs);
        const peerTakesOverAt = downTimerAdverts * advertIntervalMs + leastSkewMs;
        expect(openUntil(instance, 0)).toBeLessThanOrEqual(peerTakesOverAt);
        expect(openUntil(instance, 0)).toBeGreaterThan(advertIntervalMs);
      }
    }
  });

  test('is never more than three intervals, whatever is missed here, and what the operator says', () => {
    expect(gateMs(instanceOf({ downTimerAdverts: 10 }))).toBe(3000);
    expect(gateMs(instanceOf({ gate: { mode: 'auto', timeMs: 600 } }))).toBe(600);
  });

  test('is prolonged at most four times while it lasts', () => {
    const gate = { openUntil: 3000 };
    expect(isRenewalDue(gate, 3100, 100)).toBe(false);
    expect(isRenewalDue(gate, 3750, 750)).toBe(true);
    expect(hasRunOut(gate, 2999)).toBe(false);
    expect(hasRunOut(gate, 3000)).toBe(true);
  });
});

/** What the kernel would hold: when each address shuts. */
class SimulatedGate implements GatePort {
  readonly missing: string | null = null;
  readonly openUntil = new Map<string, number>();
  readonly guarded = new Set<string>();
  readonly refused = new Set<string>();
  /** What nf_tables refuses as a whole, because something of it is not there. */
  readonly failed: string[] = [];
  outcome: ReturnType<GatePort['open']> = 'open';
  /** The process is stopped for so long when it is about to open. */
  stoppedMs = 0;
  private readonly clock: SimulatedClock;

  constructor(clock: SimulatedClock) {
    this.clock = clock;
  }

  open(addresses: readonly string[], forMs: number): ReturnType<GatePort['open']> {
    if (this.outcome !== 'open') return this.outcome;
    this.clock.advanceBy(this.stoppedMs);
    this.stoppedMs = 0;
    for (const address of addresses) {
      this.guarded.add(address);
      this.openUntil.set(address, this.clock.now() + forMs);
    }
    return 'open';
  }

  renew({ addresses, leftMs, onLost }: Parameters<GatePort['renew']>[0]): void {
    const isThere = addresses.every((one) => this.answers(one));
    if (!isThere || new Set(addresses).size < addresses.length) onLost('it had run out');
    else this.open(addresses, leftMs());
  }

  shut(addresses: readonly string[]): void {
    this.remove('shut', this.openUntil, addresses);
  }

  unguard(addresses: readonly string[]): void {
    this.remove('unguard', this.guarded, addresses);
  }

  refuse(addresses: readonly string[]): void {
    for (const address of addresses) this.refused.add(address);
  }

  permit(addresses: readonly string[]): void {
    this.remove('permit', this.refused, addresses);
  }

  /** One transaction: all of them, or none. */
  private remove(
    verb: string,
    from: { has(one: string): boolean; delete(one: string): boolean },
    addresses: readonly string[],
  ): void {
    const isTwice = new Set(addresses).size < addresses.length;
    if (isTwice || addresses.some((one) => !from.has(one))) {
      this.failed.push(`${verb} ${addresses.join(' ')}`);
      return;
    }
    for (const address of addresses) from.delete(address);
  }

  answers(address: string): boolean {
    return (this.openUntil.get(address) ?? 0) > this.clock.now();
  }
}

const VIP = '10.0.0.100';

function keeper(): {
  readonly clock: SimulatedClock;
  readonly gate: SimulatedGate;
  readonly lost: string[];
  readonly share: Share;
  readonly keeper: Gatekeeper;
  /** Of another instance of the same director. */
  another(): { readonly share: Share; readonly keeper: Gatekeeper };
} {
  const clock = simulatedClock();
  const gate = new SimulatedGate(clock);
  const lost: string[] = [];
  const ports = { clock, gate, log: silentLog };
  const onLost = (reason: string): void => void lost.push(reason);
  const estate = new Estate();
  const share = new Share(estate);
  return {
    clock,
    gate,
    lost,
    share,
    keeper: new Gatekeeper(ports, share, new Counters(), onLost),
    another: () => {
      const other = new Share(estate);
      return { share: other, keeper: new Gatekeeper(ports, other, new Counters(), onLost) };
    },
  };
}

async function said(lost: readonly string[]): Promise<readonly string[]> {
  await Promise.resolve();
  return lost;
}

describe('the keeper of the gate', () => {
  const instance = instanceOf();

  test('prolongs it with a lease though an advertisement just before it gained nothing', () => {
    const { clock, gate, keeper: one } = keeper();
    one.open(instance, 3000);
    clock.advanceBy(2900);
    // Of a process that was stopped: first its timer, then what its socket has kept for it.
    one.renew(instance, 3000);
    one.prolong(instance, 5900);
    clock.advanceBy(200);
    expect(gate.answers(VIP)).toBe(true);
  });

  test('opens it, prolongs it, shuts it, and lets go of the addresses at last', () => {
    const { clock, gate, keeper: one } = keeper();
    one.open(instance, clock.now() + 3000);
    clock.advanceBy(2000);
    one.renew(instance, clock.now() + 3000);
    clock.advanceBy(2000);
    expect(gate.answers(VIP)).toBe(true);
    one.shut();
    expect(gate.answers(VIP)).toBe(false);
    expect(gate.guarded).toEqual(new Set([VIP]));
    one.unguard();
    expect(gate.guarded).toEqual(new Set());
  });

  test('stopped on the way to the kernel it is open for no longer than it may be', () => {
    const { clock, gate, keeper: one } = keeper();
    gate.stoppedMs = 2000;
    one.open(instance, 3000);
    expect(clock.now()).toBe(2000);
    expect(gate.openUntil.get(VIP)).toBe(3000);
  });

  test('a renewal that comes too late opens nothing, and the addresses are to be given up', async () => {
    const { clock, gate, lost, keeper: one } = keeper();
    one.open(instance, clock.now() + 3000);
    clock.advanceBy(3001);
    one.renew(instance, clock.now() + 3000);
    expect(gate.answers(VIP)).toBe(false);
    expect(await said(lost)).toEqual(['the gate is shut: it had run out']);
    one.renew(instance, clock.now() + 3000);
    expect(gate.answers(VIP)).toBe(false);
    expect(gate.guarded).toEqual(new Set([VIP]));
  });

  test('so does one that the kernel finds too late', async () => {
    const { clock, gate, lost, keeper: one } = keeper();
    one.open(instance, clock.now() + 3000);
    clock.advanceBy(1000);
    gate.shut([VIP]);
    one.renew(instance, clock.now() + 3000);
    expect(await said(lost)).toEqual(['the gate is shut: it had run out']);
  });

  test('what cannot be opened is given up only where the operator insists', async () => {
    for (const [mode, reasons] of [
      ['auto', []],
      ['on', ['the gate is shut: the kernel refused to open it']],
    ] as const) {
      const { clock, gate, lost, keeper: one } = keeper();
      gate.outcome = 'refused';
      one.open(instanceOf({ gate: { mode, timeMs: null } }), clock.now() + 3000);
      expect(await said(lost)).toEqual(reasons);
    }
  });

  test('off: nothing is guarded', () => {
    const { clock, gate, keeper: one } = keeper();
    one.open(instanceOf({ gate: { mode: 'off', timeMs: null } }), clock.now() + 3000);
    expect(gate.guarded).toEqual(new Set());
  });

  const withAddresses = (...all: readonly string[]): VrrpInstance =>
    instanceOf({
      addresses: all.map((address) => ({
        ...(instance.addresses[0] as VrrpInstance['addresses'][number]),
        address,
      })),
    });

  test('a reload opens what is new as long as the rest, and shuts what leaves', () => {
    const { clock, gate, keeper: one } = keeper();
    one.open(instance, clock.now() + 3000);
    clock.advanceBy(1000);
    const after = withAddresses('10.0.0.101');
    one.takeOn(after);
    expect(gate.answers(VIP)).toBe(true);
    one.letGo(after);
    expect(gate.answers(VIP)).toBe(false);
    expect(gate.guarded).toEqual(new Set([VIP, '10.0.0.101']));
    one.unguard();
    expect(gate.guarded).toEqual(new Set(['10.0.0.101']));
    expect(gate.openUntil.get('10.0.0.101')).toBe(3000);
  });

  test('an address that stands twice in an instance is prolonged once', async () => {
    const { clock, gate, lost, keeper: one } = keeper();
    const twice = withAddresses(VIP, VIP);
    one.open(twice, clock.now() + 3000);
    clock.advanceBy(1000);
    one.renew(twice, clock.now() + 3000);
    expect(await said(lost)).toEqual([]);
    expect(gate.openUntil.get(VIP)).toBe(4000);
    one.shut();
    one.unguard();
    expect(gate.failed).toEqual([]);
    expect(gate.guarded).toEqual(new Set());
  });

  test('an address that a reload gives to another instance stays open, for as long as that one has', async () => {
    for (const [from, to] of [
      [400, 3000],
      [9000, 3000],
    ] as const) {
      const { clock, gate, lost, keeper: one, another } = keeper();
      const { keeper: other } = another();
      one.open(withAddresses(VIP, '10.0.0.101'), clock.now() + from);
      other.open(withAddresses('10.0.0.102'), clock.now() + to);
      const [without, more] = [withAddresses('10.0.0.101'), withAddresses('10.0.0.102', VIP)];
      one.takeOn(without);
      other.takeOn(more);
      one.letGo(without);
      other.letGo(more);
      one.unguard();
      other.unguard();
      expect(gate.guarded).toEqual(new Set([VIP, '10.0.0.101', '10.0.0.102']));
      expect(gate.openUntil.get(VIP)).toBe(to);
      expect(await said(lost)).toEqual([]);
      expect(gate.failed).toEqual([]);
      // The one that had it is let be no more.
      one.shut();
      one.unguard();
      expect(gate.answers(VIP)).toBe(true);
    }
  });

  test('an address that a reload gives to an instance without a gate is let be at once', () => {
    const { clock, gate, keeper: one, another } = keeper();
    const { share: other } = another();
    one.open(withAddresses(VIP, '10.0.0.101'), clock.now() + 3000);
    other.want('addresses', [VIP]);
    one.letGo(withAddresses('10.0.0.101'));
    expect(gate.guarded).toEqual(new Set(['10.0.0.101']));
    expect(gate.failed).toEqual([]);
  });

  test('no_accept goes and comes with a reload', () => {
    const { clock, gate, keeper: one } = keeper();
    const refusing = instanceOf({ accept: false });
    one.open(refusing, clock.now() + 3000);
    expect(gate.refused).toEqual(new Set([VIP]));
    one.takeOn(instance);
    one.letGo(instance);
    one.unguard();
    expect(gate.refused).toEqual(new Set());
    const more = { ...withAddresses(VIP, '10.0.0.101'), accept: false };
    one.takeOn(more);
    expect(gate.refused).toEqual(new Set([VIP, '10.0.0.101']));
    one.letGo(more);
    one.shut();
    one.unguard();
    expect(gate.refused).toEqual(new Set());
    expect(gate.failed).toEqual([]);
  });
});
