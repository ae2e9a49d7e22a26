/** A supervisor on a run directory of its own, with processes that stand in for vrrp and health: stand-in.mjs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/time.ts';
import { Memory } from '../../src/config/memory.ts';
import { History } from '../../src/daemon/reload/history.ts';
import {
  type GoodReading,
  goodReading,
  readConfiguration,
} from '../../src/daemon/reload/reload.ts';
import { readingAtStart } from '../../src/daemon/reload/start-with.ts';
import { Supervisor, type SupervisorOptions } from '../../src/daemon/supervisor/supervisor.ts';

/** On a busy machine a process takes its time to start. */
vi.setConfig({ testTimeout: 60_000 });
export const POLL = { timeout: 30_000 };

const STAND_IN = new URL('./stand-in.mjs', import.meta.url);

export let runDir: string;
let records: LogRecord[];
let supervisor: Supervisor | null = null;

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'lvs-supervisor-'));
  records = [];
});

afterEach(async () => {
  await supervisor?.stop('end of the test');
  supervisor = null;
  rmSync(runDir, { recursive: true });
});

export const file = (): string => join(runDir, 'lvsd.conf');

/** An instance whose process behaves as its name says. */
export function vrrp(name: string): string {
  return `vrrp_instance ${name} {
    interface lo
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.10/32
    }
}
`;
}

/** A virtual server whose process behaves as its name says. */
export function health(name: string): string {
  return `virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    quorum_up "/bin/true ${name}"
    real_server 198.51.100.21 80 {
        TCP_CHECK {
        }
    }
}
`;
}

export const MISTAKE = 'vrrp_script alive {\n    script "/bin/true"\n    internal 1\n}\n';

/** What a test has otherwise. */
type Otherwise = Partial<
  Pick<SupervisorOptions, 'clock' | 'childPidFiles' | 'pidFile' | 'respawns' | 'runDir'>
>;

export function prepare(text: string, otherwise: Otherwise = {}): Supervisor {
  writeFileSync(file(), text);
  return launch(otherwise);
}

/** As `lvsd` begins on the file and on what an earlier life has left. */
export function launch({ clock = systemClock, ...rest }: Otherwise = {}): Supervisor {
  const source = {
    path: file(),
    mode: 'default',
    configId: undefined,
    memory: new Memory(),
  } as const;
  const history = new History(join(runDir, 'state'));
  const { reading, state } = readingAtStart(history, readConfiguration(source), clock);
  supervisor = new Supervisor(
    {
      version: '1',
      source,
      runDir,
      history,
      processes: ['vrrp', 'health'],
      modules: { vrrp: STAND_IN, bfd: STAND_IN, health: STAND_IN, notify: STAND_IN },
      keep: { vrrp: false, health: false },
      adopt: false,
      pidFile: join(runDir, 'lvsd.pid'),
      childPidFiles: {},
      respawns: true,
      logLevel: 'info',
      log: logTo((record) => records.push(record)),
      clock,
      ...rest,
    },
    { reading: goodReading(reading) as GoodReading, state },
  );
  return supervisor;
}

export async function started(text: string): Promise<Supervisor> {
  const one = prepare(text);
  await one.start();
  return one;
}

/** `vrrp 1`: which process was given which revision, in order. */
/** What the process of VRRP was told of real servers. */
export function serversUpTold(): readonly string[] {
  if (!existsSync(join(runDir, 'servers-up'))) return [];
  return readFileSync(join(runDir, 'servers-up'), 'utf8').trimEnd().split('\n');
}

export function orders(): readonly string[] {
  if (!existsSync(join(runDir, 'orders'))) return [];
  return readFileSync(join(runDir, 'orders'), 'utf8').trimEnd().split('\n');
}

export const go = (): void => writeFileSync(join(runDir, 'go'), '');
export const logged = (message: string): LogRecord | undefined =>
  records.find((record) => record.message === message);
export const allLogged = (message: string): readonly LogRecord[] =>
  records.filter((record) => record.message === message);
