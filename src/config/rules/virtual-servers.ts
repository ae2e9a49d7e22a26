/** What a virtual server and its real servers are together. Each server is looked at by itself. */
import { parseAddress } from '../../base/address.ts';
import type { PlacedServers } from '../build/placed.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import type { ServerParts } from './parts.ts';
import {
  isOn,
  lastWritten,
  nameSpan,
  numberOf,
  standsAbove,
  textOf,
  valueSpan,
} from './written.ts';

/** A virtual server taken apart once, for all advice on it. */
const FLAGS = ['sh-port', 'sh-fallback', 'mh-port', 'mh-fallback'] as const;

function scheduler(section: Section): ReturnType<typeof lastWritten> {
  return lastWritten(section, 'lvs_sched') ?? lastWritten(section, 'lb_algo');
}

/** A flag that stands above its scheduler, or belongs to another one. */
export function tellSchedulerFlags(server: Section, reports: Reports): void {
  for (const name of FLAGS) {
    const flag = lastWritten(server, name);
    if (flag === null) continue;
    const setting = scheduler(server);
    const used = setting?.value.is === 'text' ? setting.value.text : null;
    const wanted = name.slice(0, 2);
    if (setting !== null && standsAbove(flag.span, setting.span)) {
      reports.add({
        code: 'flag-before-scheduler',
        span: flag.word.span,
        message: `keepalived ignores "${name}" above lvs_sched`,
        hint: `move it below "lvs_sched ${used ?? wanted}"`,
      });
    } else if (used !== null && used !== wanted) {
      reports.add({
        code: 'flag-of-other-scheduler',
        span: flag.word.span,
        message: `"${name}" is a flag of the scheduler ${wanted}, and this one is ${used}`,
        hint: `remove it, or write "lvs_sched ${wanted}"`,
      });
    }
  }
}

function weightsOf({ section, realServers }: ServerParts): readonly number[] {
  const otherwise = numberOf(section, 'weight') ?? 1;
  return realServers.map((one) => numberOf(one.section, 'weight') ?? otherwise);
}

export function tellZeroWeights(
  section: Section,
  { servers }: PlacedServers,
  reports: Reports,
): void {
  if (servers.length === 0 || servers.some(({ weight }) => weight > 0)) return;
  reports.add({
    code: 'all-weights-zero',
    span: nameSpan(section),
    message:
      'all real servers have weight 0: none takes a new connection, and no quorum is ever met',
    hint: 'give one of them a weight of 1 or more; a sorry_server serves meanwhile',
  });
}

/** Schedulers that look at connections or at the turn, and at no weight but 0. */
const WEIGHTLESS: readonly string[] = ['rr', 'lc'];

export function adviseOnWeights(server: ServerParts, reports: Reports): void {
  const setting = scheduler(server.section);
  const used = setting?.value.is === 'text' ? setting.value.text : '';
  const different = new Set(weightsOf(server).filter((weight) => weight > 0));
  if (setting === null || !WEIGHTLESS.includes(used) || different.size < 2) return;
  reports.add({
    code: 'weights-ignored',
    span: valueSpan(setting),
    message: `the scheduler ${used} gives every real server the same share, whatever its weight`,
    hint: `lvs_sched w${used} is the one that counts weights`,
  });
}

export function adviseOnPersistence({ section: server }: ServerParts, reports: Reports): void {
  const setting = lastWritten(server, 'persistence_timeout');
  if (setting === null || textOf(server, 'persistence_granularity') !== null) return;
  reports.add({
    code: 'persistence-alone',
    span: setting.word.span,
    message: 'each client address has a server of its own: there is no persistence_granularity',
    hint: 'persistence_granularity 255.255.255.0 keeps the proxies of one network together',
  });
}

/** A failed server that stays with weight 0 keeps its share of the hash `sh`; `mh` always has its fallback. */
export function adviseOnFallback(server: ServerParts, reports: Reports): void {
  const setting = scheduler(server.section);
  const used = setting?.value.is === 'text' ? setting.value.text : '';
  if (setting === null || used !== 'sh' || isOn(server.section, 'sh-fallback')) return;
  const stays = [server, ...server.realServers].some(({ section }) =>
    isOn(section, 'inhibit_on_failure'),
  );
  if (!stays && !weightsOf(server).includes(0)) return;
  reports.add({
    code: 'hash-without-fallback',
    span: valueSpan(setting),
    message:
      'sh goes on choosing a server of weight 0 for its share of the clients: these get nothing',
    hint: 'write sh-fallback below lvs_sched',
  });
}

const QUORUM_USERS = ['sorry_server', 'quorum_up', 'quorum_down'] as const;

/** Without a sorry server the servers that are up go on serving, quorum or not. */
export function adviseOnQuorum({ section }: ServerParts, reports: Reports): void {
  const setting = lastWritten(section, 'quorum');
  if (setting === null || (numberOf(section, 'quorum') ?? 1) <= 1) return;
  if (QUORUM_USERS.some((name) => section.mentions(name))) return;
  reports.add({
    code: 'quorum-alone',
    span: setting.word.span,
    message:
      'a lost quorum changes nothing: there is no sorry_server, no quorum_up and no quorum_down',
    hint: 'add a sorry_server, or remove the quorum',
  });
}

/** What is kept of a virtual server until the file is read to its end; a few words each. */
export interface SeenServer {
  /** `192.0.2.10 80 tcp`, or `fwmark 7`. */
  readonly name: string;
  readonly label: readonly Word[];
  readonly section: Pick<Section, 'span'>;
  /** Address and port → weight. */
  readonly realServers: ReadonlyMap<string, number>;
}

export function seenServer(server: ServerParts): SeenServer {
  const weights = weightsOf(server);
  const { label, span } = server.section;
  const protocol = textOf(server.section, 'protocol')?.toLowerCase() ?? 'udp';
  const isMark = label[0]?.text === 'fwmark';
  return {
    name: [...label.map(canonical), ...(isMark ? [] : [protocol])].join(' '),
    label,
    section: { span },
    realServers: new Map(
      server.realServers.map((one, at) => [
        one.section.label.map(canonical).join(' '),
        weights[at] ?? 1,
      ]),
    ),
  };
}

function canonical({ text }: Word): string {
  return parseAddress(text) ?? text;
}

/** Services of addresses that no instance of the file brings here. */
export function adviseOnServices(
  servers: readonly SeenServer[],
  vips: ReadonlySet<string>,
  reports: Reports,
): void {
  if (vips.size === 0) return;
  const told = new Set<string>();
  for (const { label } of servers) {
    const [word] = label;
    const address = word === undefined ? null : parseAddress(word.text);
    if (word === undefined || address === null || vips.has(address) || told.has(address)) continue;
    told.add(address);
    reports.add({
      code: 'service-not-vip',
      span: word.span,
      message: `${address} is no virtual address of this file: who brings it to this machine?`,
      hint: 'write it in virtual_ipaddress of an instance, or mend a mistyped digit',
    });
  }
}
