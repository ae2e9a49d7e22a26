/** A configuration around each block of the language, clean but for what is tried in it. */
import type { BlockName } from '../../src/config/keywords/keyword.ts';

const INSTANCE = 'vrrp_instance VI_1 {\nvirtual_router_id 51\n';
const OTHER = 'vrrp_instance VI_2 {\nvirtual_router_id 52\n}\n';
const SERVICE = 'virtual_server 192.0.2.10 80 {\n';
const SERVER = `${SERVICE}real_server 198.51.100.21 80 {\n`;

type Place = readonly [before: string, after: string];

function checker(name: string): Place {
  return [`${SERVER}${name} {\n`, '\n}\n}\n}\n'];
}

const PLACES: Readonly<Record<BlockName, Place>> = {
  'the top level': ['', '\n'],
  global_defs: ['global_defs {\n', '\n}\n'],
  lvs_sysctl: ['global_defs {\nlvs_sysctl {\n', '\n}\n}\n'],
  vrrp_instance: [INSTANCE, '\n}\n'],
  authentication: [`${INSTANCE}authentication {\n`, '\n}\n}\n'],
  auth_hmac: [
    `${INSTANCE}auth_hmac {\nkey 250 0123456789abcdef0123456789abcdef\nactive_key 250\n`,
    '\n}\n}\n',
  ],
  vrrp_sync_group: [
    `${INSTANCE}}\n${OTHER}vrrp_sync_group VG_1 {\ngroup {\nVI_1\nVI_2\n}\n`,
    '\n}\n',
  ],
  vrrp_script: [
    'vrrp_script probe {\nscript /bin/true\n',
    `\n}\n${INSTANCE}track_script {\nprobe\n}\n}\n`,
  ],
  lease: [
    `global_defs {\nsplit_brain_policy lease\n}\n${INSTANCE}}\nlease {\nacceptor 192.0.2.1\nacceptor 192.0.2.2\nacceptor 192.0.2.3\nkey 0123456789abcdef\n`,
    '\n}\n',
  ],
  track_file: ['track_file level {\n', '\n}\n'],
  vrrp_track_process: ['vrrp_track_process proxy {\n', '\n}\n'],
  track_group: ['track_group TG_1 {\n', '\n}\n'],
  bfd_instance: ['bfd_instance peer {\nneighbor_ip 192.0.2.3\n', '\n}\n'],
  garp_group: ['garp_group {\n', '\n}\n'],
  SSL: ['SSL {\n', '\n}\n'],
  virtual_server: [`${SERVER}}\n`, '\n}\n'],
  real_server: [SERVER, '\n}\n}\n'],
  TCP_CHECK: checker('TCP_CHECK'),
  HTTP_GET: [`${SERVER}HTTP_GET {\nurl {\n}\n`, '\n}\n}\n}\n'],
  SSL_GET: [`${SERVER}SSL_GET {\nurl {\n}\n`, '\n}\n}\n}\n'],
  url: [`${SERVER}HTTP_GET {\nurl {\n`, '\n}\n}\n}\n}\n'],
  SMTP_CHECK: checker('SMTP_CHECK'),
  host: [`${SERVER}SMTP_CHECK {\nhost {\n`, '\n}\n}\n}\n}\n'],
  DNS_CHECK: checker('DNS_CHECK'),
  UDP_CHECK: checker('UDP_CHECK'),
  PING_CHECK: checker('PING_CHECK'),
  MISC_CHECK: checker('MISC_CHECK'),
  FILE_CHECK: checker('FILE_CHECK'),
  BFD_CHECK: checker('BFD_CHECK'),
};

/** A configuration with these lines in a block of this kind, and the line number of the first. */
export function inPlace(
  block: BlockName,
  lines: readonly string[],
): { readonly text: string; readonly firstLine: number } {
  const [before, after] = PLACES[block];
  return { text: before + lines.join('\n') + after, firstLine: before.split('\n').length };
}
