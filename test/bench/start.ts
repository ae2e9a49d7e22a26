/**
 * 100 virtual servers with 10 real servers each, all answering: from exec to the programmed table, and the
 * memory of all processes; keepalived on the same file in the same kernel. Leaves a snapshot for show.ts.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { eventually, Lab, pause, type Running } from '../lab/lab.ts';
import { type Side, SNAPSHOT_FILE, tellBoth, tellLimit } from './figures.ts';

const RUNS = Number(process.env.BENCH_RUNS || 5);
const [VIRTUAL, REAL] = [100, 10];
const [FILE, RUN_DIR] = ['/run/bench.conf', '/run/bench'];
const PSS_MB_MAX = 130;
/** Two rounds of all checkers. */
const SETTLED_MS = 12_000;

function configuration(): string {
  const virtualServer = (virtual: number): string => {
    const realServers = Array.from(
      { length: REAL },
      (_, real) => `    real_server 10.2.${virtual}.${real + 1} 80 {
        TCP_CHECK {
            connect_timeout 3
        }
    }`,
    );
    return `virtual_server 10.1.0.${virtual + 1} 80 {
    delay_loop 5
    lvs_sched wrr
    lvs_method DR
    protocol TCP
${realServers.join('\n')}
}`;
  };
  const blocks = Array.from({ length: VIRTUAL }, (_, virtual) => virtualServer(virtual));
  return `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10/24
    }
}
${blocks.join('\n')}
`;
}

/** Real servers in the kernel's table. */
function programmed(lab: Lab): number {
  return lab.readNet('director', 'ip_vs').match(/-> [0-9A-F]{8}:/g)?.length ?? 0;
}

async function untilProgrammed(lab: Lab, start: () => Running): Promise<number> {
  const startedAt = performance.now();
  start();
  while (programmed(lab) < VIRTUAL * REAL) {
    if (performance.now() - startedAt > 120_000) throw new Error('the table is not complete');
    await pause(2);
  }
  return performance.now() - startedAt;
}

/** Proportional set size of all processes of a program, in MB. */
function pssMb(program: RegExp): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const sizes = pids.map((pid) => {
    try {
      if (!program.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))) return 0;
      if (readlinkSync(`/proc/${pid}/exe`).endsWith('/ip')) return 0;
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
    } catch {
      return 0; // It has ended meanwhile, or is the kernel's.
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function stop(lab: Lab, daemon: Running): Promise<void> {
  daemon.kill('SIGTERM');
  await daemon.ended;
  await lab.powerOff('director');
  await lab.run('director', 'ipvsadm', '-C');
}

writeFileSync(FILE, configuration());
const lab = new Lab('bench-start');
await lab.bridge('link');
await lab.host('director', { eth0: { bridge: 'link', address: '192.0.2.2/24' } });
await lab.ip('director', 'route', 'add', 'local', '10.2.0.0/16', 'dev', 'lo');

const pidFiles = ['-p', '/run/k.pid', '-r', '/run/kv.pid', '-c', '/run/kc.pid'];
const commands = {
  lvsd: [process.execPath, 'dist/bin/lvsd.js', '-f', FILE, '--run-dir', RUN_DIR],
  keepalived: ['keepalived', '-n', '-G', '-f', FILE, ...pidFiles],
} as const;
const programs = { lvsd: /dist\/src\/(lvsd|daemon)/, keepalived: /^keepalived/ } as const;
const times: Record<keyof typeof commands, number[]> = { lvsd: [], keepalived: [] };
const sizes: Record<keyof typeof commands, number[]> = { lvsd: [], keepalived: [] };

for (let run = 0; run < RUNS; run += 1) {
  for (const name of ['lvsd', 'keepalived'] as const) {
    const servers = lab.agent('director');
    await servers.serve(80, 'here');
    let daemon: Running | null = null;
    times[name].push(
      await untilProgrammed(lab, () => {
        daemon = lab.start('director', name, ...commands[name]);
        return daemon;
      }),
    );
    await pause(SETTLED_MS);
    if (programmed(lab) !== VIRTUAL * REAL) throw new Error(`${name}: real servers were lost`);
    sizes[name].push(pssMb(programs[name]));
    if (name === 'lvsd') {
      const shown = await lab.lvsctl('director', '--run-dir', RUN_DIR, 'show', '--json');
      writeFileSync(SNAPSHOT_FILE, shown.stdout);
    }
    if (daemon !== null) await stop(lab, daemon);
    await eventually('the table is empty', () => programmed(lab) === 0);
  }
}
await lab.close();

const side = (values: typeof times, name: keyof typeof times): Side => ({
  name,
  values: values[name],
});
tellBoth('start to programmed table, 100×10', 'ms', side(times, 'lvsd'), side(times, 'keepalived'));
tellBoth('memory of all processes, 100×10', 'MB', side(sizes, 'lvsd'), side(sizes, 'keepalived'));
tellLimit('memory of all processes, 100×10', 'MB', side(sizes, 'lvsd'), PSS_MB_MAX);
