/**
 * What only the whole shows: settings that are each good and do together what nobody means. All of it is
 * a warning, because keepalived would start with it and so do we.
 */
import type { Word } from './ast.ts';
import type { Reports } from './diagnostic.ts';
import type { Section, Setting } from './section.ts';

const CHECKERS = [
  'TCP_CHECK',
  'HTTP_GET',
  'SSL_GET',
  'SMTP_CHECK',
  'DNS_CHECK',
  'UDP_CHECK',
  'PING_CHECK',
] as const;

const DELAY_LOOP_SECONDS = 60;
const OWNER_PRIORITY = 255;

/** The password of the sample that keepalived ships: a third of all published files kept it. */
const SAMPLE_PASSWORD = '1111';

const SCRIPTS = [
  'script',
  'notify',
  'notify_master',
  'notify_backup',
  'notify_fault',
  'notify_stop',
  'notify_up',
  'notify_down',
  'quorum_up',
  'quorum_down',
] as const;

/** Words that mean something to a shell, and nothing to a program that is started without one. */
const SHELL_WORDS = /(^|\s)(\||\|\||&&|[12]?>{1,2}|<|&)(\s|$)|;(\s|$)|\$\(|`/;
const IS_SHELL = /^"?\s*(\S*\/)?(ba|da|z|k)?sh\s+-c/;

/** Traps of one virtual server. */
export function tellVirtualServer(server: Section, reports: Reports): void {
  tellLongTimeouts(server, reports);
  tellShellWords(server, reports);
  for (const realServer of server.sections('real_server')) tellShellWords(realServer, reports);
}

/** Traps of everything else. */
export function tellTraps(root: Section, reports: Reports): void {
  const instances = root.sections('vrrp_instance');
  const groups = root.sections('vrrp_sync_group');
  const trackers = [...instances, ...groups];
  // One that cannot be used may track any of them.
  const isKnown =
    !root.spoils('vrrp_instance', 'vrrp_sync_group') &&
    !trackers.some((tracker) => tracker.spoils('track_script'));
  if (isKnown) tellUntrackedScripts(root.sections('vrrp_script'), trackers, reports);
  for (const group of groups) tellGroup(group, instances, reports);
  for (const instance of instances) tellInstance(instance, reports);
  for (const section of [...root.sections('vrrp_script'), ...instances, ...groups]) {
    tellShellWords(section, reports);
  }
}

/** The setting that counts: the innermost. */
function innermost(name: string, ...sections: readonly Section[]): Setting | null {
  for (const section of sections) {
    const setting = section.find(name);
    if (setting !== null) return setting;
  }
  return null;
}

function secondsOf(setting: Setting | null): number | null {
  return setting?.value.is === 'number' ? setting.value.number : null;
}

function tellLongTimeouts(virtualServer: Section, reports: Reports): void {
  for (const realServer of virtualServer.sections('real_server')) {
    for (const checker of realServer.sections(...CHECKERS)) {
      const chain = [checker, realServer, virtualServer] as const;
      const timeout = innermost('connect_timeout', ...chain);
      const timeoutSeconds = secondsOf(timeout);
      const loopSeconds = secondsOf(innermost('delay_loop', ...chain)) ?? DELAY_LOOP_SECONDS;
      if (timeout === null || timeoutSeconds === null || timeoutSeconds <= loopSeconds) continue;
      reports.add({
        code: 'timeout-too-long',
        span: timeout.span,
        message: `a check may take ${timeoutSeconds} s, and the next one is due after ${loopSeconds} s`,
        hint: 'connect_timeout should be shorter than delay_loop: failures are found later than you think',
      });
    }
  }
}

function tellUntrackedScripts(
  scripts: readonly Section[],
  trackers: readonly Section[],
  reports: Reports,
): void {
  const tracked = new Set(
    trackers.flatMap((one) => one.entries('track_script').map(([name]) => name.text)),
  );
  for (const { label } of scripts) {
    const [name] = label;
    if (name === undefined || tracked.has(name.text)) continue;
    reports.add({
      code: 'not-tracked',
      span: name.span,
      message: `vrrp_script ${name.text} is tracked by nobody: it changes nothing`,
      hint: `track_script { ${name.text} } in a vrrp_instance`,
    });
  }
}

function tellGroup(group: Section, instances: readonly Section[], reports: Reports): void {
  const members = group.entries('group').flat();
  const [name] = group.label;
  const [only] = members;
  if (members.length === 1 && only !== undefined) {
    reports.add({
      code: 'single-member',
      span: only.span,
      message: `${only.text} is the only member of ${name?.text ?? 'the group'}`,
      hint: 'a sync group keeps two or more instances together',
    });
  }
  tellUnequalPriorities(members, instances, reports);
}

function tellUnequalPriorities(
  members: readonly Word[],
  instances: readonly Section[],
  reports: Reports,
): void {
  const priorityOf = (member: Word): number | null =>
    instances.find(({ label }) => label[0]?.text === member.text)?.number('priority') ?? null;
  const [first, ...others] = members;
  if (first === undefined) return;
  const wanted = priorityOf(first);
  for (const member of others) {
    const priority = priorityOf(member);
    if (priority === null || wanted === null || priority === wanted) continue;
    reports.add({
      code: 'unequal-priorities',
      span: member.span,
      message: `${member.text} has priority ${priority}, and ${first.text} of the same group ${wanted}`,
      hint: 'members of a sync group move together: give them one priority',
    });
  }
}

function tellInstance(instance: Section, reports: Reports): void {
  const priority = instance.find('priority');
  const tracksWeights = ['track_script', 'track_interface'].some((name) =>
    instance.entries(name).some(([, ...options]) => options.some(({ text }) => text === 'weight')),
  );
  if (secondsOf(priority) === OWNER_PRIORITY && priority !== null && tracksWeights) {
    reports.add({
      code: 'useless-weight',
      span: priority.span,
      message: 'priority 255 is that of the owner of the addresses: no weight ever moves it',
      hint: '254 or less on a director that shares its addresses',
    });
  }
  const [authentication] = instance.sections('authentication');
  const password = authentication?.find('auth_pass');
  if (authentication?.text('auth_pass') === SAMPLE_PASSWORD && password) {
    reports.add({
      code: 'sample-value',
      span: password.span,
      message: `"${SAMPLE_PASSWORD}" is the password of the sample: a stranger’s routers have it too`,
      hint: 'choose one of your own, of up to 8 characters',
    });
  }
}

function tellShellWords(section: Section, reports: Reports): void {
  for (const name of SCRIPTS) {
    const setting = section.find(name);
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
