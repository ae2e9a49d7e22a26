/**
 * Lines of virtual_routes and virtual_rules beside what ip(8) is told for the same. Octets are compared with
 * test/captures/rtnl-lines.txt, and by test/lab/routes.test.ts what a kernel has made of them.
 */
import type { VirtualRoute, VirtualRule } from '../../../src/model/route.ts';
import type { VrrpInstance } from '../../../src/model/vrrp.ts';
import { load } from '../../config/world.ts';

export interface Line {
  readonly line: string;
  /** The words behind `ip`. */
  readonly ip: string;
}

/** `words`: where ip(8) says it otherwise. The protocol comes first: behind `nexthop` it would be too late. */
function route(line: string, words: string = line): Line {
  return { line, ip: `${familyFlag(line)}route prepend proto keepalived ${words}` };
}

/** ip(8) sends `from all` as an attribute without octets. */
function rule(line: string, words: string = line.replace('from all ', '')): Line {
  const protocol = line.includes('protocol') ? '' : 'protocol keepalived ';
  return { line, ip: `${familyFlag(line)}rule add ${protocol}${words}` };
}

function familyFlag(line: string): string {
  return /:.*:|^inet6/.test(line) && !line.includes('via inet6') ? '-6 ' : '';
}

export const ROUTE_LINES: readonly Line[] = [
  route(
    '10.20.0.0/16 via 10.0.0.2 rttvar 20ms reordering 5 cwnd 10 ssthresh 20 initrwnd 30 fastopen_no_cookie 1',
  ),
  // ip-route(8) always locks rto_min.
  route(
    '10.21.0.0/16 via 10.0.0.2 rtt lock 30ms rttvar lock 1s reordering lock 5 cwnd lock 10 ssthresh lock 20 rto_min lock 40ms',
    '10.21.0.0/16 via 10.0.0.2 rtt lock 30ms rttvar lock 1s reordering lock 5 cwnd lock 10 ssthresh lock 20 rto_min 40ms',
  ),
  route(
    '10.22.0.0/16 dev eth0 scope link mtu lock 1400 advmss lock 1300 window 1000 hoplimit 9 initcwnd 12 quickack 1 congctl lock reno features ecn',
  ),
  route('2001:db8:1::/48 via fd00::2 rttvar 3 cwnd 10 initrwnd 30 hoplimit 7 pref low expires 600'),
  route('2001:db8:2::/48 from fd00::/64 via fd00::2 dev eth0 metric 5'),
  route('10.23.0.0/16 via 10.0.0.2 onlink dev eth0 tos 4 realms 5/6 table 300 src 10.0.0.1'),
  route('10.24.0.0/16 via inet6 fe80::1 dev eth0'),
  route(
    '10.25.0.0/16 encap ip id 5 dst 192.0.2.1 src 192.0.2.2 ttl 9 tos 4 flags 13 dev eth0 scope link',
    '10.25.0.0/16 encap ip id 5 dst 192.0.2.1 src 192.0.2.2 ttl 9 tos 4 csum key seq dev eth0 scope link',
  ),
  route(
    '2001:db8:3::/48 encap ip6 id 6 dst fd00::7 hoplimit 3 tc 8 flags 0x4 dev eth0',
    '2001:db8:3::/48 encap ip6 id 6 dst fd00::7 hoplimit 3 tc 8 key dev eth0',
  ),
  // keepalived and we put these into `main`, ip-route(8) into `local`.
  route('local 10.26.0.1 dev eth0', 'local 10.26.0.1 dev eth0 table main'),
  route('broadcast 10.26.0.2 dev eth0', 'broadcast 10.26.0.2 dev eth0 table main'),
  route('anycast 10.26.0.3 dev eth0 metric 3', 'anycast 10.26.0.3 dev eth0 metric 3 table main'),
  route('local 10.26.0.4 dev eth0 table local'),
  route('multicast 239.1.0.0/16 dev eth0'),
  route('throw 10.27.0.0/16'),
  route('throw 10.27.1.0/24 table 300 metric 4 tos 4'),
  route('prohibit 10.27.2.0/24 metric 4'),
  route('unreachable 10.27.3.0/24'),
  route('blackhole 10.27.4.0/24'),
  route('local 2001:db8:4::1 dev eth0', 'local 2001:db8:4::1 dev eth0 table main'),
  route('anycast 2001:db8:4::2 dev eth0', 'anycast 2001:db8:4::2 dev eth0 table main'),
  route('multicast ff05::/16 dev eth0'),
  route('throw 2001:db8:5::/48'),
  route('prohibit 2001:db8:6::/48 metric 4'),
  route('unreachable 2001:db8:7::/48'),
  route('blackhole 2001:db8:8::/48'),
  route('10.28.0.0/16 nexthop via 10.0.0.2 weight 3 nexthop via 10.0.0.3 dev eth0 onlink realms 7'),
  route(
    '10.29.0.0/16 nexthop encap ip id 7 dst 192.0.2.1 via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth0 weight 256',
  ),
  route('2001:db8:9::/48 nexthop via fd00::2 weight 2 nexthop via fd00::3 dev eth0'),
  route(
    '10.30.0.0/16 via 10.0.0.2 or 10.0.0.3',
    '10.30.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3',
  ),
  route(
    '10.31.0.0/16 via 10.0.0.2 or 10.0.0.3 dev eth0 metric 9',
    '10.31.0.0/16 metric 9 nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth0',
  ),
  route(
    '2001:db8:a::/48 or fd00::3 via fd00::2',
    '2001:db8:a::/48 nexthop via fd00::2 nexthop via fd00::3',
  ),
  // The kernel keeps neither of an IPv4 route.
  route(
    '10.32.0.0/16 as to 10.33.0.0 via 10.0.0.2 ttl-propagate enabled',
    '10.32.0.0/16 via 10.0.0.2',
  ),
];

