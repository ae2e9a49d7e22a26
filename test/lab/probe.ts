/** Asks by ARP, all the time, who has an address, and tells whether two ever had it at once. */
import { parseMac } from '../../src/base/address.ts';
import { openNeighbours } from '../../src/kernel/neighbours.ts';
import { openNetwork } from '../../src/kernel/network.ts';
import type { ProbeReport } from './agent-protocol.ts';

const IS_HOST = process.env.LAB_KERNEL === 'host';
/** Where much is allowed, little is asked: a guest's CPU is the scenario's. */
const ASK_EVERY_MS = IS_HOST ? 10 : 40;
/** What a machine with guests beside may delay the one that gives way; one CPU and slow system calls more. */
export const OVERLAP_MS_MAX: number = IS_HOST ? 40 : 250;
/** It answers for 9 to 15 ms after it has heard a better one, and on a busy machine for longer. */
export const KEEPALIVED_OVERLAP_MS_MAX = 250;
/** What goes over and comes back within this time is taken for two that hold it: scenarios give it longer. */
export const RETURN_MS_MIN = 300;

/** An answer, or a gratuitous ARP. */
export interface ClaimSeen {
  readonly mac: string;
  readonly atMs: number;
}

/**
 * How long two held it: one was heard, then another, and then the first again, sooner than it could have
 * had it back.
 */
export function overlapMs(claims: readonly ClaimSeen[]): number {
  const lastOf = new Map<string, number>();
  let total = 0;
  let countedTo = Number.NEGATIVE_INFINITY;
  for (const [at, again] of claims.entries()) {
    const own = lastOf.get(again.mac);
    lastOf.set(again.mac, at);
    if (own === undefined || again.atMs - (claims[own] as ClaimSeen).atMs >= RETURN_MS_MIN)
      continue;
    // What lies between two of its own is another's.
    const other = own + 1 < at ? (claims[own + 1] as ClaimSeen).atMs : again.atMs;
    total += Math.max(0, again.atMs - Math.max(countedTo, other));
    countedTo = again.atMs;
  }
  return total;
}

/** Starts to ask; gives what ends it. `from` is an address of ours. */
export async function probe(
  address: string,
  link: string,
  from: string,
): Promise<() => ProbeReport> {
  const network = openNetwork();
  const found = await network.readLink(link);
  network.close();
  const mac = found?.mac === null || found === null ? null : parseMac(found.mac);
  if (found === null || mac === null) throw new Error(`there is no ${link} to probe on`);
  const claims: ClaimSeen[] = [];
  const neighbours = openNeighbours({
    interfaceIndex: found.index,
    mac,
    onClaim: (claim) => {
      if (claim.address === address) claims.push({ mac: claim.mac, atMs: performance.now() });
    },
  });
  const timer = setInterval(() => neighbours.probe(address, from), ASK_EVERY_MS);
  return () => {
    clearInterval(timer);
    neighbours.close();
    const holders = [...new Set(claims.map((claim) => claim.mac))];
    return { holders, overlapMs: Math.round(overlapMs(claims)) };
  };
}
