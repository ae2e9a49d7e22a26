/** The octets of nf_tables messages, against what `nft` of Debian 12 makes of the same tables. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../../src/base/address.ts';
import { toHex } from '../../../src/base/bytes.ts';
import {
  ARP_LAYOUT,
  commentFor,
  IP_LAYOUT,
  ownerIn,
  TABLE,
} from '../../../src/kernel/gate-layout.ts';
import { makeTable } from '../../../src/kernel/gate-tables.ts';
import type { NftRequest } from '../../../src/kernel/nftables.ts';
import { decodeElements } from '../../../src/wire/nftables/elements.ts';
import {
  decodeTable,
  NftMessage,
  writeBatchFrame,
  writeElements,
  writeTableName,
} from '../../../src/wire/nftables/message.ts';
import { AttributeWriter } from '../../../src/wire/nlattr.ts';
import { decodeMessages } from '../../../src/wire/nlmsg.ts';
import { captureNamed, payloadOf, readCaptures } from '../capture.ts';

const captures = readCaptures('nftables');
/** In the captures. */
const COMMENT = 'kept by lvsd, layout 1';

/** What nft sent, a line a message: its type and payload. */
function sent(title: string): readonly string[] {
  const [batch] = captureNamed(captures, title).requests;
  return (decodeMessages(batch as Uint8Array) ?? []).map(
    ({ type, payload }) => `${type.toString(16)} ${toHex(payload)}`,
  );
}

function line({ type, write }: NftRequest): string {
  const to = new AttributeWriter();
  write(to);
  return `${type.toString(16)} ${toHex(to.finish())}`;
}

function lines(requests: readonly NftRequest[]): readonly string[] {
  const frame = (type: number): string => line({ type, write: writeBatchFrame });
  return [frame(NftMessage.batchBegin), ...requests.map(line), frame(NftMessage.batchEnd)];
}

/** Sets are known to rules by their number too, which nft gives out anew in each table. */
function withoutSetIds(text: string): string {
  return text
    .replace(/08000400000000(0[1-8])/g, '0800040000000000')
    .replace(/08000a000000000[1-8]/g, '08000a0000000000');
}

const isDiscovery = (text: string): boolean => text.includes('08000300000000080800040000000010');

describe('what nft makes of the same tables', () => {
  const own = [...makeTable(ARP_LAYOUT, COMMENT), ...makeTable(IP_LAYOUT, COMMENT)];

  test('tables, sets, chains and rules are the same octets', () => {
    const discovery = own.filter((one) => isDiscovery(line(one)));
    expect(discovery).toHaveLength(2);
    const others = lines(own.filter((one) => !discovery.includes(one)));
    const theirs = sent('the tables, without');
    expect(others.map(withoutSetIds).toSorted()).toEqual(theirs.map(withoutSetIds).toSorted());
  });

  test('so are the rules for neighbour discovery', () => {
    const theirs = sent('the rules for neighbour discovery').filter(isDiscovery);
    expect(own.map(line).filter(isDiscovery).map(withoutSetIds)).toEqual(theirs.map(withoutSetIds));
  });

  test('and deleted tables', () => {
    const remove = (family: 'arp' | 'inet'): string =>
      line({ type: NftMessage.deleteTable, write: (to) => writeTableName(to, family, TABLE) });
    const theirs = sent('an address no longer guarded');
    expect(theirs.slice(2, 4)).toEqual([remove('arp'), remove('inet')]);
  });

  test('and elements that are deleted and added for a time', () => {
    const places = [
      { family: 'arp', set: 'open', address: '192.0.2.10' },
      { family: 'inet', set: 'open4', address: '192.0.2.10' },
      { family: 'inet', set: 'open6', address: 'fd00::10' },
    ] as const;
    const request = (type: number, at: number, timeoutMs: number | null): NftRequest => {
      const { family, set, address } = places[at] as (typeof places)[number];
      const elements = [{ key: addressBytes(address), timeoutMs }];
      return { type, write: (to) => writeElements(to, { family, table: TABLE, set }, elements) };
    };
    const deleted = places.map((_, at) => request(NftMessage.deleteElements, at, null));
    const added = places.map((_, at) => request(NftMessage.newElements, at, 3_000));
    // nft names the set in an addition by its number in the transaction too, which is of no use there.
    const theirs = sent('a renewal').map((text) =>
      text.replace(/0800040000000[0-9a-f]{3}(?=[0-9a-f]{4}0380)/, ''),
    );
    expect(lines([...deleted, ...added])).toEqual(theirs);
  });
});

describe('what the kernel tells', () => {
  const told = captureNamed(captures, 'what a dump tells of elements').replies.map(payloadOf);

  test('of a table: its family, name and comment', () => {
    const tables = captureNamed(captures, 'what a dump tells of the tables').replies.map(payloadOf);
    expect(tables.map(decodeTable)).toEqual([
      { family: 3, name: TABLE, comment: COMMENT },
      { family: 1, name: TABLE, comment: COMMENT },
    ]);
  });

  test('of elements: the address, what it was added for, what is left', () => {
    const open = { timeoutMs: 3_000, leftMs: 2_984 };
    expect(told.map(decodeElements)).toEqual([
      [],
      [{ key: addressBytes('192.0.2.10'), ...open }],
      [],
      [{ key: addressBytes('192.0.2.10'), timeoutMs: null }],
      [],
      [{ key: addressBytes('192.0.2.10'), ...open }],
      [],
      [],
      [{ key: addressBytes('fd00::10'), ...open }],
      [],
      [],
      [],
    ]);
  });

  test('cut short or damaged is null, and never an exception', () => {
    for (const payload of told) {
      for (let length = 0; length < payload.length; length += 1) {
        expect(() => decodeElements(payload.subarray(0, length))).not.toThrow();
      }
    }
    const damaged = fc.tuple(fc.constantFrom(...told), fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(damaged, ([payload, at, octet]) => {
        const copy = Uint8Array.from(payload);
        copy[at % copy.length] = octet;
        decodeElements(copy);
      }),
    );
  });
});

test('a table says whose it is, in a comment that nft can read', () => {
  expect(ownerIn(commentFor('/run/lvsd'))).toBe('/run/lvsd');
  expect(ownerIn(COMMENT)).toBeNull();
  const long = commentFor(`/run/ü${'x'.repeat(200)}`);
  expect(long).toHaveLength(127);
  expect(long).toMatch(/^[\x20-\x7e]+$/);
});
