/** The whole of health over simulated time: servers that answer or not, and what follows. */
import { describe, expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../src/base/log.ts';
import type { Clock } from '../../src/base/time.ts';
import { HealthMonitor } from '../../src/health/monitor.ts';
import { Sessions } from '../../src/health/sessions.ts';
import type { Check } from '../../src/model/checker.ts';
import type { Serving } from '../../src/model/serving.ts';
import type { RealServer, ServiceKey, VirtualServer } from '../../src/model/virtual-server.ts';
import { settled, simulatedClock } from '../world/clock.ts';
import {
  NO_ORDERS,
  realServer,
  script,
  serviceKey,
  sorryServer,
  target,
  tcpCheck,
  virtualServer,
} from './make.ts';

/** `10.0.0.1` checked at its own address, with scripts named after it. */
function checked(address: string, changes: Partial<RealServer> = {}, retry = 0): RealServer {
  return realServer(address, {
    checks: [check(address, { retry })],
    notifyUp: script(`up ${address}`),
    notifyDown: script(`down ${address}`),
    ...changes,
  });
}

function check(address: string, pacing: Parameters<typeof tcpCheck>[0], port = 80): Check {
  return { ...tcpCheck(pacing), target: target(address, port) };
}

const scripts = { quorumUp: script('quorum up'), quorumDown: script('quorum down') };

/** A monitor in front of servers that can be told to fail, and everything that it does, with times. */
function world(over: Partial<Clock> = {}) {
  const clock = { ...simulatedClock(), ...over };
  const failing = new Set<string>();
  const happened: string[] = [];
  const attempts: string[] = [];
  const logged: LogRecord[] = [];
  let latest: readonly Serving[] = [];
  const tell = (what: string): void => void happened.push(`${clock.now() / 1000} ${what}`);
  const monitor = new HealthMonitor({
    clock,
    random: () => 0,
    log: logTo((record) => void logged.push(record)),
    dial: async ({ address, port }) => {
      attempts.push(`${clock.now() / 1000} ${address}:${port}`);
      if (failing.has('no files left')) throw errno('EMFILE');
      if (failing.has(address) || failing.has(`${address}:${port}`)) throw errno('ECONNREFUSED');
      return { destroy: () => {} } as never;
    },
    orders: NO_ORDERS,
    sessions: new Sessions(),
    notify: { changed: ({ script }) => script && tell(script.argv[0]) },
    onServings: (servings) => {
      latest = servings;
      tell(servings.map(render).join(' / '));
    },
  });
  return {
    monitor,
    failing,
    attempts,
    logged,
    get latest() {
      return latest;
    },
    /** What has happened since the last call. */
    news: (): string[] => happened.splice(0),
    to: (seconds: number) => clock.settleTo(seconds * 1000),
    async configure(...servers: VirtualServer[]): Promise<void> {
      monitor.configure(servers);
      await settled();
    },
  };
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** `1 2 -` with the sorry server behind a bar, if it is there. */
function render({ weights, sorryWeight }: Serving): string {
  const held = weights.map((weight) => weight ?? '-').join(' ');
  return sorryWeight === null ? held : `${held} | ${sorryWeight}`;
}

describe('at the start', () => {
  test('servers serve before their first check, and only the quorum is announced', async () => {
    const w = world();
    const realServers = [checked('10.0.0.1'), checked('10.0.0.2')];
    await w.configure(virtualServer({ realServers, ...scripts }));
    expect(w.news()).toEqual(['0 quorum up', '0 1 1']);
    await w.to(4);
    expect(w.news()).toEqual([]);
    expect(w.attempts).toEqual([
      '1 10.0.0.1:80',
      '1 10.0.0.2:80',
      '3 10.0.0.1:80',
      '3 10.0.0.2:80',
    ]);
  });

  test('with rs_init_notifies a server that serves from the start is told of, and no other', async () => {
    const w = world();
    const servers = virtualServer({
      realServers: [checked('10.0.0.1', { tellsInitial: true }), checked('10.0.0.2')],
    });
    await w.configure(servers);
    expect(w.news()).toEqual(['0 up 10.0.0.1', '0 1 1']);
    await w.configure(servers);
    await w.to(4);
    expect(w.news()).toEqual(['0 1 1']);
  });

  test('with alpha a server serves after its first success', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    const realServers = ['10.0.0.1', '10.0.0.2'].map((address) =>
      checked(address, { checks: [check(address, { alpha: true, retry: 3 })] }),
    );
    await w.configure(virtualServer({ realServers, ...scripts }));
    expect(w.news()).toEqual(['0 quorum down', '0 - -']);
    await w.to(4);
    expect(w.news()).toEqual(['1 up 10.0.0.1', '1 quorum up', '1 down 10.0.0.2', '1 1 -']);
  });

  test('a server without checks is up, also among others that fail', async () => {
    const w = world();
    w.failing.add('10.0.0.1');
    const realServers = [checked('10.0.0.1'), realServer('10.0.0.2')];
    await w.configure(virtualServer({ realServers }));
    await w.to(2);
    expect(w.news()).toEqual(['0 1 1', '1 down 10.0.0.1', '1 - 1']);
  });
});

describe('servers that fail and recover', () => {
  test('changes of one turn are told once', async () => {
    const w = world();
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    const realServers = addresses.map((address) => checked(address, { notifyDown: null }));
    await w.configure(virtualServer({ realServers }));
    await w.to(2);
    w.news();
    for (const address of addresses) w.failing.add(address);
    await w.to(4);
    expect(w.news()).toEqual(['3 - - -']);
  });

  test('one of two checkers is enough to be down, and both are needed to be up', async () => {
    const w = world();
    const checks = [check('10.0.0.1', {}), check('10.0.0.1', {}, 81)];
    await w.configure(virtualServer({ realServers: [checked('10.0.0.1', { checks })] }));
    w.failing.add('10.0.0.1:81');
    await w.to(2);
    w.failing.add('10.0.0.1:80');
    await w.to(4);
    w.failing.delete('10.0.0.1:81');
    await w.to(6);
    expect(w.news()).toEqual(['0 1', '1 down 10.0.0.1', '1 -']);
    w.failing.clear();
    await w.to(8);
    expect(w.news()).toEqual(['7 up 10.0.0.1', '7 1']);
  });

  test('quorum 3, hysteresis 1, with a sorry server: the scripts of §15.4', async () => {
    const w = world();
    const realServers = [1, 2, 3].map((weight) => checked(`10.0.0.${weight}`, { weight }));
    const quorum = { quorum: 3, hysteresis: 1, ...scripts };
    await w.configure(virtualServer({ realServers, sorryServer: sorryServer(), ...quorum }));
    w.failing.add('10.0.0.3');
    await w.to(2);
    w.failing.add('10.0.0.2');
    await w.to(4);
    w.failing.clear();
    await w.to(6);
    expect(w.news()).toEqual([
      '0 quorum up',
      '0 1 2 3',
      '1 down 10.0.0.3',
      '1 1 2 -',
      '3 down 10.0.0.2',
      '3 quorum down',
      '3 - - - | 1',
      '5 up 10.0.0.2',
      '5 up 10.0.0.3',
      '5 quorum up',
      '5 1 2 3',
    ]);
  });

  test('a director without files left takes no server out', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: [checked('10.0.0.1')] }));
    w.failing.add('no files left');
    await w.to(6);
    expect(w.news()).toEqual(['0 1']);
    expect(w.logged.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  test('each change of state is one line of the log, with its reason', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: [checked('10.0.0.1')] }));
    w.failing.add('10.0.0.1');
    await w.to(2);
    const names = { virtualServer: '192.0.2.1:80 tcp', realServer: '10.0.0.1:80' };
    const reason = 'TCP_CHECK 10.0.0.1:80: ECONNREFUSED (connecting)';
    const infos = w.logged.filter(({ level }) => level === 'info');
    expect(infos[0]?.fields).toEqual({ ...names, from: 'up', to: 'down', reason });
    expect(infos.map(({ message }) => message)).toEqual(['state changed', 'quorum changed']);
  });
});

