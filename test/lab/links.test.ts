// needs: root, vrf; takes 60 s
/** Virtual links besides macvlan: an ipvlan, which has the MAC of its interface, and VRFs. */
import { afterEach, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually } from './lab.ts';

const VIP = '192.0.2.10';

let pair: Duo | null = null;

afterEach(async () => {
  await pair?.close();
  pair = null;
});

function instance(priority: number, more: string): string {
  return `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    ${more}
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

async function layOut(first: string, second: string): Promise<Duo> {
  pair = await Duo.withText('links', {
    director1: instance(150, first),
    director2: instance(100, second),
  });
  return pair;
}

async function ip(duo: Duo, host: DuoHost, ...args: readonly string[]): Promise<string> {
  return (await duo.lab.run(host, 'ip', ...args)).stdout;
}

async function holds(duo: Duo, host: DuoHost, link: string): Promise<boolean> {
  return (await ip(duo, host, 'addr', 'show', 'dev', link)).includes(` ${VIP}/`);
}

async function movesTo(duo: Duo, host: DuoHost, link: string): Promise<void> {
  await eventually(`${host} holds ${VIP} on ${link}`, () => holds(duo, host, link), 30_000);
}

async function macOf(duo: Duo, host: DuoHost): Promise<string | undefined> {
  return /link\/ether (\S+)/.exec(await ip(duo, host, 'link', 'show', 'dev', 'eth0'))?.[1];
}

/** Whose MAC answers the client, which asks anew. */
async function answeredBy(duo: Duo): Promise<string | undefined> {
  await duo.lab.run('client', 'ip', 'neigh', 'flush', 'all');
  expect(await duo.reaches()).toBe(true);
  return duo.macAtClient();
}

test('an ipvlan has the address and the MAC of its interface, goes over, and leaves nothing', async () => {
  const duo = await layOut('use_ipvlan', 'use_ipvlan');
  duo.start('director1');
  await movesTo(duo, 'director1', 'vrrp.51');
  expect(await ip(duo, 'director1', '-d', 'link', 'show', 'dev', 'vrrp.51')).toContain('ipvlan');
  expect(await answeredBy(duo)).toBe(await macOf(duo, 'director1'));
  expect(await duo.show('director1')).toContain('on vrrp.51 above eth0');
  duo.start('director2');
  await eventually('director2 is BACKUP', async () => {
    return (await duo.snapshot('director2'))?.vrrp?.instances[0]?.state === 'backup';
  });
  await duo.stop('director1');
  await movesTo(duo, 'director2', 'vrrp.51');
  expect(await answeredBy(duo)).toBe(await macOf(duo, 'director2'));
  expect(await ip(duo, 'director1', 'link', 'show', 'dev', 'vrrp.51')).toBe('');
}, 120_000);

async function putIntoVrf(duo: Duo, host: DuoHost): Promise<void> {
  await ip(duo, host, 'link', 'add', 'blue', 'type', 'vrf', 'table', '10');
  for (const words of ['blue up', 'eth0 master blue']) {
    await ip(duo, host, 'link', 'set', 'dev', ...words.split(' '));
  }
}

test('an instance in a VRF advertises and answers there; its virtual MAC is put into it', async () => {
  const duo = await layOut('vrf blue', 'use_vmac\n    vrf blue');
  for (const host of ['director1', 'director2'] as const) await putIntoVrf(duo, host);
  duo.start('director1');
  await movesTo(duo, 'director1', 'eth0');
  duo.start('director2');
  await eventually('director2 hears director1', async () => {
    const [one] = (await duo.snapshot('director2'))?.vrrp?.instances ?? [];
    return one?.state === 'backup' && one.counters.advertsReceived > 1;
  });
  expect(await answeredBy(duo)).toBe(await macOf(duo, 'director1'));
  await duo.stop('director1');
  await movesTo(duo, 'director2', 'vrrp.51');
  expect(await ip(duo, 'director2', 'link', 'show', 'dev', 'vrrp.51')).toContain('master blue');
  expect(await answeredBy(duo)).toBe('00:00:5e:00:01:33');
}, 120_000);

test('a VRF in which the interface is not is told, and nothing is claimed there', async () => {
  const duo = await layOut('vrf blue', 'vrf blue');
  await ip(duo, 'director1', 'link', 'add', 'blue', 'type', 'vrf', 'table', '10');
  duo.start('director1');
  await eventually('it says so', async () => {
    return (await duo.show('director1')).includes('VRF');
  });
  expect(await holds(duo, 'director1', 'eth0')).toBe(false);
}, 60_000);

test('the gateway of an instance in a VRF is the one of its table: without it the instance stands down', async () => {
  const duo = await layOut('vrf blue\n    isolation_anchor {\n        gateway\n    }', 'vrf blue');
  await putIntoVrf(duo, 'director1');
  await ip(duo, 'director1', 'route', 'add', 'default', 'via', '192.0.2.100', 'table', '10');
  duo.start('director1');
  await movesTo(duo, 'director1', 'eth0');
  expect(duo.lab.logOf('director1')).not.toContain('no-gateway');
  await duo.lab.plug('client', 'eth0', false);
  await eventually('it stands down', async () => !(await holds(duo, 'director1', 'eth0')), 15_000);
  const [one] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
  expect(one?.reason).toContain('isolated');
  await duo.lab.plug('client', 'eth0', true);
  await movesTo(duo, 'director1', 'eth0');
}, 120_000);
