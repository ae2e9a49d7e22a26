/** A configuration from its file to the model: the one way through, and every mistake on it. */
import { createHash } from 'node:crypto';
import { invariant } from '../base/error.ts';
import type { Director } from '../model/director.ts';
import { buildBfd } from './build/bfd.ts';
import { declaredSessions } from './build/bfd-sessions.ts';
import { buildKernelSettings } from './build/kernel-settings.ts';
import { buildNotify, listenersOf, readDumps, readNotifyDefaults } from './build/notify.ts';
import { readAround, resolveAccount } from './build/scripts.ts';
import type { ServerContext } from './build/virtual-server.ts';
import { buildHealth, type LookAt } from './build/virtual-servers.ts';
import { buildVrrp } from './build/vrrp/director.ts';
import { readWatchdogs } from './build/watchdog.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { Reports, toDiagnostics } from './diagnostics/reports.ts';
import { type Mode, severityOf } from './diagnostics/severity.ts';
import { type ConfigEnvironment, elsewhere } from './environment.ts';
import type { BlockName } from './keywords/keyword.ts';
import { LANGUAGE, nearestKeyword } from './keywords/table.ts';
import type { Memory } from './memory.ts';
import type { Outline } from './pair/side.ts';
import { tellRealServers, tellSettings, tellVrrp } from './rules/all.ts';
import type { SeenServer } from './rules/virtual-servers.ts';
import type { Statement } from './text/ast.ts';
import { Expander } from './text/expand.ts';
import { parse, type Tree } from './text/parser.ts';
import type { Grammar } from './text/repair.ts';
import type { SourceFile } from './text/source.ts';
import { readSection } from './values/read-section.ts';
import { merged, Section } from './values/section.ts';

export interface LoadOptions {
  readonly mode: Mode;
  /** Default: the host name up to its first dot. */
  readonly configId?: string;
  /** Network namespace, whatever the file says. */
  readonly namespace?: string;
  readonly environment: ConfigEnvironment;
  /** Also the advice of `lvsctl lint`; default false. */
  readonly notes?: boolean;
  /** Of earlier readings of this file, and for later ones. There is no outline of what is remembered, and no advice. */
  readonly memory?: Memory;
}

export interface LoadedConfig {
  /** Null: there are errors. */
  readonly director: Director | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceFile[];
  /** First 12 hexadecimal digits of the SHA-256 of all text read. */
  readonly digest: string;
  /** What a comparison with the other director's file looks at. */
  readonly outline: Outline;
}

const DEFAULT_CHILD_WAIT_SECONDS = 5;
const DIGEST_DIGITS = 12;
/** A large text would be copied at once, into memory that the kernel has to give first. */
const DIGEST_CHARACTERS = 64 * 1024;

/** Reads, checks and builds. Never throws on bad input. */
export function loadConfig(path: string, options: LoadOptions): LoadedConfig {
  const { memory, notes } = options;
  const known = memory === undefined || notes ? null : load(path, options);
  if (known !== null) return known;
  memory?.forget();
  const loaded = load(path, options);
  invariant(loaded !== null, 'where nothing is remembered nothing is amiss');
  return loaded;
}

/** Null: what is remembered of an earlier reading is not enough this time. */
function load(path: string, options: LoadOptions): LoadedConfig | null {
  const { memory, mode } = options;
  const { tree, sources, reports } = readTree(path, options);
  const root = readSection('the top level', withinLimits(tree.statements(), reports), reports);
  if (tree.isEmpty) tellEmpty(sources, mode, reports);
  const { director, outline } = build(root, reports, options);
  const holds = memory?.turnOver(surroundingsOf(outline, options), tree.runs) ?? true;
  if (!holds || tree.isInsufficient) return null;
  tree.isDone = true;
  const diagnostics = toDiagnostics(reports.all, mode);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return {
    director: failed ? null : director,
    diagnostics,
    sources,
    get digest() {
      return digestOf(sources);
    },
    outline,
  };
}

