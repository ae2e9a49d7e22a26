/** What the log is told of reconciliations and verifications. */
import { expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../../src/base/log.ts';
import { ReportBook, verifyReport } from '../../../src/daemon/health/report-book.ts';
import type { Destination, IpvsTable } from '../../../src/model/ipvs-table.ts';
import { IpvsReconciler, type Report } from '../../../src/reconcile/apply.ts';
import { serviceKey } from '../../health/make.ts';
import { simulatedClock } from '../../world/clock.ts';
import { SimulatedIpvs } from '../../world/ipvs.ts';

const KEY = serviceKey();

const server = (host: number, weight: number): Destination => ({
  address: `10.1.0.${host}`,
  port: 80,
  forwarding: 'dr',
  tunnel: null,
  weight,
  upperThreshold: 0,
  lowerThreshold: 0,
});

const tableOf = (...destinations: Destination[]): IpvsTable => ({
  services: [
    {
      service: {
        key: KEY,
        scheduler: 'wrr',
        persistent: false,
        onePacket: false,
        schedulerFlags: { fallback: false, port: false, third: false },
        timeoutSeconds: 0,
        granularityBits: 32,
        engine: null,
      },
      destinations,
    },
  ],
});

test('a reload that comes as a verification ends is logged as a reload, and the drift as drift', async () => {
  const ipvs = new SimulatedIpvs();
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  const logged: LogRecord[] = [];
  const book = new ReportBook({
    clock: simulatedClock(),
    log: logTo((record) => void logged.push(record)),
    ownership: { keep: () => {} },
  });
  await reconciler.reconcile(tableOf(server(3, 1), server(4, 1)));
  ipvs.make({ do: 'edit-destination', key: KEY, destination: server(3, 9) });
  const read = ipvs.readColumnsWhile.bind(ipvs);
  const reloads: Promise<Report>[] = [];
  ipvs.readColumnsWhile = async (isWanted) => {
    const held = await read(isWanted);
    if (ipvs.readings === 3)
      reloads.push(reconciler.reconcile(tableOf(server(3, 1), server(4, 5))));
    return held;
  };
  book.bookVerification(await reconciler.verify());
  for (const reload of reloads) book.book(await reload, 'reload');
  expect(
    logged.map(({ level, fields: { reason, changes } }) => ({ level, reason, changes })),
  ).toEqual([
    {
      level: 'warn',
      reason: 'drift',
      changes: ['~ real server 10.1.0.3:80 of 192.0.2.1:80 tcp: weight 9 → 1'],
    },
    {
      level: 'info',
      reason: 'reload',
      changes: ['~ real server 10.1.0.4:80 of 192.0.2.1:80 tcp: weight 1 → 5'],
    },
  ]);
  expect(book.drift).toMatchObject({ repairs: 1, changes: 1 });
});

test('a new mh service is one line of the log, in drift and in the answer of a verification, too', async () => {
  const ipvs = new SimulatedIpvs();
  const reconciler = new IpvsReconciler({ ipvs, owned: [] });
  const logged: LogRecord[] = [];
  const book = new ReportBook({
    clock: simulatedClock(),
    log: logTo((record) => void logged.push(record)),
    ownership: { keep: () => {} },
  });
  const [entry] = tableOf(server(3, 1), server(4, 1)).services;
  if (entry === undefined) throw new Error('there is one');
  const table = { services: [{ ...entry, service: { ...entry.service, scheduler: 'mh' } }] };
  book.book(await reconciler.reconcile(table), 'start');
  const lines = [
    '+ virtual server 192.0.2.1:80 tcp: mh',
    '+ real server 10.1.0.3:80 of 192.0.2.1:80 tcp: dr, weight 1',
    '+ real server 10.1.0.4:80 of 192.0.2.1:80 tcp: dr, weight 1',
  ];
  ipvs.make({ do: 'remove-service', key: KEY });
  const report = await reconciler.verify();
  book.bookVerification(report);
  expect(logged.map(({ fields }) => fields)).toMatchObject([
    { reason: 'start', count: 3, changes: lines },
    { reason: 'drift', count: 3, changes: lines },
  ]);
  expect(book.drift).toMatchObject({ changes: 3, last: [{ count: 3, changes: lines }] });
  expect(verifyReport(report, 1)).toMatchObject({ count: 3, drift: lines });
});
