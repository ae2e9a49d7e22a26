/** `lvsctl drain`, `disable`, `enable` and `undrain` against a daemon that answers what the test says. */

import { Command as Commander } from 'commander';
import { describe, expect, test } from 'vitest';
import type { ControlDuties } from '../../src/api/server.ts';
import { DirectorError } from '../../src/base/error.ts';
import type { Command } from '../../src/cli/command.ts';
import { disable, drain, enable, renderList, undrain } from '../../src/cli/drain.ts';
import { type Outcome, watchDrain } from '../../src/cli/drain-watch.ts';
import type {
  DrainOrder,
  DrainSnapshot,
  Order,
  SteerReport,
  SteerRequest,
} from '../../src/model/drain.ts';
import { GIVEN } from '../drain/make.ts';
import { simulatedClock } from '../world/clock.ts';
import { runAgainst } from './against-daemon.ts';

/** Local noon: the text shows local time. */
const NOON = new Date(2026, 10, 24, 12, 0, 0).getTime();
const RS = '10.1.0.3:80';
const NONE = { active: 0, inactive: 0, persistent: 0 };

const ORDER: DrainOrder = {
  kind: 'drain',
  realServer: RS,
  virtualServer: null,
  sinceMs: NOON,
  untilMs: null,
  atEnd: 'stay',
  ended: null,
  ...GIVEN,
};

const REPORT: SteerReport = {
  realServer: RS,
  virtualServer: null,
  servers: [
    { virtualServer: '10.0.0.1:80 tcp', realServer: RS },
    { virtualServer: 'group web tcp', realServer: RS },
  ],
  order: ORDER,
  before: [],
  peers: [],
  notes: [],
};

const told = (order: Order, left: DrainSnapshot['orders'][number]['left']): DrainSnapshot => ({
  atMs: NOON + 4_000,
  orders: [{ order, servers: REPORT.servers, left, isOwn: true, peers: [] }],
  lifts: [],
  leaving: [],
  peers: [],
});

/** Words of the command line in; text and exit code out, and what the daemon was asked. */
async function run(
  command: Command<never>,
  words: readonly string[],
  duties: Partial<ControlDuties> = {},
) {
  const asked: SteerRequest[] = [];
  const steer = async (request: SteerRequest): Promise<SteerReport> => {
    asked.push(request);
    return REPORT;
  };
  const parser = new Commander().exitOverride();
  (command as unknown as Command).declare(parser);
  parser.parse(words, { from: 'user' });
  const options = parser.opts() as never;
  return { ...(await runAgainst(command, { steer, ...duties }, options, parser.args)), asked };
}

describe('drain', () => {
  test('asks for what was written, and returns at once with --no-wait', async () => {
    const words = [RS, '--virtual-server', 'web', '--timeout', '10m', '--then', 'remove'];
    const { code, out, asked } = await run(drain, [...words, '--no-wait']);
    expect({ code, out }).toEqual({
      code: 0,
      out: `${RS} drains in 10.0.0.1:80 tcp, group web tcp\n`,
    });
    expect(asked).toEqual([
      {
        realServer: RS,
        virtualServer: 'web',
        local: false,
        force: false,
        want: { kind: 'drain', timeoutMs: 600_000, atEnd: 'remove' },
      },
    ]);
  });

  test('waits until none is left, and tells notes apart', async () => {
    const ended = { ...ORDER, ended: { how: 'none-left', atMs: NOON, left: NONE } } as const;
    const { code, out, err } = await run(drain, [RS], {
      steer: async () => ({ ...REPORT, notes: ['it has lost its quorum'] }),
      drains: async () => told(ended, NONE),
    });
    expect({ code, err }).toEqual({ code: 0, err: 'note: it has lost its quorum\n' });
    expect(out).toBe(
      `${RS} drains in 10.0.0.1:80 tcp, group web tcp\n${RS} is drained and stays at weight 0; lvsctl undrain ${RS} brings it back\n`,
    );
  });

  test('has exit code 3 when its time was over, in JSON too', async () => {
    const left = { active: 2, inactive: 1, persistent: 0 };
    const ended = { ...ORDER, ended: { how: 'timeout', atMs: NOON, left } } as const;
    const { code, out } = await run(drain, [RS, '--json'], {
      drains: async () => told(ended, left),
    });
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({ ...REPORT, outcome: 'timeout', left });
  });

  test('has exit code 1 when somebody has ordered something else meanwhile', async () => {
    const other: Order = { ...ORDER, kind: 'disable', sinceMs: 1 };
    const { code, err } = await run(drain, [RS], { drains: async () => told(other, null) });
    expect(code).toBe(1);
    expect(err).toContain('does not drain any more');
  });

  test.each([
    [['--timeout', '0'], /a time from 1s to 30d is wanted/],
    [['--timeout', '31d'], /a time from 1s to 30d is wanted/],
    [['--timeout', '5 min'], /a time from 1s to 30d is wanted/],
    [['--then', 'delete'], /"remove" or "stay" is wanted/],
  ])('%s is refused', async (words, reason) => {
    await expect(run(drain, [RS, ...words])).rejects.toThrow(reason);
  });

  test('of a name that is unknown tells what is meant', async () => {
    const steer = async (): Promise<never> => {
      throw new DirectorError('UNKNOWN_SERVER', 'no virtual server has it', { hint: 'that one?' });
    };
    await expect(run(drain, [RS], { steer })).rejects.toMatchObject({
      code: 'REQUEST_REFUSED',
      message: 'no virtual server has it',
      hint: 'that one?',
    });
  });
});

