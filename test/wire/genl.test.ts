import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decodeFamilyId, encodeFamilyLookup } from '../../src/wire/genl.ts';
import { captureNamed, payloadOf, readCaptures } from './capture.ts';

const lookup = captureNamed(readCaptures('ipvs'), 'CTRL_GETFAMILY');

test('the question for a family is written as captured', () => {
  expect(toHex(encodeFamilyLookup('IPVS'))).toBe(toHex(payloadOf(lookup.requests[0])));
});

test('the answer tells the id of the day', () => {
  expect(decodeFamilyId(payloadOf(lookup.replies[0]))).toBe(0x20);
});

test('an answer cut short is refused, or still tells the id', () => {
  const payload = payloadOf(lookup.replies[0]);
  for (let octets = 0; octets < payload.length; octets += 1) {
    expect([null, 0x20]).toContain(decodeFamilyId(payload.subarray(0, octets)));
  }
});
