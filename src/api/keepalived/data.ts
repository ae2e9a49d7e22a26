/**
 * The data dump in keepalived's layout, as its exporters read it: the labels, their order
 * and their indentation are those of keepalived 2.2.7. What has no meaning here, such as descriptors and saved
 * sysctls, is left out. Pure.
 */
import type { Director } from '../../model/director.ts';
import type { NotifyScripts, Script } from '../../model/script.ts';
import type { InstanceSnapshot, VrrpSnapshot } from '../../model/snapshot-vrrp.ts';
import type { SyncGroup, Track, VrrpConfig, VrrpInstance, VrrpScript } from '../../model/vrrp.ts';
import { routeText, ruleText } from './paths.ts';
import { addressText, commandText, stateWord } from './words.ts';

const MASK = '********';

export function dataDump(director: Director, snapshot: VrrpSnapshot | null): string {
  const { vrrp } = director;
  const instances = vrrp.instances.map((instance) => {
    const state = snapshot?.instances.find(({ name }) => name === instance.name) ?? null;
    return instanceLines(instance, state, vrrp);
  });
  return [
    frame('Global definitions', globalLines(director)),
    frame('VRRP Topology', instances.flat()),
    frame(
      'VRRP Sync groups',
      vrrp.syncGroups.flatMap((one) => groupLines(one, vrrp, snapshot)),
    ),
    frame(
      'VRRP Scripts',
      vrrp.scripts.flatMap((one) => scriptLines(one, vrrp, snapshot)),
    ),
  ].join('');
}

function frame(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`------< ${title} >------`, ...lines, ''].join('\n');
}

function globalLines({ global, notify, vrrp }: Director): readonly string[] {
  const { mail } = notify;
  return [
    ` Network namespace = ${global.netNamespace ?? '(default)'}`,
    ` Router ID = ${global.routerId}`,
    ...(mail === null
      ? []
      : [
          ` Smtp server = ${mail.host}`,
          ` Smtp server port = ${mail.port}`,
          ` Smtp HELO name = ${mail.heloName}`,
          ` Smtp server connection timeout = ${mail.timeoutMs / 1000}`,
          ` Email notification from = ${mail.from}`,
          ' Email notification to:',
          ...mail.to.map((address) => `   ${address}`),
        ]),
    ` FIFO write vrrp states on reload = ${notify.repeatsStates}`,
    ` VRRP realtime priority = ${vrrp.process.realtimePriority ?? 0}`,
    ` Script security ${global.scriptSecurity ? 'enabled' : 'disabled'}`,
  ];
}

/** `state` is null when the process has not told it. */
function instanceLines(
  instance: VrrpInstance,
  state: InstanceSnapshot | null,
  { syncGroups }: VrrpConfig,
): readonly string[] {
  const { name, version, family } = instance;
  const group = syncGroups.find(({ members }) => members.includes(name));
  return [
    ` VRRP Instance = ${name}`,
    `   VRRP Version = ${version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group.name}`]),
    ...(family === 'ipv6' ? ['   Using Native IPv6'] : []),
    ...stateLines(instance, state),
    ...announceLines(instance),
    ...priorityLines(instance, state),
    ...addressLines(instance, state?.state === 'master'),
    ...unicastLines(instance),
    ...pathLines(instance),
    ...trackLines(instance),
    `   Using smtp notification = ${yes(instance.notify.mails)}`,
    `   Notify deleted = ${instance.notify.tellsDeleted ? 'Deleted' : 'Fault'}`,
    ...notifyLines(instance.notify),
    `   Notify priority changes = ${instance.notify.tellsPriority}`,
  ];
}

function stateLines(instance: VrrpInstance, state: InstanceSnapshot | null): readonly string[] {
  const word = stateWord(state?.state ?? 'init');
  const isBackup = state?.state === 'backup' && state.masterAddress !== null;
  const masterMs = state?.advertIntervalMs ?? instance.advertIntervalMs;
  const isLearnt = isBackup && instance.version === 3;
  return [
    `   State = ${word}`,
    ...(isBackup
      ? [
          `   Master router = ${state.masterAddress}`,
          `   Master priority = ${state.masterPriority ?? 0}`,
        ]
      : []),
    ...(isLearnt ? [`   Master advert int = ${(masterMs / 1000).toFixed(2)} sec`] : []),
    ...flagLines(instance),
    `   Wantstate = ${word}`,
    '   Number of config faults = 0',
    `   Number of interface and track script faults = ${faultsOf(state)}`,
    `   Number of track scripts init = ${undecidedOf(state)}`,
    `   Last transition = ${timeText(state?.sinceMs ?? 0)}`,
    ...linkLines(instance, state),
    ...(instance.sourceAddress === null
      ? []
      : [`   Using src_ip = ${instance.sourceAddress} (from configuration)`]),
    ...(instance.unicast === null ? [`   Multicast address ${instance.multicastGroup}`] : []),
  ];
}

