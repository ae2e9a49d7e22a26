// needs: root, nftables
/** Reloads of a MASTER on the real kernel: addresses that move between instances, and such as are to be in another way. */
import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, pause } from './lab.ts';

const X = '192.0.2.10';
const Y = '192.0.2.11';
const Z = '192.0.2.12';
/** A busy machine may lose a packet; an address that is away until the next election is away for seconds. */
const SILENCE_MS_MAX = 100;

let pair: Duo | null = null;

afterEach(async () => {
  // Throws if two ever answered for X at once.
  await pair?.close();
  pair = null;
});

function instance(vrid: number, priority: number, addresses: readonly string[], more = ''): string {
  return `vrrp_instance VI_${vrid} {
    interface eth0
    virtual_router_id ${vrid}
    priority ${priority}
    version 3
    advert_int 0.3
    ${more}
    virtual_ipaddress {
        ${addresses.join('\n        ')}
    }
}
`;
}

type Texts = Readonly<Record<DuoHost, string>>;

/** The same on both, but for the priority. */
function both(of: (priority: number) => string): Texts {
  return { director1: of(150), director2: of(100) };
}

async function reload(duo: Duo, texts: Texts): Promise<void> {
  for (const host of ['director2', 'director1'] as const) {
    writeFileSync(duo.file(host), texts[host]);
    expect(await duo.lvsctl(host, 'reload')).toMatchObject({ code: 0 });
  }
}

async function rolesOf(duo: Duo, host: DuoHost): Promise<readonly string[]> {
  const instances = (await duo.snapshot(host))?.vrrp?.instances ?? [];
  return instances.map(
    ({ name, state, counters }) =>
      `${name} ${state} ${counters.becameMaster} ${counters.gateLost} ${counters.addressesPutBack}`,
  );
}

/** Addresses in a set of the gate. */
async function inSet(duo: Duo, set: string): Promise<readonly string[]> {
  const { stdout } = await duo.lab.run('director1', 'nft', 'list', 'set', 'inet', 'lvsd', set);
  return [...new Set(stdout.match(/192\.0\.2\.\d+/g) ?? [])].sort();
}

test('an address moves to another MASTER, both are merged, and it answers all the time', async () => {
  const apart = both(
    (priority) =>
      instance(51, priority, [`${Y}/24`]) + instance(52, priority, [`${X}/24`, `${Z}/24`]),
  );
  pair = await Duo.withText('reload', apart);
  const duo = pair;
  duo.start('director1');
  for (const address of [X, Y, Z]) await duo.movesTo('director1', address);
  duo.start('director2');
  await eventually('director2 waits', async () =>
    (await rolesOf(duo, 'director2')).every((one) => one.includes('backup')),
  );
  duo.lab.start('director1', 'monitor', 'ip', 'monitor', 'address');
  const client = duo.lab.agent('client');
  await client.observe(X);
  await pause(300);
  const moved = (priority: number): string =>
    instance(51, priority, [`${Y}/24`, `${X}/24`]) + instance(52, priority, [`${Z}/24`]);
  await reload(duo, both(moved));
  // Longer than a gate lasts that nobody prolongs.
  await pause(1_200);
  expect(await inSet(duo, 'guarded4')).toEqual([X, Y, Z]);
  expect(await inSet(duo, 'open4')).toEqual([X, Y, Z]);
  expect(await rolesOf(duo, 'director1')).toEqual(['VI_51 master 1 0 0', 'VI_52 master 1 0 0']);
  await reload(
    duo,
    both((priority) => instance(51, priority, [`${Y}/24`, `${X}/24`, `${Z}/24`], 'no_accept')),
  );
  await pause(500);
  expect(await inSet(duo, 'refused4')).toEqual([X, Y, Z]);
  await reload(
    duo,
    both((priority) => instance(51, priority, [`${Y}/24`, `${X}/24`, `${Z}/24`])),
  );
  await pause(1_200);
  expect(await inSet(duo, 'guarded4')).toEqual([X, Y, Z]);
  expect(await inSet(duo, 'refused4')).toEqual([]);
  expect(await rolesOf(duo, 'director1')).toEqual(['VI_51 master 1 0 0']);
  const { answeredAtMs } = await client.endObserve();
  expect(duo.lab.logOf('monitor')).not.toContain('Deleted');
  const gaps = answeredAtMs.slice(1).map((at, index) => at - (answeredAtMs[index] as number));
  // While `no_accept` was in force nobody was answered, and that alone.
  const long = gaps.filter((gap) => gap >= SILENCE_MS_MAX);
  expect(long.length, long.join()).toBeLessThanOrEqual(1);
}, 60_000);

