/** Keeps the gate of one instance: opens it for a master, prolongs it while it advertises, and shuts it. */
import type { Instant, Millis } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import type { Counters } from '../counters.ts';
import type { VrrpPorts } from '../ports.ts';
import type { Share } from './estate.ts';
import { type Gate, hasRunOut, isRenewalDue } from './gate.ts';
import { addressesOf } from './held.ts';

/** A transaction takes a millisecond; who needs more was not let to work. */
const HELD_UP_MS: Millis = 20;

interface RenewalParts {
  readonly guards: () => readonly string[];
  readonly leftMs: () => Millis;
  readonly onLost: (reason: string) => void;
}

/** Of a class: V8 makes each literal with a getter one of its own, a kilobyte of them with each advertisement. */
class Renewal {
  readonly leftMs: () => Millis;
  readonly onLost: (reason: string) => void;
  private readonly guards: () => readonly string[];

  constructor({ guards, leftMs, onLost }: RenewalParts) {
    this.guards = guards;
    this.leftMs = leftMs;
    this.onLost = onLost;
  }

  /** A reload may give some of them to another instance in the turn in which they are to be sent: that has them open for longer. */
  get addresses(): readonly string[] {
    return this.guards();
  }
}

export class Gatekeeper {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'gate'>;
  private readonly share: Share;
  private readonly counters: Counters;
  /** The gate has shut before its time: the addresses are to be given up. */
  private readonly onLost: (reason: string) => void;
  private gate: Gate | null = null;
  /** What the kernel guards for this instance. */
  private guards: readonly string[] = [];
  /** Packets to these are dropped. */
  private refused: readonly string[] = [];
  /** What it guarded or refused until it was given up, and the kernel still does. */
  private guardedBefore: readonly string[] = [];
  private refusedBefore: readonly string[] = [];
  private readonly losses: Trouble;
  private readonly refusals: Trouble;

  constructor(
    ports: Pick<VrrpPorts, 'clock' | 'gate' | 'log'>,
    share: Share,
    counters: Counters,
    onLost: (reason: string) => void,
  ) {
    this.ports = ports;
    this.share = share;
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
    this.refuse(instance);
    if (this.gate !== null) {
      this.prolong(instance, until);
      return;
    }
    const addresses = this.guardedOf(instance);
    if (addresses.length > 0 && this.add(instance, addresses, until)) {
      this.gate = { openUntil: until };
    }
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
    this.ports.gate.renew(
      new Renewal({
        guards: () => this.guards,
        leftMs: () => until - this.ports.clock.now(),
        onLost: (reason) => this.lost(instance, reason),
      }),
    );
  }

  /** Nobody is to answer any more, though the addresses are still there. */
  shut(): void {
    const isOpen = this.isOpen();
    this.gate = null;
    this.share.leave();
    this.giveUp(this.guards, isOpen);
    this.accept(this.refused);
  }

  /** What was given up is gone: what else this host does with it is let be, unless an instance has it again. */
  unguard(): void {
    const unguarded = this.share.unwanted('guarded', this.guardedBefore);
    const permitted = this.share.unwanted('refused', this.refusedBefore);
    this.guardedBefore = [];
    this.refusedBefore = [];
    if (unguarded.length > 0) this.ports.gate.unguard(unguarded);
    if (permitted.length > 0) this.ports.gate.permit(permitted);
  }

  /** What an earlier life had guarded is gone, and this one did not become master with it. */
  disclaim(addresses: readonly string[]): void {
    this.guardedBefore = [...this.guardedBefore, ...addresses];
    this.unguard();
  }

  /** Whether a master that has no gate should have one under this configuration. */
  lacks(after: VrrpInstance): boolean {
    return this.gate === null && this.guardedOf(after).length > 0;
  }

