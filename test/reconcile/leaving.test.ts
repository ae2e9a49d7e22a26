import { describe, expect, test } from 'vitest';
import type { Steps } from '../../src/base/slices.ts';
import type { Leaving } from '../../src/model/drain.ts';
import type { IpvsTable } from '../../src/model/ipvs-table.ts';
import { nameOfService } from '../../src/model/names.ts';
import type { VirtualServer } from '../../src/model/virtual-server.ts';
import { desiredTable } from '../../src/reconcile/desired.ts';
import {
  departing,
  departingSteps,
  staying,
  stayingSteps,
  takenUp,
  takenUpSteps,
  withLeaving,
  withLeavingSteps,
  withoutRoom,
} from '../../src/reconcile/leaving.ts';
import { realServer, serviceKey, sorryServer, virtualServer } from '../health/make.ts';

const serving = ({ realServers, sorryServer: sorry }: VirtualServer) => ({
  weights: realServers.map(({ weight }) => weight),
  sorryWeight: sorry === null ? null : 1,
});

const tableOf = (servers: readonly VirtualServer[]): IpvsTable =>
  desiredTable(servers, servers.map(serving));

const leave = (before: readonly VirtualServer[], after: readonly VirtualServer[]) =>
  departing({ before, servings: before.map(serving), after, nowMs: 1_000 });

const names = (leaving: readonly Leaving[]): readonly string[] =>
  leaving.map(
    ({ service, destination, untilMs }) =>
      `${destination.address}:${destination.port} of ${nameOfService(service.key)} until ${untilMs}`,
  );

const reals = [1, 2, 3].map((host) => realServer(`10.1.0.${host}`));
const draining = (over: Partial<VirtualServer> = {}): VirtualServer =>
  virtualServer({ realServers: reals, drainOnRemoveMs: 5_000, ...over });

describe('what a reload removes', () => {
  test('is drained as long as the new configuration says', () => {
    const after = draining({ realServers: reals.slice(1), drainOnRemoveMs: 9_000 });
    expect(names(leave([draining()], [after]))).toEqual([
      '10.1.0.1:80 of 192.0.2.1:80 tcp until 10000',
    ]);
    expect(leave([draining()], [{ ...after, drainOnRemoveMs: 0 }])).toEqual([]);
  });

  test('with its virtual server is drained as long as the old one says', () => {
    expect(names(leave([draining({ realServers: reals.slice(2) })], []))).toEqual([
      '10.1.0.3:80 of 192.0.2.1:80 tcp until 6000',
    ]);
    expect(leave([draining({ drainOnRemoveMs: 0 })], [])).toEqual([]);
  });

  test('is only what was in the table', () => {
    const before = draining();
    const servings = [{ weights: [1, null, 0], sorryWeight: null }];
    const found = departing({ before: [before], servings, after: [], nowMs: 0 });
    expect(found.map(({ destination }) => [destination.address, destination.weight])).toEqual([
      ['10.1.0.1', 0],
      ['10.1.0.3', 0],
    ]);
  });

  test('is not what is configured still, but does not serve', () => {
    const before = draining();
    const after = draining({ quorum: 3, sorryServer: sorryServer() });
    expect(leave([before], [after])).toEqual([]);
  });

  test('may be a sorry server', () => {
    const before = draining({ sorryServer: sorryServer() });
    const after = draining({ sorryServer: sorryServer({ address: '10.0.0.8' }) });
    expect(names(leave([before], [after]))).toEqual(['10.0.0.9:80 of 192.0.2.1:80 tcp until 6000']);
  });

  test('is nothing where a virtual server only changes its name', () => {
    const group = draining({ group: 'web', keys: [serviceKey(), serviceKey('192.0.2.2')] });
    expect(leave([draining()], [group])).toEqual([]);
    expect(names(leave([group], [draining()]))).toEqual(
      [1, 2, 3].map((host) => `10.1.0.${host}:80 of 192.0.2.2:80 tcp until 6000`),
    );
  });

  test('of virtual servers that are the same objects is nothing', () => {
    const same = draining();
    expect(leave([same], [same])).toEqual([]);
  });
});

