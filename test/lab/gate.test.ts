// needs: root, nftables, timing
/** The kernel's gate: who is stopped, paused or dead does not answer for an address, whatever it holds. */
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { KernelGate } from '../../src/kernel/gate.ts';
import { Duo } from './duo.ts';
import { eventually, pause } from './lab.ts';

const VIP = '192.0.2.10';
const VIP6 = 'fd00::10';

function configuration(priority: number, more = ''): string {
  return `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    nopreempt
    ${more}
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;
}

const QUICK = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.2
    virtual_ipaddress {
        ${VIP}/24
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    advert_int 0.2
    virtual_ipaddress {
        ${VIP6}/64
    }
}
`;

let pair: Duo | null = null;

afterEach(async () => {
  // Throws if two ever answered at once.
  await pair?.close();
  pair = null;
});

async function two(): Promise<Duo> {
  pair = await Duo.withText('gate', {
    director1: configuration(150),
    director2: configuration(100),
  });
  pair.start('director1');
  await pair.movesTo('director1');
  pair.start('director2');
  await eventually('director2 waits', async () => {
    const [instance] = (await pair?.snapshot('director2'))?.vrrp?.instances ?? [];
    return instance?.state === 'backup' && instance.masterAddress !== null;
  });
  return pair;
}

/** Alone on the link, with an address of each family. */
async function alone(): Promise<Duo> {
  pair = await Duo.withText('gate', { director1: QUICK, director2: QUICK });
  await pair.lab.ip('client', '-6', 'addr', 'add', 'fd00::100/64', 'dev', 'eth0', 'nodad');
  pair.start('director1');
  await pair.movesTo('director1');
  await pair.movesTo('director1', VIP6);
  return pair;
}

async function answers(duo: Duo, address: string): Promise<boolean> {
  const { code } = await duo.lab.run('client', 'busybox', 'ping', '-c1', '-W1', address);
  return code === 0;
}

async function tables(duo: Duo): Promise<string> {
  return (await duo.lab.run('director1', 'nft', 'list', 'tables')).stdout;
}

describe('a MASTER that is stopped', () => {
  test('is shut out before its peer answers, and comes back as BACKUP without answering', async () => {
    const duo = await two();
    const pid = await duo.pidOf('director1', 'vrrp');
    process.kill(pid, 'SIGSTOP');
    await eventually('the peer takes over', () => duo.holds('director2'), 10_000);
    await pause(1_500);
    process.kill(pid, 'SIGCONT');
    await eventually('it gives up', async () => !(await duo.holds('director1')), 1_000);
    await pause(500);
    const [instance] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'backup', counters: { becameMaster: 1 } });
    expect(await duo.holds('director2')).toBe(true);
  });

  test('does not answer when its time is over, though nobody else is there: ARP, IPv4 and IPv6', async () => {
    const duo = await alone();
    expect(await answers(duo, VIP)).toBe(true);
    expect(await answers(duo, VIP6)).toBe(true);
    const pid = await duo.pidOf('director1', 'vrrp');
    process.kill(pid, 'SIGSTOP');
    await pause(650);
    // What the client knows of the link is still there: the packets arrive.
    expect(await answers(duo, VIP)).toBe(false);
    expect(await answers(duo, VIP6)).toBe(false);
    await duo.lab.ip('client', 'neigh', 'flush', 'dev', 'eth0');
    await duo.lab.ip('client', '-6', 'neigh', 'flush', 'dev', 'eth0');
    expect(await answers(duo, VIP)).toBe(false);
    expect(await answers(duo, VIP6)).toBe(false);
    process.kill(pid, 'SIGCONT');
    await eventually('it is MASTER again', () => answers(duo, VIP), 5_000);
    await eventually('of both', () => answers(duo, VIP6), 5_000);
  });
});

describe('a director of which all processes are killed', () => {
  test('does not answer when its peer does, and the address goes', async () => {
    const duo = await two();
    const pids = [await duo.pidOf('director1', 'supervisor'), await duo.pidOf('director1', 'vrrp')];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await duo.holds('director1')).toBe(true);
    await eventually('the peer takes over', () => duo.holds('director2'), 10_000);
    await eventually('the address has gone', async () => !(await duo.holds('director1')), 11_000);
  });
});

