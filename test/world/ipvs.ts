/**
 * A kernel with IPVS, in memory: it holds a table, makes changes one by one and refuses what a real
 * one refuses, with the same errno. test/lab/ipvs.test.ts compares it with the real one.
 */
import { constants } from 'node:os';
import { familyOf } from '../../src/base/address.ts';
import { DirectorError } from '../../src/base/error.ts';
import type { SettingsKernel } from '../../src/daemon/health/kernel-settings.ts';
import type { Ipvs, IpvsTable, Outcome, ServiceEntry } from '../../src/kernel/ipvs.ts';
import { formatService } from '../../src/model/names.ts';
import type { SyncDaemon, SyncRole } from '../../src/wire/ipvs/daemon.ts';
import type { Destination } from '../../src/wire/ipvs/destination.ts';
import { encodeDestinationReply, encodeServiceReply } from '../../src/wire/ipvs/reply.ts';
import type { IpvsChange } from '../../src/wire/ipvs/request.ts';
import type { Service, ServiceKey } from '../../src/wire/ipvs/service.ts';
import type { Timeouts } from '../../src/wire/ipvs/settings.ts';
import { NO_STATISTICS, type Statistics } from '../../src/wire/ipvs/statistics.ts';
import { TableColumns } from '../../src/wire/ipvs/table.ts';

type ErrnoName = keyof typeof constants.errno;

interface Held {
  service: Service;
  readonly destinations: Map<string, Destination>;
}

const SCHEDULERS = 'rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq none'.split(' ');

const MH_TABLE_ENTRIES = 4093;

export class SimulatedIpvs implements Ipvs {
  /** Every change that was asked for, with its outcome; clear it as you like. */
  readonly log: { readonly change: IpvsChange; readonly outcome: Outcome }[] = [];
  readings = 0;
  /** What each entry has counted. */
  statistics: Statistics = NO_STATISTICS;
  /** Called before each change that `apply` makes: a place for others to interfere. */
  beforeChange: (change: IpvsChange) => void = () => {};
  /** Awaited before each dump of a reading that may be given up: a place for what happens meanwhile. */
  betweenDumps: () => Promise<void> = async () => {};
  /** Whose counters were set to 0. */
  readonly zeroed: string[] = [];
  /** Readings that were given up. */
  readingsGivenUp = 0;
  /** Answers of the next this many calls of `apply` are lost, though the changes are made. */
  answersToLose = 0;
  private readonly daemons = new Map<SyncRole, SyncDaemon>();
  private timeouts: Timeouts = { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 };
  private readonly services = new Map<string, Held>();

  async readTable(): Promise<IpvsTable> {
    this.readings += 1;
    return this.table();
  }

  async readColumns(options: { readonly withStatistics: boolean }): Promise<TableColumns> {
    this.readings += 1;
    return columnsOf(this.table(), options);
  }

  async readColumnsWhile(isWanted: () => boolean): Promise<TableColumns | null> {
    for (let dumps = this.services.size; dumps > 0; dumps -= 1) {
      await this.betweenDumps();
      if (isWanted()) continue;
      this.readingsGivenUp += 1;
      return null;
    }
    return this.readColumns({ withStatistics: false });
  }

  async readDestinationsOf(keys: readonly ServiceKey[]): Promise<TableColumns<ServiceKey>> {
    const held = new Map(
      this.table().services.map((entry) => [formatService(entry.service.key), entry]),
    );
    const columns = new TableColumns<ServiceKey>({ withStatistics: false });
    for (const key of keys) {
      columns.open(key);
      for (const destination of held.get(formatService(key))?.destinations ?? []) {
        const octets = encodeDestinationReply(destination);
        columns.take(octets, 0, octets.length);
      }
    }
    return columns;
  }

  async apply(changes: readonly IpvsChange[]): Promise<readonly Outcome[]> {
    const outcomes = changes.map((change) => {
      this.beforeChange(change);
      const outcome = this.make(change);
      this.log.push({ change, outcome });
      return outcome;
    });
    if (this.answersToLose > 0) {
      this.answersToLose -= 1;
      throw new DirectorError('NETLINK_OVERRUN', 'answers of the kernel were lost');
    }
    return outcomes;
  }

