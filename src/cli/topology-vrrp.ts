/** The VRRP part of a snapshot as text: who holds what, since when and why. */
import type {
  AdvertPathSnapshot,
  ForeignRouter,
  GroupSnapshot,
  InstanceSnapshot,
  PeerSnapshot,
  ScriptSnapshot,
  TrackerSnapshot,
  VirtualLinkSnapshot,
  VrrpSnapshot,
  VrrpState,
} from '../model/snapshot-vrrp.ts';
import { formatSince, formatSpan, plural, type TextStyle, tone } from './text.ts';
import { renderLeases } from './topology-lease.ts';

interface Context {
  readonly nowMs: number;
  readonly style: TextStyle;
}

export function renderVrrp(
  { instances, groups, scripts, foreign, peers, leases }: VrrpSnapshot,
  context: Context,
): string {
  return [
    ...groups.map((group) => renderGroup(group, context)),
    ...instances.map((instance) => renderInstance(instance, context)),
    ...scripts.map((script) => renderScript(script, context)),
    ...foreign.map((router) => renderForeign(router, context)),
    ...peers.map((peer) => renderPeer(peer, context)),
    renderLeases(leases, context),
  ].join('');
}

function stateText(state: VrrpState, style: TextStyle): string {
  const kind = state === 'master' ? 'good' : state === 'fault' ? 'bad' : 'weak';
  return tone(state.toUpperCase(), kind, style);
}

function renderGroup({ name, state, sinceMs, members }: GroupSnapshot, context: Context): string {
  const { nowMs, style } = context;
  const title = tone(name, 'strong', style);
  const since = formatSince(sinceMs, nowMs);
  return `  sync group ${title}  ${stateText(state, style)} ${since}: ${members.join(', ')}\n`;
}

function linkText({ name, kind, base, mac, advertises }: VirtualLinkSnapshot): string {
  const what = mac === null ? kind : `MAC ${mac}`;
  return `on ${name} above ${base}, ${what}${advertises ? ', advertises with it' : ''}`;
}

/** What came by it last, from where, and what is wrong with it. */
function pathText(path: AdvertPathSnapshot, { style }: Context): string {
  const { name, down, silentMs, heardMs, heardFrom, counters } = path;
  const { sent, heard, silences, dropped } = counters;
  const last =
    heardMs === null || heardFrom === null
      ? 'never heard'
      : `heard ${formatSpan(heardMs)} ago from ${heardFrom}`;
  const wrong =
    down !== null
      ? `is down: ${down}; `
      : silentMs !== null
        ? `hears nothing for ${formatSpan(silentMs)}, though others do; `
        : '';
  const drops = Object.entries(dropped).map(([why, count]) => `${count} dropped for ${why}`);
  const rest = [
    `sent ${sent}, heard ${heard}`,
    ...(silences === 0 ? [] : [`silent ${plural(silences, 'time')}`]),
    ...drops,
  ].join(', ');
  const text = `path ${name}: ${wrong}${last}; ${rest}`;
  return wrong === '' ? text : tone(text, 'bad', style);
}

function renderInstance(instance: InstanceSnapshot, context: Context): string {
  const { nowMs, style } = context;
  const { state, sinceMs, reason, counters } = instance;
  const where = `${instance.interface}, vrid ${instance.vrid}, version ${instance.version}`;
  const moved =
    instance.effectivePriority === instance.priority
      ? ''
      : `, effective ${instance.effectivePriority}`;
  const master =
    state === 'master' || instance.masterAddress === null
      ? ''
      : `  master ${instance.masterAddress} priority ${instance.masterPriority}`;
  const drops = Object.entries(counters.dropped).map(([why, count]) => `${count} for ${why}`);
  const lines = [
    `priority ${instance.priority}${moved}  every ${instance.advertIntervalMs / 1000} s${master}`,
    `${state === 'master' ? 'holds' : 'for'} ${instance.addresses.join(', ') || 'no address'}`,
    ...(instance.paths.length === 0
      ? []
      : [`${state === 'master' ? 'holds' : 'for'} ${instance.paths.join(', ')}`]),
    ...gateLines(instance, style),
    ...(instance.gaveUpAtMs === null
      ? []
      : [
          `given up by order ${formatSince(instance.gaveUpAtMs, nowMs)}; lvsctl failover --back takes it back`,
        ]),
    ...instance.virtualLinks.map(linkText),
    ...instance.advertPaths.map((path) => pathText(path, context)),
    ...instance.trackers.map((tracker) => trackerText(tracker, context)),
    `sent ${counters.advertsSent}, heard ${counters.advertsReceived}, became master ${plural(counters.becameMaster, 'time')}`,
    ...(counters.advertsUnsent === 0
      ? []
      : [
          tone(
            `${plural(counters.advertsUnsent, 'packet')} with an advertisement not sent: the kernel refused`,
            'bad',
            style,
          ),
        ]),
    ...(counters.foreign === 0
      ? []
      : [`${counters.foreign} packets of other virtual routers on the link`]),
    ...instance.alarms.map(({ name, source, detail }) =>
      tone(`alarm ${name}: ${source}: ${detail}`, 'bad', style),
    ),
    ...(drops.length === 0 ? [] : [tone(`dropped ${drops.join(', ')}`, 'bad', style)]),
    ...(counters.addressesPutBack === 0
      ? []
      : [`put back addresses ${plural(counters.addressesPutBack, 'time')}`]),
    ...(counters.lesserMasters === 0
      ? []
      : [`${counters.lesserMasters} advertisements of masters of lower priority`]),
    ...(counters.pathsPutBack === 0
      ? []
      : [`put back routes and rules ${plural(counters.pathsPutBack, 'time')}`]),
    ...(counters.lifetimesOver === 0
      ? []
      : [
          tone(
            `too late to prolong addresses ${plural(counters.lifetimesOver, 'time')}`,
            'bad',
            style,
          ),
        ]),
    ...(counters.answeredProbes === 0
      ? []
      : [
          `before ${plural(counters.answeredProbes, 'takeover')} somebody answered for the address though nobody advertised`,
        ]),
    ...(counters.overlaps === 0
      ? []
      : [
          tone(
            `${plural(counters.overlaps, 'time')} another was MASTER beside it, or may have been`,
            'bad',
            style,
          ),
        ]),
    ...(counters.claimsByOthers === 0
      ? []
      : [tone(`${counters.claimsByOthers} claims of others for our addresses`, 'bad', style)]),
  ];
  const title = `${tone(instance.name, 'strong', style)} (${where})`;
  const head = `  ${title}  ${stateText(state, style)} ${formatSince(sinceMs, nowMs)}: ${reason}\n`;
  return head + lines.map((line) => `      ${line}\n`).join('');
}

