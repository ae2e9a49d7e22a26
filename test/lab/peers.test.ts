// needs: root; takes 65 s
/** keepalived as the peer: who was master stays so, and planned and unplanned changes go both ways. */
import { afterEach, describe, expect, test } from 'vitest';
import { Duo } from './duo.ts';
import { pause } from './lab.ts';

let duo: Duo | null = null;

afterEach(async () => {
  await duo?.close();
  duo = null;
});

function instance(priority: number, body: string): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    ${body}
}
`;
}

const V2_PASS = `advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        192.0.2.10/24
    }`;

const V3 = `version 3
    advert_int 0.3
    virtual_ipaddress {
        192.0.2.10/24
    }`;

const V3_IPV6 = `advert_int 0.3
    virtual_ipaddress {
        fe80::51/64
        2001:db8::10/64
    }`;

describe.each([
  ['version 2 with a password', V2_PASS, '192.0.2.10'],
  ['version 3', V3, '192.0.2.10'],
  ['version 3 over IPv6', V3_IPV6, '2001:db8::10'],
])('%s', (name, body, address) => {
  const layOut = async (): Promise<Duo> => {
    duo = await Duo.withText(`peer-${name.replace(/\W/g, '')}`, {
      director1: instance(150, body),
      director2: instance(100, body),
    });
    return duo;
  };

  test('keepalived is the backup: it takes over, gives back, and never holds it with us', async () => {
    const pair = await layOut();
    pair.start('director1');
    await pair.movesTo('director1', address);
    pair.startKeepalived('director2');
    await pause(4_500);
    expect(await pair.holds('director2', address)).toBe(false);
    await pair.stop('director1');
    await pair.movesTo('director2', address);
    pair.start('director1');
    await pair.movesTo('director1', address);
    const [seen] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(seen).toMatchObject({ state: 'master', counters: { dropped: {} } });
  });

  test('keepalived is the master: we wait, take over when it dies, and give way', async () => {
    const pair = await layOut();
    pair.startKeepalived('director1');
    await pair.movesTo('director1', address);
    pair.start('director2');
    await pause(4_500);
    const [waiting] = (await pair.snapshot('director2'))?.vrrp?.instances ?? [];
    expect(waiting).toMatchObject({ state: 'backup', masterPriority: 150 });
    await pair.stop('director1');
    await pair.movesTo('director2', address);
    pair.startKeepalived('director1');
    await pair.movesTo('director1', address);
  });
});
