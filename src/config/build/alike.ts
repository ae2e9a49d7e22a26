/**
 * Virtual servers with the same settings: large files have them by the thousand, and only addresses differ. What
 * the settings come to is found once; for each one more its address and its real servers are read. Where anything is
 * to be told, or the settings do not all stand in front of the real servers, a virtual server is read in full.
 */
import { type Family, familyOf } from '../../base/address.ts';
import type { VirtualServer } from '../../model/virtual-server.ts';
import { Reports } from '../diagnostics/reports.ts';
import type { RealServerLesson } from '../memory.ts';
import type { Opening } from '../text/ast.ts';
import type { Endpoint } from '../values/endpoint.ts';
import type { Unread } from '../values/value.ts';
import { realServerLesson } from './real-server-lesson.ts';
import { type Parent, readUsualServers, type UsualServers } from './real-servers.ts';
import type { ScriptContext } from './scripts.ts';

/** What a virtual server may have of them depends on its scheduler, and on their number alone when there are more. */
const REAL_SERVERS_MAX = 4_000;

/** The newest are kept: what is alike mostly stands together. */
const KNOWN_MAX = 4;

/** One that was read in full, and of which nothing was told. */
interface Known {
  /** What stands between its braces. */
  readonly text: string | null;
  /** What stands between its brace and its first real server. */
  readonly opening: Opening;
  readonly port: number;
  readonly family: Family;
  readonly server: VirtualServer;
  readonly parent: Parent;
  /** Of the parent's section. */
  readonly signature: string;
}

interface Alike {
  readonly server: VirtualServer;
  /** What of its real servers can be remembered. */
  readonly realServers: RealServerLesson | null;
}

export class Alikes {
  private known: readonly Known[] = [];
  private context: ScriptContext;

  constructor(context: ScriptContext) {
    this.context = { ...context, reports: new Reports() };
  }

  /** Null: it is like none that is known, or something is to be told of it. */
  read(block: Unread): Alike | null {
    const { endpoint } = block;
    if (endpoint === null) return null;
    for (const known of this.known) {
      const alike = this.readLike(known, block, endpoint);
      if (this.context.reports.attempts > 0) {
        this.context = { ...this.context, reports: new Reports() };
      } else if (alike !== null) {
        return alike;
      }
    }
    return null;
  }

  private readLike(known: Known, block: Unread, { address, port }: Endpoint): Alike | null {
    const { opening, parent, server: model, signature } = known;
    if (port !== known.port || familyOf(address) !== known.family) return null;
    const { context } = this;
    const [key] = model.keys;
    if (key?.kind !== 'address') return null;
    const keys = [{ ...key, address }];
    // The same real servers at another address; when one of them changes, all are read again.
    const isSame = known.text !== null && known.text === block.repeatedText;
    if (isSame) return { server: { ...model, keys }, realServers: null };
    const blocks = block.blocksBehind(opening);
    const usual = blocks && readUsualServers(blocks, parent, context);
    if (usual === null) return null;
    const { servers: realServers, areChecked } = usual;
    if (!isEnough(usual, model)) return null;
    const server = { ...model, keys, realServers };
    if (parent.memory === null) return { server, realServers: null };
    const isChecked = new Uint8Array(realServers.length).fill(areChecked ? 1 : 0);
    const lesson = realServerLesson(block.span, () => signature, {
      servers: realServers,
      isChecked,
      places: blocks ?? [],
    });
    return { server, realServers: lesson };
  }

  /** Nothing was told of it, and the machine was not asked. */
  learn(block: Unread, server: VirtualServer, parent: Parent): void {
    const [key] = server.keys;
    const opening = block.opening('real_server');
    if (opening === null || server.group !== null || key?.kind !== 'address') return;
    if (block.blocksBehind(opening) === null) return;
    const { family, port } = key;
    const signature = parent.section.signature();
    const one = { text: block.text, opening, port, family, server, parent, signature };
    this.known = [one, ...this.known.slice(0, KNOWN_MAX - 1)];
  }
}

/** They meet the quorum, and so many are no more than the model may have. */
function isEnough({ servers, weight }: UsualServers, model: VirtualServer): boolean {
  const most = Math.max(REAL_SERVERS_MAX, model.realServers.length);
  return weight > 0 && weight >= model.quorum + model.hysteresis && servers.length <= most;
}