export const RULE_LINES: readonly Line[] = [
  rule('from 10.9.9.0/24 to 10.8.0.0/16 lookup 300 preference 500 fwmark 0x10/0xff iif eth0 tos 4'),
  rule('not from 10.9.9.9 oif eth0 blackhole priority 501'),
  rule(
    'from all uidrange 1-5 ipproto tcp sport 1000-2000 dport 80-81 table 7 preference 502 fwmark 010',
    'uidrange 1-5 ipproto tcp sport 1000-2000 dport 80-81 table 7 preference 502 fwmark 8',
  ),
  rule('from all l3mdev preference 503'),
  rule('to 10.8.0.0/16 goto 32766 preference 504'),
  rule('from all suppress_prefixlength 8 suppress_ifgroup 3 table 9 preference 505'),
  rule(
    'from all realms 5/6 tunnel-id 4294967301 table 9 preference 506',
    'realms 5/6 tun_id 4294967301 table 9 preference 506',
  ),
  rule('from 10.9.9.0/24 nop preference 507'),
  rule('from 10.9.9.0/24 unreachable preference 508'),
  rule('from 10.9.9.0/24 prohibit preference 509 protocol static'),
  rule('from fd00::1 prohibit preference 510'),
  rule('inet6 from all fwmark 1 table 300 preference 511', 'fwmark 1 table 300 preference 511'),
];

export function routeOf(line: string): VirtualRoute {
  const [found] = instanceWith('virtual_routes', line)?.routes ?? [];
  if (found === undefined) throw new Error(`no route: ${line}`);
  return found;
}

export function ruleOf(line: string): VirtualRule {
  const [found] = instanceWith('virtual_rules', line)?.rules ?? [];
  if (found === undefined) throw new Error(`no rule: ${line}`);
  return found;
}

function instanceWith(block: string, line: string): VrrpInstance | undefined {
  const text = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    ${block} {
        ${line}
    }
}
`;
  return load(text).director?.vrrp.instances[0];
}
