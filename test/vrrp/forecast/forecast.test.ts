/** A plan of VRRP in words: what a reload does to addresses, paths, links and instances, read from two files. */
import { expect, test } from 'vitest';
import type { Director } from '../../../src/model/director.ts';
import { planVrrp } from '../../../src/vrrp/forecast/forecast.ts';
import { staticChanges } from '../../../src/vrrp/forecast/held-changes.ts';
import type { State } from '../../../src/vrrp/machine/state.ts';
import { load } from '../../config/world.ts';
import { settled, simulatedClock } from '../../world/clock.ts';
import { configOf, instanceOf, SimulatedDirector } from '../../world/director.ts';
import { SimulatedLink } from '../../world/link.ts';

function directorOf(text: string): Director {
  const { director, diagnostics } = load(text, { mode: 'compat' });
  if (director === null) throw new Error(JSON.stringify(diagnostics));
  return director;
}

const instanceText = (lines: string, addresses = '192.0.2.10/24'): string => `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    ${lines}
    virtual_ipaddress {
        ${addresses}
    }
}
`;

/** What a reload from one text to the other does to an instance in this state. */
function linesOf(state: State['is'], before: string, after: string): readonly string[] {
  return changesOf(state, before, after).map(({ text }) => text);
}

function changesOf(state: State['is'], before: string, after: string) {
  const sides = [before, after].map((text) => {
    const [instance] = directorOf(text).vrrp.instances;
    if (instance === undefined) throw new Error('no instance');
    const { priority, tracks } = instance;
    return { instance, priority, tracks, group: null, fault: null, isUndecided: false, state };
  });
  return planVrrp([{ before: sides[0] ?? null, after: sides[1] ?? null }]).changes;
}

test('an address that stays is told with what is changed of it', () => {
  const before = instanceText('', '192.0.2.10/24\n192.0.2.11/24 label eth0:1 brd +');
  const after = instanceText(
    '',
    '192.0.2.10/24 label eth0:1 scope link\n192.0.2.11/24 label eth0:1 brd +',
  );
  expect(changesOf('master', before, after)).toEqual([
    {
      text: '~ address 192.0.2.10/24 dev eth0 of instance VI_1: label none → eth0:1, scope global → link, changed and announced at once',
      change: 'edit',
      about: 'address',
      name: '192.0.2.10/24 dev eth0',
      instance: 'VI_1',
      differences: [
        { name: 'label', from: 'none', to: 'eth0:1' },
        { name: 'scope', from: 'global', to: 'link' },
      ],
    },
  ]);
  expect(linesOf('backup', before, after)).toEqual([
    '~ address 192.0.2.10/24 dev eth0 of instance VI_1: label none → eth0:1, scope global → link',
  ]);
});

test.each([
  ['192.0.2.10/24 brd +', 'broadcast none → of its network'],
  ['192.0.2.10/24 brd 192.0.2.254', 'broadcast none → 192.0.2.254'],
  ['192.0.2.10/24 noprefixroute autojoin', 'flags none → autojoin noprefixroute'],
  ['192.0.2.10/24 preferred_lft 0', 'preferred for ever → for 0 s'],
  ['192.0.2.10/24 no_track', 'put back yes → no'],
])('of %s: %s', (line, what) => {
  expect(linesOf('master', instanceText(''), instanceText('', line))).toEqual([
    `~ address 192.0.2.10/24 dev eth0 of instance VI_1: ${what}, changed and announced at once`,
  ]);
});

test('an address that is only not advertised any more is not touched', () => {
  const excluded = '192.0.2.10/24\n} virtual_ipaddress_excluded {\n192.0.2.11/24';
  const before = instanceText('', '192.0.2.10/24\n192.0.2.11/24');
  expect(linesOf('master', before, instanceText('', excluded))).toEqual([
    '~ address 192.0.2.11/24 dev eth0 of instance VI_1: advertised yes → no',
  ]);
});

test('routes and rules that are changed are told as one that is replaced', () => {
  const text = (gateway: string, table: string, more = ''): string =>
    instanceText(`virtual_routes {
        198.51.100.0/24 via ${gateway} dev eth0 metric 10
        198.51.100.0/24 via 192.0.2.9 dev eth0 metric 20
        ${more}
    }
    virtual_rules {
        from 198.51.100.0/24 table ${table} priority 100
    }`);
  const before = text('192.0.2.1', '10');
  const after = text('192.0.2.2', '20', '203.0.113.0/24 dev eth0');
  expect(linesOf('master', before, after)).toEqual([
    '+ route to 203.0.113.0/24 in table main of instance VI_1: added at once',
    '~ route to 198.51.100.0/24 in table main of instance VI_1: next hop 192.0.2.1 dev eth0 → 192.0.2.2 dev eth0, replaced at once',
    '~ ipv4 rule of priority 100 from 198.51.100.0/24 of instance VI_1: action table 10 → table 20, replaced at once',
  ]);
  expect(linesOf('backup', after, before)).toEqual([
    '- route to 203.0.113.0/24 in table main of instance VI_1',
    '~ route to 198.51.100.0/24 in table main of instance VI_1: next hop 192.0.2.2 dev eth0 → 192.0.2.1 dev eth0',
    '~ ipv4 rule of priority 100 from 198.51.100.0/24 of instance VI_1: action table 20 → table 10',
  ]);
});

