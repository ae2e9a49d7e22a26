/** Sections → VRRP of the model, with every default filled in, and what only the whole shows. */
import { addressBits, type Family, familyOf, parseAddress } from '../base/address.ts';
import type { NotifyScripts } from '../model/script.ts';
import type {
  AnnounceTiming,
  Authentication,
  SyncGroup,
  Track,
  VirtualAddress,
  VrrpConfig,
  VrrpInstance,
  VrrpScript,
} from '../model/vrrp.ts';
import type { Word } from './ast.ts';
import { readScript, resolveAccount, type ScriptContext } from './build-script.ts';
import type { Section } from './section.ts';

const DEFAULT_PRIORITY = 100;
const OWNER_PRIORITY = 255;
const AUTH_PASS_OCTETS_MAX = 8;
const LABEL_LENGTH_MAX = 15;
const ADVERTISED_MAX = 255;

export function buildVrrp(root: Section, globals: Section, context: ScriptContext): VrrpConfig {
  const scripts = root
    .sections('vrrp_script')
    .flatMap((section) => buildScript(section, context) ?? []);
  const built = root
    .sections('vrrp_instance')
    .map((section) => ({ section, instance: buildInstance(section, globals, scripts, context) }));
  const kept = withoutDuplicates(built, context);
  const instances = kept.map(({ instance }) => instance);
  const syncGroups = buildGroups(root, instances, scripts, context);
  return {
    instances,
    syncGroups,
    scripts,
    startupDelayMs: (globals.number('vrrp_startup_delay') ?? 0) * 1000,
    process: {
      realtimePriority: globals.number('vrrp_rt_priority'),
      niceness: globals.number('vrrp_priority'),
      lockMemory: globals.has('vrrp_no_swap'),
    },
  };
}

/** The name in front of the block; a block without one is told and has an empty name. */
export function nameOf(section: Section, { reports }: ScriptContext): string {
  const [name] = section.label;
  if (name === undefined) {
    reports.add({
      code: 'missing-argument',
      span: section.span,
      message: `"${section.block}" needs a name`,
      hint: `${section.block} NAME { … }`,
    });
  }
  return name?.text ?? '';
}

function buildScript(section: Section, context: ScriptContext): VrrpScript | null {
  const name = nameOf(section, context);
  const [user, group] = section.words('user');
  const account =
    user === undefined
      ? context.account
      : resolveAccount(
          user.span,
          user.text,
          group?.text ?? null,
          context.environment,
          context.reports,
        );
  const script = readScript(section, 'script', context);
  if (!section.mentions('script')) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `vrrp_script ${name} has no "script"`,
    });
  }
  if (script === null || account === undefined) return null;
  const { weightDelta, reverse } = readWeight(section.words('weight'), context);
  const intervalMs = (section.number('interval') ?? 1) * 1000;
  return {
    name,
    script: { ...script, account },
    intervalMs,
    timeoutMs: (section.number('timeout') ?? 0) * 1000 || intervalMs,
    weightDelta,
    reverse,
    rise: section.number('rise') ?? 1,
    fall: section.number('fall') ?? 1,
    initFail: section.has('init_fail'),
  };
}

/** `weight -20 reverse`, without the word weight. */
function readWeight(
  words: readonly Word[],
  { reports }: ScriptContext,
): { readonly weightDelta: number; readonly reverse: boolean } {
  const [number, flag] = words;
  if (number === undefined) return { weightDelta: 0, reverse: false };
  const weightDelta = /^[+-]?\d+$/.test(number.text) ? Number(number.text) : Number.NaN;
  if (!(weightDelta >= -253 && weightDelta <= 253)) {
    reports.add({
      code: Number.isNaN(weightDelta) ? 'bad-value' : 'out-of-range',
      span: number.span,
      message: `"${number.text}" is no weight`,
      hint: 'a weight is a whole number from -253 to 253',
    });
    return { weightDelta: 0, reverse: false };
  }
  return { weightDelta, reverse: flag?.text === 'reverse' };
}

