// needs: root, nftables, timing
/** What a director learns of others beside their advertisements, on a real link: ARP, neighbour discovery. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseMac } from '../../src/base/address.ts';
import { toHex } from '../../src/base/bytes.ts';
import { encodeGratuitousArp } from '../../src/wire/arp.ts';
import { encodeUnsolicitedAdvertisement } from '../../src/wire/ndp.ts';
import { Duo, type DuoHost } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
const VIP6 = 'fd00::10';
const STRANGER = '02:00:00:00:00:99';

function configuration(priority: number, more: string, address = `${VIP}/24`): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    version 3
    advert_int 0.5
    ${more}
    virtual_ipaddress {
        ${address}
    }
}
`;
}

let pair: Duo | null = null;

afterEach(async () => {
  await pair?.close();
  pair = null;
});

async function start(more: string, address?: string): Promise<Duo> {
  const text = (priority: number): string => configuration(priority, more, address);
  pair = await Duo.withText('evidence', { director1: text(150), director2: text(100) });
  pair.start('director1');
  await pair.movesTo('director1', address === undefined ? VIP : VIP6);
  return pair;
}

async function instance(duo: Duo, host: DuoHost) {
  return (await duo.snapshot(host))?.vrrp?.instances[0];
}

/** Neither advertisements of VRRP nor anything that looks like them reach it any more. */
async function deafen(duo: Duo, host: DuoHost): Promise<void> {
  const rules = `add table inet deaf
    add chain inet deaf in { type filter hook prerouting priority -500; }
    add rule inet deaf in ip protocol 112 drop`;
  await duo.lab.run(host, 'sh', '-c', `echo '${rules}' | nft -f -`);
}

describe('a backup that hears no advertisement', () => {
  test('F16: does not take an address that is answered, as long as it was told to wait', async () => {
    const duo = await start('claim_wait 60');
    duo.start('director2');
    await eventually(
      'it is BACKUP',
      async () => (await instance(duo, 'director2'))?.state === 'backup',
    );
    await deafen(duo, 'director2');
    await pause(4_000);
    expect(await duo.holds('director2')).toBe(false);
    expect(await instance(duo, 'director2')).toMatchObject({
      state: 'backup',
      counters: { answeredProbes: 1 },
    });
    expect(duo.lab.logOf('director2')).toContain(
      'the address is answered though no advertisement is heard',
    );
    // The master dies: nobody answers, and the wait is over.
    await duo.stop('director1');
    await eventually('it takes over', () => duo.holds('director2'), 3_000);
  });
});

describe('a stranger who claims the address', () => {
  test.each([
    ['ARP', undefined, VIP, encodeGratuitousArp],
    ['a neighbour advertisement', `${VIP6}/64`, VIP6, encodeUnsolicitedAdvertisement],
  ] as const)(
    'F39: by %s is told within 100 ms, and answered',
    async (_, written, address, frame) => {
      const duo = await start('', written);
      const mac = parseMac(STRANGER) as Uint8Array;
      const before = (await instance(duo, 'director1'))?.counters.announcementsSent ?? 0;
      await duo.lab.agent('client').sendFrame(toHex(frame(mac, address)));
      await pause(100);
      const found = await instance(duo, 'director1');
      expect(found?.counters).toMatchObject({ claimsByOthers: 1, announcementsSent: before + 1 });
      expect(found?.alarms).toEqual([
        { name: 'address-claimed', source: STRANGER, detail: `it says that it has ${address}` },
      ]);
      expect(await duo.show('director1')).toContain(`alarm address-claimed: ${STRANGER}`);
    },
  );
});

test('a MASTER whose own packet filter drops what it sends is told so, and of no missing capability', async () => {
  const duo = await start('');
  const rules = `add table inet mute
    add chain inet mute out { type filter hook output priority 0; }
    add rule inet mute out ip protocol 112 drop`;
  await duo.lab.run('director1', 'sh', '-c', `echo '${rules}' | nft -f -`);
  await eventually(
    'it is told',
    async () => duo.lab.logOf('director1').includes('a packet filter of this machine drops it'),
    3_000,
  );
  expect(duo.lab.logOf('director1')).not.toContain('CAP_NET_RAW is missing');
});

