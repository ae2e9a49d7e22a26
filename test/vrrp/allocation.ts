/**
 * Octets that a MASTER in steady state allocates for each advertisement that it sends: the production's speaker on
 * sockets, a gate and a clock that allocate next to nothing themselves. Runs as a process of its own, whose new objects
 * have much room; what is counted while there was a collection is thrown away:
 *
 *   node --min-semi-space-size=128 --max-semi-space-size=128 dist/test/vrrp/allocation.js '{"version":3}'
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { silentLog } from '../../src/base/log.ts';
import type { Clock, Instant } from '../../src/base/time.ts';
import type { VrrpInstance } from '../../src/model/vrrp.ts';
import type { AdvertPort } from '../../src/vrrp/adverts/ports-adverts.ts';
import type { PeerPort } from '../../src/vrrp/peers/ports-peers.ts';
import type { LinkFacts, VrrpPorts } from '../../src/vrrp/ports.ts';
import { VrrpSpeaker } from '../../src/vrrp/speaker.ts';
import { configOf, instanceOf } from '../world/director.ts';

/** Until then V8 has compiled what runs often, and the instances are MASTER. */
const WARM_UP_MS = 60_000;
const ADVERTS = 2_000;
const SAMPLES = 20;
/** Promises settle after so many wake-ups. */
const WAKE_UPS_A_TURN = 64;

interface WakeUp {
  at: Instant;
  run: (() => void) | null;
}

/** Virtual time; a wake-up costs what one of kernel/alarm.ts does. */
class Time implements Clock {
  private current: Instant = 0;
  private readonly waiting: WakeUp[] = [];

  now(): Instant {
    return this.current;
  }

  wallTimeMs(): number {
    return 1_767_225_600_000 + this.current;
  }

  wakeAt(at: Instant, run: () => void): () => void {
    const wakeUp: WakeUp = { at: Math.max(at, this.current), run };
    this.waiting.push(wakeUp);
    return () => {
      wakeUp.run = null;
    };
  }

  /** Runs what is due first. */
  step(): void {
    const { waiting } = this;
    let first = -1;
    for (let at = 0; at < waiting.length; at += 1) {
      if (first < 0 || (waiting[at] as WakeUp).at < (waiting[first] as WakeUp).at) first = at;
    }
    const next = waiting[first];
    if (next === undefined) throw new Error('nothing is to happen any more');
    waiting[first] = waiting.at(-1) as WakeUp;
    waiting.pop();
    this.current = Math.max(this.current, next.at);
    next.run?.();
  }
}

const NO_OCTETS = new Uint8Array(0);
const FACTS: Readonly<Record<'ipv4' | 'ipv6', LinkFacts>> = {
  ipv4: factsOf('192.0.2.1'),
  ipv6: factsOf('fe80::1'),
};

function factsOf(primaryAddress: string): LinkFacts {
  return { index: 1, running: true, primaryAddress, addresses: new Set([primaryAddress]) };
}

/** What a process is made of that does all that it is asked, and counts what is sent. */
function portsOf(clock: Clock, sent: { count: number }): VrrpPorts {
  const send = (): void => {
    sent.count += 1;
  };
  const path = { header: () => NO_OCTETS, send };
  const adverts: AdvertPort = {
    open: () => ({ path: () => path, filter: () => {}, close: async () => {} }),
  };
  const peers: PeerPort = {
    open: () => ({ send: () => {}, close: () => {} }),
    identity: () => '0123456789abcdef',
  };
  return {
    clock,
    log: silentLog,
    adverts,
    peers,
    links: { find: (_, family) => FACTS[family] },
    addresses: { hold: async () => {}, release: async () => {} },
    gate: {
      missing: null,
      open: () => 'open',
      renew: () => {},
      shut: () => {},
      unguard: () => {},
      refuse: () => {},
      permit: () => {},
    },
    announcer: { announce: () => {}, probe: () => {} },
    statics: { faultOf: () => null },
    notify: { changed: () => {}, renamed: () => {} },
    files: { watch: () => () => {}, create: () => {} },
    processes: { watch: () => () => {} },
    bfdUp: () => null,
    runScript: async () => ({ ok: true, reason: 'exit code 0' }),
  };
}

/** Octets on the heap, and in buffers beside it. */
function allocated(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

async function measure(instances: readonly VrrpInstance[]): Promise<number> {
  const clock = new Time();
  const sent = { count: 0 };
  const speaker = new VrrpSpeaker(portsOf(clock, sent));
  speaker.configure(configOf(instances));
  const runUntil = async (isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      for (let count = 0; count < WAKE_UPS_A_TURN; count += 1) clock.step();
      await new Promise(setImmediate);
    }
  };
  await runUntil(() => clock.now() >= WARM_UP_MS && sent.count >= 2 * ADVERTS);
  const states = new Set(Object.values(speaker.states()));
  if (states.size !== 1 || !states.has('master')) throw new Error('it is not MASTER');
  const collections = { count: 0 };
  const observer = new PerformanceObserver((list) => {
    collections.count += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const found: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const [collected, sentBefore, before] = [collections.count, sent.count, allocated()];
    await runUntil(() => sent.count - sentBefore >= ADVERTS);
    const octets = allocated() - before;
    const count = sent.count - sentBefore;
    // What was collected is told in the next turns.
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
    if (collections.count === collected && octets > 0) found.push(octets / count);
  }
  if (found.length < SAMPLES / 2)
    throw new Error(`only ${found.length} samples without a collection`);
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] as number;
}

const { count = 1, ...over } = JSON.parse(process.argv[2] ?? '{}') as Partial<VrrpInstance> & {
  readonly count?: number;
};
const [address] = instanceOf().addresses;
const instances = Array.from({ length: count }, (_, at) =>
  instanceOf({
    authentication: { type: 'none' },
    ...over,
    name: `VI_${at + 1}`,
    vrid: at + 1,
    addresses:
      address === undefined
        ? []
        : [
            {
              ...address,
              address: over.family === 'ipv6' ? `fe80::${at + 1}:64` : `10.0.${at}.100`,
            },
          ],
  }),
);
console.log(JSON.stringify({ octetsPerAdvert: await measure(instances) }));
