/** BFD_CHECK: a real server that follows a session, from the first thing known of it. */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import type { BfdCheck } from '../../src/model/checker.ts';
import type { CheckerSnapshot, RealServerHealth } from '../../src/model/snapshot-health.ts';
import { settled, simulatedClock } from '../world/clock.ts';
import { NO_ORDERS, realServer, script, tcpCheck, virtualServer } from './make.ts';

function follows(session: string, alpha = false): BfdCheck {
  return { kind: 'bfd', session, pacing: { ...tcpCheck().pacing, alpha } };
}

function world() {
  const sessions = new Sessions();
  const clock = simulatedClock();
  const told: string[] = [];
  let dialled = 0;
  const monitor = new HealthMonitor({
    clock,
    random: () => 0,
    log: silentLog,
    dial: async () => {
      dialled += 1;
      return { destroy: () => {} } as never;
    },
    notify: { changed: ({ script }) => script !== null && void told.push(script.argv[0]) },
    orders: NO_ORDERS,
    sessions,
    onServings: () => {},
  });
  const configure = async (...checks: BfdCheck[]): Promise<void> => {
    const real = realServer('10.0.0.1', {
      checks,
      notifyUp: script('up'),
      notifyDown: script('down'),
    });
    monitor.configure([virtualServer({ realServers: [real] })]);
    await settled();
  };
  const server = (): RealServerHealth =>
    monitor.snapshot().virtualServers[0]?.realServers[0] as RealServerHealth;
  return {
    sessions,
    clock,
    told,
    configure,
    server,
    checker: (): CheckerSnapshot => server().checkers[0] as CheckerSnapshot,
    dialled: () => dialled,
  };
}

test('it serves before anything is known, and then follows', async () => {
  const { sessions, configure, server, told, checker, clock, dialled } = world();
  await configure(follows('peer'));
  expect(server().standing).toBe('up');
  sessions.tell({ other: false });
  expect(server().standing).toBe('up');
  sessions.tell({ peer: false });
  expect(server()).toMatchObject({
    standing: 'down',
    reason: 'BFD_CHECK peer: the session is down',
    effectiveWeight: null,
  });
  sessions.tell({ peer: true });
  expect(server().standing).toBe('up');
  expect(told).toEqual(['down', 'up']);
  expect(checker()).toMatchObject({ kind: 'BFD_CHECK', target: 'peer', successes: 1, failures: 1 });
  await clock.settleBy(600_000);
  expect(dialled()).toBe(0);
});

test('with alpha it serves when the session is up, and not before', async () => {
  const { sessions, configure, server, told } = world();
  await configure(follows('peer', true));
  expect(server().standing).toBe('awaiting');
  sessions.tell({ peer: true });
  expect(server().standing).toBe('up');
  expect(told).toEqual(['up']);
});

test('what was known before it is configured counts at once', async () => {
  const { sessions, configure, server } = world();
  sessions.tell({ peer: false });
  await configure(follows('peer'));
  expect(server().standing).toBe('down');
});

test('a session that is not known any more leaves it as it is', async () => {
  const { sessions, configure, server } = world();
  sessions.tell({ peer: false });
  await configure(follows('peer'));
  sessions.tell({});
  expect(server().standing).toBe('down');
});

test('a reload keeps it; one that names another session asks that one', async () => {
  const { sessions, configure, server, told, checker } = world();
  await configure(follows('peer'));
  sessions.tell({ peer: false, other: true });
  await configure(follows('peer', true));
  expect([server().standing, checker().failures]).toEqual(['down', 1]);
  await configure(follows('other'));
  expect([server().standing, checker().target]).toEqual(['up', 'other']);
  sessions.tell({ peer: true, other: true });
  expect(checker().successes).toBe(1);
  expect(told).toEqual(['down', 'up']);
});

test('with two sessions both must be up', async () => {
  const { sessions, configure, server } = world();
  await configure(follows('one'), follows('two'));
  sessions.tell({ one: true, two: false });
  expect(server().standing).toBe('down');
  sessions.tell({ one: true, two: true });
  expect(server().standing).toBe('up');
});