describe('two that were MASTER while they heard nothing of each other', () => {
  test('tell for how long and why, and the better one announces its address again', async () => {
    const duo = await start('claim_wait 0');
    duo.start('director2');
    await eventually(
      'it is BACKUP',
      async () => (await instance(duo, 'director2'))?.state === 'backup',
    );
    const each = async (text: string): Promise<void> => {
      for (const host of ['director1', 'director2'] as const) {
        await duo.lab.run(host, 'sh', '-c', `echo '${text}' | nft -f -`);
      }
    };
    // What the one sends the other does not hear, neither VRRP nor UDP.
    await each(`add table inet cut
      add chain inet cut in { type filter hook prerouting priority -500; policy drop; }`);
    duo.mayOverlap = true;
    await eventually('both are MASTER', () => duo.holds('director2'), 5_000);
    expect(await duo.holds('director1')).toBe(true);
    await pause(1_000);
    const before = (await instance(duo, 'director1'))?.counters.announcementsSent ?? 0;
    await each('delete table inet cut');
    await eventually('one gives way', async () => !(await duo.holds('director2')), 3_000);
    const isTold = () => duo.lab.logOf('director2').includes('two were MASTER');
    await eventually('it is told', async () => isTold(), 3_000);
    const [one, two] = [await instance(duo, 'director1'), await instance(duo, 'director2')];
    expect([one?.counters.overlaps, two?.counters.overlaps]).toEqual([1, 1]);
    expect(one?.counters.announcementsSent).toBeGreaterThan(before);
    expect(duo.lab.logOf('director1')).toMatch(
      /two were MASTER.*ours did not reach it|ours did not reach it.*two were MASTER/,
    );
    expect(duo.lab.logOf('director2')).toMatch(/its advertisements did not reach us/);
  });
});

describe('a director that is cut off', () => {
  test('stands down by itself, and comes back by itself', async () => {
    const duo = await start('isolation_anchor {\n        192.0.2.100\n    }');
    expect(await duo.holds('director1')).toBe(true);
    // Not its own link fails, but all that it is there for.
    await duo.lab.plug('client', 'eth0', false);
    await eventually('it stands down', async () => !(await duo.holds('director1')), 5_000);
    expect((await instance(duo, 'director1'))?.reason).toContain('isolated');
    await duo.lab.plug('client', 'eth0', true);
    await eventually('it is back', () => duo.holds('director1'), 6_000);
  });

  test('from the router of its default route stands down, whichever that is now', async () => {
    const duo = await start('isolation_anchor {\n        gateway\n    }');
    await eventually(
      'it tells that there is none',
      async () => duo.lab.logOf('director1').includes('no-gateway'),
      3_000,
    );
    const route = (...words: readonly string[]) =>
      duo.lab.ip('director1', 'route', ...words).then(() => {});
    await route('add', 'default', 'via', '192.0.2.100');
    await pause(4_000);
    expect(await duo.holds('director1')).toBe(true);
    await duo.lab.plug('client', 'eth0', false);
    await eventually('it stands down', async () => !(await duo.holds('director1')), 5_000);
    expect((await instance(duo, 'director1'))?.reason).toContain('isolated');
    // The other director answers as well as any router.
    await route('replace', 'default', 'via', '192.0.2.3');
    await eventually('it is back', () => duo.holds('director1'), 6_000);
  });

  test('from the router of a table that a rule sends its virtual address to stands down', async () => {
    const duo = await start('isolation_anchor {\n        gateway\n    }');
    const ip = (...words: readonly string[]) => duo.lab.ip('director1', ...words).then(() => {});
    await ip('route', 'add', 'default', 'via', '192.0.2.100', 'table', '100');
    await eventually(
      'it tells that there is none',
      async () => duo.lab.logOf('director1').includes('no-gateway'),
      3_000,
    );
    await ip('rule', 'add', 'from', '192.0.2.10', 'lookup', '100');
    await pause(1_500);
    expect(await duo.holds('director1')).toBe(true);
    await duo.lab.plug('client', 'eth0', false);
    await eventually('it stands down', async () => !(await duo.holds('director1')), 5_000);
    expect((await instance(duo, 'director1'))?.reason).toContain('isolated');
    // By another rule its packets take the main table, where the other director is the router.
    await ip('route', 'add', 'default', 'via', '192.0.2.3');
    await eventually('it is back', () => duo.holds('director1'), 6_000);
  });
});
