import { describe, expect, test } from 'vitest';
import { lossOf, type Prospect, refuseLoss } from '../../src/drain/loss.ts';
import { realServer, sorryServer, virtualServer } from '../health/make.ts';

const REALS = ['10.1.0.3', '10.1.0.4', '10.1.0.5'].map((address) => realServer(address));
const PLAIN = virtualServer({ realServers: REALS });
const SORRY = virtualServer({
  realServers: REALS,
  sorryServer: sorryServer({ address: '10.9.9.9' }),
});

const prospect = (over: Partial<Prospect>): Prospect => ({
  server: PLAIN,
  realServer: '10.1.0.3:80',
  before: { met: true, serving: { weights: [1, 1, 1], sorryWeight: null } },
  after: { met: true, serving: { weights: [0, 1, 1], sorryWeight: null } },
  ...over,
});

describe('an order', () => {
  test('after which others serve is given', () => {
    expect(lossOf(prospect({}))).toBeNull();
    expect(lossOf(prospect({ server: SORRY }))).toBeNull();
    expect(() => refuseLoss([prospect({})])).not.toThrow();
  });

  test('after which the sorry server serves alone is told with whom that cuts', () => {
    const after = { met: false, serving: { weights: [0, null, null], sorryWeight: 1 } };
    expect(lossOf(prospect({ server: SORRY, after }))).toBe(
      '192.0.2.1:80 tcp would lose its quorum: the sorry server 10.9.9.9:80 would serve alone, and 2 other real servers would leave the table with all connections',
    );
    const last = { met: true, serving: { weights: [1, null, null], sorryWeight: null } };
    expect(lossOf(prospect({ server: SORRY, before: last, after }))).toBe(
      '192.0.2.1:80 tcp would lose its quorum: the sorry server 10.9.9.9:80 would serve alone',
    );
  });

  test('after which nobody serves is told, and where nobody did anyhow it is given', () => {
    const before = { met: false, serving: { weights: [1, 0, null], sorryWeight: null } };
    const after = { met: false, serving: { weights: [0, 0, null], sorryWeight: null } };
    expect(lossOf(prospect({ before, after }))).toBe(
      '192.0.2.1:80 tcp would have no real server that takes new connections',
    );
    expect(lossOf(prospect({ before: after, after }))).toBeNull();
  });

  test('by which the quorum is lost and others serve on is given', () => {
    const after = { met: false, serving: { weights: [0, 1, null], sorryWeight: null } };
    expect(lossOf(prospect({ after }))).toBeNull();
  });

  test('that takes many from service is refused with the first of them', () => {
    const after = { met: false, serving: { weights: [0, null, null], sorryWeight: null } };
    expect(() => refuseLoss(Array.from({ length: 9 }, () => prospect({ after })))).toThrow(
      /^(192\.0\.2\.1:80 tcp would have no real server that takes new connections; ){3}and 6 more$/,
    );
  });
});
