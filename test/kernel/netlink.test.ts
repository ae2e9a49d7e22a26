import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { NetlinkClient, refuse } from '../../src/kernel/netlink.ts';
import { lost, type NetlinkSocket, type SocketListener } from '../../src/kernel/netlink-socket.ts';
import { decodeMessages, encodeMessage, type NetlinkMessage } from '../../src/wire/nlmsg.ts';
import { settled, simulatedClock } from '../world/clock.ts';

const FAMILY = 0x20;
const MULTI = 2;
const ACK = 4;
/** Silence and the last look. */
const GIVEN_UP_MS = 1_020;
const DUMP = 0x300;
const NO_FAULT = 0;

type Answer = (request: NetlinkMessage, socket: FakeSocket) => void;

/** A netlink socket whose kernel is the test. */
class FakeSocket implements NetlinkSocket {
  readonly listener: SocketListener;
  readonly sends: NetlinkMessage[][] = [];
  closed = false;
  private readonly answer: Answer;

  constructor(listener: SocketListener, answer: Answer) {
    this.listener = listener;
    this.answer = answer;
  }

  send(datagram: Uint8Array): void {
    const requests = decodeMessages(Uint8Array.from(datagram)) ?? [];
    this.sends.push(requests);
    queueMicrotask(() => {
      for (const request of requests) this.answer(request, this);
    });
  }

  reply(request: NetlinkMessage, over: Partial<NetlinkMessage>): void {
    const { sequence } = request;
    const message = { type: FAMILY, flags: 0, sequence, payload: new Uint8Array(), ...over };
    if (!this.closed) this.listener.onDatagram(encodeMessage(message));
  }

  acknowledge(request: NetlinkMessage, errno = NO_FAULT): void {
    const payload = new Uint8Array(20);
    new DataView(payload.buffer).setInt32(0, -errno, true);
    this.reply(request, { type: 2, flags: 0x100, payload });
  }

  done(request: NetlinkMessage): void {
    this.reply(request, { type: 3, flags: MULTI, payload: new Uint8Array(4) });
  }

  keepAlive(): void {}
  close(): void {
    this.closed = true;
  }
}

function connect(answer: Answer) {
  const sockets: FakeSocket[] = [];
  const clock = simulatedClock();
  const netlink = new NetlinkClient({
    protocol: 16,
    clock,
    silenceMs: 1_000,
    openSocket: (_, listener) => {
      const socket = new FakeSocket(listener, answer);
      sockets.push(socket);
      return socket;
    },
  });
  return { netlink, clock, sockets };
}

const request = (...octets: number[]) => ({ type: FAMILY, payload: Uint8Array.from(octets) });

describe('requests', () => {
  test('go out in one send, and each refusal comes back to its request', async () => {
    const { netlink, sockets } = connect((asked, socket) => {
      socket.acknowledge(asked, asked.payload[0] === 2 ? 17 : NO_FAULT);
    });
    const replies = await netlink.request([request(1), request(2), request(3)]);
    expect(replies.map(({ errno }) => errno)).toEqual([0, 17, 0]);
    expect(sockets.map(({ sends }) => sends.map((send) => send.length))).toEqual([[3]]);
  });

  test('ask for one answer only: the kernel speaks of the others when it refuses them', async () => {
    const refuses = fc.array(fc.boolean(), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(refuses, async (refused) => {
        const { netlink } = connect((asked, socket) => {
          const errno = refused[asked.payload[0] as number] ? 17 : NO_FAULT;
          if (errno !== NO_FAULT || (asked.flags & ACK) !== 0) socket.acknowledge(asked, errno);
        });
        const replies = await netlink.request(refused.map((_, at) => request(at)));
        expect(replies.map(({ errno }) => errno === 17)).toEqual(refused);
      }),
    );
  });

  test('beyond 128, later 256, wait for the answers to those before', async () => {
    const { netlink, sockets } = connect((asked, socket) => socket.acknowledge(asked));
    const replies = await netlink.request(Array.from({ length: 500 }, () => request(1)));
    expect(replies).toHaveLength(500);
    expect(sockets[0]?.sends.map((send) => send.length)).toEqual([128, 256, 116]);
  });

  test('that cannot be written fail alone, and the next are answered', async () => {
    const { netlink } = connect((asked, socket) => socket.acknowledge(asked));
    const impossible = netlink.send({
      count: 1,
      header: () => ({ type: FAMILY }),
      write: () => {
        throw new RangeError('no such thing');
      },
    });
    await expect(impossible).rejects.toThrow('no such thing');
    expect((await netlink.request([request(1)]))[0]?.errno).toBe(0);
  });

  test('may be answered with data and an acknowledgement', async () => {
    const { netlink } = connect((asked, socket) => {
      socket.reply(asked, { payload: fromHex('01020304') });
      socket.acknowledge(asked);
    });
    const [reply] = await netlink.request([request(1)]);
    expect(reply).toEqual({ errno: 0, detail: null, data: [fromHex('01020304')] });
  });

  test('take their turn: a second call is not sent before the first is answered', async () => {
    const asked: [NetlinkMessage, FakeSocket][] = [];
    const { netlink, sockets } = connect((one, socket) => asked.push([one, socket]));
    const both = [netlink.request([request(1)]), netlink.request([request(2)])];
    await settled();
    expect(sockets[0]?.sends).toHaveLength(1);
    for (let turn = 0; turn < 2; turn += 1) {
      const [one, socket] = asked[turn] as [NetlinkMessage, FakeSocket];
      socket.acknowledge(one, turn + 1);
      await settled();
    }
    expect((await Promise.all(both)).map(([reply]) => reply?.errno)).toEqual([1, 2]);
  });
});