describe('the lifetime of the address itself', () => {
  test('it goes when all processes are killed, without a gate of nf_tables too; a reload keeps it', async () => {
    pair = await Duo.withText('gate', { director1: QUICK, director2: QUICK });
    // Where the table is another's there is no gate: the lifetime alone is left.
    await pair.lab.run('director1', 'nft', 'add', 'table', 'inet', 'lvsd');
    pair.start('director1');
    await pair.movesTo('director1');
    await pair.movesTo('director1', VIP6);
    expect(await pair.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
    await pause(3_000);
    expect(await pair.show('director1')).toMatch(/removes the addresses after 2 s/);
    const [instance] = (await pair.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'master', counters: { addressesPutBack: 0 } });
    const pids = [
      await pair.pidOf('director1', 'supervisor'),
      await pair.pidOf('director1', 'vrrp'),
    ];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await pair.holds('director1')).toBe(true);
    const gone = async (): Promise<boolean> =>
      !(await pair?.holds('director1')) && !(await pair?.holds('director1', VIP6));
    await eventually('the kernel has removed them', gone, 2_500);
  });

  test('the next VRRP process goes on with it, and `gate off` has it for ever', async () => {
    const duo = await alone();
    process.kill(await duo.pidOf('director1', 'vrrp'), 'SIGKILL');
    await pause(3_000);
    const [instance] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'master', counters: { addressesPutBack: 0 } });
    expect(await duo.holds('director1')).toBe(true);
    const lasting = QUICK.replaceAll('advert_int', 'gate off\n    advert_int');
    writeFileSync(duo.file('director1'), lasting);
    expect(await duo.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
    const { stdout } = await duo.lab.ip('director1', 'addr', 'show', 'dev', 'eth0');
    expect(stdout).toMatch(/192\.0\.2\.10\/24[^\n]*\n\s+valid_lft forever/);
    expect(stdout).toMatch(/fd00::10\/64[^\n]*\n\s+valid_lft forever/);
  });
});

describe('what is left behind', () => {
  test('a clean stop leaves nothing, a reload and a restart of the process keep what is open', async () => {
    const duo = await alone();
    expect(await tables(duo)).toContain('table inet lvsd');
    const file = duo.file('director1');
    writeFileSync(file, QUICK.replace(`${VIP}/24`, `${VIP}/24\n        192.0.2.11/24`));
    expect(await duo.lvsctl('director1', 'reload')).toMatchObject({ code: 0 });
    await eventually('the new one answers', () => answers(duo, '192.0.2.11'), 2_000);
    const [instance] = (await duo.snapshot('director1'))?.vrrp?.instances ?? [];
    expect(instance).toMatchObject({ state: 'master', counters: { becameMaster: 1, gateLost: 0 } });
    expect(await duo.show('director1')).toMatch(/gate is open for \d+ ms, unless it is prolonged/);
    await duo.stop('director1');
    expect(await tables(duo)).toBe('');
  });

  test('a table of another of the same name is left alone, and told of', async () => {
    pair = await Duo.withText('gate', { director1: QUICK, director2: QUICK });
    await pair.lab.run('director1', 'nft', 'add', 'table', 'inet', 'lvsd');
    pair.start('director1');
    await pair.movesTo('director1');
    expect(pair.lab.logOf('director1')).toContain("a table lvsd of nf_tables is another's");
    expect(await pair.show('director1')).toMatch(/no gate: a table lvsd/);
    await pair.stop('director1');
    expect(await tables(pair)).toBe('table inet lvsd\n');
  });
});

/** The client sends to a director whatever it has for the address. */
async function answersAt(duo: Duo, host: 'director1' | 'director2'): Promise<boolean> {
  const { stdout } = await duo.lab.ip(host, 'link', 'show', 'dev', 'eth0');
  const mac = /link\/ether (\S+)/.exec(stdout)?.[1] ?? '';
  const entry = ['neigh', 'replace', VIP, 'lladdr', mac, 'nud', 'permanent', 'dev', 'eth0'];
  await duo.lab.ip('client', ...entry);
  const isAnswered = await answers(duo, VIP);
  await duo.lab.ip('client', 'neigh', 'del', VIP, 'dev', 'eth0');
  return isAnswered;
}

describe('who takes packets to the addresses', () => {
  test('vrrp-S8 vrrp-S18: a BACKUP takes none, though they are sent to it; a MASTER that accepts takes them', async () => {
    const duo = await two();
    expect(await answersAt(duo, 'director1')).toBe(true);
    expect(await answersAt(duo, 'director2')).toBe(false);
    const { stdout } = await duo.lab.ip('client', 'neigh', 'show', VIP);
    expect(stdout).not.toContain('PERMANENT');
  });
});

describe('gate on', () => {
  test('is FAULT where there is no gate, and MASTER when there is one', async () => {
    const insists = QUICK.replaceAll('advert_int', 'gate on\n    advert_int');
    pair = await Duo.withText('gate', { director1: insists, director2: insists });
    await pair.lab.run('director1', 'nft', 'add', 'table', 'inet', 'lvsd');
    pair.start('director1');
    const instance = async () => (await pair?.snapshot('director1'))?.vrrp?.instances[0];
    await eventually('FAULT', async () => (await instance())?.state === 'fault', 5_000);
    expect((await instance())?.reason).toMatch(/^no kernel gate: a table lvsd/);
    await pause(1_000);
    expect(await pair.holds('director1')).toBe(false);
    await pair.lab.run('director1', 'nft', 'delete', 'table', 'inet', 'lvsd');
    // It looks again by itself.
    await pair.movesTo('director1', VIP, 8_000);
  });
});

