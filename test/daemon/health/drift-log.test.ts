import { expect, test } from 'vitest';
import { afterVerification, NO_DRIFT } from '../../../src/daemon/health/drift-log.ts';
import type { ServiceKey } from '../../../src/model/virtual-server.ts';
import type { IpvsChange } from '../../../src/reconcile/change.ts';

const key: ServiceKey = { kind: 'fwmark', family: 'ipv4', mark: 7 };

function removed(port: number): IpvsChange {
  const destination = {
    address: '10.1.0.3',
    port,
    forwarding: 'dr',
    tunnel: null,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
  } as const;
  return { do: 'remove-destination', key, destination };
}

test('a table as it should be is only a time', () => {
  expect(afterVerification(NO_DRIFT, [], 5)).toEqual({ ...NO_DRIFT, verifiedAtMs: 5 });
});

test('each repair is counted, and the last of them are told with what they put right', () => {
  const first = afterVerification(NO_DRIFT, [removed(80), removed(81)], 5);
  expect(first).toEqual({
    verifiedAtMs: 5,
    repairs: 1,
    changes: 2,
    last: [
      {
        atMs: 5,
        count: 2,
        changes: [
          '- real server 10.1.0.3:80 of fwmark 7 ipv4',
          '- real server 10.1.0.3:81 of fwmark 7 ipv4',
        ],
      },
    ],
  });
  let log = first;
  for (let at = 6; at < 30; at += 1) log = afterVerification(log, [removed(at)], at);
  expect(log).toMatchObject({ verifiedAtMs: 29, repairs: 25, changes: 26 });
  expect(log.last.map(({ atMs }) => atMs)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20]);
});

test('of a flushed table only the first changes are kept', () => {
  const drift = Array.from({ length: 10_000 }, (_, port) => removed(port));
  const [repair] = afterVerification(NO_DRIFT, drift, 5).last;
  expect(repair?.count).toBe(10_000);
  expect(repair?.changes).toHaveLength(20);
});