describe('without a real server, drain', () => {
  const orders: DrainSnapshot = {
    atMs: NOON + 60_000,
    leaving: [],
    lifts: [
      { ...GIVEN, kind: 'enable', realServer: RS, virtualServer: '10.0.0.1:80 tcp', sinceMs: NOON },
    ],
    peers: [],
    orders: [
      {
        order: {
          ...ORDER,
          untilMs: NOON + 600_000,
          atEnd: 'remove',
          virtualServer: 'group web tcp',
        },
        servers: REPORT.servers.slice(1),
        left: { ...NONE, active: 12 },
        isOwn: true,
        peers: [{ name: 'lvs2', has: false }],
      },
      {
        order: {
          ...ORDER,
          realServer: '[fd00::1]:80',
          ended: { how: 'timeout', atMs: NOON, left: null },
        },
        servers: [],
        left: { ...NONE, persistent: 1 },
        isOwn: true,
        peers: [],
      },
      {
        order: { ...GIVEN, kind: 'disable', realServer: RS, virtualServer: null, sinceMs: NOON },
        servers: REPORT.servers,
        left: null,
        isOwn: false,
        peers: [{ name: 'lvs1', has: true }],
      },
    ],
  };

  test('tells what is in force as commands that order the same elsewhere', async () => {
    const { out } = await run(drain, [], { drains: async () => orders });
    expect(out.split('\n')).toEqual([
      `lvsctl drain ${RS} --virtual-server 'group web tcp' --timeout 540s --then remove --no-wait  # draining since 12:00:00 (1 min), 12 connections left, until 12:10:00, then out of the table, in 1 virtual server; not yet on lvs2`,
      `lvsctl drain '[fd00::1]:80' --no-wait  # drained by operator since 12:00:00 (1 min), ended by its timeout at 12:00:00, 1 connection left, in 0 virtual servers`,
      `lvsctl disable ${RS}  # disabled by operator since 12:00:00 (1 min), in 2 virtual servers; ordered on lvs1; lvs1 has it`,
      `lvsctl enable ${RS} --virtual-server '10.0.0.1:80 tcp'`,
      '',
    ]);
    expect(out).toBe(renderList(orders));
  });

  test('tells that there is nothing, and all of it with --json', async () => {
    const nothing = { ...orders, orders: [] };
    expect((await run(drain, [], { drains: async () => nothing })).out).toBe(
      '# nothing is drained or disabled\n',
    );
    const { out } = await run(drain, ['--json'], { drains: async () => orders });
    expect(JSON.parse(out)).toEqual(orders);
  });
});