function announceLines({ announce, ...instance }: VrrpInstance): readonly string[] {
  return [
    `   Gratuitous ARP delay = ${announce.secondAfterMs / 1000}`,
    `   Gratuitous ARP repeat = ${announce.repeat}`,
    `   Gratuitous ARP refresh = ${announce.refreshMs / 1000}`,
    `   Gratuitous ARP refresh repeat = ${announce.refreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${announce.lowerPriorityDelayMs / 1000}`,
    `   Gratuitous ARP lower priority repeat = ${announce.lowerPriorityRepeat}`,
    `   Down timer adverts = ${instance.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${instance.answerLowerPriority}`,
    `   Send advert after receive higher priority advert = ${instance.answerHigherPriority}`,
  ];
}

function priorityLines(instance: VrrpInstance, state: InstanceSnapshot | null): readonly string[] {
  const { version, advertIntervalMs, preemptDelayMs, authentication } = instance;
  const effective = state?.effectivePriority ?? instance.priority;
  const isLearnt = state?.state === 'backup' && version === 3 && state.masterAddress !== null;
  return [
    `   Virtual Router ID = ${instance.vrid}`,
    `   Priority = ${instance.priority}`,
    `   Effective priority = ${effective}`,
    `   Total priority = ${effective}`,
    version === 2
      ? `   Advert interval = ${advertIntervalMs / 1000} sec`
      : `   Advert interval = ${advertIntervalMs} milli-sec`,
    ...(isLearnt ? [`   Master advert interval = ${state.advertIntervalMs} milli-sec`] : []),
    `   Accept = ${enabled(instance.accept)}`,
    `   Preempt = ${enabled(instance.preempt)}`,
    ...(preemptDelayMs === 0 ? [] : [`   Preempt delay = ${preemptDelayMs / 1000} secs`]),
    `   Promote_secondaries = ${enabled(instance.links.promoteSecondaries)}`,
    ...(version === 2 ? [`   Authentication type = ${AUTH_TYPES[authentication.type]}`] : []),
    // keepalived tells that of a password only.
    ...(authentication.type === 'pass' ? [`   Password = ${MASK}`] : []),
  ];
}

const AUTH_TYPES = { none: 'none', pass: 'SIMPLE_PASSWORD', ah: 'IPSEC_AH' } as const;

function enabled(on: boolean): string {
  return on ? 'enabled' : 'disabled';
}

/** keepalived leaves the place of its flags empty where there are none of note. */
function flagLines({ unicast, preempt, links }: VrrpInstance): readonly string[] {
  const isPlain = unicast === null && preempt && links.own === null;
  if (isPlain) return ['   Flags: none'];
  return ['   Flags:', ...(unicast === null ? [] : ['     Using unicast'])];
}

function linkLines(
  { interface: link, links }: VrrpInstance,
  state: InstanceSnapshot | null,
): readonly string[] {
  const { own, ownAddress, sendsFromBase } = links;
  if (own === null) return [`   Interface = ${link}`];
  const isUp = state !== null && state.state !== 'fault';
  if (own.kind === 'ipvlan') {
    const address =
      ownAddress === null ? '' : `, i/f address = ${ownAddress.address}/${ownAddress.prefixLength}`;
    return [
      `   Use IPVLAN, i/f ${own.name}, is_up = ${isUp}${address}, type ${own.isolation}`,
      `   Interface = ${own.name}, ipvlan on ${own.base}`,
    ];
  }
  return [
    `   Use VMAC, i/f name ${own.name}, is_up = ${isUp}, xmit_base = ${sendsFromBase}`,
    `   Interface = ${own.name}, vmac on ${own.base}${sendsFromBase ? ', xmit base i/f' : ''}`,
  ];
}

const OLD_CHECKSUM = { detect: 'no', never: 'never', always: 'yes' } as const;

function unicastLines({ unicast }: VrrpInstance): readonly string[] {
  if (unicast === null) return [];
  const { ttl, checkSource, peers, oldChecksum } = unicast;
  return [
    `   Unicast TTL = ${ttl}`,
    `   Check unicast src : ${yes(checkSource)}`,
    '   Unicast Peer :',
    ...peers.map(({ address, ttlMin, ttlMax }) => {
      return `     ${address} min_ttl ${ttlMin} max_ttl ${ttlMax}`;
    }),
    `   Unicast checksum compatibility = ${OLD_CHECKSUM[oldChecksum]}`,
  ];
}

function pathLines({ routes, rules }: VrrpInstance): readonly string[] {
  return [
    ...(routes.length === 0 ? [] : ['   Virtual Routes :']),
    ...routes.map((route) => `     ${routeText(route)}`),
    ...(rules.length === 0 ? [] : ['   Virtual Rules :']),
    ...rules.map((rule) => `     ${ruleText(rule)}`),
  ];
}

function addressLines(instance: VrrpInstance, isHeld: boolean): readonly string[] {
  const { addresses, excludedAddresses } = instance;
  const lines = (list: typeof addresses): readonly string[] =>
    list.map((one) => `     ${addressText(one, instance, isHeld)}`);
  return [
    `   Virtual IP (${addresses.length}):`,
    ...lines(addresses),
    ...(excludedAddresses.length === 0
      ? []
      : ['   Virtual IP Excluded :', ...lines(excludedAddresses)]),
  ];
}

