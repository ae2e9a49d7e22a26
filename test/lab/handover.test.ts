// needs: root, timing
/** Planned hand-over on the real kernel: how long a client's echo is away, and that never two answer. */
import { afterEach, describe, expect, test } from 'vitest';
import { BLACKOUT_MS_MAX, blackoutMs, isSucceeded, watched } from './blackout.ts';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
/** What advertises is not to wait for whatever else this machine does. */
const GLOBAL = 'global_defs {\n vrrp_rt_priority 50\n}\n';

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

const INSTANCE = (priority: number, more = ''): string => `${GLOBAL}vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    ${more}
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;

/** The same on IPv6 beside it: both go over together. */
const GROUPED = (priority: number, more: string): string => `${INSTANCE(priority, more)}
vrrp_instance VI_6 {
    state BACKUP
    interface eth0
    virtual_router_id 52
    priority ${priority}
    advert_int 1
    virtual_ipaddress {
        fe80::52/64
        2001:db8::10/64
    }
}
vrrp_sync_group BOTH {
    group {
        VI_1
        VI_6
    }
}
`;

const PASS = 'authentication { auth_type PASS\n auth_pass s3cret12\n }';

async function layOut(name: string, text: (priority: number) => string): Promise<Duo> {
  duo = await Duo.withText(name, { director1: text(150), director2: text(100) });
  return duo;
}

/** director1 is MASTER, and director2 ready to take over. */
async function begin(pair: Duo): Promise<void> {
  for (const [host, part] of [
    ['director1', 2],
    ['director2', 3],
  ] as const) {
    await pair.lab.ip(host, 'addr', 'add', `2001:db8::${part}/64`, 'dev', 'eth0', 'nodad');
  }
  pair.start('director1');
  await pair.movesTo('director1');
  pair.start('director2');
  await eventually('director2 is ready', () => isSucceeded(pair, 'director1'), 10_000);
}

describe.each([
  ['multicast', (priority: number): string => INSTANCE(priority)],
  ['a sync group of both families with a password', (priority: number) => GROUPED(priority, PASS)],
])('%s', (name, text) => {
  test('goes over by order, back by order, at a stop, and by preemption, without a gap that a client sees', async () => {
    const pair = await layOut(`handover-${name.replace(/\W/g, '').slice(0, 8)}`, text);
    await begin(pair);
    const client = pair.lab.agent('client');
    const order = async (...words: readonly string[]): Promise<void> => {
      const { code, stdout, stderr } = await pair.lvsctl('director1', 'failover', ...words);
      expect(`${stdout}${stderr}`).toMatch(
        words.length === 0 ? /handed over to/ : /is MASTER here/,
      );
      expect(code).toBe(0);
    };
    const away = await watched(client, VIP, () => order());
    await pair.movesTo('director2');
    expect(await pair.show('director1')).toMatch(/given up by order since/);
    const back = await watched(client, VIP, () => order('--back'));
    await pair.movesTo('director1');
    await eventually('director2 is ready', () => isSucceeded(pair, 'director1'), 10_000);
    const stopped = await watched(client, VIP, () => pair.stop('director1'));
    await pair.movesTo('director2');
    const returned = await watched(client, VIP, async () => {
      pair.start('director1');
      await pair.movesTo('director1');
    });
    const blackouts = [away, back, stopped, returned].map(blackoutMs);
    console.log(name, blackouts.map((ms) => ms.toFixed(1)).join(' '));
    for (const ms of blackouts) expect(ms).toBeLessThanOrEqual(BLACKOUT_MS_MAX);
  });
});

test('an order is refused where nobody could take over', async () => {
  const pair = await layOut('handover-alone', (priority) => INSTANCE(priority));
  pair.start('director1');
  await pair.movesTo('director1');
  const refused = await pair.lvsctl('director1', 'failover');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('nobody could take over VI_1');
  expect((await pair.lvsctl('director1', 'failover', 'VI_9')).stderr).toContain(
    'there is no instance or sync group "VI_9"',
  );
  expect(await pair.holds('director1')).toBe(true);
});

test('beside keepalived it is the priority 0 and its skew, and it is not preempted', async () => {
  const pair = await layOut('handover-kad', (priority) => INSTANCE(priority));
  pair.startKeepalived('director2');
  await pair.movesTo('director2');
  pair.start('director1');
  await pair.movesTo('director1');
  const client = pair.lab.agent('client');
  const seen = await watched(client, VIP, async () => {
    const { stdout } = await pair.lvsctl('director1', 'failover');
    expect(stdout).toContain('no peer was ready');
    await pair.movesTo('director2');
  });
  console.log('keepalived', blackoutMs(seen).toFixed(1));
  // Its skew time, and what the machine adds.
  expect(blackoutMs(seen)).toBeLessThan(700);
  await pause(4_500);
  expect(await pair.holds('director2')).toBe(true);
});
