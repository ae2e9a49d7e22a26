/**
 * A netlink socket with a simulated IPVS behind it: octets in, octets out, as the kernel answers. What
 * kernel/ipvs.ts does is thereby tested down to the message.
 */
import { constants } from 'node:os';
import { DirectorError } from '../../src/base/error.ts';
import type { NetlinkSocket, OpenNetlinkSocket } from '../../src/kernel/netlink-socket.ts';
import { formatService } from '../../src/model/names.ts';
import { CONTROLLER_FAMILY_ID } from '../../src/wire/genl.ts';
import {
  encodeDaemonReply,
  encodeDestinationReply,
  encodeInfoReply,
  encodeServiceReply,
  encodeTimeoutsReply,
} from '../../src/wire/ipvs/reply.ts';
import { decodeRequest, type IpvsRequest } from '../../src/wire/ipvs/request.ts';
import { AttributeWriter } from '../../src/wire/nlattr.ts';
import {
  decodeMessages,
  encodeMessage,
  MessageFlag,
  MessageType,
  type NetlinkMessage,
} from '../../src/wire/nlmsg.ts';
import type { SimulatedIpvs } from './ipvs.ts';

const FAMILY_ID_ATTRIBUTE = 1;
/** NLM_F_CAPPED. */
const CAPPED = 0x100;

/** An errno, 0 for success, or null: no answer at all. */
type Answer = number | null;

export interface SocketBehaviour {
  /** The number of the family; another one after the module was loaded anew. */
  familyId: number;
  /** Requests that the kernel answers with this instead of doing them. */
  refuses: (request: IpvsRequest) => Answer | undefined;
  /** What becomes of the payload of a reply on its way. */
  tells: (payload: Uint8Array, request: IpvsRequest) => Uint8Array;
  /** Messages of each send. */
  readonly sends: number[];
}

export function simulatedIpvsSocket(ipvs: SimulatedIpvs): {
  readonly openSocket: OpenNetlinkSocket;
  readonly behaviour: SocketBehaviour;
} {
  const behaviour: SocketBehaviour = {
    familyId: 0x20,
    refuses: () => undefined,
    tells: (payload) => payload,
    sends: [],
  };
  const openSocket: OpenNetlinkSocket = (_, listener) => {
    let closed = false;
    const give = (datagrams: readonly Uint8Array[]): void => {
      queueMicrotask(() => {
        for (const datagram of datagrams) if (!closed) listener.onDatagram(datagram);
      });
    };
    const socket: NetlinkSocket = {
      send: (octets) => {
        const requests = decodeMessages(Uint8Array.from(octets)) ?? [];
        behaviour.sends.push(requests.length);
        void (async () => {
          for (const request of requests) give(await answer(ipvs, behaviour, request));
        })();
      },
      keepAlive: () => {},
      close: () => {
        closed = true;
      },
    };
    return socket;
  };
  return { openSocket, behaviour };
}

async function answer(
  ipvs: SimulatedIpvs,
  behaviour: SocketBehaviour,
  asked: NetlinkMessage,
): Promise<readonly Uint8Array[]> {
  if (asked.type === CONTROLLER_FAMILY_ID) {
    const attributes = new AttributeWriter().u16Host(FAMILY_ID_ATTRIBUTE, behaviour.familyId);
    const payload = Uint8Array.from([1, 2, 0, 0, ...attributes.finish()]);
    return [reply(asked, 0, payload), acknowledgement(asked, 0)];
  }
  if (asked.type !== behaviour.familyId) return [acknowledgement(asked, constants.errno.ENOENT)];
  const request = decodeRequest(asked.payload);
  if (request === null) return [acknowledgement(asked, constants.errno.EINVAL)];
  const refusal = behaviour.refuses(request);
  if (refusal === null) return [];
  if (refusal !== undefined) return [acknowledgement(asked, refusal)];
  if ((asked.flags & MessageFlag.dump) === MessageFlag.dump) {
    const parts = (await dump(ipvs, request)).map((payload) =>
      reply(asked, MessageFlag.multi, behaviour.tells(payload, request)),
    );
    return [...parts, done(asked)];
  }
  return perform(ipvs, asked, request, (payload) => behaviour.tells(payload, request));
}

async function dump(ipvs: SimulatedIpvs, request: IpvsRequest): Promise<readonly Uint8Array[]> {
  if (request.do === 'get-daemons') return (await ipvs.readDaemons()).map(encodeDaemonReply);
  const { services } = ipvs.table();
  if (request.do === 'get-services') return services.map((one) => encodeServiceReply(one.service));
  if (request.do !== 'get-destinations') return [];
  const name = formatService(request.key);
  const entry = services.find(({ service }) => formatService(service.key) === name);
  return entry?.destinations.map((one) => encodeDestinationReply(one)) ?? [];
}

async function perform(
  ipvs: SimulatedIpvs,
  asked: NetlinkMessage,
  request: IpvsRequest,
  tell: (payload: Uint8Array) => Uint8Array,
): Promise<readonly Uint8Array[]> {
  switch (request.do) {
    case 'get-info':
      return answered(asked, tell(encodeInfoReply(await ipvs.info())));
    case 'get-timeouts':
      return answered(asked, tell(encodeTimeoutsReply(await ipvs.readTimeouts())));
    case 'set-timeouts':
      return acknowledged(asked, () => ipvs.setTimeouts(request.timeouts));
    case 'start-daemon':
      return acknowledged(asked, () => ipvs.startDaemon(request.daemon));
    case 'stop-daemon':
      return acknowledged(asked, () => ipvs.stopDaemon(request.role));
    case 'zero':
      return acknowledged(asked, () => ipvs.zero(request.key));
    case 'flush':
      return acknowledged(asked, () => ipvs.flush());
    case 'add-service':
    case 'edit-service':
    case 'remove-service':
    case 'add-destination':
    case 'edit-destination':
    case 'remove-destination': {
      const outcome = ipvs.make(request);
      return quietly(asked, outcome.done ? 0 : outcome.errno);
    }
    default:
      return [acknowledgement(asked, constants.errno.EOPNOTSUPP)];
  }
}

function answered(asked: NetlinkMessage, payload: Uint8Array): readonly Uint8Array[] {
  return [reply(asked, 0, payload), ...quietly(asked, 0)];
}

async function acknowledged(
  asked: NetlinkMessage,
  run: () => Promise<void>,
): Promise<readonly Uint8Array[]> {
  try {
    await run();
    return quietly(asked, 0);
  } catch (error) {
    const errno = error instanceof DirectorError ? error.errno : undefined;
    return [acknowledgement(asked, errno ?? constants.errno.EINVAL)];
  }
}

/** Success is told only to who asks. */
function quietly(asked: NetlinkMessage, errno: number): readonly Uint8Array[] {
  const asks = (asked.flags & MessageFlag.ack) !== 0;
  return errno === 0 && !asks ? [] : [acknowledgement(asked, errno)];
}

function reply({ sequence }: NetlinkMessage, flags: number, payload: Uint8Array): Uint8Array {
  return encodeMessage({ type: 0x20, flags, sequence, payload });
}

function acknowledgement({ sequence }: NetlinkMessage, errno: number): Uint8Array {
  const payload = new Uint8Array(20);
  new DataView(payload.buffer).setInt32(0, -errno, true);
  return encodeMessage({ type: MessageType.error, flags: CAPPED, sequence, payload });
}

function done({ sequence }: NetlinkMessage): Uint8Array {
  const payload = new Uint8Array(4);
  return encodeMessage({ type: MessageType.done, flags: MessageFlag.multi, sequence, payload });
}
