/** Lines of words: what is taken, and what is told on which word. One table a family. */
import { describe, expect, test } from 'vitest';
import type { DiagnosticCode } from '../../src/config/diagnostics/codes.ts';
import type { Diagnostic } from '../../src/config/diagnostics/diagnostic.ts';
import { Reports } from '../../src/config/diagnostics/reports.ts';
import {
  choice,
  integer,
  keyword,
  type Phrase,
  tableOf,
} from '../../src/config/keywords/keyword.ts';
import { readPhrase } from '../../src/config/values/phrase.ts';
import { inPlace } from './places.ts';
import { load, words } from './world.ts';

/** What reading a line tells. Rules tell more, of what lines do together. */
const READING: readonly DiagnosticCode[] = [
  'unknown-keyword',
  'unknown-option',
  'misplaced-keyword',
  'missing-argument',
  'extra-argument',
  'bad-value',
  'bad-interface-name',
  'out-of-range',
  'contradiction',
  'adjusted',
  'repeated',
  'deprecated',
  'off-ignored',
];

function told(block: Parameters<typeof inPlace>[0], lines: readonly string[]): readonly string[] {
  const { text } = inPlace(block, lines);
  return load(text, { mode: 'compat', files: KEY_FILES })
    .diagnostics.filter(({ code }) => READING.includes(code))
    .map(brief);
}

/** Files that a key may be read from. */
const KEY_FILES = { key: '0123456789abcdef0123456789abcdef\n', 'short.key': 'short\n' };

/** `code "the underlined text"`. */
function brief({ code, span }: Diagnostic): string {
  return `${code} ${span.file.text.slice(span.start, span.end)}`;
}

type Case = readonly [line: string, told: readonly string[]];

function check(block: Parameters<typeof inPlace>[0], cases: readonly Case[]): void {
  for (const [line, expected] of cases) expect(told(block, [line]), line).toEqual(expected);
}

function checkEntries(
  block: Parameters<typeof inPlace>[0],
  opener: string,
  cases: readonly Case[],
): void {
  for (const [line, expected] of cases) {
    expect(told(block, [`${opener} {`, line, '}']), line).toEqual(expected);
  }
}

