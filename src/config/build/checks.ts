/** Sections of checkers → checks of the model, but for the real server that they are for. */
import type { Check, CheckPacing, CheckTarget, HttpUrl, StatusRange } from '../../model/checker.ts';
import type { Section } from '../values/section.ts';
import { sessionNamed } from './bfd-sessions.ts';
import type { ScriptContext } from './scripts.ts';

/** A check of real servers with this port, unless it names one: all that say the same share it. */
export type CheckOf = (port: number) => Check;

/** What one block says of pacing; null: nothing. A virtual server is asked once for all its checkers. */
export interface PacingWords {
  readonly delayLoopSeconds: number | null;
  readonly retry: number | null;
  readonly retryDelaySeconds: number | null;
  readonly warmupSeconds: number | null;
  readonly connectSeconds: number | null;
  readonly alpha: boolean | null;
}

export interface CheckScopes {
  readonly real: Section;
  readonly virtual: Section;
  readonly virtualPacing: PacingWords;
  readonly globals: Section;
}

interface PacingScopes {
  readonly real: PacingWords;
  readonly virtual: PacingWords;
  readonly globals: Section;
}

const RETRY_DELAY_SECONDS = 1;
/** Of HTTP_GET and SSL_GET. */
const HTTP_RETRY_DELAY_SECONDS = 3;

export function readChecks(scopes: CheckScopes, context: ScriptContext): readonly CheckOf[] {
  const { real, virtualPacing: virtual, globals } = scopes;
  const pacingScopes = { real: readPacingWords(real), virtual, globals };
  const checks: CheckOf[] = [];
  for (const section of real.sections('TCP_CHECK')) {
    const pacing = readPacing(section, pacingScopes, RETRY_DELAY_SECONDS);
    const targetOf = readTarget(section);
    checks.push((port) => ({ kind: 'tcp', target: targetOf(port), pacing }));
  }
  for (const section of real.sections('HTTP_GET', 'SSL_GET')) {
    const pacing = readPacing(section, pacingScopes, HTTP_RETRY_DELAY_SECONDS);
    const check = readHttp([section, real, scopes.virtual], pacing, context);
    if (check !== null) checks.push(check);
  }
  for (const section of real.sections('BFD_CHECK')) {
    const check = readSession(section, pacingScopes, context);
    if (check !== null) checks.push(() => check);
  }
  return checks;
}

function readSession(
  section: Section,
  scopes: PacingScopes,
  { reports, sessions }: ScriptContext,
): Check | null {
  const name = section.find('name');
  if (name === null || name.value.is !== 'text') {
    if (!section.mentions('name')) {
      reports.add({
        code: 'missing-keyword',
        span: section.span,
        message: 'BFD_CHECK names no bfd_instance',
        hint: 'name NAME: of a bfd_instance',
      });
    }
    return null;
  }
  const named = { text: name.value.text, span: name.span };
  const session = sessionNamed(named, 'checker', sessions, reports);
  if (session === null) return null;
  return { kind: 'bfd', session: session.name, pacing: readPacing(section, scopes, 0) };
}

export function readPacingWords(section: Section): PacingWords {
  return {
    delayLoopSeconds: section.number('delay_loop'),
    retry: section.number('retry'),
    retryDelaySeconds: section.number('delay_before_retry'),
    warmupSeconds: section.number('warmup'),
    connectSeconds: section.number('connect_timeout'),
    alpha: section.boolean('alpha'),
  };
}

/** The nearest word counts: of the checker, its real server, its virtual server. */
function readPacing(
  section: Section,
  { real, virtual, globals }: PacingScopes,
  retryDelaySeconds: number,
): CheckPacing {
  const own = readPacingWords(section);
  const delayLoopSeconds =
    own.delayLoopSeconds ?? real.delayLoopSeconds ?? virtual.delayLoopSeconds ?? 60;
  return {
    delayLoopMs: delayLoopSeconds * 1000,
    retry: own.retry ?? real.retry ?? virtual.retry ?? 1,
    delayBeforeRetryMs:
      (own.retryDelaySeconds ??
        real.retryDelaySeconds ??
        virtual.retryDelaySeconds ??
        retryDelaySeconds) * 1000,
    warmupMs:
      (own.warmupSeconds ?? real.warmupSeconds ?? virtual.warmupSeconds ?? delayLoopSeconds) * 1000,
    connectTimeoutMs:
      (own.connectSeconds ?? real.connectSeconds ?? virtual.connectSeconds ?? 5) * 1000,
    alpha: own.alpha ?? real.alpha ?? virtual.alpha ?? false,
    logAllFailures:
      section.boolean('log_all_failures') ?? globals.boolean('checker_log_all_failures') ?? false,
  };
}

function readTarget(section: Section): (port: number) => CheckTarget {
  const address = section.text('connect_ip');
  const port = section.number('connect_port');
  const bindAddress = section.text('bindto');
  const bindPort = section.number('bind_port') ?? 0;
  const bindInterface = section.text('bind_if');
  const fwmark = section.number('fwmark') ?? 0;
  return (portOfServer) => ({
    address,
    port: port ?? portOfServer,
    bindAddress,
    bindPort,
    bindInterface,
    fwmark,
  });
}

/** The first scope is the checker itself. */
function readHttp(
  scopes: readonly [Section, ...Section[]],
  pacing: CheckPacing,
  context: ScriptContext,
): CheckOf | null {
  const [section] = scopes;
  const urls = section.sections('url').map(readUrl);
  if (urls.length === 0) {
    context.reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `${section.block} asks for no url`,
      hint: 'url { path / }',
    });
    return null;
  }
  const protocol = section.text('http_protocol') ?? '1.0';
  const targetOf = readTarget(section);
  const shared = {
    kind: 'http',
    tls: section.block === 'SSL_GET',
    pacing,
    httpVersion: protocol === '1.1' ? '1.1' : protocol === '1.0' ? '1.0' : '1.0c',
    host: scopes.map((scope) => scope.text('virtualhost')).find((name) => name !== null) ?? null,
    urls,
    fastRecovery: section.boolean('fast_recovery') ?? false,
  } as const;
  return (port) => ({ ...shared, target: targetOf(port) });
}

function readUrl(section: Section): HttpUrl {
  const codes = section.words('status_code').map(({ text }) => statusRange(text));
  return {
    path: section.text('path') ?? '/',
    digest: section.text('digest')?.toLowerCase() ?? null,
    statusCodes: codes.length === 0 ? [{ first: 200, last: 299 }] : codes,
    virtualHost: section.text('virtualhost'),
  };
}

/** `200` or `200-299`. */
function statusRange(text: string): StatusRange {
  const [first = '', last = first] = text.split('-');
  return { first: Number(first), last: Number(last) };
}
