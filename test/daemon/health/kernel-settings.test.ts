/** Settings of the kernel through lives and deaths of the process that keeps them, in a simulated kernel. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import { DirectorError } from '../../../src/base/error.ts';
import { type LogRecord, logTo } from '../../../src/base/log.ts';
import { KernelSettingsKeeper } from '../../../src/daemon/health/kernel-settings.ts';
import type { SyncChannel, SyncListenerEvents } from '../../../src/kernel/sync-listener.ts';
import { type KernelSettings, NO_SETTINGS } from '../../../src/model/kernel-settings.ts';
import { simulatedClock } from '../../world/clock.ts';
import { SimulatedIpvs } from '../../world/ipvs.ts';

const SYNC = {
  interface: 'eth0',
  instance: 'VI_1',
  syncId: 7,
  maxlen: null,
  group: null,
  port: null,
  ttl: null,
};
const SETTINGS: KernelSettings = {
  ...NO_SETTINGS,
  timeouts: { tcpSeconds: 1800, tcpFinSeconds: 0, udpSeconds: 0 },
  sysctls: { conn_reuse_mode: '0' },
};
/** Version 1, sync id 7, one entry. */
const MESSAGE = fromHex('000700080100'.padEnd(16, '0')).map((octet, at) => (at === 5 ? 1 : octet));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A kernel, and lives of a keeper in it. */
class Machine {
  readonly ipvs = new SimulatedIpvs();
  readonly clock = simulatedClock();
  readonly sysctls = new Map([
    ['net.ipv4.vs.conn_reuse_mode', '1'],
    ['net.ipv4.vs.sync_ports', '1'],
  ]);
  readonly log: LogRecord[] = [];
  readonly listening: { channel: SyncChannel; events: SyncListenerEvents; open: boolean }[] = [];
  interfaceIndex: number | null = 2;
  asked = 0;

  live(kernelName = 'this one'): KernelSettingsKeeper {
    return new KernelSettingsKeeper({
      clock: this.clock,
      log: logTo((record) => this.log.push(record)),
      path: join(folder, 'kernel-settings.json'),
      kernelName,
      listen: (channel, events) => {
        const listener = { channel, events, open: true };
        this.listening.push(listener);
        return {
          close: () => {
            listener.open = false;
          },
        };
      },
      kernel: {
        readTimeouts: () => {
          this.asked += 1;
          return this.ipvs.readTimeouts();
        },
        setTimeouts: (timeouts) => this.ipvs.setTimeouts(timeouts),
        readDaemons: () => this.ipvs.readDaemons(),
        startDaemon: async (daemon) => {
          if (this.interfaceIndex === null) {
            const hint = 'check the name of the interface';
            throw new DirectorError('NETLINK_REFUSED', 'ENODEV', { hint });
          }
          await this.ipvs.startDaemon(daemon);
        },
        stopDaemon: (role) => this.ipvs.stopDaemon(role),
        readSysctl: (name) => this.sysctls.get(name) ?? null,
        writeSysctl: (name, value) => {
          if (value === 'refused') throw new DirectorError('NOT_PERMITTED', 'EPERM');
          this.sysctls.set(name, value);
        },
        interfaceIndex: async () => this.interfaceIndex,
        countLearnt: async () => ({ connections: 0, isAll: true }),
      },
    });
  }

  async roles(): Promise<string> {
    return (await this.ipvs.readDaemons()).map(({ role }) => role).join();
  }

  told(message: string): number {
    return this.log.filter((record) => record.message === message).length;
  }
}

test('what breaks is heard of once, and whoever comes after it has its turn', async () => {
  const machine = new Machine();
  const keeper = machine.live();
  machine.ipvs.readTimeouts = async () => {
    throw new Error('broken invariant');
  };
  await expect(keeper.configure(SETTINGS, 'start')).rejects.toThrow('broken invariant');
  Reflect.deleteProperty(machine.ipvs, 'readTimeouts');
  await keeper.verify();
  expect(machine.sysctls.get('net.ipv4.vs.conn_reuse_mode')).toBe('0');
});

describe('timeouts and sysctls', () => {
  test('are as before us after the stop', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure(SETTINGS, 'start');
    expect(await machine.ipvs.readTimeouts()).toMatchObject({ tcpSeconds: 1800, udpSeconds: 300 });
    expect(machine.sysctls.get('net.ipv4.vs.conn_reuse_mode')).toBe('0');
    await keeper.restore();
    expect(await machine.ipvs.readTimeouts()).toMatchObject({ tcpSeconds: 900 });
    expect(machine.sysctls.get('net.ipv4.vs.conn_reuse_mode')).toBe('1');
  });

  test('are as before us after a crash, another life, and its stop', async () => {
    const machine = new Machine();
    await machine.live().configure(SETTINGS, 'start');
    const next = machine.live();
    await next.configure(SETTINGS, 'start');
    expect(machine.told('IPVS settings changed')).toBe(1);
    await next.restore();
    expect(await machine.ipvs.readTimeouts()).toMatchObject({ tcpSeconds: 900 });
    expect(machine.sysctls.get('net.ipv4.vs.conn_reuse_mode')).toBe('1');
  });

  test('of another kernel are not taken for those of this one', async () => {
    const machine = new Machine();
    await machine.live('before the boot').configure(SETTINGS, 'start');
    machine.sysctls.set('net.ipv4.vs.conn_reuse_mode', '3');
    const keeper = machine.live('after the boot');
    await keeper.configure(SETTINGS, 'start');
    await keeper.restore();
    expect(machine.sysctls.get('net.ipv4.vs.conn_reuse_mode')).toBe('3');
  });

  test('what was before is written down before it is changed', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    let seen = '';
    machine.ipvs.setTimeouts = async () => {
      seen = readFileSync(join(folder, 'kernel-settings.json'), 'utf8');
      throw new DirectorError('NETLINK_TIMEOUT', 'no answer');
    };
    await keeper.configure(SETTINGS, 'start');
    expect(JSON.parse(seen)).toMatchObject({
      timeouts: { tcpSeconds: 900 },
      sysctls: { conn_reuse_mode: '1' },
    });
  });

  test('one that is refused is told once, and not written again and again', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure({ ...NO_SETTINGS, sysctls: { sync_ports: 'refused' } }, 'start');
    await keeper.verify();
    await keeper.verify();
    expect(machine.told('IPVS setting refused')).toBe(1);
    expect((await keeper.snapshot()).refused).toEqual([
      'net.ipv4.vs.sync_ports 1 → refused: EPERM',
    ]);
  });

  test('who asks for nothing costs the kernel no question', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure(NO_SETTINGS, 'start');
    await keeper.verify();
    keeper.vrrpStates({ VI_1: 'master' });
    await keeper.restore();
    expect(machine.asked).toBe(0);
  });
});

