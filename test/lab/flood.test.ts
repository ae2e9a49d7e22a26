// needs: root, timing
/**
 * 10^5 packets a second of protocol 112, of a stranger, every fourth of which a MASTER has to answer: advertisements
 * leave on time and are not many more, nobody changes his role, and the log stays small.
 */
import { afterEach, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const INTERVAL_MS = 100;
/** Of the fault list: a gap is longer than the interval by no more than this. */
const LATE_MS_MAX = 100;
const SECONDS = 4;
/** Of all that comes after it begins. */
const LINES_MAX = 100;
/** Of ours: each interval one, and as many answers at most; all of it and a half, if the flood ends late. */
const ADVERTS_MAX = 1.5 * 2 * SECONDS * (1_000 / INTERVAL_MS);
/** Asked for: in the end a little less is sent, because a timer ends it. */
const PER_SECOND = 120_000;
/** One alone does not send so many. */
const SENDERS = 2;
/** A machine that is busy sends less; with less than this it is no flood. */
const PER_SECOND_MIN = 5_000;

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

const configuration = (priority: number): string => `global_defs {
    vrrp_rt_priority 50
}
vrrp_instance VI_1 {
    state BACKUP
    version 3
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int ${INTERVAL_MS / 1000}
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;

const linesOf = ({ lab }: Duo, director: string): number => lab.logOf(director).split('\n').length;

test('F36: a flood delays no advertisement and changes no role', async () => {
  duo = await Duo.withText('flood', {
    director1: configuration(150),
    director2: configuration(100),
  });
  const pair = duo;
  pair.start('director1');
  await pair.movesTo('director1');
  pair.start('director2');
  await eventually(
    'director2 is the backup',
    async () => (await pair.snapshot('director2'))?.vrrp?.instances[0]?.state === 'backup',
  );
  await pause(1_000);
  const filter = 'ip proto 112 and src host 192.0.2.2';
  const watch = pair.lab.start('director2', 'adverts', 'tcpdump', '-ttnl', '-i', 'eth0', filter);
  await pause(500);
  const linesBefore = linesOf(pair, 'director1');
  const { stdout: index } = await pair.lab.run('client', 'cat', '/sys/class/net/eth0/ifindex');
  const share = `${PER_SECOND / SENDERS}`;
  const flood = ['dist/test/lab/flood.js', index.trim(), '51', `${SECONDS}`, share];
  const floods = await Promise.all(
    Array.from({ length: SENDERS }, () => pair.lab.run('client', process.execPath, ...flood)),
  );
  watch.kill('SIGTERM');
  await watch.ended;
  const perSecond = floods
    .map(({ stdout }) => JSON.parse(stdout) as Record<'sent' | 'refused' | 'elapsedMs', number>)
    .map(({ sent, refused, elapsedMs }) => ((sent - refused) / elapsedMs) * 1000)
    .reduce((sum, one) => sum + one, 0);
  const times = [...pair.lab.logOf('adverts').matchAll(/^(\d+\.\d+) IP /gm)].map(
    ([, at]) => Number(at) * 1000,
  );
  const gaps = times.slice(1).map((at, before) => at - (times[before] as number));
  console.log(
    `${Math.round(perSecond)} packets/s; longest gap ${Math.max(...gaps).toFixed(1)} ms of ${gaps.length}`,
  );
  expect(perSecond).toBeGreaterThan(PER_SECOND_MIN);
  expect(gaps.length).toBeGreaterThan((SECONDS * 1000) / INTERVAL_MS - 5);
  expect(gaps.length).toBeLessThan(ADVERTS_MAX);
  expect(Math.max(...gaps)).toBeLessThan(INTERVAL_MS + LATE_MS_MAX);
  for (const [host, state] of [
    ['director1', 'master'],
    ['director2', 'backup'],
  ] as const) {
    const [instance] = (await pair.snapshot(host))?.vrrp?.instances ?? [];
    expect(instance?.state).toBe(state);
    expect(instance?.counters.becameMaster).toBe(host === 'director1' ? 1 : 0);
  }
  const [master] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
  console.log(
    `${master?.counters.lesserMasters} lesser masters heard; ${gaps.length + 1} advertisements, ${master?.counters.announcementsSent} announcements; ${linesOf(pair, 'director1') - linesBefore} lines`,
  );
  expect(master?.counters.lesserMasters).toBeGreaterThan(100);
  // One address, five times: as MASTER, again after five seconds, and once a second against the others.
  expect(master?.counters.announcementsSent).toBeLessThan(5 * (2 + 2 * SECONDS + 2));
  expect(linesOf(pair, 'director1') - linesBefore).toBeLessThan(LINES_MAX);
  expect(pair.lab.logOf('director1')).toContain('a flood of VRRP packets');
  // Some of the strangers were named before the kernel was told to drop them.
  expect(await pair.show('director1')).toMatch(
    /other virtual router on eth0: vrid \d+, 192\.0\.2\.100/,
  );
});