describe('keywords of global_defs', () => {
  test('lvs_sync_daemon', () => {
    check('global_defs', [
      ['lvs_sync_daemon eth0', []],
      ['lvs_sync_daemon eth0 VI_1', []],
      ['lvs_sync_daemon eth0 VI_1 5', []],
      ['lvs_sync_daemon eth0 inst VI_1 id 5 maxlen 1400 port 8848 ttl 1 group 224.0.0.81', []],
      ['lvs_sync_daemon eth0 inst VI_1 id 256', ['out-of-range 256']],
      ['lvs_sync_daemon eth0 id 5 id 6', ['repeated id']],
      ['lvs_sync_daemon eth0 VI_1 prot 8848', ['unknown-option prot']],
      ['lvs_sync_daemon eth0 VI_1 group 192.0.2.1', ['bad-value 192.0.2.1']],
      ['lvs_sync_daemon eth0 VI_1 port', ['missing-argument port']],
      ['lvs_sync_daemon', ['missing-argument lvs_sync_daemon']],
      ['lvs_sync_daemon a/b', ['bad-interface-name a/b']],
    ]);
  });

  test('words, numbers and both', () => {
    check('global_defs', [
      ['lvs_timeouts tcp 900 udp 300', []],
      ['lvs_timeouts tcp 2678401', ['out-of-range 2678401']],
      ['lvs_timeouts', ['missing-argument lvs_timeouts']],
      ['lvs_timeouts 900', ['unknown-option 900']],
      ['vrrp_rx_bufs_policy mtu', []],
      ['vrrp_rx_bufs_policy 65536', []],
      ['vrrp_rx_bufs_policy MTUU', ['unknown-option MTUU']],
      ['vrrp_rx_bufs_policy MTU ADVERT', ['contradiction vrrp_rx_bufs_policy']],
      ['smtp_server mail.example', []],
      ['smtp_server 192.0.2.25 2525', []],
      ['smtp_server 192.0.2.256', ['bad-value 192.0.2.256']],
      ['smtp_server xxx.xxx.xxx.xxx 0', ['out-of-range 0']],
      ['smtp_server mail.example 25 tls', ['extra-argument tls']],
      ['include_check +read -match', []],
      ['include_check readable', ['unknown-keyword readable']],
      ['include_check +wildcard', ['unknown-option +wildcard']],
      ['umask 022', []],
      ['umask IWGRP|IWOTH', []],
      ['umask 0888', ['bad-value 0888']],
      ['max_auto_priority', []],
      ['max_auto_priority 100', ['out-of-range 100']],
      ['vrrp_cpu_affinity 0 1 2', []],
      ['vrrp_cpu_affinity 0 x', ['bad-value x']],
      ['notify_fifo /run/fifo root root', []],
      ['notify_fifo', ['missing-argument notify_fifo']],
      ['vrrp_garp_extra_if all 10', []],
      ['vrrp_garp_extra_if 0', ['out-of-range 0']],
      ['vrrp_garp_extra_if al 10', ['bad-value al']],
      ['vrrp_rt_priority 150', ['adjusted 150']],
      ['process_name keepalived_of_long_name', ['adjusted keepalived_of_long_name']],
      ['lvs_flush_on_stop vs', ['bad-value vs']],
      ['json_version 3', ['bad-value 3']],
      ['vrrp_garp_interval 0.0000001', ['out-of-range 0.0000001']],
      ['vrrp_garp_interval 0.1234567', ['adjusted 0.1234567']],
      ['vrrp_mcast_group4 192.0.2.1', ['bad-value 192.0.2.1']],
      ['vrrp_mcast_group4 ff02::12', ['bad-value ff02::12']],
    ]);
  });
});

