/**
 * What an operator wants to go wrong, in words → faults with times, or a refusal that says where.
 *
 *   EVENT [on LINK] [at TIME] [for TIME] ; EVENT …
 *
 *   cut A-B   cut A>B   cut A     cut A-B on eth1         pause A     kill A     crash A     stop A
 *   down A:eth0   fail A:SCRIPT   failover A   lose 30%   delay 200ms   kill REALSERVER
 */
import { DirectorError } from '../base/error.ts';
import { nearestOf } from '../base/nearest.ts';
import type { Instant, Millis } from '../base/time.ts';
import { ELSEWHERE, FAIR } from './network.ts';
import type { Fault, PlannedFault } from './world.ts';

/** Whom and what an event can name. */
export interface Cast {
  readonly hosts: readonly {
    readonly name: string;
    readonly links: readonly string[];
    readonly scripts: readonly string[];
  }[];
  /** Names of real servers → their addresses. */
  readonly realServers: ReadonlyMap<string, readonly string[]>;
}

/** An event without a time begins so long after the end of the one before it: by then all is settled. */
export const SETTLE_MS: Millis = 10_000;

const UNIT_MS: Readonly<Record<string, Millis>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

interface Said {
  readonly text: string;
  readonly verb: string;
  readonly object: string;
  /** What a cut is limited to. */
  readonly link: string | null;
  readonly atMs: Instant | null;
  readonly forMs: Millis | null;
}

/** @throws DirectorError USAGE, with the event that cannot be understood and what is known. */
export function parseEvents(text: string, cast: Cast): readonly PlannedFault[] {
  const planned: PlannedFault[] = [];
  let settledAt: Instant = SETTLE_MS;
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const said = read(part.trim());
    const at = said.atMs ?? settledAt;
    for (const fault of faultsOf(said, cast)) planned.push({ at, fault, forMs: said.forMs });
    settledAt = at + (said.forMs ?? 0) + SETTLE_MS;
  }
  return planned;
}

function read(text: string): Said {
  const [verb = '', object = '', ...rest] = text.split(/\s+/);
  let atMs: Instant | null = null;
  let forMs: Millis | null = null;
  let link: string | null = null;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (word === 'on') {
      at += 1;
      link = rest[at] ?? '';
    } else if (word === 'at' || word === 'for') {
      at += 1;
      const time = timeOf(rest[at], text);
      if (word === 'at') atMs = time;
      else forMs = time;
    } else {
      forMs = timeOf(word, text);
    }
  }
  return { text, verb, object, link, atMs, forMs };
}

function timeOf(word: string | undefined, event: string): Millis {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(word ?? '') ?? [];
  const ms = digits === undefined ? Number.NaN : Number(digits) * (UNIT_MS[unit] ?? 0);
  if (ms <= DAY_MS) return ms;
  throw refusal(event, `"${word ?? ''}" is no time`, 'write 500ms, 5s, 2min or 1h, a day at most');
}

const DAY_MS: Millis = 24 * 3_600_000;

function faultsOf(said: Said, cast: Cast): readonly Fault[] {
  const { verb, object, link, text } = said;
  if (link !== null && verb !== 'cut') {
    throw refusal(text, `"on ${link}" is for cuts`, 'cut A-B on eth1; down A:eth1');
  }
  switch (verb) {
    case 'cut':
      return cutsOf(said, cast);
    case 'pause':
    case 'crash':
    case 'stop':
      return [{ do: verb, host: hostOf(object, text, cast) }];
    case 'failover': {
      // A witness, which has no links, has nothing to give.
      const directors = cast.hosts.filter(({ links }) => links.length > 0);
      return [{ do: verb, host: hostOf(object, text, { ...cast, hosts: directors }) }];
    }
    case 'kill':
      return killsOf(said, cast);
    case 'down':
      return [{ do: 'link-down', ...partOf(said, cast, 'links', 'interface') }].map(
        ({ do: what, host, part }) => ({ do: what as 'link-down', host, link: part }),
      );
    case 'fail': {
      const { host, part } = partOf(said, cast, 'scripts', 'tracked script');
      return [{ do: 'script', host, script: part }];
    }
    case 'lose':
      return [{ do: 'weather', weather: { ...FAIR, lossShare: shareOf(object, text) } }];
    case 'delay': {
      const delayMaxMs = timeOf(object, text);
      return [{ do: 'weather', weather: { ...FAIR, delayMaxMs } }];
    }
    default:
      throw unknown(text, 'event', verb, VERBS);
  }
}

const VERBS = [
  'cut',
  'pause',
  'kill',
  'crash',
  'stop',
  'failover',
  'down',
  'fail',
  'lose',
  'delay',
];

/** `A-B`, `A>B`, or `A` from everyone and everything. */
function cutsOf({ object, link, text }: Said, cast: Cast): readonly Fault[] {
  const links = [...new Set(cast.hosts.flatMap((host) => host.links))];
  if (link !== null && !links.includes(link)) throw unknown(text, 'interface', link, links);
  const names = cast.hosts.map(({ name }) => name);
  if (names.includes(object)) {
    return [...names, ELSEWHERE]
      .filter((name) => name !== object)
      .map((other) => ({ do: 'cut', from: object, to: other, link, oneWay: false }));
  }
  const [, from = '', way, to = ''] = /^(.+)([->])([^->]+)$/.exec(object) ?? [];
  if (way === undefined) throw unknown(text, 'director', object, names);
  const pair = { from: hostOf(from, text, cast), to: hostOf(to, text, cast) };
  return [{ do: 'cut', ...pair, link, oneWay: way === '>' }];
}

/** A director's VRRP process, or a real server. */
function killsOf({ object, text }: Said, cast: Cast): readonly Fault[] {
  if (cast.hosts.some(({ name }) => name === object)) return [{ do: 'kill', host: object }];
  const servers = cast.realServers.get(object);
  if (servers !== undefined) return servers.map((server) => ({ do: 'server-down', server }));
  const known = [...cast.hosts.map(({ name }) => name), ...cast.realServers.keys()];
  throw unknown(text, 'director or real server', object, known);
}

function hostOf(name: string, event: string, { hosts }: Cast): string {
  const names = hosts.map((host) => host.name);
  if (names.includes(name)) return name;
  throw unknown(event, 'director', name, names);
}

/** `A:eth0`. */
function partOf(
  { object, text }: Said,
  cast: Cast,
  kind: 'links' | 'scripts',
  noun: string,
): { readonly host: string; readonly part: string } {
  const [name = '', part = ''] = object.split(':');
  const host = hostOf(name, text, cast);
  const known = cast.hosts.find((one) => one.name === host)?.[kind] ?? [];
  if (!known.includes(part)) throw unknown(text, `${noun} of ${host}`, part, known);
  return { host, part };
}

function shareOf(word: string, event: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(word) ?? [];
  const share = Number(digits ?? Number.NaN) / 100;
  if (share <= 1) return share;
  throw refusal(event, `"${word}" is no share`, 'write 30%');
}

const NAMED_MAX = 10;

function unknown(event: string, noun: string, name: string, known: readonly string[]): Error {
  const near = name === '' ? null : nearestOf(name, known);
  const shown = known.slice(0, NAMED_MAX).join(', ') + (known.length > NAMED_MAX ? ', …' : '');
  const hint = near === null ? `there are ${shown || 'none'}` : `did you mean ${near}?`;
  return refusal(event, `there is no ${noun} "${name}"`, hint);
}

function refusal(event: string, message: string, hint: string): DirectorError {
  return new DirectorError('USAGE', `--events: in "${event}": ${message}`, { hint });
}