describe('no_accept', () => {
  test('vrrp-A7 vrrp-S18: packets to the addresses are dropped, who asks for the neighbour is answered', async () => {
    pair = await Duo.withText('gate', {
      director1: QUICK.replaceAll('advert_int', 'no_accept\n    advert_int'),
      director2: QUICK,
    });
    await pair.lab.ip('client', '-6', 'addr', 'add', 'fd00::100/64', 'dev', 'eth0', 'nodad');
    pair.start('director1');
    await pair.movesTo('director1');
    await pair.movesTo('director1', VIP6);
    for (const address of [VIP, VIP6]) {
      expect(await answers(pair, address)).toBe(false);
      const { stdout } = await pair.lab.ip('client', 'neigh', 'show', address);
      expect(stdout).toMatch(/lladdr .* (REACHABLE|DELAY|STALE)/);
    }
  });
});

const OWNER = { runDir: '/run/one', isAlive: () => true };

describe('the tables themselves', () => {
  test('are those of one daemon while it lives, and then of the next', () => {
    const gate = new KernelGate(OWNER);
    let isAlive = true;
    const other = new KernelGate({ runDir: '/run/other', isAlive: () => isAlive });
    try {
      gate.prepare();
      expect(gate.open(['192.0.2.1'], 60_000)).toBe('open');
      expect(() => other.prepare()).toThrow(
        'the gate of this network namespace is kept by another lvsd, that of /run/one',
      );
      other.remove();
      expect([...gate.prepare().keys()]).toEqual(['192.0.2.1']);
      isAlive = false;
      expect([...other.prepare().keys()]).toEqual([]);
      expect(() => gate.prepare()).toThrow('that of /run/other');
    } finally {
      other.remove();
      other.close();
      gate.close();
    }
  });

  test('a renewal that is late is refused and opens nothing; the others of its turn are prolonged', async () => {
    const gate = new KernelGate(OWNER);
    try {
      gate.replace();
      expect(gate.open(['192.0.2.1', 'fd00::1'], 100)).toBe('open');
      expect(gate.open(['192.0.2.2'], 1_000)).toBe('open');
      await pause(150);
      const lost: string[] = [];
      for (const addresses of [['192.0.2.1', 'fd00::1'], ['192.0.2.2']]) {
        const onLost = (why: string): void => void lost.push(`${addresses[0]} ${why}`);
        gate.renew({ addresses, leftMs: () => 5_000, onLost });
      }
      await pause(20);
      expect(lost).toEqual(['192.0.2.1 it had run out']);
      const standing = gate.prepare();
      expect([...standing.keys()]).toEqual(['192.0.2.2']);
      expect(standing.get('192.0.2.2')).toBeGreaterThan(4_000);
      // A later life takes on what is still open; what has run out it does not open.
      expect(gate.open(['192.0.2.2'], 100)).toBe('open');
      const again = new KernelGate(OWNER);
      expect([...again.prepare().keys()]).toEqual(['192.0.2.2']);
      await pause(150);
      expect(again.open(['192.0.2.2'], 5_000)).toBe('run-out');
      expect([...again.prepare().keys()]).toEqual([]);
      again.close();
    } finally {
      gate.remove();
      gate.close();
    }
  });

  test('a later life lets be what no instance has taken on, and keeps what one has', () => {
    const gate = new KernelGate(OWNER);
    const later = new KernelGate(OWNER);
    const [kept, left] = ['192.0.2.1', '192.0.2.2'];
    try {
      gate.replace();
      expect(gate.open([kept, left], 60_000)).toBe('open');
      expect(gate.accept([kept, left], false)).toBe(true);
      later.prepare();
      expect(later.open([kept], 60_000)).toBe('open');
      expect(later.accept([kept], false)).toBe(true);
      later.forgetLeft([kept, left]);
      expect([...later.prepare().keys()]).toEqual([kept]);
      // What is not there cannot be taken away.
      expect([later.unguard([left]), later.accept([left], true)]).toEqual([false, false]);
      expect([later.accept([kept], true), later.unguard([kept])]).toEqual([true, true]);
    } finally {
      later.remove();
      later.close();
      gate.close();
    }
  });

  test('5100 addresses of 255 instances are prolonged in one turn or a few', async () => {
    const gate = new KernelGate(OWNER);
    try {
      gate.replace();
      const lost: string[] = [];
      const instances = Array.from({ length: 255 }, (_, at) =>
        Array.from({ length: 20 }, (__, part) => `10.0.${at}.${part + 1}`),
      );
      for (const addresses of instances) expect(gate.open(addresses, 60_000)).toBe('open');
      for (const addresses of instances) {
        gate.renew({ addresses, leftMs: () => 90_000, onLost: (why) => void lost.push(why) });
      }
      await pause(500);
      expect(lost).toEqual([]);
      const left = [...gate.prepare().values()];
      expect(left).toHaveLength(5_100);
      expect(Math.min(...left)).toBeGreaterThan(80_000);
    } finally {
      gate.remove();
      gate.close();
    }
  });
});
