/** What a virtual server and its real servers are together. Each server is looked at by itself. */
import { parseAddress } from '../../base/address.ts';
import type { Word } from '../ast.ts';
import type { Reports } from '../diagnostic.ts';
import type { Section } from '../section.ts';
import { lastWritten, numberOf, standsAbove, textOf, valueSpan } from './written.ts';

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

function weightsOf(server: Section): readonly number[] {
  const otherwise = numberOf(server, 'weight') ?? 1;
  return server.sections('real_server').map((one) => numberOf(one, 'weight') ?? otherwise);
}

export function tellZeroWeights(server: Section, reports: Reports): void {
  const weights = weightsOf(server);
  if (weights.length === 0 || weights.some((weight) => weight > 0)) return;
  const [first] = server.sections('real_server');
  const setting = first === undefined ? null : lastWritten(first, 'weight');
  reports.add({
    code: 'all-weights-zero',
    span: setting?.span ?? server.span,
    message:
      'all real servers have weight 0: none takes a new connection, and no quorum is ever met',
    hint: 'give one of them a weight of 1 or more; a sorry_server serves meanwhile',
  });
}

/** Schedulers that look at connections or at the turn, and at no weight but 0. */
const WEIGHTLESS: readonly string[] = ['rr', 'lc'];

export function adviseOnWeights(server: Section, reports: Reports): void {
  const setting = scheduler(server);
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

export function adviseOnPersistence(server: Section, reports: Reports): void {
  const setting = lastWritten(server, 'persistence_timeout');
  if (setting === null || textOf(server, 'persistence_granularity') !== null) return;
  reports.add({
    code: 'persistence-alone',
    span: setting.word.span,
    message: 'each client address has a server of its own: there is no persistence_granularity',
    hint: 'persistence_granularity 255.255.255.0 keeps the proxies of one network together',
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

export function seenServer(server: Section): SeenServer {
  const weights = weightsOf(server);
  const { label, span } = server;
  const protocol = textOf(server, 'protocol')?.toLowerCase() ?? 'udp';
  const words = label.map(({ text }) => parseAddress(text) ?? text);
  return {
    name: [...words, ...(label[0]?.text === 'fwmark' ? [] : [protocol])].join(' '),
    label,
    section: { span },
    realServers: new Map(
      server
        .sections('real_server')
        .map((one, at) => [
          one.label.map(({ text }) => parseAddress(text) ?? text).join(' '),
          weights[at] ?? 1,
        ]),
    ),
  };
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

/** Checkers of a real server, of every kind. */
const CHECKERS: ReadonlySet<string> = new Set([
  'TCP_CHECK',
  'HTTP_GET',
  'SSL_GET',
  'SMTP_CHECK',
  'DNS_CHECK',
  'UDP_CHECK',
  'PING_CHECK',
  'MISC_CHECK',
  'FILE_CHECK',
  'BFD_CHECK',
]);

export function checkersOf(realServer: Section): readonly Section[] {
  const found: Section[] = [];
  for (const settings of realServer.all()) {
    for (const { keyword, value } of settings) {
      if (value.is === 'section' && CHECKERS.has(keyword.name)) found.push(value.section);
    }
  }
  return found;
}
