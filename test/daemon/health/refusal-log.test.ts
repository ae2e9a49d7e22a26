/** Refusals of the kernel are logged once, and shown for as long as they last. */
import { expect, test } from 'vitest';
import { DirectorError } from '../../../src/base/error.ts';
import { afterReconciliation } from '../../../src/daemon/health/refusal-log.ts';
import type { RefusedChange } from '../../../src/reconcile/refusal.ts';

function refused(weight: number, name: string): RefusedChange {
  return {
    change: {
      do: 'add-destination',
      key: { kind: 'address', family: 'ipv4', protocol: 'tcp', address: '10.0.0.1', port: 80 },
      destination: {
        address: '224.0.0.1',
        port: 80,
        forwarding: 'dr',
        tunnel: null,
        weight,
        upperThreshold: 0,
        lowerThreshold: 0,
      },
    },
    error: new DirectorError('IPVS_REFUSED', `the kernel refused: ${name}`, { hint: 'mend it' }),
  };
}

test('a refusal is new once, and again after it was mended', () => {
  const first = afterReconciliation([], [refused(1, 'EINVAL')]);
  expect(first.fresh).toEqual([
    {
      virtualServer: '10.0.0.1:80 tcp',
      change: '+ real server 224.0.0.1:80 of 10.0.0.1:80 tcp: dr, weight 1',
      reason: 'the kernel refused: EINVAL',
      hint: 'mend it',
    },
  ]);
  const second = afterReconciliation(first.all, [refused(1, 'EINVAL')]);
  expect(second).toEqual({ all: first.all, fresh: [] });
  const mended = afterReconciliation(second.all, []);
  expect(mended).toEqual({ all: [], fresh: [] });
  expect(afterReconciliation(mended.all, [refused(1, 'EINVAL')]).fresh).toHaveLength(1);
});

test('another reason, or another change, is told beside what is known', () => {
  const { all } = afterReconciliation([], [refused(1, 'EINVAL')]);
  const next = afterReconciliation(all, [
    refused(1, 'EINVAL'),
    refused(2, 'EINVAL'),
    refused(1, 'ENOMEM'),
  ]);
  expect(next.all).toHaveLength(3);
  expect(next.fresh.map(({ change, reason }) => [change.slice(-8), reason])).toEqual([
    ['weight 2', 'the kernel refused: EINVAL'],
    ['weight 1', 'the kernel refused: ENOMEM'],
  ]);
});
