// needs: root
/** What is tracked, on a real kernel: files, processes, interfaces that come, go and change their names. */
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InstanceSnapshot } from '../../src/model/snapshot-vrrp.ts';
import { Duo } from './duo.ts';
import { eventually, type Running } from './lab.ts';

const VIP = '192.0.2.10';
const LOAD = '/run/tracking-load';
/** A program of its own name, which nothing else on this machine has. */
const PROGRAM = '/run/tracked-program';

const instance = (priority: number, tracks: string): string => `vrrp_instance VI_1 {
    version 3
    advert_int 0.2
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        ${VIP}/24
    }
    ${tracks}
}
`;

const TRACKS = `track_file {
        load
    }
    track_process {
        program
    }
    track_interface {
        trk0 weight -70
    }`;

const FIRST = `track_file load {
    file ${LOAD}
    init_file 0 overwrite
}
vrrp_track_process program {
    process ${PROGRAM}
    weight -80
}
${instance(150, TRACKS)}`;

let pair: Duo;
let program: Running;

beforeAll(async () => {
  writeFileSync(LOAD, '-20');
  copyFileSync('/usr/bin/sleep', PROGRAM);
  pair = await Duo.withText('tracking', { director1: FIRST, director2: instance(100, '') });
  await makeTracked();
  program = pair.lab.start('director1', 'program', PROGRAM, '3600');
  pair.start('director1');
  pair.start('director2');
  await pair.movesTo('director1');
});

afterAll(async () => {
  program?.kill('SIGKILL');
  await pair?.close();
  rmSync(PROGRAM, { force: true });
  rmSync(LOAD, { force: true });
});

/** An interface with somebody at the other end: it runs. */
async function makeTracked(): Promise<void> {
  const { lab } = pair;
  await lab.ip('director1', 'link', 'add', 'trk0', 'type', 'veth', 'peer', 'name', 'trk1');
  await lab.ip('director1', 'link', 'set', 'trk1', 'up');
  await lab.ip('director1', 'link', 'set', 'trk0', 'up');
}

async function first(): Promise<InstanceSnapshot | undefined> {
  return (await pair.snapshot('director1'))?.vrrp?.instances[0];
}

const priorityIs = (priority: number, withinMs: number): Promise<number> =>
  eventually(
    `the effective priority is ${priority}`,
    async () => (await first())?.effectivePriority === priority,
    withinMs,
  );

describe('the effective priority', () => {
  test('follows the number in a file, at once', async () => {
    writeFileSync(LOAD, '-60');
    await priorityIs(90, 1_000);
    await pair.movesTo('director2', VIP, 3_000);
    writeFileSync(LOAD, '0');
    await priorityIs(150, 1_000);
    await pair.movesTo('director1', VIP, 3_000);
    rmSync(LOAD);
    await priorityIs(150, 1_000);
  });

  test('follows a process that dies and is started again', async () => {
    program.kill('SIGKILL');
    await priorityIs(70, 2_500);
    await pair.movesTo('director2', VIP, 3_000);
    program = pair.lab.start('director1', 'program', PROGRAM, '3600');
    await priorityIs(150, 2_500);
    await pair.movesTo('director1', VIP, 3_000);
  });

  test('follows an interface that vanishes and is made anew', async () => {
    await pair.lab.ip('director1', 'link', 'del', 'trk0');
    await priorityIs(80, 1_000);
    await pair.movesTo('director2', VIP, 3_000);
    await makeTracked();
    await priorityIs(150, 1_000);
    await pair.movesTo('director1', VIP, 3_000);
  });

  test('is explained by `lvsctl show`', async () => {
    const shown = await pair.show('director1');
    expect(shown).toMatch(/tracks interface trk0: up since .*, weight -70: nothing now/);
    expect(shown).toMatch(/tracks file load: holds 0 since .*\(there is no such file\)/);
    expect(shown).toMatch(/tracks process program: up since .*\(1 process\)/);
  });
});

test('an instance whose interface gets another name waits for it, and goes on when it is back', async () => {
  await pair.lab.ip('director1', 'link', 'set', 'eth0', 'down');
  await pair.lab.ip('director1', 'link', 'set', 'eth0', 'name', 'other0');
  await eventually('it is in fault', async () => (await first())?.state === 'fault', 2_000);
  expect((await first())?.reason).toContain('eth0');
  // What was put on it goes, whatever it is called now.
  await eventually(
    'the renamed interface has no address of ours',
    async () =>
      !(await pair.lab.ip('director1', 'addr', 'show', 'dev', 'other0')).stdout.includes(VIP),
    1_000,
  );
  await pair.lab.ip('director1', 'link', 'set', 'other0', 'name', 'eth0');
  await pair.lab.ip('director1', 'link', 'set', 'eth0', 'up');
  await pair.movesTo('director1', VIP, 10_000);
});