  async flush(): Promise<void> {
    this.services.clear();
  }

  async info(): Promise<{ version: string; tableSize: number }> {
    return { version: '1.2.1', tableSize: 4096 };
  }

  async readTimeouts(): Promise<Timeouts> {
    return this.timeouts;
  }

  async setTimeouts(timeouts: Timeouts): Promise<void> {
    this.timeouts = {
      tcpSeconds: timeouts.tcpSeconds || this.timeouts.tcpSeconds,
      tcpFinSeconds: timeouts.tcpFinSeconds || this.timeouts.tcpFinSeconds,
      udpSeconds: timeouts.udpSeconds || this.timeouts.udpSeconds,
    };
  }

  async readDaemons(): Promise<readonly SyncDaemon[]> {
    return (['master', 'backup'] as const).flatMap((role) => this.daemons.get(role) ?? []);
  }

  async startDaemon(daemon: SyncDaemon): Promise<void> {
    if (this.daemons.has(daemon.role)) {
      const what = `the start of the sync daemon (${daemon.role}) on ${daemon.interface}`;
      throw new DirectorError('NETLINK_REFUSED', `the kernel refused ${what}: EEXIST`, {
        errno: constants.errno.EEXIST,
      });
    }
    this.daemons.set(daemon.role, {
      ...daemon,
      maxlen: daemon.maxlen ?? 1472,
      group: daemon.group ?? '224.0.0.81',
      port: daemon.port ?? 8848,
      ttl: daemon.ttl ?? 1,
    });
  }

  async stopDaemon(role: SyncRole): Promise<void> {
    this.daemons.delete(role);
  }

  /** Nothing is counted here. */
  async zero(key: ServiceKey | null): Promise<void> {
    if (key !== null && !this.services.has(formatService(key))) {
      const errno = constants.errno.ESRCH;
      throw new DirectorError('NETLINK_REFUSED', 'the kernel refused', { errno });
    }
    this.zeroed.push(key === null ? 'all' : formatService(key));
  }

  close(): void {}

  /** The table as it is, also for a look between two changes. */
  table(): IpvsTable {
    return {
      services: Array.from(this.services.values(), (held) => toEntry(held, this.statistics)),
    };
  }

  /** What somebody else does; not in the log. */
  make(change: IpvsChange): Outcome {
    const refusal = this.refusalOf(change);
    return refusal === null ? { done: true } : refused(refusal);
  }

  private refusalOf(change: IpvsChange): ErrnoName | null {
    switch (change.do) {
      case 'add-service':
        return this.addService(change.service);
      case 'edit-service':
        return this.editService(change.service);
      case 'remove-service':
        return this.services.delete(formatService(change.key)) ? null : 'ESRCH';
      case 'add-destination':
        return this.addDestination(change.key, change.destination);
      case 'edit-destination':
        return this.editDestination(change.key, change.destination);
      case 'remove-destination':
        return this.removeDestination(change.key, change.destination);
    }
  }

  private addService(service: Service): ErrnoName | null {
    const name = formatService(service.key);
    if (this.services.has(name)) return 'EEXIST';
    const refusal = serviceRefusal(service);
    if (refusal === null) this.services.set(name, { service, destinations: new Map() });
    return refusal;
  }

  private editService(service: Service): ErrnoName | null {
    const held = this.services.get(formatService(service.key));
    if (!held) return 'ESRCH';
    const isTooLarge = service.scheduler === 'mh' && held.destinations.size > MH_TABLE_ENTRIES;
    const refusal = serviceRefusal(service) ?? (isTooLarge ? 'EINVAL' : null);
    if (refusal === null) held.service = service;
    return refusal;
  }

