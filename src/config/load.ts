/** A configuration from its file to the model: the one way through, and every mistake on it. */
import { createHash } from 'node:crypto';
import type { Director } from '../model/director.ts';
import type { Statement } from './ast.ts';
import { buildHealth } from './build-lvs.ts';
import { resolveAccount, type ScriptContext } from './build-script.ts';
import { buildVrrp } from './build-vrrp.ts';
import { type Diagnostic, type Mode, Reports, toDiagnostics } from './diagnostic.ts';
import type { ConfigEnvironment } from './environment.ts';
import { Expander } from './expand.ts';
import { type Line, lexLine, type Piece } from './lexer.ts';
import { parse } from './parser.ts';
import { tellTraps } from './rules.ts';
import { merged, readSection, Section } from './section.ts';
import type { SourceFile } from './source.ts';

export interface LoadOptions {
  readonly mode: Mode;
  /** Default: the host name up to its first dot. */
  readonly configId?: string;
  readonly environment: ConfigEnvironment;
}

export interface LoadedConfig {
  /** Null: there are errors. */
  readonly director: Director | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceFile[];
  /** First 12 hexadecimal digits of the SHA-256 of all text read. */
  readonly digest: string;
}

const DEFAULT_CHILD_WAIT_SECONDS = 5;

/** Reads, checks and builds. Never throws on bad input. */
export function loadConfig(path: string, options: LoadOptions): LoadedConfig {
  const { environment, mode } = options;
  const reports = new Reports();
  const { statements, sources } = readStatements(path, options, reports);
  const director = build(readSection('the top level', statements, reports), environment, reports);
  const diagnostics = toDiagnostics(reports.all, mode);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  const hash = createHash('sha256');
  for (const { text } of sources) hash.update(text);
  return {
    director: failed ? null : director,
    diagnostics,
    sources,
    digest: hash.digest('hex').slice(0, 12),
  };
}

/** The statements of a file and of those that it includes, everything expanded. */
export function readStatements(
  path: string,
  { configId, environment }: Omit<LoadOptions, 'mode'>,
  reports: Reports,
): { readonly statements: readonly Statement[]; readonly sources: readonly SourceFile[] } {
  const expander = new Expander({
    configId: configId ?? environment.hostName().split('.')[0] ?? '',
    files: environment,
    reports,
    predefined: (name) => predefined(name, environment),
  });
  const lines = expander.read(path);
  const statements = lines === null ? [] : parse(pieces(lines, reports), reports);
  return { statements, sources: expander.sources };
}

/** The sections of a file, as they are before a model is built of them; nothing is told. */
export function readRoot(path: string, options: Omit<LoadOptions, 'mode'>): Section {
  const reports = new Reports();
  return readSection('the top level', readStatements(path, options, reports).statements, reports);
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

function build(root: Section, environment: ConfigEnvironment, reports: Reports): Director {
  const globals =
    merged(root.sections('global_defs')) ?? new Section('global_defs', [], root.span, new Map());
  const [user, group] = globals.words('script_user');
  const account =
    user === undefined
      ? null
      : resolveAccount(user.span, user.text, group?.text ?? null, environment, reports);
  const context: ScriptContext = { environment, reports, account: account ?? null };
  const vrrp = buildVrrp(root, globals, context);
  tellTraps(root, reports);
  return {
    global: {
      routerId: globals.text('router_id') ?? environment.hostName(),
      scriptUser: user?.text ?? null,
      scriptSecurity: globals.has('enable_script_security'),
      childWaitMs: (root.number('child_wait_time') ?? DEFAULT_CHILD_WAIT_SECONDS) * 1000,
    },
    vrrp,
    health: buildHealth(root, globals, context),
  };
}
