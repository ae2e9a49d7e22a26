/**
 * Addresses, routes and rules of all instances on their way to the kernel: in the order in which they were asked
 * for, many in one send.
 */
import { DirectorError, reasonAndHint } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import { type Cancel, type Clock, type Instant, type Millis, nextTurn } from '../../base/time.ts';
import { Trouble } from '../../base/trouble.ts';
import type { Network } from '../../kernel/network.ts';
import type { ChangeOutcome, NetworkChange } from '../../kernel/network-change.ts';
import type { Paths, VirtualAddress } from '../../model/vrrp.ts';
import { diffAddresses, wantedAddress } from '../../reconcile/addresses.ts';
import { wantedRoute, wantedRule } from '../../reconcile/paths.ts';
import type { Held } from '../../vrrp/holding/held.ts';
import type { AddressPort } from '../../vrrp/ports.ts';
import { encodeNewAddress, type LinkAddress } from '../../wire/rtnl/addresses.ts';
import { type Lifetime, Lifetimes } from './lifetimes.ts';
import type { KnownLinks } from './links.ts';
import { StandingAddresses } from './standing.ts';

/** Addresses that are prolonged in one turn: advertisements are not to wait for thousands of them. */
const PROLONGED_A_TURN = 50;

/**
 * Changes of one send: what follows one of them, as an announcement follows its address, does not wait for
 * thousands of others.
 */
const CHANGES_A_SEND = 128;

/** They wait for so long at most until all that are due have advertised. */
const STAND_BACK_MS: Millis = 200;

/** Refusals that are told at once; there may be one for each of thousands of addresses. */
const TOLD_MAX = 10;

type Prolonging = Extract<NetworkChange, { readonly do: 'prolong-address' }>;

interface Order {
  readonly changes: readonly NetworkChange[];
  readonly resolve: (isDone: boolean) => void;
}

interface HeldNetworkPorts {
  readonly log: Log;
  readonly clock: Clock;
  /** Whether instances wait for their turn to become MASTER. Absent: none ever does. */
  readonly isAdvertising?: () => boolean;
}

export class HeldNetwork implements AddressPort {
  private readonly network: Network;
  private readonly links: KnownLinks;
  private readonly clock: Clock;
  private readonly absences: Trouble;
  private readonly refusals: Trouble;
  private readonly isAdvertising: () => boolean;
  private readonly lifetimes = new Lifetimes();
  private readonly standing = new StandingAddresses();
  private readonly made = new WeakMap<VirtualAddress, Prolonging>();
  /** When the first lifetime is prolonged; -Infinity: that goes on already, or nothing is prolonged any more. */
  private armedFor: Instant = Infinity;
  private closed = false;
  private cancel: Cancel = () => {};
  private orders: Order[] = [];
  private isSending = false;

  constructor(
    network: Network,
    links: KnownLinks,
    { log, clock, isAdvertising = () => false }: HeldNetworkPorts,
  ) {
    this.network = network;
    this.links = links;
    this.clock = clock;
    this.absences = new Trouble(
      { clock, log },
      { level: 'error', message: 'addresses or routes have no interface', over: null },
    );
    this.refusals = new Trouble(
      { clock, log },
      {
        level: 'error',
        message: 'address, route or rule could not be changed',
        over: 'addresses, routes and rules can be changed again',
        newsMax: TOLD_MAX,
      },
    );
    this.isAdvertising = isAdvertising;
  }

  async hold(
    addresses: readonly VirtualAddress[],
    { routes, rules }: Paths,
    validSeconds: number | null,
  ): Promise<void> {
    await this.tryHold({ addresses, routes, rules }, validSeconds);
  }

  /** Makes what `hold` will need, a part a turn: a takeover of thousands of addresses is then the quicker. */
  async foresee(addresses: readonly VirtualAddress[], validSeconds: number | null): Promise<void> {
    if (validSeconds === null) return;
    for (let at = 0; at < addresses.length; at += PROLONGED_A_TURN) {
      await nextTurn();
      for (const one of addresses.slice(at, at + PROLONGED_A_TURN)) {
        const index = this.links.indexes.get(one.interface);
        if (index !== undefined) this.prolonging(one, index, validSeconds);
      }
    }
  }

