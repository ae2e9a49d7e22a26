/** What runs, as /proc has it: this machine's own, and one that is made up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/base/time.ts';
import { type ProcessFacts, watchProcesses } from '../../src/kernel/processes.ts';
import { simulatedClock } from '../world/clock.ts';

let stop: () => void = () => {};
afterEach(() => stop());

function watching(proc?: string, clock = systemClock, isWatched = true) {
  const known = new Map<number, ProcessFacts>();
  const seen = { rounds: 0, names: [] as string[] };
  stop = watchProcesses(
    clock,
    {
      wantsCommandLines: true,
      onProcess: (pid, facts) => {
        if (facts === null) known.delete(pid);
        else known.set(pid, facts);
        if (facts !== null) seen.names.push(`${pid} ${facts.comm}`);
        return isWatched;
      },
      onRound: () => {
        seen.rounds += 1;
      },
    },
    proc,
  );
  return { known, seen };
}

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000 });

describe('the processes of this machine', () => {
  test('are there, come and go', async () => {
    const { known } = watching();
    await soon(() => expect(known.get(process.pid)?.argv[0]).toMatch(/node/));
    const child: ChildProcess = spawn('sleep', ['31.4159']);
    const pid = child.pid as number;
    await soon(() => expect(known.get(pid)).toEqual({ comm: 'sleep', argv: ['sleep', '31.4159'] }));
    child.kill();
    await soon(() => expect(known.has(pid)).toBe(false));
  });

  test('may become another program', async () => {
    const { seen } = watching();
    const child = spawn('sh', ['-c', 'read go; exec sleep 27.1828']);
    const pid = child.pid as number;
    const own = (): readonly string[] => seen.names.filter((name) => name.startsWith(`${pid} `));
    await soon(() => expect(own()).toEqual([`${pid} sh`]));
    child.stdin.write('\n');
    await soon(() => expect(own()).toEqual([`${pid} sh`, `${pid} sleep`]));
    child.kill();
  });
});

describe('a /proc', () => {
  const made = (): { proc: string; put(pid: number, stat: string, line?: string): void } => {
    const proc = mkdtempSync(join(tmpdir(), 'proc-'));
    return {
      proc,
      put: (pid, stat, line = '') => {
        mkdirSync(join(proc, `${pid}`), { recursive: true });
        writeFileSync(join(proc, `${pid}`, 'stat'), stat);
        writeFileSync(join(proc, `${pid}`, 'cmdline'), line);
      },
    };
  };

  test('may have names with blanks and brackets, zombies, threads of the kernel and other files', async () => {
    const { proc, put } = made();
    put(1, '1 (a) R (b)) S 0', '/bin/a\0-x\0\0');
    put(2, '2 (kthreadd) S 0');
    put(3, '3 (dead) Z 1', '');
    mkdirSync(join(proc, '4'));
    writeFileSync(join(proc, 'uptime'), '1');
    const { known, seen } = watching(proc);
    await soon(() => expect(seen.rounds).toBe(1));
    expect([...known]).toEqual([
      [1, { comm: 'a) R (b)', argv: ['/bin/a', '-x', ''] }],
      [2, { comm: 'kthreadd', argv: [] }],
    ]);
    rmSync(proc, { recursive: true });
  });

  test('that cannot be read tells nothing: nobody is taken for dead', async () => {
    const { proc, put } = made();
    put(1, '1 (a) S 0');
    const clock = simulatedClock();
    const { known, seen } = watching(proc, clock);
    await soon(() => expect(seen.rounds).toBe(1));
    rmSync(proc, { recursive: true });
    await clock.settleBy(600);
    await new Promise((done) => setTimeout(done, 50));
    expect(known.has(1)).toBe(true);
    expect(seen.rounds).toBe(1);
  });
});
