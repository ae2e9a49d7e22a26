/** What the conformance list asks of configurations (test/vrrp/rows.tsv). */
import { describe, expect, test } from 'vitest';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import { load } from './world.ts';

const RULES = [
  'adjusted',
  'too-many-addresses',
  'link-local-first',
  'strict-unicast',
  'strict-link-local',
  'strict-ignored',
] as const;

function read(
  lines: string,
  { vips = ['192.0.2.10/24'], globals = '', link = 'eth0' } = {},
): { readonly instance: VrrpInstance; readonly said: readonly string[] } {
  const text = `global_defs {
${globals}
}
vrrp_instance VI_1 {
    interface ${link}
    virtual_router_id 51
    ${lines}
    virtual_ipaddress {
${vips.join('\n')}
    }
}
`;
  const { director, diagnostics } = load(text, { mode: 'compat', notes: true });
  const [instance] = director?.vrrp.instances ?? [];
  if (instance === undefined) throw new Error(JSON.stringify(diagnostics.map((one) => one.code)));
  const said = diagnostics
    .map(({ code }) => code)
    .filter((code) => RULES.some((it) => it === code));
  return { instance, said };
}

const list4 = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `10.0.${at >> 7}.${at & 127}/24`);
const list6 = (count: number): string[] => [
  'fe80::10/64',
  ...Array.from({ length: count - 1 }, (_, at) => `fd00::${(at + 1).toString(16)}/64`),
];

describe('vrrp-P15: an advertisement is one packet of its link', () => {
  test.each([
    ['255 addresses of IPv4', '', 255, 255, 'eth0', 4],
    ['256 are one too many', '', 256, 255, 'eth0', 4],
    ['90 addresses of IPv6, where 1500 octets are a packet', '', 90, 90, 'eth0', 6],
    ['91 are one too many', '', 91, 90, 'eth0', 6],
    ['77 where 1280 octets are', '', 91, 77, 'eth1', 6],
    ['as on Ethernet where nobody knows the link', '', 91, 90, 'eth9', 6],
  ] as const)('%s', (_, lines, written, carried, link, family) => {
    const vips = family === 4 ? list4(written) : list6(written);
    const { instance, said } = read(lines, { vips, link });
    expect(instance.addresses).toHaveLength(carried);
    expect(instance.excludedAddresses).toHaveLength(written - carried);
    expect(said).toEqual(written > carried ? ['too-many-addresses'] : []);
  });

  test('what signs it takes its place, too', () => {
    const key = 'auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\n}';
    const { instance } = read(key, { vips: list6(91) });
    // 1500 - 40 - 8 - 28 octets.
    expect(instance.addresses).toHaveLength(89);
  });
});

test('vrrp-P12: the first address of IPv6 should be link-local, and that is told', () => {
  expect(read('', { vips: ['fe80::10', 'fd00::10'] }).said).toEqual([]);
  expect(read('', { vips: ['fd00::10', 'fe80::10'] }).said).toEqual(['link-local-first']);
  expect(read('').said).toEqual([]);
});

test('vrrp-P12: under strict rules that is a warning', () => {
  const strict = { globals: 'vrrp_strict' };
  expect(read('', { ...strict, vips: ['fd00::10'] }).said).toEqual(['strict-link-local']);
  expect(read('', { ...strict, vips: ['fe80::10', 'fd00::10'] }).said).toEqual([]);
});

test('vrrp-R17: under strict rules what is signed is enforced', () => {
  const hmac =
    'auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\nactive_key 1\nmode permissive\n}';
  expect(read(hmac).instance.signing?.mode).toBe('permissive');
  const strict = read(hmac, { globals: 'vrrp_strict' });
  expect(strict.instance.signing?.mode).toBe('enforce');
  expect(strict.said).toEqual(['strict-ignored']);
});

test('vrrp-U2: of a longer password the first eight characters count, and that is told', () => {
  const { instance, said } = read('authentication {\nauth_type PASS\nauth_pass s3cret1234\n}');
  expect(instance.authentication).toEqual({ type: 'pass', key: 's3cret12' });
  expect(said).toEqual(['adjusted']);
});

test('vrrp-U1: version 3 has no authentication', () => {
  const auth = 'version 3\nauthentication {\nauth_type PASS\nauth_pass s3cret12\n}';
  expect(read(auth).instance.authentication).toEqual({ type: 'none' });
});

describe('vrrp-N3: unicast', () => {
  const peers = 'unicast_peer {\n192.0.2.3\n}';

  test('is not for strict instances, and that is told', () => {
    expect(read(peers).said).toEqual([]);
    expect(read(peers, { globals: 'vrrp_strict' }).said).toContain('strict-unicast');
  });

  test('has peers of one family', () => {
    const { instance } = read('unicast_peer {\n192.0.2.3\n2001:db8::3\n}');
    expect(instance.unicast?.peers.map(({ address }) => address)).toEqual(['192.0.2.3']);
  });

  test('without a peer is multicast, unless unicast_fault_no_peer asks for a fault', () => {
    expect(read('unicast_peer {\n}').instance.unicast).toBe(null);
    expect(read('unicast_fault_no_peer').instance.unicast?.peers).toEqual([]);
  });
});
