/** The checks of a simulated director: the production's monitor, and real servers that are up or down. */

import { formatEndpoint } from '../base/endpoint.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import type { Clock } from '../base/time.ts';
import { sleep } from '../base/time.ts';
import type { Ask } from '../health/ask.ts';
import { HealthMonitor } from '../health/monitor.ts';
import { Sessions } from '../health/sessions.ts';
import { nameOfVirtualServer } from '../model/names.ts';
import type { Serving } from '../model/serving.ts';
import type { VirtualServer } from '../model/virtual-server.ts';

/** What a real server needs to answer, or to refuse. */
const ANSWER_MS = 1;

export interface HealthEvents {
  /** `weight` null: it is out of the kernel's table. */
  onWeight(virtualServer: string, realServer: string, weight: number | null): void;
}

/** Begins to check; the function it gives ends it. */
export function simulateHealth(
  servers: readonly VirtualServer[],
  isDown: (address: string) => boolean,
  clock: Clock,
  events: HealthEvents,
): () => void {
  const ask: Ask = async (check, _, { signal, elapsedMs }) => {
    await sleep(clock, ANSWER_MS);
    if (!isDown(check.target.address)) return { up: true, latencyMs: elapsedMs() };
    // A machine without power answers nobody: the check waits for its deadline.
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return { up: false, reason: 'timeout', detail: 'connecting' };
  };
  const before = new Map<string, number | null>();
  const monitor = new HealthMonitor({
    clock,
    random: seededRandom(1),
    log: silentLog,
    ask,
    dial: () => Promise.reject(new Error('nobody dials in a simulation')),
    notify: { changed: () => {} },
    orders: { isEmpty: true, orderOf: () => null },
    sessions: new Sessions(),
    onServings: (servings) => {
      for (const [at, server] of servers.entries()) compare(server, servings[at], before, events);
    },
  });
  monitor.configure(servers);
  return () => monitor.close();
}

function compare(
  server: VirtualServer,
  serving: Serving | undefined,
  before: Map<string, number | null>,
  events: HealthEvents,
): void {
  const name = nameOfVirtualServer(server);
  for (const [at, { address, port }] of server.realServers.entries()) {
    const real = formatEndpoint(address, port);
    const weight = serving?.weights[at] ?? null;
    const key = `${name} ${real}`;
    if (before.get(key) === weight) continue;
    before.set(key, weight);
    events.onWeight(name, real, weight);
  }
  const { sorryServer } = server;
  if (sorryServer === null) return;
  const sorry = `sorry server ${formatEndpoint(sorryServer.address, sorryServer.port)}`;
  const weight = serving?.sorryWeight ?? null;
  if ((before.get(`${name} ${sorry}`) ?? null) === weight) return;
  before.set(`${name} ${sorry}`, weight);
  events.onWeight(name, sorry, weight);
}