describe('keywords of VRRP', () => {
  test('numbers, signs and weights', () => {
    check('vrrp_script', [
      ['weight -20', []],
      ['weight +5 reverse', []],
      ['weight -254', ['out-of-range -254']],
      ['weight 5 revers', ['unknown-option revers']],
      ['weight heavy', ['bad-value heavy']],
      ['weight', ['missing-argument weight']],
      ['user nobody', []],
      ['user', ['missing-argument user']],
    ]);
    check('bfd_instance', [
      ['weight 254', ['out-of-range 254']],
      ['max_hops -1', []],
      ['idle_tx 999.5', ['out-of-range 999.5']],
      ['neighbour_ip 192.0.2.3', ['repeated neighbour_ip 192.0.2.3', 'deprecated neighbour_ip']],
    ]);
    check('auth_hmac', [
      ['key 1 0123456789abcdef0123456789abcdef', []],
      ['key 256 0123456789abcdef0123456789abcdef', ['out-of-range 256']],
      ['key 1 short', ['bad-value short']],
      ['key 1 hex:0123', ['bad-value hex:0123']],
      ['key 1 file:/etc/lvsd/key', []],
      ['key 1 file:/etc/lvsd/none', ['bad-value file:/etc/lvsd/none']],
      ['key 1 file:/etc/lvsd/short.key', ['bad-value file:/etc/lvsd/short.key']],
    ]);
  });

  test.each([
    'key 1 file:/etc/lvsd/none\nactive_key 1',
    'key 1 short\nactive_key 1',
    'key 1 0123456789abcdef0123456789abcdef\nactive_key 2',
  ])('who wants to sign and has no key is refused in every mode: %s', (lines) => {
    const { text } = inPlace('auth_hmac', lines.split('\n'));
    const errors = load(text, { mode: 'compat' }).diagnostics.filter(
      ({ severity }) => severity === 'error',
    );
    expect(errors.map(({ code }) => code)).toEqual(['signing-unusable']);
  });

  test('interfaces of a virtual router', () => {
    check('vrrp_instance', [
      ['use_vmac', []],
      ['use_vmac vrrp.51 00:00:5e:00:01:33', []],
      ['use_vmac name vrrp.51 group 7 netlink_notify_msg', []],
      ['use_vmac vrrp.51 grup 7', ['unknown-option grup']],
      ['use_vmac a_name_of_17_chars', ['bad-interface-name a_name_of_17_chars']],
      ['use_ipvlan ipv0 192.0.2.9/24 vepa', []],
      ['use_ipvlan bridge private', ['contradiction use_ipvlan']],
      ['interface eth0:1', ['bad-interface-name eth0:1']],
      ['garp_extra_if 0', []],
      ['timer_expired_backup 255', ['out-of-range 255']],
      ['old_unicast_checksum nevr', ['unknown-option nevr']],
      ['notify_deleted', []],
      ['mcast_dst_ip 192.0.2.1', ['bad-value 192.0.2.1']],
      ['garp_master_repeat 0', ['adjusted 0']],
    ]);
  });

  test('addresses', () => {
    checkEntries('vrrp_instance', 'virtual_ipaddress', [
      ['192.0.2.10/24 dev eth0 label eth0:1 scope link brd +', []],
      ['192.0.2.10 scope 253 broadcast 192.0.2.255', []],
      ['192.0.2.10/24 no_track', []],
      ['192.0.2.10/24 peer 192.0.2.11/32 home -nodad preferred_lft forever', []],
      ['192.0.2.10/24 devv eth0', ['unknown-option devv']],
      ['192.0.2.10/24 dev', ['missing-argument dev']],
      ['192.0.2.10/24 label a_label_of_17_char', ['bad-value a_label_of_17_char']],
      ['192.0.2.10/24 brd 192.0.2.256', ['bad-value 192.0.2.256']],
      ['192.0.2.10/24 DEV eth0', ['bad-value DEV']],
      ['192.0.2.10/24 192.0.2.11/24', ['unknown-option 192.0.2.11/24']],
      ['192.0.2.10/24 track_group TG', ['unknown-option track_group']],
      ['192.0.2.10/24 brd 2001:db8::7', ['bad-value 2001:db8::7']],
      ['dev eth0', ['bad-value dev']],
    ]);
  });

  test('tracked things', () => {
    checkEntries('vrrp_instance', 'track_file', [
      ['level weight -254 noreverse', []],
      ['level weight -255', ['out-of-range -255']],
      ['level wieght 5', ['unknown-option wieght']],
      ['level reverse', ['unknown-option reverse']],
    ]);
    checkEntries('vrrp_instance', 'track_interface', [
      ['eth0 weight -254', ['adjusted -254']],
      ['eth0 weight 5 noreverse', ['unknown-option noreverse']],
    ]);
    checkEntries('vrrp_instance', 'unicast_peer', [
      ['192.0.2.3 min_ttl 255 max_ttl 255', []],
      ['192.0.2.3 min_ttl 256', ['out-of-range 256']],
      ['peer.example', ['bad-value peer.example']],
    ]);
  });
});

