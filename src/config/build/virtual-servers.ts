/**
 * Sections → virtual servers of the model, each by virtual-server.ts; what is like one before, in this reading or in
 * the last one, is taken from there. No service may be taken twice.
 */
import type { HealthConfig, VirtualServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Lesson, Memory } from '../memory.ts';
import { placeIn, type Run } from '../text/pool.ts';
import type { Span } from '../text/source.ts';
import type { Section } from '../values/section.ts';
import type { Unread } from '../values/value.ts';
import { Alikes } from './alike.ts';
import { readGroups, tellUnusedGroups } from './groups.ts';
import type { PlacedServers } from './placed.ts';
import { readProcess } from './process.ts';
import type { Twins } from './real-servers.ts';
import {
  type Groups,
  type Line,
  readServices,
  type Taken,
  takeAlone,
  takeServices,
} from './services.ts';
import { buildVirtualServer, NOT_BUILT, type ServerContext } from './virtual-server.ts';

/** Sees each virtual server, whose section is not kept. */
export interface LookAt {
  settings(section: Section): void;
  realServers(section: Section, placed: PlacedServers, reports: Reports): void;
}

interface Ground {
  readonly root: Section;
  readonly globals: Section;
  readonly memory: Memory | null;
}

export function buildHealth(
  { root, globals, memory }: Ground,
  context: ServerContext,
  look: LookAt,
): Omit<HealthConfig, 'settings' | 'listeners' | 'directorName'> {
  const { reports } = context;
  const virtualServers: VirtualServer[] = [];
  const taken: Taken = new Map();
  const pools = new Map<string, Twins>();
  const groups: Groups = {
    byName: readGroups(root, reports),
    unusable: root.namesOf('virtual_server_group'),
  };
  const alikes = new Alikes(context);
  const take = (server: VirtualServer, lines: readonly Line[], block: Span): void => {
    const keys = takeServices({ server, lines, block }, taken, reports);
    if (keys.length === server.keys.length) virtualServers.push(server);
    else if (keys.length > 0) virtualServers.push({ ...server, keys });
  };
  const takeAgain = (run: Run, span: Span): void => {
    const lessons = memory?.recallRun(run, span) ?? [];
    for (const [at, { server, told }] of lessons.entries()) {
      for (const one of told) reports.tell(one);
      if (takeAlone(server, taken, true)) {
        virtualServers.push(server);
      } else {
        const place = placeIn(run, at, span);
        take(server, [{ keys: server.keys, place: () => place }], place);
      }
    }
  };
  for (const block of root.unread('virtual_server')) {
    if (block.run !== null) {
      takeAgain(block.run, block.span);
      continue;
    }
    let lines: readonly Line[] | null = null;
    const build = (): Built => {
      const { attempts } = reports;
      const questions = memory?.questions;
      const section = block.read();
      const services = readServices(section, groups, reports);
      lines = services?.lines ?? null;
      const pool = { globals, twins: twinsOf(section, pools), memory, head: block.head };
      const { server, placed, parent, lesson } =
        services === null ? NOT_BUILT : buildVirtualServer(section, services, pool, context);
      look.settings(section);
      look.realServers(section, placed, reports);
      const isSilent = reports.attempts === attempts && memory?.questions === questions;
      if (server !== null && parent !== null && isSilent) alikes.learn(block, server, parent);
      return { server, realServers: lesson };
    };
    const server = remembering(block, memory, reports, () => {
      return (reports.takesNotes ? null : alikes.read(block)) ?? build();
    });
    if (server === null) continue;
    if (lines === null && takeAlone(server, taken, memory !== null)) {
      virtualServers.push(server);
    } else {
      // What is remembered has been made of one line.
      take(server, lines ?? [{ keys: server.keys, place: () => block.span }], block.span);
    }
  }
  tellUnusedGroups(groups.byName, reports);
  return {
    virtualServers,
    flushAtStart: globals.has('lvs_flush'),
    process: readProcess(globals, 'checker'),
  };
}

/** What an earlier reading has made of a block; or what is made of it now, if need be for the next reading. */
function remembering(
  block: Unread,
  memory: Memory | null,
  reports: Reports,
  build: () => Built,
): VirtualServer | null {
  if (memory === null || !block.isPlain) return build().server;
  const recalled = block.remembered === null ? null : memory.recall(block);
  if (recalled !== null) {
    for (const told of recalled.told) reports.tell(told);
    memory.learn(block, recalled);
    return recalled.server;
  }
  const { questions } = memory;
  const {
    result: { server, realServers },
    told,
  } = reports.listening(build);
  // The machine may answer otherwise next time; a group has its services from elsewhere.
  const isClosed = memory.questions === questions && server?.group === null && !reports.isFull;
  if (isClosed) memory.learn(block, { server, told, realServers });
  return server;
}

/** Virtual servers that say the same hand down the same. */
function twinsOf(section: Section, pools: Map<string, Twins>): Twins {
  const signature = section.signature();
  const twins = pools.get(signature) ?? new Map();
  pools.set(signature, twins);
  return twins;
}

interface Built extends Pick<Lesson, 'realServers'> {
  /** Null: it cannot be used. */
  readonly server: VirtualServer | null;
}
