/** The addon's socket beside npm `netlink`'s, on this machine's own kernel; needs no privilege. */
import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/time.ts';
import { loadAddon, type NativeHandle } from '../../src/kernel/addon.ts';
import { NetlinkClient } from '../../src/kernel/netlink.ts';
import { openNativeSocket, openSocketOver } from '../../src/kernel/netlink-native.ts';
import { NetlinkProtocol, openNetlinkSocket } from '../../src/kernel/netlink-socket.ts';
import { CONTROLLER_FAMILY_ID, decodeFamilyId, encodeFamilyLookup } from '../../src/wire/genl.ts';
import { settled } from '../world/clock.ts';

/** NLMSG_NOOP: acknowledged by the kernel, and nothing else. */
const NOOP = 1;
/** A family that nobody has. */
const NOBODY = 0x7fff;
/** RTM_GETROUTE with a route message of any kind. */
const ROUTES = { type: 26, payload: new Uint8Array(12) };
const LINKS = { type: 18, payload: new Uint8Array(16) };

const over = (protocol: number, openSocket = openNativeSocket, silenceMs = 20_000) =>
  new NetlinkClient({ protocol, openSocket, silenceMs });

const noop = { type: NOOP, payload: new Uint8Array(4) };
const nobody = { type: NOBODY, payload: new Uint8Array(4) };

describe('over the addon', () => {
  test('the controller is asked for a family', async () => {
    const netlink = over(NetlinkProtocol.generic);
    const payload = encodeFamilyLookup('nlctrl');
    const [reply] = await netlink.request([{ type: CONTROLLER_FAMILY_ID, payload }]);
    expect(decodeFamilyId(reply?.data[0] ?? new Uint8Array())).toBe(CONTROLLER_FAMILY_ID);
    netlink.close();
  });

  test('a dump is the one that npm netlink gives', async () => {
    const [ours, theirs] = [
      over(NetlinkProtocol.route),
      over(NetlinkProtocol.route, openNetlinkSocket),
    ];
    for (const request of [LINKS, ROUTES]) {
      const [mine, other] = [await ours.dump(request), await theirs.dump(request)];
      expect(mine.errno).toBe(0);
      expect(mine.data.map(({ length }) => length)).toEqual(other.data.map(({ length }) => length));
    }
    ours.close();
    theirs.close();
  });

  test('a thousand requests, and as many refusals, are each answered', async () => {
    const netlink = over(NetlinkProtocol.generic);
    const mixed = Array.from({ length: 1000 }, (_, at) => (at % 3 === 0 ? nobody : noop));
    const replies = await netlink.request(mixed);
    expect(replies.map(({ errno }) => errno)).toEqual(mixed.map((one) => (one === noop ? 0 : 2)));
    const refused = await netlink.request(Array.from({ length: 1000 }, () => nobody));
    expect(new Set(refused.map(({ errno }) => errno))).toEqual(new Set([2]));
    netlink.close();
  });

  test('leave the event loop to others now and then', async () => {
    const netlink = over(NetlinkProtocol.generic);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await netlink.request(Array.from({ length: 400_000 }, () => noop));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    netlink.close();
  });

  test('silence ends at the deadline, and the next request is answered', async () => {
    const netlink = over(NetlinkProtocol.generic, openNativeSocket, 500);
    // Nobody dumps nothing: the kernel is silent.
    await expect(netlink.dump(noop)).rejects.toMatchObject({ code: 'NETLINK_TIMEOUT' });
    expect((await netlink.request([noop]))[0]?.errno).toBe(0);
    netlink.close();
  });

  test('closing fails what is under way', async () => {
    const clock: Clock = systemClock;
    const netlink = new NetlinkClient({ protocol: 16, openSocket: openNativeSocket, clock });
    const asked = expect(netlink.dump(noop)).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    netlink.close();
    await asked;
  });
});

describe('a socket', () => {
  const refusal = (code: string) => Object.assign(new Error(code), { code });

  /** An addon whose receive does these one after another; a number is octets that came. */
  function socketOver(...receives: readonly (number | string)[]) {
    const told: (number | string)[] = [];
    let [left, waiting, open, readable] = [[...receives], 0, 0, (): void => {}];
    const socket = openSocketOver(
      {
        openNetlinkRequests: () => {
          open += 1;
          return 7;
        },
        sendNetlink: (_, octets) => {
          if (octets.length === 0) throw refusal('EPERM');
        },
        receiveNetlink: () => {
          const [next = 0, ...rest] = left;
          left = rest;
          if (typeof next === 'string') throw refusal(next);
          return next;
        },
        awaitReadable: (_, onReadable) => {
          waiting += 1;
          readable = onReadable;
          return {} as NativeHandle;
        },
        endAwait: () => {
          waiting -= 1;
        },
        closeDescriptor: () => {
          open -= 1;
        },
      },
      16,
      {
        onDatagram: ({ length }) => told.push(length),
        onFault: ({ code }) => told.push(code),
      },
    );
    socket.keepAlive(true);
    return {
      socket,
      told,
      answer: (...more: readonly (number | string)[]) => {
        left = [...more];
        readable();
      },
      state: () => ({ waiting, open }),
    };
  }

  test('gives what is there turn by turn, and waits for the rest', async () => {
    const { socket, told, answer, state } = socketOver(20, 40);
    socket.send(new Uint8Array(4), 1);
    expect(told).toEqual([20]);
    await settled();
    await settled();
    expect(told).toEqual([20, 40]);
    expect(state()).toEqual({ waiting: 1, open: 1 });
    answer(36);
    expect(told).toEqual([20, 40, 36]);
    socket.keepAlive(false);
    expect(state()).toEqual({ waiting: 0, open: 1 });
    socket.close();
    socket.close();
    expect(state()).toEqual({ waiting: 0, open: 0 });
  });

  test('that is closed meanwhile gives nothing more', async () => {
    const { socket, told } = socketOver(1, 2);
    socket.send(new Uint8Array(4), 1);
    socket.close();
    await settled();
    expect(told).toEqual([1]);
  });

  test.each([
    ['ENOBUFS', 'NETLINK_OVERRUN'],
    ['EMSGSIZE', 'NETLINK_OVERRUN'],
    ['EBADF', 'SOCKET_FAILED'],
  ])('that receives %s is closed and tells %s', async (name, code) => {
    const { socket, told, state } = socketOver(20, name);
    socket.send(new Uint8Array(4), 1);
    await settled();
    expect(told).toEqual([20, code]);
    expect(state()).toEqual({ waiting: 0, open: 0 });
  });

  test('that cannot send is closed and tells it', () => {
    const { socket, told, state } = socketOver();
    socket.send(new Uint8Array(), 1);
    expect(told).toEqual(['SOCKET_FAILED']);
    expect(state()).toEqual({ waiting: 0, open: 0 });
  });
});

describe('the functions of the addon', () => {
  const addon = loadAddon();

  test('check their arguments', () => {
    expect(() => addon.receiveNetlink(0, new Uint8Array(10), 0)).toThrow(/32768/);
    expect(() => addon.sendNetlink('x' as never, new Uint8Array(1))).toThrow(/fd must be a number/);
    expect(() => addon.awaitReadable(0, null as never)).toThrow(/function/);
    expect(() => addon.openNetlinkRequests(999)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E/), syscall: 'socket' }),
    );
  });

  test('say which call the kernel refused', () => {
    expect(() => addon.sendNetlink(-1, new Uint8Array(16))).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'sendto' }),
    );
    expect(() => addon.receiveNetlink(-1, new Uint8Array(65536), 0)).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'recvmsg' }),
    );
  });
});
