// needs: root
/** keepalived as the peer in every combination at once, both ways round, and tshark as the judge: docs/interop.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import {
  COMBINATIONS,
  configuration,
  page,
  scriptFile,
  type Verdict,
  vipAt,
  vridAt,
} from './interop.ts';
import { eventually, pause } from './lab.ts';

const PAGE = new URL('../../docs/interop.md', import.meta.url);
/** Longer than a backup of version 2 waits, 3.61 s. */
const PATIENCE_MS = 4_500;
const PREEMPT_DELAY_MS = 2_000;
const ALL = COMBINATIONS.map((_, at) => at);
const GOOD = 'good';
const ARP_IGNORE = 'net.ipv4.conf.default.arp_ignore=1';

const verdicts: Verdict[] = COMBINATIONS.map(() => ({
  oursMaster: null,
  oursBackup: null,
  tshark: null,
}));

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
  for (const host of ['director1', 'director2'] as const) rmSync(scriptFile(host), { force: true });
});

interface Parts {
  readonly pair: Duo;
  /** Who has the higher priority, and who has not. */
  readonly first: { readonly host: DuoHost; start(): void };
  readonly second: { readonly host: DuoHost; start(): void };
}

async function layOut(name: string, oursIsFirst: boolean): Promise<Parts> {
  const pair = await Duo.withText(name, {
    director1: configuration({ host: 'director1', priority: 150 }),
    director2: configuration({ host: 'director2', priority: 100 }),
  });
  duo = pair;
  for (const [host, part] of [
    ['director1', 2],
    ['director2', 3],
  ] as const) {
    await pair.lab.ip(host, 'addr', 'add', `2001:db8::${part}/64`, 'dev', 'eth0', 'nodad');
    writeFileSync(scriptFile(host), '');
  }
  // Else the virtual MAC that keepalived has for IPv6 answers for every IPv4 address of its director.
  await pair.lab.run(oursIsFirst ? 'director2' : 'director1', 'sysctl', '-qw', ARP_IGNORE);
  const program = (host: DuoHost, ours: boolean) => ({
    host,
    start: () => void (ours ? pair.start(host) : pair.startKeepalived(host)),
  });
  return {
    pair,
    first: program('director1', oursIsFirst),
    second: program('director2', !oursIsFirst),
  };
}

/** Which of the combinations' addresses a director holds. */
async function held({ lab }: Duo, host: DuoHost): Promise<readonly number[]> {
  const { stdout } = await lab.ip(host, '-o', 'addr', 'show');
  return ALL.filter((at) => stdout.includes(` ${vipAt(at)}/`));
}

async function alone(pair: Duo, host: DuoHost, wanted: readonly number[]): Promise<void> {
  const other = host === 'director1' ? 'director2' : 'director1';
  const names = async (): Promise<string> => {
    const [own, others] = [await held(pair, host), await held(pair, other)];
    return wanted
      .filter((at) => !own.includes(at) || others.includes(at))
      .map((at) => COMBINATIONS[at]?.name)
      .join('; ');
  };
  let missing = '';
  try {
    await eventually(`${host} alone holds them`, async () => {
      missing = await names();
      return missing === '';
    });
  } catch {
    throw new Error(`${host} does not hold alone: ${missing}`);
  }
}

const returning = (...ways: readonly string[]): readonly number[] =>
  ALL.filter((at) => ways.includes(COMBINATIONS[at]?.returns ?? 'at once'));

/** One begins, the other joins, the one stops and comes back, and its script fails. */
async function play({ pair, first, second }: Parts): Promise<void> {
  first.start();
  await alone(pair, first.host, ALL);
  second.start();
  await pause(PATIENCE_MS);
  await alone(pair, first.host, ALL);
  await pair.stop(first.host);
  await alone(pair, second.host, ALL);
  first.start();
  await alone(pair, first.host, returning('at once'));
  await pause(PREEMPT_DELAY_MS);
  await alone(pair, first.host, returning('at once', 'after 2 s'));
  await alone(pair, second.host, returning('never'));
  rmSync(scriptFile(first.host));
  const scripted = ALL.filter((at) => COMBINATIONS[at]?.script);
  await alone(pair, second.host, scripted);
  writeFileSync(scriptFile(first.host), '');
  await alone(pair, first.host, scripted);
}

