/** Keeps the gate of one instance: opens it for a master, prolongs it while it advertises, and shuts it. */
import type { Instant, Millis } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import type { VrrpPorts } from '../ports.ts';
import { type Gate, hasRunOut, isRenewalDue } from './gate.ts';
import { allHeld } from './held.ts';

/** A transaction takes a millisecond; who needs more was not let to work. */
const HELD_UP_MS: Millis = 20;

export class Gatekeeper {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'gate'>;
  private readonly counters: Counters;
  /** The gate has shut before its time: the addresses are to be given up. */
  private readonly onLost: (reason: string) => void;
  private gate: Gate | null = null;
  /** What the kernel guards, open or shut. */
  private guards: readonly string[] = [];
  private readonly losses: Trouble;
  private readonly refusals: Trouble;

  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'gate' | 'log'>,
    counters: Counters,
    onLost: (reason: string) => void,
  ) {
    this.ports = ports;
    this.counters = counters;
    this.onLost = onLost;
    this.losses = new Trouble(ports, { level: 'warn', message: 'the gate is shut', over: null });
    this.refusals = new Trouble(ports, {
      level: 'error',
      message: 'the gate could not be set up',
      over: null,
    });
  }

  /** Null: it is not open, or there is none. */
  get openUntil(): Instant | null {
    return this.gate?.openUntil ?? null;
  }

  /** Why an instance that insists on a gate cannot work. */
  faultOf({ gate }: VrrpInstance): string | null {
    const { missing } = this.ports.gate;
    return gate.mode === 'on' && missing !== null ? `no kernel gate: ${missing}` : null;
  }

  open(instance: VrrpInstance, until: Instant): void {
    if (!instance.accept) this.ports.gate.refuse(addressesOf(instance));
    const addresses = this.guarded(instance);
    if (addresses.length === 0) return;
    if (this.gate !== null) {
      this.prolong(instance, until);
      return;
    }
    const now = this.ports.clock.now();
    const outcome = this.ports.gate.open(addresses, until - now);
    if (outcome === 'open') {
      this.gate = { openUntil: until };
      this.guards = addresses;
      // Stopped between the clock and the kernel, it would be open for too long: that is put right at once.
      if (this.ports.clock.now() - now > HELD_UP_MS) this.send(instance, until);
    } else if (outcome === 'run-out') this.lost(instance, 'it had run out');
    // An address that answers without a gate is worth more than none, unless the operator says otherwise.
    else if (instance.gate.mode === 'on') this.lost(instance, 'the kernel refused to open it');
    else this.refusals.happened({ instance: instance.name });
  }

  /** The master has advertised, and may answer up to then; what gains little can wait for the next time. */
  renew(instance: VrrpInstance, until: Instant): void {
    const { gate } = this;
    const now = this.ports.clock.now();
    if (gate === null) return;
    if (hasRunOut(gate, now) || isRenewalDue(gate, until, now)) this.prolong(instance, until);
  }

  /** The master may answer up to then. */
  prolong(instance: VrrpInstance, until: Instant): void {
    const { gate } = this;
    const now = this.ports.clock.now();
    if (gate === null) return;
    if (hasRunOut(gate, now)) {
      this.lost(instance, 'it had run out');
      return;
    }
    if (until <= gate.openUntil) return;
    this.gate = { openUntil: until };
    this.send(instance, until);
  }

  private send(instance: VrrpInstance, until: Instant): void {
    this.ports.gate.renew({
      addresses: this.guards,
      leftMs: () => until - this.ports.clock.now(),
      onLost: (reason) => this.lost(instance, reason),
    });
  }

  /** Nobody is to answer any more, though the addresses are still there. */
  shut(): void {
    const { gate } = this;
    this.gate = null;
    if (gate === null || hasRunOut(gate, this.ports.clock.now())) return;
    this.ports.gate.shut(this.guards);
  }

  /** The addresses are gone: what else this host does with them is let be. */
  unguard(instance: VrrpInstance): void {
    if (this.gate !== null) return;
    if (this.guards.length > 0) this.ports.gate.unguard(this.guards);
    this.guards = [];
    if (!instance.accept) this.ports.gate.permit(addressesOf(instance));
  }

  /** A master goes on under another configuration. What leaves it is shut here, and unguarded afterwards. */
  change(after: VrrpInstance): readonly string[] {
    const { gate, guards } = this;
    if (gate === null) return [];
    const [old, now] = [guards, this.guarded(after)];
    const gone = old.filter((address) => !now.includes(address));
    const added = now.filter((address) => !old.includes(address));
    if (gone.length > 0) this.ports.gate.shut(gone);
    const leftMs = gate.openUntil - this.ports.clock.now();
    const opened = added.length === 0 || this.ports.gate.open(added, leftMs) === 'open';
    this.guards = opened ? now : now.filter((address) => old.includes(address));
    if (this.guards.length === 0) this.gate = null;
    return gone;
  }

  private guarded(instance: VrrpInstance): readonly string[] {
    const { missing } = this.ports.gate;
    if (instance.gate.mode === 'off' || missing !== null) return [];
    return addressesOf(instance);
  }

  private lost(instance: VrrpInstance, reason: string): void {
    this.gate = null;
    this.counters.add('gateLost');
    this.losses.happened({ instance: instance.name, reason });
    // Afterwards: other effects of the same step may be still to come.
    queueMicrotask(() => this.onLost(`the gate is shut: ${reason}`));
  }
}

function addressesOf(instance: VrrpInstance): readonly string[] {
  return allHeld(instance).addresses.map(({ address }) => address);
}