describe('a dump', () => {
  test('gathers its parts until the kernel says that it is done', async () => {
    const { netlink, sockets } = connect((asked, socket) => {
      for (const octet of [1, 2, 3]) {
        socket.reply(asked, { flags: MULTI, payload: Uint8Array.from([octet, 0, 0, 0]) });
      }
      socket.done(asked);
    });
    const { data } = await netlink.dump(request(8));
    expect(data.map((payload) => payload[0])).toEqual([1, 2, 3]);
    expect((sockets[0]?.sends[0]?.[0]?.flags ?? 0) & DUMP).toBe(DUMP);
  });

  test('that changes cut into is asked for again, but not for ever', async () => {
    const { netlink, sockets } = connect((asked, socket) => {
      socket.reply(asked, { flags: MULTI | 0x10, payload: new Uint8Array(4) });
      socket.done(asked);
    });
    expect((await netlink.dump(request(8))).data).toHaveLength(1);
    expect(sockets[0]?.sends).toHaveLength(4);
  });

  test('may be refused', async () => {
    const { netlink } = connect((asked, socket) => socket.acknowledge(asked, 95));
    expect((await netlink.dump(request(8))).errno).toBe(95);
  });

  test('goes on as long as parts come, whatever time it takes in all', async () => {
    let finish = (): void => {};
    let part = (): void => {};
    const { netlink, clock } = connect((asked, socket) => {
      part = () => socket.reply(asked, { flags: MULTI, payload: new Uint8Array(4) });
      finish = () => socket.done(asked);
    });
    const dump = netlink.dump(request(8));
    await settled();
    for (let second = 0; second < 5; second += 1) {
      await clock.settleBy(900);
      part();
    }
    finish();
    expect((await dump).data).toHaveLength(5);
    expect(clock.armed).toBe(0);
  });
});

describe('silence', () => {
  test('ends at the deadline, and the next request has a socket of its own', async () => {
    let answers = false;
    const { netlink, clock, sockets } = connect((asked, socket) => {
      if (answers) socket.acknowledge(asked);
    });
    const lost = expect(netlink.request([request(1)])).rejects.toMatchObject({
      code: 'NETLINK_TIMEOUT',
    });
    await clock.settleBy(GIVEN_UP_MS);
    await lost;
    answers = true;
    expect((await netlink.request([request(2)]))[0]?.errno).toBe(0);
    expect(sockets.map(({ closed }) => closed)).toEqual([true, false]);
  });

  test('is not what a stopped process hears: it reads what has come before it gives up', async () => {
    let answer = (): void => {};
    const { netlink, clock } = connect((asked, socket) => {
      answer = () => socket.acknowledge(asked);
    });
    const asked = netlink.request([request(1)]);
    await clock.settleBy(1_000);
    answer();
    expect((await asked)[0]?.errno).toBe(0);
    await clock.settleBy(GIVEN_UP_MS);
  });

  test('of an earlier request ends nothing: its late answer is ignored', async () => {
    const asked: NetlinkMessage[] = [];
    const { netlink, sockets, clock } = connect((one) => asked.push(one));
    const lost = expect(netlink.request([request(1)])).rejects.toMatchObject({
      code: 'NETLINK_TIMEOUT',
    });
    await clock.settleBy(GIVEN_UP_MS);
    await lost;
    const second = netlink.request([request(2)]);
    await settled();
    sockets[1]?.acknowledge(asked[0] as NetlinkMessage, 17);
    sockets[1]?.acknowledge(asked[1] as NetlinkMessage);
    expect((await second)[0]?.errno).toBe(0);
  });
});

describe('a fault of the socket', () => {
  test('fails what is under way, and the next request opens a new one', async () => {
    let broken = true;
    const { netlink, sockets } = connect((asked, socket) => {
      if (broken) socket.listener.onFault(lost('ENOBUFS'));
      else socket.acknowledge(asked);
    });
    await expect(netlink.request([request(1)])).rejects.toMatchObject({ code: 'NETLINK_OVERRUN' });
    broken = false;
    expect((await netlink.request([request(2)]))[0]?.errno).toBe(0);
    expect(sockets).toHaveLength(2);
  });

  test('a damaged reply counts as lost', async () => {
    const { netlink } = connect((_, socket) => socket.listener.onDatagram(fromHex('ff')));
    await expect(netlink.request([request(1)])).rejects.toMatchObject({ code: 'NETLINK_OVERRUN' });
  });

  test('closing fails what is under way, and nothing can be asked afterwards', async () => {
    const { netlink, sockets, clock } = connect(() => {});
    const asked = expect(netlink.request([request(1)])).rejects.toMatchObject({
      code: 'SOCKET_FAILED',
    });
    await settled();
    netlink.close();
    await asked;
    await expect(netlink.dump(request(1))).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
    expect(sockets.every(({ closed }) => closed)).toBe(true);
    expect(clock.armed).toBe(0);
  });
});

describe('a refused reply', () => {
  const refusal = (errno: number, detail: string | null) => () =>
    refuse({ errno, detail }, 'adding 10.0.0.1/32');

  test('names the capability that is missing', () => {
    expect(refusal(1, null)).toThrow(
      expect.objectContaining({
        code: 'NOT_PERMITTED',
        hint: expect.stringContaining('CAP_NET_ADMIN'),
      }),
    );
  });

  test('keeps the errno and the sentence of the kernel', () => {
    expect(refusal(22, 'Invalid prefix length')).toThrow(
      'the kernel refused adding 10.0.0.1/32: EINVAL (Invalid prefix length)',
    );
  });
});
