/** The addon's socket beside npm `netlink`'s, on this machine's own kernel; needs no privilege. */
import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/time.ts';
import { loadAddon } from '../../src/kernel/addon.ts';
import { NetlinkClient } from '../../src/kernel/netlink.ts';
import { openNativeSocket } from '../../src/kernel/netlink-native.ts';
import { NetlinkProtocol, openNetlinkSocket } from '../../src/kernel/netlink-socket.ts';
import { CONTROLLER_FAMILY_ID, decodeFamilyId, encodeFamilyLookup } from '../../src/wire/genl.ts';

/** NLMSG_NOOP: acknowledged by the kernel, and nothing else. */
const NOOP = 1;
/** A family that nobody has. */
const NOBODY = 0x7fff;
/** RTM_GETROUTE with a route message of any kind. */
const ROUTES = { type: 26, payload: new Uint8Array(12) };
const LINKS = { type: 18, payload: new Uint8Array(16) };

const over = (protocol: number, openSocket = openNativeSocket, silenceMs = 2_000) =>
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
    await netlink.request(Array.from({ length: 100_000 }, () => noop));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    netlink.close();
  });

  test('silence ends at the deadline, and the next request is answered', async () => {
    const netlink = over(NetlinkProtocol.generic, openNativeSocket, 50);
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
