// needs: ipvs; takes 35 s
/** Real servers in DR mode, of which one answers ARP for the virtual address: the director names it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './lab.ts';
import { Pair, VIP } from './pair.ts';

const FAULTY = { name: 'rs2', address: '198.51.100.22' } as const;
const ANSWERS = 'real server answers ARP for a virtual address';
const MENDED = 'real server no longer answers ARP';

let pair: Pair;

beforeAll(async () => {
  pair = await Pair.layOut('arp');
  for (const link of ['all', 'eth0']) {
    await pair.lab.run(FAULTY.name, 'sysctl', '-qw', `net.ipv4.conf.${link}.arp_ignore=0`);
  }
  pair.start('director1');
  pair.start('director2');
  await pair.serves('director1');
});

afterAll(() => pair.close());

function logged(message: string): readonly Record<string, unknown>[] {
  return ['director1', 'director2']
    .flatMap((director) => pair.lab.logOf(director).split('\n'))
    .filter((line) => line.includes(message))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the one that answers is named in the log and by lvsctl show, and no other', async () => {
  await eventually('it is told', () => logged(ANSWERS).length > 0, 30_000);
  const { stdout: link } = await pair.lab.ip(FAULTY.name, '-br', 'link', 'show', 'dev', 'eth0');
  const mac = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(link)?.[0];
  expect(logged(ANSWERS)).toMatchObject([
    { realServer: FAULTY.address, virtualAddresses: [VIP], mac, interface: 'eth1' },
  ]);
  const text = await pair.show('director1');
  expect(text).toContain(`${FAULTY.address} answers ARP for ${VIP} on eth1`);
  expect(text.match(/answers ARP/g)).toHaveLength(1);
  expect(await pair.show('director2')).not.toContain('answers ARP');
});

test('what the hint says mends it, and it is told as mended', async () => {
  const hint = String(logged(ANSWERS)[0]?.hint);
  const words = /lvsctl (.*)$/.exec(hint)?.[1]?.split(' ') ?? [];
  const { code, stderr } = await pair.lab.lvsctl(FAULTY.name, ...words, '--state-dir', '/run/rs2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await eventually('it is told', () => logged(MENDED).length > 0, 60_000);
  expect(logged(MENDED)).toMatchObject([{ realServer: FAULTY.address, virtualAddresses: [VIP] }]);
  expect(await pair.show('director1')).not.toContain('answers ARP');
  expect(logged(ANSWERS)).toHaveLength(1);
});