test('one real server that is found alive is enough; those that nobody checks tell nothing', async () => {
  const w = world();
  const servers = [checked('10.0.0.1'), checked('10.0.0.2'), realServer('10.0.0.3')];
  await w.configure(virtualServer({ realServers: servers }));
  w.failing.add('10.0.0.1');
  await w.to(2);
  expect(w.monitor.areServersUp()).toBe(true);
  w.failing.add('10.0.0.2');
  await w.to(8);
  expect(w.monitor.areServersUp()).toBe(false);
  await w.configure(virtualServer({ realServers: [realServer('10.0.0.3')] }));
  expect(w.monitor.areServersUp()).toBeNull();
  const awaited = realServer('10.0.0.4', { checks: [check('10.0.0.4', { alpha: true })] });
  const fresh = world();
  await fresh.configure(virtualServer({ realServers: [awaited] }));
  expect(fresh.monitor.areServersUp()).toBeNull();
  await fresh.to(3);
  expect(fresh.monitor.areServersUp()).toBe(true);
});

describe('a reload', () => {
  const one = (changes: Partial<VirtualServer> = {}): VirtualServer =>
    virtualServer({ realServers: [checked('10.0.0.1')], ...scripts, ...changes });

  test('of the same changes nothing, and does not delay a check that is due', async () => {
    const w = world();
    await w.configure(one());
    await w.to(2.5);
    w.news();
    w.attempts.length = 0;
    await w.configure(one());
    await w.to(4);
    expect(w.news()).toEqual(['2.5 1']);
    expect(w.attempts).toEqual(['3 10.0.0.1:80']);
  });

  test('makes a check that would be long in coming due after 1 s and the warmup', async () => {
    const w = world();
    const slow = (delayLoopMs: number): VirtualServer =>
      virtualServer({
        realServers: [checked('10.0.0.1', { checks: [check('10.0.0.1', { delayLoopMs })] })],
      });
    await w.configure(slow(60_000));
    await w.to(5);
    await w.configure(slow(3_000));
    await w.to(10);
    expect(w.attempts).toEqual(['1 10.0.0.1:80', '6 10.0.0.1:80', '9 10.0.0.1:80']);
  });

  test('gives a new server all its retries (row 24)', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    await w.configure(one());
    await w.to(2);
    w.news();
    await w.configure(one({ realServers: [checked('10.0.0.1'), checked('10.0.0.2', {}, 3)] }));
    await w.to(4.4);
    expect(w.news()).toEqual(['2 1 1']);
    await w.to(4.5);
    expect(w.news()).toEqual(['4.5 down 10.0.0.2', '4.5 1 -']);
  });

  test('to another check keeps a server that serves in service until it has failed', async () => {
    const w = world();
    await w.configure(one());
    await w.to(2);
    w.news();
    w.failing.add('10.0.0.1:81');
    const checks = [check('10.0.0.1', { retry: 1, alpha: true }, 81)];
    await w.configure(one({ realServers: [checked('10.0.0.1', { checks })] }));
    await w.to(4);
    expect(w.news()).toEqual(['2 1', '3.5 down 10.0.0.1', '3.5 quorum down', '3.5 -']);
  });

  test('to another check keeps a failed server out until it has succeeded', async () => {
    const w = world();
    w.failing.add('10.0.0.1:80');
    await w.configure(one());
    await w.to(2);
    w.news();
    const checks = [check('10.0.0.1', { retry: 1 }, 81)];
    await w.configure(one({ realServers: [checked('10.0.0.1', { checks })] }));
    await w.to(4);
    expect(w.news()).toEqual(['2 -', '3 up 10.0.0.1', '3 quorum up', '3 1']);
  });

  test('without the checker that kept a server down brings it back at once', async () => {
    const w = world();
    w.failing.add('10.0.0.1:81');
    const checks = [check('10.0.0.1', {}), check('10.0.0.1', {}, 81)];
    await w.configure(one({ realServers: [checked('10.0.0.1', { checks })] }));
    await w.to(2);
    w.news();
    await w.configure(one());
    expect(w.news()).toEqual(['2 up 10.0.0.1', '2 quorum up', '2 1']);
  });

  test('with other weights: of a server that is up, at once; of one that is down, later', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    const both = (weight: number): VirtualServer =>
      virtualServer({
        realServers: ['10.0.0.1', '10.0.0.2'].map((address) => checked(address, { weight })),
      });
    await w.configure(both(1));
    await w.to(2);
    await w.configure(both(5));
    w.failing.clear();
    await w.to(4);
    expect(w.news().filter((line) => !line.includes('10.0'))).toEqual([
      '0 1 1',
      '1 1 -',
      '2 5 -',
      '3 5 5',
    ]);
  });

  test('tells of what is gone: a server that was up, and a whole virtual server', async () => {
    const w = world();
    w.failing.add('10.0.0.3');
    const realServers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => checked(address));
    await w.configure(one({ realServers }));
    await w.to(2);
    w.news();
    await w.configure(one());
    expect(w.news()).toEqual(['2 down 10.0.0.2', '2 1']);
    await w.configure();
    expect(w.news()).toEqual(['2 down 10.0.0.1', '2 quorum down', '2 ']);
  });

  test('that replaces all real servers of one that is up leaves its quorum met', async () => {
    const w = world();
    await w.configure(one());
    await w.to(2);
    w.news();
    await w.configure(one({ realServers: [checked('10.0.0.7')] }));
    expect(w.news()).toEqual(['2 down 10.0.0.1', '2 1']);
  });

  test('that raises the quorum above what is up calls the sorry server', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    const realServers = [checked('10.0.0.1'), checked('10.0.0.2')];
    await w.configure(one({ realServers }));
    await w.to(2);
    w.news();
    await w.configure(one({ realServers, quorum: 2, sorryServer: sorryServer() }));
    expect(w.news()).toEqual(['2 quorum down', '2 - - | 1']);
  });

  test('that changes the sorry server in use tells of the lost quorum again', async () => {
    const w = world();
    w.failing.add('10.0.0.1');
    await w.configure(one({ sorryServer: sorryServer() }));
    await w.to(2);
    w.news();
    await w.configure(one({ sorryServer: sorryServer({ address: '10.0.0.8' }) }));
    expect(w.news()).toEqual(['2 quorum down', '2 - | 1']);
  });

  test('keeps the place of each of two virtual servers with one key', async () => {
    const w = world();
    await w.configure(one(), one({ realServers: [checked('10.0.0.2', { weight: 2 })] }));
    expect(w.monitor.servings().map(render)).toEqual(['1', '2']);
    await w.configure(one(), one({ realServers: [checked('10.0.0.2', { weight: 3 })] }));
    expect(w.monitor.servings().map(render)).toEqual(['1', '3']);
  });
});