function tellEmpty([file]: readonly SourceFile[], mode: Mode, reports: Reports): void {
  // What could not be read is told as that.
  const isUnread = reports.all.some(({ code }) => severityOf(code, mode) === 'error');
  if (file === undefined || isUnread) return;
  reports.add({
    code: 'empty',
    span: { file, start: 0, end: 0 },
    message: 'there is no statement: nothing is configured',
    hint: 'a running daemon refuses this at a reload, unless it is told --allow-empty',
  });
}

/** What a virtual server says depends on this, and on its own text. */
function surroundingsOf({ root, globals }: Outline, options: LoadOptions): string {
  return JSON.stringify([options.mode, configIdOf(options), root.signature(), globals.signature()]);
}

function configIdOf({ configId, environment }: LoadOptions): string {
  return configId ?? environment.hostName().split('.')[0] ?? '';
}

function digestOf(sources: readonly SourceFile[]): string {
  const hash = createHash('sha256');
  for (const { text } of sources) {
    for (let from = 0; from < text.length; ) {
      const to = endOfPiece(text, from + DIGEST_CHARACTERS);
      hash.update(text.slice(from, to));
      from = to;
    }
  }
  return hash.digest('hex').slice(0, DIGEST_DIGITS);
}

/** Not within a character of two units: each half alone would be another octet sequence. */
function endOfPiece(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? at + 1 : at;
}

/**
 * Virtual servers are read one by one, and let go, and so are the real servers in them; of everything else each
 * word costs up to 2 KiB.
 */
const WORDS_KEPT_MAX = 500_000;
/** A hundred thousand real servers with a checker have 2 million. */
const WORDS_OF_A_SERVER_MAX = 4_000_000;

function* withinLimits(statements: Iterable<Statement>, reports: Reports): Iterable<Statement> {
  let kept = 0;
  for (const statement of statements) {
    const isLetGo = statement.name === 'virtual_server';
    if (!isLetGo) kept += statement.size;
    const limit = isLetGo ? WORDS_OF_A_SERVER_MAX : WORDS_KEPT_MAX;
    if ((isLetGo ? statement.size : kept) > limit) {
      const where = isLetGo ? 'in one virtual server' : 'outside of virtual servers';
      reports.add({
        code: 'too-large',
        span: statement.keyword.span,
        message: `more than ${limit} words ${where}`,
      });
      return;
    }
    yield statement;
  }
}

/** The statements of a file and of those that it includes, everything expanded; and what is wrong so far. */
export function readTree(path: string, options: LoadOptions): ReadTree {
  const { reports, expander } = expand(path, options);
  const tree = parse(expander.tokens, GRAMMAR, reports);
  return { tree, sources: expander.sources, reports };
}

interface ReadTree {
  readonly tree: Tree;
  readonly sources: readonly SourceFile[];
  readonly reports: Reports;
}

interface Expanded {
  readonly reports: Reports;
  readonly expander: Expander;
}

/** Files → tokens. */
function expand(path: string, options: LoadOptions): Expanded {
  const first = expandOnce(path, options, false);
  const { conditions, tokens } = first.expander;
  const { droppedOpens, droppedBrace } = conditions;
  const isTheCause =
    droppedBrace !== null && droppedOpens !== 0 && tokens.netBraces() === -droppedOpens;
  if (!isTheCause || options.mode === 'compat') return first;
  // Read as if the condition were not there: whatever is wrong besides is told as well.
  const second = expandOnce(path, options, true);
  second.reports.add({
    code: 'bad-condition',
    span: second.expander.conditions.droppedBrace ?? droppedBrace,
    message: `this brace is not for this host, and its ${droppedOpens > 0 ? '}' : '{'} is`,
    hint: 'write the condition before each line of the block',
  });
  return second;
}

function expandOnce(path: string, options: LoadOptions, keepsBraces: boolean): Expanded {
  const { environment, mode, memory, notes = false } = options;
  const reports = new Reports(notes);
  const expander = new Expander({
    configId: configIdOf(options),
    files: environment,
    reports,
    literal: mode === 'compat',
    keepsBraces,
    ...(memory === undefined ? {} : { remembered: memory }),
    predefined: (name) => predefined(name, environment),
  });
  expander.read(path);
  return { reports, expander };
}

