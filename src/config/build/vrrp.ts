/** Sections → VRRP of the model, with every default filled in, and what only the whole shows. */
import { addressBits, type Family, familyOf, parseAddress } from '../../base/address.ts';
import type { NotifyScripts } from '../../model/script.ts';
import type {
  AnnounceTiming,
  Authentication,
  SyncGroup,
  Track,
  VirtualAddress,
  VrrpConfig,
  VrrpInstance,
  VrrpScript,
} from '../../model/vrrp.ts';
import type { Word } from '../text/ast.ts';
import type { Said } from '../values/phrase.ts';
import { merged, type Section } from '../values/section.ts';
import { isInterfaceName } from './interface-name.ts';
import { readScript, resolveAccount, type ScriptContext } from './scripts.ts';

const DEFAULT_PRIORITY = 100;
const OWNER_PRIORITY = 255;
const AUTH_PASS_OCTETS_MAX = 8;
const WEIGHT_MAX = 253;
const ADVERTISED_MAX = 255;
const NAMED_MAX = 8;

export function buildVrrp(root: Section, globals: Section, context: ScriptContext): VrrpConfig {
  const scripts = root
    .sections('vrrp_script')
    .flatMap((section) => buildScript(section, context) ?? []);
  const usable = new Map(scripts.toReversed().map((script) => [script.name, script]));
  const declared = { usable, names: root.namesOf('vrrp_script') };
  const built = root
    .sections('vrrp_instance')
    .map((section) => ({ section, instance: buildInstance(section, globals, declared, context) }));
  const kept = withoutDuplicates(built, context);
  const instances = kept.map(({ instance }) => instance);
  const syncGroups = buildGroups(root, instances, declared, context);
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

interface DeclaredScripts {
  /** By name; of two with one name the first counts. */
  readonly usable: ReadonlyMap<string, VrrpScript>;
  /** Also of those that are not. */
  readonly names: ReadonlySet<string>;
}

const NO_SCRIPTS: DeclaredScripts = { usable: new Map(), names: new Set() };

/** Names for a hint. */
function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The name in front of the block; of a block without one, which has been told, it is empty. */
export function nameOf(section: Section): string {
  return section.label[0]?.text ?? '';
}

function buildScript(section: Section, context: ScriptContext): VrrpScript | null {
  const name = nameOf(section);
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
  const { weightDelta, reverse } = weightOf(section.said('weight')[0]);
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

/** `-20 reverse`, behind the word weight. */
function weightOf(said: Said | undefined): Weight {
  const [number] = said?.slots.get('WEIGHT') ?? [];
  const asked = number === undefined ? 0 : Number(number.text);
  // keepalived takes ±254 of an interface as ±253.
  const weightDelta = Math.min(WEIGHT_MAX, Math.max(-WEIGHT_MAX, asked));
  return { weightDelta, reverse: said?.options.has('reverse') ?? false };
}

interface Weight {
  readonly weightDelta: number;
  readonly reverse: boolean;
}

function buildInstance(
  section: Section,
  globals: Section,
  scripts: DeclaredScripts,
  context: ScriptContext,
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
  const addresses = readAddresses(section, 'virtual_ipaddress', interfaceName, context);
  const family = addresses[0] === undefined ? 'ipv4' : familyOf(addresses[0].address);
  const priority = section.number('priority');
  const initialState = section.text('state') === 'MASTER' ? 'master' : 'backup';
  const preempt = readPreempt(section, initialState, context);
  const carried = new Set(advertised(addresses, family));
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
    addresses: [...carried],
    excludedAddresses: [
      ...addresses.filter((one) => !carried.has(one)),
      ...readAddresses(section, 'virtual_ipaddress_excluded', interfaceName, context),
    ],
    announce: timing,
    trackPrimaryInterface: !section.has('dont_track_primary'),
    trackInterfaces: readTracks(section, 'track_interface', NO_SCRIPTS, context),
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
  if (known !== null && !known.includes(name) && isInterfaceName(name)) {
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

function readAuthentication(
  section: Section,
  version: 2 | 3,
  { reports }: ScriptContext,
): Authentication {
  const block = merged(section.sections('authentication'));
  if (block === null) return { type: 'none' };
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
    if (!(block.mentions('auth_type') && block.mentions('auth_pass'))) {
      reports.add({
        code: 'missing-keyword',
        span: block.span,
        message: 'authentication needs both auth_type and auth_pass',
      });
    }
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
  return section.said(name).flatMap((said) => virtualAddress(said, interfaceName, context) ?? []);
}

function virtualAddress(
  said: Said,
  interfaceName: string,
  context: ScriptContext,
): VirtualAddress | null {
  const [first] = said.words;
  const [text = '', length] = first?.text.split('/') ?? [];
  const address = parseAddress(text);
  if (address === null) return null;
  const textOf = (option: string): string | null =>
    said.options.get(option)?.words[0]?.text ?? null;
  return {
    address,
    prefixLength: length === undefined ? addressBits(familyOf(address)) : Number(length),
    interface: textOf('dev') ?? interfaceName,
    label: textOf('label'),
    scope: scopeOf(said.options.get('scope')?.words[0], context),
    broadcast: broadcastOf(textOf('broadcast')),
  };
}

function broadcastOf(value: string | null): string | null {
  if (value === '+') return 'default';
  return value === null || value === '-' ? null : parseAddress(value);
}

const SCOPES: Readonly<Record<string, VirtualAddress['scope']>> = {
  global: 'global',
  '0': 'global',
  site: 'site',
  '200': 'site',
  link: 'link',
  '253': 'link',
  host: 'host',
  '254': 'host',
};

/** The kernel knows 256 scopes, and the model those four that have names. */
function scopeOf(word: Word | undefined, { reports }: ScriptContext): VirtualAddress['scope'] {
  if (word === undefined) return 'global';
  const scope = SCOPES[word.text];
  if (scope !== undefined) return scope;
  reports.add({
    code: 'no-effect',
    span: word.span,
    message: `scope ${word.text} has no effect in this version: global is used`,
    hint: 'one of global, site, link, host',
  });
  return 'global';
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
  scripts: DeclaredScripts,
  context: ScriptContext,
): readonly Track[] {
  return section.said(name).flatMap((said) => {
    const [first] = said.words;
    if (first === undefined) return [];
    const script = scripts.usable.get(first.text);
    if (name === 'track_script' && script === undefined) {
      // What is wrong with a script that is declared has been told there.
      if (!scripts.names.has(first.text)) tellUnknownScript(first, scripts, context);
      return [];
    }
    return [{ name: first.text, ...trackedWeight(said.options.get('weight'), script) }];
  });
}

/** The weight of the entry, else that of the script. */
function trackedWeight(said: Said | undefined, script: VrrpScript | undefined): Weight {
  if (said === undefined) {
    return { weightDelta: script?.weightDelta ?? 0, reverse: script?.reverse ?? false };
  }
  const own = weightOf(said);
  const inherited = !said.options.has('noreverse') && (script?.reverse ?? false);
  return { ...own, reverse: own.reverse || inherited };
}

function tellUnknownScript(
  { text, span }: Word,
  scripts: DeclaredScripts,
  { reports }: ScriptContext,
): void {
  const known = someOf([...scripts.usable.keys()]);
  reports.add({
    code: 'unknown-reference',
    span,
    message: `there is no vrrp_script "${text}"`,
    hint: known === '' ? 'declare it: vrrp_script NAME { … }' : `there are ${known}`,
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
  const names = new Set<string>();
  const routers = new Map<string, VrrpInstance>();
  for (const one of built) {
    const { section, instance } = one;
    const { name, vrid, interface: link, family } = instance;
    if (vrid === 0 || name === '') continue;
    const router = `${vrid} ${family} ${link}`;
    const sameRouter = routers.get(router);
    if (names.has(name)) {
      reports.add({
        code: 'duplicate',
        span: section.label[0]?.span ?? section.span,
        message: `there is a vrrp_instance "${name}" already`,
      });
    } else if (sameRouter !== undefined) {
      reports.add({
        code: 'duplicate',
        span: section.find('virtual_router_id')?.span ?? section.span,
        message: `${sameRouter.name} uses virtual_router_id ${vrid} on ${link} already`,
        hint: 'each virtual router of a link has a number of its own',
      });
    } else {
      names.add(name);
      routers.set(router, instance);
      kept.push(one);
    }
  }
  return kept;
}

function buildGroups(
  root: Section,
  instances: readonly VrrpInstance[],
  scripts: DeclaredScripts,
  context: ScriptContext,
): readonly SyncGroup[] {
  const usable = new Set(instances.map(({ name }) => name));
  const declared = { usable, names: root.namesOf('vrrp_instance') };
  const taken = new Map<string, string>();
  return root.sections('vrrp_sync_group').map((section) => {
    const name = nameOf(section);
    const words = section.words('group');
    const members = words.filter((word) => isFree(word, name, declared, taken, context));
    if (!section.mentions('group') && !section.isSpoilt) {
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
      trackInterfaces: readTracks(section, 'track_interface', NO_SCRIPTS, context),
      trackScripts: readTracks(section, 'track_script', scripts, context),
      trackWeights: section.has('sync_group_tracking_weight'),
      notify: readNotify(section, context),
    };
  });
}

function isFree(
  word: Word,
  group: string,
  instances: { readonly usable: ReadonlySet<string>; readonly names: ReadonlySet<string> },
  taken: Map<string, string>,
  { reports }: ScriptContext,
): boolean {
  const other = taken.get(word.text);
  if (!instances.usable.has(word.text)) {
    // What is wrong with an instance that is declared has been told there.
    if (instances.names.has(word.text)) return false;
    const known = someOf([...instances.usable]);
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