describe('the table', () => {
  const before = draining();
  const after = [draining({ realServers: reals.slice(1) })];
  const leaving = leave([before], after);

  test('has them with weight 0 behind the others', () => {
    const [entry] = withLeaving(tableOf(after), leaving).services;
    expect(entry?.destinations.map(({ address, weight }) => `${address}=${weight}`)).toEqual([
      '10.1.0.2=1',
      '10.1.0.3=1',
      '10.1.0.1=0',
    ]);
  });

  test('has a virtual server that is gone, with nobody who takes new connections', () => {
    const other = draining({ keys: [serviceKey('192.0.2.9')] });
    const table = withLeaving(tableOf([other]), leave([before, other], [other]));
    expect(table.services).toHaveLength(2);
    expect(table.services[0]).toEqual(tableOf([other]).services[0]);
    expect(table.services[1]?.service).toEqual(tableOf([before]).services[0]?.service);
    expect(table.services[1]?.destinations.map(({ weight }) => weight)).toEqual([0, 0, 0]);
  });

  test('takes up those that are configured again, though their keys came from a file', () => {
    const fromFile = JSON.parse(JSON.stringify(leaving)) as readonly Leaving[];
    const again = tableOf([before]);
    expect(takenUp(again, fromFile)).toEqual(fromFile);
    expect(withLeaving(again, fromFile).services[0]?.destinations).toEqual(
      again.services[0]?.destinations,
    );
    expect(takenUp(tableOf(after), fromFile)).toEqual([]);
  });

  test('is the same object when nobody leaves', () => {
    const table = tableOf(after);
    expect(withLeaving(table, [])).toBe(table);
  });
});

describe('the table of an mh service', () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) =>
      realServer(`10.1.${(from + at) >> 8}.${(from + at) & 255}`),
    );
  const mh = (from: number, count: number) =>
    draining({ scheduler: 'mh', realServers: many(from, count) });
  const before = mh(0, 3000);
  const after = [mh(2000, 3000)];
  const leaving = leave([before], after);
  const table = tableOf(after);

  test('holds what leaves as long as it has room beside what serves', () => {
    expect(leaving).toHaveLength(2000);
    const stays = staying(table, leaving);
    expect(stays).toEqual(leaving.slice(0, 1093));
    expect(withLeaving(table, stays).services[0]?.destinations).toHaveLength(4093);
    expect(withoutRoom(table, leaving)).toEqual(leaving.slice(1093));
  });

  test('has room for those that are taken up again', () => {
    const again = tableOf([mh(0, 4093)]);
    expect(staying(again, leaving)).toEqual([]);
    expect(takenUp(again, leaving)).toEqual(leaving);
  });

  test('is no limit to other schedulers, nor to a service that leaves as a whole', () => {
    const wrr = tableOf([{ ...mh(2000, 3000), scheduler: 'wrr' }]);
    expect(withoutRoom(wrr, leaving)).toEqual([]);
    expect(withoutRoom(tableOf([]), leave([before], []))).toEqual([]);
  });
});

describe('many that leave', () => {
  const many = Array.from({ length: 6_400 }, (_, at) => realServer(`10.${at >> 8}.${at & 255}.1`));
  const before = draining({ realServers: many });
  const after = draining({ realServers: many.slice(0, 1) });

  /** The result, and that it came in pieces of a hundred of them or so. */
  const inPieces = <Result>(steps: Steps<Result>): Result => {
    for (let pieces = 1; ; pieces += 1) {
      const step = steps.next();
      if (!step.done) continue;
      expect(pieces).toBeGreaterThan(64);
      return step.value;
    }
  };

  test('are found, compared and added in pieces', () => {
    const servings = [serving(before)];
    const departure = { before: [before], servings, after: [after], nowMs: 1_000 };
    const leaving = inPieces(departingSteps(departure));
    expect(leaving).toHaveLength(6_399);
    expect(inPieces(takenUpSteps(tableOf([before]), leaving))).toEqual(leaving);
    expect(inPieces(stayingSteps(tableOf([after]), leaving))).toEqual(leaving);
    const [entry] = inPieces(withLeavingSteps(tableOf([after]), leaving)).services;
    expect(entry?.destinations).toHaveLength(6_400);
    // Of services that are gone altogether, too.
    const [alone] = inPieces(withLeavingSteps({ services: [] }, leaving)).services;
    expect(alone?.destinations).toHaveLength(6_399);
  });
});
