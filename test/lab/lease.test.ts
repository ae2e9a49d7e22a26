// needs: root, nftables; takes 20 s
/**
 * split_brain_policy lease on a real kernel: two directors and a witness, between which packets are dropped. The
 * client asks by ARP all the time who has the address; at the end of each scenario it was never two.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, type Running } from './lab.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const KEY_FILE = '/run/lease-key';
const ONE = '192.0.2.2';
const WITNESS = '192.0.2.100';

const config = (priority: number): string => `global_defs {
    split_brain_policy lease
}
lease {
    acceptor ${ONE}
    acceptor 192.0.2.3
    acceptor ${WITNESS}
    key ${KEY}
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
let witness: Running;

beforeAll(async () => {
  writeFileSync(KEY_FILE, `${KEY}\n`);
  chmodSync(KEY_FILE, 0o600);
  pair = await Duo.withText('lease', { director1: config(150), director2: config(100) });
  const args = ['witness', '--listen', `${WITNESS}:4470`, '--key-file', KEY_FILE];
  const lvsctl = ['dist/bin/lvsctl.js', ...args, '--time-max', '1', '--json'];
  witness = pair.lab.start('client', 'witness', process.execPath, ...lvsctl);
  pair.start('director1');
  pair.start('director2');
  await pair.movesTo('director1');
});

afterAll(() => pair.close());

/** From now on a director drops what comes of VRRP, and of the lease from these hosts. */
function deafen(host: DuoHost, ...sources: readonly string[]): Promise<void> {
  const lease = sources.map((one) => `ip saddr ${one} udp dport 4470`);
  return pair.deafen(host, 'ip protocol vrrp', ...lease);
}

describe('the lease', () => {
  test('is shown with who has it and which acceptors answer', async () => {
    // The witness is silent at first, and may not have been needed.
    const granted = /acceptor 192\.0\.2\.100:4470: granted, 0\.\d s ago/;
    await eventually('the witness grants it, too', async () =>
      granted.test(await pair.show('director1')),
    );
    const shown = await pair.show('director1');
    expect(shown).toMatch(/lease VI_1 {2}HELD for 0\.\d s more/);
    expect(shown).not.toContain(KEY);
  });

  test('keeps one master when the directors cannot hear each other at all', async () => {
    await deafen('director1', '192.0.2.3');
    await deafen('director2', ONE);
    expect(await pair.holdsAlone('director1', 2_500)).toBe(true);
    await eventually('director2 waits', async () =>
      (await pair.show('director2')).includes(`WAITS FOR IT, ${ONE}:4470 has it`),
    );
    await pair.heal();
    expect(await pair.holdsAlone('director1', 1_000)).toBe(true);
  });

  test('goes to the other when the master loses its majority, and comes back', async () => {
    await deafen('director1', '192.0.2.3', WITNESS);
    await pair.movesTo('director2');
    expect((await pair.snapshot('director1'))?.vrrp?.instances[0]?.reason).toBe('lease lost');
    await pair.heal();
    await pair.movesTo('director1');
  });

  test('goes over when the master stops, and when it is dead', async () => {
    await pair.stop('director1');
    await pair.movesTo('director2');
    pair.start('director1');
    await pair.movesTo('director1');
    await pair.powerOff('director1');
    await pair.movesTo('director2');
    await pair.powerOn('director1');
    await pair.movesTo('director1');
  });

  test('has a real server in DR mode as its witness', async () => {
    // It has the virtual address, too, on its loopback, and is asked by its own.
    const set = await pair.lab.lvsctl('client', 'realserver', 'setup', '--vip', '192.0.2.10');
    expect(set.code).toBe(0);
    await deafen('director1', '192.0.2.3');
    await deafen('director2', ONE);
    expect(await pair.holdsAlone('director1', 2_000)).toBe(true);
    expect(await pair.show('director1')).toMatch(
      /acceptor 192\.0\.2\.100:4470: granted, 0\.\d s ago/,
    );
    await pair.heal();
  });

  test('of a pair needs no witness while both are well, and the witness ends in good order', async () => {
    witness.kill('SIGTERM');
    await witness.ended;
    expect(pair.lab.logOf('witness')).toContain('"msg":"witness stopped"');
    expect(await pair.holdsAlone('director1', 2_000)).toBe(true);
  });
});
