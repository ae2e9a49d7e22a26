/** `startup_script` and `shutdown_script`: when they run, and that nothing hangs on them for ever. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { logged, orders, POLL, prepare, runDir, started, vrrp } from '../supervised.ts';

/** A program that tells which processes were ordered to do something by then, and does as it is told. */
function program(name: string, then = 'exit 0'): string {
  const path = join(runDir, name);
  const lines = [`cat ${runDir}/orders >> ${runDir}/${name}.saw 2>/dev/null`];
  writeFileSync(
    path,
    `#!/bin/sh\necho ran >> ${runDir}/${name}.saw\n${lines.join('\n')}\n${then}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

const saw = (name: string): readonly string[] =>
  readFileSync(join(runDir, `${name}.saw`), 'utf8')
    .trimEnd()
    .split('\n');

const globals = (lines: string): string => `global_defs {
    script_security warn
    ${lines}
}
`;

describe('the script of the start', () => {
  test('has ended before any process begins', async () => {
    const text = globals(`startup_script "${program('up', 'sleep 0.2; touch $0.done')}"`);
    await started(text + vrrp('VI_1'));
    expect(saw('up')).toEqual(['ran']);
    expect(existsSync(join(runDir, 'up.done'))).toBe(true);
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('that fails is told, and the daemon starts all the same', async () => {
    const path = program('up', 'exit 3');
    await started(globals(`startup_script ${path}`) + vrrp('VI_1'));
    expect(logged('script failed')?.fields).toMatchObject({
      keyword: 'startup_script',
      exitCode: 3,
    });
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('that hangs is ended when its time is over', async () => {
    const lines = `startup_script ${program('up', 'exec sleep 60')}\nstartup_script_timeout 1`;
    await started(globals(lines) + vrrp('VI_1'));
    expect(logged('script failed')?.fields).toMatchObject({ signal: 'SIGTERM', timedOut: true });
    expect(orders()).toEqual(['vrrp 1']);
  });

  test('is ended when the daemon is to stop meanwhile', async () => {
    const one = prepare(globals(`startup_script ${program('up', 'exec sleep 60')}`) + vrrp('VI_1'));
    const start = one.start();
    await expect.poll(() => existsSync(join(runDir, 'up.saw')), POLL).toBe(true);
    one.onSignal('SIGTERM');
    await start;
    expect(await one.ended).toBe(0);
    expect(orders()).toEqual([]);
  });
});

describe('the script of the end', () => {
  test('runs last, as the newest configuration has it', async () => {
    const one = await started(globals(`shutdown_script ${program('old')}`) + vrrp('VI_1'));
    const { processes } = await one.snapshot();
    const pid = processes.find(({ name }) => name === 'vrrp')?.pid as number;
    const check = `kill -0 ${pid} 2>/dev/null && echo alive >> $0.saw`;
    writeFileSync(
      join(runDir, 'lvsd.conf'),
      globals(`shutdown_script ${program('down', check)}`) + vrrp('VI_1'),
    );
    await one.reload({ allowEmpty: false });
    await one.stop('test');
    expect(saw('down')).toEqual(['ran', 'vrrp 1', 'vrrp 2']);
    expect(existsSync(join(runDir, 'old.saw'))).toBe(false);
    expect(await one.ended).toBe(0);
  });

  test('that cannot be run any more is told, and the daemon ends', async () => {
    const path = program('down');
    const one = await started(globals(`shutdown_script ${path}`) + vrrp('VI_1'));
    chmodSync(path, 0o644);
    await one.stop('test');
    expect(logged('script could not be run')?.fields).toMatchObject({ keyword: 'shutdown_script' });
  });
});
