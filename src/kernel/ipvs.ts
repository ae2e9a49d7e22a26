/**
 * Reads and writes the kernel's IPVS table of this network namespace. It does what it is told, in
 * order, and says how each change went; what to change is decided in reconcile/.
 */
import { DirectorError, invariant } from '../base/error.ts';
import { type Clock, type Millis, systemClock } from '../base/time.ts';
import { formatService, nameOfService } from '../model/names.ts';
import { CONTROLLER_FAMILY_ID, decodeFamilyId, encodeFamilyLookup } from '../wire/genl.ts';
import type { SyncDaemon, SyncRole } from '../wire/ipvs/daemon.ts';
import { IPVS_FAMILY } from '../wire/ipvs/numbers.ts';
import {
  type DestinationState,
  decodeDaemon,
  decodeInfo,
  decodeService,
  decodeServiceAlone,
  decodeTimeouts,
  isOfOtherProtocol,
  type ServiceState,
} from '../wire/ipvs/reply.ts';
import {
  encodeRequest,
  type IpvsChange,
  type IpvsRequest,
  writeRequest,
} from '../wire/ipvs/request.ts';
import type { ServiceKey } from '../wire/ipvs/service.ts';
import type { IpvsInfo, Timeouts } from '../wire/ipvs/settings.ts';
import { TableColumns } from '../wire/ipvs/table.ts';
import type { Acknowledgement } from '../wire/nlmsg.ts';
import { ChangeCosts } from './ipvs-cost.ts';
import { damagedReply, decodeEach } from './ipvs-damage.ts';
import {
  type DumpTaker,
  type Hints,
  NetlinkClient,
  type NetlinkReply,
  type RequestSource,
  refuse,
  replyName,
} from './netlink.ts';
import { openNativeSocket } from './netlink-native.ts';
import { NetlinkProtocol, type OpenNetlinkSocket, openNetlinkSocket } from './netlink-socket.ts';

export interface ServiceEntry {
  readonly service: ServiceState;
  readonly destinations: readonly DestinationState[];
}

/** A service, and the message that told of it where its counters are wanted. */
interface ToldService {
  readonly service: ServiceState;
  readonly message?: Uint8Array;
}

/** In no particular order: the kernel's is that of its hash. */
export interface IpvsTable {
  readonly services: readonly ServiceEntry[];
}

/** How one change went. */
export type Outcome =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly errno: number;
      /** `EEXIST`, `ENOENT`, … */
      readonly name: string;
      /** The kernel's own sentence, where it gave one. */
      readonly detail: string | null;
    };

export interface Ipvs {
  /** All services with their destinations, without an object for each of these. */
  readColumns(options: { readonly withStatistics: boolean }): Promise<TableColumns>;
  /** The same without statistics, given up as soon as it is not wanted any more: null. */
  readColumnsWhile(isWanted: () => boolean): Promise<TableColumns | null>;
  /** The destinations of these services; of one that is not there none. */
  readDestinationsOf(keys: readonly ServiceKey[]): Promise<TableColumns<ServiceKey>>;
  /** All services with their destinations, each once, as objects: for a few thousand. */
  readTable(): Promise<IpvsTable>;
  /**
   * Makes the changes in order and gives one outcome each; a refusal does not stop the next. Throws
   * when outcomes are unknown (NETLINK_OVERRUN, NETLINK_TIMEOUT): read the table again.
   */
  apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]>;
  /** Removes every service, whoever made it. */
  flush(): Promise<void>;
  info(): Promise<IpvsInfo>;
  readTimeouts(): Promise<Timeouts>;
  /** A timeout of 0 is kept as it is. */
  setTimeouts(timeouts: Timeouts): Promise<void>;
  /** Those that run, with every value that the kernel uses; the master first. */
  readDaemons(): Promise<readonly SyncDaemon[]>;
  /** Refused (EEXIST) while one of the same role runs, whatever its values. */
  startDaemon(daemon: SyncDaemon): Promise<void>;
  /** Whether it ran or not, it does not afterwards. */
  stopDaemon(role: SyncRole): Promise<void>;
  /** Sets the counters of one service and its destinations, or of all, to 0. */
  zero(key: ServiceKey | null): Promise<void>;
  close(): void;
}

