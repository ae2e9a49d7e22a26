import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  decodeAcknowledgement,
  decodeMessages,
  encodeMessage,
  MessageFlag,
  MessageType,
} from '../../src/wire/nlmsg.ts';
import { captureNamed, onlyMessage, readCaptures } from './capture.ts';

const captures = readCaptures('ipvs');

describe('a message', () => {
  test('comes back as it was written, whatever its length', () => {
    const message = fc.record({
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      sequence: fc.nat(0xffffffff),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
        const datagram = Buffer.concat(messages.map(encodeMessage));
        const decoded = decodeMessages(datagram) ?? [];
        expect(decoded.map((one) => ({ ...one, payload: Uint8Array.from(one.payload) }))).toEqual(
          messages,
        );
      }),
    );
  });

  test('is written as captured', () => {
    for (const { requests } of captures) {
      for (const request of requests) {
        const { type, flags, sequence, payload } = onlyMessage(request);
        expect(toHex(encodeMessage({ type, flags, sequence, payload }))).toBe(toHex(request));
      }
    }
  });

  test('cut short anywhere is refused', () => {
    for (const { replies } of captures) {
      const reply = replies[0] as Uint8Array;
      for (let octets = 1; octets < reply.length; octets += 1) {
        expect(decodeMessages(reply.subarray(0, octets))).toBeNull();
      }
    }
  });

  test('shorter than its own header is refused', () => {
    expect(decodeMessages(fromHex('0f000000030002000100000000000000'))).toBeNull();
  });
});

describe('an acknowledgement', () => {
  const acknowledgementOf = (title: string) =>
    decodeAcknowledgement(onlyMessage(captureNamed(captures, title).replies.at(-1)));

  test.each([
    ['NEW_SERVICE v4 tcp wrr', 0],
    ['error EEXIST', 17],
    ['error ESRCH', 3],
    ['error ENOENT DEL_DEST', 2],
    ['error EINVAL', 22],
    ['error ERANGE', 34],
  ])('of %s tells errno %d', (title, errno) => {
    expect(acknowledgementOf(title)).toEqual({ errno, detail: null });
  });

  test('ends a dump', () => {
    expect(acknowledgementOf('GET_DEST dump unknown service')).toEqual({ errno: 0, detail: null });
  });

  const SENTENCE = '0c000100' + '6e6f7065' + '21000000'; // NLMSGERR_ATTR_MSG "nope!"
  const REQUEST = '18000000' + '14000500' + '01000000' + '00000000' + '0000000000000000';

  test.each([
    ['capped', MessageFlag.replace | 0x200, `eaffffff${REQUEST.slice(0, 32)}${SENTENCE}`],
    ['with the whole request', 0x200, `eaffffff${REQUEST}${SENTENCE}`],
  ])('carries the sentence of the kernel: %s', (_, flags, hex) => {
    const message = { type: MessageType.error, flags, sequence: 1, payload: fromHex(hex) };
    expect(decodeAcknowledgement(message)).toEqual({ errno: 22, detail: 'nope!' });
  });

  test('cut short is refused', () => {
    for (const flags of [0, 0x200, 0x300]) {
      const message = { type: MessageType.error, flags, sequence: 1, payload: fromHex('eaffff') };
      expect(decodeAcknowledgement(message)).toBeNull();
    }
  });
});