describe('what is new in a configuration that is about to come into force', () => {
  const before = virtualServer({ realServers: [checked('10.0.0.1')] });
  const added = virtualServer({
    keys: [serviceKey('192.0.2.20')],
    realServers: [checked('10.0.0.2')],
    ...scripts,
  });

  test('is made before, and serves when it does', async () => {
    const w = world();
    await w.configure(before);
    w.news();
    await w.monitor.prepare([before, added]);
    expect(w.monitor.servings()).toHaveLength(1);
    expect(w.news()).toEqual([]);
    await w.configure(before, added);
    expect(w.news()).toEqual(['0 quorum up', '0 1 / 1']);
    await w.to(1);
    expect(w.attempts).toEqual(['1 10.0.0.1:80', '1 10.0.0.2:80']);
  });

  test('is known to have failed, should it fail meanwhile', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    await w.configure(before);
    await w.monitor.prepare([before, added]);
    await w.to(2);
    w.news();
    await w.configure(before, added);
    expect(w.news()).toEqual(['2 down 10.0.0.2', '2 quorum down', '2 1 / -']);
  });

  test('is given up when another configuration comes into force, and at the end', async () => {
    const w = world();
    await w.configure(before);
    await w.monitor.prepare([before, added]);
    await w.configure(before);
    await w.monitor.prepare([before, added]);
    w.monitor.close();
    await w.to(9);
    expect(w.attempts).toEqual([]);
  });

  test('leaves others their turn while it is made', async () => {
    let now = 0;
    // Each look at the clock is a millisecond later.
    const w = world({ now: () => now++ });
    const many = Array.from({ length: 100 }, (_, at) =>
      virtualServer({ keys: [serviceKey('192.0.2.20', at + 1)] }),
    );
    let isReady = false;
    let turns = 0;
    const look = (): void => {
      turns += 1;
      if (!isReady) setImmediate(look);
    };
    setImmediate(look);
    await w.monitor.prepare(many);
    isReady = true;
    // Of a hundred at least each fifth.
    expect(turns).toBeGreaterThan(15);
    w.monitor.close();
  });

  test('is made one real server after the other in a large virtual server, new or not', async () => {
    let now = 0;
    const w = world({ now: () => now++ });
    const pool = Array.from({ length: 2_000 }, (_, at) =>
      realServer(`10.1.${at >> 8}.${at & 255}`),
    );
    const large = virtualServer({ keys: [serviceKey('192.0.2.20')], realServers: pool });
    await w.configure(before);
    for (const next of [large, { ...before, realServers: [...before.realServers, ...pool] }]) {
      let isReady = false;
      let turns = 0;
      const look = (): void => {
        turns += 1;
        if (!isReady) setImmediate(look);
      };
      setImmediate(look);
      await w.monitor.prepare([next]);
      isReady = true;
      expect(turns).toBeGreaterThan(4);
      expect(w.monitor.servings().map(({ weights }) => weights.length)).toEqual([1]);
    }
    w.monitor.close();
  });

  test('is checked, in a virtual server that serves, and what it is found to be counts when it comes', async () => {
    const w = world();
    const changed = checked('10.0.0.1', { weight: 5 });
    const grown = virtualServer({
      realServers: [changed, checked('10.0.0.2'), checked('10.0.0.3')],
    });
    w.failing.add('10.0.0.3');
    await w.configure(before);
    await w.monitor.prepare([grown]);
    await w.to(2);
    expect(w.monitor.servings().map(render)).toEqual(['1']);
    w.news();
    await w.configure(grown);
    expect(w.news()).toEqual(['2 down 10.0.0.3', '2 5 1 -']);
    expect(w.attempts.filter((one) => one.startsWith('1 '))).toHaveLength(3);
  });

  test('goes on as another configuration has it, should that come instead', async () => {
    const w = world();
    const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => checked(address));
    await w.configure(virtualServer({ realServers: pool.slice(0, 1) }));
    await w.monitor.prepare([virtualServer({ realServers: pool })]);
    const other = virtualServer({ realServers: pool.slice(1, 2) });
    await w.configure(other);
    expect(w.monitor.servings().map(render)).toEqual(['1']);
    await w.to(2);
    expect(w.attempts).toEqual(['1 10.0.0.2:80']);
  });
});

