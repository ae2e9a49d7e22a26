// needs: root
/** Virtual MACs on the real kernel: one MAC whoever is MASTER, silence of the BACKUP, and links that come and go. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
const MAC = '00:00:5e:00:01:33';

let pair: Duo | null = null;

afterEach(async () => {
  await pair?.close();
  pair = null;
});

function instance(priority: number, more = 'use_vmac', link = 'eth0', interval = 0.2): string {
  return `vrrp_instance VI_1 {
    interface ${link}
    virtual_router_id 51
    version 3
    advert_int ${interval}
    priority ${priority}
    ${more}
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

async function layOut(first: string, second: string = instance(100)): Promise<Duo> {
  pair = await Duo.withText('vmac', { director1: first, director2: second });
  return pair;
}

/** What ip(8) prints, or nothing when there is no such link. */
async function ip(duo: Duo, host: DuoHost, ...args: readonly string[]): Promise<string> {
  return (await duo.lab.run(host, 'ip', ...args)).stdout;
}

async function holds(duo: Duo, host: DuoHost, link = 'vrrp.51'): Promise<boolean> {
  return (await ip(duo, host, 'addr', 'show', 'dev', link)).includes(` ${VIP}/`);
}

async function movesTo(duo: Duo, host: DuoHost, link?: string): Promise<void> {
  await eventually(`${host} holds ${VIP} on its link`, () => holds(duo, host, link));
}

async function indexOf(duo: Duo, host: DuoHost): Promise<number> {
  const text = await ip(duo, host, '-o', 'link', 'show', 'dev', 'vrrp.51');
  return Number.parseInt(text, 10);
}

async function setting(duo: Duo, host: DuoHost, name: string): Promise<string> {
  return (await duo.lab.run(host, 'cat', `/proc/sys/net/ipv4/conf/${name}`)).stdout.trim();
}

/** Lines of tshark for what was on the link. */
function seen(duo: Duo, filter: string, ...fields: readonly string[]): readonly string[] {
  const args = ['-r', join(duo.lab.folder, 'link.pcap'), '-Y', filter, '-T', 'fields'];
  const named = fields.flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', [...args, ...named], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.split('\n').filter((line) => line !== '');
}

test('vrrp-T5 vrrp-A8: clients have one MAC, whoever is MASTER, and a BACKUP does not show it', async () => {
  const duo = await layOut(instance(150));
  const before = await setting(duo, 'director1', 'eth0/arp_ignore');
  duo.start('director1');
  await movesTo(duo, 'director1');
  duo.start('director2');
  const shown = ['tcpdump', '-l', '-n', '-i', 'eth0', '-Q', 'out', 'ether', 'src', MAC];
  const watch = duo.lab.start('director2', 'shown', ...shown);
  await eventually('director2 is BACKUP', async () => {
    return (await duo.snapshot('director2'))?.vrrp?.instances[0]?.state === 'backup';
  });
  expect([await duo.reaches(), await duo.macAtClient()]).toEqual([true, MAC]);
  // It must ask for the client to answer him from the virtual address.
  await duo.lab.run('director1', 'ip', 'neigh', 'flush', 'all');
  expect(await duo.reaches()).toBe(true);
  watch.kill('SIGTERM');
  await watch.ended;
  expect(duo.lab.logOf('shown')).not.toContain(' > ');

  await duo.stop('director1');
  await movesTo(duo, 'director2');
  expect([await duo.reaches(), await duo.macAtClient()]).toEqual([true, MAC]);
  expect(await ip(duo, 'director1', 'link', 'show', 'dev', 'vrrp.51')).toBe('');
  expect(await setting(duo, 'director1', 'eth0/arp_ignore')).toBe(before);

  duo.start('director1');
  await movesTo(duo, 'director1');
  expect(await duo.macAtClient()).toBe(MAC);
  expect(await duo.show('director1')).toContain(
    `on vrrp.51 above eth0, MAC ${MAC}, advertises with it`,
  );
  // Who takes over from one that is dead asks for the address first, and not with its MAC.
  await duo.lab.plug('director1', 'eth0', false);
  await movesTo(duo, 'director2');
  const asked = seen(
    duo,
    `arp.src.proto_ipv4 == 0.0.0.0 && arp.dst.proto_ipv4 == ${VIP}`,
    'eth.src',
  );
  expect([asked.length > 0, asked.includes(MAC)]).toEqual([true, false]);
  const sources = new Set(seen(duo, 'vrrp && ip.src == 192.0.2.2', 'eth.src'));
  expect([...sources]).toEqual([MAC]);
  const elsewhere = seen(duo, `arp.src.proto_ipv4 == ${VIP} && arp.src.hw_mac != ${MAC}`, 'frame');
  expect(elsewhere).toEqual([]);
}, 60_000);

