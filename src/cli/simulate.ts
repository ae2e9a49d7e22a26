/** `lvsctl simulate FILE… --events "…"`: the directors of these files on virtual time, and who holds what when. */

import { formatEndpoint } from '../base/endpoint.ts';
import { DirectorError } from '../base/error.ts';
import type { Instant, Millis } from '../base/time.ts';
import { isUnreadable } from '../config/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../config/diagnostics/render.ts';
import { commandEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import type { Director } from '../model/director.ts';
import type { VrrpConfig } from '../model/vrrp.ts';
import { audit, type Finding } from '../simulation/audit.ts';
import { type Cast, parseEvents, SETTLE_MS } from '../simulation/events.ts';
import { addressesOf, type Tenure, tenuresOf } from '../simulation/holders.ts';
import type { HostPlan } from '../simulation/host.ts';
import { WITNESS_PROMISE_MS_MAX, type WitnessPlan } from '../simulation/lease.ts';
import { renderTimeline } from '../simulation/timeline.ts';
import { type PlannedFault, SimulatedWorld } from '../simulation/world.ts';
import { type Command, Exit } from './command.ts';
import { chosenFile } from './default-file.ts';
import type { Terminal } from './terminal.ts';
import { formatTable, plural, printable } from './text.ts';

interface Options {
  readonly events?: string;
  readonly seed: string;
  readonly json?: true;
  readonly compat?: true;
}

interface NamedDirector {
  /** `A`, `B`, … in the order of the files. */
  readonly name: string;
  readonly path: string;
  readonly director: Director;
}

/** Two directors held one address at a time, or another thing that must not be. */
const FOUND = 3;
/** A to V: W is the witness. */
const DIRECTORS_MAX = 22;

export const simulate: Command<Options> = {
  name: 'simulate',
  summary: 'run directors on virtual time: who holds which address when something fails',
  declare(command) {
    command
      .argument('<files...>', 'the configuration of each director, which are called A, B, …')
      .option('--events <events>', 'what goes wrong: "cut A-B at 5s for 10s; pause A 2s; kill rs3"')
      .option('--seed <number>', 'another seed has other delays of packets', '1')
      .option('--compat', 'mistakes that keepalived lives with are no obstacle')
      .option('--json', 'the timeline, the holders and the findings as one JSON object')
      .addHelpText('after', HELP);
  },
  async run({ terminal }, options, files) {
    const directors = readDirectors(files, options, terminal);
    if (typeof directors === 'number') return directors;
    const seed = seedOf(options.seed);
    const witnesses = witnessesOf(directors);
    const faults = parseEvents(options.events ?? '', castOf(directors, witnesses));
    const end = Math.max(0, ...faults.map(endOf)) + 2 * SETTLE_MS;
    const hosts = directors.map(hostOf);
    const world = new SimulatedWorld({ seed, hosts, witnesses, faults });
    await world.runTo(end);
    const { entries } = world.journal;
    const findings = audit(hosts, entries, end, { lease: true });
    const addresses = new Set(directors.flatMap(({ director }) => addressesOf(director.vrrp)));
    const tenures = tenuresOf(entries, [...addresses], end);
    if (options.json) {
      const holders = Object.fromEntries(tenures);
      terminal.write(`${JSON.stringify({ seed, entries, holders, findings }, null, 2)}\n`);
    } else {
      terminal.write(render(directors, renderTimeline(entries, findings), tenures, findings));
    }
    return findings.length === 0 ? Exit.ok : FOUND;
  },
};

const HELP = `
An event is a verb, whom it befalls, when (at 5s) and for how long (for 10s; without it to the end). Without
"at" it begins ${SETTLE_MS / 1000} s after the end of the one before. Times are 500ms, 5s, 2min, 1h.
  cut A-B     nothing passes between A and B; cut A>B: from A to B only; cut A: between A and all,
              gateways and real servers included; cut A-B on eth1: on this link only
  pause A     the VRRP process of A stands still; kill A: it dies and is started again
  crash A     the machine loses its power; stop A: lvsd is stopped in good order
  failover A  lvsctl failover on A; with a time, --back after it
  down A:eth0 the interface loses its carrier
  fail A:NAME the tracked script NAME fails
  lose 30%    so many packets are lost; delay 200ms: packets take up to so long
  kill rs3    the third real server of the files answers no check; also by its address
With split_brain_policy lease the first file is the first acceptor, and so on; an acceptor without a file is the
witness W (several: W1, W2), which can be cut, paused, killed, crashed and stopped, too. Datagrams of the lease
pass where nothing is cut between two hosts, whatever becomes of an interface. BFD sessions are up.
Of advert_paths the one to a peer needs its src here.
A process that does not run answers until the kernel's gate is shut.
Exit code ${FOUND}: two directors held one address at a time, or something else that must not be.
`;

/** An exit code: a file has errors, or is not there, which has been told. */
function readDirectors(
  files: readonly string[],
  { compat }: Options,
  terminal: Terminal,
): readonly NamedDirector[] | number {
  if (files.length > DIRECTORS_MAX) {
    throw new DirectorError('USAGE', `there are ${files.length} files: ${DIRECTORS_MAX} at most`);
  }
  const directors: NamedDirector[] = [];
  let exitCode: number = Exit.ok;
  for (const [at, file] of files.entries()) {
    const { path, mode } = chosenFile(file, compat);
    const { director, diagnostics } = loadConfig(path, { mode, environment: elsewhere() });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (director === null) {
      terminal.writeError(`${renderDiagnostics(errors, { colour: terminal.colour })}\n`);
      exitCode = isUnreadable(errors) ? Exit.usage : Math.max(exitCode, Exit.failed);
      continue;
    }
    directors.push({ name: String.fromCharCode('A'.charCodeAt(0) + at), path, director });
  }
  return exitCode === Exit.ok ? directors : exitCode;
}

/** The files are those of other machines: this one's interfaces say nothing about them. */
function elsewhere(): ReturnType<typeof commandEnvironment> {
  return { ...commandEnvironment(), interfaces: () => null, networks: () => null };
}

function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new DirectorError('USAGE', `--seed "${text}" is no number`, {
    hint: 'a whole number from 0 to 999999999',
  });
}

