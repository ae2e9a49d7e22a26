import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  authenticateRequest,
  decodeGrant,
  decodeRefusal,
  decodeSwapped,
  decodeTimeToLive,
  decodeToken,
  grantRequest,
  swapRequest,
  timeToLiveRequest,
} from '../../src/wire/etcd.ts';

/** As etcd 3.4.23 says it. */
const HEADER = {
  cluster_id: '14841639068965178418',
  member_id: '10276657743932975437',
  revision: '7',
  raft_term: '2',
};
const KEY = Buffer.from('/lvsd/lease/51').toString('base64');

describe('what is asked of etcd', () => {
  test('has numbers as text, keys and values in base64', () => {
    expect(grantRequest(4)).toEqual({ path: '/v3/lease/grant', body: { TTL: '4', ID: '0' } });
    expect(timeToLiveRequest('9')).toEqual({ path: '/v3/lease/timetolive', body: { ID: '9' } });
    expect(authenticateRequest('lvsd', 'word').body).toEqual({ name: 'lvsd', password: 'word' });
    const write = [{ key: '/lvsd/lease/51', value: '8', lease: '9' }];
    expect(swapRequest({ compare: [{ key: '/lvsd/lease/51', revision: '3' }], write })).toEqual({
      path: '/v3/kv/txn',
      body: {
        compare: [{ key: KEY, target: 'MOD', result: 'EQUAL', mod_revision: '3' }],
        success: [{ request_put: { key: KEY, value: 'OA==', lease: '9' } }],
        failure: [{ request_range: { key: KEY } }],
      },
    });
  });
});

describe('what etcd answers', () => {
  test('is understood, with what is left out', () => {
    expect(decodeGrant({ header: HEADER, ID: '7587883041129423128', TTL: '4' })).toEqual({
      lease: '7587883041129423128',
      seconds: 4,
    });
    expect(decodeTimeToLive({ header: HEADER, ID: '9', TTL: '3', grantedTTL: '4' })).toBe(3);
    expect(decodeTimeToLive({ header: HEADER, ID: '9' })).toBe(0);
    expect(decodeTimeToLive({ header: HEADER, ID: '9', TTL: '-1' })).toBe(0);
    expect(decodeToken({ header: HEADER, token: 'abc.12' })).toBe('abc.12');
    expect(
      decodeSwapped({
        header: HEADER,
        succeeded: true,
        responses: [{ response_put: { header: { revision: '7' } } }],
      }),
    ).toEqual({ isDone: true, revision: '7', found: [] });
    const kvs = [
      {
        key: KEY,
        create_revision: '2',
        mod_revision: '6',
        version: '5',
        value: 'OA==',
        lease: '9',
      },
    ];
    const ranges = [
      { response_range: { header: { revision: '7' }, kvs, count: '1' } },
      { response_range: {} },
    ];
    expect(decodeSwapped({ header: HEADER, responses: ranges })).toEqual({
      isDone: false,
      revision: '7',
      found: [{ key: '/lvsd/lease/51', value: '8', revision: '6', lease: '9' }],
    });
    expect(decodeRefusal({ error: 'etcdserver: invalid auth token', message: 'x', code: 16 })).toBe(
      'x',
    );
  });

  test.each([
    ['no lease', () => decodeGrant({ ID: '0', TTL: '4' })],
    ['a lease of no time', () => decodeGrant({ ID: '9' })],
    ['a lease without end', () => decodeGrant({ ID: '9', TTL: '99999999999999999999' })],
    ['no revision', () => decodeSwapped({ succeeded: true })],
    [
      'a key without revision',
      () =>
        decodeSwapped({ header: HEADER, responses: [{ response_range: { kvs: [{ key: KEY }] } }] }),
    ],
    ['no token', () => decodeToken({ header: HEADER })],
  ])('is refused: %s', (_, decode) => {
    expect(decode()).toBeNull();
  });

  test('of any form never throws', () => {
    const all = [decodeGrant, decodeTimeToLive, decodeSwapped, decodeToken, decodeRefusal];
    fc.assert(
      fc.property(fc.jsonValue(), (reply) => {
        for (const decode of all) decode(reply);
      }),
      { numRuns: 2_000 },
    );
  });
});
