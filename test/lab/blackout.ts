/** How long a client's echo is away while a virtual address moves. */
import { expect } from 'vitest';
import type { Agent } from './agent-client.ts';
import type { Observation } from './agent-protocol.ts';
import type { Duo, DuoHost } from './duo.ts';
import { pause } from './lab.ts';

/** What a planned hand-over may cost a client. */
export const BLACKOUT_MS_MAX = 10;

/** From the first echo request without an answer to the next one with one; what is under way at the end is not. */
export function blackoutMs({ echoes }: Observation): number {
  // Asked often enough to see it.
  expect(echoes.length).toBeGreaterThan(150);
  let longest = 0;
  let lostSince: number | null = null;
  for (const { sentAtMs, isAnswered } of echoes.slice(0, -50)) {
    if (!isAnswered) lostSince ??= sentAtMs;
    else if (lostSince !== null) {
      longest = Math.max(longest, sentAtMs - lostSince);
      lostSince = null;
    }
  }
  return longest;
}

/** What a client sees of an address while something is done, and a while after. */
export async function watched(
  client: Agent,
  vip: string,
  work: () => Promise<void>,
): Promise<Observation> {
  await client.observe(vip);
  await pause(300);
  await work();
  await pause(500);
  return client.endObserve();
}

/** Whether all that it hears of could take over from it. */
export async function isSucceeded(pair: Duo, host: DuoHost): Promise<boolean> {
  const peers = (await pair.snapshot(host))?.vrrp?.peers ?? [];
  return peers.length > 0 && peers.every(({ instances }) => instances.every((one) => one.canTake));
}