describe('routing', () => {
  test('routes', () => {
    checkEntries('vrrp_instance', 'virtual_routes', [
      ['default via 192.0.2.1', []],
      ['src 192.0.2.9 to 198.51.100.0/24 via inet 192.0.2.254 dev eth1', []],
      ['blackhole 198.51.100.0/24 metric 0x10 table main', []],
      ['198.51.100.0/24 via 192.0.2.1 mtu lock 1400 rtt 20ms quickack 1', []],
      [
        '198.51.100.0/24 nexthop via 192.0.2.1 weight 2 nexthop via 192.0.2.2 weight 257',
        ['out-of-range 257'],
      ],
      ['198.51.100.0/24 encap ip id 7 dst 192.0.2.7 via 192.0.2.1', []],
      ['198.51.100.0/24 encap mpls 100/200 dev eth0', []],
      ['198.51.100.0/24 encap', ['missing-argument encap']],
      ['198.51.100.0/24 encap ip6 dst 192.0.2.7', ['bad-value 192.0.2.7']],
      ['198.51.100.0/24 gw 192.0.2.1', ['deprecated gw']],
      ['198.51.100.0/24 or 192.0.2.1', ['deprecated or']],
      ['198.51.100.0/24 metrik 5', ['unknown-option metrik']],
      ['198.51.100.0/33 via 192.0.2.1', ['bad-value 198.51.100.0/33']],
      ['via 192.0.2.1', ['missing-argument via 192.0.2.1']],
      ['198.51.100.0/24 via', ['missing-argument via']],
      ['unicast blackhole 198.51.100.0/24', ['contradiction unicast blackhole 198.51.100.0/24']],
    ]);
  });

  test('rules', () => {
    checkEntries('the top level', 'static_rules', [
      ['from 192.0.2.0/24 table 1', []],
      ['not to 192.0.2.0/24 fwmark 0x1/0xff lookup main preference 100', []],
      ['from all ipproto tcp dport 80-80 blackhole', []],
      ['from all ip_proto tcp blackhole', ['unknown-keyword ip_proto']],
      ['from all dport 80 blackhole', ['bad-value 80']],
      ['from all table 0', ['out-of-range 0']],
      ['from 192.0.2.0/24', ['missing-argument from 192.0.2.0/24']],
      ['goto 100 nop', ['contradiction goto 100 nop']],
      ['from all table 1 track_group TG', []],
      ['table 1 blackhole', ['contradiction table 1 blackhole']],
      ['table 1 table 2', ['repeated table']],
      ['table 1 lookup 2', ['repeated lookup']],
    ]);
  });
});

describe('keywords of LVS', () => {
  test('forwarding methods, endpoints and services', () => {
    check('virtual_server', [
      ['lvs_method TUN type gue port 6080 nocsum', []],
      ['lvs_method dr', ['bad-value dr']],
      ['lvs_method NAT DR', ['contradiction lvs_method']],
      ['lvs_method DRR', ['unknown-option DRR']],
      ['lvs_method', ['missing-argument lvs_method']],
      ['lvs_method TUN type ipp', ['bad-value ipp']],
      ['sorry_server 192.0.2.99 65536', ['out-of-range 65536']],
      ['sorry_server web', ['bad-value web']],
      ['alpha off', ['off-ignored off']],
      ['alpha on', []],
      ['alpha maybe', ['extra-argument maybe']],
      ['nat_mask 255.255.255.0', ['deprecated nat_mask']],
      ['persistence_granularity 255.0.255.0', ['bad-value 255.0.255.0']],
      ['lvs_sched hash', []],
      ['lvs_sched RR', ['bad-value RR']],
      ['lvs_sched least-connections', ['bad-value least-connections']],
      ['lvs_sched wrr,', ['bad-value wrr,']],
      ['lvs_method TUN type gue port 0', ['out-of-range 0']],
    ]);
    check('TCP_CHECK', [
      ['delay_loop 86400', []],
      ['delay_loop 0.0001', ['adjusted 0.0001']],
      ['connect_timeout 4295', ['out-of-range 4295']],
      ['nb_get_retry 3', ['misplaced-keyword nb_get_retry']],
    ]);
    check('HTTP_GET', [['nb_get_retry 3', ['deprecated nb_get_retry']]]);
  });

  test('what is sent, and what must come back', () => {
    check('UDP_CHECK', [
      ['payload 01 02 0a', []],
      ['payload 0g', ['bad-value 0g']],
      ['require_reply', []],
      ['require_reply 01XX', []],
      ['require_reply 01YY', ['bad-value 01YY']],
    ]);
    check('url', [
      ['status_code 200 300-399', []],
      ['status_code 600', ['bad-value 600']],
      ['regex_options caseless multiline', []],
      ['regex_options caseles', ['unknown-option caseles']],
      ['regex_stack 1000', ['missing-argument regex_stack']],
    ]);
    check('DNS_CHECK', [
      ['name www.example', []],
      ['name www..example', ['bad-value www..example']],
      ['type soa', []],
      ['type PTR', ['bad-value PTR']],
    ]);
  });

  test('groups of addresses', () => {
    checkEntries('the top level', 'virtual_server_group pool', [
      ['192.0.2.1-9 80', []],
      ['192.0.2.1-192.0.3.9', []],
      ['2001:db8::1-ff 80', []],
      ['192.0.2.8/29 80', []],
      ['192.0.2.9/29 80', ['bad-value 192.0.2.9/29']],
      ['192.0.2.9-1', ['bad-value 192.0.2.9-1']],
      ['fwmark 7 inet6', []],
      ['fwmark 7 inet4', ['unknown-option inet4']],
      ['fwmark', ['missing-argument fwmark']],
    ]);
  });
});

