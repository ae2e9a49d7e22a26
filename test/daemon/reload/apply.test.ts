/** Apply with its time to confirm, rollback, and what a restart makes of both; with stand-in processes. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openControl } from '../../../src/api/client.ts';
import type { Supervisor } from '../../../src/daemon/supervisor/supervisor.ts';
import { simulatedClock } from '../../world/clock.ts';
import {
  file,
  launch,
  logged,
  MISTAKE,
  orders,
  POLL,
  prepare,
  runDir,
  started,
  vrrp,
} from '../supervised.ts';

const control = () => openControl(runDir);
const snapshotOf = async (one: Supervisor) => (await one.snapshot()).configuration;
/** The names in the configuration that the vrrp process has. */
const runs = async (one: Supervisor): Promise<string> =>
  /VI_\d/.exec(JSON.stringify((await one.snapshot()).vrrp))?.[0] ?? 'nothing';

const elsewhere = (name: string): string => {
  const path = join(runDir, 'other.conf');
  writeFileSync(path, vrrp(name));
  return path;
};

/** What is on the disk is read anew, as after `kill -9`. */
async function startAgain(one: Supervisor): Promise<Supervisor> {
  await one.stop('restart');
  const again = launch();
  await again.start();
  return again;
}

describe('apply with a time to confirm', () => {
  test('returns to the configuration before when nobody confirms', async () => {
    const clock = simulatedClock();
    const one = prepare(vrrp('VI_1'), { clock });
    await one.start();
    const before = (await snapshotOf(one)).digest;
    writeFileSync(file(), vrrp('VI_2'));
    const report = await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false });
    expect(report).toMatchObject({ outcome: 'reloaded', confirmWithinMs: 60_000 });
    expect(await runs(one)).toBe('VI_2');
    expect((await snapshotOf(one)).pending).toMatchObject({ before, confirmMs: 60_000 });
    await clock.settleBy(59_000);
    expect(await runs(one)).toBe('VI_2');
    await clock.settleBy(1_000);
    await expect.poll(() => runs(one), POLL).toBe('VI_1');
    await expect
      .poll(() => snapshotOf(one), POLL)
      .toMatchObject({
        digest: before,
        pending: null,
        pin: { reason: 'not-confirmed', fileDigest: report.digest },
      });
    expect(logged('configuration is rolled back')?.fields).toMatchObject({
      from: report.digest,
      to: before,
      reason: 'not-confirmed',
    });
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2', 'vrrp 3']);
  });

  test('stays when somebody does', async () => {
    const clock = simulatedClock();
    const one = prepare(vrrp('VI_1'), { clock });
    await one.start();
    writeFileSync(file(), vrrp('VI_2'));
    const { digest } = await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false });
    expect(await control().confirm()).toEqual({ digest, unconfirmed: [] });
    await clock.settleBy(120_000);
    expect(await snapshotOf(one)).toMatchObject({ digest, pending: null, pin: null });
    await expect(control().confirm()).rejects.toMatchObject({ code: 'REQUEST_REFUSED' });
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2']);
  });

  test('lets nothing else in meanwhile, but a rollback at once', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('VI_2'));
    await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false });
    writeFileSync(file(), vrrp('VI_3'));
    const refusal = { message: expect.stringMatching(/waits to be confirmed, for \d+ s more/) };
    await expect(control().reload({ allowEmpty: false })).rejects.toMatchObject(refusal);
    await expect(
      control().apply({ file: null, confirmMs: null, allowEmpty: false }),
    ).rejects.toMatchObject(refusal);
    one.onSignal('SIGHUP');
    expect(await control().rollback()).toMatchObject({ outcome: 'reloaded' });
    expect(await runs(one)).toBe('VI_1');
    expect((await snapshotOf(one)).pending).toBeNull();
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2', 'vrrp 3']);
    expect(await control().reload({ allowEmpty: false })).toMatchObject({ outcome: 'reloaded' });
    expect(await runs(one)).toBe('VI_3');
    expect((await snapshotOf(one)).pin).toBeNull();
  });

  test('of a bad file changes nothing, and of the same file has nothing to confirm', async () => {
    const one = await started(vrrp('VI_1'));
    expect(await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false })).toMatchObject({
      outcome: 'unchanged',
      confirmWithinMs: null,
    });
    writeFileSync(file(), vrrp('VI_2') + MISTAKE);
    expect(await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false })).toMatchObject({
      outcome: 'refused',
      confirmWithinMs: null,
    });
    expect((await snapshotOf(one)).pending).toBeNull();
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('ends rolled back when the daemon ends meanwhile, over several restarts', async () => {
    const one = await started(vrrp('VI_1'));
    const before = (await snapshotOf(one)).digest;
    writeFileSync(file(), vrrp('VI_2'));
    const { digest } = await one.apply({ file: null, confirmMs: 60_000, allowEmpty: false });
    const second = await startAgain(one);
    expect(await runs(second)).toBe('VI_1');
    const pin = { reason: 'not-confirmed', fileDigest: digest };
    expect(await snapshotOf(second)).toMatchObject({ digest: before, pending: null, pin });
    const third = await startAgain(second);
    expect(await snapshotOf(third)).toMatchObject({ digest: before, pending: null, pin });
    // A file that somebody has changed is meant.
    writeFileSync(file(), vrrp('VI_3'));
    const fourth = await startAgain(third);
    expect(await runs(fourth)).toBe('VI_3');
    expect((await snapshotOf(fourth)).pin).toBeNull();
  });

  test('is refused before anything changes when it could not be remembered', async () => {
    const one = await started(vrrp('VI_1'));
    const folder = join(runDir, 'state', 'state.json.new');
    mkdirSync(folder);
    writeFileSync(join(folder, 'in the way'), '');
    writeFileSync(file(), vrrp('VI_2'));
    await expect(
      one.apply({ file: null, confirmMs: 60_000, allowEmpty: false }),
    ).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
    });
    expect(await runs(one)).toBe('VI_1');
    // A reload does not need it.
    expect(await one.reload({ allowEmpty: false })).toMatchObject({ outcome: 'reloaded' });
    expect(logged('configuration cannot be kept for a rollback')?.level).toBe('error');
  });
});

