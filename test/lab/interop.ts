/** Which combinations are tried with keepalived as the peer, and the page that comes of it: docs/interop.md. */

export interface Combination {
  readonly name: string;
  /** Lines of both directors' vrrp_instance; `$OWN` and `$PEER` are their addresses on the link. */
  readonly body: string;
  /** Lines outside of it. */
  readonly globals?: string;
  /** Lines of the one that should be MASTER, and of the other. */
  readonly master?: string;
  readonly backup?: string;
  /** Options of tshark, whose default knows one form of the checksum only. */
  readonly tshark?: readonly string[];
  /** The address that must move, and how long an advertisement may be awaited. */
  readonly vip?: string;
  readonly family?: 'ipv4' | 'ipv6';
}

const VIPS = 'virtual_ipaddress {\n 192.0.2.10/24\n }';
const VIPS_6 = 'virtual_ipaddress {\n fe80::51/64\n 2001:db8::10/64\n }';
const V2 = `advert_int 1\n ${VIPS}`;
const V3 = `version 3\n advert_int 0.2\n ${VIPS}`;
const V3_6 = `advert_int 0.2\n ${VIPS_6}`;
const UNICAST = 'unicast_src_ip $OWN\n unicast_peer {\n $PEER\n }';
const auth = (type: string): string =>
  `authentication {\n auth_type ${type}\n auth_pass s3cret12\n }`;

export const COMBINATIONS: readonly Combination[] = [
  { name: 'v2', body: V2 },
  { name: 'v2, PASS', body: `${V2}\n ${auth('PASS')}` },
  { name: 'v2, AH', body: `${V2}\n ${auth('AH')}` },
  { name: 'v2, unicast', body: `${V2}\n ${UNICAST}` },
  { name: 'v2, unicast, PASS', body: `${V2}\n ${UNICAST}\n ${auth('PASS')}` },
  { name: 'v2, unicast, AH', body: `${V2}\n ${UNICAST}\n ${auth('AH')}` },
  { name: 'v3, IPv4', body: V3 },
  { name: 'v3, IPv4, another group', body: `${V3}\n mcast_dst_ip 224.0.0.99` },
  { name: 'v3, IPv4, unicast', body: `${V3}\n ${UNICAST}` },
  {
    name: 'v3, IPv4, unicast, checksum before 1.3.6',
    body: `${V3}\n ${UNICAST}\n old_unicast_checksum`,
    // tshark has no name for that form.
    tshark: ['-o', 'vrrp.v3_checksum_as_in_v2:FALSE'],
  },
  { name: 'v3, IPv6', body: V3_6, vip: '2001:db8::10', family: 'ipv6' },
  {
    name: 'v3, IPv6, unicast',
    body: `${V3_6}\n ${UNICAST}`,
    vip: '2001:db8::10',
    family: 'ipv6',
  },
  { name: 'v3, nopreempt', body: `${V3}\n nopreempt` },
  { name: 'v3, preempt_delay', body: `${V3}\n preempt_delay 2` },
];
