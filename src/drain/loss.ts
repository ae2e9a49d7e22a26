/** What an order would take from clients that are not of its real server: told before it is given. Pure. */
import { formatEndpoint, isNamed } from '../base/endpoint.ts';
import { DirectorError } from '../base/error.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { VirtualServer } from '../model/virtual-server.ts';

/** A virtual server before and after an order for one of its real servers. */
export interface Prospect {
  readonly server: VirtualServer;
  /** `10.1.0.3:80` */
  readonly realServer: string;
  readonly before: { readonly met: boolean; readonly serving: Serving };
  readonly after: { readonly met: boolean; readonly serving: Serving };
}

const TOLD_MAX = 3;

/** @throws DirectorError SERVICE_NEEDED */
export function refuseLoss(prospects: readonly Prospect[]): void {
  const losses = prospects.flatMap((one) => lossOf(one) ?? []);
  if (losses.length === 0) return;
  const more = losses.length - TOLD_MAX;
  const told = [...losses.slice(0, TOLD_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  throw new DirectorError('SERVICE_NEEDED', told, {
    hint: 'enable another real server first, or order it all the same: --force',
  });
}

/** Null: others serve as before. */
export function lossOf({ server, realServer, before, after }: Prospect): string | null {
  const name = nameOfVirtualServer(server);
  const { sorryServer } = server;
  if (sorryServer !== null && before.met && !after.met) {
    const sorry = formatEndpoint(sorryServer.address, sorryServer.port);
    const isMeant = isNamed(realServer);
    const left = server.realServers.filter(
      (one, at) =>
        !isMeant(one) && before.serving.weights[at] !== null && after.serving.weights[at] === null,
    );
    const cut =
      left.length === 0
        ? ''
        : `, and ${left.length === 1 ? '1 other real server' : `${left.length} other real servers`} would leave the table with all connections`;
    return `${name} would lose its quorum: the sorry server ${sorry} would serve alone${cut}`;
  }
  return serves(before.serving) && !serves(after.serving)
    ? `${name} would have no real server that takes new connections`
    : null;
}

function serves({ weights, sorryWeight }: Serving): boolean {
  return (sorryWeight ?? 0) > 0 || weights.some((weight) => (weight ?? 0) > 0);
}