  /** A master goes on under another configuration: what is new there is opened, for as long as the rest. */
  takeOn(after: VrrpInstance): void {
    this.refuse(after);
    const { gate } = this;
    // The end of one that has run out is told with its next renewal.
    if (gate === null || !this.isOpen()) return;
    const known = new Set(this.guards);
    const added = this.guardedOf(after).filter((address) => !known.has(address));
    if (added.length > 0) this.add(after, added, gate.openUntil);
  }

  /** The other half, when all instances have what they want: what this one has no more is shut. */
  letGo(after: VrrpInstance): void {
    const kept = new Set(this.guardedOf(after));
    this.giveUp(
      this.guards.filter((address) => !kept.has(address)),
      this.isOpen(),
    );
    if (this.guards.length === 0) this.gate = null;
    const refused = new Set(after.accept ? [] : addressesOf(after));
    this.accept(this.refused.filter((address) => !refused.has(address)));
  }

  private isOpen(): boolean {
    return this.gate !== null && !hasRunOut(this.gate, this.ports.clock.now());
  }

  private guardedOf(instance: VrrpInstance): readonly string[] {
    const { missing } = this.ports.gate;
    if (instance.gate.mode === 'off' || missing !== null) return [];
    return addressesOf(instance);
  }

  /** Whether they are open now. */
  private add(instance: VrrpInstance, addresses: readonly string[], until: Instant): boolean {
    const now = this.ports.clock.now();
    const outcome = this.ports.gate.open(addresses, until - now);
    if (outcome === 'open') {
      const isShared = addresses.some((address) => this.share.isWanted('guarded', address));
      this.guard([...this.guards, ...addresses]);
      // Stopped between the clock and the kernel, or open for as long as another instance had them: that is put
      // right at once.
      if (isShared || this.ports.clock.now() - now > HELD_UP_MS) this.send(instance, until);
      return true;
    }
    if (outcome === 'run-out') this.lost(instance, 'it had run out');
    // An address that answers without a gate is worth more than none, unless the operator says otherwise.
    else if (instance.gate.mode === 'on') this.lost(instance, 'the kernel refused to open it');
    else this.refusals.happened({ instance: instance.name });
    return false;
  }

  private guard(addresses: readonly string[]): void {
    this.guards = addresses;
    this.share.want('guarded', addresses);
  }

  /** What an instance holds without a gate is let be at once; what nobody has is shut until it is released. */
  private giveUp(addresses: readonly string[], isOpen: boolean): void {
    const gone = new Set(addresses);
    this.guard(this.guards.filter((address) => !gone.has(address)));
    const left = this.share.unwanted('guarded', addresses);
    const given = this.share.unwanted('addresses', left);
    const held = left.filter((address) => this.share.isWanted('addresses', address));
    if (held.length > 0) this.ports.gate.unguard(held);
    if (isOpen && given.length > 0) this.ports.gate.shut(given);
    this.guardedBefore = [...this.guardedBefore, ...given];
  }

  /** From now on, and beside those of before. */
  private refuse(instance: VrrpInstance): void {
    if (instance.accept) return;
    const known = new Set(this.refused);
    const added = addressesOf(instance).filter((address) => !known.has(address));
    const fresh = this.share.unwanted('refused', added);
    this.refused = [...this.refused, ...added];
    this.share.want('refused', this.refused);
    if (fresh.length > 0) this.ports.gate.refuse(fresh);
  }

  /** With the next `unguard`. */
  private accept(addresses: readonly string[]): void {
    const gone = new Set(addresses);
    this.refused = this.refused.filter((address) => !gone.has(address));
    this.share.want('refused', this.refused);
    this.refusedBefore = [...this.refusedBefore, ...addresses];
  }

  private lost(instance: VrrpInstance, reason: string): void {
    this.gate = null;
    this.counters.add('gateLost');
    this.losses.happened({ instance: instance.name, reason });
    // Afterwards: other effects of the same step may be still to come.
    queueMicrotask(() => this.onLost(`the gate is shut: ${reason}`));
  }
}
