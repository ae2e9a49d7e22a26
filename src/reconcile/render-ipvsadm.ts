/**
 * The kernel's table as `ipvsadm -L -n` prints it, octet for octet, in its order: addresses before firewall
 * marks, IPv4 before IPv6. Written as octets and not as text: a hundred thousand lines are made in a tenth of
 * the time.
 */
import { addressBits, addressBytes, netmaskOf } from '../base/address.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { unreachable } from '../base/error.ts';
import type { Service } from '../model/ipvs-table.ts';
import { namesOfFlags } from '../model/names.ts';
import type { DestinationColumns } from '../wire/ipvs/columns.ts';
import type { IpvsInfo } from '../wire/ipvs/settings.ts';
import type { TableColumns } from '../wire/ipvs/table.ts';

/** `-L -n` alone, with `--thresholds`, and with `--persistent-conn`. */
export type IpvsadmView = 'forwarding' | 'thresholds' | 'persistent-connections';

const HEADS: Readonly<Record<IpvsadmView, string>> = {
  forwarding:
    'Prot LocalAddress:Port Scheduler Flags\n' +
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n',
  thresholds:
    'Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n' +
    '  -> RemoteAddress:Port\n',
  'persistent-connections':
    'Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n' +
    '  -> RemoteAddress:Port\n',
};

/** By IP_VS_CONN_F_*. */
const FORWARD_WORDS = ['Masq', 'Local', 'Tunnel', 'Route', 'Bypass'] as const;
const PROTOCOL_ORDER = ['tcp', 'udp', 'sctp'] as const;
const IPV4 = 2;
const PIECE_OCTETS = 65_536;

/** In pieces, each of which is to be used before the next is asked for. */
export function* renderIpvsadm(
  info: IpvsInfo,
  table: TableColumns,
  view: IpvsadmView = 'forwarding',
): Generator<Uint8Array> {
  const lines = new Lines();
  lines.text(`IP Virtual Server version ${info.version} (size=${info.tableSize})\n${HEADS[view]}`);
  const order = table.services.map((service, at) => ({ at, place: placeOf(service) }));
  order.sort((a, b) => (a.place < b.place ? -1 : 1));
  for (const { at } of order) {
    lines.text(serviceLine(table.services[at] as Service));
    const rows = [...table.rowsOf(at)].sort((a, b) => compareRows(table.destinations, a, b));
    for (const row of rows) {
      if (lines.length > PIECE_OCTETS) yield lines.take();
      writeRow(lines, table.destinations, row, view);
    }
  }
  yield lines.take();
}

/** Sorts as text: mark, family, protocol, address, port. */
function placeOf({ key }: Service): string {
  const family = key.family === 'ipv4' ? '4' : '6';
  if (key.kind === 'fwmark') return `${padded(key.mark)}${family}`;
  const protocol = PROTOCOL_ORDER.indexOf(key.protocol);
  return `${padded(0)}${family}${protocol}${addressPlace(key.address)}${padded(key.port)}`;
}

function addressPlace(address: string): string {
  return Array.from(addressBytes(address), (octet) => String.fromCharCode(octet)).join('');
}

function padded(number: number): string {
  return String(number).padStart(10, '0');
}

function serviceLine(service: Service): string {
  const { key } = service;
  const name =
    key.kind === 'fwmark'
      ? `FWM  ${key.mark}${key.family === 'ipv6' ? ' IPv6' : ''}`
      : `${key.protocol.toUpperCase().padEnd(4)} ${formatEndpoint(key.address, key.port)}`;
  const persistence = service.persistent ? persistenceWords(service) : '';
  const engine = service.engine === null ? '' : ` pe ${service.engine}`;
  const onePacket = service.onePacket ? ' ops' : '';
  return `${name} ${service.scheduler}${flagWords(service)}${persistence}${engine}${onePacket}\n`;
}

function flagWords(service: Service): string {
  const words = namesOfFlags(service);
  return words.length === 0 ? '' : ` (${words.join(',')})`;
}

