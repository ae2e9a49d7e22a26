/** A `vrrp_instance` block, with every default filled in. */
import { type Family, familyOf, parseAddress } from '../../../base/address.ts';
import type { PutBackLimit, VirtualAddress, VrrpInstance } from '../../../model/vrrp.ts';
import type { Section } from '../../values/section.ts';
import { isInterfaceName } from '../interface-name.ts';
import type { ScriptContext } from '../scripts.ts';
import { type AddressContext, advertised, readAddresses } from './addresses.ts';
import { readSidePaths } from './advert-paths.ts';
import { readTiming } from './announce.ts';
import { readAuthentication } from './authentication.ts';
import { readEvidence } from './evidence.ts';
import { readGate } from './gate.ts';
import { readHearing } from './hearing.ts';
import { nameOf } from './names.ts';
import { readNotify } from './notify.ts';
import { readOfFamily } from './of-family.ts';
import { readRule } from './policy-rules.ts';
import { readRoute } from './routes.ts';
import { readSigning } from './signing.ts';
import { type DeclaredTrackers, readTracks } from './tracks.ts';
import { readUnicast } from './unicast.ts';
import { type LinkContext, LinkReader } from './virtual-links.ts';

const DEFAULT_PRIORITY = 100;

const OWNER_PRIORITY = 255;

/** Somebody who removes an address once a second for that long does it on purpose. */
const PUT_BACK_LIMIT: PutBackLimit = { times: 10, withinMs: 10_000 };

export function buildInstance(
  section: Section,
  globals: Section,
  trackers: DeclaredTrackers,
  context: ScriptContext & AddressContext & LinkContext,
): VrrpInstance {
  const { reports } = context;
  const name = nameOf(section);
  const vrid = section.number('virtual_router_id');
  if (!section.mentions('virtual_router_id')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `vrrp_instance ${name} has no virtual_router_id`,
      hint: 'virtual_router_id 51: a number from 1 to 255, the same on both directors',
    });
  }
  const interfaceName = readInterface(section, globals, context);
  const family = familyOfFirst(section);
  const priority = section.number('priority');
  const isStrict = section.boolean('strict_mode') ?? globals.boolean('vrrp_strict') ?? false;
  const isOwner = priority === OWNER_PRIORITY;
  // Under strict rules only the owner begins as MASTER.
  const isMaster = isOwner || (section.text('state') === 'MASTER' && !isStrict);
  const initialState = isMaster ? 'master' : 'backup';
  const preempt = readPreempt(section, initialState, context);
  const version = readVersion(section, globals, family, context);
  const advertIntervalMs = readInterval(section, version, context);
  const unicast = readUnicast(section, globals, family, context);
  const reader = new LinkReader(
    section,
    globals,
    { interface: interfaceName, vrid: vrid ?? 0, family, isUnicast: unicast !== null, isStrict },
    context,
  );
  const read = (keyword: string): readonly VirtualAddress[] =>
    readAddresses(section, keyword, interfaceName, context, (one, said) => reader.place(one, said));
  const [addresses, excluded] = [read('virtual_ipaddress'), read('virtual_ipaddress_excluded')];
  const authentication = readAuthentication(section, globals, { version, family }, context);
  const signed = readSigning(section, advertIntervalMs, context);
  // The rules tell what strict mode drops.
  const signing = isStrict && signed !== null ? { ...signed, mode: 'enforce' as const } : signed;
  const carrier = { family, version, authentication, signing, interface: interfaceName };
  const carried = new Set(advertised(addresses, carrier, section, context));
  const links = reader.links();
  const timing = readTiming(section, globals, links.own !== null);
  return {
    name,
    version,
    family,
    interface: interfaceName,
    links,
    vrid: vrid ?? 0,
    priority: priority ?? DEFAULT_PRIORITY,
    initialState,
    advertIntervalMs,
    downTimerAdverts:
      section.number('down_timer_adverts') ?? globals.number('vrrp_down_timer_adverts') ?? 3,
    preempt,
    // keepalived: there is no delay where nothing is preempted, nor beside `state MASTER`.
    preemptDelayMs:
      preempt && !isMaster && !isStrict ? (section.number('preempt_delay') ?? 0) * 1000 : 0,
    authentication,
    signing,
    // keepalived has one source, and the last of both words sets it.
    sourceAddress:
      readOfFamily(
        section,
        unicast !== null && section.has('unicast_src_ip') ? 'unicast_src_ip' : 'mcast_src_ip',
        family,
        context,
      ) ?? (family === 'ipv4' ? (links.ownAddress?.address ?? null) : null),
    multicastGroup:
      readOfFamily(section, 'mcast_dst_ip', family, context) ??
      (family === 'ipv4'
        ? (globals.text('vrrp_mcast_group4') ?? '224.0.0.18')
        : (globals.text('vrrp_mcast_group6') ?? 'ff02::12')),
    unicast,
    sidePaths: readSidePaths(
      section,
      { interface: interfaceName, family, unicast, isStrict },
      context,
    ),
    bareChecksum:
      section.boolean('v3_checksum_as_v2') ?? globals.boolean('v3_checksum_as_v2') ?? false,
    hearing: readHearing(section, globals, { version, advertIntervalMs }),
    addresses: [...carried],
    excludedAddresses: [...addresses.filter((one) => !carried.has(one)), ...excluded],
    routes: section
      .said('virtual_routes')
      .flatMap((said) => readRoute(said, context.names, interfaceName) ?? []),
    rules: section.said('virtual_rules').flatMap((said) => readRule(said, context.names) ?? []),
    putBackLimit:
      readLimit(section, 'put_back_limit') ??
      readLimit(globals, 'vrrp_put_back_limit') ??
      PUT_BACK_LIMIT,
    announce: isStrict ? { ...timing, lowerPriorityRepeat: 0, lowerPriorityDelayMs: 0 } : timing,
    trackPrimaryInterface: !section.has('dont_track_primary'),
    trackSourceAddress: section.has('track_src_ip'),
    tracks: readTracks(section, trackers, context),
    strict: isStrict,
    accept: readAccept(section, { isOwner, isStrict, version }),
    lateTimerAdverts: readLateTimer(section),
    answerLowerPriority: !(
      section.boolean('lower_prio_no_advert') ??
      globals.boolean('vrrp_lower_prio_no_advert') ??
      false
    ),
    answerHigherPriority:
      section.boolean('higher_prio_send_advert') ??
      globals.boolean('vrrp_higher_prio_send_advert') ??
      false,
    notify: readNotify(section, context),
    gate: readGate(section, globals, context),
    ...readEvidence(section, family, context),
  };
}