describe('which one of several counts', () => {
  const routerId = (text: string): string | undefined => load(text).director?.global.routerId;

  test('is the last one', () => {
    expect(told('global_defs', ['router_id a', 'router_id b'])).toEqual(['repeated router_id b']);
    expect(routerId('global_defs {\n router_id a\n router_id b\n}\n')).toBe('b');
  });

  test('is the first one', () => {
    const lines = ['notify_master /bin/true', 'notify_master "/bin/true again"'];
    expect(told('vrrp_instance', lines)).toEqual(['repeated notify_master "/bin/true again"']);
    const { director } = load(inPlace('vrrp_instance', lines).text);
    expect(director?.vrrp.instances[0]?.notify.master?.argv).toEqual(['/bin/true']);
  });

  test('is the largest one', () => {
    const lines = ['vrrp_startup_delay 9', 'vrrp_startup_delay 4'];
    expect(told('global_defs', lines)).toEqual(['repeated vrrp_startup_delay 4']);
    expect(load(inPlace('global_defs', lines).text).director?.vrrp.startupDelayMs).toBe(9000);
  });

  test('is all of them', () => {
    const lines = ['status_code 200', 'status_code 300-302'];
    expect(told('url', lines)).toEqual([]);
    const { director } = load(inPlace('url', lines).text, { mode: 'compat' });
    const [check] = director?.health.virtualServers[0]?.realServers[0]?.checks ?? [];
    expect(check).toMatchObject({
      urls: [
        {
          statusCodes: [
            { first: 200, last: 200 },
            { first: 300, last: 302 },
          ],
        },
      ],
    });
  });

  test('an old word and its new one are one', () => {
    const lines = ['lvs_sched rr', 'lb_algo wrr'];
    expect(told('virtual_server', lines)).toEqual(['repeated lb_algo wrr', 'deprecated lb_algo']);
    const { director } = load(inPlace('virtual_server', lines).text, { mode: 'compat' });
    expect(director?.health.virtualServers[0]?.scheduler).toBe('wrr');
  });
});

describe('a word of our own', () => {
  const OURS: Phrase = {
    slots: [],
    options: tableOf(
      keyword('drain', integer(1, 60), 'a word that keepalived does not know', { ours: true }),
      keyword('mode', choice('a', 'b'), 'a word that it knows', { repeats: 'list' }),
    ),
  };

  test('is told once, however often it stands', () => {
    const reports = new Reports();
    const line = { name: 'entry', help: '', span: words('entry')[0].span, relation: 'in' } as const;
    const said = readPhrase(OURS, words('mode a drain 5'), line, reports);
    readPhrase(OURS, words('drain 6'), line, reports);
    expect(said?.options.get('drain')?.words.map(({ text }) => text)).toEqual(['5']);
    expect(reports.all.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'not-keepalived: keepalived does not know "drain": it would refuse this line',
    ]);
  });
});
