/**
 * The lease of the VRRP process: its UDP socket, opened when a configuration asks for leases and again until the
 * address is there, and the speaker behind it. Without a socket nothing is ever held, and nobody is master.
 */
import { formatEndpoint } from '../../base/endpoint.ts';
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { drawNumber, systemRandom } from '../../base/random.ts';
import {
  type Cancel,
  type Clock,
  type Instant,
  type Millis,
  sharedTimeMs,
} from '../../base/time.ts';
import { type Datagrams, openDatagrams, ownAddresses } from '../../kernel/lease-socket.ts';
import type { LeaseListener } from '../../lease/ports.ts';
import { LeaseSpeaker } from '../../lease/speaker.ts';
import type { HeldLease, LeaseConfig, LeaseEndpoint } from '../../model/lease.ts';
import type { LeasesSnapshot } from '../../model/snapshot-lease.ts';
import type { LeasePort } from '../../vrrp/ports.ts';

/** At boot the address may come later than we do. */
const RETRY_MS: Millis = 1_000;

/**
 * How late addresses go after their lease is over: the timer of this process, and what the kernel takes to remove
 * them. What closes by the kernel's own timer is not later.
 */
const LATENESS_MS: Millis = 100;

const NOTHING: LeasesSnapshot = { leases: [], acceptors: [], refused: {} };

interface Open {
  readonly endpoint: LeaseEndpoint;
  readonly socket: Datagrams;
  readonly speaker: LeaseSpeaker;
}

export class LeaseDesk implements LeasePort {
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly listener: LeaseListener;
  private config: LeaseConfig | null = null;
  private open: Open | null = null;
  /** What is wanted, so that it can be asked for when there is a socket. */
  private readonly wanted = new Map<string, number>();
  private refusal: string | null = null;
  private cancel: Cancel = () => {};

  constructor(
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    listener: LeaseListener,
  ) {
    this.clock = clock;
    this.log = log;
    this.listener = listener;
  }

  /** Never throws: what is missing is logged, and tried again. `inherited`: what the process before this one held. */
  async configure(config: LeaseConfig | null, inherited: readonly HeldLease[] = []): Promise<void> {
    this.config = config;
    this.cancel();
    if (config === null) {
      this.shut();
      return;
    }
    try {
      await this.openFor(config, inherited);
      this.refusal = null;
    } catch (error) {
      const fields = reasonAndHint(error);
      if (fields.reason !== this.refusal) this.log.error(fields, 'no lease can be asked for');
      this.refusal = fields.reason;
      this.cancel = this.clock.wakeAt(
        this.clock.now() + RETRY_MS,
        () => void this.configure(this.config),
      );
    }
  }

  want(name: string, priority: number): void {
    this.wanted.set(name, priority);
    this.open?.speaker.want(name, priority);
  }

  release(name: string): void {
    this.wanted.delete(name);
    this.open?.speaker.release(name);
  }

  holdsUntil(name: string): Instant | null {
    return this.open?.speaker.holdsUntil(name) ?? null;
  }

  /** What the next process may go on with. */
  held(): readonly HeldLease[] {
    const sinceZeroMs = sharedTimeMs() - this.clock.now();
    const held = this.open?.speaker.held() ?? [];
    return held.map(({ until, ...one }) => ({ ...one, untilMs: until + sinceZeroMs }));
  }

  snapshot(): LeasesSnapshot {
    return this.open?.speaker.snapshot() ?? NOTHING;
  }

  close(): void {
    this.cancel();
    this.shut();
  }

  private async openFor(config: LeaseConfig, inherited: readonly HeldLease[]): Promise<void> {
    const endpoint = ownEndpoint(config);
    if (this.open !== null && sameEndpoint(this.open.endpoint, endpoint)) {
      this.open.speaker.configure(config);
      return;
    }
    this.shut();
    const socket = await openDatagrams(endpoint, (octets, from) => {
      this.open?.speaker.onDatagram(octets, from);
    });
    const { clock, log, listener } = this;
    const ports = {
      clock,
      log,
      random: systemRandom,
      draw: drawNumber,
      datagrams: socket,
      listener,
    };
    const sinceZeroMs = sharedTimeMs() - clock.now();
    const speaker = new LeaseSpeaker(ports, {
      endpoint,
      latenessMs: LATENESS_MS,
      inherited: inherited.map(({ untilMs, ...one }) => ({ ...one, until: untilMs - sinceZeroMs })),
    });
    this.open = { endpoint, socket, speaker };
    speaker.configure(config);
    for (const [name, priority] of this.wanted) speaker.want(name, priority);
  }

  private shut(): void {
    if (this.open === null) return;
    const { socket, speaker } = this.open;
    const held = speaker.snapshot().leases.filter(({ untilMs }) => untilMs !== null);
    speaker.close();
    socket.close();
    this.open = null;
    for (const { name } of held) this.listener.lost(name);
  }
}

/** The acceptor of the list that is this host. @throws DirectorError SOCKET_FAILED */
function ownEndpoint({ acceptors }: LeaseConfig): LeaseEndpoint {
  const own = ownAddresses();
  const found = acceptors.find(({ address, isEtcd }) => !isEtcd && own.includes(address));
  if (found !== undefined) return found;
  const list = acceptors
    .map(({ address, port, isEtcd }) => (isEtcd ? 'etcd' : formatEndpoint(address, port)))
    .join(', ');
  throw new DirectorError('SOCKET_FAILED', `this host has the address of no acceptor: ${list}`, {
    hint: 'each director is an acceptor of "lease", by an address that the others reach',
  });
}

function sameEndpoint(a: LeaseEndpoint, b: LeaseEndpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
