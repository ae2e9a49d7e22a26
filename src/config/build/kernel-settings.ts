/** Sections → what is asked of IPVS besides virtual servers, and what of it contradicts itself. */
import { familyOf } from '../../base/address.ts';
import type {
  ConnectionTimeouts,
  FlushOnStop,
  KernelSettings,
  SyncSettings,
} from '../../model/kernel-settings.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type { VirtualServer } from '../../model/virtual-server.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { TIMEOUT_SECONDS_MAX } from '../keywords/phrases.ts';
import { LVS_SYSCTL } from '../keywords/sysctl.ts';
import type { Word } from '../text/ast.ts';
import type { Said } from '../values/phrase.ts';
import { merged, type Section, type Setting } from '../values/section.ts';
import { wordsOf } from '../values/value.ts';
import { nameOf } from './vrrp/names.ts';

/** What the settings are looked up in and held against. */
export interface Surroundings {
  readonly root: Section;
  readonly globals: Section;
  readonly instances: readonly VrrpInstance[];
  readonly virtualServers: readonly VirtualServer[];
  /** Names of the interfaces there are, or null when that cannot be told. */
  interfaces(): readonly string[] | null;
}

export function buildKernelSettings(around: Surroundings, reports: Reports): KernelSettings {
  const { globals } = around;
  return {
    namespace: ownNamespace(around.root),
    timeouts: readTimeouts(globals),
    sync: readSync(around, reports),
    sysctls: readSysctls(globals, reports),
    flushOnStop: readFlushOnStop(globals),
  };
}

/** Of IPVS alone; null: that of the daemon. */
function ownNamespace(root: Section): string | null {
  const name = root.text('net_namespace_ipvs');
  return name === root.text('net_namespace') ? null : name;
}

function readTimeouts(globals: Section): ConnectionTimeouts | null {
  const [said] = globals.said('lvs_timeouts');
  if (said === undefined) return null;
  // What keepalived takes beyond it has been told.
  const seconds = (name: string): number =>
    Math.min(numberOf(said, name) ?? 0, TIMEOUT_SECONDS_MAX);
  const timeouts = {
    tcpSeconds: seconds('tcp'),
    tcpFinSeconds: seconds('tcpfin'),
    udpSeconds: seconds('udp'),
  };
  return Object.values(timeouts).some((one) => one > 0) ? timeouts : null;
}

function readFlushOnStop(globals: Section): FlushOnStop | null {
  const [said] = globals.said('lvs_flush_on_stop');
  if (said === undefined) return null;
  return said.options.has('VS') ? 'own' : 'everything';
}

/** A sync daemon as it stands somewhere in the file. */
interface WrittenSync {
  readonly interface: Word;
  readonly instance: Word | null;
  readonly settings: Omit<SyncSettings, 'interface' | 'instance' | 'syncId'>;
  readonly syncId: number | null;
}

function readSync(around: Surroundings, reports: Reports): SyncSettings | null {
  const written = inGlobals(around.globals, reports) ?? inInstances(around.root, reports);
  if (written === null) return null;
  const isElsewhere = ownNamespace(around.root) !== null;
  tellInterface(written.interface, isElsewhere ? null : around.interfaces(), reports);
  tellMixedFamilies(written.interface, around.virtualServers, reports);
  const instance = followed(written.instance, around, reports);
  return {
    interface: written.interface.text,
    instance: instance?.name ?? null,
    syncId: written.syncId ?? instance?.vrid ?? 0,
    ...written.settings,
  };
}

function inGlobals(globals: Section, reports: Reports): WrittenSync | null {
  const [said] = globals.said('lvs_sync_daemon');
  const [link] = said?.slots.get('IFNAME') ?? [];
  if (said === undefined || link === undefined) return null;
  const instance = oneOf(said, { slot: 'INSTANCE', option: 'inst' }, reports);
  const id = oneOf(said, { slot: 'ID', option: 'id' }, reports);
  return {
    interface: link,
    instance,
    syncId: id === null ? null : Number(id.text),
    settings: {
      maxlen: numberOf(said, 'maxlen'),
      group: wordOf(said, 'group')?.text ?? null,
      port: numberOf(said, 'port'),
      ttl: numberOf(said, 'ttl'),
    },
  };
}

