// needs: root, nftables; takes 30 s
/**
 * `acceptor etcd` on a real kernel, with the etcd of Debian: two directors, each with a process beside it that asks
 * etcd on the third host. The client asks by ARP all the time who has the address; at the end it was never two.
 */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, type Running } from './lab.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const KEY_FILE = '/run/lease-etcd-key';
const DATA = '/run/lease-etcd-data';
const ADDRESS: Readonly<Record<DuoHost, string>> = {
  director1: '192.0.2.2',
  director2: '192.0.2.3',
};
const ETCD = '192.0.2.100';
const URL = `http://${ETCD}:2379`;

const config = (priority: number): string => `global_defs {
    split_brain_policy lease
}
lease {
    acceptor ${ADDRESS.director1}
    acceptor ${ADDRESS.director2}
    acceptor etcd
    key ${KEY}
    time 1
}
vrrp_instance VI_1 {
    version 3
    advert_int 0.2
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;

let pair: Duo;
let etcd: Running;

function startEtcd(): void {
  const args = ['--name', 'one', '--data-dir', DATA, '--log-level', 'error'];
  const urls = ['--listen-client-urls', URL, '--advertise-client-urls', URL];
  etcd = pair.lab.start('client', 'etcd', 'etcd', ...args, ...urls);
}

beforeAll(async () => {
  rmSync(DATA, { recursive: true, force: true });
  writeFileSync(KEY_FILE, `${KEY}\n`);
  chmodSync(KEY_FILE, 0o600);
  pair = await Duo.withText('lease-etcd', { director1: config(150), director2: config(100) });
  startEtcd();
  for (const host of ['director1', 'director2'] as const) {
    const args = ['witness', '--listen', '127.0.0.1:4471', '--key-file', KEY_FILE, '--etcd', URL];
    pair.lab.start(host, `etcd-${host}`, process.execPath, 'dist/bin/lvsctl.js', ...args, '--json');
    pair.start(host);
  }
  await pair.movesTo('director1');
});

afterAll(async () => {
  await pair.close();
  rmSync(DATA, { recursive: true, force: true });
});

/** From now on the directors hear nothing of each other; `deaf` has no etcd either. */
async function cut(deaf?: DuoHost): Promise<void> {
  for (const host of ['director1', 'director2'] as const) {
    const other = ADDRESS[host === 'director1' ? 'director2' : 'director1'];
    const etcd = host === deaf ? [`ip saddr ${ETCD} tcp sport 2379`] : [];
    await pair.deafen(host, 'ip protocol vrrp', `ip saddr ${other}`, ...etcd);
  }
}

async function removeKey(): Promise<string> {
  const body = JSON.stringify({ key: Buffer.from('/lvsd/lease/51').toString('base64') });
  const curl = `const reply = await fetch('${URL}/v3/kv/deleterange', { method: 'POST', body: '${body}' });
    console.log(await reply.text());`;
  const { stdout } = await pair.lab.run(
    'client',
    process.execPath,
    '--input-type=module',
    '-e',
    curl,
  );
  return stdout;
}

describe('etcd as the third acceptor', () => {
  test('is shown, and keeps one master when the directors cannot hear each other', async () => {
    await eventually('etcd has answered', async () =>
      /acceptor etcd by 127\.0\.0\.1:4471: granted/.test(await pair.show('director1')),
    );
    await cut();
    expect(await pair.holdsAlone('director1', 3_000)).toBe(true);
    await eventually('director2 waits', async () =>
      (await pair.show('director2')).includes(`WAITS FOR IT, ${ADDRESS.director1}:4470 has it`),
    );
  });

  test('its key removed by a hand makes no second master', async () => {
    expect(await removeKey()).toContain('"deleted":"1"');
    expect(await pair.holdsAlone('director1', 2_500)).toBe(true);
    await pair.heal();
  });

  test('gives the lease to the other when the master is cut off from both', async () => {
    await cut('director1');
    await pair.movesTo('director2');
    await pair.heal();
    await pair.movesTo('director1');
  });

  test('stopped for a while: nothing changes while the directors hear each other', async () => {
    etcd.kill('SIGSTOP');
    expect(await pair.holdsAlone('director1', 2_500)).toBe(true);
    etcd.kill('SIGCONT');
  });

  test('dead, and the directors cut: nobody is master, until it is back', async () => {
    etcd.kill('SIGKILL');
    await etcd.ended;
    await cut();
    await eventually('nobody is', async () => {
      return !(await pair.holds('director1')) && !(await pair.holds('director2'));
    });
    startEtcd();
    await eventually('somebody is', async () => {
      return (await pair.holds('director1')) || (await pair.holds('director2'));
    });
    await pair.heal();
    await pair.movesTo('director1');
  });
});