test('what an instance says and when it takes over is told, and no secret', () => {
  const before = instanceText('authentication { auth_type PASS\nauth_pass one }');
  const after = instanceText(`advert_int 2
    preempt_delay 10
    mcast_src_ip 192.0.2.7
    track_interface { eth1 weight -20 }
    authentication { auth_type PASS\nauth_pass two }`);
  expect(linesOf('backup', before, after)).toEqual([
    `~ instance VI_1: ${[
      'interval 1 s → 2 s',
      'takes over after 3.609 s → 6.609 s',
      'preempts at once → after 10 s',
      'source address that of its interface → 192.0.2.7',
      'gate auto for 3 s → auto for 6 s',
      'tracks none → interface eth1 weight -20',
      'authentication password → password with another key',
    ].join(', ')}`,
  ]);
});

test('a priority alone is one line', () => {
  expect(linesOf('backup', instanceText('priority 100'), instanceText('priority 150'))).toEqual([
    '~ instance VI_1: effective priority 100 → 150',
  ]);
});

test('a virtual MAC is an interface that comes, and addresses that move to it', () => {
  expect(linesOf('master', instanceText(''), instanceText('use_vmac'))).toEqual([
    '+ interface vrrp.51 of instance VI_1: macvlan on eth0, MAC 00:00:5e:00:01:33',
    '- address 192.0.2.10/24 dev eth0 of instance VI_1: released at once',
    '+ address 192.0.2.10/24 dev vrrp.51 of instance VI_1: held and announced at once',
  ]);
});

test('static entries are told, whoever is MASTER', () => {
  const statics = (text: string) => directorOf(text).vrrp.statics;
  const changes = staticChanges(
    statics(`static_ipaddress { 10.9.0.1/24 dev eth0\n10.9.0.2/24 dev eth0 }
      static_routes { 10.8.0.0/16 via 10.9.0.9 dev eth0 }`),
    statics(`static_ipaddress { 10.9.0.1/24 dev eth0 label eth0:s\n10.9.0.3/24 dev eth0 }
      static_routes { 10.8.0.0/16 via 10.9.0.8 dev eth0 }`),
  );
  expect(changes.map(({ text, instance }) => [instance, text])).toEqual([
    [null, '- static address 10.9.0.2/24 dev eth0: removed at once'],
    [null, '+ static address 10.9.0.3/24 dev eth0: added at once'],
    [
      null,
      '~ static address 10.9.0.1/24 dev eth0: label none → eth0:s, removed and added again at once',
    ],
    [
      null,
      '~ static route to 10.8.0.0/16 in table main: next hop 10.9.0.9 dev eth0 → 10.9.0.8 dev eth0, removed and added again at once',
    ],
  ]);
});

test('who falls into FAULT by a reload is told before, and does', async () => {
  const clock = simulatedClock();
  const director = new SimulatedDirector('one', 1, {
    clock,
    links: { eth0: new SimulatedLink(clock), eth1: new SimulatedLink(clock) },
  });
  director.down.add('eth1');
  const [one, other] = [instanceOf(), instanceOf({ name: 'VI_2', vrid: 52 })];
  const group = { name: 'G', members: ['VI_1', 'VI_2'], trackWeights: false };
  const syncGroups = [{ ...group, tracks: [], notify: one.notify }];
  const good = configOf([one, other], { syncGroups });
  director.speaker.configure(good);
  await clock.settleBy(10_000);
  const tracks = [{ kind: 'interface', name: 'eth1', weightDelta: 0, reverse: false }] as const;
  const bad = configOf([{ ...one, tracks }, other], { syncGroups });
  const texts = (config: typeof good): readonly string[] =>
    director.speaker.plan(config).changes.map(({ text }) => text);
  expect(texts(good)).toEqual([]);
  const [address] = one.addresses;
  const labelled = { ...one, tracks, addresses: address ? [{ ...address, label: 'eth0:v' }] : [] };
  expect(texts(configOf([labelled, other], { syncGroups }))).toContain(
    '~ address 10.0.0.100/24 dev eth0 of instance VI_1: label none → eth0:v',
  );
  expect(texts(bad)).toEqual([
    '~ instance VI_1 (MASTER): FAULT at once, releases 1 address: interface eth1 is down',
    '~ instance VI_1: tracks none → interface eth1',
    '~ instance VI_2 (MASTER): FAULT at once, releases 1 address: sync group: VI_1: interface eth1 is down',
  ]);
  director.speaker.configure(bad);
  await settled();
  expect([director.state('VI_1'), director.state('VI_2')]).toEqual(['fault', 'fault']);
  expect(texts(good)).toEqual([
    '~ instance VI_1 (FAULT): leaves FAULT, where it is because interface eth1 is down',
    '~ instance VI_1: tracks interface eth1 → none',
    '~ instance VI_2 (FAULT): leaves FAULT, where it is because sync group: VI_1: interface eth1 is down',
  ]);
  director.speaker.configure(good);
  await settled();
  expect(director.state('VI_1')).not.toBe('fault');
});

test('a new instance that cannot serve is told with the reason', async () => {
  const clock = simulatedClock();
  const links = { eth0: new SimulatedLink(clock) };
  const director = new SimulatedDirector('one', 1, { clock, links });
  director.speaker.configure(configOf([]));
  const elsewhere = instanceOf({ interface: 'eth9' });
  expect(director.speaker.plan(configOf([elsewhere])).changes.map(({ text }) => text)).toEqual([
    '+ instance VI_1: virtual router 51 on eth9, priority 100, 1 address, in FAULT: there is no interface eth9',
  ]);
});