describe('scripts at a reload', () => {
  const tcp = virtualServer({
    realServers: [checked('10.0.0.1')],
    quorumUp: script('tcp up'),
    quorumDown: script('tcp down'),
  });
  const udp = virtualServer({
    keys: [{ kind: 'address', family: 'ipv4', protocol: 'udp', address: '192.0.2.1', port: 80 }],
    realServers: [checked('10.0.0.1')],
    quorumUp: script('udp up'),
    quorumDown: script('udp down'),
  });

  test('of what leaves come before those of what is new, and none before the file is in force', async () => {
    const w = world();
    await w.configure(tcp);
    w.news();
    await w.monitor.prepare([udp]);
    expect(w.news()).toEqual([]);
    await w.configure(udp);
    expect(w.news()).toEqual(['0 down 10.0.0.1', '0 tcp down', '0 udp up', '0 1']);
  });

  test('tell of a new one how it stands when the file comes into force, and of its failed real servers', async () => {
    const w = world();
    await w.configure(tcp);
    w.news();
    w.failing.add('10.0.0.1');
    await w.monitor.prepare([tcp, udp]);
    await w.to(1.5);
    expect(w.news()).toEqual(['1 down 10.0.0.1', '1 tcp down', '1 -']);
    await w.configure(tcp, udp);
    expect(w.news()).toEqual(['1.5 down 10.0.0.1', '1.5 udp down', '1.5 - / -']);
    w.failing.clear();
    await w.to(8);
    expect(w.news()).toContain('3 udp up');
  });

  test('of a real server that a virtual server gets wait for the file, with rs_init_notifies, too', async () => {
    const w = world();
    const one = virtualServer({ realServers: [checked('10.0.0.1')], ...scripts });
    const two = virtualServer({
      realServers: [
        checked('10.0.0.1'),
        checked('10.0.0.2', { tellsInitial: true }),
        checked('10.0.0.3'),
      ],
      ...scripts,
    });
    await w.configure(one);
    w.news();
    w.failing.add('10.0.0.3');
    await w.monitor.prepare([two]);
    await w.to(1.5);
    expect(w.news().filter((line) => line.includes('10.0.0'))).toEqual([]);
    await w.configure(two);
    expect(w.news()).toEqual(['1.5 up 10.0.0.2', '1.5 down 10.0.0.3', '1.5 1 1 -']);
  });

  test('are none of what is prepared, and removed again before it is in force', async () => {
    const w = world();
    await w.configure(tcp);
    w.news();
    await w.monitor.prepare([udp]);
    await w.monitor.prepare([tcp]);
    await w.configure(tcp);
    w.monitor.announceStop({ flushes: false });
    expect(w.news()).toEqual(['0 1']);
  });
});

