/**
 * The kernel's table as `ipvsadm -L -n` prints it, octet for octet, with each of the switches that choose what
 * the columns show. Version 1.31 of ipvsadm is the measure (test/lab/ipvsadm.test.ts).
 */
import { addressBits, ipv4Text, netmaskNumber } from '../../base/address.ts';
import { unreachable } from '../../base/error.ts';
import type { Service } from '../../model/ipvs-table.ts';
import type { DestinationColumns } from '../../wire/ipvs/columns.ts';
import { AF, FORWARDING, TUNNEL_TYPE } from '../../wire/ipvs/numbers.ts';
import type { ServiceState } from '../../wire/ipvs/reply.ts';
import type { IpvsInfo } from '../../wire/ipvs/settings.ts';
import type { TableColumns } from '../../wire/ipvs/table.ts';
import { Lines } from './lines.ts';
import { addressWords, orderRows, orderServices } from './order.ts';

/** `-L -n` alone, and with `--stats`, `--rate`, `--thresholds`, `--persistent-conn` and `--tun-info`. */
export type TableView =
  | 'forwarding'
  | 'statistics'
  | 'rates'
  | 'thresholds'
  | 'persistent-connections'
  | 'tunnels';

export interface TableOptions {
  readonly view: TableView;
  /** `--exact`: counters and rates in full, not in K, M, G or T. */
  readonly exact: boolean;
}

const SERVICE_HEAD = 'Prot LocalAddress:Port Scheduler Flags\n';
const COUNTED_END = '  -> RemoteAddress:Port\n';

const HEADS: Readonly<Record<TableView, string>> = {
  forwarding: `${SERVICE_HEAD}  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n`,
  tunnels: `${SERVICE_HEAD}  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n`,
  statistics: `Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n${COUNTED_END}`,
  rates: `Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n${COUNTED_END}`,
  thresholds: `Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n${COUNTED_END}`,
  'persistent-connections': `Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n${COUNTED_END}`,
};

/** IPVS_STATS_ATTR_*: connections, packets and octets in and out; the rates of the same. */
const COUNTERS: Readonly<Record<'statistics' | 'rates', readonly number[]>> = {
  statistics: [1, 2, 3, 4, 5],
  rates: [6, 7, 8, 9, 10],
};
/** Octets are all that ipvsadm reads in 64 bits of a real server; of the rest it takes the low 32. */
const WIDE_OF_REAL_SERVER: readonly number[] = [4, 5];
/** Rates of a real server that it never shortens: connections and packets. */
const EXACT_OF_REAL_SERVER: readonly number[] = [6, 7, 8];

/** By IP_VS_CONN_F_*. The kernel takes more numbers than have names; this is what printf makes of those. */
const FORWARD_WORDS = ['Masq', 'Local', 'Tunnel', 'Route'] as const;
const NO_FORWARD_WORD = '(null)';

/** By IP_VS_TUNNEL_ENCAP_FLAG_*. */
const CHECKSUM_WORDS = ['-c', '+c', 'r+c'] as const;

const PIECE_OCTETS = 65_536;

/** Whether the table must have been read with its statistics. */
export function needsStatistics(view: TableView): boolean {
  return view === 'statistics' || view === 'rates';
}

/** In pieces, each of which is to be used before the next is asked for. */
export function* renderTable(
  info: IpvsInfo,
  table: TableColumns,
  { view, exact }: TableOptions = { view: 'forwarding', exact: false },
): Generator<Uint8Array> {
  const lines = new Lines(2 * PIECE_OCTETS);
  const writer = new TableWriter(lines, table, view, exact);
  lines.text(`IP Virtual Server version ${info.version} (size=${info.tableSize})\n${HEADS[view]}`);
  for (const service of orderServices(table)) {
    writer.service(service);
    const columns = table.columnsOf(service);
    for (const row of orderRows(table, service)) {
      if (lines.length > PIECE_OCTETS) yield lines.take();
      writer.destination(columns, row);
    }
  }
  yield lines.take();
}

class TableWriter {
  private readonly lines: Lines;
  private readonly table: TableColumns;
  private readonly view: TableView;
  private readonly exact: boolean;

  constructor(lines: Lines, table: TableColumns, view: TableView, exact: boolean) {
    this.lines = lines;
    this.table = table;
    this.view = view;
    this.exact = exact;
  }

  service(at: number): void {
    const { lines, view } = this;
    const service = this.table.services[at] as ServiceState;
    const from = lines.length;
    this.serviceName(service);
    if (view === 'statistics' || view === 'rates') {
      lines.fill(from, 33);
      const { serviceCounters } = this.table;
      for (const type of COUNTERS[view]) {
        lines.counter(serviceCounters.high(at, type), serviceCounters.low(at, type), this.exact);
      }
    } else {
      const persistence = service.persistent ? persistenceWords(service) : '';
      const engine = service.engine === null ? '' : ` pe ${service.engine}`;
      const onePacket = service.onePacket ? ' ops' : '';
      const flags = flagWords(service);
      lines.text(` ${service.scheduler}${flags}${persistence}${engine}${onePacket}`);
    }
    lines.endLine();
  }

