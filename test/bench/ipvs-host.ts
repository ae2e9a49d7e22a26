/**
 * The same at native speed, without the kernel's share: microseconds for a message that is encoded, for one
 * that goes through a netlink socket besides (as one that the kernel acknowledges and does nothing about), and
 * milliseconds for a dump of 100 000 real servers to become columns, and to be compared. In CPU time, that of
 * the collector and the compiler included, so that a busy machine shows the same.
 */
import { NetlinkClient } from '../../src/kernel/netlink.ts';
import { openNativeSocket } from '../../src/kernel/netlink-native.ts';
import type { IpvsTable } from '../../src/model/ipvs-table.ts';
import { diffIpvs } from '../../src/reconcile/ipvs.ts';
import { renderTable } from '../../src/reconcile/ipvsadm/table.ts';
import { recognise } from '../../src/reconcile/recognise.ts';
import {
  decodeServiceAlone,
  encodeDestinationReply,
  encodeServiceReply,
  type ServiceState,
} from '../../src/wire/ipvs/reply.ts';
import { type IpvsChange, writeRequest } from '../../src/wire/ipvs/request.ts';
import { NO_STATISTICS } from '../../src/wire/ipvs/statistics.ts';
import { TableColumns } from '../../src/wire/ipvs/table.ts';
import { encodeMessage, MessageCursor, MessageWriter } from '../../src/wire/nlmsg.ts';
import { type Side, tellLimit } from './figures.ts';
import { type Shape, shapeName, tableOf } from './ipvs-table.ts';

const RUNS = 40;
/** NLMSG_NOOP. */
const NOOP = { type: 1 } as const;
const MESSAGES_A_SEND = 256;
const SHAPES: readonly Shape[] = [
  { virtual: 1_000, real: 100, scheduler: 'wrr' },
  { virtual: 10_000, real: 10, scheduler: 'wrr' },
];

/** The faster half: others on the machine slow a run down, and nothing makes it faster than it is. */
function side(name: string, values: readonly number[]): Side {
  return { name, values: values.toSorted((a, b) => a - b).slice(0, values.length / 2) };
}

function encodeAll(changes: readonly IpvsChange[], writer: MessageWriter): void {
  changes.forEach((change, at) => {
    if (at % MESSAGES_A_SEND === 0) writer.clear();
    writer.begin(NOOP.type, 1, at);
    writeRequest(writer.attributes, change);
    writer.end();
  });
}

/** As the addon gives it: a piece of one buffer for each service. */
function dumpOf({ services }: IpvsTable): readonly Uint8Array[] {
  const load = { activeConnections: 1, inactiveConnections: 2, persistentConnections: 0 };
  const state = { ...load, statistics: NO_STATISTICS };
  const pieces = services.map(({ destinations }) =>
    Buffer.concat(
      destinations.map((destination) => {
        const payload = encodeDestinationReply({ ...destination, ...state });
        return encodeMessage({ type: 32, flags: 2, sequence: 1, payload });
      }),
    ),
  );
  const octets = Uint8Array.from(Buffer.concat(pieces));
  let end = 0;
  return pieces.map(({ length }) => {
    end += length;
    return octets.subarray(end - length, end);
  });
}

/** The payloads of a dump of services. */
function serviceDumpOf({ services }: IpvsTable): readonly Uint8Array[] {
  return services.map(({ service }) =>
    encodeServiceReply({ ...service, statistics: NO_STATISTICS }),
  );
}

function readDump(
  services: readonly Uint8Array[],
  destinations: readonly Uint8Array[],
): TableColumns {
  const table = new TableColumns({ withStatistics: false });
  const cursor = new MessageCursor();
  services.forEach((payload, at) => {
    table.open(decodeServiceAlone(payload) as ServiceState);
    const octets = destinations[at] as Uint8Array;
    cursor.open(octets);
    while (cursor.next()) table.take(octets, cursor.from, cursor.to);
  });
  return table;
}

async function measure(shape: Shape): Promise<void> {
  const name = shapeName(shape);
  const desired = tableOf(shape);
  const empty = { services: [] };
  const { changes } = diffIpvs({ desired, actual: empty, owned: [] });
  const perMessage = (ms: number): number => (ms * 1000) / changes.length;
  const netlink = new NetlinkClient({ protocol: 16, openSocket: openNativeSocket });
  const writer = new MessageWriter();
  const [services, destinations] = [serviceDumpOf(desired), dumpOf(desired)];
  let octets = 0;
  const [encoding, sending]: [number[], number[]] = [[], []];
  const [reading, comparing, rendering]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    let since = process.cpuUsage();
    const lap = (): number => {
      const { user, system } = process.cpuUsage(since);
      since = process.cpuUsage();
      return (user + system) / 1000;
    };
    encodeAll(changes, writer);
    encoding.push(perMessage(lap()));
    await netlink.send({
      count: changes.length,
      header: () => NOOP,
      write: (attributes, at) => writeRequest(attributes, changes[at] as IpvsChange),
    });
    sending.push(perMessage(lap()));
    const table = readDump(services, destinations);
    reading.push(lap());
    const actual = recognise(desired, table);
    const found = diffIpvs({ desired, actual, owned: [] });
    comparing.push(lap());
    if (found.changes.length > 0) throw new Error(`${name}: a difference where there is none`);
    for (const piece of renderTable({ version: '1.2.1', tableSize: 4096 }, table))
      octets += piece.length;
    rendering.push(lap());
  }
  netlink.close();
  if (octets === 0) throw new Error(`${name}: nothing was rendered`);
  tellLimit(`${name}, encode`, 'µs a message', side('ours', encoding), 0.4);
  tellLimit(`${name}, encode, send, acknowledge`, 'µs a message', side('ours', sending), 0.7);
  tellLimit(`${name}, dump to columns`, 'ms', side('ours', reading), 30);
  tellLimit(`${name}, compare with what is desired`, 'ms', side('ours', comparing), 60);
  tellLimit(`${name}, render as ipvsadm`, 'ms', side('ours', rendering), 150);
}

for (const shape of SHAPES) await measure(shape);
