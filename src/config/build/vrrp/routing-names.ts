/**
 * The names of iproute2's tables → numbers: routing tables, protocols, scopes, types of service, realms and
 * groups of interfaces, as rt_tables and its kin say, and before them what is built in.
 */
import type { Reports } from '../../diagnostics/reports.ts';
import type { ConfigEnvironment } from '../../environment.ts';
import type { Word } from '../../text/ast.ts';
import type { Section } from '../../values/section.ts';

export type NameTable = 'table' | 'protocol' | 'scope' | 'tos' | 'realm' | 'group' | 'ipProtocol';

const FILES: Readonly<Record<NameTable, string>> = {
  table: 'rt_tables',
  protocol: 'rt_protos',
  scope: 'rt_scopes',
  tos: 'rt_dsfield',
  realm: 'rt_realms',
  group: 'group',
  ipProtocol: '/etc/protocols',
};

const CALLED: Readonly<Record<NameTable, string>> = {
  table: 'routing table',
  protocol: 'routing protocol',
  scope: 'scope',
  tos: 'type of service',
  realm: 'realm',
  group: 'group of interfaces',
  ipProtocol: 'protocol',
};

const BUILT_IN: Readonly<Record<NameTable, Readonly<Record<string, number>>>> = {
  table: { unspec: 0, default: 253, main: 254, local: 255 },
  protocol: {
    redirect: 1,
    kernel: 2,
    boot: 3,
    static: 4,
    ra: 9,
    zebra: 11,
    bird: 12,
    keepalived: 18,
    babel: 42,
    bgp: 186,
    isis: 187,
    ospf: 188,
    rip: 189,
    eigrp: 192,
  },
  scope: { global: 0, universe: 0, site: 200, link: 253, host: 254, nowhere: 255 },
  tos: {},
  realm: { cosmos: 0 },
  group: { default: 0 },
  ipProtocol: {
    icmp: 1,
    igmp: 2,
    ipip: 4,
    tcp: 6,
    udp: 17,
    dccp: 33,
    gre: 47,
    esp: 50,
    ah: 51,
    'ipv6-icmp': 58,
    ospf: 89,
    vrrp: 112,
    sctp: 132,
    udplite: 136,
  },
};

const LARGEST: Readonly<Record<NameTable, number>> = {
  table: 0xffff_ffff,
  protocol: 255,
  scope: 255,
  tos: 255,
  realm: 0xffff,
  group: 0xffff_ffff,
  ipProtocol: 255,
};

export class RoutingNames {
  private readonly environment: ConfigEnvironment;
  private readonly reports: Reports;
  private readonly folders: readonly string[];
  private readonly read = new Map<NameTable, ReadonlyMap<string, number>>();

  constructor(globals: Section, environment: ConfigEnvironment, reports: Reports) {
    this.environment = environment;
    this.reports = reports;
    const distribution = globals.text('iproute_usr_dir');
    this.folders = [
      globals.text('iproute_etc_dir') ?? '/etc/iproute2',
      ...(distribution === null ? ['/usr/share/iproute2', '/usr/lib/iproute2'] : [distribution]),
    ];
  }

  /** The number that a word is or names; null: there is none of this name, which is told. */
  number(table: NameTable, { text, span }: Word): number | null {
    const number = /^\d/.test(text) ? numberIn(text) : this.named(table, text);
    if (number !== undefined && number <= LARGEST[table]) return number;
    this.reports.add({
      code: 'unknown-reference',
      span,
      message: `there is no ${CALLED[table]} "${text}" on this machine`,
      hint: `a number up to ${LARGEST[table]}, or a name that ${this.whereIs(table)} has`,
    });
    return null;
  }

  private named(table: NameTable, name: string): number | undefined {
    const builtIn = BUILT_IN[table][name];
    if (builtIn !== undefined) return builtIn;
    const names = this.read.get(table) ?? this.readNames(table);
    this.read.set(table, names);
    return names.get(name);
  }

  private whereIs(table: NameTable): string {
    const file = FILES[table];
    return file.startsWith('/') ? file : `${this.folders[0]}/${file}`;
  }

  /** The administrator's files count before the distribution's. */
  private readNames(table: NameTable): ReadonlyMap<string, number> {
    const names = new Map<string, number>();
    for (const path of this.filesOf(FILES[table])) {
      for (const [first, second] of this.lines(path)) {
        // /etc/protocols has the name first, the tables of iproute2 the number.
        const [name, number] = table === 'ipProtocol' ? [first, second] : [second, first];
        const value = numberIn(number);
        if (value !== undefined && !names.has(name)) names.set(name, value);
      }
    }
    return names;
  }

  private filesOf(file: string): readonly string[] {
    if (file.startsWith('/')) return [file];
    return this.folders.flatMap((folder) => {
      const more = this.environment.listFiles(`${folder}/${file}.d/*.conf`);
      return [...('error' in more ? [] : more), `${folder}/${file}`];
    });
  }

  /** The first two words of each line. */
  private lines(path: string): readonly (readonly [string, string])[] {
    const file = this.environment.readFile(path);
    if ('error' in file) return [];
    return file.text.split('\n').flatMap((line) => {
      const [first, second] = line.replace(/#.*/, '').trim().split(/\s+/);
      return first && second ? [[first, second] as const] : [];
    });
  }
}

/** Like C: 0x… is hexadecimal, 0… octal. */
function numberIn(text: string): number | undefined {
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  const number = Number(text);
  return Number.isInteger(number) ? number : undefined;
}
