// needs: root, nftables; takes 10 s
/** A MASTER whose advertisements the kernel refuses: said a few times, counted each time, and said when it is over. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const config = `vrrp_instance FAST {
    version 3
    advert_int 0.01
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        192.0.2.10/24
    }
}
vrrp_instance PEERS {
    version 3
    advert_int 0.1
    interface eth0
    virtual_router_id 52
    unicast_peer {
        192.0.2.3
        192.0.2.4
    }
    virtual_ipaddress {
        192.0.2.11/24
    }
}
`;

let pair: Duo;

beforeAll(async () => {
  pair = await Duo.withText('unsent', { director1: config, director2: config });
  pair.start('director1');
  await pair.movesTo('director1');
});

afterAll(() => pair.close());

/** From now on the host refuses to send what is this, in the words of nft; without any it sends all. */
async function refuse(...what: readonly string[]): Promise<void> {
  const nft = (...words: readonly string[]) => pair.lab.run('director1', 'nft', ...words);
  await nft('delete', 'table', 'inet', 'out');
  if (what.length === 0) return;
  await nft('add', 'table', 'inet', 'out');
  await nft('add', 'chain', 'inet', 'out', 'out', '{ type filter hook output priority 0; }');
  await nft('add', 'rule', 'inet', 'out', 'out', ...what, 'drop');
}

/** Lines of the log about an instance that have this message. */
function told(instance: string, message: string): readonly Record<string, unknown>[] {
  return pair.lab
    .logOf('director1')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((one) => one.instance === instance && one.msg === message);
}

async function counters(instance: string) {
  const instances = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
  const found = instances.find(({ name }) => name === instance);
  if (found === undefined) throw new Error(`there is no ${instance}`);
  return found.counters;
}

test('by a packet filter: one line for hundreds, and one more when it lets them out again', async () => {
  await refuse('ip', 'protocol', '112');
  await pause(3_000);
  const [first, ...others] = told('FAST', 'advertisements are not sent');
  expect(others).toEqual([]);
  expect(first).toMatchObject({ level: 'warn', interface: 'eth0', to: ['224.0.0.18'] });
  expect(String(first?.reason)).toContain('EPERM');
  expect(String(first?.hint)).toContain('nft list ruleset');
  expect((await counters('FAST')).advertsUnsent).toBeGreaterThan(100);
  const shown = await pair.show('director1');
  expect(shown).toMatch(/alarm adverts-unsent: eth0: VRRP on eth0: .*EPERM/);
  expect(shown).toMatch(/\d{3} packets with an advertisement not sent/);
  expect(await pair.holds('director1')).toBe(true);
  await refuse();
  await eventually('it tells that they are sent again', () =>
    told('FAST', 'advertisements are sent again').some(({ times }) => Number(times) > 100),
  );
});

test('for one of two peers: that one is named, and the other is sent all', async () => {
  await refuse('ip', 'daddr', '192.0.2.3', 'ip', 'protocol', '112');
  const named = () => told('PEERS', 'advertisements are not sent').map(({ to }) => String(to));
  await eventually('it is told', () => named().includes('192.0.2.3'));
  const before = await counters('PEERS');
  await pause(500);
  const after = await counters('PEERS');
  expect(after.advertsSent).toBeGreaterThan(before.advertsSent);
  expect(after.advertsUnsent - before.advertsUnsent).toBe(after.advertsSent - before.advertsSent);
});