/**
 * The kernel forgets to acknowledge the stop of a daemon whose thread had not run yet
 * (net/netfilter/ipvs/ip_vs_sync.c). It is gone all the same.
 */
const STOP_SILENCE_MS: Millis = 1_000;

const DAEMON_HINTS: Hints = {
  EEXIST: 'a sync daemon of this role runs already: stop it first',
  ENODEV: 'check the name of the interface',
  EADDRINUSE:
    'another program has the UDP port to itself: "ss -ulnp" names it; or give the sync daemon another "port"',
  ENETUNREACH: 'the interface must be up, with an address, and the multicast group needs a route',
  EINVAL:
    'the group must be a multicast address; no sync daemon runs beside a real server of another family than its virtual server',
  EAFNOSUPPORT: 'this kernel has no IPv6, or it is off',
};

const TIMEOUT_HINTS: Hints = { EINVAL: 'no timeout may be longer than 2147483 s' };

const ZERO_HINTS: Hints = { ESRCH: 'this virtual server is not in the kernel: see lvsctl show' };

/** The addon's socket is the faster one; npm `netlink`'s serves where there is no addon. */
export const openBestSocket: OpenNetlinkSocket = (protocol, listener) => {
  try {
    return openNativeSocket(protocol, listener);
  } catch (error) {
    if (!(error instanceof DirectorError) || error.code !== 'ADDON_MISSING') throw error;
    return openNetlinkSocket(protocol, listener);
  }
};

/** Throws IPVS_UNAVAILABLE or NOT_PERMITTED. The kernel loads its module by itself if it can. */
export async function openIpvs(
  clock: Clock = systemClock,
  openSocket: OpenNetlinkSocket = openBestSocket,
): Promise<Ipvs> {
  const protocol = NetlinkProtocol.generic;
  const ipvs = new KernelIpvs(new NetlinkClient({ protocol, clock, openSocket }));
  try {
    await ipvs.info();
    return ipvs;
  } catch (error) {
    ipvs.close();
    throw error;
  }
}

class KernelIpvs implements Ipvs {
  private readonly netlink: NetlinkClient;
  /** Message type of IPVS; another one after the module was loaded anew. */
  private familyId: number | null = null;
  private readonly costs = new ChangeCosts();

  constructor(netlink: NetlinkClient) {
    this.netlink = netlink;
  }

  async readColumns(options: { readonly withStatistics: boolean }): Promise<TableColumns> {
    return (await this.readWhile(options, alwaysWanted)) as TableColumns;
  }

  readColumnsWhile(isWanted: () => boolean): Promise<TableColumns | null> {
    return this.readWhile({ withStatistics: false }, isWanted);
  }

  private async readWhile(
    options: { readonly withStatistics: boolean },
    isWanted: () => boolean,
  ): Promise<TableColumns | null> {
    const { withStatistics } = options;
    const table = new TableColumns(options);
    const all = await this.readServices(withStatistics);
    this.costs.hasRead(all.map(({ service }) => service));
    const isWhole = await this.readDestinations(
      all.map(({ service }) => service.key),
      table,
      (at) => {
        const { service, message } = all[at] as ToldService;
        table.open(service, message);
      },
      isWanted,
    );
    return isWhole ? table : null;
  }

  /** Each once. What is told is decoded as it comes: a message is kept where its counters are wanted. */
  private async readServices(withStatistics: boolean): Promise<readonly ToldService[]> {
    const decode = withStatistics ? decodeService : decodeServiceAlone;
    const services = new Map<string, ToldService>();
    let count = 0;
    let damage: Damage | null = null;
    await this.dumpInto(encodeRequest({ do: 'get-services' }), {
      begin: () => {
        services.clear();
        count = 0;
        damage = null;
      },
      take: (octets, from, to) => {
        const message = withStatistics ? octets.slice(from, to) : octets.subarray(from, to);
        const service = decode(message);
        if (service !== null) {
          const told = withStatistics ? { service, message } : { service };
          services.set(nameOfService(service.key), told);
        } else if (!isOfOtherProtocol(message)) {
          damage ??= { at: count, reply: message.slice() };
        }
        count += 1;
      },
    });
    if (damage !== null) throw damagedService(count, damage);
    return [...services.values()];
  }

  async readDestinationsOf(keys: readonly ServiceKey[]): Promise<TableColumns<ServiceKey>> {
    const table = new TableColumns<ServiceKey>({ withStatistics: false });
    await this.readDestinations(keys, table, (at) => table.open(keys[at] as ServiceKey));
    return table;
  }

