/** A configuration from its file to the model: the one way through, and every mistake on it. */
import { createHash } from 'node:crypto';
import type { Director } from '../model/director.ts';
import { buildHealth } from './build-lvs.ts';
import { resolveAccount, type ScriptContext } from './build-script.ts';
import { buildVrrp } from './build-vrrp.ts';
import { type Diagnostic, type Mode, Reports, toDiagnostics } from './diagnostic.ts';
import type { ConfigEnvironment } from './environment.ts';
import { Expander } from './expand.ts';
import { type Line, lexLine, type Piece } from './lexer.ts';
import type { Outline } from './pair.ts';
import { parse } from './parser.ts';
import { tellVirtualServer, tellVrrp } from './rules/all.ts';
import type { SeenServer } from './rules/virtual-servers.ts';
import { readSection, Section } from './section.ts';
import type { SourceFile } from './source.ts';

export interface LoadOptions {
  readonly mode: Mode;
  /** Default: the host name up to its first dot. */
  readonly configId?: string;
  readonly environment: ConfigEnvironment;
  /** Also the advice of `lvsctl lint`; default false. */
  readonly notes?: boolean;
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

/** Reads, checks and builds. Never throws on bad input. */
export function loadConfig(path: string, options: LoadOptions): LoadedConfig {
  const { environment, mode } = options;
  const reports = new Reports(options.notes);
  const expander = new Expander({
    configId: options.configId ?? environment.hostName().split('.')[0] ?? '',
    files: environment,
    reports,
    predefined: (name) => predefined(name, environment),
  });
  const lines = expander.read(path);
  const statements = lines === null ? [] : parse(pieces(lines, reports), reports);
  const root = readSection('the top level', statements, reports);
  const { director, outline } = build(root, environment, reports);
  const diagnostics = toDiagnostics(reports.all, mode);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  const hash = createHash('sha256');
  for (const { text } of expander.sources) hash.update(text);
  return {
    director: failed ? null : director,
    diagnostics,
    sources: expander.sources,
    digest: hash.digest('hex').slice(0, 12),
    outline,
  };
}

function* pieces(lines: Iterable<Line>, reports: Reports): Iterable<Piece> {
  for (const line of lines) yield* lexLine(line, reports);
}

function predefined(name: string, environment: ConfigEnvironment): string | undefined {
  const [word, argument] = name.split(/\s+/);
  if (word === '_INSTANCE') return '';
  if (word === '_ENV' && argument !== undefined) return environment.variable(argument) ?? '';
  return undefined;
}

function build(
  root: Section,
  environment: ConfigEnvironment,
  reports: Reports,
): { readonly director: Director; readonly outline: Outline } {
  const globals = mergedGlobals(root);
  const [user, group] = globals.words('script_user');
  const account =
    user === undefined
      ? null
      : resolveAccount(user.span, user.text, group?.text ?? null, environment, reports);
  const context: ScriptContext = { environment, reports, account: account ?? null };
  const vrrp = buildVrrp(root, globals, context);
  const servers: SeenServer[] = [];
  for (const server of root.sections('virtual_server')) tellVirtualServer(server, servers, reports);
  tellVrrp(root, globals, servers, context);
  const director = {
    global: {
      routerId: globals.text('router_id') ?? environment.hostName(),
      scriptUser: user?.text ?? null,
      scriptSecurity: globals.has('enable_script_security'),
      childWaitMs: (root.number('child_wait_time') ?? DEFAULT_CHILD_WAIT_SECONDS) * 1000,
    },
    vrrp,
    health: buildHealth(root, globals, context),
  };
  return { director, outline: { root, globals, servers } };
}

/** Several `global_defs` are one. */
function mergedGlobals(root: Section): Section {
  const [first, ...rest] = root.sections('global_defs');
  if (first === undefined) return new Section('global_defs', [], root.span, new Map());
  return rest.reduce((merged, section) => merged.with(section), first);
}
