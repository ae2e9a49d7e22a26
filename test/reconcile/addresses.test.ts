import { describe, expect, test } from 'vitest';
import type { VirtualAddress } from '../../src/model/vrrp.ts';
import { diffAddresses, wantedAddress } from '../../src/reconcile/addresses.ts';

const vip = (address: string, over: Partial<VirtualAddress> = {}): VirtualAddress => ({
  address,
  prefixLength: address.includes(':') ? 128 : 32,
  interface: 'eth0',
  label: null,
  scope: 'global',
  broadcast: null,
  ...over,
});

const interfaces = new Map([
  ['eth0', 2],
  ['eth1', 3],
]);
const on = (interfaceIndex: number, address: string, prefixLength = 32) =>
  ({ interfaceIndex, family: 'ipv4', address, prefixLength }) as const;

const planOf = (input: Partial<Parameters<typeof diffAddresses>[0]>) =>
  diffAddresses({ hold: [], release: [], actual: [], interfaces, ...input }).changes.map(
    ({ do: verb, address }) => `${verb} ${address.address} ${address.interfaceIndex}`,
  );

describe('virtual addresses', () => {
  test('to be held are added where they are not', () => {
    const hold = [vip('10.0.0.1'), vip('10.0.0.2')];
    expect(planOf({ hold, actual: [on(2, '10.0.0.1')] })).toEqual(['add-address 10.0.0.2 2']);
  });

  test('to be released are removed where they are', () => {
    const release = [vip('10.0.0.1'), vip('10.0.0.2')];
    expect(planOf({ release, actual: [on(2, '10.0.0.1'), on(2, '10.0.0.3')] })).toEqual([
      'remove-address 10.0.0.1 2',
    ]);
  });

  test('that nobody has looked for are all asked for', () => {
    const [hold, release] = [[vip('10.0.0.1')], [vip('10.0.0.1'), vip('10.0.0.2')]];
    expect(planOf({ hold, release, actual: null })).toEqual([
      'remove-address 10.0.0.2 2',
      'add-address 10.0.0.1 2',
    ]);
  });

  test('that move to another interface leave the old one first', () => {
    const release = [vip('10.0.0.1')];
    const hold = [vip('10.0.0.1', { interface: 'eth1' })];
    expect(planOf({ hold, release, actual: [on(2, '10.0.0.1')] })).toEqual([
      'remove-address 10.0.0.1 2',
      'add-address 10.0.0.1 3',
    ]);
  });

  test('held by one instance and released by another stay', () => {
    const both = [vip('10.0.0.1')];
    expect(planOf({ hold: both, release: both, actual: [on(2, '10.0.0.1')] })).toEqual([]);
  });

  test('on an interface that does not exist are named', () => {
    const hold = [vip('10.0.0.1', { interface: 'eth9' }), vip('10.0.0.2')];
    const diff = diffAddresses({ hold, release: [], actual: [], interfaces });
    expect(diff.missingInterfaces).toEqual(['eth9']);
    expect(diff.changes).toHaveLength(1);
  });
});

describe('a virtual address is asked for', () => {
  test.each([
    ['10.0.0.5', 24, 'default', '10.0.0.255'],
    ['10.0.0.5', 22, 'default', '10.0.3.255'],
    ['10.0.0.5', 30, 'default', '10.0.0.7'],
    ['10.0.0.5', 31, 'default', null],
    ['10.0.0.5', 32, 'default', null],
    ['10.0.0.5', 8, '10.9.9.9', '10.9.9.9'],
    ['fd00::5', 64, 'default', null],
  ])('%s/%d with broadcast %s as %s', (address, prefixLength, broadcast, expected) => {
    expect(wantedAddress(vip(address, { prefixLength, broadcast }), 2).broadcast).toBe(expected);
  });

  test('vrrp-A6 with duplicate address detection only where -nodad asks for it', () => {
    expect(wantedAddress(vip('fd00::5', { flags: ['dad'] }), 2).noDad).toBe(false);
    expect(wantedAddress(vip('fd00::5', { flags: ['home'] }), 2)).toMatchObject({
      noDad: true,
      home: true,
    });
  });

  test('vrrp-A6 without duplicate address detection if it is IPv6', () => {
    expect(wantedAddress(vip('fd00::5'), 2).noDad).toBe(true);
    expect(wantedAddress(vip('10.0.0.5'), 2).noDad).toBe(false);
  });
});