/** The first virtual address decides over which family is advertised; without one it is what is asked for. */
function familyOfFirst(section: Section): Family {
  for (const { words } of section.said('virtual_ipaddress')) {
    const address = parseAddress(words[0]?.text.split('/')[0] ?? '');
    if (address !== null) return familyOf(address);
  }
  return section.has('native_ipv6') ? 'ipv6' : 'ipv4';
}

/** Whether the MASTER takes packets to its addresses: version 2 of the strict standard knows no such mode. */
function readAccept(
  section: Section,
  { isOwner, isStrict, version }: { isOwner: boolean; isStrict: boolean; version: 2 | 3 },
): boolean {
  if (isOwner) return true;
  if (isStrict) return version === 3 && section.has('accept');
  return !section.has('no_accept');
}

/** In intervals; keepalived has it beside `nopreempt` only. */
function readLateTimer(section: Section): number | null {
  const [said] = section.said('timer_expired_backup', 'thread_timer_expired');
  return said === undefined ? null : Number(said.slots.get('ADVERTISEMENTS')?.[0]?.text ?? 1);
}

/** `TIMES [SECONDS]`, or null. */
function readLimit(section: Section, name: string): PutBackLimit | null {
  const said = section.said(name).at(-1);
  if (said === undefined) return null;
  const seconds = said.slots.get('SECONDS')?.[0]?.text;
  return {
    times: Number(said.slots.get('TIMES')?.[0]?.text),
    withinMs: seconds === undefined ? PUT_BACK_LIMIT.withinMs : Number(seconds) * 1000,
  };
}

function readInterface(section: Section, globals: Section, context: ScriptContext): string {
  const name = section.text('interface') ?? globals.text('default_interface') ?? 'eth0';
  const known = context.environment.interfaces();
  const isAwaited = globals.has('dynamic_interfaces');
  if (known !== null && !known.includes(name) && isInterfaceName(name) && !isAwaited) {
    context.reports.add({
      code: 'unknown-interface',
      span: section.find('interface')?.span ?? section.span,
      message: `there is no interface ${name} now`,
      hint:
        known.length > 0 ? `there are ${known.join(', ')}` : 'the instance waits for it in FAULT',
    });
  }
  return name;
}

function readPreempt(
  section: Section,
  state: 'master' | 'backup',
  { reports }: ScriptContext,
): boolean {
  const setting = section.find('nopreempt');
  if (setting === null) return true;
  if (state !== 'master') return false;
  reports.add({
    code: 'nopreempt-ignored',
    span: setting.span,
    message: 'nopreempt does nothing beside "state MASTER"',
    hint: 'write "state BACKUP" on both directors; the priority decides',
  });
  return true;
}

function readVersion(
  section: Section,
  globals: Section,
  family: Family,
  { reports }: ScriptContext,
): 2 | 3 {
  if (family === 'ipv6') return 3;
  const asked = section.text('version') ?? globals.text('vrrp_version') ?? '2';
  const setting = section.find('advert_int');
  const interval = section.number('advert_int') ?? 1;
  if (asked === '2' && setting !== null && !Number.isInteger(interval)) {
    reports.add({
      code: 'contradiction',
      span: setting.span,
      message: `version 2 of VRRP counts whole seconds: ${interval} s is sent as ${Math.max(1, Math.round(interval))} s`,
      hint: 'write "version 3", on both directors',
    });
  }
  return asked === '3' ? 3 : 2;
}

function readInterval(section: Section, version: 2 | 3, { reports }: ScriptContext): number {
  const secondsAsked = section.number('advert_int') ?? 1;
  if (version === 2) return Math.max(1, Math.round(secondsAsked)) * 1000;
  if (secondsAsked <= 40.95) return Math.max(1, Math.round(secondsAsked * 100)) * 10;
  const span = section.find('advert_int')?.span ?? section.span;
  reports.add({
    code: 'out-of-range',
    span,
    message: 'version 3 of VRRP has intervals up to 40.95 s',
  });
  return 40_950;
}
