/** The configuration as understood, for `lvsd -d` and USR1: sections in keepalived's order and frames. */
import { formatEndpoint } from '../../base/endpoint.ts';
import type { BfdInstance } from '../../model/bfd.ts';
import type { Check } from '../../model/checker.ts';
import type { Director } from '../../model/director.ts';
import type { KernelSettings } from '../../model/kernel-settings.ts';
import {
  formatForwarding,
  formatService,
  nameOfVirtualServer,
  namesOfFlags,
} from '../../model/names.ts';
import type { Persistence, RealServer, VirtualServer } from '../../model/virtual-server.ts';
import type { Track, VirtualAddress, VrrpInstance, VrrpScript } from '../../model/vrrp.ts';

type Fields = readonly (readonly [string, string | number | boolean | null])[];

/** Secrets are masked. */
export function dumpDirector({ global, vrrp, bfd, health }: Director): string {
  return [
    frame('Global definitions', [
      fields([
        ['Router ID', global.routerId],
        ['Script user', global.scriptUser],
        ['Script security', global.scriptSecurity],
        ['Child wait time', `${global.childWaitMs / 1000} s`],
        ['VRRP start-up delay', `${vrrp.startupDelayMs / 1000} s`],
        ['LVS flush at start', health.flushAtStart],
        ...settingFields(health.settings),
      ]),
    ]),
    frame('VRRP Topology', vrrp.instances.map(dumpInstance)),
    frame(
      'VRRP Sync groups',
      vrrp.syncGroups.map(
        (group) => ` VRRP Sync Group = ${group.name}\n   Members = ${group.members.join(', ')}\n`,
      ),
    ),
    frame('VRRP Scripts', vrrp.scripts.map(dumpScript)),
    frame('BFD Topology', bfd.instances.map(dumpSession)),
    frame('LVS Topology', health.virtualServers.map(dumpVirtualServer)),
    frame('Health checkers', health.virtualServers.flatMap(dumpCheckers)),
  ].join('');
}

/** What is not asked for is left out. */
function settingFields({ timeouts, sync, sysctls, flushOnStop }: KernelSettings): Fields {
  const seconds = (one: number): string => (one === 0 ? 'as it is' : `${one} s`);
  return [
    ...(flushOnStop === null ? [] : [['LVS flush on stop', flushOnStop] as const]),
    ...(timeouts === null
      ? []
      : ([
          ['LVS TCP timeout', seconds(timeouts.tcpSeconds)],
          ['LVS TCP FIN timeout', seconds(timeouts.tcpFinSeconds)],
          ['LVS UDP timeout', seconds(timeouts.udpSeconds)],
        ] as const)),
    ...(sync === null
      ? []
      : ([
          ['LVS syncd interface', sync.interface],
          ['LVS syncd VRRP instance', sync.instance],
          ['LVS syncd id', sync.syncId],
          ['LVS syncd maxlen', sync.maxlen],
          ['LVS syncd group', sync.group],
          ['LVS syncd port', sync.port],
          ['LVS syncd ttl', sync.ttl],
        ] as const)),
    ...Object.entries(sysctls).map(([name, value]) => [`net.ipv4.vs.${name}`, value] as const),
  ];
}

/** An empty section is left out. */
function frame(title: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `------< ${title} >------\n${parts.join('')}`;
}

function fields(entries: Fields): string {
  return entries
    .map(([label, value]) => `   ${label} = ${value === null ? 'none' : String(value)}\n`)
    .join('');
}

function list(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return '';
  return `   ${title} (${entries.length}):\n${entries.map((entry) => `     ${entry}\n`).join('')}`;
}

function dumpInstance(instance: VrrpInstance): string {
  const { authentication, announce } = instance;
  const head = fields([
    ['VRRP Version', instance.version],
    ['Wantstate', instance.initialState.toUpperCase()],
    ['Interface', instance.interface],
    ['Using src_ip', instance.sourceAddress],
    ['Multicast address', instance.multicastGroup],
    ...instance.sidePaths.map(({ name }) => ['Further path', name] as const),
    ['Virtual Router ID', instance.vrid],
    ['Priority', instance.priority],
    ['Advert interval', `${instance.advertIntervalMs / 1000} s`],
    ['Down timer adverts', instance.downTimerAdverts],
    ['Preempt', instance.preempt],
    ['Preempt delay', `${instance.preemptDelayMs / 1000} s`],
    [
      'Authentication',
      authentication.type === 'none' ? 'none' : `${authentication.type.toUpperCase()} ********`,
    ],
    ['Gratuitous ARP repeat', announce.repeat],
    ['Gratuitous ARP delay', `${announce.secondAfterMs / 1000} s`],
    ['Gratuitous ARP refresh', `${announce.refreshMs / 1000} s`],
    ['Track primary interface', instance.trackPrimaryInterface],
  ]);
  return [
    ` VRRP Instance = ${instance.name}\n`,
    head,
    list('Virtual IP', instance.addresses.map(addressText)),
    list('Virtual IP Excluded', instance.excludedAddresses.map(addressText)),
    ...(Object.keys(TRACKED) as readonly Track['kind'][]).map((kind) =>
      list(TRACKED[kind], instance.tracks.filter((one) => one.kind === kind).map(trackText)),
    ),
  ].join('');
}

