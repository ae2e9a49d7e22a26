/** The supervisor with real processes that stand in for vrrp and health: stand-in.mjs says how they behave. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openControl } from '../../../src/api/client.ts';
import { settled, simulatedClock } from '../../world/clock.ts';
import {
  file,
  go,
  health,
  logged,
  MISTAKE,
  orders,
  POLL,
  prepare,
  runDir,
  serversUpTold,
  started,
  vrrp,
} from '../supervised.ts';

describe('a reload', () => {
  test('gives the processes what is in the file now', async () => {
    const one = await started(vrrp('VI_1'));
    const before = (await one.snapshot()).configuration;
    writeFileSync(file(), vrrp('VI_2'));
    const report = await one.reload({ allowEmpty: false });
    expect(report).toMatchObject({ outcome: 'reloaded', errors: 0, unconfirmed: [] });
    expect(report.digest).toBe(report.inForce);
    expect(report.digest).not.toBe(before.digest);
    const { configuration, vrrp: held } = await one.snapshot();
    expect(configuration).toMatchObject({ digest: report.digest, unconfirmed: [], refused: null });
    expect(JSON.stringify(held)).toContain('VI_2');
  });

  test('of a file with mistakes changes nothing, and both digests and the mistakes are told', async () => {
    const one = await started(vrrp('VI_1'));
    const { digest } = (await one.snapshot()).configuration;
    writeFileSync(file(), vrrp('VI_2') + MISTAKE);
    const report = await one.reload({ allowEmpty: false });
    const mistake = {
      code: 'unknown-keyword',
      severity: 'error',
      file: file(),
      line: 11,
      column: 5,
      suggestion: 'interval',
    };
    expect(report).toMatchObject({ outcome: 'refused', inForce: digest, errors: 1 });
    expect(report.digest).not.toBe(digest);
    expect(report.diagnostics).toContainEqual(expect.objectContaining(mistake));
    expect(report.rendered).toContain('did you mean "interval"?');
    const { configuration } = await one.snapshot();
    expect(configuration).toMatchObject({
      digest,
      refused: { digest: report.digest, errors: 1, diagnostics: [mistake], processes: [] },
    });
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('of a file without a statement is refused, unless it is meant', async () => {
    const one = await started(vrrp('VI_1'));
    const { digest } = (await one.snapshot()).configuration;
    for (const text of ['', '# all of it was moved\n', `include ${file()}.d/*.conf\n`]) {
      writeFileSync(file(), text);
      const report = await openControl(runDir).reload({ allowEmpty: false });
      expect(report).toMatchObject({ outcome: 'refused', inForce: digest, errors: 1 });
      expect(report.rendered).toMatch(/error\[empty\]: there is no statement[\s\S]*--allow-empty/);
      const applied = one.apply({ file: null, confirmMs: 5_000, allowEmpty: false });
      expect(await applied).toMatchObject({ outcome: 'refused' });
      expect(await openControl(runDir).plan({ file: null })).toMatchObject({ outcome: 'refused' });
    }
    expect(orders()).toEqual(['vrrp 1']);
    const report = await openControl(runDir).reload({ allowEmpty: true });
    expect(report).toMatchObject({ outcome: 'reloaded', errors: 0, warnings: 2 });
    // From now on there is nothing that an empty file could take away.
    writeFileSync(file(), '# still nothing\n');
    expect(await one.reload({ allowEmpty: false })).toMatchObject({ outcome: 'reloaded' });
  });

  test('of a file without an end of mistakes tells the first of them', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), `${'x'.repeat(10_000)} here\n${'nonsense here\n'.repeat(3_000)}`);
    const report = await one.reload({ allowEmpty: false });
    expect(report.errors).toBeGreaterThan(2_999);
    expect(report.diagnostics).toHaveLength(100);
    const { refused } = (await one.snapshot()).configuration;
    expect(refused?.errors).toBe(report.errors);
    expect(refused?.diagnostics).toHaveLength(5);
    expect(refused?.diagnostics[0]?.message.length).toBeLessThan(300);
  });

  test('of an unchanged file disturbs nobody, and forgets what was refused in between', async () => {
    const one = await started(vrrp('VI_1'));
    const { loadedAtMs } = (await one.snapshot()).configuration;
    expect(await one.reload({ allowEmpty: false })).toMatchObject({ outcome: 'unchanged' });
    writeFileSync(file(), MISTAKE);
    expect(await one.reload({ allowEmpty: false })).toMatchObject({ outcome: 'refused' });
    writeFileSync(file(), vrrp('VI_1'));
    expect(await one.reload({ allowEmpty: false })).toMatchObject({ outcome: 'unchanged' });
    expect((await one.snapshot()).configuration).toMatchObject({ loadedAtMs, refused: null });
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('that needs a process which cannot work here is refused; the other one notices nothing', async () => {
    const one = await started(vrrp('VI_1'));
    const { digest } = (await one.snapshot()).configuration;
    writeFileSync(file(), vrrp('VI_2') + health('refuses'));
    const refusal = { process: 'health', reason: 'no IPVS', hint: 'modprobe ip_vs' };
    expect(await one.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'refused',
      inForce: digest,
      errors: 0,
      unconfirmed: [refusal],
    });
    const { configuration, processes, vrrp: held } = await one.snapshot();
    expect(configuration).toMatchObject({ digest, refused: { errors: 0, processes: [refusal] } });
    expect(processes.map(({ name }) => name)).toEqual(['supervisor', 'vrrp']);
    expect(JSON.stringify(held)).toContain('VI_1');
    expect(orders()).toEqual(['vrrp 1', 'health 1']);
    writeFileSync(file(), vrrp('VI_2') + health('works'));
    expect(await one.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'reloaded',
      unconfirmed: [],
    });
  });

  test('that a process cannot take is told as it is, and tried again at the next', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('fails'));
    const unconfirmed = [{ process: 'vrrp', reason: 'the kernel did not answer', hint: null }];
    expect(await one.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'reloaded',
      unconfirmed,
    });
    expect((await one.snapshot()).configuration).toMatchObject({ unconfirmed });
    expect(logged('configuration reloaded, but not everywhere')?.level).toBe('error');
    expect(await one.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'reloaded',
      unconfirmed,
    });
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2', 'vrrp 3']);
  });

  test('in which a process dies is in force when its successor has it', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('dies-once'));
    expect(await one.reload({ allowEmpty: false })).toMatchObject({
      outcome: 'reloaded',
      unconfirmed: [],
    });
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2', 'vrrp 2']);
    const { processes } = await one.snapshot();
    expect(processes).toContainEqual(expect.objectContaining({ name: 'vrrp', restarts: 1 }));
  });

  test('that a process does not answer is told after 10 s', async () => {
    const clock = simulatedClock();
    const one = prepare(vrrp('VI_1'), { clock });
    await one.start();
    writeFileSync(file(), vrrp('silent'));
    const report = one.reload({ allowEmpty: false });
    await expect.poll(orders, POLL).toEqual(['vrrp 1', 'vrrp 2']);
    await clock.settleBy(10_000);
    expect(await report).toMatchObject({
      outcome: 'reloaded',
      unconfirmed: [{ process: 'vrrp', reason: 'it has not answered yet' }],
    });
  });
});

describe('reloads at once', () => {
  test('are one running and one pending, which reads what is there when it begins', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('waits'));
    const first = one.reload({ allowEmpty: false });
    await expect.poll(orders, POLL).toEqual(['vrrp 1', 'vrrp 2']);
    const others = [
      one.reload({ allowEmpty: false }),
      one.reload({ allowEmpty: false }),
      openControl(runDir).reload({ allowEmpty: false }),
    ];
    one.onSignal('SIGHUP');
    // Answered after the question before it has arrived.
    await openControl(runDir).snapshot();
    writeFileSync(file(), vrrp('VI_3'));
    go();
    const { digest } = await first;
    const [second, ...same] = await Promise.all(others);
    expect(second).toMatchObject({ outcome: 'reloaded' });
    expect(second?.digest).not.toBe(digest);
    expect(same).toEqual([second, second]);
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2', 'vrrp 3']);
  });

  test('a reload that is asked for during the start comes after it', async () => {
    const one = prepare(vrrp('waits'));
    const start = one.start();
    one.onSignal('SIGHUP');
    await expect.poll(orders, POLL).toEqual(['vrrp 1']);
    const report = one.reload({ allowEmpty: false });
    writeFileSync(file(), vrrp('VI_2'));
    expect(logged('lvsd is ready')).toBeUndefined();
    go();
    await start;
    expect(await report).toMatchObject({ outcome: 'reloaded' });
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2']);
  });
});

describe('a stop', () => {
  test('ends a reload that waits for its processes, and the pending one', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('silent'));
    const running = openControl(runDir).reload({ allowEmpty: false });
    await expect.poll(orders, POLL).toEqual(['vrrp 1', 'vrrp 2']);
    const pending = one.reload({ allowEmpty: false });
    const both = [
      expect(running).rejects.toMatchObject({ code: 'REQUEST_REFUSED' }),
      expect(pending).rejects.toMatchObject({ code: 'DAEMON_STOPPING' }),
    ];
    one.onSignal('SIGTERM');
    await Promise.all(both);
    expect(await one.ended).toBe(0);
    expect(orders()).toEqual(['vrrp 1', 'vrrp 2']);
  });

  test('ends the processes that a reload has just started', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('VI_1') + health('silent'));
    const reload = expect(one.reload({ allowEmpty: false })).rejects.toMatchObject({
      code: 'DAEMON_STOPPING',
    });
    await expect.poll(orders, POLL).toEqual(['vrrp 1', 'health 1']);
    const { processes } = await one.snapshot();
    one.onSignal('SIGTERM');
    await reload;
    expect(await one.ended).toBe(0);
    const pid = processes.find(({ name }) => name === 'health')?.pid as number;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('is not disturbed by a reload, which reads nothing any more', async () => {
    const one = await started(vrrp('VI_1'));
    writeFileSync(file(), vrrp('VI_2'));
    one.onSignal('SIGTERM');
    one.onSignal('SIGHUP');
    expect(await one.ended).toBe(0);
    await settled();
    expect(orders()).toEqual(['vrrp 1']);
    expect(logged('signal could not be obeyed')?.fields).toMatchObject({ signal: 'SIGHUP' });
  });

  test.each([
    ['SIGQUIT', ['kept-health']],
    ['SIGTERM', []],
  ] as const)('by %s leaves in the kernel: %j', async (signal, kept) => {
    const one = await started(vrrp('VI_1') + health('web'));
    one.onSignal(signal);
    expect(await one.ended).toBe(0);
    expect(readdirSync(runDir).filter((name) => name.startsWith('kept-'))).toEqual(kept);
  });

  test('comes to its end though the pid file cannot be removed, and tells of that', async () => {
    const one = await started(vrrp('VI_1'));
    const path = join(runDir, 'lvsd.pid');
    rmSync(path);
    mkdirSync(path);
    one.onSignal('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(logged('the pid file could not be removed')?.fields).toMatchObject({ path });
    rmSync(path, { recursive: true });
  });

  test('before the start leaves nothing to start', async () => {
    const one = prepare(vrrp('VI_1'));
    const start = one.start();
    one.onSignal('SIGTERM');
    await start;
    expect(await one.ended).toBe(0);
    expect(orders()).toEqual([]);
    expect(existsSync(join(runDir, 'control.sock'))).toBe(false);
  });

  test('during the start does not wait for a process that has not answered', async () => {
    const one = prepare(vrrp('silent'));
    const start = one.start();
    await expect.poll(orders, POLL).toEqual(['vrrp 1']);
    one.onSignal('SIGTERM');
    await start;
    expect(await one.ended).toBe(0);
    expect(logged('lvsd is ready')).toBeUndefined();
  });
});

test('a start that needs a process which cannot work here ends with exit code 1', async () => {
  const one = prepare(vrrp('VI_1') + health('refuses'));
  await one.start();
  expect(await one.ended).toBe(1);
  expect(logged('process cannot do its work')?.fields).toMatchObject({
    process: 'health',
    reason: 'no IPVS',
    hint: 'modprobe ip_vs',
  });
});

describe('a start', () => {
  test('names the pid file that cannot be written', async () => {
    mkdirSync(join(runDir, 'lvsd.pid'));
    await expect(prepare(vrrp('VI_1')).start()).rejects.toMatchObject({
      code: 'RUN_DIR_UNWRITABLE',
      message: `the pid file ${join(runDir, 'lvsd.pid')} cannot be written: EISDIR`,
      hint: 'give it another place: --pid FILE',
    });
    rmSync(join(runDir, 'lvsd.pid'), { recursive: true });
  });

  test('names the folder of a pid file that is not there', async () => {
    const pidFile = join(runDir, 'nowhere', 'lvsd.pid');
    await expect(prepare(vrrp('VI_1'), { pidFile }).start()).rejects.toMatchObject({
      message: `the pid file ${pidFile} cannot be written: ENOENT`,
      hint: 'make its folder, or give it another place: --pid FILE',
    });
  });

  test('tells that a file is in the place of the run directory', async () => {
    const path = join(runDir, 'file');
    writeFileSync(path, '');
    await expect(prepare(vrrp('VI_1'), { runDir: path }).start()).rejects.toMatchObject({
      message: `the run directory ${path} cannot be made: there is a file in its place`,
      hint: 'give lvsd one that it may write: --run-dir DIR',
    });
  });
});

test('VRRP is told what checkers find of real servers, and that nothing is known when they begin again', async () => {
  const one = await started(vrrp('VI_1') + health('finds-alive'));
  await expect.poll(() => serversUpTold().at(-1), POLL).toBe('true');
  const pid = async (name: string): Promise<number> =>
    (await one.snapshot()).processes.find((process) => process.name === name)?.pid ?? 0;
  const before = serversUpTold().length;
  process.kill(await pid('health'), 'SIGKILL');
  await expect.poll(() => serversUpTold().slice(before), POLL).toEqual(['null', 'true']);
  // One that is started again is told what was found.
  const again = serversUpTold().length;
  process.kill(await pid('vrrp'), 'SIGKILL');
  await expect.poll(() => serversUpTold().slice(again), POLL).toEqual(['true']);
});