  destination(columns: DestinationColumns, row: number): void {
    const { lines, view } = this;
    lines.text('  -> ');
    const from = lines.length;
    if (columns.family[row] === AF.ipv4) lines.ipv4(columns.address[4 * row] as number);
    else this.bracketed(columns.address, 4 * row);
    lines.text(':');
    lines.number(columns.port[row] as number);
    lines.fill(from, 28);
    switch (view) {
      case 'statistics':
      case 'rates':
        for (const type of COUNTERS[view]) this.destinationCounter(columns, row, type);
        lines.endLine();
        return;
      case 'forwarding':
        this.forwarding(columns, row);
        this.number(columns.weight[row] as number, 6);
        break;
      case 'tunnels':
        this.forwarding(columns, row);
        this.word(tunnelWord(columns, row), 13);
        this.number(columns.weight[row] as number, 6);
        break;
      case 'thresholds':
        this.number(columns.upperThreshold[row] as number, 10);
        this.number(columns.lowerThreshold[row] as number, 10);
        break;
      case 'persistent-connections':
        this.number(columns.weight[row] as number, 9);
        this.number(columns.persistentConnections[row] as number, 11);
        break;
      default:
        unreachable(view);
    }
    this.number(columns.activeConnections[row] as number, 10);
    this.number(columns.inactiveConnections[row] as number, 10);
    lines.endLine();
  }

  private serviceName({ key }: Service): void {
    const { lines } = this;
    if (key.kind === 'fwmark') {
      // ipvsadm takes the mark for a number with a sign.
      lines.text(`FWM  ${key.mark | 0}${key.family === 'ipv6' ? ' IPv6' : ''}`);
      return;
    }
    lines.text(`${key.protocol.toUpperCase().padEnd(4)} `);
    if (key.family === 'ipv4') lines.text(key.address);
    else this.bracketed(addressWords(key.address), 0);
    lines.text(`:${key.port}`);
  }

  private bracketed(words: ArrayLike<number>, at: number): void {
    this.lines.text('[');
    this.lines.ipv6(words, at);
    this.lines.text(']');
  }

  private destinationCounter({ counters }: DestinationColumns, row: number, type: number): void {
    const high = WIDE_OF_REAL_SERVER.includes(type) ? counters.high(row, type) : 0;
    const exact = this.exact || EXACT_OF_REAL_SERVER.includes(type);
    this.lines.counter(high, counters.low(row, type), exact);
  }

  private forwarding({ forwarding }: DestinationColumns, row: number): void {
    this.word(FORWARD_WORDS[forwarding[row] as number] ?? NO_FORWARD_WORD, 7);
  }

  /** A blank, then a field; the last of a line ends with its blanks. */
  private word(text: string, width: number): void {
    const { lines } = this;
    lines.blank();
    const from = lines.length;
    lines.text(text);
    lines.fill(from, width);
  }

  private number(value: number, width: number): void {
    const { lines } = this;
    lines.blank();
    const from = lines.length;
    lines.number(value);
    lines.fill(from, width);
  }
}

/** `sh` and `mh` name the first two of their flags and are silent about the third. */
function flagWords({ scheduler, schedulerFlags }: Service): string {
  const { fallback, port, third } = schedulerFlags;
  if (!fallback && !port && !third) return '';
  const isHash = scheduler === 'sh' || scheduler === 'mh';
  const words = isHash
    ? [...(fallback ? [`${scheduler}-fallback`] : []), ...(port ? [`${scheduler}-port`] : [])]
    : [...(fallback ? ['flag-1'] : []), ...(port ? ['flag-2'] : []), ...(third ? ['flag-3'] : [])];
  return ` (${words.join(',')})`;
}

function persistenceWords(service: ServiceState): string {
  const { key, timeoutSeconds, granularityBits, maskWithGaps } = service;
  const persistent = ` persistent ${timeoutSeconds}`;
  if (granularityBits === addressBits(key.family)) return persistent;
  if (key.family === 'ipv6') return `${persistent} mask ${granularityBits}`;
  const mask = granularityBits === null ? (maskWithGaps ?? 0) : netmaskNumber(granularityBits);
  return `${persistent} mask ${ipv4Text(mask)}`;
}

/** `ipip`, `gue:6080:+c`, `gre:-c`; `n/a` for what is no tunnel. */
function tunnelWord(columns: DestinationColumns, row: number): string {
  if (columns.forwarding[row] !== FORWARDING.tun) return 'n/a';
  const checksum = CHECKSUM_WORDS[columns.tunnelFlags[row] as number] ?? '?';
  switch (columns.tunnelType[row]) {
    case TUNNEL_TYPE.ipip:
      return 'ipip';
    case TUNNEL_TYPE.gue:
      return `gue:${columns.tunnelPort[row]}:${checksum}`;
    case TUNNEL_TYPE.gre:
      return `gre:${checksum}`;
    default:
      return '?';
  }
}
