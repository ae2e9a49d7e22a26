// needs: root, nftables; takes 15 s
/**
 * `kill -9` of a MASTER's VRRP process under split_brain_policy lease: the next process goes on with the lease and with the
 * addresses. The other director never holds them; with the witness and itself it would be granted the lease.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { eventually } from './lab.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const KEY_FILE = '/run/lease-heir-key';
const WITNESS = '192.0.2.100';

const config = (priority: number): string => `global_defs {
    split_brain_policy lease
}
lease {
    acceptor 192.0.2.2
    acceptor 192.0.2.3
    acceptor ${WITNESS}
    key ${KEY}
}
vrrp_instance VI_1 {
    version 3
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        192.0.2.10/24
    }
}
`;

let pair: Duo;

beforeAll(async () => {
  writeFileSync(KEY_FILE, `${KEY}\n`);
  chmodSync(KEY_FILE, 0o600);
  pair = await Duo.withText('lease-heir', { director1: config(150), director2: config(100) });
  const args = ['witness', '--listen', `${WITNESS}:4470`, '--key-file', KEY_FILE];
  pair.lab.start('client', 'witness', process.execPath, 'dist/bin/lvsctl.js', ...args);
  pair.start('director1');
  pair.start('director2');
  await pair.movesTo('director1');
  const granted = /acceptor 192\.0\.2\.100:4470: granted, \d\.\d s ago/;
  await eventually('the witness grants it, too', async () =>
    granted.test(await pair.show('director1')),
  );
});

afterAll(() => pair.close());

test('the role and the address stay, and the lease goes on', async () => {
  const killed = await pair.pidOf('director1', 'vrrp');
  const alone = pair.holdsAlone('director1', 6_000);
  process.kill(killed, 'SIGKILL');
  expect(await alone).toBe(true);
  expect(await pair.pidOf('director1', 'vrrp')).not.toBe(killed);
  const [instance] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
  expect(instance).toMatchObject({ state: 'master', counters: { becameMaster: 0 } });
  expect(pair.lab.logOf('director1')).toContain('still master');
  expect(await pair.show('director1')).toMatch(/lease VI_1 {2}HELD for [12]\.\d s more/);
  // Longer than the lease that was inherited: it was renewed.
  expect(await pair.holdsAlone('director1', 3_000)).toBe(true);
  expect(await pair.reaches()).toBe(true);
  const [other] = (await pair.snapshot('director2'))?.vrrp?.instances ?? [];
  expect(other).toMatchObject({ state: 'backup', counters: { becameMaster: 0 } });
});
