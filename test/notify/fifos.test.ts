/** FIFOs: the kernel's own for what may be written to, and simulated time for readers that end. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import { openFifo } from '../../src/kernel/fifo.ts';
import type { FifoSettings, Notice } from '../../src/model/notice.ts';
import { NOBODY_IS_TOLD } from '../../src/model/script.ts';
import { Fifos } from '../../src/notify/fifos.ts';
import { settled, simulatedClock } from '../world/clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvs-fifo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = (path: string, over: Partial<FifoSettings> = {}): FifoSettings => ({
  path,
  tells: 'everything',
  account: null,
  reader: null,
  ...over,
});

const vrrp: Notice = {
  about: 'vrrp',
  kind: 'INSTANCE',
  name: 'VI_1',
  state: 'MASTER',
  priority: 100,
  scripts: NOBODY_IS_TOLD,
};

const server: Notice = {
  about: 'server',
  virtualServer: { group: null, key: { kind: 'fwmark', family: 'ipv4', mark: 7 }, name: 'm' },
  realServer: null,
  up: false,
  reason: 'quorum lost',
  script: null,
  mails: false,
};

function world() {
  const clock = simulatedClock();
  const logged: LogRecord[] = [];
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const fifos = new Fifos({
    clock,
    log: logTo((record) => void logged.push(record)),
    open: openFifo,
    start: ({ argv }, path) => {
      started.push(`${clock.now()} ${argv[0]} ${path}`);
      let end = (): void => {};
      const ended = new Promise<{ exitCode: number; signal: null; timedOut: boolean }>(
        (resolve) => {
          end = () => resolve({ exitCode: 1, signal: null, timedOut: false });
        },
      );
      ends.push(end);
      return { ended, end };
    },
  });
  return { clock, fifos, logged, started, ends };
}

function read(path: string): string {
  const octets = Buffer.alloc(4096);
  return octets.toString('utf8', 0, readSync(openSync(path, 'r+'), octets));
}

describe('a FIFO', () => {
  test('is made for its owner alone, gets lines of its kind, and is gone after the stop', () => {
    const { fifos } = world();
    const [all, only] = [join(folder, 'all'), join(folder, 'vrrp')];
    fifos.configure([settings(all), settings(only, { tells: 'vrrp' })]);
    expect(lstatSync(all).isFIFO()).toBe(true);
    expect(lstatSync(all).mode & 0o777).toBe(0o600);
    fifos.tell(vrrp);
    fifos.tell(server);
    expect(read(all)).toBe('INSTANCE "VI_1" MASTER 100\nVS FWM 7 DOWN\n');
    expect(read(only)).toBe('INSTANCE "VI_1" MASTER 100\n');
    fifos.close();
    expect([existsSync(all), existsSync(only)]).toEqual([false, false]);
  });

  test('that nobody reads loses lines without delay; how many is told when there is room again', () => {
    const { fifos, logged } = world();
    const path = join(folder, 'unread');
    fifos.configure([settings(path)]);
    const began = performance.now();
    for (let at = 0; at < 10_000; at++) fifos.tell(vrrp);
    expect(performance.now() - began).toBeLessThan(10_000);
    const { lost } = fifos;
    expect(lost).toBeGreaterThan(7_000);
    expect(logged.map(({ message }) => message)).toEqual([
      'nobody reads the FIFO: what it is told is lost',
    ]);
    read(path);
    fifos.tell(vrrp);
    expect(logged.at(-1)).toMatchObject({
      message: 'the FIFO is read again',
      fields: { times: lost },
    });
    fifos.close();
  });

  test('of somebody else is used and stays', () => {
    const { fifos } = world();
    const path = join(folder, 'theirs');
    spawnSync('mkfifo', [path]);
    fifos.configure([settings(path)]);
    fifos.tell(vrrp);
    fifos.close();
    expect(existsSync(path)).toBe(true);
  });

  test('is not written to where a file or a link stands', () => {
    const { fifos, logged } = world();
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    writeFileSync(file, 'mine');
    symlinkSync(file, link);
    fifos.configure([settings(file), settings(link)]);
    fifos.tell(vrrp);
    fifos.close();
    expect(logged.map(({ fields }) => fields.reason)).toEqual([
      `the FIFO ${file} is no FIFO`,
      `the FIFO ${link} is a symbolic link`,
    ]);
    expect([existsSync(file), lstatSync(file).size]).toEqual([true, 4]);
  });
});

describe('its reader', () => {
  const reader = { argv: ['reader'], account: null } as const;

  test('is started with its path, again ever later when it ends, and ended at the stop', async () => {
    const { fifos, clock, started, ends, logged } = world();
    const path = join(folder, 'read');
    fifos.configure([settings(path, { reader })]);
    ends[0]?.();
    await clock.settleTo(5_000);
    ends[1]?.();
    await clock.settleTo(10_000);
    expect(started).toEqual([`0 reader ${path}`, `1000 reader ${path}`, `7000 reader ${path}`]);
    fifos.close();
    await settled();
    await clock.settleTo(200_000);
    expect(started).toHaveLength(3);
    expect(logged.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  test('is started anew at a reload', async () => {
    const { fifos, started } = world();
    const path = join(folder, 'reload');
    fifos.configure([settings(path, { reader })]);
    fifos.configure([settings(path, { reader })]);
    await settled();
    expect(started).toEqual([`0 reader ${path}`, `0 reader ${path}`]);
    fifos.close();
  });
});