describe('what a reload removes', () => {
  const pool = Array.from({ length: 1_000 }, (_, at) => checked(`10.1.${at >> 8}.${at & 255}`));
  const large = virtualServer({ keys: [serviceKey('192.0.2.20')], realServers: pool });
  const small = virtualServer({ realServers: [checked('10.0.0.1')] });
  /** With a clock at which others have their turns all the time. */
  async function leaving() {
    let now = 0;
    const w = world({ now: () => now++ });
    w.monitor.configure([large]);
    await settled();
    w.news();
    w.monitor.configure([small]);
    return w;
  }

  test('is told of in slices, each once, with its virtual server last', async () => {
    const w = await leaving();
    const told = [w.news()];
    expect(told[0]?.length).toBeLessThan(500);
    while (told.flat().length < 1_000) {
      await settled();
      told.push(w.news());
    }
    const downs = told.flat().filter((line) => line.includes('down 10.1.'));
    expect(new Set(downs.map((line) => line.split(' ').at(-1))).size).toBe(1_000);
    expect(downs).toHaveLength(1_000);
    w.monitor.close();
  });

  test('is stopped with the rest, should the end come meanwhile', async () => {
    const w = await leaving();
    w.monitor.close();
    await w.to(30);
    expect(w.attempts).toEqual([]);
  });

  test('is told as removed, and not as failed, whatever is found of it meanwhile', async () => {
    const time = simulatedClock();
    let looks: number | null = null;
    const w = world({ ...time, now: () => time.now() + (looks === null ? 0 : looks++) });
    w.monitor.configure([large]);
    await settled();
    for (const { address } of pool) w.failing.add(address);
    // Their first checks are under way.
    time.advanceTo(1_000);
    looks = 0;
    w.monitor.configure([small]);
    while (w.news().length > 0) await settled();
    expect(w.attempts.length).toBeGreaterThan(500);
    expect(w.logged.filter(({ fields }) => fields.to === 'down')).toEqual([]);
    w.monitor.close();
  });
});