function endOf({ at, forMs }: PlannedFault): Instant {
  return at + (forMs ?? 0);
}

/** The first file is the first acceptor of the lease, the second the second. */
function hostOf({ name, director: { vrrp, health } }: NamedDirector, at: number): HostPlan {
  const endpoint = vrrp.lease?.acceptors[at];
  return {
    name,
    config: vrrp,
    virtualServers: health.virtualServers,
    hostPart: at + 1,
    clockRate: 1,
    ...(endpoint === undefined ? {} : { leaseEndpoint: endpoint }),
  };
}

/** The acceptors that are no directors: `W`, or `W1`, `W2`, … */
function witnessesOf(directors: readonly NamedDirector[]): readonly WitnessPlan[] {
  const lease = directors.find(({ director }) => director.vrrp.lease !== null)?.director.vrrp.lease;
  if (lease === undefined || lease === null) return [];
  const { acceptors, secrets } = lease;
  if (acceptors.length < directors.length) {
    const count = `${directors.length} directors and ${plural(acceptors.length, 'acceptor')}`;
    throw new DirectorError('USAGE', `there are ${count} of the lease`, {
      hint: 'name the files of the directors that are acceptors, each once',
    });
  }
  const others = acceptors.slice(directors.length);
  return others.map((endpoint, at) => ({
    name: others.length === 1 ? 'W' : `W${at + 1}`,
    endpoint,
    secrets,
    promiseMsMax: WITNESS_PROMISE_MS_MAX,
    clockRate: 1,
  }));
}

/** That advertisements go by. */
function linksOf({ instances }: VrrpConfig): readonly string[] {
  const paths = instances.flatMap((instance) => [instance, ...instance.sidePaths]);
  return [...new Set(paths.map((path) => path.interface))];
}

function castOf(directors: readonly NamedDirector[], witnesses: readonly WitnessPlan[]): Cast {
  const servers = new Map<string, readonly string[]>();
  const distinct = new Set<string>();
  for (const { director } of directors) {
    for (const { realServers } of director.health.virtualServers) {
      for (const { address, port } of realServers) {
        distinct.add(address);
        servers.set(address, [address]);
        servers.set(formatEndpoint(address, port), [address]);
      }
    }
  }
  for (const [at, address] of [...distinct].entries()) servers.set(`rs${at + 1}`, [address]);
  return {
    hosts: [
      ...directors.map(({ name, director: { vrrp } }) => ({
        name,
        links: linksOf(vrrp),
        scripts: vrrp.scripts.map((script) => script.name),
      })),
      ...witnesses.map(({ name }) => ({ name, links: [], scripts: [] })),
    ],
    realServers: servers,
  };
}

function render(
  directors: readonly NamedDirector[],
  timeline: readonly string[],
  tenures: ReadonlyMap<string, readonly Tenure[]>,
  findings: readonly Finding[],
): string {
  const names = directors.map(({ name, path }) => [name, printable(path)]);
  const rows = [...tenures].flatMap(([address, list]) =>
    list.map(({ hosts, from, to }, at) => [
      at === 0 ? address : '',
      hosts.length === 0 ? 'nobody' : hosts.join(' and '),
      `${seconds(from)} to ${seconds(to)}`,
      spanOf(to - from),
    ]),
  );
  return [
    formatTable(names, { indent: 0 }),
    '\n',
    ...timeline.map((line) => `${printable(line)}\n`),
    '\nwho answers for which address\n',
    formatTable(rows, { indent: 2 }),
    `\n${plural(findings.length, 'finding')}\n`,
  ].join('');
}

function seconds(at: Instant): string {
  return `${(at / 1000).toFixed(3)} s`;
}

function spanOf(ms: Millis): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : seconds(ms);
}