const GRAMMAR: Grammar = {
  root: 'the top level',
  opens: (block, keyword) => opens(block, keyword),
  opensLike: (block, word) => {
    const table = LANGUAGE[block as BlockName];
    const nearest = table === undefined ? null : nearestKeyword(word, table);
    return nearest === null ? null : opens(block, nearest);
  },
};

function opens(block: string, keyword: string): string | null {
  const argument = LANGUAGE[block as BlockName]?.get(keyword)?.argument;
  if (argument === undefined) return null;
  if (argument.is === 'block') return argument.block;
  return argument.is === 'entries' ? 'a list' : '';
}

const RANDOM_MAX = 32_767;

/** `_INSTANCE`, `_ENV NAME` and `_RANDOM [MIN [MAX]]`; what stands in the files comes from elsewhere. */
function predefined(name: string, environment: ConfigEnvironment): string | undefined {
  const [word, first, second] = name.split(/\s+/);
  if (word === '_INSTANCE') return '';
  if (word === '_ENV' && first !== undefined) return environment.variable(first) ?? '';
  if (word !== '_RANDOM') return undefined;
  const [low, high] = [Number(first ?? 0), Number(second ?? RANDOM_MAX)];
  if (!(Number.isInteger(low) && Number.isInteger(high) && low <= high)) return undefined;
  return String(low + Math.floor(environment.random() * (high - low + 1)));
}

function build(
  root: Section,
  reports: Reports,
  { environment: machine, memory, mode, namespace }: LoadOptions,
): { readonly director: Director; readonly outline: Outline } {
  const netNamespace = namespace ?? root.text('net_namespace');
  const seen = netNamespace === null ? machine : elsewhere(machine);
  const environment = memory?.watched(seen) ?? seen;
  const globals =
    merged(root.sections('global_defs')) ?? new Section('global_defs', [], root.span, new Map());
  const [user, group] = globals.words('script_user');
  const account =
    user === undefined
      ? null
      : resolveAccount(user.span, user.text, group?.text ?? null, environment, reports);
  const bfd = buildBfd(root, globals, { reports, mode });
  const sessions = declaredSessions(root, bfd);
  const context: ServerContext = {
    environment,
    mode,
    reports,
    account: account ?? null,
    sessions,
    defaults: readNotifyDefaults(globals),
  };
  const vrrp = buildVrrp(root, globals, context);
  const servers: SeenServer[] = [];
  const look: LookAt = {
    settings: (section) => tellSettings(section, servers, reports),
    realServers: tellRealServers,
  };
  const health = buildHealth({ root, globals, memory: memory ?? null }, context, look);
  const settings = buildKernelSettings(
    {
      root,
      globals,
      instances: vrrp.instances,
      virtualServers: health.virtualServers,
      interfaces: () => environment.interfaces(),
    },
    reports,
  );
  tellVrrp(root, globals, servers, context);
  const routerId = globals.text('router_id') ?? environment.hostName();
  const processName =
    globals.text('process_name') ?? (globals.has('process_names') ? 'lvsd' : null);
  const notify = buildNotify({ globals, mode, routerId, vrrp, health }, context);
  const director = {
    global: {
      routerId,
      scriptUser: user?.text ?? null,
      scriptSecurity: globals.has('enable_script_security'),
      netNamespace,
      ...(processName === null ? {} : { processName }),
      watchdogMs: readWatchdogs(globals),
      childWaitMs: (root.number('child_wait_time') ?? DEFAULT_CHILD_WAIT_SECONDS) * 1000,
    },
    vrrp,
    bfd,
    health: { ...health, settings, listeners: listenersOf(notify), directorName: routerId },
    notify,
    dumps: readDumps(root, globals),
    around: readAround(globals, context),
  };
  return { director, outline: { root, globals, servers } };
}