function persistenceWords({ key, timeoutSeconds, granularityBits }: Service): string {
  const whole = granularityBits === null || granularityBits === addressBits(key.family);
  const mask = key.family === 'ipv4' && !whole ? netmaskOf(granularityBits) : granularityBits;
  return ` persistent ${timeoutSeconds}${whole ? '' : ` mask ${mask}`}`;
}

/** Addresses of the other family than most come first. */
function compareRows({ family, address, port }: DestinationColumns, a: number, b: number): number {
  const byFamily = (family[b] as number) - (family[a] as number);
  if (byFamily !== 0) return byFamily;
  for (let word = 0; word < 4; word += 1) {
    const byWord = (address[4 * a + word] as number) - (address[4 * b + word] as number);
    if (byWord !== 0) return byWord;
  }
  return (port[a] as number) - (port[b] as number);
}

function writeRow(lines: Lines, columns: DestinationColumns, row: number, view: IpvsadmView): void {
  lines.text('  -> ');
  const from = lines.length;
  if (columns.family[row] === IPV4) {
    lines.ipv4(columns.address[4 * row] as number);
  } else {
    lines.text(`[${columns.addressText(row)}]`);
  }
  lines.text(':');
  lines.number(columns.port[row] as number);
  lines.pad(from, 28);
  switch (view) {
    case 'forwarding':
      lines.padded(FORWARD_WORDS[columns.forwarding[row] as number] ?? 'Unknown', 7);
      lines.paddedNumber(columns.weight[row] as number, 6);
      break;
    case 'thresholds':
      lines.paddedNumber(columns.upperThreshold[row] as number, 10);
      lines.paddedNumber(columns.lowerThreshold[row] as number, 10);
      break;
    case 'persistent-connections':
      lines.paddedNumber(columns.weight[row] as number, 9);
      lines.paddedNumber(columns.persistentConnections[row] as number, 11);
      break;
    default:
      unreachable(view);
  }
  lines.paddedNumber(columns.activeConnections[row] as number, 10);
  lines.endPadded(columns.inactiveConnections[row] as number, 10);
}

const [SPACE, NEWLINE, DOT, DIGIT_ZERO] = [32, 10, 46, 48];

/** Text of ASCII in a buffer that grows. */
class Lines {
  length = 0;
  private octets = new Uint8Array(2 * PIECE_OCTETS);

  text(text: string): void {
    this.makeRoom(text.length);
    for (let at = 0; at < text.length; at += 1) {
      this.octets[this.length + at] = text.charCodeAt(at);
    }
    this.length += text.length;
  }

  /** A whole number from 0 on, or a negative one. */
  number(value: number): void {
    if (value < 0) {
      this.text(String(value));
      return;
    }
    this.makeRoom(20);
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at -= 1) {
      const next = Math.floor(rest / 10);
      this.octets[at] = DIGIT_ZERO + rest - 10 * next;
      rest = next;
    }
    this.length += digits;
  }

  ipv4(address: number): void {
    for (const shift of [24, 16, 8, 0]) {
      this.number((address >>> shift) & 0xff);
      if (shift > 0) this.octets[this.length++] = DOT;
    }
  }

  padded(text: string, width: number): void {
    const from = this.length;
    this.text(text);
    this.pad(from, width);
  }

  paddedNumber(value: number, width: number): void {
    const from = this.length;
    this.number(value);
    this.pad(from, width);
  }

  endPadded(value: number, width: number): void {
    this.paddedNumber(value, width);
    this.octets[this.length - 1] = NEWLINE;
  }

  /** Blanks until there are `width` octets since `from`, and one more. */
  pad(from: number, width: number): void {
    this.makeRoom(width + 1);
    do this.octets[this.length++] = SPACE;
    while (this.length <= from + width);
  }

  /** All of it; the room is used again. */
  take(): Uint8Array {
    const octets = this.octets.subarray(0, this.length);
    this.length = 0;
    return octets;
  }

  private makeRoom(octets: number): void {
    if (this.length + octets <= this.octets.length) return;
    const grown = new Uint8Array(2 * this.octets.length + octets);
    grown.set(this.octets);
    this.octets = grown;
  }
}