const TRACKED = {
  interface: 'Tracked interfaces',
  script: 'Tracked scripts',
  file: 'Tracked files',
  process: 'Tracked processes',
  bfd: 'Tracked BFD sessions',
} as const;

function addressText(one: VirtualAddress): string {
  const label = one.label === null ? '' : ` label ${one.label}`;
  return `${one.address}/${one.prefixLength} dev ${one.interface} scope ${one.scope}${label}`;
}

function trackText({ name, weightDelta, reverse }: Track): string {
  return `${name} weight ${weightDelta}${reverse ? ' reverse' : ''}`;
}

function dumpScript(script: VrrpScript): string {
  const { argv, account } = script.script;
  return ` VRRP Script = ${script.name}\n${fields([
    ['Command', argv.join(' ')],
    ['User', account?.user ?? null],
    ['Interval', `${script.intervalMs / 1000} s`],
    ['Timeout', `${script.timeoutMs / 1000} s`],
    ['Weight', script.weightDelta],
    ['Rise', script.rise],
    ['Fall', script.fall],
  ])}`;
}

function dumpSession(session: BfdInstance): string {
  return ` BFD Instance = ${session.name}\n${fields([
    ['Neighbor IP', session.neighbour],
    ['Source IP', session.source],
    ['Multihop', session.multihop],
    ['Required min RX interval', `${session.minRxMs} ms`],
    ['Desired min TX interval', `${session.minTxMs} ms`],
    ['Desired idle TX interval', `${session.idleTxMs} ms`],
    ['Detection multiplier', session.multiplier],
    ['Passive', session.passive],
    ['TTL', session.hopLimit],
    ['Least TTL of received packets', session.hopLimitMin],
    ['Weight', `${session.weightDelta}${session.reverse ? ' reverse' : ''}`],
    ['Tells VRRP', session.tellsVrrp],
    ['Tells checkers', session.tellsCheckers],
  ])}`;
}

function dumpVirtualServer(server: VirtualServer): string {
  const { keys, persistence, sorryServer } = server;
  const flags = namesOfFlags(server);
  const head = fields([
    ['lvs_sched', server.scheduler],
    ...(flags.length === 0 ? [] : [['Scheduler flags', flags.join(', ')] as const]),
    ['One packet scheduling', server.onePacket],
    ['Persistence', persistence && persistenceText(server, persistence)],
    ['Quorum', server.quorum],
    ['Hysteresis', server.hysteresis],
    ...(server.drainOnRemoveMs === 0
      ? []
      : [['Drain on remove', `${server.drainOnRemoveMs / 1000} s`] as const]),
    [
      'Sorry server',
      sorryServer &&
        `${formatEndpoint(sorryServer.address, sorryServer.port)}, ${formatForwarding(sorryServer)}`,
    ],
  ]);
  const reals = server.realServers.map((real) => {
    const inhibit = real.inhibitOnFailure ? ', inhibit on failure' : '';
    const { address, port, weight } = real;
    return `RIP = ${formatEndpoint(address, port)}, ${formatForwarding(real)}, WEIGHT = ${weight}${inhibit}`;
  });
  const services = server.group === null ? '' : list('Services', keys.map(formatService));
  return ` VS = ${nameOfVirtualServer(server)}\n${services}${head}${list('Real servers', reals)}`;
}

/** `360 s, /24`, of both families `360 s, /24 /128`. */
function persistenceText({ keys }: VirtualServer, persistence: Persistence): string {
  const { timeoutSeconds, granularityBits, engine } = persistence;
  const families = [...new Set(keys.map(({ family }) => family))];
  const lengths = families.map((family) => `/${granularityBits[family]}`).join(' ');
  return `${timeoutSeconds} s, ${lengths}${engine === null ? '' : `, engine ${engine}`}`;
}

function dumpCheckers(server: VirtualServer): readonly string[] {
  return server.realServers.flatMap((real) =>
    real.checks.map(
      (check) =>
        ` ${nameOfVirtualServer(server)} -> ${formatEndpoint(real.address, real.port)}\n${checkFields(check, real)}`,
    ),
  );
}

function checkFields(check: Check, { address }: RealServer): string {
  if (check.kind === 'bfd') {
    return fields([
      ['Keyword', 'BFD_CHECK'],
      ['BFD session', check.session],
      ['Alpha', check.pacing.alpha],
    ]);
  }
  const { target, pacing } = check;
  const urls = check.kind === 'http' ? check.urls.map(({ path }) => path) : [];
  const kind = check.kind === 'tcp' ? 'TCP_CHECK' : check.tls ? 'SSL_GET' : 'HTTP_GET';
  const shared = fields([
    ['Keyword', kind],
    ['Destination', formatEndpoint(target.address ?? address, target.port)],
    ['Delay loop', `${pacing.delayLoopMs / 1000} s`],
    ['Retries', pacing.retry],
    ['Delay before retry', `${pacing.delayBeforeRetryMs / 1000} s`],
    ['Connection timeout', `${pacing.connectTimeoutMs / 1000} s`],
    ['Warmup', `${pacing.warmupMs / 1000} s`],
    ['Alpha', pacing.alpha],
  ]);
  return shared + list('Urls', urls);
}