describe('another file', () => {
  test('is in force until the daemon’s own is changed or asked for', async () => {
    const one = await started(vrrp('VI_1'));
    const fileDigest = (await snapshotOf(one)).digest;
    const path = elsewhere('VI_2');
    const { digest } = await one.apply({ file: path, confirmMs: null, allowEmpty: false });
    expect(await snapshotOf(one)).toMatchObject({
      path,
      digest,
      pin: { reason: 'applied', fileDigest },
    });
    // The copy counts, not what has become of the other file.
    writeFileSync(path, 'nonsense');
    const second = await startAgain(one);
    expect(await runs(second)).toBe('VI_2');
    expect(await second.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'reloaded',
      path: file(),
    });
    expect(await runs(second)).toBe('VI_1');
    const third = await startAgain(second);
    expect(await snapshotOf(third)).toMatchObject({ digest: fileDigest, pin: null });
  });

  test('that was confirmed is what a restart finds', async () => {
    const one = await started(vrrp('VI_1'));
    await one.apply({ file: elsewhere('VI_2'), confirmMs: 60_000, allowEmpty: false });
    await control().confirm();
    const second = await startAgain(one);
    expect(await runs(second)).toBe('VI_2');
    expect((await snapshotOf(second)).pin).toMatchObject({ reason: 'applied' });
  });
});

describe('a rollback', () => {
  test('goes back one good configuration after the other, also after a restart', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('VI_2'));
    await one.reload({ allowEmpty: false });
    writeFileSync(file(), vrrp('fails'));
    expect((await one.reload({ allowEmpty: false })).unconfirmed).toHaveLength(1);
    const second = await startAgain(one);
    writeFileSync(file(), vrrp('VI_3'));
    await second.reload({ allowEmpty: false });
    await second.rollback();
    // What one process did not take was never good.
    expect(await runs(second)).toBe('VI_2');
    await second.rollback();
    expect(await runs(second)).toBe('VI_1');
    await expect(second.rollback()).rejects.toMatchObject({ code: 'NOTHING_EARLIER' });
    expect((await snapshotOf(second)).pin).toMatchObject({ reason: 'rolled-back' });
    const third = await startAgain(second);
    expect(await runs(third)).toBe('VI_1');
  });

  test('reads the included files as they were', async () => {
    const part = join(runDir, 'part.inc');
    writeFileSync(part, vrrp('VI_1'));
    const one = await started('include *.inc\n');
    writeFileSync(part, vrrp('VI_2'));
    await one.reload({ allowEmpty: false });
    expect(await runs(one)).toBe('VI_2');
    await one.rollback();
    expect(await runs(one)).toBe('VI_1');
  });

  test('of nothing is refused', async () => {
    const one = await started(vrrp('VI_1'));
    await expect(one.rollback()).rejects.toMatchObject({ code: 'NOTHING_EARLIER' });
  });
});

test('kept texts are for the daemon’s account only, and not more of them than are needed', async () => {
  const one = await started(vrrp('VI_1'));
  const folder = join(runDir, 'state', 'configurations');
  for (let at = 0; at < 9; at += 1) {
    writeFileSync(file(), `${vrrp('VI_2')}# ${at}\n`);
    await one.reload({ allowEmpty: false });
  }
  const names = readdirSync(folder);
  expect(names).toHaveLength(6);
  const paths = [...names.map((name) => join(folder, name)), join(runDir, 'state', 'state.json')];
  expect(paths.map((path) => statSync(path).mode & 0o777)).toEqual(paths.map(() => 0o600));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a state that somebody has spoilt is taken for none', async () => {
  const one = await started(vrrp('VI_1'));
  const state = join(runDir, 'state', 'state.json');
  const { good } = JSON.parse(readFileSync(state, 'utf8'));
  await one.stop('restart');
  writeFileSync(state, JSON.stringify({ good, pin: null, pending: { before: '../../passwd' } }));
  chmodSync(state, 0o600);
  const second = launch();
  await second.start();
  expect(await runs(second)).toBe('VI_1');
  expect((await snapshotOf(second)).pending).toBeNull();
});
