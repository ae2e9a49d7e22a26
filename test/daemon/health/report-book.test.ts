/** What the log is told of reconciliations and verifications. */
import { expect, test } from 'vitest';
import { type LogRecord, logTo } from '../../../src/base/log.ts';
import { ReportBook } from '../../../src/daemon/health/report-book.ts';
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
