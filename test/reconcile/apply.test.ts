import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DirectorError } from '../../src/base/error.ts';
import type { Steps } from '../../src/base/slices.ts';
import { nextTurn, sleep, systemClock } from '../../src/base/time.ts';
import type { Destination, IpvsTable, Service, ServiceEntry } from '../../src/model/ipvs-table.ts';
import { formatService } from '../../src/model/names.ts';
import { type IpvsPort, IpvsReconciler, type Report } from '../../src/reconcile/apply.ts';
import { explainRefusal } from '../../src/reconcile/refusal.ts';
import { renderChange } from '../../src/reconcile/render.ts';
import { hurriedClock } from '../world/clock.ts';
import { columnsOf, SimulatedIpvs } from '../world/ipvs.ts';
import { arbitraryKeys, arbitraryTable, sorted } from './arbitrary.ts';

const service = (port: number, over: Partial<Service> = {}): Service => ({
  key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port },
  scheduler: 'wrr',
  persistent: false,
  onePacket: false,
  schedulerFlags: { fallback: false, port: false, third: false },
  timeoutSeconds: 0,
  granularityBits: 32,
  engine: null,
  ...over,
});

const server = (host: number, weight = 1): Destination => ({
  address: `10.1.0.${host}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight,
  upperThreshold: 0,
  lowerThreshold: 0,
});

const entry = (port: number, ...destinations: Destination[]): ServiceEntry => ({
  service: service(port),
  destinations,
});
const tableOf = (...services: ServiceEntry[]): IpvsTable => ({ services });

const lines = ({ applied }: Report): readonly string[] => applied.map(renderChange);
const names = (keys: Report['owned']): readonly string[] => keys.map(formatService);

/** What the kernel holds, in few words. */
function holds(ipvs: SimulatedIpvs): Record<string, readonly string[]> {
  return Object.fromEntries(
    ipvs
      .table()
      .services.map(({ service: { key }, destinations }) => [
        formatService(key),
        destinations.map(({ address, weight }) => `${address}=${weight}`),
      ]),
  );
}

function start(owned: readonly Service['key'][] = [], ipvs = new SimulatedIpvs()) {
  const port: IpvsPort = ipvs;
  /** What is written down for the next life, whenever it is. */
  const kept: Report['owned'][] = [];
  const keepOwned = (keys: Report['owned']): void => void kept.push(keys);
  return { ipvs, kept, reconciler: new IpvsReconciler({ ipvs: port, owned, keepOwned }) };
}

describe('a reconciliation', () => {
  test('at the start makes the table and tells what is ours', async () => {
    const { ipvs, reconciler } = start();
    const report = await reconciler.reconcile(tableOf(entry(80, server(3), server(4, 2))));
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=1', '10.1.0.4=2'] });
    expect(report).toMatchObject({ refused: [], foreign: [], readings: 1, converged: true });
    expect(names(report.owned)).toEqual(['10.0.0.1:80 tcp']);
    expect(lines(report)).toHaveLength(3);
  });

  test('after that changes what differs without reading again', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4))));
    const report = await reconciler.reconcile(tableOf(entry(80, server(3, 0), server(4))));
    expect(lines(report)).toEqual(['~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 1 → 0']);
    expect(report.readings).toBe(0);
    expect(ipvs.readings).toBe(1);
  });

  test('with nothing to do sends nothing', async () => {
    const { ipvs, reconciler } = start();
    const desired = tableOf(entry(80, server(3)));
    await reconciler.reconcile(desired);
    ipvs.log.length = 0;
    expect(lines(await reconciler.reconcile(desired))).toEqual([]);
    expect(lines(await reconciler.reconcile(structuredClone(desired)))).toEqual([]);
    expect(ipvs.log).toEqual([]);
  });

  test('adopts a table that is as desired', async () => {
    const { ipvs, reconciler } = start();
    ipvs.make({ do: 'add-service', service: service(80) });
    ipvs.make({ do: 'add-destination', key: service(80).key, destination: server(3) });
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(lines(report)).toEqual([]);
    expect(names(report.owned)).toEqual(['10.0.0.1:80 tcp']);
  });

  test('adopts ten thousand entries with one reading and no message', async () => {
    const { ipvs, reconciler } = start();
    const many = Array.from({ length: 100 }, (_, at) =>
      entry(at + 1, ...Array.from({ length: 100 }, (__, host) => server(host + 1))),
    );
    for (const { service: made, destinations } of many) {
      ipvs.make({ do: 'add-service', service: made });
      for (const destination of destinations) {
        ipvs.make({ do: 'add-destination', key: made.key, destination });
      }
    }
    const report = await reconciler.reconcile(structuredClone(tableOf(...many)));
    expect(report).toMatchObject({ applied: [], refused: [], readings: 1 });
    expect(ipvs.log).toEqual([]);
    expect(report.owned).toHaveLength(100);
  });

  test('of one weight in 130 000 is one message', async () => {
    const { ipvs, reconciler } = start();
    const many = (weight: number): IpvsTable =>
      tableOf(
        ...Array.from({ length: 1300 }, (_, at) =>
          entry(
            at + 1,
            ...Array.from({ length: 100 }, (__, host) =>
              server(host + 1, at === 500 && host === 50 ? weight : 1),
            ),
          ),
        ),
      );
    await reconciler.reconcile(many(1));
    ipvs.log.length = 0;
    expect(lines(await reconciler.reconcile(many(7)))).toEqual([
      '~ real server 10.1.0.51:80 of 10.0.0.1:501 tcp: weight 1 → 7',
    ]);
    expect(ipvs.log).toHaveLength(1);
  });

  test('adopts a table that somebody has read already without another reading', async () => {
    const { ipvs, reconciler } = start();
    ipvs.make({ do: 'add-service', service: service(80) });
    ipvs.make({ do: 'add-destination', key: service(80).key, destination: server(3, 2) });
    reconciler.hasRead(columnsOf(ipvs.table()));
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(lines(report)).toEqual(['~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 2 → 1']);
    expect(report.readings).toBe(0);
    expect((await reconciler.verify()).readings).toBe(1);
  });

  test('writes down what may be ours before it is made: who is killed in the middle removes it in the next life', async () => {
    const { ipvs, kept, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80)));
    const apply = ipvs.apply.bind(ipvs);
    ipvs.apply = async (changes) => {
      expect(names(kept.at(-1) ?? [])).toEqual(['10.0.0.1:80 tcp', '10.0.0.1:81 tcp']);
      await apply(changes);
      throw new Error('killed before the answer came');
    };
    await expect(reconciler.reconcile(tableOf(entry(80), entry(81)))).rejects.toThrow('killed');
    ipvs.apply = apply;
    const next = start(kept.at(-1), ipvs);
    const report = await next.reconciler.reconcile(tableOf(entry(80)));
    expect(lines(report)).toEqual(['- virtual server 10.0.0.1:81 tcp: 0 real servers']);
    expect(report.foreign).toEqual([]);
    expect(next.kept).toEqual([]);
  });

  test('writes down before it what it takes over from others', async () => {
    const { ipvs, kept, reconciler } = start();
    ipvs.make({ do: 'add-service', service: service(80, { scheduler: 'rr' }) });
    await reconciler.reconcile(tableOf(entry(80)));
    expect(kept.map(names)).toEqual([['10.0.0.1:80 tcp']]);
  });

  test('that is refused a service does not own it', async () => {
    const { kept, reconciler } = start();
    const unknown = { service: service(82, { scheduler: 'wdr' }), destinations: [] };
    const report = await reconciler.reconcile(tableOf(entry(80), unknown));
    expect(kept.map(names)).toEqual([['10.0.0.1:80 tcp', '10.0.0.1:82 tcp']]);
    expect(names(report.owned)).toEqual(['10.0.0.1:80 tcp']);
  });

  test('removes what an earlier life owned, and leaves the rest', async () => {
    const { ipvs, reconciler } = start([service(81).key]);
    for (const port of [81, 82]) ipvs.make({ do: 'add-service', service: service(port) });
    const report = await reconciler.reconcile(tableOf());
    expect(holds(ipvs)).toEqual({ '10.0.0.1:82 tcp': [] });
    expect(names(report.foreign)).toEqual(['10.0.0.1:82 tcp']);
    expect(report.owned).toEqual([]);
  });

  test('to an empty table removes all that is ours, with one message a service', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4)), entry(81, server(3))));
    const report = await reconciler.reconcile(tableOf());
    expect(lines(report)).toEqual([
      '- virtual server 10.0.0.1:80 tcp: 2 real servers',
      '- virtual server 10.0.0.1:81 tcp: 1 real server',
    ]);
    expect(holds(ipvs)).toEqual({});
    expect(report.owned).toEqual([]);
  });
});

describe('a refusal', () => {
  test.each([
    ['EINVAL', { forwarding: 'tun', tunnel: { type: 'gue', port: 0, flags: 0 } }, 'its port'],
    ['EINVAL', {}, 'multicast'],
    ['EOPNOTSUPP', { forwarding: 'tun' }, 'kind of tunnel'],
    ['EAFNOSUPPORT', {}, 'no IPv6'],
    ['ERANGE', {}, 'lower threshold'],
    ['EPERM', {}, 'CAP_NET_ADMIN'],
  ] as const)('%s of a real server names it and hints at the cause', (name, over, hint) => {
    const { key } = service(80);
    const destination = { ...server(3), ...over } as Destination;
    const refused = { done: false, errno: constants.errno[name], name, detail: null } as const;
    const error = explainRefusal({ do: 'add-destination', key, destination }, refused);
    expect(error).toMatchObject({ code: 'IPVS_REFUSED', errno: constants.errno[name] });
    expect(error.message).toContain('real server 10.1.0.3:80 of 10.0.0.1:80 tcp');
    expect(error.hint).toContain(hint);
  });

  test('of mh with more real servers than its table holds says how many it takes', async () => {
    const { ipvs, reconciler } = start();
    const many = Array.from({ length: 4094 }, (_, at) => ({
      ...server(0),
      address: `10.2.${at >> 8}.${at & 0xff}`,
    }));
    await reconciler.reconcile(tableOf({ service: service(80), destinations: many }));
    const mh: ServiceEntry = { service: service(80, { scheduler: 'mh' }), destinations: many };
    const { refused } = await reconciler.reconcile(tableOf(mh));
    expect(refused.map(({ error }) => [error.message, error.hint])).toEqual([
      [
        'the kernel refused to change virtual server 10.0.0.1:80 tcp: EINVAL',
        expect.stringContaining('4093'),
      ],
    ]);
    expect(ipvs.table().services[0]?.service.scheduler).toBe('wrr');
  });

  test('of a scheduler names the module, stops no other change, and is tried again', async () => {
    const { ipvs, reconciler } = start();
    const wrong: ServiceEntry = {
      service: service(80, { scheduler: 'wdr' }),
      destinations: [server(3)],
    };
    const report = await reconciler.reconcile(tableOf(wrong, entry(81, server(3))));
    expect(holds(ipvs)).toEqual({ '10.0.0.1:81 tcp': ['10.1.0.3=1'] });
    expect(report).toMatchObject({ converged: true, readings: 1 });
    // Its real servers cannot but fail; they are not worth a line each.
    expect(report.refused.map(({ error }) => [error.code, error.message, error.hint])).toEqual([
      [
        'IPVS_REFUSED',
        'the kernel refused to add virtual server 10.0.0.1:80 tcp: ENOENT',
        'the kernel has no scheduler "wdr": check the name, or modprobe ip_vs_wdr',
      ],
    ]);
    expect(names(report.owned)).toEqual(['10.0.0.1:81 tcp']);
    const again = await reconciler.reconcile(tableOf(wrong, entry(81, server(3))));
    expect(again.refused).toHaveLength(1);
    const mended = await reconciler.reconcile(tableOf(entry(80, server(3)), entry(81, server(3))));
    expect(mended.refused).toEqual([]);
  });

  test('of a real server leaves the others in', async () => {
    const { ipvs, reconciler } = start();
    const multicast = { ...server(3), address: '224.0.0.1' };
    const report = await reconciler.reconcile(tableOf(entry(80, multicast, server(4))));
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.4=1'] });
    const error = report.refused[0]?.error as DirectorError;
    expect(error.message).toBe(
      'the kernel refused to add real server 224.0.0.1:80 of 10.0.0.1:80 tcp: EINVAL',
    );
    expect(error.errno).toBe(22);
  });

  test('because somebody else was faster leads to another look', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4))));
    ipvs.make({ do: 'remove-destination', key: service(80).key, destination: server(4) });
    const report = await reconciler.reconcile(tableOf(entry(80, server(3), server(4, 7))));
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=1', '10.1.0.4=7'] });
    expect(report).toMatchObject({ refused: [], readings: 1, converged: true });
  });

  test('of a service that somebody else made meanwhile adopts it', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf());
    ipvs.make({ do: 'add-service', service: service(80, { scheduler: 'rr' }) });
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(ipvs.table().services[0]?.service.scheduler).toBe('wrr');
    expect(names(report.owned)).toEqual(['10.0.0.1:80 tcp']);
  });

  test('again and again is reported, not fought for ever', async () => {
    const { ipvs, reconciler } = start();
    ipvs.beforeChange = (change) => {
      // Somebody removes the service before each real server is added.
      if (change.do === 'add-destination') {
        ipvs.make({ do: 'remove-service', key: service(80).key });
      }
    };
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(report.converged).toBe(false);
    expect(report.refused[0]?.error.hint).toMatch(/another program changes the same entries/);
    ipvs.beforeChange = () => {};
    expect((await reconciler.reconcile(tableOf(entry(80, server(3))))).converged).toBe(true);
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=1'] });
  });
});

describe('a flush', () => {
  test('waits for what is under way, and nothing comes back after it', async () => {
    const { ipvs, reconciler } = start();
    ipvs.make({ do: 'add-service', service: service(99) });
    const apply = ipvs.apply.bind(ipvs);
    // As over a socket: what was sent is made some turns later.
    ipvs.apply = async (changes) => {
      await sleep(systemClock, 5);
      return apply(changes);
    };
    const first = reconciler.reconcile(tableOf(entry(80, server(3))));
    await Promise.resolve();
    await Promise.resolve();
    const second = reconciler.reconcile(tableOf(entry(80, server(3)), entry(81)));
    const verification = reconciler.verify();
    await reconciler.flush();
    expect(holds(ipvs)).toEqual({});
    await Promise.all([first, second, verification]);
    expect(holds(ipvs)).toEqual({});
  });
});

describe('lost answers', () => {
  test('lead to another look at the table', async () => {
    const { ipvs, reconciler } = start();
    ipvs.answersToLose = 1;
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(report).toMatchObject({ readings: 2, converged: true });
    expect(names(report.owned)).toEqual(['10.0.0.1:80 tcp']);
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=1'] });
  });

  test('time after time are reported', async () => {
    const { ipvs, reconciler } = start();
    const apply = ipvs.apply.bind(ipvs);
    ipvs.answersToLose = 99;
    ipvs.apply = (changes) =>
      apply(changes).finally(() => ipvs.make({ do: 'remove-service', key: service(80).key }));
    const report = await reconciler.reconcile(tableOf(entry(80)));
    expect(report.converged).toBe(false);
  });
});

describe('a verification', () => {
  test('repairs what others changed and tells it', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4)), entry(81)));
    const { key } = service(80);
    ipvs.make({ do: 'edit-destination', key, destination: server(3, 9) });
    ipvs.make({ do: 'remove-destination', key, destination: server(4) });
    ipvs.make({ do: 'add-destination', key, destination: server(5) });
    ipvs.make({ do: 'remove-service', key: service(81).key });
    const report = await reconciler.verify();
    expect(lines(report)).toEqual([
      '+ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: dr, weight 1',
      '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 1',
      '- real server 10.1.0.5:80 of 10.0.0.1:80 tcp',
      '+ virtual server 10.0.0.1:81 tcp: wrr',
    ]);
    expect(report.readings).toBe(2);
  });

  test('tells apart what others changed, what is new, and what was refused before', async () => {
    const { ipvs, reconciler } = start();
    const unknown = { service: service(82, { scheduler: 'wdr' }), destinations: [server(7)] };
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4)), unknown));
    const { key } = service(80);
    ipvs.make({ do: 'edit-destination', key, destination: server(3, 9) });
    const [reload, report] = await Promise.all([
      reconciler.reconcile(tableOf(entry(80, server(3), server(4, 2)), unknown)),
      reconciler.verify(),
    ]);
    expect(lines(reload)).toEqual(['~ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: weight 1 → 2']);
    expect(report.drift.map(renderChange)).toEqual([
      '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 1',
    ]);
    expect(lines(report)).toEqual(report.drift.map(renderChange));
    expect(report.refused).toHaveLength(1);
    expect((await reconciler.verify()).drift).toEqual([]);
  });

  test('leaves to a reconciliation that comes as its last reading ends what is new in that', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4))));
    ipvs.make({ do: 'edit-destination', key: service(80).key, destination: server(3, 9) });
    const read = ipvs.readColumnsWhile.bind(ipvs);
    const reloads: Promise<Report>[] = [];
    ipvs.readColumnsWhile = async (isWanted) => {
      const held = await read(isWanted);
      if (ipvs.readings === 3) {
        reloads.push(reconciler.reconcile(tableOf(entry(80, server(3), server(4, 2)))));
      }
      return held;
    };
    const report = await reconciler.verify();
    const drift = ['~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 1'];
    expect(report.drift.map(renderChange)).toEqual(drift);
    expect(lines(report)).toEqual(drift);
    const [reload] = await Promise.all(reloads);
    expect(lines(reload as Report)).toEqual([
      '~ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: weight 1 → 2',
    ]);
  });

  test('gives way to a reconciliation, and finds afterwards what others changed', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3), server(4)), entry(81)));
    const { key } = service(80);
    ipvs.make({ do: 'edit-destination', key, destination: server(3, 9) });
    const done: string[] = [];
    let reload: Promise<Report> | null = null;
    ipvs.betweenDumps = async () => {
      reload ??= reconciler.reconcile(tableOf(entry(80, server(3), server(4, 2)), entry(81)));
      void reload.then(() => done.push('reload'));
    };
    const report = await reconciler.verify().finally(() => done.push('verification'));
    expect(done[0]).toBe('reload');
    expect(done.at(-1)).toBe('verification');
    expect(ipvs.readingsGivenUp).toBe(1);
    expect(lines((await reload) as unknown as Report)).toEqual([
      '~ real server 10.1.0.4:80 of 10.0.0.1:80 tcp: weight 1 → 2',
    ]);
    expect(report.drift.map(renderChange)).toEqual([
      '~ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: weight 9 → 1',
    ]);
    expect(holds(ipvs)['10.0.0.1:80 tcp']).toEqual(['10.1.0.3=1', '10.1.0.4=2']);
  });

  test('gives way in its second reading, too, and what is known stays true', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3))));
    const { key } = service(80);
    ipvs.make({ do: 'remove-destination', key, destination: server(3) });
    let dumps = 0;
    let reload: Promise<Report> | null = null;
    ipvs.betweenDumps = async () => {
      dumps += 1;
      if (dumps === 2) reload = reconciler.reconcile(tableOf(entry(80, server(3, 2))));
    };
    const report = await reconciler.verify();
    expect(ipvs.readingsGivenUp).toBe(1);
    // The kernel says that it does not have what is to be changed, so the table is read.
    expect(await (reload as unknown as Promise<Report>)).toMatchObject({ readings: 1 });
    expect(report).toMatchObject({ drift: [], applied: [], converged: true });
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=2'] });
  });

  test('comes to its end although reconciliations never do', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3)), entry(81)));
    const { key } = service(81);
    ipvs.make({ do: 'add-destination', key, destination: server(5) });
    let weight = 1;
    const reloads: Promise<Report>[] = [];
    ipvs.betweenDumps = async () => {
      weight += 1;
      reloads.push(reconciler.reconcile(tableOf(entry(80, server(3, weight)), entry(81))));
    };
    const report = await reconciler.verify();
    expect(ipvs.readingsGivenUp).toBe(8);
    expect(report.drift.map(renderChange)).toEqual([
      '- real server 10.1.0.5:80 of 10.0.0.1:81 tcp',
    ]);
    await Promise.all(reloads);
    expect(holds(ipvs)).toEqual({
      '10.0.0.1:80 tcp': [`10.1.0.3=${weight}`],
      '10.0.0.1:81 tcp': [],
    });
  });

  test('of an undisturbed table reads it once and changes nothing', async () => {
    const { reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3))));
    const report = await reconciler.verify();
    expect(report).toMatchObject({ applied: [], readings: 1, converged: true });
  });

  test('takes a difference for drift only when it is seen twice', async () => {
    const { ipvs, reconciler } = start();
    await reconciler.reconcile(tableOf(entry(80, server(3))));
    const readColumns = ipvs.readColumns.bind(ipvs);
    let short = true;
    ipvs.readColumns = async (options) => {
      const table = await readColumns(options);
      if (!short) return table;
      short = false;
      return columnsOf({ services: [] });
    };
    expect((await reconciler.verify()).applied).toEqual([]);
  });

  test('before the first reconciliation does nothing', async () => {
    const { ipvs, reconciler } = start();
    expect(await reconciler.verify()).toMatchObject({ applied: [], readings: 0, converged: true });
    expect(ipvs.readings).toBe(0);
  });
});

describe('services of others', () => {
  test('that are configured become ours and are told; the others stay', async () => {
    const { ipvs, reconciler } = start();
    put(ipvs, tableOf(entry(80, server(3)), entry(81, server(3))));
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(names(report.takenOver)).toEqual(['10.0.0.1:80 tcp']);
    expect(names(report.foreign)).toEqual(['10.0.0.1:81 tcp']);
    expect(report.applied).toEqual([]);
    const { takenOver } = await reconciler.reconcile(tableOf(entry(80, server(3, 2))));
    expect(takenOver).toEqual([]);
    await reconciler.reconcile(tableOf());
    expect(holds(ipvs)).toEqual({ '10.0.0.1:81 tcp': ['10.1.0.3=1'] });
  });

  test('that are adopted go when nobody configures them', async () => {
    const { ipvs, reconciler } = start();
    put(ipvs, tableOf(entry(80, server(3)), entry(81, server(3))));
    const held = await ipvs.readColumns({ withStatistics: false });
    reconciler.hasRead(held);
    reconciler.adopt(held);
    const report = await reconciler.reconcile(tableOf(entry(80, server(3))));
    expect(lines(report)).toEqual(['- virtual server 10.0.0.1:81 tcp: 1 real server']);
    expect(report).toMatchObject({ takenOver: [], foreign: [], readings: 0 });
    put(ipvs, tableOf(entry(82)));
    expect(names((await reconciler.verify()).foreign)).toEqual(['10.0.0.1:82 tcp']);
  });
});

describe('calls at the same time', () => {
  test('run one after the other, and the newest table overtakes those that wait', async () => {
    const { ipvs, reconciler } = start();
    const weights = [1, 2, 3, 4];
    const reports = await Promise.all(
      weights.map(async (weight, at) => {
        // The first one is under way when the others come.
        for (let tick = 0; tick < at * 3; tick += 1) await Promise.resolve();
        return reconciler.reconcile(tableOf(entry(80, server(3, weight))));
      }),
    );
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=4'] });
    expect(new Set(reports).size).toBeLessThan(weights.length);
  });

  test('survive one that fails', async () => {
    const { ipvs, reconciler } = start();
    const { readColumns } = ipvs;
    ipvs.readColumns = async () => {
      throw new Error('no kernel');
    };
    await expect(reconciler.reconcile(tableOf(entry(80)))).rejects.toThrow('no kernel');
    ipvs.readColumns = readColumns;
    expect((await reconciler.reconcile(tableOf(entry(80)))).converged).toBe(true);
  });
});

describe('whatever the kernel holds and whoever interferes', () => {
  const anyCase = fc.record({
    actual: arbitraryTable,
    desired: fc.array(arbitraryTable, { minLength: 1, maxLength: 3 }),
    owned: arbitraryKeys,
    interference: fc.array(arbitraryTable, { maxLength: 4 }),
    lost: fc.nat(2),
    // With 10 ms others have their turns at every step of a comparison.
    stepMs: fc.constantFrom(0, 2, 10),
  });

  test('the table ends as desired, and what is not ours is as others left it (property)', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ actual, desired, owned, stepMs, ...trouble }) => {
        const { interference, lost } = trouble;
        const ipvs = new SimulatedIpvs();
        const reconciler = new IpvsReconciler({ ipvs, owned, clock: hurriedClock(stepMs) });
        put(ipvs, actual);
        const others = [...interference];
        ipvs.beforeChange = () => put(ipvs, others.pop() ?? tableOf());
        ipvs.answersToLose = lost;
        const last = desired.at(-1) as IpvsTable;
        for (const table of desired) await reconciler.reconcile(table);
        // Once more, in the middle of a verification.
        const again = [...desired];
        const during: Promise<Report>[] = [];
        ipvs.betweenDumps = async () => {
          const table = again.shift();
          if (table !== undefined) during.push(reconciler.reconcile(table));
        };
        await reconciler.verify();
        await Promise.all(during);
        ipvs.betweenDumps = async () => {};
        for (const table of again) await reconciler.reconcile(table);
        ipvs.beforeChange = () => {};
        const { foreign, converged } = await reconciler.verify();
        expect(converged).toBe(true);
        const names = foreign.map(formatService);
        const left = ipvs
          .table()
          .services.filter(({ service: { key } }) => names.includes(formatService(key)));
        expect(sorted(bare(ipvs.table()))).toEqual(
          sorted(bare({ services: [...last.services, ...left] })),
        );
      }),
    );
  });
});

describe('in slices', () => {
  const changing = fc.array(fc.record({ afterTurns: fc.nat(12), table: arbitraryTable }), {
    minLength: 1,
    maxLength: 6,
  });

  test('what is desired last comes last, whenever it is asked for (property)', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTable, changing, async (actual, changes) => {
        const ipvs = new SimulatedIpvs();
        put(ipvs, actual);
        const reconciler = new IpvsReconciler({ ipvs, owned: [], clock: hurriedClock(10) });
        let desired = tableOf();
        const make = function* (): Steps<IpvsTable> {
          const { services } = desired;
          for (const _ of services) yield;
          return { services };
        };
        const calls: Promise<Report>[] = [];
        for (const { afterTurns, table } of changes) {
          for (let turns = 0; turns < afterTurns; turns += 1) await nextTurn();
          desired = table;
          calls.push(reconciler.reconcileTo(make));
        }
        const reports = await Promise.all(calls);
        const foreign = new Set(reports.at(-1)?.foreign.map(formatService));
        const held = ipvs.table();
        const ours = held.services.filter(
          ({ service: { key } }) => !foreign.has(formatService(key)),
        );
        expect(sorted(bare({ services: ours }))).toEqual(sorted(bare(desired)));
      }),
    );
  });

  test('a table is made when its turn has come, and once for all who wait', async () => {
    const { ipvs } = start();
    const reconciler = new IpvsReconciler({ ipvs, owned: [], clock: hurriedClock(10) });
    let weight = 1;
    let times = 0;
    const make = function* (): Steps<IpvsTable> {
      times += 1;
      const table = tableOf(entry(80, server(3, weight)));
      yield;
      return table;
    };
    const first = reconciler.reconcileTo(make);
    await nextTurn();
    const others = [2, 3, 4].map((next) => {
      weight = next;
      return reconciler.reconcileTo(make);
    });
    expect(lines(await first)).toContain(
      '+ real server 10.1.0.3:80 of 10.0.0.1:80 tcp: dr, weight 1',
    );
    expect(new Set(await Promise.all(others)).size).toBe(1);
    expect(times).toBe(2);
    expect(holds(ipvs)).toEqual({ '10.0.0.1:80 tcp': ['10.1.0.3=4'] });
  });
});

/** Another program adds or edits all of these. */
function put(ipvs: SimulatedIpvs, { services }: IpvsTable): void {
  for (const { service: wanted, destinations } of services) {
    ipvs.make({ do: 'remove-service', key: wanted.key });
    ipvs.make({ do: 'add-service', service: wanted });
    for (const destination of destinations) {
      ipvs.make({ do: 'add-destination', key: wanted.key, destination });
    }
  }
}

/** Without counters. */
function bare({ services }: IpvsTable): IpvsTable {
  return {
    services: services.map(({ service: held, destinations }) => ({
      service: pick(held, Object.keys(service(0)) as (keyof Service)[]),
      destinations: destinations.map((one) =>
        pick(one, Object.keys(server(0)) as (keyof Destination)[]),
      ),
    })),
  };
}

function pick<T extends object>(from: T, names: readonly (keyof T)[]): T {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as T;
}
