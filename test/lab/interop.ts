/** What is tried with keepalived as the peer, and the page that comes of it: docs/interop.md. */

/** When the one of the higher priority is back. */
export type Returns = 'at once' | 'never' | 'after 2 s';

export interface Combination {
  readonly name: string;
  /** Lines of both directors' vrrp_instance; $OWN and $PEER are their addresses on the link. */
  readonly lines: readonly string[];
  readonly family?: 'ipv6';
  readonly returns?: Returns;
  /** Combinations of one sync group. */
  readonly group?: string;
  /** Its priority hangs on a script of the one that should be MASTER. */
  readonly script?: true;
  /** Why tshark cannot judge its checksum. */
  readonly unjudged?: string;
}

const PASS = ['authentication {', 'auth_type PASS', 'auth_pass s3cret12', '}'];
const AH = ['authentication {', 'auth_type AH', 'auth_pass s3cret12', '}'];
const V3 = ['version 3', 'advert_int 0.2'];
const UNICAST = ['unicast_src_ip $OWN', 'unicast_peer {', '$PEER', '}'];

export const COMBINATIONS: readonly Combination[] = [
  { name: 'version 2', lines: [] },
  { name: 'version 2, PASS', lines: PASS },
  { name: 'version 2, AH', lines: AH },
  { name: 'version 2, unicast', lines: UNICAST },
  { name: 'version 2, unicast, PASS', lines: [...UNICAST, ...PASS] },
  { name: 'version 2, unicast, AH', lines: [...UNICAST, ...AH] },
  { name: 'version 3', lines: V3 },
  { name: 'version 3, mcast_dst_ip', lines: [...V3, 'mcast_dst_ip 224.0.0.99'] },
  { name: 'version 3, unicast', lines: [...V3, ...UNICAST] },
  {
    name: 'version 3, unicast, old_unicast_checksum',
    lines: [...V3, ...UNICAST, 'old_unicast_checksum'],
    unjudged: 'it does not know this form',
  },
  { name: 'version 3, IPv6', lines: V3, family: 'ipv6' },
  { name: 'version 3, IPv6, unicast', lines: [...V3, ...UNICAST], family: 'ipv6' },
  { name: 'nopreempt', lines: [...V3, 'nopreempt'], returns: 'never' },
  { name: 'preempt_delay', lines: [...V3, 'preempt_delay 2'], returns: 'after 2 s' },
  { name: 'sync group, first member', lines: V3, group: 'both' },
  { name: 'sync group, second member', lines: [...V3, ...UNICAST], group: 'both' },
  { name: 'priority changed by a script', lines: V3, script: true },
  { name: 'version 2, use_vmac', lines: ['use_vmac'] },
  { name: 'version 3, use_vmac, vmac_xmit_base', lines: [...V3, 'use_vmac', 'vmac_xmit_base'] },
  { name: 'version 3, IPv6, use_vmac', lines: [...V3, 'use_vmac'], family: 'ipv6' },
];

export interface Side {
  /** Of the file's owner, which decides addresses and the script's file. */
  readonly host: 'director1' | 'director2';
  readonly priority: number;
}

const FIRST_VRID = 51;
const FIRST_PART = 10;
const ADDRESSES = {
  ipv4: { director1: '192.0.2.2', director2: '192.0.2.3' },
  ipv6: { director1: '2001:db8::2', director2: '2001:db8::3' },
} as const;

export function vridAt(at: number): number {
  return FIRST_VRID + at;
}

/** The virtual address that is looked for. */
export function vipAt(at: number): string {
  const part = FIRST_PART + at;
  return COMBINATIONS[at]?.family === 'ipv6' ? `2001:db8::${part}` : `192.0.2.${part}`;
}

export function scriptFile(host: Side['host']): string {
  return `/run/interop-${host}-good`;
}

/** One file with an instance for each combination. */
export function configuration({ host, priority }: Side): string {
  const groups = new Map<string, string[]>();
  const instances = COMBINATIONS.map((combination, at) => {
    const { group, family = 'ipv4' } = combination;
    const name = `VI_${vridAt(at)}`;
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), name]);
    const other = host === 'director1' ? 'director2' : 'director1';
    const vips =
      family === 'ipv6' ? [`fe80::${FIRST_PART + at}/64`, `${vipAt(at)}/64`] : [`${vipAt(at)}/24`];
    const lines = [
      'state BACKUP',
      'interface eth0',
      `virtual_router_id ${vridAt(at)}`,
      `priority ${priority}`,
      ...combination.lines,
      ...(combination.script ? ['track_script {', 'good', '}'] : []),
      'virtual_ipaddress {',
      ...vips,
      '}',
    ];
    const own = lines.map((line) =>
      line.replace('$OWN', ADDRESSES[family][host]).replace('$PEER', ADDRESSES[family][other]),
    );
    return `vrrp_instance ${name} {\n${own.join('\n')}\n}\n`;
  });
  const script = `vrrp_script good {
    script "/usr/bin/test -e ${scriptFile(host)}"
    interval 1
    weight -100
}
`;
  const sync = [...groups].map(
    ([name, members]) => `vrrp_sync_group ${name} {\ngroup {\n${members.join('\n')}\n}\n}\n`,
  );
  const globals = 'global_defs {\nscript_user root\nenable_script_security\n}\n';
  return [globals, script, ...instances, ...sync].join('');
}

/** What has been seen of one combination; null: not tried. */
export interface Verdict {
  oursMaster: string | null;
  oursBackup: string | null;
  tshark: string | null;
}

export function page(keepalived: string, verdicts: readonly Verdict[]): string {
  const rows = COMBINATIONS.map(({ name }, at) => {
    const { oursMaster, oursBackup, tshark } = verdicts[at] as Verdict;
    return `| ${name} | ${oursMaster} | ${oursBackup} | ${tshark} |`;
  });
  return `# Interoperation with keepalived

What \`npm run test:lab -- interop\` has seen; it writes this page. The peer is keepalived ${keepalived}, each
director with one instance for each row on the same link, all at once.

- **ours MASTER**: we have the higher priority. keepalived begins beside us and stays BACKUP; we stop, and it takes
  the address; we come back, and have it again (or not: \`nopreempt\`).
- **ours BACKUP**: the same with the parts exchanged; besides, we dropped no packet of keepalived's.
- **tshark**: what it says of every advertisement that we sent: checksum, form, TTL 255, traffic class 0xC0.

| combination | ours MASTER | ours BACKUP | tshark |
|---|---|---|---|
${rows.join('\n')}

Not in the table, because keepalived 2.2.7 has no such feature: \`auth_hmac\` (2.4), and \`v3_checksum_as_v2\`, which it
can neither send nor, from another, accept.
`;
}