describe('the sync daemon', () => {
  const settings = { ...NO_SETTINGS, sync: SYNC };

  test('follows its instance, whatever others do', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure(settings, 'start');
    expect(await machine.roles()).toBe('backup');
    keeper.vrrpStates({ VI_1: 'master', VI_2: 'backup' });
    await keeper.verify();
    expect(await machine.roles()).toBe('master');
    keeper.vrrpStates({});
    await keeper.verify();
    expect(await machine.roles()).toBe('backup');
    await keeper.restore();
    expect(await machine.roles()).toBe('');
  });

  test('knows the state that was told before it is configured', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    keeper.vrrpStates({ VI_1: 'master' });
    await keeper.configure(settings, 'start');
    expect(await machine.roles()).toBe('master');
  });

  test('of many changes in a row only the last one counts', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure(settings, 'start');
    const before = machine.asked;
    for (const state of ['master', 'backup', 'fault', 'master'] as const) {
      keeper.vrrpStates({ VI_1: state });
    }
    await keeper.verify();
    expect(await machine.roles()).toBe('master');
    expect(machine.asked - before).toBeLessThanOrEqual(2);
  });

  test('that cannot start is told once with what to do, and started when it can', async () => {
    const machine = new Machine();
    machine.interfaceIndex = null;
    const keeper = machine.live();
    await keeper.configure(settings, 'start');
    await keeper.verify();
    const refusals = machine.log.filter(({ message }) => message === 'IPVS setting refused');
    expect(refusals).toMatchObject([{ fields: { hint: 'check the name of the interface' } }]);
    machine.interfaceIndex = 5;
    await keeper.verify();
    expect(await machine.roles()).toBe('backup');
    expect((await keeper.snapshot()).refused).toEqual([]);
    // Nobody has stopped it: that would be drift.
    expect(machine.log.at(-1)).toMatchObject({ level: 'info', fields: { reason: 'verification' } });
    await machine.ipvs.stopDaemon('backup');
    await keeper.verify();
    expect(machine.log.at(-1)).toMatchObject({ level: 'warn', fields: { reason: 'drift' } });
  });

  test('what others tell is counted, and only that of our id', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure({ ...settings, sync: { ...SYNC, port: 9000 } }, 'start');
    const [listener] = machine.listening;
    expect(listener?.channel).toEqual({
      interface: 'eth0',
      group: '224.0.0.81',
      port: 9000,
      ports: 1,
    });
    listener?.events.onMessage(MESSAGE, '192.0.2.2');
    listener?.events.onMessage(
      MESSAGE.map((octet, at) => (at === 1 ? 8 : octet)),
      '192.0.2.9',
    );
    listener?.events.onMessage(fromHex('00'), '192.0.2.9');
    expect((await keeper.snapshot()).sync.heard).toMatchObject({
      messages: 1,
      entries: 1,
      lastFrom: '192.0.2.2',
      otherIds: 1,
    });
    await keeper.restore();
    expect(listener?.open).toBe(false);
  });

  test('a second master is told once a source, and an old one may finish', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    keeper.vrrpStates({ VI_1: 'master' });
    await keeper.configure(settings, 'start');
    const hear = (source: string): void =>
      machine.listening.at(-1)?.events.onMessage(MESSAGE, source);
    const warning = 'another director sends connections as a master while we are the master';
    hear('192.0.2.3');
    expect(machine.told(warning)).toBe(0);
    machine.clock.advanceBy(6_000);
    for (const source of ['192.0.2.3', '192.0.2.3', '192.0.2.4']) hear(source);
    expect(machine.told(warning)).toBe(2);
    // As a backup it is what we are here for.
    keeper.vrrpStates({ VI_1: 'backup' });
    await keeper.verify();
    machine.clock.advanceBy(6_000);
    hear('192.0.2.5');
    expect(machine.told(warning)).toBe(2);
  });

  test('when nothing can be heard it is tried again, and what was heard stays', async () => {
    const machine = new Machine();
    const keeper = machine.live();
    await keeper.configure(settings, 'start');
    machine.listening[0]?.events.onMessage(MESSAGE, '192.0.2.2');
    machine.listening[0]?.events.onDeaf('EADDRINUSE');
    expect((await keeper.snapshot()).sync.deaf).toBe('EADDRINUSE');
    await keeper.verify();
    expect(machine.listening).toHaveLength(2);
    const { deaf, heard } = (await keeper.snapshot()).sync;
    expect([deaf, heard?.messages]).toEqual([null, 1]);
  });
});
