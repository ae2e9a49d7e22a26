/** bfd_instance: what becomes of its words, and what is told of those that do not fit together. */
import { describe, expect, test } from 'vitest';
import type { BfdInstance } from '../../src/model/bfd.ts';
import { load } from './world.ts';

function built(lines: string, mode: 'default' | 'compat' = 'default'): BfdInstance | undefined {
  const { director, diagnostics } = load(`bfd_instance peer {\n${lines}\n}\n`, { mode });
  expect(diagnostics).toEqual([]);
  return director?.bfd.instances[0];
}

function told(text: string): readonly string[] {
  return load(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

test('a session has the intervals of keepalived unless it names others', () => {
  expect(built('neighbor_ip 192.0.2.3')).toEqual({
    name: 'peer',
    neighbour: '192.0.2.3',
    source: null,
    multihop: false,
    passive: false,
    minTxMs: 10,
    minRxMs: 10,
    idleTxMs: 1_000,
    multiplier: 5,
    hopLimit: 255,
    hopLimitMin: 255,
    weightDelta: 0,
    reverse: false,
    tellsVrrp: true,
    tellsCheckers: true,
  });
});

test('all that it may say', () => {
  const lines = `
    neighbor_ip 2001:db8::3
    source_ip 2001:db8::2
    multihop
    max_hops 5
    min_rx 50.5
    min_tx 100
    idle_tx 2000
    multiplier 3
    passive
    hoplimit 64
    weight -20 reverse
    vrrp`;
  expect(built(lines)).toMatchObject({
    source: '2001:db8::2',
    multihop: true,
    passive: true,
    minRxMs: 50.5,
    minTxMs: 100,
    idleTxMs: 2_000,
    multiplier: 3,
    hopLimit: 64,
    hopLimitMin: 59,
    weightDelta: -20,
    reverse: true,
    tellsVrrp: true,
    tellsCheckers: false,
  });
});

describe('how far a packet may have come', () => {
  test.each([
    ['neighbor_ip 192.0.2.3', 255, 255],
    ['neighbor_ip 192.0.2.3\nmax_hops 2', 255, 253],
    ['neighbor_ip 192.0.2.3\nttl 64', 64, 64],
    ['neighbor_ip 192.0.2.3\nttl 1\nmax_hops 9', 1, 0],
    ['neighbor_ip 192.0.2.3\nmax_hops -1', 255, 0],
    ['neighbor_ip 192.0.2.3\nmax_hops 255', 255, 0],
    ['neighbor_ip 2001:db8::3', 255, 255],
    // Of the other family.
    ['neighbor_ip 2001:db8::3\nttl 10', 255, 255],
  ])('%j is sent with %i, and taken with at least %i', (lines, hopLimit, hopLimitMin) => {
    expect(built(lines)).toMatchObject({ hopLimit, hopLimitMin });
  });

  test('the file of keepalived takes what a peer with keepalived sends over IPv6', () => {
    expect(built('neighbor_ip 2001:db8::3', 'compat')).toMatchObject({
      hopLimit: 255,
      hopLimitMin: 64,
    });
    expect(built('neighbor_ip 2001:db8::3\nhoplimit 255', 'compat')?.hopLimitMin).toBe(255);
  });
});

describe('what does not fit together is told', () => {
  test.each([
    ['nobody to speak to', 'min_rx 10', 'missing-keyword: bfd_instance peer has no neighbor_ip'],
    [
      'two families',
      'neighbor_ip 192.0.2.3\nsource_ip 2001:db8::2',
      'contradiction: source_ip 2001:db8::2 is not of the family of neighbor_ip 192.0.2.3',
    ],
    [
      'many hops from anywhere',
      'neighbor_ip 198.51.100.3\nmultihop\nmax_hops 4',
      'missing-keyword: bfd_instance peer is multihop and has no source_ip',
    ],
    [
      'many hops, and none allowed',
      'neighbor_ip 198.51.100.3\nsource_ip 192.0.2.2\nmultihop',
      'contradiction: max_hops 0 drops what has passed a router, and a multihop session passes one',
    ],
    [
      'an address of a link without the link',
      'neighbor_ip fe80::1',
      'contradiction: fe80::1 is an address of the link, and bfd_instance names no interface',
    ],
  ])('%s', (_, lines, expected) => {
    expect(told(`bfd_instance peer {\n${lines}\n}\n`)).toEqual([expected]);
  });

  test('two sessions with the same ends: a packet could be of either', () => {
    const both =
      'bfd_instance a {\nneighbor_ip 192.0.2.3\n}\nbfd_instance b {\nneighbor_ip 192.0.2.3\n}\n';
    expect(told(both)).toEqual(['duplicate: a is a session with 192.0.2.3 already']);
  });
});

describe('BFD_CHECK', () => {
  const SESSION = 'bfd_instance peer {\nneighbor_ip 198.51.100.21\n}\n';
  const server = (inner: string): string =>
    `virtual_server 192.0.2.10 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 198.51.100.21 80 {\nBFD_CHECK {\n${inner}\n}\n}\n}\n`;

  test('follows a session', () => {
    const { director, diagnostics } = load(`${SESSION}${server('name peer\nalpha')}`);
    expect(diagnostics).toEqual([]);
    const [check] = director?.health.virtualServers[0]?.realServers[0]?.checks ?? [];
    expect(check).toMatchObject({ kind: 'bfd', session: 'peer', pacing: { alpha: true } });
  });

  test.each([
    ['of no name', SESSION, 'alpha', 'missing-keyword: BFD_CHECK names no bfd_instance'],
    ['unknown', SESSION, 'name pier', 'unknown-reference: there is no bfd_instance "pier"'],
    [
      'that tells VRRP only',
      SESSION.replace('\n}', '\nvrrp\n}'),
      'name peer',
      'contradiction: bfd_instance peer says "vrrp", and so is told to nobody else',
    ],
  ])('one %s is told', (_, session, inner, expected) => {
    expect(told(`${session}${server(inner)}`)).toContain(expected);
  });
});