  async release(addresses: readonly VirtualAddress[], { routes, rules }: Paths): Promise<void> {
    for (const one of addresses) {
      this.lifetimes.end(one);
      this.standing.end(one);
    }
    await this.submit(this.removals({ addresses, routes, rules }), true);
  }

  /** Whether the time of an address is over: nobody has prolonged it. */
  hasRunOut(one: VirtualAddress): boolean {
    return this.lifetimes.hasRunOut(one, this.clock.now());
  }

  /** Whether an address has gone because it was changed: it is there again. */
  isRemade(is: (one: VirtualAddress) => boolean): boolean {
    return this.standing.isRemade(is, this.clock.now());
  }

  /** Nothing is prolonged any more. */
  close(): void {
    this.cancel();
    this.closed = true;
  }

  /** Whether all of it is there now. `validSeconds`: addresses last so long unless prolonged; null: for ever. */
  tryHold(held: Held, validSeconds: number | null = null): Promise<boolean> {
    const { changes, missing } = this.additions(held, validSeconds);
    if (missing.size > 0) {
      this.absences.happened({ interfaces: [...missing] }, [...missing].join());
    }
    return this.submit(changes, missing.size === 0);
  }

  /** Addresses first: routes may lead from them, and rules into tables that have routes. */
  private additions(
    { addresses, routes, rules }: Held,
    validSeconds: number | null,
  ): {
    readonly changes: readonly NetworkChange[];
    readonly missing: ReadonlySet<string>;
  } {
    const { links } = this;
    // Not read first: in a takeover that would be a millisecond without the address.
    const interfaces = links.indexes;
    const isLasting = (one: VirtualAddress): boolean =>
      validSeconds === null && !this.lifetimes.has(one) && !this.standing.differs(one);
    const lasting = addresses.filter(isLasting);
    const { off, beside } = this.standing.remake(addresses, this.clock.now());
    const wanted = { hold: lasting, release: off, actual: null, interfaces };
    const { changes, missingInterfaces } = diffAddresses(wanted);
    const missing = new Set(missingInterfaces);
    const additions: NetworkChange[] = [...changes];
    const others = addresses
      .filter((one) => !isLasting(one))
      .map((virtual) => ({ virtual, validSeconds }));
    for (const { virtual, validSeconds: seconds } of [...others, ...beside]) {
      const index = interfaces.get(virtual.interface);
      if (index === undefined) missing.add(virtual.interface);
      else additions.push(this.prolonging(virtual, index, seconds));
    }
    for (const virtual of addresses) this.standing.note({ virtual, validSeconds });
    this.begin(addresses, validSeconds);
    for (const virtual of routes) {
      const route = wantedRoute(virtual, links);
      if ('missing' in route) missing.add(route.missing);
      else additions.push({ do: 'add-route', route, place: virtual.place });
    }
    for (const rule of rules) additions.push({ do: 'add-rule', rule: wantedRule(rule) });
    return { changes: additions, missing };
  }

  private begin(addresses: readonly VirtualAddress[], validSeconds: number | null): void {
    const now = this.clock.now();
    let next = Infinity;
    for (const one of addresses) {
      if (validSeconds === null) this.lifetimes.end(one);
      else next = Math.min(next, this.lifetimes.begin(one, validSeconds, now));
    }
    this.arm(next);
  }

  private arm(at: Instant): void {
    if (this.closed || at >= this.armedFor) return;
    this.cancel();
    this.armedFor = at;
    this.cancel = this.clock.wakeAt(at, () => {
      this.armedFor = -Infinity;
      void this.prolong();
    });
  }

  private async prolong(): Promise<void> {
    const due = this.lifetimes.due(this.clock.now());
    for (let at = 0; at < due.length; at += PROLONGED_A_TURN) {
      await this.submit(this.renewals(due.slice(at, at + PROLONGED_A_TURN)), true);
    }
    this.armedFor = Infinity;
    this.arm(this.lifetimes.nextAt());
  }

  private renewals(due: readonly Lifetime[]): readonly NetworkChange[] {
    const now = this.clock.now();
    return due.flatMap((one) => {
      const index = this.links.indexes.get(one.virtual.interface);
      if (!this.lifetimes.prolong(one, now) || index === undefined) return [];
      return [this.prolonging(one.virtual, index, one.validSeconds)];
    });
  }