const TRACKED = {
  interface: 'Tracked interfaces',
  script: 'Tracked scripts',
  file: 'Tracked files',
  process: 'Tracked processes',
  bfd: 'Tracked BFDs',
} as const;

function trackLines({ tracks }: VrrpInstance): readonly string[] {
  const kinds = Object.keys(TRACKED) as readonly Track['kind'][];
  return kinds.flatMap((kind) => {
    const those = tracks.filter((one) => one.kind === kind);
    if (those.length === 0) return [];
    return [
      `   ${TRACKED[kind]} :`,
      ...those.map(({ name, weightDelta, reverse }) => {
        return `     ${name} weight ${weightDelta}${reverse ? ' reverse' : ''}`;
      }),
    ];
  });
}

function notifyLines(scripts: NotifyScripts): readonly string[] {
  const line = (title: string, script: Script | null): readonly string[] =>
    script === null
      ? []
      : [`   ${title} = ${commandText(script)}, uid:gid ${accountText(script, ':')}`];
  return [
    ...line('Backup state transition script', scripts.backup),
    ...line('Master state transition script', scripts.master),
    ...line('Fault state transition script', scripts.fault),
    ...line('Stop state transition script', scripts.stop),
    ...line('Deleted state transition script', scripts.deleted),
    ...line('Master rx lower pri script', scripts.lowerPriority),
    ...line('Generic state transition script', scripts.any),
  ];
}

function groupLines(
  { name, members, notify }: SyncGroup,
  _: VrrpConfig,
  snapshot: VrrpSnapshot | null,
): readonly string[] {
  const inState = (state: string): number =>
    snapshot?.instances.filter((one) => members.includes(one.name) && one.state === state).length ??
    0;
  const state = snapshot?.groups.find((one) => one.name === name)?.state ?? 'init';
  return [
    ` VRRP Sync Group = ${name}, ${stateWord(state)}`,
    `   Num member fault ${inState('fault')}, num member init ${inState('init')}`,
    '   VRRP member instances :',
    ...members.map((member) => `     ${member}`),
    `   Using smtp notification = ${yes(notify.mails)}`,
    ...notifyLines(notify),
  ];
}

function scriptLines(
  script: VrrpScript,
  { instances }: VrrpConfig,
  snapshot: VrrpSnapshot | null,
): readonly string[] {
  const up = snapshot?.scripts.find(({ name }) => name === script.name)?.up ?? null;
  const trackers = instances.flatMap(({ name, tracks }) =>
    tracks
      .filter((track) => track.kind === 'script' && track.name === script.name)
      .map(({ weightDelta }) => `     ${name}, weight ${weightDelta}`),
  );
  const { rise, fall } = script;
  return [
    ` VRRP Script = ${script.name}`,
    `   Command = ${commandText(script.script)}`,
    `   Interval = ${script.intervalMs / 1000} sec`,
    `   Timeout = ${script.timeoutMs / 1000} sec`,
    `   Weight = ${script.weightDelta}`,
    `   Rise = ${rise}`,
    `   Fall = ${fall}`,
    // keepalived counts from 0 up: from `rise` on it is up.
    `   Result = ${up === true ? rise + fall - 1 : 0}`,
    '   Insecure = no',
    `   Init state = ${script.initFail ? 'failed' : 'unknown'}`,
    `   Status = ${up === null ? 'unknown' : up ? 'GOOD' : 'BAD'}`,
    `   Script uid:gid = ${accountText(script.script, ':')}`,
    '   VRRP instances :',
    '   Tracking instances :',
    ...trackers,
    '   State = idle',
  ];
}

function accountText({ account }: Script, between: string): string {
  return `${account?.uid ?? 0}${between}${account?.gid ?? 0}`;
}

function faultsOf(state: InstanceSnapshot | null): number {
  return (
    state?.trackers.filter(({ up, weightDelta }) => up === false && weightDelta === 0).length ?? 0
  );
}

function undecidedOf(state: InstanceSnapshot | null): number {
  return state?.trackers.filter(({ kind, up }) => kind === 'script' && up === null).length ?? 0;
}

function yes(on: boolean): string {
  return on ? 'yes' : 'no';
}

/** `1795851148.261000 (Sat Nov 28 07:32:28.261000 2026)`, of the local clock. */
function timeText(ms: number): string {
  const date = new Date(ms);
  const fraction = `${String(date.getMilliseconds()).padStart(3, '0')}000`;
  const [day = '', month = '', dayOfMonth = '', year = '', clock = ''] = date.toString().split(' ');
  const read = `${day} ${month} ${dayOfMonth.replace(/^0/, ' ')} ${clock}.${fraction} ${year}`;
  return `${Math.floor(ms / 1000)}.${fraction} (${read})`;
}