const BEFORE = [
  `${X}/24`,
  '198.51.100.9/32',
  '203.0.113.1/24 brd +',
  '203.0.113.2/24',
  '2001:db8::7/64',
];
const AFTER = [
  `${X}/24 label eth0:v`,
  '198.51.100.9/32 scope link',
  '203.0.113.1/24 noprefixroute',
  '203.0.113.2/24',
  '2001:db8::7/64 noprefixroute',
];
const IS = [
  'inet 192.0.2.2/24 scope global eth0',
  `inet ${X}/24 scope global eth0:v`,
  'inet 198.51.100.9/32 scope link eth0',
  'inet 203.0.113.1/24 scope global noprefixroute eth0',
  'inet 203.0.113.2/24 scope global eth0',
  'inet6 2001:db8::7/64 scope global nodad noprefixroute',
];
/** What is told of it before. */
const PLANNED = [
  [`${X}/24`, 'label none → eth0:v'],
  ['198.51.100.9/32', 'scope global → link'],
  ['203.0.113.1/24', 'broadcast of its network → none, flags none → noprefixroute'],
  ['2001:db8::7/64', 'flags none → noprefixroute'],
].map(
  ([address, what]) =>
    `  ~ address ${address} dev eth0 of instance VI_51: ${what}, changed and announced at once`,
);
/** It changes label and scope, and not the rest (2.2.7). */
const IS_OF_KEEPALIVED = IS.slice(0, 3);

/** Addresses as ip(8) has them, but for how long they are there. */
async function shown(duo: Duo): Promise<readonly string[]> {
  const { stdout } = await duo.lab.ip('director1', '-o', 'addr', 'show', 'dev', 'eth0');
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes('fe80::'))
    .map((line) => line.replace(/\\.*/, '').replace(/ proto \S+| dynamic\b| secondary\b/g, ''))
    .map((line) =>
      line
        .replace(/^\d+: eth0 /, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .sort();
}

test('label, scope, broadcast, flags and lifetime of a held address change at once', async () => {
  const of = (lines: readonly string[]): string => instance(51, 150, lines);
  pair = await Duo.withText('reload', { director1: of(BEFORE), director2: of(BEFORE) });
  const duo = pair;
  const theirs = duo.startKeepalived('director1');
  await duo.movesTo('director1');
  await pause(300);
  writeFileSync(duo.file('director1'), of(AFTER));
  theirs.kill('SIGHUP');
  await pause(1_500);
  expect(await shown(duo)).toEqual(expect.arrayContaining(IS_OF_KEEPALIVED));
  await duo.stop('director1');
  writeFileSync(duo.file('director1'), of(BEFORE));
  duo.start('director1');
  await duo.movesTo('director1');
  await pause(300);
  expect(await shown(duo)).not.toContain(IS[1]);
  duo.lab.start('director1', 'monitor', 'ip', 'monitor', 'address');
  await pause(300);
  writeFileSync(duo.file('director1'), of(AFTER));
  const planned = await duo.lvsctl('director1', 'plan');
  expect(planned.stdout.split('\n').filter((line) => line.startsWith('  '))).toEqual(PLANNED);
  expect(await duo.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
  await pause(300);
  expect(await shown(duo)).toEqual(IS.toSorted());
  expect((await duo.lvsctl('director1', 'plan')).stdout).toContain('nothing would change');
  // Nobody else is blamed for what went, and who is not to be changed is not without its address.
  expect(await rolesOf(duo, 'director1')).toEqual(['VI_51 master 1 0 0']);
  // Its lifetime has been prolonged.
  await pause(4_000);
  expect(await shown(duo)).toEqual(IS.toSorted());
  const [, ...others] = AFTER;
  writeFileSync(duo.file('director1'), of([`${X}/24 label eth0:v preferred_lft 0`, ...others]));
  expect(await duo.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
  await eventually(
    'it is not preferred any more',
    async () => (await shown(duo)).includes(`inet ${X}/24 scope global deprecated eth0:v`),
    1_000,
  );
}, 60_000);