  private addDestination(key: ServiceKey, destination: Destination): ErrnoName | null {
    const held = this.services.get(formatService(key));
    if (!held) return 'ESRCH';
    const refusal = destinationRefusal(key, destination);
    if (refusal !== null) return refusal;
    if (held.destinations.has(nameOf(destination))) return 'EEXIST';
    held.destinations.set(nameOf(destination), destination);
    return null;
  }

  private editDestination(key: ServiceKey, destination: Destination): ErrnoName | null {
    const held = this.services.get(formatService(key));
    if (!held) return 'ESRCH';
    const refusal = destinationRefusal(key, destination);
    if (refusal !== null) return refusal;
    if (!held.destinations.has(nameOf(destination))) return 'ENOENT';
    held.destinations.set(nameOf(destination), destination);
    return null;
  }

  private removeDestination(
    key: ServiceKey,
    destination: Pick<Destination, 'address' | 'port'>,
  ): ErrnoName | null {
    const held = this.services.get(formatService(key));
    if (!held) return 'ESRCH';
    return held.destinations.delete(nameOf(destination)) ? null : 'ENOENT';
  }
}

/** As the kernel's own octets are read. */
export function columnsOf(
  { services }: IpvsTable,
  options: { readonly withStatistics: boolean } = { withStatistics: false },
): TableColumns {
  const columns = new TableColumns(options);
  for (const { service, destinations } of services) {
    columns.open(service, options.withStatistics ? encodeServiceReply(service) : undefined);
    for (const destination of destinations) {
      const octets = encodeDestinationReply(destination);
      columns.take(octets, 0, octets.length);
    }
  }
  return columns;
}

function refused(name: ErrnoName): Outcome {
  return { done: false, errno: constants.errno[name], name, detail: null };
}

function nameOf({ address, port }: Pick<Destination, 'address' | 'port'>): string {
  return `${address} ${port}`;
}

function serviceRefusal({ scheduler, key, granularityBits, engine }: Service): ErrnoName | null {
  if (!SCHEDULERS.includes(scheduler)) return 'ENOENT';
  if (engine !== null && engine !== 'sip') return 'ENOENT';
  const bits = granularityBits ?? 0;
  return key.family === 'ipv6' && (bits < 1 || bits > 128) ? 'EINVAL' : null;
}

function destinationRefusal(key: ServiceKey, destination: Destination): ErrnoName | null {
  const { address, weight, lowerThreshold, upperThreshold, forwarding, tunnel } = destination;
  if (familyOf(address) !== key.family && forwarding !== 'tun') return 'EINVAL';
  if (weight < 0 || lowerThreshold > upperThreshold) return 'ERANGE';
  if (tunnel?.type === 'gue' && tunnel.port === 0) return 'EINVAL';
  return isUnicast(address) ? null : 'EINVAL';
}

function isUnicast(address: string): boolean {
  if (familyOf(address) === 'ipv6') return address !== '::' && !address.startsWith('ff');
  const first = Number(address.slice(0, address.indexOf('.')));
  const isMulticast = first >= 224 && first <= 239;
  return !isMulticast && address !== '0.0.0.0' && address !== '255.255.255.255';
}

function toEntry({ service, destinations }: Held, statistics: Statistics): ServiceEntry {
  return {
    service: { ...service, statistics },
    destinations: Array.from(destinations.values(), (destination) => ({
      ...destination,
      activeConnections: 0,
      inactiveConnections: 0,
      persistentConnections: 0,
      statistics,
    })),
  };
}

/** The settings of a kernel that holds this table: no sysctls, and no interface for a sync daemon. */
export function settingsKernelOf(ipvs: Ipvs): SettingsKernel {
  return {
    readTimeouts: () => ipvs.readTimeouts(),
    setTimeouts: (timeouts) => ipvs.setTimeouts(timeouts),
    readDaemons: () => ipvs.readDaemons(),
    startDaemon: (daemon) => ipvs.startDaemon(daemon),
    stopDaemon: (role) => ipvs.stopDaemon(role),
    readSysctl: () => null,
    writeSysctl: () => {},
    countLearnt: async () => null,
    interfaceIndex: async () => null,
  };
}
