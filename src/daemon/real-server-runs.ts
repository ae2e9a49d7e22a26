/**
 * Real servers on their way to another process: of those that differ in nothing but address and port, one goes as
 * a pattern and the others as these two. Of a pool of ten thousand that is a tenth of the text, and what they
 * have in common is one object there.
 */
import { invariant } from '../base/error.ts';
import type { Check } from '../model/checker.ts';
import type { RealServer } from '../model/virtual-server.ts';

/** Real servers in a row that are alike, the pattern's index, and what is their own. */
export interface Run {
  readonly pattern: number;
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** The patterns of one message, as they are found. */
export class Patterns {
  readonly found: RealServer[] = [];

  runsOf(servers: readonly RealServer[]): readonly Run[] {
    const runs: { pattern: number; addresses: string[]; ports: number[] }[] = [];
    for (const server of servers) {
      const before = runs.at(-1)?.pattern;
      const pattern = this.patternOf(server);
      if (pattern !== before) runs.push({ pattern, addresses: [], ports: [] });
      const run = runs.at(-1);
      run?.addresses.push(server.address);
      run?.ports.push(server.port);
    }
    return runs;
  }

  /** One that the last ones are like, or the server itself. */
  private patternOf(server: RealServer): number {
    const { found } = this;
    for (let at = found.length - 1; at >= 0 && at >= found.length - LOOKED_AT; at -= 1) {
      if (isLike(found[at] as RealServer, server)) return at;
    }
    return found.push(server) - 1;
  }
}

/** So many patterns are compared with; pools seldom mix more kinds of servers. */
const LOOKED_AT = 8;

/** What `runsOf` was given. */
export function serversOf(runs: readonly Run[], patterns: readonly RealServer[]): RealServer[] {
  return runs.flatMap(({ pattern: at, addresses, ports }) => {
    const pattern = patterns[at];
    invariant(pattern !== undefined, 'each run has its pattern');
    return addresses.map((address, place) => like(pattern, address, ports[place] as number));
  });
}

function like(pattern: RealServer, address: string, port: number): RealServer {
  const checks = pattern.checks.map((check): Check => {
    const { target } = check;
    const own = {
      address: target.address === pattern.address ? address : target.address,
      port: target.port === pattern.port ? port : target.port,
    };
    return { ...check, target: { ...target, ...own } };
  });
  return { ...pattern, address, port, checks };
}

/** Whether `like` makes the one of the other. */
function isLike(pattern: RealServer, server: RealServer): boolean {
  return everyKey(pattern, server, (name) => {
    if (name === 'address' || name === 'port') return true;
    if (name !== 'checks') return isSame(pattern[name], server[name]);
    return (
      pattern.checks.length === server.checks.length &&
      pattern.checks.every((check, at) => {
        const other = server.checks[at] as Check;
        return everyKey(check, other, (part) =>
          part === 'target'
            ? everyKey(check.target, other.target, (field) =>
                field === 'address' || field === 'port'
                  ? isOwn(check.target[field], pattern[field], other.target[field], server[field])
                  : check.target[field] === other.target[field],
              )
            : isSame(check[part], other[part]),
        );
      })
    );
  });
}

/** What is checked is the server itself in both, or the same other one. */
function isOwn<Value>(checked: Value, own: Value, otherChecked: Value, otherOwn: Value): boolean {
  return checked === own ? otherChecked === otherOwn : checked === otherChecked;
}

/** Of plain data. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return a === b || everyKey(a, b, (name) => isSame(a[name], b[name as never]));
}

function everyKey<Data extends object>(
  a: Data,
  b: object,
  isGood: (name: keyof Data) => boolean,
): boolean {
  const names = Object.keys(a) as (keyof Data)[];
  return names.length === Object.keys(b).length && names.every((name) => name in b && isGood(name));
}