/** Nothing that keepalived sent was refused. */
async function nothingWasDropped(pair: Duo, host: DuoHost): Promise<void> {
  const instances = (await pair.snapshot(host))?.vrrp?.instances ?? [];
  expect(instances).toHaveLength(COMBINATIONS.length);
  for (const { name, counters, alarms: all } of instances) {
    // A keepalived that preempts announces the address before we can have heard of it.
    const alarms = all.filter((one) => one.name !== 'address-claimed');
    expect({ name, dropped: counters.dropped, alarms }).toEqual({ name, dropped: {}, alarms: [] });
  }
}

const FIELDS = [
  'vrrp.virt_rtr_id',
  'vrrp.checksum.status',
  'ip.ttl',
  'ip.dsfield',
  'ip.flags.df',
  'ipv6.hlim',
  'ipv6.tclass',
  '_ws.expert.message',
] as const;

/** What tshark says of each VRID of what a host sent: the odd things, or nothing. */
function judged(pair: Duo, sources: readonly string[]): ReadonlyMap<number, ReadonlySet<string>> {
  const filter = sources
    .map((one) => (one.includes(':') ? `ipv6.src==${one}` : `ip.src==${one}`))
    .join(' || ');
  const args = [
    '-r',
    join(pair.lab.folder, 'link.pcap'),
    '-Y',
    `vrrp && !icmp && !icmpv6 && (${filter})`,
  ];
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', [...args, '-T', 'fields', ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found = new Map<number, Set<string>>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [vrid = '', checksum, ttl, dsfield, df, hopLimit, trafficClass, expert] =
      line.split('\t');
    const faults = found.get(Number(vrid)) ?? new Set();
    found.set(Number(vrid), faults);
    if (checksum !== '1' && checksum !== 'Good') faults.add(`checksum ${checksum}`);
    if ((ttl || hopLimit) !== '255') faults.add(`TTL ${ttl || hopLimit}`);
    if (Number(dsfield || trafficClass) !== 0xc0) faults.add(`class ${dsfield || trafficClass}`);
    if (df === '1' || df === 'True') faults.add('DF');
    // Of any protocol to a group of the link it wants 1; VRRP has 255.
    if (expert && !/Time To Live.* != 1/.test(expert)) faults.add(expert);
  }
  return found;
}

function judge(pair: Duo, sources: readonly string[]): void {
  const found = judged(pair, sources);
  for (const at of ALL) {
    const { unjudged } = COMBINATIONS[at] ?? {};
    const faults = found.get(vridAt(at));
    const verdict = verdicts[at] as Verdict;
    if (unjudged !== undefined) verdict.tshark = `not judged: ${unjudged}`;
    else if (faults === undefined) verdict.tshark = 'nothing was sent';
    else verdict.tshark = faults.size === 0 ? GOOD : [...faults].join(', ');
  }
}

test('ours has the higher priority', async () => {
  const parts = await layOut('interop1', true);
  await play(parts);
  await nothingWasDropped(parts.pair, 'director1');
  const link = await parts.pair.lab.ip('director1', 'addr', 'show', 'dev', 'eth0');
  const own = /inet6 (fe80:[0-9a-f:]*)\/64 scope link/.exec(
    link.stdout
      .split('\n')
      .filter((line) => !/fe80::\d+\//.test(line))
      .join('\n'),
  )?.[1];
  judge(parts.pair, ['192.0.2.2', '2001:db8::2', ...(own === undefined ? [] : [own])]);
  for (const verdict of verdicts) verdict.oursMaster = GOOD;
});

test('keepalived has the higher priority', async () => {
  const parts = await layOut('interop2', false);
  await play(parts);
  await nothingWasDropped(parts.pair, 'director2');
  for (const verdict of verdicts) verdict.oursBackup = GOOD;
});

test('the page tells what was seen', () => {
  const [, version = ''] =
    /v(\d+\.\d+\.\d+)/.exec(
      execFileSync('sh', ['-c', 'keepalived --version 2>&1'], { encoding: 'utf8' }),
    ) ?? [];
  const text = page(version, verdicts);
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, text);
  expect(text).toBe(readFileSync(PAGE, 'utf8'));
  for (const { oursMaster, oursBackup, tshark } of verdicts) {
    expect([oursMaster, oursBackup]).toEqual([GOOD, GOOD]);
    expect(tshark).toMatch(/^(good|not judged: .*)$/);
  }
});
