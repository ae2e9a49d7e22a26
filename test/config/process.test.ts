/** Keywords of global_defs about the processes themselves, and about what is told of their start and end. */
import { describe, expect, test } from 'vitest';
import type { KeywordTable } from '../../src/config/keywords/keyword.ts';
import { PHRASES } from '../../src/config/keywords/phrases.ts';
import { LANGUAGE } from '../../src/config/keywords/table.ts';
import { EXPLAINED, whyWithoutEffect } from '../../src/config/keywords/without-effect.ts';
import type { Director } from '../../src/model/director.ts';
import { load } from './world.ts';

const SERVER = `virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 198.51.100.21 80 {
    }
}
`;

function director(globals: string, before = ''): Director {
  const read = load(`${before}global_defs {\n${globals}\n}\n${SERVER}`, { mode: 'compat' });
  if (read.director === null)
    throw new Error(JSON.stringify(read.diagnostics.map((it) => it.code)));
  return read.director;
}

test('processes are called as the file says, with process_names all of them', () => {
  const named = director(
    'process_name a\nvrrp_process_name b\nlvs_process_name c\nbfd_process_name d',
  );
  const names = ({ global, vrrp, health, bfd }: Director): unknown => [
    global.processName,
    vrrp.process.name,
    health.process.name,
    bfd.process.name,
  ];
  expect(names(named)).toEqual(['a', 'b', 'c', 'd']);
  expect(names(director('process_names\nvrrp_process_name b'))).toEqual([
    'lvsd',
    'b',
    'lvsd_health',
    'lvsd_bfd',
  ]);
  expect(names(director(''))).toEqual([undefined, undefined, undefined, undefined]);
});

test('processes may be silent for as long as the file says', () => {
  const said = ['vrrp_watchdog 30', 'bfd_watchdog 4.5', 'checker_watchdog 300'];
  const { global } = load(['global_defs {', ...said, '}', SERVER].join('\n'), {})
    .director as Director;
  expect(global.watchdogMs).toEqual({ vrrp: 30_000, bfd: 4_500, health: 300_000 });
  const unset = { vrrp: 10_000, bfd: 10_000, health: 60_000 };
  expect(director('').global.watchdogMs).toEqual(unset);
});

test('processes run on the CPUs that the file names', () => {
  const { vrrp, health, bfd } = director('vrrp_cpu_affinity 0 2 3\nchecker_cpu_affinity 1');
  expect(vrrp.process.cpus).toEqual([0, 2, 3]);
  expect(health.process.cpus).toEqual([1]);
  expect(bfd.process.cpus).toBeUndefined();
});

test('scripts of the start and the end have ten seconds, or as many as the file says', () => {
  const { around } = director(
    'startup_script "/bin/true now"\nshutdown_script /bin/true\nshutdown_script_timeout 3',
  );
  expect(around).toMatchObject({
    startup: { script: { argv: ['/bin/true', 'now'] }, timeoutMs: 10_000 },
    shutdown: { timeoutMs: 3_000 },
  });
  expect(director('').around).toEqual({ startup: null, shutdown: null });
});

test('dumps have the name of the instance and its namespace in theirs, if so asked', () => {
  const before = 'net_namespace blue\ninstance one\n';
  expect(director('', before).dumps.data).toBe('keepalived.data');
  expect(director('data_use_instance', before).dumps).toMatchObject({
    data: 'keepalived_blue_one.data',
    stats: 'keepalived_blue_one.stats',
    json: 'keepalived_blue_one.json',
  });
  const named = 'data_use_instance\nstate_dump_file /run/a.data';
  expect(director(named, before).dumps.data).toBe('/run/a.data');
  expect(director('data_use_instance').dumps.data).toBe('keepalived.data');
});

test('vrrp_delay_after_boot is a time since the boot', () => {
  expect(director('vrrp_delay_after_boot 90').vrrp.delayAfterBootMs).toBe(90_000);
});

test('rs_init_notifies is a matter of each real server', () => {
  const [real] = director('rs_init_notifies').health.virtualServers[0]?.realServers ?? [];
  expect(real?.tellsInitial).toBe(true);
});

describe('a keyword without effect', () => {
  /** Those of checkers are to come. */
  const BLOCKS = ['global_defs', 'vrrp_instance', 'vrrp_sync_group', 'vrrp_script'] as const;
  const inert = (blocks: readonly (keyof typeof LANGUAGE)[]): readonly string[] =>
    blocks.flatMap((block) => inertIn(LANGUAGE[block]));
  const inertIn = (table: KeywordTable): readonly string[] =>
    [...table.values()].flatMap(({ name, effect }) => (effect === 'none' ? [name] : []));

  test('tells why, and what is there instead', () => {
    const top = inert(['the top level']).filter((name) => name !== 'SSL');
    expect([...inert(BLOCKS), ...top].filter((name) => whyWithoutEffect(name) === null)).toEqual(
      [],
    );
  });

  test('is one', () => {
    const blocks = inert(Object.keys(LANGUAGE) as (keyof typeof LANGUAGE)[]);
    const options = Object.values(PHRASES).flatMap((phrase) => inertIn(phrase.options));
    const all = new Set([...blocks, ...options]);
    expect(EXPLAINED.filter((name) => !all.has(name))).toEqual([]);
  });
});
