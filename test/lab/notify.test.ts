// needs: root; takes 60 s
/** Whoever is told of changes: scripts and FIFOs in keepalived's words, dumps, and scripts that misbehave. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const FOLDER = '/run/lvs-notify';
const CANARIES = [
  'canary01',
  'canary-mail',
  'canary-ssl',
  'canary-lease-canary-lease',
  'canary-hmac-canary-hmac-canary-hmac',
];
const JSON_SIGNAL = 36;

interface Wanted {
  readonly priority: number;
  readonly interval?: string;
  readonly globals?: string;
  readonly inInstance?: string;
  readonly more?: string;
}

function configuration({
  priority,
  interval = '1',
  globals = '',
  inInstance = '',
  more = '',
}: Wanted): string {
  return `global_defs {
    router_id LVS_1
    ${globals}
}
${more}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int ${interval}
    version 2
    authentication {
        auth_type PASS
        auth_pass ${CANARIES[0]}
    }
    virtual_ipaddress {
        192.0.2.10/24
    }
    ${inInstance}
}
`;
}

let pair: Duo;

beforeEach(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { mode: 0o755 });
});

afterEach(async () => {
  await pair.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** A program of the operator's that only root can change. */
function program(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function lines(name: string): readonly string[] {
  const path = join(FOLDER, name);
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

describe('told', () => {
  test('of every change, in order: scripts, FIFO, dumps; and no secret anywhere', async () => {
    const note = program('note', `echo "$*" >> ${FOLDER}/notes`);
    const fifo = join(FOLDER, 'fifo');
    const reader = program(
      'reader',
      `while read line; do echo "$line" >> ${FOLDER}/read; done < "$1"`,
    );
    const scripts = ['master', 'backup', 'fault', 'stop', 'deleted']
      .map((state) => `notify_${state} "${note} i_${state}"`)
      .join('\n    ');
    const group = `vrrp_sync_group G1 {
    group {
        VI_1
    }
    notify_master "${note} g_master"
    notify "${note} g_any"
}`;
    const globals = `vrrp_notify_fifo ${fifo}
    vrrp_notify_fifo_script ${reader}
    state_dump_file ${FOLDER}/k.data
    stats_dump_file ${FOLDER}/k.stats
    json_dump_file ${FOLDER}/k.json
    notification_email {
        ops@example.org
    }
    smtp_server 192.0.2.100
    smtp_alert_vrrp
    smtp_user lb1
    smtp_password ${CANARIES[1]}
    process_names
    vrrp_process_name lvs-vrrp
    vrrp_cpu_affinity 0
    startup_script "${note} startup"
    shutdown_script "${note} shutdown"`;
    const secrets = `SSL {
    password ${CANARIES[2]}
}
lease {
    acceptor 203.0.113.1
    acceptor 203.0.113.2
    acceptor 203.0.113.3
    key ${CANARIES[3]}
}
vrrp_instance signed {
    interface eth0
    virtual_router_id 77
    auth_hmac {
        key 1 ${CANARIES[4]}
        active_key 1
    }
    virtual_ipaddress {
        192.0.2.77/24
    }
}
`;
    const inInstance = `${scripts}\n    notify "${note} i_any"`;
    const text = configuration({ priority: 150, globals, inInstance, more: group + secrets });
    pair = await Duo.withText('notify', { director1: text, director2: text });
    pair.start('director1');
    await pair.movesTo('director1');
    await eventually('the group was told', async () => lines('notes').length >= 8, 5_000);
    expect(lines('notes')[0]).toBe('startup');
    const ofInstance = lines('notes').filter((line) => line.startsWith('i_'));
    expect(ofInstance).toEqual([
      'i_backup',
      'i_any INSTANCE VI_1 BACKUP 150',
      'i_master',
      'i_any INSTANCE VI_1 MASTER 150',
    ]);
    expect(lines('notes').filter((line) => line.startsWith('g_'))).toEqual([
      'g_any GROUP G1 BACKUP 0',
      'g_master',
      'g_any GROUP G1 MASTER 0',
    ]);
    await eventually('the reader has read', async () => lines('read').length >= 5, 5_000);
    expect(lines('read').filter((line) => !line.includes('signed'))).toEqual([
      'INSTANCE "VI_1" BACKUP 150',
      'GROUP "G1" BACKUP 0',
      'INSTANCE "VI_1" MASTER 150',
      'GROUP "G1" MASTER 0',
    ]);

    const supervisor = await pair.pidOf('director1', 'supervisor');
    for (const signal of ['SIGUSR1', 'SIGUSR2', JSON_SIGNAL]) {
      process.kill(supervisor, signal);
      await pause(300);
    }
    await eventually('all are written', async () => existsSync(join(FOLDER, 'k.json')), 5_000);
    const states = JSON.parse(readFileSync(join(FOLDER, 'k.json'), 'utf8'));
    const state = states.find((one: { data: { iname: string } }) => one.data.iname === 'VI_1');
    expect(state.data).toMatchObject({ iname: 'VI_1', state: 2, vipset: true });
    expect(lines('k.data')).toContain('   State = MASTER');
    expect(lines('k.stats')).toContain('  Became master: 1');

    const { stdout: shown } = await pair.lvsctl('director1', 'show', '--json');
    const { stdout: config } = await pair.lvsctl(
      'director1',
      'config',
      'show',
      pair.file('director1'),
    );
    const known = await pair.snapshot('director1');
    const { stdout: checked } = await pair.lvsctl('director1', 'check', pair.file('director1'));
    const { stdout: planned } = await pair.lvsctl('director1', 'plan', pair.file('director1'));
    const ofProcesses = (known?.processes ?? []).map(({ pid }) =>
      ['cmdline', 'environ', 'comm', 'status'].map((name) =>
        readFileSync(`/proc/${pid}/${name}`, 'latin1'),
      ),
    );
    expect(ofProcesses.length).toBeGreaterThan(2);
    const vrrp = await pair.pidOf('director1', 'vrrp');
    const names = [supervisor, vrrp].map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    expect(names).toEqual(['lvsd', 'lvs-vrrp']);
    for (const task of readdirSync(`/proc/${vrrp}/task`)) {
      const status = readFileSync(`/proc/${vrrp}/task/${task}/status`, 'utf8');
      expect(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1]).toBe('0');
    }

    writeFileSync(pair.file('director1'), text.replaceAll('VI_1', 'VI_9').replace('51', '59'));
    process.kill(supervisor, 'SIGHUP');
    await eventually(
      'it is gone',
      async () => lines('notes').includes('i_any INSTANCE VI_1 DELETED 150'),
      5_000,
    );
    await pair.stop('director1');
    expect(lines('notes')).toContain('i_stop');
    expect(lines('notes').at(-1)).toBe('shutdown');
    expect(lines('read').at(-1)).toBe('GROUP "G1" STOP 0');
    expect(existsSync(fifo)).toBe(false);

    const files = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8'));
    const dumped = readFileSync(join(pair.runDir('director1'), 'lvsd.data'), 'utf8');
    const all = [
      ...files,
      dumped,
      shown,
      config,
      checked,
      planned,
      ...ofProcesses.flat(),
      JSON.stringify(known),
      pair.lab.logOf('director1'),
    ].join('\n');
    expect(all).toContain('LVS_1');
    for (const canary of CANARIES) expect(all).not.toContain(canary);
  });

  test('a script that others can change does not run as root, and the log says who can', async () => {
    const note = program('note', `echo ran >> ${FOLDER}/notes`);
    const text = configuration({ priority: 150, inInstance: `notify ${note}` });
    pair = await Duo.withText('notify', { director1: text, director2: text });
    pair.start('director1');
    await eventually('it tells BACKUP', async () => lines('notes').length === 1, 10_000);
    chmodSync(note, 0o777);
    await pair.movesTo('director1');
    await eventually(
      'it is told',
      async () => pair.lab.logOf('director1').includes('can be written by everybody'),
      5_000,
    );
    expect(lines('notes')).toEqual(['ran']);
  });
});

test('when the process that tells is killed, a script that waits is run, and none twice', async () => {
  const slow = program('slow', `echo "$*" >> ${FOLDER}/notes; sleep 6`);
  const text = configuration({ priority: 150, inInstance: `notify ${slow}` });
  pair = await Duo.withText('notify', { director1: text, director2: text });
  pair.start('director1');
  await pair.movesTo('director1');
  expect(lines('notes')).toEqual(['INSTANCE VI_1 BACKUP 150']);
  process.kill(await pair.pidOf('director1', 'notify'), 'SIGKILL');
  await eventually('the next one is told', async () => lines('notes').length > 1, 5_000);
  await pause(500);
  expect(lines('notes')).toEqual(['INSTANCE VI_1 BACKUP 150', 'INSTANCE VI_1 MASTER 150']);
});

describe('scripts that misbehave', () => {
  test('hang, fork and flood without moving an advertisement, and are ended', async () => {
    const marker = `lvs-notify-${process.pid}`;
    const bad = program(
      'bad',
      `( while :; do echo flood; done ) & ( sleep 1000; : ${marker} ) & ( sleep 1000 ) & exec sleep 1000`,
    );
    const more = `vrrp_script bad {
    script "${bad} ${marker}"
    interval 1
    timeout 1
    weight 1
}`;
    const one = (priority: number, isBad: boolean): string =>
      configuration({
        priority,
        interval: '1',
        ...(isBad
          ? {
              more,
              inInstance: `notify "${bad} ${marker}"\n    track_script {\n        bad\n    }`,
            }
          : {}),
      });
    pair = await Duo.withText('notify', { director1: one(150, true), director2: one(100, false) });
    pair.start('director1');
    await pair.movesTo('director1');
    pair.start('director2');
    await pause(1_500);
    const stamps = await advertisements('client', 12);
    const gaps = stamps.slice(1).map((stamp, at) => stamp - (stamps[at] as number));
    expect(gaps.length).toBeGreaterThan(8);
    // The peer endures three intervals; an idle machine shows a few milliseconds.
    expect(Math.max(...gaps)).toBeLessThan(1.25);
    const [instance] = (await pair.snapshot('director2'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'backup' });
    // Of tracked ones, which have a second, no more are left than were started in the last seconds.
    expect(runningWith(marker)).toBeLessThan(16);
    await pair.stop('director1');
  });

  /** When advertisements of director1 came, in seconds. */
  async function advertisements(host: string, seconds: number): Promise<readonly number[]> {
    const filter = [
      '-i',
      'eth0',
      '-l',
      '-n',
      '-tt',
      'ip',
      'proto',
      '112',
      'and',
      'src',
      '192.0.2.2',
    ];
    const { stdout } = await pair.lab
      .run(host, 'timeout', String(seconds), 'tcpdump', ...filter)
      .catch((error: { stdout: string }) => error);
    return stdout
      .split('\n')
      .flatMap((line) => (/^\d+\.\d+ IP/.test(line) ? [Number.parseFloat(line)] : []));
  }
});

/** Processes with a word on their command line. */
function runningWith(word: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  }).length;
}