  async readTable(): Promise<IpvsTable> {
    const table = await this.readColumns({ withStatistics: true });
    return {
      services: table.services.map((service, at) => ({
        service,
        destinations: table.statesOf(at),
      })),
    };
  }

  /**
   * A dump for each service, in one go; one that changes cut into may give an entry twice. False: given up, because it
   * was not wanted any more.
   */
  private async readDestinations(
    keys: readonly ServiceKey[],
    table: Pick<TableColumns, 'take' | 'restart'>,
    open: (at: number) => void,
    isWanted: () => boolean = alwaysWanted,
  ): Promise<boolean> {
    const header = { type: await this.family() };
    const source: RequestSource = {
      count: keys.length,
      header: () => header,
      write: (attributes, at) => {
        writeRequest(attributes, { do: 'get-destinations', key: keys[at] as ServiceKey });
      },
    };
    let begun = -1;
    let isWhole = true;
    let damage: Damage | null = null;
    const refusal = await this.netlink.dumps(source, {
      begin: (at) => {
        if (at === begun) table.restart();
        else open(at);
        begun = at;
      },
      take: (octets, from, to) => {
        if (table.take(octets, from, to)) return;
        damage ??= { at: begun, reply: octets.slice(from, to) };
      },
      isWanted: () => {
        isWhole = isWanted();
        return isWhole && damage === null;
      },
    });
    if (damage !== null) throw damagedDestination(keys, damage);
    if (refusal !== null) refuse(refusal, 'reading the IPVS table');
    return isWhole;
  }

  async apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]> {
    if (changes.length === 0) return [];
    const header = { type: await this.family() };
    const replies = await this.netlink.send({
      count: changes.length,
      header: () => header,
      write: (attributes, at) => writeRequest(attributes, changes[at] as IpvsChange),
      costOf: this.costs.of(changes),
    });
    // One unknown scheduler or absent destination is ENOENT too, so look whether the family moved.
    if (replies.every(isNoEntry) && (await this.familyMoved())) {
      throw new DirectorError('NETLINK_OVERRUN', 'IPVS was loaded anew: its table is empty now');
    }
    return replies.map(toOutcome);
  }

  async flush(): Promise<void> {
    await this.ask({ do: 'flush' }, 'the removal of all virtual servers');
  }

  async info(): Promise<IpvsInfo> {
    const reply = await this.ask({ do: 'get-info' }, 'reading the version of IPVS');
    const info = reply.data[0] && decodeInfo(reply.data[0]);
    if (!info) throw damagedReply('the version of IPVS', reply.data[0]);
    return info;
  }

  async readTimeouts(): Promise<Timeouts> {
    const reply = await this.ask({ do: 'get-timeouts' }, 'reading the timeouts of IPVS');
    const timeouts = reply.data[0] && decodeTimeouts(reply.data[0]);
    if (!timeouts) throw damagedReply('the timeouts of IPVS', reply.data[0]);
    return timeouts;
  }

  async setTimeouts(timeouts: Timeouts): Promise<void> {
    const { tcpSeconds, tcpFinSeconds, udpSeconds } = timeouts;
    const what = `the timeouts tcp ${tcpSeconds} s, tcpfin ${tcpFinSeconds} s, udp ${udpSeconds} s`;
    await this.ask({ do: 'set-timeouts', timeouts }, what, TIMEOUT_HINTS);
  }

  async readDaemons(): Promise<readonly SyncDaemon[]> {
    const messages = await this.dump(encodeRequest({ do: 'get-daemons' }));
    return decodeEach('sync daemon', messages, decodeDaemon);
  }

  async startDaemon(daemon: SyncDaemon): Promise<void> {
    const what = `the start of the sync daemon (${daemon.role}) on ${daemon.interface}`;
    await this.ask({ do: 'start-daemon', daemon }, what, DAEMON_HINTS);
  }

  async stopDaemon(role: SyncRole): Promise<void> {
    try {
      const [reply] = await this.request(
        [encodeRequest({ do: 'stop-daemon', role })],
        STOP_SILENCE_MS,
      );
      const name = reply === undefined || reply.errno === 0 ? null : replyName(reply);
      if (reply && name !== null && name !== 'ESRCH') {
        refuse(reply, `the stop of the sync daemon (${role})`);
      }
    } catch (error) {
      if (!(error instanceof DirectorError) || error.code !== 'NETLINK_TIMEOUT') throw error;
      const left = await this.readDaemons();
      if (left.some((daemon) => daemon.role === role)) throw error;
    }
  }

  async zero(key: ServiceKey | null): Promise<void> {
    const whose = key === null ? 'all virtual servers' : `virtual server ${formatService(key)}`;
    await this.ask({ do: 'zero', key }, `setting the counters of ${whose} to 0`, ZERO_HINTS);
  }

  close(): void {
    this.netlink.close();
  }

  private async request(
    payloads: readonly Uint8Array[],
    silenceMs?: Millis,
  ): Promise<readonly NetlinkReply[]> {
    const type = await this.family();
    const requests = payloads.map((payload) => ({ type, payload }));
    return this.netlink.request(requests, silenceMs);
  }

  /** For a request that is never refused with ENOENT unless the family has moved. Throws a refusal. */
  private async ask(request: IpvsRequest, what: string, hints?: Hints): Promise<NetlinkReply> {
    const payload = encodeRequest(request);
    let [reply] = await this.request([payload]);
    if (reply && isNoEntry(reply) && (await this.familyMoved())) {
      [reply] = await this.request([payload]);
    }
    invariant(reply !== undefined, 'each request has a reply');
    if (reply.errno !== 0) refuse(reply, what, hints);
    return reply;
  }

  private async dump(payload: Uint8Array): Promise<readonly Uint8Array[]> {
    let messages: Uint8Array[] = [];
    await this.dumpInto(payload, {
      begin: () => {
        messages = [];
      },
      take: (octets, from, to) => messages.push(octets.slice(from, to)),
    });
    return messages;
  }

  private async dumpInto(payload: Uint8Array, taker: DumpTaker): Promise<void> {
    let refusal = await this.netlink.dumpInto({ type: await this.family(), payload }, taker);
    if (refusal !== null && isNoEntry(refusal) && (await this.familyMoved())) {
      refusal = await this.netlink.dumpInto({ type: await this.family(), payload }, taker);
    }
    if (refusal !== null) refuse(refusal, 'reading the IPVS table');
  }

  private async family(): Promise<number> {
    this.familyId ??= await lookUpFamily(this.netlink);
    return this.familyId;
  }

  private async familyMoved(): Promise<boolean> {
    const before = this.familyId;
    this.familyId = null;
    return (await this.family()) !== before;
  }
}

