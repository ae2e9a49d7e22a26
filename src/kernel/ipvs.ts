/**
 * Reads and writes the kernel's IPVS table of this network namespace. It does what it is told, in
 * order, and says how each change went; what to change is decided in reconcile/.
 */
import { DirectorError } from '../base/error.ts';
import { type Clock, systemClock } from '../base/time.ts';
import { CONTROLLER_FAMILY_ID, decodeFamilyId, encodeFamilyLookup } from '../wire/genl.ts';
import { IPVS_FAMILY } from '../wire/ipvs/numbers.ts';
import {
  type DestinationState,
  decodeDestination,
  decodeInfo,
  decodeService,
  type ServiceState,
} from '../wire/ipvs/reply.ts';
import { encodeRequest, type IpvsChange } from '../wire/ipvs/request.ts';
import type { ServiceKey } from '../wire/ipvs/service.ts';
import type { IpvsInfo } from '../wire/ipvs/settings.ts';
import { NetlinkClient, type NetlinkReply, refuse, replyName } from './netlink.ts';
import { NetlinkProtocol } from './netlink-socket.ts';

export interface ServiceEntry {
  readonly service: ServiceState;
  readonly destinations: readonly DestinationState[];
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
  /** All services with their destinations, each once. */
  readTable(): Promise<IpvsTable>;
  /**
   * Makes the changes in order and gives one outcome each; a refusal does not stop the next. Throws
   * when outcomes are unknown (NETLINK_OVERRUN, NETLINK_TIMEOUT): read the table again.
   */
  apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]>;
  /** Removes every service, whoever made it. */
  flush(): Promise<void>;
  info(): Promise<IpvsInfo>;
  close(): void;
}

/** Throws IPVS_UNAVAILABLE or NOT_PERMITTED. The kernel loads its module by itself if it can. */
export async function openIpvs(clock: Clock = systemClock): Promise<Ipvs> {
  const ipvs = new KernelIpvs(new NetlinkClient({ protocol: NetlinkProtocol.generic, clock }));
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

  constructor(netlink: NetlinkClient) {
    this.netlink = netlink;
  }

  async readTable(): Promise<IpvsTable> {
    const payloads = await this.dump(encodeRequest({ do: 'get-services' }));
    const services = new Map<string, ServiceState>();
    for (const service of decodeAll(payloads, decodeService)) {
      services.set(JSON.stringify(service.key), service);
    }
    const entries: ServiceEntry[] = [];
    for (const service of services.values()) {
      entries.push({ service, destinations: await this.readDestinations(service.key) });
    }
    return { services: entries };
  }

  /** A dump that changes cut into may give an entry twice. */
  private async readDestinations(key: ServiceKey): Promise<readonly DestinationState[]> {
    const payloads = await this.dump(encodeRequest({ do: 'get-destinations', key }));
    const destinations = new Map<string, DestinationState>();
    for (const destination of decodeAll(payloads, decodeDestination)) {
      destinations.set(`${destination.address} ${destination.port}`, destination);
    }
    return [...destinations.values()];
  }

  async apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]> {
    if (changes.length === 0) return [];
    const payloads = changes.map(encodeRequest);
    const replies = await this.request(payloads);
    // One unknown scheduler or absent destination is ENOENT too, so look whether the family moved.
    if (replies.every(isNoEntry) && (await this.familyMoved())) {
      throw new DirectorError('NETLINK_OVERRUN', 'IPVS was loaded anew: its table is empty now');
    }
    return replies.map(toOutcome);
  }

  async flush(): Promise<void> {
    const [reply] = await this.requestFresh(encodeRequest({ do: 'flush' }));
    if (reply && reply.errno !== 0) refuse(reply, 'the removal of all virtual servers');
  }

  async info(): Promise<IpvsInfo> {
    const [reply] = await this.requestFresh(encodeRequest({ do: 'get-info' }));
    if (reply && reply.errno !== 0) refuse(reply, 'reading the version of IPVS');
    const info = reply?.data[0] && decodeInfo(reply.data[0]);
    if (!info) throw new DirectorError('NETLINK_REFUSED', 'IPVS gave no version');
    return info;
  }

  close(): void {
    this.netlink.close();
  }

  private async request(payloads: readonly Uint8Array[]): Promise<readonly NetlinkReply[]> {
    const type = await this.family();
    return this.netlink.request(payloads.map((payload) => ({ type, payload })));
  }

  /** For a request that is never refused with ENOENT unless the family has moved. */
  private async requestFresh(payload: Uint8Array): Promise<readonly NetlinkReply[]> {
    const replies = await this.request([payload]);
    if (!replies.every(isNoEntry) || !(await this.familyMoved())) return replies;
    return this.request([payload]);
  }

  private async dump(payload: Uint8Array): Promise<readonly Uint8Array[]> {
    let reply = await this.netlink.dump({ type: await this.family(), payload });
    if (isNoEntry(reply) && (await this.familyMoved())) {
      reply = await this.netlink.dump({ type: await this.family(), payload });
    }
    if (reply.errno !== 0) refuse(reply, 'reading the IPVS table');
    return reply.data;
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

function toOutcome(reply: NetlinkReply): Outcome {
  if (reply.errno === 0) return { done: true };
  const name = replyName(reply);
  // Not a fault of this one change: every other would end the same way.
  if (name === 'EPERM') refuse(reply, 'changing the IPVS table');
  return { done: false, errno: reply.errno, name, detail: reply.detail };
}

function isNoEntry(reply: NetlinkReply): boolean {
  return reply.errno !== 0 && replyName(reply) === 'ENOENT';
}

/** Leaves out what cannot be decoded: services of protocols that are none of ours. */
function decodeAll<T>(
  payloads: readonly Uint8Array[],
  decode: (payload: Uint8Array) => T | null,
): readonly T[] {
  return payloads.flatMap((payload) => decode(payload) ?? []);
}
