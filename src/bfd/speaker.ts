/**
 * Runs the sessions: one timer, packets in, states out over ports. What to do is decided by session.ts and
 * admit.ts; what one session needs to live is in neighbour.ts.
 */
import { type Family, familyOf } from '../base/address.ts';
import { DirectorError } from '../base/error.ts';
import type { Cancel, Instant, Millis } from '../base/time.ts';
import type { BfdConfig, BfdInstance, BfdStates } from '../model/bfd.ts';
import type { BfdSnapshot } from '../model/snapshot-bfd.ts';
import { admit, type Received } from './admit.ts';
import { Neighbour } from './neighbour.ts';
import type { BfdPorts, Closable, Reach } from './ports.ts';

/** A port that another program holds is asked for again after this time. */
const DEAF_RETRY_MS: Millis = 1_000;

const DISCRIMINATORS = 2 ** 32;

/** A socket that hears, or why there is none. */
interface Ear {
  readonly reach: Reach;
  socket: Closable | null;
  trouble: string | null;
}

export class BfdSpeaker {
  private readonly ports: BfdPorts;
  private neighbours: readonly Neighbour[] = [];
  private ears: readonly Ear[] = [];
  private retryAt: Instant = Infinity;
  private cancel: Cancel = () => {};
  private told = '[]';
  private readonly strangers: Record<string, number> = {};
  private stopped = false;

  constructor(ports: BfdPorts) {
    this.ports = ports;
  }

  /** Later it is a reload: sessions that are still defined go on. */
  configure({ instances }: BfdConfig): void {
    const old = [...this.neighbours];
    const next = instances.map((instance) => {
      const at = old.findIndex((one) => one.isFor(instance));
      const [known = null] = at < 0 ? [] : old.splice(at, 1);
      return { instance, known };
    });
    // First of all, so that a successor may have their place.
    for (const gone of old) gone.stop();
    this.listenFor(instances);
    this.neighbours = next.map(({ instance, known }) => known ?? this.begin(instance));
    for (const { instance, known } of next) known?.adopt(instance);
    for (const neighbour of this.neighbours) neighbour.take({ type: 'start' });
    this.tell();
    this.arm();
  }

  snapshot(): BfdSnapshot {
    return {
      sessions: this.neighbours.map((neighbour) => {
        const snapshot = neighbour.snapshot();
        return { ...snapshot, trouble: snapshot.trouble ?? this.deafnessOf(neighbour.instance) };
      }),
      strangers: { ...this.strangers },
    };
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
    for (const neighbour of this.neighbours) neighbour.stop();
    for (const { socket } of this.ears) socket?.close();
    this.ears = [];
  }

  private begin(instance: BfdInstance): Neighbour {
    return new Neighbour(instance, this.freeDiscriminator(), this.ports);
  }

  /** At random, so that a stranger cannot guess it (RFC 5880 §9). */
  private freeDiscriminator(): number {
    const taken = new Set(this.neighbours.map(({ session }) => session.localDiscriminator));
    for (;;) {
      const discriminator = Math.floor(this.ports.random() * DISCRIMINATORS);
      if (discriminator !== 0 && !taken.has(discriminator)) return discriminator;
    }
  }

  private listenFor(instances: readonly BfdInstance[]): void {
    const wanted = new Map(instances.map(reachOf).map((reach) => [keyOf(reach), reach]));
    for (const { reach, socket } of this.ears) if (!wanted.has(keyOf(reach))) socket?.close();
    const kept = new Map(this.ears.map((ear) => [keyOf(ear.reach), ear]));
    this.ears = [...wanted].map(
      ([key, reach]) => kept.get(key) ?? { reach, socket: null, trouble: null },
    );
    this.listen();
  }

  private listen(): void {
    for (const ear of this.ears) this.open(ear);
    const isDeaf = this.ears.some(({ socket }) => socket === null);
    this.retryAt = isDeaf ? this.ports.clock.now() + DEAF_RETRY_MS : Infinity;
  }

  private open(ear: Ear): void {
    if (ear.socket !== null) return;
    const { multihop } = ear.reach;
    try {
      ear.socket = this.ports.listener.open(ear.reach, (datagram) =>
        this.onDatagram({ ...datagram, multihop }),
      );
      ear.trouble = null;
    } catch (error) {
      if (!(error instanceof DirectorError)) throw error;
      const { message, hint } = error;
      if (ear.trouble !== message) {
        this.ports.log.error({ reason: message, hint }, 'BFD cannot be heard');
      }
      ear.trouble = message;
    }
  }

  private deafnessOf(instance: BfdInstance): string | null {
    const key = keyOf(reachOf(instance));
    return this.ears.find(({ reach }) => keyOf(reach) === key)?.trouble ?? null;
  }

  private onDatagram(received: Received): void {
    if (this.stopped) return;
    const { hopLimit, source } = received;
    const admitted = admit(received, this.neighbours);
    if ('packet' in admitted) {
      const { session, packet } = admitted;
      const before = session.up;
      session.hear(packet);
      if (session.up !== before) this.tell();
      this.arm();
    } else if (admitted.session === null) {
      this.strangers[admitted.drop] = (this.strangers[admitted.drop] ?? 0) + 1;
      this.ports.log.debug({ reason: admitted.drop, source, hopLimit }, 'packet dropped');
    } else {
      admitted.session.drop(admitted, { hopLimit, source });
    }
  }

  /** Wakes what is due. Before somebody counts as lost, what has come meanwhile is read. */
  private async onTime(): Promise<void> {
    const { clock } = this.ports;
    const isLost = this.neighbours.some(({ session }) => session.detectAt <= clock.now());
    if (isLost) await this.ports.turn();
    if (this.stopped) return;
    if (clock.now() >= this.retryAt) this.listen();
    for (const neighbour of this.neighbours) {
      if (neighbour.deadline <= clock.now()) neighbour.take({ type: 'time' });
    }
    this.tell();
    this.arm();
  }

  private arm(): void {
    this.cancel();
    const deadlines = this.neighbours.map(({ deadline }) => deadline);
    const next = Math.min(this.retryAt, ...deadlines);
    if (next === Infinity || this.stopped) return;
    this.cancel = this.ports.clock.wakeAt(next, () => void this.onTime());
  }

  private tell(): void {
    const known = this.neighbours.flatMap(({ instance, up }) =>
      up === null ? [] : [[instance.name, up] as const],
    );
    const text = JSON.stringify(known);
    if (text === this.told) return;
    this.told = text;
    const states: BfdStates = Object.fromEntries(known);
    this.ports.onStates(states);
  }
}

function reachOf({ neighbour, multihop }: BfdInstance): Reach {
  const family: Family = familyOf(neighbour);
  return { family, multihop };
}

function keyOf({ family, multihop }: Reach): string {
  return `${family} ${multihop}`;
}
