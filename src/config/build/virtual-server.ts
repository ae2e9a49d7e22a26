/** One section → a virtual server of the model: what it hands down to its real servers is filled in here. */
import { parseSpan } from '../../base/span.ts';
import type { Millis } from '../../base/time.ts';
import { nameOfVirtualServer } from '../../model/names.ts';
import type { RealServer, VirtualServer } from '../../model/virtual-server.ts';
import type { Reports } from '../diagnostics/reports.ts';
import type { Mode } from '../diagnostics/severity.ts';
import type { Lesson } from '../memory.ts';
import type { Section } from '../values/section.ts';
import { readPacingWords } from './checks.ts';
import { type Forwarding, forwardingIn, NAT } from './forwarding.ts';
import { readPersistence } from './persistence.ts';
import { PlacedServers } from './placed.ts';
import { realServerLesson } from './real-server-lesson.ts';
import { type Parent, readRealServers } from './real-servers.ts';
import { readOnePacket, readScheduling, tellTooManyForHash } from './scheduler.ts';
import { readScript, type ScriptContext } from './scripts.ts';
import type { Services } from './services.ts';
import { readSorryServer } from './sorry-server.ts';

/** Services × real servers of a virtual server: each is an entry in the kernel. */
const ENTRIES_MAX = 1_000_000;

export interface ServerContext extends ScriptContext {
  readonly mode: Mode;
}

export interface BuiltServer {
  /** Null: it cannot be used. */
  readonly server: VirtualServer | null;
  readonly placed: PlacedServers;
  readonly parent: Parent | null;
  readonly lesson: Lesson['realServers'];
}

export const NOT_BUILT: BuiltServer = {
  server: null,
  placed: new PlacedServers([]),
  parent: null,
  lesson: null,
};

export function buildVirtualServer(
  section: Section,
  services: Services,
  pool: Pick<Parent, 'globals' | 'twins' | 'memory' | 'head'>,
  context: ServerContext,
): BuiltServer {
  const forwarding = readMethod(section, context.reports);
  const pacing = readPacingWords(section);
  const parent = { section, services, forwarding, pacing, ...pool };
  const { reports } = context;
  const { attempts } = reports;
  const questions = pool.memory?.questions;
  const placed = readRealServers(section.unread('real_server'), parent, context);
  const isSilent = reports.attempts === attempts && pool.memory?.questions === questions;
  const lesson = isSilent
    ? realServerLesson(section.span, () => section.signature(), placed)
    : null;
  if (!section.mentions('real_server')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: `virtual_server ${nameOfVirtualServer(services)} has no real_server`,
    });
  }
  const { servers: realServers } = placed;
  if (realServers.length === 0) return { ...NOT_BUILT, parent };
  const { keys, group } = services;
  const server = {
    keys,
    group,
    ...readScheduling(section, context.mode, reports),
    onePacket: readOnePacket(section, services, reports),
    persistence: readPersistence(section, services, reports),
    realServers,
    sorryServer: readSorryServer(section, services, forwarding, reports),
    ...readQuorum(section, realServers, reports),
    quorumUp: readScript(section, 'quorum_up', context),
    quorumDown: readScript(section, 'quorum_down', context),
    mails: section.boolean('smtp_alert') ?? context.defaults.mailsServers ?? false,
    omega: section.has('omega'),
    drainOnRemoveMs: readDrainOnRemove(section) ?? readDrainOnRemove(pool.globals) ?? 0,
  };
  tellTooMany(server, section, reports);
  return { server, placed, parent, lesson };
}

function tellTooMany(server: VirtualServer, section: Section, reports: Reports): void {
  const { scheduler, keys, realServers, sorryServer } = server;
  const entries = realServers.length + (sorryServer?.inhibit ? 1 : 0);
  tellTooManyForHash(section, scheduler, entries, reports);
  if (keys.length * entries <= ENTRIES_MAX) return;
  reports.add({
    code: 'too-large',
    span: section.label[1]?.span ?? section.span,
    message: `${keys.length} services with ${entries} real servers each: more than ${ENTRIES_MAX} entries in the kernel`,
    hint: 'mark the packets in the firewall, and write fwmark MARK in place of the addresses',
  });
}

function readMethod(section: Section, reports: Reports): Forwarding {
  if (!section.mentions('lvs_method', 'lb_kind')) {
    reports.add({
      code: 'missing-keyword',
      span: section.span,
      message: 'this virtual_server names no lvs_method: keepalived takes NAT',
      hint: 'write "lvs_method NAT", or DR or TUN if that is meant',
    });
  }
  return forwardingIn(section, 'lvs_method', reports) ?? NAT;
}

function readQuorum(
  section: Section,
  realServers: readonly RealServer[],
  reports: Reports,
): { readonly quorum: number; readonly hysteresis: number } {
  const total = realServers.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = section.number('quorum') ?? 1;
  const hysteresis = section.number('hysteresis') ?? 0;
  if (quorum > total && total > 0) {
    reports.add({
      code: 'contradiction',
      span: section.find('quorum')?.span ?? section.span,
      message: `a quorum of ${quorum} can never be met: all real servers together weigh ${total}`,
      hint: `at most ${total}`,
    });
  } else if (quorum + hysteresis > total && total > 0) {
    reports.add({
      code: 'contradiction',
      span: section.find('hysteresis')?.span ?? section.span,
      message: `quorum + hysteresis is ${quorum + hysteresis}, but all real servers together weigh ${total}`,
      hint: 'once lost, the quorum could not be gained again',
    });
  }
  return { quorum, hysteresis };
}

/** Null: the block does not say. */
function readDrainOnRemove(section: Section): Millis | null {
  const text = section.text('drain_on_remove');
  return text === null ? null : parseSpan(text);
}
