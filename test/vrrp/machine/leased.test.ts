import { describe, expect, test } from 'vitest';
import { isWaiting, type LeasedEvent, leasedStep } from '../../../src/vrrp/machine/leased.ts';
import type { Backup, Heard, State } from '../../../src/vrrp/machine/state.ts';
import { instanceOf } from '../../world/director.ts';

const self = { instance: instanceOf({ priority: 150 }), priority: 150, address: '10.0.0.1' };
const backup: Backup = {
  is: 'backup',
  masterIntervalMs: 1_000,
  masterDownAt: 3_000,
  preemptAt: null,
  lesserHeardAt: null,
  wasLate: false,
};
const waiting: Backup = { ...backup, masterDownAt: Infinity };

function step(state: State, event: LeasedEvent, held: boolean | null, over: object = {}) {
  const lease =
    held === null ? null : { isHeld: () => held, holdsUntil: () => (held ? 10_000 : null) };
  const changed = { ...self, instance: { ...self.instance, ...over } };
  return leasedStep(changed, state, event, { now: 3_000, lease });
}

function heard(priority: number): LeasedEvent {
  const advert: Heard = { source: '10.0.0.2', priority, intervalMs: 1_000 };
  return { type: 'heard', advert };
}

const master = step(backup, { type: 'time' }, true).state;
const doing = ({ effects }: ReturnType<typeof step>) => effects.map((one) => one.do);

describe('an instance with a lease', () => {
  test('is master at once if it has it, or needs none', () => {
    expect(step(backup, { type: 'time' }, true).state.is).toBe('master');
    expect(step(backup, { type: 'time' }, null).state.is).toBe('master');
  });

  test('waits as a backup, sends nothing and holds nothing, until it is granted', () => {
    const refused = step(backup, { type: 'time' }, false);
    expect(isWaiting(refused.state)).toBe(true);
    expect(refused.effects).toEqual([]);
    const granted = step(refused.state, { type: 'lease-granted' }, true);
    expect(granted).toMatchObject({ state: { is: 'master' }, reason: 'lease granted' });
    expect(doing(granted)).toEqual(['hold-addresses', 'advertise', 'announce']);
  });

  test('vrrp-T9: opens its gate before it advertises; without a lease it advertises first', () => {
    const orders = [true, null].map((held) => doing(step(backup, { type: 'time' }, held)));
    expect(orders).toEqual([
      ['hold-addresses', 'advertise', 'announce'],
      ['advertise', 'hold-addresses', 'announce'],
    ]);
  });

  test('waits for it also as the owner of the addresses', () => {
    const owner = { ...self, priority: 255 };
    const now = { now: 0, lease: { isHeld: () => false, holdsUntil: () => null } };
    const begun = leasedStep(owner, { is: 'init' }, { type: 'start' }, now);
    expect(isWaiting(begun.state)).toBe(true);
    expect(begun.reason).toBe('waits for the lease');
  });

  test('waits on beside a lesser master, and not beside a better one', () => {
    expect(isWaiting(step(waiting, heard(100), false).state)).toBe(true);
    expect(isWaiting(step(waiting, heard(0), false).state)).toBe(true);
    expect(step(waiting, heard(200), false).state).toMatchObject({ is: 'backup' });
    expect(isWaiting(step(waiting, heard(200), false).state)).toBe(false);
    expect(isWaiting(step(waiting, heard(100), false, { preempt: false }).state)).toBe(false);
  });

  test('that loses it lets the addresses go, and then says that it has resigned', () => {
    const lost = step(master, { type: 'lease-lost', again: false }, false);
    expect(lost).toMatchObject({ state: { is: 'backup' }, reason: 'lease lost' });
    expect(lost.effects).toEqual([{ do: 'release-addresses' }, { do: 'advertise', priority: 0 }]);
  });

  test('hands it over to who asks with a higher priority, and waits for his advertisements', () => {
    const yielded = step(master, { type: 'lease-wanted', priority: 200 }, true);
    expect(yielded.reason).toBe('priority 200 asks for the lease');
    expect(doing(yielded)).toEqual(['release-addresses']);
    expect(isWaiting(yielded.state)).toBe(false);
  });

  test('that needs one since a reload asks for it at once', () => {
    const { state } = step(master, { type: 'lease-lost', again: true }, false);
    expect(isWaiting(state)).toBe(true);
  });

  test('takes no notice of a lease where it has nothing to do with it', () => {
    for (const state of [backup, { is: 'fault' }, { is: 'init' }] as const) {
      expect(step(state, { type: 'lease-granted' }, true).state).toBe(state);
      expect(step(state, { type: 'lease-lost', again: false }, true).state).toBe(state);
      expect(step(state, { type: 'lease-wanted', priority: 255 }, true).state).toBe(state);
    }
  });
});
