/** What mutants are made of: every configuration of test/golden and conf/, nasty fragments, and tokens. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { LOOKALIKES } from '../../src/config/text/lookalikes.ts';

/** Stands for every password of the corpus; no rendering may ever hold it. */
export const CANARY = 'zqCanary';

/** The root of the project: npm and vitest both start there, and dist/ has no configurations. */
const ROOT = process.cwd();

/** Pieces of configurations that have been, or could be, too much for a reader. */
const FRAGMENTS: readonly string[] = [
  '$A=$A$A\n$A\n',
  '$A=${B} ${B}\n$B=${A}\nrouter_id $A\n',
  '$A=x ${A}\nglobal_defs { router_id $A }\n',
  '$BLOCK=\\\n  global_defs { \\\n  router_id a \\\n  }\n$BLOCK\n',
  '$M=a \\\n  @one b \\\n  c\nx $M\n',
  '$SELF=\\\n  $SELF \\\n  $SELF\n$SELF\n',
  '~SEQ(i, 1, 1000000000) real_server 10.0.0.$i 80 { }\n',
  '~SEQ(i, 3) ~SEQ(j, 3) ~LST({a, b}, {1, 2}, {3}) x$i$j$a$b {\n}\n',
  '~SEQx(i, 0, 0xff) $H=$i\n$H\n',
  '~LST(h, a, b include part.conf\n',
  '~LST({n, a}, {w1, 10.0.0.1}, {w2, 10.0.0.2}) real_server $a 80 { weight 1 }\n',
  '~SEQ(i, 2) include part.conf\n',
  '~SEQ(i, -9007199254740993, 1, 9007199254740993) x\n',
  '@lb1 global_defs {\n@^lb1 vrrp_instance x {\n router_id $_PWD ${_ENV HOME} ${_RANDOM 1 9}\n}\n',
  'include lvsd.conf\n',
  'include loop.conf\ninclude part.conf\n',
  'include conf.d/*.conf\nincludea "conf.d/{a,b,c}.conf" # both\n',
  'include {{a,b},{c,d}}{{e,f},{g,h}}[[[[*?*?*\n',
  'include_check +read +match\nincludem nothing.conf\n',
  'global_defs { router_id "a\tb" } } } {{{ "never closed\n',
  'vrrp_instance V { virtual_ipaddress { 10.0.0.1/24 dev eth0 label x scope link brd + 10.0.0.2 } }\n',
  `vrrp_instance V {\n interface eth0\n virtual_router_id 1\n authentication {\n auth_type PASS\n auth_pass ${CANARY}0123456789\n }\n}\n`,
  `vrrp_instance V { interface eth0 virtual_router_id 1 authentication { auth_pass "${CANARY} # b" } }\n`,
  'vrrp_script s {\n script "/bin/true \\x41\\101\\cA \'a b\' \\"\n user nobody\n}\n',
  'vrrp_sync_group G {\n group {\n V V W\n }\n track_script { s weight 3 reverse }\n}\n',
  'virtual_server fwmark 4294967295 {\n lvs_sched rr\n lvs_method NAT\n real_server ::1 80 { HTTP_GET { url { path / status_code 200-299 } } }\n}\n',
  '\ufeff\u201cglobal_defs\u201d \uff5b router_id\u00a0x \uff5d\0\u200b\n',
];

const EDGES: readonly string[] = [
  ...['0', '-1', '1', '255', '256', '65535', '65536', '2147483647', '2147483648', '4294967296'],
  ...['9007199254740993', '1e9', '0x10', '00', '.5', '40.96', '+', '-', 'NaN', '1'.repeat(400)],
];

/** Words and signs of the language, and what only looks like them. */
export const TOKENS: readonly string[] = [
  ...['{', '}', '"', "'", '$', '${', '${A}', '$A', '$A=', '$A=$A$A\n', '\\', '\\\n', '\\#', '#'],
  ...['!', '@', '@^', '@lb1 ', '~', '~SEQ(', '~SEQx(i, ', '~LST(', '~LST({', ')', ',', '=', ' = '],
  ...['include ', 'include part.conf\n', 'includea loop.conf\n', 'include *\n', 'include_check +'],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\t',
    '\v',
    '\f',
    '\0',
    '\x1b[31m',
    '\x7f',
    '\u2028',
    '\ud800',
    '\u{1f600}',
  ],
  ...[
    '//',
    '/*',
    ';',
    '|',
    '10.0.0.1',
    '10.0.0.1/33',
    '::1',
    'fe80::%eth0',
    '1.2.3.4-9',
    '*',
    '[',
    '[',
  ],
  ...EDGES,
  ...LOOKALIKES.keys(),
  ...Object.keys(LANGUAGE),
  ...Object.values(LANGUAGE).flatMap((table) => [...table.keys()]),
];

export function readCorpus(): readonly string[] {
  const golden = join(ROOT, 'test', 'golden', 'config');
  const cases = readdirSync(golden).map(
    (name) => readFileSync(join(golden, name), 'utf8').split('\n----------\n')[0] ?? '',
  );
  const samples = readdirSync(join(ROOT, 'conf'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.conf'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  return [...cases, ...samples, ...FRAGMENTS].map((text) =>
    text.replace(/(auth_pass[ \t]+)"?[^\s"}]+"?/g, `$1${CANARY}`),
  );
}
