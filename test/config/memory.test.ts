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

const CHECKED = ' TCP_CHECK {\n  connect_timeout 3\n }\n';

/** A real server of a pool, by its number: most of them are alike. */
function usual(last: number): string {
  return `real_server 198.51.100.${last} 80 {\n${CHECKED}}\n`;
}

/** What may stand in its place. */
const OTHER_SERVERS = [
  (last: number) => `real_server 198.51.100.${last} 80 {\n weight 7\n${CHECKED}}\n`,
  (last: number) => `real_server 198.51.100.${last} 80 {\n wieght 7\n${CHECKED}}\n`,
  (last: number) => `real_server 198.51.100.${last} 80 {\n weight 0\n}\n`,
  (last: number) => `real_server 198.51.100.${last + 1} 80 {\n${CHECKED}}\n`,
  (last: number) => `real_server 198.51.100.${last} 81 {\n${CHECKED}}\n`,
  (last: number) => `real_server 224.0.0.${last} 80 {\n${CHECKED}}\n`,
  (last: number) => `# ${last}\n! another\nreal_server 198.51.100.${last} 80 {\n${CHECKED}}\n`,
  (last: number) =>
    `real_server 198.51.100.${last} 80 { # {\n${CHECKED}} real_server 192.0.2.1 80 {}`,
  (last: number) => `real_server 198.51.100.${last} $PORT {\n${CHECKED}}\n`,
  (last: number) => `@other real_server 198.51.100.${last} 80\n`,
  (last: number) => `real_server 198.51.100.${last} 80 {\n notify_up /bin/true\n${CHECKED}}\n`,
  (last: number) => `real_server 198.51.100.${last} 80 {\n`,
  () => 'quorum 3\n',
  () => 'weight 5\n',
  () => 'alien\n',
  () => '}\n',
  () => '',
] as const;
const POOL_SIZE = 48;

/** Which servers of a pool are other than usual, and in what way. */
const edits = fc.array(
  fc.tuple(fc.nat({ max: POOL_SIZE - 1 }), fc.constantFrom(...OTHER_SERVERS)),
  { maxLength: 3 },
);

function poolText(changes: readonly (readonly [number, (last: number) => string])[]): string {
  const lines = Array.from({ length: POOL_SIZE }, (_, at) => usual(at));
  for (const [at, other] of changes) lines[at] = other(at);
  return lines.join('');
}

const SETTINGS = [
  'lvs_method NAT\nlvs_sched rr\nprotocol TCP\n',
  'lvs_method NAT\nlvs_sched rr\nprotocol TCP\n',
  'lvs_method NAT\nlvs_sched rr\nprotocol TCP\nweight 3\n',
  'lvs_method DR\nlvs_sched rr\nprotocol UDP\n',
  'lvs_method NAT\nlvs_sched rr\n',
];

/** Virtual servers with pools, in an order that changes. */
const pools = fc
  .record({
    globals: fc.constantFrom(...GLOBALS),
    servers: fc.array(
      fc.record({
        head: fc.constantFrom(...HEADS),
        settings: fc.constantFrom(...SETTINGS),
        edits,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    between: fc.constantFrom(
      '',
      '# text\n',
      '$PORT=82\n',
      'vrrp_instance A {\n}\n',
      'include more.conf\n',
    ),
  })
  .map(
    ({ globals, servers, between }): Files => ({
      [MAIN_FILE]:
        globals +
        servers
          .map(({ head, settings, edits }) => `${head} {\n${settings}${poolText(edits)}}\n`)
          .join(between),
      'more.conf': `virtual_server 192.0.2.13 80 {\n${SETTINGS[0]}${poolText([])}}\n`,
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

  test('finds the same in large pools of real servers (property)', () => {
    fc.assert(
      fc.property(fc.array(pools, { minLength: 2, maxLength: 5 }), (versions) => {
        const memory = new Memory();
        for (const files of versions) {
          expect(saidBy(read(files, memory))).toEqual(saidBy(read(files)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives the same real servers around one that has changed, is new or is gone', () => {
    const memory = new Memory();
    const reading = (changes: Parameters<typeof poolText>[0]) => {
      const text = `${HEADS[0]} {\n${SETTINGS[0]}${poolText(changes)}}\n`;
      return serversOf(read({ [MAIN_FILE]: text }, memory))[0]?.realServers ?? [];
    };
    const [heavy] = OTHER_SERVERS;
    const first = reading([]);
    const changed = reading([[20, heavy]]);
    expect(changed[20]).toEqual({ ...first[20], weight: 7 });
    expect(changed.filter((server, at) => server !== first[at])).toEqual([changed[20]]);
    const more = reading([[20, (at) => heavy(at) + usual(99)]]);
    expect(more).toHaveLength(POOL_SIZE + 1);
    for (const at of [0, 19, 20]) expect(more[at]).toBe(changed[at]);
    for (const at of [21, 47]) expect(more[at + 1]).toBe(changed[at]);
    const less = reading([
      [20, heavy],
      [30, () => ''],
      [31, () => ''],
    ]);
    expect(less).toHaveLength(POOL_SIZE - 2);
    for (const at of [0, 20, 29]) expect(less[at]).toBe(changed[at]);
    expect(less[30]).toBe(changed[32]);
  });

  test('hands down what the virtual server says now', () => {
    const memory = new Memory();
    const weights = SETTINGS.slice(1, 3).map((settings) => {
      const text = `${HEADS[0]} {\n${settings}${poolText([])}}\n`;
      return serversOf(read({ [MAIN_FILE]: text }, memory))[0]?.realServers[40]?.weight;
    });
    expect(weights).toEqual([1, 3]);
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