describe('disable and enable', () => {
  test('ask for it, and tell where it is', async () => {
    const disabled = await run(disable, [RS, '--virtual-server', 'web', '--local']);
    expect(disabled.asked).toEqual([
      {
        realServer: RS,
        virtualServer: 'web',
        local: true,
        force: false,
        want: { kind: 'disable' },
      },
    ]);
    expect(disabled.out).toBe(`${RS} is out of the table in 10.0.0.1:80 tcp, group web tcp\n`);
    const report = { ...REPORT, order: null, before: [ORDER], servers: [] };
    const enabled = await run(enable, [RS], { steer: async () => report });
    expect(enabled.out).toBe(`${RS} is enabled (not configured now)\n`);
  });

  test.each([enable, undrain])('to enable what is in service is no mistake', async (command) => {
    const report = { ...REPORT, order: null };
    const { code, out } = await run(command, [RS], { steer: async () => report });
    expect(code).toBe(0);
    expect(out).toBe(`${RS} was not taken from service in 10.0.0.1:80 tcp, group web tcp\n`);
  });
});

describe('looking on', () => {
  const order = { ...ORDER, untilMs: NOON + 60_000 };

  /** Each answer is one second; a null is none. */
  async function look(
    answers: readonly (DrainSnapshot | null)[],
    { live = false, interruptAfterMs = null as number | null } = {},
  ): Promise<{ outcome: Outcome; out: string; ms: number }> {
    const clock = simulatedClock();
    let at = 0;
    const out: string[] = [];
    const done = watchDrain(order, {
      clock,
      interrupted: new Promise((resolve) => {
        if (interruptAfterMs !== null) clock.wakeAt(interruptAfterMs, resolve);
      }),
      terminal: {
        live,
        colour: false,
        write: (text) => void out.push(text),
        writeError: () => {},
      },
      ask: async () => {
        const answer = answers[Math.min(at, answers.length - 1)] ?? null;
        at += 1;
        if (answer === null) throw new DirectorError('DAEMON_UNREACHABLE', 'no lvsd answers');
        return { ...answer, atMs: NOON + clock.now() };
      },
    });
    let outcome: Outcome | null = null;
    void done.then((told) => {
      outcome = told;
    });
    for (let ms = 0; outcome === null && ms < 200_000; ms += 500) await clock.settleBy(500);
    return { outcome: await done, out: out.join(''), ms: clock.now() };
  }

  const left = (active: number) => told(order, { active, inactive: 1, persistent: 0 });
  const ended = told({ ...order, ended: { how: 'none-left', atMs: NOON, left: NONE } }, NONE);

  test('keeps one line of a terminal up to date', async () => {
    const { outcome, out } = await look([left(2), left(1), ended], { live: true });
    expect(outcome).toEqual({ is: 'none-left', left: NONE });
    expect(out.replaceAll('\u001b[K', '⌫')).toBe(
      '\r3 connections left (2 active, 1 inactive) after 0 ms, 1 min to go⌫' +
        '\r2 connections left (1 active, 1 inactive) after 1 s, 59 s to go⌫\n',
    );
  });

  test('elsewhere writes a line now and then', async () => {
    const many = Array.from({ length: 25 }, () => left(2));
    const { out } = await look([...many, ended]);
    expect(out.split('\n').map((line) => line.replace(/.* after/, 'after'))).toEqual([
      'after 0 ms, 1 min to go',
      'after 10 s, 50 s to go',
      'after 20 s, 40 s to go',
      '',
    ]);
  });

  test('outlasts a daemon that is restarted', async () => {
    const { outcome, out } = await look([left(1), null, null, left(1), ended], { live: true });
    expect(outcome.is).toBe('none-left');
    expect(out).toContain('lvsd does not answer; the drain goes on when it does');
  });

  test('gives up on one that does not come back', async () => {
    const { outcome, ms } = await look([left(1), null]);
    expect(outcome).toEqual({ is: 'silent', why: 'no lvsd answers' });
    expect(ms).toBeLessThan(62_000);
  });

  test('ends at once when it is interrupted', async () => {
    const { outcome, ms } = await look([left(1)], { interruptAfterMs: 3_400 });
    expect(outcome).toMatchObject({ is: 'interrupted', left: { active: 1 } });
    expect(ms).toBe(3_500);
  });
});
