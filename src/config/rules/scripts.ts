/** Scripts: who runs them, when, and what a shell would have done for them. */

import { splitCommand } from '../build/command-words.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { BlockName } from '../keywords/keyword.ts';
import type { Word } from '../text/ast.ts';
import type { Section } from '../values/section.ts';
import type { Whole } from './whole.ts';
import {
  entriesOf,
  isOn,
  lastWritten,
  nameIn,
  nameSpan,
  numberOf,
  sectionsOf,
  standsAbove,
  valueSpan,
  wordsOf,
} from './written.ts';

const NOTIFY = [
  'notify',
  'notify_master',
  'notify_backup',
  'notify_fault',
  'notify_stop',
  'notify_deleted',
  'notify_master_rx_lower_pri',
] as const;

/** Commands by the block that they stand in. */
const SCRIPTS: Partial<Readonly<Record<BlockName, readonly string[]>>> = {
  vrrp_script: ['script'],
  vrrp_instance: NOTIFY,
  vrrp_sync_group: NOTIFY,
  virtual_server: ['quorum_up', 'quorum_down'],
  real_server: ['notify_up', 'notify_down'],
  MISC_CHECK: ['misc_path'],
};

/** Words that mean something to a shell, and nothing to a program that is started without one. */
const SHELL_WORDS = /(^|\s)(\||\|\||&&|[12]?>{1,2}|<|&)(\s|$)|;(\s|$)|\$\(|`/;
const IS_SHELL = /^"?\s*(\S*\/)?(ba|da|z|k)?sh\s+-c/;

export function tellShellWords(section: Section, reports: Reports): void {
  for (const name of SCRIPTS[section.block] ?? []) {
    const setting = lastWritten(section, name);
    if (setting?.value.is !== 'script') continue;
    const { raw } = setting.value;
    if (!SHELL_WORDS.test(raw) || IS_SHELL.test(raw)) continue;
    reports.add({
      code: 'shell-syntax',
      span: setting.span,
      message: 'this is started without a shell: | > < ; & and $( reach the program as words',
      hint: 'put it into a script of its own, or write "/bin/sh -c \'…\'"',
    });
  }
}

export function tellUntracked({ root, scripts, instances, groups, reports }: Whole): void {
  const trackers = [...instances, ...groups];
  // One that cannot be used may track any of them.
  if (root.spoils('vrrp_instance', 'vrrp_sync_group')) return;
  if (trackers.some((tracker) => tracker.spoils('track_script'))) return;
  const tracked = new Set(
    trackers.flatMap((one) => entriesOf(one, 'track_script').map(([name]) => name.text)),
  );
  for (const [name, script] of scripts) {
    if (name === '' || tracked.has(name)) continue;
    reports.add({
      code: 'not-tracked',
      span: nameSpan(script),
      message: `vrrp_script ${name} is tracked by nobody: it changes nothing`,
      hint: `track_script { ${name} } in a vrrp_instance`,
    });
  }
}

/** What is declared by name, the words that declare it, and the list that tracks it. */
const DECLARED = [
  [['vrrp_script'], 'track_script'],
  [['vrrp_track_file', 'track_file'], 'track_file'],
  [['vrrp_track_process'], 'track_process'],
  [['bfd_instance'], 'track_bfd'],
] as const;

export function tellSameNames({ root, reports }: Whole): void {
  for (const [kinds] of DECLARED) {
    const names = new Set<string>();
    for (const section of sectionsOf(root, ...kinds)) {
      const name = nameIn(section);
      if (name !== '' && names.has(name)) {
        reports.add({
          code: 'duplicate',
          span: nameSpan(section),
          message: `there is a ${kinds[0]} "${name}" already`,
          hint: 'give this one a name of its own, or remove it',
        });
      }
      names.add(name);
    }
  }
}

/** keepalived ignores the tracking of what it has not read yet. */
export function tellDeclaredLate({ root, instances, groups, reports }: Whole): void {
  for (const [kinds, list] of DECLARED) {
    const places = new Map(
      sectionsOf(root, ...kinds)
        .toReversed()
        .map((section) => [nameIn(section), nameSpan(section)]),
    );
    for (const [word] of [...instances, ...groups].flatMap((one) => entriesOf(one, list))) {
      const declared = places.get(word.text);
      if (declared === undefined || !standsAbove(word.span, declared)) continue;
      reports.add({
        code: 'declared-late',
        span: word.span,
        message: `${word.text} is declared further down: keepalived ignores it here`,
        hint: `move "${kinds[0]} ${word.text}" above what tracks it`,
      });
    }
  }
}

export function tellSlowScript(script: Section, { reports }: Whole): void {
  const setting = lastWritten(script, 'timeout');
  const timeoutSeconds = numberOf(script, 'timeout') ?? 0;
  const intervalSeconds = numberOf(script, 'interval') ?? 1;
  if (setting === null || timeoutSeconds <= intervalSeconds) return;
  reports.add({
    code: 'script-too-slow',
    span: valueSpan(setting),
    message: `a run may take ${timeoutSeconds} s, and the next one is due after ${intervalSeconds} s`,
    hint: 'timeout should be at most interval: no run begins while one is going on',
  });
}

/** An account named beside the script, or by itself. */
function namesAccount(section: Section, name: string): boolean {
  const value = lastWritten(section, name)?.value;
  if (wordsOf(section, 'user').length > 0) return true;
  return name !== 'script' && value?.is === 'script' && splitCommand(value.raw, false).length > 1;
}

/** The first script of VRRP that runs as whoever runs the daemon. */
function firstWithoutAccount({ scripts, instances, groups }: Whole): Word | null {
  for (const section of [...scripts.values(), ...instances, ...groups]) {
    const name = SCRIPTS[section.block]?.find((one) => section.written(one).length > 0);
    if (name !== undefined && !namesAccount(section, name)) {
      return lastWritten(section, name)?.word ?? null;
    }
  }
  return null;
}

const SCRIPT_ACCOUNT = 'keepalived_script';

/** Decided by this machine: keepalived runs no script as root, and has nobody else. */
export function tellNoScriptUser(whole: Whole): void {
  const setting = lastWritten(whole.globals, 'enable_script_security');
  const hasUser = wordsOf(whole.globals, 'script_user').length > 0;
  if (setting === null || hasUser || whole.environment.account(SCRIPT_ACCOUNT, null)) return;
  if (firstWithoutAccount(whole) === null) return;
  whole.reports.add({
    code: 'no-script-user',
    span: setting.span,
    message: `no script_user, and there is no account ${SCRIPT_ACCOUNT}: keepalived removes the scripts`,
    hint: 'script_user NAME, or script_user root if the scripts need that',
  });
}

export function adviseOnSecurity(whole: Whole): void {
  const script = firstWithoutAccount(whole);
  if (script === null || isOn(whole.globals, 'enable_script_security')) return;
  whole.reports.add({
    code: 'script-security',
    span: script.span,
    message: 'scripts are run without enable_script_security: whoever can change one is root',
    hint: 'in global_defs: enable_script_security, and script_user NAME',
  });
}

export function adviseOnFault({ instances, scripts, reports }: Whole): void {
  for (const [word, ...options] of instances.flatMap((one) => entriesOf(one, 'track_script'))) {
    const script = scripts.get(word.text);
    const at = options.findIndex(({ text }) => text === 'weight');
    const own = at < 0 ? undefined : options[at + 1]?.text;
    const weight = own ?? (script ? wordsOf(script, 'weight')[0]?.text : undefined) ?? '0';
    if (script === undefined || Number(weight) !== 0) continue;
    reports.add({
      code: 'fault-by-script',
      span: word.span,
      message: `${word.text} has no weight: when it fails the instance is in FAULT, and holds nothing`,
      hint: 'with a weight, somebody is MASTER also when it fails on all directors',
    });
  }
}