  /** The same again and again, for thousands of addresses: made once. */
  private prolonging(
    virtual: VirtualAddress,
    index: number,
    validSeconds: number | null,
  ): Prolonging {
    const known = this.made.get(virtual);
    if (
      known !== undefined &&
      known.address.interfaceIndex === index &&
      known.address.validSeconds === validSeconds
    ) {
      return known;
    }
    const made = prolonged(virtual, index, validSeconds);
    this.made.set(virtual, made);
    return made;
  }

  /** What is on an interface that is not there has gone with it. */
  private removals({ addresses, routes, rules }: Held): readonly NetworkChange[] {
    const interfaces = this.links.lastIndexes();
    const known = { indexes: interfaces, vrfTables: this.links.vrfTables };
    const wanted = { hold: [], release: addresses, actual: null, interfaces };
    return [
      ...rules.map((rule) => ({ do: 'remove-rule' as const, rule: wantedRule(rule) })),
      ...routes.flatMap((virtual) => {
        const route = wantedRoute(virtual, known);
        return 'missing' in route ? [] : [{ do: 'remove-route' as const, route }];
      }),
      ...diffAddresses(wanted).changes,
    ];
  }

  private submit(changes: readonly NetworkChange[], isWhole: boolean): Promise<boolean> {
    if (changes.length === 0) return Promise.resolve(isWhole);
    const done = new Promise<boolean>((resolve) => {
      this.orders.push({ changes, resolve: (isDone) => resolve(isDone && isWhole) });
    });
    if (!this.isSending) void this.sendAll();
    return done;
  }

  /** What is asked for in one turn goes together; between two sends others have their turn. */
  private async sendAll(): Promise<void> {
    this.isSending = true;
    let isRefused = false;
    while (this.orders.length > 0) {
      await this.turn();
      if (!(await this.send(this.firstOrders()))) isRefused = true;
    }
    this.isSending = false;
    if (!isRefused) this.refusals.wentWell({});
  }

  /** A peer is about to take over what has not advertised yet, and that takes longer than to advertise. */
  private async turn(): Promise<void> {
    const until = this.clock.now() + STAND_BACK_MS;
    do await nextTurn();
    while (this.isAdvertising() && this.clock.now() < until);
  }

  private firstOrders(): readonly Order[] {
    let count = 0;
    let changes = 0;
    for (const order of this.orders) {
      changes += order.changes.length;
      if (count > 0 && changes > CHANGES_A_SEND) break;
      count += 1;
    }
    return this.orders.splice(0, count);
  }

  /** What the kernel refuses is told; the protocol goes on, and the next change tries again. False: it refused some. */
  private async send(orders: readonly Order[]): Promise<boolean> {
    let outcomes: readonly ChangeOutcome[] = [];
    let isDone = true;
    const refuse = (error: unknown): void => {
      this.refusals.happened(reasonAndHint(error));
      isDone = false;
    };
    try {
      outcomes = await this.network.change(orders.flatMap(({ changes }) => changes));
    } catch (error) {
      refuse(error);
    }
    for (const one of outcomes) if (one instanceof DirectorError) refuse(one);
    let at = 0;
    for (const { changes, resolve } of orders) {
      const own = outcomes.slice(at, at + changes.length);
      at += changes.length;
      resolve(own.length > 0 && !own.some((one) => one instanceof DirectorError));
    }
    return isDone;
  }
}

/** Adds it, or gives it this lifetime if it is there. */
function prolonged(
  virtual: VirtualAddress,
  interfaceIndex: number,
  validSeconds: number | null,
): Prolonging {
  const wanted = wantedAddress(virtual, interfaceIndex);
  // The kernel refuses a preferred lifetime beyond the valid one.
  const preferredSeconds = Math.min(wanted.preferredSeconds ?? Infinity, validSeconds ?? Infinity);
  const address: LinkAddress = {
    ...wanted,
    preferredSeconds: preferredSeconds === Infinity ? null : preferredSeconds,
    validSeconds,
  };
  return { do: 'prolong-address', address, payload: encodeNewAddress(address) };
}
