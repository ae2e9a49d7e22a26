/** What was signed and believed outlives the process, and a damaged file is none. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LogRecord, logTo, silentLog } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/base/time.ts';
import { SpentFile } from '../../../src/daemon/vrrp/spent-file.ts';
import { ReplayGuard, type SpentStamps, stampAt } from '../../../src/vrrp/adverts/replay.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spent-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): SpentFile =>
  new SpentFile(join(folder, 'signed.json'), { clock: systemClock, log: silentLog });

const WALL = Date.UTC(2026, 10, 28);
const TIME = { antiReplay: 'time', windowMs: 5_000 } as const;

function heardOnce(): { readonly spent: SpentStamps; readonly stamp: ReturnType<typeof stampAt> } {
  const guard = new ReplayGuard();
  const stamp = stampAt(WALL);
  const now = systemClock.now();
  expect(guard.take('192.0.2.3', stamp, TIME, { now, wallMs: WALL })).toBe(null);
  const sent = { stamp: { ticks: 77, counter: 3 }, at: now };
  return { spent: new Map([['VI_1', { sent, heard: guard.read() }]]), stamp };
}

test('what was heard is a replay for the next life, and instants are about as they were', () => {
  const { spent, stamp } = heardOnce();
  open().close(spent);
  const read = open().read().get('VI_1');
  expect(read?.sent?.stamp).toEqual({ ticks: 77, counter: 3 });
  expect(Math.abs((read?.sent?.at ?? 0) - systemClock.now())).toBeLessThan(30_000);
  const guard = new ReplayGuard();
  guard.restore(read?.heard ?? []);
  const at = { now: systemClock.now(), wallMs: WALL };
  expect(guard.take('192.0.2.3', stamp, TIME, at)).toBe('replay');
});

test('of another boot the stamps count, and no clock since', () => {
  const { spent, stamp } = heardOnce();
  open().close(spent);
  const path = join(folder, 'signed.json');
  const kept = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...kept, boot: 'another' }));
  const guard = new ReplayGuard();
  guard.restore(open().read().get('VI_1')?.heard ?? []);
  const now = systemClock.now();
  expect(guard.take('192.0.2.3', stamp, TIME, { now, wallMs: WALL })).toBe('replay');
  expect(
    guard.take('192.0.2.3', stampAt(WALL + 60_000), TIME, { now, wallMs: WALL + 60_000 }),
  ).toBe(null);
});

describe('F43: a damaged file', () => {
  test('is none, whatever is missing or changed', () => {
    const path = join(folder, 'signed.json');
    open().close(heardOnce().spent);
    const good = readFileSync(path, 'utf8');
    for (let length = 0; length < good.length; length += 1) {
      writeFileSync(path, good.slice(0, length));
      expect(open().read().size).toBe(0);
    }
    for (const text of [
      '[]',
      '{}',
      'null',
      good.replace(/"heard":\[.*/, '"heard":[7]}}}'),
      good.replace('77', '"x"'),
    ]) {
      writeFileSync(path, text);
      expect(open().read().size).toBe(0);
    }
  });

  test('is told, and one that is not there is not', () => {
    const told: LogRecord[] = [];
    const path = join(folder, 'signed.json');
    const file = new SpentFile(path, {
      clock: systemClock,
      log: logTo((record) => told.push(record)),
    });
    file.read();
    expect(told).toEqual([]);
    open().close(heardOnce().spent);
    file.read();
    expect(told).toEqual([]);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40));
    file.read();
    expect(told).toMatchObject([{ level: 'warn', fields: { path } }]);
  });
});
