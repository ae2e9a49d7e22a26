/** `lvsctl simulate` as an operator meets it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { simulate } from '../../src/cli/simulate.ts';
import { parseEvents } from '../../src/simulation/events.ts';
import { Screen } from './screen.ts';

let folder = '';
let screen = new Screen();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsctl-simulate-'));
  screen = new Screen();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LEASE = `global_defs {
  split_brain_policy lease
}
lease {
  acceptor 192.0.2.1
  acceptor 192.0.2.2
  acceptor 192.0.2.3
  key 0123456789abcdef0123456789abcdef
}
`;

function director(name: string, priority: number, before = ''): string {
  const path = join(folder, name);
  const instance = `${before}vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  priority ${priority}
  virtual_ipaddress {
    192.0.2.10/24
  }
}
virtual_server 192.0.2.10 80 {
  delay_loop 2
  lvs_sched rr
  lvs_method DR
  protocol TCP
  real_server 198.51.100.21 80 {
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`;
  writeFileSync(path, instance);
  return path;
}

test('a cut is told as it happens, who held what, and with exit code 3 that two did', async () => {
  const files = [director('a.conf', 150), director('b.conf', 100)];
  const options = { events: 'cut A-B at 5s for 10s; kill rs1', seed: '1' };
  expect(await simulate.run(screen.context, options, files)).toBe(3);
  expect(screen.written).toContain('A   VI_1 MASTER: no advertisement in time');
  expect(screen.written).toMatch(
    /!! {2}two-holders: 192\.0\.2\.10: A and B hold it, for \d\.\d\d s/,
  );
  expect(screen.written).toMatch(/A and B {2}\d+\.\d{3} s to \d+\.\d{3} s/);
  expect(screen.written).toContain('A   198.51.100.21:80 leaves 192.0.2.10:80 tcp');
  expect(screen.written).toMatch(/\n1 finding\n$/);
});

test('with a lease a cut leaves one of them, and without the witness nobody', async () => {
  const files = [director('a.conf', 150, LEASE), director('b.conf', 100, LEASE)];
  const events =
    'cut A-B at 15s for 15s; kill W at 20s; crash W at 20.1s for 5s; pause A at 50s for 9s';
  expect(await simulate.run(screen.context, { events, seed: '1' }, files)).toBe(0);
  expect(screen.written).toContain('A   VI_1 MASTER: lease granted');
  expect(screen.written).toContain('W   process dead');
  expect(screen.written).toContain('A   VI_1 BACKUP: lease lost');
  expect(screen.written).toContain('B   VI_1 MASTER: lease granted');
  expect(screen.written).toMatch(/\n0 findings\n$/);
});

test('who reaches none of its anchors and hears nobody stands down; a cut between directors is not that', async () => {
  const anchored = (name: string, priority: number): string => {
    const path = director(name, priority);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace('virtual_ip', 'isolation_anchor {\n192.0.2.254\n}\nvirtual_ip'),
    );
    return path;
  };
  const files = [anchored('lb1.conf', 150), anchored('lb2.conf', 100)];
  const events = 'cut A-B at 10s for 10s; cut A at 40s for 10s';
  expect(await simulate.run(screen.context, { events, seed: '1' }, files)).toBe(3);
  const faults = screen.written.split('\n').filter((line) => line.includes('FAULT'));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(/^ +4[123]\.\d+ s {2}A {3}VI_1 FAULT: isolated/);
  // The directors do not hear each other, and both have their anchor.
  expect(screen.written).toMatch(/two-holders: 192\.0\.2\.10: A and B hold it/);
});

test('a failover by order is handed over, and back; one that nobody could take is told as refused', async () => {
  const files = [director('a.conf', 150), director('b.conf', 100)];
  const events = 'failover A for 5s; failover B; stop B at 40s for 20s; failover A at 45s';
  expect(await simulate.run(screen.context, { events, seed: '1' }, files)).toBe(0);
  expect(screen.written).toContain('A   VI_1 BACKUP: gave up by order');
  expect(screen.written).toContain('B   VI_1 MASTER: handed over by 192.0.2.1');
  expect(screen.written).toContain('A   VI_1 MASTER: handed over by 192.0.2.2');
  expect(screen.written).toContain('failover A is refused: nobody could take over VI_1');
  expect(() =>
    parseEvents('failover W', {
      hosts: [{ name: 'W', links: [], scripts: [] }],
      realServers: new Map(),
    }),
  ).toThrow('there is no director "W"');
});

test('more directors than acceptors of the lease are no such cluster', async () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => director(`${name}.conf`, 100, LEASE));
  await expect(simulate.run(screen.context, { seed: '1' }, files)).rejects.toThrow(
    'there are 4 directors and 3 acceptors of the lease',
  );
});

test('a director that stops in good order leaves nobody holding its address twice', async () => {
  const files = [director('a.conf', 150), director('b.conf', 100)];
  expect(await simulate.run(screen.context, { events: 'stop A', seed: '1' }, files)).toBe(0);
  expect(screen.written).toMatch(/\n0 findings\n$/);
});

test('as JSON there are the same facts', async () => {
  const files = [director('a.conf', 150), director('b.conf', 100)];
  const options = { events: 'crash A', seed: '1', json: true } as const;
  expect(await simulate.run(screen.context, options, files)).toBe(0);
  const { holders, findings } = JSON.parse(screen.written) as {
    holders: Record<string, { hosts: string[] }[]>;
    findings: unknown[];
  };
  expect(holders['192.0.2.10']?.map(({ hosts }) => hosts.join())).toEqual(['', 'A', '', 'B']);
  expect(findings).toEqual([]);
});

test('a file that is not there has an exit code of its own', async () => {
  expect(await simulate.run(screen.context, { seed: '1' }, [join(folder, 'nowhere.conf')])).toBe(2);
  expect(screen.complaints).toContain('nowhere.conf');
});

test('a file with errors is told of, and nothing runs', async () => {
  const good = director('a.conf', 150);
  const bad = join(folder, 'b.conf');
  writeFileSync(bad, 'vrrp_instnce VI_1 {\n}\n');
  expect(await simulate.run(screen.context, { seed: '1' }, [good, bad])).toBe(1);
  expect(screen.complaints).toContain('vrrp_instnce');
  expect(screen.written).toBe('');
});

test('a path that goes by another link keeps two from being MASTER while one link is cut', async () => {
  const paths = (own: number, other: number): string => `    advert_paths {
      eth1
      eth2 src 10.2.0.${own} peer 10.2.0.${other}
    }
`;
  const files = [
    ['a.conf', 150, paths(1, 2)],
    ['b.conf', 100, paths(2, 1)],
  ] as const;
  const named = files.map(([name, priority, block]) => {
    const path = director(name, priority);
    const text = readFileSync(path, 'utf8').replace(
      '  virtual_ipaddress',
      `${block}  virtual_ipaddress`,
    );
    writeFileSync(path, text);
    return path;
  });
  const run = (events: string): Promise<number> =>
    simulate.run(screen.context, { events, seed: '1' }, named);
  expect(
    await run('cut A-B on eth0 at 10s 30s; cut A-B on eth1 at 15s 5s; cut A-B on eth2 at 25s 5s'),
  ).toBe(0);
  expect(screen.written).toContain('cut A-B on eth1');
  expect(screen.written).not.toContain('A and B');
  expect(await run('cut A-B at 10s for 30s')).toBe(3);
  expect(screen.written).toContain('A and B');
});