function buildInstance(
  section: Section,
  globals: Section,
  scripts: readonly VrrpScript[],
  context: ScriptContext,
): VrrpInstance {
  const { reports } = context;
  const name = nameOf(section, context);
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
  const addresses = readAddresses(section, 'virtual_ipaddress', interfaceName, context);
  const family = addresses[0] === undefined ? 'ipv4' : familyOf(addresses[0].address);
  const priority = section.number('priority');
  const initialState = section.text('state') === 'MASTER' ? 'master' : 'backup';
  const preempt = readPreempt(section, initialState, context);
  const timing = readTiming(section, globals);
  const version = readVersion(section, globals, family, context);
  return {
    name,
    version,
    family,
    interface: interfaceName,
    vrid: vrid ?? 0,
    priority: priority ?? DEFAULT_PRIORITY,
    initialState: priority === OWNER_PRIORITY ? 'master' : initialState,
    advertIntervalMs: readInterval(section, version, context),
    downTimerAdverts:
      section.number('down_timer_adverts') ?? globals.number('vrrp_down_timer_adverts') ?? 3,
    preempt,
    preemptDelayMs: (section.number('preempt_delay') ?? 0) * 1000,
    authentication: readAuthentication(section, version, context),
    sourceAddress: readOfFamily(section, 'mcast_src_ip', family, context),
    multicastGroup:
      readOfFamily(section, 'mcast_dst_ip', family, context) ??
      (family === 'ipv4'
        ? (globals.text('vrrp_mcast_group4') ?? '224.0.0.18')
        : (globals.text('vrrp_mcast_group6') ?? 'ff02::12')),
    addresses: advertised(addresses, family),
    excludedAddresses: [
      ...addresses.filter((one) => !advertised(addresses, family).includes(one)),
      ...readAddresses(section, 'virtual_ipaddress_excluded', interfaceName, context),
    ],
    announce: timing,
    trackPrimaryInterface: !section.has('dont_track_primary'),
    trackInterfaces: readTracks(section, 'track_interface', [], context),
    trackScripts: readTracks(section, 'track_script', scripts, context),
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
  };
}

/** An address of the family of the virtual addresses. */
function readOfFamily(
  section: Section,
  name: string,
  family: Family,
  { reports }: ScriptContext,
): string | null {
  const address = section.text(name);
  if (address === null || familyOf(address) === family) return address;
  reports.add({
    code: 'contradiction',
    span: section.find(name)?.span ?? section.span,
    message: `${name} ${address} is not of the family of the first virtual address`,
    hint: 'an instance speaks IPv4 or IPv6, as its first virtual_ipaddress does',
  });
  return null;
}

