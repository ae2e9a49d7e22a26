/** A script's value → the command to run and its account, or a diagnostic. */
import type { AroundScripts, Script, TimedScript } from '../../model/script.ts';
import type { Reports } from '../diagnostics/reports.ts';
import { maskLine } from '../diagnostics/secret.ts';
import type { ConfigEnvironment } from '../environment.ts';
import type { Span } from '../text/source.ts';
import type { Section, Setting } from '../values/section.ts';
import type { DeclaredSessions } from './bfd-sessions.ts';
import { splitCommand } from './command-words.ts';

export interface ScriptContext {
  readonly environment: ConfigEnvironment;
  readonly reports: Reports;
  /** `script_user`, for scripts that name no account. */
  readonly account: Script['account'];
  /** `bfd_instance`s that may be tracked. */
  readonly sessions: DeclaredSessions;
  readonly defaults: NotifyDefaults;
}

/** What global_defs says for those that say nothing themselves. */
export interface NotifyDefaults {
  readonly mailsVrrp: boolean;
  /** Null: a real server mails, a virtual server does not. */
  readonly mailsServers: boolean | null;
  readonly tellsPriority: boolean;
  /** Real servers that serve from the start are told, too. */
  readonly tellsInitial: boolean;
  /** A script that runs as root and that others can change is no mistake, though a warning when it runs. */
  readonly toleratesUnsafe: boolean;
}

/** The script of a keyword; null: absent, or not usable. */
export function readScript(section: Section, name: string, context: ScriptContext): Script | null {
  const setting = section.find(name);
  if (setting === null || setting.value.is !== 'script') return null;
  const [command = '', ...rest] = splitCommand(setting.value.raw, false);
  const [program, ...args] = splitCommand(command, true);
  if (program === undefined) {
    context.reports.add({
      code: 'missing-argument',
      span: setting.span,
      message: `"${name}" names no program`,
    });
    return null;
  }
  const account = readAccount(setting, name, rest, context);
  if (account === undefined) return null;
  // "</path" asks only whether a file can be read.
  const file = name === 'script' && program.startsWith('<') ? program.slice(1) : null;
  if (file !== null) return { argv: ['/usr/bin/test', '-r', file], account };
  if (!inspect(program, setting, context)) return null;
  tellUnsafe(program, account, setting, context);
  return { argv: [program, ...args], account };
}

const AROUND_SECONDS = 10;

/** `startup_script` and `shutdown_script`, each with its time. */
export function readAround(globals: Section, context: ScriptContext): AroundScripts {
  const timed = (name: 'startup_script' | 'shutdown_script'): TimedScript | null => {
    const script = readScript(globals, name, context);
    if (script === null) return null;
    const seconds = globals.number(`${name}_timeout`) ?? AROUND_SECONDS;
    return { script, timeoutMs: seconds * 1000 };
  };
  return { startup: timed('startup_script'), shutdown: timed('shutdown_script') };
}

/** USER and GROUP behind a notify script; behind `script`, words that keepalived drops in silence. */
function readAccount(
  setting: Setting,
  name: string,
  rest: readonly string[],
  { environment, reports, account }: ScriptContext,
): Script['account'] | undefined {
  const [user, group] = rest;
  if (user === undefined) return account;
  const quote = 'a command with arguments stands in quotes: "/path/program argument"';
  if (name === 'script') {
    reports.add({
      code: 'extra-argument',
      span: setting.span,
      message: `the arguments behind the command are ignored: ${maskLine(rest.join(' '))}`,
      hint: quote,
    });
    return account;
  }
  return resolveAccount(setting.span, user, group ?? null, environment, reports, quote);
}

export function resolveAccount(
  span: Span,
  user: string,
  group: string | null,
  environment: ConfigEnvironment,
  reports: Reports,
  hint = 'name an account of this machine',
): Script['account'] | undefined {
  const found = environment.account(user, group);
  if (found !== null) return { user, ...found };
  const named = group === null ? `user "${user}"` : `user "${user}" with group "${group}"`;
  reports.add({ code: 'unknown-account', span, message: `there is no ${named}`, hint });
  return undefined;
}

function inspect(
  program: string,
  setting: Setting,
  { environment, reports }: ScriptContext,
): boolean {
  const state = environment.program(program);
  if (state === 'good') return true;
  reports.add({
    code: state === 'missing' ? 'script-missing' : 'script-not-executable',
    span: setting.span,
    message: state === 'missing' ? `there is no ${program}` : `${program} cannot be run`,
    hint:
      state === 'not-executable'
        ? `chmod +x ${program}`
        : program.startsWith('/')
          ? 'check the path'
          : `write its whole path: /DIRECTORY/${program}`,
  });
  return false;
}

const ROOT = 0;

function tellUnsafe(
  program: string,
  account: Script['account'],
  { span }: Setting,
  { environment, reports, defaults }: ScriptContext,
): void {
  const isRoot = account === null || account.uid === ROOT;
  const who = isRoot && !defaults.toleratesUnsafe ? environment.whoCanChange(program) : null;
  if (who === null) return;
  const hint = 'make it root’s alone, or name another account: script_user NAME';
  reports.add({ code: 'script-unsafe', span, message: `this runs as root, and ${who}`, hint });
}
