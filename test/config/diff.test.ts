/** Two configurations by meaning: what is a difference, what is none, and how it is told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffConfigs, renderDifference } from '../../src/config/show/diff.ts';
import { printEffective } from '../../src/config/show/print-effective.ts';
import { EXAMPLES, GOLDEN, generated } from './corpus.ts';
import { treeOf } from './world.ts';

function diff(before: string, after: string): readonly string[] {
  return diffConfigs({ before: treeOf(before), after: treeOf(after) }).map(renderDifference);
}

const instance = (inner: string): string =>
  `vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n ${inner}\n}\n`;

const server = (inner: string, first = ''): string =>
  `virtual_server 192.0.2.10 80 {
 ${first}
 lvs_sched rr
 lvs_method NAT
 protocol TCP
 ${inner}
}
`;

const real = (last: number, inner: string): string =>
  `real_server 198.51.100.${last} 80 {\n ${inner}\n}\n`;

const POOL = server(
  real(21, 'weight 1\n TCP_CHECK { }') + real(22, 'TCP_CHECK { }'),
  'delay_loop 6',
);

/** Many runs on a machine that others use too. */
const MANY_RUNS_MS = 60_000;

describe('no difference', () => {
  test.each([
    ['layout and comments', POOL, POOL.replaceAll('\n', '  # x\n\n\t')],
    ['a definition', POOL, `$W=1\n${POOL.replace('weight 1', 'weight $W')}`],
    ['a default written out', instance(''), instance('priority 100\n garp_master_delay 5')],
    ['an old word', POOL, POOL.replace('lvs_sched', 'lb_algo').replace('lvs_method', 'lb_kind')],
    [
      'another way to write an address',
      'virtual_server 2001:db8::1 80 { protocol TCP }',
      'virtual_server 2001:DB8:0::1 80 { protocol tcp }',
    ],
    [
      'the order of real servers',
      server(real(21, '') + real(22, '')),
      server(real(22, '') + real(21, '')),
    ],
    [
      'where an inherited value is written',
      server(real(21, 'TCP_CHECK { }'), 'connect_timeout 3'),
      server(real(21, 'TCP_CHECK { connect_timeout 3 }')),
    ],
    [
      'a value that nobody inherits',
      server(real(21, 'TCP_CHECK { delay_loop 2 }'), 'delay_loop 3'),
      server(real(21, 'TCP_CHECK { delay_loop 2 }'), 'delay_loop 4'),
    ],
    [
      'the options of an address that hold anyhow',
      instance('virtual_ipaddress { 192.0.2.10 label eth0:1 }'),
      instance('virtual_ipaddress { 192.0.2.10/32 scope global label eth0:1 dev eth0 }'),
    ],
    [
      'quotes around a command',
      `vrrp_script a {\n script /bin/true\n}\n`,
      `vrrp_script a {\n script "/bin/true"\n}\n`,
    ],
    [
      'port 0',
      'virtual_server 192.0.2.1 { protocol TCP\n lvs_sched rr }',
      'virtual_server 192.0.2.1 0 { protocol TCP\n lvs_sched rr }',
    ],
  ])('%s', (_, before, after) => {
    expect(diff(before, after)).toEqual([]);
    expect(diff(after, before)).toEqual([]);
  });

  test.each([...GOLDEN, ...EXAMPLES].map(({ name, text }) => [name, text]))(
    'between a file and what is shown of it: %s',
    (_, text) => {
      const shown = printEffective(treeOf(text), {});
      expect(
        diff(text, shown).filter((line) => !/(auth_pass differs|key( \d+)? \*{8})$/.test(line)),
      ).toEqual([]);
    },
  );

  test(
    'between any configuration and itself',
    () => {
      fc.assert(
        fc.property(generated, (text) => {
          expect(diff(text, text)).toEqual([]);
        }),
        { numRuns: 100 },
      );
    },
    MANY_RUNS_MS,
  );
});

describe('a difference', () => {
  test.each([
    [
      'of a real server',
      POOL,
      POOL.replace('weight 1', 'weight 3'),
      ['~ virtual_server 192.0.2.10 80 tcp / real_server 198.51.100.21 80: weight 1 → 3'],
    ],
    [
      'that many inherit is told once',
      POOL,
      POOL.replace('delay_loop 6', 'delay_loop 7'),
      ['~ virtual_server 192.0.2.10 80 tcp: delay_loop 6 → 7'],
    ],
    [
      'that returns to the default',
      POOL,
      POOL.replace('delay_loop 6', ''),
      ['~ virtual_server 192.0.2.10 80 tcp: delay_loop 6 → 60'],
    ],
    [
      'of a global default is told where it was made',
      `global_defs {\n vrrp_garp_master_repeat 2\n}\n${instance('')}`,
      instance(''),
      ['~ global_defs: vrrp_garp_master_repeat 2 → 5'],
    ],
    ['of a flag', instance(''), instance('nopreempt'), ['+ vrrp_instance VI_1: nopreempt']],
    [
      'of a command',
      instance('notify "/bin/true a"'),
      instance('notify "/bin/true b"'),
      ['~ vrrp_instance VI_1: notify "/bin/true a" → "/bin/true b"'],
    ],
    [
      'of whole blocks',
      instance(''),
      POOL,
      ['- vrrp_instance VI_1', '+ virtual_server 192.0.2.10 80 tcp'],
    ],
    [
      'of the protocol makes another virtual server',
      POOL,
      POOL.replace('TCP\n', 'UDP\n'),
      ['- virtual_server 192.0.2.10 80 tcp', '+ virtual_server 192.0.2.10 80 udp'],
    ],
    [
      'of addresses',
      instance('virtual_ipaddress {\n 192.0.2.10\n 192.0.2.11\n 192.0.2.12 dev eth1\n}'),
      instance('virtual_ipaddress {\n 192.0.2.11\n 192.0.2.10\n 192.0.2.12 dev lo\n 192.0.2.13\n}'),
      [
        '~ vrrp_instance VI_1 / virtual_ipaddress: first 192.0.2.10 → 192.0.2.11',
        '~ vrrp_instance VI_1 / virtual_ipaddress: 192.0.2.12 dev eth1 → 192.0.2.12 dev lo',
        '+ vrrp_instance VI_1 / virtual_ipaddress: 192.0.2.13',
      ],
    ],
    [
      'of a list that is there once',
      instance('track_interface { eth1 }'),
      instance(''),
      ['- vrrp_instance VI_1 / track_interface: eth1'],
    ],
    [
      'of a secret shows none',
      instance('authentication {\n auth_type PASS\n auth_pass canary1\n}'),
      instance('authentication {\n auth_type PASS\n auth_pass canary2\n}'),
      ['~ vrrp_instance VI_1 / authentication: auth_pass differs'],
    ],
    [
      'without effect says so',
      instance('debug 1'),
      instance('debug 2'),
      ['~ vrrp_instance VI_1: debug 1 → 2 (no effect in this version)'],
    ],
    [
      'of the second of two checkers of a kind',
      server(real(21, 'TCP_CHECK { connect_port 1 }\n TCP_CHECK { connect_port 2 }')),
      server(real(21, 'TCP_CHECK { connect_port 2 }\n TCP_CHECK { connect_port 3 }')),
      [
        '~ virtual_server 192.0.2.10 80 tcp / real_server 198.51.100.21 80 / TCP_CHECK: connect_port 1 → 3',
      ],
    ],
    ['at the top', 'child_wait_time 5\n', 'child_wait_time 6\n', ['~ child_wait_time 5 → 6']],
  ])('%s', (_, before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });
});