async function lookUpFamily(netlink: NetlinkClient): Promise<number> {
  const [reply] = await netlink.request([
    { type: CONTROLLER_FAMILY_ID, payload: encodeFamilyLookup(IPVS_FAMILY) },
  ]);
  const id = reply?.data[0] && decodeFamilyId(reply.data[0]);
  if (id) return id;
  throw new DirectorError('IPVS_UNAVAILABLE', 'the kernel has no IPVS', {
    hint: 'modprobe ip_vs',
    ...(reply && reply.errno !== 0 ? { errno: reply.errno } : {}),
  });
}

/** A reply about a service, or about one of its destinations. */
interface Damage {
  /** Which service. */
  readonly at: number;
  readonly reply: Uint8Array;
}

function damagedService(count: number, { at, reply }: Damage): DirectorError {
  return damagedReply(`virtual server ${at + 1} of ${count} of the table`, reply);
}

function damagedDestination(keys: readonly ServiceKey[], { at, reply }: Damage): DirectorError {
  const key = keys[at];
  invariant(key !== undefined, 'a dump is of one of the services');
  return damagedReply(`a real server of virtual server ${formatService(key)}`, reply);
}

function alwaysWanted(): boolean {
  return true;
}

const DONE: Outcome = { done: true };

function toOutcome(reply: NetlinkReply): Outcome {
  if (reply.errno === 0) return DONE;
  const name = replyName(reply);
  // Not a fault of this one change: every other would end the same way.
  if (name === 'EPERM') refuse(reply, 'changing the IPVS table');
  return { done: false, errno: reply.errno, name, detail: reply.detail };
}

function isNoEntry(reply: Acknowledgement): boolean {
  return reply.errno !== 0 && replyName(reply) === 'ENOENT';
}