describe('a group at a reload', () => {
  const [first, second, third] = [1, 2, 3].map((last) => serviceKey(`192.0.2.${last}`));
  const realServers = [checked('10.0.0.1'), checked('10.0.0.2')];
  const of = (group: string | null, ...keys: (ServiceKey | undefined)[]): VirtualServer =>
    virtualServer({ realServers, group, keys: keys.flatMap((key) => key ?? []) });

  /** Ten seconds on, with the second real server down. */
  async function running(server: VirtualServer): Promise<ReturnType<typeof world>> {
    const w = world();
    w.failing.add('10.0.0.2');
    await w.configure(server);
    await w.to(10);
    w.news();
    return w;
  }

  test('may gain and lose services: its checks go on, and no script runs', async () => {
    const w = await running(of('web', first, second));
    const before = w.monitor.snapshot().virtualServers[0];
    await w.configure(of('web', second, third));
    expect(w.news()).toEqual(['10 1 -']);
    const [after] = w.monitor.snapshot().virtualServers;
    expect(after?.keys).toEqual([second, third]);
    expect(after?.realServers).toEqual(before?.realServers);
  });

  test('is asked for once, however many services it has', async () => {
    const w = await running(of('web', first, second, third));
    expect(w.attempts.filter((attempt) => attempt.includes('10.0.0.1'))).toHaveLength(5);
  });

  test.each([
    ['that is renamed', of('web', first, second), [of('www', first, second)]],
    ['that is made of an address', of(null, first), [of('web', first, second)]],
    ['that is split', of('web', first, second), [of(null, first), of(null, second)]],
    ['that loses one', of('web', first, second), [of('web', first), of(null, second)]],
  ])('%s puts nothing back into service that has failed', async (_, before, after) => {
    const w = await running(before);
    await w.configure(...after);
    expect(w.monitor.servings().map(render)).toEqual(after.map(() => '1 -'));
    w.failing.clear();
    await w.to(12);
    expect(w.monitor.servings().map(render)).toEqual(after.map(() => '1 1'));
  });

  test('a real server that its services have not had before serves at once', async () => {
    const w = await running(of('web', first));
    const more = [...realServers, checked('10.0.0.3')];
    await w.configure({ ...of('www', first), realServers: more });
    expect(w.monitor.servings().map(render)).toEqual(['1 - 1']);
  });
});

