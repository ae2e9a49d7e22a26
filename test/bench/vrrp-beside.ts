/**
 * How evenly a MASTER advertises each 10 ms while its director has much else to do: 10 000 checks a second of our
 * health checking (a process beside both contenders, as IPVS is not what is asked here) and a reload of the file with
 * these 10 000 real servers every few seconds.
 */
import { writeFileSync } from 'node:fs';
import { pause } from '../lab/lab.ts';
import { quantile, tellLimit } from './figures.ts';
import { advertsOf, Capture } from './vrrp-capture.ts';
import { type Contender, compete, configuration, tellSamples } from './vrrp-sides.ts';

const INTERVAL_MS = 10;
const SECONDS = Number(process.env.BENCH_SECONDS || 20);
const RELOAD_EVERY_MS = 5_000;
const SERVERS = { virtual: 1_000, real: 10 } as const;
const P999_MS_MAX = 15;
const WORST_MS_MAX = 2 * INTERVAL_MS;
const NGINX =
  'events { worker_connections 16384; }\nhttp { access_log off; server { listen 80 backlog=16384; return 204; } }\n';

interface Figures {
  readonly gapsMs: readonly number[];
  readonly reloads: number;
}

/** 10 000 real servers behind the client, each checked once a second. */
function servers(): string {
  return Array.from({ length: SERVERS.virtual }, (_, at) => {
    const [high, low] = [at >> 8, at & 255];
    const real = Array.from(
      { length: SERVERS.real },
      (__, one) =>
        `    real_server 10.${16 + one}.${high}.${low} 80 {\n        TCP_CHECK {\n            connect_timeout 5\n        }\n    }\n`,
    );
    return `virtual_server 10.2.${high}.${low} 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method DR
    protocol TCP
${real.join('')}}
`;
  }).join('');
}

async function measure(side: Contender): Promise<Figures> {
  const { pair } = side;
  const { lab } = pair;
  // The client has all addresses of 10/8, and a server that answers on each.
  await lab.ip('client', 'route', 'add', 'local', '10.0.0.0/8', 'dev', 'lo');
  await lab.ip('director1', 'route', 'add', '10.16.0.0/12', 'via', '192.0.2.100');
  writeFileSync('/run/bench-nginx.conf', NGINX);
  const settings = ['-c', '/run/bench-nginx.conf', '-g', 'daemon off; pid /run/bench-nginx.pid;'];
  lab.start('client', 'nginx', 'nginx', ...settings);
  side.start('director1', ['-P']);
  await pair.movesTo('director1');
  const load = ['dist/test/bench/check-load.js', pair.file('director1')];
  const checks = lab.start('director1', 'checks', process.execPath, ...load);
  await pause(5_000);
  const capture = await Capture.of(lab, 'client', 'ip proto 112');
  const end = performance.now() + SECONDS * 1000;
  let reloads = 0;
  while (performance.now() + RELOAD_EVERY_MS < end) {
    await pause(RELOAD_EVERY_MS);
    await side.reload('director1');
    reloads += 1;
  }
  await pause(Math.max(0, end - performance.now()));
  const times = advertsOf(await capture.end()).map(({ atMs }) => atMs);
  checks.kill('SIGTERM');
  await checks.ended;
  process.stdout.write(`beside ${side.name}: ${lab.logOf('checks').trim()}, ${reloads} reloads\n`);
  return { gapsMs: times.slice(1).map((at, before) => at - (times[before] as number)), reloads };
}

export async function beside(): Promise<void> {
  const text = configuration({ priority: 150, intervalMs: INTERVAL_MS }) + servers();
  const found = await compete('beside', { director1: text, director2: text }, measure, {
    inTurn: true,
  });
  for (const [name, part] of [
    ['p50', 0.5],
    ['p99', 0.99],
    ['p99.9', 0.999],
    ['worst', 1],
  ] as const) {
    const gap = ({ gapsMs }: Figures): number => quantile(gapsMs, part);
    const what = `advertisements each ${INTERVAL_MS} ms beside checks and reloads, ${name}`;
    tellSamples(what, 'ms', { lvsd: [found.lvsd], keepalived: [found.keepalived] }, gap);
  }
  const ours = { name: 'lvsd', values: found.lvsd.gapsMs };
  const what = `advertisements each ${INTERVAL_MS} ms beside checks and reloads`;
  tellLimit(`${what}, p99.9`, 'ms', ours, P999_MS_MAX, 0.999);
  tellLimit(`${what}, worst`, 'ms', ours, WORST_MS_MAX, 1);
}
