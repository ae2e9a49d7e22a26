/** What follows from an order, and the operator may not have meant. Pure. */

import type { DrainPeer, PeerHas, SteerRequest } from '../model/drain.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { Standing } from '../model/snapshot-health.ts';
import type { VirtualServer } from '../model/virtual-server.ts';

export interface Consequence {
  readonly server: VirtualServer;
  readonly metBefore: boolean;
  readonly metNow: boolean;
  readonly serving: Serving;
  /** Of the real server that the order is about. */
  readonly standing: Standing;
}

/** A host with a thousand virtual servers is one thing to tell, not a thousand. */
const NOTES_MAX = 20;

export function notesOn(
  want: SteerRequest['want'],
  consequences: readonly Consequence[],
  templatesBind: boolean,
): readonly string[] {
  const notes = consequences.flatMap((one) => [
    ...quorumNotes(one),
    ...(want.kind === 'drain' ? persistenceNotes(one, templatesBind) : []),
    ...(want.kind === 'enable' ? standingNotes(one) : []),
  ]);
  const more = notes.length - NOTES_MAX;
  return more > 0 ? [...notes.slice(0, NOTES_MAX), `and ${more} more of the kind`] : notes;
}

/** Of other directors that do not have it. */
export function peerNotes(peers: readonly DrainPeer[], has: readonly PeerHas[]): readonly string[] {
  return peers.flatMap(({ address, name, state }, at) => {
    if (has[at]?.has) return [];
    const who = name === null ? `director ${address}` : `director ${name} (${address})`;
    switch (state) {
      case 'unsigned':
        return [
          `${who} is not told, for the link to it has no key: give the vrrp_instances of both directors an auth_hmac or ` +
            'auth_pass, or order the same there',
        ];
      case 'full':
        return [`${who} has no room for it: order the same there`];
      default:
        return [`${who} does not have it yet: it is told as soon as it answers`];
    }
  });
}

function quorumNotes({ server, metBefore, metNow, serving }: Consequence): readonly string[] {
  if (!metBefore || metNow) return [];
  const lost = `${nameOfVirtualServer(server)} has lost its quorum by this`;
  if ((serving.sorryWeight ?? 0) > 0) return [`${lost}: the sorry server serves alone`];
  const isServed = serving.weights.some((weight) => weight !== null && weight > 0);
  return [isServed ? lost : `${lost}: nobody takes new connections`];
}

function persistenceNotes({ server }: Consequence, templatesBind: boolean): readonly string[] {
  if (server.persistence === null || !templatesBind) return [];
  const { timeoutSeconds } = server.persistence;
  return [
    `${nameOfVirtualServer(server)} is persistent: clients that were here come back until they have been away for ${timeoutSeconds} s; ` +
      'with "expire_quiescent_template 1" in lvs_sysctl they go elsewhere at once',
  ];
}

function standingNotes({ server, standing }: Consequence): readonly string[] {
  if (standing === 'up') return [];
  const how = standing === 'down' ? 'is down' : 'has not answered yet';
  return [`in ${nameOfVirtualServer(server)} it ${how}: it serves when its checks succeed`];
}