describe('a new life after a crash', () => {
  const realServers = ['10.0.0.1', '10.0.0.2'].map((address) => checked(address, {}, 1));

  test('keeps out what was out until it answers, and forgives what serves', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    w.monitor.configure([virtualServer({ realServers })], () => ['withdrawn', 'serves']);
    await w.to(4);
    expect(w.news()).toEqual(['0 - 1', '1 up 10.0.0.1', '1 1 1', '1.5 down 10.0.0.2', '1.5 1 -']);
  });

  test('does not call the sorry server between the bounds of a quorum that was met', async () => {
    const w = world();
    const server = virtualServer({
      realServers,
      sorryServer: sorryServer(),
      quorum: 2,
      hysteresis: 1,
    });
    w.failing.add('10.0.0.2');
    w.monitor.configure([server], () => ['serves', 'withdrawn']);
    await w.to(4);
    expect(w.news()).toEqual(['0 1 -']);
  });
});

describe('at the stop', () => {
  test('omega tells of all that the kernel holds, and of the quorum', async () => {
    const w = world();
    w.failing.add('10.0.0.2');
    const realServers = [checked('10.0.0.1'), checked('10.0.0.2')];
    await w.configure(virtualServer({ realServers, ...scripts, omega: true }));
    await w.to(2);
    w.news();
    w.monitor.announceStop({ flushes: false });
    expect(w.news()).toEqual(['2 down 10.0.0.1', '2 quorum down']);
  });

  test('with lvs_flush_on_stop, omega tells of the quorum only', async () => {
    const w = world();
    await w.configure(
      virtualServer({ realServers: [checked('10.0.0.1')], ...scripts, omega: true }),
    );
    await w.to(2);
    w.news();
    w.monitor.announceStop({ flushes: true });
    expect(w.news()).toEqual(['2 quorum down']);
  });

  test('without omega no script runs, and afterwards nothing happens any more', async () => {
    const w = world();
    await w.configure(virtualServer({ realServers: [checked('10.0.0.1')], ...scripts }));
    await w.to(2);
    w.news();
    w.monitor.announceStop({ flushes: false });
    w.monitor.close();
    w.failing.add('10.0.0.1');
    w.attempts.length = 0;
    await w.to(100);
    expect(w.news()).toEqual([]);
    expect(w.attempts).toEqual([]);
  });
});

test('the snapshot tells why a server is down, and is plain data', async () => {
  const w = world();
  w.failing.add('10.0.0.1');
  const realServers = [checked('10.0.0.1', { inhibitOnFailure: true, weight: 3 })];
  await w.configure(virtualServer({ realServers, sorryServer: sorryServer() }));
  await w.to(2);
  const snapshot = w.monitor.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  const found = {
    up: false,
    atMs: Date.UTC(2026, 0, 1, 0, 0, 1),
    latencyMs: null,
    url: null,
    reason: 'ECONNREFUSED',
    detail: 'connecting',
  };
  expect(snapshot.virtualServers[0]).toMatchObject({
    quorumMet: false,
    upWeight: 0,
    sorryServer: { address: '10.0.0.9', inUse: true },
    realServers: [
      {
        standing: 'down',
        sinceMs: Date.UTC(2026, 0, 1, 0, 0, 1),
        reason: 'TCP_CHECK 10.0.0.1:80: ECONNREFUSED (connecting)',
        configuredWeight: 3,
        effectiveWeight: 0,
        checkers: [{ kind: 'TCP_CHECK', lastVerdict: found, lastFailure: found, failures: 1 }],
      },
    ],
  });
});