function readInterface(section: Section, globals: Section, context: ScriptContext): string {
  const name = section.text('interface') ?? globals.text('default_interface') ?? 'eth0';
  const known = context.environment.interfaces();
  if (known !== null && !known.includes(name)) {
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
    code: 'contradiction',
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

function readAuthentication(
  section: Section,
  version: 2 | 3,
  { reports }: ScriptContext,
): Authentication {
  const [block] = section.sections('authentication');
  if (block === undefined) return { type: 'none' };
  const type = block.text('auth_type');
  const key = block.text('auth_pass');
  if (type === 'AH' || version === 3) {
    reports.add({
      code: 'no-effect',
      span: block.find('auth_type')?.span ?? block.span,
      message:
        version === 3
          ? 'version 3 of VRRP has no authentication: none is used'
          : 'auth_type AH has no effect in this version: no authentication is used',
    });
    return { type: 'none' };
  }
  if (type === null || key === null) {
    reports.add({
      code: 'missing-keyword',
      span: block.span,
      message: 'authentication needs both auth_type and auth_pass',
    });
    return { type: 'none' };
  }
  if (Buffer.byteLength(key) > AUTH_PASS_OCTETS_MAX) {
    reports.add({
      code: 'adjusted',
      span: block.find('auth_pass')?.span ?? block.span,
      message: `auth_pass: only its first ${AUTH_PASS_OCTETS_MAX} characters count`,
    });
  }
  return { type: 'pass', key: Buffer.from(key).subarray(0, AUTH_PASS_OCTETS_MAX).toString() };
}

/** Those of the family of the first, as many as an advertisement can hold. */
function advertised(
  addresses: readonly VirtualAddress[],
  family: Family,
): readonly VirtualAddress[] {
  return addresses.filter((one) => familyOf(one.address) === family).slice(0, ADVERTISED_MAX);
}

function readAddresses(
  section: Section,
  name: string,
  interfaceName: string,
  context: ScriptContext,
): readonly VirtualAddress[] {
  return section
    .entries(name)
    .flatMap((entry) => readVirtualAddress(entry, interfaceName, context) ?? []);
}

function readVirtualAddress(
  [first, ...options]: readonly [Word, ...Word[]],
  interfaceName: string,
  context: ScriptContext,
): VirtualAddress | null {
  const { reports } = context;
  const [text = '', lengthText, ...more] = first.text.split('/');
  const address = parseAddress(text);
  const bits = address === null ? 0 : addressBits(familyOf(address));
  const prefixLength = lengthText === undefined ? bits : Number(lengthText);
  const lengthGood = lengthText === undefined || /^\d{1,3}$/.test(lengthText);
  if (address === null || more.length > 0 || !lengthGood || prefixLength > bits) {
    reports.add({
      code: 'bad-value',
      span: first.span,
      message: `"${first.text}" is no address`,
      hint: 'ADDRESS[/PREFIX LENGTH], for example 192.0.2.10/24',
    });
    return null;
  }
  const result = {
    address,
    prefixLength,
    interface: interfaceName,
    label: null as string | null,
    scope: 'global' as VirtualAddress['scope'],
    broadcast: null as string | null,
  };
  for (let at = 0; at < options.length; at += 2) {
    const option = options[at] as Word;
    const value = options[at + 1];
    if (
      ['no_track', 'home', '-nodad', 'noprefixroute', 'autojoin', 'mngtmpaddr'].includes(
        option.text,
      )
    ) {
      reports.add({
        code: 'no-effect',
        span: option.span,
        message: `"${option.text}" of an address has no effect in this version`,
      });
      at -= 1;
    } else if (value === undefined || !setOption(result, option.text, value.text)) {
      reports.add({
        code: 'bad-value',
        span: option.span,
        message: `"${option.text}${value === undefined ? '' : ` ${value.text}`}" is no option of an address`,
        hint: 'one of dev IFNAME, label NAME, scope NAME, brd ADDRESS; one address stands on a line',
      });
      return result;
    }
  }
  return result;
}

/** False: there is no such option, or it cannot have this value. */
function setOption(
  result: {
    interface: string;
    label: string | null;
    scope: VirtualAddress['scope'];
    broadcast: string | null;
  },
  option: string,
  value: string,
): boolean {
  switch (option) {
    case 'dev':
      result.interface = value;
      return true;
    case 'label':
      result.label = value;
      return value.length <= LABEL_LENGTH_MAX;
    case 'scope': {
      const known = ['global', 'site', 'link', 'host'] as const;
      result.scope = known.find((one) => one === value) ?? 'global';
      return known.some((one) => one === value);
    }
    case 'brd':
    case 'broadcast':
      result.broadcast = value === '+' ? 'default' : value === '-' ? null : parseAddress(value);
      return value === '-' || result.broadcast !== null;
    default:
      return false;
  }
}

function readTiming(section: Section, globals: Section): AnnounceTiming {
  const read = (name: string, global: string, otherwise: number): number =>
    section.number(name) ?? globals.number(global) ?? otherwise;
  const repeat = read('garp_master_repeat', 'vrrp_garp_master_repeat', 5);
  const delay = read('garp_master_delay', 'vrrp_garp_master_delay', 5);
  return {
    repeat,
    secondAfterMs: delay * 1000,
    refreshMs: read('garp_master_refresh', 'vrrp_garp_master_refresh', 0) * 1000,
    refreshRepeat: read('garp_master_refresh_repeat', 'vrrp_garp_master_refresh_repeat', 1),
    lowerPriorityRepeat: read('garp_lower_prio_repeat', 'vrrp_garp_lower_prio_repeat', repeat),
    lowerPriorityDelayMs: read('garp_lower_prio_delay', 'vrrp_garp_lower_prio_delay', delay) * 1000,
  };
}

function readTracks(
  section: Section,
  name: 'track_interface' | 'track_script',
  scripts: readonly VrrpScript[],
  context: ScriptContext,
): readonly Track[] {
  return section.entries(name).flatMap(([first, ...options]) => {
    const script = scripts.find((one) => one.name === first.text);
    if (name === 'track_script' && script === undefined) {
      const known = scripts.map((one) => one.name).join(', ');
      context.reports.add({
        code: 'unknown-reference',
        span: first.span,
        message: `there is no usable vrrp_script "${first.text}"`,
        hint: known === '' ? 'declare it: vrrp_script NAME { … }' : `there are ${known}`,
      });
      return [];
    }
    const [word, ...weight] = options;
    const own = word?.text === 'weight' ? readWeight(weight, context) : null;
    return [
      {
        name: first.text,
        weightDelta: own?.weightDelta ?? script?.weightDelta ?? 0,
        reverse: own?.reverse ?? script?.reverse ?? false,
      },
    ];
  });
}

function readNotify(section: Section, context: ScriptContext): NotifyScripts {
  const read = (name: string): NotifyScripts['any'] => readScript(section, name, context);
  return {
    master: read('notify_master'),
    backup: read('notify_backup'),
    fault: read('notify_fault'),
    stop: read('notify_stop'),
    any: read('notify'),
  };
}

interface Built {
  readonly section: Section;
  readonly instance: VrrpInstance;
}

/** Each name once, and each VRID once on a link and family: the second one is left out. */
function withoutDuplicates(built: readonly Built[], { reports }: ScriptContext): readonly Built[] {
  const kept: Built[] = [];
  for (const one of built) {
    const { section, instance } = one;
    const { name, vrid, interface: link, family } = instance;
    if (vrid === 0 || name === '') continue;
    const sameName = kept.find((other) => other.instance.name === name);
    const sameVrid = kept.find(
      ({ instance: other }) =>
        other.vrid === vrid && other.interface === link && other.family === family,
    );
    if (sameName !== undefined) {
      reports.add({
        code: 'duplicate',
        span: section.label[0]?.span ?? section.span,
        message: `there is a vrrp_instance "${name}" already`,
      });
    } else if (sameVrid !== undefined) {
      reports.add({
        code: 'duplicate',
        span: section.find('virtual_router_id')?.span ?? section.span,
        message: `${sameVrid.instance.name} uses virtual_router_id ${vrid} on ${link} already`,
        hint: 'each virtual router of a link has a number of its own',
      });
    } else {
      kept.push(one);
    }
  }
  return kept;
}

function buildGroups(
  root: Section,
  instances: readonly VrrpInstance[],
  scripts: readonly VrrpScript[],
  context: ScriptContext,
): readonly SyncGroup[] {
  const taken = new Map<string, string>();
  return root.sections('vrrp_sync_group').map((section) => {
    const name = nameOf(section, context);
    const words = section.entries('group').flat();
    const members = words.filter((word) => isFree(word, name, instances, taken, context));
    if (!section.mentions('group')) {
      context.reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: `vrrp_sync_group ${name} has no members`,
        hint: 'group { INSTANCE … }',
      });
    }
    return {
      name,
      members: members.map((word) => word.text),
      trackInterfaces: readTracks(section, 'track_interface', [], context),
      trackScripts: readTracks(section, 'track_script', scripts, context),
      trackWeights: section.has('sync_group_tracking_weight') || section.has('global_tracking'),
      notify: readNotify(section, context),
    };
  });
}

function isFree(
  word: Word,
  group: string,
  instances: readonly VrrpInstance[],
  taken: Map<string, string>,
  { reports }: ScriptContext,
): boolean {
  const other = taken.get(word.text);
  if (!instances.some(({ name }) => name === word.text)) {
    const known = instances.map(({ name }) => name).join(', ');
    reports.add({
      code: 'unknown-reference',
      span: word.span,
      message: `there is no vrrp_instance "${word.text}"`,
      hint: `there are ${known || 'none'}`,
    });
    return false;
  }
  if (other !== undefined) {
    reports.add({
      code: 'duplicate',
      span: word.span,
      message: `${word.text} is a member of ${other} already`,
      hint: 'an instance belongs to one group',
    });
    return false;
  }
  taken.set(word.text, group);
  return true;
}