/** `lvs_sync_daemon_interface`, the old way: the first instance that has it is the one. */
function inInstances(root: Section, reports: Reports): WrittenSync | null {
  const [first, second] = root.sections('vrrp_instance').flatMap((section) => {
    const setting = section.find('lvs_sync_daemon_interface');
    return setting?.value.is === 'text' ? [{ section, setting, text: setting.value.text }] : [];
  });
  if (first === undefined) return null;
  if (second !== undefined) {
    reports.add({
      code: 'contradiction',
      span: second.setting.span,
      message: `the sync daemon follows ${nameOf(first.section)} already: there is one for all`,
      hint: 'write one "lvs_sync_daemon IFNAME INSTANCE" into global_defs',
    });
  }
  const [name] = first.section.label;
  const { span } = first.setting;
  return {
    interface: { text: first.text, quoted: false, span },
    instance: name ?? null,
    syncId: null,
    settings: { maxlen: null, group: null, port: null, ttl: null },
  };
}

/** The same can be said by position and by name. */
function oneOf(
  said: Said,
  { slot, option }: { readonly slot: string; readonly option: string },
  reports: Reports,
): Word | null {
  const [placed = null] = said.slots.get(slot) ?? [];
  const named = wordOf(said, option);
  if (placed !== null && named !== null && placed.text !== named.text) {
    reports.add({
      code: 'contradiction',
      span: named.span,
      message: `"${option} ${named.text}" contradicts "${placed.text}" before it`,
      hint: 'remove one of them',
    });
  }
  return named ?? placed;
}

/** Null: none is named, or there is none of this name, which is told. */
function followed(
  word: Word | null,
  { root, instances }: Surroundings,
  reports: Reports,
): VrrpInstance | null {
  if (word === null) return null;
  const found = instances.find(({ name }) => name === word.text);
  // What is wrong with an instance that is declared has been told there.
  if (found === undefined && !root.namesOf('vrrp_instance').has(word.text)) {
    const known = instances.map(({ name }) => name).join(', ');
    reports.add({
      code: 'unknown-reference',
      span: word.span,
      message: `there is no vrrp_instance "${word.text}"`,
      hint: `there are ${known || 'none'}; without INSTANCE the daemon runs in both roles`,
    });
  }
  return found ?? null;
}

function tellInterface(word: Word, known: readonly string[] | null, reports: Reports): void {
  if (known === null || known.includes(word.text)) return;
  reports.add({
    code: 'unknown-interface',
    span: word.span,
    message: `there is no interface ${word.text} now`,
    hint: known.length > 0 ? `there are ${known.join(', ')}` : 'the sync daemon waits for it',
  });
}

/** net/netfilter/ipvs: sync messages have no room for two families, so the kernel refuses one of both. */
function tellMixedFamilies(
  word: Word,
  virtualServers: readonly VirtualServer[],
  reports: Reports,
): void {
  for (const server of virtualServers) {
    const { realServers, sorryServer } = server;
    const families = new Set(server.keys.map(({ family }) => family));
    const isOther = ({ address }: { readonly address: string }): boolean =>
      families.size > 1 || !families.has(familyOf(address));
    const other = realServers.find(isOther);
    // Added when all others are down, and refused just then.
    const sorry = sorryServer !== null && isOther(sorryServer) ? sorryServer : null;
    const one = other ?? sorry;
    if (one === null) continue;
    const [what, whose] =
      other === undefined
        ? ['the sorry server', 'a sorry server']
        : ['a real server', 'real servers'];
    reports.add({
      code: 'contradiction',
      span: word.span,
      message: `no sync daemon runs beside ${one.address}, ${what} of another family than ${nameOfVirtualServer(server)}`,
      hint: `remove the sync daemon, or give this virtual server ${whose} of its own family only`,
    });
    return;
  }
}

function readSysctls(globals: Section, reports: Reports): Readonly<Record<string, string>> {
  const section = merged(globals.sections('lvs_sysctl'));
  if (section === null) return {};
  const values: Record<string, string> = {};
  for (const name of LVS_SYSCTL.keys()) {
    const setting = section.find(name);
    if (setting === null) continue;
    const words = wordsOf(setting.value);
    if (name === 'sync_threshold' && !isThreshold(setting, words, reports)) continue;
    values[name] = words.join(' ');
  }
  return values;
}

/** The kernel refuses a threshold that no packet of a period reaches. */
function isThreshold(setting: Setting, words: readonly string[], reports: Reports): boolean {
  const [packets = 0, period = 0] = words.map(Number);
  if (period === 0 || packets < period) return true;
  reports.add({
    code: 'out-of-range',
    span: setting.span,
    message: `PACKETS ${packets} of sync_threshold is not below PERIOD ${period}`,
    hint: 'sync_threshold 3 50: at packet 3, then at packet 53, 103 …',
  });
  return false;
}

function wordOf(said: Said, option: string): Word | null {
  return said.options.get(option)?.words[0] ?? null;
}

function numberOf(said: Said, option: string): number | null {
  const word = wordOf(said, option);
  return word === null ? null : Number(word.text);
}
