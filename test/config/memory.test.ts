/** A reading that remembers finds the same as one that does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { Memory } from '../../src/config/memory.ts';
import { positionOf } from '../../src/config/text/source.ts';
import { environmentOf, MAIN_FILE } from './world.ts';

type Files = Readonly<Record<string, string>>;

function read(files: Files, memory?: Memory, programs: 'good' | 'missing' = 'good'): LoadedConfig {
  const environment = { ...environmentOf(files), program: () => programs };
  const options = { mode: 'default', environment } as const;
  return loadConfig(MAIN_FILE, memory === undefined ? options : { ...options, memory });
}

/** All that a reading says, with places as an editor shows them. */
function saidBy({ director, diagnostics, digest }: LoadedConfig): unknown {
  const told = diagnostics.map(({ code, message, hint, severity, span }) => {
    const at = positionOf(span.file, span.start);
    return { code, message, hint, severity, file: span.file.path, at };
  });
  return { director, digest, told };
}

const GLOBALS = [
  '',
  'global_defs {\n checker_log_all_failures\n}\n',
  'global_defs {\n router_id a\n}\n',
  'global_defs {\n drain_on_remove 5m\n}\n',
];

const SERVERS = [
  'delay_loop 6\nlvs_method DR\nlvs_sched rr\nprotocol TCP\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_timeout 3\n } }\n',
  'delay_loop 6\nlvs_method DR\nlvs_sched rr\nprotocol UDP\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_timeout 3\n } }\n',
  'delay_loop 6\nlvs_method NAT\nlvs_sched rr\nprotocol TCP\nreal_server 198.51.100.1 80 { wieght 2\n TCP_CHECK { connect_timeout 3\n } }\n',
  'lvs_method NAT\nlvs_sched rr\nprotocol TCP\nquorum_up /bin/true\nreal_server 198.51.100.1 80 { weight 2\n TCP_CHECK { connect_timeout 3\n } }\n',
  '$PORT=80\nlvs_sched rr\nprotocol TCP\nlvs_method NAT\nreal_server 198.51.100.1 $PORT { TCP_CHECK { connect_timeout 3\n } }\n',
  '$PORT=80\nlvs_sched rr\nprotocol TCP\nlvs_method NAT\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_timeout 3\n } }\n',
  'lvs_sched rr\nprotocol TCP\nlvs_method NAT\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_port $PORT\n } }\n',
  'lb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 198.51.100.1 80 { snmp_name a\n TCP_CHECK { connect_timeout 3\n } }\n',
  '@other delay_loop 7\nlvs_sched rr\nprotocol TCP\nlvs_method NAT\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_timeout 3\n } }\n',
  'lvs_sched rr\nprotocol TCP\nlvs_method NAT\nreal_server 198.51.100.1 80 { TCP_CHECK { connect_timeout 3\n }\n',
];
const HEADS = [
  'virtual_server 192.0.2.10 80',
  'virtual_server 192.0.2.11 80',
  'virtual_server fwmark 7',
];
/** What the main file may do with a second file, which holds virtual servers as well. */
const INCLUDES = ['', 'include more.conf\n', 'vrrp_instance A {\n include more.conf\n}\n'];

const servers = fc.array(
  fc
    .tuple(fc.constantFrom(...HEADS), fc.constantFrom(...SERVERS))
    .map(([head, body]) => `${head} {\n${body}}\n`),
  { maxLength: 4 },
);
const configuration = fc
  .record({
    globals: fc.constantFrom(...GLOBALS),
    servers,
    include: fc.constantFrom(...INCLUDES),
    more: servers,
    after: fc.constantFrom('', '}\n', 'virtual_server 192.0.2.12 80 {\n'),
  })
  .map(
    ({ globals, servers, include, more, after }): Files => ({
      [MAIN_FILE]: globals + servers.join('') + include + after,
      'more.conf': more.join('# another\n'),
    }),
  );

const ONE = `virtual_server 192.0.2.10 80 {\n${SERVERS[0]}}\n`;
const TWO = `virtual_server 192.0.2.11 80 {\n${SERVERS[0]}}\n`;

describe('a reading that remembers', () => {
  test('finds what one finds that does not, however the files change (property)', () => {
    fc.assert(
      fc.property(fc.array(configuration, { minLength: 2, maxLength: 5 }), (versions) => {
        const memory = new Memory();
        for (const files of versions) {
          expect(saidBy(read(files, memory))).toEqual(saidBy(read(files)));
        }
      }),
      { numRuns: 200 },
    );
  });

  const serversOf = ({ director }: LoadedConfig) => director?.health.virtualServers ?? [];

  test('gives the same objects for blocks that are the same, wherever they stand now', () => {
    const memory = new Memory();
    const [one] = serversOf(read({ [MAIN_FILE]: ONE + TWO }, memory));
    const changed = TWO.replace('delay_loop 6', 'delay_loop 7');
    const [two, same] = serversOf(read({ [MAIN_FILE]: `${changed}\n# moved\n${ONE}` }, memory));
    expect(same).toBe(one);
    expect(two?.realServers[0]?.checks[0]?.pacing.delayLoopMs).toBe(7000);
  });

  test('two protocols of one address are both remembered', () => {
    const memory = new Memory();
    const files = { [MAIN_FILE]: `${ONE}${ONE.replace('TCP\n', 'UDP\n')}` };
    const before = serversOf(read(files, memory));
    const after = serversOf(read(files, memory));
    expect(after).toHaveLength(2);
    for (const [at, server] of after.entries()) expect(server).toBe(before[at]);
  });

  test('a script is looked for again each time', () => {
    const memory = new Memory();
    const files = { [MAIN_FILE]: `virtual_server 192.0.2.10 80 {\n${SERVERS[3]}}\n` };
    expect(read(files, memory, 'good').diagnostics).toEqual([]);
    expect(read(files, memory, 'missing').diagnostics).toMatchObject([{ code: 'script-missing' }]);
  });

  test('what global_defs hands down is handed down anew', () => {
    const memory = new Memory();
    const logs = (text: string) =>
      serversOf(read({ [MAIN_FILE]: text }, memory))[0]?.realServers[0]?.checks[0]?.pacing
        .logAllFailures;
    expect(logs(ONE)).toBe(false);
    expect(logs(GLOBALS[1] + ONE)).toBe(true);
  });
});
