import { expect, test } from 'vitest';
import { renderLeases } from '../../src/cli/topology-lease.ts';
import type { LeasesSnapshot } from '../../src/model/snapshot-lease.ts';

const context = { nowMs: 100_000, style: { colour: false } } as never;

const held: LeasesSnapshot = {
  leases: [
    { name: 'VI_1', state: 'holding', untilMs: 102_500, holder: '10.0.0.1:4470' },
    { name: 'VI_2', state: 'resting', untilMs: null, holder: '10.0.0.2:4470' },
    { name: 'VI_3', state: 'idle', untilMs: null, holder: null },
  ],
  acceptors: [
    { endpoint: '10.0.0.1:4470', isOwn: true, answer: 'granted', answeredAtMs: 99_500 },
    { endpoint: '10.0.0.2:4470', isOwn: false, answer: 'list', answeredAtMs: 99_900 },
    { endpoint: '10.0.0.3:4470', isOwn: false, answer: null, answeredAtMs: null },
  ],
  refused: { epoch: 3, signature: 2 },
};

test('leases are shown with who has them, and which acceptors answer', () => {
  expect(renderLeases(held, context)).toBe(
    [
      '  lease VI_1  HELD for 2.5 s more, if nobody renews it',
      '  lease VI_2  WAITS FOR IT, 10.0.0.2:4470 has it',
      '  lease VI_3  not asked for',
      '    acceptor 10.0.0.1:4470 (this director): granted, 0.5 s ago',
      '    acceptor 10.0.0.2:4470: its list of acceptors is another one, 0.1 s ago',
      '    acceptor 10.0.0.3:4470: does not answer',
      '    refused 2 for signature',
      '',
    ].join('\n'),
  );
});

test('nothing is shown where no instance needs a lease', () => {
  expect(renderLeases(null, context)).toBe('');
  expect(renderLeases({ leases: [], acceptors: [], refused: {} }, context)).toBe('');
});
