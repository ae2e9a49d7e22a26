/** Which virtual links are made, made again, left alone or removed. */
import { describe, expect, test } from 'vitest';
import type { VirtualLink } from '../../src/model/virtual-link.ts';
import { diffVirtualLinks, QUIET } from '../../src/reconcile/virtual-links.ts';
import type { Link } from '../../src/wire/rtnl/links.ts';
import { ETH0 } from '../world/eth0.ts';

const OWNER = 100;
const DEAD = 99;
const OTHER = 200;

const WANTED: VirtualLink = {
  name: 'vrrp.51',
  kind: 'macvlan',
  base: 'eth0',
  mac: '00:00:5e:00:01:33',
  isolation: 'private',
  group: 0,
  vrf: null,
};

const THERE: Link = {
  ...ETH0,
  index: 7,
  name: 'vrrp.51',
  kind: 'macvlan',
  mac: '00:00:5e:00:01:33',
  lowerIndex: 2,
  isolation: 'private',
  alias: `lvs-director ${OWNER}`,
};

const VRF: Link = { ...ETH0, index: 9, name: 'red', kind: 'vrf', vrfTable: 10 };

const diff = (present: readonly Link[], wanted: readonly VirtualLink[] = [WANTED]) =>
  diffVirtualLinks({ wanted, present, owner: OWNER, isAlive: (pid) => pid !== DEAD });

const verbs = (present: readonly Link[], wanted?: readonly VirtualLink[]) =>
  diff(present, wanted).changes.map((change) => change.do);

test('a link that is missing is made, made quiet, and then set up (vrrp-T8, vrrp-A9)', () => {
  expect(diff([ETH0])).toEqual({
    changes: [
      {
        do: 'add-link',
        link: {
          name: 'vrrp.51',
          kind: 'macvlan',
          baseIndex: 2,
          mac: '00:00:5e:00:01:33',
          isolation: 'private',
        },
      },
      {
        do: 'set-link',
        name: 'vrrp.51',
        settings: {
          alias: `lvs-director ${OWNER}`,
          group: 0,
          masterIndex: 0,
          noGeneratedAddress: true,
          ipv4: QUIET,
        },
      },
    ],
    raise: ['vrrp.51'],
    inTheWay: new Map(),
  });
  expect(QUIET).toMatchObject({ sendRedirects: 0, arpIgnore: 1 });
});

test('one that is there as it should be is not touched', () => {
  expect(diff([ETH0, THERE])).toEqual({ changes: [], raise: [], inTheWay: new Map() });
});

test('without its interface there is nothing to be done', () => {
  expect(verbs([])).toEqual([]);
});

test('one that somebody set down is set up', () => {
  const { changes, raise } = diff([ETH0, { ...THERE, up: false }]);
  expect(changes.map((change) => change.do)).toEqual(['set-link']);
  expect(raise).toEqual(['vrrp.51']);
});

describe('what an earlier life left', () => {
  const left = { ...THERE, alias: `lvs-director ${DEAD}` };

  test('is adopted with its addresses when it is as wanted', () => {
    expect(verbs([ETH0, left])).toEqual(['set-link']);
  });

  test.each<[string, Partial<Link>]>([
    ['on another interface', { lowerIndex: 3 }],
    ['with another MAC', { mac: '00:00:5e:00:01:34' }],
    ['in another mode', { isolation: 'bridge' }],
  ])('is made again when it is %s', (_, change) => {
    expect(verbs([ETH0, { ...left, ...change }])).toEqual(['remove-link', 'add-link', 'set-link']);
  });

  test('is removed when nobody wants it', () => {
    expect(verbs([ETH0, left], [])).toEqual(['remove-link']);
  });
});

describe('what is not ours', () => {
  const foreign = { ...THERE, alias: null };

  test('is adopted when it is just what is wanted: keepalived left it', () => {
    expect(verbs([ETH0, foreign])).toEqual(['set-link']);
  });

  test.each<[string, Partial<Link>]>([
    ['a macvlan with another MAC', { mac: '02:00:00:00:00:09' }],
    ['a veth', { kind: 'veth', isolation: null }],
  ])('keeps its name: %s', (_, change) => {
    const { changes, inTheWay } = diff([ETH0, { ...foreign, ...change }]);
    expect(changes).toEqual([]);
    expect(inTheWay.get('vrrp.51')).toContain('there is another interface vrrp.51');
  });

  test('stays when nobody wants it', () => {
    expect(verbs([ETH0, foreign], [])).toEqual([]);
  });

  test('is that of another director of ours, too, while it runs', () => {
    const others = { ...THERE, alias: `lvs-director ${OTHER}` };
    expect(verbs([ETH0, others], [])).toEqual([]);
    expect(diff([ETH0, others]).inTheWay.get('vrrp.51')).toContain('another director of ours');
  });

  test('is not removed because somebody wrote our mark on his network card', () => {
    expect(verbs([{ ...ETH0, alias: `lvs-director ${DEAD}` }], [])).toEqual([]);
  });
});

describe('a VRF', () => {
  const settings = (present: readonly Link[], wanted?: VirtualLink) =>
    diff(present, wanted === undefined ? undefined : [wanted]).changes.flatMap((change) =>
      change.do === 'set-link' ? [change.settings.masterIndex] : [],
    );

  test('of the interface is that of the link', () => {
    expect(settings([{ ...ETH0, masterIndex: 9 }, VRF])).toEqual([9]);
  });

  test('is none when the interface is in a bridge', () => {
    const bridge = { ...VRF, kind: 'bridge', vrfTable: null };
    expect(settings([{ ...ETH0, masterIndex: 9 }, bridge])).toEqual([0]);
  });

  test('that is named counts, and must be there', () => {
    const wanted = { ...WANTED, vrf: 'red' };
    expect(settings([ETH0, VRF], wanted)).toEqual([9]);
    expect(diff([ETH0], [wanted]).inTheWay.get('vrrp.51')).toBe('there is no VRF red');
  });
});