/** Somebody else's, on a link of ours: it should be no surprise. */
function renderForeign(router: ForeignRouter, { style }: Context): string {
  const { interface: link, vrid, source, priority, addresses } = router;
  const what = `other virtual router on ${link}: vrid ${vrid}`;
  const holds = addresses.length === 0 ? '' : ` for ${addresses.join(', ')}`;
  return `  ${tone(what, 'weak', style)}, ${source} with priority ${priority}${holds}\n`;
}

/** An instance that may be let to answer for ever says so while it is MASTER. */
function gateLines(
  { gate, lifetimeSeconds, state, counters }: InstanceSnapshot,
  style: TextStyle,
): readonly string[] {
  const lost =
    counters.gateLost === 0
      ? []
      : [
          tone(
            `its gate had shut before it was prolonged ${plural(counters.gateLost, 'time')}`,
            'bad',
            style,
          ),
        ];
  if (state !== 'master') return lost;
  const life =
    lifetimeSeconds === null
      ? []
      : [`the kernel removes the addresses after ${lifetimeSeconds} s, unless they are prolonged`];
  // The reason may have a hint in a line of its own, which is indented as this one.
  if ('none' in gate) return [...lost, ...`no gate: ${gate.none}`.split('\n'), ...life];
  const { openForMs } = gate;
  const left =
    openForMs === null ? 'is shut' : `is open for ${openForMs} ms, unless it is prolonged`;
  return [...lost, `gate ${left}`, ...life];
}

/** A director of ours, and what each of its instances could take over. */
function renderPeer(peer: PeerSnapshot, { style }: Context): string {
  const { interface: link, family, address, instances } = peer;
  const each = instances.map(({ vrid, priority, state, canTake }) => {
    const readiness = canTake ? 'ready' : state === 'master' ? 'holds it' : 'not ready';
    const text = `vrid ${vrid} ${state.toUpperCase()} priority ${priority} ${readiness}`;
    return canTake || state === 'master' ? text : tone(text, 'bad', style);
  });
  const title = tone(address, 'strong', style);
  return `  peer ${title} on ${link}, ${family === 'ipv4' ? 'IPv4' : 'IPv6'}: ${each.join('; ')}\n`;
}

/** How it is, since when, what it does to the priority, and what was seen last. */
function trackerText(tracker: TrackerSnapshot, { nowMs, style }: Context): string {
  const { kind, name, up, value, weightDelta, reverse, effectDelta, sinceMs, detail } = tracker;
  const isBad = weightDelta === 0 ? up === reverse : effectDelta < 0;
  const word = value !== null ? `holds ${value}` : up ? 'up' : 'down';
  const state =
    up === null
      ? tone('not known yet', 'weak', style)
      : `${isBad ? tone(word, 'bad', style) : word} ${formatSince(sinceMs, nowMs)}`;
  const turned = reverse ? ' reverse' : '';
  const now = effectDelta === 0 ? 'nothing now' : `${effectDelta > 0 ? '+' : ''}${effectDelta} now`;
  const effect =
    weightDelta === 0
      ? `a fault when ${faultWord(tracker)}`
      : `weight ${weightDelta}${turned}: ${now}`;
  return `tracks ${kind} ${name}: ${state}, ${effect}${detail === null ? '' : ` (${detail})`}`;
}

function faultWord({ kind, reverse }: TrackerSnapshot): string {
  if (kind === 'file') return reverse ? 'it holds 0' : 'it holds anything but 0';
  return reverse ? 'up' : 'down';
}

function renderScript(script: ScriptSnapshot, { nowMs, style }: Context): string {
  const { name, up, sinceMs, lastResult } = script;
  const state =
    up === null ? 'not run yet' : up ? tone('up', 'good', style) : tone('down', 'bad', style);
  const last = lastResult === null ? '' : `, last run: ${lastResult}`;
  return `  script ${tone(name, 'strong', style)}  ${state} ${formatSince(sinceMs, nowMs)}${last}\n`;
}