test('vmac_xmit_base advertises with the MAC of the interface, and is heard by one that has none', async () => {
  const duo = await layOut(instance(150, 'use_vmac\nvmac_xmit_base'), instance(100, ''));
  duo.start('director2');
  await movesTo(duo, 'director2', 'eth0');
  duo.start('director1');
  await movesTo(duo, 'director1');
  await eventually('director2 has yielded', async () => !(await holds(duo, 'director2', 'eth0')));
  await pause(500);
  expect(seen(duo, `vrrp && eth.src == ${MAC}`, 'eth.src')).toEqual([]);
  await duo.stop('director1');
  await movesTo(duo, 'director2', 'eth0');
}, 60_000);

test('a MASTER keeps link and address when its process is killed, and adopts the link when all of it is', async () => {
  const duo = await layOut(instance(150, 'use_vmac', 'eth0', 1));
  const daemon = duo.start('director1');
  await movesTo(duo, 'director1');
  const index = await indexOf(duo, 'director1');
  const monitor = duo.lab.start('director1', 'monitor', 'ip', 'monitor', 'link', 'address');
  const pid = await duo.pidOf('director1', 'vrrp');
  process.kill(pid, 'SIGKILL');
  await eventually('another one runs', async () => {
    const vrrp = (await duo.snapshot('director1'))?.processes.find(({ name }) => name === 'vrrp');
    return vrrp?.pid !== undefined && vrrp.pid !== null && vrrp.pid !== pid;
  });
  await pause(500);
  expect(duo.lab.logOf('monitor')).not.toContain('Deleted');
  expect(await holds(duo, 'director1')).toBe(true);
  monitor.kill('SIGTERM');

  daemon.kill('SIGKILL');
  await daemon.ended;
  expect(await holds(duo, 'director1')).toBe(true);
  duo.start('director1');
  await eventually('it is MASTER again', async () => {
    return (await duo.snapshot('director1'))?.vrrp?.instances[0]?.state === 'master';
  });
  await movesTo(duo, 'director1');
  expect(await indexOf(duo, 'director1')).toBe(index);
}, 60_000);

test('a link that somebody removes is put back, and one whose interface comes back comes, too', async () => {
  const duo = await layOut(instance(150, 'use_vmac', 'va'));
  const makeBase = async (): Promise<void> => {
    await duo.lab.ip('director1', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
    for (const link of ['va', 'vb']) await duo.lab.ip('director1', 'link', 'set', link, 'up');
    await duo.lab.ip('director1', 'addr', 'add', '198.51.100.1/24', 'dev', 'va');
  };
  await makeBase();
  duo.start('director1');
  await movesTo(duo, 'director1');
  const index = await indexOf(duo, 'director1');
  await duo.lab.ip('director1', 'link', 'del', 'vrrp.51');
  await eventually('it is another link', async () => {
    const now = await indexOf(duo, 'director1');
    return now > 0 && now !== index && (await holds(duo, 'director1'));
  });
  await duo.lab.ip('director1', 'link', 'set', 'vrrp.51', 'down');
  await eventually('it is up', async () => {
    return /[<,]UP[,>]/.test(await ip(duo, 'director1', 'link', 'show', 'vrrp.51'));
  });
  await duo.lab.ip('director1', 'link', 'del', 'va');
  await eventually('it is in FAULT', async () => {
    return (await duo.snapshot('director1'))?.vrrp?.instances[0]?.state === 'fault';
  });
  await makeBase();
  await movesTo(duo, 'director1');
}, 60_000);

test('a reload brings a virtual MAC and takes it away, and the MASTER stays MASTER', async () => {
  const duo = await layOut(instance(150, ''));
  // One host, with one MAC after the other.
  duo.mayOverlap = true;
  duo.start('director1');
  await movesTo(duo, 'director1', 'eth0');
  const rewrite = async (more: string): Promise<void> => {
    const script = `cat > ${duo.file('director1')} <<'END'\n${instance(150, more)}END`;
    await duo.lab.run('director1', 'sh', '-c', script);
    await duo.lvsctl('director1', 'reload');
  };
  await rewrite('use_vmac');
  await movesTo(duo, 'director1');
  await rewrite('use_vmac own0 02:00:00:00:00:77');
  await movesTo(duo, 'director1', 'own0');
  await eventually('the other one is gone', async () => {
    return (await ip(duo, 'director1', 'link', 'show', 'dev', 'vrrp.51')) === '';
  });
  await rewrite('');
  await movesTo(duo, 'director1', 'eth0');
  await eventually('that one is gone, too', async () => {
    return (await ip(duo, 'director1', 'link', 'show', 'dev', 'own0')) === '';
  });
  const [now] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
  expect([now?.state, now?.counters.becameMaster]).toEqual(['master', 1]);
}, 60_000);
