// needs: root
/** auth_hmac between two of ours, on the wire: multicast and unicast, both families; a stranger; a restart. */
import { afterEach, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually } from './lab.ts';

const KEY = '0123456789abcdef0123456789abcdef';

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

function configuration(part: 2 | 3, priority: number): string {
  const peer = part === 2 ? 3 : 2;
  const instance = (vrid: number, vips: string, more = ''): string => `vrrp_instance VI_${vrid} {
    state BACKUP
    version 3
    interface eth0
    virtual_router_id ${vrid}
    priority ${priority}
    advert_int 0.2
    auth_hmac {
        key 1 ${KEY}
        active_key 1
    }
    ${more}
    virtual_ipaddress {
        ${vips}
    }
}
`;
  const unicast = (network: string): string => `unicast_src_ip ${network}${part}
    unicast_peer {
        ${network}${peer} min_ttl 255
    }`;
  return [
    instance(51, '192.0.2.10/24'),
    instance(52, '192.0.2.11/24', unicast('192.0.2.')),
    instance(53, 'fe80::53/64\n 2001:db8::13/64'),
    instance(54, 'fe80::54/64\n 2001:db8::14/64', unicast('2001:db8::')),
  ].join('');
}

test('vrrp-U4: signed advertisements are believed, others not, and a restart changes nothing', async () => {
  duo = await Duo.withText('signed', {
    director1: configuration(2, 150),
    director2: configuration(3, 100),
  });
  const pair = duo;
  for (const [host, part] of [
    ['director1', 2],
    ['director2', 3],
  ] as const) {
    await pair.lab.ip(host, 'addr', 'add', `2001:db8::${part}/64`, 'dev', 'eth0', 'nodad');
  }
  const instances = async (host: 'director1' | 'director2') =>
    (await pair.snapshot(host))?.vrrp?.instances ?? [];
  const states = async (host: 'director1' | 'director2'): Promise<string> =>
    (await instances(host)).map(({ state }) => state).join();
  pair.start('director1');
  await eventually(
    'director1 is MASTER of all',
    async () => (await states('director1')) === 'master,master,master,master',
  );
  pair.start('director2');
  const heardAll = async (): Promise<boolean> =>
    (await instances('director2')).filter(({ counters }) => counters.advertsReceived > 3).length ===
    4;
  await eventually('director2 believes all of them', heardAll);
  expect(await states('director2')).toBe('backup,backup,backup,backup');

  // The process that believed them dies: its successor believes them, too, and no older ones.
  const pid = await pair.pidOf('director2', 'vrrp');
  process.kill(pid, 'SIGKILL');
  await eventually('another process is there', async () => {
    const now = (await pair.snapshot('director2'))?.processes.find(({ name }) => name === 'vrrp');
    return now?.pid !== null && now?.pid !== undefined && now.pid !== pid;
  });
  await eventually('it believes them', heardAll);
  expect(await states('director2')).toBe('backup,backup,backup,backup');
  for (const { name, counters } of await instances('director2')) {
    expect({ name, dropped: counters.dropped }).toEqual({ name, dropped: {} });
  }
  expect(await states('director1')).toBe('master,master,master,master');

  // Neither what is shown nor what is logged has the key in it.
  const shown = await pair.lvsctl('director1', 'show', '--json');
  const told = shown.stdout + pair.lab.logOf('director1') + (await pair.show('director2'));
  expect(told).toContain('VI_54');
  expect(told).not.toContain(KEY);
  expect(told).not.toContain(Buffer.from(KEY).toString('hex'));
});
